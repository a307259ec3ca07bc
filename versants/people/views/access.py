"""Giving and taking back access in one's organisation: roles, invitations, recoveries."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from versants.core import clock
from versants.core.errors import VersantsError
from versants.core.rules import allows
from versants.people.forms.access import EndRoleForm, HandOverForm, InvitationForm, RecoveryForm
from versants.people.models import Invitation, Membership, Recovery
from versants.people.services import factors, invitations, recoveries, roles


def _refused(form: Any, exc: VersantsError) -> int:
    form.add_error(None, exc.message)
    return exc.status


@require_safe
def role_list(request: HttpRequest) -> HttpResponse:
    """Who holds which role from when to when."""
    rows = []
    today = clock.today()
    for one in roles.of_house(request.actor):
        period = one.period
        over = period.isempty or (period.upper is not None and period.upper <= today)
        if over and request.GET.get("all") != "1":
            continue
        rows.append(
            {
                "one": one,
                "state": "over" if over else "held" if period.lower <= today else "to_come",
                "last": None if period.isempty or period.upper is None else _day_before(period.upper),
                "may_end": not over and allows(roles.check_may_end, request.actor, one),
            }
        )
    return render(request, "people/accounts/roles.html", {"rows": rows, "all": request.GET.get("all") == "1"})


def _day_before(day: Any) -> Any:
    from datetime import timedelta

    return day - timedelta(days=1)


def _role(request: HttpRequest, uid: UUID) -> Membership:
    return get_object_or_404(roles.of_house(request.actor), uid=uid)


@require_http_methods(["GET", "POST"])
def role(request: HttpRequest, uid: UUID) -> HttpResponse:
    """What is open with one role; POST ``end`` ends it, ``pass`` hands it over."""
    row = _role(request, uid)
    ending, passing, status = EndRoleForm(), HandOverForm(membership=row), 200
    if request.method == "POST":
        try:
            if "pass" in request.POST:
                passing = HandOverForm(request.POST, membership=row)
                if passing.is_valid():
                    roles.hand_over(actor=request.actor, uid=uid, **passing.cleaned_data)
                    messages.success(request, _("Handed over."))
                    return redirect("roles")
            else:
                ending = EndRoleForm(request.POST)
                if ending.is_valid():
                    roles.end(actor=request.actor, uid=uid, ends=ending.ends())
                    messages.success(request, _("Written down. What it opened ends with it."))
                    return redirect("roles")
            status = 422
        except VersantsError as exc:
            status = _refused(passing if "pass" in request.POST else ending, exc)
            request.roll_back = True  # type: ignore[attr-defined]
    period = row.period
    context = {
        "row": row,
        "last": None if period.isempty or period.upper is None else _day_before(period.upper),
        "work": roles.waiting_work(row),
        "ending": ending,
        "passing": passing,
        "may_end": allows(roles.check_may_end, request.actor, row),
    }
    return render(request, "people/accounts/role.html", context, status=status)


@require_http_methods(["GET", "POST"])
def invitation_list(request: HttpRequest) -> HttpResponse:
    """Invitations with their state; POST a new one."""
    form = InvitationForm(request.POST or None, actor=request.actor)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                invitations.invite(actor=request.actor, **form.cleaned_data)
                messages.success(request, _("Invited. The link is on its way."))
                return redirect("invitations")
            except VersantsError as exc:
                status = _refused(form, exc)
    rows = (
        Invitation.objects.visible_to(request.actor)
        .select_related("team")
        .order_by("-created_at", "-pk")[:200]
    )
    return render(request, "people/accounts/invitations.html", {"rows": rows, "form": form}, status=status)


def _invitation(request: HttpRequest, uid: UUID) -> None:
    get_object_or_404(Invitation.objects.visible_to(request.actor), uid=uid)


@require_POST
def invitation_again(request: HttpRequest, uid: UUID) -> HttpResponse:
    """A fresh link; the former one stops."""
    _invitation(request, uid)
    invitations.send_again(actor=request.actor, uid=uid)
    messages.success(request, _("A new link is on its way; the former one opens nothing any more."))
    return redirect("invitations")


@require_POST
def invitation_withdraw(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The link opens nothing any more."""
    _invitation(request, uid)
    invitations.withdraw(actor=request.actor, uid=uid)
    messages.success(request, _("Withdrawn."))
    return redirect("invitations")


@require_http_methods(["GET", "POST"])
def recovery_list(request: HttpRequest) -> HttpResponse:
    """Recoveries under way and past; POST begins one, after one's own second factor."""
    form = RecoveryForm(request.POST or None, actor=request.actor)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                recoveries.begin(actor=request.actor, fresh=factors.is_fresh(request), **form.cleaned_data)
                messages.success(request, _("Begun. A second person confirms it within a day."))
                return redirect("recoveries")
            except VersantsError as exc:
                if exc.code == "recovery.not_fresh":
                    return _show_own(request)
                status = _refused(form, exc)
    rows = (
        Recovery.objects.visible_to(request.actor)
        .select_related("account", "first_account", "second_account")
        .order_by("-opened_at", "-pk")[:100]
    )
    for row in rows:
        row.why = recoveries.REASONS.get(row.reason, "")  # type: ignore[attr-defined]
        row.may_confirm = row.state == "waiting" and request.actor.account not in {  # type: ignore[attr-defined]
            row.first_account_id,
            row.account_id,
        }
    context = {"rows": rows, "form": form, "fresh": factors.is_fresh(request), "own": _own_url(request)}
    return render(request, "people/accounts/recoveries.html", context, status=status)


def _own_url(request: HttpRequest) -> str:
    from allauth.mfa.models import Authenticator

    has_app = Authenticator.objects.filter(user=request.user, type=Authenticator.Type.TOTP).exists()
    name = "mfa_reauthenticate" if has_app else "mfa_reauthenticate_webauthn"
    return f"{reverse(name)}?{urlencode({'next': reverse('recoveries')})}"


def _show_own(request: HttpRequest) -> HttpResponse:
    messages.info(request, _("Show your own second factor first; then confirm."))
    return redirect(_own_url(request))


def _recovery(request: HttpRequest, uid: UUID) -> None:
    if not Recovery.objects.visible_to(request.actor).filter(uid=uid).exists():
        raise Http404


@require_POST
def recovery_confirm(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The second person."""
    _recovery(request, uid)
    if not factors.is_fresh(request):
        return _show_own(request)
    recoveries.confirm(actor=request.actor, uid=uid, fresh=True)
    messages.success(request, _("Confirmed. The link is on its way to the address known before."))
    return redirect("recoveries")


@require_POST
def recovery_stop(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Stop it: nobody comes in by it any more."""
    _recovery(request, uid)
    recoveries.stop(actor=request.actor, uid=uid)
    messages.success(request, _("Stopped."))
    return redirect("recoveries")
