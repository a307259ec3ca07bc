"""Erasing: the data keys are destroyed, and it stays known that they were, so that a restored backup is erased again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.dateparse import parse_datetime

from versants.core import clock, witness
from versants.core.crypto import vault
from versants.core.models import DataKey, Erasure
from versants.core.registries import Registry

FILE = "erasures"
_BATCH = 500


@dataclass(frozen=True)
class ErasureSource:
    """What else goes with a person: ``keys(person)`` seals words about that person and about nobody else."""

    key: str
    keys: Callable[[Any], Iterable[DataKey]]
    order: int = 50


sources: Registry[ErasureSource] = Registry("erasures")


@transaction.atomic
def erase(*, code: str, keys: Iterable[DataKey]) -> Erasure:
    """Destroy ``keys`` and write down that this was done: the code, the instant, the keys' random names."""
    gone = sorted({key.pk: key for key in keys}.values(), key=lambda key: key.pk)
    for key in gone:
        vault.destroy(key)
    return Erasure.objects.create(code=code, keys=[str(key.uid) for key in gone])


def keep() -> int:
    """Copy erasures to the file outside the database; the worker does so every second. Safe to run twice."""
    with transaction.atomic():
        waiting = list(
            Erasure.objects.select_for_update(skip_locked=True).filter(kept_at=None).order_by("pk")[:_BATCH]
        )
        witness.append(
            FILE,
            [
                {"uid": str(one.uid), "code": one.code, "at": one.at.isoformat(), "keys": one.keys}
                for one in waiting
            ],
        )
        Erasure.objects.filter(pk__in=[one.pk for one in waiting]).update(kept_at=clock.now())
    return len(waiting)


@dataclass(frozen=True)
class Replayed:
    """``erasures`` read from the file, ``keys`` that were alive again and are destroyed now."""

    erasures: int
    keys: int


def replay() -> Replayed:
    """Do again every erasure that the file knows: after a restore, before anybody works. Safe to run at any time."""
    known = {line["uid"]: line for line in witness.read(FILE) if "uid" in line}
    destroyed = 0
    for line in known.values():
        with transaction.atomic():
            at = parse_datetime(line["at"]) or clock.now()
            alive = DataKey.objects.select_for_update().filter(
                uid__in=[UUID(one) for one in line["keys"]], wrapped__isnull=False
            )
            for key in alive:
                vault.destroy(key)
                destroyed += 1
            Erasure.objects.get_or_create(
                uid=UUID(line["uid"]),
                defaults={"code": line["code"], "at": at, "keys": line["keys"], "kept_at": clock.now()},
            )
    return Replayed(len(known), destroyed)


def unkept_for(limit: timedelta) -> bool:
    """Has an erasure waited longer than ``limit`` for its line in the file?"""
    return Erasure.objects.filter(kept_at=None, at__lt=clock.now() - limit).exists()
