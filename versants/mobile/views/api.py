"""``/api/v1/``: the same answers as the pages, under the same rights, as JSON."""

from __future__ import annotations

import time
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from ninja import NinjaAPI, Query, Schema, Status
from ninja.errors import ValidationError

from versants.core.web.errors import render_error
from versants.launch.version import version
from versants.mobile.planning.question import Question
from versants.mobile.planning.versions import changed_visits, data_version
from versants.mobile.views.who import check_may_look, find

api = NinjaAPI(
    title="Versants",
    version=version(),
    urls_namespace="api-v1",
    openapi_url="openapi.json",
    docs_url=None,
    description="What the pages show, as JSON, for whoever may see the pages. Signed in by the session.",
)
MOST = 200
Order = Literal["best", "arrival", "load", "road"]


class PersonOut(Schema):
    """One place of a team. ``id`` is the professional's uid."""

    id: str
    slot: str
    role: str
    name: str
    base: str


class ReasonOut(Schema):
    """A reason with its sentence; ``good`` False is worth knowing before choosing."""

    code: str
    text: str
    value: int | str
    unit: str
    good: bool


class PushOut(Schema):
    """Another visit that would start later, by seconds."""

    visit: str
    seconds: int


class TeamOut(Schema):
    """One whole team. Instants with zone, travel and week in seconds."""

    start: str
    together_at: str
    travel_s: int
    week_s: int
    delta: int
    people: list[PersonOut]
    reasons: list[ReasonOut]
    pushes: list[PushOut]


class RelaxationOut(Schema):
    """A small change that opens ``more`` teams, and the page that tries it."""

    text: str
    more: int
    try_url: str


class TeamsOut(Schema):
    """Who can go; ``n_teams`` in all, ``limit`` of them here."""

    ms: float
    data_version: str
    n_teams: int
    teams: list[TeamOut]
    relaxations: list[RelaxationOut]


class ChangeOut(Schema):
    """A visit that was written since."""

    visit: str
    version: int
    state: str
    start: str
    placed: bool


@api.exception_handler(ValidationError)
def _bad_input(request: HttpRequest, exc: ValidationError) -> HttpResponse:
    return render_error(request, 422, code="api.input", message=_expected(exc))


@api.exception_handler(Http404)
def _missing(request: HttpRequest, exc: Http404) -> HttpResponse:
    return render_error(request, 404)


def _expected(exc: ValidationError) -> str:
    """What is wrong with what was sent, and what is expected: one sentence per place."""
    return " ".join(f"{'/'.join(map(str, error['loc'][1:]))}: {error['msg']}." for error in exc.errors)


@api.get("/visits/{uid}/teams", response=TeamsOut, url_name="visit_teams")
def visit_teams(
    request: HttpRequest, uid: UUID, limit: Annotated[int, Query(ge=1, le=MOST)] = 10, by: Order = "best"
) -> dict[str, Any]:
    """Whole teams for a visit, in the order of ``by``; ``if`` as on the page, repeatable."""
    check_may_look(request.actor)
    began = time.perf_counter()
    visit = find(request.actor, uid)
    stands = data_version()
    question = Question(
        request.actor, visit, tokens=request.GET.getlist("if"), whole=request.GET.get("whole") == "1"
    )
    options = question.options(by)
    teams = [
        {
            "start": row.start.isoformat(),
            "together_at": row.together_at.isoformat(),
            "travel_s": row.road_s,
            "week_s": row.week_s,
            "delta": row.option.delta.total,
            "people": [
                {"id": m.uid, "slot": str(m.slot.uid), "role": m.role, "name": m.name, "base": m.base}
                for m in row.members
            ],
            "reasons": [
                {"code": w.code, "text": w.text, "value": w.value, "unit": w.unit, "good": w.good}
                for w in row.why
            ],
            "pushes": [{"visit": push.visit, "seconds": push.seconds} for push in row.option.pushes],
        }
        for row in question.rows(options, limit)
    ]
    here = reverse("visit_who", args=[visit.uid])
    relaxations = question.relaxations(question.explanation(), here)
    return {
        "ms": round((time.perf_counter() - began) * 1000, 1),
        "data_version": stands,
        "n_teams": len(options),
        "teams": teams,
        "relaxations": relaxations,
    }


@api.get("/board/changes", response={200: list[ChangeOut], 204: None}, url_name="board_changes")
def board_changes(request: HttpRequest, response: HttpResponse, since: Annotated[int, Query(ge=0)]) -> Any:
    """Visits written since a version of the board (``data_version``): 204 when there is none. The header
    ``Data-Version`` is the version to ask with next."""
    check_may_look(request.actor)
    response["Data-Version"] = data_version()
    changes = changed_visits(request.actor, since)
    return Status(200, changes) if changes else Status(204, None)
