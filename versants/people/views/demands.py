"""``/demands/``: the register of demands by authorities, kept by the data protection officer."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from versants.core import clock
from versants.core.errors import VersantsError
from versants.people.forms.access import AnswerForm, DemandForm
from versants.people.models import AuthorityDemand
from versants.people.services import demands


@require_http_methods(["GET", "POST"])
def demand_list(request: HttpRequest) -> HttpResponse:
    """Every demand with its answers, newest first; POST a new one."""
    form = DemandForm(request.POST or None, initial={"received_on": clock.today()})
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                demands.write_down(actor=request.actor, **form.cleaned_data)
                messages.success(request, _("Written down."))
                return redirect("demands")
            except VersantsError as exc:
                form.add_error(None, exc.message)
                status = exc.status
    rows = (
        AuthorityDemand.objects.visible_to(request.actor)
        .select_related("written_by__account")
        .prefetch_related("answers__written_by__account")
        .order_by("-received_on", "-pk")[:200]
    )
    context = {"rows": rows, "form": form, "answer": AnswerForm(initial={"answered_on": clock.today()})}
    return render(request, "people/demands.html", context, status=status)


@require_POST
def demand_answer(request: HttpRequest, uid: UUID) -> HttpResponse:
    """What was answered. Another answer is another line; the former stays."""
    row = get_object_or_404(AuthorityDemand.objects.visible_to(request.actor), uid=uid)
    form = AnswerForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose an answer and its day."))
        return redirect("demands")
    try:
        demands.answer(actor=request.actor, uid=row.uid, **form.cleaned_data)
        messages.success(request, _("Written down."))
    except VersantsError as exc:
        messages.error(request, exc.message)
    return redirect("demands")
