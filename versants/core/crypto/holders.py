"""Whose key wraps what: each organisation its own, each team one more for clinical data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from versants.core import clock, locking
from versants.core.crypto import keyring
from versants.core.models.keys import WrappingKey
from versants.core.registries import Registry

_DIGITS = 12


def holder(organisation: UUID, team: UUID | None = None) -> str:
    """The holder's short name: of an organisation, or of a team's clinical data."""
    name = organisation.hex[:_DIGITS]
    return name if team is None else f"{name}/{team.hex[:_DIGITS]}"


def is_team(name: str) -> bool:
    """Does this holder keep clinical data apart?"""
    return "/" in name


def active_key(name: str = "") -> str:
    """Id of the key that wraps new data keys of this holder; made at its first use.

    A holder whose key is known to the database and not at hand gets no other one: raises KeysMissing.
    """
    found = WrappingKey.objects.filter(holder=name, is_active=True).values_list("key_id", flat=True).first()
    if found is not None:
        return found
    with transaction.atomic():
        locking.hold(f"core.wrapping_key.{name}")
        found = (
            WrappingKey.objects.filter(holder=name, is_active=True).values_list("key_id", flat=True).first()
        )
        if found is None:
            found = keyring.first_key_id() if _is_first_house_key(name) else keyring.add_wrapping_key(name)
            WrappingKey.objects.create(key_id=found, holder=name)
    return found


def _is_first_house_key(name: str) -> bool:
    return not name and not WrappingKey.objects.filter(key_id=keyring.first_key_id()).exists()


@transaction.atomic
def renew(name: str) -> str:
    """Another active key for this holder; the one before stays for what it wrapped."""
    fresh = keyring.add_wrapping_key(name)
    WrappingKey.objects.filter(holder=name, is_active=True).update(is_active=False)
    WrappingKey.objects.create(key_id=fresh, holder=name, made_at=clock.now())
    return fresh


@dataclass(frozen=True)
class KeyChore:
    """Something that keys from before a change of arrangement still need, done in small steps while people work.

    ``run(limit)`` does at most so many, each batch in its own transaction, and returns how many; ``left()`` counts.
    """

    key: str
    label: str
    run: Callable[[int], int]
    left: Callable[[], int]
    order: int = 50


@dataclass(frozen=True)
class HolderNames:
    """What holders are called: ``names()`` by holder."""

    key: str
    names: Callable[[], dict[str, str]]
    order: int = 50


chores: Registry[KeyChore] = Registry("key chores")
holder_names: Registry[HolderNames] = Registry("holders of keys")


def names() -> dict[str, str]:
    """Every holder known, with its name for a person to read."""
    found = {"": "installation"}
    for source in holder_names:
        found |= source.names()
    return found
