"""An import from the file to its end: received, previewed, confirmed, taken back. Pages, jobs and commands call this."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import PurePath
from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from versants.core import audit, clock
from versants.core.access.scope import Actor
from versants.core.crypto import vault
from versants.core.errors import ActionDenied, BadInput, InvalidTransition
from versants.people.models import Import, ImportState, Team
from versants.people.services import keys
from versants.people.services.importing import kinds, reading, undoing
from versants.people.services.importing.journal import Entry
from versants.people.services.importing.kinds import Kind
from versants.people.services.importing.running import (
    CHANGED,
    FAULTY,
    NEW,
    SAME,
    Report,
    Run,
    apply,
    rehearse,
)
from versants.people.services.importing.running import understand as _understand
from versants.people.services.importing.undoing import Kept

Progress = Callable[[int], None]
# More rows than this are the worker's: the page would keep somebody waiting.
AT_ONCE = 60


def check_may_import(actor: Actor, kind: Kind) -> Team:
    """Coordination, and for professionals the interpreting desk, of a team; for their own organisation only."""
    if actor.role not in kind.roles or not actor.organisation:
        raise ActionDenied("import.role", _("Coordination imports for its own team."))
    team = Team.objects.filter(pk=actor.desk or 0, organisation=actor.organisation).first()
    if team is None:
        raise ActionDenied("import.team", _("You act for no team: an import belongs to one."))
    return team


def _allowed(actor: Actor, imported: Import) -> tuple[Kind, Team, Import]:
    """The kind, the team, and the row as it stands, locked."""
    kind = kinds.kind(imported.kind)
    team = check_may_import(actor, kind)
    fresh = (
        Import.objects.visible_to(actor)
        .select_for_update(of=("self",))
        .select_related("key")
        .get(pk=imported.pk)
    )
    return kind, team, fresh


# -- what it holds ----------------------------------------------------------------------------------------------------


def file_name(imported: Import) -> str:
    return vault.read(imported, "file_name")


def content(imported: Import) -> bytes:
    """The bytes of the file. Raises InvalidTransition ``import.forgotten`` when they have gone."""
    text = vault.read(imported, "content")
    if not text:
        raise InvalidTransition(
            "import.forgotten", _("This file has been forgotten after thirty days. Send it again.")
        )
    return base64.b64decode(text)


def report_of(imported: Import) -> Report | None:
    """What it would do, or did; None before a preview and once forgotten."""
    text = vault.read(imported, "report")
    return Report.of_json(json.loads(text)) if text else None


def kept_of(imported: Import) -> list[Kept]:
    """What taking it back left standing."""
    text = vault.read(imported, "kept")
    return [Kept(**one) for one in json.loads(text)] if text else []


def entries_of(imported: Import) -> list[Entry]:
    text = vault.read(imported, "journal")
    return [Entry(**one) for one in json.loads(text)] if text else []


def grid_of(imported: Import) -> reading.Grid:
    return reading.read(content(imported), kinds.kind(imported.kind).sheet_names)


# -- its life ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def receive(*, actor: Actor, kind_key: str, name: str, data: bytes) -> Import:
    """Keep a file, sealed, until it is confirmed or thrown away. Nothing of it is written anywhere else.

    Raises ActionDenied ``import.role``, ``import.team``; BadInput ``import.kind`` and those of ``reading.read``.
    """
    kind = kinds.kind(kind_key)
    team = check_may_import(actor, kind)
    grid = reading.read(data, kind.sheet_names)
    imported = Import(
        kind=kind.key,
        organisation_id=team.organisation_id,
        team=team,
        membership_id=actor.membership,
        account_id=actor.account,
        key=keys.new_key(team),
        language=(translation.get_language() or "fr")[:2],
        file_hash=hashlib.sha256(data).hexdigest(),
        n_rows=max(0, len(grid.rows) - 1),
    )
    vault.write(imported, "file_name", PurePath(name.replace("\\", "/")).name[:120] or "?")
    vault.write(imported, "content", base64.b64encode(data).decode())
    imported.save(force_insert=True)
    audit.record("import.received", subject=imported, kind=kind.key, rows=imported.n_rows)
    return imported


def _prepared(actor: Actor, kind: Kind, team: Team, imported: Import) -> tuple[Run, list[Any], Report]:
    head, rows, report = _understand(kind, grid_of(imported))
    run = Run(actor=actor, organisation=team.organisation, team=team, head=head)
    return run, rows if not report.missing else [], report


def _count(imported: Import, report: Report) -> None:
    imported.n_rows = report.n_rows
    imported.n_new, imported.n_changed = report.n(NEW), report.n(CHANGED)
    imported.n_same, imported.n_faulty = report.n(SAME), report.n(FAULTY)


@transaction.atomic
def preview(*, actor: Actor, imported: Import, progress: Progress | None = None) -> Report:
    """What the file would do now. Everything is tried and taken back: what it says is what confirming does.

    Raises ActionDenied; InvalidTransition ``import.over``, ``import.forgotten``.
    """
    kind, team, imported = _allowed(actor, imported)
    _check_open(imported)
    return _preview(actor, kind, team, imported, progress)


def _preview(
    actor: Actor,
    kind: Kind,
    team: Team,
    imported: Import,
    progress: Progress | None,
    *,
    overtaken: bool = False,
) -> Report:
    with translation.override(imported.language):  # whoever or whatever runs it, it says the same
        run, rows, report = _prepared(actor, kind, team, imported)
        rehearse(kind, run, rows, report, progress)
    _count(imported, report)
    imported.digest, imported.overtaken, imported.state = report.digest, overtaken, ImportState.PREVIEWED
    vault.write(imported, "report", json.dumps(report.as_json()))
    imported.save()
    return report


def _check_open(imported: Import) -> None:
    if not imported.is_open:
        raise InvalidTransition("import.over", _("This import is over: send the file again for a new one."))


class _Different(Exception):
    pass


@transaction.atomic
def confirm(
    *, actor: Actor, imported: Import, only_good: bool = False, progress: Progress | None = None
) -> Import:
    """Write it, all of it or nothing. With faulty rows only if ``only_good``: those then stay behind.

    If the data changed since the preview so that something else would happen, nothing is written: the import has a
    new preview and is ``overtaken``. Raises ActionDenied; BadInput ``import.faults``, ``import.columns``,
    ``import.nothing``; InvalidTransition ``import.over``, ``import.not_previewed``, ``import.forgotten``.
    """
    kind, team, imported = _allowed(actor, imported)
    _check_open(imported)
    if imported.state != ImportState.PREVIEWED:
        raise InvalidTransition("import.not_previewed", _("Look first at what this file would do."))
    try:
        with translation.override(imported.language), transaction.atomic():
            run, rows, report = _prepared(actor, kind, team, imported)
            if report.missing:
                raise BadInput("import.columns", _("A column is missing. Add it and send the file again."))
            apply(kind, run, rows, report, progress)
            if report.digest != imported.digest:
                raise _Different
    except _Different:
        _preview(actor, kind, team, imported, progress, overtaken=True)
        return imported
    if report.n(FAULTY) and not only_good:
        raise BadInput(
            "import.faults", _("Some rows are faulty. Correct them, or import the good rows only.")
        )
    if not report.n(NEW) + report.n(CHANGED):
        raise BadInput("import.nothing", _("There is nothing to import: all of it is there already."))
    _count(imported, report)
    imported.state, imported.applied_at, imported.overtaken = ImportState.APPLIED, clock.now(), False
    vault.write(imported, "report", json.dumps(report.as_json()))
    vault.write(imported, "journal", json.dumps([one.as_json() for one in run.journal.entries]))
    imported.save()
    audit.record(
        "import.applied",
        subject=imported,
        kind=kind.key,
        new=imported.n_new,
        changed=imported.n_changed,
        left=imported.n_faulty,
    )
    return imported


@transaction.atomic
def discard(*, actor: Actor, imported: Import) -> Import:
    """Throw away a file that was not confirmed. Raises ActionDenied; InvalidTransition ``import.over``."""
    _kind, _team, imported = _allowed(actor, imported)
    _check_open(imported)
    imported.state, imported.content, imported.report = ImportState.DISCARDED, None, None
    imported.save()
    audit.record("import.discarded", subject=imported, kind=imported.kind)
    return imported


@transaction.atomic
def take_back(*, actor: Actor, imported: Import, progress: Progress | None = None) -> list[Kept]:
    """Undo a whole import. Returns what stays, because somebody changed it or built on it since.

    Raises ActionDenied; InvalidTransition ``import.not_applied``.
    """
    kind, _team, imported = _allowed(actor, imported)
    if imported.state != ImportState.APPLIED:
        raise InvalidTransition("import.not_applied", _("Only what was imported can be taken back."))
    with translation.override(imported.language):
        kept = undoing.undo(entries_of(imported), progress)
    imported.state, imported.undone_at, imported.n_kept = ImportState.UNDONE, clock.now(), len(kept)
    vault.write(imported, "kept", json.dumps([one.as_json() for one in kept]))
    imported.save()
    audit.record("import.undone", subject=imported, kind=kind.key, kept=len(kept))
    return kept
