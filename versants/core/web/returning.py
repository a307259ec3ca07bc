"""Where somebody goes back to after a form: a page of this site, or not there at all."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme


def back(request: HttpRequest, to: str, otherwise: str = "/") -> HttpResponseRedirect:
    """Redirect to the path ``to`` if it is one of this site, else to ``otherwise``.

    A path, and no word that Django would look up as the name of an address: of one it did not know it made an error.
    """
    safe = to.startswith("/") and url_has_allowed_host_and_scheme(to, allowed_hosts={request.get_host()})
    return HttpResponseRedirect(to if safe else otherwise)
