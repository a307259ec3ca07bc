"""The best p sites of a core, with the bound that proves how good they are.

Root: greedy start, interchange, prices that climb while the sites they choose start further interchanges. Then sites
that no better answer can have, or must have, are fixed by their reduced costs, and what is left is branched on one site
at a time, lowest bound first, each node climbing on from the prices of its parent.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .core import Core
from .dual import Dual, Prices
from .interchange import Interchange, greedy

__all__ = ["Found", "Search"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

_EXACT = 1e-9  # of the value: what the bound gives away for rounding, so no gap below is told from none
_ROOT, _NODE = 3_000, 400  # steps of a climb
_EVERY = 10  # steps between two looks at the sites that prices choose
_STARTS = 12  # interchanges begun from them at a climb, beside those that look better than what is known
_KICKS = 300  # perturbations of the best sites after the root that may find nothing in a row
_AGAIN = 100  # nodes after which they are perturbed once more
_WORTH = 1.02  # an interchange begins where the chosen sites cost at most this times the best


@dataclass(frozen=True, eq=False, slots=True)
class Found:
    """``sites`` int64 (p,), their ``value``, a ``bound`` below every other answer's, ``nodes`` looked at, ``proven``."""

    sites: Ints
    value: float
    bound: float
    nodes: int
    proven: bool
    prices: Floats


@dataclass(order=True, slots=True)
class _Node:
    bound: float
    number: int
    opened: Ints = field(compare=False)
    closed: Flags = field(compare=False)
    lam: Floats = field(compare=False)
    site: int = field(compare=False)
    share: Floats = field(compare=False)


class Search:
    """One search. The best sites so far are in ``sites`` and ``value`` whenever it is asked.

    Sites that are open in a node count as closed there too: they are no longer free.

    Parameters
    ----------
    core, p : at most p of the core's sites are opened.
    start : sites to begin with; greedy ones if None.
    whole : all costs are whole numbers: a bound above value - 1 is a proof.
    gap, margin : the search ends when value - bound is at most gap * value, or margin.
    decide : the search ends as soon as it is known whether some sites cost at most this.
    most : nodes after which the search ends.
    true_value : what sites really cost, where the core is cut at a radius and may tell too little.
    """

    def __init__(
        self,
        core: Core,
        p: int,
        *,
        start: Ints | None = None,
        prices: Floats | None = None,
        whole: bool = False,
        gap: float = 0.0,
        margin: float = 0.0,
        decide: float | None = None,
        most: int | None = None,
        seed: int = 0,
        stop: Callable[[], bool] = lambda: False,
        true_value: Callable[[Ints], float] | None = None,
    ) -> None:
        self.core, self.p = core, min(p, core.n_sites)
        self.whole, self.gap, self.margin, self.stop = whole, gap, margin, stop
        self.worth = true_value or core.value
        self.decide, self.most = decide, most
        self.sites = greedy(core, self.p) if start is None else np.array(start, dtype=np.int64)
        self.value = self.worth(self.sites)
        self.nodes = 0
        self.random = np.random.default_rng(seed)
        self._floor = -np.inf
        self._seen: set[tuple[int, ...]] = set()
        self._given = prices

    def _goal(self) -> float:
        """A bound from here on ends the search."""
        if self.decide is not None:
            return self.decide + 1e-6 if self.value > self.decide else -np.inf
        if self.whole:
            return self.value - max(1 - 1e-6, self.margin, self.value * self.gap)
        return self.value - max(self.margin, self.value * max(self.gap, 2 * _EXACT))

    def _floor_of_closed(self) -> float:
        """Nothing in a node that was closed is below this."""
        if self.decide is not None:
            return min(self.decide + 1e-6, self.value)
        if self.whole and max(self.margin, self.value * self.gap) < 1:
            return self.value
        return self._goal()

    def _keep(self, sites: Ints) -> None:
        if not self.core.value(sites) < self.value:  # the core never tells too much
            return
        value = self.worth(sites)
        if value < self.value * (1 - 1e-13):
            self.value, self.sites = value, np.array(sites)

    def _improve(self, sites: Ints) -> Interchange:
        local = Interchange(self.core, sites)
        local.descend(self.stop)
        self._keep(local.open)
        return local

    def _visit(self, opened: Ints) -> Callable[[int, Ints, float], float]:
        """A climb's look at what the prices choose; ``opened`` are open beside the chosen sites."""
        left = [_STARTS]

        def visit(number: int, chosen: Ints, bound: float) -> float:
            if number % _EVERY == _EVERY - 1:
                sites = np.concatenate([opened, chosen])
                value = self.core.value(sites)
                key = tuple(sorted(sites.tolist()))
                better = value < self.value * (1 - 1e-13)
                if key not in self._seen and (better or (left[0] > 0 and value < self.value * _WORTH)):
                    left[0] -= not better
                    self._seen.add(key)
                    self._improve(sites)
            return self.value

        return visit

    def run(self) -> Found:
        """Search until it is proved, or ``stop`` says so."""
        if self.p == 0 or self.p == self.core.n_sites:
            return Found(self.sites, self.value, self.value * (1 - _EXACT), 0, True, self.core.cap)
        local = self._improve(self.sites)
        lam = (local.near + local.next) / 2 if self._given is None else self._given
        nothing = np.zeros(self.core.n_sites, dtype=bool)
        root = self._node(np.zeros(0, dtype=np.int64), nothing, lam, -np.inf, _ROOT, 0.3)
        if root is not None:
            self._floor = np.ceil(root.bound - 1e-6) if self.whole else root.bound
            self._shake(np.flatnonzero(~root.closed), root.share)
        heap = [] if root is None else [root]
        bound = self._settled(heap)
        lam = root.lam if root is not None else lam
        while heap and max(0.0, bound) < self._goal() and not self.stop():
            if self.most is not None and self.nodes >= self.most:
                break
            if self.nodes > 1 and self.nodes % _AGAIN < 2 and root is not None:
                self._shake(np.flatnonzero(~root.closed), root.share)
            node = heapq.heappop(heap)
            for opening in (True, False):
                opened, closed = node.opened, node.closed.copy()
                if opening:
                    opened = np.append(opened, node.site)
                closed[node.site] = True
                if opening and len(opened) > self.p:
                    continue
                child = self._node(opened, closed, node.lam, node.bound, _NODE, 0.1)
                if child is not None:
                    heapq.heappush(heap, child)
            bound = self._settled(heap)
        bound = max(0.0, min(bound, self.value if self.whole else self.value * (1 - _EXACT)))
        least = 1 - 1e-6 if self.whole else 3 * _EXACT * self.value
        return Found(self._full(), self.value, bound, self.nodes, self.value - bound <= least, lam)

    def _full(self) -> Ints:
        """The best sites, each once, and others for those that were not needed."""
        once = np.unique(self.sites)
        others = np.setdiff1d(np.arange(self.core.n_sites), once)[: self.p - len(once)]
        return np.concatenate([once, others])

    def _shake(self, free: Ints, share: Floats) -> None:
        """Kick the best sites out of their optimum and descend again, towards sites that prices chose often."""
        local = Interchange(self.core, self.sites)
        best, kept = local.value, local.open.copy()
        likely = (share[free] + 0.002).cumsum()
        idle = 0
        while idle < _KICKS and self.value > self._floor and not self.stop():
            idle += 1
            size = min(self.p, int(self.random.integers(2, 3 + min(10, self.p // 4))))
            doubt = 1.02 - np.minimum(share[local.open], 1.0)
            slots = self.random.choice(self.p, size, replace=False, p=doubt / doubt.sum())
            for slot in slots:
                site = int(free[np.searchsorted(likely, self.random.random() * likely[-1], side="right")])
                if site not in local.open:
                    local.exchange(int(slot), site)
            local.descend(self.stop)
            if local.value < best * (1 - 1e-13):
                best, kept, idle = local.value, local.open.copy(), 0
                self._keep(kept)
            elif local.value > best * (1 + 1e-13):
                for slot in np.flatnonzero(local.open != kept):
                    local.exchange(int(slot), int(kept[slot]))

    def _settled(self, heap: list[_Node]) -> float:
        """Below every answer: the lowest open node; what was closed is above the goal of its time, or the value."""
        return min(heap[0].bound, self._floor_of_closed()) if heap else self._floor_of_closed()

    def _node(
        self, opened: Ints, closed: Flags, lam: Floats, bound: float, steps: int, step: float
    ) -> _Node | None:
        """Climb in one node, fix what can be fixed; None when nothing better is there."""
        self.nodes += 1
        p = self.p - len(opened)
        for _ in range(20):
            core = self.core.narrowed(opened, closed)
            self._keep(self._filled(opened, closed))
            if p == 0 or closed.all():  # one choice is left, and it has just been priced
                return None
            dual = Dual(core, p, lam)
            best = dual.climb(
                self.value,
                iterations=steps,
                step=step,
                least=2e-3 if bound == -np.inf else 1e-2,
                patience=12 if bound == -np.inf else 5,
                goal=self._goal,
                stop=self.stop,
                visit=self._visit(opened),
            )
            bound, lam = max(bound, best.bound), best.lam
            if bound >= self._goal() or self._goal() <= 0:
                return None
            fixed = self._fix(best, opened, closed, p)
            if not fixed:
                break
            opened, closed, fewer = fixed
            p = self.p - len(opened)
            if p < 0:
                return None
            if self.stop() or not fewer:
                break
            steps, step = min(steps, _NODE), min(step, 0.1)
        if p == 0 or closed.all():
            self._keep(self._filled(opened, closed))
            return None
        share = best.share * (1 - best.share)
        share[closed] = -1.0
        site = int(share.argmax())
        return _Node(bound, self.nodes, opened, closed, lam, site, best.share)

    def _filled(self, opened: Ints, closed: Flags) -> Ints:
        """``opened`` and as many others as are allowed."""
        return np.concatenate([opened, np.flatnonzero(~closed)[: self.p - len(opened)]])

    def _fix(self, best: Prices, opened: Ints, closed: Flags, p: int) -> tuple[Ints, Flags, bool] | None:
        """Close what no better answer has, open what each has; None if there is neither."""
        sites = np.flatnonzero(~closed)
        if p == 0 or len(sites) <= p:
            return None
        rho = best.rho[sites]
        order = np.argsort(rho, kind="stable")
        last, after = rho[order[p - 1]], rho[order[p]]
        goal = self._goal()
        out = best.bound + rho - last >= goal
        out[order[:p]] = False
        must = best.bound - rho + after >= goal
        must[order[p:]] = False
        if not out.any() and not must.any():
            return None
        closed = closed.copy()
        closed[sites[out]] = True
        closed[sites[must]] = True
        fewer = out.sum() > 0.2 * len(sites) or must.any()
        return np.concatenate([opened, sites[must]]), closed, bool(fewer)
