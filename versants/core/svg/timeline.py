"""The timeline of the board: rows of blocks become a table of five-minute cells.

A real table, placed by ``colspan``: it prints, mirrors in right-to-left pages and reads by keyboard without a
line of script. Nothing is ever lost in it: blocks that overlap get a line of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from versants.core import clock

STEP = timedelta(minutes=5)
# Who gives way where two blocks meet: travel and absence are drawn around visits, visits never give way.
STRENGTH = {"visit": 3, "busy": 2, "off": 1, "travel": 0}
SHORT = timedelta(minutes=75)  # in a window of twelve hours, the hour has no room beside the sign
USUAL = timedelta(hours=12)


@dataclass(frozen=True)
class Block:
    """Something in somebody's day, half-open [start, end). ``kind``: visit, busy, off, travel.

    ``style``: "", wait, draft, crisis, cut. ``sign``: a mark's name; ``state``: its word. ``key``: the number
    the visit keeps on map and lists. ``id`` is for scripts (placing by drag).
    """

    start: datetime
    end: datetime
    kind: str
    label: Any = ""
    url: str = ""
    key: Any = ""
    style: str = ""
    sign: str = ""
    state: Any = ""
    id: str = ""

    @cached_property
    def from_label(self) -> str:
        return f"{clock.local(self.start):%H:%M}"

    @cached_property
    def to_label(self) -> str:
        return f"{clock.local(self.end):%H:%M}"

    @cached_property
    def minutes(self) -> int:
        """Its length, in whole minutes."""
        return round((self.end.astimezone(UTC) - self.start.astimezone(UTC)).total_seconds() / 60)

    @cached_property
    def whole_day(self) -> bool:
        """From midnight to midnight: no hour says anything."""
        return self.from_label == self.to_label == "00:00"

    @cached_property
    def title(self) -> str:
        """The whole block in words: 1. Mouscron, 09:00 to 10:30, does not move."""
        name = f"{self.key}. {self.label}" if self.key else str(self.label)
        hours = _("%(start)s to %(end)s") % {"start": self.from_label, "end": self.to_label}
        if self.whole_day:
            hours = _("all day")
        return ", ".join(part for part in (name, hours, str(self.state)) if part)


@dataclass(frozen=True)
class Row:
    """One person (or team, or place) with blocks; or, with ``group``, the title of those below.

    ``more`` beside a title stands for others of the group and leads (``url``) to them; ``key`` is then the anchor.
    ``detail`` may be cut where there is no room, ``tail`` after it never is.
    """

    label: Any = ""
    detail: Any = ""
    tail: Any = ""
    url: str = ""
    key: str = ""
    blocks: Sequence[Block] = ()
    group: Any = ""
    more: Any = ""


@dataclass(frozen=True)
class Head:
    label: str
    span: int


@dataclass(frozen=True)
class Cell:
    """``span`` columns. An empty one carries the instant it starts at, so that a block can be dropped there."""

    span: int
    on_hour: bool
    block: Block | None = None
    at: str = ""
    short: bool = False


@dataclass(frozen=True)
class Line:
    label: Any
    detail: Any
    url: str
    key: str
    cells: tuple[Cell, ...]
    blocks: tuple[Block, ...]  # of the whole row, in order, for the list on a phone; empty on a second line
    group: Any = ""
    more: Any = ""
    tail: Any = ""
    first: bool = True  # False on a second line of the same person

    @property
    def stops(self) -> list[tuple[Block, int, int]]:
        """For the list on a phone: what one does, with the minutes of road to it and of the last one home."""
        roads = [block for block in self.blocks if block.kind == "travel"]
        there = {block.end: block.minutes for block in roads}
        back = {block.start: block.minutes for block in roads if block.end not in self._starts}
        return [
            (block, there.get(block.start, 0), back.get(block.end, 0))
            if block.kind == "visit"
            else (block, 0, 0)
            for block in self.blocks
            if block.kind != "travel"
        ]

    @property
    def _starts(self) -> set[datetime]:
        return {block.start for block in self.blocks if block.kind == "visit"}


@dataclass(frozen=True)
class Grid:
    heads: list[Head]
    lines: list[Line]
    columns: int

    @property
    def width(self) -> int:
        """Columns with the one of the names."""
        return self.columns + 1


@dataclass
class _Window:
    start: datetime
    end: datetime
    step: timedelta
    unit: str
    columns: int = field(init=False)

    def __post_init__(self) -> None:
        if self.unit not in {"hour", "day"}:
            raise ValueError(f"a timeline is headed by hour or day, not {self.unit!r}")
        # In one zone Python subtracts wall times: a day of 23 hours would count 24.
        self.start, self.end = self.start.astimezone(UTC), self.end.astimezone(UTC)
        whole = (self.end - self.start) / self.step
        if whole <= 0 or whole != int(whole):
            raise ValueError("the window of a timeline is a whole number of steps, at least one")
        self.columns = int(whole)

    @property
    def tightness(self) -> float:
        """How much longer a block must be for its words than in the usual window of twelve hours."""
        return max(1.0, self.columns * self.step / USUAL) if self.unit == "hour" else 4

    def instant(self, column: int) -> datetime:
        return self.start + column * self.step

    def floor(self, at: datetime) -> int:
        return max(0, (at - self.start) // self.step)

    def ceil(self, at: datetime) -> int:
        return min(self.columns, -((self.start - at) // self.step))

    @cached_property
    def boundaries(self) -> list[bool]:
        """For each column: does it begin an hour (or a day) of local time? Asked for every row, so found out once."""
        starts = [clock.local(self.instant(column)) for column in range(self.columns)]
        return [at.minute == 0 and (self.unit == "hour" or at.hour == 0) for at in starts]

    def boundary(self, column: int) -> bool:
        return self.boundaries[column]

    @cached_property
    def _stamps(self) -> dict[int, str]:
        return {}

    def stamp(self, column: int) -> str:
        """The instant a column begins at, as text: the same columns are empty in many rows."""
        if column not in self._stamps:
            self._stamps[column] = self.instant(column).isoformat()
        return self._stamps[column]

    def label(self, column: int) -> str:
        from versants.core.web.words import day_long

        local = clock.local(self.instant(column))
        return f"{local.hour}:{local.minute:02d}" if self.unit == "hour" else day_long(local)


def _place(blocks: Iterable[Block], window: _Window) -> list[list[tuple[int, int, Block]]]:
    """Lanes of (from column, to column, block). Visits that overlap take separate lanes; others are cut around."""
    lanes: list[list[tuple[int, int, Block]]] = [[]]
    ordered = sorted(blocks, key=lambda b: (-STRENGTH[b.kind], b.start, b.end, str(b.label)))
    for block in ordered:
        low, high = window.floor(block.start), window.ceil(block.end)
        if block.end <= window.start or block.start >= window.end or low >= high:
            continue
        if block.kind == "visit":
            lane = next((k for k in lanes if all(high <= a or b <= low for a, b, _x in k)), None)
            if lane is None:
                lanes.append(lane := [])
            lane.append((low, high, block))
            continue
        pieces = _around(low, high, lanes[0])
        if block.kind == "travel" or not pieces:
            # A road is one piece or none; a busy time wholly under a visit still must be seen.
            pieces = sorted(pieces, key=lambda p: p[0] - p[1])[:1]
        if not pieces and block.kind == "busy":
            lanes.append([(low, high, block)])
        lanes[0].extend((a, b, block) for a, b in pieces)
    return [sorted(lane, key=lambda item: item[0]) for lane in lanes]


def _around(low: int, high: int, taken: list[tuple[int, int, Block]]) -> list[tuple[int, int]]:
    """What is left of [low, high) between the taken stretches."""
    pieces, at = [], low
    for a, b, _block in sorted(taken, key=lambda item: item[0]):
        if b <= at or a >= high:
            continue
        if a > at:
            pieces.append((at, a))
        at = max(at, b)
    if at < high:
        pieces.append((at, high))
    return pieces


def _gap(low: int, high: int, window: _Window) -> list[Cell]:
    """Empty cells of [low, high), cut where an hour begins."""
    cells, at = [], low
    while at < high:
        to = at + 1
        while to < high and not window.boundary(to):
            to += 1
        cells.append(Cell(to - at, window.boundary(at), at=window.stamp(at)))
        at = to
    return cells


def _cells(lane: list[tuple[int, int, Block]], window: _Window) -> list[Cell]:
    cells, at = [], 0
    for low, high, block in lane:
        cells.extend(_gap(at, low, window))
        short = block.kind == "visit" and (high - low) * window.step < SHORT * window.tightness
        cells.append(Cell(high - low, window.boundary(low), block, short=short))
        at = high
    cells.extend(_gap(at, window.columns, window))
    return cells


def _said(block: Block, start: datetime, end: datetime) -> bool:
    """A list needs no word for the ends of a working day; a whole day off, or one with its reason, it says."""
    return block.kind != "off" or bool(block.label) or (block.start <= start and block.end >= end)


def build(
    rows: Iterable[Row], start: datetime, end: datetime, *, step: timedelta = STEP, unit: str = "hour"
) -> Grid:
    """The grid of ``rows`` in the window [start, end).

    ``unit`` is what the heads name and gaps are cut at: "hour" for a day, "day" for a week (with a coarser step).
    The window is a whole number of steps, else ValueError. Blocks are cut at the window and drawn on whole
    columns: from the column they begin in to the one they end in.
    """
    window = _Window(start, end, step, unit)
    heads = [Head(window.label(0), 0)]
    spans = [0]
    for column in range(window.columns):
        if column and window.boundary(column):
            heads.append(Head(window.label(column), 0))
            spans.append(0)
        spans[-1] += 1
    heads = [Head(head.label, span) for head, span in zip(heads, spans, strict=True)]
    lines: list[Line] = []
    for row in rows:
        if row.group:
            lines.append(Line("", "", row.url, row.key, (), (), group=row.group, more=row.more))
            continue
        inside = tuple(
            sorted(
                (b for b in row.blocks if b.end > start and b.start < end and _said(b, start, end)),
                key=lambda b: (b.start, b.end),
            )
        )
        for number, lane in enumerate(_place(row.blocks, window)):
            again = number > 0
            lines.append(
                Line(
                    _("%(name)s, at the same time") % {"name": row.label} if again else row.label,
                    "" if again else row.detail,
                    "" if again else row.url,
                    row.key,
                    tuple(_cells(lane, window)),
                    () if again else inside,
                    tail="" if again else row.tail,
                    first=not again,
                )
            )
    return Grid(heads, lines, window.columns)
