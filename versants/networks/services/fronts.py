"""What fewer or more recruits would buy: the front of a study, worked out on request as a job of its own."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from math import ceil
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_noop as _

from versants.core import audit, jobs
from versants.core.access.scope import Actor, acting
from versants.core.errors import Conflict
from versants.core.models import Job
from versants.networks import rules
from versants.networks.models import StudyRun
from versants.networks.services.studies import MOST_BUDGET, MOST_PEOPLE
from versants.territory.shapes import DATA
from versants_libs.coverage.study import Study
from versants_libs.coverage.study_files import read_study
from versants_libs.coverage.study_front import study_front
from versants_libs.coverage.travel import travel_of

KIND = "mesh_front"
SECONDS = float(os.environ.get("VERSANTS_MESH_FRONT_SECONDS", "600"))  # of processor, for all points
GAP = 0.02  # a proof this near is enough; the drawing shows what is left
POINTS = 21  # the middle one is the study's own limit
WIDER = 2  # up to so many times the study's limit
WHERE_NOBODY = 12  # people, for a study that recruits nobody: twice what the question begins with


@transaction.atomic
def ask(*, actor: Actor, run: StudyRun) -> Job:
    """Start the work; while it is under way, the same job again. Raises ActionDenied, Conflict ``study.not_ready``."""
    rules.check_may_study(actor)
    row = StudyRun.objects.select_for_update().get(pk=run.pk)
    if not row.result:
        raise Conflict("study.not_ready", _t("This study is still being worked out."))
    known = Job.objects.visible_to(actor).filter(uid=row.front_job).first() if row.front_job else None
    if known is not None and not known.is_over:
        return known
    job = jobs.start(KIND, actor=actor, params={"run": str(row.uid)})
    row.front_job = job.uid
    row.save(update_fields=["front_job"])
    audit.record("study.front_asked", subject=row)
    return job


@jobs.runner(KIND, long=True)
def work_out(job: jobs.Face, *, run: str) -> dict[str, Any]:
    """The work; safe to run twice."""
    job.report(2, _("Working out step by step"))
    with acting(job.actor):
        study = read_study(json.dumps(StudyRun.objects.get(uid=run).study))
    wide, by = widened(study)

    def tell(_stage: str, done: float) -> None:
        job.report(2 + round(95 * done))

    points = study_front(
        wide, travel_of(wide, DATA), points=POINTS, seconds=SECONDS, gap=GAP, by=by, progress=tell
    )
    with acting(job.actor):
        row = StudyRun.objects.select_for_update().get(uid=run)
        row.front = {"by": by, "points": points}
        row.save(update_fields=["front"])
        audit.record("study.front_done", subject=row, points=len(points))
    return {"url": reverse("study", args=[run]) + "#front"}


def widened(study: Study) -> tuple[Study, str]:
    """The study with its limit twice as wide, and which one: the budget where there is one, else the number.

    A study that recruits nobody has no limit to widen: then up to so many people, whatever they cost.
    """
    limits = study.limits
    if 0 in (limits.number, limits.budget):  # twice nobody is nobody, and no budget buys none
        return replace(study, limits=replace(limits, budget=None, number=WHERE_NOBODY)), "number"
    if limits.budget:
        return replace(study, limits=replace(limits, budget=limits.budget * WIDER)), "budget"
    return replace(study, limits=replace(limits, number=(limits.number or 1) * WIDER)), "number"


def as_question(question: dict[str, Any], given: Any) -> dict[str, Any]:
    """The question with the number or budget of a point, from an address; what is no such number changes nothing."""
    found = dict(question)
    for name, most in (("number", MOST_PEOPLE), ("budget", MOST_BUDGET)):
        text = str(given.get(name, ""))
        if text.isascii() and text.isdigit() and len(text) <= 9 and int(text) <= most:
            found[name] = int(text)
    if given.get("budget") == "":  # of a study without a euro: its points need some
        found["budget"] = None
    return found


def point_query(run: StudyRun, point: dict[str, Any]) -> str:
    """What opens a point as a question of its own; nothing where the question does not take as many."""
    name = run.front["by"]
    if name == "number" and point[name] > MOST_PEOPLE:
        return ""
    free = "&budget=" if name == "number" and run.question.get("budget") == 0 and point[name] else ""
    return f"from={run.uid}&{name}={ceil(point[name] - 1e-9)}{free}"
