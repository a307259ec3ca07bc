"""Plan the day: ask for it, look at what it would change, apply or throw away."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from versants.core import clock
from versants.core.errors import BadInput, Conflict, InvalidTransition
from versants.core.web import words
from versants.mobile.models import PlanProposal, Slot, Visit
from versants.mobile.models.plans import PlanPurpose, PlanState
from versants.mobile.planning import sentences
from versants.mobile.planning.situation import slots_of, with_parts
from versants.mobile.services import planning, repairing
from versants.mobile.views.who import check_may_look, see_other
from versants.people.models import Professional

KINDS = {
    "added": gettext_lazy("receives a team"),
    "people": gettext_lazy("changes hands"),
    "time": gettext_lazy("moves"),
    "both": gettext_lazy("moves and changes hands"),
}


@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Ask for a plan of ``day``; 303 to the page of the work."""
    job = planning.start(actor=request.actor, day=_day(request))
    return see_other(reverse("job", args=[job.uid]))


@require_POST
def repair(request: HttpRequest) -> HttpResponse:
    """Mend ``day`` with as few changes as possible; 303 to what it would change, or to the board if it is whole."""
    day = _day(request)
    proposal = repairing.propose(actor=request.actor, day=day)
    if proposal is None:
        messages.info(request, _("Nothing to repair: every visit has a team that can go."))
        return see_other(_board(day))
    return see_other(reverse("plan", args=[proposal.uid]))


def _day(request: HttpRequest) -> date:
    try:
        return clock.read_day(request.POST.get("day", ""))
    except ValueError as exc:
        raise BadInput("day.unreadable", gettext_lazy("A day is written like 2026-11-24.")) from exc


def _board(day: date) -> str:
    return f"{reverse('board')}?day={day.isoformat()}"


@require_http_methods(["GET", "POST"])
def plan(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET the differences; POST ``action`` apply or discard."""
    check_may_look(request.actor)
    proposal = get_object_or_404(PlanProposal.objects.visible_to(request.actor), uid=uid)
    if request.method == "POST":
        return _decide(request, proposal)
    return _page(request, proposal)


def _decide(request: HttpRequest, proposal: PlanProposal) -> HttpResponse:
    board = _board(proposal.day)
    action = request.POST.get("action", "")
    if action not in {"apply", "discard"}:
        raise BadInput("plan.action", gettext_lazy("Apply the plan or throw it away."))
    try:
        if action == "discard":
            planning.discard(proposal=proposal, actor=request.actor)
            messages.info(request, _("Thrown away. Nothing was changed."))
            return see_other(board)
        planning.apply(proposal=proposal, actor=request.actor)
    except Conflict as exc:
        planning.mark_stale(proposal=proposal, actor=request.actor)
        proposal.refresh_from_db()
        return _page(request, proposal, error=exc.message, status=409)
    except InvalidTransition as exc:
        proposal.refresh_from_db()
        return _page(request, proposal, error=exc.message, status=409)
    n = len(proposal.changes)
    text = ngettext("Applied: %(n)d visit changed.", "Applied: %(n)d visits changed.", n) % {"n": n}
    messages.success(request, text)
    return see_other(board)


def _page(
    request: HttpRequest, proposal: PlanProposal, *, error: Any = "", status: int = 200
) -> HttpResponse:
    rows = _rows(request, proposal)
    unassigned = list(
        with_parts(Visit.objects.visible_to(request.actor).filter(pk__in=proposal.unassigned)).order_by(
            "window", "pk"
        )
    )
    context = {
        "proposal": proposal,
        "day": proposal.day,
        "rows": rows,
        "sentence": _sentence(rows, unassigned),
        "unassigned": [
            {
                "visit": visit,
                "title": f"{visit.commune.name}, {words.clock_time(visit.window.lower)}",
                "roles": ", ".join(sentences.role_of(slot, visit) for slot in slots_of(visit)),
            }
            for visit in unassigned
        ],
        "open": proposal.state == PlanState.PROPOSED and bool(rows),
        "error": error,
        "board_url": _board(proposal.day),
        "repairs": proposal.purpose == PlanPurpose.REPAIR,
        "stale": proposal.state == PlanState.STALE,
        "may_again": proposal.day >= clock.today(),
    }
    return render(request, "mobile/plans/plan.html", context, status=status)


def _rows(request: HttpRequest, proposal: PlanProposal) -> list[dict[str, Any]]:
    ids = {change["visit"] for change in proposal.changes}
    visits = {
        visit.pk: visit
        for visit in Visit.objects.visible_to(request.actor)
        .filter(pk__in=ids)
        .select_related("site", "commune", "request")
    }
    slots = {
        slot.pk: slot
        for slot in Slot.objects.visible_to(request.actor).filter(visit__in=ids).select_related("language")
    }
    people_ids = {
        place["professional"]
        for change in proposal.changes
        for side in ("before", "after")
        for place in change[side]
    }
    people = {row.pk: row for row in Professional.objects.visible_to(request.actor).filter(pk__in=people_ids)}

    def side(visit: Visit, places: list[dict[str, Any]]) -> dict[str, Any]:
        if not places:
            return {}
        ordered = sorted(places, key=lambda place: (slots[place["slot"]].rank, place["slot"]))
        return {
            "at": datetime.fromisoformat(ordered[0]["start"]),
            "people": [
                {
                    "name": str(people[place["professional"]]),
                    "role": sentences.role_of(slots[place["slot"]], visit),
                }
                for place in ordered
                if place["professional"] in people
            ],
        }

    rows = []
    for change in proposal.changes:
        visit = visits.get(change["visit"])
        if visit is None:
            continue
        rows.append(
            {
                "visit": visit,
                "kind": change["kind"],
                "word": KINDS.get(change["kind"], change["kind"]),
                "before": side(visit, change["before"]),
                "after": side(visit, change["after"]),
            }
        )
    return sorted(rows, key=lambda row: (row["after"].get("at") or clock.now(), row["visit"].pk))


def _sentence(rows: list[dict[str, Any]], unassigned: list[Visit]) -> str:
    """What it would change, in a sentence or three."""
    if not rows and not unassigned:
        return _("Every visit has its team already, and no better day was found. Nothing would change.")
    parts = []
    added = sum(row["kind"] == "added" for row in rows)
    moved = len(rows) - added
    if added:
        parts.append(
            ngettext("%(n)d visit would receive a team.", "%(n)d visits would receive a team.", added)
            % {"n": added}
        )
    if moved:
        parts.append(
            ngettext("%(n)d placed visit would change.", "%(n)d placed visits would change.", moved)
            % {"n": moved}
        )
    elif added:
        parts.append(_("Nothing that is placed would change."))
    if unassigned:
        n = len(unassigned)
        parts.append(
            ngettext("%(n)d visit would stay without a team.", "%(n)d visits would stay without a team.", n)
            % {"n": n}
        )
    return " ".join(parts)
