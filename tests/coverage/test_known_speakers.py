"""Persons a desk knows of bound the recruits: never fewer than five together, never on top of the estimate."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.coverage.test_needs import WVL, small
from versants_libs.coverage.assumptions import parse
from versants_libs.coverage.building import Choice, build_study
from versants_libs.coverage.errors import FormatError
from versants_libs.coverage.needs import Register, read_speakers
from versants_libs.coverage.recruiting import speakers


def built(known):
    """A study of both communes of West-Vlaanderen, where public figures expect no 30 speakers of Tigrinya."""
    world = small()
    towns = world.area(versants=(WVL,))
    own = None if known is None else Register(speakers=known)
    return build_study(world, Choice("n", towns, ["tir"], register=own, beside_minutes=0.0))


def test_who_is_known_can_be_recruited_where_public_figures_expect_nobody():
    assert [one.language for one in built(None).unrecruitable] == ["tir"]
    found = built({("BE-1", "tir"): 60.0, ("BE-2", "tir"): 4.0})
    assert not found.unrecruitable
    assert {(one.commune, one.most) for one in found.study.candidates} == {("BE-1", 2)}
    said = {one.key: one.value for one in parse(found.study.assumptions)}
    assert said["speakers_known"] == "60, 1", "four together are nobody"
    assert "demand_public:west-vlaanderen" in said, "they are no requests"
    assert "demand_unused:west-vlaanderen" not in said


@given(st.integers(0, 4), st.integers(0, 4))
def test_fewer_than_five_together_change_nothing(first, second):
    assert built({("BE-1", "tir"): float(first), ("BE-2", "tir"): float(second)}) == built(None)


@given(st.floats(0, 500), st.floats(0, 500))
def test_the_known_are_in_the_estimate_not_on_top_of_it(first, second):
    world, known = (
        small(people=(5_000_000.0, 1_000_000.0, 20_000.0)),
        {("BE-1", "tir"): first, ("FR-1", "tir"): second},
    )
    guessed, found = speakers(world, world.towns, ("tir",)), speakers(world, world.towns, ("tir",), known)
    for town in world.towns:
        key = (town.uid, "tir")
        assert found.get(key, 0.0) == max(guessed.get(key, 0.0), known.get(key, 0.0))


HEAD = "commune,language,persons\n"


def test_a_file_of_them_adds_its_rows_up():
    assert read_speakers(HEAD + "BE-1,tir,3\nBE-1,tir,4\n", small()) == {("BE-1", "tir"): 7.0}


@pytest.mark.parametrize(
    ("row", "column", "said"),
    [
        ("31005,tir,7", 1, "commune: '31005' found, a commune of the territory expected"),
        ("BE-1,xx,7", 2, "language: 'xx' found, a language of the territory expected"),
        ("BE-1,tir,-7", 3, "persons: '-7' found, a number of 0 or more expected"),
    ],
)
def test_a_slip_names_its_place(row, column, said):
    with pytest.raises(FormatError) as found:
        read_speakers(HEAD + row + "\n", small())
    assert (found.value.line, found.value.column) == (2, column)
    assert said in str(found.value)
