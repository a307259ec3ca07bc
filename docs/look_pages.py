"""Which addresses ``docs/look.py`` walks: every one that a browser may open with GET is walked or named here.

``tests/look/test_walked.py`` holds this against the address list of the product; ``make look`` fails when one of
the walked was not reached.
"""

from __future__ import annotations

import re

# Opened through a right that was given to one reader: the address list opens it to no role as such.
GRANTED = {"/people/<str:code>/notes/<uuid:uid>/": {"clinician"}}

# Addresses with a blank: a link of another page leads there, or a scene of ``look_scenes`` makes one.
LINKED = {
    "/ask/<uuid:uid>/",
    "/help/<slug:role>/",
    "/people/<str:code>/",
    "/people/<str:code>/consents/new/",
    "/people/<str:code>/erase/",
    "/people/<str:code>/notes/",
    "/requests/<uuid:uid>/",
    "/requests/<uuid:uid>/triage/",
    "/roles/<uuid:uid>/",
    "/visits/<uuid:uid>/attempt/",
    "/visits/<uuid:uid>/change/",
    "/visits/<uuid:uid>/record/",
    "/visits/<uuid:uid>/who/",
}
MADE = {
    "/account/2fa/webauthn/keys/<int:pk>/edit/",
    "/account/2fa/webauthn/keys/<int:pk>/remove/",
    "/account/back/<str:token>/",
    "/account/invited/<str:token>/",
    "/call-me/<uuid:uid>/",
    "/imports/<uuid:uid>/",
    "/jobs/<uuid:uid>/",
    "/o/<str:token>/",
    "/people/<str:code>/notes/<uuid:uid>/",
    "/plans/<uuid:uid>/",
    "/r/<str:token>/",
    "/r/<str:token>/<uuid:uid>/",
}

_MACHINES = "answers a machine"
_FILE = "gives a file"
_PARTNER = (
    "needs a partner's sign-in, which the demonstration world has none of (tests/accounts/test_oidc.py)"
)
_OFF = "a way in that is off: nobody is led there"
EXCEPTED = {
    "/api/v1/": _MACHINES,
    "/api/v1/board/changes": _MACHINES,
    "/api/v1/openapi.json": _MACHINES,
    "/api/v1/visits/<uid>/teams": _MACHINES,
    "/healthz": _MACHINES,
    "/readyz": _MACHINES,
    "/metrics": _MACHINES,
    "/requests/places/": "gives the script of a form its choices",
    "/r/<str:token>/draft/": "gives the script of a form what was kept",
    "/account/2fa/recovery-codes/download/": _FILE,
    "/figures/semester.xlsx": _FILE,
    "/imports/<uuid:uid>/left/": _FILE,
    "/imports/model/": _FILE,
    "/mesh/<uuid:uid>/annex.xlsx": _FILE,
    "/mesh/<uuid:uid>/report.pdf": _FILE,
    "/requests/export.csv": _FILE,
    "/mesh/<uuid:uid>/": "takes minutes to compute: tests/networks/test_browser.py opens one that is stored",
    "/account/2fa/authenticate/": "between the password and the code: tests/e2e/test_accounts.py looks at it",
    "/account/3rdparty/": _PARTNER,
    "/account/3rdparty/login/cancelled/": _PARTNER,
    "/account/3rdparty/login/error/": _PARTNER,
    "/account/3rdparty/signup/": _PARTNER,
    "/account/oidc/<slug:provider_id>/login/": _PARTNER,
    "/account/oidc/<slug:provider_id>/login/callback/": _PARTNER,
    "/account/^confirm-email/(?P<key>[-:\\w]+)/$": _OFF,
    "/account/login/code/confirm/": _OFF,
    "/account/password/set/": _OFF,
    "/account/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": "needs the link of a mail",
    "/account/kept/": "is there only for a form that was sent after the session ended (tests/accounts/test_sessions.py)",
}


def is_plain(route: str) -> bool:
    """Is it an address as it stands, without a blank to fill?"""
    return not re.search(r"[<^(]", route)


# What a page answers, where it is not 200.
STATUS = {
    "/account/back/<str:token>/": {410},  # a link that is no longer good
    "/account/invited/<str:token>/": {200, 410},
}


def is_expected(route: str, status: int) -> bool:
    """Is it the status this page should answer with? Those of ``look_scenes.ERRORS`` carry theirs in the address."""
    error = re.fullmatch(r"/error-(\d{3})/", route)
    return status in ({int(error[1])} if error else STATUS.get(route, {200}))
