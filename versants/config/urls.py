"""Every address of Versants. Names are fixed by docs/reference.md."""

from django.urls import include, path

from versants.core.web import errors, health, metrics

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    path("", include("versants.core.urls")),
    path("", include("versants.people.urls")),
    path("", include("versants.mobile.urls")),
    path("", include("versants.networks.urls")),
    path("", include("versants.programme.urls")),
    path("", include("versants.portal.urls")),
    # allauth, piece by piece: sessions and partners' sign-in have pages of our own, its old addresses are left out.
    path("account/", include("allauth.account.urls")),
    path("account/2fa/", include("allauth.mfa.urls")),
    path("account/3rdparty/", include("allauth.socialaccount.urls")),
]

handler400 = errors.handler400
handler403 = errors.handler403
handler404 = errors.handler404
handler429 = errors.handler429  # asked for by allauth's rate limits
handler500 = errors.handler500
