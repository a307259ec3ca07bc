"""People made from a register's counts: the counts come out again, and what is guessed is told."""

from collections import Counter

import pytest

from versants.territory.shapes import DATA
from versants_libs.coverage.assumptions import parse
from versants_libs.coverage.building import Choice, build_study
from versants_libs.coverage.recruiting import profile
from versants_libs.coverage.registered import Based, Spoken, Staff, staff_people
from versants_libs.coverage.study_files import read_study, write_study
from versants_libs.coverage.territory import load_territory

KORTRIJK, MENEN = "BE-34022", "BE-34027"
WVL = "west-vlaanderen"
TERRITORY = load_territory(DATA)
CODES = ["apc", "tir", "som", "prs", "pus"]


def made(staff, towns=TERRITORY.towns, languages=CODES):
    return staff_people(TERRITORY, towns, languages, staff)


def placed(assumed):
    return next(one.value for one in assumed if one.key == "register_placed")


def test_languages_are_shared_as_far_as_the_register_says():
    """Twelve pairs at one and a half each are eight people: six speak Tigrinya, two of them and four others Somali."""
    staff = Staff(
        "2026-11-27",
        (
            Spoken("tir", WVL, "certified", "full", 6, 20.0),
            Spoken("som", WVL, "certified", "working", 6, 10.0),
        ),
        (Based(WVL, "Courtrai", KORTRIJK, 10),),
        {},
        {WVL: 1.5},
    )
    people, assumed = made(staff)
    assert Counter(tuple(sorted(p.languages.items())) for p in people) == {
        (("tir", "full"),): 2,
        (("som", "working"), ("tir", "full")): 4,
        (("som", "working"),): 2,
    }
    assert {p.home for p in people} == {KORTRIJK}
    assert {round(sum(p.hours.values()), 3) for p in people} == {10.0, 15.0, 20.0}
    assert {p.sides for p in people} == {("BE",)}, "nobody is told to cross"
    assert placed(assumed) == "8, 0, 0, 0"


def test_nobody_has_a_language_twice_whatever_the_register_says_of_one_person():
    staff = Staff(
        "d",
        (
            Spoken("tir", WVL, "certified", "full", 7, 20.0),
            Spoken("tir", WVL, "certified", "working", 5, 20.0),
        ),
        each={WVL: 3.0},
    )
    people, assumed = made(staff)
    assert Counter(level for p in people for level in p.languages.values()) == {"full": 7, "working": 5}
    assert len(people) == 12
    assert placed(assumed) == "0, 0, 0, 12", "by population alone"


def test_places_not_told_are_spread_over_what_is_left():
    spoken = (Spoken("tir", WVL, "certified", "full", 40, 20.0),)
    based = (Based(WVL, "Courtrai", KORTRIJK, 20), Based(WVL, "Courtrai", "", 10), Based(WVL, "", "", 10))
    people, assumed = made(Staff("d", spoken, based))
    town = TERRITORY.town
    where = Counter(
        "there" if p.home == KORTRIJK else "near" if town[p.home].arrondissement == "Courtrai" else "far"
        for p in people
    )
    assert {town[p.home].versant for p in people} == {WVL}
    assert sum(where.values()) == 40
    # Many small shares have no place of their own yet, so the largest commune may have a few more than its half.
    assert where["there"] >= 20
    assert placed(assumed) == f"{where['there']}, {where['near']}, {where['far']}, 0"
    near = [t.uid for t in TERRITORY.towns if t.arrondissement == "Courtrai" and t.versant == WVL]
    some, _ = made(Staff("d", spoken, based), [town[uid] for uid in near])
    assert [p.id for p in some] == [p.id for p in people if p.home in near], "a part of the same people"


def test_a_count_without_its_versant_goes_where_none_is_told():
    spoken = (
        Spoken("tir", WVL, "certified", "full", 6, 20.0),
        Spoken("tir", "", "certified", "full", 10, 20.0),
    )
    based = (Based("wallonie", "", "", 30), Based("hauts-de-france", "", "", 20), Based(WVL, "", "", 50))
    people, _ = made(Staff("d", spoken, based))
    assert Counter(TERRITORY.town[p.home].versant for p in people) == {
        WVL: 6,
        "wallonie": 6,
        "hauts-de-france": 4,
    }


def test_kind_and_level_not_told_take_simple_talks_only_and_varieties_too():
    people, _ = made(Staff("d", (Spoken("prs", WVL, "", "", 5, 20.0),)), languages=["prs", "pes"])
    assert {(p.kind, *sorted(p.languages.items())) for p in people} == {
        ("certified", ("pes", "working"), ("prs", "working"))
    }


def test_nobody_has_more_than_four_languages_their_own_first():
    """All languages of the territory asked for: six varieties stand beside Levantine Arabic alone."""
    asked = sorted(TERRITORY.languages)
    spoken = tuple(
        Spoken(code, WVL, "certified", "full", 12, 20.0) for code in ("apc", "ara", "kmr", "prs", "tir")
    )
    staff = Staff("d", spoken, (Based(WVL, "", "", 40),), each={WVL: 2.0})
    towns = TERRITORY.area(versants=(WVL,))

    study = build_study(TERRITORY, Choice("K", towns, asked, staff=staff)).study

    assert read_study(write_study(study)).people == study.people
    assert Counter(code for p in study.people for code, level in p.languages.items() if level == "full") == {
        one.language: 12 for one in spoken
    }, "the register's own numbers"
    helped = {code for p in study.people for code, level in p.languages.items() if level == "working"}
    kurdish = set(profile(TERRITORY, "kmr", asked)) - {"kmr"}
    arabic = set(profile(TERRITORY, "apc", asked)) - {"apc", "ara"}
    assert helped >= kurdish | arabic, "no variety is left out by everybody"
    assert max(len(p.languages) for p in study.people) == 4


def test_a_register_of_more_than_four_languages_each_makes_more_people():
    spoken = tuple(
        Spoken(code, WVL, "certified", "full", 5, 20.0) for code in ("apc", "tir", "som", "prs", "ukr", "amh")
    )
    people, _ = made(Staff("d", spoken, each={WVL: 6.0}), languages=[one.language for one in spoken])
    assert Counter(code for p in people for code in p.languages) == {one.language: 5 for one in spoken}
    assert max(len(p.languages) for p in people) == 4
    assert len(people) == 10, "five more, for the two languages nobody had room for"


def test_sides_come_in_the_share_that_is_told():
    staff = Staff(
        "d", (Spoken("tir", WVL, "certified", "full", 20, 20.0),), sides={(WVL, "own"): 15, (WVL, "both"): 5}
    )
    people, _ = made(staff)
    assert Counter(p.sides for p in people) == {("BE",): 15, ("BE", "FR"): 5}


def test_a_study_names_register_day_and_languages_that_are_not_told():
    towns = TERRITORY.area(versants=(WVL,), arrondissement="Courtrai")
    staff = Staff(
        "2026-11-27",
        (Spoken("tir", WVL, "certified", "full", 30, 20.0),),
        (Based(WVL, "Courtrai", KORTRIJK, 30),),
    )
    study = build_study(TERRITORY, Choice("K", towns, ["tir", "som"], staff=staff)).study
    said = {one.key: one for one in parse(study.assumptions)}
    assert said["register_people"].value == "2026-11-27"
    assert said["register_untold"].value == "som"
    assert "present" not in said
    assert len(study.people) == 30


@pytest.mark.parametrize("staff", [None, Staff("2026-11-27")])
def test_without_counts_public_figures_stand_in(staff):
    towns = TERRITORY.area(versants=(WVL,), arrondissement="Courtrai")
    study = build_study(TERRITORY, Choice("K", towns, ["tir"], staff=staff)).study
    said = {one.key for one in parse(study.assumptions)}
    assert "present" in said
    assert ("register_empty" in said) == (staff is not None)
