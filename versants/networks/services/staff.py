"""Who interprets today, of all desks' registers: counts out of the database, never a row.

A study needs to know how many speak what and where about they start from. Programme officers see nobody of the workforce,
and results of a study are read by all who may read studies: so the narrow function answers counts only, takes nothing that
would choose among people, and keeps back what would point at fewer than five of them:

- A pair is somebody and a language they interpret. Pairs are counted by language, kind, level and versant; what is under
  five there is counted without its versant, what is under five still without kind and level, and the rest not at all.
- Everything else (bases, sides, languages of one person) is counted of those alone who have a pair that is told. So
  somebody of a rare language changes no figure: the answer is the same with and without them.
- Cells do not overlap. What is left over is rounded down to fives, bases and sides to the nearest five, languages of one
  person to halves: no sum of some cells taken from others gives a smaller one.
"""

from __future__ import annotations

from django.db import connection

from versants.core import clock
from versants.core.access.scope import Actor, acting
from versants.networks.rules import STUDY_ROLES
from versants.people.enums import Complexity, Discipline, InterpreterKind, Level
from versants_libs.coverage.registered import Based, Spoken, Staff
from versants_libs.coverage.territory import OWN_LANGUAGE

_ROLES = ", ".join(f"'{role}'" for role in sorted(STUDY_ROLES))
_OWN = ", ".join(f"('{versant}', '{language}')" for versant, language in sorted(OWN_LANGUAGE.items()))
LEAST = 5  # people in a cell

# The base and nothing of the home: people_professionalprivate is not read.
MESH_STAFF = f"""
CREATE OR REPLACE FUNCTION app.mesh_staff()
RETURNS TABLE (part text, versant text, arrondissement text, commune text, language text, kind text, level text,
               n integer, mean numeric) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
$$ WITH staff AS (
     SELECT p.id, p.weekly_hours AS hours, p.max_complexity AS hardest, c.uid AS commune, c.arrondissement, c.versant,
       CASE WHEN p.interpreter_kind = '{InterpreterKind.HELPER}' THEN 'helper' ELSE 'certified' END AS kind,
       CASE WHEN EXISTS (SELECT 1 FROM people_mandate m WHERE m.professional_id = p.id AND m.country <> c.country
         AND m.period @> (app.now() AT TIME ZONE 'Europe/Brussels')::date) THEN 'both' ELSE 'own' END AS side
     FROM people_professional p JOIN territory_commune c ON c.uid = p.base_id
     WHERE p.active AND '{Discipline.INTERPRETER}' = ANY (p.disciplines)
       AND app.role() IN ({_ROLES}) AND app.membership() IS NOT NULL AND app.organisation() IS NOT NULL
   ), pairs AS (
     SELECT s.id, s.hours, s.versant, s.kind, l.language_id AS language,
       CASE WHEN l.level >= {Level.B2:d} AND s.hardest >= {Complexity.SENSITIVE:d} AND s.kind <> 'helper'
         THEN 'full' ELSE 'working' END AS level
     FROM staff s JOIN people_professionallanguage l ON l.professional_id = s.id
     WHERE l.level >= {Level.B1:d} AND NOT l.understands_only
       AND NOT EXISTS (SELECT 1 FROM (VALUES {_OWN}) AS own (versant, language)
         WHERE own.versant = s.versant AND own.language = l.language_id)
   ), first AS (
     SELECT *, count(*) OVER (PARTITION BY language, kind, level, versant) >= {LEAST} AS told FROM pairs
   ), second AS (
     SELECT *, CASE WHEN told THEN 1 WHEN count(*) FILTER (WHERE NOT told) OVER (PARTITION BY language, kind, level)
       >= {LEAST} THEN 2 ELSE 3 END AS step FROM first
   ), third AS (
     SELECT *, count(*) FILTER (WHERE step = 3) OVER (PARTITION BY language) >= {LEAST} AS rest FROM second
   ), kept AS (
     SELECT * FROM third WHERE step < 3 OR rest
   ), known AS (
     SELECT s.* FROM staff s WHERE s.id IN (SELECT id FROM kept)
   ), here AS (
     SELECT *, count(*) OVER (PARTITION BY commune) >= {LEAST} AS told FROM known
   ), near AS (
     SELECT *, CASE WHEN told THEN 1 WHEN count(*) FILTER (WHERE NOT told)
       OVER (PARTITION BY versant, arrondissement) >= {LEAST} THEN 2 ELSE 3 END AS step FROM here
   ), wide AS (
     SELECT *, CASE WHEN step < 3 THEN step WHEN count(*) FILTER (WHERE step = 3) OVER (PARTITION BY versant)
       >= {LEAST} THEN 3 ELSE 4 END AS at FROM near
   ), each AS (
     SELECT k.versant, count(*) AS pairs, count(DISTINCT k.id) AS people FROM kept k GROUP BY k.versant
   )
   SELECT 'spoken', CASE WHEN step = 1 THEN versant ELSE '' END, '', '', language, CASE WHEN step < 3 THEN kind ELSE '' END,
     CASE WHEN step < 3 THEN level ELSE '' END,
     (CASE WHEN step = 1 THEN count(*) ELSE count(*) / 5 * 5 END)::integer, round(avg(hours))
   FROM kept GROUP BY step, language, 2, 6, 7
   UNION ALL
   SELECT 'based', CASE WHEN at < 4 THEN versant ELSE '' END, CASE WHEN at < 3 THEN arrondissement ELSE '' END,
     CASE WHEN at = 1 THEN commune ELSE '' END, '', '', '',
     (CASE WHEN at = 1 THEN (count(*) + 2) / 5 * 5 ELSE count(*) / 5 * 5 END)::integer, NULL
   FROM wide GROUP BY at, 2, 3, 4 HAVING count(*) >= {LEAST}
   UNION ALL
   SELECT 'side', versant, '', '', '', '', side, ((count(*) + 2) / 5 * 5)::integer, NULL
   FROM known GROUP BY versant, side HAVING count(*) >= {LEAST}
   UNION ALL
   SELECT 'each', versant, '', '', '', '', '', 0, round(pairs * 2.0 / people) / 2 FROM each WHERE people >= {LEAST} $$;
"""


def registered(actor: Actor) -> Staff:
    """What the register says of interpreters, today; empty for whoever may not make a study, and where nothing is told."""
    with acting(actor), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM app.mesh_staff() ORDER BY 1, 2, 3, 4, 5, 6, 7")
        rows = cursor.fetchall()
    spoken, based = [], []
    sides: dict[tuple[str, str], int] = {}
    each: dict[str, float] = {}
    for part, versant, arrondissement, commune, language, kind, level, n, mean in rows:
        if part == "spoken":
            spoken.append(Spoken(language, versant, kind, level, n, float(mean)))
        elif part == "based":
            based.append(Based(versant, arrondissement, commune, n))
        elif part == "side":
            sides[versant, level] = n
        else:
            each[versant] = float(mean)
    return Staff(clock.today().isoformat(), tuple(spoken), tuple(based), sides, each)
