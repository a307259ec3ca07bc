"""One's own sessions, the second factor, and what was kept when a session ended."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from versants.core import audit
from versants.core.web.access import public
from versants.core.web.form_words import in_words
from versants.people.models import Membership
from versants.people.services import devices, factors, held
from versants.people.services import sessions as service


@public  # somebody between two roles ends sessions too
@login_required
@require_http_methods(["GET", "POST"])
def sessions(request: HttpRequest) -> HttpResponse:
    """GET where one is signed in; POST ``end`` (one of them) or ``others``."""
    if request.method == "POST":
        ended = _end(request)
        if not ended:
            return redirect("sessions")
        audit.record("account.sessions_ended", subject=request.user, ended=ended)
        messages.success(request, _("Ended. Whoever was there has to sign in again."))
        return redirect("sessions")
    limit = service.idle_limit_s(_memberships(request))
    context = {"sessions": service.of(request), "minutes": limit // 60 if limit else 0}
    return render(request, "people/accounts/sessions.html", context)


def _memberships(request: HttpRequest) -> list[Any]:
    return list(getattr(request, "memberships", ()))


def _end(request: HttpRequest) -> int:
    if "others" in request.POST:
        devices.forget_all(request.user, request.COOKIES.get(devices.COOKIE, ""))  # type: ignore[arg-type]
        return service.end_all(request.user, str(request.session.session_key))  # type: ignore[arg-type]
    chosen = request.POST.get("end", "")
    if not chosen.isdigit():
        return 0
    return service.end_one(request.user, int(chosen), str(request.session.session_key))  # type: ignore[arg-type]


@public
@login_required
@require_safe
def second_factor(request: HttpRequest) -> HttpResponse:
    """Why one is needed, and the choice: an app on the phone, or a passkey."""
    mine = Membership.objects.active().filter(account_id=request.user.pk)
    context = {"must": factors.must_show(mine), "has_one": factors.has_one(request.user)}  # type: ignore[arg-type]
    return render(request, "people/accounts/second_factor.html", context)


def _other_role(request: HttpRequest, kept: dict[str, Any]) -> Membership | None:
    """The role under which it was written, where that one holds and another is acted under."""
    if kept.get("as") == getattr(request.membership, "pk", None):  # type: ignore[attr-defined]
        return None
    return next((one for one in _memberships(request) if one.pk == kept.get("as")), None)


@public
@login_required
@require_http_methods(["GET", "POST"])
def held_form(request: HttpRequest) -> HttpResponse:
    """What was being sent when the session ended: send it now, or throw it away (POST).

    Written under another role that is still held, it is sent under that one: the page offers to change to it first.
    """
    kept = request.session.get(held.SESSION_KEY) or {}
    row = held.find(kept.get("uid", ""), request.user.pk)
    if request.method == "POST":
        if row is not None:
            held.destroy(row)
        request.session.pop(held.SESSION_KEY, None)
        return redirect("/")
    if row is None:
        return redirect("/")
    form = held.opened(row)
    shown, others = in_words(form.fields, form.path)
    context = {"form": form, "shown": shown, "others": others, "written_as": _other_role(request, kept)}
    response = render(request, "people/accounts/held.html", context)
    response["Cache-Control"] = "no-store"
    return response
