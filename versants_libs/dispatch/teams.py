"""Whole teams for one visit: people with possible starts, combined to a joint start.

A team starts at the earliest moment, a multiple of the problem's step unless the start is fixed, at which
every member can be there (within the lags). Slots are combined one after the other, so that a combination
without a joint start is left as soon as it appears.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from .board import Board, Piece
from .fitting import Fit
from .problem import TERMS
from .spans import Starts, dilate, first_at, intersect, union

__all__ = [
    "Member",
    "Team",
    "all_teams",
    "best_team",
    "count_teams",
    "fixed_cost",
    "lift",
    "members",
    "placement_terms",
]

Placement = dict[int, tuple[int, int]]


class Member(NamedTuple):
    """A person who can take a slot at the moment. ``least`` bounds the cost they add from below."""

    fit: Fit
    pieces: Sequence[Piece]
    starts: Starts
    least: int


class Team(NamedTuple):
    """``cost`` is what serving the visit this way adds (without what leaving it out would cost)."""

    cost: int
    start: int
    placement: Placement


def members(board: Board, v: int, allowed: Mapping[int, Starts] | None = None) -> list[list[Member]]:
    """For each slot, everybody who can take it now, cheapest bound first.

    ``allowed`` replaces, by slot, the starts to which the result is cut.
    """
    found = []
    for s in range(len(board.problem.visits[v].slots)):
        here = []
        for fit in board.fits[v][s]:
            pieces = board.pieces(fit.person, v, s)
            starts: Starts = union((piece.low, piece.high) for piece in pieces)
            if allowed is not None:
                starts = intersect(starts, allowed[s])
            if starts:
                here.append(Member(fit, pieces, starts, least_cost(board, v, s, fit, pieces)))
        here.sort(key=lambda member: (member.least, member.fit.person))
        found.append(here)
    return found


def fixed_cost(board: Board, fit: Fit) -> int:
    """Cost of who the person is for the slot."""
    weights = board.problem.weights
    return (
        weights.gender_wish * fit.wish
        + weights.second_choice_language * fit.penalty
        + weights.broken_continuity * fit.broken
    )


def least_cost(board: Board, v: int, s: int, fit: Fit, pieces: Sequence[Piece]) -> int:
    """A lower bound of what the person adds in this slot, at any of the starts."""
    weights = board.problem.weights
    bounds = []
    for piece in pieces:
        shift = board.days[fit.person][piece.shift]
        bound = weights.travel * piece.travel - weights.overtime * shift.overtime
        bounds.append(bound - weights.waiting * shift.waiting)
    told = board.published.get(v, {}).get(board.problem.visits[v].slots[s].id)
    moved = told is not None and told.person != board.problem.people[fit.person].id
    return fixed_cost(board, fit) + min(bounds) + weights.changes * moved


def person_terms(board: Board, v: int, s: int, member: Member, start: int) -> tuple[int, dict[str, int]]:
    """Weighted terms that one person adds at one start, with the unweighted travel first."""
    piece = next(piece for piece in member.pieces if piece.low <= start <= piece.high)
    travel, waiting, overtime, imbalance = board.added(v, s, member.fit.person, start, piece)
    weights = board.problem.weights
    visit = board.problem.visits[v]
    late = (visit.lateness(start) or 0) if s and visit.slots[s].counts_late else 0
    return travel, {
        "lateness": weights.lateness * late,
        "travel": weights.travel * travel,
        "waiting": weights.waiting * waiting,
        "overtime": weights.overtime * overtime,
        "gender_wish": weights.gender_wish * member.fit.wish,
        "second_choice_language": weights.second_choice_language * member.fit.penalty,
        "broken_continuity": weights.broken_continuity * member.fit.broken,
        "imbalance": weights.imbalance * imbalance,
        "changes": weights.changes * board.changed(v, s, member.fit.person, start),
    }


def visit_step(board: Board, v: int) -> int:
    """Starts are multiples of this."""
    return 1 if board.problem.visits[v].fixed_start is not None else board.problem.step


class _Enumeration:
    """Depth-first combination of the slots of one visit.

    With ``limit``, keeps the best so many and leaves branches whose bound is worse than the last of them.
    """

    def __init__(self, board: Board, v: int, slots: Sequence[Sequence[Member]], limit: int | None) -> None:
        self.board, self.v, self.slots, self.limit = board, v, slots, limit
        visit = board.problem.visits[v]
        self.lags = [slot.lag for slot in visit.slots]
        self.step = visit_step(board, v)
        self.late = board.problem.weights.lateness
        self.soft = any(not w.hard for w in visit.windows)
        self.ids = [person.id for person in board.problem.people]
        self.priced, self.n_found = True, 0
        self.taking: set[tuple[int, int]] = set()
        self.costs: dict[tuple[int, int, int], int] = {}
        self.rest = [0] * (len(slots) + 1)
        for s in range(len(slots) - 1, -1, -1):
            self.rest[s] = self.rest[s + 1] + (slots[s][0].least if slots[s] else 0)
        self.found: list[Team] = []
        self.worst: list[tuple[int, int]] = []  # heap of (-cost, number): the worst kept on top

    def run(self) -> list[Team]:
        if all(self.slots):
            self._extend(0, [], [], 0)
        self.found.sort(key=lambda team: (team.cost, [self.ids[p] for p, _ in team.placement.values()]))
        return self.found if self.limit is None else self.found[: self.limit]

    def _extend(self, s: int, chosen: list[Member], joint: Starts, bound: int) -> None:
        if s == len(self.slots):
            self._leaf(chosen, joint)
            return
        taken = [member.fit.person for member in chosen]
        least, most = self.lags[s]
        rest = self.rest[s + 1]
        for member in self.slots[s]:
            reached = bound + member.least
            if (
                self.limit is not None
                and len(self.worst) >= self.limit
                and reached + rest > -self.worst[0][0]
            ):
                break  # cheapest bound first: the others are no better
            if member.fit.person in taken:
                continue
            if s == 0:
                left: Starts = member.starts
            else:
                starts = member.starts if not least and not most else dilate(member.starts, least, most)
                left = intersect(joint, starts)
            if left:
                chosen.append(member)
                self._extend(s + 1, chosen, left, reached)
                chosen.pop()

    def _leaf(self, chosen: list[Member], joint: Starts) -> None:
        start = first_at(joint, 0, self.step)
        if start is None:
            return
        self.n_found += 1
        if not self.priced:
            self.taking.update((s, member.fit.person) for s, member in enumerate(chosen))
            return
        placement: Placement = {}
        cost = 0
        for s, member in enumerate(chosen):
            least, most = self.lags[s]
            at = start if not least and not most else first_at(member.starts, start + least)
            assert at is not None  # the joint start was cut to those that leave one
            p = member.fit.person
            key = (s, p, at)
            price = self.costs.get(key)
            if price is None:
                price = sum(person_terms(self.board, self.v, s, member, at)[1].values())
                self.costs[key] = price
            cost += price
            placement[s] = (p, at)
        if self.soft:
            cost += self.late * (self.board.problem.visits[self.v].lateness(start) or 0)
        if self.limit is not None:
            heapq.heappush(self.worst, (-cost, len(self.found)))
            if len(self.worst) > self.limit:
                heapq.heappop(self.worst)
        self.found.append(Team(cost, start, placement))


def all_teams(
    board: Board, v: int, slots: Sequence[Sequence[Member]], limit: int | None = None
) -> list[Team]:
    """All teams (or the ``limit`` best) for an unplaced visit, sorted by cost, then by ids slot by slot."""
    return _Enumeration(board, v, slots, limit).run()


def count_teams(board: Board, v: int, slots: Sequence[Sequence[Member]]) -> tuple[int, set[tuple[int, int]]]:
    """How many teams there are, and who is in one: (slot, person). Nothing is priced."""
    counting = _Enumeration(board, v, slots, None)
    counting.priced = False
    counting.run()
    return counting.n_found, counting.taking


def best_team(board: Board, v: int, width: int | None = 16) -> Team | None:
    """A cheap team for an unplaced visit, for the search: at most ``width`` pieces tried per slot.

    Unlike :func:`all_teams`, tries the start of every combination of gaps, not only the earliest.
    """
    weights = board.problem.weights
    visit = board.problem.visits[v]
    slots: list[list[tuple[int, int, Fit, Piece]]] = []
    for s in range(len(visit.slots)):
        options = []
        for fit in board.fits[v][s]:
            price = fixed_cost(board, fit)
            for piece in board.pieces(fit.person, v, s):
                options.append((price + weights.travel * piece.travel, piece.low, fit, piece))
        if not options:
            return None
        options.sort(key=lambda option: option[:2])
        slots.append(options if width is None else options[:width])
    best = _descend(board, v, slots)
    if best is None and width is not None and len(slots) > 1:
        return best_team(board, v, None)
    return best


def _descend(board: Board, v: int, slots: Sequence[Sequence[tuple[int, int, Fit, Piece]]]) -> Team | None:
    visit = board.problem.visits[v]
    weights = board.problem.weights
    step = visit_step(board, v)
    exact = bool(weights.waiting or weights.imbalance or weights.overtime or board.published.get(v))
    rest = [sum(options[0][0] for options in slots[s:]) for s in range(len(slots) + 1)]
    best: Team | None = None

    def extend(s: int, low: int, high: int, price: int, chosen: list[tuple[Fit, Piece]]) -> None:
        nonlocal best
        if s == len(slots):
            first, last = -(-low // step) * step, high // step * step
            # Only waiting and changes can make a later start the cheaper one.
            for start in (first, last) if exact else (first,):
                if first <= start <= high:
                    team = _finish(board, v, chosen, start, price, exact)
                    if best is None or team.cost < best.cost:
                        best = team
            return
        least, most = visit.slots[s].lag
        for cost, _, fit, piece in slots[s]:
            if best is not None and price + cost + rest[s + 1] >= best.cost:
                break
            if any(fit.person == other.person for other, _ in chosen):
                continue
            a, b = max(low, piece.low - most), min(high, piece.high - least)
            if a <= b:
                extend(s + 1, a, b, price + cost, [*chosen, (fit, piece)])

    extend(0, 0, board.problem.horizon, 0, [])
    return best


def _finish(
    board: Board, v: int, chosen: Sequence[tuple[Fit, Piece]], start: int, price: int, exact: bool
) -> Team:
    visit = board.problem.visits[v]
    weights = board.problem.weights
    placement: Placement = {}
    cost = price + weights.lateness * (visit.lateness(start) or 0)
    for s, (fit, piece) in enumerate(chosen):
        at = max(start + visit.slots[s].lag[0], piece.low) if s else start
        placement[s] = (fit.person, at)
        if exact:
            _, waiting, overtime, imbalance = board.added(v, s, fit.person, at, piece)
            cost += weights.waiting * waiting + weights.overtime * overtime + weights.imbalance * imbalance
            cost += weights.changes * board.changed(v, s, fit.person, at)
    return Team(cost, start, placement)


def lift(board: Board, v: int) -> tuple[Placement, int]:
    """Take a visit's team off the board; returns it with the cost it had added there."""
    weights = board.problem.weights
    team = board.placed[v]
    before = [_day_cost(board, p) for p, _ in team.values()]
    cost = weights.lateness * (board.problem.visits[v].lateness(team[0][1]) or 0)
    for s, (p, start) in team.items():
        fit = next(fit for fit in board.fits[v][s] if fit.person == p)
        cost += fixed_cost(board, fit) + weights.changes * board.changed(v, s, p, start)
    board.remove(v)
    after = [_day_cost(board, p) for p, _ in team.values()]
    return team, cost + sum(before) - sum(after)


def _day_cost(board: Board, p: int) -> int:
    weights = board.problem.weights
    held, more = board.problem.people[p].worked_s // 60, board.visit_s[p] // 60
    cost = weights.imbalance * ((2 * held * more + more * more) // 60)
    for shift in board.days[p]:
        cost += weights.travel * shift.legs
        cost += weights.waiting * shift.waiting + weights.overtime * shift.overtime
    return cost


def placement_terms(board: Board, v: int, placement: Placement) -> tuple[int, dict[str, int]]:
    """Unweighted travel and weighted terms that a team adds to an unplaced visit."""
    terms = dict.fromkeys(TERMS, 0)
    travel = 0
    for s, (p, start) in placement.items():
        fit = next(fit for fit in board.fits[v][s] if fit.person == p)
        member = Member(fit, board.pieces(p, v, s), (), 0)
        added, here = person_terms(board, v, s, member, start)
        travel += added
        for term, value in here.items():
            terms[term] += value
    start = placement[0][1]
    late = board.problem.visits[v].lateness(start) or 0
    terms["lateness"] += board.problem.weights.lateness * late
    return travel, terms
