"""Drawings: where places lie, that nothing of a plan is missing or twice, and that a drawing is a sound file."""

from __future__ import annotations

import json
import math
import random
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from versants_libs.dispatch import (
    Coordinates,
    InstanceError,
    MaxIterations,
    Mode,
    Plan,
    Shift,
    Slot,
    gantt,
    problem_from_json,
    problem_to_json,
    sheet,
    solve,
)
from versants_libs.dispatch.benchmarks import hhcrsp
from versants_libs.dispatch.cli import main
from versants_libs.dispatch.io import dumps, read_text
from versants_libs.dispatch.layout import by_travel, on_paper
from versants_libs.dispatch.page import COLOURS

from .builders import person, plan, problem, visit
from .test_files import conforms, schema
from .worlds import random_problem

DATA = Path(__file__).with_name("data")
SVG, HTML = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xhtml}"


def page(made, found, **more):
    """The sheet as a tree: it is well-formed XML after its first line."""
    first, rest = sheet(made, found, **more).split("\n", 1)
    assert first == "<!DOCTYPE html>"
    return ElementTree.fromstring(rest)


def titles(root, css):
    """The titles of groups of that class."""
    return [g.find(f"{SVG}title").text for g in root.iter(f"{SVG}g") if css in g.get("class", "").split()]


def rows(root):
    """The cells of the table's body."""
    return [["".join(cell.itertext()) for cell in row] for row in root.iter(f"{HTML}tr")][1:]


# Where places lie


def distances(points):
    return [[math.dist(a, b) for b in points] for a in points]


@pytest.mark.parametrize("n", [1, 2, 3, 20, 150])
def test_layout_by_travel_gives_the_distances_of_a_plane_back(n):
    rng = random.Random(n)
    points = [(rng.uniform(0, 9000), rng.uniform(0, 4000)) for _ in range(n)]
    travel = tuple(tuple(round(cell) for cell in row) for row in distances(points))
    found = distances(by_travel(travel, range(n)))
    assert max(abs(found[i][j] - travel[i][j]) for i in range(n) for j in range(n)) < 3


def test_layout_by_travel_takes_the_mean_of_there_and_back():
    # 3 there and 5 back: 4 apart, around the middle
    assert sorted(x for x, _ in by_travel(((0, 3), (5, 0)), [0, 1])) == pytest.approx([-2, 2])


def test_layout_by_travel_bears_places_that_are_one_and_distances_of_no_plane():
    assert by_travel(((0, 0), (0, 0)), [0, 1]) == [(0, 0), (0, 0)]
    assert by_travel(((0,),), []) == []
    # Four places one apart from each other need three dimensions; 3 > 1 + 1 needs none that exists.
    for cells in (
        ((0, 1, 1, 1), (1, 0, 1, 1), (1, 1, 0, 1), (1, 1, 1, 0)),
        ((0, 1, 3), (1, 0, 1), (3, 1, 0)),
    ):
        assert all(math.isfinite(x) for point in by_travel(cells, range(len(cells))) for x in point)


def test_a_degree_of_longitude_is_as_wide_as_it_is_there():
    # At 60 degrees north half a degree of latitude.
    square = Coordinates(((3.0, 59.5), (4.0, 60.5)))
    (x1, y1), (x2, y2) = on_paper(square, [0, 1])
    assert (x2 - x1) / (y2 - y1) == pytest.approx(0.5)
    assert on_paper(square._replace(degrees=False), [1]) == [(4.0, 60.5)]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (Coordinates(((0, 0), (1, 1))), "2 coordinates for 3 places"),
        (Coordinates(((0, 0), (1, 1), (181, 0))), "longitude"),
        (Coordinates(((0, 0), (1, 1), (0, -91))), "latitude"),
        (Coordinates(((0, 0), (1, 1), (math.nan, 0)), degrees=False), "finite"),
    ],
)
def test_impossible_coordinates_are_refused(given, said):
    with pytest.raises(InstanceError, match=said):
        problem(person(), visit(), coordinates=given)


def test_coordinates_travel_with_the_problem_and_follow_the_schema():
    for given in (
        Coordinates(((3.06, 50.63), (-3, 50), (2.5e-7, 51))),
        Coordinates(((0, 0), (1, 1), (300, 4)), False),
    ):
        made = problem(person(), visit(), coordinates=given)
        value = json.loads(dumps(problem_to_json(made)))
        assert problem_from_json(value) == made
        assert list(conforms(value, schema("problem"), schema("problem"))) == []


# What a drawing holds


def test_every_served_slot_is_drawn_once_in_every_part():
    for seed in range(25):
        made = random_problem(random.Random(seed), people=5, visits=6, slots=3)
        found = solve(made, stop=MaxIterations(20), seed=seed).plan
        visits = {one.id: one for one in made.visits}
        served = Counter(
            (service.person, name, slot)
            for name, assignment in found.assignments.items()
            for slot, service in assignment.services.items()
        )
        root = page(made, found)
        assert Counter((row[0], row[2], row[3]) for row in rows(root)) == served
        there = Counter(
            (who, name)
            for who, name, slot in served
            if visits[name].place_of(visits[name].slot(slot)) is not None
        )
        marks = [re.match(r"(\w+), stop \d+: (\w+),", title) for title in titles(root, "stop")]
        assert Counter((m[1], m[2]) for m in marks) == there
        bars = [e for e in root.iter(f"{SVG}rect") if e.get("class") == "stop"]
        assert len(bars) == sum(served.values())


def test_a_day_as_rows_legs_and_rings():
    # Ana: home 0 to v at 1, w at 2, home. Ben joins her at w. x is left out.
    pair = (Slot(id="a", role="psy"), Slot(id="b", role="psy"))
    made = problem(
        person(),
        person("ben"),
        visit(),
        visit("w", place=2, slots=pair),
        visit("x", place=1),
        places=("Home", "Lille", "Mons"),
    )
    root = page(made, plan(v={"a": ("ana", 60)}, w={"a": ("ana", 300), "b": ("ben", 300)}))
    assert rows(root) == [
        ["ana", "1", "v", "a", "00:01", "00:02", "Lille", "1 min", ""],
        ["ana", "2", "w", "a", "00:05", "00:06", "Mons", "1 min", "ben"],
        ["ben", "1", "w", "b", "00:05", "00:06", "Mons", "1 min", "ana"],
    ]
    legs = [g for g in root.iter(f"{SVG}g") if "leg" in g.get("class", "").split()]
    assert [len(g) for g in legs] == [3, 2]
    ends = [[(line.get("x1"), line.get("y1")), (line.get("x2"), line.get("y2"))] for line in legs[0]]
    assert [a[1] for a in ends[:-1]] == [b[0] for b in ends[1:]]
    assert ends[0][0] == ends[-1][1]
    rings = [
        g
        for g in root.iter(f"{SVG}g")
        if "stop" in g.get("class", "") and g.find(f"{SVG}circle[@class='ring']") is not None
    ]
    assert len(rings) == 2
    text = " ".join(root.itertext())
    assert "2 of 3 visits, 2 people" in text
    assert "Without a team: x." in text
    assert "x: without a team" in text
    assert "Start or end of ana, ben" in text


def test_a_call_is_a_row_and_not_a_place():
    made = problem(person(), visit(), visit("call", mode=Mode.PHONE, place=None), visit("w", place=2))
    root = page(made, plan(v={"a": ("ana", 60)}, call={"a": ("ana", 300)}, w={"a": ("ana", 500)}))
    assert [row[6] for row in rows(root)] == ["1", "remote", "2"]
    assert len(titles(root, "stop")) == 2
    assert [len(g) for g in root.iter(f"{SVG}g") if "leg" in g.get("class", "")] == [3]


def test_two_shifts_are_two_ways_and_other_days_are_named():
    day = 86_400
    ana = person(shifts=(Shift(0, 1000, 0, 0), Shift(day, day + 1000, 2, 2)))
    made = problem(ana, visit(), visit("w", windows=((day, day + 500),)), horizon=2 * day)
    root = page(made, plan(v={"a": ("ana", 60)}, w={"a": ("ana", day + 120)}))
    assert [len(g) for g in root.iter(f"{SVG}g") if "leg" in g.get("class", "")] == [4]
    assert [(row[4], row[7]) for row in rows(root)] == [("00:01", "1 min"), ("02 Jan 00:02", "1 min")]


def test_the_map_says_where_its_places_come_from():
    made, found = problem(person(), visit()), plan(v={"a": ("ana", 60)})
    assert "No coordinates were given" in sheet(made, found)
    placed = replace(made, coordinates=Coordinates(((3.0, 50.6), (3.1, 50.7), (3.2, 50.8))))
    text = sheet(placed, found)
    assert "Places lie where they are; north is up." in text
    assert "No coordinates were given" not in text
    # North is up, east to the right: the visit (place 1) lies above and to the right of home (place 0).
    line = next(page(placed, found).iter(f"{SVG}line"))
    x1, y1, x2, y2 = (float(line.get(name)[:-1]) for name in ("x1", "y1", "x2", "y2"))
    assert x2 > x1
    assert y2 < y1


def test_names_from_outside_are_only_text():
    bad = "<script>alert('1')</script>&\"x\""
    made = problem(
        person(bad), visit(bad, slots=(Slot(id=bad, role="psy"),)), visit("o" + bad), places=(bad, bad, bad)
    )
    found = plan(**{bad: {bad: (bad, 60)}})
    for text in (sheet(made, found), gantt(made, found)):
        assert "<script" not in text
        assert "onload" not in text
    root = page(made, found)
    assert rows(root)[0][:4] == [bad, "1", bad, bad]
    assert titles(root, "stop")[0].startswith(f"{bad}, stop 1: {bad},")
    assert not list(root.iter(f"{HTML}script"))
    ElementTree.fromstring(gantt(made, found))


def test_an_empty_plan_is_a_drawing_too():
    made = problem(person(), visit())
    assert rows(page(made, Plan())) == []
    assert "0 of 1 visits" in gantt(made, Plan())


def test_a_sheet_asks_nothing_of_the_network():
    text = sheet(problem(person(), visit()), plan(v={"a": ("ana", 60)}))
    assert set(re.findall(r"https?://[^\"]+", text)) == {
        "http://www.w3.org/1999/xhtml",
        "http://www.w3.org/2000/svg",
    }
    assert not re.search(r"url\(|@import|<link|src=", text)


def test_every_form_field_and_region_has_a_name():
    root = page(problem(person(), visit()), plan(v={"a": ("ana", 60)}))
    labelled = [field for label in root.iter(f"{HTML}label") for field in label.iter(f"{HTML}input")]
    assert len(labelled) == len(list(root.iter(f"{HTML}input"))) == 2
    ids = {e.get("id") for e in root.iter() if e.get("id")}
    regions = [e for e in root.iter() if e.get("role") == "region"]
    assert len(regions) == 3
    assert {e.get("aria-labelledby") for e in regions} <= ids
    assert all(e.find(f"{SVG}title") is not None for e in root.iter(f"{SVG}svg") if e.get("role") == "img")


def test_colours_are_read_on_their_page_and_carry_their_number():
    def luminance(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [x / 12.92 if x <= 0.03928 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    def contrast(a, b):
        one, two = sorted((luminance(a), luminance(b)), reverse=True)
        return (one + 0.05) / (two + 0.05)

    for light, dark in COLOURS:
        assert contrast(light, "#ffffff") >= 4.5
        assert contrast(dark, "#14191d") >= 4.5
        assert contrast(dark, "#0c1013") >= 4.5


# The benchmark and the command


def instance(number="10_1"):
    return json.loads(read_text(DATA / f"InstanzCPLEX_HCSRP_{number}.json.gz"))


def test_benchmark_places_and_minutes_are_drawn_as_they_are():
    value = instance()
    benchmark = hhcrsp(value)
    made = benchmark.problem
    assert made.coordinates.degrees is False
    assert made.coordinates.points[1] == tuple(value["patients"][0]["location"])
    found = solve(made, stop=MaxIterations(5)).plan
    starts = {
        (stop["patient_id"], stop["service_id"]): stop["arrival_time"]
        for route in json.loads(benchmark.solution(found))["routes"]
        for stop in route["locations"]
    }
    for row in rows(page(made, found, minute=benchmark.minute)):
        hours, minutes = map(int, row[4].split(":"))
        assert 60 * hours + minutes == int(starts[row[2], row[3]])


def test_benchmark_on_real_roads_has_degrees():
    value = instance()
    for one in (value["central_offices"][0], *value["patients"]):
        one["location"] = [-30.0 - one["location"][0] / 1000, -51.0 - one["location"][1] / 1000]
    made = hhcrsp(value).problem
    assert made.coordinates.degrees is True
    assert made.coordinates.points[0][0] == pytest.approx(-51.0, abs=0.1)
    del value["patients"][3]["location"]
    assert hhcrsp(value).problem.coordinates is None


@pytest.mark.parametrize("name", ["plan.html", "plan.htm", "plan.html.gz", "plan.svg"])
def test_command_draws_by_the_name_of_the_file(tmp_path, name):
    words = [DATA / "InstanzCPLEX_HCSRP_10_1.json.gz", "--format", "hhcrsp", "--iterations", 1]
    words += ["--out", tmp_path / "plan.json", "--draw", tmp_path / name]
    assert main([str(word) for word in words]) == 0
    text = read_text(tmp_path / name)
    assert text.startswith("<!DOCTYPE html>" if ".htm" in name else "<svg ")
    ElementTree.fromstring(text.removeprefix("<!DOCTYPE html>"))
