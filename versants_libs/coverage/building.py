"""A study put together from the public territory, a desk's register and what its commissioner chose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from .assumptions import CHOSEN, Assumption, Helper, Sizing, of_model
from .needs import BANDS, Register, needs
from .recruiting import Offer, Unrecruitable, candidates, present_people, road_minutes
from .registered import REGISTERED, Staff, staff_people
from .study import USUAL, Fairness, Limits, Person, Rules, Standard, Study
from .territory import Territory, Town

__all__ = ["Built", "Choice", "around", "build_study", "most_asked"]

#: Inhabitants from which a commune outside the territory gives recruits.
BESIDE_PEOPLE = 20_000.0


@dataclass(frozen=True)
class Choice:
    """What a commissioner decides before results are shown.

    ``number`` or ``budget`` (euros a year) of recruits, of ``kinds``. ``phone_share``: talks by telephone or video (None:
    the register's share where it tells one, else the middle of what is known). ``discouraged``: added for needs nobody
    asks for any more. ``beside_minutes``: recruits of places this near count too (0: none from outside). ``people``:
    those typed in, ``staff``: counts of a register they are made from (neither: as many as public figures say).
    ``register``: requests a desk counted, taken or not as ``demand`` says; the persons it knows of bound the recruits in
    any case. ``peak``: what traffic makes of the minutes on the road, a factor by versant of the talk (1 where it is not
    named).
    """

    name: str
    towns: Sequence[Town]
    languages: Sequence[str]
    number: int | None = 6
    budget: float | None = None
    kinds: Sequence[str] = ("helper", "certified")
    standard: Standard = field(default_factory=Standard)
    fairness: Fairness = field(default_factory=Fairness)
    border: str = "open"
    helpers: bool = True
    simple: str = "middle"
    phone_share: float | None = None
    discouraged: float = 0.0
    beside_minutes: float = 45.0
    people: tuple[Person, ...] | None = None
    staff: Staff | None = None
    register: Register | None = None
    demand: str = "auto"
    peak: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Built:
    """The study, and the languages for which nobody is recruited here."""

    study: Study
    unrecruitable: tuple[Unrecruitable, ...]


def most_asked(
    territory: Territory,
    towns: Sequence[Town],
    n: int,
    register: Register | None = None,
    demand: str = "auto",
) -> list[str]:
    """The ``n`` languages most asked for in ``towns``, most first."""
    return list(needs(territory, towns, register=register, demand=demand).by_language)[:n]


def around(
    territory: Territory, towns: Sequence[Town], minutes: float, least_people: float = BESIDE_PEOPLE
) -> list[Town]:
    """Communes of ``least_people`` outside ``towns`` within ``minutes`` of one of them, on both sides of the border."""
    if minutes <= 0:
        return []
    inside = set(towns)
    others = [town for town in territory.towns if town not in inside and town.population >= least_people]
    if not others:
        return []
    close = road_minutes(territory, others, towns).min(axis=1) <= minutes
    return [town for town, yes in zip(others, close, strict=True) if yes]


def build_study(
    territory: Territory,
    choice: Choice,
    *,
    sizing: Sizing | None = None,
    helper: Helper | None = None,
) -> Built:
    """Demand, people and candidates of a choice as one study, every assumption named in it."""
    sizing, helper = sizing or Sizing(), helper or Helper()
    asked = needs(
        territory,
        choice.towns,
        languages=choice.languages,
        sizing=sizing,
        phone_share=choice.phone_share,
        discouraged=choice.discouraged,
        register=choice.register,
        demand=choice.demand,
    )
    beside = around(territory, choice.towns, choice.beside_minutes)
    offer: Offer = candidates(
        territory,
        choice.towns,
        list(choice.languages),
        around=beside,
        kinds=choice.kinds,
        helper=helper,
        euros_hour=sizing.interpreter_euros_hour,
        register=choice.register.known if choice.register else None,
    )
    people = choice.people
    missing = tuple(
        Assumption(
            f"unrecruitable:{one.language}",
            ",".join(one.instead),
            f"{one.speakers:.0f} likely speakers here, {one.neighbours:.0f} over the border within an hour",
        )
        for one in offer.unrecruitable
    )
    outside = Assumption("beside", f"{choice.beside_minutes:g}, {BESIDE_PEOPLE:.0f}", CHOSEN)
    assumed = (*asked.assumptions, *offer.assumptions, outside, *missing)
    if people is None and choice.staff is not None and choice.staff.spoken:
        people, said = staff_people(territory, choice.towns, choice.languages, choice.staff, sizing)
        assumed = (*assumed, *said)
    if people is None:
        if choice.staff is not None:
            assumed = (*assumed, Assumption("register_empty", choice.staff.counted_on, REGISTERED))
        people = present_people(territory, choice.towns, choice.languages, sizing)
        assumed = (*assumed, *sizing.present_assumptions())
    used = {town.uid for town in choice.towns}
    used |= {one.commune for one in offer.candidates} | {one.home for one in people}
    here = {town.versant for town in choice.towns}
    peak = {v: factor for v, factor in sorted(choice.peak.items()) if factor != 1 and v in here}
    assumed = (*assumed, *(Assumption(f"peak:{v}", f"× {factor:g}", CHOSEN) for v, factor in peak.items()))
    rules = Rules(
        helpers=choice.helpers,
        border=choice.border,
        simple=choice.simple,
        helper_hours_year=helper.hours_year,
    )
    study = Study(
        name=choice.name,
        communes=tuple(town.commune() for town in territory.towns if town.uid in used),
        bands=BANDS,
        demand=asked.rows,
        people=people,
        candidates=offer.candidates,
        limits=Limits(choice.number, None if choice.budget is None else float(choice.budget)),
        standard=choice.standard,
        rules=rules,
        fairness=choice.fairness,
        peak=peak,
        travel=territory.travel,
        behaviour=USUAL,
    )
    named = (*assumed, *of_model(study))
    study = replace(study, assumptions=tuple(one.sentence for one in named))
    return Built(study, offer.unrecruitable)
