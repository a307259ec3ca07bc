"""The log of the data protection officer speaks in words."""

import ast

from tests.repository.files import ROOT
from tests.world import actor
from versants.core.access.scope import acting
from versants.core.web.audit import ACTIONS, REASONS
from versants.mobile.enums import AssignmentState, EscalationStepKind
from versants.people.services import persons


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


def _reasoned():
    """Every action that the code records with a reason; one put together from codes by its fixed beginning."""
    for path in (ROOT / "versants").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and ast.unparse(node.func) == "audit.record"
                and any(word.arg == "reason" for word in node.keywords)
            ):
                yield next(one.value for one in ast.walk(node.args[0]) if isinstance(one, ast.Constant))


def test_every_reason_that_is_recorded_has_a_name():
    actions = set(_reasoned())
    assert actions - {"offer."} <= set(REASONS)
    assert "offer." in actions
    assert "offer.declined" in REASONS
    assert all(str(words) != code for reasons in REASONS.values() for code, words in reasons.items())


def test_the_log_says_why_an_identity_was_opened(world, client_for):
    with acting(actor(world.coordinator)):
        persons.break_glass(person=world.person, actor=actor(world.coordinator), reason="danger")
    page = client_for(world.dpo).get("/audit/").content.decode()
    assert "quelqu’un est en danger" in page
    assert ">danger<" not in page
