"""Linear and mixed-integer models as sparse arrays, solved by HiGHS (loaded when it is first needed)."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["INFEASIBLE", "Again", "Linear", "Solved"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

OPTIMAL, INFEASIBLE, LIMIT = "optimal", "infeasible", "limit"

# An effort of 0 leaves some of HiGHS' heuristics on; restarts, symmetry and cuts kept for long cost more than they gave.
_PROVING = {
    "mip_heuristic_effort": 0.0,
    "mip_heuristic_run_feasibility_jump": False,
    "mip_heuristic_run_rins": False,
    "mip_heuristic_run_rens": False,
    "mip_heuristic_run_root_reduced_cost": False,
    "mip_allow_restart": False,
    "mip_detect_symmetry": False,
    "mip_lp_age_limit": 3,
}


@dataclass(frozen=True, eq=False, slots=True)
class Solved:
    """``status`` optimal, infeasible or limit; ``values`` of the columns (empty: none found); ``value``, ``bound``;
    ``duals`` of the rows and ``reduced`` costs of the columns, for a linear model."""

    status: str
    values: Floats
    value: float
    bound: float
    duals: Floats
    reduced: Floats


class Linear:
    """Minimise; columns and rows are added as arrays."""

    def __init__(self) -> None:
        self._cost: list[Floats] = []
        self._low: list[Floats] = []
        self._high: list[Floats] = []
        self._whole: list[NDArray[np.bool_]] = []
        self._parts: list[tuple[Ints, Ints, Floats]] = []
        self._row_low: list[Floats] = []
        self._row_high: list[Floats] = []
        self.n_columns = 0
        self.n_rows = 0
        self.offset = 0.0  # added to the objective: a gap is a share of the whole

    def columns(self, cost: Floats, low: ArrayLike, high: ArrayLike, whole: bool = False) -> Ints:
        """New columns; their numbers."""
        n = len(cost)
        self._cost.append(np.asarray(cost, dtype=np.float64))
        self._low.append(np.broadcast_to(np.asarray(low, dtype=np.float64), (n,)))
        self._high.append(np.broadcast_to(np.asarray(high, dtype=np.float64), (n,)))
        self._whole.append(np.full(n, whole))
        self.n_columns += n
        return np.arange(self.n_columns - n, self.n_columns)

    def rows(self, low: Floats, high: Floats, row: Ints, column: Ints, value: Floats) -> Ints:
        """New rows low <= sum(value * column) <= high; ``row`` counts from 0 among the new ones."""
        self._row_low.append(np.asarray(low, dtype=np.float64))
        self._row_high.append(np.asarray(high, dtype=np.float64))
        self._parts.append(
            (np.asarray(row) + self.n_rows, np.asarray(column), np.asarray(value, dtype=np.float64))
        )
        self.n_rows += len(low)
        return np.arange(self.n_rows - len(low), self.n_rows)

    def solve(
        self,
        stop: Callable[[], bool] | None = None,
        *,
        gap: float = 0.0,
        start: Floats | None = None,
        interior: bool = False,
        search: bool = True,
        cutoff: float | None = None,
    ) -> Solved:
        """Solve with one thread until ``stop`` says so; ``start``: values of all columns to begin with.

        ``interior``: a linear model by the interior point method, without the way to a corner: values and duals are near
        the optimal ones, not exact, often ten times sooner. ``search``: False where
        only the bound is wanted. ``cutoff``: what costs more is not looked for; INFEASIBLE may then mean that nothing
        costs less.
        """
        solver = self._solver(stop)
        solver.setOptionValue("mip_rel_gap", gap)
        if not search:
            for name, setting in _PROVING.items():
                solver.setOptionValue(name, setting)
        if cutoff is not None:
            solver.setOptionValue("objective_bound", cutoff)
        if interior:
            solver.setOptionValue("solver", "ipx")
            solver.setOptionValue("run_crossover", "off")
        if start is not None:
            import highspy

            known = highspy.HighsSolution()
            known.col_value = list(map(float, start))
            solver.setSolution(known)
        return _run(solver, any(one.any() for one in self._whole))

    def again(self, stop: Callable[[], bool] | None = None) -> Again:
        """The model, a linear one, to be solved for one setting of some columns after the other."""
        return Again(self._solver(stop))

    def _solver(self, stop: Callable[[], bool] | None) -> Any:
        """HiGHS with this model, asked to end when ``stop`` says so."""
        import highspy

        row = np.concatenate([part[0] for part in self._parts])
        column = np.concatenate([part[1] for part in self._parts])
        value = np.concatenate([part[2] for part in self._parts])
        order = np.lexsort((row, column))
        whole = np.concatenate(self._whole)
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = self.n_columns, self.n_rows
        lp.offset_ = self.offset
        lp.col_cost_ = np.concatenate(self._cost)
        lp.col_lower_, lp.col_upper_ = np.concatenate(self._low), np.concatenate(self._high)
        lp.row_lower_, lp.row_upper_ = np.concatenate(self._row_low), np.concatenate(self._row_high)
        lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        lp.a_matrix_.start_ = np.searchsorted(column[order], np.arange(self.n_columns + 1)).astype(np.int32)
        lp.a_matrix_.index_ = row[order].astype(np.int32)
        lp.a_matrix_.value_ = value[order]
        if whole.any():
            kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
            lp.integrality_ = [kinds[int(one)] for one in whole]
        with _quiet():
            solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
        solver.setOptionValue("output_flag", False)
        solver.setOptionValue("threads", 1)
        if stop is not None:

            def ask(event: Any) -> None:
                if stop():
                    event.interrupt()

            solver.cbMipInterrupt += ask
            solver.cbSimplexInterrupt += ask
            solver.cbIpmInterrupt += ask
        solver.passModel(lp)
        return solver


class Again:
    """A linear model whose last answer is where the next one begins."""

    def __init__(self, solver: Any) -> None:
        self._solver = solver

    def solve(self, columns: Ints, values: Floats) -> Solved:
        """With these columns fixed at these values."""
        at = np.asarray(values, dtype=np.float64)
        self._solver.changeColsBounds(len(columns), columns.astype(np.int32), at, at)
        return _run(self._solver, False)


def _run(solver: Any, whole: bool) -> Solved:
    """HiGHS' answer."""
    import highspy

    solver.run()
    status, info = solver.getModelStatus(), solver.getInfo()
    if status in (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible):
        return Solved(INFEASIBLE, np.zeros(0), float("inf"), float("inf"), np.zeros(0), np.zeros(0))
    there = info.primal_solution_status == 2
    values = np.array(solver.getSolution().col_value) if there else np.zeros(0)
    cost = float(info.objective_function_value) if there else float("inf")
    priced = there and not whole
    duals = np.array(solver.getSolution().row_dual) if priced else np.zeros(0)
    reduced = np.array(solver.getSolution().col_dual) if priced else np.zeros(0)
    optimal = status == highspy.HighsModelStatus.kOptimal
    proved = cost if optimal else -float("inf")
    bound = float(info.mip_dual_bound) if whole else proved
    return Solved(OPTIMAL if optimal else LIMIT, values, cost, bound, duals, reduced)


@contextmanager
def _quiet() -> Iterator[None]:
    """HiGHS prints its name when it is made, before it can be told not to: standard output is a command's answer."""
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        ctypes.CDLL(None).fflush(None)
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)
