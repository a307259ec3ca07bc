"""A name that one transaction holds: the second waits for the first's end; outside a transaction it is refused."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, connections, transaction

from versants.core import locking

NAME = "tests.locking"


@pytest.fixture
def own_transactions(django_db_setup, django_db_blocker):
    """No transaction around the test; nothing is written."""
    with django_db_blocker.unblock():
        yield


@pytest.mark.parametrize("undone", [False, True])
def test_the_second_waits_until_the_transaction_of_the_first_ends(own_transactions, undone):
    order, at_it = [], threading.Event()

    def second() -> None:
        try:
            with transaction.atomic():
                at_it.set()
                locking.hold(NAME)
                order.append("second holds")
        finally:
            connections.close_all()

    thread = threading.Thread(target=second)
    with transaction.atomic():
        locking.hold(NAME)
        thread.start()
        assert at_it.wait(10)
        with connection.cursor() as cursor:  # until PostgreSQL says that somebody waits for the name
            for _ in range(1000):
                cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
                if cursor.fetchone()[0]:
                    break
                cursor.execute("SELECT pg_sleep(0.01)")
            else:
                pytest.fail("nobody waits")
        order.append("first ends")
        transaction.set_rollback(undone)
    thread.join(10)
    assert order == ["first ends", "second holds"]


def test_who_does_not_want_to_wait_is_told(own_transactions):
    answers = []

    def second(name: str) -> None:
        try:
            with transaction.atomic():
                answers.append(locking.hold_if_free(name))
        finally:
            connections.close_all()

    def ask(name: str) -> None:
        thread = threading.Thread(target=second, args=(name,))
        thread.start()
        thread.join(10)

    with transaction.atomic():
        assert locking.hold_if_free(NAME)
        assert locking.hold_if_free(NAME)  # one's own is no hindrance
        ask(NAME)
        ask("tests.another")
    ask(NAME)
    assert answers == [False, True, True]


@pytest.mark.parametrize("way", [locking.hold, locking.hold_if_free])
def test_outside_a_transaction_it_is_refused(own_transactions, way):
    with pytest.raises(transaction.TransactionManagementError, match="only within a transaction"):
        way(NAME)
