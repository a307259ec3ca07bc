"""Planning a day: the solver proposes, a person decides, one transaction applies. Nothing moves by itself."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, connection
from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_noop as _

from versants.core import audit, clock, jobs
from versants.core.access.classes import Role
from versants.core.access.scope import Actor, acting
from versants.core.errors import ActionDenied, BadInput, Conflict, InvalidTransition, VersantsError
from versants.core.models import Job
from versants.core.periods import span
from versants.core.retry import constraint_name, retrying
from versants.mobile.enums import AssignmentState, VisitState
from versants.mobile.models import Assignment, PlanProposal, Visit
from versants.mobile.models.moves import MoveKind
from versants.mobile.models.plans import PlanPurpose, PlanState
from versants.mobile.planning import Situation, day_situation
from versants.mobile.planning.situation import slots_of, starts_of
from versants.mobile.services import announcing, apart, moves, offers, spreading
from versants.mobile.services.booking import open_files, request_planned, roads
from versants.mobile.services.holding import lock_professionals
from versants.people.services import grants
from versants_libs import dispatch

KIND = "plan_day"
SECONDS = float(os.environ.get("VERSANTS_PLAN_SECONDS", "10"))
ITERATIONS = 2_000
SEED = 1


class PlanRefused(VersantsError):
    """The solver gave a plan that its own check refuses, or none at all."""


# Rules


def check_may_plan_day(actor: Actor) -> None:
    """Coordination, for its own team."""
    if actor.role != Role.COORDINATOR or actor.team is None:
        raise ActionDenied(
            "plan.not_coordination", gettext_lazy("Planning a day is for the coordination of a team.")
        )


# Ask for it


def start(*, actor: Actor, day: date) -> Job:
    """Ask for a plan of the actor's team for ``day``. Raises ActionDenied; BadInput ``plan.past``."""
    check_may_plan_day(actor)
    if day < clock.today():
        raise BadInput("plan.past", gettext_lazy("This day is over. Choose today or a later day."))
    return jobs.start(KIND, actor=actor, params={"day": day.isoformat()})


@jobs.runner(KIND)
def plan_day(job: jobs.Face, *, day: str, seconds: float | None = None) -> dict[str, Any]:
    """The work itself: read, solve in a child, check, store the proposal."""
    job.report(2, _("Reading the day"))
    with acting(job.actor):
        situation = day_situation(job.actor, date.fromisoformat(day))
    limit = SECONDS if seconds is None else seconds
    if not situation.focus:
        outcome = Answer(situation.plan, {}, 0, [], "python")
    else:
        job.report(5, _("Placing visits"))

        # A day too large for one process goes to all workers there are.
        def tell(done: float) -> None:
            job.report(5 + round(85 * done), _("Placing visits"))

        # A day too large for one process goes to all workers there are.
        if spreading.is_worth_it(len(situation.focus)):
            outcome = solve_together(situation, actor=job.actor, seconds=limit, tell=tell)
        else:
            outcome = solve_apart(situation, seconds=limit, tell=tell)
    job.report(92, _("Checking every rule again"))
    check_plan(situation, outcome.plan)
    with acting(job.actor):
        proposal = store(job.actor, situation, outcome, date.fromisoformat(day))
    return {
        "url": reverse("plan", args=[proposal.uid]),
        "changes": len(proposal.changes),
        "unassigned": len(proposal.unassigned),
    }


@dataclass(frozen=True)
class Answer:
    """A plan found for a day, with its cost and the visits left without a team."""

    plan: dispatch.Plan
    terms: Mapping[str, int]
    cost: int
    unassigned: list[str]
    engine: str


def solve_apart(
    situation: Situation, *, seconds: float, tell: Callable[[float], None] = lambda done: None
) -> Answer:
    """Solve in a child process with limits; ``tell`` hears the share done and may raise to stop it.

    Raises PlanRefused ``plan.no_answer`` when the child dies or does not end in time.
    """
    try:
        said = apart.solve(
            dispatch.problem_to_json(situation.problem),
            dispatch.plan_to_json(situation.plan),
            seconds=seconds,
            iterations=ITERATIONS,
            seed=SEED,
            tell=tell,
        )
    except apart.NoAnswer as exc:
        raise PlanRefused(
            "plan.no_answer", gettext_lazy("The planner gave no answer in time. Nothing was changed.")
        ) from exc
    return Answer(
        dispatch.plan_from_json(said["plan"]),
        said["terms"],
        said["cost"],
        list(said["unassigned"]),
        said["engine"],
    )


def solve_together(
    situation: Situation,
    *,
    actor: Actor,
    seconds: float,
    tell: Callable[[float], None] = lambda done: None,
) -> Answer:
    """Solve in pieces, with every worker that has time. ``tell`` hears the share done and may raise to stop it."""
    found = spreading.solve(
        situation.problem, situation.plan, actor=actor, seconds=seconds, seed=SEED, tell=tell
    )
    return Answer(found.plan, found.terms, found.cost, list(found.unassigned), found.engine)


def check_plan(situation: Situation, plan: dispatch.Plan) -> None:
    """The library's independent check; what was wrong with the day before is not held against the plan.

    Raises PlanRefused ``plan.breaks_rules``.
    """
    before = set(dispatch.check(situation.problem, situation.plan))
    found = [one for one in dispatch.check(situation.problem, plan) if one not in before]
    if found:
        raise PlanRefused(
            "plan.breaks_rules",
            gettext_lazy("The plan found breaks a rule, so it was thrown away. Nothing was changed."),
            rules=sorted({str(one.rule) for one in found}),
        )


# Store it


def store(
    actor: Actor,
    situation: Situation,
    outcome: Answer,
    day: date,
    *,
    purpose: PlanPurpose = PlanPurpose.DAY,
) -> PlanProposal:
    """What the plan would change, and the versions it was made from."""
    assert actor.team is not None  # a day is planned by its team: check_may_plan_day
    mine = set(situation.focus)
    changes = [
        _change(situation, one) for one in dispatch.diff(situation.plan, outcome.plan) if one.visit in mine
    ]
    proposal = PlanProposal.objects.create(
        team_id=actor.team,
        day=day,
        purpose=purpose,
        changes=[change for change in changes if change],
        based_on={ident: visit.version for ident, visit in situation.visits.items()},
        cost={"total": outcome.cost, "terms": dict(outcome.terms)},
        unassigned=[int(ident) for ident in outcome.unassigned if ident in mine],
        engine=outcome.engine,
    )
    audit.record(
        "plan.proposed", subject=proposal, changes=len(proposal.changes), unassigned=len(proposal.unassigned)
    )
    return proposal


def _change(situation: Situation, change: dispatch.Change) -> dict[str, Any] | None:
    """One visit's change as ids and instants: {"visit", "kind", "before": [...], "after": [...]}."""

    def side(services: Mapping[str, dispatch.Service] | None) -> list[dict[str, Any]]:
        return [
            {
                "slot": int(slot),
                "professional": int(service.person),
                "start": situation.at(service.start).isoformat(),
            }
            for slot, service in sorted((services or {}).items(), key=lambda pair: int(pair[0]))
        ]

    if change.kind == "removed":
        return None  # a plan never takes a team away without giving another
    return {
        "visit": int(change.visit),
        "kind": change.kind,
        "before": side(change.before),
        "after": side(change.after),
    }


# Decide


def discard(*, proposal: PlanProposal, actor: Actor) -> PlanProposal:
    """Throw it away. Raises ActionDenied; InvalidTransition ``plan.decided``."""
    check_may_plan_day(actor)

    def work() -> PlanProposal:
        row = _proposed(proposal)
        row.state, row.decided_at = PlanState.DISCARDED, clock.now()
        row.save(update_fields=["state", "decided_at"])
        audit.record("plan.discarded", subject=row)
        return row

    return retrying(work)


def apply(*, proposal: PlanProposal, actor: Actor) -> PlanProposal:
    """Apply a proposed plan, whole or not at all.

    Raises ActionDenied; InvalidTransition ``plan.decided``; Conflict ``plan.stale`` if the day has moved since: the
    proposal is then marked as overtaken by ``mark_stale``, which the caller runs after the refusal.
    """
    check_may_plan_day(actor)
    return retrying(lambda: _apply(proposal, actor))


def mark_stale(*, proposal: PlanProposal, actor: Actor) -> None:
    """The day has moved: this plan can no longer be applied."""
    check_may_plan_day(actor)
    PlanProposal.objects.filter(pk=proposal.pk, state=PlanState.PROPOSED).update(
        state=PlanState.STALE, decided_at=clock.now()
    )
    audit.record("plan.stale", subject=proposal)


def _proposed(proposal: PlanProposal) -> PlanProposal:
    row = PlanProposal.objects.select_for_update(of=("self",)).get(pk=proposal.pk)
    if row.state != PlanState.PROPOSED:
        raise InvalidTransition("plan.decided", gettext_lazy("This plan was applied or thrown away already."))
    return row


def _stale(row: PlanProposal) -> Conflict:
    return Conflict(
        "plan.stale",
        gettext_lazy(
            "The day has moved since this repair was proposed. Nothing was changed; repair it again."
        )
        if row.purpose == PlanPurpose.REPAIR
        else gettext_lazy(
            "The day has moved since this plan was made. Nothing was changed; plan the day again."
        ),
    )


def _apply(proposal: PlanProposal, actor: Actor) -> PlanProposal:
    after = {change["visit"]: change["after"] for change in proposal.changes}
    before = {change["visit"]: change["before"] for change in proposal.changes}
    people = {
        place["professional"] for sides in (after, before) for places in sides.values() for place in places
    }
    lock_professionals(people)
    visits = {
        row.pk: row
        for row in Visit.objects.select_for_update(of=("self",)).filter(pk__in=after).order_by("pk")
    }
    row = _proposed(proposal)
    known = {int(pk): version for pk, version in row.based_on.items()}
    stands = dict(Visit.objects.filter(pk__in=known).values_list("pk", "version"))
    if stands != known or set(visits) != set(after):
        raise _stale(row)
    situation = day_situation(actor, row.day)
    if {int(ident) for ident in situation.visits} != set(known):
        raise _stale(row)
    as_they_stood = {pk: moves.as_it_stands(situation.visits[str(pk)]) for pk in after}
    plan = situation.plan
    for pk, places in after.items():
        services = {
            str(place["slot"]): dispatch.Service(
                str(place["professional"]), situation.horizon.s(datetime.fromisoformat(place["start"]))
            )
            for place in places
        }
        plan = plan.with_team(str(pk), services)
    try:
        check_plan(situation, plan)
    except PlanRefused:
        raise _stale(row) from None
    try:
        asked = _write(situation, plan, after)
    except IntegrityError as exc:
        if constraint_name(exc) in {"assignment_not_double_booked", "assignment_one_per_slot"}:
            raise _stale(row) from exc
        raise
    row.state, row.decided_at = PlanState.APPLIED, clock.now()
    row.save(update_fields=["state", "decided_at"])
    versions = {pk: situation.visits[str(pk)].version for pk in after}
    moves.note(actor, MoveKind.PLAN, as_they_stood, versions)
    audit.record("plan.applied", subject=row, visits=len(after), asked=asked)
    return row


# One UPDATE moves everybody who moves: the exclusion constraint looks at its end, so that two people can change places.
_MOVE = """
UPDATE mobile_assignment AS a
SET professional_id = v.professional, held = tstzrange(v.low, v.high, '[)'), state = 'offered', answered_at = NULL,
    answer_by = NULL, offer_token_hash = '', travel_min = v.road
FROM unnest(%(ids)s::bigint[], %(people)s::bigint[], %(lows)s::timestamptz[], %(highs)s::timestamptz[],
            %(roads)s::int[]) AS v(id, professional, low, high, road)
WHERE a.id = v.id
"""


def _write(situation: Situation, plan: dispatch.Plan, after: Mapping[int, list[dict[str, Any]]]) -> int:
    """Move, add, tell. Returns how many people are asked."""
    moves: list[tuple[Assignment, int, datetime, datetime, int]] = []
    fresh: list[Assignment] = []
    left: list[tuple[Assignment, int]] = []  # a place that changes hands: the row, and who had it
    for pk, places in after.items():
        visit = situation.visits[str(pk)]
        slots = slots_of(visit)
        holders = {one.slot_id: one for one in visit.holding}
        first = next(place for place in places if place["slot"] == slots[0].pk)
        begin = datetime.fromisoformat(first["start"])
        times = starts_of(visit, slots, begin)
        team = {place["slot"]: place["professional"] for place in places}
        minutes = roads(situation, visit, team, begin, plan)
        for place in places:
            low, high = times[place["slot"]]
            held = holders.get(place["slot"])
            road = minutes.get(place["slot"], 0)
            if held is None:
                fresh.append(
                    Assignment(
                        slot_id=place["slot"],
                        visit=visit,
                        professional_id=place["professional"],
                        held=span(low, high),
                        travel_min=road,
                        state=AssignmentState.OFFERED,
                    )
                )
            elif (held.professional_id, held.held.lower) != (place["professional"], low):
                moves.append((held, place["professional"], low, high, road))
                if held.professional_id != place["professional"]:
                    left.append((held, held.professional_id))
    for held, *_rest in moves:
        grants.close_for("assignment", held.pk)
    for held, _who in left:
        offers.tell_released(held)
    _move(moves)
    fresh = Assignment.objects.bulk_create(fresh)
    for pk, places in after.items():
        _set_visit(situation, situation.visits[str(pk)], places)
    moved = {one.pk: one for one in Assignment.objects.filter(pk__in=[held.pk for held, *_rest in moves])}
    asked = [*fresh, *(moved[held.pk] for held, *_rest in moves)]
    for one in asked:
        visit = situation.visits[str(one.visit_id)]
        open_files(visit, [one])
        offers.make(one, visit)
    for pk in after:
        announcing.settle(situation.visits[str(pk)])
    return len(asked)


def _move(moves: list[tuple[Assignment, int, datetime, datetime, int]]) -> None:
    if not moves:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _MOVE,
            {
                "ids": [held.pk for held, *_rest in moves],
                "people": [who for _held, who, *_rest in moves],
                "lows": [low for _held, _who, low, _high, _road in moves],
                "highs": [high for *_rest, high, _road in moves],
                "roads": [road for *_rest, road in moves],
            },
        )


def _set_visit(situation: Situation, visit: Visit, places: list[dict[str, Any]]) -> None:
    slots = slots_of(visit)
    first = next(place for place in places if place["slot"] == slots[0].pk)
    begin = datetime.fromisoformat(first["start"])
    times = starts_of(visit, slots, begin)
    visit.held = span(begin, max(end for _low, end in times.values()))
    visit.state = VisitState.PLANNED
    visit.version = F("version") + 1
    visit.save(update_fields=["held", "state", "version"])
    visit.refresh_from_db(fields=["version"])
    audit.record("visit.assigned", subject=visit, by="plan")
    request_planned(visit)
