"""The solver in a process of its own: a problem on standard input, progress and a plan on standard output.

Started by ``versants.mobile.services.apart`` with limits of time and memory; knows neither Django nor the database.
Each line of output is one JSON value: ``{"progress": {...}}`` any number of times, then ``{"outcome": {...}}``.
"""

from __future__ import annotations

import json
import resource
import sys
from typing import Any

from versants_libs import dispatch


def limit(seconds: float, megabytes: int) -> None:
    """Hard limits of this process: processor time with a margin, and memory."""
    cpu = int(seconds) + 10
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 5))
    size = megabytes * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (size, size))


def main() -> int:
    order: dict[str, Any] = json.load(sys.stdin)
    seconds = float(order["seconds"])
    limit(seconds, int(order["megabytes"]))
    problem = dispatch.problem_from_json(order["problem"])
    start = dispatch.plan_from_json(order["start"]) if order.get("start") else None
    last = -1.0

    def say(value: dict[str, Any]) -> None:
        sys.stdout.write(json.dumps(value) + "\n")
        sys.stdout.flush()

    def stop(progress: dispatch.Progress) -> bool:
        nonlocal last
        if progress.seconds - last >= 0.25:
            last = progress.seconds
            say({"progress": {"seconds": progress.seconds, "unassigned": progress.unassigned}})
        return False

    rules: list[dispatch.StopRule] = [dispatch.MaxSeconds(seconds), stop]
    if order["iterations"] is not None:
        rules.append(dispatch.MaxIterations(int(order["iterations"])))
    outcome = dispatch.solve(problem, stop=dispatch.AnyOf(*rules), seed=int(order["seed"]), start=start)
    say(
        {
            "outcome": {
                "plan": dispatch.plan_to_json(outcome.plan),
                "cost": outcome.cost,
                "terms": dict(outcome.terms),
                "unassigned": list(outcome.unassigned),
                "iterations": outcome.iterations,
                "seconds": outcome.seconds,
                "engine": outcome.engine,
            }
        }
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
