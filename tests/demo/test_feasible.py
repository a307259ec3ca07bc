"""Everything placed can be done: checked by plain code that shares no line with what placed it.

Roads are computed here from the published knots of the model, by hand.
"""

from __future__ import annotations

import itertools
import json
import math
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from versants.mobile.models import Assignment, Slot, Visit
from versants.people.models import (
    Absence,
    Mandate,
    OnCall,
    Professional,
    ProfessionalLanguage,
    WeeklyShift,
)
from versants.territory import sources
from versants.territory.shapes import DATA

LOCAL = ZoneInfo("Europe/Brussels")
HOLD = {"offered", "accepted", "done"}
TOWNS = {t.uid: t for t in sources.towns()}
MODEL = json.loads((DATA / "travel_time_model.json").read_text())


def minutes(a: str, b: str) -> float:
    """The spherical law of cosines, then the piecewise line."""
    one, two = TOWNS[a], TOWNS[b]
    p, q, d = map(math.radians, (one.lat, two.lat, two.lon - one.lon))
    cosine = math.sin(p) * math.sin(q) + math.cos(p) * math.cos(q) * math.cos(d)
    km = 6371.0 * math.acos(min(1.0, cosine))
    x, y = MODEL["knots_km"], MODEL["minutes"]
    for i in range(1, len(x)):
        if km <= x[i] or i == len(x) - 1:
            return y[i - 1] + (y[i] - y[i - 1]) * (km - x[i - 1]) / (x[i] - x[i - 1])
    raise AssertionError


@pytest.fixture(scope="module")
def seats(world):
    """(assignment, slot, visit, professional) of every place held."""
    slots = {row.pk: row for row in world.all(Slot)}
    visits = {row.pk: row for row in world.all(Visit)}
    people = {row.pk: row for row in world.all(Professional)}
    return [
        (row, slots[row.slot_id], visits[row.visit_id], people[row.professional_id])
        for row in world.all(Assignment)
        if row.state in HOLD
    ]


def _local(at: datetime) -> datetime:
    return at.astimezone(LOCAL)


def test_there_is_something_to_check(world, seats):
    assert len(seats) > 1500
    today = [s for s in seats if _local(s[0].held.lower).date() == world.day]
    assert len({s[2].pk for s in today}) == 9
    assert len({s[2].pk for s in seats if _local(s[0].held.lower).date() > world.day}) >= 20


def test_trade_mandate_and_time_of_the_visit(world, seats):
    mandates: dict[tuple[int, str], list] = {}
    for row in world.all(Mandate):
        mandates.setdefault((row.professional_id, row.country), []).append(row.period)
    for assignment, slot, visit, person in seats:
        assert slot.discipline in person.disciplines
        assert assignment.held == visit.held
        assert visit.window.lower <= visit.held.lower <= visit.window.upper
        assert (visit.held.upper - visit.held.lower) == timedelta(minutes=visit.duration_min)
        day = _local(visit.held.lower).date()
        periods = mandates.get((person.pk, visit.country), [])
        assert any(low <= day and (high is None or day < high) for low, high in periods), (person, visit, day)


def test_language_level_and_hardness(world, seats):
    levels: dict[int, dict[str, int]] = {}
    for row in world.all(ProfessionalLanguage):
        levels.setdefault(row.professional_id, {})[row.language_id] = row.level
    interpreted = 0
    for _assignment, slot, visit, person in seats:
        if slot.discipline != "interpreter":
            continue
        interpreted += 1
        assert levels[person.pk].get(slot.language_id, 0) >= slot.level, (person, slot.language_id)
        assert levels[person.pk].get("fra", 0) >= slot.level
        assert person.max_complexity >= visit.complexity
    assert interpreted > 600


def test_nobody_is_in_two_places(world, seats):
    held: dict[int, list[tuple[datetime, datetime, str]]] = {}
    for assignment, _slot, visit, person in seats:
        held.setdefault(person.pk, []).append(
            (assignment.held.lower, assignment.held.upper, f"visit {visit.pk}")
        )
    for row in world.all(Absence):
        held.setdefault(row.professional_id, []).append((row.held.lower, row.held.upper, row.kind))
    for spans in held.values():
        spans.sort()
        for one, two in itertools.pairwise(spans):
            if one[2].startswith("visit") or two[2].startswith("visit"):
                assert one[1] <= two[0], (one, two)


def test_hours_roads_pauses_and_length_of_the_day(world, seats):
    """From the base at the beginning of the hours, back to it at their end, each road driven, half an hour at noon."""
    hours: dict[tuple[int, int], list[tuple[time, time]]] = {}
    for row in world.all(WeeklyShift):
        hours.setdefault((row.professional_id, row.weekday), []).append((row.start, row.end))
    absences: dict[int, list] = {}
    for row in world.all(Absence):
        absences.setdefault(row.professional_id, []).append((row.held.lower, row.held.upper))
    days: dict[tuple[int, object], list] = {}
    for assignment, slot, visit, person in seats:
        place = visit.commune_id if (slot.mode or visit.mode) == "on_site" else None
        days.setdefault((person.pk, _local(assignment.held.lower).date()), []).append(
            (assignment.held.lower, assignment.held.upper, place, person)
        )
    for (pk, day), works in days.items():
        person = works[0][3]
        works = sorted(works, key=lambda w: w[0])
        fits = False
        for start, end in hours.get((pk, day.weekday()), []):
            opens, closes = (datetime.combine(day, t, LOCAL) for t in (start, end))
            fits = fits or _day_fits(person, opens, closes, works, absences.get(pk, []))
        assert fits, (person, day, works)


def _day_fits(person, opens, closes, works, away) -> bool:
    busy = [(low, high) for low, high in away if low < closes and high > opens]
    stops = [
        (opens, opens, person.base_id),
        *((w[0], w[1], w[2]) for w in works if w[2]),
        (closes, closes, person.base_id),
    ]
    remote = [(w[0], w[1]) for w in works if w[2] is None]
    if any(w[0] < opens or w[1] > closes for w in works):
        return False
    driven = 0.0
    slack = []
    for (_, leaves, a), (arrives, _, b) in itertools.pairwise(stops):
        road = minutes(a, b) if len(stops) > 2 else 0.0
        driven += road
        between = sum((h - lo).total_seconds() / 60 for lo, h in [*remote, *busy] if leaves <= lo < arrives)
        slack.append((leaves, arrives, (arrives - leaves).total_seconds() / 60 - between - road))
    if min(s for *_, s in slack) < 0:
        return False
    worked = sum((w[1] - w[0]).total_seconds() / 60 for w in works) + driven
    if worked > person.max_daily_minutes:
        return False
    if closes - opens <= timedelta(hours=6):
        return True
    noon = [opens.replace(hour=11, minute=30), opens.replace(hour=14, minute=30)]
    step = timedelta(minutes=5)
    at = noon[0]
    while at + timedelta(minutes=30) <= noon[1]:
        end = at + timedelta(minutes=30)
        free = all(end <= lo or at >= hi for lo, hi in [*((w[0], w[1]) for w in works), *busy])
        if free and any(low <= at and end <= high and s >= 30 for low, high, s in slack):
            return True
        at += step
    return False


def test_watches_do_not_overlap_and_are_held_by_somebody_present(world):
    absences: dict[int, list] = {}
    for row in world.all(Absence):
        absences.setdefault(row.professional_id, []).append(row)
    by_team: dict[int, list] = {}
    for row in world.all(OnCall):
        by_team.setdefault(row.team_id, []).append(row.held)
        for away in absences.get(row.professional_id, []):
            assert (
                away.held.upper <= row.held.lower
                or away.held.lower >= row.held.upper
                or away.kind
                in {
                    "supervision",
                    "meeting",
                    "writing",
                    "other",
                }
            )
    assert len(by_team) == 4
    for spans in by_team.values():
        spans.sort(key=lambda held: held.lower)
        for one, two in itertools.pairwise(spans):
            assert one.upper <= two.lower


def test_the_day_of_the_pictures(world, seats):
    """Who stands where and when, as the board shows it."""
    shown = sorted(
        (_local(a.held.lower).strftime("%H:%M"), v.site.name, p.first_name)
        for a, _s, v, p in seats
        if _local(a.held.lower).date() == world.day
    )
    assert shown == [
        ("09:00", "Le Refuge", "Selam"),
        ("09:00", "Le Refuge", "Élise"),
        ("09:30", "Caserne Saint-Jean", "Nadège"),
        ("09:30", "Caserne Saint-Jean", "Zahra"),
        ("10:00", "CADA de Petite-Synthe", "Karim"),
        ("10:00", "CADA de Petite-Synthe", "Thomas"),
        ("11:00", "Opvang Menen", "Gulalai"),
        ("11:00", "Opvang Menen", "Lien"),
        ("13:30", "CADA de Liévin", "Karim"),
        ("13:30", "CADA de Liévin", "Thomas"),
        ("13:30", "Opvangcentrum Poelkapelle", "Lien"),
        ("13:30", "Opvangcentrum Poelkapelle", "Olena"),
        ("14:00", "Le Refuge", "Abdi"),
        ("14:00", "Le Refuge", "Élise"),
        ("14:30", "Centre de Jemappes", "Nadège"),
        ("14:30", "Centre de Jemappes", "Zahra"),
        ("16:00", "Caserne Saint-Jean", "Marc"),
        ("16:00", "Caserne Saint-Jean", "Selam"),
    ]
