"""Writing down what happened, in the transaction in which it happened."""

from __future__ import annotations

import json
from typing import Any

from django.db import connection

from versants.core import clock
from versants.core.access import scope

# Written without RETURNING: the actor who adds an event may not read it back.
_INSERT = """
INSERT INTO core_auditevent (at, action, actor_kind, membership_id, account_id, organisation_id, team_id, role,
                             subject_kind, subject_uid, person_code, facts)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


def record(
    action: str, *, subject: Any = None, person_code: str = "", actor: scope.Actor | None = None, **facts: Any
) -> None:
    """One event. ``subject`` is a row with ``uid``; ``facts`` are codes and figures, never names or text."""
    who = actor or scope.current()
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            [
                clock.now(),
                action,
                who.kind,
                who.membership,
                who.account,
                who.organisation,
                who.desk,
                who.role,
                subject._meta.model_name if subject is not None else "",
                str(getattr(subject, "uid", "")) if subject is not None else "",
                person_code,
                json.dumps(facts),
            ],
        )
