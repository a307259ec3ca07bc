"""Demand by commune, language, mode and band: from a desk's own register or from public figures, one of them for all.

Whether a language needs an interpreter depends on the versant: French does in West-Vlaanderen, not in Wallonie.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from .assumptions import Assumption, Sizing
from .errors import InstanceError
from .files import Table, table
from .study import MODES, Band, Demand
from .territory import OWN_LANGUAGE, Territory, Town
from .ways import REMOTE, Counts, Ways, ways_of

__all__ = [
    "BANDS",
    "DEMANDS",
    "Needs",
    "Register",
    "demand_of",
    "expected",
    "language_mix",
    "needs",
    "read_register",
    "read_speakers",
    "seats",
    "without",
]

FOLDED = "rows with fewer requests a year on site"
PUBLIC = "UNHCR first applications by origin (CC BY 4.0); languages of an origin: assumed weights"
UNUSED = "fewer than 100 of a versant, or than a quarter of what public figures expect for the area: public figures for all"
#: Where requests are counted: the register if it says enough for every versant of an area, public figures, the register.
DEMANDS = ("auto", "public", "register")
MOST_MINUTES = 1440.0
BANDS = (Band("office", (1, 2, 3, 4, 5), 8.0, 18.0), Band("evening", (1, 2, 3, 4, 5, 6, 7), 18.0, 22.0))


@dataclass(frozen=True)
class Register:
    """What a desk counted in ``months``: requests by (versant, language), and by commune, asked and never met alike.
    ``counts``: those of them that say how, when or how long. ``speakers``: persons a desk knows of by (commune, language),
    who bound the recruits and are no requests; fewer than ``minimum`` together are nobody.

    It says enough for an area where each versant has ``enough`` requests, and the area ``least_share`` of what public
    figures expect of that versant's part. A language under ``minimum`` is not told apart, and a commune under it weighs
    nothing of its own: no row of a study can point at one request.
    """

    languages: Mapping[tuple[str, str], float] = field(default_factory=dict)
    communes: Mapping[str, float] = field(default_factory=dict)
    months: float = 12.0
    enough: float = 100.0
    minimum: float = 5.0
    least_share: float = 0.25
    counts: Counts = field(default_factory=Counts)
    speakers: Mapping[tuple[str, str], float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.months > 0:
            raise InstanceError(f"a register of {self.months} months, more than 0 expected")

    @property
    def known(self) -> dict[tuple[str, str], float]:
        """Persons a desk knows of by (commune, language), where they are enough to be told."""
        return {where: n for where, n in self.speakers.items() if n >= self.minimum}

    def total(self, versant: str) -> float:
        """Requests counted on a versant."""
        return sum(n for (where, _language), n in self.languages.items() if where == versant)

    def foreign(self, versant: str) -> float:
        """Requests counted on a versant for another language than its own."""
        return self.total(versant) - self.languages.get((versant, OWN_LANGUAGE[versant]), 0.0)


@dataclass(frozen=True)
class Needs:
    """Rows of demand, what was assumed for them, and how many requests a year they stand for, by language."""

    rows: tuple[Demand, ...]
    assumptions: tuple[Assumption, ...]

    @property
    def by_language(self) -> dict[str, float]:
        """Requests a year by language, most first."""
        found: dict[str, float] = {}
        for row in self.rows:
            found[row.language] = found.get(row.language, 0.0) + row.requests
        return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


def read_register(text: str, territory: Territory) -> Register:
    """What a desk counted in twelve months, from a CSV: ``versant``, ``language``, ``commune`` (its uid, or nothing),
    ``requests``; where they are, ``mode`` (on_site, phone, video, or remote for one of both), ``band`` (office, evening)
    and ``minutes`` (mean of a talk), each of which a row may leave empty. Raises FormatError.
    """
    rows = table(text, ("versant", "language", "commune", "requests"))
    known = {
        "versant": OWN_LANGUAGE.keys(),
        "language": territory.languages.keys(),
        "commune": {"", *territory.town},
        "mode": ("", *MODES, REMOTE),
        "band": ("", *(band.id for band in BANDS)),
    }
    told = {name: among for name, among in known.items() if name in rows.column}
    languages: dict[tuple[str, str], float] = {}
    communes: dict[str, float] = {}
    modes: dict[tuple[str, str], float] = {}
    bands: dict[tuple[str, str], float] = {}
    minutes: dict[tuple[str, str], tuple[float, float]] = {}
    lengths = _lengths(rows) if "minutes" in rows.column else [0.0] * len(rows.rows)
    for (line, row), n, length in zip(rows.rows, rows.numbers("requests", 0), lengths, strict=True):
        one = dict.fromkeys(known, "") | {name: row[rows.column[name]].strip() for name in told}
        for name, among in told.items():
            if one[name] not in among:
                alike = f"a {name} of the territory" if name in ("language", "commune") else ""
                expected = alike or ", ".join(word for word in among if word)
                raise rows.fail(line, name, one[name], expected)
        key = (one["versant"], one["language"])
        languages[key] = languages.get(key, 0.0) + n
        if one["commune"]:
            communes[one["commune"]] = communes.get(one["commune"], 0.0) + n
        if one["language"] == OWN_LANGUAGE[one["versant"]]:
            continue  # nobody interprets these
        how, when = (one["versant"], one["mode"]), (one["versant"], one["band"])
        if one["mode"]:
            modes[how] = modes.get(how, 0.0) + n
        if one["band"]:
            bands[when] = bands.get(when, 0.0) + n
        if one["mode"] and length:
            timed, together = minutes.get(how, (0.0, 0.0))
            minutes[how] = (timed + n, together + n * length)
    return Register(languages, communes, counts=Counts(modes, bands, minutes))


def read_speakers(text: str, territory: Territory) -> dict[tuple[str, str], float]:
    """Persons a desk knows of by (commune, language), from a CSV: ``commune`` (its uid), ``language``, ``persons``.

    Raises FormatError.
    """
    rows = table(text, ("commune", "language", "persons"))
    found: dict[tuple[str, str], float] = {}
    for (line, row), n in zip(rows.rows, rows.numbers("persons", 0), strict=True):
        commune, language = (row[rows.column[name]].strip() for name in ("commune", "language"))
        for name, one, among in (
            ("commune", commune, territory.town.keys()),
            ("language", language, territory.languages.keys()),
        ):
            if one not in among:
                raise rows.fail(line, name, one, f"a {name} of the territory")
        found[commune, language] = found.get((commune, language), 0.0) + n
    return found


def _lengths(rows: Table) -> list[float]:
    """Minutes of each row; 0 where it says none."""
    found = []
    for line, row in rows.rows:
        field_ = row[rows.column["minutes"]].strip()
        try:
            value = float(field_ or 0)
        except ValueError:
            value = -1.0
        if not 0 <= value <= MOST_MINUTES or (field_ and not value):
            raise rows.fail(line, "minutes", field_, f"minutes above 0, {MOST_MINUTES:g} at most")
        found.append(value)
    return found


def language_mix(territory: Territory, versant: str, year: int | None = None) -> dict[str, float]:
    """Share of requests by language on a versant, from first applications of its country in ``year`` (the last one).

    The versant's own language is left out; the shares add up to 1.
    """
    country = "FR" if versant == "hauts-de-france" else "BE"
    when = territory.years[-1] if year is None else year
    persons = territory.persons(country, when, when)
    persons.pop(OWN_LANGUAGE[versant], None)
    total = sum(persons.values())
    if not total > 0:
        raise InstanceError(f"no first applications in {country} in {when}")
    return {language: n / total for language, n in sorted(persons.items())}


def seats(towns: Sequence[Town]) -> dict[str, str]:
    """The largest commune of each arrondissement among ``towns``: arrondissement to uid."""
    found: dict[str, Town] = {}
    for town in towns:
        best = found.get(town.arrondissement)
        if best is None or (town.population, best.uid) > (best.population, town.uid):
            found[town.arrondissement] = town
    return {name: town.uid for name, town in found.items()}


def needs(
    territory: Territory,
    towns: Sequence[Town],
    *,
    languages: Iterable[str] = (),
    sizing: Sizing | None = None,
    phone_share: float | None = None,
    discouraged: float = 0.0,
    year: int | None = None,
    register: Register | None = None,
    demand: str = "auto",
    fold_below: float = 0.5,
) -> Needs:
    """Demand of ``towns`` in requests a year.

    ``languages``: these only (none: all that are asked for). ``phone_share``: share by telephone or video, if
    somebody chose one (None: the register's where it tells one, else the middle of the range).
    ``discouraged``: what is added for what nobody asks for any more. Talks at a distance are counted at the largest
    commune of the arrondissement, and so are on-site ones under ``fold_below`` a year: the totals stay.
    ``demand``: where requests are counted (:func:`demand_of`).
    """
    sizing = sizing or Sizing()
    remote = sum(sizing.remote) / 2 if phone_share is None else phone_share
    if not 0 <= remote <= 1:
        raise InstanceError(f"a share by telephone of {remote}, 0 to 1 expected")
    wanted = frozenset(languages)
    unknown = wanted - set(territory.languages)
    if unknown:
        raise InstanceError("a language that is not known", sorted(unknown))
    at_seat = seats(towns)
    ways: dict[str, Ways] = {}
    found: dict[tuple[str, str, str, str], float] = {}
    versant_of = {town.uid: town.versant for town in towns}
    assumed: list[Assumption] = []
    when = territory.years[-1] if year is None else year
    own = demand_of(territory, towns, register, demand, sizing)
    for versant in sorted({town.versant for town in towns}):
        here = [town for town in towns if town.versant == versant]
        mix = language_mix(territory, versant, when)
        weights = _weights(here, own)
        total = _total(here, territory, versant, sizing, own) * (1 + discouraged)
        mix = _own_mix(mix, versant, own)
        assumed.append(_source(versant, when, own))
        way = ways[versant] = ways_of(
            versant,
            own.counts if own else None,
            sizing,
            phone_share,
            own.enough if own else 0.0,
            own.minimum if own else 0.0,
        )
        assumed.extend(way.assumptions)
        if demand == "auto" and own is None and register and register.total(versant) >= register.minimum:
            assumed.append(Assumption(f"demand_unused:{versant}", f"{register.total(versant):.0f}", UNUSED))
        for town in here:
            for language, share in mix.items():
                if wanted and language not in wanted:
                    continue
                for mode, of_mode in way.modes.items():
                    for band, of_band in way.bands.items():
                        n = total * weights[town.uid] * share * of_mode * of_band
                        if n <= 0:
                            continue
                        far = mode != "on_site" or n < fold_below
                        where = at_seat[town.arrondissement] if far else town.uid
                        key = (where, language, mode, band)
                        found[key] = found.get(key, 0.0) + n
    rows = tuple(
        Demand(where, language, mode, band, n, ways[versant_of[where]].minutes[mode], sizing.simple)
        for (where, language, mode, band), n in sorted(found.items())
    )
    assumed.append(Assumption("folded", f"{fold_below:g}", FOLDED))
    passed = {"remote", "video", "evening", "minutes"}.difference(*(way.general for way in ways.values()))
    general = [one for one in sizing.assumptions(remote, discouraged) if one.key not in passed]
    return Needs(rows, (*assumed, *general))


def expected(towns: Sequence[Town], sizing: Sizing | None = None) -> dict[str, float]:
    """Requests a year that public figures expect of ``towns``, by versant."""
    rates = (sizing or Sizing()).rates
    found: dict[str, float] = {}
    for town in towns:
        found[town.versant] = found.get(town.versant, 0.0) + town.population / 1000 * rates[town.versant]
    return dict(sorted(found.items()))


def without(territory: Territory, towns: Sequence[Town], register: Register | None) -> list[str]:
    """Versants of ``towns`` of which the register holds nothing, or too little to tell (``minimum``)."""
    by_versant = _registered(territory, towns, register)
    return [
        versant
        for versant, n in by_versant.items()
        if register is None or not n > 0 or register.foreign(versant) < register.minimum
    ]


def demand_of(
    territory: Territory,
    towns: Sequence[Town],
    register: Register | None,
    demand: str = "auto",
    sizing: Sizing | None = None,
) -> Register | None:
    """What requests of ``towns`` are counted from: the register, for all of them, or nothing but public figures.

    ``demand`` is one of :data:`DEMANDS`. Raises InstanceError where the register is asked for and holds nothing of a
    versant.
    """
    if demand not in DEMANDS:
        raise InstanceError(f"demand {demand!r} found, one of {', '.join(DEMANDS)} expected")
    if demand == "public" or (demand == "auto" and register is None):
        return None
    missing = without(territory, towns, register)
    if demand == "register":
        if missing:
            raise InstanceError("the register holds no request, or too few to tell, of this area in", missing)
        return register
    assert register is not None
    counted = _registered(territory, towns, register)
    says_enough = not missing and all(
        register.total(versant) >= register.enough and counted[versant] >= register.least_share * n
        for versant, n in expected(towns, sizing).items()
    )
    return register if says_enough else None


def _registered(territory: Territory, towns: Sequence[Town], register: Register | None) -> dict[str, float]:
    """Requests a year that the register counts of ``towns``, by versant."""
    found = {}
    for versant in sorted({town.versant for town in towns}):
        here = [town for town in towns if town.versant == versant]
        found[versant] = 0.0 if register is None else _total(here, territory, versant, Sizing(), register)
    return found


def _weights(towns: Sequence[Town], register: Register | None) -> dict[str, float]:
    """Share of a versant's demand by commune: its people, drawn towards what the register counted there."""
    people = sum(town.population for town in towns)
    shares = {town.uid: town.population / people for town in towns}
    if register is None:
        return shares
    counted = {
        town.uid: n for town in towns if (n := register.communes.get(town.uid, 0.0)) >= register.minimum
    }
    total, steady = sum(counted.values()), 50.0  # as many requests as the public figures weigh
    return {uid: (counted.get(uid, 0.0) + share * steady) / (total + steady) for uid, share in shares.items()}


def _total(
    towns: Sequence[Town], territory: Territory, versant: str, sizing: Sizing, register: Register | None
) -> float:
    people = sum(town.population for town in towns)
    if register is None:
        return people / 1000 * sizing.rates[versant]
    everybody = sum(town.population for town in territory.towns if town.versant == versant)
    inside = sum(register.communes.get(town.uid, 0.0) for town in towns)
    counted = register.total(versant)
    located = sum(register.communes.get(town.uid, 0.0) for town in territory.towns if town.versant == versant)
    share = inside / located if located >= register.enough else people / everybody
    return counted * 12 / register.months * share


def _own_mix(mix: Mapping[str, float], versant: str, register: Register | None) -> dict[str, float]:
    """The register's languages that are counted often enough; the rest is spread like the public mix of the others."""
    if register is None:
        return dict(mix)
    counted = {
        language: n
        for (where, language), n in register.languages.items()
        if where == versant and n >= register.minimum and language != OWN_LANGUAGE[versant]
    }
    whole = register.foreign(versant)
    others = {language: share for language, share in mix.items() if language not in counted}
    rest = max(whole - sum(counted.values()), 0.0)
    of_rest = sum(others.values())
    found = {language: n / whole for language, n in counted.items()}
    if of_rest > 0 and rest > 0:
        found |= {language: rest / whole * share / of_rest for language, share in others.items()}
    total = sum(found.values())
    return {language: share / total for language, share in sorted(found.items())}


def _source(versant: str, year: int, register: Register | None) -> Assumption:
    if register is not None:
        n = register.total(versant)
        return Assumption(
            f"demand_register:{versant}", f"{n:.0f}", f"the desk's own register, {register.months:g} months"
        )
    return Assumption(
        f"demand_public:{versant}",
        f"{year}",
        PUBLIC,
    )
