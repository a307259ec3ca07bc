"""One request and what comes of it: who asks, who can come and when, and the visits with their people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from versants.core import clock
from versants.core.periods import span
from versants.demo import cases, demand, names, persons, places, placing
from versants.demo.places import FR
from versants.demo.staff import Member
from versants.demo.world import World
from versants.mobile.enums import Audience, Channel, InterpretedBy, Mode, Pin, Urgency
from versants.mobile.models import Need, Request, Visit
from versants.people.enums import Discipline, Level
from versants.people.models import Person, Site, Team
from versants.territory.sources import Town

KINDS = {
    "follow_up": 0.28,
    "assessment": 0.24,
    "crisis": 0.15,
    "mediation": 0.11,
    "drop_in": 0.06,
    "referral": 0.08,
    "talk_group": 0.035,
    "team_support": 0.045,
}
# Without an interpreter: the person speaks French or English well enough.
ALONE = 0.035


@dataclass
class Story:
    """One request and what came of it."""

    team: Team
    site: Site
    versant: str
    kind: str
    language: str
    people: list[Person]
    request: Request | None = None
    need: Need | None = None
    carers: dict[str, Member] = field(default_factory=dict)
    interpreter: Member | None = None
    alone: bool = False
    visits: list[Visit] = field(default_factory=list)
    roles: tuple[str, ...] = ()
    gap: int = 7


def new_story(world: World, versant: str) -> Story:
    team = world.named["french" if versant == FR else "walloon"]
    site = choose_site(world, versant)
    kind = str(world.weighted(KINDS))
    country = "FR" if versant == FR else "BE"
    language = "" if kind == "team_support" else world.weighted(spoken(country))
    story = Story(team, site, versant, kind, language, [], gap=world.pick((7, 7, 14)))
    story.alone = bool(language) and world.chance(ALONE)
    story.roles = tuple(str(role) for role in world.pick(cases.ROLES[kind]))
    return story


def spoken(country: str) -> dict[str, float]:
    return {code: share for code, share in demand.by_language(country).items() if code in names.BY_LANGUAGE}


def choose_site(world: World, versant: str) -> Site:
    """A centre of that versant within reach of its team, those that ask most more often."""
    cache = world.named.setdefault("sites_by_versant", {})
    if versant not in cache:
        team = world.named["french" if versant == FR else "walloon"]
        found = {}
        for site in places.centres(world):
            town = places.commune(site)
            if town.versant == versant:
                near = min(
                    placing.road(m.base, town)
                    for m in placing.carers(world, team.pk, Discipline.PSYCHOLOGIST)
                )
                if near <= 75:
                    weight = (
                        3.0
                        if site.name
                        in ("Le Refuge", "Caserne Saint-Jean", "CADA de Liévin", "Opvangcentrum Poelkapelle")
                        else 1.0
                    )
                    found[site.pk] = weight * (1.6 if near < 40 else 0.7)
        cache[versant] = found
    pk = world.weighted(cache[versant])
    return world.rows[Site][pk - 1]


def _people(world: World, story: Story, at: datetime, referent: Member | None) -> list[Person]:
    kind, language, team = story.kind, story.language, story.team
    if kind in ("team_support", "drop_in"):
        return []
    known = world.named.setdefault("met", {}).setdefault((team.pk, story.site.pk, language), [])
    back = [p for p in known if p.created_at < at - timedelta(days=20)]
    if kind == "talk_group":
        gender = "woman" if world.chance(0.5) else "man"
        people = [
            persons.make(world, team, language, at, gender=gender, age="adult", referent=referent)
            for _ in range(world.pick((5, 6, 7, 8)))
        ]
    elif kind == "mediation":
        people = [
            persons.make(world, team, language, at, referent=referent)
            for _ in range(world.pick((0, 2, 2, 3)))
        ]
    elif back and world.chance(0.45):
        return [world.pick(back)]
    elif world.chance(0.16):
        people = persons.family(world, team, language, at, world.pick((2, 3, 3, 4, 5)), referent)
    else:
        people = [persons.make(world, team, language, at, referent=referent)]
    known.extend(people)
    return people


def ask(
    world: World, story: Story, when: datetime, carers: dict[str, Member], *, asked: datetime | None = None
) -> Request:
    """The request a story begins with, accepted by the team."""
    kind = story.kind
    urgency = str(cases.URGENCY.get(kind, Urgency.PLANNED))
    before = {"crisis": (3, 26), "urgent": (20, 70), "planned": (60, 320)}[urgency]
    if asked is None:
        asked = when - timedelta(hours=world.rng.randrange(*before), minutes=world.rng.randrange(60))
        if urgency != Urgency.CRISIS:  # written by day, by those who work by day
            day = clock.local(asked).date() - timedelta(days=1)
            asked = clock.at(day, world.rng.randrange(8, 18), world.rng.randrange(60))
    author = next(iter(carers.values()), None)
    story.people = _people(world, story, asked, author)
    n_people = len(story.people) or (
        world.rng.randrange(5, 15) if kind == "team_support" else world.rng.randrange(3, 9)
    )
    audience = {
        "team_support": Audience.STAFF,
        "talk_group": Audience.GROUP,
        "drop_in": Audience.GROUP,
        "mediation": Audience.SEVERAL,
    }.get(kind, Audience.FAMILY if len(story.people) > 1 else Audience.PERSON)
    channel = world.weighted({Channel.LINK: 0.7, Channel.PHONE: 0.2, Channel.LOGIN: 0.1})
    answered = asked + timedelta(
        minutes=world.pick((12, 25, 45)) if urgency == "crisis" else world.pick((60, 180, 300, 900, 1300))
    )
    answered = min(answered, when, world.moment)
    found = min(answered + timedelta(minutes=30), when, world.moment)
    story.request = cases.request(
        world,
        team=story.team,
        site=story.site,
        channel=channel,
        asked_at=asked,
        urgency=urgency,
        languages=(story.language,) if story.language else (),
        people=story.people,
        audience=audience,
        n_people=n_people,
        agreement=""
        if kind == "team_support"
        else world.weighted({"agrees": 0.6, "asked": 0.25, "told": 0.15}),
        categories=[world.pick(cases.CATEGORY[kind])],
        window=span(when - timedelta(hours=2), when + timedelta(hours=2)),
        duration_min=cases.MINUTES[kind],
        interpreted_by=world.weighted(dict(zip(InterpretedBy, (0.4, 0.22, 0.13, 0.2, 0.05), strict=True)))
        if story.language
        else "",
        answered_at=answered,
    )
    cases.event(world, story.request, answered, "accepted", shown=True)
    if carers:
        cases.event(world, story.request, found, "team_found", shown=True)
    story.need = cases.need(world, story.request, kind, found)
    return story.request


def place(
    world: World, story: Story, days: Sequence[date]
) -> tuple[datetime, dict[str, Member], Member | None, bool] | None:
    """When, who cares, who interprets, and whether from afar; None when no carer can come within those days."""
    town = places.commune(story.site)
    minutes = timedelta(minutes=cases.MINUTES[story.kind])
    hard = cases.COMPLEXITY[story.kind]
    level = Level.B2 if hard > 2 else Level.B1
    needs = bool(story.language) and not story.alone
    remote_wanted = world.chance(0.08)
    best = None
    for day in days:
        for hour, minute in _starts(world, story.kind):
            when = clock.at(day, hour, minute)
            carers = _carers(world, story, when, when + minutes, town)
            if carers is None:
                continue
            if not needs:
                return when, carers, None, False
            taken = {m.row.pk for m in carers.values()}
            same = [story.interpreter] if story.interpreter else []
            for remote in (True,) if remote_wanted else (False, True):
                if remote and not remote_wanted and day != days[-1]:
                    continue  # look on for a day when somebody can be there
                found = placing.nearest(
                    world,
                    [
                        m
                        for m in placing.interpreters(world, story.language, level, hard, remote=remote)
                        if m.row.pk not in taken
                    ],
                    when,
                    when + minutes,
                    town,
                    remote=remote,
                    first=same,
                )
                if found is not None:
                    return when, carers, found, remote
            best = best or (when, carers, None, True)
    # A few set out all the same and find nobody to interpret; the others are not counted as asked.
    return best if best and (story.visits or world.chance(0.12)) else None


def _starts(world: World, kind: str) -> list[tuple[int, int]]:
    if kind == "drop_in":
        return world.shuffled([(9, 0), (14, 0)])[:1]
    return [world.pick([(9, 30), (10, 0), (10, 15)]), world.pick([(14, 0), (14, 30), (15, 0)])][
        :: world.pick((1, -1))
    ]


def _carers(
    world: World, story: Story, when: datetime, end: datetime, town: Town
) -> dict[str, Member] | None:
    found: dict[str, Member] = {}
    other = world.named["walloon" if story.team is world.named["french"] else "french"]
    for role in story.roles:
        same = [story.carers[role]] if role in story.carers else []
        member = placing.nearest(
            world, placing.carers(world, story.team.pk, role), when, end, town, first=same
        )
        if member is None and role != Discipline.AMBASSADOR:
            member = placing.nearest(world, placing.carers(world, other.pk, role), when, end, town)
        if member is None:
            return None
        found[role] = member
    return found


def seat(
    world: World,
    story: Story,
    when: datetime,
    carers: dict[str, Member],
    interpreter: Member | None,
    remote: bool,
    *,
    at: datetime | None = None,
) -> Visit:
    """The next visit of a story, with its people in their places; an interpreter's place may stay empty."""
    minutes = cases.MINUTES[story.kind]
    asked = story.request.asked_at
    afar = story.kind == "follow_up" and remote and world.chance(0.3)
    where = cases.visit(
        world,
        story.request,
        story.need,
        story.site,
        window=span(when - timedelta(minutes=30), when + timedelta(minutes=30)),
        held=span(when, when + timedelta(minutes=minutes)),
        mode=Mode.VIDEO if afar else Mode.ON_SITE,
        pin=Pin.FREE,
        series_rank=len(story.visits) + 1,
        created_at=min(asked + timedelta(minutes=40), world.moment),
    )
    if at is None:
        at = min(asked + timedelta(hours=2), when - timedelta(minutes=30))
        if story.visits:
            at = max(at, when - timedelta(days=6))
    for role, member in carers.items():
        cases.assign(world, cases.slot(world, where, role), member, story.people, at=at)
    lacking = story.language and interpreter is None and remote
    if interpreter is not None or lacking:
        place_of = cases.slot(
            world,
            where,
            Discipline.INTERPRETER,
            language=story.language,
            mode=_mode(world, remote and not lacking),
        )
        if interpreter is not None:
            cases.assign(world, place_of, interpreter, story.people, at=at)
            story.interpreter = interpreter
    story.carers.update(carers)
    story.visits.append(where)
    return where


def _mode(world: World, remote: bool) -> str:
    return "" if not remote else world.pick((Mode.PHONE, Mode.PHONE, Mode.VIDEO))
