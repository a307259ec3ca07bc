"""/metrics: who may read it, what it says, and that it says nothing about anybody."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
from django.conf import settings as installed
from django.db import OperationalError
from django.test import Client

from versants.config import web

LINE = re.compile(r'^versants_\w+(\{(\w+="[^"]*",?)+\})? [-+.\deE]+(Inf)?$')


def lines(answer) -> dict[str, float]:
    said = {}
    for line in answer.content.decode().splitlines():
        if not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            said[name] = float(value)
    return said


def test_it_answers_this_machine_and_counts_by_route(db):
    client = Client()
    client.get("/healthz")
    client.get("/r/some-secret-token/")
    client.get("/no/such/page/")
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    said = lines(answer)
    assert said['versants_requests_total{method="GET",route="healthz",status="200"}'] >= 1
    assert said['versants_requests_total{method="GET",route="none",status="404"}'] >= 1
    assert said['versants_request_seconds_count{route="healthz"}'] >= 1
    assert said["versants_database_up"] == 1
    assert said["versants_workers"] == 0
    assert said["versants_disk_free_bytes"] > 0
    assert said["versants_database_bytes"] > 0
    text = answer.content.decode()
    assert "secret-token" not in text
    assert all(LINE.match(line) for line in text.splitlines() if not line.startswith("#"))


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Forwarded-Proto", "Forwarded", "Via"])
def test_what_a_proxy_on_this_machine_sends_on_is_refused(db, header):
    assert Client().get("/metrics", headers={header: "203.0.113.9"}).status_code == 403


def test_from_elsewhere_only_with_the_token(db, settings):
    def ask(**headers):
        return Client(REMOTE_ADDR="203.0.113.9").get("/metrics", headers=headers).status_code

    assert ask() == ask(Authorization="Bearer ") == 403
    settings.METRICS_TOKEN = "a-long-token"
    assert ask() == ask(Authorization="Bearer another") == ask(Authorization="Bearer ") == 403
    assert ask(Authorization="Bearer a-long-token") == 200


def test_jobs_that_wait_are_counted_with_their_age(db):
    from versants.mobile.tasks import solve_piece

    solve_piece.defer(piece_id=1, team_id=1)
    said = lines(Client().get("/metrics"))
    assert said['versants_jobs{queue="default",state="todo"}'] == 1
    assert said["versants_oldest_job_seconds"] >= 0


def test_without_a_database_it_says_so(db, monkeypatch):
    from versants.core.web import metrics

    class Away:
        def cursor(self):
            raise OperationalError

    monkeypatch.setattr(metrics, "connection", Away())
    said = lines(Client().get("/metrics"))
    assert said["versants_database_up"] == 0
    assert "versants_jobs" not in str(said)


def test_processes_are_added_up(tmp_path):
    """Two processes count, a third one reads: in the folder that the web prepares, emptied at each start."""
    env = {**os.environ, "VERSANTS_DATA": str(tmp_path), "DJANGO_SETTINGS_MODULE": "versants.config.settings"}
    folder = tmp_path / "metrics"
    folder.mkdir()
    (folder / "counter_1.db").write_bytes(b"left by an older start")
    code = "from versants.config.web import prepare_metrics; prepare_metrics()"
    subprocess.run([sys.executable, "-c", code], env=env, cwd=installed.PROJECT, check=True)
    assert list(folder.iterdir()) == []
    env["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    counting = (
        "import django; django.setup(); from versants.core.web import metrics;"
        "metrics.count('inbox', 'GET', 200, 0.1)"
    )
    for _ in range(2):
        subprocess.run([sys.executable, "-c", counting], env=env, cwd=installed.PROJECT, check=True)
    reading = (
        "import django; django.setup(); from versants.core.web import metrics; from django.test import RequestFactory;"
        "print(metrics.metrics(RequestFactory().get('/metrics')).content.decode())"
    )
    done = subprocess.run(
        [sys.executable, "-c", reading],
        env=env,
        cwd=installed.PROJECT,
        check=True,
        capture_output=True,
        text=True,
    )
    assert 'versants_requests_total{method="GET",route="inbox",status="200"} 2.0' in done.stdout
    assert web.WORKERS > 1
