"""The README's own words on a fresh clone: ``make run``, the first click of a centre, the first sign-in, again.

What is committed is what is cloned; what is only typed is not.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.product import PROJECT, code_of, free_port
from versants.launch.up import healthy

READY_WITHIN_S = 240  # packages are fetched, compiled and installed, a database is made


@dataclass(frozen=True)
class Clone:
    """A checkout of somebody who has just read the README."""

    folder: Path
    env: dict[str, str]
    port: int

    @contextmanager
    def make_run(self) -> Iterator[str]:
        """``make run`` until it says where it is: what it wrote, then Ctrl-C."""
        process = subprocess.Popen(
            ["make", "run"],
            cwd=self.folder,
            env=self.env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        limit = threading.Timer(READY_WITHIN_S, self._end, (process,))
        limit.start()
        said = ""
        try:
            assert process.stderr is not None
            for line in process.stderr:
                said += line
                if "Ctrl-C stops everything" in line:
                    break
            else:
                raise AssertionError(said[-3000:])
            yield said
        finally:
            limit.cancel()
            limit.join()  # when it was cut, it is being ended there
            in_order = self._end(process)
            if process.stderr is not None:
                process.stderr.close()
        assert in_order
        assert not healthy(f"http://127.0.0.1:{self.port}")

    def _end(self, process: subprocess.Popen[str]) -> bool:
        """Ctrl-C, as a terminal sends it to all in the foreground; kill what does not hear, and stop the database it
        leaves. Whether it ended by itself."""
        if process.poll() is not None:
            return True
        os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(30)
            return True
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if (self.folder / ".venv/bin/versants").exists():
                self.versants("database", "stop")
            return False

    def versants(self, *words: str) -> Any:
        done = subprocess.run(
            [".venv/bin/versants", *words, "--json"],
            cwd=self.folder,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def clone() -> Iterator[Clone]:
    if not (PROJECT / ".git").exists():
        if os.environ.get("CI"):
            pytest.fail("this folder is no clone")
        pytest.skip("this folder is no clone")
    folder = Path(tempfile.mkdtemp(prefix="versants-clone-"))
    folder.chmod(0o755)  # the private folder is tested by .ci/run
    subprocess.run(["git", "clone", "-q", str(PROJECT), str(folder / "versants")], check=True, timeout=60)
    port = free_port()
    # As at a desk: nothing of this suite's surroundings, no environment of Python already entered.
    theirs = (
        "VERSANTS_",
        "DATABASE_",
        "PYTHON",
        "VIRTUAL_ENV",
        "DJANGO_",
        "MAKE",
        "MFLAGS",
        "PYTEST_",
        "PG_BIN",
    )
    env = {name: value for name, value in os.environ.items() if not name.startswith(theirs)}
    own = str(PROJECT / ".venv" / "bin")
    env["PATH"] = os.pathsep.join(part for part in env["PATH"].split(os.pathsep) if part != own)
    yield Clone(folder / "versants", env | {"VERSANTS_PORT": str(port)}, port)
    shutil.rmtree(folder, ignore_errors=True)


def test_make_run_on_a_fresh_clone(clone: Clone, browser: Any) -> None:
    assert "```sh\nmake run " in (clone.folder / "README.md").read_text()
    with clone.make_run() as said:
        assert "seeded" in said
        url = re.search(r"Versants is at (http://\S+)", said)
        assert url
        assert url[1] == f"http://127.0.0.1:{clone.port}"
        login = re.search(r"^\s*coordinator\s+(\S+@\S+)\s+(\S+)\s+([A-Z2-7]{32})$", said, re.MULTILINE)
        assert login

        context = browser.new_context(
            locale="fr-BE", viewport={"width": 360, "height": 800}, timezone_id="Europe/Brussels"
        )
        page = context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))

        # A centre asks, by its link.
        page.goto(clone.versants("demo", "links")["request"])
        page.click('[data-test="way-crisis"]')
        page.check('input[name=language][value="tir"]')
        page.check('input[name=danger][value="no_but_unwell"]')
        page.fill("input[name=callback_phone]", "+32 000 00 24 10")
        page.click('[data-test="send"]')
        page.wait_for_url(re.compile(r"/r/[^/]+/[0-9a-f-]{36}/"))
        uid = page.url.rstrip("/").split("/")[-1]

        # Coordination signs in with what the start printed, and reads it.
        page.goto(f"{url[1]}/account/login/")
        page.fill("input[name=login]", login[1])
        page.fill("input[name=password]", login[2])
        page.click('[data-test="sign-in"]')
        page.fill("input[name=code]", code_of({"totp_secret": login[3]}))
        page.click('[data-test="enter-code"]')
        page.wait_for_url(lambda address: "/account/" not in address)
        page.goto(f"{url[1]}/requests/{uid}/")
        assert page.locator('[data-test="accept"]').is_visible()
        assert errors == []
        context.close()

    # The second start finds everything as it was left.
    with clone.make_run() as said:
        assert "prepared" in said
        assert "Environment ready" not in said
        status = clone.versants("database", "status")
        assert Path(status["data"]).is_relative_to(clone.folder)
        assert healthy(url[1])
    assert (
        subprocess.run(
            ["git", "status", "--porcelain"], cwd=clone.folder, capture_output=True, text=True, check=True
        ).stdout
        == ""
    )
