"""The whole product, started as a user starts it: for end-to-end tests and for the documentation's pictures."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
CHROMIUM = "/usr/bin/chromium"
READY_WITHIN_S = 180
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True)
class Running:
    """A running product: its address, its environment and who may sign in."""

    url: str
    env: dict[str, str]
    logins: list[dict[str, Any]]
    day: date = date.min
    asked: str = ""  # the link of a centre

    def command(self, *words: str) -> Any:
        """What a ``versants ... --json`` command answers."""
        done = subprocess.run(
            [sys.executable, "-m", "versants.cli", *words, "--json"],
            env=self.env,
            cwd=PROJECT,
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        return json.loads(done.stdout)

    def login(self, role: str) -> dict[str, Any]:
        """The first demonstration login with this role."""
        return next(login for login in self.logins if login["role"] == role)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def product() -> Iterator[Running]:
    """``versants up`` in a folder of its own, with the demonstration world of today."""
    folder = Path(tempfile.mkdtemp(prefix="versants-e2e-"))
    folder.chmod(0o755)
    port = free_port()
    env = {key: value for key, value in os.environ.items() if not key.startswith(("VERSANTS_", "DATABASE_"))}
    env |= {
        "VERSANTS_DATA": str(folder / "var"),
        "VERSANTS_PORT": str(port),
        "VERSANTS_KEYS_FILE": str(folder / "keys" / "keys.json"),
        "VERSANTS_SECRET_FILE": str(folder / "keys" / "secret"),
    }
    with (folder / "stderr").open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "versants.cli", "up", "--json"],
            env=env,
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        # One JSON value says that it is ready; a start that hangs is ended, so that reading it ends too.
        limit = threading.Timer(READY_WITHIN_S, process.kill)
        limit.start()
        assert process.stdout is not None
        line = process.stdout.readline()
        limit.cancel()
        try:
            assert line, (folder / "stderr").read_text()[-2000:]
            ready = json.loads(line)
            running = Running(ready["url"], env, ready["logins"])
            # Half past five in the afternoon of the world's day: the same scene at whatever hour the suite runs.
            scene = running.command("demo", "scenario", "crisis-mouscron")
            yield replace(
                running, day=datetime.fromisoformat(scene["now"]).date(), asked=scene["links"]["request"]
            )
        finally:
            process.stdout.close()
            process.send_signal(signal.SIGINT)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
