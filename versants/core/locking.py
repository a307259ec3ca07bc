"""One at a time: a name in PostgreSQL that one transaction holds and the others wait for, on all hosts."""

from __future__ import annotations

from django.db import connection, transaction


def hold(name: str) -> None:
    """Wait for whoever holds ``name``, then hold it until the present transaction ends, whole or undone.

    Names begin with their app and say what waits: ``mobile.request.UID``. Whoever holds several takes them in one
    order everywhere. Raises TransactionManagementError outside a transaction, where it would hold nothing.
    """
    _check(name)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def hold_if_free(name: str) -> bool:
    """``hold`` without waiting; False if another transaction holds it. Raises as ``hold``."""
    _check(name)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [name])
        return bool(cursor.fetchone()[0])


def _check(name: str) -> None:
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError(
            f"“{name}” can be held only within a transaction: outside one it is let go at once."
        )
