"""Moving and cancelling what triage decided: one visit, of a series the later ones too, or all still to come.

A visit that has begun, is done, missed or cancelled stays as it is, whatever is asked of its series.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from versants.core import audit, clock, messages
from versants.core.access.classes import TEAM_ROLES
from versants.core.access.scope import Actor, acting
from versants.core.errors import ActionDenied, BadInput, Conflict, InvalidTransition
from versants.core.retry import retrying
from versants.core.web import words
from versants.mobile.enums import HOLDING, AssignmentState, Pin, VisitState
from versants.mobile.models import Assignment, Visit
from versants.mobile.services import announcing, holding, requests, states, wording
from versants.mobile.services.series import shifted, wall_of, window_on
from versants.people.models import Membership, Professional, ProfessionalPrivate
from versants.territory.models import Versant

SCOPES = ("one", "rest", "all")
MOST_DAYS = 10  # of a longer series the first and the last are named
TO_COME = (VisitState.OPEN, VisitState.PLANNED)
CANCEL_REASONS: dict[str, Any] = {
    "withdrawn": gettext_lazy("the one who asked needs it no longer"),
    "moved_away": gettext_lazy("the person was moved"),
    "refused": gettext_lazy("the person does not want it"),
    "no_team": gettext_lazy("no team was found"),
    "mistake": gettext_lazy("entered by mistake"),
}


# -- rules ------------------------------------------------------------------------------------------------------------


def check_may_change_visit(actor: Actor, visit: Visit) -> None:
    """Coordination, clinicians and practitioners of the visit's own team."""
    if actor.team is None or actor.team != visit.team_id or actor.role not in TEAM_ROLES:
        raise ActionDenied("visit.not_my_team", gettext_lazy("This visit belongs to another team."))


def has_begun(visit: Visit) -> bool:
    """Its team is there, or was: what became of it stands in its record, not on a planning page."""
    return visit.held is not None and visit.held.lower <= clock.now()


def check_has_not_begun(visit: Visit) -> None:
    if has_begun(visit):
        raise InvalidTransition(
            "visit.begun",
            gettext_lazy("This visit has begun. Say in its record whether it took place."),
        )


# -- what a choice touches --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reach:
    """What one of the three choices touches: the visits, and who said yes or was asked for them, by first name."""

    scope: str
    visits: tuple[Visit, ...]
    confirmed: tuple[str, ...]
    asked: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """3 visits (13 Oct, 20 Oct, 27 Oct). Élise said yes and is told."""
        n, days = len(self.visits), [words.day_short(one.window.lower) for one in self.visits]
        if n > MOST_DAYS:
            days = [*days[: MOST_DAYS - 2], "…", days[-1]]
        text = ngettext("%(n)d visit (%(days)s).", "%(n)d visits (%(days)s).", n) % {
            "n": n,
            "days": ", ".join(days),
        }
        return " ".join([text, *self.people])

    @property
    def people(self) -> list[str]:
        """Who is told, and what they had answered."""
        found = []
        if self.confirmed:
            text = ngettext(
                "%(names)s said yes and is told.", "%(names)s said yes and are told.", len(self.confirmed)
            )
            found.append(text % {"names": in_a_row(self.confirmed)})
        if self.asked:
            text = ngettext(
                "%(names)s was asked and is told.", "%(names)s were asked and are told.", len(self.asked)
            )
            found.append(text % {"names": in_a_row(self.asked)})
        return found or [_("Nobody holds a place: nobody needs to be told.")]


def in_a_row(names: Sequence[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return _("%(names)s and %(last)s") % {"names": ", ".join(names[:-1]), "last": names[-1]}


def within(visit: Visit, others: Iterable[Visit], scope: str, *, moving: bool) -> list[Visit]:
    """``visit`` and those of its series that the choice reaches, in the order of the series.

    One that nobody took in time does not move along (its new day might be over too), but is cancelled along.
    """
    found = [visit]
    if scope != "one":
        found += [
            one
            for one in others
            if one.pk != visit.pk
            and one.need_id == visit.need_id
            and one.state in TO_COME
            and not has_begun(one)
            and not (moving and one.held is None and one.window.upper <= clock.now())
            and (scope == "all" or one.series_rank > visit.series_rank)
        ]
    return sorted(found, key=lambda one: (one.series_rank, one.pk))


def reach(actor: Actor, visit: Visit, *, moving: bool) -> dict[str, Reach]:
    """For each of the three choices, what it touches. Three queries, whatever the number of visits."""
    others = list(Visit.objects.visible_to(actor).filter(need_id=visit.need_id, state__in=TO_COME))
    rows = list(
        Assignment.objects.visible_to(actor)
        .filter(visit__in=others, state__in=(AssignmentState.OFFERED, AssignmentState.ACCEPTED))
        .order_by("pk")
    )
    names = dict(
        Professional.objects.visible_to(actor)
        .filter(pk__in={row.professional_id for row in rows})
        .values_list("pk", "first_name")
    )
    found = {}
    for scope in SCOPES:
        touched = within(visit, others, scope, moving=moving)
        pks = {one.pk for one in touched}
        yes = {
            row.professional_id
            for row in rows
            if row.visit_id in pks and row.state == AssignmentState.ACCEPTED
        }
        asked = {row.professional_id for row in rows if row.visit_id in pks} - yes
        found[scope] = Reach(
            scope,
            tuple(touched),
            tuple(sorted(names[pk] for pk in yes if pk in names)),
            tuple(sorted(names[pk] for pk in asked if pk in names)),
        )
    return found


# -- services ---------------------------------------------------------------------------------------------------------


def move_visit(
    *, visit: Visit, actor: Actor, window: DateTimeTZRange, scope: str = "one", version: int | None = None
) -> list[Visit]:
    """Move a visit to another window; of a series this one, this and the later ones, or all that are still to come.

    The others follow by the same number of days and at the new wall time; one that would fall on a skipped public
    holiday is made up for at the end. Whoever held a place is freed and told once, with all the dates; the visits
    wait for a team again. Returns those that moved.

    Raises ActionDenied ``visit.not_my_team``; BadInput ``visit.scope`` or ``visit.window``; InvalidTransition
    ``visit.fixed``, ``visit.begun`` or by state; Conflict ``visit.changed``.
    """
    if scope not in SCOPES:
        raise BadInput(
            "visit.scope", gettext_lazy("Say whether one visit moves, the later ones too, or all.")
        )
    check_may_change_visit(actor, visit)
    return retrying(lambda: _move(visit, actor, window, scope, version))


def _move(
    visit: Visit, actor: Actor, window: DateTimeTZRange, scope: str, version: int | None
) -> list[Visit]:
    touched, staying = _locked(visit, actor, scope, version, moving=True)
    visit = next(one for one in touched if one.pk == visit.pk)
    if window.lower is None or window.upper is None or window.upper < clock.now():
        raise BadInput("visit.window", gettext_lazy("This time is over. Choose another one."))
    states.VISIT.after(visit.state, "move")
    if any(one.pin == Pin.TIME for one in touched):
        raise InvalidTransition(
            "visit.fixed", gettext_lazy("One of them does not move. Unpin it first, or leave it out.")
        )
    windows = _new_windows(visit, touched, staying, window)
    if any(new.upper < clock.now() for new in windows.values()):
        raise BadInput(
            "visit.window",
            gettext_lazy("One of the series would fall on a day that is over. Move fewer, or less far."),
        )
    freed = _freed(touched)
    told = {one.pk: (one, one.window, windows[one.pk]) for one in touched}
    for one in touched:
        one.state, one.window, one.held = VisitState.OPEN, windows[one.pk], None
        one.version += 1
        one.save(update_fields=["state", "window", "held", "version"])
        audit.record("visit.moved", subject=one, scope=scope)
    if scope == "all" and visit.need.series:
        start = clock.local(window.lower)
        visit.need.series |= {"weekday": start.weekday(), "time": f"{start:%H:%M}"}
        visit.need.save(update_fields=["series"])
    for professional, rows in freed.items():
        _tell_moved(professional, [(row, *told[row.visit_id]) for row in rows])
    for one in touched:
        announcing.settle(one, moved=True)
    requests.refresh_state(visit.request)
    return touched


def _new_windows(
    visit: Visit, touched: Sequence[Visit], staying: Sequence[Visit], window: DateTimeTZRange
) -> dict[int, DateTimeTZRange]:
    """The visit's own as asked, whatever the day; the others by as many days, off the holidays their series skips."""
    start, end, across = wall_of(window)
    here = clock.local(window.lower).date()
    by = (here - _day(visit)).days
    others = [one for one in touched if one.pk != visit.pk]
    series = visit.need.series or {}
    days = shifted(
        [_day(one) for one in others],
        by,
        every_weeks=series.get("every_weeks", 1),
        country=visit.country if series.get("skip_holidays") else "",
        taken=[here, *(_day(one) for one in staying)],
    )
    found = {one.pk: window_on(day, start, end, across) for one, day in zip(others, days, strict=True)}
    return found | {visit.pk: window}


def _day(visit: Visit) -> date:
    return clock.local(visit.window.lower).date()


def cancel_visit(
    *, visit: Visit, actor: Actor, reason: str, scope: str = "one", version: int | None = None
) -> list[Visit]:
    """Cancel a visit, or of a series the later ones or all too. Places are freed and their people told, once each.

    ``reason`` is a code of CANCEL_REASONS. Raises ActionDenied ``visit.not_my_team``; BadInput ``visit.reason`` or
    ``visit.scope``; InvalidTransition ``visit.begun`` or by state; Conflict ``visit.changed``.
    """
    if reason not in CANCEL_REASONS:
        raise BadInput("visit.reason", gettext_lazy("Say why it is cancelled."))
    if scope not in SCOPES:
        raise BadInput(
            "visit.scope", gettext_lazy("Say whether one visit is cancelled, the later ones too, or all.")
        )
    check_may_change_visit(actor, visit)

    def work() -> list[Visit]:
        touched, _staying = _locked(visit, actor, scope, version, moving=False)
        states.VISIT.after(next(one for one in touched if one.pk == visit.pk).state, "cancel")
        _cancel(touched, reason)
        requests.refresh_state(touched[0].request)
        return touched

    return retrying(work)


@transaction.atomic
def cancel_all(*, request: Any, actor: Actor, reason: str) -> list[Visit]:
    """Cancel every visit of the request that is still to come: it was withdrawn. The actor is its team."""
    holding.lock_professionals(
        Assignment.objects.filter(visit__request=request, state__in=HOLDING).values_list(
            "professional_id", flat=True
        )
    )
    rows = _for_update(Visit.objects.visible_to(actor).filter(request=request, state__in=TO_COME))
    touched = [one for one in rows if not has_begun(one)]
    _cancel(touched, reason)
    return touched


def _cancel(touched: Sequence[Visit], reason: str) -> None:
    freed = _freed(touched)
    for one in touched:
        one.state, one.cancel_reason, one.version = VisitState.CANCELLED, reason, one.version + 1
        one.save(update_fields=["state", "cancel_reason", "version"])
        audit.record("visit.cancelled", subject=one, reason=reason)
    by_pk = {one.pk: one for one in touched}
    for professional, rows in freed.items():
        _tell_cancelled(professional, [(row, by_pk[row.visit_id]) for row in rows])
    if reason != "withdrawn":  # those who asked took it back themselves
        for one in touched:
            announcing.settle(one)


# -- parts ------------------------------------------------------------------------------------------------------------


def _for_update(rows: Any) -> list[Visit]:
    return list(
        rows.select_for_update(of=("self",))
        .select_related("site__commune", "commune", "need", "team", "request")
        .order_by("pk")
    )


def _locked(
    visit: Visit, actor: Actor, scope: str, version: int | None, *, moving: bool
) -> tuple[list[Visit], list[Visit]]:
    """Those the choice reaches and the others of the series, locked.

    Professionals first, in id order, then visits, in id order: as booking does, so that nobody waits crosswise.
    """
    which = Q(pk=visit.pk) if scope == "one" else Q(pk=visit.pk) | Q(need_id=visit.need_id)
    holding.lock_professionals(
        Assignment.objects.visible_to(actor)
        .filter(visit__in=Visit.objects.visible_to(actor).filter(which).values("pk"), state__in=HOLDING)
        .values_list("professional_id", flat=True)
    )
    rows = _for_update(Visit.objects.visible_to(actor).filter(which))
    fresh = next((one for one in rows if one.pk == visit.pk), None)
    if fresh is None:
        raise Visit.DoesNotExist
    check_may_change_visit(actor, fresh)
    if version is not None and fresh.version != version:
        raise Conflict(
            "visit.changed", gettext_lazy("Somebody has changed this visit meanwhile. Read it again first.")
        )
    if fresh.state in TO_COME:
        check_has_not_begun(fresh)
    touched = within(fresh, rows, scope, moving=moving)
    reached = {one.pk for one in touched}
    staying = [one for one in rows if one.pk not in reached and one.state != VisitState.CANCELLED]
    return touched, staying


def _freed(visits: Sequence[Visit]) -> dict[int, list[Assignment]]:
    """Release whoever holds a place in the visits, close what it opened to them. Professional -> what they held."""
    found = Assignment.objects.filter(visit__in=[one.pk for one in visits], state__in=HOLDING).exclude(
        state=AssignmentState.DONE
    )
    holding.lock_professionals(found.values_list("professional_id", flat=True))
    held = list(found.order_by("held", "pk"))
    holding.let_go(held, AssignmentState.RELEASED)
    mine: dict[int, list[Assignment]] = defaultdict(list)
    for one in held:
        mine[one.professional_id].append(one)
    return mine


def _tell_moved(
    professional: int, rows: Sequence[tuple[Assignment, Visit, DateTimeTZRange, DateTimeTZRange]]
) -> None:
    def body() -> str:
        lines = [
            _("%(commune)s, %(day)s: moved to %(new)s.")
            % {
                "commune": visit.commune.name,
                "day": words.day_long(row.held.lower),
                "new": wording.window(new.lower, new.upper),
            }
            for row, visit, _old, new in rows
        ]
        last = ngettext(
            "You are no longer expected on the first date. If you are needed on the new one, you are asked again.",
            "You are no longer expected on the first dates. If you are needed on the new ones, you are asked again.",
            len(rows),
        )
        return "\n".join([*lines, last])

    _tell(professional, body)


def _tell_cancelled(professional: int, rows: Sequence[tuple[Assignment, Visit]]) -> None:
    def body() -> str:
        lines = [
            _("The visit in %(commune)s on %(day)s is cancelled.")
            % {"commune": visit.commune.name, "day": words.day_long(row.held.lower)}
            for row, visit in rows
        ]
        return "\n".join([*lines, _("You are no longer expected. Thank you.")])

    _tell(professional, body)


def _tell(pk: int, body: Any) -> None:
    """One message in the receiver's language, written by their own house: no other reads their address."""
    professional = Professional.objects.select_related("team", "organisation").get(pk=pk)
    membership = (
        Membership.objects.active()
        .filter(professional=professional)
        .select_related("account")
        .order_by("pk")
        .first()
    )
    dutch = professional.organisation.versant == Versant.WEST_VLAANDEREN
    language = membership.account.language if membership else ("nl" if dutch else "fr")
    with translation.override(language):
        subject, text = _("Versants: a visit has changed"), body()
    with acting(Actor.for_team(professional.team)):
        private = ProfessionalPrivate.objects.filter(professional=professional).first()
        email = (private.email if private else "") or (membership.account.email if membership else "")
        phone = private.phone if private else ""
        messages.write(
            team_id=professional.team_id,
            channel="email" if email else "sms",
            address=email or phone,
            language=language,
            about="visit.freed",
            subject=subject,
            body=text,
        )
