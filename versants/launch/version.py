"""Which version runs here."""

from __future__ import annotations

import subprocess
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed

from versants.launch.paths import PROJECT


def version() -> str:
    """The product's version, as installed or as pyproject.toml states it."""
    try:
        return installed("versants")
    except PackageNotFoundError:
        import tomllib

        return str(tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["version"])


def commit() -> str:
    """The commit of a checkout, shortened; empty outside one."""
    try:
        answer = subprocess.run(
            # A service runs as another user than the checkout's, which git takes for somebody else's.
            ["git", "-c", f"safe.directory={PROJECT}", "-C", str(PROJECT), "rev-parse", "--short=12", "HEAD"],
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.strip() if answer.returncode == 0 else ""
