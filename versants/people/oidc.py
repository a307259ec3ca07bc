"""Signing in with a partner's own account: who was invited comes in, nobody else; the token's signature always counts.

allauth trusts an ID token that came over TLS without looking at its signature, which the standard allows (OpenID
Connect Core 1.0, 3.1.3.7). Here it is verified in every case, and the answer about the user must be about the same one.
"""

from __future__ import annotations

from typing import Any

import jwt
from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.internal import jwtkit
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.http import HttpRequest
from django.shortcuts import render

from versants.config import oidc
from versants.core import audit
from versants.people.models import Account
from versants.people.services import who

ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"})


class VerifyingAdapter(OpenIDConnectOAuth2Adapter):
    """Checks signature, issuer, audience and time of each ID token; without one nobody comes in."""

    def complete_login(self, request: HttpRequest, app: SocialApp, token: Any, **kwargs: Any) -> SocialLogin:
        raw = kwargs["response"].get("id_token")
        if not raw:
            raise OAuth2Error("no id_token")
        claims = self._decode_id_token(app, raw)
        data = {"id_token": claims, "userinfo": claims}
        if not {"email", "email_verified"} <= set(claims):
            info = self._fetch_user_info(token.token)
            if info.get("sub") != claims["sub"]:
                raise OAuth2Error("the answer is about somebody else")
            data["userinfo"] = {**info, "sub": claims["sub"]}
        login: SocialLogin = self.get_provider().sociallogin_from_response(request, data)
        return login

    def _decode_id_token(self, app: SocialApp, id_token: str) -> dict[str, Any]:
        try:
            header = jwt.get_unverified_header(id_token)
        except jwt.PyJWTError as exc:
            raise OAuth2Error("no token at all") from exc
        if header.get("alg") not in ALGORITHMS or "kid" not in header:
            raise OAuth2Error("unsigned, or signed with a shared secret or an unnamed key")
        claims: dict[str, Any] = jwtkit.verify_and_decode(
            credential=id_token,
            keys_url=self.openid_config["jwks_uri"],
            issuer=self.openid_config["issuer"],
            audience=app.client_id,
            lookup_kid=jwtkit.lookup_kid_jwk,
            verify_signature=True,
        )
        return claims


class SocialAdapter(DefaultSocialAccountAdapter):
    """An account exists by invitation; the partner says who somebody is, never that they may come in."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Find the account by its verified address, of a domain of the partner's, at the first time; by the partner's
        own id afterwards."""
        if not sociallogin.is_existing:
            account = self._invited(sociallogin)
            if account is None:
                raise ImmediateHttpResponse(
                    render(request, "people/accounts/not_invited.html", {"private": True}, status=403)
                )
            sociallogin.connect(request, account)
            audit.record("account.partner_connected", subject=account, actor=who.actor_of(account))
        if sociallogin.user.pk and self._shows_factor(sociallogin):
            request.provider_factor = sociallogin.user.pk  # type: ignore[attr-defined]

    def _invited(self, sociallogin: SocialLogin) -> Account | None:
        domains = sociallogin.provider.app.settings.get("domains", [])
        for address in sociallogin.email_addresses:
            if address.verified not in (True, "true"):  # some say it as a word, and "false" is a word too
                continue
            if not oidc.speaks_for(domains, address.email):
                continue  # another house's: verified by whom it does not concern
            account = Account.objects.filter(email=address.email.lower(), is_active=True).first()
            verified = EmailAddress.objects.filter(user=account, email=address.email.lower(), verified=True)
            if account is not None and verified.exists():
                return account
        return None

    def _shows_factor(self, sociallogin: SocialLogin) -> bool:
        """Did the partner ask for a second factor, by a word that this installation was told to believe?"""
        app = sociallogin.provider.app
        accepted = app.settings.get("mfa") or {}
        claims = sociallogin.account.extra_data.get("id_token") or {}
        said = claims.get("amr") or []
        methods = set(said) if isinstance(said, list) else {said}
        return bool(methods & set(accepted.get("amr", []))) or claims.get("acr") in set(
            accepted.get("acr", [])
        )
