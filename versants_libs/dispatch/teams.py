"""Whole teams for one visit: people with possible starts, combined to a joint start.

A team starts at the earliest moment, a multiple of the problem's step unless the start is fixed, at which
every member can be there (within the lags). Slots are combined one after the other, so that a combination
without a joint start is left as soon as it appears.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from .board import Board
from .days import NOWHERE, Piece
from .fitting import Fit
from .model import Visit
from .problem import TERMS
from .spans import Starts, dilate, first_at, intersect, union

__all__ = [
    "Member",
    "Team",
    "all_teams",
    "best_team",
    "count_teams",
    "cut",
    "fixed_cost",
    "lift",
    "may_have_team",
    "member_of",
    "members",
    "placement_terms",
    "slot_members",
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


def members(board: Board, v: int) -> list[list[Member]]:
    """For each slot, everybody who can take it now, cheapest bound first."""
    return [slot_members(board, v, s) for s in range(len(board.visits[v].slots))]


def slot_members(board: Board, v: int, s: int, known: Mapping[int, Member] | None = None) -> list[Member]:
    """The members of one slot. ``known``: members by person whose times are what they were."""
    found = []
    known = known or {}
    only, allowed = board.ties.of(v, s)
    for fit in board.fits[v][s]:
        if only is not None and fit.person not in only:
            continue
        member = known.get(fit.person)
        if member is None or member.fit != fit:
            member = member_of(board, v, s, fit, allowed)
        if member is not None:
            found.append(member)
    found.sort(key=lambda member: (member.least, member.fit.person))
    return found


def member_of(board: Board, v: int, s: int, fit: Fit, allowed: Starts | None = None) -> Member | None:
    """Somebody who may take the slot with the times at which they can; None if there are none."""
    pieces = board.pieces(fit.person, v, s)
    if not pieces:
        return None
    if len(pieces) == 1:
        starts: Starts = [(pieces[0].low, pieces[0].high)]
    else:
        starts = union((piece.low, piece.high) for piece in pieces)
    if allowed is not None:
        starts = intersect(starts, allowed)
        if not starts:
            return None
    return Member(fit, pieces, starts, least_cost(board, v, s, fit, pieces))


def cut(slots: Sequence[Sequence[Member]], allowed: Sequence[Starts]) -> list[list[Member]]:
    """The members with their starts cut to those allowed in each slot; who has none left is not there."""
    found = []
    for here, starts in zip(slots, allowed, strict=True):
        left = ((member, intersect(member.starts, starts)) for member in here)
        found.append([member._replace(starts=own) for member, own in left if own])
    return found


def fixed_cost(board: Board, fit: Fit) -> int:
    """Cost of who the person is for the slot."""
    weights = board.problem.prices
    return (
        weights.gender_wish * fit.wish
        + weights.second_choice_language * fit.penalty
        + weights.broken_continuity * fit.broken
        + weights.fees * fit.fee
    )


def least_cost(board: Board, v: int, s: int, fit: Fit, pieces: Sequence[Piece]) -> int:
    """A lower bound of what the person adds in this slot, at any of the starts."""
    weights = board.problem.prices
    bounds = []
    for piece in pieces:
        shift = board.days[fit.person][piece.shift]
        bound = weights.travel * piece.travel - weights.overtime * shift.overtime
        bound -= weights.waiting * shift.waiting + weights.missed_break * shift.missed
        bounds.append(bound)
    told = board.published.get(v, {}).get(board.visits[v].slots[s].id)
    moved = told is not None and told.person != board.people[fit.person].id
    return fixed_cost(board, fit) + min(bounds) + weights.changes * moved


def person_terms(board: Board, v: int, s: int, member: Member, start: int) -> tuple[int, dict[str, int]]:
    """Weighted terms that one person adds at one start, with the unweighted travel first."""
    piece = next(piece for piece in member.pieces if piece.low <= start <= piece.high)
    travel, waiting, overtime, imbalance, missed = board.added(v, s, member.fit.person, start, piece)
    weights = board.problem.prices
    visit = board.visits[v]
    late = _later(visit, s, start)
    return travel, {
        "lateness": weights.lateness * late,
        "travel": weights.travel * travel,
        "waiting": weights.waiting * waiting,
        "overtime": weights.overtime * overtime,
        "missed_break": weights.missed_break * missed,
        "gender_wish": weights.gender_wish * member.fit.wish,
        "second_choice_language": weights.second_choice_language * member.fit.penalty,
        "broken_continuity": weights.broken_continuity * member.fit.broken,
        "fees": weights.fees * member.fit.fee,
        "imbalance": weights.imbalance * imbalance,
        "changes": weights.changes * board.changed(v, s, member.fit.person, start),
    }


def visit_step(board: Board, v: int) -> int:
    """Starts are multiples of this."""
    return 1 if board.visits[v].fixed_start is not None else board.problem.step


class _Enumeration:
    """Depth-first combination of the slots of one visit.

    Starts are counted in steps, and from the start of the visit: two members can be there together if their
    spans share one. With ``limit``, keeps the best so many and leaves branches that cannot be among them.
    """

    def __init__(self, board: Board, v: int, slots: Sequence[Sequence[Member]], limit: int | None) -> None:
        self.board, self.v, self.limit = board, v, limit
        visit = board.visits[v]
        self.lags = [slot.lag for slot in visit.slots]
        self.step = visit_step(board, v)
        self.slots = [self._options(here, *lag) for here, lag in zip(slots, self.lags, strict=True)]
        self.soft = any(not w.hard for w in visit.windows)
        self.tight = _tight(board, v, slots)
        self.costs: dict[tuple[int, int, int], int] = {}
        self.rest = [0] * (len(slots) + 1)
        for s in range(len(slots) - 1, -1, -1):
            self.rest[s] = self.rest[s + 1] + (self.slots[s][0][2].least if self.slots[s] else 0)
        self.kept: list[tuple[int, list[str], Team]] = []
        self.taking: set[tuple[int, int]] = set()

    def _options(
        self, slot: Sequence[Member], least: int, most: int
    ) -> list[tuple[Starts, int, Member, str]]:
        """Starts of the visit that suit each member, in steps; whom none suits is not there."""
        step, people = self.step, self.board.people
        found: list[tuple[Starts, int, Member, str]] = []
        for member in slot:
            starts = dilate(member.starts, least, most) if least or most else member.starts
            spans = [(-(-max(low, 0) // step), high // step) for low, high in starts]
            spans = [span for span in spans if span[0] <= span[1]]
            if spans:
                found.append((spans, member.fit.person, member, people[member.fit.person].id))
        return found

    def best(self) -> list[Team]:
        """All teams, or the ``limit`` best."""
        if all(self.slots) and self.limit != 0:
            self._extend(0, [], [], [], 0)
        if self.limit is None:
            self.kept.sort(key=lambda one: one[:2])
        return [team for _, _, team in self.kept]

    def count(self) -> int:
        """How many teams there are; notes who is in one."""
        *_, last = self.slots
        single = [(spans[0], p) for spans, p, _, _ in last if len(spans) == 1]
        self.lows = sorted(low for (low, _), _ in single)
        self.highs = sorted(high for (_, high), _ in single)
        self.others = [(spans, p) for spans, p, _, _ in last if len(spans) > 1]
        self.last = {p: spans for spans, p, _, _ in last}
        self.waiting = dict(self.last)
        if not all(self.slots):
            return 0
        return self._count_each(0, [], ()) if self.tight else self._count(0, (), ())

    def _count(self, s: int, taken: Sequence[int], joint: Starts) -> int:
        if s == len(self.slots) - 1:
            return self._count_last(taken, joint) if s else self._all_of_one()
        total = 0
        for spans, p, _, _ in self.slots[s]:
            left = _common(joint, spans) if s else spans
            if left and p not in taken:
                below = self._count(s + 1, (*taken, p), left)
                if below:
                    total += below
                    self.taking.add((s, p))
        return total

    def _count_each(self, s: int, chosen: list[Member], joint: Starts) -> int:
        """The same where members may want the same vehicle: every team is looked at."""
        if s == len(self.slots):
            return int(self._first(chosen, joint) is not None)
        total = 0
        for spans, p, member, _ in self.slots[s]:
            left = _common(joint, spans) if s else spans
            if left and all(p != other.fit.person for other in chosen):
                below = self._count_each(s + 1, [*chosen, member], left)
                if below:
                    total += below
                    self.taking.add((s, p))
        return total

    def _first(self, chosen: Sequence[Member], joint: Starts) -> int | None:
        """The first start, in steps, at which there are vehicles for all of them: in which shift one works decides that."""
        points = {low for low, _ in joint}
        for (least, _), member in zip(self.lags, chosen, strict=True):
            last: dict[int, int] = {}
            for piece in member.pieces:
                last[piece.shift] = max(last.get(piece.shift, piece.high), piece.high)
            ends = {-(-(high + 1 - least) // self.step) for high in last.values()}
            points |= {end for end in ends if any(low <= end <= high for low, high in joint)}
        for point in sorted(points):
            wanted = []
            for s, member in enumerate(chosen):
                at = self._start_of(s, member, point * self.step)
                k = next(piece.shift for piece in member.pieces if piece.low <= at <= piece.high)
                shift = self.board.days[member.fit.person][k]
                if (
                    shift.stretch is not None
                    and not shift.sites
                    and self.board.times(self.v, s).place != NOWHERE
                ):
                    wanted.append(shift.stretch)
            if self.board.pools.together(wanted):
                return point
        return None

    def _start_of(self, s: int, member: Member, start: int) -> int:
        """When a member starts if the visit starts then."""
        least, most = self.lags[s]
        at = start if not least and not most else first_at(member.starts, start + least)
        assert at is not None  # the joint start was cut to those that leave one
        return at

    def _all_of_one(self) -> int:
        self.taking.update((0, p) for p in self.last)
        return len(self.last)

    def _count_last(self, taken: Sequence[int], joint: Starts) -> int:
        """How many of the last slot can join: those with one span are counted by its ends, the others one by one."""
        if len(joint) == 1:
            low, high = joint[0]
            total = bisect_right(self.lows, high) - bisect_left(self.highs, low)
            total += sum(1 for spans, _ in self.others if _common(joint, spans))
        else:
            total = sum(1 for spans in self.last.values() if _common(joint, spans))
        total -= sum(1 for p in taken if p in self.last and _common(joint, self.last[p]))
        if total and self.waiting:
            joined = [p for p, spans in self.waiting.items() if p not in taken and _common(joint, spans)]
            for p in joined:
                del self.waiting[p]
                self.taking.add((len(self.slots) - 1, p))
        return total

    def _extend(self, s: int, chosen: list[Member], ids: list[str], joint: Starts, bound: int) -> None:
        if s == len(self.slots):
            first = self._first(chosen, joint) if self.tight else joint[0][0]
            if first is not None:
                self._leaf(chosen, ids, first * self.step)
            return
        taken = [member.fit.person for member in chosen]
        rest = self.rest[s + 1]
        for spans, p, member, name in self.slots[s]:
            reached = bound + member.least
            if self.limit is not None and len(self.kept) == self.limit:
                worst, theirs, _ = self.kept[-1]
                if reached + rest > worst:
                    break  # cheapest bound first: the others are no better
                if reached + rest == worst and [*ids, name] > theirs[: s + 1]:
                    continue
            if p in taken:
                continue
            left = _common(joint, spans) if s else spans
            if left:
                chosen.append(member)
                self._extend(s + 1, chosen, [*ids, name], left, reached)
                chosen.pop()

    def _leaf(self, chosen: list[Member], ids: list[str], start: int) -> None:
        placement: Placement = {}
        cost = 0
        for s, member in enumerate(chosen):
            at = self._start_of(s, member, start)
            p = member.fit.person
            key = (s, p, at)
            price = self.costs.get(key)
            if price is None:
                price = sum(person_terms(self.board, self.v, s, member, at)[1].values())
                self.costs[key] = price
            cost += price
            placement[s] = (p, at)
        if self.soft:
            cost += self.board.problem.prices.lateness * (self.board.visits[self.v].lateness(start) or 0)
        team = Team(cost, start, placement)
        if self.limit is None:
            self.kept.append((cost, ids, team))
        elif len(self.kept) < self.limit or (cost, ids) < self.kept[-1][:2]:
            insort(self.kept, (cost, ids, team))
            del self.kept[self.limit :]


def _tight(board: Board, v: int, slots: Sequence[Sequence[Member]]) -> bool:
    """Whether members of several slots may want vehicles of one pool of which there are not enough for all slots."""
    if not board.pools.there or len(slots) == 1:
        return False
    wanting: dict[str, set[int]] = {}
    least: dict[str, int] = {}
    for s, here in enumerate(slots):
        for member in here if board.times(v, s).place != NOWHERE else ():
            for k in {piece.shift for piece in member.pieces}:
                shift = board.days[member.fit.person][k]
                if shift.stretch is not None and not shift.sites:
                    pool, free = shift.stretch.pool, board.pools.free(shift.stretch)
                    wanting.setdefault(pool, set()).add(s)
                    least[pool] = min(least.get(pool, free), free)
    return any(least[pool] < len(wanted) for pool, wanted in wanting.items())


def _common(one: Starts, two: Starts) -> Starts:
    """What is in both; mostly each is a single span."""
    if len(one) == 1 == len(two):
        low, high = max(one[0][0], two[0][0]), min(one[0][1], two[0][1])
        return ((low, high),) if low <= high else ()
    return intersect(one, two)


def all_teams(
    board: Board, v: int, slots: Sequence[Sequence[Member]], limit: int | None = None
) -> list[Team]:
    """All teams (or the ``limit`` best) for an unplaced visit, sorted by cost, then by ids slot by slot."""
    return _Enumeration(board, v, slots, limit).best()


def count_teams(board: Board, v: int, slots: Sequence[Sequence[Member]]) -> tuple[int, set[tuple[int, int]]]:
    """How many teams there are, and who is in one: (slot, person). Nothing is priced."""
    counting = _Enumeration(board, v, slots, None)
    return counting.count(), counting.taking


def best_team(board: Board, v: int, width: int | None = 16) -> Team | None:
    """A cheap team for an unplaced visit, for the search: at most ``width`` pieces tried per slot.

    Unlike :func:`all_teams`, tries the start of every combination of gaps, not only the earliest.
    """
    weights = board.problem.prices
    visit = board.visits[v]
    slots: list[list[tuple[int, int, Fit, Piece]]] = []
    for s in range(len(visit.slots)):
        options = []
        only, allowed = board.ties.of(v, s)
        for fit in board.fits[v][s]:
            if only is not None and fit.person not in only:
                continue
            price = fixed_cost(board, fit)
            for piece in _cut_pieces(board.pieces(fit.person, v, s), allowed):
                options.append((price + weights.travel * piece.travel, piece.low, fit, piece))
        if not options:
            return None
        options.sort(key=lambda option: option[:2])
        slots.append(options if width is None else options[:width])
    best = _descend(board, v, slots)
    if best is None and width is not None and len(slots) > 1:
        return best_team(board, v, None)
    return best


def may_have_team(board: Board, v: int, tries: int = 2_000) -> bool:
    """Whether an unplaced visit has a team; True as well if ``tries`` people did not tell."""
    visit = board.visits[v]
    left = tries

    def extend(s: int, joint: Starts, taken: tuple[int, ...]) -> bool:
        nonlocal left
        if s == len(visit.slots):
            return first_at(joint, 0, visit_step(board, v)) is not None
        only, allowed = board.ties.of(v, s)
        for fit in board.fits[v][s]:
            if fit.person in taken or (only is not None and fit.person not in only):
                continue
            left -= 1
            if left < 0:
                return True
            member = member_of(board, v, s, fit, allowed)
            if member is None:
                continue
            least, most = visit.slots[s].lag
            starts = member.starts if not s else intersect(joint, dilate(member.starts, least, most))
            if starts and extend(s + 1, starts, (*taken, fit.person)):
                return True
        return False

    return extend(0, [], ())


def _descend(board: Board, v: int, slots: Sequence[Sequence[tuple[int, int, Fit, Piece]]]) -> Team | None:
    visit = board.visits[v]
    weights = board.problem.prices
    step = visit_step(board, v)
    priced = (weights.waiting, weights.imbalance, weights.overtime, weights.missed_break)
    exact = any(priced) or bool(board.published.get(v)) or any(slot.counts_late for slot in visit.slots[1:])
    rest = [sum(options[0][0] for options in slots[s:]) for s in range(len(slots) + 1)]
    best: Team | None = None

    def extend(s: int, low: int, high: int, price: int, chosen: list[tuple[Fit, Piece]]) -> None:
        nonlocal best
        if s == len(slots):
            first, last = -(-low // step) * step, high // step * step
            # Only waiting and changes can make a later start the cheaper one.
            for start in (first, last) if exact else (first,):
                if first <= start <= high and (not board.pools.there or _vehicles(board, v, chosen)):
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


def _vehicles(board: Board, v: int, chosen: Sequence[tuple[Fit, Piece]]) -> bool:
    """Whether there are shared vehicles for all of a team."""
    shifts = [
        board.days[fit.person][piece.shift]
        for s, (fit, piece) in enumerate(chosen)
        if board.times(v, s).place != NOWHERE
    ]
    return board.pools.together(
        shift.stretch for shift in shifts if shift.stretch is not None and not shift.sites
    )


def _finish(
    board: Board, v: int, chosen: Sequence[tuple[Fit, Piece]], start: int, price: int, exact: bool
) -> Team:
    visit = board.visits[v]
    weights = board.problem.prices
    placement: Placement = {}
    cost = price + weights.lateness * (visit.lateness(start) or 0)
    for s, (fit, piece) in enumerate(chosen):
        at = max(start + visit.slots[s].lag[0], piece.low) if s else start
        placement[s] = (fit.person, at)
        if exact:
            _, waiting, overtime, imbalance, missed = board.added(v, s, fit.person, at, piece)
            cost += weights.waiting * waiting + weights.overtime * overtime + weights.imbalance * imbalance
            cost += weights.missed_break * missed + weights.lateness * _later(visit, s, at)
            cost += weights.changes * board.changed(v, s, fit.person, at)
    return Team(cost, start, placement)


def _later(visit: Visit, s: int, start: int) -> int:
    """Seconds of lateness of a slot that counts its own besides the visit's."""
    slot = visit.slots[s]
    return (visit.lateness(start, slot) or 0) if s and slot.counts_late else 0


def _cut_pieces(pieces: Sequence[Piece], allowed: Starts | None) -> Iterator[Piece]:
    if allowed is None:
        yield from pieces
        return
    for piece in pieces:
        for low, high in intersect([(piece.low, piece.high)], allowed):
            yield piece._replace(low=low, high=high)


def lift(board: Board, v: int) -> tuple[Placement, int]:
    """Take a visit's team off the board; returns it with the cost it had added there."""
    weights = board.problem.prices
    team = board.placed[v]
    before = [_day_cost(board, p) for p, _ in team.values()]
    cost = weights.lateness * (board.visits[v].lateness(team[0][1]) or 0)
    for s, (p, start) in team.items():
        fit = next(fit for fit in board.fits[v][s] if fit.person == p)
        cost += fixed_cost(board, fit) + weights.changes * board.changed(v, s, p, start)
        cost += weights.lateness * _later(board.visits[v], s, start)
    board.remove(v)
    after = [_day_cost(board, p) for p, _ in team.values()]
    return team, cost + sum(before) - sum(after)


def _day_cost(board: Board, p: int) -> int:
    weights = board.problem.prices
    held, more = board.people[p].worked_s // 60, board.visit_s[p] // 60
    cost = weights.imbalance * ((2 * held * more + more * more) // 60)
    for shift in board.days[p]:
        cost += weights.travel * shift.legs
        cost += weights.waiting * shift.waiting + weights.overtime * shift.overtime
        cost += weights.missed_break * shift.missed
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
    late = board.visits[v].lateness(start) or 0
    terms["lateness"] += board.problem.prices.lateness * late
    return travel, terms
