"""``versants backup`` and ``versants restore``; docs/backup.md says how they are used."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from versants.launch.backup import endings, envelope, moments, reading, restoring, schedule, taking
from versants.launch.errors import EXIT_DONE, InputError
from versants.launch.paths import Paths


def backup(arguments: list[str]) -> int:
    """``versants backup FILE``, ``--new-key FILE``, ``--base FOLDER``, ``--scheduled``, ``--verify FILE --key KEY``."""
    parser = argparse.ArgumentParser(
        prog="versants backup",
        description="Write the database and the documents to one encrypted file. Keys are never in it.",
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("file", nargs="?", type=Path, help="the file to write; it must not exist")
    what.add_argument(
        "--new-key",
        type=Path,
        metavar="FILE",
        help="make the key of backups; FILE opens them: keep it elsewhere",
    )
    what.add_argument(
        "--base", type=Path, metavar="FOLDER", help="a base backup, to restore to any moment after it"
    )
    what.add_argument("--scheduled", action="store_true", help="as each night, into VERSANTS_BACKUP_DIR")
    what.add_argument("--verify", type=Path, metavar="FILE", help="read a backup whole; needs --key")
    parser.add_argument(
        "--key", type=Path, metavar="PRIVATE", help="the key that opens backups, for --verify"
    )
    parser.add_argument("--json", action="store_true", help="answer as one JSON value")
    options = parser.parse_args(arguments)
    paths = Paths.from_environment()
    if options.new_key:
        return _new_key(paths, options.new_key.absolute(), options.json)
    if options.base:
        base = moments.take_base(paths, options.base.absolute())
        return _tell(options.json, {"file": str(base)}, f"Written: {base}")
    if options.verify:
        if not options.key:
            parser.error("--verify needs --key")
        header = reading.verify(options.verify, envelope.read_private(options.key))
        rows = sum(found[0] for found in header["tables"].values())
        content = {name: header[name] for name in ("at", "version", "commit", "postgresql")}
        content |= {"tables": len(header["tables"]), "rows": rows, "whole": True}
        return _tell(
            options.json,
            content,
            f"Whole: {rows} rows in {content['tables']} tables, as of {header['at'][:19]} UTC.",
        )
    done = schedule.run(paths) if options.scheduled else taking.take(paths, options.file.absolute())
    return _tell(
        options.json,
        done.as_json(),
        f"Written: {done.file}, {done.rows} rows in {done.tables} tables, {done.bytes / 1e6:.1f} MB,"
        f" {done.seconds:.1f} s.",
    )


def restore(arguments: list[str]) -> int:
    """``versants restore FILE --key PRIVATE``, or ``--base FOLDER [--until INSTANT]``; ``--again`` restores nothing."""
    parser = argparse.ArgumentParser(
        prog="versants restore",
        description="Read a backup back, compare every table, and do again what was erased or ended since.",
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("file", nargs="?", type=Path, help="a backup")
    what.add_argument(
        "--base", type=Path, metavar="FOLDER", help="base backups; VERSANTS_DATA names a new folder"
    )
    what.add_argument(
        "--again",
        action="store_true",
        help="restore nothing: only do again what was erased or ended since, after a restore by other means",
    )
    parser.add_argument(
        "--key", type=Path, metavar="PRIVATE", help="the key that opens backups; not for --again"
    )
    parser.add_argument("--until", metavar="INSTANT", help="with --base: the moment, with its offset")
    parser.add_argument(
        "--wal", type=Path, metavar="FOLDER", help="with --base: the log (VERSANTS_WAL_DIR, else FOLDER)"
    )
    parser.add_argument("--replace", action="store_true", help="give up what the embedded database holds")
    parser.add_argument(
        "--yes", action="store_true", help="with --replace: do not ask for the database's name"
    )
    parser.add_argument("--json", action="store_true", help="answer as one JSON value")
    options = parser.parse_args(arguments)
    paths = Paths.from_environment()
    if options.again:
        redone = restoring.again(paths)
        return _tell(
            options.json,
            {"erased_again": redone.erased, "ended_again": redone.ended},
            f"{redone.erased} erasures done again; ended again: {endings.told(redone.ended)}.",
        )
    if not options.key:
        parser.error("a restore needs --key")
    if options.base:
        folder = options.base.absolute()
        wal = (options.wal or paths.wal_dir or folder).absolute()
        reached = moments.restore_base(paths, folder, wal, options.key, instant(options.until))
        when = f"as it was at {reached.at.isoformat()}" if reached.at else "to the end of its log"
        return _tell(
            options.json,
            reached.as_json(),
            f"Restored {when}, from {reached.base} and {reached.segments} pieces of its log;"
            f" {reached.erased_again} erasures done again; ended again: {endings.told(reached.ended_again)}."
            " “versants up” starts it.",
        )
    if options.until or options.wal:
        parser.error("--until and --wal go with --base")
    done = restoring.restore(
        paths, options.file, options.key, agreed=_agreement(options.replace, options.yes)
    )
    pending = f" {done.pending} migrations are newer: run “versants migrate”." if done.pending else ""
    return _tell(
        options.json,
        done.as_json(),
        f"Restored and compared: {done.rows} rows in {done.tables} tables, {done.documents} documents, as of"
        f" {done.at[:19]} UTC; {done.erased_again} erasures done again; ended again:"
        f" {endings.told(done.ended_again)}.{pending}",
    )


def instant(text: str | None) -> datetime | None:
    """An ISO 8601 instant with its offset. Raises InputError ``instant.bad``."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(
            f"“{text}” is no instant: 2026-11-26T14:30:00+01:00 is one.", code="instant.bad"
        ) from error
    if found.tzinfo is None:
        raise InputError(
            f"“{text}” does not say its offset: add +01:00 (winter), +02:00 (summer) or Z.",
            code="instant.bad",
        )
    return found.astimezone(UTC)


def _agreement(replace: bool, yes: bool) -> Callable[[str], bool]:
    def ask(name: str) -> bool:
        if not replace:
            return False
        if yes:
            return True
        sys.stderr.write(
            f"The database “{name}” is not empty, and everything in it will be gone. Type its name: "
        )
        sys.stderr.flush()
        return sys.stdin.readline().strip() == name

    return ask


def _new_key(paths: Paths, private: Path, as_json: bool) -> int:
    for folder in (paths.data, paths.keys_file.parent):
        if private.is_relative_to(folder):
            raise InputError(
                f"{private} would lie beside what it protects: name a place outside {folder}, best another machine.",
                code="key.beside",
            )
    key_id = envelope.make_keys(paths.backup_key_file, private)
    return _tell(
        as_json,
        {"id": key_id, "public": str(paths.backup_key_file), "private": str(private)},
        f"Made: {paths.backup_key_file} stays here and encrypts; {private} opens every backup: carry it to a safe place,"
        " twice, and remove it from this machine.",
    )


def _tell(as_json: bool, value: dict[str, Any], text: str) -> int:
    if as_json:
        sys.stdout.write(json.dumps(value, default=str) + "\n")
    else:
        sys.stderr.write(text + "\n")
    return EXIT_DONE
