"""A plain search for a good plan: insert, then ruin and recreate.

The empty plan breaks no rule, and every step keeps it so: whole visits are inserted with all their slots,
at starts that :mod:`~versants_libs.dispatch.board` proves possible, or left out. Greedy insertion takes the
most valuable and scarcest visit first. Then a few related visits are taken out and put back in another order,
and the result is kept or not by simulated annealing with reheats; the temperature follows the iteration
number, so that seed and iteration limit alone decide the plan.

References: Schrimpf et al. (2000), Journal of Computational Physics 159(2), 139-171 (ruin and recreate);
Ropke, Pisinger (2006), Transportation Science 40(4), 455-472 (removal and insertion operators).
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Iterable, Sequence

from .board import Board
from .checking import check, person_violations, work_of
from .evaluation import evaluate
from .model import LinkKind, Visit
from .problem import Plan, Problem, Service
from .results import Outcome, Progress
from .spans import intersect
from .stopping import StopRule
from .teams import Placement, Team, best_team, fixed_cost, lift, may_have_team, placement_terms

__all__ = ["lower_bound", "solve_plainly"]

#: One cycle of cooling, from HOT to COLD (in cost, about a quarter of an hour to half a minute of travel).
CYCLE, HOT, COLD = 400, 900.0, 30.0


def solve_plainly(
    problem: Problem,
    *,
    stop: StopRule,
    seed: int = 0,
    start: Plan | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> Outcome:
    """Find a cheap plan that breaks no rule.

    Parameters
    ----------
    stop : called with the :class:`Progress` after each iteration; True ends the search.
    seed : the only randomness. Same problem, seed and iteration limit give the same plan.
    start : warm start, need not be feasible: visits that cannot be taken over as they are start anew.
    on_progress : called with each new best plan's progress.

    Returns
    -------
    Outcome : visits for which no team was found are in ``unassigned``; that is a result, not an error.
    """
    search = _Search(problem, seed, stop, on_progress)
    return search.run(start)


def lower_bound(problem: Problem) -> int:
    """A proved lower bound of the cost of any plan that breaks no rule (often weak).

    Each visit costs at least the cheaper of: being left out; its cheapest suitable people, if it may have a team
    when everybody is free (where very many would have to be tried, that is taken for granted). Travel is at least
    zero, less what busy people would travel anyway.
    """
    board = Board(problem)
    weights = problem.prices
    bound = 0
    for v, visit in enumerate(problem.visits):
        left_out = _cost_left_out(board, v)
        if not may_have_team(board, v):
            bound += left_out
            continue
        told = board.published.get(v, {})
        cheapest = 0
        for s, slot in enumerate(visit.slots):
            service = told.get(slot.id)
            cheapest += min(
                fixed_cost(board, fit)
                + weights.changes * (service is not None and service.person != problem.people[fit.person].id)
                for fit in board.fits[v][s]
            )
        bound += min(left_out, cheapest)
    anyway = sum(shift.legs for shifts in board.days for shift in shifts)
    return bound - weights.travel * anyway


def _cost_left_out(board: Board, v: int) -> int:
    weights = board.problem.prices
    slots = {slot.id for slot in board.problem.visits[v].slots}
    told = sum(slot in slots for slot in board.published.get(v, {}))
    return weights.unserved * board.problem.visits[v].unserved + weights.changes * told


class _Search:
    def __init__(
        self,
        problem: Problem,
        seed: int,
        stop: StopRule,
        on_progress: Callable[[Progress], None] | None,
    ) -> None:
        self.began = time.monotonic()
        self.problem, self.stop, self.on_progress = problem, stop, on_progress
        self.random = random.Random(seed)
        self.board = Board(problem)
        self.left_out = [_cost_left_out(self.board, v) for v in range(len(problem.visits))]
        self.cost = evaluate(problem, Plan()).total
        self.absent = set(range(len(problem.visits)))
        # A visit pinned in everything is placed first and never moved.
        self.held = {
            v
            for v, visit in enumerate(problem.visits)
            if visit.fixed_start is not None and all(slot.id in visit.pins for slot in visit.slots)
        }
        self.unions: dict[int, list[int]] = {}
        for link in problem.links:
            if link.kind is LinkKind.ALL_OR_NONE:
                linked = {self.board.visit_index[name] for name in link.visits}
                joined = sorted({w for v in linked for w in self.unions.get(v, [v])})
                self.unions |= dict.fromkeys(joined, joined)
        self.spots = [visit.place if visit.place is not None else -1 for visit in problem.visits]
        self.times = [min(w.earliest for w in visit.windows) for visit in problem.visits]

    def run(self, start: Plan | None) -> Outcome:
        self._take_over(start)
        ended = self._build()
        best, best_cost = self.board.plan(), self.cost
        self._report(0)
        iteration = 0
        while not ended and not self.stop(self._progress(iteration, best_cost)):
            iteration += 1
            if len(self.problem.visits) > len(self.held):
                self._iterate(iteration)
            if self.cost < best_cost:
                best, best_cost = self.board.plan(), self.cost
                self._report(iteration)
        cost = evaluate(self.problem, best)
        return Outcome(
            plan=best,
            cost=cost.total,
            terms=cost.terms,
            lower_bound=lower_bound(self.problem),
            violations=tuple(check(self.problem, best)),
            iterations=iteration,
            seconds=time.monotonic() - self.began,
            unassigned=tuple(v.id for v in self.problem.visits if v.id not in best.assignments),
        )

    def _progress(self, iteration: int, cost: int) -> Progress:
        return Progress(iteration, time.monotonic() - self.began, cost, len(self.absent))

    def _report(self, iteration: int) -> None:
        if self.on_progress is not None:
            self.on_progress(self._progress(iteration, self.cost))

    # Moves; each keeps the cost

    def _place(self, v: int, team: Team) -> None:
        self.board.place(v, team.placement)
        self.absent.discard(v)
        self.cost += team.cost - self.left_out[v]

    def _remove(self, v: int) -> Placement:
        placement, saved = lift(self.board, v)
        self.absent.add(v)
        self.cost += self.left_out[v] - saved
        return placement

    def _put_back(self, v: int, placement: Placement) -> None:
        self.board.place(v, placement)
        self.absent.discard(v)

    # First plan

    def _take_over(self, start: Plan | None) -> None:
        if start is None:
            return
        old = Board(self.problem)
        old.load(start)
        for v in [*sorted(self.held), *(v for v in old.placed if v not in self.held)]:
            placement = dict(sorted(old.placed.get(v, {}).items()))
            if placement and self._possible(v, placement):
                _, terms = placement_terms(self.board, v, placement)
                self._place(v, Team(sum(terms.values()), placement[0][1], placement))
        self._drop_partial()

    def _possible(self, v: int, placement: Placement) -> bool:
        """Whether this team could be placed now, exactly so."""
        visit = self.problem.visits[v]
        if len(placement) < len(visit.slots) or len({p for p, _ in placement.values()}) < len(placement):
            return False
        first = placement[0][1]
        if not self.board.vehicles_for(v, placement):
            return False
        for s, (p, at) in placement.items():
            least, most = visit.slots[s].lag
            if not least <= at - first <= most or all(fit.person != p for fit in self.board.fits[v][s]):
                return False
            if not any(piece.low <= at <= piece.high for piece in self.board.pieces(p, v, s)):
                return False
            only, allowed = self.board.ties.of(v, s)
            if (only is not None and p not in only) or (
                allowed is not None and not any(low <= at <= high for low, high in allowed)
            ):
                return False
        return bool(intersect(self.board.starts(v, 0), [(first, first)]))

    def _build(self) -> bool:
        """Greedy insertion; True if the stop rule ended it."""
        for v in sorted(self.held & self.absent):
            self._insert(v)
        waiting = self.absent - self.held
        while waiting:
            v = min(waiting, key=self._scarcity)
            waiting.discard(v)
            self._insert(v)
            if self.stop(self._progress(-1, self.cost)):
                return True
        return False

    def _scarcity(self, v: int) -> tuple[int, int, int]:
        """Most valuable first, then the visit whose tightest slot has the fewest people left."""
        visit = self.problem.visits[v]
        left = min(
            sum(bool(self.board.pieces(fit.person, v, s)) for fit in self.board.fits[v][s])
            for s in range(len(visit.slots))
        )
        return -visit.unserved, left, v

    def _insert(self, v: int) -> None:
        if v in self.board.placed:
            return
        if v in self.unions:
            self._insert_all(self.unions[v])
            return
        team = best_team(self.board, v)
        if team is not None and team.cost <= self.left_out[v]:
            self._place(v, team)

    def _insert_all(self, together: Sequence[int]) -> None:
        """Visits that are served together or not at all."""
        before = self.cost
        for v in together:
            team = best_team(self.board, v)
            if team is None:
                break
            self._place(v, team)
        if self.cost > before or any(v not in self.board.placed for v in together):
            for v in together:
                if v in self.board.placed:
                    self._remove(v)

    def _drop_partial(self) -> None:
        for together in self.unions.values():
            placed = [v for v in together if v in self.board.placed]
            if len(placed) < len(together):
                for v in placed:
                    self._remove(v)

    # Ruin and recreate

    def _iterate(self, iteration: int) -> None:
        before = self.cost
        out = dict.fromkeys(w for v in self._ruin() for w in self.unions.get(v, (v,)))
        removed = {v: self._remove(v) for v in out}
        self._recreate(list(self.absent - self.held))
        heat = HOT * (COLD / HOT) ** ((iteration % CYCLE) / CYCLE)
        refused = self.cost > before - heat * math.log(1.0 - self.random.random())
        # Where a direct way is longer than one through a visit, taking the visit out can break a day.
        touched = {p for placement in removed.values() for p, _ in placement.values()}
        if refused or not all(self._sound(p) for p in touched):
            placed = [v for v in self.board.placed if v not in self.held]
            # Undo: only visits that were absent, or were taken out, can have moved.
            for v in placed:
                if v in removed or v not in self._were_placed:
                    self.board.remove(v)
                    self.absent.add(v)
            for v, placement in removed.items():
                self._put_back(v, placement)
            self.cost = before

    def _sound(self, p: int) -> bool:
        """Whether a day from which visits were taken out still holds."""
        if not self.problem.travel_at:
            return self.board.sound(p)
        # Who leaves at another time may drive more: limits and breaks are looked at as well.
        person, visits = self.problem.people[p], self.problem.visits
        works = [
            work_of(visits[v], visits[v].slots[s], Service(person.id, start))
            for v, team in self.board.placed.items()
            for s, (q, start) in team.items()
            if q == p
        ]
        return not [*person_violations(self.problem, person, works)]

    def _ruin(self) -> Iterable[int]:
        placed = sorted(v for v in self.board.placed if v not in self.held)
        self._were_placed = set(placed)
        if not placed:
            return []
        count = min(len(placed), 1 + int(self.random.expovariate(1 / 4)), max(2, len(placed) * 2 // 5))
        kind = self.random.random()
        if kind < 0.2:
            return self.random.sample(placed, count)
        if kind < 0.4:
            # Everything of one person.
            seed = self.random.choice(placed)
            p = self.random.choice([p for p, _ in self.board.placed[seed].values()])
            return [v for v in placed if any(q == p for q, _ in self.board.placed[v].values())]
        loose = sorted(self.absent - self.held)
        seed = self.random.choice(loose) if loose and kind < 0.7 else self.random.choice(placed)
        ranked = sorted(placed, key=lambda v: (self._distance(seed, v) * (0.5 + self.random.random()), v))
        return ranked[:count]

    def _distance(self, v: int, w: int) -> float:
        """How unrelated two visits are: seconds apart on the road and in time."""
        a, b = self.spots[v], self.spots[w]
        road = self.problem.travel[a][b] if a >= 0 and b >= 0 else 1800
        return road + 0.3 * abs(self._time(v) - self._time(w))

    def _time(self, v: int) -> int:
        placement = self.board.placed.get(v)
        return self.times[v] if placement is None else next(iter(placement.values()))[1]

    def _recreate(self, loose: list[int]) -> None:
        loose.sort()
        way = self.random.random()
        if way < 0.35:
            loose.sort(key=self._scarcity)
        elif way < 0.5:
            loose.sort(key=lambda v: (-self.problem.visits[v].unserved, self.times[v]))
        elif way < 0.65:
            loose.sort(key=lambda v: (-_size(self.problem.visits[v]), v))
        else:
            self.random.shuffle(loose)
        for v in loose:
            self._insert(v)


def _size(visit: Visit) -> int:
    return sum(visit.duration_of(slot) for slot in visit.slots)
