"""What can be wrong with an input."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["FormatError", "InstanceError"]


class InstanceError(ValueError):
    """The input contradicts itself. ``ids`` names the places concerned."""

    def __init__(self, message: str, ids: Iterable[str] = ()) -> None:
        self.ids = tuple(ids)
        self.message = message
        shown = ", ".join(self.ids[:10]) + (f" and {len(self.ids) - 10} more" if len(self.ids) > 10 else "")
        super().__init__(f"{message} [{shown}]" if self.ids else message)


class FormatError(ValueError):
    """A file has not the expected form: at ``line`` and ``column`` (both from 1)."""

    def __init__(self, line: int, column: int, message: str) -> None:
        self.line, self.column, self.message = line, column, message
        super().__init__(f"{line}:{column}: {message}")
