"""What the board draws: states, roads, absences, letters and reasons, each under the rights of its reader."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from tests.booking.visits import make_visit
from versants.core import clock
from versants.core.periods import span
from versants.mobile.models import Assignment, Slot, Visit
from versants.mobile.planning import dayboard, unplaced

NOW = "2026-11-24T06:00:00+00:00"
DAY = "/board/?day=2026-11-24"


@pytest.fixture(autouse=True)
def _frozen(settings):
    settings.FROZEN_NOW = NOW


def at(hour, minute=0):
    return clock.at(clock.today(), hour, minute)


def placed(world, start, *people, minutes=90, state="accepted", travel=0, **fields) -> Visit:
    """A visit that stands, without passing through booking: what is drawn is under test, not what is allowed."""
    slots = [
        (person.disciplines[0], "tir" if "interpreter" in person.disciplines else None) for person in people
    ]
    fields.setdefault("urgency", "planned")
    visit = make_visit(world, opens=start, slots=slots, duration=minutes, **fields)
    visit.held, visit.state = span(start, start + timedelta(minutes=minutes)), "planned"
    visit.save()
    for slot, person in zip(visit.slots.order_by("rank"), people, strict=True):
        Assignment.objects.create(
            slot=slot, visit=visit, professional=person, held=visit.held, state=state, travel_min=travel
        )
    return visit


def board(client, url=DAY):
    page = client.get(url)
    assert page.status_code == 200
    return page.context["board"]


def blocks(found, name, kind=None):
    """The blocks of a person's row, in order."""
    line = next(line for line in found.grid.lines if line.first and str(line.label) == name)
    cells = [cell.block for cell in line.cells if cell.block]
    return [block for block in cells if kind is None or block.kind == kind]


@pytest.mark.parametrize(
    ("fields", "state", "expected"),
    [
        ({"pin": 3}, "accepted", ("", "fixed")),
        ({"pin": 0}, "accepted", ("draft", "move")),
        ({"pin": 1}, "accepted", ("draft", "move")),
        ({"pin": 3}, "offered", ("wait", "wait")),
        ({"pin": 3, "urgency": "crisis"}, "accepted", ("crisis", "crisis")),
    ],
)
def test_state_is_a_sign_and_a_style(world, client_for, fields, state, expected):
    placed(world, at(10), world.elise, state=state, **fields)
    (block,) = blocks(board(client_for(world.coordinator)), "Élise Dumoulin", "visit")
    assert (block.style, block.sign) == expected
    assert block.state


def test_offer_whose_time_is_over_says_so(world, client_for):
    placed(world, at(10), world.elise, state="offered")
    Assignment.objects.update(answer_by=clock.now() - timedelta(minutes=1))
    (block,) = blocks(board(client_for(world.coordinator, "en")), "Élise Dumoulin", "visit")
    assert (block.sign, str(block.state)) == ("warn", "no answer in time")


def test_roads_lead_to_the_visits_and_home(world, client_for):
    """Stored minutes stand; others come from the matrix: Tournai to Mouscron and back by the same road."""
    placed(world, at(9), world.elise, travel=35)
    first, second = blocks(board(client_for(world.coordinator)), "Élise Dumoulin", "travel")
    assert (first.start, first.end) == (at(8, 25), at(9))
    assert second.start == at(10, 30)
    Assignment.objects.update(travel_min=0)
    out, home = blocks(board(client_for(world.coordinator)), "Élise Dumoulin", "travel")
    assert out.minutes == home.minutes > 5


def test_no_road_for_an_interpreter_by_telephone(world, client_for):
    visit = placed(world, at(9), world.elise, world.selam)
    Slot.objects.filter(visit=visit, discipline="interpreter").update(mode="phone")
    found = board(client_for(world.coordinator))
    assert blocks(found, "Selam Tesfay", "travel") == []
    assert len(blocks(found, "Élise Dumoulin", "travel")) == 2


def test_timeline_map_and_list_carry_the_same_keys(world, client_for):
    placed(world, at(9), world.elise, world.selam)
    placed(world, at(14), world.nadege)
    make_visit(world, opens=at(15), slots=[("lawyer", None)], urgency="urgent")
    half = placed(world, at(16), world.marc)
    Slot.objects.create(visit=half, rank=2, discipline="nurse")
    Visit.objects.filter(pk=half.pk).update(state="open")
    found = board(client_for(world.coordinator))
    drawn = {
        cell.block.key for line in found.grid.lines for cell in line.cells if cell.block and cell.block.key
    }
    mapped = {key.text for marker in found.map.markers for key in marker.keys}
    assert [one.key for one in found.visits] == ["1", "2"]
    assert [one.key for one in found.unplaced] == ["A", "B"]
    assert mapped == {"1", "2", "A", "B"}
    assert drawn == {"1", "2", "B"}  # A has nobody; B has one of two
    (block,) = blocks(found, "Marc Poulain", "visit")
    assert block.style == "cut"


def test_letters_go_on_after_z():
    assert [dayboard.letter(n) for n in (0, 25, 26, 51, 52, 701, 702)] == [
        "A",
        "Z",
        "AA",
        "AZ",
        "BA",
        "ZZ",
        "AAA",
    ]


def test_illness_is_absence_and_nothing_more(world, client_for):
    from versants.people.models import Absence

    for professional, kind in ((world.elise, "ill"), (world.marc, "training"), (world.nadege, "ill")):
        Absence.objects.create(
            organisation=professional.organisation,
            professional=professional,
            held=span(at(9), at(11)),
            kind=kind,
        )
    page = client_for(world.coordinator, "en").get(f"{DAY}&all=1")
    found = page.context["board"]
    said = [
        [(block.kind, str(block.label)) for block in blocks(found, name) if block.label]
        for name in ("Élise Dumoulin", "Marc Poulain", "Nadège Lefebvre")
    ]
    assert said == [[("off", "absent")], [("busy", "training")], [("busy", "busy")]]
    assert "ill" not in page.content.decode().replace("will", "").split()


def test_a_whole_day_is_said_so_on_a_telephone(world, client_for):
    from versants.people.models import Absence

    for professional, low, high in (
        (world.elise, at(0), at(0) + timedelta(days=1)),
        (world.marc, at(9), at(11)),
    ):
        Absence.objects.create(
            organisation=professional.organisation,
            professional=professional,
            held=span(low, high),
            kind="training",
        )
    page = client_for(world.coordinator, "en").get(f"{DAY}&all=1").content.decode()
    assert '<span class="at"><small>all day</small></span>' in page
    assert '<span class="at">09:00<small>11:00</small></span>' in page
    assert '<span class="at">00:00' not in page
    week = client_for(world.coordinator, "en").get(f"{DAY}&view=week&all=1").content.decode()
    assert 'title="training, all day"><i>training</i>' in week
    assert 'title="training, 09:00 to 11:00"><i>09:00 training</i>' in week


def test_other_teams_time_is_busy_for_a_clinician(world, client_for):
    """A clinician sees no visit of the other team; that its people are busy then, she does."""
    placed(world, at(10), world.thomas, team=world.french, site=world.cada, person=world.french_person)
    found = board(client_for(world.clinician))
    assert found.visits == []
    (block,) = blocks(found, "Thomas Carlier", "busy")
    assert (block.start, block.end) == (at(10), at(11, 30))
    assert board(client_for(world.coordinator)).n_placed == 1


def test_those_who_do_not_plan_get_no_links_of_planning(world, client_for):
    placed(world, at(9), world.elise, world.selam)
    make_visit(world, opens=at(15), slots=[("lawyer", None)])
    for member, sees in (
        (world.clinician, False),
        (world.practitioner, False),
        (world.desk, True),
        (world.coordinator, True),
    ):
        html = client_for(member).get(DAY).content.decode()
        assert ("/who/" in html) is sees
        assert ('data-test="plan-day"' in html) is (member is world.coordinator)
        assert 'data-test="nav-board"' in html
    for member in (world.interpreter, world.funder, world.dpo, world.requester):
        assert client_for(member).get(DAY).status_code == 403


def test_hours_of_the_week_are_whole_or_not_said(world, client_for):
    placed(world, at(9), world.elise, minutes=90, travel=30)
    line = next(
        x for x in board(client_for(world.coordinator)).grid.lines if str(x.label) == "Élise Dumoulin"
    )
    assert line.tail == "2:00\u00a0h"
    english = board(client_for(world.coordinator, "en")).grid.lines
    assert next(x.tail for x in english if str(x.label) == "Élise Dumoulin") == "2:00\u00a0h"
    found = board(client_for(world.practitioner), f"{DAY}&all=1")
    own = next(x for x in found.grid.lines if str(x.label) == "Marc Poulain")
    other = next(x for x in found.grid.lines if str(x.label) == "Élise Dumoulin")
    assert own.tail == "0:00\u00a0h"
    assert other.tail == ""


def test_language_shows_who_speaks_it_and_what_asks_for_it(world, client_for):
    placed(world, at(9), world.elise, world.selam)
    placed(world, at(14), world.marc)
    client = client_for(world.coordinator)
    assert ("tir", "tigrigna") in [(code, name.lower()) for code, name in board(client).languages] or board(
        client
    ).languages
    found = board(client, f"{DAY}&language=tir")
    names = {str(line.label) for line in found.grid.lines if line.label}
    assert names == {"Élise Dumoulin", "Selam Tesfay", "Hiwot Abraha", "Yonas Berhe"}
    assert found.n_placed == 1
    # An unknown one is ignored, so that an old link still opens.
    assert board(client, f"{DAY}&language=zzz&versant=mars&view=year").n_placed == 2


def test_versant_narrows_to_its_teams(world, client_for):
    placed(world, at(9), world.elise)
    placed(world, at(9), world.thomas, team=world.french, site=world.cada)
    found = board(client_for(world.coordinator), f"{DAY}&versant=hauts-de-france&all=1")
    assert found.n_placed == 1
    assert {str(line.label) for line in found.grid.lines if line.label} == {
        "Nadège Lefebvre",
        "Thomas Carlier",
    }


def test_week_has_its_visits_on_their_days(world, client_for):
    placed(world, at(9), world.elise)
    placed(world, at(14) + timedelta(days=2), world.elise)
    found = board(client_for(world.coordinator), f"{DAY}&view=week")
    row = next(row for row in found.week if row.label == "Élise Dumoulin")
    days = [(cell.day.isoformat(), [block.key for block in cell.blocks]) for cell in row.cells if cell.blocks]
    assert days == [("2026-11-24", ["1"]), ("2026-11-26", ["2"])]
    assert len(row.cells) == 7


def test_visit_whose_time_went_by_stays_on_todays_board(world, client_for):
    lost = make_visit(world, opens=at(9) - timedelta(days=1), slots=[("lawyer", None)])
    (item,) = board(client_for(world.coordinator)).unplaced
    assert (item.visit, item.late, item.n_teams) == (lost, True, None)
    tomorrow = (clock.today() + timedelta(days=1)).isoformat()
    assert board(client_for(world.coordinator), f"/board/?day={tomorrow}").unplaced == []


def test_teams_counted_are_those_of_the_page_that_proposes_them(world, client_for):
    visit = make_visit(world, opens=at(10))
    client = client_for(world.coordinator)
    (item,) = board(client).unplaced
    answer = client.get(f"/api/v1/visits/{visit.uid}/teams").json()
    assert item.n_teams == answer["n_teams"] > 0
    assert item.first_at.isoformat() == min(team["together_at"] for team in answer["teams"])


def test_reason_names_the_hardest_place_and_the_change_works(world, client_for):
    """Élise is free; both who could interpret are not: the reason is theirs, and what is proposed opens a team."""
    placed(world, at(10), world.selam, minutes=120)
    placed(world, at(10), world.hiwot, minutes=120)
    make_visit(world, opens=at(10), closes=at(10, 30))
    client = client_for(world.coordinator, "en")
    (item,) = board(client).unplaced
    assert item.n_teams == 0
    assert "Élise" not in item.reason
    assert item.reason
    assert item.opens > 0
    tried = client.get(item.try_url)
    assert tried.context["n_teams"] == item.opens


def test_language_nobody_speaks_is_said(world, client_for):
    make_visit(world, opens=at(10), slots=[("psychologist", None), ("interpreter", "lin")])
    (item,) = board(client_for(world.coordinator, "en")).unplaced
    assert item.reason == "Nobody here interprets this language: Lingala."


def test_thinking_stops_with_its_budget(world, client_for, monkeypatch):
    for _n in range(3):
        make_visit(world, opens=at(10))
    ticks = iter(range(100))
    monkeypatch.setattr(time, "perf_counter", lambda: next(ticks) * unplaced.BUDGET_S * 0.7)
    found = board(client_for(world.coordinator)).unplaced
    assert [item.n_teams is None for item in found] == [False, True, True]
    assert len(found) == 3
    # One more each time, even where the budget is gone before the first.
    monkeypatch.setattr(unplaced, "BUDGET_S", 0.5)
    monkeypatch.setattr(time, "perf_counter", lambda: next(ticks))
    for n_unknown in (1, 0):
        found = board(client_for(world.coordinator)).unplaced
        assert sum(item.n_teams is None for item in found) == n_unknown


@pytest.mark.parametrize("language", ["fr", "nl", "en"])
def test_numbers_of_headings_are_words(world, client_for, language):
    for _n in range(3):
        make_visit(world, opens=at(10))
    html = client_for(world.coordinator, language).get(DAY).content.decode()
    assert {"fr": "Trois visites", "nl": "Drie bezoeken", "en": "Three visits"}[language] in html


def test_nothing_but_logistics_of_another_team(world, client_for):
    placed(world, at(9), world.nadege, team=world.french, site=world.cada, person=world.french_person)
    make_visit(world, opens=at(15), slots=[("lawyer", None)], team=world.french, person=world.french_person)
    for url in (DAY, f"{DAY}&view=week"):
        html = client_for(world.coordinator).get(url).content.decode()
        assert world.french_person.code not in html
        assert "Zzcanari" not in html
        assert 'data-place="' not in html
