"""Which version runs, and with which engine."""

from __future__ import annotations

from functools import lru_cache

from versants.launch import version


@lru_cache(maxsize=1)
def commit() -> str:
    """The checkout's commit, or empty outside a checkout."""
    return version.commit()


@lru_cache(maxsize=1)
def engine() -> str:
    """``native`` if the compiled planner is there, else ``python``, its slower twin."""
    try:
        from versants_libs.dispatch import ENGINE
    except ImportError:
        return "python"
    return str(ENGINE)
