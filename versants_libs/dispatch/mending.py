"""People for visits that have lost theirs, found as a coordinator would: on the board, with all else standing.

First every visit gets the best team while nothing else moves. For one that finds nobody, another visit makes room: it
is taken up, the first one placed, and it finds other people or another time itself, or makes a third one move. What is
left goes to the search, on the neighbourhood alone: its cost does not grow with the day.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import permutations

from .board import Board
from .checking import link_violations, takers
from .differences import diff
from .holding import held
from .model import Visit
from .problem import Assignment, Plan, Problem, Service
from .solving import solve
from .stopping import StopRule
from .teams import Member, Team, all_teams, lift, member_of, members

__all__ = ["Mending"]

#: Up to so many visits are tried in every order, more in so many orders drawn.
ALL_ORDERS, DRAWN = 4, 24
#: Visits that may move in the last search, and people per slot who may come in.
NEIGHBOURS, COMERS = 24, 24
#: Ways to make room that are compared.
ENOUGH = 8
#: Points of a service that must not be left out: more than all others together.
HELD = 1_000_000


class Mending:
    """A plan that holds, on a board, with visits missing from it.

    ``told`` is the plan people know: leaving it has its price. ``out_of_time`` says when to stop; ``steps`` is how
    many moves of other visits are tried at most, so that without a clock the answer is always the same.
    """

    def __init__(
        self, problem: Problem, standing: Plan, told: Plan, out_of_time: Callable[[], bool], steps: int
    ) -> None:
        self.problem, self.standing, self.told = problem, standing, told
        self.out_of_time, self.steps = out_of_time, steps
        self.board = Board(problem.part(problem.people, problem.visits, published=self._known()), standing)
        self.moved: set[int] = set()

    def _known(self) -> Plan:
        return self.problem.published or self.told

    def plan(self) -> Plan:
        """The plan as it stands on the board."""
        board = self.board
        plan = dict(self.standing.assignments)
        for v, team in board.placed.items():
            name = board.visits[v].id
            services = board.services(v, team)
            if name not in plan or dict(plan[name].services) != services:
                plan[name] = Assignment(name, services)
        return Plan(plan)

    # Nothing else moves

    def place(self, missing: Sequence[int], seed: int) -> list[int]:
        """Teams for as much of ``missing`` as can be had while everything else stands; returns what is left."""
        alone = {v: team for v in missing if (team := self._best(v)) is not None}
        people = [p for team in alone.values() for p, _ in team.placement.values()]
        order: Sequence[int] = [v for v in missing if v in alone]
        if len(people) > len(set(people)):
            order = self._best_order(order, seed)
        for v in order:
            self._put(v)
        return [v for v in missing if v not in self.board.placed]

    def _best_order(self, missing: Sequence[int], seed: int) -> Sequence[int]:
        """They want the same people: the order in which they choose that leaves least undone, then costs least."""
        rng = random.Random(seed)
        orders: Iterable[Sequence[int]] = permutations(missing)
        if len(missing) > ALL_ORDERS:
            first = sorted(missing, key=lambda v: (-self.board.visits[v].unserved, v))
            orders = [first, *(rng.sample(missing, len(missing)) for _ in range(DRAWN - 1))]
        best: tuple[tuple[int, int], Sequence[int]] | None = None
        for order in orders:
            cost = sum(self._put(v) for v in order)
            left = sum(self.board.visits[v].unserved for v in order if v not in self.board.placed)
            for v in order:
                if v in self.board.placed:
                    self.board.remove(v)
            if best is None or (left, cost) < best[0]:
                best = (left, cost), order
            if self.out_of_time():
                break
        assert best is not None
        return best[1]

    def _put(self, v: int) -> int:
        team = self._best(v)
        if team is None:
            return 0
        self.board.place(v, team.placement)
        return team.cost

    def _best(self, v: int) -> Team | None:
        """The cheapest team; at the hour people know, if that is cheaper than at the earliest."""
        board = self.board
        found = all_teams(board, v, members(board, v), 1)
        visit = board.visits[v]
        known = self.told.assignments.get(visit.id)
        first = known.services.get(visit.slots[0].id) if known is not None else None
        if first is None or not found or visit.fixed_start is not None or first.start == found[0].start:
            return found[0] if found else None
        if visit.lateness(first.start) is not None:
            with board.supposing(v, replace(visit, fixed_start=first.start)):
                found += all_teams(board, v, members(board, v), 1)
        return min(found, key=lambda team: team.cost, default=None)

    # Others make room

    def make_room(self, missing: Sequence[int], most: int) -> list[int]:
        """Places what it can of ``missing`` by moving others, ``most`` of them in all; returns what is left."""
        left = []
        for v in sorted(missing, key=lambda v: (-self.board.visits[v].unserved, v)):
            for depth in range(1, most - len(self.moved) + 1):
                if self._with_room(v, depth, {*missing}):
                    break
            else:
                left.append(v)
        return left

    def _with_room(self, v: int, depth: int, fixed: set[int]) -> bool:
        """Place ``v`` where one visit, and ``depth`` - 1 others after it, move. Puts all back if it cannot."""
        board = self.board
        found: list[tuple[int, int, Team, Team]] = []
        before = members(board, v)
        for w in self._in_the_way(v, fixed):
            if self.steps <= 0 or len(found) >= ENOUGH or self.out_of_time():
                break
            self.steps -= 1
            team, saved = lift(board, w)
            mine = self._with_one_of(v, {p for p, _ in team.values()}, before)
            if mine is not None:
                board.place(v, mine.placement)
                theirs = self._best(w)
                if theirs is not None:
                    found.append((mine.cost + theirs.cost - saved, w, mine, theirs))
                elif depth > 1 and self._with_room(w, depth - 1, {*fixed, v, w}):
                    self.moved.add(w)
                    return True
                board.remove(v)
            board.place(w, team)
        if not found:
            return False
        _, w, mine, theirs = min(found, key=lambda one: one[:2])
        board.remove(w)
        board.place(v, mine.placement)
        board.place(w, theirs.placement)
        self.moved.add(w)
        # At the hour people know it may be cheaper still.
        board.remove(v)
        board.place(v, (self._best(v) or mine).placement)
        return True

    def _with_one_of(self, v: int, people: set[int], before: Sequence[Sequence[Member]]) -> Team | None:
        """The cheapest team with one of these people, who were just set free; ``before``: the members until then."""
        board = self.board
        if board.pools.there:  # a vehicle may have been set free for anybody
            return min(all_teams(board, v, members(board, v), 1), key=lambda team: team.cost, default=None)
        fresh = [
            {
                fit.person: mine
                for fit in here
                if fit.person in people
                if (mine := member_of(board, v, s, fit))
            }
            for s, here in enumerate(board.fits[v])
        ]
        now = [
            sorted([*(m for m in here if m.fit.person not in new), *new.values()], key=lambda m: m.least)
            for here, new in zip(before, fresh, strict=True)
        ]
        teams = [
            team
            for s, new in enumerate(fresh)
            for mine in new.values()
            for team in all_teams(board, v, [[mine] if k == s else now[k] for k in range(len(now))], 1)
        ]
        return min(teams, key=lambda team: team.cost, default=None)

    def _in_the_way(self, v: int, fixed: set[int]) -> list[int]:
        """Visits of those who could take a slot if they were free, nearest in time first."""
        board = self.board
        at = board.starts(v, 0)[0][0]
        held: dict[int, int] = {}
        people: dict[int, None] = {}
        pools: set[str] = set()
        for s in range(len(board.visits[v].slots)):
            for fit in board.fits[v][s]:
                if not board.allowed(fit.person, v, s):
                    continue
                people[fit.person] = None
                for k, shift in enumerate(board.days[fit.person]):
                    if shift.stretch is not None and board.vehicles_short(fit.person, k) > 0:
                        pools.add(shift.stretch.pool)
        if pools:  # whoever has one of the vehicles they lack
            for p, shifts in enumerate(board.days):
                if any(shift.sites and shift.stretch and shift.stretch.pool in pools for shift in shifts):
                    people[p] = None
        for p in people:
            for shift in board.days[p]:
                for entry in shift.entries:
                    if entry.visit >= 0 and entry.visit not in fixed and entry.visit not in self.moved:
                        held[entry.visit] = abs(entry.start - at)
        return sorted((w for w in held if not _pinned(board.visits[w])), key=lambda w: (held[w], w))

    # The rest is searched

    def search(
        self, before: Plan, missing: Sequence[int], most: int, *, stop: StopRule, seed: int, engine: str
    ) -> Plan | None:
        """A plan with more of ``missing`` in which at most ``most`` others changed and none is lost, or None.

        ``before`` is the plan on the board, or that before others made room. Only visits near by may move, among
        their people and those who can come now; all else they do stands.
        """
        board = self.board
        loose = [*missing, *(self._near(missing) if most else ())]
        people = sorted(self._comers(missing, loose))
        visits = [*(board.visits[v] for v in loose), *self._held(people, {*loose})]
        inside = {self.board.people[p].id for p in people}
        away = {pool: [*spans] for pool, spans in self.problem.vehicles_away.items()}
        for taker in takers(self.problem, before):  # what the others have
            if taker.person not in inside:
                away.setdefault(taker.pool, []).append(taker.span)
        weights = self.problem.prices
        dear = replace(weights, changes=max(weights.changes, weights.unserved // 4))
        names = {board.visits[v].id for v in loose}
        sub = self.problem.part(
            (board.people[p] for p in people),
            visits,
            published=_only(self.standing, names),
            # Every slot that differs from what stands costs more than any way, and less than a visit left out.
            weights=dear,
            prices=dear,
            vehicles_away={pool: tuple(spans) for pool, spans in away.items()},
        )
        standing = {
            visit.id: Assignment(visit.id, {slot: Service(person, visit.fixed_start)})
            for visit in visits[len(loose) :]
            for slot, person in visit.pins.items()
            if visit.fixed_start is not None
        }
        start = Plan({**standing, **_only(before, names).assignments})
        found = _only(solve(sub, stop=stop, seed=seed, start=start, engine=engine).plan, names)
        served = [v for v in missing if board.visits[v].id in found.assignments]
        lost = [name for name in names if name in before.assignments and name not in found.assignments]
        then = Plan({**before.assignments, **found.assignments})
        others = [one for one in diff(self.standing, then) if one.visit in self.standing.assignments]
        # A link with a visit outside the neighbourhood was not seen by the search.
        known = {visit.id: visit for visit in board.visits}
        links = (link for link in self.problem.links if link.within(names))
        broken = any(True for link in links for _ in link_violations(link, known, then))
        return then if served and not lost and not broken and len(others) <= most else None

    def _near(self, missing: Sequence[int]) -> list[int]:
        """Visits that may move: those already moved, then those in the way, nearest in time first."""
        found = dict.fromkeys(sorted(self.moved))
        ways = [iter(self._in_the_way(v, {*missing})) for v in missing]
        while ways and len(found) < NEIGHBOURS:
            for way in [*ways]:
                w = next(way, None)
                if w is None:
                    ways.remove(way)
                else:
                    found[w] = None
        return list(found)

    def _comers(self, missing: Sequence[int], loose: Sequence[int]) -> set[int]:
        """The people of the loose visits, and for each slot those who can come at the least cost."""
        board = self.board
        people = {p for v in loose for p, _ in board.placed.get(v, {}).values()}
        for n, v in enumerate(loose):
            if n >= len(missing) and self.out_of_time():
                break
            team = board.remove(v) if v in board.placed else None
            for here in members(board, v):
                people |= {member.fit.person for member in here[:COMERS]}
            if team is not None:
                board.place(v, team)
        return people

    def _held(self, people: Iterable[int], loose: set[int]) -> list[Visit]:
        """What else these people do, each service a visit pinned in everything."""
        found = []
        for p in people:
            for shift in self.board.days[p]:
                for entry in shift.entries:
                    if entry.visit < 0 or entry.visit in loose:
                        continue
                    visit = self.board.visits[entry.visit]
                    slot = visit.slots[entry.slot]
                    found.append(held(visit, slot, Service(self.board.people[p].id, entry.start), HELD))
        return found


def _pinned(visit: Visit) -> bool:
    """Whether nothing about a visit may change."""
    return visit.fixed_start is not None and all(slot.id in visit.pins for slot in visit.slots)


def _only(plan: Plan, names: set[str]) -> Plan:
    return Plan({name: one for name, one in plan.assignments.items() if name in names})
