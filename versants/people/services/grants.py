"""Writing and closing grants. Nothing else opens a file to somebody outside the team that follows it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from versants.core import audit, clock
from versants.core.access import scope
from versants.core.access.classes import CLINICAL_ROLES, TEAM_ROLES, DataClass, Role
from versants.core.errors import ActionDenied
from versants.core.models import Grant
from versants.core.periods import span
from versants.people.enums import CARE_DISCIPLINES, Purpose
from versants.people.models import Consent, Membership, Person, Team

# DESIGN 5: the care practitioner assigned, for the visit's time and a week around it.
IDENTITY_MARGIN = timedelta(days=7)
LOGISTIC_MARGIN = timedelta(days=7)
CARE_ROLES = frozenset({Role.CLINICIAN, Role.PRACTITIONER})


def crossing_consent(person: Person, to_versant: str, on: datetime, *, lock: bool = False) -> Consent | None:
    """The consent that lets this person's data go to ``to_versant`` at that instant, if there is one.

    ``lock``: whoever takes it back waits until what is written under it stands, and then closes it; nothing is written
    under one that was taken back meanwhile.
    """
    found = Consent.objects.filter(
        person=person,
        purpose=Purpose.CROSS_BORDER,
        receiving_versant=to_versant,
        period__contains=on,
        withdrawn_at=None,
    ).order_by("pk")
    return (found.select_for_update(of=("self",), no_key=True) if lock else found).first()


def for_assignment(
    *,
    assignment_id: int,
    visit_id: int,
    owner: Team,
    professional_id: int,
    discipline: str,
    start: datetime,
    end: datetime,
    persons: Iterable[Person],
) -> list[Grant]:
    """What an assigned professional needs to see: the visit's logistics; for carers the file, as consent allows.

    Carers of the owning team see the file as its own already, but for the identity. Carers of another versant get
    social, clinical and identity data only under the person's consent naming their versant; without it they come
    with logistics alone, which is no crossing.
    """
    memberships = list(
        Membership.objects.active().filter(professional_id=professional_id).select_related("organisation")
    )
    now = clock.now()
    logistic = span(min(now, start), end + LOGISTIC_MARGIN)
    around = span(start - IDENTITY_MARGIN, end + IDENTITY_MARGIN)
    found: list[Grant] = []

    def give(
        membership: Membership,
        kind: str,
        subject_id: int,
        data_class: str,
        period: Any,
        consent: Consent | None = None,
    ) -> None:
        if consent is not None and consent.period.upper is not None:
            if consent.period.upper <= period.lower:
                return
            period = span(period.lower, min(period.upper, consent.period.upper))
        found.append(
            Grant(
                subject_kind=kind,
                subject_id=subject_id,
                holder_kind="membership",
                holder_id=membership.pk,
                data_class=data_class,
                period=period,
                because="assignment",
                because_id=assignment_id,
                consent_id=consent.pk if consent else None,
                given_by_team=owner.pk,
            )
        )

    for membership in memberships:
        give(membership, "visit", visit_id, DataClass.LOGISTIC, logistic)
        # An interpreter of the same house is not a carer: the discipline of the slot decides, with the role held.
        cares = discipline in CARE_DISCIPLINES and membership.role in CARE_ROLES
        home = membership.team_id == owner.pk
        if cares:
            # The record of the visit is the visitor's own work and stays with the owning team: no crossing.
            give(membership, "visit", visit_id, DataClass.SOCIAL, logistic)
            if membership.role in CLINICAL_ROLES:
                give(membership, "visit", visit_id, DataClass.CLINICAL, logistic)
        for person in persons:
            give(membership, "person", person.pk, DataClass.LOGISTIC, logistic)
            if not cares:
                continue
            consent = None
            if membership.versant != person.versant:
                consent = crossing_consent(person, membership.versant, start, lock=True)
                if consent is None:
                    continue
            give(membership, "person", person.pk, DataClass.IDENTITY, around, consent)
            if not home:
                give(membership, "person", person.pk, DataClass.SOCIAL, logistic, consent)
                if membership.role in CLINICAL_ROLES:
                    give(membership, "person", person.pk, DataClass.CLINICAL, logistic, consent)
    return Grant.objects.bulk_create(found)


_CLOSE = """
UPDATE core_grant
SET period = tstzrange(lower(period), greatest(lower(period), %(now)s), '[)')
WHERE {which} AND NOT isempty(period) AND (upper(period) IS NULL OR upper(period) > %(now)s)
"""


def _close(which: str, **values: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_CLOSE.format(which=which), {"now": clock.now(), **values})
        return int(cursor.rowcount)


def close_for(because: str, because_id: int) -> int:
    """End every grant given because of this, now. Those that had not begun never will. Returns how many."""
    return _close(
        "because = %(because)s AND because_id = %(because_id)s", because=because, because_id=because_id
    )


def close_under_consent(consent_id: int) -> int:
    """End every grant that rested on this consent, now."""
    return _close("consent_id = %(consent_id)s", consent_id=consent_id)


def close_on_person(person: Person) -> int:
    """End every right to this person's file, now: the person is erased."""
    return _close("subject_kind = 'person' AND subject_id = %(person)s", person=person.pk)


def name_referent(
    *, person: Person, membership: Membership, until: datetime | None = None, since: datetime | None = None
) -> Grant:
    """The referent opens the identity of those they follow, until named otherwise; from ``since``, or now.

    Raises ActionDenied ``referent.team``: only a member of the team that follows the person becomes referent.
    """
    if membership.role not in TEAM_ROLES or membership.team_id != person.team_id:
        raise ActionDenied(
            "referent.team", _("The referent is a member of the team that follows the person.")
        )
    grant = Grant.objects.create(
        subject_kind="person",
        subject_id=person.pk,
        holder_kind="membership",
        holder_id=membership.pk,
        data_class=DataClass.IDENTITY,
        period=span(since or clock.now(), until),
        because="referent",
        because_id=membership.pk,
        given_by_team=person.team_id,
    )
    audit.record("person.referent_named", subject=person, person_code=person.code)
    return grant


def holders_of(person: Person) -> list[Grant]:
    """Grants open now on this person, for "who may open this file": the same rows that row security reads."""
    return list(
        Grant.objects.visible_to(scope.current())
        .filter(subject_kind="person", subject_id=person.pk, period__contains=clock.now())
        .order_by("data_class", "holder_kind", "holder_id")
    )
