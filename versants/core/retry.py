"""Doing it again when PostgreSQL asks for it: a deadlock or a failed serialization says nothing about the work."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError, transaction

Result = TypeVar("Result")
RETRIED = frozenset({"40P01", "40001"})  # deadlock_detected, serialization_failure
TIMES = 3


def sqlstate(error: BaseException) -> str:
    """PostgreSQL's code behind a Django database error; empty if there is none."""
    return getattr(error.__cause__, "sqlstate", None) or ""


def constraint_name(error: BaseException) -> str:
    """The constraint that refused; empty if it was none. Callers decide on this, never on the text."""
    diag = getattr(error.__cause__, "diag", None)
    return getattr(diag, "constraint_name", None) or ""


def retrying(work: Callable[[], Result]) -> Result:
    """Run ``work`` in a transaction (or a savepoint of the one that is open), at most three more times.

    Rolling back to a savepoint gives up every lock taken since, which is what the other side of a deadlock needs.
    ``work`` must read what it decides on inside, not before.
    """
    for attempt in range(TIMES + 1):
        try:
            with transaction.atomic():
                return work()
        except OperationalError as exc:
            if sqlstate(exc) not in RETRIED or attempt == TIMES:
                raise
            time.sleep(random.uniform(0.005, 0.02) * (attempt + 1))  # spreading, not secrecy
    raise AssertionError("unreachable")
