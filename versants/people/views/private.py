"""A clinician's own notes about a person: a page that nobody else can open with anything on it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from versants.core import audit
from versants.core.crypto import vault
from versants.core.ids import clean_code
from versants.people.forms.private import PrivateNoteForm
from versants.people.models import Person, PrivateNote
from versants.people.services import private


def _person(request: HttpRequest, code: str) -> Person:
    rows = Person.objects.visible_to(request.actor).select_related("team", "key", "clinical_key")
    found: Person = get_object_or_404(rows, code=clean_code(code) or code)
    private.check_may_keep(request.actor, found)
    return found


def _note(request: HttpRequest, person: Person, uid: UUID) -> PrivateNote:
    rows = PrivateNote.objects.visible_to(request.actor).filter(person=person).select_related("key")
    return get_object_or_404(rows, uid=uid)


@require_http_methods(["GET", "POST"])
def notes(request: HttpRequest, code: str) -> HttpResponse:
    """One's own notes about this person, newest first, and a new one."""
    person = _person(request, code)
    form = PrivateNoteForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        private.write(person=person, actor=request.actor, text=form.cleaned_data["text"])
        messages.success(request, _("Kept. Only you can read it."))
        return redirect("private_notes", code=person.code)
    rows = PrivateNote.objects.visible_to(request.actor).filter(person=person).select_related("key")
    lines = [{"note": row, "text": vault.left(row, "text")} for row in rows.order_by("-written_at", "-pk")]
    audit.record("private_note.read", subject=person, person_code=person.code)
    context = {"person": person, "form": form, "lines": lines, "erased": person.key.wrapped is None}
    return render(request, "people/private_notes.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def note(request: HttpRequest, code: str, uid: UUID) -> HttpResponse:
    """Write one of them anew."""
    person = _person(request, code)
    row = _note(request, person, uid)
    form = PrivateNoteForm(
        request.POST if request.method == "POST" else None, initial={"text": vault.left(row, "text")}
    )
    if request.method == "POST" and form.is_valid():
        private.change(note=row, actor=request.actor, text=form.cleaned_data["text"])
        messages.success(request, _("Kept. Only you can read it."))
        return redirect("private_notes", code=person.code)
    audit.record("private_note.read", subject=person, person_code=person.code)
    context = {"person": person, "form": form, "note": row}
    return render(request, "people/private_note.html", context, status=422 if form.is_bound else 200)


@require_POST
def throw_away(request: HttpRequest, code: str, uid: UUID) -> HttpResponse:
    """It is gone for good."""
    person = _person(request, code)
    private.throw_away(note=_note(request, person, uid), actor=request.actor)
    messages.success(request, _("Thrown away. Nobody can get it back."))
    return redirect("private_notes", code=person.code)
