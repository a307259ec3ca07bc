"""Every team that can take a visit now, and when else it could be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .board import Board
from .lifting import Lifted
from .model import Visit
from .problem import TERMS, Service
from .results import Delta, Reason, Suggestion, TeamOption
from .spans import Starts, dilate, first_at, intersect, union
from .teams import Member, Team, all_teams, count_teams, cut, person_terms, visit_step

__all__ = ["last_start", "ranked", "suggested"]


def ranked(lifted: Lifted, slots: list[list[Member]], limit: int | None) -> list[TeamOption]:
    """The teams of these members for the visit as it is supposed to be, best first."""
    teams = all_teams(lifted.board, lifted.v, slots, limit)
    if not teams:
        return []
    return _Options(lifted.board, lifted.v, slots, lifted.base()).options(teams)


class _Options:
    """Turns teams into answers; what concerns one person at one start is worked out once."""

    def __init__(self, board: Board, v: int, slots: list[list[Member]], base: Delta) -> None:
        self.board, self.v = board, v
        self.visit: Visit = board.visits[v]
        self.members = [{member.fit.person: member for member in here} for here in slots]
        self.known: dict[tuple[int, int, int], tuple[int, dict[str, int], tuple[Reason, ...], Service]] = {}
        weights = board.problem.prices
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
            terms["lateness"] += self.board.problem.prices.lateness * late
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
        person = self.board.people[p]
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


def suggested(
    lifted: Lifted,
    *,
    limit: int = 3,
    after: int | None = None,
    people: Mapping[str, str] | None = None,
    spacing: int = 1800,
) -> list[Suggestion]:
    """The next starts at which the visit could have a team: see :meth:`Desk.suggest_times`."""
    visit = lifted.visit
    wanted = people or {}
    begin = after or 0
    found = _suggest(lifted, lifted.members(), limit, begin, wanted, spacing, visit)
    if len(found) < limit:
        closes = max(window.latest for window in visit.openings)
        with lifted.supposing(lifted.opened()):
            for since in (max(begin, closes + 1), begin):
                taken = [one.start for one in found]
                more = _suggest(lifted, lifted.wide(), limit, since, wanted, spacing, visit, taken)
                found += more[: limit - len(found)]
    return found


def _suggest(
    lifted: Lifted,
    slots: list[list[Member]],
    limit: int,
    after: int,
    people: Mapping[str, str],
    spacing: int,
    asked: Visit,
    taken: Sequence[int] = (),
) -> list[Suggestion]:
    """Suggestions from ``after`` on, ``spacing`` away from those ``taken``; ``asked``: the visit unopened."""
    board, v = lifted.board, lifted.v
    visit = lifted.visit
    if people:
        wanted = [
            board.person_index.get(people[slot.id]) if slot.id in people else -1 for slot in visit.slots
        ]
        slots = [
            here if who == -1 else [member for member in here if member.fit.person == who]
            for here, who in zip(slots, wanted, strict=True)
        ]
    joint = _joint(board, v, slots, after, board.problem.horizon - 1)
    base: Delta | None = None
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
        base = base or lifted.base()
        best = _Options(board, v, slots, base).options(all_teams(board, v, present, 1))[0]
        in_window = asked.lateness(start) is not None and asked.fixed_start in (None, start)
        found.append(Suggestion(start, best.services, count, best.delta.total, in_window))
        at = start + max(step, spacing)
    return found


def last_start(board: Board, v: int, slots: list[list[Member]]) -> int | None:
    """The last start at which these members make a team; None if there is none."""
    step = visit_step(board, v)
    high = board.problem.horizon - 1
    while True:
        joint = _joint(board, v, slots, 0, high)
        last = max((b // step * step for a, b in joint if b // step * step >= a), default=None)
        if last is None or all_teams(board, v, _at_start(board, v, slots, last), 1):
            return last
        high = last - 1


def _joint(board: Board, v: int, slots: list[list[Member]], low: int, high: int) -> Starts:
    """The starts in ``low..high`` at which each slot has somebody."""
    joint: Starts = [(low, high)]
    for here, slot in zip(slots, board.visits[v].slots, strict=True):
        possible = union(start for member in here for start in member.starts)
        joint = intersect(joint, dilate(possible, *slot.lag))
    return joint


def _at_start(board: Board, v: int, slots: list[list[Member]], start: int) -> list[list[Member]]:
    """The members who can take part when the visit starts at ``start``."""
    return cut(slots, [[(start + slot.lag[0], start + slot.lag[1])] for slot in board.visits[v].slots])
