"""How the board is drawn: people's days as blocks, weeks as cells, the map with the same keys."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache

from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from versants.core import clock
from versants.core.access.scope import Actor
from versants.core.svg import timeline
from versants.core.web import words
from versants.mobile.enums import AssignmentState, InterventionKind, Mode, Pin, Urgency, VisitState
from versants.mobile.models import Assignment, Visit
from versants.mobile.planning import sentences
from versants.mobile.planning.calendar import Horizon, shifts
from versants.mobile.planning.kept import Days
from versants.mobile.planning.situation import Places, slots_of
from versants.mobile.planning.workforce import Colleague
from versants.people.enums import AbsenceKind
from versants.territory.maps import DayMap, Route, Stop, day_map

DAY_FROM, DAY_TO = 8, 20
ROUTES = 6  # of the first people; more lines on one small map say nothing
SHORTEST_ROAD_MIN = 5  # a column of the timeline
# Spoken by the teams themselves: what an interpreter brings is another one.
WORKING_LANGUAGES = frozenset({"fra", "nld", "eng"})
# Kinds that are said beside the place, because they hold it for many people.
NAMED_KINDS = frozenset(
    {InterventionKind.DROP_IN, InterventionKind.TALK_GROUP, InterventionKind.TEAM_SUPPORT}
)
# Why somebody is away is nobody's business on a page that hangs on the wall; what they are busy with may be said.
NAMED_ABSENCES = frozenset(
    {AbsenceKind.TRAINING, AbsenceKind.MEETING, AbsenceKind.WRITING, AbsenceKind.SUPERVISION}
)


@dataclass
class Listed:
    """A placed visit in words: the same key as on timeline and map. ``people``: name, role, sign and word."""

    key: str
    visit: Visit
    place: str
    start: datetime
    end: datetime
    people: list[tuple[str, str, str, str]]
    sign: str
    word: str
    url: str


@dataclass(frozen=True)
class WeekCell:
    """One day of one person: visits and other commitments in order. ``off``: does not work that day."""

    day: date
    blocks: tuple[timeline.Block, ...]
    off: bool


@dataclass(frozen=True)
class WeekRow:
    """One person's week; or, with ``group``, the title of those below and the link (``more``) to those not shown."""

    label: str = ""
    detail: str = ""
    cells: tuple[WeekCell, ...] = ()
    tail: str = ""
    group: str = ""
    more: str = ""
    url: str = ""
    key: str = ""

    @property
    def busy(self) -> bool:
        return any(cell.blocks for cell in self.cells)


@dataclass
class Row:
    """Who gets a row, with which places, and what else holds them."""

    colleague: Colleague
    held: list[tuple[Visit, Assignment]]
    commitments: list[timeline.Block] = field(default_factory=list)


@dataclass
class Group:
    """People under one title. ``n_others`` have nothing in these days that concerns the reader: they are behind one
    fold, unless ``opened``; ``n_free`` of them work in these days, ``n_busy`` have something elsewhere.
    """

    key: str
    title: str
    rows: list[Row] = field(default_factory=list)
    n_others: int = 0
    n_free: int = 0
    n_busy: int = 0
    opened: bool = False
    closed: bool = False  # a team among many whose visits are not shown until it is opened

    @property
    def fold(self) -> str:
        """35 more, free; what the link beside the title says. Empty where nobody is folded."""
        n, free = self.n_others, self.n_free
        if self.closed:
            return _("Show this team")
        if not n:
            return ""
        if self.opened:
            return _("Only those who have something planned")
        if not free and self.n_busy:
            return ngettext("One more, busy elsewhere", "%(n)d more, none of them free", n) % {"n": n}
        if not free:
            return ngettext("One more, off duty", "%(n)d more, off duty", n) % {"n": n}
        if free == n:
            return ngettext("One more, free", "%(n)d more, free", n) % {"n": n}
        return ngettext("%(n)d more, one of them free", "%(n)d more, %(free)d of them free", free) % {
            "n": n,
            "free": free,
        }


def state_of(visit: Visit, now: datetime, one: Assignment | None = None) -> tuple[str, str, str]:
    """(style, sign, word) of a placed visit, or of one person's place in it, as it stands ``now``."""
    mine = visit.holding if one is None else [one]
    if visit.state == VisitState.DONE:
        return "", "ok", _("done")
    waiting = [each for each in mine if each.state == AssignmentState.OFFERED]
    if any(each.answer_by and each.answer_by <= now for each in waiting):
        return "wait", "warn", _("no answer in time")
    if waiting:
        return "wait", "wait", _("awaits an answer")
    if visit.state == VisitState.OPEN:
        return "cut", "warn", _("somebody is missing")
    fixed = visit.pin == Pin.TIME or visit.held.lower <= now
    if visit.urgency == Urgency.CRISIS:
        return "crisis", "crisis", _("crisis, does not move") if fixed else _("crisis")
    if fixed:
        return "", "fixed", _("does not move")
    return (
        "draft",
        "move",
        _("can move") if visit.pin == Pin.FREE else _("the hour can move, the people stay"),
    )


@dataclass
class Drawing:
    """What all drawings of one page share. ``keys``: visit -> number or letter; ``planner``: may look at who can go."""

    days: Days
    keys: dict[int, str]
    planner: bool
    address: Callable[[str, bool], str]  # of the page with a group opened, or closed again
    now: datetime = field(default_factory=clock.now)
    language: str | None = field(default_factory=get_language)

    @property
    def actor(self) -> Actor:
        return self.days.actor

    @property
    def horizon(self) -> Horizon:
        return self.days.horizon

    def fold(self, group: Group) -> str:
        """The page with the group opened, or closed again."""
        return self.address(group.key, not group.opened) if group.fold else ""

    def anchor(self, visit: Visit) -> str:
        """Where the list on the same page says more about it."""
        return f"#v{self.keys[visit.pk]}"

    def url(self, visit: Visit) -> str:
        """Who can go, for those who plan; the others stay on the page."""
        return self.who(visit) if self.planner else self.anchor(visit)

    def who(self, visit: Visit) -> str:
        """Who can go; asked for each who does."""
        return str(self.days.said(visit, "who", lambda: reverse("visit_who", args=[visit.uid])))

    def place(self, visit: Visit) -> str:
        return str(self.days.said(visit, ("place", self.language), lambda: _place(visit)))

    def visit(self, visit: Visit, one: Assignment) -> timeline.Block:
        state, key = state_of(visit, self.now, one), self.keys[visit.pk]
        asked = ("block", self.language, self.planner, one.pk, key, state)
        block: timeline.Block = self.days.said(visit, asked, lambda: self._block(visit, one, key, state))
        return block

    def _block(self, visit: Visit, one: Assignment, key: str, state: tuple[str, str, str]) -> timeline.Block:
        style, sign, word = state
        return timeline.Block(
            one.held.lower,
            one.held.upper,
            "visit",
            self.place(visit),
            url=self.url(visit),
            key=key,
            style=style,
            sign=sign,
            state=word,
            id=str(visit.uid),
        )

    def commitments(
        self, colleague: Colleague, held: Sequence[tuple[Visit, Assignment]]
    ) -> list[timeline.Block]:
        """Everything else that holds this person: that it does, not what it is, except in the own house."""
        if not colleague.busy:
            return []
        mine = [
            (max(one.held.lower, self.horizon.start), min(one.held.upper, self.horizon.end))
            for _visit, one in held
        ]
        key = ("commitments", self.language, tuple(mine))
        return colleague.said(key, lambda: self._commitments(colleague, mine))

    def _commitments(
        self, colleague: Colleague, mine: list[tuple[datetime, datetime]]
    ) -> list[timeline.Block]:
        found = []
        for start, end in colleague.busy:
            if (start, end) in mine:
                mine.remove((start, end))
                continue
            kind = colleague.away.get(start, "")
            if kind in (AbsenceKind.LEAVE, AbsenceKind.ILL):
                found.append(timeline.Block(start, end, "off", _("absent")))
            elif kind in NAMED_ABSENCES:
                found.append(timeline.Block(start, end, "busy", AbsenceKind(kind).label))
            else:
                found.append(timeline.Block(start, end, "busy", _("busy")))
        return found

    def detail(self, person: Row) -> str:
        """Psychologist; Tigrinya, C1."""
        colleague = person.colleague
        return colleague.said(("detail", self.language), lambda: _detail(colleague))

    def tail(self, person: Row) -> str:
        """22:30 h, on call."""
        colleague = person.colleague
        # Others see part of a week only: half a sum would be a wrong one.
        whole = self.planner or colleague.row.pk == self.actor.professional
        return colleague.said(("tail", self.language, whole), lambda: self._tail(colleague, whole=whole))

    def _tail(self, colleague: Colleague, *, whole: bool) -> str:
        parts = []
        if whole:
            noon = self.horizon.start + timedelta(hours=12)
            hours = _("%(time)s h") % {"time": words.hm(colleague.week_s(noon))}
            parts.append(hours.replace(" ", words.NBSP))  # a number and its unit stay on one line
        if colleague.watches:
            parts.append(_("on watch"))
        return ", ".join(parts)

    def listed(self, visit: Visit) -> Listed:
        key, state = self.keys[visit.pk], state_of(visit, self.now)
        people = tuple(state_of(visit, self.now, one) for one in visit.holding)
        asked = ("listed", self.language, self.planner, key, state, people)
        listed: Listed = self.days.said(visit, asked, lambda: self._listed(visit, key, state))
        return listed

    def _listed(self, visit: Visit, key: str, state: tuple[str, str, str]) -> Listed:
        holders = {one.slot_id: one for one in visit.holding}
        people = []
        for slot in slots_of(visit):
            one = holders.get(slot.pk)
            if one is not None:
                _style, sign, word = state_of(visit, self.now, one)
                waits = one.state == AssignmentState.OFFERED
                people.append(
                    (
                        str(one.professional),
                        sentences.role_of(slot, visit),
                        sign if waits else "",
                        word if waits else "",
                    )
                )
        _style, sign, word = state
        return Listed(
            key,
            visit,
            self.place(visit),
            visit.held.lower,
            visit.held.upper,
            people,
            sign,
            word,
            self.who(visit) if self.planner else "",
        )


def _detail(colleague: Colleague) -> str:
    if colleague.is_only_interpreter:
        brought = [one for one in colleague.languages if one.language_id not in WORKING_LANGUAGES]
        best = max(brought, key=lambda one: (one.level, one.language_id), default=None)
        if best is not None:
            return f"{words.tongue(best.language.name)}, {best.get_level_display()}"
    return str(sentences.trade(colleague.row.disciplines[0]))


def _place(visit: Visit) -> str:
    """Where it is, and what it is where that matters to everybody."""
    name = visit.commune.name
    if visit.kind in NAMED_KINDS:
        name = _("%(place)s, %(what)s") % {"place": name, "what": visit.get_kind_display()}
    if visit.mode != Mode.ON_SITE:
        name = _("%(place)s, %(what)s") % {"place": name, "what": visit.get_mode_display()}
    return str(name)


# A day


def grid(draw: Drawing, groups: Sequence[Group]) -> timeline.Grid:
    """Everybody's day in five-minute columns."""
    people = [person for group in groups for person in group.rows]
    roads = _roads(people)
    drawn = {person.colleague.row.pk: _day_blocks(person, draw, roads) for person in people}
    start, end = _window(draw.horizon, drawn.values())
    rows: list[timeline.Row] = []
    for group in groups:
        rows.append(timeline.Row(group=group.title, more=group.fold, url=draw.fold(group), key=group.key))
        for person in group.rows:
            blocks = drawn[person.colleague.row.pk] + _off(person.colleague, draw.horizon, start, end)
            rows.append(
                timeline.Row(
                    label=str(person.colleague.row),
                    detail=draw.detail(person),
                    tail=draw.tail(person),
                    key=str(person.colleague.row.uid),
                    blocks=blocks,
                )
            )
    return timeline.build(rows, start, end)


def _day_blocks(person: Row, draw: Drawing, roads: Mapping[tuple[int, int], int]) -> list[timeline.Block]:
    blocks = list(person.commitments)
    last: Assignment | None = None
    for visit, one in sorted(person.held, key=lambda pair: pair[1].held.lower):
        blocks.append(draw.visit(visit, one))
        minutes = roads.get((person.colleague.row.pk, one.pk), 0)
        if minutes >= SHORTEST_ROAD_MIN:
            blocks.append(
                timeline.Block(one.held.lower - timedelta(minutes=minutes), one.held.lower, "travel")
            )
        if not _remote(visit, one):
            last = one
    home = roads.get((person.colleague.row.pk, 0), 0)
    if last is not None and home >= SHORTEST_ROAD_MIN:
        blocks.append(timeline.Block(last.held.upper, last.held.upper + timedelta(minutes=home), "travel"))
    return blocks


def _remote(visit: Visit, one: Assignment) -> bool:
    slot = next((slot for slot in visit.slots.all() if slot.pk == one.slot_id), None)
    return Mode((slot.mode if slot else "") or visit.mode) != Mode.ON_SITE


def _roads(people: Sequence[Row]) -> dict[tuple[int, int], int]:
    """(professional, assignment) -> minutes of the road to it; assignment 0 is the road home.

    What was counted when the place was given stands; else the travel matrix says it.
    """
    places = Places()
    ways: list[tuple[int, int, int, int]] = []  # professional, assignment, from, to
    found: dict[tuple[int, int], int] = {}
    for person in people:
        pk = person.colleague.row.pk
        base = at = places.commune(person.colleague.row.base)
        for visit, one in sorted(person.held, key=lambda pair: pair[1].held.lower):
            if _remote(visit, one):
                continue
            to = places.of(visit)
            if one.travel_min:
                found[(pk, one.pk)] = one.travel_min
            else:
                ways.append((pk, one.pk, at, to))
            at = to
        if at != base:
            ways.append((pk, 0, at, base))
    matrix = places.matrix() if ways else ()
    for pk, assignment, origin, to in ways:
        found[(pk, assignment)] = sentences.minutes(matrix[origin][to])
    return found


def _window(horizon: Horizon, rows: Iterable[Sequence[timeline.Block]]) -> tuple[datetime, datetime]:
    """Eight to twenty, or as far as visits and roads reach, on whole hours."""
    day = horizon.dates[0]
    low, high = clock.at(day, DAY_FROM), clock.at(day, DAY_TO)
    for block in (block for blocks in rows for block in blocks):
        if block.kind in ("visit", "travel"):
            low = min(low, max(horizon.start, block.start))
            high = max(high, min(horizon.end, block.end))
    low = low.replace(minute=0, second=0, microsecond=0)
    hours = -(-(high - low) // timedelta(hours=1))
    return low, min(horizon.end, low + timedelta(hours=hours))


def _off(colleague: Colleague, horizon: Horizon, start: datetime, end: datetime) -> list[timeline.Block]:
    """What lies outside working hours and watches, within the window."""
    found, at = [], start
    for shift in shifts(horizon, colleague.pattern, colleague.watches, None):
        begin = min(horizon.at(shift.start), end)
        if begin > at:
            found.append(timeline.Block(at, begin, "off"))
        at = max(at, horizon.at(shift.end))
    if at < end:
        found.append(timeline.Block(at, end, "off"))
    return found


# A week


def week(draw: Drawing, groups: Sequence[Group]) -> list[WeekRow]:
    """Everybody's week, a cell for each day."""
    rows: list[WeekRow] = []
    days = [(day, *clock.day_bounds(day)) for day in draw.horizon.dates]
    for group in groups:
        rows.append(WeekRow(group=group.title, more=group.fold, url=draw.fold(group), key=group.key))
        rows.extend(_week_row(draw, person, days) for person in group.rows)
    return rows


def _week_row(draw: Drawing, person: Row, days: Sequence[tuple[date, datetime, datetime]]) -> WeekRow:
    colleague = person.colleague
    blocks = person.commitments + [draw.visit(visit, one) for visit, one in person.held]
    tail = draw.tail(person)
    # The very blocks, kept beside the row so that no other one takes their place.
    key = ("week", draw.language, tail, tuple(id(block) for block in blocks))
    return colleague.said(key, lambda: (_week_of(draw, person, blocks, tail, days), blocks))[0]


def _week_of(
    draw: Drawing,
    person: Row,
    blocks: list[timeline.Block],
    tail: str,
    days: Sequence[tuple[date, datetime, datetime]],
) -> WeekRow:
    blocks.sort(key=lambda b: (b.start, b.end))
    works = {weekday for weekday, *_ in person.colleague.pattern}
    cells = []
    for day, low, high in days:
        inside = tuple(b for b in blocks if b.start < high and b.end > low)
        watch = any(a < high and b > low for a, b in person.colleague.watches)
        cells.append(WeekCell(day, inside, off=day.weekday() not in works and not watch and not inside))
    return WeekRow(str(person.colleague.row), draw.detail(person), tuple(cells), tail)


# The map


def map_of(
    draw: Drawing, whole: Sequence[Visit], lacking: Sequence[Visit], groups: Sequence[Group]
) -> DayMap:
    """The same visits on the map, without a team or with, and the ways of the first people."""

    def stop(visit: Visit) -> Stop:
        # The middle of the commune, always: one marker for one town, and no private address on a wall.
        at = visit.held.lower if visit.held else visit.window.lower
        title = f"{draw.place(visit)}, {words.clock_time(at)}"
        spot = visit.commune
        return Stop(draw.keys[visit.pk], spot.lat, spot.lon, spot.name, draw.anchor(visit), title)

    return _drawn(
        tuple(stop(visit) for visit in whole if visit.mode == Mode.ON_SITE),
        tuple(_routes([person for group in groups for person in group.rows])),
        tuple(stop(visit) for visit in lacking if visit.mode == Mode.ON_SITE),
        get_language() or "fr",
    )


@lru_cache(maxsize=32)
def _drawn(
    whole: tuple[Stop, ...], routes: tuple[Route, ...], lacking: tuple[Stop, ...], language: str
) -> DayMap:
    """The same stops and routes are the same map: finding room for names is most of its work."""
    return day_map(whole, routes, lacking, language)


def _routes(people: Sequence[Row]) -> list[Route]:
    """Who drives through which places, for the first people on the page; the same way is one line."""
    ways: dict[tuple[tuple[float, float], ...], list[Colleague]] = defaultdict(list)
    for person in people:
        points = [
            (visit.commune.lat, visit.commune.lon)
            for visit, one in sorted(person.held, key=lambda pair: pair[1].held.lower)
            if not _remote(visit, one) and visit.state != VisitState.OPEN
        ]
        base = (person.colleague.row.base.lat, person.colleague.row.base.lon)
        way = (base, *points, base)
        if len(set(way)) > 1 and (way in ways or len(ways) < ROUTES):
            ways[way].append(person.colleague)
    return [Route(_drivers(who), tuple(points)) for points, who in ways.items()]


def _drivers(who: Sequence[Colleague]) -> str:
    """Élise D.; Thomas C. and Karim H."""
    names = [one.row.short for one in who]
    if len(names) == 1:
        return names[0]
    return _("%(names)s and %(last)s") % {"names": ", ".join(names[:-1]), "last": names[-1]}
