"""Maximal covering: p sites with as many people as can be within a distance of one of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from .annealing import anneal, available
from .branching import Found, Search
from .core import Core
from .dual import Dual
from .equity import equity
from .interchange import Interchange, greedy
from .pmedian import deadline
from .problem import Problem
from .regions import parts, regional_bound
from .results import Answer
from .windows import covering_model, covering_start, windows

__all__ = ["cover", "covering_core"]

_RELAXED = (2_000, 600_000)  # pairs between which the relaxation is solved whole first
_NARROW = 250_000  # pairs up to which windows are small enough to be proved
# Share of what is left of the time for annealing: where windows are small, and where they are not.
_ANNEALED = (0.35, 0.7)
# Shares of the time after which windows and regions end.
_WINDOWS, _ENDS = 0.5, 0.96
_TOLERANCE = 2e-6  # of HiGHS' bounds
_SOON = 0.25  # share of the time for the model of few sites, before better ones are sought
_RUNS = 6  # annealings one after the other
_STEPS = 2e8  # of annealing, over the mean number of sites of a client
# Share of the time after which the whole model is not begun: its first relaxation cannot be ended.
_LATE = 0.6
_FEW = 800  # sites that are left after prices: the model of these is solved at once
_DOUBTFUL = 80  # sites the relaxation is in doubt about, to a region
_REGION_S = 10.0  # of processor for a target of a region where no limit was given

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def cover(
    problem: Problem,
    p: int,
    radius: float,
    *,
    seconds: float | None = None,
    gap: float = 0.0,
    seed: int = 0,
    stop: Callable[[], bool] | None = None,
    groups: Sequence[str] | None = None,
) -> Answer:
    """At most ``p`` sites, the existing ones among them, with the most weight at a distance of at most ``radius``.

    It is a p-median in which a client costs its weight where it is not covered and nothing where it is. ``value`` and
    ``bound`` (here from above) are covered weight; ``gap`` is a share of it. ``details``: ``build_s``, processor seconds
    until the model stood, and ``pairs``, how many it has; where sites were sought, as relaxation and HiGHS had not ended
    it, 1 or 0 under ``annealed`` (0: the compiled module was not built) and ``windows``, by which of the two; by
    branching where both are 0. Raises InstanceError as :func:`pmedian` does.

    References
    ----------
    Church, ReVelle (1974), Papers of the Regional Science Association 32, 101-118.
    """
    over = deadline(seconds, stop)
    p = problem.check_p(p)
    if not radius >= 0:
        raise ValueError(f"radius is {radius}, 0 or more expected")
    there = problem.numbers(problem.existing)
    began = time.process_time()
    core = covering_core(problem, radius, problem.weight)
    build = time.process_time() - began
    free = p - len(there)
    whole = bool(np.all(problem.weight == np.rint(problem.weight))) and problem.total < 2**50
    local = greedy(core, free)
    if len(local):
        descent = Interchange(core, local)
        descent.descend(over)
        local = descent.open
    found = None
    fits = _RELAXED[0] <= len(core.site) <= _RELAXED[1] and 0 < free < core.n_sites
    sought: dict[str, float] = {}
    if fits and core.value(local) and not over():
        found = _relaxed(problem, core, free, local, whole, _Clock(seconds, over, gap, seed), sought)
    if found is None:
        margin = gap * (problem.total - core.value(local))
        found = Search(core, free, whole=whole, seed=seed, stop=over, start=local, margin=margin).run()
    sites = np.concatenate([there, np.setdiff1d(found.sites, there)])[:p]
    far = problem.reach(sites) if len(sites) else np.full(len(problem.clients), np.inf)
    covered = float(problem.weight[far <= radius].sum())
    bound = max(problem.total - found.bound, covered)
    return Answer(
        sites=problem.names(sites),
        value=covered,
        bound=bound,
        optimal=found.proven,
        nodes=found.nodes,
        equity=equity(far, problem.weight, groups),
        details={"build_s": round(build, 3), "pairs": float(len(core.site)), **sought},
    )


def _relaxed(
    problem: Problem,
    core: Core,
    p: int,
    first: Ints,
    whole: bool,
    clock: _Clock,
    sought: dict[str, float],
) -> Found | None:
    """From the relaxation's prices: annealing and windows for the sites, regions or the whole model for the bound.

    None without prices. How the sites were sought is written into ``sought``, as ``details`` of :func:`cover` has it.

    Prices of a covering are all alike, which makes them slow to climb to the last thousandth, and the simplex method
    slow as well; the interior point method has them at once, and any prices are a bound.
    """
    model, free = covering_model(core, p, np.arange(core.n_sites), whole=False)
    relaxed = model.solve(clock.stop, interior=True)
    if not len(relaxed.duals):
        return None
    lam = np.clip(relaxed.duals[1:], 0.0, core.cap)
    share = np.clip(relaxed.values[free], 0.0, 1.0)
    plain, rho, _ = Dual(core, p, lam).at(lam)
    bound = float(np.ceil(plain - 1e-6)) if whole else plain
    last = float(np.partition(rho, p - 1)[p - 1])
    rounded = Interchange(core, np.argsort(-share, kind="stable")[:p])
    rounded.descend(clock.stop)
    sites = min(first, rounded.open, key=core.value)
    margin = clock.gap * (problem.total - core.value(sites))
    enough = bound + max(margin, 0.0 if whole else 3e-9 * bound)
    reduced = np.maximum(rho - last, 0.0)
    narrow = len(core.site) <= _NARROW
    if core.value(sites) > enough:
        value = core.value(sites)
        least = 1 - 1e-6 if whole else 1e-9 * value
        left = np.union1d(np.flatnonzero(plain + reduced < value - least), sites)
        if len(left) <= _FEW:  # soon solved whole, most times
            found = Found(sites, value, min(bound, value), 1, False, lam)
            found = _finished(core, p, found, left, whole, margin, clock.until(_SOON))
            sites, bound = found.sites, max(bound, found.bound)
            if found.value - bound <= max(margin, _TOLERANCE * found.value) or clock.stop():
                return found  # HiGHS proved it, but for what its tolerance leaves: no search ends that
    if core.value(sites) > enough:
        sought.update(annealed=float(available()), windows=float(narrow))
    if sought and available():
        sites = _annealed(core, p, sites, clock, _ANNEALED[not narrow])
    if narrow:
        ends = clock.until(_WINDOWS)
        sites = windows(problem, core, sites, reduced, seed=clock.seed, stop=ends, least=enough)
    elif not available():  # a window is nearly the whole there
        ends = clock.until(_WINDOWS)
        search = Search(
            core, p, whole=whole, seed=clock.seed, stop=ends, start=sites, prices=lam, margin=margin, most=1
        )
        sites = search.run().sites
    value = core.value(sites)
    least = 1 - 1e-6 if whole else 1e-9 * value
    proof = max(least, 3e-9 * value)
    goal = value - least
    found = Found(sites, value, min(bound, value), 1, value - bound <= proof, lam)
    if found.proven or value - bound <= margin or clock.stop():
        return found
    kept = np.union1d(np.flatnonzero(plain + reduced < goal), sites)
    if len(kept) > _FEW:
        doubt, price = share * (1 - share), max(0.0, -last)
        k = max(1, round(int((doubt > 1e-6).sum()) / _DOUBTFUL))
        while True:
            regions = parts(problem, core, doubt + 1e-4, k)
            parted = regional_bound(
                core, p, lam, price, regions, kept, seconds=clock.each, stop=clock.until(_ENDS)
            )
            # What prices rule out costs at least the goal.
            bound = max(bound, min(parted, value if whole else goal))
            found = Found(sites, value, min(bound, value), len(regions), value - bound <= proof, lam)
            if found.proven or value - bound <= margin or clock.until(_ENDS)():
                return found
            if k == 1:
                break
            k = max(1, 2 * k // 3)  # larger ones, with what is left of the time
        if clock.until(_LATE)():
            return found
    return _finished(core, p, found, kept, whole, margin, clock.stop)


def _annealed(core: Core, p: int, first: Ints, clock: _Clock, share: float) -> Ints:
    """Several short annealings from ``first`` in that share of the time left, and the best of all they chose."""
    steps = round(_STEPS * len(core.cap) / len(core.site))
    gone, seen = clock.used(share), [first]
    for run in range(_RUNS):
        annealed = anneal(
            core,
            first,
            seed=clock.seed * _RUNS + run,
            steps=steps // _RUNS,
            used=lambda run=run: _RUNS * gone() - run,  # type: ignore[misc]
        )
        seen.append(annealed)
    seen.sort(key=core.value)
    for other in seen[1:]:  # two at a time are soon done, all at once are better where they can be
        seen[0] = _merged(core, p, [seen[0], other], clock.until(_WINDOWS))
    return _merged(core, p, seen, clock.until(_WINDOWS))


def _merged(core: Core, p: int, seen: list[Ints], stop: Callable[[], bool]) -> Ints:
    """The best ``p`` of all the sites that several answers chose: where one is weak, another may be strong."""
    best = min(seen, key=core.value)
    some = np.unique(np.concatenate(seen))
    if len(some) <= p:
        return best
    model, columns = covering_model(core, p, some, whole=True)
    done = model.solve(stop, start=covering_start(core, some, best), gap=1e-6, search=False)
    if not len(done.values):
        return best
    merged = some[done.values[columns] > 0.5]
    merged = np.concatenate([merged, np.setdiff1d(some, merged)])[:p]
    return min(best, merged, key=core.value)


def _finished(
    core: Core, p: int, found: Found, kept: Ints, whole: bool, margin: float, stop: Callable[[], bool]
) -> Found:
    """The model of the sites that prices do not rule out, by HiGHS, from what was found."""
    least = 1 - 1e-6 if whole else 1e-9 * found.value
    goal = found.value - least
    model, columns = covering_model(core, p, kept, whole=True)
    start = covering_start(core, kept, found.sites)
    done = model.solve(stop, start=start, gap=margin / found.value)
    sites, value = found.sites, found.value
    if len(done.values):
        best = kept[done.values[columns] > 0.5]
        best = np.concatenate([best, np.setdiff1d(np.arange(core.n_sites), best)])[:p]
        if core.value(best) < value:
            sites, value = best, core.value(best)
    # What was ruled out costs at least the goal; HiGHS' own tolerance is taken off its bound.
    bound = max(
        found.bound, min(done.bound - 1e-6 * max(1.0, abs(done.bound)), found.value if whole else goal)
    )
    bound = min(bound, value)
    return Found(sites, value, bound, found.nodes, value - bound <= max(least, 3e-9 * value), found.prices)


class _Clock:
    """How much of the time there is goes to what; ``gap`` and ``seed`` as asked."""

    def __init__(self, seconds: float | None, stop: Callable[[], bool], gap: float, seed: int) -> None:
        self.seconds, self.stop, self.gap, self.seed = seconds, stop, gap, seed
        self.began = time.process_time()

    def until(self, share: float) -> Callable[[], bool]:
        """``stop``, or that share of the time is used."""
        if self.seconds is None:
            return self.stop
        end = self.began + share * self.seconds
        return lambda: self.stop() or time.process_time() >= end

    def used(self, share: float) -> Callable[[], float]:
        """How much is gone of that share of the time that is left; 1 where ``stop`` says so."""
        now = time.process_time()
        span = np.inf if self.seconds is None else share * max(1e-9, self.began + self.seconds - now)
        return lambda: 1.0 if self.stop() else (time.process_time() - now) / span

    def each(self, left: int) -> float:
        """Seconds for the next target where ``left`` regions are not done."""
        if self.seconds is None:
            return _REGION_S
        return max(0.0, self.began + _ENDS * self.seconds - time.process_time()) / left


def covering_core(problem: Problem, radius: float, weight: Floats) -> Core:
    """Sites within ``radius`` cost nothing, no site costs the weight; what existing sites cover is no longer asked."""
    n, m = len(problem.clients), len(problem.sites)
    client, site, _ = problem.distances.near(np.full(n, float(radius)), 0)
    core = Core.of(client, site, np.zeros(len(site)), weight, m)
    there = problem.numbers(problem.existing)
    if not len(there):
        return core
    return core.beside(there, np.where(problem.reach(there) <= radius, 0.0, weight))
