"""What every spreadsheet that leaves the house has in common."""

from __future__ import annotations

# A cell that begins so is run as a formula by a spreadsheet that opens the file.
_RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def harmless(text: str) -> str:
    """Text that stays text in every spreadsheet."""
    return f"'{text}" if text.startswith(_RUNS) else text


def as_typed(text: str) -> str:
    """The same text without the mark that ``harmless`` put before it: a file that was sent out comes back."""
    return text[1:] if text.startswith("'") and text[1:].startswith(_RUNS) else text
