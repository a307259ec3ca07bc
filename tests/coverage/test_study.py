"""STUDY.json: read, written, and every mistake named by its place."""

from __future__ import annotations

import copy
import dataclasses
import json
import random
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from versants_libs.coverage import study as s
from versants_libs.coverage.cli import main
from versants_libs.coverage.errors import FormatError, InstanceError
from versants_libs.coverage.study_files import (
    PathError,
    fingerprint,
    load_study,
    read_study,
    study_json,
    write_study,
)
from versants_libs.coverage.study_slips import warnings

EXAMPLE = Path(__file__).parent / "studies" / "example.json"
SCHEMA = Path(__file__).parents[2] / "docs" / "schema" / "mesh-study.json"


@pytest.fixture
def value():
    return json.loads(EXAMPLE.read_text())


def test_written_and_read_again_it_is_the_same_study():
    study = load_study(EXAMPLE)

    again = read_study(write_study(study))

    assert again == study
    assert fingerprint(again) == fingerprint(study)
    assert study.languages == ("prs", "tir", "ukr")


def test_hours_a_week_are_spread_over_the_bands_by_their_length():
    person = {one.id: one for one in load_study(EXAMPLE).people}["p2"]  # 20 hours, bands of 40 and 15

    assert person.hours == pytest.approx({"office": 20 * 40 / 55, "evening": 20 * 15 / 55})


def numbers(one, change):
    """The same value, every number in it through ``change``."""
    if dataclasses.is_dataclass(one):
        named = {field.name: numbers(getattr(one, field.name), change) for field in dataclasses.fields(one)}
        return dataclasses.replace(one, **named)
    if isinstance(one, dict):
        return {name: numbers(each, change) for name, each in one.items()}
    if isinstance(one, tuple):
        return tuple(numbers(each, change) for each in one)
    return change(one) if isinstance(one, int | float) and not isinstance(one, bool) else one


def test_a_number_is_the_same_however_python_holds_it():
    """A form gives 50000, a file 50000.0: every number field, as either, a few at a time and all together."""
    study = dataclasses.replace(load_study(EXAMPLE), peak={"wallonie": 1.0})
    limits = dataclasses.replace(study.limits, number=4, budget=50_000.0)
    rules = dataclasses.replace(study.rules, helper_hours_year=120.0)
    whole = numbers(dataclasses.replace(study, limits=limits, rules=rules), lambda n: float(round(n)))
    whole = read_study(write_study(whole))
    said = fingerprint(whole)
    draw = random.Random(1)
    changes = [int, float, np.int64, np.float64, *[lambda n: draw.choice((int, float))(n)] * 40]

    for change in changes:
        built = numbers(whole, change)
        assert built == whole
        assert fingerprint(built) == said
        assert fingerprint(read_study(write_study(built))) == said


def test_the_fingerprint_changes_with_any_field(value):
    value["demand"][0]["requests"] += 1

    assert fingerprint(read_study(json.dumps(value))) != fingerprint(load_study(EXAMPLE))


MISTAKES = [
    (("format",), "other", "$.format", "versants-mesh-study-1"),
    (("demand", 3, "commune"), "34022", "$.demand[3].commune", "BE-34022"),
    (("demand", 3, "mode"), "fax", "$.demand[3].mode", "on_site, phone, video"),
    (("demand", 0, "minutes"), 0, "$.demand[0].minutes", "above 0"),
    (("demand", 0, "requests"), -1, "$.demand[0].requests", "0 or more"),
    (("demand", 0, "simple"), [0.5, 0.2], "$.demand[0].simple", "lower one first"),
    (("demand", 0, "band"), "night", "$.demand[0].band", "office, evening"),
    (("people", 1, "languages"), {}, "$.people[1].languages", "one to four"),
    (("people", 1, "languages", "ukr"), "C2", "$.people[1].languages.ukr", "basic, working, full"),
    (("people", 0, "hours", "office"), 99, "$.people[0].hours.office", "from 0 to 40"),
    (("people", 0, "kind"), "friend", "$.people[0].kind", "sworn"),
    (("candidates", 0, "most"), 1.5, "$.candidates[0].most", "whole"),
    (("limits",), {}, "$.limits", "a number or a budget"),
    (("rules", "border"), "half", "$.rules.border", "open, closed"),
    (("rules", "helper"), True, "$.rules.helper", "unknown field"),
    (("behaviour", "season"), [1] * 11, "$.behaviour.season", "twelve"),
    (("travel", "knots_km"), [0, 0], "$.travel.knots_km", "rising"),
    (("travel", "provider"), "osrm", "$.travel", "'url'"),
    (("bands", 0, "end"), 8, "$.bands[0].end", "after 9"),
    (("bands", 1, "start"), 16.5, "$.bands[1]", "weekday 1 from 16.5 to 17 is office's too"),
    (("peak",), {"hdf": 9}, "$.peak.hdf", "hauts-de-france, wallonie, west-vlaanderen"),
    (("communes", 0, "country"), "be", "$.communes[0].country", "two capital letters"),
    (("communes", 0, "country"), "FR", "$.communes[0].country", "BE, the country in the uid BE-34022"),
    (("people", 1, "sides"), ["Belgium"], "$.people[1].sides[0]", "(BE, FR)"),
    (("people", 1, "sides"), ["BE", "France"], "$.people[1].sides[1]", "(BE, FR)"),
    (("candidates", 0, "sides"), ["DE"], "$.candidates[0].sides[0]", "(BE, FR)"),
    (("fairness",), {"meaning": "worst_language"}, "$.fairness", "above 0"),
    (("fairness",), {"meaning": "worst_versant", "weight": 0}, "$.fairness.weight", "above 0"),
    (("fairness", "chosen_on"), "31/12/2099", "$.fairness.chosen_on", "as 2026-11-27"),
    (("fairness", "chosen_on"), "2026-02-30", "$.fairness.chosen_on", "as 2026-11-27"),
    (("fairness", "chosen_on"), "2099-12-31", "$.fairness.chosen_on", "not after today (2026-11-28)"),
    (("travel", "date"), "last week", "$.travel.date", "a year"),
    (("travel", "date"), "2027", "$.travel.date", "not after today"),
]


@pytest.mark.parametrize(("where", "wrong", "path", "expected"), MISTAKES)
def test_a_mistake_is_named_by_its_path_and_what_is_expected(value, where, wrong, path, expected):
    inside = value
    for step in where[:-1]:
        inside = inside[step]
    inside[where[-1]] = wrong

    with pytest.raises(PathError) as caught:
        read_study(json.dumps(value), date(2026, 11, 28))

    assert caught.value.path == path
    assert expected in str(caught.value)


RIGHT = [
    (("fairness", "chosen_on"), "2026-11-28"),
    (("travel", "date"), "2026-10"),
    (("travel", "date"), "2022"),
    (("people", 1, "sides"), ["BE", "NL"]),  # a mandate may reach beyond the communes of a study
    (("bands", 1, "weekdays"), [6, 7]),
]


@pytest.mark.parametrize(("where", "right"), RIGHT)
def test_what_only_looks_like_a_slip_is_taken(value, where, right):
    value[where[0]] = copy.deepcopy(value[where[0]])
    inside = value
    for step in where[:-1]:
        inside = inside[step]
    inside[where[-1]] = right

    assert read_study(json.dumps(value), date(2026, 11, 28)).name


@pytest.mark.parametrize(
    ("field", "again", "path"),
    [
        ('"limits"', '"limits": {"number": 9}, "limits"', "$.limits"),
        ('"helpers"', '"helpers": false, "helpers"', "$.rules.helpers"),
        ('"commune"', '"commune": "BE-34022", "commune"', "$.demand[0].commune"),
    ],
)
def test_a_field_given_twice_is_named(field, again, path):
    text = EXAMPLE.read_text()
    where = text.index(field) if path != "$.demand[0].commune" else text.index(field, text.index('"demand"'))

    with pytest.raises(PathError, match="given twice") as caught:
        read_study(text[:where] + again + text[where + len(field) :])
    assert caught.value.path == path


def test_a_language_nobody_asks_for_is_a_warning(value, tmp_path, capsys):
    value["people"][0]["languages"] = {"PRS": "full", "ukr": "full"}
    value["candidates"][0]["languages"] = {"PRS": "full", "hye": "full"}
    study = read_study(json.dumps(value))

    assert warnings(load_study(EXAMPLE)) == []
    assert warnings(study) == [
        "$.people[0].languages.PRS and 1 more: nobody asks for this language; prs is asked for",
        "$.candidates[0].languages.hye: nobody asks for this language",
    ]
    (tmp_path / "s.json").write_text(json.dumps(value))
    assert main(["plan", str(tmp_path / "s.json"), "--seconds", "1", "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["objective"] > 0
    assert err.splitlines() == [f"{tmp_path / 's.json'}: {line}" for line in warnings(study)]


def test_the_same_five_digits_on_both_sides_are_two_communes(value):
    for uid, country in (("FR-62003", "FR"), ("BE-62003", "BE")):
        value["communes"].append({**value["communes"][0], "uid": uid, "country": country})
    value["demand"][0]["commune"] = "62003"

    with pytest.raises(PathError, match="BE-62003 or FR-62003"):
        read_study(json.dumps(value))


def test_twice_the_same_person_or_text_that_is_no_json(value):
    value["people"].append(copy.deepcopy(value["people"][0]))
    with pytest.raises(PathError, match="p1"):
        read_study(json.dumps(value))
    with pytest.raises(FormatError) as caught:
        read_study('{"format":\n oops}')
    assert (caught.value.line, caught.value.column) == (2, 2)


def test_a_study_made_in_python_is_checked_too():
    study = load_study(EXAMPLE)
    with pytest.raises(InstanceError, match="nowhere"):
        dataclasses.replace(study, people=(dataclasses.replace(study.people[0], home="nowhere"),))


def test_the_published_schema_names_the_same_fields():
    schema = json.loads(SCHEMA.read_text())
    study = study_json(load_study(EXAMPLE))

    def names(cls):
        return {one.name for one in dataclasses.fields(cls)}

    parts = schema["properties"]
    assert set(parts) == {"format", *names(s.Study)} == set(study)
    for part, cls in (("communes", s.Commune), ("bands", s.Band), ("demand", s.Demand)):
        assert set(parts[part]["items"]["properties"]) == names(cls)
    for part, cls in (("people", s.Person), ("candidates", s.Candidate)):
        assert set(parts[part]["items"]["properties"]) == {"hours_week", *names(cls)}
    sections = {
        "limits": s.Limits,
        "standard": s.Standard,
        "rules": s.Rules,
        "fairness": s.Fairness,
        "travel": s.TravelSource,
        "behaviour": s.Behaviour,
    }
    for part, cls in sections.items():
        assert set(parts[part]["properties"]) == names(cls)


def test_a_study_from_before_late_cancellations_and_sudden_illness_keeps_its_fingerprint():
    """That of the example as results stored it before there were such fields."""
    study = load_study(EXAMPLE)
    assert (study.behaviour.cancelled_late, study.behaviour.absence_unforeseen) == (0, 0)
    assert not {"cancelled_late", "absence_unforeseen"} & set(study_json(study)["behaviour"])
    assert fingerprint(study) == "c9c571d11c52f5865caa48ee85cdf6c6e7ff439be1b8665a82f1f431ab62a38a"
    how = dataclasses.replace(study.behaviour, cancelled_late=0.05, absence_unforeseen=0.5)
    told = dataclasses.replace(study, behaviour=how)
    assert fingerprint(told) != fingerprint(study)
    assert read_study(write_study(told)) == told


def test_no_more_is_cancelled_late_than_is_cancelled():
    value = study_json(load_study(EXAMPLE))
    value["behaviour"] |= {"cancelled": 0.05, "cancelled_late": 0.06}
    with pytest.raises(PathError, match=r"0\.06 of requests are cancelled late, no more than the 0\.05"):
        read_study(json.dumps(value))
