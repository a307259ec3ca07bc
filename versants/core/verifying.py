"""Does the log hold: every seal signed and linked, every event as it was sealed, nothing missing, nothing slipped in.

Two ways to hash an event: from its columns, with code of its own (the owner's, for ``versants audit verify``), or by
the database's function (the worker's daily look, under a role that may not read the log). Tests hold them equal.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from versants.core import locking, sealing, witness

Leaves = Callable[[Sequence[int]], dict[int, bytes]]
CHUNK = 200  # seals read at once
LAG = timedelta(seconds=10)  # a head is written after its seal is committed


@dataclass(frozen=True)
class Break:
    """Where the log does not hold. ``kind``: changed, removed, inserted, signature or head."""

    kind: str
    segment: str | None
    seal: int | None
    event: int | None
    text: str


class _Broken(Exception):
    def __init__(self, found: Break) -> None:
        super().__init__(found.kind)
        self.found = found


def leaves_from_rows(ids: Sequence[int]) -> dict[int, bytes]:
    """Hashes of events, from their columns. For a role that may read the log."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, at, action, actor_kind, membership_id, account_id, organisation_id, team_id, role,"
            " subject_kind, subject_uid, person_code, facts::text FROM core_auditevent WHERE id = ANY(%s)",
            [list(ids)],
        )
        return {row[0]: leaf((row[0], sealing.micros(row[1]), *row[2:])) for row in cursor.fetchall()}


def leaf(values: Sequence[Any]) -> bytes:
    """One event's hash: each value as ``LENGTH:TEXT`` in bytes of UTF-8, or ``-`` for none, after a zero byte."""
    parts = [b"\x00"]
    for value in values:
        text = b"" if value is None else str(value).encode()
        parts.append(b"-" if value is None else str(len(text)).encode() + b":" + text)
    return hashlib.sha256(b"".join(parts)).digest()


def leaves_by_function(ids: Sequence[int]) -> dict[int, bytes]:
    """The same from the database's own function: for a role that may not read the log."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT event_id, leaf FROM app.event_leaves(%s)", [list(ids)])
        return {event_id: bytes(found) for event_id, found in cursor.fetchall()}


def verify(leaves: Leaves = leaves_from_rows) -> dict[str, Any]:
    """The whole log, as of one instant. Raises KeysMissing: without the signing key nothing can be said.

    Answers ``holds``, ``sealed_up_to``, ``oldest_unsealed_s``, ``unsealed``, ``segments``, ``seals``, ``events``
    (sealed), ``pruned``, ``resumed`` (times it was taken up again after a restore), ``public_key``, ``keys`` (that
    signed, one after the other) and ``first_break``.
    """
    signers = sealing.Signers.known()
    with connection.cursor() as cursor:
        began = _now(cursor)
    known = Heads.read(signers)  # before the tables: they may have grown since, and only they
    nested = connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if not nested:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        state = sealing.state()
        totals = _Totals()
        found: Break | None = None
        try:
            if not signers.holds:
                text = "the key file says that another key signed before, and not both keys say so"
                raise _Broken(Break("signature", None, None, None, text))
            for head, signature, row in _seals(cursor):
                totals.add(head, row)
                _check_seal(head, signature, row, totals, signers, leaves)
                known.check(head, signature)
                totals.before = head.hash(signature)
            known.check_end(totals.last, began)
            cursor.execute("SELECT app.stray_event()")
            stray = cursor.fetchone()[0]
            if stray is not None:
                raise _Broken(
                    Break("inserted", None, None, stray, "this event was never put in line for a seal")
                )
        except _Broken as broken:
            found = broken.found
    return {
        "holds": found is None,
        "sealed_up_to": state["sealed_up_to"].isoformat() if state["sealed_up_to"] else None,
        "oldest_unsealed_s": state["oldest_unsealed_s"],
        "unsealed": state["unsealed"],
        "segments": len(totals.segments),
        "seals": state["seals"],
        "events": totals.events,
        "pruned": totals.pruned,
        "resumed": known.resumed,
        "public_key": signers.current.hex(),
        "keys": 1 + len(signers.handovers),
        "first_break": asdict(found) if found else None,
    }


class _Totals:
    """What was seen so far."""

    def __init__(self) -> None:
        self.segments: set[str] = set()
        self.events = 0
        self.pruned = 0
        self.before = sealing.FIRST
        self.last: sealing.Head | None = None

    def add(self, head: sealing.Head, row: dict[str, Any]) -> None:
        expected = self.last.number + 1 if self.last else 1
        if head.number != expected:
            raise _Broken(Break("removed", head.segment, expected, None, f"seal {expected} is missing"))
        self.segments.add(head.segment)
        self.events += head.n
        self.pruned += head.n if row["event_ids"] is None else len(row["pruned_ids"])
        self.last = head


def _seals(cursor: Any) -> Iterator[tuple[sealing.Head, bytes, dict[str, Any]]]:
    after = 0
    while True:
        cursor.execute(
            "SELECT number, segment, at, n, root, previous, signature, event_ids, leaves, pruned_ids,"
            " pruned_signature FROM core_seal WHERE number > %s ORDER BY number LIMIT %s",
            [after, CHUNK],
        )
        rows = cursor.fetchall()
        for row in rows:
            head, signature = sealing.head_of(row[:7])
            names = ("event_ids", "leaves", "pruned_ids", "pruned_signature")
            yield head, signature, dict(zip(names, row[7:], strict=True))
            after = head.number
        if len(rows) < CHUNK:
            return


def _check_seal(
    head: sealing.Head,
    signature: bytes,
    row: dict[str, Any],
    totals: _Totals,
    signers: sealing.Signers,
    leaves: Leaves,
) -> None:
    def broken(kind: str, text: str, event: int | None = None) -> _Broken:
        return _Broken(Break(kind, head.segment, head.number, event, text))

    if not signers.sealed(head.number, head.message(), signature):
        raise broken("signature", "this seal is not signed by the key of this installation")
    if head.previous != totals.before:
        raise broken("removed", "the seal before is not the one this seal was set after")
    pruned, everything = list(row["pruned_ids"] or []), row["event_ids"] is None
    if pruned or everything or row["pruned_signature"] is not None:
        message = sealing.pruned_message(head.number, head.root, pruned, everything)
        if not signers.signed(message, bytes(row["pruned_signature"] or b"")):
            raise broken("removed", "events are gone and no signature says that they were due")
    if everything:
        return
    ids, packed = list(row["event_ids"]), bytes(row["leaves"] or b"")
    sealed = [packed[i : i + 32] for i in range(0, len(packed), 32)]
    if not (len(ids) == len(sealed) == head.n) or sealing.merkle_root(sealed) != head.root:
        raise broken("changed", "the hashes under this seal are not those that were signed")
    gone, here = set(pruned), leaves(ids)
    for event, wanted in zip(ids, sealed, strict=True):
        found = here.get(event)
        if found is None and event not in gone:
            raise broken("removed", "this event is gone", event)
        if found is not None and found != wanted:
            raise broken("changed", "this event is not what was sealed", event)


def _now(cursor: Any) -> datetime:
    cursor.execute("SELECT clock_timestamp()")
    now: datetime = cursor.fetchone()[0]
    return now.astimezone(UTC)


class Heads:
    """The file of heads: what somebody who holds the whole database cannot rewrite."""

    def __init__(self) -> None:
        self.hashes: dict[int, str] = {}
        self.base = 0  # seals up to here were taken over when the log was resumed
        self.resumed = 0
        self.newest = 0
        self.beyond: sealing.Head | None = None  # the first seal that the file does not know yet

    @classmethod
    def read(cls, signers: sealing.Signers) -> Heads:
        found = cls()
        for line in witness.read(sealing.HEADS):
            if "resume" in line:
                if signers.signed(resume_message(line), bytes.fromhex(line.get("signature", ""))):
                    found.base, found.hashes = line["resume"], {line["resume"]: line["hash"]}
                    found.resumed += 1
            elif "number" in line:
                found.hashes.setdefault(line["number"], line["hash"])
        found.newest = max(found.hashes, default=0)
        return found

    def check(self, head: sealing.Head, signature: bytes) -> None:
        """The file knows this seal, if it knows one as new, and knows it like this."""
        known = self.hashes.get(head.number)
        if head.number < self.base:
            return
        if head.number > self.newest:
            self.beyond = self.beyond or head
            return
        if known != head.hash(signature).hex():
            raise _Broken(
                Break("head", head.segment, head.number, None, "the file of heads knows another seal here")
            )

    def check_end(self, last: sealing.Head | None, began: datetime) -> None:
        """The newest seal of the file is there, and the file is not older than the seals."""
        number = last.number if last else 0
        if self.newest > number:
            text = f"the file of heads knows seals up to {self.newest}, the database up to {number}"
            raise _Broken(Break("head", last.segment if last else None, self.newest, None, text))
        first = self.beyond
        if first is not None and first.at < began - LAG:
            text = f"the file of heads ends at {self.newest}, the database at {number}"
            raise _Broken(Break("head", first.segment, first.number, None, text))


def resume_message(line: dict[str, Any]) -> bytes:
    """What is signed when the log is taken up again."""
    content = {name: line.get(name) for name in ("resume", "hash", "at", "because")}
    return b"versants resume 1|" + json.dumps(content, sort_keys=True).encode()


def resume(because: str) -> dict[str, Any]:
    """Take the log up again after a restore, or when the file of heads was lost: the newest seal here counts.

    The line in the file is signed and stays for ever; every verification counts it.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        locking.hold(sealing.LOCK)
        newest = sealing.newest(cursor)
        at = _now(cursor)
        head_hash = newest[0].hash(newest[1]).hex() if newest else sealing.FIRST.hex()
        line: dict[str, Any] = {
            "resume": newest[0].number if newest else 0,
            "hash": head_hash,
            "at": at.isoformat(),
            "because": because,
        }
        line["signature"] = sealing.signer().sign(resume_message(line)).hex()
        witness.append(sealing.HEADS, [line])
    return line
