"""Recording a consent and taking it back. Taking back is as easy as giving, and works at once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from versants.core import audit, clock
from versants.core.access import scope
from versants.core.access.classes import DataClass
from versants.core.errors import ActionDenied, BadInput, InvalidTransition
from versants.core.models import Grant
from versants.core.periods import span
from versants.core.retry import retrying
from versants.people import rules
from versants.people.enums import Purpose
from versants.people.models import Consent, Person, Team
from versants.people.services import grants


def read(person: Person, actor: scope.Actor) -> list[Consent]:
    """What ``actor`` sees of what the person agreed to, newest first; the database is asked once for this ``person``
    object until something is written with it, as its timeline and the list beside it tell of the same."""
    kept: dict[scope.Actor, list[Consent]] = vars(person).setdefault("consents_read", {})
    if actor not in kept:
        seen = Consent.objects.visible_to(actor).filter(person=person).select_related("language")
        kept[actor] = list(seen.order_by("-collected_at"))
    return kept[actor]


def _forget(person: Person) -> None:
    vars(person).pop("consents_read", None)


@transaction.atomic
def record_consent(
    *,
    person: Person,
    actor: scope.Actor,
    purpose: str,
    mode: str,
    receiving_versant: str = "",
    until: datetime | None = None,
    language_id: str | None = None,
    receiving_team: Team | None = None,
) -> Consent:
    """Write down what the person agreed to. With ``receiving_team`` its carers may read the social file meanwhile.

    Raises ActionDenied ``person.not_my_team``; BadInput ``consent.versant`` or ``consent.period``.
    """
    rules.check_may_write_file(actor, person)
    if purpose == Purpose.CROSS_BORDER and not receiving_versant:
        raise BadInput("consent.versant", _("Say which versant receives the data."))
    now = clock.now()
    if until is not None and until <= now:
        raise BadInput("consent.period", _("The consent ends after it begins."))
    if receiving_team is not None and receiving_team.versant != receiving_versant:
        raise BadInput("consent.team", _("This team works on another versant than the one named."))
    consent = Consent.objects.create(
        person=person,
        team_id=person.team_id,
        purpose=purpose,
        receiving_versant=receiving_versant,
        period=span(now, until),
        mode=mode,
        language_id=language_id,
        collected_by=actor.membership,
        collected_at=now,
    )
    _forget(person)
    if receiving_team is not None:
        for data_class in (DataClass.LOGISTIC, DataClass.SOCIAL):
            Grant.objects.create(
                subject_kind="person",
                subject_id=person.pk,
                holder_kind="team",
                holder_id=receiving_team.pk,
                data_class=data_class,
                period=consent.period,
                because="consent",
                because_id=consent.pk,
                consent_id=consent.pk,
                given_by_team=person.team_id,
            )
    audit.record(
        "consent.recorded",
        subject=consent,
        person_code=person.code,
        purpose=purpose,
        versant=receiving_versant,
    )
    return consent


def withdraw_consent(*, consent: Consent, actor: scope.Actor, how: str = "team") -> Consent:
    """End a consent, and with it every grant that rested on it.

    Raises ActionDenied ``person.not_my_team``; InvalidTransition ``consent.ended``.
    """
    if Consent.person.is_cached(consent):
        _forget(consent.person)
    return retrying(lambda: _withdraw(consent, actor, how))


def _withdraw(consent: Consent, actor: scope.Actor, how: str) -> Consent:
    consent = Consent.objects.select_for_update(of=("self",)).select_related("person").get(pk=consent.pk)
    rules.check_may_write_file(actor, consent.person)
    now = clock.now()
    if consent.withdrawn_at is not None or (consent.period.upper and consent.period.upper <= now):
        raise InvalidTransition("consent.ended", _("This consent has already ended."))
    consent.withdrawn_at, consent.withdrawn_how = now, how
    consent.period = span(consent.period.lower, now) if consent.period.lower < now else consent.period
    consent.save(update_fields=["withdrawn_at", "withdrawn_how", "period"])
    closed = grants.close_under_consent(consent.pk)
    audit.record("consent.withdrawn", subject=consent, person_code=consent.person.code, grants_closed=closed)
    return consent


def check_crossing(actor: Any, person: Person, to_versant: str) -> None:
    """Social, clinical and identity data cross the border only with a consent that names the receiving versant."""
    if person.versant != to_versant and grants.crossing_consent(person, to_versant, clock.now()) is None:
        raise ActionDenied(
            "consent.missing",
            _(
                "This file crosses the border only with the person’s agreement, naming the versant that receives it."
            ),
        )
