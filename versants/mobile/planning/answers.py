"""What the search says of a visit without a team, remembered for as long as the day stands as it is.

The search is a function of the problem, the plan and the visit, and of nothing else: an answer is kept under all of
what was asked, so that no change, of a visit, a person, an absence or the clock, can be answered with what was true
before it. Who may see what is in the question too: another reader's day is another problem. Ids and seconds only, in
the memory of the process.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from dataclasses import dataclass
from hashlib import sha256
from threading import Lock

from versants_libs import dispatch

KEPT = 64
_kept: OrderedDict[str, Answer] = OrderedDict()
_lock = Lock()


@dataclass(frozen=True)
class Answer:
    """``n_teams`` there are, the first together at ``first_s``, seconds of the problem. ``teams``: the people of the
    best ones, best first; ``could``: everybody who is in one. Without a team, ``explanation`` says why.
    """

    n_teams: int
    first_s: int = 0
    teams: tuple[tuple[str, ...], ...] = ()
    could: frozenset[str] = frozenset()
    explanation: dispatch.Explanation | None = None


class Question:
    """The day as it stands; asked of one visit after the other."""

    def __init__(self, problem: dispatch.Problem, plan: dispatch.Plan, *, best: int) -> None:
        self.problem, self.plan, self.best = problem, plan, best
        self._desk: dispatch.Desk | None = None
        whole = [dispatch.problem_to_json(problem), dispatch.plan_to_json(plan), best]
        self._key = sha256(json.dumps(whole, separators=(",", ":"), sort_keys=True).encode()).hexdigest()

    def known(self, visit: str) -> Answer | None:
        """The answer given before to this very question."""
        with _lock:
            found = _kept.get(f"{self._key}/{visit}")
            if found is not None:
                _kept.move_to_end(f"{self._key}/{visit}")
            return found

    def answer(self, visit: str) -> Answer:
        """The answer, worked out and kept."""
        found = self.known(visit) or self._work_out(visit)
        with _lock:
            _kept[f"{self._key}/{visit}"] = found
            while len(_kept) > KEPT:
                _kept.popitem(last=False)
        return found

    def _work_out(self, visit: str) -> Answer:
        desk = self._desk = self._desk or dispatch.Desk(self.problem, self.plan)
        options = desk.rank(visit)
        if not options:
            return Answer(0, explanation=desk.explain(visit))
        teams = [tuple(service.person for service in one.services.values()) for one in options]
        return Answer(
            n_teams=len(options),
            first_s=min(one.together_at for one in options),
            teams=tuple(teams[: self.best]),
            could=frozenset(person for team in teams for person in team),
        )


def forget() -> None:
    """Everything; for tests."""
    with _lock:
        _kept.clear()
