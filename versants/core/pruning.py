"""Readings whose legal period is over: their rows go, their seals stay, and verification still holds.

Only readings go (``*.read``); what was done stays. A seal says, under a signature of its own, which of its events
are no longer there; a row that is missing without one was removed.
"""

from __future__ import annotations

from django.conf import settings
from django.db import connection, transaction

from versants.core import sealing

SHORTEST_MONTHS, LONGEST_MONTHS = 6, 36

# The owner's functions know the shortest period by themselves: whoever calls them cannot prune what is younger.
LOOK = f"""
CREATE OR REPLACE FUNCTION app.prunable(months int, most int)
RETURNS TABLE (number bigint, root bytea, n int, ids bigint[]) LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public AS
$$ SELECT s.number, s.root, s.n,
     ARRAY(SELECT e.id FROM core_auditevent e WHERE e.id = ANY(s.event_ids) AND e.action LIKE '%.read' ORDER BY e.id)
   FROM core_seal s
   WHERE s.at < now() - make_interval(months => greatest(months, {SHORTEST_MONTHS})) AND s.pruned_before IS NULL
   ORDER BY s.number LIMIT most $$;
"""
PRUNE = f"""
CREATE OR REPLACE FUNCTION app.prune(seal bigint, ids bigint[], everything boolean, proof bytea) RETURNS int
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public AS $$
DECLARE gone int;
BEGIN
  DELETE FROM core_auditevent e USING core_seal s
    WHERE s.number = seal AND s.at < now() - interval '{SHORTEST_MONTHS} months' AND s.pruned_before IS NULL
      AND e.id = ANY(ids) AND e.id = ANY(s.event_ids) AND e.action LIKE '%.read';
  GET DIAGNOSTICS gone = ROW_COUNT;
  IF gone <> cardinality(ids) THEN
    RAISE EXCEPTION 'these events may not go' USING ERRCODE = '23514', CONSTRAINT = 'prune_old_readings_only';
  END IF;
  UPDATE core_seal SET pruned_before = now(), pruned_signature = proof,
      pruned_ids = CASE WHEN everything THEN '{{}}' ELSE ids END,
      event_ids = CASE WHEN everything THEN NULL ELSE event_ids END,
      leaves = CASE WHEN everything THEN NULL ELSE leaves END
    WHERE number = seal AND pruned_before IS NULL AND at < now() - interval '{SHORTEST_MONTHS} months';
  RETURN gone;
END $$;
"""
# What a verification by the application's own role may see: hashes, and the number of an event that no seal knows.
LEAVES = """
CREATE OR REPLACE FUNCTION app.event_leaves(ids bigint[]) RETURNS TABLE (event_id bigint, leaf bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
$$ SELECT e.id, app.event_leaf(e) FROM core_auditevent e WHERE e.id = ANY(ids) $$;
CREATE OR REPLACE FUNCTION app.stray_event() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
$$ SELECT min(id) FROM (
     SELECT id FROM core_auditevent
     EXCEPT SELECT event_id FROM core_unsealedevent
     EXCEPT SELECT unnest(event_ids) FROM core_seal) strays $$;
"""


def months() -> int:
    """How long readings stay (``VERSANTS_AUDIT_READ_MONTHS``), never below 6 nor above 36."""
    return min(max(int(settings.AUDIT_READ_MONTHS), SHORTEST_MONTHS), LONGEST_MONTHS)


def prune(most: int = 200) -> int:
    """Readings of seals older than the period go, in short transactions. Returns how many rows. Raises KeysMissing."""
    gone = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute("SELECT number, root, n, ids FROM app.prunable(%s, %s)", [months(), most])
            rows = cursor.fetchall()
        for number, root, n, ids in rows:
            gone += _one(number, bytes(root), n, ids)
        if len(rows) < most:
            return gone


def _one(number: int, root: bytes, n: int, ids: list[int]) -> int:
    everything = len(ids) == n
    proof = sealing.signer().sign(sealing.pruned_message(number, root, [] if everything else ids, everything))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT app.prune(%s, %s::bigint[], %s, %s)", [number, ids, everything, proof])
        return int(cursor.fetchone()[0])
