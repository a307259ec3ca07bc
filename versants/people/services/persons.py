"""Registering a person, and opening an identity."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext_lazy as _

from versants.core import audit, clock
from versants.core.access.classes import DataClass, Role
from versants.core.access.scope import Actor
from versants.core.crypto import vault
from versants.core.errors import ActionDenied, BadInput, InvalidTransition
from versants.core.models import Grant
from versants.core.periods import span
from versants.people import rules
from versants.people.models import (
    ClinicalSheet,
    Household,
    Identity,
    IdentityOpening,
    Membership,
    Person,
    PersonLanguage,
    SocialSheet,
    Team,
)
from versants.people.services import grants, keys, naming

# Long enough to make a call, short enough to be an exception.
BREAK_GLASS = timedelta(hours=1)
IDENTITY_FIELDS = ("name", "first_name", "birth_date", "phone", "address")


@transaction.atomic
def register_person(
    *,
    actor: Actor,
    gender: str,
    age_group: str,
    languages: Sequence[str] = (),
    identity: dict[str, str] | None = None,
    address_protected: bool = False,
) -> Person:
    """A new person of the actor's team, under a fresh random code. The one who registers becomes the referent.

    Raises ActionDenied ``person.no_team``.
    """
    if actor.team is None:
        raise ActionDenied("person.no_team", _("Only a team that accompanies persons registers them."))
    team = Team.objects.select_related("organisation").get(pk=actor.team)
    key, clinical_key = keys.new_key(team), keys.new_clinical_key(team)
    for attempt in range(5):
        try:
            with transaction.atomic():
                person = Person.objects.create(
                    team_id=actor.team,
                    key=key,
                    clinical_key=clinical_key,
                    versant=actor.versant,
                    gender=gender,
                    age_group=age_group,
                )
            break
        except (
            IntegrityError
        ):  # the one random code in some hundred millions that exists already, maybe unseen
            if attempt == 4:
                raise
    PersonLanguage.objects.bulk_create(
        [PersonLanguage(person=person, language_id=code, rank=rank) for rank, code in enumerate(languages, 1)]
    )
    SocialSheet.objects.create(person=person, team_id=actor.team, key=key)
    _lay_clinical_sheet(person, actor.team)
    if actor.membership is not None:
        grants.name_referent(person=person, membership=Membership.objects.get(pk=actor.membership))
    row = Identity(person=person, team_id=actor.team, key=key, address_protected=address_protected)
    for field in IDENTITY_FIELDS:
        vault.write(row, field, (identity or {}).get(field, ""))
    row.save()
    naming.keep(person, identity or {})
    audit.record("person.registered", subject=person, person_code=person.code)
    return person


def _lay_clinical_sheet(person: Person, team_id: int) -> None:
    # Without RETURNING: a coordinator may lay the sheet and not read it.
    sheet = ClinicalSheet(person=person, team_id=team_id)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO people_clinicalsheet (uid, person_id, team_id, key_id, saved_at) VALUES (%s, %s, %s, %s, %s)",
            [sheet.uid, person.pk, team_id, person.clinical_key_id, clock.now()],
        )


@transaction.atomic
def break_glass(*, person: Person, actor: Actor, reason: str) -> Grant:
    """Open an identity for an hour with a stated reason; the reason is kept and reviewed.

    Members of the team that follows the person. Raises ActionDenied ``person.not_my_team``; BadInput ``reason``;
    InvalidTransition ``person.erased``: nothing is left to open.
    """
    rules.check_may_write_file(actor, person)
    if actor.membership is None:
        raise ActionDenied("person.nobody", _("Somebody must answer for this."))
    if reason not in REASONS:
        raise BadInput("reason", _("Say why you open it."))
    if person.key.wrapped is None:
        raise InvalidTransition("person.erased", _("This file was erased already."))
    now = clock.now()
    grant = Grant.objects.create(
        subject_kind="person",
        subject_id=person.pk,
        holder_kind="membership",
        holder_id=actor.membership,
        data_class=DataClass.IDENTITY,
        period=span(now, now + BREAK_GLASS),
        because="break_glass",
        given_by_team=person.team_id,
    )
    IdentityOpening.objects.create(
        person=person,
        team_id=person.team_id,
        grant=grant,
        opened_by=actor.membership,
        opened_at=now,
        reason=reason,
    )
    audit.record("identity.opened", subject=person, person_code=person.code, reason=reason, minutes=60)
    return grant


@transaction.atomic
def review_opening(*, opening: IdentityOpening, actor: Actor) -> IdentityOpening:
    """Somebody of the coordination, and never the one who opened it, under whichever role, has looked at it.

    Raises ActionDenied ``opening.coordination`` or ``opening.own``; InvalidTransition ``opening.reviewed``.
    """
    opening = (
        IdentityOpening.objects.select_for_update(of=("self",)).select_related("person").get(pk=opening.pk)
    )
    if actor.role != Role.COORDINATOR or actor.team != opening.team_id:
        raise ActionDenied("opening.coordination", _("The coordination of the team reviews openings."))
    opener = Membership.objects.filter(pk=opening.opened_by).values_list("account_id", flat=True).first()
    if opening.opened_by == actor.membership or opener == actor.account:
        raise ActionDenied("opening.own", _("Somebody else reviews it."))
    if opening.reviewed_at is not None:
        raise InvalidTransition("opening.reviewed", _("This opening was reviewed already."))
    opening.reviewed_by, opening.reviewed_at = actor.membership, clock.now()
    opening.save(update_fields=["reviewed_by", "reviewed_at"])
    audit.record("identity.opening_reviewed", subject=opening, person_code=opening.person.code)
    return opening


@transaction.atomic
def join_household(*, person: Person, other: Person, actor: Actor) -> Person:
    """These two live together. Both are followed by the actor's team.

    Raises ActionDenied ``person.not_my_team``; BadInput ``household.self``.
    """
    rules.check_may_write_file(actor, person)
    rules.check_may_write_file(actor, other)
    if person.pk == other.pk:
        raise BadInput("household.self", _("Name somebody else of the household."))
    if other.household_id is None:
        other.household = Household.objects.create(team_id=other.team_id)
        other.save(update_fields=["household"])
    person.household_id = other.household_id
    person.save(update_fields=["household"])
    audit.record("person.household", subject=person, person_code=person.code)
    return person


REASONS = {
    "danger": _("somebody is in danger"),
    "call": _("to ring the person"),
    "hospital": _("a hospital or doctor asks"),
    "mistake": _("to correct a mistake in the file"),
}


def read_identity(*, person: Person, actor: Actor) -> dict[str, str] | None:
    """The identity in clear if ``actor`` holds a grant, and the reading is logged; None if nothing opens it.

    Of somebody erased it is empty: a restored backup brings the rights back, and never the keys.
    """
    row = Identity.objects.visible_to(actor).filter(person=person).select_related("key").first()
    if row is None:
        return None
    audit.record("identity.read", subject=person, person_code=person.code)
    return {field: vault.left(row, field) for field in IDENTITY_FIELDS}
