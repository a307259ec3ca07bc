"""People and visits as data.

All instants are integer seconds since ``Problem.epoch`` (a UTC instant); all spans are half-open
``[start, end)``; all durations and travel times are integer seconds. A *window* is the one exception: it
bounds the start of a visit and includes both of its ends ("arrive at 14:00 at the latest" allows 14:00).

Everything is checked when it is built and does not change afterwards. A contradictory input raises
:class:`~versants_libs.dispatch.errors.InstanceError`, which names the ids; an input that merely has no
solution is not an error.
"""

from __future__ import annotations

import itertools
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from .errors import InstanceError

__all__ = [
    "LEVELS",
    "Break",
    "Busy",
    "LanguageNeed",
    "Limits",
    "Link",
    "LinkKind",
    "Mode",
    "Person",
    "SecondLanguage",
    "Shift",
    "Slot",
    "Span",
    "Visit",
    "Window",
    "in_order",
]

#: Names of the language levels 0..6 (Common European Framework, then native speakers).
LEVELS = ("A1", "A2", "B1", "B2", "C1", "C2", "native")


class Mode(StrEnum):
    """How a visit takes place. By telephone or video nobody travels and no place is needed."""

    ON_SITE = "on_site"
    PHONE = "phone"
    VIDEO = "video"


class LinkKind(StrEnum):
    """What joins visits. See :class:`Link`."""

    ALL_OR_NONE = "all_or_none"
    SAME_PEOPLE = "same_people"
    AFTER = "after"


class Span(NamedTuple):
    """Half-open ``[start, end)``, seconds since the epoch of the problem."""

    start: int
    end: int


class Window(NamedTuple):
    """When a visit may start: from ``earliest`` to ``latest``, both included.

    A soft window (``hard=False``) still opens at ``earliest``, but a later start than ``latest`` is allowed
    and costs ``lateness`` by the second.
    """

    earliest: int
    latest: int
    hard: bool = True


class Break(NamedTuple):
    """A pause of ``duration`` s lying wholly inside ``[earliest, latest)``.

    Due only if the shift is longer than ``if_shift_over`` s, if the person has a visit in that shift, and if
    the fixed busy times alone leave room for it. Windows of one shift's breaks do not overlap.

    ``missed`` None: it has to be there, anywhere, also on the road. A number: it is taken at a place, and costs
    so many points of ``missed_break`` where it is not taken. A shift has breaks of one of the two kinds.
    """

    duration: int
    earliest: int
    latest: int
    if_shift_over: int = 0
    missed: int | None = None


class Shift(NamedTuple):
    """A span of work. Places are indices into the travel matrix; None means "wherever the day starts".

    The person leaves ``start_place`` at ``start`` at the earliest and is back at ``end_place`` at ``end``, or
    up to ``overtime_s`` later at the price of the ``overtime`` term. A shift counts for the day and the week
    in which it starts.

    ``vehicle``: the pool of shared vehicles, one of the problem's ``vehicles``, from which the person takes one if they
    have a visit on site in that shift; None: they come with their own, or need none. It is theirs from the start of the
    shift to its end, overtime included, because until then they may be on the way back.
    """

    start: int
    end: int
    start_place: int | None = None
    end_place: int | None = None
    overtime_s: int = 0
    breaks: tuple[Break, ...] = ()
    vehicle: str | None = None

    @property
    def until(self) -> int:
        """When the person is back at the latest, overtime included."""
        return self.end + self.overtime_s


class Busy(NamedTuple):
    """Something fixed that is not planned here. With a place, the person travels to it and from it."""

    start: int
    end: int
    place: int | None = None


class Limits(NamedTuple):
    """Upper limits of one person; None is no limit. Work is visits plus all travel of the shift."""

    work_day_s: int | None = None
    work_week_s: int | None = None
    driving_day_s: int | None = None
    crisis_visits: int | None = None


NO_LIMITS = Limits()


class SecondLanguage(NamedTuple):
    """A language accepted instead of the first choice, for ``penalty`` points of second choice."""

    language: str
    level: int = 0
    penalty: int = 1


class LanguageNeed(NamedTuple):
    """A language a slot asks for, at ``level`` 0..6 or better.

    Without ``into`` the person must speak ``language``. With ``into`` they must interpret between the two:
    from ``language`` into ``into`` and, when ``both_ways``, back as well (a conversation); their level is
    then the lower of the two directions.

    ``second`` are accepted alternatives to ``language`` (into the same ``into``). ``possible`` are languages
    that would be understood but are not accepted so far; they only serve to propose a relaxation.
    """

    language: str
    level: int = 0
    into: str | None = None
    both_ways: bool = True
    second: tuple[SecondLanguage, ...] = ()
    possible: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who can be sent.

    Attributes
    ----------
    languages : language code -> level 0..6, spoken.
    pairs : (source, target) -> level 0..6, interpreted in that direction.
    mandates : country -> spans in which the person may intervene there.
    complexity_ceiling : the most complex visit they may take; None is no ceiling.
    worked_s : seconds already worked in the first week of the horizon, before it.
    travel_mode : how the person moves, one of the problem's ``travel_by``; None is its ``travel``.
    fee_hour, fee_visit : what an hour of visit costs, and a visit by itself, in cents or any other whole unit.
    """

    id: str
    roles: frozenset[str] = frozenset()
    skills: frozenset[str] = frozenset()
    languages: Mapping[str, int] = field(default_factory=dict)
    pairs: Mapping[tuple[str, str], int] = field(default_factory=dict)
    mandates: Mapping[str, tuple[Span, ...]] = field(default_factory=dict)
    shifts: tuple[Shift, ...] = ()
    busy: tuple[Busy, ...] = ()
    limits: Limits = NO_LIMITS
    gender: str | None = None
    team: str | None = None
    complexity_ceiling: int | None = None
    worked_s: int = 0
    travel_mode: str | None = None
    fee_hour: int = 0
    fee_visit: int = 0

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "roles", frozenset(self.roles))
        put(self, "skills", frozenset(self.skills))
        put(self, "languages", dict(self.languages))
        put(self, "pairs", dict(self.pairs))
        put(self, "mandates", {c: tuple(Span(*s) for s in spans) for c, spans in self.mandates.items()})
        put(self, "shifts", tuple(sorted(self.shifts, key=lambda s: (s.start, s.end))))
        if not self.id:
            raise InstanceError("a person needs an id")
        self._check_levels()
        for span in itertools.chain.from_iterable(self.mandates.values()):
            self._check_span("mandate", span.start, span.end)
        self._check_shifts()
        put(self, "busy", self._merged_busy())
        if self.worked_s < 0:
            raise InstanceError("worked_s is negative, 0 or more expected", [self.id])
        if any(limit is not None and limit < 0 for limit in self.limits):
            raise InstanceError("a limit is negative, 0 or more expected", [self.id])
        if self.fee_hour < 0 or self.fee_visit < 0:
            raise InstanceError("a fee is negative, 0 or more expected", [self.id])

    def fee(self, duration: int) -> int:
        """What a visit of so many seconds costs; parts of a unit are left off."""
        return self.fee_visit + self.fee_hour * duration // 3600

    def _check_levels(self) -> None:
        for level in itertools.chain(self.languages.values(), self.pairs.values()):
            if not 0 <= level < len(LEVELS):
                raise InstanceError(
                    f"a language level is {level}, expected 0 to {len(LEVELS) - 1}", [self.id]
                )

    def _check_span(self, what: str, start: int, end: int) -> None:
        if end <= start:
            raise InstanceError(f"a {what} ends at {end}, not after its start {start}", [self.id])

    def _check_shifts(self) -> None:
        for shift in self.shifts:
            self._check_span("shift", shift.start, shift.end)
            if shift.overtime_s < 0:
                raise InstanceError("overtime_s is negative, 0 or more expected", [self.id])
            breaks = sorted(shift.breaks, key=lambda b: b.earliest)
            for pause in breaks:
                if pause.duration <= 0 or pause.latest - pause.earliest < pause.duration:
                    raise InstanceError("a break does not fit in its own window", [self.id])
            for one, two in itertools.pairwise(breaks):
                if two.earliest < one.latest:
                    raise InstanceError("the windows of two breaks of one shift overlap", [self.id])
                if (one.missed is None) != (two.missed is None):
                    raise InstanceError("one break of a shift may be missed and another may not", [self.id])
            if any(pause.missed is not None and pause.missed < 0 for pause in breaks):
                raise InstanceError("the price of a missed break is negative, 0 or more expected", [self.id])
        for before, after in itertools.pairwise(self.shifts):
            if after.start < before.end + before.overtime_s:
                raise InstanceError("two shifts overlap (overtime included)", [self.id])

    def _merged_busy(self) -> tuple[Busy, ...]:
        """Busy times in order, overlapping ones made one; two known places at once are a contradiction."""
        merged: list[Busy] = []
        for busy in sorted(self.busy, key=lambda b: (b.start, b.end)):
            self._check_span("busy time", busy.start, busy.end)
            last = merged[-1] if merged else None
            if last is None or busy.start >= last.end:
                merged.append(busy)
                continue
            if last.place is not None and busy.place is not None and last.place != busy.place:
                raise InstanceError("two busy times overlap at different places", [self.id])
            place = last.place if last.place is not None else busy.place
            merged[-1] = Busy(last.start, max(last.end, busy.end), place)
        return tuple(merged)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One place in the team of a visit.

    Attributes
    ----------
    skills : all of them are needed, besides the role.
    languages : all of them are needed.
    gender, gender_hard : asked for; a wish unless hard.
    teams : the person's team must be one of these; empty is any.
    needs_mandate : the person needs a mandate in the visit's country.
    duration : seconds, instead of the visit's.
    lag : (least, most) seconds from the start of the visit's first slot to the start of this one;
        (0, 0) is simultaneous.
    mode : instead of the visit's (an interpreter by telephone at a visit on site).
    preferred : people whose choice keeps continuity.
    counts_late : its own start counts for lateness too, not only the start of the visit's first slot.
    """

    id: str
    role: str | None = None
    skills: frozenset[str] = frozenset()
    languages: tuple[LanguageNeed, ...] = ()
    gender: str | None = None
    gender_hard: bool = False
    teams: frozenset[str] = frozenset()
    needs_mandate: bool = True
    duration: int | None = None
    lag: tuple[int, int] = (0, 0)
    mode: Mode | None = None
    preferred: frozenset[str] = frozenset()
    counts_late: bool = False

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "skills", frozenset(self.skills))
        put(self, "teams", frozenset(self.teams))
        put(self, "preferred", frozenset(self.preferred))
        put(self, "languages", tuple(self.languages))
        put(self, "lag", (int(self.lag[0]), int(self.lag[1])))
        if self.mode is not None:
            put(self, "mode", Mode(self.mode))
        if not self.id:
            raise InstanceError("a slot needs an id")
        if self.lag[0] > self.lag[1]:
            raise InstanceError("the least lag is above the most", [self.id])
        if self.duration is not None and self.duration <= 0:
            raise InstanceError("a slot lasts no time, 1 second or more expected", [self.id])
        for need in self.languages:
            for level in (need.level, *(s.level for s in need.second)):
                if not 0 <= level < len(LEVELS):
                    raise InstanceError(f"a level asked for is {level}, expected 0 to 6", [self.id])
            if any(s.penalty < 0 for s in need.second):
                raise InstanceError(
                    "the penalty of a second language is negative, 0 or more expected", [self.id]
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Something to be done at a place and time by one person per slot.

    Attributes
    ----------
    windows : at least one; a start is allowed if any of them allows it.
    place : index into the travel matrix; needed on site, ignored by telephone and video.
    country : whose mandate the slots need; None is none.
    unserved : points of the ``unserved`` term if the visit is left out.
    crisis : counts for the limit of crisis visits.
    complexity : compared with each person's ceiling.
    pins : slot id -> person who must take it. ``fixed_start`` fixes the start of the first slot.
    day : one of the days of the problem, in which the first slot must start whatever the windows allow besides.
    phone_ok : whether "by telephone" may be proposed as a relaxation.
    until_end : ``latest`` of the windows bounds when a slot ends, not when it starts.
    """

    id: str
    windows: tuple[Window, ...]
    duration: int
    slots: tuple[Slot, ...]
    place: int | None = None
    country: str | None = None
    mode: Mode = Mode.ON_SITE
    unserved: int = 1
    crisis: bool = False
    complexity: int = 0
    excluded: frozenset[str] = frozenset()
    pins: Mapping[str, str] = field(default_factory=dict)
    fixed_start: int | None = None
    day: Span | None = None
    phone_ok: bool = True
    until_end: bool = False

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "windows", tuple(Window(*w) for w in self.windows))
        put(self, "slots", tuple(self.slots))
        put(self, "mode", Mode(self.mode))
        put(self, "excluded", frozenset(self.excluded))
        put(self, "pins", dict(self.pins))
        put(self, "day", None if self.day is None else Span(*self.day))
        if not self.id:
            raise InstanceError("a visit needs an id")
        if not self.slots:
            raise InstanceError("a visit has no slot", [self.id])
        if not self.windows or any(w.latest < w.earliest for w in self.windows):
            raise InstanceError("a visit has no window, or one that ends before it opens", [self.id])
        if self.duration <= 0:
            raise InstanceError("a visit lasts no time, 1 second or more expected", [self.id])
        if any(w.hard and w.latest < w.earliest for w in self.openings):
            raise InstanceError("a visit lasts longer than its window", [self.id])
        if self.unserved < 0 or self.complexity < 0:
            raise InstanceError("a weight or a complexity is negative, 0 or more expected", [self.id])
        names = [slot.id for slot in self.slots]
        if len(set(names)) != len(names):
            raise InstanceError("two slots of a visit have the same id", [self.id])
        if self.slots[0].lag != (0, 0):
            raise InstanceError("the first slot of a visit starts it: its lag is (0, 0)", [self.id])
        if self.place is None and any(self.mode_of(slot) is Mode.ON_SITE for slot in self.slots):
            raise InstanceError("a visit on site has no place", [self.id])
        self._check_pins(names)

    def _check_pins(self, names: list[str]) -> None:
        for slot, person in self.pins.items():
            if slot not in names:
                raise InstanceError("a pin names an unknown slot", [self.id, slot])
            if person in self.excluded:
                raise InstanceError("a person is pinned and excluded", [self.id, person])
        if len(set(self.pins.values())) != len(self.pins):
            raise InstanceError("one person is pinned to two slots", [self.id, *sorted(self.pins.values())])
        fixed = self.fixed_start
        if fixed is not None and not any(
            w.earliest <= fixed and (fixed <= w.latest or not w.hard) for w in self.openings
        ):
            raise InstanceError("the fixed start is outside every window", [self.id])
        if self.day is None:
            return
        if fixed is not None and not self.on_day(fixed):
            raise InstanceError("the fixed start is not on the day the visit is pinned to", [self.id])
        if not any(
            w.earliest < self.day.end and (w.latest >= self.day.start or not w.hard) for w in self.openings
        ):
            raise InstanceError("no window allows the day the visit is pinned to", [self.id])

    def on_day(self, start: int) -> bool:
        """Whether the visit may start then as far as its pinned day is concerned."""
        return self.day is None or self.day.start <= start < self.day.end

    def mode_of(self, slot: Slot) -> Mode:
        """How this slot takes part: its own mode, else the visit's."""
        return self.mode if slot.mode is None else slot.mode

    def place_of(self, slot: Slot) -> int | None:
        """Where this slot is worked; None when remote."""
        return self.place if self.mode_of(slot) is Mode.ON_SITE else None

    def duration_of(self, slot: Slot) -> int:
        """Seconds this slot lasts."""
        return self.duration if slot.duration is None else slot.duration

    def slot(self, slot_id: str) -> Slot:
        """The slot of that id. Raises KeyError."""
        for slot in self.slots:
            if slot.id == slot_id:
                return slot
        raise KeyError(slot_id)

    @property
    def end_s(self) -> int:
        """Seconds from the start of the first slot to what ``latest`` of a window bounds."""
        return self.duration_of(self.slots[0]) if self.until_end else 0

    @property
    def openings(self) -> tuple[Window, ...]:
        """The windows with ``latest`` bounding the start of the first slot."""
        return self.due(self.slots[0])

    def due(self, slot: Slot) -> tuple[Window, ...]:
        """The windows with ``latest`` bounding the start of this slot. A soft one may close before it opens."""
        if not self.until_end:
            return self.windows
        length = self.duration_of(slot)
        return tuple(window._replace(latest=window.latest - length) for window in self.windows)

    def lateness(self, start: int, slot: Slot | None = None) -> int | None:
        """Seconds after the latest start of ``slot``, the first by default; None if no window, or the day, allows it."""
        if slot is None and not self.on_day(start):
            return None
        late = [
            max(0, start - w.latest)
            for w in (self.due(slot) if slot is not None else self.openings)
            if w.earliest <= start and (start <= w.latest or not w.hard)
        ]
        return min(late) if late else None


def in_order(*visits: str, least: int = 0, most: int | None = None) -> Link:
    """Pins the order of visits, whoever is sent: each starts after the one before has ended, where both are served."""
    return Link(kind=LinkKind.AFTER, visits=visits, least=least, most=most)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What joins two visits or more.

    ``all_or_none``: all of them are served, or none. ``same_people``: slots of the same id have the same person in
    all of them that are served (a series). ``after``: each starts ``least`` to ``most`` s (None: no limit) after the
    last slot of the one before has ended, where both are served.
    """

    kind: LinkKind
    visits: tuple[str, ...]
    least: int = 0
    most: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", LinkKind(self.kind))
        object.__setattr__(self, "visits", tuple(self.visits))
        if len(self.visits) < 2 or len(set(self.visits)) != len(self.visits):
            raise InstanceError("a link joins two different visits or more", list(self.visits))
        if self.most is not None and self.most < self.least:
            raise InstanceError("the least time between linked visits is above the most", list(self.visits))

    def within(self, known: Container[str]) -> tuple[str, ...]:
        """Those of its visits that are among ``known``, in order."""
        return tuple(visit for visit in self.visits if visit in known)
