"""A study: who asks for which language where, how and when; who is there; who could be recruited; what is wanted.

Everything that decides an answer is in one value, :class:`Study`, read from and written to ``STUDY.json``
(:mod:`.study_files`). Places are known by ``uid`` (FR-62003, BE-62003), never by five digits. Units: minutes, hours,
requests a year, euros a year. Nothing is guessed: a default that matters is written into the file that is saved.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from .errors import InstanceError

__all__ = [
    "BORDERS",
    "KINDS",
    "LEVELS",
    "MEANINGS",
    "MODES",
    "MOST_LANGUAGES",
    "SIMPLE",
    "USUAL",
    "Band",
    "Behaviour",
    "Candidate",
    "Commune",
    "Demand",
    "Fairness",
    "Limits",
    "Person",
    "Rules",
    "Standard",
    "Study",
    "TravelSource",
]

MODES = ("on_site", "phone", "video")
KINDS = ("sworn", "certified", "helper")
#: ``full`` interprets any talk, ``working`` simple talks only, ``basic`` none (kept: such people can be trained).
LEVELS = ("basic", "working", "full")
BORDERS = ("open", "closed")
#: Which end of the range of simple talks is planned with.
SIMPLE = ("low", "middle", "high")
#: What "equitable" adds to the objective: nothing, or what the worst languages or versants miss (fairness.py).
MEANINGS = ("sum", "worst_language", "worst_versant")
#: Languages of one person, varieties understood well enough for simple talks included.
MOST_LANGUAGES = 4
#: Weeks in a year, as the model and the simulation count.
WEEKS = 52.0


@dataclass(frozen=True, slots=True)
class Commune:
    """A place; ``versant`` and ``country`` group people in every measure."""

    uid: str
    lat: float
    lon: float
    population: float
    versant: str
    country: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Band:
    """A time of the week: on ``weekdays`` (1 Monday to 7 Sunday) from hour ``start`` to hour ``end`` (half-open)."""

    id: str
    weekdays: tuple[int, ...]
    start: float
    end: float

    @property
    def hours_week(self) -> float:
        """Hours in a week."""
        return len(self.weekdays) * (self.end - self.start)


@dataclass(frozen=True, slots=True)
class Demand:
    """``requests`` a year of ``minutes`` each; ``simple``: the least and most share of talks a helper may take.

    ``weight``: what one request not served counts, against others.
    """

    commune: str
    language: str
    mode: str
    band: str
    requests: float
    minutes: float
    simple: tuple[float, float] = (0.0, 0.0)
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who interprets. ``languages``: level by language. ``hours``: hours a week by band.

    ``sides``: the countries they may be sent to where the border is open (empty: all).
    ``cost``: euros for an hour of work, travel included.
    """

    id: str
    home: str
    languages: Mapping[str, str]
    hours: Mapping[str, float]
    kind: str
    sides: tuple[str, ...] = ()
    cost: float = 0.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A kind of recruit: up to ``most`` people alike. ``cost``: euros a year each; ``cost_hour``: euros an hour worked.

    ``speakers``: how many people within reach are likely to speak the languages; few of them and nobody is recruited.
    """

    id: str
    commune: str
    languages: Mapping[str, str]
    hours: Mapping[str, float]
    kind: str
    most: int
    speakers: float
    cost: float = 0.0
    cost_hour: float = 0.0
    lead_months: float = 0.0
    sides: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Standard:
    """``minutes_on_site``: nobody travels longer, one way. ``phone_answer_minutes``: a call waits no longer.

    ``fill``: the share of requests that is to be served, by language.
    """

    minutes_on_site: float = 60.0
    phone_answer_minutes: float = 10.0
    fill: float = 0.9


@dataclass(frozen=True, slots=True)
class Limits:
    """How many may be recruited, or for how many euros a year; None: no such limit. One of the two at least."""

    number: int | None = None
    budget: float | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """What is allowed. ``helper_hours_year``: the legal cap on one helper's hours (None: none).

    ``fallback_weight``: what an on-site request served by phone counts as not served (None: never by phone).
    ``least_speakers``: a candidate with fewer likely speakers per recruit is passed over.
    """

    helpers: bool = True
    border: str = "open"
    simple: str = "low"
    helper_hours_year: float | None = None
    fallback_weight: float | None = 0.5
    least_speakers: float = 30.0


@dataclass(frozen=True, slots=True)
class Fairness:
    """What "equitable" means here, ``chosen_by`` whom and when, before results were seen."""

    meaning: str = "sum"
    weight: float = 0.0
    chosen_by: str = ""
    chosen_on: str = ""


@dataclass(frozen=True, slots=True)
class TravelSource:
    """Where minutes come from: ``provider`` piecewise, matrix, osrm or valhalla; ``date`` of its data; ``profile``.

    piecewise: ``knots_km``, ``minutes``. matrix: ``file``, a CSV of origin, destination, minutes, beside the study.
    osrm, valhalla: ``url`` of the service. Instead of a file or a service, what they said: ``table``, minutes with a row
    for each of ``origins`` and a column for each of ``destinations``, None where no way is known.
    """

    provider: str = "piecewise"
    date: str = ""
    profile: str = "car"
    knots_km: tuple[float, ...] = ()
    minutes: tuple[float, ...] = ()
    file: str = ""
    url: str = ""
    origins: tuple[str, ...] = ()
    destinations: tuple[str, ...] = ()
    table: tuple[tuple[float | None, ...], ...] = ()

    @property
    def kept(self) -> bool:
        """Does the study hold the minutes itself?"""
        return bool(self.origins)


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How a year goes, for the simulation and the prediction.

    ``answer_yes``: share of offers accepted. ``answer_minutes``: until an offer made ahead is answered. ``absence``:
    share of weeks somebody is ill or away; ``absence_unforeseen``: share of their days that nobody knew of when visits
    were booked. ``cancelled``: share of requests cancelled before they take place; ``cancelled_late``: of all on-site
    requests, those cancelled so late that the time of whoever was booked stays blocked and is paid (part of ``cancelled``).
    ``retries`` by phone, ``retry_minutes`` apart. ``season``: twelve factors, their mean 1. ``bursts`` a year of
    ``burst_days`` in which requests are ``burst_factor`` times as many.
    """

    answer_yes: float = 0.9
    answer_minutes: float = 60.0
    absence: float = 0.04
    cancelled: float = 0.05
    retries: int = 1
    retry_minutes: float = 5.0
    season: tuple[float, ...] = (1.0,) * 12
    bursts: float = 0.0
    burst_days: float = 7.0
    burst_factor: float = 1.0
    # Nothing of either where a file does not say: studies kept from before mean what they meant.
    cancelled_late: float = 0.0
    absence_unforeseen: float = 0.0


#: What a study that is made takes, unless told otherwise (assumptions.py says from where).
USUAL = Behaviour(cancelled_late=0.05, absence_unforeseen=0.4)


@dataclass(frozen=True, slots=True)
class Study:
    """The whole question. Checked once, here: raises InstanceError on references that lead nowhere.

    ``alpha``: what one minute of travel counts, in requests not served. ``peak``: factor on minutes by versant of the
    request (1 where it is not named). ``assumptions``: sentences that go to the page and the report.
    """

    name: str
    communes: tuple[Commune, ...]
    bands: tuple[Band, ...]
    demand: tuple[Demand, ...]
    people: tuple[Person, ...]
    candidates: tuple[Candidate, ...]
    limits: Limits
    standard: Standard = Standard()
    rules: Rules = Rules()
    alpha: float = 0.001
    fairness: Fairness = Fairness()
    peak: Mapping[str, float] = field(default_factory=dict)
    travel: TravelSource = TravelSource()
    behaviour: Behaviour = Behaviour()
    assumptions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        places = _unique("commune", (one.uid for one in self.communes))
        bands = _unique("band", (one.id for one in self.bands))
        _unique("person", (one.id for one in self.people))
        _unique("candidate", (one.id for one in self.candidates))
        if not places or not bands:
            raise InstanceError("a study has a commune and a band at least")
        for row in self.demand:
            _known("the commune of a demand", row.commune, places)
            _known("the band of a demand", row.band, bands)
        for person in self.people:
            _known(f"the home of {person.id}", person.home, places)
            for band in person.hours:
                _known(f"a band of {person.id}", band, bands)
        for candidate in self.candidates:
            _known(f"the commune of {candidate.id}", candidate.commune, places)
            for band in candidate.hours:
                _known(f"a band of {candidate.id}", band, bands)
        if self.behaviour.cancelled_late > self.behaviour.cancelled:
            raise InstanceError(
                f"{self.behaviour.cancelled_late:g} of requests are cancelled late, "
                f"no more than the {self.behaviour.cancelled:g} cancelled at all expected"
            )
        if self.limits.number is None and self.limits.budget is None:
            raise InstanceError("the limits give no number and no budget, one at least expected")

    @property
    def place(self) -> dict[str, Commune]:
        """Communes by uid."""
        return {one.uid: one for one in self.communes}

    @property
    def languages(self) -> tuple[str, ...]:
        """Those asked for, in alphabetical order."""
        return tuple(sorted({row.language for row in self.demand}))

    def simple_share(self, row: Demand) -> float:
        """The share of a row's talks a helper may take, at the end of the range that is planned with."""
        low, high = row.simple
        return {"low": low, "middle": (low + high) / 2, "high": high}[self.rules.simple]

    def with_rules(self, **changes: object) -> Study:
        """The same study under other rules (a scenario)."""
        return replace(self, rules=replace(self.rules, **changes))  # type: ignore[arg-type]


def _unique(what: str, ids: Iterable[str]) -> set[str]:
    seen: set[str] = set()
    twice: list[str] = []
    for one in ids:
        (twice.append if one in seen else seen.add)(one)
    if twice:
        raise InstanceError(f"a {what} is given twice", sorted(set(twice)))
    return seen


def _known(what: str, one: str, there: set[str]) -> None:
    if one not in there:
        alike = sorted(uid for uid in there if uid.partition("-")[2] == one)
        expected = " or ".join(alike) if alike else "one of the study's own"
        raise InstanceError(f"{what}: {one!r} found, {expected} expected")
