"""Who may: rules about persons' files. Each lists who may, and raises otherwise."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from versants.core import clock
from versants.core.access.classes import CLINICAL_ROLES, TEAM_ROLES, WALLED_ROLES, DataClass
from versants.core.access.scope import Actor
from versants.core.errors import ActionDenied
from versants.core.models import Grant
from versants.people.models import Person


def check_may_write_file(actor: Actor, person: Person) -> None:
    """Coordination, clinicians and practitioners of the team that follows the person."""
    if actor.team is None or actor.role not in TEAM_ROLES or person.team_id != actor.team:
        raise ActionDenied("person.not_my_team", _("This file belongs to another team."))


def check_may_read(actor: Actor, data_class: str, person: Person) -> None:
    """Who may read data of ``data_class`` about ``person``:

    logistic: the following team; anyone holding a grant on the person.
    social: the following team; holders of a social grant.
    clinical: clinicians of the following team; clinicians holding a clinical grant.
    identity: holders of an identity grant only, the following team's own members included.
    Authorities, funders, controllers and administrators: never.
    """
    if actor.role in WALLED_ROLES:
        raise ActionDenied("wall", _("This role reads figures only."))
    own = actor.team is not None and actor.role in TEAM_ROLES and person.team_id == actor.team
    if data_class == DataClass.CLINICAL and actor.role not in CLINICAL_ROLES:
        raise ActionDenied("person.clinical", _("Clinical notes are read by clinicians only."))
    if own and data_class != DataClass.IDENTITY:
        return
    holders = actor.holders()
    now = clock.now()
    for grant in Grant.objects.filter(subject_kind="person", subject_id=person.pk, period__contains=now):
        if (grant.holder_kind, grant.holder_id) not in holders:
            continue
        if grant.data_class == DataClass.CLINICAL and actor.role not in CLINICAL_ROLES:
            continue
        if grant.data_class == data_class or data_class == DataClass.LOGISTIC:
            return
    raise ActionDenied("person.no_grant", _("Nothing opens this file to you."))
