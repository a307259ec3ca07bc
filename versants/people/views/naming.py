"""Finding the file of somebody whose name is known and whose code is not."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from versants.core.errors import BadInput
from versants.people.forms.persons import NameForm
from versants.people.services import naming


@require_http_methods(["GET", "POST"])
def named(request: HttpRequest) -> HttpResponse:
    """A form; after POST the files of the own team under exactly this name. Each question is logged."""
    form = NameForm(request.POST if request.method == "POST" else None)
    found = None
    if form.is_valid():
        try:
            found = naming.persons_named(text=form.cleaned_data["name"], actor=request.actor)
        except BadInput as exc:
            form.add_error("name", exc.message)
    response = render(
        request,
        "people/named.html",
        {"form": form, "persons": found},
        status=422 if form.errors else 200,
    )
    response["Cache-Control"] = "no-store"  # the name stands in the field
    return response
