"""The search's own view of a plan: every person's day in order, and where something still fits.

What a slot asks for is compared with who people are once, at the start. For a day, the possible starts of
one more service are computed exactly, as intervals, one set per gap of the day (see :meth:`Board.pieces`);
they are kept until that day changes. Other services do not move.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

from .fitting import Fits
from .model import Break, Person
from .problem import Assignment, Plan, Problem, Service
from .spans import Starts, intersect, union

__all__ = ["Board", "Piece"]

NOWHERE = -1
BUSY = -1


class Entry(NamedTuple):
    """Something in a day. ``place`` is NOWHERE when remote, ``visit`` is BUSY when fixed."""

    start: int
    end: int
    place: int
    visit: int
    slot: int


class Piece(NamedTuple):
    """Starts ``low..high`` in one gap of one shift, adding ``travel`` seconds."""

    low: int
    high: int
    shift: int
    gap: int
    travel: int


class ShiftState:
    """One shift of one person with what is in it. ``left``/``right``: places of its ends, or NOWHERE."""

    __slots__ = (
        "day", "due", "end", "entries", "high", "left", "legs", "low", "n_visits", "overtime", "right",
        "waiting", "week", "work",
    )  # fmt: skip

    def __init__(self, problem: Problem, person: Person, number: int) -> None:
        shift = person.shifts[number]
        self.low, self.high, self.end = shift.start, shift.end + shift.overtime_s, shift.end
        self.left = NOWHERE if shift.start_place is None else shift.start_place
        self.right = NOWHERE if shift.end_place is None else shift.end_place
        self.entries: list[Entry] = []
        for busy in person.busy:
            if busy.start >= self.high or busy.end <= self.low:
                continue
            if busy.place is None:
                start, end = max(busy.start, self.low), min(busy.end, self.high)
                self.entries.append(Entry(start, end, NOWHERE, BUSY, 0))
            else:
                if busy.start < self.low:
                    self.left = NOWHERE
                if busy.end > self.high:
                    self.right = NOWHERE
                self.entries.append(Entry(busy.start, busy.end, busy.place, BUSY, 0))
        self.entries.sort()
        length = shift.end - shift.start
        self.due = [b for b in shift.breaks if length > b.if_shift_over and self._room(b)]
        self.day = next((i for i, d in enumerate(problem.days) if d.start <= self.low < d.end), None)
        self.week = next((i for i, w in enumerate(problem.weeks) if w.start <= self.low < w.end), None)
        self.n_visits = self.work = self.legs = self.waiting = self.overtime = 0

    def _room(self, pause: Break) -> bool:
        free = self.low
        for entry in [*self.entries, Entry(self.high, self.high, NOWHERE, BUSY, 0)]:
            if min(entry.start, pause.latest) - max(free, pause.earliest) >= pause.duration:
                return True
            free = max(free, entry.end)
        return False


class Board:
    """A plan in the form the search works on. People, visits and slots are indices into the problem."""

    def __init__(self, problem: Problem, plan: Plan | None = None) -> None:
        self.problem = problem
        self.travel = problem.travel
        self.person_index = {person.id: i for i, person in enumerate(problem.people)}
        self.visit_index = {visit.id: i for i, visit in enumerate(problem.visits)}
        self.days = [
            [ShiftState(problem, person, k) for k in range(len(person.shifts))] for person in problem.people
        ]
        for shifts in self.days:
            for shift in shifts:
                shift.legs = self.amounts(shift, shift.entries)[0]
        self.version = [0] * len(problem.people)
        self.crisis = [0] * len(problem.people)
        self.visit_s = [0] * len(problem.people)
        self.placed: dict[int, dict[int, tuple[int, int]]] = {}
        self.fits = Fits(problem)
        self._spans: dict[tuple[int, int, int], list[tuple[int, int]]] = {}
        self._pieces: dict[tuple[int, int, int], tuple[int, list[Piece]]] = {}
        published = problem.published.assignments if problem.published else {}
        self.published = {
            self.visit_index[v]: dict(a.services) for v, a in published.items() if v in self.visit_index
        }
        if plan is not None:
            self.load(plan)

    # Plan in, plan out

    def load(self, plan: Plan) -> None:
        """Take over a plan as it is, feasible or not. Unknown ids are left out."""
        for visit_id, assignment in plan.assignments.items():
            v = self.visit_index.get(visit_id)
            if v is None:
                continue
            slots = {slot.id: s for s, slot in enumerate(self.problem.visits[v].slots)}
            team = {
                slots[slot]: (self.person_index[service.person], service.start)
                for slot, service in assignment.services.items()
                if slot in slots and service.person in self.person_index
            }
            if team:
                self.place(v, team)

    def plan(self) -> Plan:
        """The plan in the order of the problem's visits."""
        plan: dict[str, dict[str, Service]] = {}
        for v in sorted(self.placed):
            plan[self.problem.visits[v].id] = self.services(v, self.placed[v])
        return Plan({visit: Assignment(visit, services) for visit, services in plan.items()})

    def services(self, v: int, team: dict[int, tuple[int, int]]) -> dict[str, Service]:
        """A team by ids, in the order of the slots."""
        slots, people = self.problem.visits[v].slots, self.problem.people
        return {slots[s].id: Service(people[team[s][0]].id, team[s][1]) for s in sorted(team)}

    def place(self, v: int, team: dict[int, tuple[int, int]]) -> None:
        """Put a team on a visit that has none: slot -> (person, start)."""
        visit = self.problem.visits[v]
        for s, (p, start) in team.items():
            slot = visit.slots[s]
            place = visit.place_of(slot)
            end = start + visit.duration_of(slot)
            entry = Entry(start, end, NOWHERE if place is None else place, v, s)
            for shift in self.days[p]:
                if shift.low <= start < shift.high:
                    insort(shift.entries, entry)
                    shift.n_visits += 1
                    shift.work += end - start
                    shift.legs, shift.waiting, shift.overtime = self.amounts(shift, shift.entries)
                elif start < shift.high and end > shift.low:
                    # A hand-made plan may start before a shift: the time is taken all the same.
                    insort(shift.entries, entry)
            self.version[p] += 1
            self.crisis[p] += visit.crisis
            self.visit_s[p] += end - start
        self.placed[v] = dict(team)

    def remove(self, v: int) -> dict[int, tuple[int, int]]:
        """Take a visit's team off and return it."""
        visit = self.problem.visits[v]
        team = self.placed.pop(v)
        for s, (p, start) in team.items():
            duration = visit.duration_of(visit.slots[s])
            for shift in self.days[p]:
                kept = [entry for entry in shift.entries if entry.visit != v or entry.slot != s]
                if len(kept) == len(shift.entries):
                    continue
                shift.entries = kept
                if shift.low <= start < shift.high:
                    shift.n_visits -= 1
                    shift.work -= duration
                    shift.legs, shift.waiting, shift.overtime = self.amounts(shift, kept)
            self.version[p] += 1
            self.crisis[p] -= visit.crisis
            self.visit_s[p] -= duration
        return team

    # When a slot may start

    def starts(self, v: int, s: int) -> list[tuple[int, int]]:
        """Starts of a slot that the visit's windows (or its fixed start) allow, whoever comes."""
        visit = self.problem.visits[v]
        if visit.fixed_start is not None:
            spans = [(visit.fixed_start, visit.fixed_start)]
        else:
            last = self.problem.horizon - 1
            spans = union((w.earliest, w.latest if w.hard else last) for w in visit.windows)
        least, most = visit.slots[s].lag
        return union((low + least, high + most) for low, high in spans)

    def allowed(self, p: int, v: int, s: int) -> list[tuple[int, int]]:
        """The same for one person: their mandate must cover the whole service."""
        key = (p, v, s)
        known = self._spans.get(key)
        if known is None:
            visit = self.problem.visits[v]
            slot = visit.slots[s]
            known = self.starts(v, s)
            if slot.needs_mandate and visit.country is not None:
                spans = self.problem.people[p].mandates.get(visit.country, ())
                # Joined as instants first: two mandates end to end cover what straddles them.
                joined = union((span.start, span.end - 1) for span in spans)
                duration = visit.duration_of(slot)
                known = intersect(known, union((low, high + 1 - duration) for low, high in joined))
            self._spans[key] = known
        return known

    # Where it fits

    def pieces(self, p: int, v: int, s: int) -> list[Piece]:
        """Every start at which person ``p`` can do slot ``s`` of visit ``v``, all else staying as it is.

        The person is assumed to be in ``fits[v][s]``, and the visit not to be placed with them.
        """
        known = self._pieces.get((p, v, s))
        if known is not None and known[0] == self.version[p]:
            return known[1]
        found: list[Piece] = []
        visit = self.problem.visits[v]
        limit = self.problem.people[p].limits.crisis_visits
        if not (visit.crisis and limit is not None and self.crisis[p] >= limit):
            allowed = self.allowed(p, v, s)
            if allowed:
                slot = visit.slots[s]
                place = visit.place_of(slot)
                for k in range(len(self.days[p])):
                    self._scan(
                        p, k, NOWHERE if place is None else place, visit.duration_of(slot), allowed, found
                    )
        self._pieces[(p, v, s)] = (self.version[p], found)
        return found

    def _scan(self, p: int, k: int, place: int, duration: int, allowed: Starts, found: list[Piece]) -> None:
        """Add the pieces of shift ``k``: gap by gap, between the known places around it."""
        shift = self.days[p][k]
        if allowed[0][0] > shift.high - duration or allowed[-1][1] < shift.low:
            return
        most_travel = self._most_travel(p, shift, duration)
        if most_travel is not None and most_travel < 0 and place == NOWHERE:
            return
        for i, low, high, added in self.bounds(shift, place, duration):
            if low <= high and (most_travel is None or added <= most_travel):
                ranges = [(low, high)]
                if shift.due:
                    ranges = self._with_breaks(shift, i, place, duration, low, high)
                found.extend(Piece(a, b, k, i, added) for a, b in intersect(ranges, allowed))

    def bounds(self, shift: ShiftState, place: int, duration: int) -> Iterator[tuple[int, int, int, int]]:
        """For each gap: its number, earliest and latest start by travel alone, added travel.

        The earliest is after the latest where the gap is too short.
        """
        entries, travel = shift.entries, self.travel
        n = len(entries)
        # Known place after each gap, looking backwards: (start, place, remote seconds before it).
        after: list[tuple[int, int, int]] = [(0, NOWHERE, 0)] * (n + 1)
        after[n] = (shift.high, shift.right, 0)
        for i in range(n - 1, -1, -1):
            entry = entries[i]
            if entry.place != NOWHERE:
                after[i] = (entry.start, entry.place, 0)
            else:
                start, where, remote = after[i + 1]
                after[i] = (start, where, remote + entry.end - entry.start)
        free, left_end, left_place, left_remote = shift.low, shift.low, shift.left, 0
        for i in range(n + 1):
            gap_end = entries[i].start if i < n else shift.high
            right_start, right_place, right_remote = after[i]
            low, high = free, gap_end - duration
            added = 0
            if place == NOWHERE:
                if left_place != NOWHERE and right_place != NOWHERE:
                    spare = right_start - left_end - left_remote - right_remote - duration
                    if spare < travel[left_place][right_place]:
                        high = low - 1
            else:
                if left_place != NOWHERE:
                    added += travel[left_place][place]
                    low = max(low, left_end + left_remote + travel[left_place][place])
                    if right_place != NOWHERE:
                        added -= travel[left_place][right_place]
                if right_place != NOWHERE:
                    added += travel[place][right_place]
                    high = min(high, right_start - right_remote - travel[place][right_place] - duration)
            yield i, low, high, added
            if i < n:
                entry = entries[i]
                free = max(free, entry.end)
                if entry.place != NOWHERE:
                    left_end, left_place, left_remote = entry.end, entry.place, 0
                else:
                    left_remote += entry.end - entry.start

    def _most_travel(self, p: int, shift: ShiftState, duration: int) -> int | None:
        """The travel one more service of ``duration`` may add in this shift by the limits; None is any."""
        limits = self.problem.people[p].limits
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
            worked = self.problem.people[p].worked_s if shift.week == 0 else 0
            held = worked + sum(o.legs + o.work for o in same) + first
            room.append(limits.work_week_s - held - duration)
        return min(room, default=None)

    def _with_breaks(
        self, shift: ShiftState, gap: int, place: int, duration: int, low: int, high: int
    ) -> list[tuple[int, int]]:
        """The starts in ``low..high`` that leave room for every due break of the shift.

        Each break lies in another gap, or before or after the new service in this one. Every combination
        bounds the start from both sides; the answer is their union.
        """
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
                kind, constant = spare[leg]
                if kind == "left":  # what is left is start + constant
                    least = max(least, held - constant)
                elif kind == "right":  # what is left is constant - start
                    most = min(most, constant - held)
                elif constant < held:
                    least = most + 1
            if least <= most:
                found.append((least, most))
        return union(found)

    def _layout(
        self, shift: ShiftState, gap: int, place: int, duration: int
    ) -> tuple[list[tuple[int, int]], list[int | None], list[tuple[str, int]]]:
        """The day with the new service in ``gap``: gaps, the leg of each, and what each leg leaves free.

        The two halves of the cut gap are given whole. A leg runs between two known places; what it leaves
        free is a constant, or depends on the new start when it ends ("left") or begins ("right") there.
        """
        gaps: list[tuple[int, int]] = []
        legs: list[int | None] = []
        spare: list[tuple[str, int]] = []
        open_gaps: list[int] = []
        kind, since, at, remote = "fixed", shift.low, shift.left, 0

        def close(where: int, until: int, ends_new: bool) -> None:
            """A known place is reached: the gaps since the last one form a leg, if that was known too."""
            if at != NOWHERE and where != NOWHERE:
                need = self.travel[at][where] + remote
                for g in open_gaps:
                    legs[g] = len(spare)
                if ends_new:
                    spare.append(("left", -since - need))
                elif kind == "right":
                    spare.append(("right", until - duration - need))
                else:
                    spare.append(("fixed", until - since - need))
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

    def amounts(self, shift: ShiftState, entries: list[Entry]) -> tuple[int, int, int]:
        """Seconds of travel, waiting and overtime of a shift with these entries in order."""
        travel = self.travel
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
            return legs, 0, 0
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
        return legs, max(0, waiting), max(0, back - shift.end)

    def added(self, v: int, s: int, p: int, start: int, piece: Piece) -> tuple[int, int, int, int]:
        """Travel, waiting, overtime and imbalance that one more service adds, in their units."""
        visit = self.problem.visits[v]
        slot = visit.slots[s]
        duration = visit.duration_of(slot)
        shift = self.days[p][piece.shift]
        place = visit.place_of(slot)
        entry = Entry(start, start + duration, NOWHERE if place is None else place, v, s)
        entries = [*shift.entries[: piece.gap], entry, *shift.entries[piece.gap :]]
        legs, waiting, overtime = self.amounts(shift, entries)
        held = self.problem.people[p].worked_s // 60
        now, then = self.visit_s[p] // 60, (self.visit_s[p] + duration) // 60
        imbalance = (2 * held * then + then * then) // 60 - (2 * held * now + now * now) // 60
        return legs - shift.legs, waiting - shift.waiting, overtime - shift.overtime, imbalance

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
                if at != NOWHERE and visits and entry.start - since - remote < self.travel[at][entry.place]:
                    return False
                at, since, remote, visits = entry.place, entry.end, 0, int(entry.visit != BUSY)
        return True

    def changed(self, v: int, s: int, p: int, start: int) -> int:
        """1 if the published plan has this slot otherwise."""
        told = self.published.get(v)
        if told is None:
            return 0
        service = told.get(self.problem.visits[v].slots[s].id)
        if service is None:
            return 0
        return int(service != Service(self.problem.people[p].id, start))
