"""Repairing a day: what an absence, a delay or a crisis broke is placed anew, and hardly anything else moves.

Proposed like a plan of the day, looked at and applied or thrown away on the same page.
"""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext_lazy

from versants.core import clock
from versants.core.access.scope import Actor
from versants.core.errors import BadInput
from versants.mobile.models import PlanProposal
from versants.mobile.models.plans import PlanPurpose
from versants.mobile.planning import Situation, day_situation
from versants.mobile.services import planning
from versants_libs import dispatch

# How many visits that have their team may change so that another one has one.
MOST_OTHERS = 3
SECONDS = 0.8


def propose(*, actor: Actor, day: date) -> PlanProposal | None:
    """What would mend ``day`` of the actor's team; None if nothing is broken and every visit has its team.

    Raises ActionDenied; BadInput ``plan.past``; PlanRefused ``plan.breaks_rules``.
    """
    planning.check_may_plan_day(actor)
    if day < clock.today():
        raise BadInput("plan.past", gettext_lazy("This day is over. Choose today or a later day."))
    situation = day_situation(actor, day)
    answer = mend(situation)
    planning.check_plan(situation, answer.plan)
    if answer.plan.assignments == situation.plan.assignments and not answer.unassigned:
        return None
    return planning.store(actor, situation, answer, day, purpose=PlanPurpose.REPAIR)


def mend(situation: Situation) -> planning.Answer:
    """The day with what is broken placed anew, and with teams for the visits that have none.

    The absences are in the day already, so that the checker finds what they broke. Visits of other teams stay as they
    are, whatever is wrong with them.
    """
    problem, plan = situation.problem, situation.plan
    waiting = [ident for ident in situation.focus if ident not in plan.assignments]
    done = dispatch.repair(
        problem,
        plan,
        [dispatch.NewVisit(problem.visit(ident)) for ident in waiting],
        max_changes=MOST_OTHERS,
        seconds=SECONDS,
        iterations=planning.ITERATIONS,
        seed=planning.SEED,
    )
    mine = {*situation.focus}
    theirs = {ident: one for ident, one in plan.assignments.items() if ident not in mine}
    mended = {ident: one for ident, one in done.plan.assignments.items() if ident in mine}
    return planning.Answer(
        dispatch.Plan({**theirs, **mended}),
        dict(done.cost.terms),
        done.cost.total,
        [ident for ident in done.unassigned if ident in mine],
        dispatch.ENGINE,
    )
