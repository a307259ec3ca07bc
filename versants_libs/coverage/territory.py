"""The public data a study starts from: communes, languages of origin, first applications, reception centres, roads.

Read from a folder that holds the files by their names (packed or not). Places are known by ``uid``: 24 five-digit codes
exist on both sides of the border, so nothing is ever joined on them.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from .errors import InstanceError
from .study import Commune, TravelSource

__all__ = ["OWN_LANGUAGE", "Centre", "Language", "Territory", "Town", "load_territory"]

#: What services speak on each versant: nobody needs an interpreter for it there.
OWN_LANGUAGE = {"hauts-de-france": "fra", "wallonie": "fra", "west-vlaanderen": "nld"}
VERSANT_ORDER = tuple(OWN_LANGUAGE)


@dataclass(frozen=True, slots=True)
class Town:
    """A commune with its names and its arrondissement (the French name, one of its country)."""

    uid: str
    name_fr: str
    name_nl: str
    versant: str
    country: str
    arrondissement: str
    lat: float
    lon: float
    population: float

    def commune(self) -> Commune:
        """As a study has it."""
        return Commune(
            self.uid, self.lat, self.lon, self.population, self.versant, self.country, self.name_fr
        )


@dataclass(frozen=True, slots=True)
class Language:
    """ISO 639-3 code, the language it is a variety of (empty: none), names."""

    code: str
    macro: str
    name_fr: str
    name_nl: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Centre:
    """A place of reception; ``capacity`` None where it was not found."""

    uid: str
    name: str
    capacity: int | None


@dataclass(frozen=True)
class Territory:
    """``applications``: first applications by country, year and origin. ``speaks``: share by language of an origin."""

    towns: tuple[Town, ...]
    languages: Mapping[str, Language]
    applications: Mapping[tuple[str, int, str], float]
    speaks: Mapping[str, Mapping[str, float]]
    centres: tuple[Centre, ...]
    travel: TravelSource

    def __post_init__(self) -> None:
        uids = [town.uid for town in self.towns]
        if len(set(uids)) != len(uids):
            raise InstanceError("a commune is given twice", sorted({u for u in uids if uids.count(u) > 1}))
        lost = sorted({one.uid for one in self.centres} - set(uids))
        if lost:
            raise InstanceError("a reception centre stands in no commune", lost)

    @property
    def town(self) -> dict[str, Town]:
        """Communes by uid."""
        return {one.uid: one for one in self.towns}

    @property
    def years(self) -> tuple[int, ...]:
        """Years with applications, in order."""
        return tuple(sorted({year for _country, year, _origin in self.applications}))

    def persons(self, country: str, first: int, last: int) -> dict[str, float]:
        """Persons by language among first applications of ``country``, years ``first`` to ``last`` included."""
        found: dict[str, float] = {}
        for (where, year, origin), persons in self.applications.items():
            if where == country and first <= year <= last:
                for language, share in self.speaks.get(origin, {}).items():
                    found[language] = found.get(language, 0.0) + persons * share
        return found

    def area(self, *, versants: tuple[str, ...] = (), arrondissement: str = "") -> tuple[Town, ...]:
        """Communes of ``versants`` (none: all), or of one arrondissement. Raises InstanceError where none is found."""
        found = tuple(
            town
            for town in self.towns
            if (not versants or town.versant in versants)
            and (not arrondissement or town.arrondissement == arrondissement)
        )
        if not found:
            known = sorted({town.arrondissement for town in self.towns})
            near = get_close_matches(arrondissement, known, n=5) or known
            raise InstanceError(f"no commune of {arrondissement or versants}, one of these expected", near)
        return found


def _rows(folder: Path, name: str) -> list[dict[str, str]]:
    packed = folder / f"{name}.gz"
    raw = gzip.decompress(packed.read_bytes()) if packed.exists() else (folder / name).read_bytes()
    return list(csv.DictReader(io.StringIO(raw.decode("utf-8"), newline="")))


def load_territory(folder: Path) -> Territory:
    """The territory in ``folder``. Raises OSError for a file that is not there, InstanceError for what contradicts."""
    model = json.loads((folder / "travel_time_model.json").read_text())
    speaks: dict[str, dict[str, float]] = {}
    for row in _rows(folder, "origin_languages.csv"):
        speaks.setdefault(row["origin_iso3"], {})[row["iso639_3"]] = float(row["weight"])
    return Territory(
        towns=tuple(
            Town(
                row["uid"],
                row["name_fr"],
                row["name_nl"] or row["name_fr"],
                row["versant"],
                row["country"],
                row["arrondissement"],
                float(row["lat"]),
                float(row["lon"]),
                float(row["population"] or 0),
            )
            for row in _rows(folder, "communes.csv")
        ),
        languages={
            row["iso639_3"]: Language(
                row["iso639_3"], row["macrolanguage"], row["name_fr"], row["name_nl"], row["name_en"]
            )
            for row in _rows(folder, "languages.csv")
        },
        applications={
            (row["country_of_asylum"], int(row["year"]), row["origin_iso3"]): float(row["new_applications"])
            for row in _rows(folder, "demand_mix.csv")
        },
        speaks=speaks,
        centres=tuple(
            Centre(row["uid"], row["name"], int(row["capacity"]) if row["capacity"] else None)
            for row in _rows(folder, "reception_centres.csv")
        ),
        travel=TravelSource(
            "piecewise",
            model["source"].rsplit(", ", 1)[1],
            knots_km=tuple(model["knots_km"]),
            minutes=tuple(model["minutes"]),
        ),
    )
