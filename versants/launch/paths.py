"""Where an installation keeps its things, read once from the environment."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from versants.launch.errors import InputError, SurroundingsError

PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Paths:
    """Folders, files and addresses of one installation.

    ``database_url`` (role that owns nothing) and ``database_owner_url`` (migrations only) are None
    when the embedded PostgreSQL in ``data`` is used.
    """

    project: Path
    data: Path
    host: str
    port: int
    keys_file: Path
    secret_file: Path
    mail_dir: Path
    pg_bin: Path | None = None
    database_url: str | None = None
    database_owner_url: str | None = None
    backup_dir: Path | None = None
    wal_dir: Path | None = None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None, project: Path = PROJECT) -> Paths:
        """Read the documented variables. Raises InputError for a port that is none."""
        env = os.environ if environ is None else environ

        def folder(name: str, default: Path) -> Path:
            return Path(env[name]).expanduser().absolute() if env.get(name) else default

        port_text = env.get("VERSANTS_PORT") or "8000"
        if not port_text.isdigit() or not 1 <= int(port_text) <= 65535:
            raise InputError(
                f"VERSANTS_PORT is “{port_text}”; a number from 1 to 65535 is expected.", code="port.bad"
            )
        data = folder("VERSANTS_DATA", project / "var")
        return cls(
            project=project,
            data=data,
            host=env.get("VERSANTS_HOST") or "127.0.0.1",
            port=int(port_text),
            keys_file=folder("VERSANTS_KEYS_FILE", project / ".keys" / "keys.json"),
            secret_file=folder("VERSANTS_SECRET_FILE", project / ".keys" / "secret"),
            mail_dir=folder("VERSANTS_MAIL_DIR", data / "mail"),
            pg_bin=folder("PG_BIN", project) if env.get("PG_BIN") else None,
            database_url=env.get("DATABASE_URL") or None,
            database_owner_url=env.get("DATABASE_OWNER_URL") or None,
            backup_dir=folder("VERSANTS_BACKUP_DIR", project) if env.get("VERSANTS_BACKUP_DIR") else None,
            wal_dir=folder("VERSANTS_WAL_DIR", project) if env.get("VERSANTS_WAL_DIR") else None,
        )

    @property
    def pg_file(self) -> Path:
        """Says where the embedded PostgreSQL keeps data, socket, programs and log."""
        return self.data / "pg.json"

    @property
    def backup_key_file(self) -> Path:
        """The half of the backups' key that seals; the half that opens is kept elsewhere."""
        return self.keys_file.parent / "backup.pub"

    @property
    def backup_state_file(self) -> Path:
        """Says when the last backup succeeded."""
        return self.data / "backup.json"

    def make_data_folder(self) -> None:
        """Create the data folder; raises SurroundingsError if it cannot be made or written."""
        make_folder(self.data, "the data folder")

    def make_secret(self) -> bool:
        """Create the web secret, readable by its owner alone, if missing. True when it was made."""
        if self.secret_file.exists():
            return False
        make_folder(self.secret_file.parent, "the folder of keys", mode=0o700)
        try:
            descriptor = os.open(self.secret_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:  # two starts at once: the other one made it
            return False
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(64) + "\n")
        return True


def make_folder(folder: Path, called: str, mode: int = 0o755) -> None:
    """Make ``folder`` if missing and be sure that it can be read and written."""
    try:
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(mode)
    except OSError as error:
        raise SurroundingsError(
            f"Cannot create {called} {folder}: {(error.strerror or str(error)).lower()}.",
            code="folder.create",
        ) from error
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise SurroundingsError(
            f"Cannot read and write {called} {folder}: give its ownership to {user_name()}, or choose another"
            " folder with VERSANTS_DATA.",
            code="folder.denied",
        )


def user_name() -> str:
    """The name of the user running this process, or its number where it has none."""
    import pwd

    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return f"user {os.geteuid()}"
