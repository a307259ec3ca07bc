"""Those who are accompanied: codes, sealed identities, languages, households, consents, and the rights that the
services would have written for them."""

from __future__ import annotations

from datetime import datetime, timedelta

from versants.core.access.classes import DataClass
from versants.core.models import Grant
from versants.core.periods import span
from versants.demo import canaries, names, texts
from versants.demo.staff import Member, members
from versants.demo.world import World
from versants.people.enums import AgeGroup, ConsentMode, Gender, Purpose
from versants.people.models import (
    ClinicalSheet,
    Consent,
    Household,
    Identity,
    NameHash,
    Person,
    PersonLanguage,
    SocialSheet,
    Team,
)

_SECOND = {
    "tir": "amh",
    "pus": "prs",
    "prs": "pes",
    "kmr": "tur",
    "ukr": "rus",
    "ful": "man",
    "apd": "ara",
    "apc": "ara",
}


def make(
    world: World,
    team: Team,
    language: str,
    at: datetime,
    *,
    gender: str = "",
    age: str = "",
    code: str = "",
    household: Household | None = None,
    identity: dict[str, str] | None = None,
    referent: Member | None = None,
) -> Person:
    """A person of ``team`` registered at ``at``, with identity, both sheets, languages, consents and referent."""
    rng = world.rng
    gender = gender or (Gender.MAN if world.chance(0.56) else Gender.WOMAN)
    age = age or world.weighted({AgeGroup.ADULT: 0.83, AgeGroup.MINOR: 0.17})
    key = world.key(team, at)
    clinical_key = world.key(team, at, apart_of=key)
    person = world.add(
        Person,
        code=world.code(code),
        key=key,
        clinical_key=clinical_key,
        team=team,
        versant=team.versant,
        household=household,
        gender=gender,
        age_group=age,
        created_at=at,
    )
    first, family = names.draw(world, names.BY_LANGUAGE.get(language, names.STAFF["fr"]), gender)
    years = {AgeGroup.CHILD: (2, 11), AgeGroup.MINOR: (13, 17)}.get(age, (19, 58))
    born = at - timedelta(days=365 * rng.randrange(*years) + rng.randrange(365))
    number = person.pk
    row = world.add(Identity, person=person, team=team, key=key, address_protected=world.chance(0.06))
    world.add(NameHash, person=person, team=team)
    world.seal(
        row,
        **(
            identity
            or {
                "first_name": first,
                "name": family,
                "birth_date": born.date().isoformat(),
                "phone": f"+{33 if team.versant == 'hauts-de-france' else 32} 000 1{number // 100:02d} {number % 100:02d}",
                "address": "",
            }
        ),
    )
    words = "nl" if world.chance(0.12) else "fr"
    social = world.add(SocialSheet, person=person, team=team, key=key, saved_at=at)
    clinical = world.add(ClinicalSheet, person=person, team=team, key=clinical_key, saved_at=at)
    canary = identity is not None
    world.seal(
        social,
        situation=canaries.SITUATION if canary else world.pick(texts.SITUATIONS[words]),
        plan=world.pick(texts.PLANS[words]),
    )
    if canary or world.chance(0.7):
        world.seal(
            clinical, summary=canaries.CLINICAL if canary else world.pick(texts.CLINICAL_SUMMARIES[words])
        )
    _languages(world, person, language)
    _referent(world, person, at, referent)
    _consents(world, person, language, at)
    return person


def _languages(world: World, person: Person, language: str) -> None:
    spoken = [language]
    second = _SECOND.get(language)
    if second and world.chance(0.35):
        spoken.append(second)
    if world.chance(0.2):
        spoken.append(world.pick(("fra", "eng")))
    for rank, code in enumerate(spoken, 1):
        world.add(
            PersonLanguage,
            person=person,
            language_id=code,
            rank=rank,
            reads=None if world.chance(0.3) else world.chance(0.7),
            needs_interpreter=code not in ("fra", "eng"),
        )


def family(
    world: World, team: Team, language: str, at: datetime, n: int, referent: Member | None = None
) -> list[Person]:
    """People who live together: one or two adults and children."""
    home = world.add(Household, team=team)
    people = [make(world, team, language, at, age=AgeGroup.ADULT, household=home, referent=referent)]
    if n > 3 or world.chance(0.4):
        other = Gender.WOMAN if people[0].gender == Gender.MAN else Gender.MAN
        people.append(
            make(
                world, team, language, at, age=AgeGroup.ADULT, gender=other, household=home, referent=referent
            )
        )
    while len(people) < n:
        age = AgeGroup.CHILD if world.chance(0.7) else AgeGroup.MINOR
        people.append(make(world, team, language, at, age=age, household=home, referent=referent))
    return people


def _referent(world: World, person: Person, at: datetime, chosen: Member | None) -> None:
    """Who follows the person opens the identity until named otherwise (people.services.grants.name_referent)."""
    if chosen is None or chosen.membership.team_id != person.team_id:
        chosen = world.pick(_referents(world, person.team_id))
    world.add(
        Grant,
        subject_kind="person",
        subject_id=person.pk,
        holder_kind="membership",
        holder_id=chosen.membership.pk,
        data_class=DataClass.IDENTITY,
        period=span(at, None),
        because="referent",
        because_id=chosen.membership.pk,
        given_by_team=person.team_id,
        created_at=at,
    )


def _referents(world: World, team_id: int) -> list[Member]:
    cache = world.named.setdefault("referents", {})
    if team_id not in cache:
        cache[team_id] = [
            m
            for m in members(world)
            if m.membership.team_id == team_id and {"psychologist", "social_worker"} & set(m.row.disciplines)
        ]
    return cache[team_id]


# -- consents ---------------------------------------------------------------------------------------------------------


def consents_of(world: World, person: Person) -> list[Consent]:
    """What the person agreed to, in the order of it."""
    return world.named.setdefault("consents", {}).setdefault(person.pk, [])


def consent(
    world: World,
    person: Person,
    purpose: str,
    at: datetime,
    *,
    language: str = "",
    receiving_versant: str = "",
    receiving_team: Team | None = None,
    withdrawn_at: datetime | None = None,
    until: datetime | None = None,
) -> Consent:
    """As people.services.consents records it, and takes it back: the rights that rested on it end with it."""
    row = world.add(
        Consent,
        person=person,
        team_id=person.team_id,
        purpose=purpose,
        receiving_versant=receiving_versant,
        period=span(at, withdrawn_at or until),
        mode=world.weighted(
            {ConsentMode.INTERPRETED: 0.7, ConsentMode.ORAL: 0.15, ConsentMode.WRITTEN: 0.15}
        ),
        language_id=language or None,
        collected_by=world.pick(_referents(world, person.team_id)).membership.pk,
        collected_at=at,
        withdrawn_at=withdrawn_at,
        withdrawn_how="team" if withdrawn_at else "",
    )
    consents_of(world, person).append(row)
    if receiving_team is not None:
        for data_class in (DataClass.LOGISTIC, DataClass.SOCIAL):
            world.add(
                Grant,
                subject_kind="person",
                subject_id=person.pk,
                holder_kind="team",
                holder_id=receiving_team.pk,
                data_class=data_class,
                period=row.period,
                because="consent",
                because_id=row.pk,
                consent_id=row.pk,
                given_by_team=person.team_id,
                created_at=at,
            )
    return row


def _consents(world: World, person: Person, language: str, at: datetime) -> None:
    given = at + timedelta(minutes=20)
    if given >= world.moment:
        return
    if world.chance(0.88):
        consent(world, person, Purpose.FOLLOW_UP, given, language=language)
    if world.chance(0.55):
        consent(
            world,
            person,
            Purpose.EVALUATION,
            given,
            language=language,
            withdrawn_at=_taken_back(world, given, 0.05),
        )
    if world.chance(0.17):
        other = world.named["french" if person.team_id == world.named["walloon"].pk else "walloon"]
        consent(
            world,
            person,
            Purpose.CROSS_BORDER,
            given,
            language=language,
            receiving_versant=other.versant,
            receiving_team=other if world.chance(0.5) else None,
            withdrawn_at=_taken_back(world, given, 0.14),
        )


def _taken_back(world: World, given: datetime, share: float) -> datetime | None:
    if not world.chance(share):
        return None
    back = given + timedelta(days=world.rng.randrange(3, 120), hours=2)
    return back if back < world.moment else None


def crossing(world: World, person: Person, versant: str, at: datetime) -> Consent | None:
    """The consent that lets the file go to ``versant`` at that instant (people.services.grants.crossing_consent).

    A consent taken back since had let it go until then: its rights end with its period.
    """
    for row in consents_of(world, person):
        if row.purpose == Purpose.CROSS_BORDER and row.receiving_versant == versant:
            end = row.period.upper
            if row.period.lower <= at and (end is None or at < end):
                return row
    return None
