"""The sealer: puts committed events under signed seals, outside requests, with a key outside the database.

Writers never wait for it: an event and its line in the queue are written in the action's transaction, unchained; the
sealer takes what is committed about every second. A seal holds the events' hashes, their Merkle root (RFC 6962),
the hash of the seal before and an Ed25519 signature over all of it; its head goes to a file outside the database.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.db import connection, transaction

from versants.core import locking, witness
from versants.core.crypto import keyring

HEADS = "heads"
LOCK = "core.sealer"  # sealing, changing the key that signs and taking the log up again: one at a time
MOST = 5000  # events under one seal
FIRST = bytes(32)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# Queue and seals are the owner's: the application's role changes them through these alone. A hash of an event tells
# nothing of it; nothing here returns one word of the log.
LEAF = """
CREATE OR REPLACE FUNCTION app.event_part(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT coalesce(octet_length(value)::text || ':' || value, '-') $$;
CREATE OR REPLACE FUNCTION app.event_leaf(e core_auditevent) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT sha256('\\x00'::bytea || convert_to(
     app.event_part(e.id::text)
     || app.event_part((extract(epoch FROM e.at) * 1000000)::bigint::text)
     || app.event_part(e.action) || app.event_part(e.actor_kind)
     || app.event_part(e.membership_id::text) || app.event_part(e.account_id::text)
     || app.event_part(e.organisation_id::text) || app.event_part(e.team_id::text)
     || app.event_part(e.role) || app.event_part(e.subject_kind) || app.event_part(e.subject_uid)
     || app.event_part(e.person_code) || app.event_part(e.facts::text), 'UTF8')) $$;
"""
TAKE = """
CREATE OR REPLACE FUNCTION app.unsealed(most int) RETURNS TABLE (event_id bigint, leaf bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
$$ SELECT e.id, app.event_leaf(e) FROM core_unsealedevent q JOIN core_auditevent e ON e.id = q.event_id
   ORDER BY q.event_id LIMIT most $$;
CREATE OR REPLACE FUNCTION app.unsealed_state(OUT waiting bigint, OUT since timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
$$ SELECT count(*), min(q.since) FROM core_unsealedevent q $$;
"""
ADD = """
CREATE OR REPLACE FUNCTION app.add_seal(number bigint, segment text, at timestamptz, ids bigint[], leaves bytea,
  root bytea, previous bytea, signature bytea) RETURNS int
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public AS $$
DECLARE taken int;
BEGIN
  DELETE FROM core_unsealedevent WHERE event_id = ANY(ids);
  GET DIAGNOSTICS taken = ROW_COUNT;
  IF taken <> cardinality(ids) THEN
    RAISE EXCEPTION 'these events do not wait for a seal' USING ERRCODE = '23514', CONSTRAINT = 'seal_takes_waiting';
  END IF;
  INSERT INTO core_seal (number, segment, at, n, event_ids, leaves, root, previous, signature, pruned_ids)
    VALUES (number, segment, at, taken, ids, leaves, root, previous, signature, '{}');
  RETURN taken;
END $$;
"""


def node(left: bytes, right: bytes) -> bytes:
    """An inner node of the tree (RFC 6962, 2.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """Root over leaf hashes, in their order; raises ValueError for none.

    Pairing level by level, an odd last one carried up, gives the tree of RFC 6962: its left part is always the
    largest power of two.
    """
    if not leaves:
        raise ValueError("a seal covers at least one event")
    level = list(leaves)
    while len(level) > 1:
        paired = [node(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = paired + level[len(level) - len(level) % 2 :]
    return level[0]


def micros(at: datetime) -> int:
    """Microseconds since 1970, exact."""
    return (at - _EPOCH) // timedelta(microseconds=1)


@dataclass(frozen=True)
class Head:
    """What is signed of a seal."""

    number: int
    segment: str
    at: datetime
    n: int
    root: bytes
    previous: bytes

    def message(self) -> bytes:
        return b"|".join(
            (
                b"versants seal 1",
                str(self.number).encode(),
                self.segment.encode(),
                str(micros(self.at)).encode(),
                str(self.n).encode(),
                self.root.hex().encode(),
                self.previous.hex().encode(),
            )
        )

    def hash(self, signature: bytes) -> bytes:
        """What the next seal holds of this one."""
        return hashlib.sha256(self.message() + b"|" + signature).digest()


def pruned_message(number: int, root: bytes, pruned_ids: Sequence[int], everything: bool) -> bytes:
    """What is signed when rows of a seal go."""
    ids = ",".join(map(str, sorted(pruned_ids)))
    return f"versants pruned 1|{number}|{root.hex()}|{ids}|{'all' if everything else 'some'}".encode()


def signer() -> Ed25519PrivateKey:
    """The key of the key file. Raises KeysMissing."""
    return Ed25519PrivateKey.from_private_bytes(keyring.sign_key())


def public_key() -> bytes:
    """32 bytes, to be given to whoever verifies elsewhere."""
    return signer().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


@dataclass(frozen=True)
class Handover:
    """One key that signs gave way to another. Up to seal ``until`` the first one counts, after it the second."""

    old: bytes
    new: bytes
    until: int
    at: datetime
    by_old: bytes
    by_new: bytes

    def message(self) -> bytes:
        parts = (self.old.hex(), self.new.hex(), str(self.until), str(micros(self.at)))
        return b"versants handover 1|" + "|".join(parts).encode()

    @property
    def is_signed(self) -> bool:
        """By both keys: nobody who stole the first one alone can name another, nor the second deny the first."""
        message = self.message()
        return signed_by(self.old, message, self.by_old) and signed_by(self.new, message, self.by_new)

    def as_json(self) -> dict[str, Any]:
        """As it stands in the key file."""
        names = ("old", "new", "by_old", "by_new")
        return {"until": self.until, "at": self.at.isoformat()} | {n: getattr(self, n).hex() for n in names}

    @classmethod
    def from_json(cls, held: dict[str, Any]) -> Handover:
        """Raises ValueError, KeyError or TypeError for anything else."""
        old, new, by_old, by_new = (bytes.fromhex(held[name]) for name in ("old", "new", "by_old", "by_new"))
        return cls(old, new, int(held["until"]), datetime.fromisoformat(held["at"]), by_old, by_new)


class Signers:
    """Which public key signs which seal: the one of the key file, and those it took over from, one after the other."""

    def __init__(self, current: bytes, handovers: Sequence[Handover] = ()) -> None:
        self.current = current
        self.handovers = list(handovers)
        self.holds = self._linked()

    def _linked(self) -> bool:
        """Each handover signed by both keys, and each leading to the next."""
        new = self.current
        for one in reversed(self.handovers):
            if one.new != new or not one.is_signed:
                return False
            new = one.old
        return True

    @classmethod
    def known(cls) -> Signers:
        """Of the key file. Raises KeysMissing; one that was written by hand does not ``hold``."""
        try:
            return cls(public_key(), [Handover.from_json(held) for held in keyring.handovers()])
        except (ValueError, KeyError, TypeError):
            found = cls(public_key())
            found.holds = False
            return found

    def sealed(self, number: int, message: bytes, signature: bytes) -> bool:
        """Did a key sign this seal that could still sign it?

        None signs beyond the seal at which it, or one after it, gave way. A later key may stand under an earlier
        number: after a restore the log goes on with the key in use, from an older seal than the one of the handover.
        """
        keys, least = [self.current], None
        for one in reversed(self.handovers):
            least = one.until if least is None else min(least, one.until)
            if number <= least:
                keys.append(one.old)
        return any(signed_by(key, message, signature) for key in keys)

    def signed(self, message: bytes, signature: bytes) -> bool:
        """Did one of them sign this? For what is signed later than the seal it speaks of."""
        keys = [self.current, *(one.old for one in self.handovers)]
        return any(signed_by(key, message, signature) for key in keys)


def renew_signer() -> dict[str, Any]:
    """Another key signs from the next seal on. Returns ``old``, ``new`` (public) and ``until``, the last seal before.

    Sealing waits a moment. Both keys sign that one gives way to the other, then the old one is destroyed: what it
    signed is verified with its public half, which stays in the key file. Raises KeysMissing; DatabaseError.
    """
    fresh = Ed25519PrivateKey.generate()
    with transaction.atomic(), connection.cursor() as cursor:
        locking.hold(LOCK)
        last, old = newest(cursor), signer()
        cursor.execute("SELECT clock_timestamp()")
        at: datetime = cursor.fetchone()[0].astimezone(UTC)
        plain = Handover(
            old=old.public_key().public_bytes_raw(),
            new=fresh.public_key().public_bytes_raw(),
            until=last[0].number if last else 0,
            at=at,
            by_old=b"",
            by_new=b"",
        )
        message = plain.message()
        signed = replace(plain, by_old=old.sign(message), by_new=fresh.sign(message))
        keyring.renew_sign_key(fresh.private_bytes_raw(), signed.as_json())
    return {"old": signed.old.hex(), "new": signed.new.hex(), "until": signed.until}


def signed_by(public: bytes, message: bytes, signature: bytes) -> bool:
    """Does the signature fit?"""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def seal(most: int = MOST) -> int:
    """Put what is committed and waits under one seal. Returns how many events; 0 if none or another one is at it.

    Raises KeysMissing; DatabaseError. The head goes to the file after the commit: a sealer killed between the two
    writes it at its next beginning.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        if not locking.hold_if_free(LOCK):
            return 0
        cursor.execute("SELECT event_id, leaf FROM app.unsealed(%s)", [most])
        rows = [(event_id, bytes(leaf)) for event_id, leaf in cursor.fetchall()]
        before = newest(cursor)
        _catch_up(before)
        if not rows:
            return 0
        cursor.execute("SELECT clock_timestamp()")
        at: datetime = cursor.fetchone()[0].astimezone(UTC)
        leaves = [leaf for _event, leaf in rows]
        head = Head(
            number=before[0].number + 1 if before else 1,
            segment=f"{at:%Y-%m}",
            at=at,
            n=len(rows),
            root=merkle_root(leaves),
            previous=before[0].hash(before[1]) if before else FIRST,
        )
        signature = signer().sign(head.message())
        cursor.execute(
            "SELECT app.add_seal(%s, %s, %s, %s, %s, %s, %s, %s)",
            [
                head.number,
                head.segment,
                head.at,
                [event_id for event_id, _leaf in rows],
                b"".join(leaves),
                head.root,
                head.previous,
                signature,
            ],
        )
        transaction.on_commit(lambda: witness.append(HEADS, [line(head, signature)]))
    return len(rows)


def line(head: Head, signature: bytes) -> dict[str, Any]:
    """A head as it stands in the file."""
    return {
        "number": head.number,
        "at": head.at.isoformat(),
        "root": head.root.hex(),
        "hash": head.hash(signature).hex(),
    }


_COLUMNS = "number, segment, at, n, root, previous, signature"


def head_of(row: Sequence[Any]) -> tuple[Head, bytes]:
    """Head and signature from ``number, segment, at, n, root, previous, signature``."""
    number, segment, at, n, root, previous, signature = row
    return Head(number, segment, at.astimezone(UTC), n, bytes(root), bytes(previous)), bytes(signature)


def newest(cursor: Any) -> tuple[Head, bytes] | None:
    """The newest seal's head and signature."""
    cursor.execute(f"SELECT {_COLUMNS} FROM core_seal ORDER BY number DESC LIMIT 1")
    row = cursor.fetchone()
    return head_of(row) if row else None


def _catch_up(newest_seal: tuple[Head, bytes] | None) -> None:
    """The one head that a killed sealer may not have written. A longer gap is no accident: verification names it."""
    if newest_seal is None:
        return
    head, signature = newest_seal
    if head.number - last_known() == 1:
        witness.append(HEADS, [line(head, signature)])


def last_known() -> int:
    """Number of the newest seal in the heads' file; a line that resumes the log counts as the seal it names."""
    found = witness.last(HEADS) or {}
    return int(found.get("number", found.get("resume", 0)))


def state() -> dict[str, Any]:
    """How far the log is sealed: ``sealed_up_to`` (instant of the newest seal), events waiting, age of the oldest."""
    with connection.cursor() as cursor:
        head = newest(cursor)
        cursor.execute(
            "SELECT waiting, extract(epoch FROM clock_timestamp() - since) FROM app.unsealed_state()"
        )
        waiting, age = cursor.fetchone()
    return {
        "sealed_up_to": head[0].at if head else None,
        "seals": head[0].number if head else 0,
        "unsealed": waiting,
        "oldest_unsealed_s": None if age is None else max(0.0, round(float(age), 3)),
    }


class Sealer(threading.Thread):
    """Seals about every second for as long as its process lives; any number may run, one seals at a time."""

    EVERY_S = 1.0

    def __init__(self) -> None:
        super().__init__(name="sealer", daemon=True)
        self._end = threading.Event()

    def run(self) -> None:
        import logging

        from versants.core import ending, erasure

        log = logging.getLogger("versants.sealer")
        failing = ""
        while not self._end.wait(self.EVERY_S):
            try:
                while seal() == MOST and not self._end.is_set():
                    pass
                erasure.keep()
                ending.keep()
                failing = ""
            except Exception as error:  # it must go on: the database comes back, the disk is freed
                name = type(error).__name__
                if name != failing:  # said once, not every second
                    log.error("sealing_failed", exc_info=True)
                failing = name
                connection.close()
                self._end.wait(5 * self.EVERY_S)
        connection.close()

    def stop(self) -> None:
        """Let it finish what it does."""
        self._end.set()
        self.join(timeout=3)


def is_late(limit: timedelta) -> bool:
    """Has an event waited longer than ``limit``?"""
    age = state()["oldest_unsealed_s"]
    return age is not None and age > limit.total_seconds()
