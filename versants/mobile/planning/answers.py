"""What the search says of a visit without a team, remembered for as long as the day stands as it is.

The search is a function of the problem, the plan and the visit, and of nothing else: an answer is kept under all of
what was asked, so that no change, of a visit, a person, an absence or the clock, can be answered with what was true
before it. Who may see what is in the question too: another reader's day is another problem. Ids and seconds only, in
the memory of the process.

What the board tells of it is remembered under how the rows stand (``versions.stands``): as long as none that matters
was written, nobody is read and no problem built to find that the question is the same.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from threading import Lock
from typing import Generic, TypeVar

from versants_libs import dispatch

KEPT = 64
Value = TypeVar("Value")
_memories: list[Memory] = []


class Memory(Generic[Value]):
    """The last things remembered, by what was asked: ``kept`` of them, else ``KEPT``."""

    def __init__(self, kept: int | None = None) -> None:
        self._kept: OrderedDict[Hashable, Value] = OrderedDict()
        self._most = kept
        self._lock = Lock()
        _memories.append(self)

    def get(self, key: Hashable) -> Value | None:
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def keep(self, key: Hashable, value: Value) -> None:
        with self._lock:
            self._kept[key] = value
            self._kept.move_to_end(key)
            while len(self._kept) > (KEPT if self._most is None else self._most):
                self._kept.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()


@dataclass(frozen=True)
class Answer:
    """``n_teams`` there are, the ``first`` of them together at ``first_s``, seconds of the problem. ``teams``: the people
    of the best ones, best first; ``could``: everybody who is in one. Without a team, ``explanation`` says why.
    """

    n_teams: int
    first_s: int = 0
    first: tuple[str, ...] = ()
    teams: tuple[tuple[str, ...], ...] = ()
    could: frozenset[str] = frozenset()
    explanation: dispatch.Explanation | None = None


@dataclass(frozen=True)
class Told:
    """An answer as the board tells it, in one language: the fields of ``unplaced.Unplaced`` of these names."""

    n_teams: int | None
    first_at: datetime | None
    reason: str
    what_if: str
    opens: int
    try_url: str
    proposed: frozenset[int]
    could: frozenset[int]
    first: frozenset[int] = frozenset()


_kept: Memory[Answer] = Memory()
told: Memory[Told] = Memory()  # by how the rows stand: what is remembered here needs no problem to be built


class _Same:
    """This very person, not one like them: to find them costs nothing, however much is known of them."""

    def __init__(self, person: dispatch.Person) -> None:
        self.person = person

    def __hash__(self) -> int:
        return id(self.person)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.person is self.person


@lru_cache(maxsize=4096)
def _written(same: _Same) -> str:
    """Somebody as text: from one look at a day to the next, most are as they were."""
    return json.dumps(dispatch.person_to_json(same.person), separators=(",", ":"), sort_keys=True)


class Question:
    """The day as it stands; asked of one visit after the other."""

    def __init__(self, problem: dispatch.Problem, plan: dispatch.Plan, *, best: int) -> None:
        self.problem, self.plan, self.best = problem, plan, best
        self._desk: dispatch.Desk | None = None
        whole = [
            dispatch.problem_to_json(problem, person=lambda one: _written(_Same(one))),
            dispatch.plan_to_json(plan),
            best,
        ]
        self._key = sha256(json.dumps(whole, separators=(",", ":"), sort_keys=True).encode()).hexdigest()

    def known(self, visit: str) -> Answer | None:
        """The answer given before to this very question."""
        return _kept.get(f"{self._key}/{visit}")

    def answer(self, visit: str) -> Answer:
        """The answer, worked out and kept."""
        found = self.known(visit) or self._work_out(visit)
        _kept.keep(f"{self._key}/{visit}", found)
        return found

    def _work_out(self, visit: str) -> Answer:
        desk = self._desk = self._desk or dispatch.Desk(self.problem, self.plan)
        options = desk.rank(visit)
        if not options:
            return Answer(0, explanation=desk.explain(visit))
        teams = [tuple(service.person for service in one.services.values()) for one in options]
        first = min(range(len(options)), key=lambda n: options[n].together_at)
        return Answer(
            n_teams=len(options),
            first_s=options[first].together_at,
            first=teams[first],
            teams=tuple(teams[: self.best]),
            could=frozenset(person for team in teams for person in team),
        )


def forget() -> None:
    """Everything; for tests."""
    for memory in _memories:
        memory.clear()
    _written.cache_clear()
