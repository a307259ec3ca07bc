"""Ways between places, and how long they take by when one leaves.

A way that is left at ``t`` takes what the band in which ``t`` lies says. Nobody has to leave at once: one may wait for the
end of a peak, so that who leaves later never arrives earlier. Of all departures between the moment one is ready and the
last one that is in time, the one with the least driving is taken; on the way home at the end of a shift the one that is
home first.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple, Protocol

from .errors import InstanceError
from .matrix import Matrix, Rows
from .model import Span

__all__ = ["Roads", "Steady", "Table", "Timed", "TravelBand", "checked", "tables"]

#: The first band has been there always.
EVER = -(2**40)


@dataclass(frozen=True, slots=True, kw_only=True)
class TravelBand:
    """Spans of the horizon in which ways take longer, or less long, than otherwise: a peak, a night.

    Attributes
    ----------
    spans : half-open, seconds since the epoch; those of all bands of a problem are apart.
    percent : of what a way takes otherwise, rounded to whole seconds, halves up.
    percent_by : the same for some means of ``travel_by`` (on foot: 100).
    travel, travel_by : seconds between places instead, for ``travel`` and for means of ``travel_by``.
    """

    spans: tuple[Span, ...]
    percent: int = 100
    percent_by: Mapping[str, int] = field(default_factory=dict)
    travel: Rows | None = None
    travel_by: Mapping[str, Rows] = field(default_factory=dict)

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "spans", tuple(Span(*span) for span in self.spans))
        put(self, "percent_by", dict(self.percent_by))
        put(self, "travel", None if self.travel is None else _rows(self.travel))
        put(self, "travel_by", {mode: _rows(rows) for mode, rows in self.travel_by.items()})
        if not self.spans or any(span.end <= span.start for span in self.spans):
            raise InstanceError("a band of travel has no span, or one that ends before it starts")
        if any(not 0 <= percent <= 10_000 for percent in (self.percent, *self.percent_by.values())):
            raise InstanceError("a band of travel has a percentage below 0 or above 10000")

    def table(self, mode: str | None, base: Rows) -> Table:
        """What it says of one way to move, of which ``base`` is the usual one."""
        own = self.travel if mode is None else self.travel_by.get(mode)
        if own is not None:
            return Table(own, 100)
        return Table(base, self.percent if mode is None else self.percent_by.get(mode, self.percent))


def _rows(rows: Rows) -> Rows:
    return rows if isinstance(rows, Matrix) else tuple(tuple(row) for row in rows)


class Table(NamedTuple):
    """Seconds between places: ``percent`` of ``rows``."""

    rows: Rows
    percent: int

    def way(self, a: int, b: int) -> int:
        """Seconds from a to b."""
        return self.longer(self.rows[a][b])

    def longer(self, way: int) -> int:
        """What a way of so many seconds takes."""
        return way if self.percent == 100 else (way * self.percent + 50) // 100


def checked(bands: Sequence[TravelBand], modes: Mapping[str, Rows]) -> None:
    """Raises InstanceError if spans of bands overlap or a band speaks of a way to move that is not known."""
    spans = sorted(span for band in bands for span in band.spans)
    if any(after.start < before.end for before, after in pairwise(spans)):
        raise InstanceError("two bands of travel overlap")
    unknown = sorted({mode for band in bands for mode in (*band.percent_by, *band.travel_by)} - {*modes})
    if unknown:
        raise InstanceError("a band of travel names an unknown way to move", unknown)


def tables(bands: Sequence[TravelBand], mode: str | None, base: Rows) -> list[tuple[int, Table]]:
    """The whole of time for one way to move: from when on which table holds, in order."""
    usual = Table(base, 100)
    found = [(EVER, usual)]
    for span, band in sorted(((span, one) for one in bands for span in one.spans), key=lambda two: two[0]):
        if found[-1][0] == span.start:
            found.pop()
        found += [(span.start, band.table(mode, base)), (span.end, usual)]
    return found


class Roads(Protocol):
    """How somebody moves. Places are indices; all in seconds."""

    def arrive(self, a: int, b: int, ready: int) -> int:
        """When who is ready to leave a then is at b at the earliest."""

    def leave(self, a: int, b: int, until: int) -> int:
        """When who must be at b by then is ready at a at the latest."""

    def drive(self, a: int, b: int, ready: int, until: int) -> int:
        """The least driving of who is ready then and there in time; that of the first arrival if none is in time."""

    def home(self, a: int, b: int, ready: int) -> int:
        """The driving of who is ready then and at b as early as can be."""


class Steady:
    """Ways that take the same all the time."""

    __slots__ = ("rows",)

    def __init__(self, rows: Rows) -> None:
        self.rows = rows

    def arrive(self, a: int, b: int, ready: int) -> int:
        """See :class:`Roads`; so are the others."""
        return ready + self.rows[a][b]

    def leave(self, a: int, b: int, until: int) -> int:
        return until - self.rows[a][b]

    def drive(self, a: int, b: int, ready: int, until: int) -> int:
        return self.rows[a][b]

    def home(self, a: int, b: int, ready: int) -> int:
        return self.rows[a][b]


class Timed:
    """Ways by time: the table from each of ``begins`` to the next."""

    __slots__ = ("begins", "tables")

    def __init__(self, held: Sequence[tuple[int, Table]]) -> None:
        self.begins = [begin for begin, _ in held]
        self.tables = [table for _, table in held]

    def _departures(self, a: int, b: int, ready: int) -> Iterator[tuple[int, int]]:
        """By band, the first departure from ``ready`` on and how long its way is."""
        k = bisect_right(self.begins, ready) - 1
        yield ready, self.tables[k].way(a, b)
        for later in range(k + 1, len(self.begins)):
            yield self.begins[later], self.tables[later].way(a, b)

    def arrive(self, a: int, b: int, ready: int) -> int:
        """See :class:`Roads`; so are the others."""
        return self._first(a, b, ready)[0]

    def _first(self, a: int, b: int, ready: int) -> tuple[int, int]:
        """The earliest arrival with its driving, the least if several arrive then."""
        best: tuple[int, int] | None = None
        for at, way in self._departures(a, b, ready):
            if best is not None and at > best[0]:
                break
            if best is None or (at + way, way) < best:
                best = (at + way, way)
        assert best is not None
        return best

    def leave(self, a: int, b: int, until: int) -> int:
        for k in range(bisect_right(self.begins, until) - 1, 0, -1):
            at = until - self.tables[k].way(a, b)
            if k + 1 < len(self.begins):
                at = min(at, self.begins[k + 1] - 1)
            if at >= self.begins[k]:
                return at
        at = until - self.tables[0].way(a, b)
        return at if len(self.begins) == 1 else min(at, self.begins[1] - 1)

    def drive(self, a: int, b: int, ready: int, until: int) -> int:
        best: int | None = None
        for at, way in self._departures(a, b, ready):
            if at > until:
                break
            if at + way <= until and (best is None or way < best):
                best = way
        return self._first(a, b, ready)[1] if best is None else best

    def home(self, a: int, b: int, ready: int) -> int:
        return self._first(a, b, ready)[1]

    def changes_by_arrival(self, a: int, b: int, ready: int) -> list[int]:
        """The ``until`` at which :meth:`drive` may change."""
        return [at + way for at, way in self._departures(a, b, ready)]

    def changes_by_departure(self, a: int, b: int, until: int) -> list[int]:
        """The ``ready`` at which :meth:`drive` may change."""
        found = []
        for k, table in enumerate(self.tables):
            at = until - table.way(a, b)
            if at < self.begins[k]:
                continue
            found.append(min(at, self.begins[k + 1] - 1) + 1 if k + 1 < len(self.begins) else at + 1)
        return found

    def changes_at_home(self, a: int, b: int) -> list[int]:
        """The ``ready`` at which :meth:`home` may change."""
        ways = [table.way(a, b) for table in self.tables]
        found = self.begins[1:]
        for k, way in enumerate(ways):
            found += [self.begins[j] + ways[j] - way for j in range(k + 1, len(ways))]
        return found
