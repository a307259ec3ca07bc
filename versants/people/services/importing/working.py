"""Imports of many rows, as jobs with a face."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_noop as _

from versants.core import jobs
from versants.core.access.scope import Actor, acting
from versants.core.models import Job
from versants.people.models import Import, ImportState
from versants.people.services.importing import service

PREVIEW, CONFIRM, UNDO = "import_preview", "import_confirm", "import_undo"


def start(step: str, *, actor: Actor, imported: Import, **params: Any) -> Job:
    """Queue one step of an import."""
    return jobs.start(step, actor=actor, params={"uid": str(imported.uid), **params})


def _find(actor: Actor, uid: str) -> Import:
    return Import.objects.visible_to(actor).get(uid=UUID(uid))


def _answer(uid: str, **figures: Any) -> dict[str, Any]:
    return {"url": reverse("import", args=[uid]), **figures}


@jobs.runner(PREVIEW)
def preview(job: jobs.Face, uid: str) -> dict[str, Any]:
    """Safe to run twice: a preview writes nothing but itself."""
    with job.aside(_("Reading the rows")) as progress, acting(job.actor):
        report = service.preview(actor=job.actor, imported=_find(job.actor, uid), progress=progress)
    return _answer(uid, rows=report.n_rows)


@jobs.runner(CONFIRM)
def confirm(job: jobs.Face, uid: str, only_good: bool = False) -> dict[str, Any]:
    """Safe to run twice: what is imported already is left alone."""
    with job.aside(_("Writing the rows")) as progress, acting(job.actor):
        imported = _find(job.actor, uid)
        if imported.state != ImportState.APPLIED:
            imported = service.confirm(
                actor=job.actor, imported=imported, only_good=only_good, progress=progress
            )
    return _answer(uid, new=imported.n_new, changed=imported.n_changed)


@jobs.runner(UNDO)
def undo(job: jobs.Face, uid: str) -> dict[str, Any]:
    """Safe to run twice: what was taken back already is left alone."""
    with job.aside(_("Taking the rows back")) as progress, acting(job.actor):
        imported = _find(job.actor, uid)
        if imported.state != ImportState.UNDONE:
            service.take_back(actor=job.actor, imported=imported, progress=progress)
    return _answer(uid)
