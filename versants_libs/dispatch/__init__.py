"""Who goes where, when, together with whom; and why not. Plain Python, see README.md beside this file."""

from .checking import check
from .desk import Desk, explain, rank, suggest_times
from .differences import diff
from .drawing import gantt
from .errors import FormatError, InstanceError
from .evaluation import evaluate
from .io import person_to_json, plan_from_json, plan_to_json, problem_from_json, problem_to_json
from .layout import Coordinates
from .matrix import Matrix
from .model import (
    LEVELS,
    Break,
    Busy,
    LanguageNeed,
    Limits,
    Link,
    LinkKind,
    Mode,
    Person,
    SecondLanguage,
    Shift,
    Slot,
    Span,
    Visit,
    Window,
    in_order,
)
from .page import sheet
from .patching import PatchRefused, apply_patch
from .problem import TERMS, Assignment, Plan, Problem, Service, Weights
from .repairing import Absence, Cancellation, Delay, Event, NewVisit, Repair, events_from_json, repair
from .results import (
    Candidate,
    Change,
    Cost,
    Delta,
    Explanation,
    Outcome,
    Progress,
    Push,
    Reason,
    Relaxation,
    Rule,
    Suggestion,
    TeamOption,
    Violation,
)
from .roads import TravelBand
from .search import lower_bound
from .solving import ENGINE, EngineMissing, solve
from .stopping import AnyOf, MaxIterations, MaxSeconds, StopRule

__all__ = [
    "ENGINE",
    "LEVELS",
    "TERMS",
    "Absence",
    "AnyOf",
    "Assignment",
    "Break",
    "Busy",
    "Cancellation",
    "Candidate",
    "Change",
    "Coordinates",
    "Cost",
    "Delay",
    "Delta",
    "Desk",
    "EngineMissing",
    "Event",
    "Explanation",
    "FormatError",
    "InstanceError",
    "LanguageNeed",
    "Limits",
    "Link",
    "LinkKind",
    "Matrix",
    "MaxIterations",
    "MaxSeconds",
    "Mode",
    "NewVisit",
    "Outcome",
    "PatchRefused",
    "Person",
    "Plan",
    "Problem",
    "Progress",
    "Push",
    "Reason",
    "Relaxation",
    "Repair",
    "Rule",
    "SecondLanguage",
    "Service",
    "Shift",
    "Slot",
    "Span",
    "StopRule",
    "Suggestion",
    "TeamOption",
    "TravelBand",
    "Violation",
    "Visit",
    "Weights",
    "Window",
    "apply_patch",
    "check",
    "diff",
    "evaluate",
    "events_from_json",
    "explain",
    "gantt",
    "in_order",
    "lower_bound",
    "person_to_json",
    "plan_from_json",
    "plan_to_json",
    "problem_from_json",
    "problem_to_json",
    "rank",
    "repair",
    "sheet",
    "solve",
    "suggest_times",
]
