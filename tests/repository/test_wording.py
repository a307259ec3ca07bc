"""French and Dutch as one reads them: words that agree."""

from django.utils.translation import override

from versants.mobile.enums import AssignmentState, RequestState, VisitState


def test_states_agree_with_what_they_are_said_of():
    with override("fr"):
        requests = [str(RequestState[one].label) for one in ("NEW", "ACCEPTED", "CLOSED", "REFUSED", "WITHDRAWN")]
        visits = [str(VisitState[one].label) for one in ("PLANNED", "DONE", "CANCELLED")]
        people = [str(AssignmentState[one].label) for one in ("ACCEPTED", "DECLINED", "RELEASED")]
    assert requests == ["nouvelle", "acceptée", "close", "refusée", "retirée"]  # une demande
    assert visits == ["planifiée", "terminée", "annulée"]  # une visite
    assert people == ["confirmé", "a refusé", "libéré"]  # beside a name
