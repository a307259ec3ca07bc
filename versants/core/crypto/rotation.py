"""Changing the keys that wrap, while people work: new ones first, then batch by batch what stands under older ones.

Each batch is a transaction of its own. Killed at any moment, nothing is lost: old and new keys are both in the key
files until nothing needs the old one, and beginning again goes on where it stopped.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction

from versants.core import clock
from versants.core.crypto import holders, keyring, recovery, vault
from versants.core.models import DataKey, KeyRotation, WrappingKey

BATCH = 500
ACCOUNTS = "people.factors"  # the chore that the key of accounts needs
INDEXES = "people.names"  # and the one of the index key
Tell = Callable[[str, int, int], None]  # what, done, of

# Wrapped by a key that is no longer its holder's, or no longer the one in use.
_BEHIND = """
SELECT {what} FROM core_datakey k JOIN core_wrappingkey w ON w.key_id = k.wrapped_by
WHERE k.wrapped IS NOT NULL AND (NOT w.is_active OR w.holder <> k.holder) AND w.key_id = ANY(%s)
"""


def _at_hand() -> list[str]:
    """Wrapping keys whose file is here: an organisation that took its file away is left alone."""
    return [key_id for key_id in WrappingKey.objects.values_list("key_id", flat=True) if keyring.has(key_id)]


def left() -> int:
    """Data keys still to be wrapped anew, of those whose key is at hand."""
    with connection.cursor() as cursor:
        cursor.execute(_BEHIND.format(what="count(*)"), [_at_hand()])
        return int(cursor.fetchone()[0])


@transaction.atomic
def rewrap(limit: int = BATCH) -> int:
    """Wrap at most ``limit`` data keys with the key in use of their holder. Returns how many.

    Rows that somebody else holds are passed over: they are met again.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _BEHIND.format(what="k.id") + " ORDER BY k.id LIMIT %s FOR UPDATE OF k SKIP LOCKED",
            [_at_hand(), limit],
        )
        rows = list(DataKey.objects.filter(pk__in=[pk for (pk,) in cursor.fetchall()]))
    active = {name: holders.active_key(name) for name in sorted({row.holder for row in rows})}
    for row in rows:
        plain = vault.unwrap(row)
        row.wrapped_by = active[row.holder]
        vault.wrap(row, plain)
    DataKey.objects.bulk_update(rows, ["wrapped_by", "wrapped"], batch_size=BATCH)
    return len(rows)


def begin(holder: str | None = None) -> KeyRotation:
    """A rotation of every holder's key, or of one's; one that was not finished goes on instead.

    Raises KeysMissing ``keys.closed`` where the folder of keys cannot be written.
    """
    going = KeyRotation.objects.filter(finished_at=None).order_by("pk").first()
    if going is None:
        going = KeyRotation.objects.create(holder=holder)
    return going


def switch(rotation: KeyRotation) -> int:
    """A new key in use for every holder of this rotation that has none yet. Returns how many were made."""
    behind = WrappingKey.objects.filter(is_active=True, made_at__lt=rotation.started_at)
    if rotation.holder is not None:
        behind = behind.filter(holder=rotation.holder)
    here = set(_at_hand())
    found = [one.holder for one in behind.order_by("holder") if one.key_id in here]
    for name in found:
        holders.renew(name)
    return len(found)


def rotate(
    *, holder: str | None = None, batch: int = BATCH, tell: Tell = lambda what, done, of: None
) -> KeyRotation:
    """The whole of it; returns when nothing is left. Safe to kill and to begin again."""
    rotation = begin(holder)
    tell("new keys", switch(rotation), 0)
    for chore in holders.chores:
        _work(chore.label, lambda chore=chore: chore.run(batch), chore.left, tell)  # type: ignore[misc]
    _work("keys wrapped anew", lambda: rewrap(batch), left, tell)
    rotation.finished_at = clock.now()
    rotation.save(update_fields=["finished_at"])
    return rotation


def _work(what: str, step: Callable[[], int], remaining: Callable[[], int], tell: Tell) -> None:
    total, done = remaining(), 0
    while total:
        n = step()
        done += n
        if not n:
            if not remaining():
                break
            time.sleep(0.2)  # somebody holds the last ones
        total = max(total, done)
        tell(what, done, total)
        if n and done >= total and not remaining():
            break


def tend(limit: int = BATCH) -> int:
    """One small step of whatever is left: the worker does one each minute, so that nothing waits for a command."""
    done = 0
    for chore in holders.chores:
        if done < limit:
            done += chore.run(limit - done)
    return done + (rewrap(limit - done) if done < limit else 0)


def rotate_accounts(*, batch: int = BATCH, tell: Tell = lambda what, done, of: None) -> None:
    """Another key for secrets of accounts, everything locked with it. Safe to kill and to begin again.

    The key before goes with :func:`retire`. Raises KeysMissing ``keys.closed``.
    """
    tell("new keys", int(keyring.renew_accounts_key()), 0)
    for chore in holders.chores:
        if chore.key == ACCOUNTS:
            _work(chore.label, lambda chore=chore: chore.run(batch), chore.left, tell)  # type: ignore[misc]


def rotate_index(*, batch: int = BATCH, tell: Tell = lambda what, done, of: None) -> int:
    """One more key over every hash that is looked up, without opening what was hashed. Returns how many keys lie there.

    Safe to kill and to begin again: what was not finished goes on, under the same key. Raises KeysMissing
    ``keys.closed``.
    """
    mine = [chore for chore in holders.chores if chore.key == INDEXES]
    if not any(chore.left() for chore in mine):
        keyring.add_index_key()
        tell("new keys", 1, 0)
    for chore in mine:
        _work(chore.label, lambda chore=chore: chore.run(batch), chore.left, tell)  # type: ignore[misc]
    return len(keyring.index_keys())


def retire() -> list[str]:
    """Destroy older keys that nothing needs any more; returns their ids.

    The row goes first, and the database refuses while one data key refers to it; the key in the file goes after.
    """
    gone = []
    if len(keyring.accounts_keys()) > 1 and not any(c.left() for c in holders.chores if c.key == ACCOUNTS):
        keyring.forget_accounts_key()
        gone.append("accounts")
    older = WrappingKey.objects.filter(is_active=False).order_by("made_at")
    for key_id in list(older.values_list("key_id", flat=True)):
        try:
            with transaction.atomic():
                WrappingKey.objects.filter(key_id=key_id).delete()
        except IntegrityError:
            continue
        keyring.remove_wrapping_key(key_id)
        gone.append(key_id)
    return gone


@dataclass(frozen=True)
class KeyState:
    """One wrapping key. ``at_hand``: its file is here and has it."""

    key_id: str
    holder: str
    name: str
    is_active: bool
    made_at: datetime
    wraps: int
    at_hand: bool


def states() -> list[KeyState]:
    """Every wrapping key that the database knows, by holder, newest first."""
    names = holders.names()
    with connection.cursor() as cursor:
        cursor.execute("SELECT wrapped_by, count(*) FROM core_datakey WHERE wrapped IS NOT NULL GROUP BY 1")
        wraps = dict(cursor.fetchall())
    return [
        KeyState(
            key_id=one.key_id,
            holder=one.holder,
            name=names.get(one.holder, ""),
            is_active=one.is_active,
            made_at=one.made_at,
            wraps=wraps.get(one.key_id, 0),
            at_hand=keyring.has(one.key_id),
        )
        for one in WrappingKey.objects.order_by("holder", "-made_at")
    ]


def status() -> dict[str, Any]:
    """What ``versants keys status --json`` answers."""
    now = clock.now()
    going = KeyRotation.objects.filter(finished_at=None).order_by("pk").first()
    last = KeyRotation.objects.exclude(finished_at=None).order_by("-finished_at").first()
    return {
        "keys": [
            {
                "id": one.key_id,
                "holder": one.holder or keyring.HOUSE,
                "name": one.name,
                "active": one.is_active,
                "made_at": one.made_at.isoformat(),
                "age_days": (now - one.made_at).days,
                "wraps": one.wraps,
                "at_hand": one.at_hand,
            }
            for one in states()
        ],
        "to_wrap_anew": left(),
        "to_do": {chore.key: chore.left() for chore in holders.chores},
        "rotation_unfinished_since": going.started_at.isoformat() if going else None,
        "last_rotation": last.finished_at.isoformat() if last and last.finished_at else None,
        "recovery": recovery.state(),
    }
