"""A study of the whole territory, made up from a seed: the size the mesh has to hold.

Communes, populations, languages and the mix of languages are the territory's public data; volumes follow the sizing table
(requests for 1,000 inhabitants a year by versant), cut to ``requests`` in all. People, their homes, languages and hours,
and candidates are invented. ``python bench/mesh/territory.py FILE [--languages 40] [--people 500] [--requests 80000]``.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import json
from pathlib import Path
from typing import Any

import numpy as np

DATA = Path(__file__).resolve().parents[2] / "versants" / "territory" / "data"
RATE = {
    "hauts-de-france": 7.7,
    "wallonie": 5.0,
    "west-vlaanderen": 12.0,
}  # requests for 1,000 inhabitants a year
REMOTE = 0.65
BANDS = [
    {"id": "office", "weekdays": [1, 2, 3, 4, 5], "start": 8, "end": 18},
    {"id": "evening", "weekdays": [1, 2, 3, 4, 5], "start": 18, "end": 22},
    {"id": "weekend", "weekdays": [6, 7], "start": 8, "end": 20},
]
BAND_SHARE = {"office": 0.86, "evening": 0.08, "weekend": 0.06}
LEVEL = {"sworn": "full", "certified": "full", "helper": "working"}


def rows(name: str) -> list[dict[str, str]]:
    """A table of the territory."""
    path = DATA / name
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


def mix(count: int) -> dict[str, float]:
    """The ``count`` languages most asked for by the public mix of 2025, and their shares; French is not asked for."""
    people: dict[str, float] = {}
    for row in rows("demand_mix.csv.gz"):
        if row["year"] == "2025":
            people[row["origin_iso3"]] = people.get(row["origin_iso3"], 0.0) + float(
                row["new_applications"] or 0
            )
    shares: dict[str, float] = {}
    for row in rows("origin_languages.csv"):
        many = people.get(row["origin_iso3"], 0.0) * float(row["weight"])
        shares[row["iso639_3"]] = shares.get(row["iso639_3"], 0.0) + many
    shares.pop("fra", None)
    first = sorted(shares, key=lambda one: -shares[one])[:count]
    total = sum(shares[one] for one in first)
    return {one: shares[one] / total for one in first}


def study(
    languages: int = 40, people: int = 500, requests: float = 80_000, recruits: int = 40, seed: int = 1
) -> dict[str, Any]:
    """STUDY.json as a value."""
    rng = np.random.default_rng(seed)
    share = mix(languages)
    names = list(share)
    weight = np.array([share[one] for one in names])
    communes = [
        {
            "uid": row["uid"],
            "lat": float(row["lat"]),
            "lon": float(row["lon"]),
            "population": float(row["population"] or 0),
            "versant": row["versant"],
            "country": row["country"],
            "name": row["name_fr"],
        }
        for row in rows("communes.csv.gz")
    ]
    asked = np.array([one["population"] / 1000 * RATE[one["versant"]] for one in communes])
    asked *= requests / asked.sum()
    demand = []
    for commune, many in zip(communes, asked, strict=True):
        # small communes ask for one language only
        spoken = rng.choice(len(names), 1, p=weight) if many < 2.0 else np.arange(len(names))
        total = weight[spoken].sum()
        for i in spoken:
            for mode, part in (("on_site", 1 - REMOTE), ("phone", REMOTE * 0.85), ("video", REMOTE * 0.15)):
                for band, when in BAND_SHARE.items():
                    demand.append(
                        {
                            "commune": commune["uid"],
                            "language": names[i],
                            "mode": mode,
                            "band": band,
                            "requests": round(float(many * weight[i] / total * part * when), 4),
                            "minutes": 60 if mode == "on_site" else 25,
                            "simple": [0.15, 0.4],
                        }
                    )
    demand = [row for row in demand if row["requests"] > 0]
    where = asked / asked.sum()
    skill = np.sqrt(weight) / np.sqrt(weight).sum()

    def somebody(kind: str) -> dict[str, Any]:
        many = int(rng.choice([1, 2, 3, 4], p=[0.35, 0.35, 0.2, 0.1]))
        spoken = rng.choice(len(names), many, replace=False, p=skill)
        hours = {"office": float(rng.integers(6, 31))}
        if rng.random() < 0.5:
            hours["evening"] = float(rng.integers(2, 9))
        if rng.random() < 0.35:
            hours["weekend"] = float(rng.integers(2, 9))
        return {
            "languages": {names[i]: LEVEL[kind] for i in spoken},
            "hours": hours,
            "kind": kind,
        }

    kinds = ["sworn", "certified", "helper"]
    having = []
    for number in range(people):
        kind = str(rng.choice(kinds, p=[0.15, 0.65, 0.2]))
        home = communes[int(rng.choice(len(communes), p=where))]
        sides = ["FR", "BE"] if rng.random() < 0.3 else [home["country"]]
        cost = {"sworn": 58.63, "certified": 56.0, "helper": 10.0}[kind]
        having.append(
            {"id": f"p{number}", "home": home["uid"], "sides": sides, "cost": cost, **somebody(kind)}
        )
    candidates = []
    for number in range(5 * languages):
        kind = str(rng.choice(kinds[1:], p=[0.6, 0.4]))
        home = communes[int(rng.choice(len(communes), p=where))]
        candidates.append(
            {
                "id": f"c{number}",
                "commune": home["uid"],
                "most": int(rng.integers(1, 4)),
                "speakers": float(rng.integers(10, 600)),
                "cost": 2500.0 if kind == "certified" else 900.0,
                "cost_hour": 56.0 if kind == "certified" else 10.0,
                "lead_months": 5.0 if kind == "certified" else 3.0,
                "sides": [home["country"]],
                **somebody(kind),
            }
        )
    model = json.loads((DATA / "travel_time_model.json").read_text())
    return {
        "format": "versants-mesh-study-1",
        "name": f"The territory, {languages} languages, {people} people (people and candidates invented)",
        "communes": communes,
        "bands": BANDS,
        "demand": demand,
        "people": having,
        "candidates": candidates,
        "limits": {"number": recruits, "budget": None},
        "standard": {"minutes_on_site": 60, "phone_answer_minutes": 10, "fill": 0.9},
        "rules": {"helper_hours_year": 190, "least_speakers": 30},
        "alpha": 0.001,
        "travel": {
            "provider": "piecewise",
            "date": "2026-11-22",
            "knots_km": model["knots_km"],
            "minutes": model["minutes"],
        },
        "behaviour": {
            "season": [1.05, 1.0, 1.1, 1.0, 1.0, 1.0, 0.8, 0.7, 1.1, 1.1, 1.1, 1.05],
            "bursts": 2,
            "burst_days": 10,
            "burst_factor": 1.5,
        },
        "assumptions": ["People, homes, languages, hours and candidates are invented from a seed."],
    }


def main() -> None:
    """Write the study."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    for name, default in (
        ("languages", 40),
        ("people", 500),
        ("requests", 80_000),
        ("recruits", 40),
        ("seed", 1),
    ):
        parser.add_argument(f"--{name}", type=int, default=default)
    args = vars(parser.parse_args())
    file = args.pop("file")
    text = json.dumps(study(**args), ensure_ascii=False)
    file.write_bytes(gzip.compress(text.encode(), mtime=0) if file.suffix == ".gz" else text.encode())


if __name__ == "__main__":
    main()
