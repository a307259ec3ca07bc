"""Who could be recruited where: never more, and never elsewhere, than people live who speak the language.

Speakers are estimated from first applications of five years, spread like population. Each commune counts for the one
place nearest to it, so no speaker is counted twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .assumptions import CHOSEN, NOT_PUBLISHED, Assumption, Helper, Sizing
from .metric import RoadMinutes, great_circle_km
from .needs import BANDS, language_mix, seats
from .study import MOST_LANGUAGES, Candidate, Person
from .territory import Territory, Town

__all__ = [
    "INHABITANTS",
    "Offer",
    "Unrecruitable",
    "candidates",
    "present_people",
    "profile",
    "road_minutes",
    "speakers",
]

Floats = NDArray[np.float64]

#: Inhabitants of the whole country, over which a country's applications are spread. BE: Statbel, 1 January 2020.
INHABITANTS = {"FR": 68_000_000.0, "BE": 11_492_641.0}
YEARS = 5
SPEAKERS = (
    "UNHCR first applications of five years, spread by population; places of the centres found on public pages; "
    "settled residents who never applied are not seen"
)
KNOWN = (
    "the desk's own count of persons by commune and language, five or more together: there are so many at least, "
    "whatever public figures expect"
)
SIDES = {"FR": ("FR", "BE"), "BE": ("BE", "FR")}


@dataclass(frozen=True, slots=True)
class Unrecruitable:
    """A language for which nobody is recruited here. ``speakers`` within reach; ``instead``: what replaces it.

    ``instead``: "variety" (somebody of a neighbouring variety, for simple talks), "phone" (a telephone service from
    elsewhere), "neighbour" (the other side of the border has ``neighbours`` speakers within an hour).
    """

    language: str
    speakers: float
    neighbours: float
    instead: tuple[str, ...]


@dataclass(frozen=True)
class Offer:
    """Candidates, the languages without any, and what was assumed."""

    candidates: tuple[Candidate, ...]
    unrecruitable: tuple[Unrecruitable, ...]
    assumptions: tuple[Assumption, ...]


def profile(territory: Territory, language: str, asked: Iterable[str]) -> dict[str, str]:
    """The language in full, and up to three asked-for varieties of the same one well enough for simple talks."""
    known = territory.languages
    macro = known[language].macro if language in known else ""
    alike = [
        other
        for other in sorted(set(asked))
        if other != language
        and other in known
        and ((macro and known[other].macro == macro) or known[other].macro == language or other == macro)
    ]
    return {language: "full", **dict.fromkeys(alike[: MOST_LANGUAGES - 1], "working")}


def speakers(
    territory: Territory,
    towns: Sequence[Town],
    languages: Iterable[str],
    register: Mapping[tuple[str, str], float] | None = None,
) -> dict[tuple[str, str], float]:
    """Likely speakers by (commune uid, language), persons: applications of five years by people, places of centres.

    A centre's places speak like the last year's applications of its country. ``register``: persons a desk knows of: so
    many there are at least. They are not added to the estimate, which most of them are in.
    """
    last = territory.years[-1]
    wanted = sorted(set(languages))
    countries = sorted({town.country for town in towns})
    settled = {country: territory.persons(country, last - YEARS + 1, last) for country in countries}
    latest = {country: territory.persons(country, last, last) for country in countries}
    beds: dict[str, float] = {}
    for centre in territory.centres:
        beds[centre.uid] = beds.get(centre.uid, 0.0) + (centre.capacity or 0)
    found: dict[tuple[str, str], float] = {}
    for town in towns:
        new = latest[town.country]
        everybody = sum(new.values()) or 1.0
        for language in wanted:
            n = settled[town.country].get(language, 0.0) * town.population / INHABITANTS[town.country]
            n += beds.get(town.uid, 0.0) * new.get(language, 0.0) / everybody
            n = max(n, (register or {}).get((town.uid, language), 0.0))
            if n > 0:
                found[town.uid, language] = n
    return found


def candidates(
    territory: Territory,
    towns: Sequence[Town],
    languages: Sequence[str],
    *,
    around: Sequence[Town] = (),
    kinds: Sequence[str] = ("helper", "certified"),
    helper: Helper | None = None,
    euros_hour: float = 56.0,
    least_speakers: float = 30.0,
    reach_minutes: float = 30.0,
    least_people: float = 10_000.0,
    most: int = 4,
    per_language: int = 6,
    register: Mapping[tuple[str, str], float] | None = None,
) -> Offer:
    """Candidates for ``languages`` among ``towns`` and, over the border or beside, ``around``.

    Places of recruitment: communes of ``least_people``, the largest of each arrondissement, and those of reception
    centres. Each commune within ``reach_minutes`` counts for its nearest place. A place gives one recruit for every
    ``least_speakers`` speakers, ``most`` at the utmost, and only the ``per_language`` best places are kept.
    """
    helper = helper or Helper()
    everywhere = [*towns, *(town for town in around if town not in set(towns))]
    there = speakers(territory, everywhere, languages, register)
    centres = {centre.uid for centre in territory.centres}
    largest = set(seats(everywhere).values())
    places = [t for t in everywhere if t.population >= least_people or t.uid in centres or t.uid in largest]
    pooled = _pooled(territory, everywhere, places, there, reach_minutes)
    found: list[Candidate] = []
    missing: list[Unrecruitable] = []
    near = {town.country for town in towns}
    served = {one for one in languages if any(pooled.get((p.uid, one), 0) >= least_speakers for p in places)}
    for language in languages:
        by_place = [(pooled.get((town.uid, language), 0.0), town) for town in places]
        able = sorted(
            (pair for pair in by_place if pair[0] >= least_speakers), key=lambda p: (-p[0], p[1].uid)
        )
        if not able:
            own = sum(there.get((town.uid, language), 0.0) for town in towns)
            beyond = _beyond(territory, towns, near, language)
            alike = set(profile(territory, language, served)) & served
            ways = {"variety": bool(alike), "phone": True, "neighbour": beyond >= least_speakers}
            missing.append(
                Unrecruitable(language, own, beyond, tuple(way for way, yes in ways.items() if yes))
            )
            continue
        spoken = profile(territory, language, languages)
        for n, town in able[:per_language]:
            for kind in kinds:
                number = min(int(n // least_speakers), most)
                found.append(_candidate(town, language, spoken, kind, number, n, helper, euros_hour))
    assumed = (
        Assumption(
            "speakers",
            f"{YEARS}",
            SPEAKERS,
        ),
        *_known(territory, everywhere, languages, there, register),
        Assumption("least_speakers", f"{least_speakers:g}", NOT_PUBLISHED),
        Assumption("reach", f"{reach_minutes:g}", NOT_PUBLISHED),
        Assumption("place_size", f"{least_people:.0f}", CHOSEN),
        Assumption("per_place", f"{most}, {per_language}", CHOSEN),
        *helper.assumptions(),
    )
    return Offer(tuple(found), tuple(missing), assumed)


def _known(
    territory: Territory,
    towns: Sequence[Town],
    languages: Sequence[str],
    there: Mapping[tuple[str, str], float],
    register: Mapping[tuple[str, str], float] | None,
) -> tuple[Assumption, ...]:
    """What a desk's own count added: speakers beyond the estimate, and in how many communes; nothing without one."""
    if not register:
        return ()
    guessed = speakers(territory, towns, languages)
    more = {key: n - guessed.get(key, 0.0) for key, n in there.items() if n > guessed.get(key, 0.0) + 1e-9}
    where = len({uid for uid, _language in more})
    return (Assumption("speakers_known", f"{sum(more.values()):.0f}, {where}", KNOWN),)


def _candidate(
    town: Town,
    language: str,
    spoken: Mapping[str, str],
    kind: str,
    most: int,
    speakers_here: float,
    helper: Helper,
    euros_hour: float,
) -> Candidate:
    helps = kind == "helper"
    week = helper.available_week if helps else helper.certified_available_week
    return Candidate(
        id=f"{kind}-{language}-{town.uid}",
        commune=town.uid,
        languages=dict(spoken),
        hours={"office": week * helper.office, "evening": round(week * (1 - helper.office), 4)},
        kind=kind,
        most=most,
        speakers=round(speakers_here, 1),
        cost=round(helper.cost_year if helps else helper.certified_cost_year, 2),
        cost_hour=round(helper.cost_hour, 6) if helps else euros_hour,
        lead_months=helper.lead_months if helps else helper.certified_lead_months,
        sides=SIDES[town.country],
    )


def road_minutes(territory: Territory, a: Sequence[Town], b: Sequence[Town]) -> Floats:
    """Minutes by the territory's model of roads, float64 (len(a), len(b))."""
    road = RoadMinutes(territory.travel.knots_km, territory.travel.minutes)
    lat, lon = (np.array([getattr(t, name) for t in a])[:, None] for name in ("lat", "lon"))
    return road(
        great_circle_km(lat, lon, np.array([t.lat for t in b])[None], np.array([t.lon for t in b])[None])
    )


def _pooled(
    territory: Territory,
    towns: Sequence[Town],
    places: Sequence[Town],
    there: Mapping[tuple[str, str], float],
    reach: float,
) -> dict[tuple[str, str], float]:
    """Speakers by (place, language): each commune counts for its nearest place of the same country within reach."""
    far = road_minutes(territory, towns, places)
    same = np.array([[t.country == p.country for p in places] for t in towns])
    far = np.where(same, far, np.inf)
    nearest = np.argmin(far, axis=1)
    serves = {
        town.uid: places[int(i)].uid
        for town, i, m in zip(towns, nearest, far.min(axis=1), strict=True)
        if m <= reach
    }
    found: dict[tuple[str, str], float] = {}
    for (uid, language), n in there.items():
        if uid in serves:
            key = (serves[uid], language)
            found[key] = found.get(key, 0.0) + n
    return found


def _beyond(territory: Territory, towns: Sequence[Town], near: set[str], language: str) -> float:
    """Speakers on the other side of the border, within an hour of one of ``towns``."""
    other = [t for t in territory.towns if t.country not in near]
    if not other:
        return 0.0
    close = road_minutes(territory, other, towns).min(axis=1) <= 60
    reached = [town for town, yes in zip(other, close, strict=True) if yes]
    return sum(speakers(territory, reached, (language,)).values()) if reached else 0.0


def present_people(
    territory: Territory, towns: Sequence[Town], languages: Sequence[str], sizing: Sizing | None = None
) -> tuple[Person, ...]:
    """Who interprets today where no register says it: as many as the public figures give, spread like demand.

    Whole people: the languages most asked for get them first (largest remainder over all languages asked for, those
    not in ``languages`` included, and then left out). They live in the largest communes, in turn.
    """
    sizing = sizing or Sizing()
    wanted = frozenset(languages)
    found: list[Person] = []
    for versant in sorted({town.versant for town in towns}):
        here = sorted((t for t in towns if t.versant == versant), key=lambda t: (-t.population, t.uid))
        number = round(sum(t.population for t in here) / 100_000 * sizing.present[versant])
        mix = language_mix(territory, versant)
        whole = {language: int(number * share) for language, share in mix.items()}
        rest = sorted(mix, key=lambda one: (-(number * mix[one] - whole[one]), one))
        for language in rest[: number - sum(whole.values())]:
            whole[language] += 1
        homes = here[: max(1, min(len(here), number))]
        rank = 0
        for language in sorted(whole, key=lambda one: (-mix[one], one)):
            for _ in range(whole[language]):
                home = homes[rank % len(homes)]
                rank += 1
                if language not in wanted:
                    continue
                week = sizing.present_hours_week
                found.append(
                    Person(
                        id=f"{versant}-{rank}",
                        home=home.uid,
                        languages=profile(territory, language, languages),
                        hours={
                            "office": week * sizing.present_office,
                            BANDS[1].id: round(week * (1 - sizing.present_office), 4),
                        },
                        kind="certified",
                        sides=SIDES[home.country],
                        cost=sizing.interpreter_euros_hour,
                    )
                )
    return tuple(found)
