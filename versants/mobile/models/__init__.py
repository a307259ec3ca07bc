from versants.mobile.models.facts import FigureDefinition, InterventionFact, UnmetNeed
from versants.mobile.models.links import RequestLink
from versants.mobile.models.moves import BoardMove
from versants.mobile.models.pieces import PlanPiece
from versants.mobile.models.plans import PlanProposal
from versants.mobile.models.records import (
    Attempt,
    ClinicalAddition,
    ClinicalNote,
    ConfirmedHours,
    FollowUp,
    Record,
    RecordAddition,
    RecordPerson,
    SocialNote,
    StaffTime,
)
from versants.mobile.models.requests import (
    EscalationStep,
    Request,
    RequestDraft,
    RequestEvent,
    RequestLanguage,
    RequestMatter,
    RequestNote,
    RequestPerson,
)
from versants.mobile.models.totals import FactTotal, RequestCounter
from versants.mobile.models.visits import Assignment, Need, Slot, Visit, held_within

__all__ = [
    "Assignment",
    "Attempt",
    "BoardMove",
    "ClinicalAddition",
    "ClinicalNote",
    "ConfirmedHours",
    "EscalationStep",
    "FactTotal",
    "FigureDefinition",
    "FollowUp",
    "InterventionFact",
    "Need",
    "PlanPiece",
    "PlanProposal",
    "Record",
    "RecordAddition",
    "RecordPerson",
    "Request",
    "RequestCounter",
    "RequestDraft",
    "RequestEvent",
    "RequestLanguage",
    "RequestLink",
    "RequestMatter",
    "RequestNote",
    "RequestPerson",
    "Slot",
    "SocialNote",
    "StaffTime",
    "UnmetNeed",
    "Visit",
    "held_within",
]
