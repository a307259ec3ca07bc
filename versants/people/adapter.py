"""How allauth meets our accounts."""

from __future__ import annotations

import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django import forms
from django.conf import settings
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from versants.core import audit, messages
from versants.core.crypto import vault
from versants.people.models import Account
from versants.people.services import devices, factors, held, limits, sessions, who, wording


class AccountAdapter(DefaultAccountAdapter):
    # In the voice of the house: vous and u, and what one may do next.
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _("This address and this password do not go together. Try once more."),
        "incorrect_password": _("This is not your password."),
        "enter_current_password": _("Type your present password."),
        "too_many_login_attempts": _("Too many attempts. Wait five minutes, then try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up: accounts are given by an organisation."""
        return False

    # -- wrong passwords --------------------------------------------------------------------------------------------

    def get_client_ip(self, request: HttpRequest) -> str:
        return limits.client_of(request) or "0.0.0.0"  # noqa: S104  (a socket of this machine has no address)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the try before the password is looked at. Raises ValidationError while one has to wait."""
        email = str(credentials.get("email") or "").strip().lower()
        self._tried = (email, limits.client_of(request), devices.known(request, email))
        self._charge = limits.charge("password", *self._tried)
        if self._charge.wait_s:
            raise forms.ValidationError(wording.wait(self._charge.wait_s), code="too_many_login_attempts")

    def _rollback_login_failed_rl_usage(self) -> None:
        limits.give_back(self._charge.keys)
        limits.forget("password", *self._tried)

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: Any) -> None:
        """A new password was set by a link in an e-mail: what was tried from here before is forgotten."""
        email = str(credentials.get("email") or "").strip().lower()
        limits.forget("password", email, limits.client_of(request), devices.known(request, email))

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        account = get_user_model().objects.filter(email=credentials.get("email", "")).first()
        if account is not None:
            audit.record("account.wrong_password", subject=account, actor=who.actor_of(account))

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Whoever has just signed in is not asked again for the password: the second factor is set up at once."""
        request = context.request
        since = time.time() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
        if app == "allauth.mfa" and any(
            record.get("at", 0) >= since for record in get_authentication_records(request, request.user)
        ):
            return False
        return bool(super().is_reauthentication_required(app=app, **kwargs))

    # -- coming in --------------------------------------------------------------------------------------------------

    def get_login_stages(self) -> list[str]:
        return [
            "versants.people.stages.SecondFactorStage"
            if stage == "allauth.mfa.stages.AuthenticateStage"
            else stage
            for stage in super().get_login_stages()
        ]

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        request.session["language"] = user.language
        request.session[sessions.SEEN] = time.time()
        if getattr(request, "provider_factor", None) == user.pk:
            factors.mark(request, user, "provider")
        request.known_device_for = user  # type: ignore[attr-defined]
        response = super().post_login(request, user, **kwargs)
        audit.record("account.signed_in", subject=user, actor=who.actor_of(user))
        kept = request.session.pop(held.SESSION_KEY, None)
        if kept and kept.get("account") == user.pk:
            request.session[held.SESSION_KEY] = kept
            return redirect("held_form")
        if factors.must_show(user.memberships.active()) and not factors.passed(request):
            return redirect("second_factor")  # at once, not at the first page that asks for it
        return response

    # -- telling ----------------------------------------------------------------------------------------------------

    def add_message(
        self, request: HttpRequest, level: int, message_template: str = "", *args: Any, **kwargs: Any
    ) -> None:
        """Signing in and out is seen by itself; only what somebody must know is said."""
        if message_template not in {"account/messages/logged_in.txt", "account/messages/logged_out.txt"}:
            super().add_message(request, level, message_template, *args, **kwargs)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """In the language of the account, into the outbox of all other messages."""
        account = context.get("user") or Account.objects.filter(email=email.lower()).first()
        language = account.language if account is not None else translation.get_language() or "fr"
        with translation.override(language):
            subject = " ".join(render_to_string(f"{template_prefix}_subject.txt", context).split())
            body = render_to_string(f"{template_prefix}_message.txt", {**context, "account": account})
        about = "account." + template_prefix.rpartition("/")[2]
        messages.hand_over(address=email, language=language, about=about, subject=subject, body=body.strip())


class MFAAdapter(DefaultMFAAdapter):
    """Secrets of the second factor stand locked in the database; one who must have a factor keeps the last."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("This code is not right. Wait for the next one, then try once more."),
        "cannot_delete_authenticator": _("Your role needs a second factor. Add another one first."),
    }

    def encrypt(self, text: str) -> str:
        return vault.lock_away(factors.PURPOSE, text)

    def decrypt(self, encrypted_text: str) -> str:
        return vault.take_out(factors.PURPOSE, encrypted_text)

    def get_totp_issuer(self) -> str:
        return "Versants"

    def _get_site_name(self) -> str:
        return "Versants"

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """The last one of somebody whose role needs one stays."""
        account = authenticator.user
        others = Authenticator.objects.filter(user=account, type__in=factors.TYPES).exclude(
            pk=authenticator.pk
        )
        return others.exists() or not factors.must_show(account.memberships.active())
