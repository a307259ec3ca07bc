"""What is hidden stays hidden: an attacker with every published figure tries to get back to the small ones."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from versants.programme.disclosure import ALL, Cube, protect

MINIMUM = 5


def lines(cube: Cube) -> list[tuple[list, tuple]]:
    """(parts, total) of every line, written again without the module's own code."""
    found = []
    for i, axis in enumerate(cube.axes):
        others = [[*other, ALL] for j, other in enumerate(cube.axes) if j != i]
        for rest in product(*others):
            rest = list(rest)
            found.append(([(*rest[:i], v, *rest[i:]) for v in axis], (*rest[:i], ALL, *rest[i:])))
    return found


def by_subtraction(cube: Cube, hidden) -> set:
    """Cells found by subtracting on one line, again and again."""
    known = {cell for cell in cube.values if cell not in hidden}
    found: set = set()
    while True:
        new = set()
        for parts, total in lines(cube):
            unknown = [cell for cell in [*parts, total] if cell not in known]
            if len(unknown) == 1:
                new.add(unknown[0])
        if not new:
            return found
        known |= new
        found |= new


def by_algebra(systems: list[tuple[Cube, frozenset]], rename=lambda number, cell: (number, cell)) -> set:
    """Hidden cells whose value follows from all lines of all tables together: no freedom left in the null space."""
    names = sorted({rename(n, cell) for n, (_cube, hidden) in enumerate(systems) for cell in hidden}, key=str)
    at = {name: i for i, name in enumerate(names)}
    rows = []
    for n, (cube, hidden) in enumerate(systems):
        for parts, total in lines(cube):
            row = np.zeros(len(names))
            for cell in parts:
                if cell in hidden:
                    row[at[rename(n, cell)]] += 1
            if total in hidden:
                row[at[rename(n, total)]] -= 1
            if row.any():
                rows.append(row)
    if not rows:
        return set(names)
    _u, sizes, v = np.linalg.svd(np.array(rows))
    free = v[int((sizes > 1e-9).sum()) :]
    return {name for name, i in at.items() if np.abs(free[:, i]).max(initial=0.0) < 1e-8}


def cube_of(counts, *sizes) -> Cube:
    axes = tuple(tuple(f"{'vsd'[i]}{n}" for n in range(size)) for i, size in enumerate(sizes))
    return Cube(axes, dict(zip(product(*axes), counts, strict=False)))


small_counts = st.sampled_from([0, 0, 1, 2, 3, 4, 5, 6, 9, 20, 97])


@settings(max_examples=200, deadline=None)
@given(st.data(), st.integers(1, 4), st.integers(1, 6))
def test_a_table_cannot_be_undone(data, n_versants, n_semesters):
    counts = data.draw(
        st.lists(small_counts, min_size=n_versants * n_semesters, max_size=n_versants * n_semesters)
    )
    cube = cube_of(counts, n_versants, n_semesters)
    hidden = protect(cube, MINIMUM)
    assert {cell for cell, value in cube.values.items() if 0 < value < MINIMUM} <= hidden
    assert by_subtraction(cube, hidden) == set()
    assert by_algebra([(cube, hidden)]) == set()
    for parts, total in lines(cube):
        closed = [cube.values[cell] for cell in parts if cell in hidden]
        if closed and total not in hidden:
            assert sum(closed) >= MINIMUM, "what is hidden on a line would itself be a small figure"


@settings(max_examples=120, deadline=None)
@given(st.data(), st.integers(1, 3), st.integers(1, 4), st.integers(1, 4), st.integers(1, 3))
def test_details_cannot_be_undone_not_even_two_of_them_together(
    data, n_versants, n_semesters, n_kinds, n_modes
):
    """The whole, its kinds and its modes are all published; each person's visit has a kind and a mode."""
    n = n_versants * n_semesters * n_kinds * n_modes
    counts = data.draw(st.lists(small_counts, min_size=n, max_size=n))
    axes = tuple(
        tuple(f"{c}{i}" for i in range(k))
        for c, k in zip("vskm", (n_versants, n_semesters, n_kinds, n_modes), strict=True)
    )
    everything = dict(zip(product(*axes), counts, strict=True))

    def summed(*keep: int) -> Cube:
        found: dict = {}
        for cell, value in everything.items():
            key = tuple(cell[i] for i in keep)
            found[key] = found.get(key, 0) + value
        return Cube(tuple(axes[i] for i in keep), found)

    whole, kinds, modes = summed(0, 1), summed(0, 1, 2), summed(0, 1, 3)
    hidden = protect(whole, MINIMUM)
    base = frozenset((*cell, ALL) for cell in hidden)
    tables = [
        (kinds, protect(kinds, MINIMUM, base_hidden=base)),
        (modes, protect(modes, MINIMUM, base_hidden=base)),
    ]
    for cube, closed in tables:
        assert {cell for cell in closed if cell[-1] == ALL} == base, "a detail never hides more of the whole"
        assert by_subtraction(cube, closed) == set()

    def shared(number, cell):
        return ("whole", cell[:-1]) if cell[-1] == ALL else (number, cell)

    assert by_algebra(tables, shared) == set()


def test_an_example_worked_by_hand():
    """One small cell: its neighbour in the row, its neighbour in the column and the fourth corner close with it.

         s0  s1 | *            s0  s1 | *
    v0    2  20 | 22      v0    .   . | 22
    v1   30  40 | 70  ->  v1    .   . | 70
    *    32  60 | 92      *    32  60 | 92
    """
    cube = cube_of([2, 20, 30, 40], 2, 2)
    assert protect(cube, 5) == {("v0", "s0"), ("v0", "s1"), ("v1", "s0"), ("v1", "s1")}


def test_nothing_small_hides_nothing_and_zeros_are_shown():
    assert protect(cube_of([0, 20, 30, 0], 2, 2), 5) == frozenset()


def test_two_small_ones_that_add_up_to_less_than_the_minimum_take_a_third():
    cube = cube_of([1, 1, 50, 60], 1, 4)
    hidden = protect(cube, 5)
    assert sum(cube.values[cell] for cell in hidden if ALL not in cell) >= 5


def test_a_single_cell_closes_its_totals():
    cube = cube_of([3], 1, 1)
    assert protect(cube, 5) == set(cube.values)


def test_the_threshold_of_eleven_hides_more():
    cube = cube_of([7, 20, 30, 40], 2, 2)
    assert protect(cube, 5) == frozenset()
    assert ("v0", "s0") in protect(cube, 11)


def test_unprotected_tables_are_undone_by_the_same_attack():
    """The attack works: with the small cell alone hidden, it is found."""
    cube = cube_of([2, 20, 30, 40], 2, 2)
    assert by_subtraction(cube, {("v0", "s0")}) == {("v0", "s0")}
    assert by_algebra([(cube, frozenset({("v0", "s0")}))]) == {(0, ("v0", "s0"))}


@pytest.mark.parametrize("counts", [{("x", "s0"): 1}, {("v0",): 1}, {("v0", "s0"): -1}])
def test_a_cube_refuses_what_it_cannot_hold(counts):
    with pytest.raises(ValueError):
        Cube((("v0",), ("s0",)), counts)
