"""``/board/``: everybody's day or week, who is missing, and placing by click, drag or keyboard."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from versants.core import clock
from versants.core.access.classes import COORDINATING_ROLES, TEAM_ROLES, Role
from versants.core.access.scope import Actor
from versants.core.errors import ActionDenied, BadInput, InvalidTransition, VersantsError
from versants.core.web import words
from versants.mobile.models import BoardMove
from versants.mobile.planning import dayboard
from versants.mobile.planning.answers import Memory
from versants.mobile.planning.situation import slots_of
from versants.mobile.planning.unplaced import spelled
from versants.mobile.planning.versions import data_version
from versants.mobile.services import booking, moves, undo
from versants.mobile.services.booking import Refused
from versants.mobile.views.today import read_day
from versants.mobile.views.who import _start, _version, find, render_who, see_other
from versants.people.models import Professional
from versants.territory.maps import DayMap
from versants.territory.models import Language, Versant

VIEWS = ("day", "week")
# Read by all who go on visits together; only those who plan place.
READERS = COORDINATING_ROLES | TEAM_ROLES


def check_may_read(actor: Actor) -> None:
    """Coordination, desks, clinicians and practitioners."""
    if actor.role not in READERS:
        raise ActionDenied(
            "board.not_planning", gettext_lazy("This page is for those who plan or go on visits.")
        )


@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """``day`` (today), ``view`` day or week, ``versant``, ``language``; ``all``: a group shown with those who have
    nothing that day, 1 for all of them; ``place``: a visit whose possible people are shown.
    """
    check_may_read(request.actor)
    day = read_day(request)
    view = _one_of(request, "view", VIEWS) or "day"
    versant = _one_of(request, "versant", Versant.values)
    language = request.GET.get("language", "")
    language = language if Language.objects.filter(pk=language).exists() else ""
    version = data_version()
    choice = dayboard.Choice(
        view=view,
        versant=versant,
        language=language,
        opened=frozenset(request.GET.getlist("all")),
        placing=_placing(request),
    )
    found = dayboard.build(request.actor, day, choice, query=request.GET.urlencode())
    step = timedelta(days=1 if view == "day" else 7)
    may_plan = request.actor.role == Role.COORDINATOR and request.actor.team is not None
    context: dict[str, Any] = {
        "board": found,
        "people": _markup(request, found, "mobile/board/_people.html"),
        "placed": _markup(request, found, "mobile/board/_placed.html"),
        "map": _map(request, found.map) if found.map else "",
        "day": day,
        "is_today": clock.today() in found.days,
        "view": view,
        "before": day - step,
        "after": day + step,
        "week": day.isocalendar().week,
        "first_day": found.days[0],
        "last_day": found.days[-1],
        "opened": sorted(choice.opened),
        "placing": str(choice.placing or ""),
        "choices": _choices(found, view, versant, language),
        "may_plan": may_plan,
        "may_look": request.actor.role in COORDINATING_ROLES,
        "can_plan_day": view == "day" and day >= clock.today(),
        "data_version": version,
        "without_team": _without_team(len(found.unplaced)),
        "last_move": _last_move(request.actor) if may_plan else None,
    }
    return render(request, "mobile/board/board.html", context)


def _one_of(request: HttpRequest, name: str, known: Sequence[str]) -> str:
    """A choice of the address; an unknown one is ignored, so that an old link still opens."""
    value = request.GET.get(name, "")
    return value if value in known else ""


def _last_move(actor: Actor) -> dict[str, Any] | None:
    """The reader's own last step and what undoing it would mean."""
    move = moves.last(actor)
    what = undo.sentence(actor, move) if move is not None else ""
    return {"uid": move.uid, "what": what} if move is not None and what else None


def _markup(request: HttpRequest, found: dayboard.Board, template: str) -> SafeString:
    """A part of the page as it was written for this board and this address before."""
    return found.markup(template, lambda: render_to_string(template, {"board": found}, request))


# A map that was drawn is the same one for as long as its stops and ways are (``boarddraw.map_of``).
_maps: Memory[tuple[DayMap, SafeString]] = Memory(32)


def _map(request: HttpRequest, drawn: DayMap) -> SafeString:
    """The map as it was written before."""
    key = (get_language(), id(drawn))
    known = _maps.get(key)
    if known is None or known[0] is not drawn:
        known = (drawn, render_to_string("territory/map.html", {"map": drawn}, request))
        _maps.keep(key, known)
    return known[1]


def _placing(request: HttpRequest) -> UUID | None:
    try:
        return UUID(request.GET.get("place", ""))
    except ValueError:
        return None


def _choices(found: dayboard.Board, view: str, versant: str, language: str) -> list[dict[str, Any]]:
    """The drop-downs under the title: name, label, options and what is chosen."""
    return [
        {
            "name": "view",
            "label": _("View"),
            "value": view,
            "options": [("day", _("day")), ("week", _("week"))],
        },
        {
            "name": "versant",
            "label": _("Teams"),
            "value": versant,
            "options": [("", _("all teams")), *((code, str(label)) for code, label in Versant.choices)],
        },
        {
            "name": "language",
            "label": _("Languages"),
            "value": language,
            "options": [
                ("", _("all languages")),
                *((code, words.tongue(name)) for code, name in found.languages),
            ],
        },
    ]


def _without_team(n: int) -> str:
    """Three visits without a team."""
    if n == 0:
        return _("Every visit has its team")
    text = ngettext("One visit without a whole team", "%(n)s visits without a whole team", n) % {
        "n": spelled(n)
    }
    return text[:1].upper() + text[1:]


@require_POST
def place(request: HttpRequest, uid: UUID) -> HttpResponse:
    """One professional dropped on one visit: ``professional``, ``start``, ``version``. The place is found by trade.

    303 back to the board while somebody is still missing or all is well; 409 with possibilities.
    """
    visit = find(request.actor, uid)
    booking.check_may_plan(request.actor, visit)
    try:
        wanted = UUID(request.POST.get("professional", ""))
    except ValueError as exc:
        raise BadInput(
            "visit.unknown_person", gettext_lazy("This professional is not known here any more.")
        ) from exc
    professional = get_object_or_404(Professional.objects.visible_to(request.actor), uid=wanted)
    taken = {one.slot_id for one in visit.holding}
    slot = next(
        (
            one
            for one in slots_of(visit)
            if one.discipline in professional.disciplines and (one.pk not in taken)
        ),
        None,
    )
    try:
        if slot is None:
            raise Refused(
                "assignment.rule",
                gettext_lazy("No free place of this visit asks for that trade."),
                booking.possibilities(request.actor, visit.pk),
            )
        start = None if visit.holding else _start(request)
        booking.assign(
            visit=visit,
            actor=request.actor,
            places={slot.pk: professional.pk},
            start=start,
            version=_version(request),
        )
    except Refused as refused:
        return render_who(request, find(request.actor, uid), refused=refused, status=409)
    visit.refresh_from_db()
    if visit.state == "open":
        return see_other(reverse("visit_who", args=[visit.uid]))
    return see_other(f"{reverse('board')}?day={clock.local(visit.held.lower):%Y-%m-%d}")


@require_POST
def undo_move(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Undo one's own last step; ``day`` is the day of the board one comes from. 303 back to it, with what happened."""
    move = get_object_or_404(BoardMove.objects.visible_to(request.actor), uid=uid)
    undo.check_may_undo(request.actor, move)
    what = undo.sentence(request.actor, move)
    try:
        undo.undo(move=move, actor=request.actor)
    except (Refused, InvalidTransition) as refused:
        messages.error(request, _refusal(refused))
    else:
        text = _("Undone: %(what)s. Those concerned are told.") % {"what": what}
        messages.success(request, text)
    day = request.POST.get("day", "")
    return see_other(f"{reverse('board')}?{urlencode({'day': day})}" if day else reverse("board"))


def _refusal(refused: VersantsError) -> Any:
    """Why not, and the visit to look at."""
    visit = refused.facts.get("visit")
    if not visit:
        return refused.message
    return format_html(
        '{} <a href="{}">{}</a>', refused.message, reverse("visit_who", args=[visit]), _("Open the visit")
    )
