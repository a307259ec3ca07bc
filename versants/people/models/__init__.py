from versants.people.models.accounts import Account, Membership
from versants.people.models.availability import Absence, OnCall, WeeklyShift
from versants.people.models.consent import Consent
from versants.people.models.organisations import Organisation, Site, Team
from versants.people.models.persons import Household, Identity, Person, PersonLanguage
from versants.people.models.professionals import Mandate, Professional, ProfessionalLanguage, ProfessionalPrivate

__all__ = [
    "Absence",
    "Account",
    "Consent",
    "Household",
    "Identity",
    "Mandate",
    "Membership",
    "OnCall",
    "Organisation",
    "Person",
    "PersonLanguage",
    "Professional",
    "ProfessionalLanguage",
    "ProfessionalPrivate",
    "Site",
    "Team",
    "WeeklyShift",
]
