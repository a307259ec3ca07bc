"""From an older version to this one, over a database that it filled: ``make upgrade-drill FROM=COMMIT``.

Sets the older checkout up in a folder of its own, lets it fill a demonstration world, and stops it. Then this version
brings the same data to its own form, and what was there is compared: every table's rows, every sealed text still opens,
nothing is pending, the product starts on it and answers. Writes ``var/reports/upgrade-drill.json``; exit 1 on a failure.
"""

from __future__ import annotations

import json
import os
import platform
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "versants.config.settings")

from versants.core.web.build import commit  # noqa: E402 - the folder above comes first

#: The last version handed over before the ground was laid anew.
BEFORE = "3f03914"
READY_WITHIN_S = 300.0
#: Rows that come and go by themselves.
PASSING = (
    "procrastinate_",
    "core_cache",
    "django_session",
    "django_migrations",
    "auth_permission",
    "django_content_type",
)
# Every sealed text of every model, opened; run as the superuser of the embedded server, under this version's code.
OPENING = """
import json, django
django.setup()
from django.apps import apps
from versants.core.crypto import vault
read, closed = 0, []
for model in apps.get_models():
    fields = [f.name for f in model._meta.get_fields() if isinstance(f, vault.SealedField)]
    if not fields or not any(f.name == "key" for f in model._meta.get_fields()):
        continue
    for row in model._default_manager.select_related("key").iterator():
        for name in fields:
            if getattr(row, name) and row.key.wrapped is not None:
                try:
                    read += bool(vault.read(row, name))
                except Exception as exc:
                    closed.append(f"{model._meta.label}.{name}: {type(exc).__name__}")
print(json.dumps({"read": read, "closed": sorted(set(closed)), "n_closed": len(closed)}))
"""


def surroundings(folder: Path) -> dict[str, str]:
    """The environment of both versions: one data folder, one folder of keys, a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("VERSANTS_", "DATABASE_"))
    }
    kept.pop("DJANGO_SETTINGS_MODULE", None)
    return kept | {
        "VERSANTS_DATA": str(folder / "data"),
        "VERSANTS_KEYS_FILE": str(folder / "keys" / "keys.json"),
        "VERSANTS_SECRET_FILE": str(folder / "keys" / "secret"),
        "VERSANTS_PORT": str(port),
        "VERSANTS_LOG_LEVEL": "WARNING",
    }


def older(reference: str, folder: Path) -> Path:
    """A checkout of that version with its environment."""
    where = folder / "older"
    where.mkdir()
    archive = subprocess.run(["git", "archive", reference], cwd=PROJECT, capture_output=True, check=True)
    subprocess.run(["tar", "-x", "-C", str(where)], input=archive.stdout, check=True)
    subprocess.run([sys.executable, "run", "setup"], cwd=where, check=True, stdout=sys.stderr)
    return where


def up(where: Path, env: dict[str, str]) -> float:
    """Start that version, wait until it is ready and has answered, stop it. Seconds until ready."""
    began = time.monotonic()
    words = [str(where / ".venv" / "bin" / "versants"), "up", "--json"]
    running = subprocess.Popen(
        words, cwd=where, env=env, stdout=subprocess.PIPE, stderr=sys.stderr, text=True
    )
    try:
        until = began + READY_WITHIN_S
        while True:
            try:
                url = f"http://127.0.0.1:{env['VERSANTS_PORT']}/readyz"
                with urllib.request.urlopen(url, timeout=5) as answer:
                    if json.load(answer)["ready"]:
                        break
            except (OSError, ValueError):
                pass
            if running.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{where}: not ready")
            time.sleep(0.5)
        ready = time.monotonic() - began
        with urllib.request.urlopen(f"http://127.0.0.1:{env['VERSANTS_PORT']}/", timeout=10) as answer:
            assert answer.status == 200
        return round(ready, 1)
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(60)


def tables(url: str) -> dict[str, int]:
    """Rows of every table, past row security."""
    import psycopg
    from psycopg import sql

    found = {}
    with psycopg.connect(url) as raw:
        names = raw.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
        ).fetchall()
        for (name,) in names:
            row = raw.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(name))).fetchone()
            found[name] = row[0] if row else 0
    return found


def command(words: list[str], env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words], cwd=PROJECT, env=env, capture_output=True, text=True, check=False
    )


def compare(env: dict[str, str], failures: list[str]) -> dict[str, Any]:
    """Bring the data to this version; what was before and after."""
    facts = json.loads((Path(env["VERSANTS_DATA"]) / "pg.json").read_text())
    superuser = facts["owner_url"].replace("versants_owner", "postgres", 1)
    before = tables(superuser)
    began = time.monotonic()
    done = command(["-m", "versants.cli", "migrate", "--json"], env)
    seconds = round(time.monotonic() - began, 1)
    if done.returncode:
        failures.append(f"migrate ended with {done.returncode}: {done.stderr.strip()[-300:]}")
        return {"migrate_s": seconds}
    said = json.loads(done.stdout)
    if said["pending"]:
        failures.append(f"still pending: {said['pending']}")
    after = tables(superuser)
    lost = {
        name: [n, after.get(name)]
        for name, n in before.items()
        if not name.startswith(PASSING) and (after.get(name) or 0) < n
    }
    if lost:
        failures.append(f"rows that are gone: {lost}")
    opened = command(
        ["-c", OPENING],
        env | {"DATABASE_URL": superuser, "DJANGO_SETTINGS_MODULE": "versants.config.settings"},
    )
    sealed: dict[str, Any] = json.loads(opened.stdout) if opened.returncode == 0 else {"read": 0}
    if opened.returncode:
        failures.append(f"sealed texts: {opened.stderr.strip()[-300:]}")
    elif sealed["closed"] or not sealed["read"]:
        failures.append(f"sealed texts that do not open: {sealed}")
    return {
        "migrate_s": seconds,
        "applied": len(said["applied"]),
        "tables": len(before),
        "rows": sum(before.values()),
        "rows_after": sum(after.values()),
        "sealed_read": sealed["read"],
    }


def main() -> int:
    """The drill; 0 if everything is there afterwards."""
    reference = os.environ.get("FROM") or BEFORE
    started, began = datetime.now(UTC), time.monotonic()
    failures: list[str] = []
    figures: dict[str, Any] = {"from": reference}
    with tempfile.TemporaryDirectory(prefix="versants-upgrade-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # the embedded server runs as another user under root
        env = surroundings(folder)
        figures["older_ready_s"] = up(older(reference, folder), env)
        started_db = command(["-m", "versants.cli", "database", "start", "--json"], env)
        if started_db.returncode:
            failures.append(f"database: {started_db.stderr.strip()[-300:]}")
        else:
            try:
                figures |= compare(env, failures)
            finally:
                command(["-m", "versants.cli", "database", "stop"], env)
            figures["newer_ready_s"] = up(PROJECT, env)
    report = {
        "name": "upgrade-drill",
        "commit": commit(),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "started_at": started.isoformat(timespec="seconds"),
        "seconds": round(time.monotonic() - began, 1),
        "seed": 0,
        "limits": {},
        "figures": figures,
        "failures": failures,
    }
    target = PROJECT / "var" / "reports" / "upgrade-drill.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(json.dumps(figures) + "\n" + "".join(f"failed: {one}\n" for one in failures))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
