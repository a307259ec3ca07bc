from versants.people.models.accounts import Account, Membership
from versants.people.models.availability import Absence, OnCall, WeeklyShift
from versants.people.models.consent import Consent
from versants.people.models.demands import AuthorityDemand, DemandAnswer
from versants.people.models.entry import Invitation, Recovery
from versants.people.models.imports import Import, ImportState
from versants.people.models.openings import IdentityOpening
from versants.people.models.organisations import Organisation, Site, SiteContact, Team
from versants.people.models.persons import Household, Identity, NameHash, Person, PersonLanguage
from versants.people.models.private import PrivateNote
from versants.people.models.professionals import (
    Mandate,
    Professional,
    ProfessionalLanguage,
    ProfessionalPrivate,
)
from versants.people.models.sheets import ClinicalSheet, SocialSheet
from versants.people.models.signing_in import HeldForm, KnownDevice, SignInLimit

__all__ = [
    "Absence",
    "Account",
    "AuthorityDemand",
    "ClinicalSheet",
    "Consent",
    "DemandAnswer",
    "HeldForm",
    "Household",
    "Identity",
    "IdentityOpening",
    "Import",
    "ImportState",
    "Invitation",
    "KnownDevice",
    "Mandate",
    "Membership",
    "NameHash",
    "OnCall",
    "Organisation",
    "Person",
    "PersonLanguage",
    "PrivateNote",
    "Professional",
    "ProfessionalLanguage",
    "ProfessionalPrivate",
    "Recovery",
    "SignInLimit",
    "Site",
    "SiteContact",
    "SocialSheet",
    "Team",
    "WeeklyShift",
]
