"""One log line per request, with its id, and answers that say so when the database is away."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict

from versants.core.web import metrics
from versants.core.web.errors import unreadable_text
from versants.core.web.logs import request_id

logger = logging.getLogger("versants.web")


class TextMiddleware:
    """Refuses a NUL in an address, a query or a form once for all pages: no text field of the database can hold it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\0" in request.path_info or _has_nul(request.GET):
            return unreadable_text(request)
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *args: object) -> HttpResponse | None:
        """Here, as for the CSRF token: a form too large for a page is refused with the page's own words."""
        return unreadable_text(request) if _has_nul(request.POST) else None


class PermissionsMiddleware:
    """No page, and nothing that slipped into one, may ask the browser for camera, place or the like."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        return response


def _has_nul(sent: QueryDict) -> bool:
    return any("\0" in name or any("\0" in value for value in values) for name, values in sent.lists())


class RequestLogMiddleware:
    """Outermost: names the request, times it, logs the route's name (never the path: it may hold a token)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        name = secrets.token_hex(8)
        token = request_id.set(name)
        request.request_id = name  # type: ignore[attr-defined]
        began = time.perf_counter()
        try:
            response = self.get_response(request)
            response["X-Request-Id"] = name
            route = request.resolver_match.view_name if request.resolver_match else ""
            seconds = time.perf_counter() - began
            metrics.count(route, request.method, response.status_code, seconds)
            logger.info(
                "request",
                extra={
                    "facts": {
                        "method": request.method,
                        "route": route,
                        "status": response.status_code,
                        "ms": round(seconds * 1000, 1),
                    }
                },
            )
            return response
        finally:
            request_id.reset(token)
