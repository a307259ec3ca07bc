"""How allauth meets our accounts."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up: accounts are given by an organisation."""
        return False

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> Any:
        request.session["language"] = user.language
        return super().post_login(request, user, **kwargs)
