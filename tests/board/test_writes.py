"""What somebody else writes stands on the next board, of a day and of a week; no more is read for it than it changed."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.board.test_drawing import DAY, at, board, placed
from tests.board.test_memory import NOW, WEEK, fresh, shown
from tests.board.test_rows import absent, on_call
from tests.booking.visits import make_visit
from tests.world import actor, make_professional
from versants.core import clock
from versants.core.access.scope import acting
from versants.core.models import Grant
from versants.core.periods import span
from versants.core.svg import blocks as markup
from versants.mobile.models import Assignment, RequestPerson, Slot, Visit
from versants.mobile.planning import answers, dayboard, kept, versions, workforce
from versants.people.enums import TeamKind
from versants.people.models import Mandate, Professional, ProfessionalLanguage, Team


@pytest.fixture(autouse=True)
def _frozen(settings, monkeypatch):
    settings.FROZEN_NOW = NOW
    monkeypatch.setattr("versants.mobile.planning.unplaced.BUDGET_S", 60.0)
    answers.forget()


@pytest.fixture
def stage(world):
    """Élise and Selam are together at nine; at three, a psychologist and an interpreter are asked for."""
    both = placed(world, at(9), world.elise, world.selam)
    waiting = make_visit(world, opens=at(15), person=world.person)
    return SimpleNamespace(both=both, waiting=waiting)


def move(visit, hours):
    low, high = (end + timedelta(hours=hours) for end in (visit.held.lower, visit.held.upper))
    Visit.objects.filter(pk=visit.pk).update(held=span(low, high))
    Assignment.objects.filter(visit=visit).update(held=span(low, high))


BOTH, ONLY_DAY = (DAY, WEEK), (DAY,)
# What is written, and the boards it is seen on.
WRITES = {
    "a visit is moved": (lambda w, s: move(s.both, 1), BOTH),
    "a visit is placed": (lambda w, s: placed(w, at(11), w.marc), BOTH),
    "a visit is asked for": (lambda w, s: make_visit(w, opens=at(17)), BOTH),
    "a visit goes": (lambda w, s: Visit.objects.filter(pk=s.both.pk).update(state="cancelled"), BOTH),
    "a place asks for more": (
        lambda w, s: Slot.objects.filter(visit=s.waiting, language="tir").update(level=7),
        ONLY_DAY,
    ),
    "an answer is waited for": (
        lambda w, s: Assignment.objects.filter(visit=s.both).update(state="offered"),
        BOTH,
    ),
    "somebody says no": (
        lambda w, s: Assignment.objects.create(
            slot=s.waiting.slots.first(), visit=s.waiting, professional=w.elise, state="declined",
            held=span(at(15), at(16)),
        ),
        BOTH,
    ),
    "somebody is absent": (lambda w, s: absent(w.elise, "meeting", at(13), at(19)), BOTH),
    "somebody of another house is absent": (lambda w, s: absent(w.nadege, "ill", at(8), at(19)), BOTH),
    "somebody is on watch": (lambda w, s: on_call(w.elise, at(18), at(22)), BOTH),
    "a mandate ends": (
        lambda w, s: Mandate.objects.update(period=span(clock.today() - timedelta(days=90), clock.today())),
        ONLY_DAY,
    ),
    "hours change": (lambda w, s: w.elise.weekly_shifts.all().delete(), BOTH),
    "a language is lost": (
        lambda w, s: ProfessionalLanguage.objects.filter(professional=w.selam, language="tir").delete(),
        BOTH,
    ),
    "somebody new is there": (
        lambda w, s: absent(
            make_professional(w.walloon, "Ana", "Neuve", disciplines=["psychologist"]), "ill", at(8), at(19)
        ),
        BOTH,
    ),
    "somebody leaves": (lambda w, s: Professional.objects.filter(pk=w.elise.pk).update(active=False), BOTH),
    "a team is called otherwise": (lambda w, s: Team.objects.filter(pk=w.walloon.pk).update(name="Zx"), BOTH),
}  # fmt: skip


@pytest.mark.parametrize("write", WRITES)
def test_what_is_written_is_seen_at_the_next_look(world, client_for, stage, write):
    change, seen = WRITES[write]
    client = client_for(world.coordinator)
    before = {url: shown(client, url) for url in BOTH}
    change(world, stage)
    after = {url: shown(client, url) for url in BOTH}
    assert [url for url in BOTH if after[url] != before[url]] == list(seen)
    assert after == {url: fresh(client, url) for url in BOTH}


@pytest.mark.parametrize("url", BOTH)
def test_a_grant_withdrawn_takes_the_visit_from_the_board(world, client_for, url):
    visit = placed(world, at(9), world.marc, team=world.french, site=world.cada)
    grant = Grant.objects.create(
        subject_kind="visit", subject_id=visit.pk, holder_kind="membership", holder_id=world.practitioner.pk,
        data_class="logistic", period=span(clock.now() - timedelta(days=1), clock.now() + timedelta(days=1)),
        because="assignment", given_by_team=world.french.pk,
    )  # fmt: skip
    # Somebody who is in it sees their own place whatever happens: the other one is a colleague's.
    Assignment.objects.filter(visit=visit).update(professional=world.elise)
    client = client_for(world.practitioner)
    assert board(client, url).n_placed == 1
    Grant.objects.filter(pk=grant.pk).delete()
    found = board(client, url)
    assert (found.n_placed, found.visits) == (0, [])
    assert shown(client, url) == fresh(client, url)


@pytest.mark.parametrize("url", BOTH)
def test_a_visit_one_does_not_see_makes_a_colleague_busy(world, client_for, url):
    """Its row is none of the reader's; that the colleague is taken is."""
    placed(world, at(9), world.elise)
    client = client_for(world.practitioner, "en")
    before = shown(client, url)
    hidden = placed(world, at(13), world.elise, team=world.french, site=world.cada)
    after = shown(client, url)
    assert after != before
    assert after == fresh(client, url)
    assert board(client, url).n_placed == 1
    move(hidden, 2)
    assert shown(client, url) != after
    Assignment.objects.filter(visit=hidden).delete()
    assert shown(client, url) == before


def test_who_was_there_before_is_asked_again_when_a_person_goes_to_another_team(world, client_for, stage):
    """Who is proposed first rests on rows about the person; taken from the team, nothing of them is remembered."""
    earlier = make_visit(world, opens=at(9) - timedelta(days=3), person=world.person)
    Visit.objects.filter(pk=earlier.pk).update(
        held=span(at(9) - timedelta(days=3), at(10) - timedelta(days=3)), state="done"
    )
    slot = earlier.slots.get(discipline="psychologist")
    Assignment.objects.create(
        slot=slot, visit=earlier, professional=world.elise, state="done",
        held=span(at(9) - timedelta(days=3), at(10) - timedelta(days=3)),
    )  # fmt: skip
    who = actor(world.coordinator)

    def preferred():
        with acting(who):
            dayboard.build(who, clock.today(), dayboard.Choice())
        ((_key, day),) = kept._days._kept.items()
        return dict(day._preferred[1])[stage.waiting.pk] if day._preferred[1] else {}

    assert preferred() == {"psychologist": frozenset({str(world.elise.pk)})}
    RequestPerson.objects.filter(person=world.person).update(team=world.french)
    assert preferred() == {}


# No more than what was written


@pytest.fixture
def read(monkeypatch):
    """Visits, and people by what is asked of them, as they are read."""
    found = {"visits": [], "people": [], "busy": []}
    visits, people, busy = kept.read_visits, workforce.read, workforce.busy_times
    monkeypatch.setattr(kept, "read_visits", lambda who, ids: found["visits"].extend(ids) or visits(who, ids))

    def reading(*args):
        rows = people(*args)
        found["people"].extend(rows)
        return rows

    monkeypatch.setattr(workforce, "read", reading)
    monkeypatch.setattr(
        workforce, "busy_times", lambda ids, *args: found["busy"].extend(ids) or busy(ids, *args)
    )
    return found


@pytest.mark.parametrize("url", BOTH)
def test_only_the_visit_that_was_written_and_its_people_are_read_again(world, client_for, stage, read, url):
    other = placed(world, at(11), world.marc)
    client = client_for(world.coordinator)
    client.get(url)
    assert {stage.both.pk, stage.waiting.pk, other.pk} == set(read["visits"])
    for name in read:
        del read[name][:]
    move(other, 1)
    client.get(url)
    assert read == {"visits": [other.pk], "people": [], "busy": [world.marc.pk]}
    client.get(url)
    assert read == {"visits": [other.pk], "people": [], "busy": [world.marc.pk]}


def test_sums_change_for_what_was_written_alone(world, stage):
    people = [world.elise.pk, world.selam.pk, world.marc.pk]
    visits = [stage.both.pk, stage.waiting.pk]

    def stands():
        with acting(actor(world.coordinator)):
            return versions.stands(people, visits, visits[1:], at(0), at(23))

    def differ(old, new):
        return {pk for pk in {*old, *new} if old.get(pk) != new.get(pk)}

    before = stands()
    assert stands() == before
    move(stage.both, 1)
    moved = stands()
    assert differ(before.visits, moved.visits) == {stage.both.pk}
    assert differ(before.days, moved.days) == {world.elise.pk, world.selam.pk}
    assert (moved.people, moved.house, moved.everybody) == (before.people, before.house, before.everybody)
    world.marc.weekly_shifts.all().delete()
    shorter = stands()
    assert differ(moved.people, shorter.people) == {world.marc.pk}
    assert (shorter.days, shorter.visits) == (moved.days, moved.visits)


@pytest.mark.parametrize("url", BOTH)
def test_a_world_of_many_teams_takes_no_statement_more(world, client_for, stage, url):
    client = client_for(world.coordinator)

    def count():
        client.get(url)
        move(Visit.objects.get(pk=stage.both.pk), 0)
        with CaptureQueriesContext(connection) as queries:
            client.get(url)
        return len(queries)

    few = count()
    for n in range(dayboard.FEW_TEAMS + 1):
        Team.objects.create(
            organisation=world.house_be, name=f"Autre {n}", kind=TeamKind.INTEGRAPSY, versant="wal"
        )
    answers.forget()
    assert count() == few


def test_few_days_are_kept(world, client_for):
    client = client_for(world.coordinator)
    for n in range(12):
        client.get(f"/board/?day=2026-12-{n + 1:02d}")
    assert len(kept._days._kept) == 8


def test_words_of_a_placed_visit_are_escaped():
    item = SimpleNamespace(
        key="1", place="A & B", start=at(9), end=at(10), url="/x/?a=1&b=2", sign="wait", word="<i>",
        people=[("<b>Zoé</b>", "R&D", "wait", "attend <"), ("Ana", "infirmière", "", "")],
    )  # fmt: skip
    html = markup.placed([item], dated=False)
    assert "<b>Zoé" not in html
    assert '<a href="/x/?a=1&amp;b=2">A &amp; B</a>' in html
    assert "&lt;b&gt;Zoé&lt;/b&gt;, R&amp;D" in html
    assert html.count('class="mark wait"') == 1  # a visit that waits says so beside the one who is waited for
    assert "attend &lt;" in html
