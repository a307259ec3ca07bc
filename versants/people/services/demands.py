"""The register of demands by authorities: writing one down, and what was answered."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from versants.core import audit, clock
from versants.core.access.classes import Role
from versants.core.access.scope import Actor
from versants.core.errors import ActionDenied, BadInput
from versants.people.models import AuthorityDemand, DemandAnswer
from versants.people.services import who


def check_may_keep(actor: Actor) -> None:
    """The data protection officer, for the own organisation."""
    if actor.role != Role.DPO:
        raise ActionDenied("demand.dpo_only", _("This register is kept by the data protection officer."))


@transaction.atomic
def write_down(*, actor: Actor, received_on: date, **said: Any) -> AuthorityDemand:
    """One demand. ``said``: asker, country, ground, reference, asked, person_code. Raises BadInput ``demand.day``."""
    check_may_keep(actor)
    if received_on > clock.today():
        raise BadInput("demand.day", _("A demand is written down on the day it came, or later."))
    row = AuthorityDemand.objects.create(
        organisation_id=who.house(actor), received_on=received_on, written_by_id=who.membership(actor), **said
    )
    audit.record(
        "demand.written",
        subject=row,
        person_code=row.person_code,
        asker=row.asker,
        ground=row.ground,
        asked=row.asked,
    )
    return row


@transaction.atomic
def answer(*, actor: Actor, uid: Any, answered_on: date, answer: str) -> DemandAnswer:
    """What a human answered. Raises BadInput ``demand.unknown``, ``demand.day``."""
    check_may_keep(actor)
    demand = AuthorityDemand.objects.visible_to(actor).filter(uid=uid).first()
    if demand is None:
        raise BadInput("demand.unknown", _("There is no such demand."))
    if not demand.received_on <= answered_on <= clock.today():
        raise BadInput("demand.day", _("An answer is given after the demand, and not in the future."))
    row = DemandAnswer.objects.create(
        demand=demand,
        organisation_id=demand.organisation_id,
        answered_on=answered_on,
        answer=answer,
        written_by_id=who.membership(actor),
    )
    audit.record("demand.answered", subject=demand, person_code=demand.person_code, answer=answer)
    return row
