"""Demand and candidates from public data: totals, own languages, codes of both sides, and nobody where nobody lives."""

from dataclasses import replace
from pathlib import Path

import pytest

from versants_libs.coverage.assumptions import NOT_PUBLISHED, Assumption, Helper, Sizing, parse
from versants_libs.coverage.building import Choice, around, build_study, most_asked
from versants_libs.coverage.errors import FormatError, InstanceError
from versants_libs.coverage.needs import Register, demand_of, expected, language_mix, needs, read_register
from versants_libs.coverage.recruiting import candidates, present_people, profile, speakers
from versants_libs.coverage.staffing import pools_of, reserved
from versants_libs.coverage.study import TravelSource
from versants_libs.coverage.study_files import fingerprint, read_study, write_study
from versants_libs.coverage.territory import Centre, Language, Territory, Town, load_territory

DATA = Path(__file__).parents[2] / "versants" / "territory" / "data"
TRAVEL = TravelSource("piecewise", "2022", knots_km=(0.0, 100.0), minutes=(0.0, 100.0))


@pytest.fixture(scope="module")
def territory():
    return load_territory(DATA)


def small(*, people=(50_000.0, 10_000.0, 20_000.0)):
    """Two communes of West-Vlaanderen 5 km apart, one of France 10 km off; two languages besides French.

    On paper, BE: origin AAA 100 persons (80 tir, 20 fra), BBB 100 persons (100 pus). FR: AAA 50, all as above.
    """
    return Territory(
        towns=(
            Town("BE-1", "Un", "Een", "west-vlaanderen", "BE", "A", 50.80, 3.0, people[0]),
            Town("BE-2", "Deux", "Twee", "west-vlaanderen", "BE", "A", 50.845, 3.0, people[1]),
            Town("FR-1", "Trois", "Trois", "hauts-de-france", "FR", "F", 50.71, 3.0, people[2]),
        ),
        languages={code: Language(code, "", code, code, code) for code in ("tir", "pus", "fra", "nld")},
        applications={("BE", 2025, "AAA"): 100.0, ("BE", 2025, "BBB"): 100.0, ("FR", 2025, "AAA"): 50.0},
        speaks={"AAA": {"tir": 0.8, "fra": 0.2}, "BBB": {"pus": 1.0}},
        centres=(),
        travel=TRAVEL,
    )


def test_need_depends_on_the_language_of_the_versant():
    """French is asked for in West-Vlaanderen (20 of 200), not in France, where Tigrinya is then all there is."""
    assert language_mix(small(), "west-vlaanderen") == pytest.approx({"fra": 0.1, "pus": 0.5, "tir": 0.4})
    assert language_mix(small(), "hauts-de-france") == pytest.approx({"tir": 1.0})


def test_totals_are_those_of_the_sizing_table():
    """60,000 people at 12 a year per 1,000 are 720 requests; 40 % Tigrinya are 288; 28 % on site at the middle share."""
    world = small()
    asked = needs(world, world.area(versants=("west-vlaanderen",)), fold_below=0.0)
    assert sum(row.requests for row in asked.rows) == pytest.approx(720)
    assert asked.by_language == pytest.approx({"pus": 360, "tir": 288, "fra": 72})
    on_site = {
        row.commune: row.requests for row in asked.rows if (row.mode, row.language) == ("on_site", "pus")
    }
    assert set(on_site) == {"BE-1", "BE-2"}
    far = {row.commune for row in asked.rows if row.mode != "on_site"}
    assert far == {"BE-1"}, "at a distance the place of the talk does not matter"


def test_folding_small_rows_keeps_every_total(territory):
    towns = territory.area(arrondissement="Courtrai")
    whole, folded = (needs(territory, towns, fold_below=n) for n in (0.0, 0.5))
    assert folded.by_language == pytest.approx(whole.by_language)
    assert len(folded.rows) < len(whole.rows)


@pytest.mark.parametrize(("phone", "expected"), [(0.0, 720.0), (1.0, 0.0), (0.5, 360.0)])
def test_the_share_by_phone_is_what_was_chosen(phone, expected):
    world = small()
    asked = needs(world, world.area(versants=("west-vlaanderen",)), phone_share=phone)
    assert sum(r.requests for r in asked.rows if r.mode == "on_site") == pytest.approx(expected)


def test_discouraged_demand_adds_to_all():
    world = small()
    towns = world.area(versants=("west-vlaanderen",))
    assert sum(r.requests for r in needs(world, towns, discouraged=0.3).rows) == pytest.approx(936)


def test_a_language_nobody_knows_is_refused_by_its_code(territory):
    with pytest.raises(InstanceError, match="xyz"):
        needs(territory, territory.area(arrondissement="Courtrai"), languages=("xyz",))


def test_codes_of_both_sides_are_two_places(territory):
    """24 five-digit codes are an INSEE and a NIS code: a join on them would add up strangers."""
    code = {}
    for town in territory.towns:
        code.setdefault(town.uid.partition("-")[2], []).append(town)
    twins = [pair for pair in code.values() if len(pair) > 1]
    assert len(twins) == 24
    for pair in twins:
        assert {town.country for town in pair} == {"BE", "FR"}
        asked = needs(territory, pair, fold_below=0.0)
        for town in pair:
            rate = {"wallonie": 5.0, "hauts-de-france": 7.7, "west-vlaanderen": 12.0}[town.versant]
            here = sum(row.requests for row in asked.rows if row.commune == town.uid)
            assert here == pytest.approx(town.population / 1000 * rate)


def test_the_register_is_used_where_it_says_enough_and_never_tells_a_small_count():
    """150 requests in 6 months are 300 a year; pus 3 is under the minimum of 5 and is spread like the public mix."""
    world = small()
    towns = world.area(versants=("west-vlaanderen",))
    own = Register(
        languages={("west-vlaanderen", "tir"): 147.0, ("west-vlaanderen", "pus"): 3.0},
        communes={"BE-1": 146.0, "BE-2": 4.0},
        months=6.0,
    )
    asked = needs(world, towns, register=own, fold_below=0.0)
    assert sum(row.requests for row in asked.rows) == pytest.approx(300)
    # 3 of 150 are spread over pus and fra as 0.5 to 0.1
    assert asked.by_language == pytest.approx({"tir": 294, "pus": 5.0, "fra": 1.0})
    # BE-2 counts 4, under the minimum: it weighs its people only, 50 steady requests of which a sixth are its own
    second = sum(row.requests for row in asked.rows if row.commune == "BE-2" and row.mode == "on_site")
    first = sum(row.requests for row in asked.rows if row.commune == "BE-1" and row.mode == "on_site")
    assert second / (first + second) == pytest.approx((50 / 6) / (146 + 50))
    assert any(one.key == "demand_register:west-vlaanderen" for one in asked.assumptions)


WVL, HDF = "west-vlaanderen", "hauts-de-france"


@pytest.mark.parametrize(
    ("counted", "taken"),
    [
        ({WVL: 180.0}, True),  # a quarter of 720
        ({WVL: 179.0}, False),
        ({WVL: 180.0, HDF: 100.0}, True),
    ],
)
def test_of_itself_the_register_is_taken_from_a_quarter_of_what_is_expected(counted, taken):
    world = small()
    towns = world.area(versants=(WVL,))
    own = Register({(versant, "tir"): n for versant, n in counted.items()})
    assert expected(towns) == {WVL: pytest.approx(720)}
    assert (demand_of(world, towns, own) is own) is taken
    said = {one.key: one.value for one in needs(world, towns, register=own).assumptions}
    assert (f"demand_register:{WVL}" in said) is taken
    assert (f"demand_public:{WVL}" in said) is not taken
    assert said.get(f"demand_unused:{WVL}") == (None if taken else "179")


@pytest.mark.parametrize(("demand", "total"), [("auto", 720 + 154), ("public", 720 + 154)])
def test_a_register_that_says_enough_of_one_versant_only_is_not_mixed_with_public_figures(demand, total):
    """600 of 720 in West-Vlaanderen, 99 of 154 in France: one versant below a hundred, public figures for both."""
    world = small()
    own = Register({(WVL, "tir"): 600.0, (HDF, "tir"): 99.0})
    asked = needs(world, world.towns, register=own, demand=demand)
    assert sum(row.requests for row in asked.rows) == pytest.approx(total)
    assert not [one for one in asked.assumptions if one.key.startswith("demand_register")]
    all_own = needs(world, world.towns, register=own, demand="register")
    assert sum(row.requests for row in all_own.rows) == pytest.approx(699)
    assert not [one for one in all_own.assumptions if one.key.startswith("demand_public")]


@pytest.mark.parametrize(
    "own",
    [
        None,
        Register({(WVL, "tir"): 600.0}),
        Register({(WVL, "tir"): 600.0, (HDF, "tir"): 4.0}),
        Register({(WVL, "tir"): 600.0, (HDF, "fra"): 600.0}),  # only the language of the versant itself
        Register({(WVL, "tir"): 600.0, (HDF, "tir"): 600.0}, {"BE-1": 300.0, "BE-2": 300.0, "FR-2": 600.0}),
    ],
)
def test_the_register_alone_is_refused_where_it_holds_nothing(own):
    world = small()
    world = replace(world, towns=(*world.towns, replace(world.town["FR-1"], uid="FR-2", arrondissement="G")))
    towns = [town for town in world.towns if town.uid != "FR-2"]
    with pytest.raises(InstanceError, match="no request") as refused:
        needs(world, towns, register=own, demand="register")
    assert HDF in refused.value.ids
    assert demand_of(world, towns, own) is None, "and of itself it is not taken"


def test_a_desks_own_counts_are_read_and_a_mistake_has_its_place():
    world = small()
    head = "versant,language,commune,requests\n"
    own = read_register(f"{head}{WVL},tir,BE-1,12\n{WVL},tir,,3\n{HDF},pus,FR-1,8\n", world)
    assert own.languages == {(WVL, "tir"): 15.0, (HDF, "pus"): 8.0}
    assert own.communes == {"BE-1": 12.0, "FR-1": 8.0}
    for line, place in (
        ("flandre,tir,,3", "2:1: versant"),
        (f"{WVL},xyz,,3", "2:2: language"),
        (f"{WVL},tir,34022,3", "2:3: commune"),
        (f"{WVL},tir,BE-1,-3", "2:4: requests"),
    ):
        with pytest.raises(FormatError, match=place):
            read_register(head + line, world)


def test_a_thin_register_leaves_the_public_figures():
    world = small()
    own = Register(languages={("west-vlaanderen", "tir"): 99.0})
    asked = needs(world, world.area(versants=("west-vlaanderen",)), register=own)
    assert sum(row.requests for row in asked.rows) == pytest.approx(720)


def test_assumptions_come_back_from_the_file_with_their_source(territory):
    towns = territory.area(arrondissement="Courtrai")
    study = build_study(territory, Choice("Kortrijk", towns, ["tir", "prs"])).study
    found = parse(read_study(write_study(study)).assumptions)
    assert all(one.key and one.source for one in found)
    assert {"rate", "remote", "simple", "discouraged", "speakers", "helper_days"} <= {
        one.key for one in found
    }
    simple = next(one for one in found if one.key == "simple")
    assert (simple.value, simple.source, simple.published) == ("10%-40%", NOT_PUBLISHED, False)
    assert parse(("Somebody wrote this.",)) == (Assumption("", "Somebody wrote this.", ""),)


def test_the_law_leaves_a_helper_forty_days():
    """42.31 euros a day and 1,692.51 a year (2025) are 40.002 days."""
    assert Helper().days_year == 40
    assert Helper().hours_year == 120


def test_a_helper_costs_little_who_works_little_and_never_more_than_every_day_of_the_law(territory):
    """Training 400 and supervision 300 a year; 42.31 a day of three hours: 14.10 an hour; 120 hours are 1,692.40."""
    towns = territory.area(arrondissement="Courtrai")
    study = build_study(territory, Choice("K", towns, ["tir"], kinds=("helper",))).study
    helper = study.candidates[0]
    assert helper.cost == 700
    assert helper.cost_hour == pytest.approx(42.31 / 3, abs=1e-6)
    (pool,) = (one for one in pools_of(study) if one.by == f"candidate:{helper.id}")
    assert reserved(study, pool) == pytest.approx(700 + 40 * 42.31, abs=0.01)
    known = {one.key: one.value for one in parse(study.assumptions)}
    assert known["helper_paid"] == "14.10 €"


def test_speakers_are_those_of_the_country_by_population():
    """BE-1: 80 persons speak Tigrinya in a country of 11,492,641, of whom 50,000 live here; in a centre of 40, 40 %."""
    world = replace(small(), centres=(Centre("BE-2", "Huis", 40),))
    found = speakers(world, world.towns, ("tir",))
    assert found["BE-1", "tir"] == pytest.approx(80 * 50_000 / 11_492_641)
    assert found["BE-2", "tir"] == pytest.approx(80 * 10_000 / 11_492_641 + 40 * 0.4)


def test_nobody_is_recruited_where_nobody_lives_who_speaks_it(territory):
    towns = territory.area(arrondissement="Courtrai")
    languages = most_asked(territory, towns, 30)
    beside = around(territory, towns, 45.0)
    offer = candidates(territory, towns, languages, around=beside, kinds=("helper",))
    there = speakers(territory, [*towns, *beside], languages)
    for language in languages:
        mine = [one for one in offer.candidates if next(iter(one.languages)) == language]
        known = sum(n for (_uid, spoken), n in there.items() if spoken == language)
        # No speaker is counted twice, and each recruit has thirty.
        assert sum(one.speakers for one in mine) <= known + 0.1 * len(mine)
        assert all(one.most * 30 <= one.speakers + 0.1 for one in mine)
    without = {one.language for one in offer.unrecruitable}
    assert without.isdisjoint({next(iter(one.languages)) for one in offer.candidates})
    assert without
    assert all("phone" in one.instead for one in offer.unrecruitable)


def test_a_language_without_speakers_says_what_replaces_it():
    """Tigrinya has no 30 speakers in these two communes; over the border, ten minutes off, a centre of 100 has."""
    world = replace(small(), centres=(Centre("FR-1", "CADA", 100),))
    towns = world.area(versants=("west-vlaanderen",))
    offer = candidates(world, towns, ["tir"])
    assert offer.candidates == ()
    (missing,) = offer.unrecruitable
    assert missing.instead == ("phone", "neighbour")
    # With the border open and that commune among those around, it is a candidate there.
    beside = candidates(world, towns, ["tir"], around=world.area(versants=("hauts-de-france",)))
    assert {one.commune for one in beside.candidates} == {"FR-1"}


def test_speakers_of_one_variety_help_out_in_another(territory):
    assert profile(territory, "prs", ["prs", "pes", "tir"]) == {"prs": "full", "pes": "working"}
    assert profile(territory, "tir", ["prs", "pes", "tir"]) == {"tir": "full"}


def test_present_interpreters_are_as_many_as_published(territory):
    """291,492 people at 6.3 per 100,000 are 18, over all languages asked for."""
    towns = territory.area(arrondissement="Courtrai")
    every = most_asked(territory, towns, 200)
    people = present_people(territory, towns, every)
    assert len(people) == round(
        sum(t.population for t in towns) / 100_000 * Sizing().present["west-vlaanderen"]
    )
    assert len(present_people(territory, towns, ["tir"])) < len(people)


def test_the_same_choice_gives_the_same_file(territory):
    towns = territory.area(arrondissement="Courtrai")
    one, two = (build_study(territory, Choice("K", towns, ["tir", "prs"])).study for _ in range(2))
    assert write_study(one) == write_study(two)
    assert fingerprint(read_study(write_study(one))) == fingerprint(one), (
        "a kept study still is the one answered"
    )


def test_a_study_names_everything_it_takes_for_granted(territory):
    towns = territory.area(arrondissement="Courtrai")
    study = build_study(territory, Choice("K", towns, ["tir", "prs"], beside_minutes=30.0)).study
    known = {one.key: one.value for one in parse(study.assumptions)}

    assert known["answer_yes"] == f"{study.behaviour.answer_yes:.0%}" == "90%"
    assert known["absence"] == "4%"
    assert known["cancelled"] == "5%"
    assert known["retries"] == "1, 5"
    assert known["fallback"] == "0.5"
    assert known["alpha"] == "0.001"
    assert known["season"] == "1, 0"
    assert known["fill"] == "90%"
    assert known["beside"] == "30, 20000"
    assert known["place_size"] == "10000"
    assert known["per_place"] == "4, 6"
    assert known["certified_cost"] == "150 €"
    certified = next(one for one in study.candidates if one.kind == "certified")
    week = sum(certified.hours.values())
    assert known["recruit_office"] == f"{certified.hours['office'] / week:.0%}" == "80%"
    here = study.people[0]
    assert known["present_office"] == f"{here.hours['office'] / sum(here.hours.values()):.0%}" == "90%"
