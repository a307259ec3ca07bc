"""The steps of signing in, where they differ from allauth's."""

from __future__ import annotations

from allauth.mfa.stages import AuthenticateStage
from django.http import HttpRequest


class SecondFactorStage(AuthenticateStage):
    """Asks for the app or the passkey, unless a partner's sign-in has shown one that we were told to accept."""

    def _should_handle(self, request: HttpRequest) -> bool:
        user = self.login.user
        if user is not None and getattr(request, "provider_factor", None) == user.pk:
            return False
        return super()._should_handle(request)
