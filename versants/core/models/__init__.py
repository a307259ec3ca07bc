from versants.core.models.audit import AuditEvent
from versants.core.models.endings import Ending
from versants.core.models.grants import Grant
from versants.core.models.jobs import ROLE_ENDED, Job, JobState
from versants.core.models.keys import DataKey, Erasure, KeyRotation, WrappingKey
from versants.core.models.messages import Message
from versants.core.models.seals import LogCheck, Seal, UnsealedEvent

__all__ = [
    "ROLE_ENDED",
    "AuditEvent",
    "DataKey",
    "Ending",
    "Erasure",
    "Grant",
    "Job",
    "JobState",
    "KeyRotation",
    "LogCheck",
    "Message",
    "Seal",
    "UnsealedEvent",
    "WrappingKey",
]
