"""Who can be where: the rules that everything placed in the demonstration world keeps.

Nobody is sent where they may not work, do not speak enough, or cannot arrive; a day leaves half an hour at midday.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime, time, timedelta

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
    """May and can ``member`` be there, road and midday pause included?"""
    local = clock.local(start)
    if not member.may_work_in(country or place.country, local.date()):
        return False
    way = timedelta(0) if remote else timedelta(minutes=road(member.base, place))
    if not _in_hours(member, start - way, end + way):
        return False
    day = member.held.get(local.date(), [])
    for low, high, where in day:
        between = timedelta(0) if remote else timedelta(minutes=road(where or member.base, place))
        if start < high + between and low < end + between:
            return False
    load = sum(((high - low) for low, high, _ in day), timedelta(0)) + (end - start)
    roads = 2 * way + sum((2 * timedelta(minutes=road(member.base, w)) for *_, w in day if w), timedelta(0))
    if load + roads > timedelta(minutes=member.row.max_daily_minutes):
        return False
    # Where somebody is by telephone their day has no road, so the pause is all that is asked of the gap.
    return _pauses([(low, high) for low, high, _ in day] + [(start, end)], local, way)


def _in_hours(member: Member, start: datetime, end: datetime) -> bool:
    low, high = clock.local(start), clock.local(end)
    if low.date() != high.date():
        return False
    return any(
        weekday == low.weekday() and opens <= low.time() and high.time() <= closes
        for weekday, opens, closes in member.pattern
    )


def _pauses(taken: list[tuple[datetime, datetime]], local: datetime, way: timedelta) -> bool:
    first, last, length = LUNCH
    low = clock.at(local.date(), first.hour, first.minute)
    end = clock.at(local.date(), last.hour, last.minute)
    for start, stop in sorted(taken):
        if start - low >= length:
            return True
        low = max(low, stop)
    return end - low >= length


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
    return [
        m
        for m in members(world)
        if speaks(m, language, level, complexity) and (m.row.works_remotely or not remote)
    ]
