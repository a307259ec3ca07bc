"""Who acts: the account's active membership, told to the database for the length of the request."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.db import DatabaseError, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.utils import translation

from versants.core.access.scope import Actor, acting
from versants.core.errors import VersantsError
from versants.core.web import pages
from versants.people.gate import Gate
from versants.people.models import Membership
from versants.people.services import devices, sessions

SESSION_KEY = sessions.ACTING


class _RolledBack(Exception):
    """Carries a finished response out of a transaction that must not stand."""

    def __init__(self, response: HttpResponse) -> None:
        self.response = response


class ScopeMiddleware:
    """Opens the request's one transaction under its actor. Views marked ``public`` (core.web.access) need no login;
    all others redirect to it and open to the roles declared for them (core.web.pages). A response of 500, or a view
    that raised, rolls everything back.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        from versants.core.web.errors import render_error

        try:
            match = resolve(request.path_info)
            view, name = match.func, match.view_name
        except Resolver404:
            view, name = None, ""
        request.membership = None  # type: ignore[attr-defined]
        request.actor = Actor.nobody()  # type: ignore[attr-defined]
        if view is None or getattr(view, "without_database", False):
            return self.get_response(request)
        try:
            if getattr(view, "own_scope", False):
                return self.get_response(request)
            return self._scoped(request, view, name)
        except _RolledBack as done:
            return done.response
        except DatabaseError:
            raise
        except VersantsError as exc:
            return render_error(request, exc.status, code=exc.code, message=exc.message)

    def _scoped(self, request: HttpRequest, view: Callable[..., HttpResponse], name: str) -> HttpResponse:
        from versants.core.web.errors import render_error

        public = _is_public(view)
        if request.user.is_authenticated:
            membership = self._membership(request)
            stopped = Gate(request, name, public).check(membership)
            if stopped is not None:
                return stopped
            if request.user.is_authenticated and not getattr(request, "without_factor", False):
                request.membership = membership  # type: ignore[attr-defined]
                if membership is not None:
                    request.actor = Actor.for_membership(membership)  # type: ignore[attr-defined]
        if not request.user.is_authenticated and not public:
            return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)
        if not public and request.membership is None:  # type: ignore[attr-defined]
            return render_error(request, 403, code="membership.none")
        declared = pages.page(name)
        if not public and (declared is None or request.actor.role not in declared.roles):  # type: ignore[attr-defined]
            refusal = declared.refusal if declared is not None else ""
            return render_error(request, 403, code="page.role", message=refusal)
        with acting(request.actor):  # type: ignore[attr-defined]
            response = self.get_response(request)
            if hasattr(response, "render") and not getattr(response, "is_rendered", True):
                response = response.render()
            if response.status_code >= 500 or getattr(request, "roll_back", False):
                raise _RolledBack(response)
            account = getattr(request, "known_device_for", None)
            if account is not None:
                devices.remember(request, response, account)
            if declared is not None and declared.shows_persons:
                # A shared computer: "back" after signing out shows nobody's file.
                response["Cache-Control"] = "no-store"
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """What a view raised: nothing it wrote stands. Named errors become their page."""
        from versants.core.web.errors import render_error

        request.roll_back = True  # type: ignore[attr-defined]
        if isinstance(exception, VersantsError):
            if transaction.get_connection().in_atomic_block:
                transaction.set_rollback(True)
            return render_error(request, exception.status, code=exception.code, message=exception.message)
        return None

    def _membership(self, request: HttpRequest) -> Membership | None:
        mine = list(
            Membership.objects.active()
            .filter(account_id=request.user.pk)
            .select_related("organisation", "team", "account")
            .order_by("pk")
        )
        request.memberships = mine  # type: ignore[attr-defined]
        chosen = request.session.get(SESSION_KEY)
        if (
            chosen is None and mine
        ):  # the session acts under this role until another is chosen, or the role ends
            request.session[SESSION_KEY] = mine[0].pk
        for membership in mine:
            if membership.pk == chosen:
                return membership
        return mine[0] if mine else None


def _is_public(view: Callable[..., object]) -> bool:
    if getattr(view, "public", False):
        return True
    module = getattr(view, "__module__", "") or ""
    return module.startswith(("allauth.", "django.views.i18n"))


class AccountLanguageMiddleware:
    """A signed-in reader who chose no language in this browser reads in the account's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES and request.session.get("_auth_user_id"):
            language = request.session.get("language")
            if language in dict(settings.LANGUAGES):
                translation.activate(language)
                request.LANGUAGE_CODE = language
        return self.get_response(request)
