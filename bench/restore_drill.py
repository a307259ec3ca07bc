"""The restore drill: everything docs/backup.md promises, done with the demonstration world in temporary folders.

``make restore-drill`` makes an installation, backs it up, erases a person, restores on a second one and compares row
by row with plain SQL (no code of the product), opens every sealed name with the key file, and restores a third one to
the moment between two writes. Writes ``var/reports/restore-drill.json``; exit 1 on a failure.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

import psycopg  # noqa: E402

from versants.core.crypto.keyring import init_keys  # noqa: E402
from versants.launch import postgres  # noqa: E402
from versants.launch.backup import moments  # noqa: E402
from versants.launch.paths import Paths  # noqa: E402
from versants.launch.prepare import INSPECT_VARIABLE  # noqa: E402
from versants.launch.version import commit  # noqa: E402

OPEN = """
import hashlib, json, django
django.setup()
from versants.core.crypto import vault
from versants.people.models import Identity
found = {}
for one in Identity.objects.select_related("key").order_by("pk"):
    try:
        found[one.pk] = hashlib.sha256(vault.read(one, "name").encode()).hexdigest()
    except vault.SealBroken as exc:
        found[one.pk] = exc.code
print(json.dumps(found))
"""
ERASE = """
import sys, django
django.setup()
from versants.core import erasure
from versants.core.models import DataKey
erasure.erase(code="drill", keys=[DataKey.objects.get(uid=sys.argv[1])])
erasure.keep()
"""
END = """
import json, django
django.setup()
from versants.core import clock, ending
from versants.core.access.scope import Actor, acting
from versants.mobile.models import RequestLink
from versants.mobile.services import links
from versants.people.models import Account, Consent, Membership
from versants.people.services import consents, roles
active, ended = Membership.objects.active().select_related("account"), {}
for giver in active.filter(role="coordinator").order_by("pk"):
    with acting(Actor.for_membership(giver)) as who:
        mine = {"team": giver.team_id}
        role = active.filter(role__in=("clinician", "practitioner"), **mine).order_by("pk").first()
        consent = Consent.objects.filter(withdrawn_at=None, period__contains=clock.now(), **mine).order_by("pk").first()
        link = RequestLink.objects.filter(revoked_at=None, **mine).order_by("pk").first()
        if role and "role" not in ended:
            ended["role"] = str(roles.end(actor=who, uid=role.uid, ends=clock.today()).uid)
        if consent and "consent" not in ended:
            ended["consent"] = str(consents.withdraw_consent(consent=consent, actor=who).uid)
        if link and "link" not in ended:
            ended["link"] = str(links.revoke_link(actor=who, link=link).uid)
account = Account.objects.filter(memberships__in=active.filter(role="funder")).order_by("pk")[0]
account.is_active = False
account.save(update_fields=["is_active"])
ended["account"] = str(account.uid)
ending.keep()
print(json.dumps(ended))
"""
# Of each row that ended after the backup: is it over in what was restored, and open grants that rest on it.
OVER = {
    "role": (
        "people_membership",
        "select upper(period) <= current_date or isempty(period), (select count(*) from core_grant g where"
        " g.holder_kind = 'membership' and g.holder_id = r.id and g.period @> now()) from people_membership r",
    ),
    "account": ("people_account", "select not is_active, 0 from people_account r"),
    "consent": (
        "people_consent",
        "select withdrawn_at is not null, (select count(*) from core_grant g where g.consent_id = r.id"
        " and g.period @> now()) from people_consent r",
    ),
    "link": ("mobile_requestlink", "select revoked_at is not null, 0 from mobile_requestlink r"),
}
TABLES = "select tablename from pg_tables where schemaname = 'public' order by 1"


class Drill:
    """Folders, clocks and what went wrong."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.figures: dict[str, Any] = {"seconds": {}}
        self.failures: list[str] = []

    def environment(self, name: str, **more: str) -> dict[str, str]:
        unset = ("DATABASE_", "VERSANTS_", "PG")
        env = {
            key: value for key, value in os.environ.items() if not key.startswith(unset) or key == "PG_BIN"
        }
        return env | {
            "DJANGO_SETTINGS_MODULE": "versants.config.settings",
            "PYTHONPATH": str(PROJECT),
            "VERSANTS_DATA": str(self.base / name),
            "VERSANTS_KEYS_FILE": str(self.base / "keys" / "keys.json"),
            "VERSANTS_SECRET_FILE": str(self.base / "keys" / "secret"),
            **more,
        }

    def paths(self, name: str, **more: str) -> Paths:
        return Paths.from_environment(self.environment(name, **more))

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self.figures["seconds"][name] = round(time.monotonic() - began, 2)
        sys.stderr.write(f"  {name:<28} {self.figures['seconds'][name]:7.2f} s\n")

    def expect(self, condition: bool, sentence: str) -> None:
        if not condition:
            self.failures.append(sentence)
            sys.stderr.write(f"  FAILURE: {sentence}\n")

    def command(self, *words: str, env: dict[str, str], code: int = 0) -> dict[str, Any]:
        done = subprocess.run(
            [sys.executable, "-m", "versants.cli", *words, "--json"],
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != code:
            raise RuntimeError(f"versants {' '.join(words)}: {done.stderr.strip()}")
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    def django(self, source: str, *words: str, env: dict[str, str]) -> str:
        done = subprocess.run(
            [sys.executable, "-c", source, *words],
            env=env,
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stderr.strip().splitlines()[-1])
        return done.stdout


def every_row(url: str) -> dict[str, list[bytes]]:
    """Every row of every table as COPY writes it, sorted."""
    found = {}
    with psycopg.connect(url) as connection:
        for (table,) in connection.execute(TABLES).fetchall():
            with connection.cursor().copy(f'copy public."{table}" to stdout') as copy:
                found[table] = sorted(b"".join(bytes(part) for part in copy).splitlines())
    return found


def differing(one: dict[str, list[bytes]], other: dict[str, list[bytes]]) -> dict[str, int]:
    """Rows that stand on one side only, by table."""
    told = {}
    for table in sorted(one.keys() | other.keys()):
        n = len(set(one.get(table, [])) ^ set(other.get(table, [])))
        n += abs(len(one.get(table, [])) - len(other.get(table, []))) if not n else 0
        if n or (table in one) != (table in other):
            told[table] = n
    return told


def make_world(drill: Drill, paths: Paths, cluster: postgres.Cluster) -> None:
    env = drill.environment("first") | cluster.environment(owner=True)
    env[INSPECT_VARIABLE] = cluster.superuser_url
    subprocess.run(
        [sys.executable, "-m", "versants.launch.prepare", "migrate", "territory", "demo"],
        env=env,
        cwd=PROJECT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    (paths.data / "documents").mkdir()
    (paths.data / "documents" / "letter.pdf").write_bytes(os.urandom(300_000))


def run(drill: Drill) -> None:
    kept, private = drill.base / "kept", drill.base / "elsewhere" / "private"
    first = drill.paths("first", VERSANTS_WAL_DIR=str(kept))
    env = drill.environment("first", VERSANTS_WAL_DIR=str(kept))
    init_keys(first.keys_file)
    first.make_secret()
    drill.command("backup", "--new-key", str(private), env=env)
    cluster = postgres.ensure(first)
    try:
        with drill.timed("demonstration world"):
            make_world(drill, first, cluster)
        names = drill.django(OPEN, env=env | {"DATABASE_URL": cluster.superuser_url})
        before = every_row(cluster.superuser_url)
        with drill.timed("backup"):
            taken = drill.command("backup", str(drill.base / "it.backup"), env=env)
        drill.figures |= {name: taken[name] for name in ("rows", "tables", "bytes")}
        with drill.timed("base backup"):
            drill.command("backup", "--base", str(kept), env=env)
        with drill.timed("verify"):
            drill.command("backup", "--verify", str(drill.base / "it.backup"), "--key", str(private), env=env)

        person, key = erase_one(drill, cluster, env)
        ended = json.loads(drill.django(END, env=env | cluster.environment(owner=True)))
        restore_elsewhere(drill, before, json.loads(names), person, key, ended)
        restore_moment(drill, first, cluster, kept)
    finally:
        postgres.stop(cluster, mode="immediate")


def erase_one(drill: Drill, cluster: postgres.Cluster, env: dict[str, str]) -> tuple[int, str]:
    with cluster.connect() as connection:
        row = connection.execute(
            "select i.id, k.uid from people_identity i join core_datakey k on k.id = i.key_id order by i.id limit 1"
        ).fetchone()
    assert row is not None
    drill.django(ERASE, str(row[1]), env=env | cluster.environment(owner=True))
    return int(row[0]), str(row[1])


def restore_elsewhere(
    drill: Drill,
    before: dict[str, list[bytes]],
    names: dict[str, str],
    person: int,
    key: str,
    ended: dict[str, str],
) -> None:
    env, private = drill.environment("second"), str(drill.base / "elsewhere" / "private")
    with drill.timed("restore and compare"):
        done = drill.command("restore", str(drill.base / "it.backup"), "--key", private, env=env)
    drill.figures["erasures_done_again"] = done["erased_again"]
    drill.expect(done["erased_again"] == 1, f"one erasure was to be done again, {done['erased_again']} were")
    drill.figures["ended_again"] = done["ended_again"]
    drill.expect(set(ended) == set(OVER), f"the world has nothing of a kind to end: {sorted(ended)}")
    drill.expect(
        done["ended_again"] == dict.fromkeys(OVER, 1), f"one of each was to end again: {done['ended_again']}"
    )
    drill.expect(done["documents"] == 1, "the document did not come back")
    same = [(drill.base / name / "documents" / "letter.pdf").read_bytes() for name in ("first", "second")]
    drill.expect(same[0] == same[1], "the document is not what it was")
    cluster = postgres.ensure(drill.paths("second"))
    try:
        told = differing(before, every_row(cluster.superuser_url))
        again = {"core_datakey", "core_grant", *(table for table, _query in OVER.values())}
        drill.figures["rows_that_differ"] = sum(n for table, n in told.items() if table not in again)
        told.pop("core_grant", None)  # of what ended: looked at below
        drill.expect(told == dict.fromkeys(again - {"core_grant"}, 2), f"other rows differ: {told}")
        with cluster.connect() as connection:
            row = connection.execute(
                "select wrapped is null from core_datakey where uid = %s", [key]
            ).fetchone()
            over = {
                kind: connection.execute(f"{OVER[kind][1]} where r.uid = %s", [uid]).fetchone()
                for kind, uid in ended.items()
            }
        drill.expect(row == (True,), "the erased key lives again")
        drill.expect(set(over.values()) == {(True, 0)}, f"what ended lives again: {over}")
        opened = json.loads(drill.django(OPEN, env=env | {"DATABASE_URL": cluster.superuser_url}))
        wrong = [pk for pk in names if opened.get(pk) != names[pk] and int(pk) != person]
        drill.figures["names_opened"] = len(names) - 1 - len(wrong)
        drill.expect(not wrong, f"{len(wrong)} names do not open")
        drill.expect(opened[str(person)] == "seal.erased", "the erased name is not dark")
        said = drill.command("doctor", env=env, code=1)["checks"]
        drill.figures["doctor"] = troubles = sorted(name for name, found in said.items() if found)
        # Without a worker nothing is sealed: after a minute the doctor says that too.
        drill.expect(
            "worker" in troubles and {*troubles} <= {"worker", "log.sealed"},
            f"the doctor should miss the worker alone, and says {troubles}",
        )
    finally:
        postgres.stop(cluster, mode="immediate")


def restore_moment(drill: Drill, first: Paths, cluster: postgres.Cluster, kept: Path) -> None:
    with psycopg.connect(cluster.owner_url, autocommit=True) as connection:
        connection.execute("create table drill (said text)")
        connection.execute("insert into drill values ('one')")
        time.sleep(0.02)
        between = datetime.now(UTC)
        time.sleep(0.02)
        connection.execute("insert into drill values ('two')")
    with cluster.connect() as connection:
        row = connection.execute("select pg_walfile_name(pg_switch_wal())").fetchone()
        assert row is not None
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and not (cluster.spool / row[0]).exists():
            time.sleep(0.1)
    drill.figures["pieces_of_log"] = moments.ship_for(first, cluster)
    now = every_row(cluster.superuser_url)
    with drill.timed("restore to a moment"):
        done = drill.command(
            *("restore", "--base", str(kept), "--until", between.isoformat()),
            *("--key", str(drill.base / "elsewhere" / "private")),
            env=drill.environment("third"),
        )
    # The moment is later than every end: nothing of it lives again, and nothing is written twice.
    drill.expect(done["ended_again"] == {}, f"ended already, and ended again: {done['ended_again']}")
    third = postgres.ensure(drill.paths("third"))
    try:
        told = differing(now, every_row(third.superuser_url))
        with third.connect() as connection:
            said = connection.execute("select said from drill").fetchall()
        drill.figures["moment_between_two_writes"] = said == [("one",)]
        drill.expect(said == [("one",)], f"between the two writes stands {said}")
        drill.expect(told == {"drill": 1}, f"rows differ beyond the second write: {told}")
    finally:
        postgres.stop(third, mode="immediate")


def main() -> int:
    started, began = datetime.now(UTC), time.monotonic()
    base = Path(tempfile.mkdtemp(prefix="versants-drill-"))
    base.chmod(0o755)
    drill = Drill(base)
    try:
        run(drill)
    except Exception as error:  # told in the report, as every other failure
        drill.expect(False, f"{type(error).__name__}: {error}")
    finally:
        for pg_file in base.glob("*/pg.json"):
            place = Path(json.loads(pg_file.read_text())["data"]).parent
            if not place.is_relative_to(base):
                shutil.rmtree(place, ignore_errors=True)
        shutil.rmtree(base, ignore_errors=True)
    report = {
        "name": "restore-drill",
        "commit": commit(),
        "machine": {
            "cpus": os.cpu_count(),
            "arch": platform.machine(),
            "python": platform.python_version(),
        },
        "started_at": started.isoformat(timespec="seconds"),
        "seconds": round(time.monotonic() - began, 1),
        "seed": None,
        "limits": {},
        "figures": drill.figures,
        "failures": drill.failures,
    }
    target = PROJECT / "var" / "reports" / "restore-drill.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(report, indent=1) + "\n")
    sys.stdout.write(json.dumps(report, indent=1) + "\n")
    return 1 if drill.failures else 0


if __name__ == "__main__":
    sys.exit(main())
