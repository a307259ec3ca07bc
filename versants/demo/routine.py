"""What the teams do beside visits, and the trace of who read what."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from versants.core import clock
from versants.core.access.classes import DataClass
from versants.core.models import AuditEvent, Grant
from versants.core.periods import span
from versants.demo.history import workdays
from versants.demo.staff import Member, members
from versants.demo.world import World
from versants.mobile.enums import HOLDING, RecordState, TimeKind
from versants.mobile.models import Assignment, Record, RecordPerson, StaffTime
from versants.people.enums import TeamKind
from versants.people.models import IdentityOpening, Membership, Person

# Meetings and supervision are written down since then, in days before the day shown; travel and writing always were.
SINCE_DAYS = 370
READS_DAYS = 60


def build(world: World) -> None:
    """Staff times, then readings and signatures of the last weeks."""
    times(world)
    trace(world)
    openings(world)


def times(world: World) -> None:
    """Minutes of each day by kind: the road of the day's visits, the writing after them, and the rest of the week."""
    found: dict[tuple[int, date, str], int] = {}

    def note(member: Member, day: date, kind: str, minutes: int) -> None:
        if minutes and day < world.day:
            key = (member.row.pk, day, str(kind))
            found[key] = min(600, found.get(key, 0) + minutes)

    by_professional = {m.row.pk: m for m in members(world)}
    carers = [
        m for m in members(world) if m.row.team.kind == TeamKind.INTEGRAPSY and not m.row.interpreter_kind
    ]
    paid = {m.row.pk for m in carers}
    for row in world.all(Assignment):
        if row.state in HOLDING and row.professional_id in paid:
            day = clock.local(row.held.lower).date()
            note(by_professional[row.professional_id], day, TimeKind.TRAVEL, 2 * row.travel_min)
            note(by_professional[row.professional_id], day, TimeKind.PREPARATION, world.pick((0, 10, 15, 20)))
            note(by_professional[row.professional_id], day, TimeKind.WRITING, world.pick((15, 20, 30, 45)))
    days = workdays(world.day - timedelta(days=SINCE_DAYS), world.day, "BE")
    for member in carers:
        weekdays = {weekday for weekday, *_ in member.pattern}
        meeting = world.pick(sorted(weekdays))
        for day in days:
            if day.weekday() == meeting:
                note(member, day, TimeKind.MEETING, world.pick((60, 60, 75, 90)))
                if day.day <= 7:
                    note(member, day, TimeKind.SUPERVISION, 120)
    for (professional, day, kind), minutes in sorted(found.items()):
        row = by_professional[professional].row
        world.add(
            StaffTime,
            professional=row,
            organisation_id=row.organisation_id,
            day=day,
            kind=kind,
            minutes=minutes,
        )


def _event(
    world: World, at: datetime, action: str, who: Membership, row: object, code: str = "", **facts: object
) -> None:
    world.add(
        AuditEvent,
        at=min(at, world.moment),
        action=action,
        actor_kind="membership",
        membership_id=who.pk,
        account_id=who.account_id,
        organisation_id=who.organisation_id,
        team_id=who.team_id,
        role=who.role,
        subject_kind=row._meta.model_name,
        subject_uid=str(row.uid),
        person_code=code,
        facts=facts,
    )


def trace(world: World) -> None:
    """Who read a file before a visit and signed after it, in the last weeks."""
    since = world.moment - timedelta(days=READS_DAYS)
    by_membership = {m.membership.pk: m.membership for m in members(world)}
    people: dict[int, list[Person]] = {}
    for present in world.all(RecordPerson):
        people.setdefault(present.record_id, []).append(present.person)
    found = []
    for row in world.all(Record):
        if row.state != RecordState.SIGNED or row.signed_at < since:
            continue
        author = by_membership[row.signed_by]
        for person in people.get(row.pk, ()):
            before = row.began_at - timedelta(minutes=world.pick((25, 60, 200, 900)))
            if author.versant == person.versant:
                found.append((before, "person.read", author, person, person.code, {}))
                if world.chance(0.4):
                    found.append(
                        (before + timedelta(minutes=1), "identity.read", author, person, person.code, {})
                    )
            facts = {"visit": str(row.visit.uid)}
            found.append((row.signed_at, "record.signed", author, row, person.code, facts))
    for at, action, who, row, code, facts in sorted(
        found, key=lambda line: (line[0], line[1], line[2].pk, line[4])
    ):
        _event(world, at, action, who, row, code, **facts)


def openings(world: World) -> None:
    """Identities opened with a stated reason: two reviewed, one that waits for its review."""
    for number, (person, key, days, reason) in enumerate(
        (
            ("person:mouscron", "camille", 9, "hospital"),
            ("person:lievin", "helene", 6, "call"),
            ("person:jemappes", "elise", 1, "danger"),
        )
    ):
        row = world.named[person]
        who = world.named[key] if isinstance(world.named[key], Membership) else world.named[key].membership
        at = world.told(-days, 15, 20)
        grant = world.add(
            Grant,
            subject_kind="person",
            subject_id=row.pk,
            holder_kind="membership",
            holder_id=who.pk,
            data_class=DataClass.IDENTITY,
            period=span(at, at + timedelta(hours=1)),
            because="break_glass",
            given_by_team=row.team_id,
            created_at=at,
        )
        reviewer = _reviewer(world, row, who) if number < 2 else None
        world.add(
            IdentityOpening,
            person=row,
            team_id=row.team_id,
            grant=grant,
            opened_by=who.pk,
            opened_at=at,
            reason=reason,
            reviewed_by=reviewer.pk if reviewer else None,
            reviewed_at=at + timedelta(days=1) if reviewer else None,
        )
        _event(world, at, "identity.opened", who, row, row.code, reason=reason, minutes=60)


def _reviewer(world: World, person: Person, opener: Membership) -> Membership:
    return next(
        m.membership
        for m in members(world)
        if m.membership.team_id == person.team_id and m.membership.pk != opener.pk
    )
