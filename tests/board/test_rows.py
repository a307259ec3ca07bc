"""Who has a row on the board: those whose day matters; the others stand behind one link a group."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.board.test_drawing import DAY, at, board, placed
from tests.booking.visits import make_visit
from tests.world import make_professional
from versants.core.periods import span
from versants.mobile.models import Slot, Visit
from versants.mobile.planning import answers
from versants.people.models import Professional

NOW = "2026-11-24T06:00:00+00:00"


@pytest.fixture(autouse=True)
def _frozen(settings):
    settings.FROZEN_NOW = NOW
    answers.forget()


def names(found):
    return [str(line.label) for line in found.grid.lines if line.first and line.label]


def folds(found):
    return {str(line.group): str(line.more) for line in found.grid.lines if line.group}


def absent(professional, kind, low, high):
    from versants.people.models import Absence

    Absence.objects.create(
        organisation=professional.organisation, professional=professional, held=span(low, high), kind=kind
    )


def on_call(professional, low, high):
    from versants.people.models import OnCall

    OnCall.objects.create(
        organisation=professional.organisation,
        professional=professional,
        team=professional.team,
        held=span(low, high),
    )


def test_visits_first_by_their_hour_then_the_rest(world, client_for):
    placed(world, at(14), world.elise)
    late = make_professional(world.walloon, "Zoé", "Avril", disciplines=["nurse"])
    early = make_professional(world.walloon, "Ana", "Zola", disciplines=["nurse"])
    watch = make_professional(world.walloon, "Léa", "Bonnet", disciplines=["nurse"])
    make_professional(world.walloon, "Rien", "Aucun", disciplines=["nurse"])
    placed(world, at(9), early)
    absent(late, "meeting", at(8), at(9))
    on_call(watch, at(18), at(22))
    found = board(client_for(world.coordinator, "en"))
    assert names(found) == ["Ana Zola", "Élise Dumoulin", "Zoé Avril", "Léa Bonnet"]
    assert found.n_people == 4
    # Marc and Rien are free; nobody of the other team has anything.
    assert folds(found) == {
        "IntegraPsy Wallonie": "2 more, free",
        "IntegraPsy Hauts-de-France": "2 more, free",
    }


def test_fold_says_how_many_of_them_are_free(world, client_for):
    absent(world.marc, "leave", at(0), at(0) + timedelta(days=1))
    absent(world.nadege, "ill", at(0), at(0) + timedelta(days=1))
    world.thomas.weekly_shifts.all().delete()
    found = board(client_for(world.coordinator, "en"))
    # Why somebody of the other house is away is not known here: busy is all, and busy has a row.
    assert names(found) == ["Nadège Lefebvre"]
    assert folds(found) == {
        "IntegraPsy Wallonie": "2 more, one of them free",
        "IntegraPsy Hauts-de-France": "One more, off duty",
    }


def test_link_opens_one_group_and_closes_it_again(world, client_for):
    client = client_for(world.coordinator, "en")
    html = client.get(f"{DAY}&versant=wallonie").content.decode()
    (link,) = re.findall(r'<a href="([^"]+)" data-test="fold">2 more, free', html)
    link = link.replace("&amp;", "&")
    assert link.startswith("?day=2026-11-24&versant=wallonie&all=team-")
    page = client.get(f"/board/{link.split('#')[0]}")
    assert names(page.context["board"]) == ["Élise Dumoulin", "Marc Poulain"]
    html = page.content.decode()
    assert f'id="{link.split("#")[1]}"' in html
    (back,) = re.findall(r'<a href="([^"]+)" data-test="fold">Only those', html)
    assert "all=" not in back
    assert set(names(board(client, f"{DAY}&all=1"))) == {
        "Élise Dumoulin",
        "Marc Poulain",
        "Thomas Carlier",
        "Nadège Lefebvre",
    }


def test_people_of_a_proposed_team_have_a_row(world, client_for):
    make_visit(world, opens=at(10))
    found = board(client_for(world.coordinator))
    (item,) = found.unplaced
    assert item.proposed
    assert {world.elise.pk, world.nadege.pk} & item.proposed
    shown = set(names(found))
    assert {"Selam Tesfay"} & shown
    assert "Yonas Berhe" not in shown  # he may not take a crisis


def test_placing_shows_everybody_who_could_take_it(world, client_for):
    for n in range(6):
        make_professional(
            world.walloon, f"Psy{n}", f"Test{n}", disciplines=["psychologist"], languages=[("fra", 7)]
        )
    visit = make_visit(world, opens=at(10))
    client = client_for(world.coordinator)
    page = client.get(f"{DAY}&place={visit.uid}")
    found = page.context["board"]
    (item,) = found.unplaced
    assert len(item.could) > len(item.proposed)
    assert {f"Psy{n} Test{n}" for n in range(6)} <= set(names(found))
    assert "data-placing" in page.content.decode()
    assert "data-placing" not in client.get(DAY).content.decode()
    # What is no visit changes nothing.
    assert client.get(f"{DAY}&place=nothing").status_code == 200


def test_placing_by_keyboard_begins_with_the_team_that_is_there_first(world, client_for):
    visit = make_visit(world, opens=at(10), closes=at(12))
    client = client_for(world.coordinator)
    page = client.get(f"{DAY}&place={visit.uid}")
    (item,) = page.context["board"].unplaced
    rows = [row for row in page.context["board"].grid.lines if row.key == item.near]
    assert len(rows) == 1
    assert Professional.objects.get(uid=item.near).pk in item.first <= item.could
    assert at(10) <= item.near_at == item.first_at <= at(12)
    written = f'data-near="{item.near}" data-near-at="{timezone.localtime(item.first_at).isoformat()}"'
    assert written in page.content.decode()


def test_placing_without_a_possible_team_shows_the_trade(world, client_for):
    placed(world, at(10), world.selam, minutes=120)
    placed(world, at(10), world.hiwot, minutes=120)
    visit = make_visit(world, opens=at(10), closes=at(10, 30))
    found = board(client_for(world.coordinator), f"{DAY}&place={visit.uid}")
    assert found.unplaced[0].n_teams == 0
    # Nobody can: it begins with somebody of the trade, when it was asked for.
    assert found.unplaced[0].near in {str(one.uid) for one in (world.elise, world.nadege, world.selam)}
    assert found.unplaced[0].near_at == at(10)
    assert {"Élise Dumoulin", "Nadège Lefebvre", "Selam Tesfay"} <= set(names(found))
    assert "Marc Poulain" not in names(found)


def test_oneself_is_always_there(world, client_for):
    assert names(board(client_for(world.practitioner))) == ["Marc Poulain"]


def test_week_folds_too(world, client_for):
    placed(world, at(14) + timedelta(days=2), world.elise)
    found = board(client_for(world.coordinator, "en"), f"{DAY}&view=week")
    assert [row.label for row in found.week if row.label] == ["Élise Dumoulin"]
    assert found.week[0].more == "One more, free"


def test_free_people_wait_behind_the_link_on_a_phone_as_well(world, client_for):
    placed(world, at(9), world.elise)
    html = client_for(world.coordinator, "en").get(DAY).content.decode()
    listed = html[html.index('class="board-list"') :]
    assert "Marc Poulain" not in listed
    assert "One more, free" in listed


def test_whole_name_of_a_place_is_in_the_block(world, client_for):
    from versants.territory.models import Commune

    visit = placed(world, at(9), world.elise, minutes=30)
    Visit.objects.filter(pk=visit.pk).update(commune=Commune.objects.get(name_fr="Langemark-Poelkapelle"))
    html = client_for(world.coordinator, "fr").get(DAY).content.decode()
    block = re.search(r'<a class="v[^>]*data-block[^>]*>(.*?)</a>', html)
    text = " ".join(re.sub(r"<[^>]+>", " ", block[1]).split())
    assert text.startswith("Langemark-Poelkapelle 1 09:00")
    assert 'title="1. Langemark-Poelkapelle, 09:00' in block[0]


def test_queries_do_not_grow_with_people_visits_or_those_without_a_team(world, client_for):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = client_for(world.coordinator)

    def count(url):
        client.get(url)
        found = []
        for forgotten in (True, False):
            if forgotten:
                answers.forget()
            with CaptureQueriesContext(connection) as queries:
                client.get(url)
            found.append(len(queries))
        return found

    def more(n, first):
        for k in range(first, first + n):
            one = make_professional(world.walloon, f"A{k}", f"B{k}", disciplines=["nurse"])
            placed(world, at(9), one)
            make_visit(world, opens=at(14))
            make_visit(world, opens=at(15), slots=[("lawyer", None)])

    urls = [DAY, f"{DAY}&all=1", f"{DAY}&view=week"]
    more(1, 0)
    once = [count(url) for url in urls]
    more(2, 1)
    assert [count(url) for url in urls] == once


def test_answers_are_kept_only_for_the_day_as_it_stands(world, client_for, monkeypatch):
    """The search is asked again after any change, and not without one."""
    from versants_libs import dispatch

    asked = []
    really = dispatch.Desk.rank
    monkeypatch.setattr(
        dispatch.Desk, "rank", lambda desk, name, **kw: asked.append(name) or really(desk, name, **kw)
    )
    visit = make_visit(world, opens=at(10))
    client = client_for(world.coordinator)

    def teams():
        del asked[:]
        (item,) = board(client).unplaced
        return item.n_teams, len(asked)

    before, n = teams()
    assert (before > 0, n) == (True, 1)
    assert teams() == (before, 0)
    changes = [
        lambda: absent(world.selam, "ill", at(8), at(20)),
        lambda: Slot.objects.filter(visit=visit, discipline="interpreter").update(level=6),
        lambda: world.nadege.mandates.filter(country="BE").delete(),
        lambda: world.elise.weekly_shifts.all().delete(),
    ]
    seen = [before]
    for change in changes:
        change()
        n_teams, n = teams()
        assert n == 1
        seen.append(n_teams)
        assert teams() == (n_teams, 0)
    assert seen == sorted(seen, reverse=True)
    assert seen[-1] == 0


def test_few_answers_are_kept(monkeypatch):
    monkeypatch.setattr(answers, "KEPT", 3)
    question = answers.Question.__new__(answers.Question)
    question._key = "day"
    question._work_out = lambda visit: answers.Answer(int(visit))
    for n in range(5):
        question.answer(str(n))
    assert [question.known(str(n)) is None for n in range(5)] == [True, True, False, False, False]
    answers.forget()
    assert question.known("4") is None


def test_block_of_a_long_day_needs_more_time_for_its_words(world, client_for):
    """85 minutes have room for the hour in a day of twelve hours, not in one that goes on till late."""

    def short(found):
        line = next(line for line in found.grid.lines if line.label == "Élise Dumoulin")
        return [cell.short for cell in line.cells if cell.block and cell.block.kind == "visit"]

    placed(world, at(10), world.elise, minutes=85)
    client = client_for(world.coordinator)
    assert short(board(client)) == [False]
    placed(world, at(20), world.marc, minutes=120)
    assert short(board(client)) == [True]


def test_roads_stand_beside_their_visit_in_the_list(world, client_for):
    placed(world, at(9), world.elise, travel=35)
    placed(world, at(14), world.elise, travel=20)
    line = next(x for x in board(client_for(world.coordinator)).grid.lines if x.label == "Élise Dumoulin")
    roads = [(block.kind, there, back > 0) for block, there, back in line.stops]
    assert roads == [("visit", 35, False), ("visit", 20, True)]


def test_among_many_teams_busy_people_elsewhere_are_counted_not_drawn(world, client_for, monkeypatch):
    from versants.mobile.planning import dayboard

    monkeypatch.setattr(dayboard, "FEW_TEAMS", 1)
    absent(world.hiwot, "meeting", at(8), at(9))  # interprets for all teams; nothing of hers is shown here
    absent(world.elise, "meeting", at(8), at(9))
    make_visit(world, opens=at(14), slots=[("interpreter", "tir")])
    make_visit(world, opens=at(14), slots=[("nurse", None)])
    found = board(client_for(world.coordinator, "en"), f"{DAY}&view=week")
    labels = [row.label for row in found.week if row.label]
    assert "Élise Dumoulin" in labels  # of one's own team
    assert "Hiwot" not in " ".join(labels)
    assert any("more" in row.more for row in found.week if row.key == "interpreters")
    whole = board(client_for(world.coordinator, "en"), f"{DAY}&view=week&all=interpreters")
    assert any("Hiwot" in row.label for row in whole.week)


def test_nothing_is_built_again_while_no_row_that_matters_is_written(world, client_for, monkeypatch):
    """What was told is told again without a problem; what others hold, or a visit's urgency, is such a row."""
    from versants.mobile.planning import unplaced

    built = []
    really = unplaced.Builder.build
    monkeypatch.setattr(unplaced.Builder, "build", lambda self: built.append(1) or really(self))
    make_visit(world, opens=at(10))
    make_visit(world, opens=at(15), slots=[("lawyer", None)])
    client = client_for(world.coordinator)

    def told():
        del built[:]
        found = board(client)
        return [(item.n_teams, item.reason, item.try_url, item.proposed) for item in found.unplaced], len(
            built
        )

    first, n = told()
    assert n == 1
    assert {bool(one[0]) for one in first} == {True, False}
    assert told() == (first, 0)
    # In another language it is said anew.
    assert board(client_for(world.coordinator, "nl")).unplaced[-1].reason != first[-1][1]
    held = placed(world, at(9) + timedelta(days=1), world.selam)
    assert told()[1] == 1
    assert told()[1] == 0
    Visit.objects.filter(pk=held.pk).update(urgency="crisis")
    assert told()[1] == 1
    # Somebody else reads other rows: what was told to one is not told to another.
    del built[:]
    board(client_for(world.desk))
    assert built


def test_among_many_teams_a_day_shows_of_closed_ones_whom_it_proposes(world, client_for, monkeypatch):
    from versants.mobile.planning import dayboard

    monkeypatch.setattr(dayboard, "FEW_TEAMS", 1)
    make_visit(world, opens=at(10))
    client = client_for(world.coordinator, "en")
    names_of = []
    for _time in range(2):  # worked out, then remembered
        found = board(client)
        proposed = found.unplaced[0].proposed
        assert proposed
        keys = {line.key for line in found.grid.lines if line.first and line.label}
        assert {str(one.uid) for one in Professional.objects.filter(pk__in=proposed)} <= keys
        assert folds(found)["IntegraPsy Hauts-de-France"] == "Show this team"
        assert found.n_folded
        names_of.append((names(found), folds(found), found.languages, found.n_folded))
    assert names_of[0] == names_of[1]
