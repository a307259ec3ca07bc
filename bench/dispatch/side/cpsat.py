"""OR-Tools' CP-SAT on the common sub-problem: ``cpsat.py PROBLEM OUT --seconds S --hint PLAN``.

A circuit a person over the tasks they may take, each optional in it; starts follow the arcs taken. Eight workers share
the one core: with one worker it improved the first plan less (25 patients, 20 s: +32 % against +8 %). Presolve tries
no values: that alone took 7.5 seconds with 50 patients. A single large circuit with a person for each
task was tried too: better with 25 patients (+2 %), not with 50.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

from common import Common, plan_of, read, routes_of
from ortools.sat.python import cp_model

from versants_libs.dispatch import plan_to_json

OFFICE = -1
Routes = list[list[int]]


class Model:
    """The sub-problem in CP-SAT's terms, with the first plan as hint."""

    def __init__(self, it: Common, hint: Routes) -> None:
        self.it, self.hint = it, hint
        self.model = cp_model.CpModel()
        self.cost: list[Any] = []
        known = plan_of(it, hint).assignments
        self.known: list[int | None] = []  # the start of each task in the hint
        self.start, self.served = [], []
        for task in it.tasks:
            held = known.get(it.problem.visits[task.visit].id)
            self.known.append(held.services[task.slot].start if held else None)
            latest = task.latest if task.hard else it.latest
            self.start.append(self._whole(task.earliest, latest, self.known[-1]))
        for visit in it.problem.visits:
            self.served.append(self._bool(visit.id in known))
            points = it.problem.weights.unserved * visit.unserved
            self.cost.append(points * (1 - self.served[-1]))
            if not it.optional:
                self.model.add(self.served[-1] == 1)
        self.who: list[dict[int, Any]] = [{} for _ in it.tasks]
        self.legs = [self._day(p) for p in range(len(it.crew))]
        self._tasks()
        self._pairs()
        self.model.minimize(sum(self.cost))

    def _bool(self, hint: bool) -> Any:
        made = self.model.new_bool_var("")
        self.model.add_hint(made, hint)
        return made

    def _whole(self, low: int, high: int, hint: int | None) -> Any:
        made = self.model.new_int_var(low, high, "")
        if hint is not None:
            self.model.add_hint(made, hint)
        return made

    def _day(self, p: int) -> dict[tuple[int, int], Any]:
        """One person's circuit: the literal of each leg, from task to task or the office."""
        it, one, model = self.it, self.it.crew[p], self.model
        taken = set(pairwise([OFFICE, *self.hint[p], OFFICE])) if self.hint[p] else set()
        mine = [t for t, task in enumerate(it.tasks) if p in task.people and self._reachable(p, t)]
        node = {OFFICE: 0} | {t: i for i, t in enumerate(mine, 1)}
        mates = {(a, b) for a, b, _, _ in it.pairs}
        legs: dict[tuple[int, int], Any] = {}
        arcs, driven = [(0, 0, self._bool(not self.hint[p]))], []

        def leg(a: int, b: int, road: int) -> Any:
            made = legs[a, b] = self._bool((a, b) in taken)
            arcs.append((node[a], node[b], made))
            driven.append(road * made)
            return made

        for t in mine:
            task = it.tasks[t]
            on = self.who[t][p] = self._bool(t in self.hint[p])
            arcs.append((node[t], node[t], ~on))
            road = it.road(one.start_place, task.place)
            model.add(self.start[t] >= one.start + road).only_enforce_if(leg(OFFICE, t, road))
            road = it.road(task.place, one.end_place)
            back = leg(t, OFFICE, road)
            model.add(self.start[t] + task.duration + road <= one.end).only_enforce_if(back)
            for u in mine:
                road = it.road(task.place, it.tasks[u].place)
                after = task.duration + road
                late = it.tasks[u].hard and task.earliest + after > it.tasks[u].latest
                if u != t and not late and (t, u) not in mates and (u, t) not in mates:
                    model.add(self.start[u] >= self.start[t] + after).only_enforce_if(leg(t, u, road))
        model.add_circuit(arcs)
        self.cost += [it.problem.weights.travel * road for road in driven]
        if one.driving is not None:
            model.add(sum(driven) <= one.driving)
        return legs

    def _reachable(self, p: int, t: int) -> bool:
        """Whether the person can be there before the window closes and home in time."""
        one, task = self.it.crew[p], self.it.tasks[t]
        there = max(task.earliest, one.start + self.it.road(one.start_place, task.place))
        home = there + task.duration + self.it.road(task.place, one.end_place)
        return (not task.hard or there <= task.latest) and home <= one.end

    def _tasks(self) -> None:
        for t, task in enumerate(self.it.tasks):
            self.model.add(sum(self.who[t].values()) == self.served[task.visit])
            if task.counts_late and not task.hard:
                known = self.known[t]
                hint = None if known is None else max(0, known - task.latest)
                late = self._whole(0, self.it.latest - task.latest, hint)
                self.model.add(late >= self.start[t] - task.latest)
                self.cost.append(self.it.problem.weights.lateness * late)

    def _pairs(self) -> None:
        for a, b, least, most in self.it.pairs:
            served = self.served[self.it.tasks[a].visit]
            self.model.add(self.start[b] >= self.start[a] + least).only_enforce_if(served)
            self.model.add(self.start[b] <= self.start[a] + most).only_enforce_if(served)
            for p in self.who[a].keys() & self.who[b].keys():
                self.model.add_at_most_one(self.who[a][p], self.who[b][p])

    def routes(self, solver: cp_model.CpSolver) -> Routes:
        """The routes of the solution."""
        found = []
        for legs in self.legs:
            after = {a: b for (a, b), taken in legs.items() if solver.value(taken)}
            day, at = [], after.get(OFFICE, OFFICE)
            while at != OFFICE:
                day.append(at)
                at = after[at]
            found.append(day)
        return found


def solve(it: Common, seconds: float, hint: Routes) -> Routes | None:
    """Routes after that many seconds, model built and all; None if it has not even taken the hint by then."""
    began = time.monotonic()
    model = Model(it, hint)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 8
    solver.parameters.cp_model_probing_level = 0
    left = seconds - (time.monotonic() - began)
    if left <= 0:
        return None
    solver.parameters.max_time_in_seconds = left
    status = solver.solve(model.model)
    sys.stderr.write(f"{solver.status_name(status)}, bound {solver.best_objective_bound:.0f}\n")
    return model.routes(solver) if status in (cp_model.OPTIMAL, cp_model.FEASIBLE) else None


def main() -> int:
    """0 with a plan, 4 without."""
    parser = argparse.ArgumentParser()
    parser.add_argument("problem", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--hint", type=Path, required=True)
    args = parser.parse_args()
    it = read(args.problem)
    routes = solve(it, args.seconds, routes_of(it, args.hint))
    if routes is None:
        return 4
    args.out.write_text(json.dumps(plan_to_json(plan_of(it, routes))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
