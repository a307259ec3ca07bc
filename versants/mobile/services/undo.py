"""Taking back one's own last step on the board: the places as they were, the people told, the database asked again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from versants.core import audit, clock
from versants.core.access.classes import Role
from versants.core.access.scope import Actor
from versants.core.errors import ActionDenied, InvalidTransition
from versants.core.retry import retrying
from versants.core.web import words
from versants.mobile.enums import HOLDING, AssignmentState, RequestState, VisitState
from versants.mobile.models import Assignment, BoardMove, Request, Slot, Visit
from versants.mobile.models.moves import MoveKind
from versants.mobile.planning import visit_situation
from versants.mobile.planning.situation import holders_of, slots_of, with_parts
from versants.mobile.services import announcing, booking, moves, offers
from versants.mobile.services.booking import OPEN_STATES, Refused
from versants.mobile.services.holding import let_go, lock_professionals
from versants.people.models import Professional

ANSWERS = (AssignmentState.ACCEPTED, AssignmentState.DECLINED)


# Rules


def check_may_undo(actor: Actor, move: BoardMove) -> None:
    """The coordinator who made the step, in the role it was made in."""
    own = move.membership_id == actor.membership and move.team_id == actor.team
    if actor.role != Role.COORDINATOR or not own:
        raise ActionDenied(
            "undo.not_mine", gettext_lazy("Somebody else did this. Only they can undo it; ask them.")
        )


def check_is_last(actor: Actor, move: BoardMove) -> None:
    """Not undone, not too old, and nothing of one's own came after it."""
    if move.undone_at is not None:
        raise InvalidTransition(
            "undo.done", gettext_lazy("This was undone already. The board shows how things stand.")
        )
    if move.made_at <= clock.now() - moves.KEPT:
        raise InvalidTransition(
            "undo.too_old",
            gettext_lazy("This was too long ago to be undone. Change the visit itself instead."),
        )
    last = moves.last(actor)
    if last is None or last.pk != move.pk:
        raise InvalidTransition(
            "undo.not_last", gettext_lazy("You did something else since. Undo that first.")
        )


# In words


def sentence(actor: Actor, move: BoardMove) -> str:
    """What would be undone: Élise and Selam placed, Mouscron, 14:00."""
    steps = {step["before"]["visit"]: step["before"] for step in move.visits}
    if move.kind == MoveKind.PLAN:
        n = len(steps)
        return ngettext("the plan of the day, one visit", "the plan of the day, %(n)d visits", n) % {"n": n}
    visits = with_parts(Visit.objects.visible_to(actor).filter(pk__in=steps))
    for visit in visits:
        before = steps[visit.pk]
        if move.kind == MoveKind.ASSIGN:
            held = {place["professional"] for place in before["places"]}
            there = holders_of(visit)
            inside = [there[slot.pk] for slot in slots_of(visit) if slot.pk in there]
            who = [one.professional for one in inside if one.professional_id not in held]
        else:
            stay = {one.professional_id for one in visit.holding}
            gone = [place["professional"] for place in before["places"] if place["professional"] not in stay]
            who = list(Professional.objects.visible_to(actor).filter(pk__in=gone).order_by("pk"))
        start = moves.period_of(before["held"]).lower if before["held"] else None
        values = {
            "names": _names([one.first_name for one in who]),
            "place": visit.commune.name,
            "at": words.clock_time(visit.held.lower if visit.held else start or visit.window.lower),
        }
        if not who:
            return _("another hour for %(place)s, %(at)s") % values
        if move.kind == MoveKind.ASSIGN:
            return _("%(names)s placed, %(place)s, %(at)s") % values
        return _("%(names)s taken off, %(place)s, %(at)s") % values
    return ""


def _names(names: Sequence[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return _("%(names)s and %(last)s") % {"names": ", ".join(names[:-1]), "last": names[-1]}


# Service


def undo(*, move: BoardMove, actor: Actor) -> BoardMove:
    """Put the visits of a step back as they were before it.

    Who came by it is told that they are no longer expected; who left by it is asked again. One transaction: if one
    visit cannot go back, none does.

    Raises ActionDenied ``undo.not_mine``; InvalidTransition ``undo.done``, ``undo.too_old``, ``undo.not_last``;
    Refused (``facts["visit"]`` is its uid) ``undo.changed``, ``undo.begun``, and what ``booking.assign`` raises.
    """
    check_may_undo(actor, move)
    return retrying(lambda: _undo(move.pk, actor))


def _undo(pk: int, actor: Actor) -> BoardMove:
    steps = {step["before"]["visit"]: step for step in BoardMove.objects.get(pk=pk).visits}
    before = {visit: step["before"] for visit, step in steps.items()}
    # The same order as booking: everybody concerned in id order, the visits in theirs, then the step itself.
    holding = Assignment.objects.filter(visit__in=steps, state__in=HOLDING)
    lock_professionals(
        {place["professional"] for one in before.values() for place in one["places"]}
        | set(holding.values_list("professional_id", flat=True))
    )
    list(Visit.objects.select_for_update(of=("self",)).filter(pk__in=steps).order_by("pk"))
    move = BoardMove.objects.select_for_update(of=("self",)).get(pk=pk)
    check_is_last(actor, move)
    visits = {visit.pk: visit for visit in with_parts(Visit.objects.filter(pk__in=steps).order_by("pk"))}
    for visit_id, visit in visits.items():
        booking.check_may_plan(actor, visit)
        _check_unchanged(move, visit, steps[visit_id]["version"])
        _check_not_begun(visit, before[visit_id])
    n_leaving = _take_off(visits, before)
    for visit_id, visit in visits.items():
        _restore(visit, before[visit_id])
    n_asked = sum(_put_back(actor, visit_id, before[visit_id]) for visit_id in visits)
    for visit in visits.values():
        announcing.settle(visit)
    _let_earlier_steps_stand(move, visits)
    move.undone_at = clock.now()
    move.save(update_fields=["undone_at"])
    audit.record(
        "move.undone", subject=move, kind=move.kind, visits=len(visits), asked=n_asked, released=n_leaving
    )
    return move


def _check_unchanged(move: BoardMove, visit: Visit, version: int) -> None:
    if visit.version == version and visit.state in OPEN_STATES:
        return
    answered = (
        Assignment.objects.filter(visit=visit, state__in=ANSWERS, answered_at__gte=move.made_at)
        .select_related("professional")
        .order_by("-answered_at")
        .first()
    )
    values = {"place": visit.commune.name}
    if answered is not None:
        values["name"] = answered.professional.first_name
        text = _("%(name)s has answered since: %(place)s stays as it is. Open the visit to change it.")
    else:
        text = _("%(place)s has changed since: it stays as it is. Open the visit to see how things stand.")
    raise Refused("undo.changed", text % values, visit=str(visit.uid))


def _check_not_begun(visit: Visit, before: Mapping[str, Any]) -> None:
    starts = [moves.period_of(place["held"]).lower for place in before["places"]]
    starts += [one.held.lower for one in visit.holding]
    if starts and min(starts) <= clock.now():
        raise Refused(
            "undo.begun",
            _("%(place)s has begun, or should have: it stays as it is. Ring those who are on their way.")
            % {"place": visit.commune.name},
            visit=str(visit.uid),
        )


def _stays(one: Assignment, before: Mapping[str, Any]) -> bool:
    """Has this place now as before the step."""
    return any(
        (place["slot"], place["professional"]) == (one.slot_id, one.professional_id)
        and moves.period_of(place["held"]) == one.held
        for place in before["places"]
    )


def _take_off(visits: Mapping[int, Visit], before: Mapping[int, Mapping[str, Any]]) -> int:
    """End what the step gave. Who does not come to the visit at all any more is told so."""
    n = 0
    for visit_id, visit in visits.items():
        leaving = [one for one in visit.holding if not _stays(one, before[visit_id])]
        let_go(leaving, AssignmentState.RELEASED)
        back = {place["professional"] for place in before[visit_id]["places"]}
        for one in leaving:
            if one.professional_id not in back:
                offers.tell_released(one)
        n += len(leaving)
    return n


def _restore(visit: Visit, before: Mapping[str, Any]) -> None:
    """What is asked, and when it stands."""
    for slot in slots_of(visit):
        asked = before["slots"].get(str(slot.pk))
        if asked is not None and any(getattr(slot, name) != value for name, value in asked.items()):
            Slot.objects.filter(pk=slot.pk).update(**asked)
    full = len(before["places"]) == len(slots_of(visit))
    visit.held = moves.period_of(before["held"]) if before["held"] else None
    visit.window, visit.mode = moves.period_of(before["window"]), before["mode"]
    visit.state = VisitState.PLANNED if full else VisitState.OPEN
    visit.version = F("version") + 1
    visit.save(update_fields=["held", "window", "mode", "state", "version"])
    visit.refresh_from_db(fields=["version"])
    if full:
        booking.request_planned(visit)
        audit.record("visit.assigned", subject=visit, by="undo")
    else:
        Request.objects.filter(pk=visit.request_id, state=RequestState.PLANNED).update(
            state=RequestState.ACCEPTED, version=F("version") + 1
        )
        audit.record("visit.reopened", subject=visit)


def _put_back(actor: Actor, visit_id: int, before: Mapping[str, Any]) -> int:
    """Give the places back that the step took, under the rules of today, and ask those concerned again."""
    visit = with_parts(Visit.objects.filter(pk=visit_id)).get()
    held = holders_of(visit)
    coming = [place for place in before["places"] if place["slot"] not in held]
    if not coming:
        return 0
    team = {place["slot"]: place["professional"] for place in before["places"]}
    situation = visit_situation(actor, visit, people=set(team.values()), whole=True)
    try:
        booking.check_rules(situation, visit, slots_of(visit), team, visit.held.lower)
        minutes = booking.roads(situation, visit, team, visit.held.lower)
        rows = Assignment.objects.bulk_create(
            Assignment(
                slot_id=place["slot"],
                visit=visit,
                professional_id=place["professional"],
                held=moves.period_of(place["held"]),
                travel_min=minutes.get(place["slot"], 0),
                state=AssignmentState.OFFERED,
            )
            for place in coming
        )
    except IntegrityError as exc:
        refused = booking.refusal_of(exc)
        if isinstance(refused, Refused):
            refused.facts = {**refused.facts, "visit": str(visit.uid)}
        raise refused from exc
    except Refused as refused:
        refused.facts = {**refused.facts, "visit": str(visit.uid)}
        raise
    booking.open_files(visit, rows)
    for row in rows:
        offers.make(row, visit)
    return len(rows)


def _let_earlier_steps_stand(move: BoardMove, visits: Mapping[int, Visit]) -> None:
    """A visit is again as an earlier step of one's own left it: that step can be undone next."""
    was = {step["before"]["visit"]: step["before"]["version"] for step in move.visits}
    for earlier in BoardMove.objects.filter(
        membership_id=move.membership_id, undone_at=None, pk__lt=move.pk
    ).order_by("-pk"):
        steps, changed = earlier.visits, False
        for step in steps:
            pk = step["before"]["visit"]
            if pk in was and step["version"] == was[pk]:
                step["version"], changed = visits[pk].version, True
                del was[pk]
        if changed:
            earlier.save(update_fields=["visits"])
