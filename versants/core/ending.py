"""Ended stays ended: that a role, a consent or a link ended is known outside the database, as erasures are.

A trigger notes it in the transaction that does it, whichever code or hand that is; the worker copies the note to a file
of the witness folder about a second after the commit; a restored backup is given those ends again before anybody works
(``launch/backup/endings.py``, which knows each kind).
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from versants.core import witness
from versants.core.access.install import register_sql
from versants.core.models import Ending
from versants.launch.backup.endings import KINDS, REPLAYING

FILE = "endings"
_BATCH = 500

# The owner's: the application may neither note an end that was not, nor take a note away.
NOTE = f"""
CREATE OR REPLACE FUNCTION app.note_ending() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public AS $$
BEGIN
  IF coalesce(current_setting('{REPLAYING}', true), '') = '' THEN
    INSERT INTO core_ending (uid, kind, of, at, says)
      VALUES (gen_random_uuid(), TG_ARGV[0], NEW.uid, clock_timestamp(), coalesce(to_jsonb(NEW) ->> TG_ARGV[1], ''));
  END IF;
  RETURN NULL;
END $$;
"""


def noted(kind: str, table: str, column: str) -> None:
    """From now on each change of ``column``, which says when or whether a row of ``table`` ended, is noted.

    Raises LookupError for a kind that no restore would know.
    """
    if kind not in KINDS:
        raise LookupError(kind)
    register_sql(
        f"CREATE OR REPLACE TRIGGER note_{kind} AFTER UPDATE ON {table} FOR EACH ROW"
        f" WHEN (OLD.{column} IS DISTINCT FROM NEW.{column})"
        f" EXECUTE FUNCTION app.note_ending('{kind}', '{column}')"
    )


def keep() -> int:
    """Copy notes to the file outside the database; the worker does so every second. Safe to run twice."""
    with transaction.atomic():
        waiting = list(
            Ending.objects.select_for_update(skip_locked=True).filter(kept_at=None).order_by("pk")[:_BATCH]
        )
        witness.append(
            FILE,
            [
                {
                    "uid": str(one.uid),
                    "kind": one.kind,
                    "of": str(one.of),
                    "at": one.at.isoformat(),
                    "says": one.says,
                }
                for one in waiting
            ],
        )
        Ending.objects.filter(pk__in=[one.pk for one in waiting]).update(kept_at=timezone.now())
    return len(waiting)


def unkept_for(limit: timedelta) -> bool:
    """Has a note waited longer than ``limit`` for its line in the file?"""
    return Ending.objects.filter(kept_at=None, at__lt=timezone.now() - limit).exists()
