"""Alive, ready, and what is said when the database is away."""

from __future__ import annotations

from django.db import OperationalError
from django.test import Client

from versants.launch import version


def test_healthz_needs_no_database():
    answer = Client().get("/healthz")
    assert answer.status_code == 200
    assert set(answer.json()) == {"status", "version", "commit", "engine"}
    assert answer.json()["engine"] in {"native", "python"}


def test_readyz_names_what_is_missing(db):
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["ready"] is False
    assert answer.json()["checks"] == {
        "database": True,
        "migrations": True,
        "worker": False,
        "keys": True,
        "disk": True,
    }


def test_pages_say_503_when_the_database_is_away(world, client_for, monkeypatch):
    client = client_for(world.dpo)
    client.raise_request_exception = False

    def away(*args, **kwargs):
        raise OperationalError

    monkeypatch.setattr("versants.core.access.scope._apply", away)
    answer = client.get("/audit/")
    assert answer.status_code == 503
    assert answer["Retry-After"]


def test_the_commit_is_told_where_the_checkout_belongs_to_another_user(monkeypatch):
    """A service's user is not the one who fetched the checkout; git refuses other people's folders."""
    known = version.commit()
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    assert version.commit() == known
