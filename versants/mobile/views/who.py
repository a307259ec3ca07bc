"""Who can go? Whole teams for one visit, why these, why not the others, and what would help."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from versants.core import clock
from versants.core.access.classes import COORDINATING_ROLES
from versants.core.access.scope import Actor
from versants.core.errors import ActionDenied, BadInput, VersantsError
from versants.core.rules import allows
from versants.core.web import words
from versants.mobile.enums import AssignmentState, GenderWish, Urgency
from versants.mobile.models import Assignment, Visit
from versants.mobile.planning import Situation, sentences, whatif
from versants.mobile.planning.question import Question
from versants.mobile.planning.situation import slots_of, with_parts
from versants.mobile.services import booking
from versants.mobile.services.booking import Possibility, Refused

FIRST = 3
WHY_NOT_ROWS = 12
ORDERS = {
    "best": gettext_lazy("best first"),
    "arrival": gettext_lazy("by arrival"),
    "load": gettext_lazy("by load"),
    "road": gettext_lazy("by road"),
}


def find(actor: Actor, uid: UUID) -> Visit:
    """A visit the reader may see, with its parts; 404 otherwise."""
    return get_object_or_404(with_parts(Visit.objects.visible_to(actor)), uid=uid)


def check_may_look(actor: Actor) -> None:
    """Coordination and desks look at everybody's days."""
    if actor.role not in COORDINATING_ROLES:
        raise ActionDenied("board.not_planning", gettext_lazy("This page is for those who plan."))


def order_of(request: HttpRequest) -> str:
    asked = request.GET.get("by", "best")
    return asked if asked in ORDERS else "best"


def heading(visit: Visit) -> str:
    """Who can go to Mouscron this evening?"""
    at = visit.held.lower if visit.held else max(visit.window.lower, min(clock.now(), visit.window.upper))
    day, today = clock.local(at).date(), clock.today()
    values = {"place": visit.commune.name, "day": words.day_long(at)}
    if day == today and clock.local(at).hour >= 17:
        return _("Who can go to %(place)s this evening?") % values
    if day == today:
        return _("Who can go to %(place)s today?") % values
    return _("Who can go to %(place)s on %(day)s?") % values


def lede(visit: Visit) -> str:
    """Psychologist and Tigrinya interpreter, together, 1 h 30, arrived between 18:00 and 20:30 at Le Refuge."""
    slots = slots_of(visit)
    roles = [sentences.role_of(slot, visit) for slot in slots]
    who = (
        roles[0]
        if len(roles) == 1
        else _("%(names)s and %(last)s")
        % {
            "names": ", ".join(roles[:-1]),
            "last": roles[-1],
        }
    )
    low, high = visit.window.lower, visit.window.upper
    same_day = clock.local(low).date() == clock.local(high).date()
    values = {
        "who": who[:1].upper() + who[1:],
        "long": words.span(timedelta(minutes=visit.duration_min)),
        "low": words.clock_time(low) if same_day else f"{words.day_short(low)} {words.clock_time(low)}",
        "high": words.clock_time(high) if same_day else f"{words.day_short(high)} {words.clock_time(high)}",
        "place": visit.place,
    }
    together = len(slots) > 1 and all((slot.after_min or 0) == (slots[0].after_min or 0) for slot in slots)
    if together:
        text = _("%(who)s, together, %(long)s, arrived between %(low)s and %(high)s, %(place)s.") % values
    else:
        text = _("%(who)s, %(long)s, arrived between %(low)s and %(high)s, %(place)s.") % values
    if visit.gender_wish:
        wish = str(GenderWish(visit.gender_wish).label)
        text = f"{text} {wish[:1].upper()}{wish[1:]}."
    return text


@require_safe
def who(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The page. Nothing is stored: small changes stand in the address."""
    check_may_look(request.actor)
    visit = find(request.actor, uid)
    return render_who(request, visit)


def render_who(
    request: HttpRequest, visit: Visit, *, refused: Refused | None = None, status: int = 200
) -> HttpResponse:
    began = clock.now()
    question = Question(
        request.actor, visit, tokens=request.GET.getlist("if"), whole=request.GET.get("whole") == "1"
    )
    order = order_of(request)
    options = question.options(order)
    show_all = request.GET.get("show") == "all"
    explanation = question.explanation()
    candidates = question.why_not(explanation)
    tokens = [change.token for change in question.changes]
    storable = not whatif.mandates(question.changes)
    here = reverse("visit_who", args=[visit.uid])
    context = {
        "visit": visit,
        "may_plan": allows(booking.check_may_plan, request.actor, visit)
        and allows(booking.check_is_open, visit)
        and storable,
        "heading": heading(visit),
        "lede": lede(visit),
        "teams": question.rows(options, None if show_all else FIRST),
        "n_teams": len(options),
        "first": FIRST,
        "show_all": show_all,
        "order": order,
        "orders": [(key, label) for key, label in ORDERS.items() if key != order],
        "computed_at": began,
        "why_not": candidates if show_all else candidates[:WHY_NOT_ROWS],
        "n_why_not": len(candidates),
        "relaxations": question.relaxations(explanation, here),
        "trying": [sentence_of_change(question.situation, change) for change in question.changes],
        "tokens": tokens,
        "here": here,
        "crisis": visit.urgency == Urgency.CRISIS,
        "present": present(visit),
        "refused": refused,
        "possibilities": [card(visit, one) for one in refused.possibilities] if refused else [],
        "board_url": f"{reverse('board')}?day={clock.local(question.situation.at(options[0].start)):%Y-%m-%d}"
        if options
        else reverse("board"),
    }
    return render(request, "mobile/who/who.html", context, status=status)


def present(visit: Visit) -> list[dict[str, Any]]:
    """Who holds which place now."""
    roles = {slot.pk: slot for slot in slots_of(visit)}
    signs = {AssignmentState.OFFERED: "wait", AssignmentState.ACCEPTED: "ok", AssignmentState.DONE: "ok"}
    found = []
    for one in sorted(visit.holding, key=lambda a: roles[a.slot_id].rank):
        found.append(
            {
                "assignment": one,
                "role": sentences.role_of(roles[one.slot_id], visit),
                "name": str(one.professional),
                "sign": signs.get(AssignmentState(one.state), "plan"),
                "state": one.get_state_display(),
                "late": one.state == AssignmentState.OFFERED
                and bool(one.answer_by and one.answer_by < clock.now()),
            }
        )
    return found


def sentence_of_change(situation: Situation, change: whatif.Change) -> str:
    """What is tried on this page, in words."""
    visit = situation.visits[situation.focus[0]]
    if change.kind == "later":
        return _("one arrives until %(at)s") % {"at": words.clock_time(visit.window.upper)}
    if change.kind == "earlier":
        return _("one arrives from %(at)s on") % {"at": words.clock_time(visit.window.lower)}
    slot = next((one for one in slots_of(visit) if str(one.uid) == change.slot), None)
    if change.kind == "lang":
        return _("%(language)s will do") % {"language": sentences.language_name(change.value)}
    if change.kind == "level" and slot is not None and slot.language_id:
        return _("%(language)s at %(level)s is enough") % {
            "language": words.tongue(slot.language.name),
            "level": slot.get_level_display(),
        }
    if change.kind == "gender":
        return _("everybody may come")
    if change.kind == "phone":
        if slot is None:
            return _("all of it is by telephone")
        return _("%(trade)s by telephone") % {"trade": sentences.trade(slot.discipline)}
    if change.kind == "mandate":
        name = next((str(p.row) for p in situation.people.values() if str(p.row.uid) == change.slot), "")
        return _("%(name)s receives a mandate %(where)s") % {
            "name": name,
            "where": sentences.country_in(change.value),
        }
    return change.token


def card(visit: Visit, possibility: Possibility) -> dict[str, Any]:
    """One way on after a refusal, as a small form."""
    names = possibility.people
    together = (
        names[0]
        if len(names) == 1
        else _("%(names)s and %(last)s")
        % {
            "names": ", ".join(names[:-1]),
            "last": names[-1],
        }
    )
    same_day = clock.local(possibility.start).date() == clock.today()
    when = words.clock_time(possibility.start)
    if not same_day:
        when = f"{words.day_long(possibility.start)} {when}"
    text = _("%(when)s: %(names)s") % {"when": when, "names": together}
    return {
        "text": text,
        "start": possibility.start.isoformat(),
        "places": list(possibility.places.items()),
        "in_window": possibility.in_window,
        "later": "" if possibility.in_window else _widening(visit, possibility.start),
    }


def _widening(visit: Visit, start: datetime) -> str:
    """The small change that lets the visit begin at ``start``, outside its window."""
    if start >= visit.window.upper:
        return f"later:{int((start - visit.window.upper).total_seconds()) // 60 + 1}"
    return f"earlier:{-(-int((visit.window.lower - start).total_seconds()) // 60)}"


# Assign


def _pairs(request: HttpRequest) -> dict[str, str]:
    slots, people = request.POST.getlist("slot"), request.POST.getlist("professional")
    if len(slots) != len(people) or len(set(slots)) != len(slots):
        raise BadInput("assign.pairs", gettext_lazy("Each place needs one professional."))
    return dict(zip(slots, people, strict=True))


def _start(request: HttpRequest) -> datetime | None:
    text = request.POST.get("start", "").strip()
    if not text:
        return None
    try:
        at = parse_datetime(text)
    except ValueError:
        at = None
    if at is None or not clock.FIRST_DAY <= at.date() <= clock.LAST_DAY:
        raise BadInput(
            "assign.start", gettext_lazy("This hour is not understood. Example: 2026-11-24T18:30.")
        )
    return at if at.tzinfo else at.replace(tzinfo=clock.LOCAL)


def _version(request: HttpRequest) -> int:
    text = request.POST.get("version", "")
    if not text.isdigit():
        raise BadInput("assign.version", gettext_lazy("This page is incomplete. Reload it and choose again."))
    return int(text)


def _wants_json(request: HttpRequest) -> bool:
    accepted = request.headers.get("Accept", "")
    return "application/json" in accepted and "text/html" not in accepted


@require_POST
def assign(request: HttpRequest, uid: UUID) -> HttpResponse:
    """``slot`` and ``professional`` in pairs, ``version``, perhaps ``start`` and ``if``. 303, or JSON when asked.

    409 with the sentence and the next three possibilities when it cannot be.
    """
    visit = find(request.actor, uid)
    booking.check_may_plan(request.actor, visit)
    json = _wants_json(request)
    try:
        rows = booking.assign(
            visit=visit,
            actor=request.actor,
            places=_pairs(request),
            start=_start(request),
            version=_version(request),
            changes=whatif.parse(request.POST.getlist("if")),
        )
    except Refused as refused:
        if json:
            return JsonResponse(refusal_json(visit, refused), status=409)
        return render_who(request, find(request.actor, uid), refused=refused, status=409)
    except VersantsError as exc:
        if json:
            return JsonResponse({"code": exc.code, "message": str(exc.message)}, status=exc.status)
        raise
    visit.refresh_from_db()
    if json:
        return JsonResponse(
            {
                "visit": str(visit.uid),
                "version": visit.version,
                "state": visit.state,
                "start": visit.held.lower.isoformat(),
                "assignments": [str(row.uid) for row in rows],
            }
        )
    waiting = sum(row.state == AssignmentState.OFFERED for row in rows)
    if waiting:
        text = ngettext("Proposed to %(n)d person.", "Proposed to %(n)d persons.", waiting) % {"n": waiting}
    else:
        text = _("Placed.")
    messages.success(request, text)
    return see_other(f"{reverse('board')}?day={clock.local(visit.held.lower):%Y-%m-%d}")


def refusal_json(visit: Visit, refused: Refused) -> dict[str, Any]:
    """What a program reads of a refusal."""
    return {
        "code": refused.code,
        "message": str(refused.message),
        "version": visit.version,
        "possibilities": [
            {
                "start": one.start.isoformat(),
                "places": [{"slot": slot, "professional": who} for slot, who in one.places.items()],
                "text": card(visit, one)["text"],
                "in_window": one.in_window,
            }
            for one in refused.possibilities
        ],
    }


@require_POST
def release(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Take one professional off: ``assignment``, ``version``."""
    visit = find(request.actor, uid)
    booking.check_may_plan(request.actor, visit)
    try:
        wanted = UUID(request.POST.get("assignment", ""))
    except ValueError as exc:
        raise BadInput("assign.pairs", gettext_lazy("Choose who is taken off.")) from exc
    row = get_object_or_404(
        Assignment.objects.visible_to(request.actor).select_related("visit"), uid=wanted, visit=visit
    )
    try:
        booking.release(assignment=row, actor=request.actor, version=_version(request))
    except Refused as refused:
        return render_who(request, find(request.actor, uid), refused=refused, status=409)
    messages.success(request, _("The place is free again."))
    return see_other(reverse("visit_who", args=[visit.uid]))


def see_other(url: str) -> HttpResponse:
    """303: what was sent stands, and a reload sends nothing again."""
    return HttpResponseRedirect(url, status=303)
