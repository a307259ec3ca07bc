"""The whole product, started as a user starts it: for end-to-end tests and for the documentation's pictures."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
CHROMIUM = "/usr/bin/chromium"
READY_WITHIN_S = 180
STOPPED_WITHIN_S = 20
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


_USED: dict[str, int] = {}


def code_of(login: dict[str, Any]) -> str:
    """A code of the login's app (RFC 6238) that served no sign-in yet. Three are good at a time; else it waits."""
    secret = login["totp_secret"]
    while True:
        now = int(time.time()) // 30
        # The last seconds of a step are left out: the server may read the code in the next one.
        first = max(now if time.time() % 30 > 25 else now - 1, _USED.get(secret, 0) + 1)
        if first <= now + 1:
            break
        time.sleep(1)
    _USED[secret] = first
    mac = hmac.new(base64.b32decode(secret), struct.pack(">Q", first), hashlib.sha1).digest()
    at = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[at : at + 4])[0] & 0x7FFFFFFF) % 10**6:06d}"


def sign_in(page: Any, login: dict[str, Any]) -> None:
    """With the password, and the code where it is asked for."""
    page.goto("/account/login/")
    page.fill("input[name=login]", login["email"])
    page.fill("input[name=password]", login["password"])
    page.click('[data-test="sign-in"]')
    page.wait_for_url(lambda url: "/account/login/" not in url)
    if login["totp_secret"]:
        page.fill("input[name=code]", code_of(login))
        page.click('[data-test="enter-code"]')
        page.wait_for_url(lambda url: "/account/2fa/" not in url)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def surroundings(folder: Path, port: int) -> dict[str, str]:
    """The environment of a product that keeps all of its own in ``folder``."""
    env = {key: value for key, value in os.environ.items() if not key.startswith(("VERSANTS_", "DATABASE_"))}
    return env | {
        "VERSANTS_DATA": str(folder / "var"),
        "VERSANTS_PORT": str(port),
        "VERSANTS_KEYS_FILE": str(folder / "keys" / "keys.json"),
        "VERSANTS_SECRET_FILE": str(folder / "keys" / "secret"),
    }


def start(folder: Path, env: dict[str, str]) -> subprocess.Popen[str]:
    """``versants up``; one line of its output says that it is ready."""
    with (folder / "stderr").open("w") as errors:
        return subprocess.Popen(
            [sys.executable, "-m", "versants.cli", "up", "--json"],
            env=env,
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )


def end(process: subprocess.Popen[str], env: dict[str, str], patience_s: float = STOPPED_WITHIN_S) -> None:
    """Ask it to stop, which ends all in order; kill one that does not hear, and stop the database it leaves."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(patience_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        subprocess.run(
            [sys.executable, "-m", "versants.cli", "database", "stop"],
            env=env,
            cwd=PROJECT,
            capture_output=True,
            timeout=60,
            check=True,
        )


@contextmanager
def product(kept: str | None = None, **settings: str) -> Iterator[Running]:
    """``versants up`` in a folder of its own, with the demonstration world of today. ``kept``: a folder that stays,
    so that a second start finds its world again. ``settings``: more of the environment."""
    folder = Path(kept) if kept else Path(tempfile.mkdtemp(prefix="versants-e2e-"))
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    env = surroundings(folder, free_port()) | settings
    process = start(folder, env)
    assert process.stdout is not None
    # A start that hangs is ended, so that reading it ends too.
    limit = threading.Timer(READY_WITHIN_S, end, (process, env))
    limit.start()
    try:
        line = process.stdout.readline()
        limit.cancel()
        assert line, (folder / "stderr").read_text()[-2000:]
        ready = json.loads(line)
        running = Running(ready["url"], env, ready["logins"])
        # Half past five in the afternoon of the world's day: the same scene at whatever hour the suite runs.
        scene = running.command("demo", "scenario", "crisis-mouscron")
        yield replace(
            running, day=datetime.fromisoformat(scene["now"]).date(), asked=scene["links"]["request"]
        )
    finally:
        limit.cancel()
        limit.join()  # when it was cut, it is being ended there
        process.stdout.close()
        end(process, env)
