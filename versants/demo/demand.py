"""Which languages are asked for on the territory: asylum applications by origin, times the languages of each origin.

The weights of languages within an origin are assumptions (territory/data/README.md); the counts are UNHCR's.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cache

from versants.territory import sources

YEARS = (2023, 2024, 2025)
# Spoken by everybody who comes: no interpreter is asked for.
_WITHOUT = frozenset({"fra", "eng"})
# Too rare in the figures to be met every month.
_LEAST = 0.004
# The stored figures are national; the sea coast and the reception centres of the border hold more of these.
_HERE = {
    "tir": 2.2,
    "pus": 1.4,
    "som": 1.4,
    "apd": 1.5,
    "kmr": 1.3,
    "ben": 0.3,
    "hat": 0.1,
    "tam": 0.4,
    "spa": 0.3,
}


@cache
def by_language(country: str) -> dict[str, float]:
    """Share of each language among those who need an interpreter in ``country`` (FR or BE); sums to 1."""
    spoken = defaultdict(list)
    for row in sources.origin_languages():
        spoken[row.origin].append((row.language, row.weight))
    found: dict[str, float] = defaultdict(float)
    for line in sources.demand():
        if line.country == country and line.year in YEARS:
            for language, weight in spoken.get(line.origin, ()):
                if language not in _WITHOUT:
                    found[language] += line.applications * weight * _HERE.get(language, 1.0)
    total = sum(found.values())
    kept = {code: n / total for code, n in sorted(found.items()) if n / total >= _LEAST}
    whole = sum(kept.values())
    return {code: share / whole for code, share in kept.items()}
