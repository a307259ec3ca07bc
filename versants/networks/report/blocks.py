"""The few kinds of block a report is made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Block = dict[str, Any]


def heading(text: str) -> Block:
    return {"kind": "h", "text": text}


def paragraph(text: str) -> Block:
    return {"kind": "p", "text": text}


def items(texts: Sequence[str]) -> Block:
    return {"kind": "list", "items": list(texts)}


def table(
    head: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[int] = (), *, texts: bool = False
) -> Block:
    """A table. Without ``widths`` the first column is text and the others are figures; with them, all as wide as said,
    figures being what holds no letter. ``texts``: a page sets every column as text, which may run over lines."""
    return {
        "kind": "table",
        "head": list(head),
        "rows": [list(row) for row in rows],
        "widths": list(widths),
        "texts": texts,
    }
