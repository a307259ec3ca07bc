"""``/visits/UID/record/``: one page for the carer who writes, the interpreter who confirms hours, the later reader."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from versants.core import audit, clock
from versants.core.crypto import vault
from versants.core.errors import ActionDenied, BadInput, Conflict, InvalidTransition, VersantsError
from versants.core.rules import allows
from versants.core.web.words import clock_time
from versants.mobile import record_rules as rules
from versants.mobile.enums import AssignmentState, Done, RecordState, Step
from versants.mobile.forms.records import AdditionForm, AttemptForm, HoursForm, RecordForm, initial_of
from versants.mobile.models import (
    Assignment,
    Attempt,
    ClinicalAddition,
    ClinicalNote,
    ConfirmedHours,
    Record,
    RecordAddition,
    RecordPerson,
    SocialNote,
    Visit,
)
from versants.mobile.services import records
from versants.people.models import Membership


def _visit(request: HttpRequest, uid: UUID) -> Visit:
    found = Visit.objects.visible_to(request.actor).select_related("site", "commune", "team")
    return get_object_or_404(found, uid=uid)


def _record(request: HttpRequest, visit: Visit) -> Record | None:
    record = Record.objects.visible_to(request.actor).filter(visit=visit).first()
    if record is not None:
        record.visit = visit
    return record


def _name_of(membership_id: int | None) -> str:
    """Who wrote, as colleagues call them."""
    membership = Membership.objects.filter(pk=membership_id).select_related("account").first()
    return membership.account.name if membership else ""


@require_http_methods(["GET", "POST"])
def record(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET the record, or the form of its draft. POST ``action``: save (default) or sign."""
    visit = _visit(request, uid)
    if not allows(rules.check_may_write_record, request.actor, visit):
        return _hours(request, visit)
    known = _record(request, visit)
    if known is not None and known.state == RecordState.SIGNED:
        if request.method == "POST":
            # A second press, or a page opened before the signature: nothing is written twice.
            messages.info(request, _("This record is signed already."))
            return redirect("visit_record", uid=uid)
        return _signed(request, visit, known)
    if visit.state in records.CLOSED_STATES:
        return _closed(request, visit)
    if request.method == "POST":
        return _save(request, visit, known)
    return _draft_page(request, visit, known)


def _form(request: HttpRequest, visit: Visit, known: Record | None, data: Any = None) -> RecordForm:
    candidates = records.candidates(visit, request.actor)
    content = records.content_of(known, request.actor) if known is not None and data is None else None
    return RecordForm(
        data,
        initial=None
        if data is not None
        else initial_of(visit, content, known.version if known else 0, candidates),
        visit=visit,
        actor=request.actor,
        candidates=candidates,
        clinical=allows(rules.check_may_write_clinical, request.actor, visit),
    )


def _draft_page(
    request: HttpRequest,
    visit: Visit,
    known: Record | None,
    form: RecordForm | None = None,
    *,
    stored: list[tuple[str, str]] | None = None,
    problem: Any = "",
    status: int = 200,
) -> HttpResponse:
    if form is None:
        form = _form(request, visit, known)
        _log_reading(known)
    context = {
        "visit": visit,
        "record": known,
        "form": form,
        "stored": stored,
        "problem": problem,
        "due": visit.held is not None and visit.held.lower <= clock.now(),
        "takes": allows(rules.check_visit_takes_record, visit),
        "written_by": _name_of(known.written_by) if known else "",
    }
    return render(request, "mobile/records/draft.html", context, status=status)


def _log_reading(known: Record | None) -> None:
    """Every reading of what was written about somebody is logged, before the page is made."""
    if known is None:
        return
    codes = RecordPerson.objects.filter(record=known).values_list("person__code", flat=True)
    for code in list(codes) or [""]:
        audit.record("record.read", subject=known, person_code=code)


def _save(request: HttpRequest, visit: Visit, known: Record | None) -> HttpResponse:
    form = _form(request, visit, known, request.POST)
    signing = request.POST.get("action") == "sign"
    valid = form.is_valid()
    if "version" in form.errors:
        raise BadInput("record.version", _("This page is incomplete: open it again."))
    if not valid and signing:
        return _draft_page(request, visit, known, form, status=422)
    try:
        saved = records.save_draft(
            visit=visit, actor=request.actor, version=form.cleaned_data["version"], content=form.content()
        )
    except Conflict as exc:
        known = _record(request, visit)
        return _draft_page(
            request,
            visit,
            known,
            _on_top_of(request, visit, known),
            stored=_stored(request, known),
            problem=exc.message,
            status=409,
        )
    except BadInput as exc:
        _add_error(form, exc)
        return _draft_page(request, visit, known, form, status=422)
    if not valid:
        return _draft_page(request, visit, saved, _on_top_of(request, visit, saved), status=422)
    if not signing:
        messages.success(request, _("Saved at %(hour)s.") % {"hour": clock_time(saved.saved_at)})
        return redirect("visit_record", uid=visit.uid)
    try:
        records.sign_record(record=saved, actor=request.actor, version=saved.version)
    except (BadInput, InvalidTransition) as exc:
        again = _on_top_of(request, visit, saved)
        _add_error(again, exc)
        return _draft_page(request, visit, saved, again, status=exc.status)
    messages.success(request, _("Signed. The visit is done and counted."))
    return redirect("visit_record", uid=visit.uid)


def _on_top_of(request: HttpRequest, visit: Visit, known: Record | None) -> RecordForm:
    """What was typed, ready to be saved on top of what is stored now: knowingly, by pressing again."""
    data = request.POST.copy()
    data["version"] = str(known.version if known else 0)
    typed = _form(request, visit, known, data)
    if typed.is_valid():  # the number that follows those ticked is shown as it is now
        n_ticked = len(typed.content().person_ids)
        data["n_persons"], data["n_ticked"] = str(typed.cleaned_data["n_persons"] or ""), str(n_ticked)
    form = _form(request, visit, known, data)
    form.is_valid()
    return form


def _add_error(form: RecordForm, exc: VersantsError) -> None:
    name = exc.facts.get("field")
    form.is_valid()
    form.add_error(name if name in form.fields else None, str(exc.message))


def _stored(request: HttpRequest, known: Record | None) -> list[tuple[str, str]]:
    """What somebody else saved, in words, beside what was typed here."""
    if known is None:
        return []
    content = records.content_of(known, request.actor)
    began = clock.local(content.began_at).strftime("%d/%m %H:%M") if content.began_at else ""
    return [
        (_("Saved by"), _name_of(known.written_by)),
        (_("Began at"), began),
        (_("Minutes"), str(content.duration_min or "")),
        (_("What was done"), ", ".join(str(Done(word).label) for word in content.done)),
        (_("Next steps"), ", ".join(f"{Step(step).label} ({due:%d/%m})" for step, due in content.steps)),
        (_("Social note"), content.social_note),
        (_("Clinical note"), content.clinical_note or ""),
    ]


@require_POST
def autosave(request: HttpRequest, uid: UUID) -> JsonResponse:
    """Keep what is typed: 200 with the new version and what could not be kept, 409 with the sentence."""
    visit = _visit(request, uid)
    rules.check_may_write_record(request.actor, visit)
    form = _form(request, visit, None, request.POST)
    form.is_valid()
    if "version" in form.errors:
        return JsonResponse({"code": "record.version", "message": _("This page is incomplete.")}, status=422)
    try:
        saved = records.save_draft(
            visit=visit, actor=request.actor, version=form.cleaned_data["version"], content=form.content()
        )
    except VersantsError as exc:
        request.roll_back = True  # type: ignore[attr-defined]
        return JsonResponse({"code": exc.code, "message": str(exc.message)}, status=exc.status)
    errors = {name: [str(e) for e in found] for name, found in form.errors.items()}
    return JsonResponse({"version": saved.version, "saved_at": clock_time(saved.saved_at), "errors": errors})


def _signed(
    request: HttpRequest, visit: Visit, known: Record, form: AdditionForm | None = None, status: int = 200
) -> HttpResponse:
    _log_reading(known)
    actor = request.actor
    clinical = allows(rules.check_may_write_clinical, actor, visit)
    people = (
        RecordPerson.objects.visible_to(actor)
        .filter(record=known)
        .select_related("person")
        .order_by("person__code")
    )
    additions = [
        {"at": row.at, "by": _name_of(row.by), "text": vault.left(row, "text"), "clinical": is_clinical}
        for is_clinical, rows in (
            (False, RecordAddition.objects.visible_to(actor).filter(record=known).select_related("key")),
            (True, ClinicalAddition.objects.visible_to(actor).filter(visit=visit).select_related("key")),
        )
        for row in rows
    ]
    context = {
        "visit": visit,
        "record": known,
        "persons": [row.person for row in people],
        "done": [Done(word).label for word in known.done],
        "steps": [(Step(step["step"]).label, date.fromisoformat(step["due_on"])) for step in known.steps],
        "social_note": records.read_note(SocialNote, visit, actor),
        "clinical_note": records.read_note(ClinicalNote, visit, actor),
        "reads_clinical": clinical,
        "additions": sorted(additions, key=lambda addition: addition["at"]),
        "form": form or AdditionForm(initial={"tier": "social"}, clinical=clinical),
        "signed_by": _name_of(known.signed_by),
    }
    return render(request, "mobile/records/signed.html", context, status=status)


@require_POST
def add(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Add to a signed record."""
    visit = _visit(request, uid)
    known = _record(request, visit)
    if known is None:
        raise ActionDenied("record.none", _("There is no record you may add to."))
    form = AdditionForm(request.POST, clinical=allows(rules.check_may_write_clinical, request.actor, visit))
    if not form.is_valid():
        return _signed(request, visit, known, form, status=422)
    records.add_to_record(
        record=known,
        actor=request.actor,
        text=form.cleaned_data["text"],
        clinical=form.cleaned_data.get("tier") == "clinical",
    )
    messages.success(request, _("Added. What was signed stands beside it."))
    return redirect("visit_record", uid=uid)


def _closed(request: HttpRequest, visit: Visit) -> HttpResponse:
    attempt = Attempt.objects.visible_to(request.actor).filter(visit=visit).first()
    return render(request, "mobile/records/closed.html", {"visit": visit, "attempt": attempt})


@require_http_methods(["GET", "POST"])
def attempt(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The visit did not take place: say why."""
    visit = _visit(request, uid)
    rules.check_may_write_record(request.actor, visit)
    form = AttemptForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            records.note_attempt(visit=visit, actor=request.actor, reason=form.cleaned_data["reason"])
        except BadInput as exc:
            form.add_error("reason", str(exc.message))
        else:
            messages.success(request, _("Noted. It is counted apart from the visits that took place."))
            return redirect("visit_record", uid=uid)
    status = 422 if form.is_bound else 200
    return render(request, "mobile/records/attempt.html", {"visit": visit, "form": form}, status=status)


def _own_assignment(request: HttpRequest, visit: Visit) -> Assignment | None:
    if request.actor.professional is None:
        return None
    return (
        Assignment.objects.visible_to(request.actor)
        .filter(visit=visit, professional_id=request.actor.professional)
        .exclude(state__in=[AssignmentState.DECLINED, AssignmentState.RELEASED, AssignmentState.LAPSED])
        .first()
    )


def _hours(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Interpreters and helpers see logistics and confirm their own hours; never notes, never who was there."""
    mine = _own_assignment(request, visit)
    if mine is None:
        raise ActionDenied(
            "record.not_yours", _("The record of a visit is written by the carers who made it.")
        )
    known = ConfirmedHours.objects.visible_to(request.actor).filter(assignment=mine).first()
    if request.method == "POST":
        form = HoursForm(request.POST)
        if form.is_valid():
            data = form.cleaned_data
            at = clock.at(data["began_on"], data["began_time"].hour, data["began_time"].minute)
            try:
                records.confirm_hours(
                    assignment=mine,
                    actor=request.actor,
                    began_at=at,
                    minutes=data["minutes"],
                    travel_min=data["travel_min"],
                )
            except BadInput as exc:
                form.add_error(exc.facts.get("field"), str(exc.message))
            else:
                messages.success(request, _("Your hours are confirmed."))
                return redirect("visit_record", uid=visit.uid)
    else:
        start = known.began_at if known else mine.held.lower
        local = clock.local(start)
        form = HoursForm(
            initial={
                "began_on": local.date(),
                "began_time": local.time().replace(second=0, microsecond=0),
                # Of one's own place: an interpreter may be needed for a part of the visit only.
                "minutes": known.minutes
                if known
                else int((mine.held.upper - mine.held.lower).total_seconds()) // 60,
                "travel_min": known.travel_min if known else 2 * mine.travel_min,
            }
        )
    context = {"visit": visit, "assignment": mine, "hours": known, "form": form}
    return render(request, "mobile/records/hours.html", context, status=422 if form.is_bound else 200)
