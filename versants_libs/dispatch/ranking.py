"""Every team that can take a visit now, and when else it could be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from .board import Board
from .evaluation import compare, evaluate
from .model import Visit, Window
from .problem import TERMS, Plan, Problem, Service
from .results import Delta, Reason, Suggestion, TeamOption
from .spans import Starts, dilate, first_at, intersect, union
from .teams import Member, Team, all_teams, count_teams, members, person_terms, visit_step

__all__ = ["last_start", "rank", "suggest_times", "unplaced_board"]


def unplaced_board(problem: Problem, plan: Plan, visit_id: str) -> tuple[Board, int]:
    """The board of a plan without one visit, and the visit's index. Raises KeyError for an unknown visit."""
    board = Board(problem, plan.without(visit_id))
    return board, board.visit_index[visit_id]


def rank(problem: Problem, plan: Plan, visit_id: str, *, limit: int | None = None) -> list[TeamOption]:
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
    board, v = unplaced_board(problem, plan, visit_id)
    slots = members(board, v)
    teams = all_teams(board, v, slots, limit)
    if not teams:
        return []
    base = compare(evaluate(problem, plan), evaluate(problem, plan.without(visit_id)))
    return _Options(board, v, slots, base).options(teams)


class _Options:
    """Turns teams into answers; what concerns one person at one start is worked out once."""

    def __init__(self, board: Board, v: int, slots: list[list[Member]], base: Delta) -> None:
        self.board, self.v = board, v
        self.visit: Visit = board.problem.visits[v]
        self.members = [{member.fit.person: member for member in here} for here in slots]
        self.known: dict[tuple[int, int, int], tuple[int, dict[str, int], tuple[Reason, ...], Service]] = {}
        weights = board.problem.weights
        # Serving the visit undoes what leaving it out costs.
        told = sum(slot.id in board.published.get(v, {}) for slot in self.visit.slots)
        self.base = dict(base.terms)
        self.base["unserved"] -= weights.unserved * self.visit.unserved
        self.base["changes"] -= weights.changes * told
        self.slot_ids = [slot.id for slot in self.visit.slots]

    def options(self, teams: list[Team]) -> list[TeamOption]:
        return [self._option(team) for team in teams]

    def _option(self, team: Team) -> TeamOption:
        travel = 0
        terms = self.base.copy()
        reasons: tuple[Reason, ...] = ()
        services: dict[str, Service] = {}
        for s, (p, start) in team.placement.items():
            known = self.known.get((s, p, start))
            if known is None:
                known = self._one(s, p, start)
            travel += known[0]
            for term, value in known[1].items():
                terms[term] += value
            reasons += known[2]
            services[self.slot_ids[s]] = known[3]
        late = self.visit.lateness(team.start) or 0
        if late:
            terms["lateness"] += self.board.problem.weights.lateness * late
            reasons = (Reason("late", None, None, late, "s"), *reasons)
        return TeamOption(
            visit=self.visit.id,
            start=team.start,
            services=services,
            travel_s=travel,
            delta=Delta(sum(terms.values()), terms),
            reasons=reasons,
        )

    def _one(self, s: int, p: int, start: int) -> tuple[int, dict[str, int], tuple[Reason, ...], Service]:
        member = self.members[s][p]
        travel, terms = person_terms(self.board, self.v, s, member, start)
        person = self.board.problem.people[p]
        slot = self.visit.slots[s]
        shift = next(piece.shift for piece in member.pieces if piece.low <= start <= piece.high)
        held = self.board.days[p][shift]
        duration = self.visit.duration_of(slot)
        work = held.work + (held.legs if held.n_visits else 0) + duration + travel

        def reason(code: str, value: int | str, unit: str) -> Reason:
            return Reason(code, slot.id, person.id, value, unit)

        found = [reason("travel_added", travel, "s"), reason("work_that_shift", work, "s")]
        if slot.preferred and not member.fit.broken:
            found.append(reason("continuity", 1, "people"))
        if member.fit.penalty:
            found.append(reason("second_language", member.fit.penalty, "points"))
        if slot.gender is not None:
            code = "gender_not_as_wished" if member.fit.wish else "gender_as_asked"
            found.append(reason(code, slot.gender, "gender"))
        known = {k: value for k, value in terms.items() if k in TERMS}
        answer = (travel, known, tuple(found), Service(person.id, start))
        self.known[(s, p, start)] = answer
        return answer


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
    board, v = unplaced_board(problem, plan, visit_id)
    wanted = people or {}
    begin = after or 0
    found = _suggest(board, v, plan, limit, begin, wanted, spacing)
    if len(found) < limit:
        visit = problem.visits[v]
        wide = _opened(problem, plan, visit)
        closes = max(window.latest for window in visit.windows)
        for since in (max(begin, closes + 1), begin):
            taken = [one.start for one in found]
            more = _suggest(wide, v, plan, limit, since, wanted, spacing, visit, taken)
            found += more[: limit - len(found)]
    return found


def _suggest(
    board: Board,
    v: int,
    plan: Plan,
    limit: int,
    after: int,
    people: Mapping[str, str],
    spacing: int,
    asked: Visit | None = None,
    taken: Sequence[int] = (),
) -> list[Suggestion]:
    """Suggestions from ``after`` on, ``spacing`` away from those ``taken``; ``asked``: the visit unopened."""
    problem = board.problem
    visit = problem.visits[v]
    asked = asked or visit
    slots = members(board, v)
    for s, slot in enumerate(visit.slots):
        if slot.id in people:
            wanted = board.person_index.get(people[slot.id])
            slots[s] = [member for member in slots[s] if member.fit.person == wanted]
    joint: Starts = [(after, problem.horizon - 1)]
    for s, slot in enumerate(visit.slots):
        possible = union(start for member in slots[s] for start in member.starts)
        joint = intersect(joint, dilate(possible, *slot.lag))
    base = compare(evaluate(problem, plan), evaluate(problem, plan.without(visit.id)))
    found: list[Suggestion] = []
    at = after
    step = visit_step(board, v)
    while len(found) < limit:
        start = first_at(joint, at, step)
        if start is None:
            break
        near = [one for one in taken if abs(one - start) < spacing]
        if near:
            at = max(near) + spacing
            continue
        present = _at_start(board, v, slots, start)
        count, _ = count_teams(board, v, present)
        at = start + step
        if not count:
            continue
        best = _Options(board, v, slots, base).options(all_teams(board, v, present, 1))[0]
        in_window = asked.lateness(start) is not None and asked.fixed_start in (None, start)
        found.append(Suggestion(start, best.services, count, best.delta.total, in_window))
        at = start + max(step, spacing)
    return found


def last_start(board: Board, v: int) -> int | None:
    """The last start at which an unplaced visit has a team; None if it has none."""
    slots = members(board, v)
    step = visit_step(board, v)
    high = board.problem.horizon - 1
    while True:
        joint: Starts = [(0, high)]
        for s, slot in enumerate(board.problem.visits[v].slots):
            possible = union(start for member in slots[s] for start in member.starts)
            joint = intersect(joint, dilate(possible, *slot.lag))
        last = max((b // step * step for a, b in joint if b // step * step >= a), default=None)
        if last is None or all_teams(board, v, _at_start(board, v, slots, last), 1):
            return last
        high = last - 1


def _at_start(board: Board, v: int, slots: list[list[Member]], start: int) -> list[list[Member]]:
    """The members who can take part when the visit starts at ``start``."""
    kept = []
    for s, slot in enumerate(board.problem.visits[v].slots):
        window = [(start + slot.lag[0], start + slot.lag[1])]
        here = []
        for member in slots[s]:
            starts = intersect(member.starts, window)
            if starts:
                here.append(member._replace(starts=starts))
        kept.append(here)
    return kept


def _opened(problem: Problem, plan: Plan, visit: Visit) -> Board:
    """The board with the visit's windows opened to the whole horizon."""
    wide = replace(visit, windows=(Window(0, problem.horizon - 1),), fixed_start=None)
    visits = tuple(wide if one.id == visit.id else one for one in problem.visits)
    return Board(replace(problem, visits=visits), plan.without(visit.id))
