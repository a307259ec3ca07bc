"""Minutes by car behind one interface: ``provider.minutes(origins, destinations)``, with who said so and of when.

Four providers: a model fitted on kilometres as the crow flies, a matrix file, OSRM's ``/table`` and Valhalla's
``/sources_to_targets``. All answer for communes by uid; minutes that nobody knows are infinite. One way, without the
peak factor of a versant, which the study adds. A matrix that does not say how long a way inside a commune takes counts
:data:`WITHIN`, and says how much it does not know (:class:`Gaps`). A study may hold the minutes itself
(:func:`with_minutes`): whoever plans, simulates or checks it counts with the same ones, and no service is asked again.
"""

from __future__ import annotations

import http.client
import json
import math
import time
import urllib.request
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .errors import FormatError, InstanceError
from .files import read_text, table
from .metric import RoadMinutes, great_circle_km
from .study import Commune, Study, TravelSource

__all__ = [
    "WITHIN",
    "Gaps",
    "KeptTable",
    "MatrixTable",
    "OsrmTable",
    "Piecewise",
    "Travel",
    "TravelError",
    "ValhallaMatrix",
    "gaps",
    "source_of",
    "travel_of",
    "ways_of",
    "with_minutes",
]

Floats = NDArray[np.float64]
#: (address, body or None) -> the JSON value of the answer.
Ask = Callable[[str, bytes | None], Any]

#: Minutes from door to door inside a commune, where a matrix does not say: what the territory's fitted model starts with.
WITHIN = 1.35

_AT_ONCE = 50  # places a side in one question: public services refuse much more
_PATIENCE = 60.0  # seconds, for one answer
_LARGEST = 16 << 20  # bytes of one answer


class TravelError(RuntimeError):
    """A service of travel times does not answer, or not what it should."""


class Travel(Protocol):
    """Where minutes come from."""

    @property
    def provider(self) -> str:
        """piecewise, matrix, osrm or valhalla."""
        ...

    @property
    def date(self) -> str:
        """Of the data, as the study says."""
        ...

    def minutes(self, origins: Sequence[str], destinations: Sequence[str]) -> Floats:
        """float64 (len(origins), len(destinations)): one way, infinite where unknown."""
        ...


class Piecewise:
    """The model of :class:`RoadMinutes` on the communes' coordinates."""

    provider = "piecewise"

    def __init__(self, communes: Mapping[str, Commune], rule: RoadMinutes, date: str = "") -> None:
        self.date = date
        self._places, self._rule = communes, rule

    def minutes(self, origins: Sequence[str], destinations: Sequence[str]) -> Floats:
        """See :class:`Travel`."""
        a, b = (
            np.array([[self._places[uid].lat, self._places[uid].lon] for uid in side]).reshape(-1, 2)
            for side in (origins, destinations)
        )
        far = great_circle_km(a[:, None, 0], a[:, None, 1], b[None, :, 0], b[None, :, 1])
        return self._rule(np.round(far, 9))


class MatrixTable:
    """Minutes of a CSV with ``origin, destination, minutes``; a way given one way only holds for that way.

    A commune to itself, where it is not given, is :data:`WITHIN`: who lives there can always serve it.
    """

    provider = "matrix"

    def __init__(self, pairs: Mapping[tuple[str, str], float], date: str = "") -> None:
        self.date = date
        self._pairs = pairs

    @classmethod
    def read(cls, text: str, known: Sequence[str], date: str = "") -> MatrixTable:
        """From a file's text. Raises FormatError: columns, minutes that are none, a uid that is not ``known``."""
        rows = table(text, ("origin", "destination", "minutes"))
        if not rows.rows:
            raise FormatError(2, 1, "no way found, an origin, a destination and minutes a line expected")
        numbers = rows.numbers("minutes", 0)
        there = set(known)
        pairs: dict[tuple[str, str], float] = {}
        for (line, row), minutes in zip(rows.rows, numbers, strict=True):
            ends = []
            for name in ("origin", "destination"):
                uid = row[rows.column[name]].strip()
                if uid not in there:
                    raise rows.fail(line, name, uid, "the uid of one of the study's communes")
                ends.append(uid)
            if pairs.setdefault((ends[0], ends[1]), minutes) != minutes:
                raise rows.fail(line, "minutes", f"{minutes:g}", "each way once")
        return cls(pairs, date)

    def minutes(self, origins: Sequence[str], destinations: Sequence[str]) -> Floats:
        """See :class:`Travel`."""
        known = self._pairs
        return np.array(
            [[known.get((a, b), WITHIN if a == b else math.inf) for b in destinations] for a in origins],
            dtype=np.float64,
        ).reshape(len(origins), len(destinations))

    def names(self, origin: str, destination: str) -> bool:
        """Is this way in the file?"""
        return (origin, destination) in self._pairs


class KeptTable:
    """The minutes a study holds itself, by whom and of when the study says; else as :class:`MatrixTable`."""

    def __init__(self, source: TravelSource) -> None:
        self.provider, self.date = source.provider, source.date
        self._origins, self._destinations = (
            {uid: i for i, uid in enumerate(side)} for side in (source.origins, source.destinations)
        )
        known = [[math.inf if one is None else one for one in row] for row in source.table]
        self._minutes = np.array(known, dtype=np.float64).reshape(len(self._origins), len(self._destinations))

    def minutes(self, origins: Sequence[str], destinations: Sequence[str]) -> Floats:
        """See :class:`Travel`."""
        rows = np.array([self._origins.get(a, -1) for a in origins], dtype=int)
        columns = np.array([self._destinations.get(b, -1) for b in destinations], dtype=int)
        found = np.where(
            (rows[:, None] < 0) | (columns[None, :] < 0), math.inf, self._minutes[np.ix_(rows, columns)]
        )
        same = np.array(origins, dtype=str)[:, None] == np.array(destinations, dtype=str)[None, :]
        found[same & (found == math.inf)] = WITHIN
        return found

    def names(self, origin: str, destination: str) -> bool:
        """Is this way known?"""
        i, j = self._origins.get(origin), self._destinations.get(destination)
        return i is not None and j is not None and bool(self._minutes[i, j] < math.inf)


@dataclass(frozen=True, slots=True)
class Gaps:
    """What a matrix does not say of the ``needed`` ways, from each home to each commune with talks on site: how many are
    ``unknown``, so that nobody goes there, and how many inside one commune are ``within``, counted :data:`WITHIN`."""

    needed: int
    unknown: int
    within: int

    def told(self) -> list[str]:
        """In words; nothing where nothing is missing."""
        found = []
        if self.unknown:
            found.append(
                f"travel: {self.unknown} of {self.needed} ways from homes to communes with talks on site are not in the"
                " matrix; nobody goes these ways"
            )
        if self.within:
            found.append(
                f"travel: {self.within} of {self.needed} ways are inside one commune and not in the matrix;"
                f" {WITHIN:g} minutes are counted for each"
            )
        return found


def gaps(study: Study, travel: Travel) -> Gaps | None:
    """What a matrix, or a table the study holds, does not say of a study; None with another provider."""
    if not isinstance(travel, MatrixTable | KeptTable):
        return None
    homes, asked = ways_of([study])
    missing = [a == b for a in homes for b in asked if not travel.names(a, b)]
    return Gaps(len(homes) * len(asked), missing.count(False), missing.count(True))


def source_of(text: str, date: str = "") -> TravelSource:
    """Where minutes come from, in a word: ``osrm=URL``, ``valhalla=URL`` or ``matrix=FILE``. Raises InstanceError."""
    provider, _sign, where = (part.strip() for part in text.partition("="))
    if provider == "matrix" and where:
        return TravelSource(provider, date, file=where)
    if provider in _SERVICES and where.startswith(("http://", "https://")):
        return TravelSource(provider, date, url=where)
    raise InstanceError(
        f"{text!r} found, osrm=URL, valhalla=URL (with http:// or https://) or matrix=FILE expected"
    )


def ways_of(studies: Iterable[Study]) -> tuple[list[str], list[str]]:
    """From where to where: homes of people and candidates, communes with talks on site; of all studies together."""
    homes: set[str] = set()
    asked: set[str] = set()
    for study in studies:
        homes |= {one.home for one in study.people} | {one.commune for one in study.candidates}
        asked |= {row.commune for row in study.demand if row.mode == "on_site" and row.requests > 0}
    return sorted(homes), sorted(asked)


def with_minutes(
    source: TravelSource,
    travel: Travel,
    ways: tuple[Sequence[str], Sequence[str]],
    tell: Callable[[float], None] = lambda done: None,
    seconds: float = math.inf,
) -> TravelSource:
    """``source`` with what ``travel`` answers for ``ways``, to a hundredth of a minute; without the service's address or
    the file's name, so that a study can be passed on.

    ``tell`` hears the share done and may raise to stop it. Raises InstanceError where there is no way, TravelError, also
    where it takes more than ``seconds``.
    """
    origins, destinations = ways
    if not origins or not destinations:
        raise InstanceError("no homes or no talks on site: there is no way to ask minutes for")
    end = time.monotonic() + seconds
    rows: list[tuple[float | None, ...]] = []
    for first in range(0, len(origins), _AT_ONCE):
        part = origins[first : first + _AT_ONCE]
        columns = []
        for start in range(0, len(destinations), _AT_ONCE):
            if time.monotonic() > end:
                raise TravelError(f"{travel.provider}: not all minutes came within {seconds:.0f} seconds")
            columns.append(travel.minutes(part, destinations[start : start + _AT_ONCE]))
            done = first * len(destinations) + len(part) * min(start + _AT_ONCE, len(destinations))
            tell(done / (len(origins) * len(destinations)))
        for row in np.hstack(columns).tolist():
            rows.append(tuple(None if one == math.inf else round(one, 2) for one in row))
    return replace(
        source, origins=tuple(origins), destinations=tuple(destinations), table=tuple(rows), file="", url=""
    )


class _Service:
    """What both services share: questions of at most so many places, each pair asked once."""

    provider = ""

    def __init__(
        self,
        url: str,
        communes: Mapping[str, Commune],
        profile: str = "car",
        date: str = "",
        ask: Ask | None = None,
    ) -> None:
        if not url.startswith(("http://", "https://")):
            raise InstanceError(
                f"the service's address: {url!r} found, one with http:// or https:// expected"
            )
        self.date, self.profile, self.url = date, profile, url.rstrip("/")
        self._places, self._ask = communes, ask or _over_http

    def minutes(self, origins: Sequence[str], destinations: Sequence[str]) -> Floats:
        """See :class:`Travel`. Raises TravelError."""
        found = np.full((len(origins), len(destinations)), math.inf)
        for i in range(0, len(origins), _AT_ONCE):
            for j in range(0, len(destinations), _AT_ONCE):
                a, b = origins[i : i + _AT_ONCE], destinations[j : j + _AT_ONCE]
                seconds = self._block([self._places[x] for x in a], [self._places[x] for x in b])
                found[i : i + len(a), j : j + len(b)] = self._checked(seconds, len(a), len(b))
        return found

    def _block(self, origins: Sequence[Commune], destinations: Sequence[Commune]) -> Any:
        raise NotImplementedError

    def _checked(self, seconds: Any, n: int, m: int) -> Floats:
        right = isinstance(seconds, list) and len(seconds) == n
        if not right or not all(isinstance(row, list) and len(row) == m for row in seconds):
            raise TravelError(f"{self.provider} at {self.url}: no table of {n} by {m} came back")
        if not all(one is None or _is_duration(one) for row in seconds for one in row):
            raise TravelError(f"{self.provider} at {self.url}: a duration is no number of seconds")
        return np.array([[math.inf if one is None else one / 60.0 for one in row] for row in seconds])


class OsrmTable(_Service):
    """OSRM: ``GET /table/v1/PROFILE/lon,lat;...`` with sources and destinations; durations in seconds."""

    provider = "osrm"

    def _block(self, origins: Sequence[Commune], destinations: Sequence[Commune]) -> Any:
        places = ";".join(f"{one.lon:.6f},{one.lat:.6f}" for one in (*origins, *destinations))
        n, m = len(origins), len(destinations)
        sources, targets = (";".join(map(str, part)) for part in (range(n), range(n, n + m)))
        profile = {"car": "driving"}.get(self.profile, self.profile)
        asked = f"{self.url}/table/v1/{profile}/{places}?sources={sources}&destinations={targets}"
        answer = self._ask(f"{asked}&annotations=duration", None)
        if not isinstance(answer, dict) or answer.get("code") != "Ok":
            said = answer.get("code") if isinstance(answer, dict) else answer
            raise TravelError(f"osrm at {self.url} answers {said!r}, 'Ok' expected")
        return answer.get("durations")


class ValhallaMatrix(_Service):
    """Valhalla: ``POST /sources_to_targets``; times in seconds."""

    provider = "valhalla"

    def _block(self, origins: Sequence[Commune], destinations: Sequence[Commune]) -> Any:
        question = {
            "sources": [{"lat": one.lat, "lon": one.lon} for one in origins],
            "targets": [{"lat": one.lat, "lon": one.lon} for one in destinations],
            "costing": {"car": "auto"}.get(self.profile, self.profile),
        }
        answer = self._ask(f"{self.url}/sources_to_targets", json.dumps(question).encode())
        found = answer.get("sources_to_targets") if isinstance(answer, dict) else None
        if not isinstance(found, list) or not all(isinstance(row, list) for row in found):
            raise TravelError(f"valhalla at {self.url}: an answer without sources_to_targets")
        return [[one.get("time") if isinstance(one, dict) else one for one in row] for row in found]


_SERVICES = {"osrm": OsrmTable, "valhalla": ValhallaMatrix}


def _is_duration(one: Any) -> bool:
    return isinstance(one, int | float) and not isinstance(one, bool) and math.isfinite(one) and one >= 0


class _Stay(urllib.request.HTTPRedirectHandler):
    """The address that was given answers itself, or nobody."""

    def redirect_request(self, *args: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(_Stay)


def _over_http(url: str, body: bytes | None) -> Any:
    headers = {"Content-Type": "application/json"} if body is not None else {}
    request = urllib.request.Request(url, data=body, headers=headers)  # noqa: S310 -- http(s) only, see _Service
    try:
        with _OPENER.open(request, timeout=_PATIENCE) as answer:
            text = answer.read(_LARGEST + 1)
        if len(text) > _LARGEST:
            raise ValueError(f"an answer of more than {_LARGEST >> 20} MB")
        return json.loads(text)
    except (OSError, http.client.HTTPException, ValueError) as exc:  # refused, broken off, cut, no JSON
        raise TravelError(f"{url.partition('?')[0][:120]}: {exc or type(exc).__name__}") from exc


def travel_of(study: Study, folder: Path, roads: RoadMinutes | None = None, ask: Ask | None = None) -> Travel:
    """The provider a study names. ``folder``: where its matrix lies. ``roads``: where it names none.

    Raises FormatError with the file's own place, InstanceError, OSError.
    """
    source, places = study.travel, study.place
    if source.kept:
        return KeptTable(source)
    if source.provider == "piecewise":
        if source.knots_km:
            roads = RoadMinutes(source.knots_km, source.minutes)
        if roads is None:
            raise InstanceError("the study names no travel times, a section 'travel' expected")
        return Piecewise(places, roads, source.date)
    if source.provider == "matrix":
        path = folder / source.file
        try:
            return MatrixTable.read(read_text(path), tuple(places), source.date)
        except FormatError as exc:
            raise InstanceError(f"{path}:{exc}") from exc
        except (OSError, EOFError, zlib.error) as exc:
            raise InstanceError(f"{path}: cannot be read ({getattr(exc, 'strerror', None) or exc})") from exc
    return _SERVICES[source.provider](source.url, places, source.profile, source.date, ask)
