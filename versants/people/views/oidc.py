"""The two addresses of a partner's sign-in, with the adapter that verifies."""

from __future__ import annotations

from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from django.http import Http404, HttpRequest, HttpResponse

from versants.core.web.access import public
from versants.people.oidc import VerifyingAdapter


@public
def login(request: HttpRequest, provider_id: str) -> HttpResponse:
    """To the partner. 404 for one that this installation does not know."""
    try:
        answer: HttpResponse = OAuth2LoginView.adapter_view(VerifyingAdapter(request, provider_id))(request)
    except SocialApp.DoesNotExist:
        raise Http404 from None
    return answer


@public
def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Back from the partner."""
    try:
        answer: HttpResponse = OAuth2CallbackView.adapter_view(VerifyingAdapter(request, provider_id))(
            request
        )
    except SocialApp.DoesNotExist:
        raise Http404 from None
    return answer
