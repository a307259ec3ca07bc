"""Lines outside the database, added and never changed: what a restored backup has forgotten (core/witness.py)."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def lines(folder: Path, name: str) -> Iterator[dict[str, Any]]:
    """Every whole line of the file ``name``, oldest first; what a killed writer left half is passed over.

    It may stand in the witness folder, by default beside the key file, and by hand in ``folder`` itself.
    """
    witness = os.environ.get("VERSANTS_WITNESS_DIR")
    for path in (folder / name, (Path(witness) if witness else folder / "witness") / name):
        yield from _of(path)


def _of(path: Path) -> Iterator[dict[str, Any]]:
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    with file:
        for raw in file:
            try:
                line = json.loads(raw)
            except ValueError:
                continue
            if isinstance(line, dict):
                yield line
