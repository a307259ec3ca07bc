"""Many coordinators at once: no double booking, no deadlock in anybody's face, every refusal a sentence.

``make race PROCS=20 SECONDS=30 SEED=1`` starts a cluster of its own, fills it with the tests' small world and more
professionals, and lets PROCS processes, each with its own connection as the application's role, book, replace and
release on visits that overlap. What is counted twice is counted by SQL over the tables afterwards, with no code of
the product. Writes ``var/reports/race.json``; exit 1 on a failure.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import platform
import random
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

from bench import worlds  # noqa: E402 - the folder above comes first

VISITS = 16
CARERS = 5
INTERPRETERS = 5
START_WITHIN_S = 180.0
DEADLOCK = frozenset({"40P01", "40001"})
DOUBLE = """
SELECT count(*) FROM mobile_assignment a JOIN mobile_assignment b
  ON a.professional_id = b.professional_id AND a.id < b.id AND a.held && b.held
WHERE a.state IN ('offered', 'accepted', 'done') AND b.state IN ('offered', 'accepted', 'done')
"""
TWICE = """
SELECT count(*) FROM (SELECT slot_id FROM mobile_assignment WHERE state IN ('offered', 'accepted', 'done')
                      GROUP BY slot_id HAVING count(*) > 1) t
"""
# A planned visit has all its places held at its own time; a visit with a place free is open.
CROOKED = """
SELECT count(*) FROM mobile_visit v WHERE
  (v.state = 'planned') <> ((SELECT count(*) FROM mobile_slot s WHERE s.visit_id = v.id) =
    (SELECT count(*) FROM mobile_assignment a WHERE a.visit_id = v.id AND a.state IN ('offered', 'accepted', 'done')))
  OR EXISTS (SELECT 1 FROM mobile_assignment a WHERE a.visit_id = v.id
             AND a.state IN ('offered', 'accepted', 'done') AND NOT (v.held @> a.held))
"""


def fill(cluster: Any) -> dict[str, Any]:
    """Migrate, load, and make the world as its owners would; returns the ids the racers need."""
    world = worlds.small(cluster)
    from django.db import connections

    from tests.booking.visits import make_visit
    from tests.world import make_professional
    from versants.core import clock

    carers = [world.elise.pk, world.nadege.pk]
    interpreters = [world.selam.pk, world.hiwot.pk]
    for n in range(CARERS - 2):
        row = make_professional(
            world.walloon, f"Renée{n}", "Course", disciplines=["psychologist"], languages=[("fra", 7)]
        )
        carers.append(row.pk)
    for n in range(INTERPRETERS - 2):
        row = make_professional(
            world.desk_team,
            f"Saba{n}",
            "Course",
            disciplines=["interpreter"],
            languages=[("tir", 7), ("fra", 5)],
        )
        interpreters.append(row.pk)
    tomorrow = clock.today() + timedelta(days=1)
    visits = []
    for n in range(VISITS):
        opens = clock.at(tomorrow, 9 + n % 4 * 2, 30 * (n % 2))
        visit = make_visit(
            world, opens=opens, closes=opens + timedelta(hours=2), urgency="planned", duration=60
        )
        visits.append((visit.pk, list(visit.slots.order_by("rank").values_list("pk", flat=True))))
    found = {
        "visits": visits,
        "carers": carers,
        "interpreters": interpreters,
        "coordinator": world.coordinator.pk,
    }
    connections["default"].close()  # each racer has one of its own
    return found


def racer(number: int, seed: int, seconds: float, known: dict[str, Any], out: Any, gate: Any) -> None:
    """One coordinator with a connection of their own."""
    import django

    django.setup()
    from django.db import DatabaseError, connection

    from versants.core.access.scope import Actor, acting
    from versants.core.errors import VersantsError
    from versants.core.retry import sqlstate
    from versants.mobile.models import Assignment, Visit
    from versants.mobile.services import booking
    from versants.people.models import Membership

    chance = random.Random(seed * 1000 + number)
    counts: Counter[str] = Counter()
    failures: list[str] = []
    who = Actor.for_membership(Membership.objects.get(pk=known["coordinator"]))

    def book() -> None:
        pk, slots = chance.choice(known["visits"])
        team = [chance.choice(known["carers"]), chance.choice(known["interpreters"])]
        with acting(who):
            visit = Visit.objects.get(pk=pk)
            held = list(Assignment.objects.filter(visit=visit, state__in=["offered", "accepted"]))
            way = chance.random()
            if held and way < 0.25:
                booking.release(assignment=chance.choice(held), actor=who, version=visit.version)
                return
            if held and way < 0.6:
                # A swap: one place changes hands, perhaps with somebody another racer moves the other way.
                one = chance.choice(held)
                other = team[slots.index(one.slot_id)]
                booking.replace(assignment=one, actor=who, professional=other, version=visit.version)
                return
            start = None
            if chance.random() < 0.5:
                start = visit.window.lower + timedelta(minutes=5 * chance.randrange(20))
            places = dict(zip(slots, team, strict=True))
            booking.assign(visit=visit, actor=who, places=places, start=start, version=visit.version)

    gate.wait(timeout=START_WITHIN_S)  # imports take seconds when twenty begin at once: nobody starts alone
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        counts["attempts"] += 1
        try:
            book()
            counts["booked"] += 1
        except VersantsError as exc:
            counts["refused"] += 1
            counts[f"code:{exc.code}"] += 1
            if not str(exc.message).strip():
                counts["refusals_without_sentence"] += 1
        except DatabaseError as exc:
            state = sqlstate(exc)
            if state in DEADLOCK:
                counts["deadlocks_seen_by_user"] += 1
            failures.append(f"database error {state or type(exc).__name__}")
            connection.close()
    out.put((dict(counts), failures))


def machine() -> dict[str, Any]:
    return {
        "cpus": os.cpu_count(),
        "arch": platform.machine(),
        "python": platform.python_version(),
    }


def commit() -> str:
    from versants.core.web.build import commit as current

    return str(current())


def main() -> int:
    procs, seconds = int(os.environ.get("PROCS") or 20), float(os.environ.get("SECONDS") or 30)
    seed = int(os.environ.get("SEED") or 1)
    started = datetime.now(UTC)
    failures: list[str] = []
    total: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="versants-race-") as folder:
        worlds.surroundings(Path(folder))
        os.environ["VERSANTS_LOG_LEVEL"] = "CRITICAL"  # refusals are what is counted
        from versants.launch.postgres import temporary_cluster

        with temporary_cluster() as cluster:
            known = fill(cluster)
            os.environ["DATABASE_URL"] = cluster.app_url
            context = multiprocessing.get_context("spawn")
            out = context.Queue()
            gate = context.Barrier(procs)
            racers = [
                context.Process(target=racer, args=(n, seed, seconds, known, out, gate)) for n in range(procs)
            ]
            for one in racers:
                one.start()
            for _ in racers:
                try:
                    counts, failed = out.get(timeout=seconds + START_WITHIN_S + 120)
                except Exception:  # a racer that says nothing is a failure of its own
                    failures.append("a racer gave no answer")
                    continue
                total.update(counts)
                failures += failed
            for one in racers:
                one.join(30)
                if one.exitcode != 0:
                    failures.append(f"a racer ended with {one.exitcode}")
            with cluster.connect(database=cluster.database) as raw:
                double = raw.execute(DOUBLE).fetchone()[0] + raw.execute(TWICE).fetchone()[0]
                crooked = raw.execute(CROOKED).fetchone()[0]
                held = raw.execute(
                    "SELECT count(*) FROM mobile_assignment WHERE state IN ('offered', 'accepted', 'done')"
                ).fetchone()[0]
        figures = {
            "attempts": total["attempts"],
            "booked": total["booked"],
            "refused": total["refused"],
            "double": double,
            "deadlocks_seen_by_user": total["deadlocks_seen_by_user"],
            "refusals_without_sentence": total["refusals_without_sentence"],
            "visits_in_a_wrong_state": crooked,
            "places_held_at_the_end": held,
            "refused_by_code": {
                name.removeprefix("code:"): n for name, n in sorted(total.items()) if name.startswith("code:")
            },
        }
        for name in (
            "double",
            "deadlocks_seen_by_user",
            "refusals_without_sentence",
            "visits_in_a_wrong_state",
        ):
            if figures[name]:
                failures.append(f"{name}: {figures[name]}")
        if not figures["booked"] or not figures["refused"]:
            failures.append("nobody met anybody: the race proves nothing")
        report = {
            "name": "race",
            "commit": commit(),
            "machine": machine(),
            "started_at": started.isoformat(timespec="seconds"),
            "seconds": seconds,
            "seed": seed,
            "limits": {"procs": procs},
            "figures": figures,
            "failures": sorted(set(failures)),
        }
    target = PROJECT / "var" / "reports" / "race.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(report, indent=1) + "\n")
    sys.stdout.write(json.dumps(report, indent=1) + "\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
