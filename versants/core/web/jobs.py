"""The page of a long piece of work: how far it is, how to stop it, where its result is."""

from __future__ import annotations

from collections.abc import Callable
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
from versants.core.web.words import spaced

TITLES: dict[str, Any] = {}
_ABOUT: dict[str, Callable[[Job], str]] = {}


def name_job(kind: str, title: Any, about: Callable[[Job], str] | None = None) -> None:
    """Apps name their kinds of work for readers. ``about``: what one of them is about, said after the title."""
    TITLES[kind] = title
    if about is not None:
        _ABOUT[kind] = about


def title_of(job: Job) -> str:
    """What a job is called: its kind, and what it is about where that is known."""
    title = str(TITLES.get(job.kind, gettext_lazy("Work in progress")))
    about = _ABOUT[job.kind](job) if job.kind in _ABOUT else ""
    return f"{title}{spaced(':')} {about}" if about else title


@never_cache
@require_safe
def job(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The page, or only the moving part when htmx asks for it."""
    row = get_object_or_404(Job.objects.visible_to(request.actor), uid=uid)
    here = reverse("job", args=[row.uid])
    context = {
        "job": row,
        "title": title_of(row),
        "doing": _(row.doing) if row.doing else "",
        "poll_url": here,
        "stop_url": reverse("job_stop", args=[row.uid]),
    }
    if request.htmx:
        answer = render(request, "components/progress.html", context)
        if row.is_over:  # what stands around it speaks of work that goes on
            answer["HX-Refresh"] = "true"
        return answer
    return render(request, "jobs/job.html", context)


@require_POST
def job_stop(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Ask it to stop."""
    row = get_object_or_404(Job.objects.visible_to(request.actor), uid=uid)
    jobs.ask_to_cancel(row)
    return redirect("job", uid=row.uid)
