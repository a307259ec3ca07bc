"""A start that is cut leaves nothing running: the suite cleans up after itself."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from tests.e2e.product import PROJECT, READY_WITHIN_S, end, free_port, start, surroundings


def _database_runs(env: dict[str, str]) -> bool:
    answer = subprocess.run(
        [sys.executable, "-m", "versants.cli", "database", "status", "--json"],
        env=env,
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return bool(json.loads(answer.stdout)["running"])


@pytest.mark.parametrize("hears", [True, False], ids=["asked", "killed"])
def test_a_start_that_is_cut_leaves_no_database(hears):
    folder = Path(tempfile.mkdtemp(prefix="versants-cut-"))
    folder.chmod(0o755)
    env = surroundings(folder, free_port())
    process = start(folder, env)
    assert process.stdout is not None
    try:
        deadline = time.monotonic() + READY_WITHIN_S
        while not (folder / "var" / "pg.json").exists():  # written once the database answers
            assert process.poll() is None, (folder / "stderr").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert _database_runs(env)
        if not hears:
            process.send_signal(signal.SIGSTOP)
    finally:
        end(process, env, patience_s=20 if hears else 0.5)
        process.stdout.close()
    assert not _database_runs(env)
    shutil.rmtree(folder)
