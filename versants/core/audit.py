"""Writing down what happened, in the transaction in which it happened."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.db import connection

from versants.core import clock
from versants.core.access import scope

# Written without RETURNING: the actor who adds an event may not read it back.
_INSERT = """
INSERT INTO core_auditevent (at, action, actor_kind, membership_id, account_id, organisation_id, team_id, role,
                             subject_kind, subject_uid, person_code, facts)
VALUES """


def record(
    action: str, *, subject: Any = None, person_code: str = "", actor: scope.Actor | None = None, **facts: Any
) -> None:
    """One event. ``subject`` is a row with ``uid``; ``facts`` are codes and figures, never names or text."""
    record_each(action, [person_code], subject=subject, actor=actor, **facts)


def record_each(
    action: str,
    person_codes: Sequence[str],
    *,
    subject: Any = None,
    actor: scope.Actor | None = None,
    **facts: Any,
) -> None:
    """One event for each of these persons, in one statement: a household is as quickly read as one person."""
    who = actor or scope.current()
    kind = subject._meta.model_name if subject is not None else ""
    uid = str(getattr(subject, "uid", "")) if subject is not None else ""
    now, said = clock.now(), json.dumps(facts)
    common = [
        now,
        action,
        who.kind,
        who.membership,
        who.account,
        who.organisation,
        who.desk,
        who.role,
        kind,
        uid,
    ]
    rows = [[*common, code, said] for code in person_codes]
    if not rows:
        return
    values = ", ".join(["(" + ", ".join(["%s"] * len(rows[0])) + ")"] * len(rows))
    with connection.cursor() as cursor:
        cursor.execute(_INSERT + values, [part for row in rows for part in row])
