"""Who opens which page of this app (core.web.pages)."""

from versants.core.access.classes import DataClass
from versants.core.web.pages import declare
from versants.networks.rules import REFUSAL, STUDY_ROLES


def declare_all() -> None:
    """Studies show figures and places: those who plan interpreting open them, each the own house's."""
    declare("studies", STUDY_ROLES, data_class=DataClass.AGGREGATE, methods="GET POST", refusal=REFUSAL)
    declare(
        "study study_pdf study_xlsx",
        STUDY_ROLES,
        data_class=DataClass.AGGREGATE,
        subject="study",
        refusal=REFUSAL,
    )
    declare(
        "study_front",
        STUDY_ROLES,
        data_class=DataClass.AGGREGATE,
        subject="study",
        methods="POST",
        refusal=REFUSAL,
    )
