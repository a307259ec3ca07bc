"""What the one who asked hears of a visit: who comes once everybody has said yes, and each change after that.

A line on the page of the request (day, hour, role and first name: logistics) and a message without content that
brings them there. Decided from how things stand and from what was said last, so that saying it twice is once.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from versants.core import clock
from versants.core.web import words
from versants.mobile.enums import HOLDING, AssignmentState, VisitState
from versants.mobile.models import Assignment, Request, RequestEvent, Slot, Visit
from versants.mobile.services import escalation
from versants.people.enums import Discipline

KNOWN = "who_comes"
CHANGES = "team_changes"  # somebody else is asked, at the same hour
LOST = "team_lost"  # a place is free again
MOVED = "visit_moved"
CANCELLED = "visit_cancelled"
CODES = (KNOWN, CHANGES, LOST, MOVED, CANCELLED)

_KNOWN_LINE = _("Versants: who comes for your request %(number)s is known. Its page says when.")
_CHANGED_LINE = _("Versants: something has changed for your request %(number)s. Its page says what.")


def settle(visit: Visit, *, moved: bool = False) -> str:
    """Say what has become of ``visit``, if it is not what was said last. Returns the code said, or nothing.

    Called by every service that changes who goes or when, inside its transaction; the actor is the visit's team.
    ``moved``: the day itself was taken away, a new one is not known yet.
    """
    visit = Visit.objects.get(pk=visit.pk)
    last = _last(visit)
    code, facts = _now(visit, last, moved)
    if not code or (last is not None and (last.code, last.facts) == (code, facts)):
        return ""
    request = Request.objects.select_related("team", "key").get(pk=visit.request_id)
    RequestEvent.objects.create(request=request, at=clock.now(), code=code, facts=facts, for_requester=True)
    line = _KNOWN_LINE if code == KNOWN else _CHANGED_LINE
    with translation.override(request.language_of_answer):
        body = str(line) % {"number": request.number}
    escalation.tell_requester(request, f"request.{code}", body)
    return code


def _last(visit: Visit) -> RequestEvent | None:
    return (
        RequestEvent.objects.filter(
            request_id=visit.request_id, code__in=CODES, facts__visit=str(visit.uid), for_requester=True
        )
        .order_by("-at", "-pk")
        .first()
    )


def _now(visit: Visit, last: RequestEvent | None, moved: bool) -> tuple[str, dict[str, Any]]:
    """What could be said: a code with its facts. Before anything was promised, changes are nobody's news."""
    facts: dict[str, Any] = {"visit": str(visit.uid)}
    if visit.state == VisitState.CANCELLED:
        start = visit.held.lower if visit.held is not None else None
        known = start.isoformat() if start is not None else last.facts.get("start") if last else None
        return CANCELLED, facts | ({"start": known} if known else {})
    if visit.state not in (VisitState.OPEN, VisitState.PLANNED):
        return "", facts
    who = _who(visit)
    if who is not None and visit.held is not None:
        return KNOWN, facts | {"start": visit.held.lower.isoformat(), "who": who}
    if last is None or last.code == CANCELLED:
        return "", facts
    before = last.facts.get("start")
    start = visit.held.lower.isoformat() if visit.held is not None else None
    if visit.state == VisitState.PLANNED and start:
        if not _same(start, before):
            return MOVED, facts | {"start": start}
        return (CHANGES, facts | {"start": start}) if last.code == KNOWN else ("", facts)
    if moved:
        return MOVED, facts
    if last.code in (KNOWN, CHANGES) or (last.code == MOVED and before):
        return LOST, facts | ({"start": before} if before else {})
    return "", facts


def _who(visit: Visit) -> list[list[str]] | None:
    """[discipline, first name] of each place once every place is held and everybody has said yes; else None."""
    if visit.state != VisitState.PLANNED:
        return None
    held = list(
        Assignment.objects.filter(visit=visit, state__in=HOLDING)
        .order_by("slot__rank", "pk")
        .values_list("state", "slot__discipline", "professional__first_name")
    )
    if len(held) < Slot.objects.filter(visit=visit).count():
        return None
    if not held or any(state == AssignmentState.OFFERED for state, _role, _name in held):
        return None
    return [[role, name] for _state, role, name in held]


def _same(one: str, other: str | None) -> bool:
    return other is not None and datetime.fromisoformat(one) == datetime.fromisoformat(other)


# -- the lines, for whoever reads them ----------------------------------------------------------------------------------

_SENTENCES = {
    KNOWN: _("Who comes is known: %(when)s, %(who)s."),
    CHANGES: _("The team of the visit of %(when)s changes; who comes is being confirmed."),
    LOST: _("Somebody had to give up their place; the team looks again."),
    CANCELLED: _("The visit of %(when)s is cancelled."),
}
_MOVED_TO = _("The visit is moved to %(when)s; who comes is being confirmed.")
_MOVED_AWAY = _("The visit is moved; the new day and hour follow here.")
_CANCELLED_ONE = _("A visit that was being prepared is cancelled.")


def sentence(event: RequestEvent) -> str:
    """The line of an event of this module, in the reader's language; empty for any other."""
    if event.code not in CODES:
        return ""
    start = event.facts.get("start")
    if event.code == MOVED:
        text = _MOVED_TO if start else _MOVED_AWAY
    elif event.code == CANCELLED and not start:
        text = _CANCELLED_ONE
    else:
        text = _SENTENCES[event.code]
    return str(text) % {"when": when(start), "who": people(event.facts.get("who", []))}


def when(start: str | None) -> str:
    """Day and hour of an instant as it is stored; empty without one."""
    if not start:
        return ""
    at = datetime.fromisoformat(start)
    return str(_("%(day)s at %(time)s") % {"day": words.day_long(at), "time": words.clock_time(at)})


def people(who: list[list[str]]) -> str:
    """Élise (psychologue), Selam (interprète)."""
    return ", ".join(
        f"{name} ({Discipline(role).label})" if role in Discipline.values else name for role, name in who
    )
