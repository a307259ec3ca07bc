"""``versants CMD``: every command of the product, each answering as docs/reference.md promises.

Exit 0 done or holds; 1 the answer is no; 2 bad input; 3 surroundings (port, database, disk, version);
130 interrupted. With ``--json`` one JSON value on standard output, all else on standard error.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from versants.launch.commands import MESH, TABLE, Command, available
from versants.launch.errors import (
    EXIT_BAD_INPUT,
    EXIT_DONE,
    EXIT_INTERRUPTED,
    EXIT_NO,
    EXIT_SURROUNDINGS,
    InputError,
    LaunchError,
    SurroundingsError,
)
from versants.launch.paths import Paths

if TYPE_CHECKING:
    from collections.abc import Iterator


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    traceback = "--traceback" in arguments
    arguments = [argument for argument in arguments if argument != "--traceback"]
    try:
        return _run(arguments)
    except SystemExit as ending:
        return _code(ending)
    except KeyboardInterrupt:
        if traceback:
            raise
        return EXIT_INTERRUPTED
    except BrokenPipeError:  # `versants … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_DONE
    except Exception as error:
        if traceback:
            raise
        sentence, code = explain(error)
        print(f"versants: {sentence}", file=sys.stderr)  # noqa: T201
        return code


def _run(arguments: list[str]) -> int:
    if not arguments or arguments[0] in {"-h", "--help", "help"}:
        print(overview())  # noqa: T201
        return EXIT_DONE if arguments else EXIT_BAD_INPUT
    if arguments[0] in {"-V", "--version"}:
        from versants.launch.version import version

        print(f"versants {version()}")  # noqa: T201
        return EXIT_DONE
    name, rest = arguments[0], arguments[1:]
    command = TABLE.get(name)
    if command is None or not available(command):
        raise InputError(f"“{name}” is no command.\n\n{overview()}", code="command.unknown")
    if name == "up":
        from versants.launch.up import main as up

        return up(rest)
    if name == "plan":
        from versants_libs.dispatch.cli import main as plan

        return plan(rest)
    if name == "mesh" and rest and rest[0] in MESH:
        return _django(Command("mesh", command.help, "mesh", ""), rest)
    if name == "mesh":
        from versants_libs.coverage.cli import main as mesh

        return mesh(rest, territory=Path(__file__).resolve().parent / "territory" / "data", others=MESH)
    if name == "schema":
        return _schema(rest)
    if name == "keys" and (not rest or rest[0] in {"init", "-h", "--help"}):
        return _keys(rest)
    if name == "keys" and rest[0] in {
        "export",
        "confirm",
        "recover",
    }:  # files only: after a fire there is no database
        return _django(replace(command, role=""), rest)
    if name in {"backup", "restore"}:
        from versants.launch.backup import cli as backup_commands

        return backup_commands.backup(rest) if name == "backup" else backup_commands.restore(rest)
    if name == "database":
        from versants.launch.database import main as database_command

        return database_command(rest)
    return _django(command, rest)


def overview() -> str:
    """All commands with one line each."""
    here = [command for command in TABLE.values() if available(command)]
    width = max(len(command.name) for command in here)
    lines = [f"  {command.name:<{width}}  {command.help}" for command in here]
    return "\n".join(
        ["Commands:", *lines, "", "versants COMMAND --help says more; --json answers for programs."]
    )


def _schema(arguments: list[str]) -> int:
    folder = Paths.from_environment().project / "docs" / "schema"
    known = sorted(file.stem for file in folder.glob("*.json"))
    arguments = [word for word in arguments if word != "--json"]  # it is JSON anyway
    if len(arguments) != 1 or arguments[0].removesuffix(".json") not in known:
        raise InputError(
            f"Name one of the schemas: {', '.join(known) or 'there are none yet'}.", code="schema.unknown"
        )
    sys.stdout.write((folder / f"{arguments[0].removesuffix('.json')}.json").read_text())
    return EXIT_DONE


def _keys(arguments: list[str]) -> int:
    """``keys init``: make the key file if there is none; needs no database."""
    from versants.core.crypto.keyring import init_keys

    parser = argparse.ArgumentParser(prog="versants keys", description=TABLE["keys"].help)
    parser.add_argument(
        "action",
        choices=["init", "status", "rotate", "export", "confirm", "recover", "replay"],
        help="init makes the key file if there is none; each other one has its own --help",
    )
    parser.add_argument("--json", action="store_true", help="answer as one JSON value")
    options = parser.parse_args(arguments)
    path = Paths.from_environment().keys_file
    made = init_keys(path)
    if options.json:
        print(json.dumps({"made": made, "file": str(path)}))  # noqa: T201
    print(f"{'Made' if made else 'Already there'}: {path}", file=sys.stderr)  # noqa: T201
    return EXIT_DONE


@contextmanager
def database(role: str) -> Iterator[None]:
    """The database for the time of one command: yours (DATABASE_URL), or the embedded one.

    An embedded server that is not running is started and stopped again afterwards.
    """
    if role == "owner":
        os.environ["VERSANTS_AS"] = "owner"
    paths = Paths.from_environment()
    if role == "owner" and paths.database_url and not paths.database_owner_url:
        raise SurroundingsError(
            "This command works as the owner of the database: give DATABASE_OWNER_URL beside DATABASE_URL, for this"
            " command alone (docs/operations.md).",
            code="database.owner",
        )
    if not role or paths.database_url or (role == "owner" and paths.database_owner_url):
        yield
        return
    from versants.launch import postgres

    if not paths.pg_file.exists():
        raise SurroundingsError(
            f"There is no database in {paths.data} yet: “make run” makes it, or set DATABASE_URL.",
            code="database.missing",
        )
    cluster = postgres.ensure(paths)
    if cluster.started:  # what we started we also stop, when asked to end by a signal too
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        if cluster.started:
            postgres.stop(cluster)
        else:
            postgres.release(cluster)


def _django(command: Command, arguments: list[str]) -> int:
    from versants.launch.django_bridge import call

    _speak_of_what_runs()
    with database(command.role):
        return call(command, arguments)


def _speak_of_what_runs() -> None:
    """Links lead to where this data folder is served now, unless the environment says where."""
    if not any(os.environ.get(name) for name in ("VERSANTS_URL", "VERSANTS_HOST", "VERSANTS_PORT")):
        with suppress(OSError, ValueError, KeyError):
            holder = json.loads((Paths.from_environment().data / "up.lock").read_text())
            os.environ["VERSANTS_URL"] = str(holder["url"])


def explain(error: Exception) -> tuple[str, int]:
    """The sentence a person reads for ``error`` and the exit code a script sees."""
    if isinstance(error, LaunchError):
        return str(error), error.exit_code
    if isinstance(error, FileNotFoundError | IsADirectoryError | NotADirectoryError) and error.filename:
        return f"{error.filename}: {(error.strerror or 'cannot be read').lower()}.", EXIT_BAD_INPUT
    if isinstance(error, OSError):
        return (
            f"{error.filename or 'The system'}: {(error.strerror or str(error)).lower()}.",
            EXIT_SURROUNDINGS,
        )
    if isinstance(error, ModuleNotFoundError):
        return f"The part “{error.name}” is missing here: run “make setup”.", EXIT_SURROUNDINGS
    known = _explain_django(error)
    if known:
        return known
    return (
        f"Something unforeseen happened ({type(error).__name__}: {_first_line(error)})."
        " Add --traceback to see where.",
        EXIT_SURROUNDINGS,
    )


def _explain_django(error: Exception) -> tuple[str, int] | None:
    if "django" not in sys.modules:
        return None
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management.base import CommandError
    from django.db import DatabaseError, InterfaceError, OperationalError

    from versants.core.errors import VersantsError

    if isinstance(error, VersantsError):
        return str(error.message), EXIT_BAD_INPUT if error.status == 422 else EXIT_NO
    if isinstance(error, CommandError):
        return str(error), error.returncode
    if isinstance(error, OperationalError | InterfaceError):
        return f"The database does not answer: {_first_line(error)}", EXIT_SURROUNDINGS
    if isinstance(error, DatabaseError):
        if getattr(error.__cause__, "sqlstate", None) in {"42P01", "42703", "42883"}:
            return "The database is not at this version yet: run “versants migrate”.", EXIT_SURROUNDINGS
        return f"The database refused: {_first_line(error)}", EXIT_SURROUNDINGS
    if isinstance(error, ImproperlyConfigured):
        return f"The settings are not complete: {_first_line(error)}", EXIT_SURROUNDINGS
    return None


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else "no reason given"


def _code(ending: SystemExit) -> int:
    """What a SystemExit means as an exit code; a text is a refusal of the input, as argparse's is."""
    if ending.code is None:
        return EXIT_DONE
    if isinstance(ending.code, int):
        return ending.code
    print(f"versants: {ending.code}", file=sys.stderr)  # noqa: T201
    return EXIT_BAD_INPUT


if __name__ == "__main__":
    sys.exit(main())
