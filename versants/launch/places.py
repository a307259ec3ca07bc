"""Where a cluster's files go: beside the product, or in the system's state folder where they cannot.

As root the server runs as another user, who may be unable to enter the project's folder (mode 0700).
A socket's path must stay under 107 bytes, whatever the length of the project's path.
"""

from __future__ import annotations

import hashlib
import json
import os
import pwd
import secrets
import stat
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from versants.launch.engine import can_enter
from versants.launch.errors import SurroundingsError
from versants.launch.paths import Paths, make_folder

SOCKET_PATH_LIMIT = 107  # bytes of sockaddr_un.sun_path on Linux, less the final zero; macOS has 103
SOCKET_NAME = ".s.PGSQL.5432.lock"  # the longest name PostgreSQL makes there


@dataclass(frozen=True)
class Place:
    """``base`` holds data and log, ``socket`` the socket, ``state`` copies of programs if they are needed.

    ``identity`` ties a cluster in the state folder to one data folder: a new checkout at the same
    place must not wake the old one's data.
    """

    base: Path
    socket: Path
    state: Path
    identity: str = ""


def find(paths: Paths, user: str | None) -> Place:
    """The place of this installation's cluster: the one written down, else the one it should get."""
    written = read(paths.pg_file)
    identity = str(written.get("id") or secrets.token_hex(4))
    beside = paths.data / "pg"
    mark = hashlib.sha256(str(paths.data).encode()).hexdigest()[:12]
    state = _state_folder(user)
    if written.get("data") and Path(written["data"]).parent != beside:
        base = Path(written["data"]).parent
    elif can_enter(paths.data, user):
        base = beside
    else:
        base = state / f"{mark}-{identity}"
    socket = base / "socket"
    if len(os.fsencode(socket / SOCKET_NAME)) > _limit():
        socket = _short_folder(user) / f"versants-{os.geteuid()}-{mark}"
    return Place(base=base, socket=socket, state=state, identity=identity)


def read(pg_file: Path) -> dict[str, str]:
    """What ``pg.json`` says; empty when there is none. Raises SurroundingsError if it cannot be read."""
    try:
        content = json.loads(pg_file.read_text())
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SurroundingsError(
            f"Cannot read {pg_file}: {(error.strerror or str(error)).lower()}.", code="folder.denied"
        ) from error
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def prepare(place: Place, user: str | None) -> None:
    """Make the folders, private to the server's user."""
    for folder in (place.base, place.socket):
        _private_folder(folder, user)


def _private_folder(folder: Path, user: str | None) -> None:
    owner = pwd.getpwnam(user) if user else None
    make_folder(folder.parent, "the folder of the database")
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        # In a shared folder such as /tmp somebody else may have been here first.
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {
            os.geteuid(),
            owner.pw_uid if owner else -1,
        }:
            raise SurroundingsError(
                f"{folder} belongs to another user: remove it, or choose another folder with VERSANTS_DATA.",
                code="folder.denied",
            )
        if owner and found.st_uid != owner.pw_uid:
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        if stat.S_IMODE(found.st_mode) != 0o700:
            folder.chmod(0o700)
    except OSError as error:
        raise SurroundingsError(
            f"Cannot prepare {folder} for the database: {(error.strerror or str(error)).lower()}.",
            code="folder.create",
        ) from error


def _state_folder(user: str | None) -> Path:
    """The system's folder for state: ``/var/lib/versants`` as root, XDG's for an ordinary user."""
    if user is None:
        root = os.environ.get("XDG_STATE_HOME") or ""
        return (Path(root) if os.path.isabs(root) else Path.home() / ".local" / "state") / "versants"
    for parent in (Path("/var/lib"), Path("/var/tmp")):  # noqa: S108 - owned and checked before use
        if os.access(parent, os.W_OK) and can_enter(parent, user):
            folder = parent / "versants"
            with suppress(OSError):
                folder.mkdir(mode=0o755, exist_ok=True)
                if folder.lstat().st_uid == os.geteuid() and can_enter(folder, user):
                    return folder
    raise SurroundingsError(
        f"The database runs as “{user}”, who can enter no folder of this machine that is"
        " kept: move the project"
        " to a folder open to others, or start Versants as an ordinary user.",
        code="folder.denied",
    )


def _short_folder(user: str | None) -> Path:
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if user is None and runtime and len(runtime) < 50 and os.access(runtime, os.W_OK):
        return Path(runtime)
    shortest = Path("/tmp")  # noqa: S108 - the folder made inside is private and its owner is checked
    return shortest if shortest.is_dir() else Path(tempfile.gettempdir())


def _limit() -> int:
    return SOCKET_PATH_LIMIT if os.uname().sysname == "Linux" else 103
