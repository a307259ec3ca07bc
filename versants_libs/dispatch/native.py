"""The problem as flat arrays for the native search, and its answer as a plan.

The core (``core/engine.hpp``) knows no languages, mandates or genders: who may take a slot, from when to when, and at
what price is worked out here, once, and given to it as numbers. If the core is not built, :func:`available` is False
and the search in plain Python stands in.
"""

from __future__ import annotations

import time
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, pairwise, permutations, product
from typing import Any, TypeVar

from .checking import check
from .evaluation import evaluate
from .fitting import Fitting
from .levels import check_range
from .matrix import Rows, flat
from .model import Break, LinkKind, Person, Shift, Slot, Visit
from .pools import Pools
from .problem import TERMS, Assignment, Plan, Problem, Service
from .results import Outcome, Progress
from .roads import Roads
from .roads import tables as by_time
from .spans import Starts, intersect, union

_core: Any
try:
    from . import _core
except ImportError:  # no compiler when it was installed: the twin works
    _core = None

__all__ = ["Compiled", "available", "solve_native"]

T = TypeVar("T")
NOWHERE = -1
#: Heat at the start and the end (0: worked out), visits taken out in the mean, share overlooked, cycles.
KNOBS = (0.0, 0.0, 7.0, 0.01, 1)
#: From so many visits on a day is searched in parts: visits around a seed, people considered for a slot, iterations
#: before a part is put back.
LARGE, PARTS, WHOLE = 400, (60, 20, 500), (0, 1, 1)
#: Seconds after which the worst of several searches goes on from the best plan.
EXCHANGE_S = 3.0


def available() -> bool:
    """Whether the native search was built."""
    return _core is not None


class Compiled:
    """A problem as the core wants it: ``arrays`` and the way back."""

    def __init__(self, problem: Problem) -> None:
        check_range(problem)
        self.problem = problem
        self.person_index = {person.id: p for p, person in enumerate(problem.people)}
        self.nodes: list[tuple[int, int]] = [
            (v, s) for v, visit in enumerate(problem.visits) for s in range(len(visit.slots))
        ]
        self.node_index = {
            (problem.visits[v].id, problem.visits[v].slots[s].id): i for i, (v, s) in enumerate(self.nodes)
        }
        self.arrays: dict[str, Any] = {
            "n_places": len(problem.travel),
            "n_people": len(problem.people),
            "step": problem.step,
        }
        self._roads()
        self._duties()
        self._visits()
        self._links()
        weights = problem.prices
        self.arrays["prices"] = array(
            "q",
            [
                weights.lateness,
                weights.largest_lateness,
                weights.travel,
                weights.waiting,
                weights.overtime,
                weights.imbalance,
                weights.changes,
                weights.largest_idle,
            ],
        )

    # Ways

    def _roads(self) -> None:
        """All matrices one after the other, and which of them holds when for each way to move."""
        problem = self.problem
        modes = [(None, problem.travel), *problem.travel_by.items()]
        where: dict[int, int] = {}  # number of each matrix by its identity
        held: list[Rows] = []

        def number(rows: Rows) -> int:
            if id(rows) not in where:
                where[id(rows)] = len(held)
                held.append(rows)
            return where[id(rows)]

        size = len(problem.travel) ** 2
        self.roads = {mode: number(rows) * size for mode, rows in modes}
        starts, road, percent = array("i"), array("q"), array("i")
        self.bands: dict[str | None, int] = {}
        for mode, rows in modes if problem.travel_at else ():
            found = by_time(problem.travel_at, mode, rows)
            starts = array("i", [0, *(begin for begin, _ in found[1:])])
            self.bands[mode] = len(road)
            road.extend(number(table.rows) * size for _, table in found)
            percent.extend(table.percent for _, table in found)
        self.arrays |= {
            "travel": flat(held[0]) if len(held) == 1 else array("i", chain(*map(flat, held))),
            "band_start": starts,
            "band_road": road,
            "band_percent": percent,
        }

    # People

    def _duties(self) -> None:
        names = "person from to day week start end latest credit"
        duty: dict[str, list[int]] = {name: [] for name in names.split()}
        duty_of, pause_of, fixed_of = [0], [0], [0]
        pauses: list[int] = []
        missed: list[int] = []
        weights = self.problem.prices
        fixed: list[tuple[int, int, int]] = []
        limits: list[int] = []
        days = [span.start for span in self.problem.days]
        weeks = [span.start for span in self.problem.weeks]
        begins, bands = array("q"), array("i")
        pools = Pools(self.problem)
        stretches: list[tuple[int, int]] = []
        for p, person in enumerate(self.problem.people):
            roads = self.problem.roads_of(person)
            for shift in person.shifts:
                until = shift.end + shift.overtime_s
                left, right, entries = _fixed(person, shift)
                duty["person"].append(p)
                duty["from"].append(left)
                duty["to"].append(right)
                duty["day"].append(_inside(days, self.problem.days, shift.start))
                duty["week"].append(_inside(weeks, self.problem.weeks, shift.start))
                duty["start"].append(shift.start)
                duty["end"].append(shift.end)
                duty["latest"].append(until)
                stretch = pools.stretch(shift)
                stretches.append((0, 0) if stretch is None else (stretch.first, stretch.last))
                begins.append(self.roads[person.travel_mode])
                if self.bands:
                    bands.append(self.bands[person.travel_mode])
                duty["credit"].append(_legs(roads, shift, left, right, entries))
                fixed += entries
                fixed_of.append(len(fixed))
                for pause in sorted(shift.breaks, key=lambda b: b.earliest):
                    if shift.end - shift.start > pause.if_shift_over and _room(pause, shift, entries):
                        pauses += (pause.duration, pause.earliest, pause.latest)
                        price = weights.missed_break
                        missed.append(-1 if pause.missed is None else price * pause.missed)
                pause_of.append(len(pauses) // 3)
            duty_of.append(len(duty["person"]))
            own = person.limits
            limits += [
                -1 if one is None else one
                for one in (own.work_day_s, own.work_week_s, own.driving_day_s, own.crisis_visits)
            ]
        self.arrays |= {f"duty_{name}": array("i", values) for name, values in duty.items()}
        self.arrays |= {
            "duty_road": begins,
            "duty_band": bands,
            "vehicles": array("i", pools.there),
            "stretches": array("i", chain.from_iterable(stretches)),
            "duty_of": array("i", duty_of),
            "pause_of": array("i", pause_of),
            "pauses": array("i", pauses),
            "pause_missed": array("q", missed),
            "fixed_of": array("i", fixed_of),
            "fixed_start": array("i", [start for start, _, _ in fixed]),
            "fixed_length": array("i", [end - start for start, end, _ in fixed]),
            "fixed_place": array("i", [place for _, _, place in fixed]),
            "limits": array("i", limits),
            "worked": array("i", [person.worked_s for person in self.problem.people]),
        }

    # Visits

    def _visits(self) -> None:
        problem = self.problem
        fitting = Fitting(problem)
        node_of, due_of, fit_of = [0], [0], [0]
        due: list[int] = []
        fits = _Fits(self)
        weights = problem.prices
        told = problem.published.assignments if problem.published else {}
        told_person, told_start = array("i"), array("i")
        for visit in problem.visits:
            node_of.append(node_of[-1] + len(visit.slots))
            pinned = told[visit.id].services if visit.id in told else {}
            for s, slot in enumerate(visit.slots):
                if (s == 0 or slot.counts_late) and not all(window.hard for window in visit.windows):
                    due += chain.from_iterable((w.earliest, w.latest, int(w.hard)) for w in visit.due(slot))
                due_of.append(len(due) // 3)
                fits.add(fitting, visit, slot)
                fit_of.append(len(fits.prices))
                service = pinned.get(slot.id)
                known = self.person_index.get(service.person) if service else None
                # Told to somebody who is gone is a change whoever comes: a start nobody can have says so.
                told_person.append(NOWHERE if service is None else known if known is not None else 0)
                told_start.append(service.start if service and known is not None else -(2**27))
        nodes = [(problem.visits[v], problem.visits[v].slots[s]) for v, s in self.nodes]
        self.arrays |= {
            "node_of": array("i", node_of),
            "node_visit": array("i", [v for v, _ in self.nodes]),
            "unserved": array("q", [weights.unserved * visit.unserved for visit in problem.visits]),
            "crisis": array("B", [visit.crisis for visit in problem.visits]),
            "held": array(
                "B",
                [
                    visit.fixed_start is not None and all(slot.id in visit.pins for slot in visit.slots)
                    for visit in problem.visits
                ],
            ),
            "duration": array("i", [visit.duration_of(slot) for visit, slot in nodes]),
            "lag_low": array("i", [slot.lag[0] for _, slot in nodes]),
            "lag_high": array("i", [slot.lag[1] for _, slot in nodes]),
            "place": array("i", [_place(visit.place_of(slot)) for visit, slot in nodes]),
            "due_of": array("i", due_of),
            "due": array("i", due),
            "fit_of": array("i", fit_of),
            "fit_person": fits.people,
            "fit_from": fits.begins,
            "fit_to": fits.ends,
            "fit_prices": fits.prices,
            "spans": fits.spans,
            "told_person": told_person,
            "told_start": told_start,
        }

    def _links(self) -> None:
        """Links as arcs between starts, nodes that need the same person, visits that need each other."""
        index = {visit.id: v for v, visit in enumerate(self.problem.visits)}
        slots = [[slot.id for slot in visit.slots] for visit in self.problem.visits]
        arcs: dict[int, list[tuple[int, int]]] = {}
        peers: dict[int, list[int]] = {}
        unions: dict[int, set[int]] = {}
        for link in self.problem.links:
            linked = [index[visit] for visit in link.visits]
            if link.kind is LinkKind.ALL_OR_NONE:
                joined = {w for v in linked for w in unions.get(v, {v})}
                unions |= dict.fromkeys(joined, joined)
            elif link.kind is LinkKind.SAME_PEOPLE:
                for v, w in permutations(linked, 2):
                    for slot in set(slots[v]) & set(slots[w]):
                        one = self.node_index[(self.problem.visits[v].id, slot)]
                        peers.setdefault(one, []).append(self.node_index[(self.problem.visits[w].id, slot)])
            else:
                for v, w in pairwise(linked):
                    before, then = self.problem.visits[v], self.problem.visits[w]
                    for earlier, later in product(before.slots, then.slots):
                        a = self.node_index[(before.id, earlier.id)]
                        b = self.node_index[(then.id, later.id)]
                        length = before.duration_of(earlier)
                        arcs.setdefault(a, []).append((b, length + link.least))
                        if link.most is not None:
                            arcs.setdefault(b, []).append((a, -length - link.most))
        self.arrays["arc_of"], flat_arcs = _listed(arcs, len(self.nodes))
        self.arrays["arcs"] = array("i", chain.from_iterable(flat_arcs))
        self.arrays["peer_of"], flat_peers = _listed(peers, len(self.nodes))
        self.arrays["peers"] = array("i", flat_peers)
        together = {v: sorted(joined - {v}) for v, joined in unions.items()}
        self.arrays["union_of"], flat_unions = _listed(together, len(self.problem.visits))
        self.arrays["unions"] = array("i", flat_unions)

    def _starts(self, visit: Visit, slot: Slot) -> Starts:
        """Starts of a slot that the visit's windows (or its fixed start) allow, whoever comes."""
        if visit.fixed_start is not None:
            spans = [(visit.fixed_start, visit.fixed_start)]
        else:
            last = self.problem.horizon - 1
            spans = union((w.earliest, w.latest if w.hard else last) for w in visit.openings)
        if visit.day is not None:
            spans = intersect(spans, [(visit.day.start, visit.day.end - 1)])
        least, most = slot.lag
        return union((low + least, high + most) for low, high in spans)

    def _allowed(self, starts: Starts, visit: Visit, slot: Slot, mandates: Sequence[Any]) -> Starts:
        joined = union((span.start, span.end - 1) for span in mandates)
        duration = visit.duration_of(slot)
        return intersect(starts, union((low, high + 1 - duration) for low, high in joined))

    def _aligned(self, spans: Starts, visit: Visit) -> list[tuple[int, int]]:
        """Cut to multiples of the step, unless the start is fixed."""
        step = self.problem.step
        if visit.fixed_start is not None or step == 1:
            return [(low, high) for low, high in spans if low <= high]
        cut = [(-(-low // step) * step, high // step * step) for low, high in spans]
        return [(low, high) for low, high in cut if low <= high]

    # Plan in, plan out

    def services(self, plan: Plan) -> list[tuple[int, int, int]]:
        """A plan as (node, person, start); unknown ids are left out."""
        found = []
        for visit, assignment in plan.assignments.items():
            for slot, service in assignment.services.items():
                node = self.node_index.get((visit, slot))
                person = self.person_index.get(service.person)
                if node is not None and person is not None:
                    found.append((node, person, service.start))
        return sorted(found)

    def plan(self, services: Iterable[tuple[int, int, int]]) -> Plan:
        """The core's answer by ids, in the order of the problem's visits."""
        visits, people = self.problem.visits, self.problem.people
        teams: dict[str, dict[str, Service]] = {}
        for node, person, start in services:
            v, s = self.nodes[node]
            teams.setdefault(visits[v].id, {})[visits[v].slots[s].id] = Service(people[person].id, start)
        return Plan({visit: Assignment(visit, team) for visit, team in teams.items()})


class _Fits:
    """Who may take each slot, with the spans of their starts and their price, as four long lists.

    People who hold the same mandate for a country share their spans, and slots that ask for the same share their
    people: both are worked out once.
    """

    def __init__(self, compiled: Compiled) -> None:
        self.compiled = compiled
        self.people, self.begins, self.ends = array("i"), array("i"), array("i")
        self.prices, self.spans = array("q"), array("i")
        self._spans: dict[tuple[tuple[int, int], ...], tuple[int, int]] = {}
        self._groups: dict[object, dict[tuple[Any, ...], tuple[array[int], array[int]]]] = {}

    def add(self, fitting: Fitting, visit: Visit, slot: Slot) -> None:
        """The fits of one more slot."""
        compiled = self.compiled
        starts = compiled._starts(visit, slot)
        guarded = slot.needs_mandate and visit.country is not None
        for mandates, (people, prices) in self._grouped(fitting, visit, slot, guarded).items():
            allowed = compiled._allowed(starts, visit, slot, mandates) if guarded else starts
            begin, end = self._place_of(tuple(compiled._aligned(allowed, visit)))
            if begin < end:
                self.people.extend(people)
                self.prices.extend(prices)
                self.begins.extend(array("i", [begin]) * len(people))
                self.ends.extend(array("i", [end]) * len(people))

    def _place_of(self, spans: tuple[tuple[int, int], ...]) -> tuple[int, int]:
        known = self._spans.get(spans)
        if known is None:
            at = len(self.spans) // 2
            self.spans.extend(chain.from_iterable(spans))
            known = self._spans[spans] = (at, at + len(spans))
        return known

    def _grouped(
        self, fitting: Fitting, visit: Visit, slot: Slot, guarded: bool
    ) -> dict[tuple[Any, ...], tuple[array[int], array[int]]]:
        plain = not (visit.pins or visit.excluded or slot.preferred)
        kind = fitting.kind_of(slot, visit.complexity) + fitting.price_of(slot, visit)
        key = (kind, visit.country if guarded else None) if plain else None
        known = self._groups.get(key) if plain else None
        if known is None:
            known = {}
            weights, crew = self.compiled.problem.prices, self.compiled.problem.people
            for fit in fitting.of(visit, slot):
                mandates = crew[fit.person].mandates.get(visit.country or "", ()) if guarded else ()
                people, prices = known.setdefault(mandates, (array("i"), array("q")))
                people.append(fit.person)
                prices.append(
                    weights.gender_wish * fit.wish
                    + weights.second_choice_language * fit.penalty
                    + weights.broken_continuity * fit.broken
                    + weights.fees * fit.fee
                )
            if plain:
                self._groups[key] = known
        return known


def _listed(lists: Mapping[int, list[T]], n: int) -> tuple[array[int], list[T]]:
    """Lists by index as one, with where each begins and the last ends."""
    offsets, found = array("i", [0]), list[T]()
    for i in range(n):
        found += lists.get(i, ())
        offsets.append(len(found))
    return offsets, found


def _place(place: int | None) -> int:
    return NOWHERE if place is None else place


def _inside(starts: list[int], spans: Sequence[Any], at: int) -> int:
    i = bisect_right(starts, at) - 1
    return i if i >= 0 and at < spans[i].end else NOWHERE


def _fixed(person: Person, shift: Shift) -> tuple[int, int, list[tuple[int, int, int]]]:
    """Where the shift begins and ends, and its busy times in order: who is elsewhere then starts or ends there."""
    until = shift.end + shift.overtime_s
    left, right = _place(shift.start_place), _place(shift.end_place)
    entries = []
    for busy in person.busy:
        if busy.start >= until or busy.end <= shift.start:
            continue
        if busy.place is None:
            entries.append((max(busy.start, shift.start), min(busy.end, until), NOWHERE))
            continue
        if busy.start < shift.start:
            left = NOWHERE
        if busy.end > until:
            right = NOWHERE
        entries.append((busy.start, busy.end, busy.place))
    return left, right, sorted(entries)


def _legs(roads: Roads, shift: Shift, left: int, right: int, entries: Iterable[tuple[int, int, int]]) -> int:
    """Travel of a shift with its busy times alone."""
    total, at, ready = 0, left, shift.start
    for start, end, place in entries:
        if place == NOWHERE:
            ready += end - start
            continue
        if at != NOWHERE:
            total += roads.drive(at, place, ready, start)
        at, ready = place, end
    return total + (roads.home(at, right, ready) if at != NOWHERE != right else 0)


def _room(pause: Break, shift: Shift, entries: Sequence[tuple[int, int, int]]) -> bool:
    """Whether the busy times alone leave room for a break."""
    free, until = shift.start, shift.end + shift.overtime_s
    for start, end in [*((start, end) for start, end, _ in entries), (until, until)]:
        if min(start, pause.latest) - max(free, pause.earliest) >= pause.duration:
            return True
        free = max(free, end)
    return False


def _knobs(problem: Problem) -> tuple[float, float, float, float, int]:
    """Levels far below travel are not felt while the heat follows the price of a way: it ends at the lowest price."""
    if not problem.weights.levels:
        return KNOBS
    prices = [price for term in TERMS if (price := getattr(problem.prices, term)) > 0]
    return (KNOBS[0], float(min(prices, default=1)), *KNOBS[2:])


def solve_native(
    problem: Problem,
    *,
    seconds: float | None,
    iterations: int | None,
    seed: int = 0,
    threads: int = 1,
    start: Plan | None = None,
    on_progress: Callable[[Progress], object] | None = None,
    going_on: Callable[[Progress], bool] | None = None,
    lower_bound: int | None = None,
) -> Outcome:
    """:func:`~versants_libs.dispatch.solve` by the core. ``going_on`` returns False to end the search."""
    assert _core is not None
    began = time.monotonic()
    compiled = Compiled(problem)
    best: list[int] = []

    def tell(iteration: int, seconds: float, cost: int, absent: int) -> bool:
        progress = Progress(iteration, time.monotonic() - began, cost, absent)
        if on_progress is not None and (not best or cost < best[-1]):
            best.append(cost)
            on_progress(progress)
        return going_on is None or going_on(progress)

    left = None if seconds is None else max(0.0, seconds - (time.monotonic() - began))
    services, _, done = _core.solve(
        compiled.arrays,
        compiled.services(start) if start is not None else [],
        seed,
        -1.0 if left is None else left,
        -1 if iterations is None else iterations,
        threads,
        _knobs(problem),
        tell if on_progress is not None or going_on is not None else None,
        PARTS if len(problem.visits) >= LARGE else WHOLE,
        EXCHANGE_S,
    )
    plan = compiled.plan(services)
    cost = evaluate(problem, plan)
    return Outcome(
        plan=plan,
        cost=cost.total,
        terms=cost.terms,
        lower_bound=lower_bound,
        violations=tuple(check(problem, plan)),
        iterations=done,
        seconds=time.monotonic() - began,
        unassigned=tuple(visit.id for visit in problem.visits if visit.id not in plan.assignments),
        engine="native",
    )
