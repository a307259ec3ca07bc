"""``/mesh/``: ask for a study, see what came out, take the report along."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from versants.core import clock
from versants.core.errors import Conflict
from versants.core.models import Job
from versants.core.web.jobs import title_of
from versants.networks import rules, words
from versants.networks.forms import QuestionForm, area_words, initial_of
from versants.networks.models import StudyRun
from versants.networks.naming import limit_word, meaning_label, territory_word
from versants.networks.report.annex import annex
from versants.networks.report.pdf import pdf
from versants.networks.services import fronts, results, studies

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DEFAULT = {"area": "west-vlaanderen:Courtrai", "meaning": "", "kinds": ["helper"]}


@require_http_methods(["GET", "POST"])
def studies_page(request: HttpRequest) -> HttpResponse:
    """The question; below it, the house's studies."""
    rules.check_may_study(request.actor)
    seen = _before(request)
    initial = initial_of(fronts.as_question(seen.question, request.GET)) if seen else DEFAULT
    register = studies.register_of(clock.today())
    form = QuestionForm(request.POST or None, initial=initial, register=register)
    if seen:
        form.seen()
    if request.method == "POST" and form.is_valid():
        job = studies.ask(actor=request.actor, name=form.area_name(), question=form.question())
        return _to(job)
    rows = (
        StudyRun.objects.visible_to(request.actor)
        .defer("study", "result", "scenarios", "simulated", "front", "turns")
        .order_by("-chosen_at")
    )
    page = Paginator(rows, 20).get_page(request.GET.get("page"))
    named = area_words() if page.object_list else {}
    listed = [
        {
            "run": run,
            "territory": named.get(run.question.get("area", ""), run.name),
            "meaning": meaning_label(run),
            "limit": limit_word(run),
        }
        for run in page.object_list
    ]
    context = {"form": form, "page": page, "listed": listed, "wrong": _wrong(form)}
    return render(request, "networks/studies.html", context, status=422 if form.errors else 200)


def _wrong(form: QuestionForm) -> list[tuple[str, Any]]:
    """Where each field that was refused stands on the page, and its name: a long form does not show them all."""
    return [
        (field.id_for_label or f"{field.auto_id}_error", field.label)
        for field in form
        if form.is_bound and field.errors
    ]


def _to(job: Job) -> HttpResponse:
    answer = HttpResponse(status=303)
    answer["Location"] = reverse("job", args=[job.uid])
    return answer


def _before(request: HttpRequest) -> StudyRun | None:
    """The study whose question this one begins with, named in the address; None without one."""
    try:
        uid = UUID(request.GET.get("from", ""))
    except ValueError:
        return None
    return StudyRun.objects.visible_to(request.actor).exclude(question={}).filter(uid=uid).first()


def _run(request: HttpRequest, uid: UUID) -> StudyRun:
    rules.check_may_study(request.actor)
    return get_object_or_404(StudyRun.objects.visible_to(request.actor), uid=uid)


@require_GET
def study(request: HttpRequest, uid: UUID) -> HttpResponse:
    """What came out; while it is being worked out, where the work stands."""
    run = _run(request, uid)
    initial = initial_of(run.question) if run.question else DEFAULT
    form = QuestionForm(initial=initial, register=studies.register_of(clock.today()))
    context: dict[str, Any] = {
        "run": run,
        "territory": territory_word(run),
        "nobody_asked": 0 in (run.question.get("number"), run.question.get("budget")),
        "form": form,
        "done": bool(run.result),
        "again_url": reverse("studies"),
    }
    if run.result:
        form.seen()
        measure = "minutes" if request.GET.get("map") == "minutes" else "fill"
        context |= results.context(run, measure)
        context["front_job"] = Job.objects.visible_to(request.actor).filter(uid=run.front_job).first()
        context["front_minutes"] = round(fronts.SECONDS / 60)
        context["front_people"] = fronts.WHERE_NOBODY
        context["language"] = (get_language() or "fr")[:2]
        context["other_languages"] = [code for code in ("nl", "fr") if code != context["language"]]
    else:
        context |= _progress(request, run)
    return render(request, "networks/study.html", context)


def _progress(request: HttpRequest, run: StudyRun) -> dict[str, Any]:
    """The job of a study, as its progress is shown; none where it is another's."""
    job = Job.objects.visible_to(request.actor).filter(uid=run.job).first()
    if job is None:
        return {"job": None, "cause": words.failure_word("")}
    return {
        "job": job,
        "cause": words.failure_word(job.error_code),
        "title": title_of(job),
        "doing": _(job.doing) if job.doing else "",
        "poll_url": reverse("job", args=[job.uid]),
        "stop_url": reverse("job_stop", args=[job.uid]),
    }


@require_POST
def study_front(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Ask for what fewer or more recruits would buy."""
    return _to(fronts.ask(actor=request.actor, run=_run(request, uid)))


def _file(
    request: HttpRequest, uid: UUID, make: Callable[[Any, str], bytes], kind: str, suffix: str
) -> HttpResponse:
    run = _run(request, uid)
    if not run.result:
        raise Conflict("study.not_ready", _("This study is still being worked out."))
    language = request.GET.get("lang", "fr")
    language = language if language in {"fr", "nl", "en"} else "fr"
    with translation.override(language):  # the reader of the file, not of the page: its territory, its cases
        told = results.source(run, territory_word(run))
    answer = HttpResponse(make(told, language), content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="mesh-{str(run.uid)[:8]}-{language}.{suffix}"'
    return answer


@require_GET
def study_pdf(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The report."""
    return _file(request, uid, pdf, "application/pdf", "pdf")


@require_GET
def study_xlsx(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Its annex."""
    return _file(request, uid, annex, XLSX, "xlsx")
