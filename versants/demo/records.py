"""What was done: records signed, visits that failed, and the figures that both leave behind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from versants.core import clock
from versants.demo import canaries, cases, places, texts
from versants.demo.staff import Member
from versants.demo.world import World
from versants.mobile.enums import AssignmentState, Done, Mode, RecordState, Step, VisitState
from versants.mobile.models import (
    Assignment,
    Attempt,
    ClinicalNote,
    ConfirmedHours,
    FollowUp,
    InterventionFact,
    Record,
    RecordAddition,
    RecordPerson,
    RequestLanguage,
    SocialNote,
    UnmetNeed,
    Visit,
)
from versants.mobile.services.facts import REMOTE, UNMET_ATTEMPTS, UNMET_REFUSALS, part_of_day, semester_of
from versants.mobile.services.records import STOOD_READY
from versants.people.enums import CLINICAL_DISCIPLINES, Discipline
from versants.people.models import Person, Team

_DONE = {
    "crisis": (Done.LISTENING, Done.STABILISING),
    "follow_up": (Done.LISTENING, Done.STABILISING),
    "assessment": (Done.ASSESSING, Done.LISTENING, Done.ORIENTING),
    "mediation": (Done.MEDIATING, Done.INFORMING),
    "drop_in": (Done.INFORMING, Done.ORIENTING),
    "talk_group": (Done.LISTENING, Done.INFORMING),
    "team_support": (Done.SUPPORTING_STAFF,),
    "referral": (Done.ORIENTING, Done.ACCOMPANYING),
}
_STEPS = {
    Step.NEW_VISIT: 0.3,
    Step.CALL_BACK: 0.2,
    Step.DOCTOR: 0.13,
    Step.SERVICE: 0.12,
    Step.PAPERS: 0.12,
    Step.TALK_TO_CENTRE: 0.1,
    Step.OTHER: 0.03,
}


def sign(
    world: World,
    where: Visit,
    people: Sequence[Person],
    *,
    n_persons: int,
    n_professionals: int = 0,
    draft: bool = False,
) -> Record:
    """The record of a visit that took place, with its notes; signed unless ``draft``, and counted once signed."""
    seats = cases.assignments_of(world, where)
    author = seats[0][1]
    interpreted = any(a.slot.discipline == Discipline.INTERPRETER for a, _ in seats)
    start, end = where.held.lower, where.held.upper
    began = start + timedelta(minutes=world.pick((0, 0, 5, 5, 10, 15)))
    minutes = max(20, where.duration_min + world.pick((-15, -10, 0, 0, 0, 5, 10, 20)))
    written = min(end + timedelta(minutes=world.pick((30, 60, 180, 1200, 1500, 2800, 4300))), world.moment)
    state = RecordState.DRAFT if draft else RecordState.SIGNED
    done = list(_DONE[where.kind])[: world.pick((1, 2, 2, 3))] + (
        [Done.ORIENTING] if world.chance(0.2) else []
    )
    steps = _steps(world, written)
    row = world.add(
        Record,
        visit=where,
        team_id=where.team_id,
        kind=where.kind,
        mode=where.mode,
        state=state,
        began_at=began,
        duration_min=minutes,
        n_persons=n_persons,
        n_professionals=n_professionals,
        done=sorted({str(one) for one in done}),
        with_interpreter=interpreted,
        steps=steps,
        written_by=author.membership.pk,
        saved_at=written,
        signed_at=None if draft else written,
        signed_by=None if draft else author.membership.pk,
        version=2 if draft else 3,
    )
    for person in people:
        world.add(RecordPerson, record=row, person=person, team_id=where.team_id)
    _notes(world, where, author, people, written)
    if draft:
        return row
    where.state, where.version = VisitState.DONE, 3
    for assignment, member in seats:
        if assignment.state in (AssignmentState.OFFERED, AssignmentState.ACCEPTED):
            assignment.state = AssignmentState.DONE
        if assignment.slot.discipline == Discipline.INTERPRETER:
            _hours(world, assignment, member, began, minutes)
    _follow_up(world, where, people, steps, author, written)
    if world.chance(0.02):
        language = _language_of(author)
        addition = world.add(
            RecordAddition,
            record=row,
            team_id=where.team_id,
            key=_key(where, people),
            by=author.membership.pk,
            at=min(written + timedelta(days=2), world.moment),
        )
        world.seal(addition, text=world.pick(texts.ADDITIONS[language]))
    world.named.setdefault("signed", []).append((written, row.pk, row, tuple(people)))
    return row


def _language_of(author: Member) -> str:
    return "nl" if author.membership.account.language == "nl" else "fr"


def _key(where: Visit, people: Sequence[Person]) -> Any:
    """Words about one person stand under that person's key, others under the request's."""
    return people[0].key if len(people) == 1 else where.request.key


def _clinical_key(world: World, where: Visit, people: Sequence[Person], at: datetime) -> Any:
    """As mobile.services.keys: the person's clinical key, or one for this visit's clinical words alone."""
    if len(people) == 1:
        return people[0].clinical_key
    team = next(team for team in world.all(Team) if team.pk == where.team_id)
    return world.key(team, at, apart_of=where.request.key)


def _notes(world: World, where: Visit, author: Member, people: Sequence[Person], at: datetime) -> None:
    language = _language_of(author)
    clinical = bool(CLINICAL_DISCIPLINES & set(author.row.disciplines))
    canary = any(person.pk in world.named["canary_ids"] for person in people)
    if canary or world.chance(0.75):
        note = world.add(SocialNote, visit=where, team_id=where.team_id, key=_key(where, people), saved_at=at)
        world.seal(note, text=canaries.SOCIAL_NOTE if canary else world.pick(texts.SOCIAL_NOTES[language]))
    if clinical and people and (canary or world.chance(0.7)):
        note = world.add(
            ClinicalNote,
            visit=where,
            team_id=where.team_id,
            key=_clinical_key(world, where, people, at),
            saved_at=at,
        )
        world.seal(
            note, text=canaries.CLINICAL_NOTE if canary else world.pick(texts.CLINICAL_NOTES[language])
        )


def _steps(world: World, at: datetime) -> list[dict[str, str]]:
    if world.chance(0.35):
        return []
    first = clock.local(at).date()
    return [
        {
            "step": str(world.weighted(_STEPS)),
            "due_on": (first + timedelta(days=world.pick((1, 2, 4, 7, 7, 10, 14)))).isoformat(),
        }
        for _number in range(world.pick((1, 1, 1, 2)))
    ]


def _follow_up(
    world: World,
    where: Visit,
    people: Sequence[Person],
    steps: list[dict[str, str]],
    author: Member,
    at: datetime,
) -> None:
    for step in steps:
        due = clock.at(date.fromisoformat(step["due_on"]), 16)
        recent = (world.moment - due).days < 14
        done = (
            None
            if (recent and not world.chance(0.35))
            else min(due - timedelta(hours=world.pick((1, 20, 30))), world.moment)
        )
        if done is not None:
            done = max(done, at)
        world.add(
            FollowUp,
            visit=where,
            person=people[0] if len(people) == 1 else None,
            team_id=where.team_id,
            step=step["step"],
            due_on=date.fromisoformat(step["due_on"]),
            by_professional=author.row,
            done_at=done,
            created_at=at,
        )


def _hours(world: World, assignment: Assignment, member: Member, began: datetime, minutes: int) -> None:
    world.add(
        ConfirmedHours,
        assignment=assignment,
        professional=member.row,
        organisation_id=member.row.organisation_id,
        began_at=began,
        minutes=minutes,
        travel_min=2 * assignment.travel_min,
        confirmed_at=min(began + timedelta(hours=7), world.moment),
    )


def fail(world: World, where: Visit, reason: str) -> None:
    """A visit that was due and did not take place."""
    seats = cases.assignments_of(world, where)
    author = seats[0][1] if seats else None
    at = where.held.lower + timedelta(minutes=50)
    world.add(
        Attempt,
        visit=where,
        team_id=where.team_id,
        reason=reason,
        by=author.membership.pk if author else None,
        at=at,
    )
    where.state, where.version = VisitState.MISSED, 3
    after = AssignmentState.DONE if reason in STOOD_READY else AssignmentState.RELEASED
    for assignment, _member in seats:
        assignment.state = after
    day = clock.local(where.held.lower).date()
    world.add(
        InterventionFact,
        day=day,
        semester=semester_of(day),
        team_id=where.team_id,
        versant=where.versant,
        commune_id=where.commune_id,
        kind=where.kind,
        language_id=language_of(world, where),
        mode=where.mode,
        delivered=0,
        attempted=1,
        part_of_day=part_of_day((where.held or where.window).lower),
    )
    if reason in UNMET_ATTEMPTS:
        unmet(
            world, where.request, "attempt", reason, where.held.lower, commune=where.commune_id, where=where
        )


def language_of(world: World, where: Visit) -> str | None:
    """The language interpreted, else the first asked for."""
    for slot in cases.slots_of(world, where):
        if slot.discipline == Discipline.INTERPRETER:
            return slot.language_id
    return first_language(world, where.request)


def first_language(world: World, request: Any) -> str | None:
    """The language of rank 1 of a request."""
    known = world.named.setdefault("first_languages", {})
    rows = world.all(RequestLanguage)
    for row in rows[world.named.get("languages_seen", 0) :]:
        if row.rank == 1:
            known[row.request_id] = row.language_id
    world.named["languages_seen"] = len(rows)
    return known.get(request.pk)


def unmet(
    world: World,
    request: Any,
    origin: str,
    reason: str,
    at: datetime,
    *,
    commune: str = "",
    where: Visit | None = None,
) -> None:
    """A need that was not met for want of somebody, as counted (mobile.services.facts)."""
    if origin == "refused" and reason not in UNMET_REFUSALS:
        return
    # A refusal counts on the day it was asked, at the hour that was wanted.
    day = clock.local(request.asked_at if origin == "refused" else at).date()
    place = commune or request.site.commune_id
    world.add(
        UnmetNeed,
        day=day,
        semester=semester_of(day),
        team_id=request.team_id,
        versant=places.town(place).versant,
        commune_id=place,
        language_id=language_of(world, where) if where else first_language(world, request),
        urgency=request.urgency,
        origin=origin,
        reason=reason,
        part_of_day=part_of_day(at),
    )


def count(world: World) -> None:
    """The fact of every signed record, in the order of signing: a person is new the first time only."""
    met: set[int] = set()
    for _written, _pk, row, people in sorted(world.named.get("signed", []), key=lambda one: one[:2]):
        where: Visit = row.visit
        new = {person.pk for person in people} - met
        met |= new
        day = clock.local(row.began_at).date()
        world.add(
            InterventionFact,
            day=day,
            semester=semester_of(day),
            team_id=where.team_id,
            versant=where.versant,
            commune_id=where.commune_id,
            kind=row.kind,
            language_id=language_of(world, where),
            mode=row.mode,
            delivered=1,
            attempted=0,
            n_persons=row.n_persons,
            n_first_contacts=len(new),
            n_professionals=row.n_professionals,
            minutes=row.duration_min,
            with_interpreter=_with(world, where, row.with_interpreter),
            part_of_day=part_of_day((where.held or where.window).lower),
        )


def _with(world: World, where: Visit, interpreted: bool) -> str:
    if not interpreted:
        return "none"
    for slot in cases.slots_of(world, where):
        if slot.discipline == Discipline.INTERPRETER:
            return "remote" if (slot.mode or where.mode) in REMOTE else "on_site"
    return "remote" if where.mode != Mode.ON_SITE else "on_site"
