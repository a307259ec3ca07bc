"""Who opens which page of this app (core.web.pages)."""

from versants.core.access.classes import COORDINATING_ROLES, TEAM_ROLES, DataClass, Role
from versants.core.web.pages import ALL_ROLES, declare

INBOX = TEAM_ROLES | COORDINATING_ROLES
FIELD = frozenset({Role.CLINICIAN, Role.PRACTITIONER, Role.INTERPRETER})
LOGISTIC, SOCIAL = DataClass.LOGISTIC, DataClass.SOCIAL


def declare_all() -> None:
    """Requests and planning are coordination's; records are theirs who were there."""
    declare("inbox requests_export request_places", INBOX, data_class=LOGISTIC)
    declare("request_by_phone", TEAM_ROLES, data_class=SOCIAL, methods="GET POST")
    declare("request", INBOX, data_class=SOCIAL, subject="request", elsewhere=COORDINATING_ROLES)
    declare("request_answer", TEAM_ROLES, data_class=LOGISTIC, subject="request", methods="POST")
    declare("triage", TEAM_ROLES, data_class=LOGISTIC, subject="request", methods="GET POST")
    declare("links", [Role.SITE_MANAGER, Role.COORDINATOR], data_class=LOGISTIC, methods="GET POST")
    declare("links_send", [Role.COORDINATOR], data_class=LOGISTIC, methods="POST")
    declare(
        "link_renew link_revoke",
        [Role.SITE_MANAGER, Role.COORDINATOR],
        data_class=LOGISTIC,
        subject="link",
        methods="POST",
    )
    declare("visit_change", TEAM_ROLES, data_class=LOGISTIC, subject="visit", methods="GET POST")
    planning = {"data_class": LOGISTIC, "subject": "visit"}
    declare("visit_who api-v1:visit_teams", COORDINATING_ROLES, elsewhere=COORDINATING_ROLES, **planning)
    declare("visit_assign visit_release visit_place", [Role.COORDINATOR], methods="POST", **planning)
    declare("board", INBOX, data_class=LOGISTIC)
    declare("api-v1:board_changes", COORDINATING_ROLES, data_class=LOGISTIC)
    declare("board_plan", [Role.COORDINATOR], data_class=LOGISTIC, methods="POST")
    declare("board_repair", [Role.COORDINATOR], data_class=LOGISTIC, methods="POST")
    # One's own step only: a colleague of the same team may not.
    declare(
        "board_undo",
        [Role.COORDINATOR],
        data_class=LOGISTIC,
        subject="move",
        methods="POST",
        by_grant=[Role.COORDINATOR],
    )
    declare("plan", [Role.COORDINATOR], data_class=LOGISTIC, subject="plan", methods="GET POST")
    declare("api-v1:openapi-json", ALL_ROLES)
    declare("api-v1:api-root")
    declare("today", FIELD, data_class=LOGISTIC)
    declare("times", FIELD, data_class=LOGISTIC, methods="GET POST")
    declare("today_answer", FIELD, data_class=LOGISTIC, subject="assignment", methods="POST", by_grant=FIELD)
    declare("offer", public=True, data_class=LOGISTIC, subject="token", methods="GET POST")
    declare(
        "visit_record",
        FIELD | TEAM_ROLES,
        data_class=SOCIAL,
        subject="visit",
        methods="GET POST",
        by_grant=[Role.INTERPRETER],
    )
    declare("visit_attempt", TEAM_ROLES, data_class=SOCIAL, subject="visit", methods="GET POST")
    declare(
        "visit_record_draft visit_record_add", TEAM_ROLES, data_class=SOCIAL, subject="visit", methods="POST"
    )
    declare("follow_up", TEAM_ROLES, data_class=SOCIAL)
    declare("follow_up_done", TEAM_ROLES, data_class=SOCIAL, subject="follow_up", methods="POST")
