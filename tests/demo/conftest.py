"""A world in memory, and the same world loaded, once per module."""

from __future__ import annotations

from datetime import date

import pytest

DAY = date(2026, 11, 24)


@pytest.fixture(scope="session")
def world():
    """Tuesday 24 November 2026, as the pictures show it."""
    from versants.demo.making import make_world

    return make_world(DAY)


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker):
    """A demonstration world of today in the database, rolled back after the module."""
    import time

    from django.db import transaction

    from versants.core import clock
    from versants.demo import loading
    from versants.demo.making import make_world

    with django_db_blocker.unblock():
        block = transaction.atomic()
        block.__enter__()
        began = time.monotonic()
        made = make_world(clock.today(), clock.now())
        counts = loading.load(made)
        made.named["seconds"] = time.monotonic() - began
        made.named["counts"] = counts
        yield made
        transaction.set_rollback(True)
        block.__exit__(None, None, None)
