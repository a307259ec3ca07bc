"""Who can be where: the rules that everything placed in the demonstration world keeps.

Nobody is sent where they may not work, do not speak enough, or cannot arrive; a day leaves half an hour at midday.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from versants.core import clock
from versants.demo.staff import Member, members
from versants.demo.world import World
from versants.people.enums import Discipline
from versants.territory import travel
from versants.territory.sources import Town

LUNCH = (time(11, 30), time(14, 30), timedelta(minutes=30))
FARTHEST_MIN = 85
_cache: dict[tuple[str, str], int] = {}


def road(one: Town, other: Town) -> int:
    """Whole minutes from one commune to another, rounded up; a commune to itself is between two doors."""
    key = (one.uid, other.uid)
    if key not in _cache:
        _cache[key] = math.ceil(
            travel.minutes(travel.Point(one.lat, one.lon), travel.Point(other.lat, other.lon))
        )
    return _cache[key]


def fits(
    member: Member, start: datetime, end: datetime, place: Town, *, remote: bool = False, country: str = ""
) -> bool:
    """May and can ``member`` be there, roads, midday pause and longest day included?"""
    day = clock.local(start).date()
    if not member.may_work_in(country or place.country, day):
        return False
    hours = _hours(member, day)
    if hours is None or start < hours[0] or end > hours[1]:
        return False
    works = sorted([*member.held.get(day, ()), (start, end, None if remote else place)], key=lambda w: w[0])
    if any(before[1] > after[0] for before, after in pairwise(works)):
        return False
    return _day_holds(member, hours, works)


def _hours(member: Member, day: date) -> tuple[datetime, datetime] | None:
    for weekday, opens, closes in member.pattern:
        if weekday == day.weekday():
            return clock.at(day, opens.hour, opens.minute), clock.at(day, closes.hour, closes.minute)
    return None


def _day_holds(
    member: Member, hours: tuple[datetime, datetime], works: list[tuple[datetime, datetime, Town | None]]
) -> bool:
    """From the base and back to it: each leg has time for its road and for what has no place on the way."""
    opens, closes = hours
    stops = [(opens, opens, member.base)]
    stops += [(low, high, where) for low, high, where in works if where is not None]
    stops.append((closes, closes, member.base))
    busy = sum((high - low for low, high, _where in works), timedelta(0))
    spare = []
    for (_, leaves, one), (arrives, _, other) in pairwise(stops):
        way = timedelta(minutes=road(one, other)) if len(stops) > 2 else timedelta(0)
        taken = sum(
            (h - lo for lo, h, where in works if where is None and leaves <= lo < arrives), timedelta(0)
        )
        spare.append((leaves, arrives, arrives - leaves - way - taken))
        busy += way
    if any(left < timedelta(0) for *_, left in spare) or busy > timedelta(
        minutes=member.row.max_daily_minutes
    ):
        return False
    return closes - opens <= timedelta(hours=6) or _pauses(works, opens, spare)


def _pauses(
    works: list[tuple[datetime, datetime, Town | None]],
    opens: datetime,
    spare: list[tuple[datetime, datetime, timedelta]],
) -> bool:
    """Half an hour free around noon, on a leg that has it to spare."""
    first, last, length = LUNCH
    day = clock.local(opens).date()
    low, end = clock.at(day, first.hour, first.minute), clock.at(day, last.hour, last.minute)
    for start, stop, _where in [*works, (end, end, None)]:
        if min(start, end) - low >= length and any(
            leaves <= low and low + length <= arrives and left >= length for leaves, arrives, left in spare
        ):
            return True
        low = max(low, stop)
    return False


def speaks(member: Member, language: str, level: int, complexity: int) -> bool:
    """May ``member`` interpret between ``language`` and French at that level, in a talk that hard?"""
    return (
        Discipline.INTERPRETER in member.row.disciplines
        and member.row.max_complexity >= complexity
        and min(member.languages.get(language, 0), member.languages.get("fra", 0)) >= level
    )


def nearest(
    world: World,
    candidates: Iterable[Member],
    start: datetime,
    end: datetime,
    place: Town,
    *,
    remote: bool = False,
    first: Iterable[Member] = (),
) -> Member | None:
    """One who fits: somebody of ``first`` if possible (the same faces), else one of those who live near."""
    for member in first:
        if fits(member, start, end, place, remote=remote):
            return member
    order = []
    for member in candidates:
        way = 0 if remote else road(member.base, place)
        if way <= FARTHEST_MIN:
            order.append((way + world.rng.random() * 35, member.row.pk, member))
    for _way, _pk, member in sorted(order, key=lambda line: line[:2]):
        if fits(member, start, end, place, remote=remote):
            return member
    return None


def carers(world: World, team_id: int, discipline: str) -> list[Member]:
    """Members of a team with that discipline."""
    cache = world.named.setdefault("carers", {})
    if (team_id, discipline) not in cache:
        cache[team_id, discipline] = [
            m for m in members(world) if m.row.team_id == team_id and discipline in m.row.disciplines
        ]
    return cache[team_id, discipline]


def interpreters(
    world: World, language: str, level: int, complexity: int, *, remote: bool = False
) -> list[Member]:
    """Those who may interpret it."""
    cache = world.named.setdefault("speakers", {})
    key = (language, level, complexity, remote)
    if key not in cache:
        cache[key] = [
            m
            for m in members(world)
            if speaks(m, language, level, complexity) and (m.row.works_remotely or not remote)
        ]
    return cache[key]
