"""Who reads the programme's figures."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from versants.core.access.classes import Role
from versants.core.access.scope import Actor
from versants.core.errors import ActionDenied

# Those who run, check or pay the programme, and those whose work it counts. Centres and interpreters do not.
FIGURE_ROLES = frozenset(
    {
        Role.COORDINATOR,
        Role.DESK,
        Role.CLINICIAN,
        Role.PRACTITIONER,
        Role.PROGRAMME_OFFICER,
        Role.CONTROLLER,
        Role.LEAD_AUTHORITY,
        Role.FUNDER,
        Role.DPO,
    }
)


def check_may_read_figures(actor: Actor) -> None:
    """Members of the teams and desks, programme officers, controllers, lead authority, funder, data protection."""
    if actor.membership is None or actor.role not in FIGURE_ROLES:
        raise ActionDenied(
            "figures.role", _("The figures are for those who run or account for the programme.")
        )
