"""Error pages that need nothing: no database, no session, no user. Each says what happened and what to do."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import psycopg
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from psycopg_pool import PoolTimeout

TYPED_CHARS = 100_000
# status: (what happened, what to do)
SENTENCES: dict[int, tuple[Any, Any]] = {
    400: (
        _("This request could not be read"),
        _("Go back one page and try again. What you typed is still there."),
    ),
    403: (
        _("This is not open to you"),
        _(
            "If you hold several roles, go to the start page and choose another one there. Otherwise ask your "
            "coordinator."
        ),
    ),
    404: (
        _("There is nothing at this address"),
        _("The link may have ended, or a letter is missing. Whoever gave it to you can give you a new one."),
    ),
    405: (
        _("This page opens in another way"),
        _("Go back one page and use the button there."),
    ),
    409: (
        _("Somebody was faster"),
        _("Nothing is lost. Go back one page and reload it to see how things stand."),
    ),
    413: (
        _("This is too large to be sent"),
        _("Send a smaller file, or write less at once. Nothing was changed."),
    ),
    429: (
        _("Too many tries in a short time"),
        _("Wait a few minutes, then try again."),
    ),
    500: (
        _("Something broke on our side"),
        _(
            "Nothing was half done. Try again in a minute; what you typed is still there if you go back one page."
        ),
    ),
    503: (
        _("Versants is not available for a moment"),
        _("It comes back by itself. Try again in a few minutes."),
    ),
}


def _language(request: HttpRequest) -> str:
    """What the middleware found of cookie, account and browser; before it, the cookie's or the browser's. Nothing is
    read for it: neither session nor account.
    """
    found = getattr(request, "LANGUAGE_CODE", "")
    return found if found in dict(settings.LANGUAGES) else translation.get_language_from_request(request)


def _wants_json(request: HttpRequest) -> bool:
    accepted = request.headers.get("Accept", "")
    return request.path.startswith("/api/") or (
        "application/json" in accepted and "text/html" not in accepted
    )


def render_error(
    request: HttpRequest, status: int, code: str | None = None, *, message: Any = "", what_to_do: Any = ""
) -> HttpResponse:
    """The page of an error, in the reader's language.

    ``code`` is the stable dotted code of a named error (for machines); ``message`` its own sentence, which
    must hold no personal data and no token. A status without a page of its own uses that of its hundred.
    """
    known = status if status in SENTENCES else (500 if status >= 500 else 400)
    with translation.override(_language(request)):
        title, advice = SENTENCES[known]
        if _wants_json(request):
            body = json.dumps({"code": code or f"http.{status}", "message": str(message or title)})
            response = HttpResponse(body, content_type="application/json", status=status)
        else:
            context = {
                "status": status,
                "title": title,
                "sentence": message,
                "what_to_do": what_to_do or advice,
                "lang": translation.get_language(),
                "dir": "rtl" if translation.get_language_bidi() else "ltr",
                "typed": _typed(request) if status == 503 else [],
                "again": request.get_full_path(),
                "reference": _in_one_piece(getattr(request, "request_id", "") if status >= 500 else ""),
            }
            response = HttpResponse(render_to_string("errors/error.html", context), status=status)
        response["Content-Language"] = translation.get_language() or ""
    response["Cache-Control"] = "no-store"
    if status in {429, 503}:
        response["Retry-After"] = "120"
    return response


def _in_one_piece(reference: str) -> str:
    """What is read aloud is not broken at its hyphen."""
    return format_html('<span class="nowrap">{}</span>', reference) if reference else ""


def _typed(request: HttpRequest) -> list[tuple[str, str]]:
    """What the form held, to be sent again from the page that says Versants is away. No password, no file, no more
    than a form of ours can hold; the page is stored nowhere (no-store)."""
    try:
        sent = request.POST if request.method == "POST" and not request.FILES else {}
        pairs = [(name, value) for name in sent for value in sent.getlist(name)]  # type: ignore[union-attr]
    except Exception:  # a form that could not be read is not shown back; the page must come all the same
        return []
    if request.path.startswith("/account/") or sum(len(value) for _name, value in pairs) > TYPED_CHARS:
        return []
    return pairs


def _sentence_of(exception: Exception | None) -> Any:
    """The sentence a rule wrote for its reader; nothing of what Django or a library says to programmers."""
    first = exception.args[0] if exception is not None and exception.args else ""
    return first if isinstance(first, Promise | str) else ""


def handler400(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    too_large = isinstance(exception, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent)
    return render_error(request, 413 if too_large else 400)


def handler403(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render_error(request, 403, message=_sentence_of(exception))


def handler404(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    # Django's own text names the path, and a path may be a secret link: it is never shown.
    return render_error(request, 404)


def unreadable_text(request: HttpRequest) -> HttpResponse:
    """A character that no text holds (NUL) came along: nobody types it, and PostgreSQL stores it nowhere."""
    return render_error(
        request,
        400,
        "text.unreadable",
        message=_("What was sent holds a character that cannot be stored."),
        what_to_do=_("Go back one page, type the text again by hand, and send it."),
    )


def handler429(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render_error(request, 429)


def handler500(request: HttpRequest) -> HttpResponse:
    # Django calls this while the exception is being handled: a database that is away comes back by itself.
    return render_error(request, 503 if _is_away(sys.exc_info()[1]) else 500)


def _is_away(error: BaseException | None) -> bool:
    """Is it the database, whoever wrapped it? (The queue raises an error of its own over PostgreSQL's.)"""
    away = OperationalError | InterfaceError | PoolTimeout | psycopg.OperationalError | psycopg.InterfaceError
    for _depth in range(6):
        if error is None or isinstance(error, away):
            break
        error = error.__cause__
    return error is not None and isinstance(error, away)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form's seal is missing: cookies are off, or the page waited longer than the session."""
    return render_error(
        request,
        403,
        "csrf",
        message=_("This form has waited too long, or the browser refuses cookies."),
        what_to_do=_("Go back, reload the page, and send again. Cookies must be allowed for this site."),
    )


class ErrorPageMiddleware:
    """Gives a page to an error that has none: a refused method (405) comes from Django without a word."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code < 400 or response.streaming or response.content or request.method == "HEAD":
            return response
        page = render_error(request, response.status_code)
        for name, value in response.items():
            # Allow, Retry-After and their like stay; what describes the empty body does not.
            if name.lower() == "content-security-policy" or not name.lower().startswith("content-"):
                page[name] = value
        page.cookies = response.cookies
        return page
