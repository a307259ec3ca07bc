"""What the library answers."""

from __future__ import annotations

from dataclasses import dataclass, field

from .equity import Equity

__all__ = ["Answer"]


@dataclass(frozen=True, slots=True)
class Answer:
    """Sites and how good they provably are.

    ``sites``: ids, existing ones first, then in the order of the problem. ``value``: what they are worth in the
    question's own unit. ``bound``: no other choice of sites is better than this (below ``value`` where less is better,
    above it where more is). ``gap``: their distance as a share of ``value``. ``optimal``: the search proved it, but for
    rounding. ``nodes``: how much was branched.
    """

    sites: tuple[str, ...]
    value: float
    bound: float
    optimal: bool
    nodes: int = 0
    equity: Equity | None = None
    details: dict[str, float] = field(default_factory=dict)

    @property
    def gap(self) -> float:
        """abs(value - bound) / value; 0 where both are 0."""
        away = abs(self.value - self.bound)
        return away / abs(self.value) if self.value else (0.0 if away == 0 else float("inf"))
