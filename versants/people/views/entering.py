"""Coming in by a link of an e-mail: an invitation, or the way back. Opening the page changes nothing.

``csrf_exempt`` with its own seal: these pages send no referrer, so browsers send ``Origin: null`` and Django would
refuse every form. A strict cookie and a field of the form must say the same, so that nobody is made to enter an
account that another one prepared.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from versants.core.access.scope import Actor, acting
from versants.core.errors import VersantsError
from versants.core.ids import token_hash
from versants.core.web.access import own_scope
from versants.people.forms.accounts import PasswordForm
from versants.people.models import Account
from versants.people.services import devices, invitations, recoveries

SEAL_COOKIE = "versants_entry"
_SEAL_AGE_S = 3600


def _private(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    def wrapped(request: HttpRequest, token: str) -> HttpResponse:
        seal = request.COOKIES.get(SEAL_COOKIE, "")
        if request.method == "POST":
            given = request.POST.get("seal", "")
            if not seal or not constant_time_compare(seal, given):
                return redirect(request.path)  # the page again, with a seal: nothing was done
        request.seal = seal or secrets.token_urlsafe(16)  # type: ignore[attr-defined]
        response = view(request, token)
        response["Cache-Control"] = "no-store"
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex, nofollow"
        if not seal:
            response.set_cookie(
                SEAL_COOKIE,
                request.seal,  # type: ignore[attr-defined]
                max_age=_SEAL_AGE_S,
                httponly=True,
                samesite="Strict",
                secure=settings.SESSION_COOKIE_SECURE,
                path="/account/",
            )
        return response

    wrapped.__name__, wrapped.__module__, wrapped.__doc__ = view.__name__, view.__module__, view.__doc__
    return wrapped


def _enter(request: HttpRequest, account: Account) -> HttpResponse:
    """Sign in with what was just set; the gate then asks for the second factor where the role needs one."""
    record_authentication(request, account, method="password", email=account.email)
    response = perform_login(request, Login(user=account, email=account.email, redirect_url="/"))
    known = getattr(request, "known_device_for", None)
    if known is not None:
        devices.remember(request, response, known)
    return response


def _over(request: HttpRequest, kind: str) -> HttpResponse:
    with acting(Actor.nobody()):
        return render(request, "people/accounts/over.html", {"private": True, "kind": kind}, status=410)


@own_scope
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@_private
def invited(request: HttpRequest, token: str) -> HttpResponse:
    """``/account/invited/TOKEN/``: choose a password; who has an account signs in and takes the role on."""
    actor = Actor(kind="link", token=token_hash(token))
    with acting(actor):
        row = invitations.by_token(actor)
        if row is None:
            return _over(request, "invitation")
        signed_in = request.user if request.user.is_authenticated else None
        has_account = invitations.has_account(row)
        theirs = signed_in is not None and invitations.is_theirs(row, signed_in)  # type: ignore[arg-type]
        form = PasswordForm(request.POST or None)
        refusal: Any = ""
        if request.method == "POST" and (has_account or form.is_valid()):
            try:
                membership = invitations.accept(
                    actor=actor,
                    password="" if has_account else form.cleaned_data["password"],
                    account=signed_in if has_account else None,  # type: ignore[arg-type]
                )
                return redirect("/") if has_account else _enter(request, membership.account)
            except VersantsError as exc:
                refusal = exc.message
        context = {
            "private": True,
            "row": row,
            "form": form,
            "refusal": refusal,
            "has_account": has_account,
            "is_theirs": theirs,
            "somebody_else": signed_in is not None and not theirs,
            "login_url": f"{reverse('account_login')}?next={request.path}",
        }
        with translation.override(_language(request, row.language)):
            return render(request, "people/accounts/invited.html", context, status=409 if refusal else 200)


@own_scope
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@_private
def recovered(request: HttpRequest, token: str) -> HttpResponse:
    """``/account/back/TOKEN/``: two people have confirmed; a new password, then the second factor again."""
    actor = Actor(kind="link", token=token_hash(token))
    with acting(actor):
        row = recoveries.by_token(actor)
        if row is None:
            return _over(request, "recovery")
        form = PasswordForm(request.POST or None, account=row.account)
        if request.method == "POST" and form.is_valid():
            try:
                return _enter(request, recoveries.use(actor=actor, password=form.cleaned_data["password"]))
            except VersantsError:
                return _over(request, "recovery")
        with translation.override(_language(request, row.account.language)):
            return render(
                request, "people/accounts/recovered.html", {"private": True, "row": row, "form": form}
            )


def _language(request: HttpRequest, theirs: str) -> str:
    """What was chosen in this browser; else the language in which they were written to."""
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return chosen if chosen in dict(settings.LANGUAGES) else theirs
