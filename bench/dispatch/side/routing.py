"""OR-Tools' routing library on the common sub-problem: ``routing.py PROBLEM OUT --seconds S [--hint PLAN]``.

A task is a node; two tasks of a visit are held together by their times (``CumulVar``). What was learned with 9.15:

- ``SetAllowedVehiclesForIndex`` and ``AddSameActivityGroup`` raise TypeError (absl::Span) from Python:
  ``VehicleVar(i).RemoveValue`` and equal ``ActiveVar`` stand in.
- ``AddNodePrecedence`` both ways beside the equalities left 25 patients at +87 % after ten seconds, without: +12 %.
- With equal ``ActiveVar`` no usual move adds both tasks of a visit at once: it served nobody of 50 visits. So where
  visits may be left out, half of the time goes to a model in which half a visit has half the price; its plan, without
  the halves, starts the real one, in which small exact searches (LNS) can add both.
- No rule for first plans is best or sure: ``LOCAL_CHEAPEST_COST_INSERTION`` fails at once on A2 and B6 and is by far
  the cheapest on C1. Each of four gets up to a tenth of the time, the cheapest plan starts the search. With 200
  visits and 260 people ``LOCAL_CHEAPEST_INSERTION`` was the best of six.
- Guided search with a penalty of 0.3 was better than 0.1, 1 and 3 with 50 patients; iterated local search, the bandit
  of operators and more neighbourhoods were not better.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from common import Common, plan_of, read, routes_of
from ortools.constraint_solver import pywrapcp, routing_enums_pb2
from ortools.util import optional_boolean_pb2

from versants_libs.dispatch import plan_to_json

FIRST = routing_enums_pb2.FirstSolutionStrategy
FIRSTS = (
    FIRST.LOCAL_CHEAPEST_COST_INSERTION,
    FIRST.SEQUENTIAL_CHEAPEST_INSERTION,
    FIRST.PARALLEL_CHEAPEST_INSERTION,
    FIRST.LOCAL_CHEAPEST_INSERTION,
)
GUIDED = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
Routes = list[list[int]]


class Model:
    """The sub-problem in routing's terms. With ``halves`` one task of a visit may be served without the other."""

    def __init__(self, it: Common, *, halves: bool) -> None:
        self.it, self.halves = it, halves
        # A node a task, then one for each place where somebody starts or ends.
        ends = sorted({place for one in it.crew for place in (one.start_place, one.end_place)})
        node = {place: len(it.tasks) + i for i, place in enumerate(ends)}
        places = [task.place for task in it.tasks] + ends
        self.manager = pywrapcp.RoutingIndexManager(
            len(places),
            len(it.crew),
            [node[one.start_place] for one in it.crew],
            [node[one.end_place] for one in it.crew],
        )
        self.routing = pywrapcp.RoutingModel(self.manager)
        self.at = [self.manager.NodeToIndex(t) for t in range(len(it.tasks))]
        self._roads([[it.road(a, b) for b in places] for a in places])
        self._tasks()
        self._pairs()

    def _roads(self, roads: list[list[int]]) -> None:
        it, routing = self.it, self.routing
        price = it.problem.weights.travel
        cost = routing.RegisterTransitMatrix([[price * cell for cell in row] for row in roads])
        routing.SetArcCostEvaluatorOfAllVehicles(cost)
        lasts = [task.duration for task in it.tasks] + [0] * (len(roads) - len(it.tasks))
        takes = [[last + cell for cell in row] for last, row in zip(lasts, roads, strict=True)]
        horizon = it.latest + max(max(row) for row in takes)
        routing.AddDimension(routing.RegisterTransitMatrix(takes), horizon, horizon, False, "time")
        self.clock = routing.GetDimensionOrDie("time")
        for p, one in enumerate(it.crew):
            for end in (routing.Start(p), routing.End(p)):
                self.clock.CumulVar(end).SetRange(one.start, min(one.end, horizon))
        if any(one.driving is not None for one in it.crew):
            most = [horizon if one.driving is None else one.driving for one in it.crew]
            plain = routing.RegisterTransitMatrix(roads)
            routing.AddDimensionWithVehicleCapacity(plain, 0, most, True, "driving")

    def _tasks(self) -> None:
        it, routing, weights = self.it, self.routing, self.it.problem.weights
        paired = {t for a, b, _, _ in it.pairs for t in (a, b)}
        for t, task in enumerate(it.tasks):
            i = self.at[t]
            self.clock.CumulVar(i).SetRange(task.earliest, task.latest if task.hard else it.latest)
            if not task.hard and task.counts_late:
                self.clock.SetCumulVarSoftUpperBound(i, task.latest, weights.lateness)
            for p in set(range(len(it.crew))) - set(task.people):
                routing.VehicleVar(i).RemoveValue(p)
            if it.optional:
                points = weights.unserved * it.problem.visits[task.visit].unserved
                routing.AddDisjunction([i], points // 2 if t in paired else points)

    def _pairs(self) -> None:
        routing, solver = self.routing, self.routing.solver()
        for a, b, least, most in self.it.pairs:
            i, j = self.at[a], self.at[b]
            first, second = self.clock.CumulVar(i), self.clock.CumulVar(j)
            if least == most:
                solver.Add(second == first + least)
            else:
                solver.Add(second >= first + least)
                solver.Add(second <= first + most)
            if not self.it.optional:
                solver.Add(routing.VehicleVar(i) != routing.VehicleVar(j))
            elif not self.halves:
                solver.Add(routing.ActiveVar(i) == routing.ActiveVar(j))

    def solve(
        self,
        seconds: float,
        start: Routes | None,
        *,
        first: int = FIRST.LOCAL_CHEAPEST_INSERTION,
        last: bool = True,
    ) -> tuple[int, Routes] | None:
        """The best routes of that time with their cost, None without any; without ``last`` the first plan only."""
        began = time.monotonic()
        wanted = pywrapcp.DefaultRoutingSearchParameters()
        wanted.first_solution_strategy = first
        wanted.local_search_metaheuristic = GUIDED
        if not last:
            wanted.solution_limit = 1
        wanted.guided_local_search_lambda_coefficient = 0.3
        wanted.time_limit.FromMilliseconds(max(1, int(1000 * seconds)))
        if self.it.optional and not self.halves:
            wanted.local_search_operators.use_path_lns = optional_boolean_pb2.BOOL_TRUE
            wanted.local_search_operators.use_inactive_lns = optional_boolean_pb2.BOOL_TRUE
        self.routing.CloseModelWithParameters(wanted)
        held = None
        if start is not None:
            held = self.routing.ReadAssignmentFromRoutes([[self.at[t] for t in day] for day in start], True)
            if held is None:
                # Its time is over before the model is closed, or halves left out of its own first plan do not fit.
                return None
        left = seconds - (time.monotonic() - began)
        wanted.time_limit.FromMilliseconds(max(1, int(1000 * left)))
        if held is None:
            found = self.routing.SolveWithParameters(wanted)
        else:
            found = self.routing.SolveFromAssignmentWithParameters(held, wanted)
        if found is None:
            return None
        return found.ObjectiveValue(), [self._day(found, p) for p in range(len(self.it.crew))]

    def _day(self, found: Any, person: int) -> list[int]:
        day, i = [], found.Value(self.routing.NextVar(self.routing.Start(person)))
        while not self.routing.IsEnd(i):
            day.append(self.manager.IndexToNode(i))
            i = found.Value(self.routing.NextVar(i))
        return day


def solve(it: Common, seconds: float, start: Routes | None) -> Routes | None:
    """Routes after that many seconds, models built and all."""
    began = time.monotonic()
    own = start is None
    if own:
        start = first_plan(it, seconds)
    left = seconds - (time.monotonic() - began)
    found = Model(it, halves=False).solve(left, start) if left > 0 else None
    if found is None and not own and left > 1:
        raise ValueError("the first plan was refused")
    return found[1] if found else start


def first_plan(it: Common, seconds: float) -> Routes | None:
    """The cheapest of what its own rules find in at most half of the time."""
    if it.optional:
        half = Model(it, halves=True).solve(seconds / 2, None)
        return whole(it, half[1]) if half else None
    plans = []
    for first in FIRSTS:
        found = Model(it, halves=False).solve(seconds / 10, None, first=first, last=False)
        if found:
            plans.append(found)
    return min(plans)[1] if plans else None


def whole(it: Common, routes: Routes) -> Routes:
    """The routes without tasks whose mate is not served."""
    held = {t for route in routes for t in route}
    alone = {t for a, b, _, _ in it.pairs for t in (a, b) if not (a in held and b in held)}
    return [[t for t in route if t not in alone] for route in routes]


def main() -> int:
    """0 with a plan, 4 without."""
    parser = argparse.ArgumentParser()
    parser.add_argument("problem", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--hint", type=Path)
    args = parser.parse_args()
    it = read(args.problem)
    routes = solve(it, args.seconds, routes_of(it, args.hint) if args.hint else None)
    if routes is None:
        return 4
    args.out.write_text(json.dumps(plan_to_json(plan_of(it, routes))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
