"""Addresses that only ``make bench-web`` uses: the main query of each page without the page.

``/bare/PAGE/?membership=ID`` runs it under the same actor and row security, and answers how many rows came. With the
header ``X-Count-Queries`` any answer says in ``X-Queries`` how many statements its request sent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from versants.core import clock
from versants.core.access.scope import Actor, acting


class Counting:
    """Counts the statements of a request that asks for it; others pass untouched."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "X-Count-Queries" not in request.headers:
            return self.get_response(request)
        n = 0

        def count(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
            nonlocal n
            n += 1
            return execute(sql, params, many, context)

        with connection.execute_wrapper(count):
            response = self.get_response(request)
        response["X-Queries"] = str(n)
        return response


def _inbox(actor: Actor, _request: HttpRequest) -> int:
    from versants.mobile.services import inbox
    from versants.mobile.views.inbox import PER_PAGE

    found = inbox.by_state(inbox.listed(actor, [actor.team or 0]), "open")
    return len(
        inbox.whole(actor, list(inbox.ordered(found, ended=False).values_list("pk", flat=True)[:PER_PAGE]))
    )


def _request(actor: Actor, request: HttpRequest) -> int:
    from versants.mobile.models import Request
    from versants.mobile.services import inbox

    return len(inbox.parts(actor, Request.objects.visible_to(actor)).filter(uid=request.GET["uid"]))


def _search(actor: Actor, request: HttpRequest) -> int:
    from versants.mobile.services import inbox
    from versants.mobile.views.inbox import PER_PAGE

    found = inbox.by_text(actor, inbox.listed(actor, [actor.team or 0]), request.GET["q"])
    return len(
        inbox.whole(actor, list(inbox.ordered(found, ended=True).values_list("pk", flat=True)[:PER_PAGE]))
    )


def _people(actor: Actor, _request: HttpRequest) -> int:
    from versants.core.web.tables import PER_PAGE
    from versants.people.models import Person

    return len(
        Person.objects.visible_to(actor).select_related("team").order_by("-created_at", "-pk")[:PER_PAGE]
    )


def _person(actor: Actor, request: HttpRequest) -> int:
    from versants.people.models import Person

    return len(
        Person.objects.visible_to(actor).select_related("team", "household").filter(code=request.GET["code"])
    )


def _board(actor: Actor, request: HttpRequest) -> int:
    from versants.mobile.planning import dayboard, kept
    from versants.mobile.planning.calendar import Horizon, horizon_of_day, week_bounds

    day = clock.today()
    week = request.GET.get("view") == "week"
    horizon = Horizon(*week_bounds(day)) if week else horizon_of_day(day)
    choice = dayboard.Choice()
    ids = dayboard._ids_of(actor, horizon, choice, dayboard.Teams.of(actor, choice))
    return len(kept.read_visits(actor, [*ids.placed, *ids.waiting]))


def _figures(actor: Actor, _request: HttpRequest) -> int:
    from versants.programme.services.figures import Figures

    return len(Figures(actor)._plain)


BARE: dict[str, Callable[[Actor, HttpRequest], int]] = {
    "inbox": _inbox,
    "request": _request,
    "search": _search,
    "people": _people,
    "person": _person,
    "board": _board,
    "figures": _figures,
}


def bare(request: HttpRequest, page: str) -> HttpResponse:
    """How many rows the page's main query gives; the scope is opened here."""
    from versants.people.models import Membership

    actor = Actor.for_membership(Membership.objects.get(pk=request.GET["membership"]))
    with acting(actor):
        return HttpResponse(str(BARE[page](actor, request)))


bare.without_database = True  # type: ignore[attr-defined]  # the middleware opens no scope: the view does
urlpatterns = [path("bare/<slug:page>/", bare), path("", include("versants.config.urls"))]
