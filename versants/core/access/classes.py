"""Data classes and roles: who may read what, in the programme's own words (docs/architecture.md)."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class DataClass(TextChoices):
    """What kind of data a row, or a grant, is about."""

    LOGISTIC = "logistic", _("logistics")
    IDENTITY = "identity", _("identity")
    SOCIAL = "social", _("social follow-up")
    CLINICAL = "clinical", _("clinical notes")
    AGGREGATE = "aggregate", _("figures")
    WORKFORCE = "workforce", _("professionals")
    WORKFORCE_PRIVATE = "workforce_private", _("private data of professionals")


PERSON_CLASSES = (DataClass.LOGISTIC, DataClass.IDENTITY, DataClass.SOCIAL, DataClass.CLINICAL)


class Role(TextChoices):
    """A role an account holds in an organisation, and where it matters in a team or a versant."""

    REQUESTER = "requester", _("staff of a centre")
    SITE_MANAGER = "site_manager", _("manager of a centre")
    COORDINATOR = "coordinator", _("coordination")
    DESK = "desk", _("interpreting desk")
    CLINICIAN = "clinician", _("clinician")
    PRACTITIONER = "practitioner", _("social or paramedical practitioner")
    INTERPRETER = "interpreter", _("interpreter or helper")
    PROGRAMME_OFFICER = "programme_officer", _("programme officer")
    CONTROLLER = "controller", _("controller")
    LEAD_AUTHORITY = "lead_authority", _("lead authority")
    FUNDER = "funder", _("funder")
    DPO = "dpo", _("data protection officer")
    ADMINISTRATOR = "administrator", _("system administrator")


# Only these act for their team on rows about persons; for every other role the scope carries no team,
# so that a policy which forgets to ask for the role still shows nothing.
TEAM_ROLES = frozenset({Role.COORDINATOR, Role.CLINICIAN, Role.PRACTITIONER})
# Ask for long work (a day's plan, a study) and follow how far it is.
ASKING_ROLES = frozenset({*TEAM_ROLES, Role.DESK, Role.PROGRAMME_OFFICER})
# Must show a second factor: those who read files of persons, and those who give and take back access.
FACTOR_ROLES = frozenset({*TEAM_ROLES, Role.DPO, Role.ADMINISTRATOR})
# Give roles in their own organisation.
GIVING_ROLES = frozenset({Role.COORDINATOR, Role.ADMINISTRATOR})
# May confirm that somebody who lost access is who they say.
RECOVERING_ROLES = frozenset({Role.COORDINATOR, Role.DPO, Role.ADMINISTRATOR})
# See the logistics of every team's requests and visits, never who the person is.
COORDINATING_ROLES = frozenset({Role.COORDINATOR, Role.DESK})
CLINICAL_ROLES = frozenset({Role.CLINICIAN})
# Book professionals, so read the directory of the workforce.
WORKFORCE_ROLES = frozenset(
    {Role.COORDINATOR, Role.DESK, Role.CLINICIAN, Role.PRACTITIONER, Role.INTERPRETER}
)
# A wall: these never reach a row about a person, whatever else changes (DESIGN 5).
WALLED_ROLES = frozenset(
    {
        Role.LEAD_AUTHORITY,
        Role.FUNDER,
        Role.ADMINISTRATOR,
        Role.PROGRAMME_OFFICER,
        Role.CONTROLLER,
        Role.DPO,
    }
)
