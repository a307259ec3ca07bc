"""Ended stays ended: roles, accounts, consents and links that ended after a backup was taken end again in what it restores.

Each line of ``endings.jsonl`` says what the column of a row that tells its end says since an instant (core/ending.py).
Of each row the newest line counts, and it only takes away: what the backup knows to end earlier stays so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from versants.launch.backup import ledger
from versants.launch.errors import InputError

NAME = "endings.jsonl"
REPLAYING = "app.replaying"  # set while ends are done again: nothing new ended
UNKNOWN = "unknown"
# Days begin here; Brussels and Paris keep the same time (core.clock).
ZONE = "Europe/Brussels"


@dataclass(frozen=True)
class Ending:
    """One line: ``says`` is what the row's column says since ``at``; empty, it has no end any more."""

    kind: str
    of: UUID
    at: datetime
    says: str


def known(folder: Path) -> list[Ending]:
    """The newest line of each row and kind, oldest first. A half line, or one that says too little, is passed over."""
    newest: dict[tuple[str, UUID], Ending] = {}
    for line in ledger.lines(folder, NAME):
        try:
            at = datetime.fromisoformat(str(line["at"]))
            one = Ending(
                kind=str(line["kind"]),
                of=UUID(str(line["of"])),
                at=at if at.tzinfo else at.replace(tzinfo=UTC),
                says=str(line["says"]),
            )
        except (KeyError, ValueError, TypeError):
            continue
        before = newest.get((one.kind, one.of))
        if before is None or before.at <= one.at:
            newest[one.kind, one.of] = one
    return sorted(newest.values(), key=lambda one: one.at)


def replay(connection: psycopg.Connection, folder: Path) -> dict[str, int]:
    """End again what the files know to have ended and lives in this database, each in a transaction of its own.

    Returns how many of each sort, those alone that there are; safe to run at any time. The connection is of a superuser
    or the tables' owner. Raises InputError ``endings.unreadable``: a line by hand that says what is no end.
    """
    done: dict[str, int] = {}
    for one in known(folder):
        kind = KINDS.get(one.kind)
        if kind is None:  # of a newer version
            done[UNKNOWN] = done.get(UNKNOWN, 0) + 1
            continue
        if not one.says or not _is_there(connection, kind.table):
            continue
        try:
            with connection.transaction(), _every_row(connection, kind.table, "core_grant"):
                connection.execute("select set_config(%s, 'on', true)", [REPLAYING])
                n = kind.again(connection, one)
        except psycopg.DataError as error:
            raise InputError(
                f"{NAME} says of {one.kind} {one.of} what is no end: “{one.says}”.", code="endings.unreadable"
            ) from error
        if n:
            done[kind.sort] = done.get(kind.sort, 0) + n
    return done


@contextmanager
def _every_row(connection: psycopg.Connection, *tables: str) -> Iterator[None]:
    """Row security holds for the owner too: it is lifted from these tables within the transaction, and nobody else
    ever sees them without.
    """
    forced = connection.execute(
        "select c.relname::text from pg_class c where c.relnamespace = 'public'::regnamespace"
        " and c.relname = any(%s) and c.relforcerowsecurity and not (select rolsuper or rolbypassrls from pg_roles"
        " where rolname = current_user)",
        [list(tables)],
    ).fetchall()
    for (name,) in forced:
        connection.execute(sql.SQL("alter table {} no force row level security").format(sql.Identifier(name)))
    yield
    if forced:
        connection.execute("set constraints all immediate")
    for (name,) in forced:
        connection.execute(sql.SQL("alter table {} force row level security").format(sql.Identifier(name)))


def told(done: dict[str, int]) -> str:
    """``2 roles, 1 consent``; “nothing” if there is none."""
    words = {kind.sort: (kind.sort, f"{kind.sort}s") for kind in KINDS.values()}
    words[UNKNOWN] = ("line not understood", "lines not understood")
    return ", ".join(f"{n} {words[sort][n != 1]}" for sort, n in sorted(done.items())) or "nothing"


def _is_there(connection: psycopg.Connection, table: str) -> bool:
    """A backup from before a table was made has no row of it that could live again."""
    row = connection.execute("select to_regclass('public.' || %s) is not null", [table]).fetchone()
    return row is not None and bool(row[0])


# -- each kind --------------------------------------------------------------------------------------------------------

_ROLE = """
update public.people_membership m set period = case when isempty(new.period) then new.period
    else daterange(lower(m.period), greatest(lower(m.period), upper(new.period))) end
from (select %(says)s::daterange as period) new
where m.uid = %(of)s and not isempty(m.period) and (isempty(new.period)
  or (upper(new.period) is not null and (upper(m.period) is null or upper(m.period) > upper(new.period))))
returning m.id, m.account_id, case when isempty(new.period) then %(at)s
  else greatest(%(at)s, upper(new.period)::timestamp at time zone %(zone)s) end,
  not m.period @> (now() at time zone %(zone)s)::date
"""
_GRANTS = """
update public.core_grant set period = tstzrange(lower(period), greatest(lower(period), %s))
where {which} = %s and not isempty(period) and (upper(period) is null or upper(period) > %s)
"""
_CONSENT = """
update public.people_consent set withdrawn_at = %(says)s::timestamptz, withdrawn_how = 'team',
  period = case when lower(period) < %(says)s::timestamptz
    then tstzrange(lower(period), least(upper(period), %(says)s::timestamptz)) else period end
where uid = %(of)s and withdrawn_at is null returning id, withdrawn_at
"""


def _values(one: Ending) -> dict[str, Any]:
    return {"of": one.of, "at": one.at, "says": one.says, "zone": ZONE}


def _role(connection: psycopg.Connection, one: Ending) -> int:
    """The role, what was opened because of it, and, once it is over, the sessions under it."""
    found = connection.execute(_ROLE, _values(one)).fetchall()
    for membership, account, ends_at, is_over in found:
        which = "holder_kind = 'membership' and holder_id"
        connection.execute(_GRANTS.format(which=which), [ends_at, membership, ends_at])
        if is_over:
            _sign_out(connection, account)
    return len(found)


def _account(connection: psycopg.Connection, one: Ending) -> int:
    if one.says != "false":
        return 0  # it was opened again
    found = connection.execute(
        "update public.people_account set is_active = false where uid = %s and is_active returning id",
        [one.of],
    ).fetchall()
    for (account,) in found:
        _sign_out(connection, account)
    return len(found)


def _sign_out(connection: psycopg.Connection, account: int) -> None:
    connection.execute(
        "delete from public.django_session where session_key in"
        " (select session_key from public.usersessions_usersession where user_id = %s)",
        [account],
    )
    connection.execute("delete from public.usersessions_usersession where user_id = %s", [account])


def _consent(connection: psycopg.Connection, one: Ending) -> int:
    """The consent, and what was opened under it."""
    found = connection.execute(_CONSENT, _values(one)).fetchall()
    for consent, ends_at in found:
        connection.execute(_GRANTS.format(which="consent_id"), [ends_at, consent, ends_at])
    return len(found)


def _sets(statement: str) -> Callable[[psycopg.Connection, Ending], int]:
    def again(connection: psycopg.Connection, one: Ending) -> int:
        return connection.execute(statement, _values(one)).rowcount

    return again


_CUT = "update public.mobile_requestlink set revoked_at = %(says)s::timestamptz where uid = %(of)s and revoked_at is null"
# A link that was used, or sent anew under another token, opens nothing a second time: the invitation is made again.
_WITHDRAW = (
    "update public.people_invitation set revoked_at = %(at)s"
    " where uid = %(of)s and revoked_at is null and accepted_at is null"
)
_STOP = (
    "update public.people_recovery set stopped_at = %(at)s"
    " where uid = %(of)s and stopped_at is null and used_at is null"
)


@dataclass(frozen=True)
class Kind:
    """``again(connection, ending)`` ends a row of ``table`` again and returns how many; ``sort`` is its word."""

    table: str
    sort: str
    again: Callable[[psycopg.Connection, Ending], int]


KINDS = {
    "role": Kind("people_membership", "role", _role),
    "account": Kind("people_account", "account", _account),
    "consent": Kind("people_consent", "consent", _consent),
    "link": Kind("mobile_requestlink", "link", _sets(_CUT)),
    "invitation": Kind("people_invitation", "invitation", _sets(_WITHDRAW)),
    "invitation_used": Kind("people_invitation", "invitation", _sets(_WITHDRAW)),
    "invitation_again": Kind(
        "people_invitation", "invitation", _sets(f"{_WITHDRAW} and expires_at < %(says)s::timestamptz")
    ),
    "recovery": Kind("people_recovery", "recovery link", _sets(_STOP)),
    "recovery_used": Kind("people_recovery", "recovery link", _sets(_STOP)),
}
