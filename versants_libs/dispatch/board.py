"""The search's own view of a plan: every person's day in order, and where something still fits.

What a slot asks for is compared with who people are once, at the start. For a day, the possible starts of
one more service are computed exactly, as intervals, one set per gap of the day (see :meth:`Board.pieces`);
they are kept until that day changes. Other services do not move.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product

from .days import BUSY, NOWHERE, Entry, Piece, ShiftState
from .fitting import Fits
from .linking import Ties
from .model import Person, Visit
from .pools import Pools
from .problem import Assignment, Plan, Problem, Service
from .resting import Day, Stop, settle
from .spans import Starts, intersect, union
from .timing import Times, same_times, timed_amounts, timed_bounds

__all__ = ["Board"]


class Board:
    """A plan in the form the search works on. People, visits and slots are indices into the problem.

    ``people`` and ``visits`` are the problem's, unless something else is supposed for the moment.
    """

    def __init__(self, problem: Problem, plan: Plan | None = None) -> None:
        self.problem = problem
        self.people, self.visits = list(problem.people), list(problem.visits)
        self.person_index = {person.id: i for i, person in enumerate(problem.people)}
        self.visit_index = {visit.id: i for i, visit in enumerate(problem.visits)}
        self.pools = Pools(problem)
        self.days = [
            [ShiftState(problem, person, k, self.pools) for k in range(len(person.shifts))]
            for person in problem.people
        ]
        for shifts in self.days:
            for shift in shifts:
                shift.legs = self.amounts(shift, shift.entries)[0]
        self.version = [0] * len(problem.people)
        self.crisis = [0] * len(problem.people)
        self.visit_s = [0] * len(problem.people)
        self.placed: dict[int, dict[int, tuple[int, int]]] = {}
        self.ties = Ties(problem, self.visits, self.placed, self.visit_index)
        self.fits = Fits(problem, self.visits)
        self._times: dict[tuple[int, int], Times] = {}
        published = problem.published.assignments if problem.published else {}
        self.published = {
            self.visit_index[v]: dict(a.services) for v, a in published.items() if v in self.visit_index
        }
        if plan is not None:
            self.load(plan)

    # Plan in, plan out

    def load(self, plan: Plan) -> None:
        """Take over a plan as it is, feasible or not. Unknown ids are left out."""
        touched: dict[ShiftState, None] = {}
        for visit_id, assignment in plan.assignments.items():
            v = self.visit_index.get(visit_id)
            if v is None:
                continue
            slots = {slot.id: s for s, slot in enumerate(self.visits[v].slots)}
            team = {
                slots[slot]: (self.person_index[service.person], service.start)
                for slot, service in assignment.services.items()
                if slot in slots and service.person in self.person_index
            }
            if team:
                touched |= dict.fromkeys(self._put(v, team))
        for shift in touched:
            self._settle(shift)

    def plan(self) -> Plan:
        """The plan in the order of the problem's visits."""
        plan: dict[str, dict[str, Service]] = {}
        for v in sorted(self.placed):
            plan[self.visits[v].id] = self.services(v, self.placed[v])
        return Plan({visit: Assignment(visit, services) for visit, services in plan.items()})

    def services(self, v: int, team: dict[int, tuple[int, int]]) -> dict[str, Service]:
        """A team by ids, in the order of the slots."""
        slots, people = self.visits[v].slots, self.people
        return {slots[s].id: Service(people[team[s][0]].id, team[s][1]) for s in sorted(team)}

    def place(self, v: int, team: dict[int, tuple[int, int]]) -> None:
        """Put a team on a visit that has none: slot -> (person, start)."""
        for shift in self._put(v, team):
            self._settle(shift)

    def _put(self, v: int, team: dict[int, tuple[int, int]]) -> list[ShiftState]:
        """The same, but for the figures of the shifts that it returns."""
        visit = self.visits[v]
        touched = []
        for s, (p, start) in team.items():
            slot = visit.slots[s]
            place = visit.place_of(slot)
            end = start + visit.duration_of(slot)
            entry = Entry(start, end, NOWHERE if place is None else place, v, s)
            for shift in self.days[p]:
                if start >= shift.high or end <= shift.low:
                    continue
                shift.put(entry)
                touched.append(shift)
                # A hand-made plan may start before a shift: the time is taken all the same.
                if shift.low <= start:
                    shift.n_visits += 1
                    shift.work += end - start
                    self._to_site(shift, place, 1)
            self.version[p] += 1
            self.crisis[p] += visit.crisis
            self.visit_s[p] += end - start
        self.placed[v] = dict(team)
        return touched

    def _settle(self, shift: ShiftState) -> None:
        shift.legs, shift.waiting, shift.overtime, shift.missed = self.amounts(shift, shift.entries)

    def _to_site(self, shift: ShiftState, place: int | None, n: int) -> None:
        """A visit more, or less, to travel to: the first one takes a shared vehicle."""
        if place is not None:
            shift.sites += n
            if shift.stretch is not None and shift.sites == (n > 0):
                self.pools.take(shift.stretch, n)

    def remove(self, v: int) -> dict[int, tuple[int, int]]:
        """Take a visit's team off and return it."""
        visit = self.visits[v]
        team = self.placed.pop(v)
        for s, (p, start) in team.items():
            duration = visit.duration_of(visit.slots[s])
            for shift in self.days[p]:
                if not shift.take(v, s):
                    continue
                if shift.low <= start:
                    shift.n_visits -= 1
                    shift.work -= duration
                    self._to_site(shift, visit.place_of(visit.slots[s]), -1)
                self._settle(shift)
            self.version[p] += 1
            self.crisis[p] -= visit.crisis
            self.visit_s[p] -= duration
        return team

    # When a slot may start

    def times(self, v: int, s: int) -> Times:
        """What is known of a slot where time is concerned."""
        known = self._times.get((v, s))
        if known is None:
            known = self._times[v, s] = Times(self.problem, self.visits[v], s)
        return known

    def starts(self, v: int, s: int) -> list[tuple[int, int]]:
        """Starts of a slot that the visit's windows (or its fixed start) allow, whoever comes."""
        return self.times(v, s).starts

    def allowed(self, p: int, v: int, s: int) -> list[tuple[int, int]]:
        """The same for one person: their mandate must cover the whole service."""
        return self.times(v, s).allowed(self.people[p])

    # What would be if

    @contextmanager
    def supposing(self, v: int, visit: Visit) -> Iterator[None]:
        """Inside, an unplaced visit is another one, with as many slots. What its changes leave true is kept."""
        before = self.visits[v]
        fits = self.fits.known.pop(v, None)
        times: dict[int, Times | None] = {}
        for s, same in enumerate(same_times(before, visit)):
            if not same:
                times[s] = self._times.pop((v, s), None)
        self.visits[v] = visit
        try:
            yield
        finally:
            self.visits[v] = before
            self.fits.known.pop(v, None)
            if fits is not None:
                self.fits.known[v] = fits
            for s, known in times.items():
                self._times.pop((v, s), None)
                if known is not None:
                    self._times[v, s] = known

    @contextmanager
    def supposing_person(self, p: int, person: Person) -> Iterator[None]:
        """Inside, a person has other mandates."""
        before, self.people[p] = self.people[p], person
        self.version[p] += 1
        try:
            yield
        finally:
            self.people[p] = before
            self.version[p] += 1

    def forget(self, v: int) -> None:
        """Free the memory that holds where a visit fits."""
        for s in range(len(self.visits[v].slots)):
            self._times.pop((v, s), None)

    # Where it fits

    def pieces(self, p: int, v: int, s: int) -> list[Piece]:
        """Every start at which person ``p`` can do slot ``s`` of visit ``v``, all else staying as it is.

        The person is assumed to be in ``fits[v][s]``, and the visit not to be placed with them.
        """
        found = self.pieces_of_day(p, v, s)
        if not self.pools.there or self.times(v, s).place == NOWHERE:
            return found
        return [piece for piece in found if self.vehicles_short(p, piece.shift) <= 0]

    def vehicles_short(self, p: int, k: int) -> int:
        """Shared vehicles missing for shift ``k`` to have a visit on site; 0 or less if there is one."""
        shift = self.days[p][k]
        return 0 if shift.stretch is None or shift.sites else 1 - self.pools.free(shift.stretch)

    def vehicles_for(self, v: int, team: dict[int, tuple[int, int]]) -> bool:
        """Whether there are shared vehicles for all of a team."""
        wanted = []
        for s, (p, start) in team.items() if self.pools.there else ():
            for shift in self.days[p] if self.times(v, s).place != NOWHERE else ():
                if shift.low <= start < shift.high and shift.stretch is not None and not shift.sites:
                    wanted.append(shift.stretch)
        return self.pools.together(wanted)

    def pieces_of_day(self, p: int, v: int, s: int) -> list[Piece]:
        """The same as far as their own day is concerned, shared vehicles apart."""
        times = self.times(v, s)
        known = times.pieces.get(p)
        if known is not None and known[0] == self.version[p]:
            return known[1]
        found: list[Piece] = []
        person = self.people[p]
        limit = person.limits.crisis_visits
        allowed = times.allowed(person)
        if allowed and not (times.crisis and limit is not None and self.crisis[p] >= limit):
            first, last, duration = allowed[0][0], allowed[-1][1], times.duration
            for k, shift in enumerate(self.days[p]):
                if first <= shift.high - duration and last >= shift.low:
                    self._scan(p, k, times, allowed, found)
        times.pieces[p] = (self.version[p], found)
        return found

    def _scan(self, p: int, k: int, times: Times, allowed: Starts, found: list[Piece]) -> None:
        """Add the pieces of shift ``k``: gap by gap, between the known places around it."""
        shift = self.days[p][k]
        place, duration = times.place, times.duration
        most_travel = self._most_travel(p, shift, duration)
        if most_travel is not None and most_travel < 0 and place == NOWHERE and shift.timed is None:
            return
        first, last = allowed[0][0], allowed[-1][1]
        for i, low, high, added in self.bounds(shift, place, duration):
            if low > high or low > last or high < first or (most_travel is not None and added > most_travel):
                continue
            if shift.due:
                ranges = intersect(self.with_breaks(shift, i, place, duration, low, high), allowed)
            elif len(allowed) == 1:
                ranges = [(max(low, first), min(high, last))]
            else:
                ranges = intersect([(low, high)], allowed)
            for a, b in ranges:
                found.append(Piece(a, b, k, i, added))

    def bounds(self, shift: ShiftState, place: int, duration: int) -> list[tuple[int, int, int, int]]:
        """For each gap: its number, earliest and latest start by travel alone, added travel.

        The earliest is after the latest where the gap is too short. Where travel depends on the time, a gap may come in
        several pieces.
        """
        if shift.timed is not None:
            return timed_bounds(shift, shift.timed, place, duration)
        travel = shift.travel
        found = []
        if place == NOWHERE:
            for i, (free, until, leave, left, reach, right, _, _) in enumerate(shift.gaps):
                tight = left != NOWHERE != right and reach - leave - duration < travel[left][right]
                found.append((i, free, free - 1 if tight else until - duration, 0))
            return found
        onward = travel[place]
        for i, (low, until, leave, left, reach, right, _, _) in enumerate(shift.gaps):
            high = until - duration
            added = 0
            if left != NOWHERE:
                here = travel[left]
                added = here[place]
                if leave + added > low:
                    low = leave + added
                if right != NOWHERE:
                    added -= here[right]
            if right != NOWHERE:
                leg = onward[right]
                added += leg
                if reach - leg - duration < high:
                    high = reach - leg - duration
            found.append((i, low, high, added))
        return found

    def _most_travel(self, p: int, shift: ShiftState, duration: int) -> int | None:
        """The travel one more service of ``duration`` may add in this shift by the limits; None is any."""
        limits = self.people[p].limits
        room: list[int] = []
        # The first visit of a shift brings in the travel that fixed busy times cause anyway.
        first = shift.legs if shift.n_visits == 0 else 0
        if shift.day is not None and (limits.work_day_s is not None or limits.driving_day_s is not None):
            same = [o for o in self.days[p] if o.day == shift.day and o.n_visits]
            driving = sum(o.legs for o in same) + first
            if limits.driving_day_s is not None:
                room.append(limits.driving_day_s - driving)
            if limits.work_day_s is not None:
                room.append(limits.work_day_s - driving - sum(o.work for o in same) - duration)
        if shift.week is not None and limits.work_week_s is not None:
            same = [o for o in self.days[p] if o.week == shift.week and o.n_visits]
            worked = self.people[p].worked_s if shift.week == 0 else 0
            held = worked + sum(o.legs + o.work for o in same) + first
            room.append(limits.work_week_s - held - duration)
        return min(room, default=None)

    def with_breaks(
        self, shift: ShiftState, gap: int, place: int, duration: int, low: int, high: int
    ) -> list[tuple[int, int]]:
        """The starts in ``low..high`` that leave room for every due break of the shift.

        Each break lies in another gap, or before or after the new service in this one. Every combination
        bounds the start from both sides; the answer is their union.
        """
        if len(shift.due) == 1 and shift.timed is None and all(e.place != NOWHERE for e in shift.entries):
            return self._with_one_break(shift, gap, place, duration, low, high)
        gaps, legs, spare = self._layout(shift, gap, place, duration)
        before, after = gap, gap + 1  # this gap, cut in two: numbers follow the cut day
        choices: list[list[int]] = []
        for pause in shift.due:
            possible = []
            for g, (start, end) in enumerate(gaps):
                if min(end, pause.latest) - max(start, pause.earliest) >= pause.duration:
                    possible.append(g)
            choices.append(possible)
        found: list[tuple[int, int]] = []
        for choice in product(*choices):
            least, most = low, high
            taken: dict[int, int] = {}
            for pause, g in zip(shift.due, choice, strict=True):
                if g == before:
                    least = max(least, max(gaps[g][0], pause.earliest) + pause.duration)
                elif g == after:
                    most = min(most, min(gaps[g][1], pause.latest) - pause.duration - duration)
                leg = legs[g]
                if leg is not None:
                    taken[leg] = taken.get(leg, 0) + pause.duration
            for leg, held in taken.items():
                kind, a, b, ready, until = spare[leg]
                if kind == "left":
                    least = max(least, shift.roads.arrive(a, b, ready + held))
                elif kind == "right":
                    most = min(most, shift.roads.leave(a, b, until) - ready - held)
                elif shift.roads.leave(a, b, until) - ready < held:
                    least = most + 1
            if least <= most:
                found.append((least, most))
        return union(found)

    def _with_one_break(
        self, shift: ShiftState, gap: int, place: int, duration: int, low: int, high: int
    ) -> list[tuple[int, int]]:
        """The same for the usual day: a single break and no calls so far, so that each gap is a leg of its own."""
        pause, travel = shift.due[0], shift.travel
        held, earliest, latest = pause[:3]
        found: list[tuple[int, int]] = []
        for g, (free, until, leave, left, reach, right, _, _) in enumerate(shift.gaps):
            if min(until, latest) - max(free, earliest) < held:
                continue
            if g != gap:
                if NOWHERE in (left, right) or reach - leave - travel[left][right] >= held:
                    return [(low, high)]
                continue
            least, most = max(free, earliest) + held, min(until, latest) - held - duration
            if place == NOWHERE:
                if left != NOWHERE != right and reach - leave - travel[left][right] - duration < held:
                    continue
            else:
                if left != NOWHERE:
                    least = max(least, leave + travel[left][place] + held)
                if right != NOWHERE:
                    most = min(most, reach - duration - travel[place][right] - held)
            least, most = max(low, least), min(high, most)
            found += [span for span in ((least, high), (low, most)) if span[0] <= span[1]]
        return union(found)

    def _layout(
        self, shift: ShiftState, gap: int, place: int, duration: int
    ) -> tuple[list[tuple[int, int]], list[int | None], list[tuple[str, int, int, int, int]]]:
        """The day with the new service in ``gap``: gaps, the leg of each, and when each leg can be left.

        The two halves of the cut gap are given whole. A leg runs between two known places: kind, both of them, when
        one is ready, when one must be there. It ends at the new start ("left"), or begins there ("right") and one is
        ready so much after it.
        """
        gaps: list[tuple[int, int]] = []
        legs: list[int | None] = []
        spare: list[tuple[str, int, int, int, int]] = []
        open_gaps: list[int] = []
        kind, since, at, remote = "fixed", shift.low, shift.left, 0

        def close(where: int, until: int, ends_new: bool) -> None:
            """A known place is reached: the gaps since the last one form a leg, if that was known too."""
            if at != NOWHERE and where != NOWHERE:
                for g in open_gaps:
                    legs[g] = len(spare)
                ready = (duration if kind == "right" else since) + remote
                spare.append(("left" if ends_new else kind, at, where, ready, until))
            open_gaps.clear()

        free = shift.low
        for i in range(len(shift.entries) + 1):
            entry = shift.entries[i] if i < len(shift.entries) else None
            end = shift.high if entry is None else entry.start
            open_gaps.append(len(gaps))
            gaps.append((free, end))
            legs.append(None)
            if i == gap:
                if place != NOWHERE:
                    close(place, 0, True)
                    kind, since, at, remote = "right", 0, place, 0
                else:
                    remote += duration
                open_gaps.append(len(gaps))
                gaps.append((free, end))
                legs.append(None)
            if entry is None:
                close(shift.right, shift.high, False)
                break
            free = max(free, entry.end)
            if entry.place != NOWHERE:
                close(entry.place, entry.start, False)
                kind, since, at, remote = "fixed", entry.end, entry.place, 0
            else:
                remote += entry.end - entry.start
        return gaps, legs, spare

    # What it costs

    def amounts(self, shift: ShiftState, entries: list[Entry]) -> tuple[int, int, int, int]:
        """Seconds of travel, waiting and overtime of a shift with these entries in order, points of missed breaks."""
        if shift.timed is not None:
            found = timed_amounts(shift, entries)
            soft = shift.soft and any(entry.visit != BUSY for entry in entries)
            return (found[0], *self._resting(shift, entries)) if soft else (*found, 0)
        travel = shift.travel
        legs, at = 0, shift.left
        first = last = -1
        placed = NOWHERE
        calls = 0
        for i, entry in enumerate(entries):
            if entry.visit != BUSY:
                first = i if first < 0 else first
                last = i
            if entry.place != NOWHERE:
                if at != NOWHERE:
                    legs += travel[at][entry.place]
                at, placed, calls = entry.place, i, 0
            else:
                calls += entry.end - entry.start
        if at != NOWHERE and shift.right != NOWHERE:
            legs += travel[at][shift.right]
        if last < 0:
            return legs, 0, 0, 0
        if shift.soft:
            return legs, *self._resting(shift, entries)
        waiting, at = 0, NOWHERE
        for i in range(first, last + 1):
            if i > first:
                waiting += max(0, entries[i].start - entries[i - 1].end)
            if entries[i].place != NOWHERE:
                if at != NOWHERE:
                    waiting -= travel[at][entries[i].place]
                at = entries[i].place
        back = entries[last].end
        if last == len(entries) - 1 and placed >= 0 and shift.right != NOWHERE:
            back = max(back, entries[placed].end + calls + travel[entries[placed].place][shift.right])
        return legs, max(0, waiting), max(0, back - shift.end), 0

    def _resting(self, shift: ShiftState, entries: list[Entry]) -> tuple[int, int, int]:
        """Waiting, overtime and points of missed breaks where breaks may be missed."""
        stops = [
            Stop(e.start, e.end, None if e.place == NOWHERE else e.place, e.visit != BUSY) for e in entries
        ]
        left, right = (None if place == NOWHERE else place for place in (shift.left, shift.right))
        day = Day(shift.low, shift.end, shift.high, left, right, stops)
        weights = self.problem.prices
        found = settle(
            day,
            shift.soft,
            shift.roads,
            waiting=weights.waiting,
            overtime=weights.overtime,
            missed=weights.missed_break,
        )
        return found.waiting, found.overtime, found.missed

    def added(self, v: int, s: int, p: int, start: int, piece: Piece) -> tuple[int, int, int, int, int]:
        """Travel, waiting, overtime, imbalance and missed breaks that one more service adds, in their units."""
        visit = self.visits[v]
        slot = visit.slots[s]
        duration = visit.duration_of(slot)
        shift = self.days[p][piece.shift]
        place = visit.place_of(slot)
        entry = Entry(start, start + duration, NOWHERE if place is None else place, v, s)
        entries = [*shift.entries[: piece.gap], entry, *shift.entries[piece.gap :]]
        legs, waiting, overtime, missed = self.amounts(shift, entries)
        held = self.people[p].worked_s // 60
        now, then = self.visit_s[p] // 60, (self.visit_s[p] + duration) // 60
        imbalance = (2 * held * then + then * then) // 60 - (2 * held * now + now * now) // 60
        more = (waiting - shift.waiting, overtime - shift.overtime, imbalance, missed - shift.missed)
        return legs - shift.legs, *more

    def sound(self, p: int) -> bool:
        """Whether every leg of the person's shifts with visits leaves time for its travel."""
        for shift in self.days[p]:
            if not shift.n_visits:
                continue
            at, since, remote, visits = shift.left, shift.low, 0, 0
            home = Entry(shift.high, shift.high, shift.right, BUSY, 0)
            for entry in [*shift.entries, home]:
                visits += entry.visit != BUSY
                if entry.place == NOWHERE:
                    remote += entry.end - entry.start
                    continue
                if (
                    at != NOWHERE
                    and visits
                    and shift.roads.arrive(at, entry.place, since + remote) > entry.start
                ):
                    return False
                at, since, remote, visits = entry.place, entry.end, 0, int(entry.visit != BUSY)
        return True

    def changed(self, v: int, s: int, p: int, start: int) -> int:
        """1 if the published plan has this slot otherwise."""
        told = self.published.get(v)
        if told is None:
            return 0
        service = told.get(self.visits[v].slots[s].id)
        if service is None:
            return 0
        return int(service != Service(self.people[p].id, start))
