"""Makes the files of ``versants/territory/data`` from the gathered public files.

``python -m versants.territory.derive FOLDER`` with the folder that holds communes.csv, communes.topojson,
outlines.geojson, countries_context.geojson and the other sources named in data/README.md. The same input
gives the same bytes, so a change of the data shows as a change of its hash.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from versants.territory.shapes import DATA, pack

AS_IS = ("origin_languages.csv", "reception_centres.csv", "travel_time_model.json")
PACKED = ("communes.csv", "communes.topojson", "demand_mix.csv")
# Offered first on a request, in the order the programme starts with; the rest of the list follows by name.
FIRST_LANGUAGES = ("ara", "prs", "pus", "tir", "som", "tur", "rus", "ukr", "kmr")
# Not in the gathered list of languages one interprets from: what teams of West Flanders work in, so that it can be
# said of a professional and interpreted into. After which row, and the row; names from CLDR, as Babel 2.18 has them.
ADDED_LANGUAGES = {
    "fra": {
        "iso639_3": "nld",
        "bcp47": "nl",
        "macrolanguage": "",
        "name_fr": "néerlandais",
        "name_nl": "Nederlands",
        "name_en": "Dutch",
        "autonym": "Nederlands",
        "script": "Latn",
        "direction": "ltr",
        "named_by": "",
        "name_source": "cldr",
    }
}


def derive(source: Path, target: Path = DATA) -> None:
    """Write every shipped file. Raises FileNotFoundError (a source), KeyError (a column)."""
    target.mkdir(exist_ok=True)
    for name in AS_IS:
        (target / name).write_bytes((source / name).read_bytes())
    for name in PACKED:
        _write_gz(target / f"{name}.gz", (source / name).read_bytes())
    _languages(source / "languages.csv", target / "languages.csv")
    shapes = []
    for feature in json.loads((source / "countries_context.geojson").read_text())["features"]:
        shapes.append(pack("country", feature["properties"]["iso"], "", _rings(feature)))
    for feature in json.loads((source / "outlines.geojson").read_text())["features"]:
        about = feature["properties"]
        versant = about["id"] if about["level"] == "versant" else about["versant"]
        shapes.append(pack(about["level"], about["id"], versant, _rings(feature)))
    text = json.dumps({"grid_degree": 1e-5, "shapes": shapes}, ensure_ascii=False, separators=(",", ":"))
    _write_gz(target / "outlines.json.gz", text.encode())


def _rings(feature: dict[str, Any]) -> list[np.ndarray]:
    geometry = feature["geometry"]
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    return [np.array(ring, dtype=float) for polygon in polygons for ring in polygon]


def _languages(source: Path, target: Path) -> None:
    with source.open(encoding="utf-8", newline="") as file:
        gathered = list(csv.DictReader(file))
    there = {row["iso639_3"] for row in gathered}
    rows = []
    for row in gathered:
        rows.append(row)
        added = ADDED_LANGUAGES.get(row["iso639_3"])
        if added is not None and added["iso639_3"] not in there:
            rows.append(added)
    missing = set(FIRST_LANGUAGES) - there
    if missing:
        raise KeyError(f"{source}: no row for {', '.join(sorted(missing))}")
    out = io.StringIO()
    writer = csv.DictWriter(out, [*rows[0], "first_rank"], lineterminator="\n")
    writer.writeheader()
    for row in rows:
        code = row["iso639_3"]
        writer.writerow(
            row | {"first_rank": FIRST_LANGUAGES.index(code) + 1 if code in FIRST_LANGUAGES else ""}
        )
    target.write_text(out.getvalue(), encoding="utf-8")


def _write_gz(target: Path, content: bytes) -> None:
    target.write_bytes(gzip.compress(content, compresslevel=9, mtime=0))


if __name__ == "__main__":
    derive(Path(sys.argv[1]))
