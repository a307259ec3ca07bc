"""One problem solved by spopt with HiGHS; runs in the environment of spopt: KIND SOURCE P SECONDS DATA, JSON on stdout."""

from __future__ import annotations

import csv
import gzip
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import highspy
import numpy as np
import pulp
from scipy.sparse import coo_array
from scipy.sparse.csgraph import shortest_path
from spopt.locate import MCLP, PMedian

MINUTES = 15.0


def library(path: Path) -> tuple[np.ndarray, np.ndarray, int]:
    """Distances, weights of one, p. Of an edge named twice the last cost holds, as the OR-Library says."""
    numbers = gzip.decompress(path.read_bytes()).split()
    n, edges, p = (int(x) for x in numbers[:3])
    costs = {}
    for i in range(edges):
        a, b, cost = (int(x) for x in numbers[3 + 3 * i : 6 + 3 * i])
        costs[min(a, b) - 1, max(a, b) - 1] = cost
    a, b = np.array(list(costs)).T
    graph = coo_array((list(costs.values()), (a, b)), shape=(n, n)).tocsr()
    return shortest_path(graph, directed=False), np.ones(n), p


def communes(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Great-circle kilometres between the communes of a file, and their population."""
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    lat, lon = (np.radians([float(row[name]) for row in rows]) for name in ("lat", "lon"))
    half = (
        np.sin((lat[:, None] - lat) / 2) ** 2
        + np.cos(lat[:, None]) * np.cos(lat) * np.sin((lon[:, None] - lon) / 2) ** 2
    )
    return 2 * 6371.0 * np.arcsin(np.sqrt(half)), np.array([float(row["population"]) for row in rows])


def limit(seconds: float) -> Callable[..., None]:
    """Ends HiGHS when the process has used this much processor since HiGHS first asked; its own limit is of the wall."""
    end: list[float] = []

    def ask(kind: Any, message: str, said: Any, told: Any, user: Any) -> None:
        now = time.process_time()
        if not end:
            end.append(now + seconds)
        if now >= end[0]:
            told.user_interrupt = True

    return ask


def main() -> int:
    """Solve and say."""
    kind, source, p, seconds, data = sys.argv[1:]
    n_sites = int(p)
    if kind == "pmed":
        cost, weight, n_sites = library(Path(source))
    else:
        cost, weight = communes(Path(source))
    kinds = highspy.cb.HighsCallbackType
    solver = pulp.HiGHS(
        msg=False,
        callbackTuple=(limit(float(seconds)), None),
        callbacksToActivate=[kinds.kCallbackMipInterrupt, kinds.kCallbackSimplexInterrupt],
    )
    model: Any
    if kind == "cover":
        roads = json.loads((Path(data) / "travel_time_model.json").read_text())
        minutes = np.interp(cost, roads["knots_km"], roads["minutes"])
        model = MCLP.from_cost_matrix(minutes, weight, MINUTES + 1e-7, n_sites)
    else:
        model = PMedian.from_cost_matrix(cost, weight, p_facilities=n_sites)
    try:
        model.solve(solver, results=False)
        said = ""
    except RuntimeError as error:
        said = str(error)[:80]
    open_ = [i for i, one in enumerate(model.fac_vars) if (one.value() or 0) > 0.5]
    value = None
    if 0 < len(open_) <= n_sites and not said:
        near = (minutes if kind == "cover" else cost)[:, open_].min(axis=1)
        value = (
            float(weight[near <= MINUTES + 1e-7].sum()) if kind == "cover" else float((near * weight).sum())
        )
        value = value / weight.sum() if kind == "pmedian" else value
    # PuLP says "optimal" of a solve that ran out of time too; the model of HiGHS knows.
    status = str(model.problem.solverModel.getModelStatus()) if hasattr(model.problem, "solverModel") else ""
    proved = "kOptimal" in status
    answer = {
        "value": value,
        "optimal": proved,
        "n": len(weight),
        "p": n_sites,
        "said": said or ("" if proved else status.rsplit(".", 1)[-1]),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }
    sys.stdout.write(json.dumps(answer) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
