"""Erasing the file of a person: what goes, what stays, and the code typed once more."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from versants.core.errors import InvalidTransition
from versants.core.ids import clean_code
from versants.people.forms.persons import EraseForm
from versants.people.models import Person
from versants.people.services import erasure


@require_http_methods(["GET", "POST"])
def erase(request: HttpRequest, code: str) -> HttpResponse:
    """GET says what it would do; POST with the reason and the code does it. Nothing brings it back."""
    found = get_object_or_404(
        Person.objects.visible_to(request.actor).select_related("team", "key"), code=clean_code(code) or code
    )
    erasure.check_may_erase(request.actor, found)
    if found.key.wrapped is None:
        return redirect("person", code=found.code)
    form = EraseForm(request.POST if request.method == "POST" else None, person=found)
    if request.method == "POST" and form.is_valid():
        try:
            erasure.erase_person(person=found, actor=request.actor, because=form.cleaned_data["because"])
        except InvalidTransition as exc:  # somebody else did, a moment before
            messages.info(request, exc.message)
        else:
            messages.success(request, _("Erased. The code and the counts remain."))
        return redirect("person", code=found.code)
    context = {"person": found, "form": form}
    return render(request, "people/erase.html", context, status=422 if form.is_bound else 200)
