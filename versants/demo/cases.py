"""Requests, visits and places in them, with the rights that assigning opens: rows as the services write them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from versants.core.access.classes import CLINICAL_ROLES, DataClass
from versants.core.ids import token_hash
from versants.core.models import Grant
from versants.core.periods import span
from versants.demo import persons as files
from versants.demo import places, placing, texts
from versants.demo.staff import Member
from versants.demo.world import World
from versants.mobile.enums import (
    Agreement,
    AssignmentState,
    Audience,
    Channel,
    Mode,
    Pin,
    RequestState,
    Urgency,
    VisitState,
)
from versants.mobile.models import (
    Assignment,
    Need,
    Request,
    RequestEvent,
    RequestLanguage,
    RequestLink,
    RequestMatter,
    RequestNote,
    RequestPerson,
    Slot,
    Visit,
)
from versants.mobile.services import promises
from versants.mobile.services.offers import link_id
from versants.people.enums import CARE_DISCIPLINES, Discipline, Level
from versants.people.models import Person, Site, Team
from versants.people.services.grants import CARE_ROLES, IDENTITY_MARGIN, LOGISTIC_MARGIN

MINUTES = {
    "crisis": 90,
    "follow_up": 60,
    "assessment": 90,
    "mediation": 90,
    "drop_in": 180,
    "talk_group": 120,
    "team_support": 120,
    "referral": 60,
}
COMPLEXITY = {
    "crisis": 4,
    "follow_up": 3,
    "assessment": 3,
    "mediation": 2,
    "drop_in": 2,
    "talk_group": 3,
    "team_support": 1,
    "referral": 2,
}
CATEGORY = {
    "crisis": ("distress", "trauma"),
    "follow_up": ("distress", "sleep", "grief", "trauma"),
    "assessment": ("distress", "sleep", "health"),
    "mediation": ("conflict",),
    "drop_in": ("papers", "health", "other"),
    "talk_group": ("children", "grief", "distress"),
    "team_support": ("team_support",),
    "referral": ("health", "papers", "addiction"),
}


def token(name: str) -> str:
    """The token of a link of this world: always the same, so that guides and tests may name it.

    Anybody can compute it, as anybody can read the passwords: the world never runs where others reach it.
    """
    raw = hashlib.sha256(f"versants demo {name}".encode()).digest()[:16]
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def team_for(world: World, site: Site) -> Team:
    """The team that a centre's link asks."""
    return world.named["french" if places.versant(site) == places.FR else "walloon"]


def links(world: World) -> None:
    """Each centre's link: the one on the wall now, and the one that has ended."""
    for site in places.centres(world):
        for name, low, high in (("old", -1400, -70), ("now", -70, 110)):
            world.named[f"link:{name}:{site.pk}"] = world.add(
                RequestLink,
                site=site,
                organisation_id=site.organisation_id,
                team=team_for(world, site),
                token_hash=token_hash(token(f"link {name} {site.name} {site.commune_id}")),
                period=span(world.at(low, 9), world.at(high, 9)),
                created_at=world.at(low, 9),
            )


def request(
    world: World,
    *,
    team: Team,
    asked_at: datetime,
    urgency: str,
    site: Site | None = None,
    channel: str = Channel.LINK,
    state: str = RequestState.CLOSED,
    languages: Sequence[str] = (),
    people: Sequence[Person] = (),
    code_given: str = "",
    words: str = "",
    phone: str = "",
    who: str = "",
    agreement: str = Agreement.AGREES,
    language_of_answer: str = "",
    categories: Sequence[str] = (),
    danger: str = "",
    why_not: str = "",
    interpreted_by: str = "",
    refusal: str = "",
    **fields: Any,
) -> Request:
    """A request as it was received, with its words, its persons, its languages and its first line."""
    key = world.key(team, asked_at)
    link = None
    if channel == Channel.LINK and site is not None:
        current = world.named[f"link:now:{site.pk}"]
        link = current if asked_at in current.period else world.named[f"link:old:{site.pk}"]
    flemish = site is not None and places.versant(site) == places.WVL
    fields.setdefault("audience", Audience.PERSON)
    fields.setdefault("n_people", max(1, len(people)))
    fields.setdefault("promised_at", promises.promised_at(team, urgency, asked_at))
    row = world.add(
        Request,
        team=team,
        key=key,
        number="",
        channel=channel,
        link=link,
        site=site,
        site_organisation_id=site.organisation_id if site else None,
        language_of_answer=language_of_answer or ("nl" if flemish else "fr"),
        state=state,
        urgency=urgency,
        asked_at=asked_at,
        **fields,
    )
    for rank, code in enumerate(languages, 1):
        world.add(RequestLanguage, request=row, language_id=code, rank=rank)
    travels = agreement != Agreement.NOT_YET
    matter = world.add(
        RequestMatter,
        request=row,
        team=team,
        key=key,
        categories=list(categories) if travels else [],
        danger=danger,
        agreement=agreement,
        why_may_lack=urgency == Urgency.CRISIS,
        interpreted_by=interpreted_by,
        refusal=refusal,
    )
    world.seal(matter, why_not=why_not)
    note = world.add(RequestNote, request=row, team=team, key=key)
    number = row.pk
    world.seal(
        note,
        summary=(words or world.pick(texts.REQUEST_WORDS[urgency])) if travels else "",
        callback_phone=phone
        or f"+{33 if team.versant == places.FR else 32} 000 2{number // 100:02d} {number % 100:02d}",
        callback_who=who or world.pick(texts.WHO_CALLS_BACK),
    )
    if travels:
        for person in people:
            world.add(RequestPerson, request=row, person=person, code_given=person.code, team=team)
        if code_given:
            world.add(RequestPerson, request=row, person=None, code_given=code_given, team=team)
    event(world, row, asked_at, "received", {"channel": channel}, shown=True)
    return row


def event(
    world: World,
    row: Request,
    at: datetime,
    code: str,
    facts: dict[str, Any] | None = None,
    *,
    shown: bool = False,
) -> None:
    """A line of "who was told"."""
    world.add(RequestEvent, request=row, at=at, code=code, facts=facts or {}, for_requester=shown)


def need(world: World, row: Request, kind: str, at: datetime, series: dict[str, Any] | None = None) -> Need:
    """What triage decided."""
    return world.add(Need, request=row, team_id=row.team_id, kind=kind, series=series, created_at=at)


def visit(
    world: World,
    row: Request,
    wanted: Need,
    site: Site,
    *,
    window: DateTimeTZRange,
    held: DateTimeTZRange | None = None,
    minutes: int | None = None,
    **fields: Any,
) -> Visit:
    """A visit of that need at that site; without ``held`` it has no team yet."""
    kind = wanted.kind
    fields.setdefault("state", VisitState.PLANNED if held else VisitState.OPEN)
    fields.setdefault("complexity", COMPLEXITY[kind])
    fields.setdefault("pin", Pin.FREE)
    return world.add(
        Visit,
        need=wanted,
        request=row,
        team_id=row.team_id,
        kind=kind,
        urgency=fields.pop("urgency", row.urgency),
        site=site,
        commune_id=site.commune_id,
        versant=places.versant(site),
        country=places.country(site),
        mode=fields.pop("mode", row.mode),
        gender_wish=row.gender_wish,
        window=window,
        duration_min=minutes or MINUTES[kind],
        held=held,
        **fields,
    )


def slot(world: World, where: Visit, discipline: str, *, language: str = "", **fields: Any) -> Slot:
    """The next place in a visit."""
    rank = 1 + sum(1 for one in slots_of(world, where))
    hard = where.complexity > 2
    fields.setdefault("level", Level.B2 if hard else Level.B1)
    row = world.add(
        Slot, visit=where, rank=rank, discipline=discipline, language_id=language or None, **fields
    )
    slots_of(world, where).append(row)
    return row


def slots_of(world: World, where: Visit) -> list[Slot]:
    """Its places, in order."""
    return world.named.setdefault("slots", {}).setdefault(where.pk, [])


def assign(
    world: World,
    place: Slot,
    member: Member,
    people: Sequence[Person] = (),
    *,
    at: datetime,
    state: str = AssignmentState.ACCEPTED,
    answer_by: datetime | None = None,
    offer: str = "",
) -> Assignment:
    """Put ``member`` in a place: their time is held, and what they need to see opens."""
    where = place.visit
    town = places.commune(where.site)
    remote = (place.mode or where.mode) != Mode.ON_SITE
    row = world.add(
        Assignment,
        slot=place,
        visit=where,
        professional=member.row,
        held=where.held,
        travel_min=0 if remote else placing.road(member.base, town),
        state=state,
        answer_by=answer_by,
        answered_at=None if state == AssignmentState.OFFERED else at + timedelta(hours=1),
        created_at=at,
    )
    if offer:
        put_by_link(world, row, offer)
    member.hold(where.held.lower, where.held.upper, None if remote else town)
    world.named.setdefault("assignments", {}).setdefault(where.pk, []).append((row, member))
    open_to(world, row, member, place.discipline, people, at)
    return row


def put_by_link(world: World, row: Assignment, name: str) -> None:
    """The link of an offer, which reads the logistics of its one visit, as services.offers makes it."""
    row.offer_token_hash = token_hash(token(name))
    world.add(
        Grant,
        subject_kind="visit",
        subject_id=row.visit_id,
        holder_kind="link",
        holder_id=link_id(row),
        data_class=DataClass.LOGISTIC,
        period=span(min(row.created_at, row.held.lower), row.held.upper),
        because="assignment",
        because_id=row.pk,
        given_by_team=row.visit.team_id,
        created_at=row.created_at,
    )


def announce(world: World) -> None:
    """What those who asked were told of visits to come: who comes, as services.announcing says it."""
    found: dict[int, list[RequestEvent]] = {}
    for one in world.all(RequestEvent):
        if one.code == "team_found":
            found.setdefault(one.request_id, []).append(one)
    for where in world.all(Visit):
        seats = [row for row, _member in assignments_of(world, where)]
        if where.state != VisitState.PLANNED or not seats or where.held.upper <= world.moment:
            continue
        if any(row.state != AssignmentState.ACCEPTED for row in seats):
            continue
        for one in found.get(where.request_id, ()):
            one.for_requester = False
        facts = {
            "visit": str(where.uid),
            "start": where.held.lower.isoformat(),
            "who": [[row.slot.discipline, row.professional.first_name] for row in seats],
        }
        at = min(world.moment, max(row.answered_at for row in seats))
        event(world, where.request, at, "who_comes", facts, shown=True)


def assignments_of(world: World, where: Visit) -> list[tuple[Assignment, Member]]:
    """Who is in it."""
    return world.named.setdefault("assignments", {}).get(where.pk, [])


def open_to(
    world: World, row: Assignment, member: Member, discipline: str, people: Sequence[Person], at: datetime
) -> None:
    """The grants of an assignment, as people.services.grants.for_assignment writes them at that instant."""
    where, membership = row.visit, member.membership
    start, end = where.held.lower, where.held.upper
    logistic = span(min(at, start), end + LOGISTIC_MARGIN)
    around = span(start - IDENTITY_MARGIN, end + IDENTITY_MARGIN)

    def give(kind: str, subject: int, data_class: str, period: DateTimeTZRange, consent: Any = None) -> None:
        if consent is not None and consent.period.upper is not None:
            if consent.period.upper <= period.lower:
                return
            period = span(period.lower, min(period.upper, consent.period.upper))
        world.add(
            Grant,
            subject_kind=kind,
            subject_id=subject,
            holder_kind="membership",
            holder_id=membership.pk,
            data_class=data_class,
            period=period,
            because="assignment",
            because_id=row.pk,
            consent_id=consent.pk if consent else None,
            given_by_team=where.team_id,
            created_at=at,
        )

    give("visit", where.pk, DataClass.LOGISTIC, logistic)
    cares = discipline in CARE_DISCIPLINES and membership.role in CARE_ROLES
    if cares:
        give("visit", where.pk, DataClass.SOCIAL, logistic)
        if membership.role in CLINICAL_ROLES:
            give("visit", where.pk, DataClass.CLINICAL, logistic)
    for person in people:
        give("person", person.pk, DataClass.LOGISTIC, logistic)
        if not cares:
            continue
        consent = None
        if membership.versant != person.versant:
            consent = files.crossing(world, person, membership.versant, start)
            if consent is None:
                continue
        give("person", person.pk, DataClass.IDENTITY, around, consent)
        if membership.team_id != where.team_id:
            give("person", person.pk, DataClass.SOCIAL, logistic, consent)
            if membership.role in CLINICAL_ROLES:
                give("person", person.pk, DataClass.CLINICAL, logistic, consent)


def number_requests(world: World) -> None:
    """R-2026-00412: by year, in the order of asking."""
    from versants.core import clock

    counts: dict[int, int] = {}
    for row in sorted(world.all(Request), key=lambda r: (r.asked_at, r.pk)):
        year = clock.local(row.asked_at).year
        counts[year] = counts.get(year, 0) + 1
        row.number = f"R-{year}-{counts[year]:05d}"


# Which roles a kind of visit asks for, apart from the interpreter; the first one writes the record.
ROLES: dict[str, tuple[tuple[str, ...], ...]] = {
    "crisis": ((Discipline.PSYCHOLOGIST,),),
    "follow_up": (
        (Discipline.PSYCHOLOGIST,),
        (Discipline.PSYCHOLOGIST,),
        (Discipline.NURSE,),
        (Discipline.PSYCHOMOTRICIAN,),
    ),
    "assessment": ((Discipline.PSYCHOLOGIST,), (Discipline.PSYCHOLOGIST, Discipline.SOCIAL_WORKER)),
    "mediation": ((Discipline.MEDIATOR,), (Discipline.MEDIATOR, Discipline.SOCIAL_WORKER)),
    "drop_in": ((Discipline.PSYCHOLOGIST, Discipline.AMBASSADOR), (Discipline.SOCIAL_WORKER,)),
    "talk_group": ((Discipline.PSYCHOLOGIST, Discipline.MEDIATOR), (Discipline.PSYCHOLOGIST,)),
    "team_support": ((Discipline.PSYCHOLOGIST,),),
    "referral": ((Discipline.SOCIAL_WORKER,), (Discipline.NURSE,), (Discipline.LAWYER,)),
}
URGENCY = {"crisis": Urgency.CRISIS, "assessment": Urgency.URGENT, "mediation": Urgency.URGENT}
