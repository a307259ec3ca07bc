"""A plan on the desk, and the questions a coordinator asks about it all day.

What the questions share, the board above all, is worked out once; a question lifts its visit off the board and puts
it back. The functions of the module are the same for a single question.
"""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from .board import Board
from .explaining import explained
from .lifting import Lifted, Notes
from .problem import Plan, Problem
from .ranking import ranked, suggested
from .results import Explanation, Suggestion, TeamOption

__all__ = ["Desk", "explain", "rank", "suggest_times"]

#: Visits of which the places where they fit are remembered.
REMEMBERED = 4


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """No search for cycles of references: an answer makes thousands of small objects, none of them in a cycle, and
    each of those searches would walk over the whole day again."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


class Desk:
    """Answers for one plan of one problem. Neither of them changes; not to be shared between threads."""

    def __init__(self, problem: Problem, plan: Plan) -> None:
        self.problem, self.plan = problem, plan
        self._board = Board(problem, plan)
        self._notes = Notes(problem, plan)
        self._asked: deque[int] = deque()

    @contextmanager
    def _lifted(self, visit_id: str) -> Iterator[Lifted]:
        """The visit off the board; back on it at the end. Raises KeyError for an unknown visit."""
        board = self._board
        v = board.visit_index[visit_id]
        if v in self._asked:
            self._asked.remove(v)
        self._asked.append(v)
        if len(self._asked) > REMEMBERED:
            board.forget(self._asked.popleft())
        team = board.remove(v) if v in board.placed else None
        try:
            with _uninterrupted():
                yield Lifted(board, v, self.plan, self._notes)
        finally:
            if team is not None:
                board.place(v, team)

    def rank(self, visit_id: str, *, limit: int | None = None) -> list[TeamOption]:
        """All whole teams that can take this visit while everybody else's assignments stay as they are.

        If the visit is in the plan, its present team is among them: it is lifted out first. Each team starts at
        the earliest moment that suits all of it. Sorted by delta, then by people's ids in the order of the slots;
        ``limit`` keeps the first ones without looking at all the others.

        Exact for a plan that breaks no rule and travel times that obey the triangle inequality: the teams are
        those, and only those, with which :func:`check` still finds nothing.

        Raises
        ------
        KeyError : the problem has no such visit.
        """
        with self._lifted(visit_id) as lifted:
            return ranked(lifted, lifted.members(), limit)

    def explain(self, visit_id: str) -> Explanation:
        """For every person and slot of a visit, what stands in the way; and the smallest changes that open teams.

        Everybody else's assignments stay; the visit itself is lifted out of the plan first. A person who is in
        some possible team is in ``free``. For anybody else the rules are tried in the order of :class:`Rule`, at
        the start where the most of them hold, and the first broken one is named with the least margin found.
        ``incomplete`` means that the person could come but another slot has nobody; ``simultaneous`` and ``lag``
        that nobody suitable can be there at the right moment.

        Raises
        ------
        KeyError : the problem has no such visit.
        """
        with self._lifted(visit_id) as lifted:
            return explained(lifted)

    def suggest_times(
        self,
        visit_id: str,
        *,
        limit: int = 3,
        after: int | None = None,
        people: Mapping[str, str] | None = None,
        spacing: int = 1800,
    ) -> list[Suggestion]:
        """The next starts at which the visit could have a team, each with the best team for that very start.

        Parameters
        ----------
        limit : how many at most.
        after : no earlier start than this; default the beginning of the horizon.
        people : slot id -> person who must be in the team (as a pin would).
        spacing : seconds at least between two suggestions.

        Returns
        -------
        Starts inside the visit's windows, in order of time; if they are fewer than ``limit``, then starts after
        the last window and at last earlier ones (``in_window`` False). A fixed start is a wish here.

        Raises
        ------
        KeyError : the problem has no such visit.
        """
        with self._lifted(visit_id) as lifted:
            return suggested(lifted, limit=limit, after=after, people=people, spacing=spacing)


def rank(problem: Problem, plan: Plan, visit_id: str, *, limit: int | None = None) -> list[TeamOption]:
    """:meth:`Desk.rank` for a single question."""
    return Desk(problem, plan).rank(visit_id, limit=limit)


def explain(problem: Problem, plan: Plan, visit_id: str) -> Explanation:
    """:meth:`Desk.explain` for a single question."""
    return Desk(problem, plan).explain(visit_id)


def suggest_times(
    problem: Problem,
    plan: Plan,
    visit_id: str,
    *,
    limit: int = 3,
    after: int | None = None,
    people: Mapping[str, str] | None = None,
    spacing: int = 1800,
) -> list[Suggestion]:
    """:meth:`Desk.suggest_times` for a single question."""
    desk = Desk(problem, plan)
    return desk.suggest_times(visit_id, limit=limit, after=after, people=people, spacing=spacing)
