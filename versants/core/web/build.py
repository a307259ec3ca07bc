"""Which version runs, and with which engine."""

from __future__ import annotations

import subprocess
from functools import lru_cache

from django.conf import settings


@lru_cache(maxsize=1)
def commit() -> str:
    """The checkout's commit, or empty outside a checkout."""
    try:
        done = subprocess.run(
            ["git", "rev-parse", "--short=12", "HEAD"],
            cwd=settings.PROJECT,
            capture_output=True,
            text=True,
            timeout=3,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


@lru_cache(maxsize=1)
def engine() -> str:
    """``native`` if the compiled planner is there, else ``python``, its slower twin."""
    try:
        from versants_libs.dispatch import ENGINE
    except ImportError:
        return "python"
    return str(ENGINE)
