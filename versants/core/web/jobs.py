"""The page of a long piece of work: how far it is, how to stop it, where its result is."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from versants.core import jobs
from versants.core.models import Job

TITLES: dict[str, Any] = {}


def name_job(kind: str, title: Any) -> None:
    """Apps name their kinds of work for readers."""
    TITLES[kind] = title


@never_cache
@require_safe
def job(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The page, or only the moving part when htmx asks for it."""
    row = get_object_or_404(Job.objects.visible_to(request.actor), uid=uid)
    here = reverse("job", args=[row.uid])
    context = {
        "job": row,
        "title": TITLES.get(row.kind, gettext_lazy("Work in progress")),
        "doing": _(row.doing) if row.doing else "",
        "poll_url": here,
        "stop_url": reverse("job_stop", args=[row.uid]),
    }
    if request.htmx:
        return render(request, "components/progress.html", context)
    return render(request, "jobs/job.html", context)


@require_POST
def job_stop(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Ask it to stop."""
    row = get_object_or_404(Job.objects.visible_to(request.actor), uid=uid)
    jobs.ask_to_cancel(row)
    return redirect("job", uid=row.uid)
