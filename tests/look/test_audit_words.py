"""The log of the data protection officer speaks in words."""

import ast

from tests.repository.files import ROOT
from versants.core.web.audit import ACTIONS
from versants.mobile.enums import AssignmentState, EscalationStepKind


def _recorded():
    """Every action that the code records under a fixed name."""
    for path in (ROOT / "versants").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "record"
                and getattr(node.func.value, "id", "") == "audit"
            ):
                if isinstance(node.args[0], ast.JoinedStr):
                    continue  # put together from codes: below
                yield from (part.value for part in ast.walk(node.args[0]) if isinstance(part, ast.Constant))


def test_every_action_that_is_recorded_has_a_name():
    told = {
        f"request.{kind}_{result}"
        for kind in EscalationStepKind.values
        if kind != EscalationStepKind.TELL_REQUESTER
        for result in ("told", "nobody")
    }
    offers = {f"offer.{state}" for state in (AssignmentState.ACCEPTED, AssignmentState.DECLINED)}
    recorded = {action for action in _recorded() if "." in str(action)}
    assert "figure.opened" in recorded
    assert recorded | told | offers | {"request.no_answer"} <= set(ACTIONS)
