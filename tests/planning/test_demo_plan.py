"""The plan of the demonstration day, checked by code that shares no line with the solver or its adapter.

What plans is called once, in the fixture. Everything below it reads tables and does its own arithmetic: roads from the
published knots of the travel model, mandates, levels, weekly hours, watches and absences from the rows.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from versants.mobile.models import Assignment, PlanProposal, Slot, Visit
from versants.people.models import Absence, Mandate, Membership, OnCall, ProfessionalLanguage, WeeklyShift
from versants.territory.shapes import DATA

LOCAL = ZoneInfo("Europe/Brussels")
DAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 8, 12, tzinfo=LOCAL)
HOLD = ("offered", "accepted", "done")
MODEL = json.loads((DATA / "travel_time_model.json").read_text())


@pytest.fixture(scope="module")
def planned(django_db_setup, django_db_blocker):
    """The demonstration day, planned by both teams and applied; rolled back after the module."""
    from django.conf import settings
    from django.db import transaction

    from versants.core import jobs
    from versants.core.access.scope import Actor, acting
    from versants.demo import loading
    from versants.demo.making import make_world
    from versants.mobile.services import planning

    patch = pytest.MonkeyPatch()
    patch.setattr(settings, "FROZEN_NOW", NOW.isoformat(), raising=False)
    patch.setattr(planning, "SECONDS", 2.0)
    with django_db_blocker.unblock():
        block = transaction.atomic()
        block.__enter__()
        loading.load(make_world(DAY, NOW))
        before = set(Assignment.objects.filter(state__in=HOLD).values_list("pk", flat=True))
        for member in Membership.objects.active().filter(role="coordinator", team__kind="integrapsy"):
            who = Actor.for_membership(member)
            with acting(who):
                job = planning.start(actor=who, day=DAY)
            jobs.run(job.pk, who)
            job.refresh_from_db()
            assert (job.state, job.error_code) == ("done", "")
            proposal = PlanProposal.objects.get(uid=job.result_url.strip("/").split("/")[1])
            with acting(who):
                planning.apply(proposal=proposal, actor=who)
        yield before
        transaction.set_rollback(True)
        block.__exit__(None, None, None)
    patch.undo()


@pytest.fixture(scope="module")
def seats(planned, django_db_blocker):
    """(assignment, slot, visit, professional) of every place held that day."""
    low = datetime(DAY.year, DAY.month, DAY.day, tzinfo=LOCAL)
    with django_db_blocker.unblock():
        return [
            (row, row.slot, row.visit, row.professional)
            for row in Assignment.objects.filter(state__in=HOLD, held__overlap=(low, low + timedelta(days=1)))
            .select_related(
                "slot",
                "visit__site",
                "visit__commune",
                "visit__team",
                "professional__base",
            )
            .order_by("pk")
        ]


@pytest.fixture(autouse=True)
def _reads(django_db_blocker):
    with django_db_blocker.unblock():
        yield


def minutes(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Spherical law of cosines, then the piecewise line; nothing within one place."""
    if a == b:
        return 0.0
    p, q, d = math.radians(a[0]), math.radians(b[0]), math.radians(b[1] - a[1])
    cosine = math.sin(p) * math.sin(q) + math.cos(p) * math.cos(q) * math.cos(d)
    km = 6371.0 * math.acos(max(-1.0, min(1.0, cosine)))
    x, y = MODEL["knots_km"], MODEL["minutes"]
    for i in range(1, len(x)):
        if km <= x[i] or i == len(x) - 1:
            return y[i - 1] + (y[i] - y[i - 1]) * (km - x[i - 1]) / (x[i] - x[i - 1])
    raise AssertionError


def test_the_plan_placed_something(planned, seats):
    fresh = [row for row, *_rest in seats if row.pk not in planned]
    # Two of the day's three visits without a team have none on purpose: the board explains them.
    assert len(fresh) >= 2
    assert len({row.visit_id for row in fresh}) == len(fresh) / 2  # whole teams of two
    assert len({visit.pk for _row, _slot, visit, _who in seats}) > 9


def test_whole_teams_together(seats):
    by_visit = defaultdict(list)
    for row, slot, visit, _who in seats:
        by_visit[visit.pk].append((row, slot))
        assert visit.held.lower <= row.held.lower
        assert row.held.upper <= visit.held.upper
    for pk, places in by_visit.items():
        visit = Visit.objects.get(pk=pk)
        if visit.state != "planned":
            continue
        assert len(places) == Slot.objects.filter(visit=pk).count()
        starts = {row.held.lower - timedelta(minutes=slot.after_min or 0) for row, slot in places}
        assert starts == {visit.held.lower}


def test_arrival_in_the_time_asked(planned, seats):
    for row, _slot, visit, _who in seats:
        if row.pk not in planned:
            assert visit.window.lower <= visit.held.lower < visit.window.upper
            assert visit.held.lower >= NOW


def test_trade_language_level_hardness_and_mandate(planned, seats):
    levels = defaultdict(dict)
    one_way = set()
    for row in ProfessionalLanguage.objects.all():
        levels[row.professional_id][row.language_id] = row.level
        if row.understands_only:
            one_way.add((row.professional_id, row.language_id))
    mandates = defaultdict(list)
    for row in Mandate.objects.all():
        mandates[(row.professional_id, row.country)].append(row.period)
    checked = 0
    for row, slot, visit, who in seats:
        assert slot.discipline in who.disciplines
        if slot.discipline == "interpreter":
            spoken = [
                code
                for code in (slot.language_id, *slot.second_languages)
                if levels[who.pk].get(code, 0) >= slot.level and (who.pk, code) not in one_way
            ]
            assert spoken, (who, slot.language_id)
            assert who.max_complexity >= visit.complexity
            into = "nld" if visit.team.versant == "west-vlaanderen" else "fra"
            if row.pk not in planned:
                assert levels[who.pk].get(into, 0) >= slot.level
            checked += 1
        elif slot.language_id:
            assert levels[who.pk].get(slot.language_id, 0) >= slot.level
        if slot.gender_required:
            assert who.gender == (slot.gender or visit.gender_wish)
        if slot.discipline != "interpreter" or (slot.mode or visit.mode) == "on_site":
            assert any(DAY in period for period in mandates[(who.pk, visit.country)]), (who, visit.country)
    assert checked >= 6


def test_hours_absences_and_nobody_twice(seats):
    spans = defaultdict(list)
    for row, _slot, _visit, who in seats:
        spans[who.pk].append((row.held.lower, row.held.upper))
        hours = [
            (
                datetime.combine(DAY, shift.start, tzinfo=LOCAL),
                datetime.combine(DAY, shift.end, tzinfo=LOCAL),
            )
            for shift in WeeklyShift.objects.filter(professional=who, weekday=DAY.weekday())
        ]
        hours += [(watch.held.lower, watch.held.upper) for watch in OnCall.objects.filter(professional=who)]
        assert _covered(row.held.lower, row.held.upper, hours), (who, row.held)
    for pk, held in spans.items():
        held += [
            (absence.held.lower, absence.held.upper)
            for absence in Absence.objects.filter(professional=pk)
            if absence.held.upper.astimezone(LOCAL).date()
            >= DAY
            >= absence.held.lower.astimezone(LOCAL).date()
        ]
        for one, two in pairwise(sorted(held)):
            assert one[1] <= two[0], (pk, one, two)


def _covered(start: datetime, end: datetime, spans: list[tuple[datetime, datetime]]) -> bool:
    """Every five minutes of [start, end) inside some span."""
    at = start
    while at < end:
        if not any(low <= at < high for low, high in spans):
            return False
        at += timedelta(minutes=5)
    return True


def test_every_road_can_be_driven(planned, seats):
    """Between two places of a day there is time for the road, from the office in the morning included."""
    days = defaultdict(list)
    for row, slot, visit, who in seats:
        if (slot.mode or visit.mode) == "on_site":
            place = visit.site or visit.commune
            days[who].append((row.held.lower, row.held.upper, (place.lat, place.lon), row.pk))
    roads = 0
    for who, works in days.items():
        works.sort()
        for one, two in pairwise(works):
            gap = (two[0] - one[1]).total_seconds() / 60
            assert gap + 1 >= minutes(one[2], two[2]), (who, one, two)
            roads += 1
        first = works[0]
        if first[3] not in planned:
            starts = [
                datetime.combine(DAY, shift.start, tzinfo=LOCAL)
                for shift in WeeklyShift.objects.filter(professional=who, weekday=DAY.weekday())
            ]
            leaves = max(NOW, min(starts, default=NOW))
            gap = (first[0] - leaves).total_seconds() / 60
            assert gap + 1 >= minutes((who.base.lat, who.base.lon), first[2]), (who, first)
            roads += 1
    assert roads >= 4
