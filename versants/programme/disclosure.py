"""Which cells of published tables stay hidden, so that nobody can subtract their way back to a small one.

A table is a cube: each axis has its own values and the total ``ALL``. Every line along an axis is a relation: its cells
add up to its total. A cell from 1 to ``minimum`` - 1 is hidden; then as many others as it takes until, with everything
else published, (a) no hidden cell follows from the relations, by one subtraction or by several, and (b) what is hidden
on one line does not add up to less than ``minimum``. Zeros are shown: that nothing happened somewhere names nobody.

Plain Python. Several cubes may share a base (the same cells with ``ALL`` on their last axis): a cube never hides more
of its base, and never tells more about the base's hidden cells than the base does, so that two cubes together tell
no more than each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product

ALL = "*"
Cell = tuple[str, ...]
_PRIME = 2_147_483_647  # arithmetic modulo a prime: exact, fast, and a false zero is a chance in two thousand million


@dataclass(frozen=True)
class Cube:
    """Counts by the values of some axes. ``counts`` holds inner cells only; a missing one is 0."""

    axes: tuple[tuple[str, ...], ...]
    counts: Mapping[Cell, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for cell, count in self.counts.items():
            if len(cell) != len(self.axes) or any(
                v not in axis for v, axis in zip(cell, self.axes, strict=True)
            ):
                raise ValueError(f"no such cell: {cell}")
            if count < 0:
                raise ValueError(f"a count is not negative: {cell}")

    @cached_property
    def values(self) -> dict[Cell, int]:
        """Every cell, totals included."""
        found = dict.fromkeys(product(*((*axis, ALL) for axis in self.axes)), 0)
        for cell, count in self.counts.items():
            for mask in product((False, True), repeat=len(cell)):
                found[tuple(ALL if hide else v for v, hide in zip(cell, mask, strict=True))] += count
        return found

    @cached_property
    def relations(self) -> list[tuple[list[Cell], Cell]]:
        """(parts, total) of every line along every axis."""
        found = []
        for i, axis in enumerate(self.axes):
            others = [(*a, ALL) for j, a in enumerate(self.axes) if j != i]
            for rest in product(*others):
                line = [(*rest[:i], value, *rest[i:]) for value in axis]
                found.append((line, (*rest[:i], ALL, *rest[i:])))
        return found

    def base(self, cell: Cell) -> bool:
        """On the shared base: the last axis is a total."""
        return cell[-1] == ALL


def protect(
    cube: Cube, minimum: int, *, also: Iterable[Cell] = (), base_hidden: frozenset[Cell] | None = None
) -> frozenset[Cell]:
    """The cells to hide. ``also``: hidden for another reason. ``base_hidden``: what the base hides already; given, the
    base is fixed and only cells outside it are chosen."""
    hidden = {cell for cell, value in cube.values.items() if 0 < value < minimum} | set(also)
    if base_hidden is not None:
        hidden = {cell for cell in hidden if not cube.base(cell)} | set(base_hidden)
    fixed = base_hidden is not None
    while True:
        _cover_lines(cube, minimum, hidden, fixed)
        told = _told(cube, hidden, fixed)
        if not told:
            return frozenset(hidden)
        for cell in told:
            if not _hide_beside(cube, cell, hidden, fixed):
                # Nothing left to hide beside it: the whole breakdown stays closed.
                return frozenset(c for c in cube.values if not (fixed and cube.base(c))) | frozenset(hidden)


def _cover_lines(cube: Cube, minimum: int, hidden: set[Cell], fixed: bool) -> None:
    """No line with a single hidden cell, none whose hidden parts add up to less than the minimum."""
    changed = True
    while changed:
        changed = False
        for parts, total in cube.relations:
            hidden_parts = [cell for cell in parts if cell in hidden]
            alone = len(hidden_parts) + (total in hidden) == 1
            small = (
                bool(hidden_parts)
                and total not in hidden
                and sum(cube.values[c] for c in hidden_parts) < minimum
            )
            if alone or small:
                changed = _hide_one(cube, parts, total, hidden, fixed) or changed


def _hide_one(cube: Cube, parts: Sequence[Cell], total: Cell, hidden: set[Cell], fixed: bool) -> bool:
    """Hide one more cell of a line: the smallest part that is not zero, then the total, then a zero."""
    free = [c for c in parts if c not in hidden and not (fixed and cube.base(c))]
    filled = [c for c in free if cube.values[c]]
    if filled:
        choice = min(filled, key=lambda c: (c.count(ALL), cube.values[c], c))
    elif total not in hidden and not (fixed and cube.base(total)):
        choice = total
    elif free:
        choice = min(free)
    else:
        return False
    hidden.add(choice)
    return True


def _hide_beside(cube: Cube, cell: Cell, hidden: set[Cell], fixed: bool) -> bool:
    """One more hidden cell on a line through ``cell``; lines with the fewest hidden cells first."""
    lines = [(parts, total) for parts, total in cube.relations if cell in parts or cell == total]
    lines.sort(key=lambda line: sum(c in hidden for c in line[0]))
    return any(_hide_one(cube, parts, total, hidden, fixed) for parts, total in lines)


def _told(cube: Cube, hidden: set[Cell], fixed: bool) -> list[Cell]:
    """Hidden cells that follow from what is published; with a fixed base, also base cells about which the cube tells
    more than the base alone."""
    rows = _equations(cube.relations, hidden)
    # The base last: what is left of the equations once the inner cells are eliminated speaks of the base alone.
    order = sorted(hidden, key=lambda c: (fixed and cube.base(c), c))
    pivots = _eliminate(rows, order)
    told = [pivot for pivot, row in pivots.items() if len(row) == 1]
    if fixed and not told:
        base = [(parts, total) for parts, total in cube.relations if cube.base(total) and cube.base(parts[0])]
        known = _eliminate(_equations(base, hidden), order)
        new = [pivot for pivot in pivots if cube.base(pivot) and pivot not in known]
        told = new
    return told


def _equations(relations: Iterable[tuple[list[Cell], Cell]], hidden: set[Cell]) -> list[dict[Cell, int]]:
    """One equation per line, over its hidden cells only: the rest is known."""
    found = []
    for parts, total in relations:
        row = {cell: 1 for cell in parts if cell in hidden}
        if total in hidden:
            row[total] = _PRIME - 1
        if row:
            found.append(row)
    return found


def _eliminate(rows: list[dict[Cell, int]], order: Sequence[Cell]) -> dict[Cell, dict[Cell, int]]:
    """Reduced row echelon form modulo a prime: pivot -> row with a 1 there and no other pivot in it."""
    rank = {cell: i for i, cell in enumerate(order)}
    pivots: dict[Cell, dict[Cell, int]] = {}
    for given in rows:
        row = dict(given)
        for cell in [c for c in row if c in pivots]:
            _subtract(row, pivots[cell], row.get(cell, 0))
        if not row:
            continue
        pivot = min(row, key=rank.__getitem__)
        inverse = pow(row[pivot], -1, _PRIME)
        row = {cell: value * inverse % _PRIME for cell, value in row.items()}
        for other in pivots.values():
            if pivot in other:
                _subtract(other, row, other[pivot])
        pivots[pivot] = row
    return pivots


def _subtract(row: dict[Cell, int], other: Mapping[Cell, int], times: int) -> None:
    if not times:
        return
    for cell, value in other.items():
        left = (row.get(cell, 0) - times * value) % _PRIME
        if left:
            row[cell] = left
        else:
            row.pop(cell, None)
