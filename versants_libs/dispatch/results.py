"""What the library answers: costs, violations, outcomes, teams, explanations, suggestions, changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from .problem import Plan, Service

__all__ = [
    "Candidate",
    "Change",
    "Cost",
    "Delta",
    "Explanation",
    "Outcome",
    "Patch",
    "Progress",
    "Push",
    "Reason",
    "Relaxation",
    "Rule",
    "Suggestion",
    "TeamOption",
    "Violation",
]

#: A JSON Patch (RFC 6902).
Patch = tuple[Mapping[str, Any], ...]


class Rule(StrEnum):
    """Rules of a plan, in the order in which :func:`explain` tries them.

    First who the person is, then when they may, then what their day allows, then the rest of the team.
    """

    UNKNOWN = "unknown"  # an id that the problem does not have
    EXCLUDED = "excluded"
    PIN = "pin"  # the slot is pinned to somebody else, the start to a moment or a day (margin in s)
    ROLE = "role"
    SKILL = "skill"  # margin: how many are missing
    TEAM = "team"
    LANGUAGE = "language"  # margin: how many of the languages asked for are missing altogether
    LEVEL = "level"  # margin: levels short
    GENDER = "gender"
    COMPLEXITY = "complexity"  # margin: steps above the ceiling
    CRISIS = "crisis"  # margin: crisis visits too many
    WINDOW = "window"  # margin: s outside the nearest window
    MANDATE = "mandate"  # margin: s not covered by a mandate for the country
    SHIFT = "shift"  # margin: s outside the best shift
    OVERLAP = "overlap"  # margin: s shared with something else
    TRAVEL = "travel"  # margin: s short between two places, shift start and end places included
    BREAK = "break"  # margin: s by which no free time is long enough
    WORK_DAY = "work_day"  # margin: s above the limit; so are the next two
    WORK_WEEK = "work_week"
    DRIVING_DAY = "driving_day"
    VEHICLE = "vehicle"  # margin: shared vehicles too few in the shift, at the instant when most are missing
    SIMULTANEOUS = "simultaneous"  # margin: s between the starts of slots that start together
    LAG = "lag"  # margin: s outside the lag asked for
    SAME_PERSON = "same_person"  # one person in two slots of a visit
    LINK_PEOPLE = "link_people"  # linked visits have different people in a slot of the same id
    LINK_TIME = "link_time"  # margin: s too early or too late after the linked visit
    LINK_MISSING = "link_missing"  # a linked visit is not served and another is
    INCOMPLETE = "incomplete"  # a slot of a visit in the plan has nobody


class Violation(NamedTuple):
    """One broken rule. ``margin`` says by how much, in ``unit`` (s, levels, steps, visits...)."""

    rule: Rule
    visit: str | None
    slot: str | None
    person: str | None
    margin: int
    unit: str


@dataclass(frozen=True, slots=True)
class Cost:
    """What a plan costs: ``total`` is the sum of ``terms`` (weighted); ``amounts`` are in natural units.

    With :attr:`Weights.levels` ``terms`` and ``total`` are scaled so that they order plans as comparing ``levels``
    does: what each level costs in the weights as given, highest first. Without, ``levels`` is the total alone.
    """

    total: int
    terms: Mapping[str, int]
    amounts: Mapping[str, int]
    levels: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Delta:
    """A difference of cost; ``terms`` (weighted) sum to ``total``. Negative is better.

    ``levels``: the difference by level, as in :class:`Cost`; :func:`compare` fills it.
    """

    total: int
    terms: Mapping[str, int]
    levels: tuple[int, ...] = ()


class Progress(NamedTuple):
    """Where a search stands."""

    iteration: int
    seconds: float
    cost: int
    unassigned: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of a search.

    ``lower_bound`` is a proved, often weak, lower bound of the cost. ``violations`` come from the independent
    :func:`check` and are empty unless the library is wrong. ``unassigned`` are the visits left out.
    """

    plan: Plan
    cost: int
    terms: Mapping[str, int]
    lower_bound: int | None
    violations: tuple[Violation, ...]
    iterations: int
    seconds: float
    unassigned: tuple[str, ...]
    engine: str = "python"

    @property
    def feasible(self) -> bool:
        """No rule is broken (visits may still be left out)."""
        return not self.violations


class Reason(NamedTuple):
    """Something worth knowing about a team: a code, whom it concerns, a figure and its unit."""

    code: str
    slot: str | None
    person: str | None
    value: int | str
    unit: str


class Push(NamedTuple):
    """Another visit that would start ``seconds`` later."""

    visit: str
    seconds: int


@dataclass(frozen=True, slots=True)
class TeamOption:
    """A whole team that can take a visit now, at the earliest moment at which all of it can.

    ``services`` maps slot id to person and start. ``travel_s`` is the travel it adds over the whole team.
    ``delta`` compares with the plan as given (for an unserved visit it contains what serving it saves).
    ``pushes`` is empty as long as nothing else is moved, which this engine never does.
    """

    visit: str
    start: int
    services: Mapping[str, Service]
    travel_s: int
    delta: Delta
    reasons: tuple[Reason, ...] = ()
    pushes: tuple[Push, ...] = ()

    @property
    def people(self) -> dict[str, str]:
        """Slot id -> person id."""
        return {slot: service.person for slot, service in self.services.items()}

    @property
    def together_at(self) -> int:
        """When the last of the team starts: from then on all are there."""
        return max(service.start for service in self.services.values())

    def apply(self, plan: Plan) -> Plan:
        """The plan with this team."""
        return plan.with_team(self.visit, self.services)


class Candidate(NamedTuple):
    """Why this person cannot take this slot: the first broken rule, at the start where they come nearest.

    ``services`` forces the person in, so that :func:`check` reports ``rule`` on the plan with it; for
    ``simultaneous`` and ``lag`` it also holds the colleague whose possible start is nearest (``team``).
    """

    person: str
    slot: str
    rule: Rule
    margin: int
    unit: str
    start: int
    team: Mapping[str, Service] | None = None

    @property
    def services(self) -> Mapping[str, Service]:
        """Slot id -> person and start."""
        return self.team or {self.slot: Service(self.person, self.start)}


@dataclass(frozen=True, slots=True)
class Relaxation:
    """One change of the problem that opens teams, verified by applying it and ranking again.

    ``kind`` is the family (window_later, window_earlier, second_language, gender_wish, by_phone,
    lower_level, mandate); ``text_code`` and ``params`` are for translation, ``text`` is the English sentence.
    ``n_teams`` counts the teams there are then; ``services`` and ``delta`` belong to the best of them
    (``delta`` under the changed problem). After ``problem_patch`` and ``plan_patch``, applied to the JSON
    forms, the visit is served without breaking a rule.
    """

    kind: str
    text_code: str
    params: Mapping[str, int | str]
    text: str
    delta: int
    n_teams: int
    services: Mapping[str, Service]
    problem_patch: Patch
    plan_patch: Patch


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a visit has no other team: ``n_teams`` possible now, ``free`` are (person, slot) nothing blocks."""

    visit: str
    n_teams: int
    candidates: tuple[Candidate, ...]
    relaxations: tuple[Relaxation, ...]
    free: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A start at which ``n_teams`` could take the visit, with the best of them."""

    start: int
    services: Mapping[str, Service]
    n_teams: int
    delta: int
    in_window: bool


@dataclass(frozen=True, slots=True)
class Change:
    """What a new plan changes in one visit. ``kind``: added, removed, people, time, both."""

    visit: str
    kind: str
    before: Mapping[str, Service] | None
    after: Mapping[str, Service] | None
