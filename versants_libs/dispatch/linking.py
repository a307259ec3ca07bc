"""What linked visits that are placed ask of one more: whom it must have, and when it may start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .model import Link, LinkKind, Visit
from .problem import Problem
from .spans import Starts

__all__ = ["Ties"]


class Ties:
    """The links of a problem over the visits of a board and who has them: visit -> slot -> (person, start)."""

    def __init__(
        self,
        problem: Problem,
        visits: Sequence[Visit],
        placed: Mapping[int, Mapping[int, tuple[int, int]]],
        index: Mapping[str, int],
    ) -> None:
        self.visits, self.placed, self.index = visits, placed, index
        self.horizon = problem.horizon
        self.links: dict[int, list[Link]] = {}
        for link in problem.links:
            for name in link.visits:
                self.links.setdefault(index[name], []).append(link)

    def of(self, v: int, s: int) -> tuple[set[int] | None, Starts | None]:
        """Who alone may take a slot, and when it may start; None is no limit."""
        links = self.links.get(v)
        if not links:
            return None, None
        visit = self.visits[v]
        slot = visit.slots[s]
        only: set[int] | None = None
        low, high = -self.horizon, 2 * self.horizon
        for link in links:
            at = link.visits.index(visit.id)
            if link.kind is LinkKind.SAME_PEOPLE:
                for other in link.visits:
                    mine = self._held(other).get(slot.id) if other != visit.id else None
                    if mine is not None:
                        only = {mine[0]} if only is None else only & {mine[0]}
            elif link.kind is LinkKind.AFTER:
                before = self._held(link.visits[at - 1]) if at else {}
                if before:
                    low = max(low, max(end for _, _, end in before.values()) + link.least)
                    if link.most is not None:
                        high = min(high, min(end for _, _, end in before.values()) + link.most)
                then = self._held(link.visits[at + 1]) if at + 1 < len(link.visits) else {}
                if then:
                    length = visit.duration_of(slot)
                    high = min(high, min(start for _, start, _ in then.values()) - link.least - length)
                    if link.most is not None:
                        low = max(low, max(start for _, start, _ in then.values()) - link.most - length)
        return only, [(low, high)] if low <= high else []

    def _held(self, name: str) -> dict[str, tuple[int, int, int]]:
        """The team of a visit: slot id -> person, start, end."""
        v = self.index[name]
        visit = self.visits[v]
        return {
            visit.slots[s].id: (p, start, start + visit.duration_of(visit.slots[s]))
            for s, (p, start) in self.placed.get(v, {}).items()
        }
