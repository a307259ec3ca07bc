"""Giving a visit its people, and taking them away again. The database has the last word on double booking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import replace as changed
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from versants.core import audit, clock
from versants.core.access.classes import Role
from versants.core.access.scope import Actor
from versants.core.errors import ActionDenied, BadInput, Conflict, InvalidTransition, VersantsError
from versants.core.periods import span
from versants.core.retry import constraint_name, retrying
from versants.mobile.enums import AssignmentState, InterventionKind, VisitState
from versants.mobile.models import Assignment, RequestPerson, Slot, Visit
from versants.mobile.models.moves import MoveKind
from versants.mobile.planning import visit_situation
from versants.mobile.planning.sentences import refusal
from versants.mobile.planning.situation import Situation, holders_of, slots_of, starts_of, with_parts
from versants.mobile.planning.whatif import Change
from versants.mobile.planning.whatif import apply as apply_changes
from versants.mobile.services import announcing, moves, offers, requests
from versants.mobile.services.holding import let_go, lock_professionals, reopen
from versants.people.models import Person, Professional
from versants.people.services import grants
from versants_libs import dispatch

OPEN_STATES = frozenset({VisitState.OPEN, VisitState.PLANNED})
NEXT = 3


@dataclass(frozen=True)
class Possibility:
    """One way on after a refusal: a team that can take the visit, and from when."""

    start: datetime
    places: Mapping[str, str]  # slot uid -> professional uid
    people: tuple[str, ...]
    in_window: bool = True


class Refused(Conflict):
    """A booking that cannot be made now. ``possibilities``: what can, at most three."""

    def __init__(
        self, code: str, message: Any, possibilities: Sequence[Possibility] = (), **facts: Any
    ) -> None:
        super().__init__(code, message, **facts)
        self.possibilities = list(possibilities)


# Rules


def check_may_plan(actor: Actor, visit: Visit) -> None:
    """Coordination of the visit's own team."""
    if actor.role != Role.COORDINATOR or actor.team is None or visit.team_id != actor.team:
        raise ActionDenied("visit.not_my_team", gettext_lazy("This visit belongs to another team."))


def check_is_open(visit: Visit) -> None:
    """Not over, and not called off."""
    if visit.state not in OPEN_STATES:
        raise InvalidTransition(
            "visit.closed",
            gettext_lazy("This visit is over or was called off: nothing can be planned for it."),
        )


def check_version(visit: Visit, version: int) -> None:
    """What the page showed is what stands."""
    if visit.version != version:
        raise Refused(
            "visit.changed",
            gettext_lazy(
                "Somebody else has just changed this visit. Nothing is lost: here is how things stand."
            ),
        )


# Services


def assign(
    *,
    visit: Visit,
    actor: Actor,
    places: Mapping[Any, Any],
    start: datetime | None = None,
    version: int,
    changes: Sequence[Change] = (),
) -> list[Assignment]:
    """Put professionals into slots of a visit and offer them the work.

    ``places``: slot uid or pk -> professional uid or pk. A slot that is held by somebody else changes hands. ``start``
    of the visit (its first slot); None takes the earliest at which these people can, or the time the visit has.
    ``changes`` are small changes of what is asked (``planning.whatif``), stored with it.

    Raises ActionDenied ``visit.not_my_team``; InvalidTransition ``visit.closed``; BadInput ``visit.unknown_slot``,
    ``visit.unknown_person``; Refused (409, with up to three possibilities) ``visit.changed``, ``assignment.taken``,
    ``assignment.slot_taken``, ``assignment.no_time``, ``visit.begun`` or ``assignment.rule`` (``facts["rule"]`` names
    it).
    """
    check_may_plan(actor, visit)
    try:
        return retrying(lambda: _assign(visit.pk, actor, places, start, version, changes))
    except Refused as refused:
        if not refused.possibilities:
            refused.possibilities = possibilities(actor, visit.pk)
        raise


def release(*, assignment: Assignment, actor: Actor, version: int) -> Visit:
    """Take one professional off a visit; the place is free again and they are told.

    Raises ActionDenied, InvalidTransition ``visit.closed``, Refused ``visit.changed`` as ``assign`` does.
    """
    check_may_plan(actor, assignment.visit)

    def work() -> Visit:
        lock_professionals([assignment.professional_id])
        visit = _locked(assignment.visit_id)
        check_is_open(visit)
        check_version(visit, version)
        before = moves.as_it_stands(_read(visit.pk))
        row = Assignment.objects.select_for_update(of=("self",)).get(pk=assignment.pk)
        if row.state in (AssignmentState.OFFERED, AssignmentState.ACCEPTED):
            let_go([row], AssignmentState.RELEASED)
            offers.tell_released(row)
            reopen(visit)
            announcing.settle(visit)
            moves.note(actor, MoveKind.RELEASE, {visit.pk: before}, {visit.pk: visit.version})
        return visit

    return retrying(work)


def replace(
    *, assignment: Assignment, actor: Actor, professional: Any, version: int, start: datetime | None = None
) -> list[Assignment]:
    """Give one place to somebody else, at the same time unless ``start`` says otherwise. Raises as ``assign``."""
    return assign(
        visit=assignment.visit,
        actor=actor,
        places={assignment.slot_id: professional},
        start=start,
        version=version,
    )


def _assign(
    visit_id: int,
    actor: Actor,
    places: Mapping[Any, Any],
    start: datetime | None,
    version: int,
    changes: Sequence[Change],
) -> list[Assignment]:
    # Everybody who gains or loses a place is locked first, in id order, then the visit: two coordinators who swap
    # people between visits wait for each other instead of meeting crosswise.
    first_look = _read(visit_id)
    wanted = _resolve(first_look, actor, places)
    holding = {slot: one.professional_id for slot, one in holders_of(first_look).items()}
    lock_professionals({*wanted.values(), *holding.values()})
    _locked(visit_id)
    visit = _read(visit_id)
    check_is_open(visit)
    check_version(visit, version)
    before = moves.as_it_stands(visit)
    visit_fields, slot_fields = apply_changes(visit, changes)
    holders = holders_of(visit)
    slots = slots_of(visit)
    team = {slot: one.professional_id for slot, one in holders.items()} | wanted
    situation = visit_situation(actor, visit, people=set(team.values()), whole=True)
    when = (start or _time_for(situation, visit, team, holders)).astimezone(UTC)
    check_rules(situation, visit, slots, team, when)

    times = starts_of(visit, slots, when)
    moved = [one for slot, one in holders.items() if slot not in wanted and one.held.lower != times[slot][0]]
    leaving = [one for slot, one in holders.items() if slot in wanted and one.professional_id != wanted[slot]]
    staying = {
        slot
        for slot, one in holders.items()
        if slot in wanted and one.professional_id == wanted[slot] and one.held.lower == times[slot][0]
    }
    again = [
        one
        for slot, one in holders.items()
        if slot in wanted and one.professional_id == wanted[slot] and slot not in staying
    ]
    let_go([*leaving, *moved, *again], AssignmentState.RELEASED)
    for one in leaving:
        offers.tell_released(one)
    fresh = {slot: who for slot, who in wanted.items() if slot not in staying}
    # Whoever stays but at another time is asked again: they said yes to another hour.
    fresh |= {one.slot_id: one.professional_id for one in moved}
    minutes = roads(situation, visit, team, when)
    rows = [
        Assignment(
            slot_id=slot,
            visit=visit,
            professional_id=who,
            held=span(*times[slot]),
            travel_min=minutes.get(slot, 0),
            state=AssignmentState.OFFERED,
        )
        for slot, who in sorted(fresh.items(), key=lambda pair: pair[1])
    ]
    try:
        rows = Assignment.objects.bulk_create(rows)
    except IntegrityError as exc:
        raise refusal_of(exc) from exc
    _store(visit, visit_fields, slot_fields)
    full = len(team) == len(slots)
    visit.held = span(when, max(end for _begin, end in times.values()))
    visit.state = VisitState.PLANNED if full else VisitState.OPEN
    visit.version = F("version") + 1
    visit.save(update_fields=["held", "state", "version"])
    visit.refresh_from_db(fields=["version"])
    open_files(visit, rows)
    for row in rows:
        offers.make(row, visit)
    if full:
        request_planned(visit)
    announcing.settle(visit)
    moves.note(actor, MoveKind.ASSIGN, {visit.pk: before}, {visit.pk: visit.version})
    audit.record(
        "visit.assigned",
        subject=visit,
        slots=len(rows),
        released=len(leaving),
        changes=[change.token for change in changes],
    )
    return rows


# Parts


def _locked(visit_id: int) -> Visit:
    return Visit.objects.select_for_update(of=("self",)).select_related("team", "request").get(pk=visit_id)


def _read(visit_id: int) -> Visit:
    return with_parts(Visit.objects.filter(pk=visit_id)).get()


def _resolve(visit: Visit, actor: Actor, places: Mapping[Any, Any]) -> dict[int, int]:
    """Slot pk -> professional pk."""
    slots = {}
    for slot in slots_of(visit):
        slots[str(slot.pk)] = slots[str(slot.uid)] = slot.pk
    keys = {str(value) for value in places.values()}
    numbers = [key for key in keys if key.isdigit()]
    uids = [key for key in keys if not key.isdigit()]
    people: dict[str, int] = {}
    seen = Professional.objects.visible_to(actor).filter(active=True)
    try:
        for row in [*seen.filter(pk__in=numbers), *seen.filter(uid__in=uids)]:
            people[str(row.pk)] = people[str(row.uid)] = row.pk
    except (ValueError, ValidationError):
        people = {}  # what is no uid names nobody
    wanted = {}
    for slot, who in places.items():
        if str(slot) not in slots:
            raise BadInput("visit.unknown_slot", gettext_lazy("This place is not part of the visit."))
        if str(who) not in people:
            raise BadInput(
                "visit.unknown_person", gettext_lazy("This professional is not known here any more.")
            )
        wanted[slots[str(slot)]] = people[str(who)]
    if not wanted:
        raise BadInput("visit.nobody", gettext_lazy("Choose who goes."))
    return wanted


def _time_for(
    situation: Situation, visit: Visit, team: Mapping[int, int], holders: Mapping[int, Assignment]
) -> datetime:
    if visit.held is not None and holders:
        begins: datetime = visit.held.lower
        return begins
    people = {str(slot): str(who) for slot, who in team.items()}
    ident = str(visit.pk)
    if len(team) < len(slots_of(visit)):
        # Only some of the places: the earliest moment at which these can.
        asked = situation.problem.visit(ident)
        situation = _only(situation, visit, team)
        if asked.windows and not situation.problem.visit(ident).slots:
            return situation.at(asked.windows[0].earliest)
    found = dispatch.suggest_times(situation.problem, situation.plan, ident, limit=1, people=people)
    if not found or not found[0].in_window:
        raise Refused(
            "assignment.no_time", gettext_lazy("These people cannot be there together at the time asked.")
        )
    return situation.at(found[0].start)


def _only(situation: Situation, visit: Visit, team: Mapping[int, int]) -> Situation:
    """The same question for the places of ``team`` only."""
    ident = str(visit.pk)
    asked = situation.problem.visit(ident)
    kept = [slot for slot in asked.slots if int(slot.id) in team]
    lag = kept[0].lag[0]
    kept = [changed(slot, lag=(slot.lag[0] - lag, slot.lag[1] - lag)) for slot in kept]
    smaller = changed(asked, slots=tuple(kept), pins={k: v for k, v in asked.pins.items() if int(k) in team})
    visits = tuple(smaller if one.id == ident else one for one in situation.problem.visits)
    return changed(situation, problem=changed(situation.problem, visits=visits, published=None))


def check_rules(
    situation: Situation, visit: Visit, slots: Sequence[Slot], team: Mapping[int, int], when: datetime
) -> None:
    """The library's own check on the day with this team in it; what was wrong before is not held against it."""
    ident = str(visit.pk)
    before = set(dispatch.check(situation.problem, situation.plan.without(ident)))
    times = starts_of(visit, slots, when)
    services = {
        str(slot): dispatch.Service(str(who), situation.horizon.s(times[slot][0]))
        for slot, who in team.items()
    }
    found = [
        one
        for one in dispatch.check(situation.problem, situation.plan.with_team(ident, services))
        if one not in before and one.rule != dispatch.Rule.INCOMPLETE
    ]
    if not found:
        return
    first = min(found, key=lambda one: list(dispatch.Rule).index(one.rule))
    if first.rule == dispatch.Rule.OVERLAP:
        if when <= clock.now():  # what is gone of a day is nobody's to give
            raise Refused(
                "visit.begun",
                gettext_lazy("This visit has begun. Say in its record whether it took place."),
                rule=str(first.rule),
            )
        person = situation.people[first.person or ""].row
        raise Refused(
            "assignment.taken",
            _("%(name)s has just been placed elsewhere at that time.") % {"name": person.first_name},
            rule=str(first.rule),
        )
    raise Refused(
        "assignment.rule",
        refusal(situation, first),
        rule=str(first.rule),
        margin=first.margin,
        unit=first.unit,
    )


def roads(
    situation: Situation,
    visit: Visit,
    team: Mapping[int, int],
    when: datetime,
    plan: dispatch.Plan | None = None,
) -> dict[int, int]:
    """Minutes of road to the visit for each place, from wherever the plan (that which stands) has them before."""
    plan = plan or situation.plan
    here = situation.places.of(visit)
    matrix = situation.problem.travel
    if here >= len(matrix):
        return {}
    asked = situation.problem.visit(str(visit.pk))
    begin = situation.horizon.s(when)
    found = {}
    for slot in asked.slots:
        who = team.get(int(slot.id))
        if who is None or asked.place_of(slot) is None:
            continue
        person = situation.problem.person(str(who))
        before = None
        for ident, assignment in plan.assignments.items():
            other = situation.problem.visit(ident)
            for name, service in assignment.services.items():
                place = other.place_of(other.slot(name))
                if (
                    ident != asked.id
                    and service.person == person.id
                    and place is not None
                    and service.start < begin
                ):
                    before = max(before or (-1, -1), (service.start, place))
        shift = next((s for s in person.shifts if s.start <= begin < s.end), None)
        origin = shift.start_place if shift is not None else None
        if before is not None and (shift is None or before[0] >= shift.start):
            origin = before[1]
        if origin is not None:
            found[int(slot.id)] = round(matrix[origin][here] / 60)
    return found


def refusal_of(exc: IntegrityError) -> VersantsError | IntegrityError:
    """What the database refused, as a sentence; the error itself if it is not about double booking."""
    name = constraint_name(exc)
    if name == "assignment_not_double_booked":
        return Refused(
            "assignment.taken", gettext_lazy("This professional already has a visit at that time.")
        )
    if name == "assignment_one_per_slot":
        return Refused("assignment.slot_taken", gettext_lazy("Somebody already holds this place."))
    return exc


def _store(visit: Visit, visit_fields: set[str], slot_fields: Mapping[int, set[str]]) -> None:
    if visit_fields:
        visit.save(update_fields=sorted(visit_fields))
    for slot in slots_of(visit):
        if slot_fields.get(slot.pk):
            slot.save(update_fields=sorted(slot_fields[slot.pk]))


def open_files(visit: Visit, rows: Sequence[Assignment]) -> None:
    """What these people need to see for the work, and no more."""
    persons = persons_of(visit)
    disciplines = {slot.pk: slot.discipline for slot in slots_of(visit)}
    for row in rows:
        grants.for_assignment(
            assignment_id=row.pk,
            visit_id=visit.pk,
            owner=visit.team,
            professional_id=row.professional_id,
            discipline=disciplines[row.slot_id],
            start=row.held.lower,
            end=row.held.upper,
            persons=persons,
        )


def persons_of(visit: Visit) -> list[Person]:
    """For whom, as the team knows it. A drop-in is for whoever comes: it opens nobody's file."""
    if visit.kind == InterventionKind.DROP_IN:
        return []
    return [
        one.person
        for one in RequestPerson.objects.filter(
            request=visit.request_id, person__isnull=False
        ).select_related("person")
        if one.person is not None
    ]


def request_planned(visit: Visit) -> None:
    """All its visits have teams: the request is planned, also one that the watch noted and nobody had accepted."""
    requests.refresh_state(visit.request)


# After a refusal


def possibilities(actor: Actor, visit_id: int, *, limit: int = NEXT) -> list[Possibility]:
    """The next ways to give this visit a team, best first: teams in time, then the next moments at all."""
    visit = _read(visit_id)
    if visit.state not in OPEN_STATES:
        return []
    situation = visit_situation(actor, visit)
    ident = str(visit.pk)
    desk = dispatch.Desk(situation.problem, situation.plan)
    found = [
        _possibility(situation, visit, option.start, option.services, True)
        for option in desk.rank(ident, limit=limit)
    ]
    if len(found) < limit:
        known = {(one.start, one.people) for one in found}
        begin = max(0, situation.horizon.s(situation.now))
        more = desk.suggest_times(ident, limit=limit, after=begin)
        for one in more:
            option = _possibility(situation, visit, one.start, one.services, one.in_window)
            if (option.start, option.people) not in known and len(found) < limit:
                found.append(option)
    return found


def _possibility(
    situation: Situation, visit: Visit, start: int, services: Mapping[str, dispatch.Service], in_window: bool
) -> Possibility:
    uids = {str(slot.pk): str(slot.uid) for slot in slots_of(visit)}
    order = [str(slot.pk) for slot in slots_of(visit)]
    return Possibility(
        start=situation.at(start),
        places={uids[slot]: str(situation.people[services[slot].person].row.uid) for slot in order},
        people=tuple(str(situation.people[services[slot].person].row) for slot in order),
        in_window=in_window,
    )
