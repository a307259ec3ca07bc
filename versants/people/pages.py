"""Who opens which page of this app (core.web.pages)."""

from versants.core.access.classes import (
    CLINICAL_ROLES,
    GIVING_ROLES,
    RECOVERING_ROLES,
    TEAM_ROLES,
    DataClass,
    Role,
)
from versants.core.web.pages import ALL_ROLES, declare
from versants.people.models.imports import IMPORTING_ROLES


def declare_all() -> None:
    """Files of persons are the team's; a visitor invited from elsewhere opens one under a grant."""
    declare("membership", ALL_ROLES, methods="POST")
    declare("people identity_openings", TEAM_ROLES, data_class=DataClass.LOGISTIC)
    declare("person_new", TEAM_ROLES, data_class=DataClass.IDENTITY, methods="GET POST")
    declare("person_named", TEAM_ROLES, data_class=DataClass.LOGISTIC, methods="GET POST")
    declare("person", TEAM_ROLES, data_class=DataClass.SOCIAL, subject="person")
    declare("person_open", TEAM_ROLES, data_class=DataClass.IDENTITY, subject="person", methods="POST")
    declare(
        "identity_opening_review",
        [Role.COORDINATOR],
        data_class=DataClass.IDENTITY,
        subject="opening",
        methods="POST",
    )
    declare(
        "person_erase",
        [Role.COORDINATOR],
        data_class=DataClass.LOGISTIC,
        subject="person",
        methods="GET POST",
    )
    declare("consent_new", TEAM_ROLES, data_class=DataClass.SOCIAL, subject="person", methods="GET POST")
    declare("consent_withdraw", TEAM_ROLES, data_class=DataClass.SOCIAL, subject="consent", methods="POST")
    clinical = DataClass.CLINICAL
    declare("private_notes", CLINICAL_ROLES, data_class=clinical, subject="person", methods="GET POST")
    for name, methods in (("private_note", "GET POST"), ("private_note_throw_away", "POST")):
        declare(
            name,
            CLINICAL_ROLES,
            data_class=clinical,
            subject="private note",
            methods=methods,
            by_grant=CLINICAL_ROLES,  # its author alone, of all clinicians
        )
    _declare_accounts()
    private = DataClass.WORKFORCE_PRIVATE
    declare("imports", IMPORTING_ROLES, data_class=private, methods="GET POST")
    declare("import_model", IMPORTING_ROLES, data_class=private)
    declare("import import_left", IMPORTING_ROLES, data_class=private, subject="import")
    declare(
        "import_confirm import_undo import_discard",
        IMPORTING_ROLES,
        data_class=private,
        subject="import",
        methods="POST",
    )


def _declare_accounts() -> None:
    """Coming in, and giving and taking back access. Nothing here is about a person accompanied."""
    declare("invited recovered", public=True, methods="GET POST", subject="token")
    # They ask for the sign-in themselves: somebody between two roles keeps his account.
    declare("sessions held_form", public=True, methods="GET POST")
    declare("second_factor", public=True)
    declare("openid_connect_login openid_connect_callback", public=True, methods="GET POST")
    declare("roles", GIVING_ROLES)
    declare("role", GIVING_ROLES, subject="role", methods="GET POST")
    declare("invitations", GIVING_ROLES, methods="GET POST")
    declare("invitation_again invitation_withdraw", GIVING_ROLES, subject="invitation", methods="POST")
    declare("recoveries", RECOVERING_ROLES, methods="GET POST")
    declare("recovery_confirm recovery_stop", RECOVERING_ROLES, subject="recovery", methods="POST")
    declare("rights", ALL_ROLES)
    declare("demands", [Role.DPO], methods="GET POST")
    declare("demand_answer", [Role.DPO], subject="demand", methods="POST")
