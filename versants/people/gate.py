"""What a session must have shown before a page opens: a role that still holds, somebody there, a second factor."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from versants.core.access.scope import Actor, acting
from versants.people.models import Membership
from versants.people.services import factors, held, sessions

# All that a session without its second factor reaches, beside pages that anybody may read.
ENROLMENT = frozenset(
    {
        "second_factor",
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "mfa_view_recovery_codes",
        "mfa_download_recovery_codes",
        "account_reauthenticate",
        "mfa_reauthenticate",
        "mfa_reauthenticate_webauthn",
        "account_logout",
        "set_language",
    }
)

# Where the account has a factor already, that one is shown before another is added: else a session from before, or a
# password alone, would make itself a second factor of its own, or read the recovery codes.
SHOWING = frozenset({"mfa_reauthenticate", "mfa_reauthenticate_webauthn", "account_logout", "set_language"})


class Gate:
    """One request of somebody who is signed in."""

    def __init__(self, request: HttpRequest, name: str, public: bool) -> None:
        self.request, self.name, self.public = request, name, public

    def check(self, membership: Membership | None) -> HttpResponse | None:
        """None: go on (signed out by now, if the page is public). An answer: this instead of the page."""
        memberships: list[Membership] = self.request.memberships  # type: ignore[attr-defined]
        chosen = self.request.session.get(sessions.ACTING)
        if chosen is not None and (membership is None or membership.pk != chosen):
            # The role under which this session acted has ended, and the session with it.
            return self._out(_("The role under which you were signed in has ended."))
        if sessions.is_idle(self.request, memberships):
            return self._out(_("You were signed out after a rest. Sign in again to go on where you were."))
        if factors.must_show(memberships) and not factors.passed(self.request):
            return self._ask_for_factor()
        sessions.touch(self.request, self.name)
        return None

    def _out(self, why: str) -> HttpResponse | None:
        """End the session. What was being sent is kept sealed, and offered after signing in again."""
        request = self.request
        account_id, membership_id = request.user.pk, request.session.get(sessions.ACTING)
        kept = ""
        if request.method == "POST" and not self.public:
            with acting(Actor.nobody()):
                kept = held.hold(request, account_id, membership_id)
        sessions.end(request)
        if self.public:
            return None
        if kept:
            request.session[held.SESSION_KEY] = {"uid": kept, "account": account_id, "as": membership_id}
            why = f"{why} " + _("What you typed is kept and waits for you.")
        messages.info(request, why)
        back = request.get_full_path() if request.method in {"GET", "HEAD"} else "/"
        return self._to(redirect_to_login(back, settings.LOGIN_URL).url)

    def _ask_for_factor(self) -> HttpResponse | None:
        request = self.request
        # Until then one acts as nobody, and is offered no role to act under.
        request.without_factor = True  # type: ignore[attr-defined]
        request.memberships = []  # type: ignore[attr-defined]
        enrolled = factors.has_one(request.user)  # type: ignore[arg-type]
        if self.name in (SHOWING if enrolled else ENROLMENT):
            return None
        if self.public and not self.name.startswith(
            ("account_", "mfa_", "socialaccount_", "sessions", "held_form")
        ):
            return None  # anybody may read this; it shows nothing of this account
        if enrolled:
            back = request.get_full_path() if request.method in {"GET", "HEAD"} else "/"
            shown = factors.page_to_show(request.user)  # type: ignore[arg-type]
            return self._to(f"{reverse(shown)}?{urlencode({'next': back})}")
        return self._to(reverse("second_factor"))

    def _to(self, url: str) -> HttpResponse:
        if getattr(self.request, "htmx", False):
            return HttpResponseClientRedirect(url)
        return redirect(url)
