"""What an outsider can call, called as an outsider: the commands in a process of their own, the addresses over HTTP.

Each answer has the shape that docs/reference.md promises, and each refusal its exit code and its sentence.
"""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.dispatch.builders import person, plan, problem, visit
from tests.e2e.product import PROJECT, Running, code_of
from versants.core.access.classes import FACTOR_ROLES, Role
from versants_libs.dispatch import plan_to_json, problem_to_json
from versants_libs.dispatch.io import dumps

WALK = (
    "/r/<str:token>/ /r/<str:token>/<uuid:uid>/ /requests/ /requests/<uuid:uid>/triage/ /board/"
    " /visits/<uuid:uid>/who/ /visits/<uuid:uid>/assign/ /plans/<uuid:uid>/ /today/ /o/<str:token>/"
    " /visits/<uuid:uid>/record/ /people/<str:code>/ /figures/ /jobs/<uuid:uid>/ /components/ /audit/"
    " /accessibility/ /privacy/ /help/<slug:role>/"
)


def call(running: Running, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """``versants ...`` as it is typed, from another folder."""
    return subprocess.run(
        [str(Path(sys.executable).parent / "versants"), *words],
        env=running.env | environment,
        cwd="/",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def answer(running: Running, *words: str, code: int = 0) -> Any:
    """The one JSON value on standard output of a command that ends with ``code``."""
    done = call(running, *words, "--json")
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout)


# Commands that ask the running product


def test_access_matrix(running):
    rows = answer(running, "access-matrix")
    assert {tuple(row) for row in rows} == {("url", "method", "role", "situation", "class", "expected")}
    urls = {row["url"] for row in rows}
    assert set(WALK.split()) - urls == set()
    assert "/api/v1/board/changes" in urls  # an address with a namespace
    assert {row["role"] for row in rows} == {*Role.values, "anonymous"}
    assert {row["situation"] for row in rows} == {"own", "other", "other_versant"}
    assert {row["expected"] for row in rows} == {"open", "refused", "login"}
    assert {
        row["expected"] for row in rows if row["url"] == "/people/<str:code>/" and row["role"] == "funder"
    } == {"refused"}


def test_may_says_yes_and_no(running):
    code = answer(running, "demo", "links")["person"]["code"]
    said = {}
    for reader, data_class in (("elise", "social"), ("pieter", "logistic")):
        words = ("may", f"{reader}@versants.test", data_class, code, "--json")
        done = call(running, *words)
        value = json.loads(done.stdout)
        assert list(value) == ["queryset", "service", "row_security", "because"]
        assert value["queryset"] is value["service"] is value["row_security"]
        assert done.returncode == (0 if value["service"] else 1)
        assert bool(value["because"]) == value["service"]
        said[reader] = value["service"]
    assert said == {"elise": True, "pieter": False}


def _ask_for_a_password(running: Running, address: str) -> None:
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar())).open
    url = f"{running.url}/account/password/reset/"
    with browser(url) as page:
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.read().decode())
    form = {"email": address, "csrfmiddlewaretoken": token[1]}
    with browser(urllib.request.Request(url, urlencode(form).encode(), {"Referer": url})) as page:
        assert page.url.endswith("/account/password/reset/done/")


def test_demonstration_world(running):
    logins = answer(running, "demo", "logins")
    assert {tuple(one) for one in logins} == {
        ("role", "email", "password", "totp_secret", "organisation", "versant", "url")
    }
    assert {one["role"] for one in logins} == set(Role.values)
    must = {one["email"] for one in logins if one["role"] in FACTOR_ROLES}
    assert {one["email"] for one in logins if one["totp_secret"]} == must

    links = answer(running, "demo", "links")
    assert list(links) == ["request", "follow", "offer", "person", "feed"]
    assert list(links["person"]) == ["url", "code"]
    for name in ("request", "follow", "offer"):
        assert links[name].startswith(running.url)
        with urllib.request.urlopen(links[name]) as page:
            assert page.status == 200
            assert page.headers["Referrer-Policy"] == "no-referrer"

    # The links name where it runs, even if the shell that asks does not say so.
    port = running.env["VERSANTS_PORT"]
    without = {key: value for key, value in running.env.items() if key != "VERSANTS_PORT"}
    elsewhere = answer(Running(running.url, without, []), "demo", "links")
    assert f":{port}/r/" in elsewhere["request"]

    scene = answer(running, "demo", "scenario", "crisis-mouscron")
    assert "T17:40:00" in scene["now"]
    assert scene["urls"]
    assert all(url.startswith(running.url) for url in scene["urls"].values())

    # Whatever the hour: somebody asks for another password, and the worker writes to them.
    _ask_for_a_password(running, logins[0]["email"])
    patience = time.monotonic() + 60
    while not (messages := answer(running, "outbox")) and time.monotonic() < patience:
        time.sleep(1)
    assert messages
    assert {tuple(one) for one in messages} >= {
        ("channel", "to", "language", "about", "subject", "body", "at", "file")
    }


def test_reference_data(running):
    counted = answer(running, "territory", "check")
    assert list(counted) == ["communes", "by_versant", "centres", "languages"]
    assert list(counted["by_versant"]) == ["hauts-de-france", "wallonie", "west-vlaanderen"]
    assert sum(counted["by_versant"].values()) == counted["communes"]

    road = answer(running, "travel", "BE-57096", "FR-59350")
    assert list(road) == ["minutes", "km", "provider", "date"]
    assert road["minutes"] > road["km"] * 60 / 130  # nobody drives faster than that


def test_states(running):
    machines = answer(running, "states")
    assert {"booking", "offer"} <= set(machines)
    for machine in machines.values():
        assert {tuple(one) for one in machine["transitions"]} == {("from", "event", "to", "who")}
        named = {one[side] for one in machine["transitions"] for side in ("from", "to")}
        assert named <= set(machine["states"])


def test_database_keys_and_migrations(running):
    assert answer(running, "database", "start")["running"] is True
    status = answer(running, "database", "status")
    assert status["running"] is True
    assert {"app_url", "owner_url", "version", "data"} <= set(status)
    # The product holds it: it stays, and the answer is no.
    assert answer(running, "database", "stop", code=1)["running"] is True
    assert answer(running, "database", "status")["running"] is True

    assert answer(running, "keys", "init") == {"made": False, "file": running.env["VERSANTS_KEYS_FILE"]}
    assert answer(running, "migrate") == {"applied": [], "pending": []}


# Planning: files, no database


@pytest.fixture
def day(tmp_path: Path) -> dict[str, str]:
    """Two psychologists, two visits, one of them placed."""
    made = problem(person("ana"), person("bob"), visit("v"), visit("w", duration=120))
    files = {
        "instance": dumps(problem_to_json(made)),
        "plan": dumps(plan_to_json(plan(v={"a": ("ana", 100)}))),
        "late": dumps(plan_to_json(plan(v={"a": ("ana", 1900)}))),
    }
    for name, text in files.items():
        (tmp_path / f"{name}.json").write_text(text)
    with gzip.open(tmp_path / "packed.json.gz", "wt") as file:
        file.write(files["instance"])
    return {name: str(tmp_path / f"{name}.json") for name in (*files, "out")} | {
        "packed": str(tmp_path / "packed.json.gz")
    }


def test_plan(running, day):
    words = (
        "plan",
        day["packed"],
        "--iterations",
        "20",
        "--seed",
        "1",
        "--threads",
        "1",
        "--out",
        day["out"],
    )
    made = answer(running, *words)
    assert list(made) == [
        "feasible",
        "cost",
        "terms",
        "lower_bound",
        "iterations",
        "seconds",
        "engine",
        "unassigned",
    ]
    assert (made["feasible"], made["unassigned"]) == (True, [])
    first = Path(day["out"]).read_bytes()
    answer(running, *words)
    assert Path(day["out"]).read_bytes() == first  # same seed, same iterations: the same file

    held = answer(running, "plan", "check", day["instance"], day["out"])
    assert list(held) == ["feasible", "violations", "cost", "terms"]
    broken = answer(running, "plan", "check", day["instance"], day["late"], code=1)
    assert set(broken["violations"][0]) == {"rule", "visit", "slot", "person", "margin", "unit"}


def test_plan_questions(running, day, tmp_path):
    teams = answer(running, "plan", "rank", day["instance"], day["plan"], "w", "--top", "10")["teams"]
    assert {"people", "delta", "patch"} <= set(teams[0])
    assert set(teams[0]["delta"]) == {"total", "terms"}
    (tmp_path / "patch.json").write_text(json.dumps(teams[0]["patch"]))
    words = ("plan", "patch", day["plan"], str(tmp_path / "patch.json"), "--out", day["out"])
    assert answer(running, *words) == {"operations": 1}
    assert answer(running, "plan", "check", day["instance"], day["out"])["feasible"] is True

    changes = answer(running, "plan", "diff", day["plan"], day["out"])["changes"]
    assert [(one["visit"], one["from"]) for one in changes] == [("w", None)]
    why = answer(running, "plan", "explain", day["instance"], day["plan"], "w")
    assert {"candidates", "relaxations"} <= set(why)
    starts = answer(running, "plan", "suggest", day["instance"], day["plan"], "w")["starts"]
    assert {"start", "people", "patch"} <= set(starts[0])

    # A visit for which nobody has the language: the answer is no, and everybody's reason is a rule.
    made = json.loads(Path(day["instance"]).read_text())
    made["visits"]["w"]["slots"][0]["role"] = "nobody"
    (tmp_path / "hard.json").write_text(json.dumps(made))
    hard = str(tmp_path / "hard.json")
    assert answer(running, "plan", "rank", hard, day["plan"], "w", code=1) == {"teams": []}
    why = answer(running, "plan", "explain", hard, day["plan"], "w")
    assert {frozenset(one) >= {"person", "slot", "rule", "margin", "unit"} for one in why["candidates"]} == {
        True
    }
    assert {one["person"] for one in why["candidates"]} == {"ana", "bob"}


@pytest.mark.parametrize("name", ["dispatch-problem", "dispatch-plan"])
def test_schema(running, name):
    assert answer(running, "schema", name) == json.loads(
        (PROJECT / "docs/schema" / f"{name}.json").read_text()
    )


# Bad input: 2, a sentence, nothing on standard output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("nonsense", "“nonsense” is no command"),
        ("schema nonsense", "Name one of the schemas: dispatch-plan, dispatch-problem"),
        ("keys nonsense", "invalid choice: 'nonsense' (choose from 'status', 'rotate'"),
        ("database nonsense", "invalid choice: 'nonsense'"),
        (
            "may nobody@versants.test social V7K4-2M8F",
            "no active membership of nobody@versants.test, expected",
        ),
        ("may elise@versants.test secret V7K4-2M8F", "secret is unknown, expected one of logistic"),
        ("may elise@versants.test social V7K4", "V7K4 is not a programme code, expected one like"),
        ("may elise@versants.test social V7K4-2M8F --at soon", "soon is no instant, expected one like"),
        ("may elise@versants.test social V7K4-2M8F --at 2026-13-45", "is no instant, expected one like"),
        ("demo scenario nonsense", "invalid choice: 'nonsense' (choose from 'crisis-mouscron'"),
        ("territory", "required: check"),
        ("travel Mouscron FR-59350", "Did you mean BE-57096 (Mouscron)"),
        ("plan /nonexistent.json --out /tmp/never.json", "/nonexistent.json: there is no such file"),
        ("plan check only-one.json", "required: PLAN"),
    ],
)
def test_bad_input_exits_2_with_a_sentence(running, words, said):
    done = call(running, *words.split(), "--json")
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


GOOD = dumps(problem_to_json(problem(person(), visit())))


@pytest.mark.parametrize(
    ("text", "where", "said"),
    [
        ("{\n  broken", "2:3", "not JSON"),
        ("[]", "1:1", "expected"),
        (GOOD.replace('"horizon": 2000', '"horizon": "long"'), "", "expected"),
        (GOOD.replace('"duration": 100', '"duration": -1'), "", "expected"),
        (GOOD.replace('"horizon"', '"horizont"'), "", "expected"),
    ],
)
def test_bad_file_is_named_with_line_and_column(running, tmp_path, text, where, said):
    file = tmp_path / "bad.json"
    file.write_text(text)
    done = call(running, "plan", str(file), "--out", str(tmp_path / "out.json"), "--json")
    assert (done.returncode, done.stdout) == (2, "")
    place = re.fullmatch(rf"{re.escape(str(file))}:(\d+:\d+): (.+)\n", done.stderr)
    assert place, done.stderr
    assert not where or place[1] == where
    assert said in place[2]
    assert not (tmp_path / "out.json").exists()


@pytest.mark.parametrize("words", ["territory check", "outbox", "demo logins", "may a@b.c social V7K4-2M8F"])
def test_surroundings_exit_3(running, words, tmp_path):
    done = call(running, *words.split(), "--json", VERSANTS_DATA=str(tmp_path))
    assert (done.returncode, done.stdout) == (3, "")
    assert "There is no database in" in done.stderr


# Addresses for programs


class Browser:
    """Somebody signed in, without a browser."""

    def __init__(self, running: Running, role: str) -> None:
        self.url = running.url
        self.open = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar())).open
        login = running.login(role)
        with self.open(f"{self.url}/account/login/") as page:
            token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.read().decode())
        assert token
        form = {"login": login["email"], "password": login["password"], "csrfmiddlewaretoken": token[1]}
        self.open(f"{self.url}/account/login/", urlencode(form).encode()).close()
        if login["totp_secret"]:
            asked = {"code": code_of(login), "csrfmiddlewaretoken": token[1]}
            self.open(f"{self.url}/account/2fa/authenticate/", urlencode(asked).encode()).close()

    def get(self, path: str) -> tuple[int, Any]:
        """Status and JSON (None where there is no body)."""
        try:
            with self.open(self.url + path) as page:
                body = page.read()
                return page.status, json.loads(body) if body else None
        except urllib.error.HTTPError as refusal:
            return refusal.code, json.loads(refusal.read())


def test_addresses_for_programs(running):
    scene = answer(running, "demo", "scenario", "crisis-mouscron")
    uid = scene["urls"]["who"].rstrip("/").split("/")[-2]
    desk = Browser(running, "coordinator")

    status, described = desk.get("/api/v1/openapi.json")
    assert status == 200
    assert set(described["paths"]) == {"/api/v1/visits/{uid}/teams", "/api/v1/board/changes"}

    status, found = desk.get(f"/api/v1/visits/{uid}/teams?limit=10")
    assert status == 200
    assert {"ms", "data_version", "teams", "relaxations"} <= set(found)
    assert 1 <= len(found["teams"]) <= 10
    assert {"people", "reasons", "pushes"} <= set(found["teams"][0])
    assert set(found["teams"][0]["reasons"][0]) >= {"code", "text", "value", "unit"}
    assert len(desk.get(f"/api/v1/visits/{uid}/teams?limit=1")[1]["teams"]) == 1

    status, changes = desk.get("/api/v1/board/changes?since=0")
    assert status == 200
    assert isinstance(changes, list)
    assert set(changes[0]) == {"visit", "version", "state", "start", "placed"}
    assert desk.get(f"/api/v1/board/changes?since={int(found['data_version']) + 1_000_000}") == (204, None)

    status, refused = desk.get("/api/v1/board/changes?since=yesterday")
    assert (status, refused["code"]) == (422, "api.input")
    assert refused["message"].startswith("since: ")
    assert Browser(running, "funder").get(f"/api/v1/visits/{uid}/teams")[0] == 403


def test_health(running):
    with urllib.request.urlopen(f"{running.url}/healthz") as page:
        assert set(json.load(page)) == {"status", "version", "commit", "engine"}
    status, ready = Browser(running, "coordinator").get("/readyz")
    assert status == (200 if ready["ready"] else 503)
    assert set(ready["checks"]) == {"database", "migrations", "worker", "keys", "disk"}
