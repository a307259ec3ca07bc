"""STUDY.json: read, written, and every mistake named by its place."""

from __future__ import annotations

import copy
import dataclasses
import json
from pathlib import Path

import pytest

from versants_libs.coverage import study as s
from versants_libs.coverage.errors import FormatError, InstanceError
from versants_libs.coverage.study_files import (
    PathError,
    fingerprint,
    load_study,
    read_study,
    study_json,
    write_study,
)

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
]


@pytest.mark.parametrize(("where", "wrong", "path", "expected"), MISTAKES)
def test_a_mistake_is_named_by_its_path_and_what_is_expected(value, where, wrong, path, expected):
    inside = value
    for step in where[:-1]:
        inside = inside[step]
    inside[where[-1]] = wrong

    with pytest.raises(PathError) as caught:
        read_study(json.dumps(value))

    assert caught.value.path == path
    assert expected in str(caught.value)


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
