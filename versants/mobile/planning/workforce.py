"""Professionals as the library's people: public and planning facts only, read through ``visible_to``."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import permutations
from typing import Any, NamedTuple, TypeVar

from django.db import connection
from django.db.models import BooleanField, F, Func, IntegerField, Prefetch, Q, Value

from versants.core import clock
from versants.core.access.scope import Actor
from versants.mobile.enums import HOLDING, Urgency
from versants.mobile.models import Assignment, held_within
from versants.mobile.planning.calendar import Horizon, shifts, week_bounds
from versants.people.enums import Discipline
from versants.people.models import (
    Absence,
    Mandate,
    OnCall,
    Professional,
    ProfessionalLanguage,
    Team,
    WeeklyShift,
)
from versants_libs.dispatch import Busy, Limits, Person, Span

SECONDS = Func(
    F("held"),
    template="extract(epoch FROM upper(%(expressions)s) - lower(%(expressions)s))::int",
    output_field=IntegerField(),
)
T = TypeVar("T")
SAID = 64  # of one person or visit, how much of what was drawn of it is kept
TALK = "talk"  # skill: interprets talks up to that hardness
REMOTE = "remote"  # skill: works by telephone or video too
# What a team tells those who ask it; planning reads none of it, and reading it costs more than all the rest.
TOLD = ("opening_hours", "promise_minutes", "presents")


class OneOf(Func):
    """``column = ANY(array)``: one parameter however many ids, where ``IN`` has one for each."""

    template = "(%(expressions)s::bigint[]))"
    arg_joiner = " = ANY("
    output_field = BooleanField()


def one_of(column: str, ids: Iterable[int]) -> Q:
    """Rows whose ``column`` is one of these ids."""
    return Q(OneOf(F(column), Value(list(ids))))


class Held(NamedTuple):
    """A place somebody holds: what the limits of a day and a week ask of it. Not a whole row: of those there are
    a thousand in a week."""

    visit_id: int
    start: datetime
    seconds: int
    travel_min: int
    urgency: str

    @property
    def length_s(self) -> int:
        """The visit and the road to it."""
        return self.seconds + self.travel_min * 60


@dataclass
class Colleague:
    """What planning knows of one professional. ``held``: all they hold in the horizon and its weeks. ``away``: beginning
    -> kind of their absences in the horizon, where the reader may know it.
    """

    row: Professional
    languages: list[ProfessionalLanguage] = field(default_factory=list)
    mandates: list[Mandate] = field(default_factory=list)
    pattern: list[tuple] = field(default_factory=list)
    watches: list[tuple[datetime, datetime]] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    busy: list[tuple[datetime, datetime]] = field(default_factory=list)
    away: dict[datetime, str] = field(default_factory=dict)
    _person: tuple[Hashable, Person] | None = field(default=None, init=False, repr=False, compare=False)
    _said: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def said(self, key: Hashable, make: Callable[[], T]) -> T:
        """What is drawn of them: made once for as long as they are this very Colleague. ``key``: what else it depends
        on, beside them and the days they were read for."""
        found: T | None = self._said.get(key)
        if found is None:
            if len(self._said) >= SAID:
                self._said.clear()
            found = self._said[key] = make()
        return found

    @property
    def id(self) -> str:
        return str(self.row.pk)

    @property
    def is_only_interpreter(self) -> bool:
        return set(self.row.disciplines) == {Discipline.INTERPRETER}

    def level(self, language: str) -> int:
        """CEFR level 1 to 7 of a language, 0 if none."""
        return next((one.level for one in self.languages if one.language_id == language), 0)

    def mandate(self, country: str, at: datetime) -> Mandate | None:
        day = clock.local(at).date()
        return next((m for m in self.mandates if m.country == country and day in m.period), None)

    def week_s(self, at: datetime) -> int:
        """Seconds held in the calendar week of ``at``: visits and the roads to them."""
        low, high = week_bounds(clock.local(at).date())
        return sum(one.length_s for one in self.held if low <= one.start < high)

    def crises_in_week(self, at: datetime, *, but: int | None = None) -> int:
        low, high = week_bounds(clock.local(at).date())
        return sum(
            one.urgency == Urgency.CRISIS
            for one in self.held
            if low <= one.start < high and one.visit_id != but
        )


def load(actor: Actor, which: Q, horizon: Horizon) -> dict[int, Colleague]:
    """The active professionals ``which`` selects, with all that planning needs: eleven queries whatever their number."""
    found = read(actor, which, horizon)
    if found:
        add_mandates(actor, found.values())
        add_busy(found.values(), horizon)
        add_held(actor, found.values(), horizon)
    return found


def read(actor: Actor, which: Q, horizon: Horizon) -> dict[int, Colleague]:
    """The active professionals ``which`` selects: what they speak and when they work, without what they do. Eight
    queries. Houses, teams, communes and languages are few and shared by many: each is read once, not beside every row.
    """
    rows = (
        Professional.objects.visible_to(actor)
        .filter(which, active=True)
        .prefetch_related("base", Prefetch("team", Team.objects.defer(*TOLD)), "organisation")
        .order_by("pk")
    )
    found = {row.pk: Colleague(row) for row in rows}
    if not found:
        return {}
    theirs = one_of("professional", found)
    spoken = ProfessionalLanguage.objects.visible_to(actor).filter(theirs)
    for one in spoken.prefetch_related("language").order_by("pk"):
        found[one.professional_id].languages.append(one)
    hours = WeeklyShift.objects.visible_to(actor).filter(theirs).order_by("pk")
    for professional, *hour in hours.values_list("professional_id", "weekday", "start", "end"):
        found[professional].pattern.append(tuple(hour))
    watches = OnCall.objects.visible_to(actor).filter(theirs, held__overlap=(horizon.start, horizon.end))
    for professional, held_on in watches.order_by("pk").values_list("professional_id", "held"):
        found[professional].watches.append((held_on.lower, held_on.upper))
    return found


def add_mandates(actor: Actor, colleagues: Iterable[Colleague]) -> None:
    """Where these may go, in order. One query."""
    found = {colleague.row.pk: colleague for colleague in colleagues}
    rows = Mandate.objects.visible_to(actor).filter(one_of("professional", found))
    for mandate in rows.order_by("period"):
        found[mandate.professional_id].mandates.append(mandate)


def add_busy(colleagues: Iterable[Colleague], horizon: Horizon) -> None:
    """When these are busy in the horizon. One query."""
    found = {colleague.row.pk: colleague for colleague in colleagues}
    for professional, start, end in busy_times(list(found), horizon.start, horizon.end):
        found[professional].busy.append((start, end))


def add_away(actor: Actor, colleagues: Iterable[Colleague], horizon: Horizon) -> None:
    """What these are absent for, of the actor's own house only: for the others, that they are busy is all. One query."""
    found = {colleague.row.pk: colleague for colleague in colleagues}
    rows = Absence.objects.visible_to(actor).filter(
        one_of("professional", found), held__overlap=(horizon.start, horizon.end)
    )
    for professional, held_on, kind in rows.order_by("pk").values_list("professional_id", "held", "kind"):
        found[professional].away[max(held_on.lower, horizon.start)] = kind


def add_held(actor: Actor, colleagues: Iterable[Colleague], horizon: Horizon) -> None:
    """What these hold in the horizon and its weeks, in order. One query."""
    found = {colleague.row.pk: colleague for colleague in colleagues}
    low, high = weeks_of(horizon)
    rows = (
        Assignment.objects.visible_to(actor)
        .filter(held_within(low, high), one_of("professional", found), state__in=HOLDING)
        .order_by("held", "pk")
        .values_list("professional_id", "visit_id", "starts_at", SECONDS, "travel_min", "visit__urgency")
    )
    for professional, *place in rows:
        found[professional].held.append(Held(*place))


def weeks_of(horizon: Horizon) -> tuple[datetime, datetime]:
    """The half-open instants of the calendar weeks the horizon touches."""
    days = horizon.dates
    return week_bounds(days[0])[0], week_bounds(days[-1])[1]


def ids_of(actor: Actor, which: Q) -> list[int]:
    """The active professionals ``which`` selects, by id; no more is read of them. One query."""
    rows = Professional.objects.visible_to(actor).filter(which, active=True)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def busy_times(ids: Sequence[int], start: datetime, end: datetime) -> list[tuple[int, datetime, datetime]]:
    """Who is busy and when, whatever the reason and the house: the database's narrow function."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT professional_id, greatest(lower(held), %(start)s), least(upper(held), %(end)s)"
            " FROM app.busy(%(ids)s::bigint[], tstzrange(%(start)s, %(end)s, '[)')) ORDER BY 1, 2, 3",
            {"ids": list(ids), "start": start, "end": end},
        )
        return [(row[0], row[1], row[2]) for row in cursor.fetchall()]


def person(
    colleague: Colleague,
    horizon: Horizon,
    *,
    place: int,
    planned: Iterable[Assignment],
    not_before: datetime,
) -> Person:
    """The library's person.

    ``planned`` are the assignments that the problem itself holds: their times are not busy time here. Nobody leaves
    before ``not_before``, except on what had begun by then. Made once for the same somebody, place, times and instant.
    """
    inside = list(planned)
    key = (horizon, place, tuple((one.held.lower, one.held.upper) for one in inside), not_before)
    known = colleague._person
    if known is None or known[0] != key:  # another look may be making its own: each returns what it made
        known = colleague._person = (key, _person(colleague, horizon, place, inside, not_before))
    return known[1]


def _person(
    colleague: Colleague, horizon: Horizon, place: int, inside: Sequence[Assignment], not_before: datetime
) -> Person:
    row = colleague.row
    levels = {one.language_id: one.level - 1 for one in colleague.languages}
    only_from = {one.language_id for one in colleague.languages if one.understands_only}
    pairs: dict[tuple[str, str], int] = {}
    if Discipline.INTERPRETER in row.disciplines:
        # The weaker of the two languages carries the talk.
        pairs = {(a, b): min(levels[a], levels[b]) for a, b in permutations(levels, 2) if b not in only_from}
    ceiling = row.max_complexity if colleague.is_only_interpreter else None
    hardest = 9 if ceiling is not None else row.max_complexity
    skills = {f"{TALK}{n}" for n in range(1, hardest + 1)} if pairs else set()
    if row.works_remotely:
        skills.add(REMOTE)
    mandates: dict[str, tuple[Span, ...]] = {}
    for mandate in colleague.mandates:
        lower = clock.at(mandate.period.lower, 0) if mandate.period.lower else None
        upper = clock.at(mandate.period.upper, 0) if mandate.period.upper else None
        span = horizon.span(lower, upper)
        if span:
            mandates[mandate.country] = (*mandates.get(mandate.country, ()), span)
    their_shifts = shifts(horizon, colleague.pattern, colleague.watches, place)
    week_low, week_high = week_bounds(horizon.dates[0])
    outside = [
        one
        for one in colleague.held
        if week_low <= one.start < week_high and not horizon.start <= one.start < horizon.end
    ]
    crises = sum(one.urgency == Urgency.CRISIS for one in outside)
    return Person(
        id=colleague.id,
        roles=frozenset(row.disciplines),
        skills=frozenset(skills),
        languages=levels,
        pairs=pairs,
        mandates=mandates,
        shifts=their_shifts,
        busy=tuple(_busy(colleague, horizon, their_shifts, inside, not_before)),
        limits=Limits(
            work_day_s=row.max_daily_minutes * 60,
            work_week_s=int(row.weekly_hours * 3600),
            crisis_visits=max(0, row.max_crises_in_a_row - crises),
        ),
        gender=row.gender,
        team=str(row.team_id),
        complexity_ceiling=ceiling,
        worked_s=sum(one.length_s for one in outside),
    )


def _busy(colleague, horizon, their_shifts, planned, not_before) -> Iterable[Busy]:
    mine: list[tuple[datetime, datetime]] = [
        (max(a.held.lower, horizon.start), min(a.held.upper, horizon.end)) for a in planned
    ]
    for start, end in colleague.busy:
        if (start, end) in mine:
            mine.remove((start, end))
            continue
        span = horizon.span(start, end)
        if span:
            yield Busy(span.start, span.end)
    now = horizon.s(not_before)
    begun = [horizon.s(a.held.upper) for a in planned if a.held.lower < not_before]
    for shift in their_shifts:
        # What is gone of a shift cannot be driven in any more.
        low = max([shift.start, *(end for end in begun if end > shift.start)])
        high = min(shift.end, now)
        if high > low:
            yield Busy(low, high)


def by_pk(colleagues: Mapping[int, Colleague]) -> dict[str, Colleague]:
    """The same, by the library's ids."""
    return {str(pk): one for pk, one in colleagues.items()}
