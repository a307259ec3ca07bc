"""Who asks for studies of the mesh and reads them."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from versants.core.access.classes import Role
from versants.core.access.scope import Actor
from versants.core.errors import ActionDenied

STUDY_ROLES = frozenset({Role.COORDINATOR, Role.DESK, Role.PROGRAMME_OFFICER})


REFUSAL = _("Studies are for coordination, interpreting desks and programme officers.")


def check_may_study(actor: Actor) -> None:
    """Coordination, interpreting desk and programme officers, each for their own organisation."""
    if actor.membership is None or actor.organisation is None or actor.role not in STUDY_ROLES:
        raise ActionDenied("study.role", str(REFUSAL))
