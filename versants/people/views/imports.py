"""``/imports/``: a team's own spreadsheet, seen before it is written, taken back when it was wrong."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from versants.core import audit
from versants.core.errors import InvalidTransition, VersantsError
from versants.core.web.context import url_or_empty
from versants.core.web.tables import Column, Filter, Table, options
from versants.people.forms.imports import ImportForm
from versants.people.models import Account, Import, ImportState
from versants.people.services.importing import kinds, service, working, writing
from versants.people.services.importing.running import FAULTY, SAME, Report

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHOWN = 200  # rows of a preview on one page; the file that comes back holds all that are faulty


@require_http_methods(["GET", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """GET the imports of one's team; POST ``kind`` and ``file`` reads one and shows what it would do."""
    actor = request.actor  # type: ignore[attr-defined]
    form = ImportForm(request.POST or None, request.FILES or None, role=actor.role)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            imported = service.receive(
                actor=actor, kind_key=form.cleaned_data["kind"], name=file.name, data=file.read()
            )
        except VersantsError as exc:
            form.add_error("file", exc.message)
        else:
            return _go(request, working.PREVIEW, imported)
    table = _table(request)
    allowed = kinds.kinds(actor.role)
    context = {"form": form, "table": table, "kinds": allowed, "languages": kinds.LANGUAGES}
    return render(request, "people/imports/list.html", context, status=422 if form.errors else 200)


def _table(request: HttpRequest) -> Table:
    rows = Import.objects.visible_to(request.actor).select_related("key")  # type: ignore[attr-defined]
    names = {one.key: one.label for one in kinds.kinds()}
    table = Table(
        request,
        rows,
        id="imports",
        caption=_("Imports"),
        row_template="people/imports/_row.html",
        columns=[
            Column("at", _("When"), sort="created_at", margin=True),
            Column("kind", _("What"), sort="kind"),
            Column("rows", _("Rows")),
            Column("state", _("State"), sort="state"),
            Column("who", _("Imported by")),
        ],
        filters=[
            Filter(
                "kind",
                _("What"),
                options(_("all kinds"), list(names.items())),
                lambda found, value: found.filter(kind=value),
            ),
            Filter(
                "state",
                _("State"),
                options(_("all states"), ImportState.choices),
                lambda found, value: found.filter(state=value),
            ),
        ],
        default_sort="-at",
        empty=(
            _("Nothing has been imported yet"),
            _("Send your own spreadsheet as it is, or begin with a model."),
        ),
    )
    who = dict(
        Account.objects.filter(pk__in=[row.account_id for row in table.rows]).values_list("pk", "name")
    )
    for row in table.rows:
        row.who, row.kind_label = who.get(row.account_id, ""), names.get(row.kind, row.kind)
    return table


def _go(request: HttpRequest, step: str, imported: Import, **params: Any) -> HttpResponse:
    """Do the step now, or as a job when it is long; then the page of the import."""
    actor = request.actor  # type: ignore[attr-defined]
    if imported.n_rows > service.AT_ONCE:
        return redirect("job", uid=working.start(step, actor=actor, imported=imported, **params).uid)
    if step == working.PREVIEW:
        service.preview(actor=actor, imported=imported)
    elif step == working.CONFIRM:
        imported = service.confirm(actor=actor, imported=imported, **params)
        if not imported.overtaken:
            messages.success(request, _("Imported. It can be taken back from this page."))
    else:
        kept = service.take_back(actor=actor, imported=imported)
        messages.success(
            request,
            _("Taken back. What has been changed or built on since is listed below.")
            if kept
            else _("Taken back: everything is as before."),
        )
    return redirect("import", uid=imported.uid)


def _find(request: HttpRequest, uid: UUID) -> Import:
    found = Import.objects.visible_to(request.actor).select_related("key", "team")  # type: ignore[attr-defined]
    return get_object_or_404(found, uid=uid)


@require_GET
def one(request: HttpRequest, uid: UUID) -> HttpResponse:
    """What a file would do, row by row, or what it did."""
    return _page(request, _find(request, uid))


def _page(request: HttpRequest, imported: Import, *, refusal: Any = "", status: int = 200) -> HttpResponse:
    report = service.report_of(imported)
    kind = kinds.kind(imported.kind)
    who = Account.objects.filter(pk=imported.account_id).values_list("name", flat=True).first()
    next_url = url_or_empty(kind.next_url) if imported.state == ImportState.APPLIED else ""
    context = {
        "imported": imported,
        "kind": kind,
        "file_name": service.file_name(imported),
        "report": report,
        "faulty": _faulty(report),
        "rows": _rows(report),
        "more": max(0, len(_rows(report, None)) - SHOWN),
        "kept": service.kept_of(imported),
        "who": who or "",
        "refusal": refusal,
        "can_confirm": imported.state == ImportState.PREVIEWED
        and report is not None
        and not report.missing
        and imported.n_new + imported.n_changed > 0,
        "next_url": next_url,
    }
    return render(request, "people/imports/one.html", context, status=status)


def _faulty(report: Report | None) -> list[Any]:
    return [one for one in report.outcomes if one.state == FAULTY][:SHOWN] if report else []


def _rows(report: Report | None, most: int | None = SHOWN) -> list[Any]:
    """New and changed rows, and those that are there already with something to say."""
    if report is None:
        return []
    found = [
        one
        for one in report.outcomes
        if one.state in {"new", "changed"} or (one.state == SAME and one.notices)
    ]
    return found[:most]


def _step(request: HttpRequest, uid: UUID, step: str, **params: Any) -> HttpResponse:
    imported = _find(request, uid)
    try:
        return _go(request, step, imported, **params)
    except VersantsError as exc:
        if exc.status == 403:
            raise
        return _page(request, _find(request, uid), refusal=exc.message, status=exc.status)


@require_POST
def confirm(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Write it. ``good=1``: the good rows only, if some are faulty."""
    return _step(request, uid, working.CONFIRM, only_good=request.POST.get("good") == "1")


@require_POST
def undo(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Take the whole import back."""
    return _step(request, uid, working.UNDO)


@require_POST
def discard(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Throw a file away that was not confirmed."""
    imported = _find(request, uid)
    try:
        service.discard(actor=request.actor, imported=imported)  # type: ignore[attr-defined]
    except VersantsError as exc:
        if exc.status == 403:
            raise
        return _page(request, imported, refusal=exc.message, status=exc.status)
    messages.success(request, _("Thrown away. Nothing of it was written."))
    return redirect("imports")


@require_GET
def left(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The faulty rows as XLSX, with what is wrong beside each."""
    imported = _find(request, uid)
    service.check_may_import(request.actor, kinds.kind(imported.kind))  # type: ignore[attr-defined]
    report = service.report_of(imported)
    if report is None or not report.n(FAULTY):
        raise InvalidTransition(
            "import.no_faults", _("No row of this import is faulty, or its file has gone.")
        )
    audit.record("import.returned", subject=imported, rows=report.n(FAULTY))
    name = _("to-correct")
    return _sent(writing.left_behind(service.grid_of(imported), report), f"{imported.kind}-{name}.xlsx")


@require_GET
def model(request: HttpRequest) -> HttpResponse:
    """The model file of ``kind`` in ``lang``: fr, nl or en."""
    allowed = kinds.kinds(request.actor.role)  # type: ignore[attr-defined]
    kind = next((one for one in allowed if one.key == request.GET.get("kind")), allowed[0])
    language = request.GET.get("lang", "")
    if language not in kinds.LANGUAGES:
        language = get_language() or "fr"
    return _sent(writing.model(kind, language), f"versants-{kind.key}-{language}.xlsx")


def _sent(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=XLSX)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response
