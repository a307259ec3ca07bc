"""Better sites for a covering by annealing: an open site is closed and another opened in its place, by a heat bath.

The newcomer is drawn among the sites that cover one of the closed one's clients, chosen by chance, the closed site among
them; now and then among some from anywhere, so that sites can move to another region. Each is taken with a probability
that grows with what it would cover beyond the others, exp(gain / heat), and the heat falls from ``hot`` to ``cold`` times
the loss that a weak open site is worth. Drawing the largest of gain - heat * log(-log(share)) is drawing by those
probabilities (Gumbel 1954), with no sum of them.

The steps are those of the compiled module, ``native/annealing.hpp``; :func:`twin` makes the same ones in Python, slowly,
and comes to the same sites.

Kirkpatrick, Gelatt, Vecchi (1983), Science 220, 671-680; heat bath: Geman, Geman (1984), IEEE PAMI 6, 721-741.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from itertools import chain, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .core import Core

_native: Any
try:
    from . import _native
except ImportError:  # no compiler when it was installed: the twin works
    _native = None

__all__ = ["anneal", "available", "heats", "twin"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_HOT, _COLD = 0.08, 0.008  # of what a weak open site is worth
_WEAK = 0.1  # quantile
_LOCAL, _WIDE = 0.8, 16  # share of steps around a client; sites drawn at the others
_EVERY = 1024  # steps between two looks at the time
_WORDS = 2**64 - 1


def available() -> bool:
    """Whether the compiled module was built."""
    return _native is not None


def anneal(
    core: Core,
    sites: Ints,
    *,
    seed: int,
    steps: int,
    used: Callable[[], float] | None = None,
    compiled: bool | None = None,
) -> Ints:
    """The best sites seen; int64 (p,). Every pair of the core must cost nothing.

    ``steps``: at most so many. ``used`` () -> share of the time that is gone: at 1 it ends, and the heat falls by whichever
    of the two is further. ``compiled``: None where there is a choice.
    """
    hot, cold = heats(core, sites)
    if not hot > 0 or not steps:
        return np.array(sites, dtype=np.int64)
    run = _native.anneal if (available() if compiled is None else compiled) else twin
    found = run(
        core.start.astype(np.int64),
        core.site.astype(np.int64),
        core.site_start.astype(np.int64),
        core.client[core.by_site].astype(np.int64),
        core.cap.astype(np.float64),
        np.array(sites, dtype=np.int64),
        seed,
        hot,
        cold,
        _LOCAL,
        _WIDE,
        steps,
        used,
    )
    return np.array(found, dtype=np.int64)


def heats(core: Core, sites: Ints) -> tuple[float, float]:
    """Heat at the beginning and at the end; weight. 0 where no open site is worth anything."""
    opened = np.zeros(core.n_sites, dtype=bool)
    opened[sites] = True
    pairs = opened[core.site]
    client, site = core.client[pairs], core.site[pairs]
    alone = np.bincount(client, minlength=len(core.cap))[client] == 1
    lost = np.bincount(site[alone], core.cap[client[alone]], minlength=core.n_sites)[sites]
    lost = lost[lost > 0]
    weak = float(np.quantile(lost, _WEAK)) if len(lost) else 0.0
    return _HOT * weak, _COLD * weak


class _Random:
    """xorshift128+ (Vigna 2017), seeded by splitmix64."""

    def __init__(self, seed: int) -> None:
        words = []
        for _ in range(2):
            seed = (seed + 0x9E3779B97F4A7C15) & _WORDS
            z = ((seed ^ (seed >> 30)) * 0xBF58476D1CE4E5B9) & _WORDS
            z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _WORDS
            words.append(z ^ (z >> 31))
        self.a, self.b = words

    def _next(self) -> int:
        a, b = self.a, self.b
        a ^= (a << 23) & _WORDS
        self.a, self.b = b, a ^ b ^ (a >> 17) ^ (b >> 26)
        return (self.b + b) & _WORDS

    def below(self, n: int) -> int:
        """0 to n - 1."""
        return self._next() % n

    def share(self) -> float:
        """Between 0 and 1, neither of them."""
        return ((self._next() >> 11) + 0.5) * 2.0**-53


class _State:
    """Which sites are open, how often each client is covered, and what each site would cover that no open one does."""

    def __init__(
        self, lists: list[list[int]], columns: list[list[int]], weight: list[float], opened: list[int]
    ) -> None:
        self.lists, self.columns, self.weight = lists, columns, weight
        self.open = [-1] * len(opened)
        self.is_open = [False] * len(columns)
        self.times = [0] * len(lists)
        self.gain = [0.0] * len(columns)
        self.left = 0.0
        for client, sites in enumerate(lists):
            self.left += weight[client]
            for site in sites:
                self.gain[site] += weight[client]
        for slot, site in enumerate(opened):
            self.put(slot, site)

    def take(self, slot: int) -> None:
        site = self.open[slot]
        self.is_open[site] = False
        for client in self.columns[site]:
            self.times[client] -= 1
            if self.times[client] == 0:
                self._count(client, self.weight[client])

    def put(self, slot: int, site: int) -> None:
        self.open[slot], self.is_open[site] = site, True
        for client in self.columns[site]:
            self.times[client] += 1
            if self.times[client] == 1:
                self._count(client, -self.weight[client])

    def _count(self, client: int, weight: float) -> None:
        self.left += weight
        for site in self.lists[client]:
            self.gain[site] += weight


def twin(
    start: Ints,
    site: Ints,
    site_start: Ints,
    client: Ints,
    weight: Floats,
    open: Ints,
    seed: int,
    hot: float,
    cold: float,
    local: float,
    wide: int,
    steps: int,
    used: Callable[[], float] | None = None,
) -> list[int]:
    """What the compiled module does, in Python; the arguments are those of ``_native.pyi``."""
    lists = [site[a:b].tolist() for a, b in pairwise(start.tolist())]
    columns = [client[a:b].tolist() for a, b in pairwise(site_start.tolist())]
    somewhere = [j for j, there in enumerate(columns) if there]
    random, state = _Random(seed), _State(lists, columns, weight.tolist(), open.tolist())
    best, least, heat = list(state.open), state.left, hot
    if not state.open or not somewhere:
        return best
    for step in range(steps):
        if step % _EVERY == 0:
            share = max(step / steps, used() if used else 0.0)
            if share >= 1:
                break
            heat = hot * math.pow(cold / hot, share)
        slot = random.below(len(state.open))
        was = state.open[slot]
        state.take(slot)
        among: Iterable[int]
        if columns[was] and random.share() < local:
            among = lists[columns[was][random.below(len(columns[was]))]]
        else:  # drawn one by one, between the draws of the heat bath
            drawn = (somewhere[random.below(len(somewhere))] for _ in range(wide))
            among = chain((was,), (one for one in drawn if one != was))
        top, chosen = -math.inf, was
        for one in among:
            if state.is_open[one] or state.gain[one] + 12 * heat < top:
                continue
            worth = state.gain[one] - heat * math.log(-math.log(random.share()))
            if worth > top:
                top, chosen = worth, one
        state.put(slot, chosen)
        if state.left < least - 1e-9 * least:
            best, least = list(state.open), state.left
    return best
