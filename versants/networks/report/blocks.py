"""The few kinds of block a report is made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Block = dict[str, Any]


def heading(text: str) -> Block:
    return {"kind": "h", "text": text}


def paragraph(text: str) -> Block:
    return {"kind": "p", "text": text}


def items(texts: Sequence[str], *, whole: bool = False) -> Block:
    """A list. ``whole``: on one page."""
    return {"kind": "list", "items": list(texts), "whole": whole}


def table(
    head: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[int] = (), *, texts: bool = False
) -> Block:
    """A table. Without ``widths`` the first column is twice as wide as the others; with them, all are as wide as said.

    ``figures`` of the block: which columns are figures, "6 min" among them: those after the first where no cell begins
    with a letter. ``texts``: none is, what they say may run over lines.
    """
    every = [list(row) for row in rows]
    return {
        "kind": "table",
        "head": list(head),
        "rows": every,
        "widths": list(widths),
        "figures": [
            at > 0 and not texts and not any(row[at][:1].isalpha() for row in every)
            for at in range(len(head))
        ],
    }
