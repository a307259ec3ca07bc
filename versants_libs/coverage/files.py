"""Files in: communes, lists of sites, weights, a model of roads, OR-Library's p-median text. ``.gz`` is read everywhere.

A mistake is a :class:`FormatError` with the line and the column of the field, both counted from 1.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .errors import FormatError
from .metric import RoadMinutes
from .problem import MOST

__all__ = [
    "Communes",
    "OrLibrary",
    "Table",
    "communes",
    "listed",
    "orlib",
    "read_text",
    "roads",
    "table",
    "weights",
]

Floats = NDArray[np.float64]

_WEIGHT = f"a number from 0 to {MOST:g}"


@dataclass(frozen=True, eq=False)
class Communes:
    """``ids`` (uid), ``lat`` and ``lon`` in degrees, ``population`` and ``group`` (versant; None without that column)."""

    ids: tuple[str, ...]
    lat: Floats
    lon: Floats
    population: Floats | None
    group: tuple[str, ...] | None


@dataclass(frozen=True, eq=False)
class OrLibrary:
    """A p-median of the OR-Library: ``distance`` float64 (n, n), shortest ways; ``p``."""

    distance: Floats
    p: int


def read_text(path: Path) -> str:
    """UTF-8 text of a file, unpacked where it ends in .gz; a mark of byte order is passed over.

    Raises FormatError at the first byte that is not UTF-8, OSError, and EOFError or zlib.error for a broken .gz.
    """
    data = path.read_bytes()
    data = gzip.decompress(data) if path.suffix == ".gz" else data
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        before = exc.object[: exc.start].decode("utf-8", "replace")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        found = f"byte {exc.object[exc.start]:02x} found"
        raise FormatError(line, column, f"{found}, text in UTF-8 expected (save the file as UTF-8)") from exc


class Table:
    """Rows of a CSV with a header; fields by name, with the place of each."""

    def __init__(self, text: str, needed: Sequence[str]) -> None:
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        self.rows: list[tuple[int, list[str]]] = []
        try:
            head = next(reader, None)
            if not head:
                raise FormatError(1, 1, f"an empty file found, a header with {', '.join(needed)} expected")
            self.column = {name.strip(): i for i, name in enumerate(head)}
            for name in needed:
                if name not in self.column:
                    _check_commas(head, needed)
                    raise FormatError(1, 1, f"no column {name!r}, {', '.join(needed)} expected")
            for row in reader:
                if row and any(field.strip() for field in row):
                    if len(row) != len(head):
                        raise FormatError(
                            reader.line_num, len(row), f"{len(row)} fields found, {len(head)} expected"
                        )
                    self.rows.append((reader.line_num, row))
        except csv.Error as exc:
            raise FormatError(reader.line_num, 1, f"not CSV: {exc}") from exc

    def fail(self, line: int, name: str, found: str, expected: str) -> FormatError:
        """The error for one field."""
        return FormatError(line, self.column[name] + 1, f"{name}: {found!r} found, {expected} expected")

    def names(self, name: str) -> list[str]:
        """A column of ids: each there, each once."""
        seen: dict[str, int] = {}
        for line, row in self.rows:
            field = row[self.column[name]].strip()
            if not field:
                raise self.fail(line, name, field, "an id")
            if field in seen:
                raise self.fail(line, name, field, f"another id than in line {seen[field]}")
            seen[field] = line
        return list(seen)

    def numbers(self, name: str, low: float, high: float = math.inf, expected: str = "") -> list[float]:
        """A column of numbers between two limits, both included."""
        out = []
        for line, row in self.rows:
            field = row[self.column[name]].strip()
            try:
                value = float(field)
            except ValueError:
                value = math.nan
            if not (math.isfinite(value) and low <= value <= high):
                raise self.fail(line, name, field, expected or f"a number of {low:g} or more")
            out.append(value)
        return out


def _check_commas(head: Sequence[str], needed: Sequence[str]) -> None:
    """Says so where another sign than a comma separates the fields: such files often have decimal commas too."""
    for sign, word in ((";", "semicolons"), ("\t", "tabs")):
        if set(needed) <= {name.strip().strip('"') for name in ",".join(head).split(sign)}:
            raise FormatError(
                1, 1, f"fields separated by {word} found, by commas (and decimal points) expected"
            )


def table(text: str, needed: Sequence[str]) -> Table:
    """Rows of a CSV that has the ``needed`` columns."""
    return Table(text, needed)


def communes(text: str) -> Communes:
    """``uid``, ``lat``, ``lon`` and, where they are, ``population`` and ``versant``; other columns are passed over.

    Places are known by ``uid`` (FR-62003, BE-62003), never by a code of five digits: 24 of those exist on both sides.
    """
    table = Table(text, ("uid", "lat", "lon"))
    if not table.rows:
        raise FormatError(2, 1, "no commune found, one a line expected")
    ids = table.names("uid")
    people = None
    if "population" in table.column:
        people = np.array(table.numbers("population", 0, MOST, _WEIGHT))
    group = None
    if "versant" in table.column:
        group = tuple(row[table.column["versant"]].strip() for _, row in table.rows)
    return Communes(
        tuple(ids),
        np.array(table.numbers("lat", -90, 90, "degrees from -90 to 90")),
        np.array(table.numbers("lon", -180, 180, "degrees from -180 to 180")),
        people,
        group,
    )


def listed(text: str, known: Sequence[str]) -> tuple[str, ...]:
    """The ``uid`` column of a file, all of them ``known``, each once."""
    table = Table(text, ("uid",))
    ids = table.names("uid")
    _check_known(table, ids, known)
    return tuple(ids)


def weights(text: str, known: Sequence[str]) -> Floats:
    """float64 (len(known),): column ``weight`` by ``uid``; who is not named weighs nothing."""
    table = Table(text, ("uid", "weight"))
    ids = table.names("uid")
    _check_known(table, ids, known)
    given = dict(zip(ids, table.numbers("weight", 0, MOST, _WEIGHT), strict=True))
    return np.array([given.get(one, 0.0) for one in known])


def _check_known(table: Table, ids: Sequence[str], known: Sequence[str]) -> None:
    there = set(known)
    for (line, _), one in zip(table.rows, ids, strict=True):
        if one not in there:
            alike = sorted(uid for uid in known if uid.partition("-")[2] == one)
            expected = " or ".join(alike) if alike else "the uid of a commune"
            raise table.fail(line, "uid", one, expected)


def roads(text: str) -> RoadMinutes:
    """The model of a JSON file with ``knots_km`` and ``minutes``."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError as exc:
        raise FormatError(exc.lineno, exc.colno, f"not JSON: {exc.msg}") from exc
    pieces: dict[str, list[float]] = {}
    for name in ("knots_km", "minutes"):
        numbers = value.get(name) if isinstance(value, Mapping) else None
        if not isinstance(numbers, list) or not all(isinstance(one, int | float) for one in numbers):
            raise FormatError(1, 1, "an object with knots_km and minutes, two lists of numbers, expected")
        pieces[name] = numbers
    return RoadMinutes(pieces["knots_km"], pieces["minutes"])


def orlib(text: str) -> OrLibrary:
    """OR-Library's uncapacitated p-median: ``n edges p``, then ``i j cost`` a line; of an edge given twice the last holds.

    Distances are shortest ways along the edges (Floyd, Warshall).
    """
    lines = [(number, line.split()) for number, line in enumerate(text.splitlines(), 1) if line.split()]
    if not lines:
        raise FormatError(1, 1, "an empty file found, n, edges and p expected")
    n, edges, p = _whole(*lines[0], count=3, what="n, edges and p")
    if n < 1 or not 1 <= p <= n:
        raise FormatError(lines[0][0], 1, f"n {n} and p {p} found, 1 <= p <= n expected")
    if len(lines) - 1 != edges:
        raise FormatError(lines[-1][0], 1, f"{len(lines) - 1} edges found, {edges} expected")
    far = np.full((n, n), np.inf)
    np.fill_diagonal(far, 0.0)
    for number, words in lines[1:]:
        i, j, cost = _whole(number, words, count=3, what="two nodes and a cost")
        if not (1 <= i <= n and 1 <= j <= n and cost >= 0):
            raise FormatError(
                number, 1, f"edge {i} {j} {cost} found, nodes 1 to {n} and a cost of 0 or more expected"
            )
        far[i - 1, j - 1] = far[j - 1, i - 1] = cost
    np.fill_diagonal(far, 0.0)
    for k in range(n):
        np.minimum(far, far[:, k, None] + far[k], out=far)
    if not np.all(np.isfinite(far)):
        i, j = np.argwhere(~np.isfinite(far))[0] + 1
        raise FormatError(lines[-1][0], 1, f"no way leads from node {i} to node {j}")
    return OrLibrary(far, p)


def _whole(number: int, words: Sequence[str], count: int, what: str) -> list[int]:
    try:
        values = [int(word) for word in words]
    except ValueError:
        values = []
    if len(values) != count:
        raise FormatError(number, 1, f"{' '.join(words)!r} found, {what} as whole numbers expected")
    return values
