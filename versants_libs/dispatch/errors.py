"""What can be wrong with an input."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["InstanceError"]


class InstanceError(ValueError):
    """The input contradicts itself. ``ids`` names the people, visits or slots concerned."""

    def __init__(self, message: str, ids: Iterable[str] = ()) -> None:
        self.ids = tuple(ids)
        self.message = message
        super().__init__(f"{message} [{', '.join(self.ids)}]" if self.ids else message)
