"""One piece of a study: another case planned and its years simulated, or some years of the plan. Plain JSON in and out.

In a process of its own (``python -m versants.networks.working``) the order stands on standard input, with limits of
processor time and memory; progress and answer are lines of JSON on standard output. Knows neither Django nor the database.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Callable, Mapping
from typing import Any

from versants.territory.shapes import DATA
from versants_libs.coverage.crew import Crew, crew_of
from versants_libs.coverage.paired import totals
from versants_libs.coverage.simulation import Years, run_years, years_json
from versants_libs.coverage.staffing_plan import plan
from versants_libs.coverage.study import Study
from versants_libs.coverage.study_files import read_study, study_json
from versants_libs.coverage.travel import travel_of

GAP = 0.005
#: Processor seconds of a round within which the proof is brought to its end, so that the same question has one answer.
EXACT = 20.0
MEGABYTES = 3_000
#: Processor seconds of a piece beyond those its plan may take: reading, predicting, simulating.
BEYOND_S = 600

Tell = Callable[[float], None]


def case(key: str, study: Study, seconds: float, *, seed: int = 0, count: int = 0) -> dict[str, Any]:
    """An order: this study planned within so many processor seconds, then ``count`` years simulated, from the first."""
    return {
        "what": "case",
        "key": key,
        "study": study_json(study),
        "seconds": seconds,
        "seed": seed,
        "count": count,
    }


def years(study: Study, result: Mapping[str, Any], *, seed: int, first: int, count: int) -> dict[str, Any]:
    """An order: replications ``first`` to ``first + count`` with the recruits of ``result``."""
    kept = {
        "points": result["points"],
        "recruits": [{"candidate": one["candidate"], "n": one["n"]} for one in result["recruits"]],
    }
    return {
        "what": "years",
        "study": study_json(study),
        "result": kept,
        "seed": seed,
        "first": first,
        "count": count,
    }


def work(order: Mapping[str, Any], tell: Tell = lambda done: None) -> dict[str, Any]:
    """Do it here and now; ``tell`` may raise to stop it. The answer is the order's, wherever it is worked on."""
    study = read_study(json.dumps(order["study"]))
    travel = travel_of(study, DATA)
    if order["what"] == "case":
        found = plan(
            study,
            travel,
            seconds=order["seconds"],
            gap=GAP,
            gains=False,
            exact=EXACT,
            progress=lambda _stage, done: tell(min(done, 1.0)),
        )
        years = _simulated(crew_of(study, travel, found), order, 0, tell) if order.get("count") else None
        return {
            "key": order["key"],
            "figures": figures(found),
            "recruited": recruited(found),
            "totals": totals(years).to_json() if years is not None else None,
        }
    return {
        "first": order["first"],
        "years": years_json(_simulated(crew_of(study, travel, order["result"]), order, order["first"], tell)),
    }


def _simulated(crew: Crew, order: Mapping[str, Any], first: int, tell: Tell) -> Years:
    """Year by year, so that who asks to stop is heard."""
    done: Years | None = None
    for i in range(order["count"]):
        one = run_years(crew, seed=order["seed"], first=first + i)
        done = one if done is None else done + one
        tell((i + 1) / order["count"])
    assert done is not None, "an order has a year at least"
    return done


def figures(result: Mapping[str, Any]) -> dict[str, Any]:
    """What a case is compared by; its flows are not kept."""
    kept = ("minutes_mean", "cost_year", "languages")
    return {
        **{
            side: {
                **{key: result[side][key] for key in kept},
                "predicted": {k: v for k, v in result[side]["predicted"].items() if k != "classes"},
            }
            for side in ("before", "after")
        },
        "recruits": [{"n": one["n"], "kind": one["kind"]} for one in result["recruits"]],
    }


def recruited(result: Mapping[str, Any]) -> dict[str, int]:
    """Recruits by candidate."""
    return {str(one["candidate"]): int(one["n"]) for one in result["recruits"]}


def main() -> int:
    """The child."""
    order = json.load(sys.stdin)
    cpu = int(order.get("seconds", 0)) + BEYOND_S
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 5))
    resource.setrlimit(resource.RLIMIT_AS, (MEGABYTES * 1024 * 1024,) * 2)

    def say(value: dict[str, Any]) -> None:
        sys.stdout.write(json.dumps(value) + "\n")
        sys.stdout.flush()

    say({"outcome": work(order, lambda done: say({"progress": done}))})
    return 0


if __name__ == "__main__":
    sys.exit(main())
