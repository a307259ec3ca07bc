"""Who goes where, when, together with whom; and why not. Plain Python, see README.md beside this file."""

from .checking import check
from .differences import diff
from .errors import InstanceError
from .evaluation import evaluate
from .model import (
    LEVELS,
    Break,
    Busy,
    LanguageNeed,
    Limits,
    Mode,
    Person,
    SecondLanguage,
    Shift,
    Slot,
    Span,
    Visit,
    Window,
)
from .problem import TERMS, Assignment, Plan, Problem, Service, Weights
from .ranking import rank, suggest_times
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
from .search import lower_bound, solve
from .stopping import AnyOf, MaxIterations, MaxSeconds, StopRule

__all__ = [
    "LEVELS",
    "TERMS",
    "AnyOf",
    "Assignment",
    "Break",
    "Busy",
    "Candidate",
    "Change",
    "Cost",
    "Delta",
    "Explanation",
    "InstanceError",
    "LanguageNeed",
    "Limits",
    "MaxIterations",
    "MaxSeconds",
    "Mode",
    "Outcome",
    "Person",
    "Plan",
    "Problem",
    "Progress",
    "Push",
    "Reason",
    "Relaxation",
    "Rule",
    "SecondLanguage",
    "Service",
    "Shift",
    "Slot",
    "Span",
    "StopRule",
    "Suggestion",
    "TeamOption",
    "Violation",
    "Visit",
    "Weights",
    "Window",
    "check",
    "diff",
    "evaluate",
    "lower_bound",
    "rank",
    "solve",
    "suggest_times",
]
