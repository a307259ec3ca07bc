"""Visits and people of some days as one Problem and the plan that stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from operator import or_

from django.db.models import Prefetch, Q, QuerySet

from versants.core import clock
from versants.core.access.scope import Actor
from versants.mobile.enums import HOLDING, AssignmentState, GenderWish, Mode, Pin, Urgency, VisitState
from versants.mobile.models import Assignment, RequestLanguage, RequestPerson, Slot, Visit, held_within
from versants.mobile.planning import workforce
from versants.mobile.planning.calendar import STEP_S, Horizon, ceil_step, horizon_for, horizon_of_day
from versants.mobile.planning.workforce import REMOTE, TALK, Colleague
from versants.people.enums import CARE_DISCIPLINES, Discipline
from versants.people.models import Mandate, Professional
from versants.territory import travel
from versants.territory.models import Language
from versants.territory.models.places import WORKING_LANGUAGE
from versants_libs import dispatch

# What a visit left out costs, in points of the library's "unserved" term.
UNSERVED = {Urgency.CRISIS: 20, Urgency.URGENT: 6, Urgency.PLANNED: 2}
# What it costs to change one place people already know of, in seconds of road: moves happen to serve somebody else,
# hardly ever to save a few kilometres.
CHANGE = 10_000
Preferred = Mapping[int, Mapping[str, frozenset[str]]]
PLACED = (VisitState.OPEN, VisitState.PLANNED, VisitState.DONE)


class Places:
    """Numbers of the rows of the travel matrix. A site is itself, everything else the middle of its commune."""

    def __init__(self) -> None:
        self.points: list[travel.Point] = []
        self._numbers: dict[str, int] = {}

    def _number(self, point: travel.Point) -> int:
        known = self._numbers.get(point.key)
        if known is None:
            known = self._numbers[point.key] = len(self.points)
            self.points.append(point)
        return known

    def commune(self, commune) -> int:
        return self._number(travel.Point(commune.lat, commune.lon, commune.uid, commune.versant))

    def of(self, visit: Visit) -> int:
        if visit.site_id:
            site = visit.site
            return self._number(travel.Point(site.lat, site.lon, f"site-{site.pk}", visit.versant))
        return self.commune(visit.commune)

    def matrix(self) -> tuple[tuple[int, ...], ...]:
        return tuple(tuple(int(cell) for cell in row) for row in travel.matrix_between(self.points))


@dataclass
class Situation:
    """A Problem with the rows it was made of. Ids of the library are primary keys as text."""

    horizon: Horizon
    problem: dispatch.Problem
    plan: dispatch.Plan
    visits: dict[str, Visit]
    people: dict[str, Colleague]
    places: Places
    now: datetime
    focus: tuple[str, ...] = ()
    _minutes: dict[tuple[str, str], int] = field(default_factory=dict)

    def at(self, seconds: int) -> datetime:
        """The instant of a second of the problem."""
        return self.horizon.at(seconds)

    def slot(self, visit_id: str, slot_id: str) -> Slot:
        return next(slot for slot in slots_of(self.visits[visit_id]) if str(slot.pk) == slot_id)


def slots_of(visit: Visit) -> list[Slot]:
    """The slots in order, from the prefetch."""
    return sorted(visit.slots.all(), key=lambda slot: (slot.rank, slot.pk))


def holders_of(visit: Visit) -> dict[int, Assignment]:
    """Slot -> the assignment that holds it, from the prefetch ``holding``."""
    return {one.slot_id: one for one in visit.holding}


def with_parts(visits: QuerySet[Visit]) -> QuerySet[Visit]:
    """A queryset of visits with all that planning and pages read of them; a fixed number of queries."""
    return visits.select_related("site", "site__commune", "commune", "team", "request").prefetch_related(
        Prefetch("slots", Slot.objects.select_related("language")),
        Prefetch(
            "assignments",
            Assignment.objects.filter(state__in=HOLDING).select_related(
                "professional", "professional__team", "professional__organisation", "professional__base"
            ),
            to_attr="holding",
        ),
    )


def starts_of(visit: Visit, slots: Sequence[Slot], start: datetime) -> dict[int, tuple[datetime, datetime]]:
    """When each slot begins and ends if the visit begins at ``start``."""
    found = {}
    start = start.astimezone(UTC)  # minutes are counted in time, not on the wall clock
    first = (slots[0].after_min or 0) if slots else 0
    for slot in slots:
        begin = start + timedelta(minutes=(slot.after_min or 0) - first)
        found[slot.pk] = (begin, begin + timedelta(minutes=slot.duration_min or visit.duration_min))
    return found


def relevant(visits: Iterable[Visit], languages: Iterable[str] = ()) -> Q:
    """Who could matter for these visits: the trades asked for (interpreters by language), and who holds a place."""
    trades: set[str] = set()
    spoken: set[str] = set(languages)
    holders: set[int] = set()
    for visit in visits:
        holders |= {one.professional_id for one in visit.holding}
        for slot in visit.slots.all():
            trades.add(slot.discipline)
            if slot.language_id:
                spoken |= {slot.language_id, *slot.second_languages}
    care = sorted(trades - {Discipline.INTERPRETER})
    parts = [Q(pk__in=holders)]
    if care:
        parts.append(Q(disciplines__overlap=care))
    if Discipline.INTERPRETER in trades:
        parts.append(
            Q(disciplines__contains=[Discipline.INTERPRETER], languages__language__in=sorted(spoken))
        )
    return Q(pk__in=_ids(reduce(or_, parts)))


def _ids(which: Q):
    return Professional.objects.filter(which).values("pk")


# One visit: who can go


def visit_situation(
    actor: Actor,
    visit: Visit,
    *,
    people: Iterable[int] | None = None,
    whole: bool = False,
    mandates: Iterable[tuple[str, str]] = (),
) -> Situation:
    """The days around one visit, with everybody who could take part, or with ``people`` only.

    ``visit`` comes from ``with_parts``, changed in memory or not (what if). Its other holders stay, at their time,
    unless ``whole``. ``mandates`` are supposed for the question's sake.
    """
    now = ceil_step(clock.now())
    if visit.held is None:
        opens = max(visit.window.lower, now)
    else:
        # A placed visit is looked at around where it stands, however long ago its window opened.
        opens = max(min(visit.window.lower, visit.held.lower), visit.held.lower - timedelta(days=2))
    closes = max(visit.window.upper, opens + timedelta(minutes=visit.duration_min))
    horizon = horizon_for(opens, closes)
    possible = _possible_languages(actor, visit)
    which = Q(pk__in=list(people)) if people is not None else relevant([visit], possible)
    if people is None:
        which |= Q(team=visit.team_id)
    colleagues = workforce.load(actor, which, horizon)
    _suppose(colleagues, mandates)
    others = _placed(actor, horizon, colleagues, but=[visit.pk])
    builder = Builder(actor, horizon, colleagues, now, [visit], others)
    builder.possible = {visit.pk: possible}
    builder.whole = whole
    return builder.build()


def _suppose(colleagues: Mapping[int, Colleague], mandates: Iterable[tuple[str, str]]) -> None:
    supposed = set(mandates)
    for colleague in colleagues.values():
        for uid, country in supposed:
            if uid == str(colleague.row.uid):
                colleague.mandates.append(Mandate(country=country, period=_Always()))  # never saved


class _Always:
    """A period without ends."""

    lower = upper = None

    def __contains__(self, day: date) -> bool:
        return True


def _possible_languages(actor: Actor, visit: Visit) -> set[str]:
    """Languages that would be understood though nobody accepted them yet: further choices of the request, sisters."""
    asked = {slot.language_id for slot in visit.slots.all() if slot.language_id}
    if not asked:
        return set()
    choices = RequestLanguage.objects.visible_to(actor).filter(request=visit.request_id)
    found = set(choices.values_list("language_id", flat=True))
    macros = [
        slot.language.macro_id for slot in visit.slots.all() if slot.language_id and slot.language.macro_id
    ]
    if macros:
        found |= set(
            Language.objects.filter(Q(macro__in=macros) | Q(pk__in=macros)).values_list("pk", flat=True)
        )
    return found - asked


def _placed(
    actor: Actor, horizon: Horizon, people: Mapping[int, Colleague], *, but: Iterable[int]
) -> list[Visit]:
    """Visits that stand in these days and hold one of ``people``."""
    rows = (
        Visit.objects.visible_to(actor)
        .filter(
            pk__in=Assignment.objects.visible_to(actor)
            .filter(
                held_within(horizon.start, horizon.end),
                professional__in=list(people),
                state__in=HOLDING,
            )
            .values("visit"),
        )
        .exclude(pk__in=list(but))
        .order_by("pk")
    )
    return list(with_parts(rows))


# A day: plan it


def day_situation(actor: Actor, day: date) -> Situation:
    """One day of the actor's team: its visits to be planned or moved, and what everybody concerned does already."""
    horizon = horizon_of_day(day)
    now = ceil_step(clock.now())
    mine = list(with_parts(movable(actor, horizon).order_by("pk")))
    colleagues = workforce.load(actor, relevant(mine) | Q(team=actor.team), horizon)
    others = _placed(actor, horizon, colleagues, but=[visit.pk for visit in mine])
    builder = Builder(actor, horizon, colleagues, now, mine, others)
    builder.spread = True
    return builder.build()


def movable(actor: Actor, horizon: Horizon):
    """The team's visits of these days: those without a team whose window touches them, and those that begin in them.

    One that began the evening before and ends after midnight belongs to the day before.
    """
    return Visit.objects.visible_to(actor).filter(
        Q(state=VisitState.OPEN, held=None, window__overlap=(horizon.start, horizon.end))
        | Q(
            held_within(horizon.start, horizon.end),
            starts_at__gte=horizon.start,
            state__in=[VisitState.OPEN, VisitState.PLANNED],
        ),
        team=actor.team,
    )


# Rows to the library's words


class Builder:
    def __init__(
        self,
        actor: Actor,
        horizon: Horizon,
        colleagues: dict[int, Colleague],
        now: datetime,
        focus: Sequence[Visit],
        others: Sequence[Visit],
    ) -> None:
        self.actor, self.horizon, self.colleagues, self.now = actor, horizon, colleagues, now
        self.focus, self.others = list(focus), list(others)
        self.places = Places()
        self.possible: dict[int, set[str]] = {}
        self.whole = False
        self.spread = False  # True: placed visits of the focus may move unless pinned
        # Who was with the same persons before, where it is known already.
        self.preferred: Callable[[Callable[[], Preferred]], Preferred] = lambda make: make()

    def build(self) -> Situation:
        visits: list[dispatch.Visit] = []
        plan: dict[str, dispatch.Assignment] = {}
        if not self.spread:
            # First of all places, so that another visit leaves everybody's number as it is.
            for colleague in self.colleagues.values():
                self.places.commune(colleague.row.base)
        for visit in self.others:
            self._fixed(visit, visits, plan)
        preferred = self.preferred(lambda: _continuity(self.actor, self.focus, self.colleagues))
        asked: list[Visit] = []
        for visit in self.focus:
            if self.spread and visit.held and self._stays(visit):
                self._fixed(visit, visits, plan)
                continue
            asked.append(visit)
            visits.append(self._asked(visit, preferred.get(visit.pk, {})))
            services = self._held_services(visit)
            if len(services) == len(visits[-1].slots):
                plan[str(visit.pk)] = dispatch.Assignment(str(visit.pk), services)
        published = dispatch.Plan(plan)
        people = []
        planned: dict[int, list[Assignment]] = defaultdict(list)
        for visit in [*self.focus, *self.others]:
            for held in visit.holding:
                # One that began before these days is no visit of the problem: whoever is on it is busy.
                if self._inside(held):
                    planned[held.professional_id].append(held)
        for pk, colleague in self.colleagues.items():
            people.append(
                workforce.person(
                    colleague,
                    self.horizon,
                    place=self.places.commune(colleague.row.base),
                    planned=planned.get(pk, ()),
                    not_before=self.now,
                )
            )
        problem = dispatch.Problem(
            people=tuple(people),
            visits=tuple(visits),
            travel=self.places.matrix(),
            epoch=self.horizon.start.isoformat(),
            horizon=self.horizon.length,
            step=STEP_S,
            days=self.horizon.days,
            weeks=self.horizon.weeks,
            published=published,
            weights=dispatch.Weights(changes=CHANGE) if self.spread else dispatch.Weights(),
        )
        return Situation(
            horizon=self.horizon,
            problem=problem,
            plan=published,
            visits={str(visit.pk): visit for visit in [*self.focus, *self.others]},
            people=workforce.by_pk(self.colleagues),
            places=self.places,
            now=self.now,
            focus=tuple(str(visit.pk) for visit in asked),
        )

    def _inside(self, held: Assignment) -> bool:
        """Does it begin in these days?"""
        return self.horizon.start <= held.held.lower < self.horizon.end

    def _stays(self, visit: Visit) -> bool:
        """A placed visit that no plan of the day moves: it has begun or is done, or it has its whole team and reaches
        into the next day, of which nothing is known here."""
        if visit.held.lower < self.now or visit.state == VisitState.DONE:
            return True
        whole = len(visit.holding) == len(visit.slots.all())
        return whole and visit.held.upper > self.horizon.end

    def _held_services(self, visit: Visit) -> dict[str, dispatch.Service]:
        return {
            str(one.slot_id): dispatch.Service(str(one.professional_id), self.horizon.s(one.held.lower))
            for one in visit.holding
            if one.professional_id in self.colleagues
        }

    def _fixed(
        self, visit: Visit, visits: list[dispatch.Visit], plan: dict[str, dispatch.Assignment]
    ) -> None:
        """A visit nobody may touch here: who, when and where, nothing asked of them any more."""
        inside = [
            one
            for one in sorted(visit.holding, key=lambda a: (a.held.lower, a.slot_id))
            if one.professional_id in self.colleagues and self._inside(one)
        ]
        if not inside:
            return
        modes = {slot.pk: slot.mode or visit.mode for slot in visit.slots.all()}
        first = self.horizon.s(inside[0].held.lower)
        slots, services = [], {}
        for one in inside:
            start = self.horizon.s(one.held.lower)
            # As far as these days reach: working hours are known no further.
            end = min(self.horizon.s(one.held.upper), self.horizon.length)
            slots.append(
                dispatch.Slot(
                    id=str(one.slot_id),
                    needs_mandate=False,
                    duration=end - start,
                    lag=(start - first, start - first),
                    mode=dispatch.Mode(modes.get(one.slot_id, visit.mode)),
                )
            )
            services[str(one.slot_id)] = dispatch.Service(str(one.professional_id), start)
        ident = str(visit.pk)
        visits.append(
            dispatch.Visit(
                id=ident,
                windows=(dispatch.Window(first, first),),
                duration=visit.duration_min * 60,
                slots=tuple(slots),
                place=self.places.of(visit),
                mode=dispatch.Mode(visit.mode),
                unserved=100,
                crisis=visit.urgency == Urgency.CRISIS,
                pins={slot: service.person for slot, service in services.items()},
                fixed_start=first,
            )
        )
        plan[ident] = dispatch.Assignment(ident, services)

    def _asked(self, visit: Visit, preferred: Mapping[str, frozenset[str]]) -> dispatch.Visit:
        slots = slots_of(visit)
        low, high = self._window(visit)
        pins: dict[str, str] = {}
        fixed: int | None = None
        holders = {
            slot: one for slot, one in holders_of(visit).items() if one.professional_id in self.colleagues
        }
        stands = bool(holders) and visit.held is not None
        partial = stands and len(holders) < len(slots)
        if stands and not self.whole:
            if partial or (self.spread and visit.pin != Pin.FREE):
                pins = {str(slot): str(one.professional_id) for slot, one in holders.items()}
            if partial or (self.spread and visit.pin == Pin.TIME):
                fixed = self.horizon.s(visit.held.lower)
                low, high = min(low, fixed), max(high, fixed)
        if self.spread and stands and fixed is None:
            # Where it stands now is always allowed: it was agreed.
            start = self.horizon.s(visit.held.lower)
            low, high = min(low, start), max(high, start)
        return dispatch.Visit(
            id=str(visit.pk),
            windows=(dispatch.Window(low, high),),
            duration=visit.duration_min * 60,
            slots=tuple(self._slot(visit, slot, slots[0], preferred) for slot in slots),
            place=self.places.of(visit),
            country=visit.country,
            mode=dispatch.Mode(visit.mode),
            unserved=UNSERVED[visit.urgency],
            crisis=visit.urgency == Urgency.CRISIS,
            complexity=visit.complexity,
            pins=pins,
            fixed_start=fixed,
        )

    def _window(self, visit: Visit) -> tuple[int, int]:
        """Earliest and latest start, both included; a window that has closed leaves its end only."""
        horizon = self.horizon
        top = horizon.length - 1
        low = max(0, horizon.s(visit.window.lower))
        # Half-open: its end is no start any more, unless the window is one instant on the board's grid.
        high = min(top, max(horizon.s(visit.window.upper) - 1, horizon.s(visit.window.lower)))
        if visit.held is None:
            low = max(low, horizon.s(self.now))
        low = min(max(0, low), top)
        return low, max(low, high)

    def _slot(
        self, visit: Visit, slot: Slot, first: Slot, preferred: Mapping[str, frozenset[str]]
    ) -> dispatch.Slot:
        interprets = slot.discipline == Discipline.INTERPRETER
        mode = Mode(slot.mode or visit.mode)
        needs: tuple[dispatch.LanguageNeed, ...] = ()
        if slot.language_id:
            level = slot.level - 1
            needs = (
                dispatch.LanguageNeed(
                    slot.language_id,
                    level,
                    into=_into(visit, slot.language_id) if interprets else None,
                    second=tuple(
                        dispatch.SecondLanguage(code, level)
                        for code in slot.second_languages
                        if code != slot.language_id
                    ),
                    possible=tuple(
                        sorted(
                            self.possible.get(visit.pk, set()) - {slot.language_id, *slot.second_languages}
                        )
                    ),
                ),
            )
        wish = slot.gender or visit.gender_wish
        lag = ((slot.after_min or 0) - (first.after_min or 0)) * 60
        skills = {f"{TALK}{visit.complexity}"} if interprets else set()
        if mode != Mode.ON_SITE:
            skills.add(REMOTE)
        return dispatch.Slot(
            id=str(slot.pk),
            role=slot.discipline,
            skills=frozenset(skills),
            languages=needs,
            gender=wish if wish != GenderWish.NONE else None,
            gender_hard=bool(slot.gender_required and wish != GenderWish.NONE),
            # Interpreting by telephone is work at one's own place.
            needs_mandate=not (interprets and mode != Mode.ON_SITE),
            duration=slot.duration_min * 60 if slot.duration_min else None,
            lag=(lag, lag),
            mode=dispatch.Mode(slot.mode) if slot.mode else None,
            preferred=preferred.get(slot.discipline, frozenset()),
        )


def _into(visit: Visit, language: str) -> str | None:
    into = WORKING_LANGUAGE.get(visit.team.versant, "fra")
    return into if into != language else None


def _continuity(actor: Actor, visits: Sequence[Visit], people: Mapping[int, Colleague]) -> Preferred:
    """Visit -> trade -> those whose choice keeps the same faces.

    Who was there before, at this request's visits or at another of the same persons'; and who holds a place at another
    visit of the same request, past or to come: a series is planned with the same people where possible.
    """
    requests = {visit.request_id for visit in visits}
    if not requests:
        return {}
    persons: dict[int, set[int]] = defaultdict(set)
    for request, person in (
        RequestPerson.objects.visible_to(actor)
        .filter(request__in=requests, person__isnull=False)
        .values_list("request_id", "person_id")
    ):
        persons[request].add(person)
    linked: dict[int, set[int]] = defaultdict(set)  # other request -> requests of ours
    for request in requests:
        linked[request].add(request)
    known = set().union(*persons.values()) if persons else set()
    if known:
        for other, person in (
            RequestPerson.objects.visible_to(actor)
            .filter(person__in=known)
            .values_list("request_id", "person_id")
        ):
            linked[other] |= {mine for mine, theirs in persons.items() if person in theirs}
    held = (
        Assignment.objects.visible_to(actor)
        .filter(
            Q(state__in=[AssignmentState.ACCEPTED, AssignmentState.DONE], held__startswith__lt=clock.now())
            | Q(state__in=HOLDING, visit__request__in=requests),
            visit__request__in=list(linked),
            professional__in=list(people),
        )
        .values_list("visit__request_id", "visit_id", "slot__discipline", "professional_id")
    )
    found: dict[int, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    of_request: dict[int, list[int]] = defaultdict(list)
    for visit in visits:
        of_request[visit.request_id].append(visit.pk)
    for other, there, trade, professional in held:
        for mine in linked[other]:
            for visit_id in of_request[mine]:
                # Holding this very place says nothing about other visits.
                if visit_id != there:
                    found[visit_id][trade].add(str(professional))
    return {
        visit: {trade: frozenset(ids) for trade, ids in trades.items()} for visit, trades in found.items()
    }


def cares(slot: Slot) -> bool:
    """A slot whose holder may need the person's file."""
    return slot.discipline in CARE_DISCIPLINES
