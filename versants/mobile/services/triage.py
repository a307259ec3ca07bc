"""Triage: what a request needs, as visits with places for roles; moving and cancelling them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import translation
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from versants.core import audit, clock, messages
from versants.core.access.classes import TEAM_ROLES
from versants.core.access.scope import Actor
from versants.core.errors import ActionDenied, BadInput, Conflict, InvalidTransition
from versants.core.periods import span
from versants.core.web import words
from versants.mobile.enums import HOLDING, AssignmentState, InterventionKind, Mode, Pin, Urgency, VisitState
from versants.mobile.models import Assignment, Need, Request, RequestEvent, Slot, Visit
from versants.mobile.services import announcing, escalation, holding, matters, requests, states
from versants.people.enums import Complexity, Discipline, Level
from versants.people.models import Membership
from versants.territory import calendars
from versants.territory.models import Commune, Language

MOST_VISITS = 60
# Hardest talk to expect, per kind of intervention: a helper's ceiling is measured against it.
COMPLEXITY = {
    InterventionKind.CRISIS: Complexity.CLINICAL,
    InterventionKind.FOLLOW_UP: Complexity.CLINICAL,
    InterventionKind.ASSESSMENT: Complexity.CLINICAL,
    InterventionKind.MEDIATION: Complexity.SENSITIVE,
    InterventionKind.TALK_GROUP: Complexity.SENSITIVE,
    InterventionKind.DROP_IN: Complexity.EVERYDAY,
    InterventionKind.TEAM_SUPPORT: Complexity.SENSITIVE,
    InterventionKind.REFERRAL: Complexity.EVERYDAY,
}


@dataclass(frozen=True)
class SlotPlan:
    """One place in a visit. ``after_min`` None: together with the others, else minutes after the start."""

    discipline: str
    language: str = ""  # ISO 639-3; what an interpreter speaks, or a carer without one
    second_languages: tuple[str, ...] = ()
    level: int = Level.B2
    gender: str = ""
    gender_required: bool = False
    mode: str = ""
    after_min: int | None = None
    duration_min: int | None = None


@dataclass(frozen=True)
class VisitPlan:
    """One visit: who is needed, arrival between, how long."""

    slots: tuple[SlotPlan, ...]
    window: DateTimeTZRange
    duration_min: int = 90
    mode: str = Mode.ON_SITE
    complexity: int | None = None
    gender_wish: str = ""


@dataclass(frozen=True)
class Series:
    """The same visit on the same weekday at the same wall time: ``times`` in all, every ``every_weeks``."""

    times: int
    every_weeks: int = 1
    skip_holidays: bool = True


# -- proposal ---------------------------------------------------------------------------------------------------------


def proposal(request: Request) -> tuple[str, VisitPlan]:
    """A sensible beginning, prefilled from the request: its kind and one visit. Nothing is written."""
    spoken = [one.language_id for one in request.languages.all()]
    kind = _kind(request)
    disciplines = {
        InterventionKind.MEDIATION: [Discipline.MEDIATOR],
        InterventionKind.REFERRAL: [Discipline.SOCIAL_WORKER],
        InterventionKind.DROP_IN: [Discipline.PSYCHOLOGIST, Discipline.SOCIAL_WORKER],
    }.get(kind, [Discipline.PSYCHOLOGIST])
    slots = [SlotPlan(one, gender=request.gender_wish) for one in disciplines]
    if spoken:
        slots.append(
            SlotPlan(Discipline.INTERPRETER, spoken[0], tuple(spoken[1:]), gender=request.gender_wish)
        )
    return kind, VisitPlan(
        slots=tuple(slots),
        window=request.window or default_window(request),
        duration_min=request.duration_min,
        mode=request.mode,
        complexity=COMPLEXITY[kind],
        gender_wish=request.gender_wish,
    )


def _kind(request: Request) -> InterventionKind:
    if request.urgency == Urgency.CRISIS:
        return InterventionKind.CRISIS
    about = matters.of(request).categories
    if request.audience == "staff" or "team_support" in about:
        return InterventionKind.TEAM_SUPPORT
    if "conflict" in about:
        return InterventionKind.MEDIATION
    if request.audience == "group":
        return InterventionKind.TALK_GROUP
    if about == ["papers"]:
        return InterventionKind.REFERRAL
    return InterventionKind.ASSESSMENT


def default_window(request: Request) -> DateTimeTZRange:
    """Where the request names no time: the next four hours in a crisis, else the next working day, nine to five."""
    now = clock.now()
    if request.urgency == Urgency.CRISIS:
        start = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        return span(start, start + timedelta(hours=4))
    day = clock.today() + timedelta(days=1)
    while day.weekday() >= 5 or calendars.is_holiday(day, _country(request)):
        day += timedelta(days=1)
    return span(clock.at(day, 9), clock.at(day, 17))


def _country(request: Request) -> str:
    return request.commune.country if request.commune is not None else "BE"


# -- deciding ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def plan_need(
    *,
    request: Request,
    actor: Actor,
    kind: str,
    visits: Sequence[VisitPlan],
    series: Series | None = None,
    commune: Commune | None = None,
    version: int | None = None,
) -> Need:
    """Write what triage decided: the need, its visits without a team yet, their slots. It answers the request.

    With ``series`` the one visit given is repeated on the same weekday and wall time; public holidays of the place's
    country are skipped and made up for at the end. ``commune``: where, for a request that did not say.

    Raises ActionDenied ``request.not_my_team``; BadInput ``need.kind``, ``need.visits``, ``need.slots``,
    ``need.window``, ``need.duration``, ``need.language``, ``need.place``, ``need.series``; InvalidTransition;
    Conflict ``request.changed``.
    """
    request = requests.locked(request, actor, version)
    requests.check_may_answer(actor, request)
    if kind not in InterventionKind.values:
        raise BadInput("need.kind", _("Choose the kind of intervention."))
    place = request.commune or commune
    if place is None:
        raise BadInput("need.place", _("Say in which commune."))
    if series is not None:
        if len(visits) != 1 or not 2 <= series.times <= MOST_VISITS or not 1 <= series.every_weeks <= 8:
            raise BadInput("need.series", _("A series is one visit, 2 to 60 times, every 1 to 8 weeks."))
        visits = repeat(visits[0], series, place.country)
    if not 1 <= len(visits) <= MOST_VISITS:
        raise BadInput("need.visits", _("Plan between 1 and 60 visits."))
    for visit in visits:
        _check_visit(visit)
    first = clock.local(visits[0].window.lower)
    need = Need.objects.create(
        request=request,
        team_id=request.team_id,
        kind=kind,
        series=None
        if series is None
        else {
            "weekday": first.weekday(),
            "time": f"{first:%H:%M}",
            "times": series.times,
            "every_weeks": series.every_weeks,
            "skip_holidays": series.skip_holidays,
        },
    )
    for rank, visit in enumerate(visits, 1):
        _write_visit(request, need, visit, rank, kind, place)
    requests.move(request, "plan")
    escalation.overtake(request)
    RequestEvent.objects.create(
        request=request, at=clock.now(), code="triaged", facts={"visits": len(visits)}, for_requester=True
    )
    audit.record("need.planned", subject=need, kind=kind, visits=len(visits))
    return need


def _check_visit(visit: VisitPlan) -> None:
    if not visit.slots:
        raise BadInput("need.slots", _("Say who is needed: at least one place."))
    if visit.window.lower is None or visit.window.upper is None:
        raise BadInput("need.window", _("Say between which hours the team may arrive."))
    if visit.window.upper < clock.now() - timedelta(hours=1):
        raise BadInput("need.window_past", _("This time is over. Choose another one."))
    if not 5 <= visit.duration_min <= 600:
        raise BadInput("need.duration", _("A visit lasts between 5 minutes and 10 hours."))
    spoken = {code for slot in visit.slots for code in (slot.language, *slot.second_languages) if code}
    if Language.objects.filter(pk__in=spoken).count() != len(spoken):
        raise BadInput("need.language", _("Choose a language of the list."))
    for slot in visit.slots:
        if slot.discipline not in Discipline.values:
            raise BadInput("need.slots", _("Say who is needed: at least one place."))
        if slot.discipline == Discipline.INTERPRETER and not slot.language:
            raise BadInput("need.language", _("Say which language the interpreter speaks."))


def _write_visit(
    request: Request, need: Need, plan: VisitPlan, rank: int, kind: str, place: Commune
) -> Visit:
    visit = Visit.objects.create(
        need=need,
        request=request,
        team_id=request.team_id,
        kind=kind,
        urgency=request.urgency,
        site=request.site,
        commune=place,
        versant=place.versant,
        country=place.country,
        mode=plan.mode,
        gender_wish=plan.gender_wish,
        complexity=plan.complexity or COMPLEXITY[InterventionKind(kind)],
        window=plan.window,
        duration_min=plan.duration_min,
        series_rank=rank,
    )
    Slot.objects.bulk_create(
        [
            Slot(
                visit=visit,
                rank=number,
                discipline=slot.discipline,
                language_id=slot.language or None,
                second_languages=list(slot.second_languages),
                level=slot.level,
                gender=slot.gender,
                gender_required=bool(slot.gender) and slot.gender_required,
                mode=slot.mode,
                after_min=slot.after_min,
                duration_min=slot.duration_min,
            )
            for number, slot in enumerate(plan.slots, 1)
        ]
    )
    return visit


def repeat(visit: VisitPlan, series: Series, country: str) -> list[VisitPlan]:
    """The visits of a series: same weekday, same wall time (summer or winter), holidays skipped and made up for."""
    start, end = clock.local(visit.window.lower), clock.local(visit.window.upper)
    across = (end.date() - start.date()).days
    found: list[VisitPlan] = []
    day = start.date()
    while len(found) < series.times:
        if not (series.skip_holidays and calendars.is_holiday(day, country)):
            window = span(_wall(day, start.time()), _wall(day + timedelta(days=across), end.time()))
            found.append(replace(visit, window=window))
        day += timedelta(weeks=series.every_weeks)
        if (day - start.date()).days > 3 * 366:
            raise BadInput("need.series", _("A series ends within three years."))
    return found


def _wall(day: date, at: time) -> datetime:
    return clock.at(day, at.hour, at.minute)


# -- changing ---------------------------------------------------------------------------------------------------------

SCOPES = ("one", "rest", "all")


def check_may_change_visit(actor: Actor, visit: Visit) -> None:
    """Coordination, clinicians and practitioners of the visit's own team."""
    if actor.team is None or actor.team != visit.team_id or actor.role not in TEAM_ROLES:
        raise ActionDenied("visit.not_my_team", _("This visit belongs to another team."))


def _locked(visit: Visit, actor: Actor, version: int | None) -> Visit:
    fresh = (
        Visit.objects.visible_to(actor)
        .select_for_update(of=("self",))
        .select_related("site__commune", "commune", "need", "team")
        .get(pk=visit.pk)
    )
    check_may_change_visit(actor, fresh)
    if version is not None and fresh.version != version:
        raise Conflict("visit.changed", _("Somebody has changed this visit meanwhile. Read it again first."))
    return fresh


@transaction.atomic
def move_visit(
    *, visit: Visit, actor: Actor, window: DateTimeTZRange, scope: str = "one", version: int | None = None
) -> list[Visit]:
    """Move a visit to another window; of a series this one, this and the later ones, or all that are still to come.

    The others follow by the same number of days and at the same new wall time. Whoever held a place is freed and
    told; the visits wait for a team again. Returns those that moved.

    Raises ActionDenied ``visit.not_my_team``; BadInput ``visit.scope`` or ``visit.window``; InvalidTransition
    ``visit.fixed`` or by state; Conflict ``visit.changed``.
    """
    if scope not in SCOPES:
        raise BadInput("visit.scope", _("Say whether one visit moves, the later ones too, or all."))
    visit = _locked(visit, actor, version)
    if window.lower is None or window.upper is None or window.upper < clock.now():
        raise BadInput("visit.window", _("This time is over. Choose another one."))
    states.VISIT.after(visit.state, "move")
    moved = [visit]
    if scope != "one":
        siblings = (
            Visit.objects.visible_to(actor)
            .select_for_update(of=("self",))
            .filter(need_id=visit.need_id, state__in=(VisitState.OPEN, VisitState.PLANNED))
            .exclude(pk=visit.pk)
            .order_by("pk")
        )
        moved += [one for one in siblings if scope == "all" or one.series_rank > visit.series_rank]
    if any(one.pin == Pin.TIME for one in moved):
        raise InvalidTransition(
            "visit.fixed", _("One of them does not move. Unpin it first, or leave it out.")
        )
    before, start, end = clock.local(visit.window.lower), clock.local(window.lower), clock.local(window.upper)
    days, across = (start.date() - before.date()).days, (end.date() - start.date()).days
    for one in moved:
        day = clock.local(one.window.lower).date() + timedelta(days=days)
        new = span(_wall(day, start.time()), _wall(day + timedelta(days=across), end.time()))
        free(
            one,
            gettext_noop("The visit in %(commune)s on %(day)s has moved: you are no longer expected then."),
        )
        one.state, one.window, one.held, one.version = VisitState.OPEN, new, None, one.version + 1
        one.save(update_fields=["state", "window", "held", "version"])
        audit.record("visit.moved", subject=one, scope=scope)
        announcing.settle(one, moved=True)
    requests.refresh_state(visit.request)
    return sorted(moved, key=lambda one: one.series_rank)


@transaction.atomic
def cancel_visit(
    *, visit: Visit, actor: Actor, reason: str, scope: str = "one", version: int | None = None
) -> list[Visit]:
    """Cancel a visit, or of a series the later ones or all too. Places are freed and their people told.

    ``reason`` is a code of CANCEL_REASONS. Raises ActionDenied ``visit.not_my_team``; BadInput ``visit.reason`` or
    ``visit.scope``; InvalidTransition; Conflict ``visit.changed``.
    """
    if reason not in CANCEL_REASONS:
        raise BadInput("visit.reason", _("Say why it is cancelled."))
    if scope not in SCOPES:
        raise BadInput("visit.scope", _("Say whether one visit is cancelled, the later ones too, or all."))
    visit = _locked(visit, actor, version)
    states.VISIT.after(visit.state, "cancel")
    gone = [visit]
    if scope != "one":
        siblings = (
            Visit.objects.visible_to(actor)
            .select_for_update(of=("self",))
            .filter(need_id=visit.need_id, state__in=(VisitState.OPEN, VisitState.PLANNED))
            .exclude(pk=visit.pk)
            .order_by("pk")
        )
        gone += [one for one in siblings if scope == "all" or one.series_rank > visit.series_rank]
    for one in gone:
        free(one, gettext_noop("The visit in %(commune)s on %(day)s is cancelled."))
        one.state, one.cancel_reason, one.version = VisitState.CANCELLED, reason, one.version + 1
        one.save(update_fields=["state", "cancel_reason", "version"])
        audit.record("visit.cancelled", subject=one, reason=reason)
        if reason != "withdrawn":  # those who asked took it back themselves
            announcing.settle(one)
    requests.refresh_state(visit.request)
    return sorted(gone, key=lambda one: one.series_rank)


CANCEL_REASONS: dict[str, Any] = {
    "withdrawn": _("the one who asked needs it no longer"),
    "moved_away": _("the person was moved"),
    "refused": _("the person does not want it"),
    "no_team": _("no team was found"),
    "mistake": _("entered by mistake"),
}


def free(visit: Visit, sentence: str) -> int:
    """Release whoever holds a place in the visit, close what it opened to them, and tell them. Returns how many.

    ``sentence`` is an English source string with ``commune`` and ``day``. The actor is the visit's team.
    """
    found = Assignment.objects.filter(visit=visit, state__in=HOLDING).exclude(state=AssignmentState.DONE)
    holding.lock_professionals(found.values_list("professional_id", flat=True))
    held = list(found.order_by("pk"))
    holding.let_go(held, AssignmentState.RELEASED)
    for one in held:
        for membership in (
            Membership.objects.active()
            .filter(professional_id=one.professional_id)
            .select_related("account")[:1]
        ):
            language = membership.account.language
            with translation.override(language):
                day = words.day_long(one.held.lower)
                body = gettext(sentence) % {"commune": visit.commune.name, "day": day}
                subject = gettext("Versants: a visit has changed")
            messages.write(
                team_id=visit.team_id,
                channel="email",
                address=membership.account.email,
                language=language,
                about="visit.freed",
                subject=subject,
                body=body,
            )
    return len(held)
