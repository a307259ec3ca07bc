"""JSON forms, schemas, patches and the command line."""

from __future__ import annotations

import gzip
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest

from versants_libs.dispatch import (
    ENGINE,
    FormatError,
    MaxIterations,
    PatchRefused,
    Plan,
    apply_patch,
    check,
    plan_from_json,
    plan_to_json,
    problem_from_json,
    problem_to_json,
    solve,
)
from versants_libs.dispatch.cli import main
from versants_libs.dispatch.io import dumps
from versants_libs.dispatch.patching import locate, pointer

from .builders import person, plan, problem, visit
from .days import busy_day
from .worlds import enriched, random_problem, shared, softened, timed

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = ROOT / "docs" / "schema"


def schema(name):
    return json.loads((SCHEMAS / f"dispatch-{name}.json").read_text(encoding="utf-8"))


def conforms(value, rule, root, path=""):
    """The parts of JSON Schema that the two schemas use; yields what is wrong."""
    if "$ref" in rule:
        rule = root["$defs"][rule["$ref"].rsplit("/", 1)[1]]
    if "anyOf" in rule:
        if all(list(conforms(value, one, root)) for one in rule["anyOf"]):
            yield f"{path}: none of anyOf"
        return
    if "const" in rule and value != rule["const"]:
        yield f"{path}: const"
    if "enum" in rule and value not in rule["enum"]:
        yield f"{path}: enum"
    kinds = rule.get("type", [])
    names = {
        dict: "object",
        list: "array",
        str: "string",
        bool: "boolean",
        int: "integer",
        float: "number",
        type(None): "null",
    }
    if kinds and names.get(type(value)) not in ([kinds] if isinstance(kinds, str) else kinds):
        yield f"{path}: {kinds}"
        return
    if isinstance(value, int) and not rule.get("minimum", value) <= value <= rule.get("maximum", value):
        yield f"{path}: range"
    if isinstance(value, list):
        if not rule.get("minItems", 0) <= len(value) <= rule.get("maxItems", len(value)):
            yield f"{path}: length"
        for i, item in enumerate(value):
            yield from conforms(item, rule.get("items", {}), root, f"{path}/{i}")
    if isinstance(value, dict):
        known = rule.get("properties", {})
        for name in rule.get("required", ()):
            if name not in value:
                yield f"{path}: {name} missing"
        for name, item in value.items():
            other = rule.get("additionalProperties", {})
            if name not in known and other is False:
                yield f"{path}: {name} unknown"
            else:
                yield from conforms(item, known.get(name, other), root, f"{path}/{name}")


def test_json_forms_come_back_and_follow_the_schemas():
    for seed in range(60):
        made = random_problem(random.Random(seed), people=4, visits=4, slots=3)
        if seed % 2:
            made = softened(random.Random(seed), made)
        if seed % 3:
            made = enriched(random.Random(seed), made)
        if seed % 5:
            made = timed(random.Random(seed), shared(random.Random(seed), made))
        found = solve(made, stop=MaxIterations(3), seed=seed).plan
        text, plan_text = dumps(problem_to_json(made)), dumps(plan_to_json(found))
        assert problem_from_json(json.loads(text)) == made
        assert plan_from_json(json.loads(plan_text)) == found
        for name, value in (("problem", json.loads(text)), ("plan", json.loads(plan_text))):
            assert list(conforms(value, schema(name), schema(name))) == []


def test_published_plan_travels_with_the_problem():
    made = problem(person(), visit(), published=plan(v={"a": ("ana", 100)}))
    assert problem_from_json(json.loads(dumps(problem_to_json(made)))) == made


def test_schemas_know_every_field_of_the_reader():
    from versants_libs.dispatch import io

    defs = schema("problem")["$defs"]
    assert set(schema("problem")["properties"]) == {"format", *io._PROBLEM}
    for name, fields in (
        ("person", io._PERSON),
        ("visit", io._VISIT),
        ("slot", io._SLOT),
        ("link", io._LINK),
        ("travel_band", io._BAND),
    ):
        assert set(defs[name]["properties"]) == set(fields)


GOOD = problem_to_json(problem(person(), visit()))


@pytest.mark.parametrize(
    ("patch", "path", "said"),
    [
        ({"op": "remove", "path": "/travel"}, (), "travel is missing"),
        ({"op": "add", "path": "/format", "value": "other"}, ("format",), "unknown format"),
        ({"op": "add", "path": "/visits/v/wndows", "value": []}, ("visits", "v", "wndows"), "unknown field"),
        ({"op": "add", "path": "/visits/v/duration", "value": 1.5}, ("visits", "v", "duration"), "1.5 found"),
        ({"op": "add", "path": "/visits/v/crisis", "value": 1}, ("visits", "v", "crisis"), "true or false"),
        ({"op": "add", "path": "/visits/v/mode", "value": "fax"}, ("visits", "v", "mode"), "phone"),
        ({"op": "add", "path": "/visits/v/duration", "value": 0}, ("visits", "v"), "no time"),
        ({"op": "add", "path": "/people/ana", "value": []}, ("people", "ana"), "an object expected"),
        ({"op": "add", "path": "/travel/1/1", "value": "x"}, ("travel", 1, 1), "whole number"),
        ({"op": "add", "path": "/days", "value": [[1]]}, ("days", 0), "two whole numbers"),
        ({"op": "add", "path": "/places", "value": 5}, ("places",), "a list expected"),
    ],
)
def test_wrong_form_names_its_place(patch, path, said):
    with pytest.raises(FormatError, match=said) as caught:
        problem_from_json(apply_patch(GOOD, [patch]))
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ({"op": "add", "path": "/b/-", "value": 3}, {"a": {"x/y": 1}, "b": [1, 2, 3]}),
        ({"op": "add", "path": "/b/0", "value": 0}, {"a": {"x/y": 1}, "b": [0, 1, 2]}),
        ({"op": "replace", "path": "/a/x~1y", "value": 5}, {"a": {"x/y": 5}, "b": [1, 2]}),
        ({"op": "remove", "path": "/b/1"}, {"a": {"x/y": 1}, "b": [1]}),
        ({"op": "move", "from": "/b/0", "path": "/c"}, {"a": {"x/y": 1}, "b": [2], "c": 1}),
        ({"op": "copy", "from": "/b", "path": "/a/b"}, {"a": {"x/y": 1, "b": [1, 2]}, "b": [1, 2]}),
        ({"op": "test", "path": "/b", "value": [1, 2]}, {"a": {"x/y": 1}, "b": [1, 2]}),
    ],
)
def test_patch_operations(operation, expected):
    value = {"a": {"x/y": 1}, "b": [1, 2]}
    assert apply_patch(value, [operation]) == expected
    assert value == {"a": {"x/y": 1}, "b": [1, 2]}


@pytest.mark.parametrize(
    "patch",
    [
        {},
        [{"op": "add", "path": "/z"}],
        [{"op": "jump", "path": "/b"}],
        [{"op": "remove", "path": "/z"}],
        [{"op": "remove", "path": ""}],
        [{"op": "add", "path": "b", "value": 1}],
        [{"op": "add", "path": "/b/7", "value": 1}],
        [{"op": "move", "from": "/b", "path": "/b/0"}],
    ],
)
def test_patch_that_cannot_be_applied(patch):
    with pytest.raises(FormatError):
        apply_patch({"b": [1]}, patch)


def test_patch_test_tells_true_from_one():
    with pytest.raises(PatchRefused):
        apply_patch({"b": True}, [{"op": "test", "path": "/b", "value": 1}])


def test_locate_finds_line_and_column():
    text = '{\n "a": [10,\n  {"b/c": "}"}],\n "d": 1}'
    assert [locate(text, path) for path in [(), ("a", 1), ("a", 1, "b/c"), ("d",), ("a", 9)]] == [
        (1, 1),
        (3, 3),
        (3, 11),
        (4, 7),
        (2, 7),
    ]
    assert pointer("a", 1, "b/c~") == "/a/1/b~1c~0"


# The command line


@pytest.fixture
def files(tmp_path):
    """A day on disk, and a short way to run commands on it."""
    instance = tmp_path / "day.json"
    instance.write_text(dumps(problem_to_json(busy_day(24, 12))), encoding="utf-8")
    return tmp_path


def run(capsys, *words):
    code = main([str(word) for word in words])
    out = capsys.readouterr()
    return code, out.out, out.err


def answer(capsys, *words):
    code, out, _ = run(capsys, *words, "--json")
    return code, json.loads(out)


def test_cli_plan_then_check_rank_explain_suggest_diff(files, capsys):
    day, made = files / "day.json", files / "plan.json"
    words = [day, "--iterations", 40, "--seed", 3, "--out", made, "--trace", files / "trace.csv"]
    code, value = answer(capsys, *words)
    assert code == 0
    assert value["feasible"] is True
    assert (value["engine"], value["iterations"]) == (ENGINE, 40)
    assert sum(value["terms"].values()) == value["cost"] >= value["lower_bound"]
    assert (files / "trace.csv").read_text().splitlines()[-1].split(",")[2] == str(value["cost"])
    first = made.read_bytes()
    assert answer(capsys, *words)[0] == 0
    assert made.read_bytes() == first  # same seed and iterations: the same file

    code, checked = answer(capsys, "check", day, made)
    assert (code, checked["feasible"], checked["violations"]) == (0, True, [])
    assert checked["cost"] == value["cost"]

    served = next(iter(json.loads(first)["visits"]))
    code, ranked = answer(capsys, "rank", day, made, served, "--top", 2)
    assert code == 0
    best = ranked["teams"][0]
    (files / "p.json").write_text(json.dumps(best["patch"]))
    assert run(capsys, "patch", made, files / "p.json", "--out", files / "b.json.gz")[0] == 0
    code, after = answer(capsys, "check", day, files / "b.json.gz")
    assert (code, after["cost"]) == (0, value["cost"] + best["delta"]["total"])

    code, told = answer(capsys, "diff", made, files / "b.json.gz")
    assert code == 0
    assert [change["visit"] for change in told["changes"]] in ([], [served])
    assert answer(capsys, "diff", made, made) == (0, {"changes": []})

    code, times = answer(capsys, "suggest", day, made, served)
    assert code == 0
    assert 1 <= len(times["starts"]) <= 3
    (files / "p.json").write_text(json.dumps(times["starts"][0]["patch"]))
    assert run(capsys, "patch", made, files / "p.json", "--out", files / "c.json")[0] == 0
    assert run(capsys, "check", day, files / "c.json")[0] == 0
    assert value["unassigned"]  # this day asks too much, on purpose


def test_cli_every_why_not_can_be_proved(files, capsys):
    """As somebody outside would: patch, then check."""
    day, made = files / "day.json", files / "plan.json"
    _, value = answer(capsys, day, "--iterations", 5, "--out", made)
    code, told = answer(capsys, "explain", day, made, value["unassigned"][0])
    assert (code, told["n_teams"]) == (0, 0)
    assert len(told["candidates"]) >= 24
    other, patch = files / "other.json", files / "patch.json"
    for one in told["candidates"][::5]:
        patch.write_text(json.dumps(one["plan_patch"]))
        assert run(capsys, "patch", made, patch, "--out", other)[0] == 0
        code, checked = answer(capsys, "check", day, other)
        assert code == 1
        assert one["rule"] in {violation["rule"] for violation in checked["violations"]}
    assert told["relaxations"]
    for one in told["relaxations"]:
        patch.write_text(json.dumps(one["instance_patch"]))
        assert run(capsys, "patch", day, patch, "--out", files / "wider.json")[0] == 0
        patch.write_text(json.dumps(one["plan_patch"]))
        assert run(capsys, "patch", made, patch, "--out", other)[0] == 0
        assert run(capsys, "check", files / "wider.json", other)[0] == 0


def test_cli_speaks_to_people_too(files, capsys):
    day, made = files / "day.json", files / "plan.json"
    _, out, _ = run(capsys, day, "--iterations", 0, "--out", made)
    assert "of 12 visits placed" in out
    assert run(capsys, "check", day, made)[1].startswith("0 violations")
    assert "teams possible" in run(capsys, "explain", day, made, "v0")[1]
    assert run(capsys, "diff", made, made)[1] == "No difference.\n"


@pytest.mark.parametrize(
    ("text", "where", "said"),
    [
        ('{"format": ,}', ":1:12:", "not JSON"),
        ('{\n "format": "x"}', ":1:1:", "travel is missing"),
        ("[]", ":1:1:", "an object expected"),
        ("[" * 100_000, ":1:1:", "nested too deeply"),
    ],
)
def test_cli_bad_file_is_exit_2_with_line_and_column(tmp_path, capsys, text, where, said):
    bad = tmp_path / "bad.json"
    bad.write_text(text)
    code, out, err = run(capsys, bad, "--out", tmp_path / "plan.json", "--json")
    assert (code, out) == (2, "")
    assert where in err
    assert said in err
    assert not (tmp_path / "plan.json").exists()


def test_cli_contradiction_points_at_the_thing(tmp_path, capsys):
    value = problem_to_json(problem(person(), visit()))
    value["visits"]["v"]["place"] = 7
    text = dumps(value)
    bad = tmp_path / "bad.json"
    bad.write_text(text)
    code, _, err = run(capsys, bad, "--out", tmp_path / "plan.json")
    line = next(i for i, row in enumerate(text.splitlines(), 1) if row.strip().startswith('"v":'))
    assert code == 2
    assert err == f"{bad}:{line}:8: place 7 is not in the travel matrix [v]\n"


def test_cli_exits(files, capsys):
    day, made = files / "day.json", files / "plan.json"
    assert run(capsys, day, "--iterations", 1, "--out", made)[0] == 0
    assert run(capsys, files / "none.json", "--out", made)[0] == 2
    assert run(capsys, day)[0] == 2  # --out is missing
    assert run(capsys, day, "--format", "hhcrsp", "--out", made)[0] == 2  # a day of the wrong form
    assert run(capsys, day, "--seconds", -1, "--out", made)[0] == 2
    assert run(capsys, "rank", day, made, "nothing")[0] == 2
    assert run(capsys, day, "--engine", "fast", "--out", made)[0] == 2
    assert run(capsys, day, "--threads", 0, "--out", made)[0] == 2
    assert run(capsys, day, "--iterations", 1, "--out", files / "no" / "plan.json")[0] == 3
    assert run(capsys, "-h")[0] == 0
    (files / "pilot.json").write_text(dumps(problem_to_json(problem(person(roles=()), visit()))))
    (files / "empty.json").write_text(dumps(plan_to_json(Plan())))
    assert run(capsys, "rank", files / "pilot.json", files / "empty.json", "v")[0] == 1
    (files / "test.json").write_text(json.dumps([{"op": "test", "path": "/horizon", "value": 1}]))
    assert run(capsys, "patch", day, files / "test.json", "--out", made)[0] == 1


def test_cli_reads_packed_files(tmp_path, capsys):
    made = problem(person(), visit())
    (tmp_path / "day.json.gz").write_bytes(gzip.compress(dumps(problem_to_json(made)).encode()))
    assert run(capsys, tmp_path / "day.json.gz", "--iterations", 1, "--out", tmp_path / "p.json.gz")[0] == 0
    value = json.loads(gzip.decompress((tmp_path / "p.json.gz").read_bytes()))
    assert check(made, plan_from_json(value)) == []


def test_cli_interrupted_writes_the_best_so_far(files):
    command = [sys.executable, "-m", "versants_libs.dispatch.cli", files / "day.json", "--seconds", "60"]
    out = files / "plan.json"
    child = subprocess.Popen(
        [*command, "--out", out, "--json"], cwd=ROOT, stdout=subprocess.PIPE, env={**os.environ}, text=True
    )
    time.sleep(1.5)
    child.send_signal(signal.SIGINT)
    text, _ = child.communicate(timeout=20)
    assert child.returncode == 130
    assert json.loads(text)["feasible"] is True
    assert plan_from_json(json.loads(out.read_text())).assignments


@pytest.mark.parametrize("engine", ["native", "python"])
def test_cli_says_when_no_native_search_was_built(files, capsys, monkeypatch, engine):
    monkeypatch.setattr("versants_libs.dispatch.cli.ENGINE", engine)
    _, said, _ = run(capsys, files / "day.json", "--iterations", 1, "--out", files / "plan.json")
    assert ("plain Python, more slowly" in said) == (engine == "python")


def test_cli_draws_the_plan(files, capsys):
    drawing = files / "plan.svg"
    words = [files / "day.json", "--iterations", 20, "--out", files / "plan.json", "--draw", drawing]
    assert run(capsys, *words)[0] == 0
    root = ElementTree.fromstring(drawing.read_text())
    titles = [one.text for one in root.iter("{http://www.w3.org/2000/svg}title")]
    made = plan_from_json(json.loads((files / "plan.json").read_text()))
    n_services = sum(len(one.services) for one in made.assignments.values())
    assert len(titles) == 1 + n_services
    assert titles[0].startswith(f"{len(made.assignments)} of ")
