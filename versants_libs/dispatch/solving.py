"""Which search does the work: the native one where it was built, else its twin in plain Python."""

from __future__ import annotations

import math
from collections.abc import Callable

from . import native
from .problem import Plan, Problem
from .results import Outcome, Progress
from .search import lower_bound, solve_plainly
from .stopping import AnyOf, MaxIterations, MaxSeconds, StopRule

__all__ = ["ENGINE", "EngineMissing", "solve"]

#: What ``engine="auto"`` uses here: "native" or "python".
ENGINE = "native" if native.available() else "python"


class EngineMissing(RuntimeError):
    """The native search was asked for and was not built here."""


def solve(
    problem: Problem,
    *,
    stop: StopRule,
    seed: int = 0,
    start: Plan | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    engine: str = "auto",
    threads: int = 1,
) -> Outcome:
    """Find a cheap plan that breaks no rule.

    Parameters
    ----------
    stop : called with the :class:`Progress` from time to time; True ends the search. The rules of
        :mod:`~versants_libs.dispatch.stopping` are kept exactly, any other callable within some hundred iterations.
    seed : the only randomness. Same problem, seed, engine and iteration limit, one thread: the same plan.
    start : warm start, need not be feasible: visits that cannot be taken over as they are start anew.
    on_progress : called with each new best plan's progress.
    engine : "auto", "native" or "python". The native search times visits as early as routes allow; where idle time
        between visits has a price, those of one person alone start as late as costs nothing.
    threads : searches side by side, each with its own seed; the best plan wins. A day of
        :data:`~versants_libs.dispatch.native.LARGE` visits or more is searched in parts instead, as many at once. With
        more than one thread the plan may depend on the clock. Native only.

    Returns
    -------
    Outcome : visits for which no team was found are in ``unassigned``; that is a result, not an error.

    Raises
    ------
    EngineMissing : ``engine="native"`` and it was not built. ValueError: an engine of another name.
    """
    if engine not in ("auto", "native", "python"):
        raise ValueError(f"engine is {engine!r}, expected auto, native or python")
    if engine == "native" and not native.available():
        raise EngineMissing("the native search was not built here: install a C++ compiler and set up again")
    if engine == "python" or not native.available():
        return solve_plainly(problem, stop=stop, seed=seed, start=start, on_progress=on_progress)
    seconds, iterations, others = _limits(stop)
    return native.solve_native(
        problem,
        seconds=None if math.isinf(seconds) else seconds,
        iterations=iterations,
        seed=seed,
        threads=threads,
        start=start,
        on_progress=on_progress,
        going_on=(lambda progress: not any(rule(progress) for rule in others)) if others else None,
        lower_bound=lower_bound(problem),
    )


def _limits(stop: StopRule) -> tuple[float, int | None, list[StopRule]]:
    """Seconds, iterations, and the rules that are neither."""
    if isinstance(stop, MaxSeconds):
        return stop.seconds, None, []
    if isinstance(stop, MaxIterations):
        return math.inf, stop.n, []
    if isinstance(stop, AnyOf):
        seconds, iterations, others = math.inf, None, list[StopRule]()
        for rule in stop.rules:
            s, i, more = _limits(rule)
            seconds = min(seconds, s)
            iterations = i if iterations is None else iterations if i is None else min(iterations, i)
            others += more
        return seconds, iterations, others
    return math.inf, None, [stop]
