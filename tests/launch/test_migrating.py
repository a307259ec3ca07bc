"""Bringing a database to this version while others work in it: it waits for nobody for long, and says so."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import psycopg

from versants.launch.paths import PROJECT
from versants.launch.postgres import temporary_cluster


def versants(cluster, *words: str) -> subprocess.CompletedProcess[str]:
    env = {
        **os.environ,
        **cluster.environment(owner=True),
        "DATABASE_URL": cluster.owner_url,
        "VERSANTS_LOCK_TIMEOUT": "1",
        "DJANGO_SETTINGS_MODULE": "versants.config.settings",
    }
    return subprocess.run(
        [sys.executable, "-m", "versants.config.manage", *words],
        env=env,
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_table_in_use_stops_the_step_with_a_sentence_and_nothing_else():
    with temporary_cluster() as cluster:
        done = versants(cluster, "migrate", "--json", "--skip-checks")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["pending"] == []
        done = versants(cluster, "migrate", "mobile", "0033", "--skip-checks")
        assert done.returncode == 0, done.stderr
        with psycopg.connect(cluster.superuser_url) as busy:
            busy.execute("LOCK TABLE mobile_planproposal IN ACCESS SHARE MODE")
            done = versants(cluster, "migrate", "--skip-checks")
            assert done.returncode != 0
            assert "in use" in done.stderr
            assert "VERSANTS_LOCK_TIMEOUT" in done.stderr
            assert "Traceback" not in done.stderr
        done = versants(cluster, "migrate", "--json", "--skip-checks")
        assert done.returncode == 0, done.stderr
        assert "mobile.0034_plan_purpose" in json.loads(done.stdout)["applied"]
