"""How unequally distances fall on people: measures that are shown beside every mean.

All take each client's distance and weight (how many people it stands for). A mean can be bought by leaving a few far
out; an even distribution by serving everybody equally badly. So none of them is shown alone (Ogryczak 2000, 2009).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import InstanceError

__all__ = [
    "Equity",
    "equity",
    "gini",
    "k_sum",
    "lorenz",
    "ordered_mean",
    "quantile",
    "theil",
    "worst_share_mean",
]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Equity:
    """Measures of one distribution of distances, in the unit of the distances unless said otherwise.

    ``worst_mean``: mean of the ``worst_share`` of people who have it farthest (conditional value at risk).
    ``median``, ``p90``: half and nine tenths of people have it no farther. ``gini`` 0 (all the same) to 1.
    ``theil`` in nats: ``theil_between`` groups plus ``theil_within`` them; both None without groups.
    """

    mean: float
    worst_share: float
    worst_mean: float
    median: float
    p90: float
    largest: float
    gini: float
    theil: float
    theil_between: float | None = None
    theil_within: float | None = None
    group_means: dict[str, float] | None = None

    def to_json(self) -> dict[str, object]:
        """The measures by name; what is None is left out."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def _checked(distance: ArrayLike, weight: ArrayLike) -> tuple[Floats, Floats]:
    far, many = np.asarray(distance, dtype=np.float64), np.asarray(weight, dtype=np.float64)
    if far.shape != many.shape or far.ndim != 1:
        raise InstanceError(f"distances of shape {far.shape}, weights of shape {many.shape}")
    if not (
        np.all(np.isfinite(far)) and np.all(far >= 0) and np.all(np.isfinite(many)) and np.all(many >= 0)
    ):
        raise InstanceError("distances and weights are numbers of 0 or more")
    there = many > 0
    if not there.any():
        raise InstanceError("no client has a weight")
    order = np.argsort(far[there], kind="stable")
    return far[there][order], many[there][order]


def quantile(distance: ArrayLike, weight: ArrayLike, share: float) -> float:
    """The least distance that at least ``share`` (0 to 1) of people do not exceed."""
    far, many = _checked(distance, weight)
    reached = np.cumsum(many) / many.sum()
    return float(far[min(int(np.searchsorted(reached, share - 1e-12)), len(far) - 1)])


def worst_share_mean(distance: ArrayLike, weight: ArrayLike, share: float = 0.1) -> float:
    """Mean distance of the ``share`` of people (above 0, at most 1) who have it farthest; a client may count in part."""
    if not 0 < share <= 1:
        raise InstanceError(f"a share of {share}, above 0 and at most 1 expected")
    far, many = _checked(distance, weight)
    far, many = far[::-1], many[::-1]
    wanted = share * many.sum()
    before = np.cumsum(many) - many
    part = np.clip(wanted - before, 0.0, many)
    return float((part * far).sum() / part.sum())


def k_sum(distance: ArrayLike, k: int) -> float:
    """The sum of the ``k`` largest distances, every client counting once (k-centrum)."""
    far = np.sort(np.asarray(distance, dtype=np.float64))[::-1]
    if not 1 <= k <= len(far):
        raise InstanceError(f"k is {k}, 1 to {len(far)} expected")
    return float(far[:k].sum())


def ordered_mean(distance: ArrayLike, weights: ArrayLike) -> float:
    """The ordered median function: ``weights[r]`` times the r-th smallest distance, summed, over the sum of weights."""
    far, by_rank = np.sort(np.asarray(distance, dtype=np.float64)), np.asarray(weights, dtype=np.float64)
    if far.shape != by_rank.shape or not by_rank.sum() > 0:
        raise InstanceError(
            f"{len(far)} distances, weights by rank of shape {by_rank.shape} and sum {by_rank.sum()}"
        )
    return float((far * by_rank).sum() / by_rank.sum())


def gini(distance: ArrayLike, weight: ArrayLike) -> float:
    """Gini coefficient: half the mean difference between two people, over the mean; 0 where all distances are 0."""
    far, many = _checked(distance, weight)
    people, total = many.sum(), float((far * many).sum())
    if total == 0:
        return 0.0
    below = np.cumsum(many) - many / 2
    return float(2 * (far * many * below).sum() / (people * total) - 1)


def lorenz(distance: ArrayLike, weight: ArrayLike) -> tuple[Floats, Floats]:
    """Lorenz curve: share of people, nearest first, and the share of all distance they bear; both begin at 0."""
    far, many = _checked(distance, weight)
    people = np.concatenate([[0.0], np.cumsum(many)]) / many.sum()
    borne = np.concatenate([[0.0], np.cumsum(far * many)])
    return people, borne / borne[-1] if borne[-1] else people


def theil(distance: ArrayLike, weight: ArrayLike) -> float:
    """Theil index T in nats: 0 where all have it equally far; a distance of 0 counts as its limit, 0."""
    far, many = _checked(distance, weight)
    mean = float((far * many).sum() / many.sum())
    if mean == 0:
        return 0.0
    ratio = far / mean
    terms = np.where(ratio > 0, ratio * np.log(np.where(ratio > 0, ratio, 1.0)), 0.0)
    return float(max((terms * many).sum() / many.sum(), 0.0))


def equity(
    distance: ArrayLike, weight: ArrayLike, groups: Sequence[str] | None = None, worst_share: float = 0.1
) -> Equity:
    """All measures at once; ``groups`` names each client's group (a versant, say) and splits the Theil index."""
    far, many = np.asarray(distance, dtype=np.float64), np.asarray(weight, dtype=np.float64)
    mean = float((far * many).sum() / many.sum())
    between = within = means = None
    if groups is not None:
        if len(groups) != len(far):
            raise InstanceError(f"{len(groups)} groups for {len(far)} clients")
        names = np.asarray(groups)
        between = within = 0.0
        means = {}
        for name in sorted(set(groups)):
            inside = (names == name) & (many > 0)
            if not inside.any():
                continue
            share = float(many[inside].sum() / many.sum())
            own = float((far[inside] * many[inside]).sum() / many[inside].sum())
            means[str(name)] = own
            if mean > 0 and own > 0:
                between += share * own / mean * float(np.log(own / mean))
                within += share * own / mean * theil(far[inside], many[inside])
    return Equity(
        mean=mean,
        worst_share=worst_share,
        worst_mean=worst_share_mean(far, many, worst_share),
        median=quantile(far, many, 0.5),
        p90=quantile(far, many, 0.9),
        largest=float(far[many > 0].max()),
        gini=gini(far, many),
        theil=theil(far, many),
        theil_between=between,
        theil_within=within,
        group_means=means,
    )
