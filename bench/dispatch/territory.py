"""A day on the real territory, as large as one likes: communes and their roads, believable professionals and visits.

Communes with their population and the calibrated road times come from ``versants/territory/data``; people and visits are
drawn with a seed: places by population, homes by population, languages as rare as ``LANGUAGES`` says.
"""

from __future__ import annotations

import csv
import gzip
import json
import math
import random
from pathlib import Path

import numpy as np

from versants_libs.dispatch import (
    Break,
    Coordinates,
    LanguageNeed,
    Limits,
    Matrix,
    Person,
    Problem,
    Shift,
    Slot,
    Span,
    Visit,
    Window,
)

DATA = Path(__file__).resolve().parents[2] / "versants" / "territory" / "data"
H = 3600
LANGUAGES = {"ar": 30, "prs": 14, "ps": 10, "ti": 8, "so": 7, "tr": 8, "ru": 6, "uk": 10, "ku": 4, "ln": 3}
WORK = {"hauts-de-france": ("FR", "fr"), "wallonie": ("BE", "fr"), "west-vlaanderen": ("BE", "nl")}


def roads(lat: np.ndarray, lon: np.ndarray) -> Matrix:
    """Seconds between all communes by the product's calibrated model; the diagonal is zero."""
    model = json.loads((DATA / "travel_time_model.json").read_text())
    knots_km, knots_min = np.asarray(model["knots_km"]), np.asarray(model["minutes"])
    a, b = np.radians(lat), np.radians(lon)
    cells = np.empty((len(lat), len(lat)), dtype=np.int32)
    for i in range(len(lat)):
        h = np.sin((a - a[i]) / 2) ** 2 + math.cos(a[i]) * np.cos(a) * np.sin((b - b[i]) / 2) ** 2
        km = 2 * 6371.0 * np.arcsin(np.sqrt(np.minimum(h, 1)))
        last = (knots_min[-1] - knots_min[-2]) / (knots_km[-1] - knots_km[-2])
        minutes = np.interp(km, knots_km, knots_min) + np.maximum(0, km - knots_km[-1]) * last
        cells[i] = np.rint(minutes * 60)
    np.fill_diagonal(cells, 0)
    return Matrix(len(lat), cells)


def day(visits: int, people: int, seed: int = 1) -> Problem:
    """A problem of that size over the three versants. Only communes that somebody lives in or that are visited."""
    rng = random.Random(seed)
    with gzip.open(DATA / "communes.csv.gz", "rt", encoding="utf-8") as file:
        communes = list(csv.DictReader(file))
    weight = [max(1, int(float(row["population"] or 0))) for row in communes]
    homes = rng.choices(range(len(communes)), weight, k=people)
    places = rng.choices(range(len(communes)), weight, k=visits)
    used = sorted({*homes, *places})
    index = {commune: i for i, commune in enumerate(used)}
    lat = np.array([float(communes[c]["lat"]) for c in used])
    lon = np.array([float(communes[c]["lon"]) for c in used])
    codes, shares = list(LANGUAGES), list(LANGUAGES.values())
    crew = []
    for n, home in enumerate(homes):
        country, speech = WORK[communes[home]["versant"]]
        kind = ("interpreter", "psychologist", "social_worker", "interpreter")[n % 4]
        begin = rng.choice([8, 8, 9, 12]) * H
        spoken = {speech: 6, ("nl" if speech == "fr" else "fr"): rng.choice([0, 2, 4])}
        pairs = {}
        if kind == "interpreter":
            for language in set(rng.choices(codes, shares, k=2)):
                level = rng.choice([3, 4, 5, 6])
                pairs |= {(language, speech): level, (speech, language): level}
        both = rng.random() < 0.35
        mandates = {name: (Span(0, 24 * H),) for name in (("FR", "BE") if both else (country,))}
        crew.append(
            Person(
                id=f"p{n}",
                roles=frozenset([kind]),
                languages=spoken,
                pairs=pairs,
                mandates=mandates,
                shifts=(
                    Shift(
                        begin,
                        begin + 8 * H,
                        index[home],
                        index[home],
                        0,
                        (Break(1800, 12 * H, 14 * H, 6 * H),),
                    ),
                ),
                limits=Limits(driving_day_s=4 * H),
                gender=rng.choice("fm"),
            )
        )
    jobs = []
    for n, place in enumerate(places):
        country, speech = WORK[communes[place]["versant"]]
        at = rng.randrange(9 * 4, 16 * 4) * H // 4
        role = rng.choice(["psychologist", "psychologist", "social_worker"])
        slots = [Slot(id="carer", role=role, languages=(LanguageNeed(speech, 2),))]
        if rng.random() < 0.7:
            need = LanguageNeed(rng.choices(codes, shares)[0], 3, into=speech)
            slots.append(Slot(id="interpreter", role="interpreter", languages=(need,)))
        jobs.append(
            Visit(
                id=f"v{n}",
                windows=(Window(at, min(at + rng.choice([H, 2 * H, 4 * H]), 18 * H)),),
                duration=rng.choice([2700, 3600, 5400]),
                slots=tuple(slots),
                place=index[place],
                country=country,
                unserved=5 if rng.random() < 0.1 else 1,
                crisis=False,
            )
        )
    return Problem(
        people=tuple(crew),
        visits=tuple(jobs),
        travel=roads(lat, lon),
        epoch="2026-11-24T00:00:00+01:00",
        places=tuple(communes[c]["name_fr"] or communes[c]["name_nl"] for c in used),
        coordinates=Coordinates(tuple(zip(lon.tolist(), lat.tolist(), strict=True))),
    )
