"""Travel between many places without a Python number per pair."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from typing import Any

from .errors import InstanceError

__all__ = ["Matrix", "Rows"]


class Matrix:
    """``n`` x ``n`` seconds, int32, row after row: reads like a tuple of rows, holds four bytes a cell.

    ``data`` is anything with the buffer protocol: an ``array("i")``, a C-ordered int32 numpy array. It is copied once
    and does not change.

    Raises
    ------
    InstanceError : not ``n * n`` cells, or a negative one.
    """

    __slots__ = ("_rows", "data", "n")

    def __init__(self, n: int, data: Any) -> None:
        held: array[int]
        if isinstance(data, array) and data.typecode == "i":
            held = array("i", data)
        elif isinstance(data, bytes | memoryview) or hasattr(data, "__array_interface__"):
            held = array("i")
            held.frombytes(memoryview(data).cast("B"))
        else:
            held = array("i", data)
        if len(held) != n * n:
            raise InstanceError(f"travel has {len(held)} cells, expected {n} x {n}")
        if held and min(held) < 0:
            raise InstanceError("travel has a cell below 0")
        self.n, self.data = n, held
        view = memoryview(held).toreadonly()
        self._rows = tuple(view[i * n : (i + 1) * n] for i in range(n))

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, row: int) -> memoryview:
        return self._rows[row]

    def __iter__(self) -> Iterator[memoryview]:
        return iter(self._rows)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Matrix):
            return self.data == other.data
        if isinstance(other, tuple):
            return len(other) == self.n and all(
                tuple(row) == tuple(mine) for row, mine in zip(other, self, strict=True)
            )
        return NotImplemented

    def __hash__(self) -> int:
        return hash((self.n, self.data.tobytes()))

    def __repr__(self) -> str:
        return f"<Matrix {self.n} x {self.n}>"

    def __reduce__(self) -> tuple[type[Matrix], tuple[int, bytes]]:
        return Matrix, (self.n, self.data.tobytes())


#: What a problem takes as its travel.
Rows = Matrix | tuple[tuple[int, ...], ...]


def flat(rows: Rows) -> array[int]:
    """All cells, row after row."""
    if isinstance(rows, Matrix):
        return rows.data
    cells = array("i")
    row: Iterable[int]
    for row in rows:
        cells.extend(row)
    return cells
