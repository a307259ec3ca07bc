"""What can be wrong with an input."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__ = ["FormatError", "InstanceError"]


class InstanceError(ValueError):
    """The input contradicts itself. ``ids`` names the people, visits or slots concerned."""

    def __init__(self, message: str, ids: Iterable[str] = ()) -> None:
        self.ids = tuple(ids)
        self.message = message
        super().__init__(f"{message} [{', '.join(self.ids)}]" if self.ids else message)


class FormatError(ValueError):
    """A JSON value has not the expected form. ``path`` leads to it: object keys and list positions."""

    def __init__(self, path: Sequence[str | int], message: str) -> None:
        self.path = tuple(path)
        self.message = message
        where = "/".join(str(step) for step in self.path)
        super().__init__(f"/{where}: {message}")
