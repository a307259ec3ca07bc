"""Triage: what a request needs, as visits with places for roles. Moving and cancelling them: ``changing``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, time, timedelta

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext_lazy as _

from versants.core import audit, clock
from versants.core.access.scope import Actor
from versants.core.errors import BadInput
from versants.core.periods import span
from versants.mobile.enums import InterventionKind, Mode, Urgency
from versants.mobile.models import Need, Request, RequestEvent, Slot, Visit
from versants.mobile.services import escalation, matters, requests
from versants.mobile.services.series import Series, days_of, wall_of, window_on
from versants.people.enums import Complexity, Discipline, Level
from versants.territory import calendars
from versants.territory.models import Commune, Language
from versants.territory.models.places import WORKING_LANGUAGE

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
# Who usually comes, beside the interpreter; a psychologist where nothing is said.
ROLES = {
    InterventionKind.MEDIATION: (Discipline.MEDIATOR,),
    InterventionKind.REFERRAL: (Discipline.SOCIAL_WORKER,),
    InterventionKind.DROP_IN: (Discipline.PSYCHOLOGIST, Discipline.SOCIAL_WORKER),
    InterventionKind.TALK_GROUP: (Discipline.PSYCHOLOGIST, Discipline.MEDIATOR),
}
# Held at a centre, at hours that are announced there: arrival between, and how long.
GATHERINGS = frozenset({InterventionKind.DROP_IN, InterventionKind.TALK_GROUP})
HOURS = {
    InterventionKind.DROP_IN: (time(13, 30), time(14, 0)),
    InterventionKind.TALK_GROUP: (time(14, 0), time(14, 30)),
}
MINUTES = {InterventionKind.DROP_IN: 180, InterventionKind.TALK_GROUP: 120}


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
class NeedPlan:
    """One kind of intervention: its visits, or one visit and its rhythm."""

    kind: str
    visits: tuple[VisitPlan, ...]
    series: Series | None = None


# -- proposal ---------------------------------------------------------------------------------------------------------


def proposal(request: Request) -> tuple[str, VisitPlan]:
    """A sensible beginning, prefilled from the request: its kind and one visit. Nothing is written."""
    kind = _kind(request)
    return kind, prepared(request, kind)


def prepared(request: Request, kind: str, day: date | None = None) -> VisitPlan:
    """What this kind of intervention usually asks for, at this request's place and in its languages.

    ``day`` None: when the request wants it, unless that moment is over. A drop-in half-day and a talk group have hours
    of their own.
    """
    kind = InterventionKind(kind)
    spoken = [one.language_id for one in request.languages.all()]
    own = WORKING_LANGUAGE.get(request.team.versant, "")
    # Nobody interprets into the language that is spoken already.
    interpreted = [] if spoken[:1] == [own] else [code for code in spoken if code != own]
    wish = request.gender_wish
    slots = [SlotPlan(one, gender=wish) for one in ROLES.get(kind, (Discipline.PSYCHOLOGIST,))]
    if interpreted:
        slots.append(SlotPlan(Discipline.INTERPRETER, interpreted[0], tuple(interpreted[1:]), gender=wish))
    asked = request.window if request.window is not None and request.window.upper > clock.now() else None
    window = asked or default_window(request)
    if kind in HOURS and (day is not None or asked is None):
        if day is None:
            # By appointment: never "in the next four hours", as a crisis is.
            day = next_working_day(clock.today(), _country(request))
        window = window_on(day, *HOURS[kind])
    elif day is not None:
        start, end, across = wall_of(window)
        window = window_on(day, start, end, across)
    return VisitPlan(
        slots=tuple(slots),
        window=window,
        duration_min=MINUTES.get(kind, request.duration_min),
        mode=Mode.ON_SITE if kind in GATHERINGS else request.mode,
        complexity=COMPLEXITY[kind],
        gender_wish=wish,
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
    day = next_working_day(clock.today(), _country(request))
    return span(clock.at(day, 9), clock.at(day, 17))


def next_working_day(after: date, country: str) -> date:
    """The first day after ``after`` that is neither of a weekend nor a public holiday."""
    day = after + timedelta(days=1)
    while day.weekday() >= 5 or calendars.is_holiday(day, country):
        day += timedelta(days=1)
    return day


def _country(request: Request) -> str:
    return request.commune.country if request.commune is not None else "BE"


# -- deciding ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def plan_needs(
    *,
    request: Request,
    actor: Actor,
    needs: Sequence[NeedPlan],
    commune: Commune | None = None,
    version: int | None = None,
) -> list[Need]:
    """Write what triage decided, all of it or nothing: needs, their visits without a team yet, their slots.

    It answers the request. With a ``series`` the one visit of a need is repeated on the same weekday and wall time;
    public holidays of the place's country are skipped and made up for at the end. ``commune``: where, for a request
    that did not say.

    Raises ActionDenied ``request.not_my_team``; BadInput ``need.kind``, ``need.visits``, ``need.slots``,
    ``need.window``, ``need.duration``, ``need.language``, ``need.place``, ``need.series``; InvalidTransition;
    Conflict ``request.changed``. A BadInput about one of several needs says which in ``facts["need"]``, from 0.
    """
    request = requests.locked(request, actor, version)
    requests.check_may_answer(actor, request)
    place = request.commune or commune
    if place is None:
        raise BadInput("need.place", _("Say in which commune."))
    made: list[Need] = []
    n_visits = 0
    for number, plan in enumerate(needs):
        try:
            need, visits = _plan_one(request, plan, place)
        except BadInput as exc:
            exc.facts = {**exc.facts, "need": number}
            raise
        made.append(need)
        n_visits += len(visits)
        audit.record("need.planned", subject=need, kind=plan.kind, visits=len(visits))
    if not 1 <= n_visits <= MOST_VISITS:
        raise BadInput("need.visits", _("Plan between 1 and 60 visits."))
    requests.move(request, "plan")
    escalation.overtake(request)
    RequestEvent.objects.create(
        request=request, at=clock.now(), code="triaged", facts={"visits": n_visits}, for_requester=True
    )
    return made


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
    """``plan_needs`` for a single need."""
    (need,) = plan_needs(
        request=request,
        actor=actor,
        needs=[NeedPlan(kind, tuple(visits), series)],
        commune=commune,
        version=version,
    )
    return need


def _plan_one(request: Request, plan: NeedPlan, place: Commune) -> tuple[Need, Sequence[VisitPlan]]:
    series, visits = plan.series, plan.visits
    if plan.kind not in InterventionKind.values:
        raise BadInput("need.kind", _("Choose the kind of intervention."))
    if series is not None:
        if len(visits) != 1 or not 2 <= series.times <= MOST_VISITS or not 1 <= series.every_weeks <= 8:
            raise BadInput("need.series", _("A series is one visit, 2 to 60 times, every 1 to 8 weeks."))
        visits = tuple(repeat(visits[0], series, place.country))
    if not 1 <= len(visits) <= MOST_VISITS:
        raise BadInput("need.visits", _("Plan between 1 and 60 visits."))
    for visit in visits:
        _check_visit(visit)
    first = clock.local(visits[0].window.lower)
    need = Need.objects.create(
        request=request,
        team_id=request.team_id,
        kind=plan.kind,
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
        _write_visit(request, need, visit, rank, plan.kind, place)
    return need, visits


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
        if (slot.after_min or 0) + (slot.duration_min or visit.duration_min) > 600:
            raise BadInput("need.duration", _("One after the other, a visit lasts 10 hours at most."))


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
    start, end, across = wall_of(visit.window)
    days, _skipped = days_of(clock.local(visit.window.lower).date(), series, country)
    return [replace(visit, window=window_on(day, start, end, across)) for day in days]
