"""A board that is remembered is the board as it stands: never an older one, never another reader's."""

from __future__ import annotations

import random
import re
from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from tests.board.test_drawing import DAY, at, placed
from tests.board.test_rows import absent, on_call
from tests.booking.visits import make_visit
from tests.world import make_professional
from versants.core import clock
from versants.core.models import Grant
from versants.core.periods import span
from versants.mobile.enums import Pin
from versants.mobile.models import Assignment, Slot, Visit
from versants.mobile.planning import answers, dayboard
from versants.people.models import Absence, Professional, ProfessionalLanguage, Site, Team
from versants.territory.models import Commune

NOW = "2026-11-24T06:00:00+00:00"
WEEK = f"{DAY}&view=week"


@pytest.fixture(autouse=True)
def _frozen(settings):
    settings.FROZEN_NOW = NOW
    answers.forget()


@pytest.fixture
def built(monkeypatch):
    """Grows with each board that is built and not remembered."""
    found: list[str] = []
    really = dayboard._built
    monkeypatch.setattr(dayboard, "_built", lambda *args: found.append("built") or really(*args))
    return found


def shown(client, url) -> str:
    """The page without what is another one at each request."""
    html = client.get(url).content.decode()
    html = re.sub(r'(name="csrfmiddlewaretoken" value|data-version|csrfToken)="[^"]*"', r"\1", html)
    return re.sub(r'"X-CSRFToken": ?"[^"]*"', "", html)


def fresh(client, url) -> str:
    answers.forget()
    return shown(client, url)


def one(rng, rows):
    return rng.choice(list(rows.order_by("pk")))


def changes(world, settings):
    """What happens around a board, each to be done by chance."""

    def later(rng):
        now = datetime.fromisoformat(settings.FROZEN_NOW)
        settings.FROZEN_NOW = (now + timedelta(minutes=rng.choice([1, 7, 61, 190]))).isoformat()

    def moved(rng):
        visit = one(rng, Visit.objects.exclude(held=None))
        start = at(rng.randrange(7, 19), 30)
        visit.held = (start, start + timedelta(hours=1))
        visit.save(update_fields=["held"])
        Assignment.objects.filter(visit=visit).update(held=visit.held)

    def people(rng):
        return rng.choice([world.elise, world.marc, world.selam, world.nadege, world.thomas])

    def set_one(model, **values):
        def change(rng):
            row = one(rng, model.objects.all())
            for name, choose in values.items():
                setattr(row, name, choose(rng))
            row.save(update_fields=list(values))

        return change

    return [
        later,
        lambda rng: placed(
            world, at(rng.randrange(7, 18)), people(rng), state=rng.choice(["offered", "accepted"])
        ),
        lambda rng: placed(
            world, at(rng.randrange(7, 18)), people(rng), team=world.french, site=world.cada, travel=25
        ),
        lambda rng: make_visit(world, opens=at(rng.randrange(9, 18))),
        lambda rng: make_visit(world, opens=at(rng.randrange(9, 18)), slots=[("lawyer", None)]),
        lambda rng: absent(people(rng), rng.choice(["ill", "meeting"]), at(8), at(rng.randrange(9, 20))),
        lambda rng: Absence.objects.all().delete(),
        lambda rng: on_call(people(rng), at(18), at(rng.randrange(19, 23))),
        lambda rng: people(rng).weekly_shifts.filter(weekday=rng.randrange(7)).delete(),
        lambda rng: make_professional(
            world.walloon, f"Ana{rng.random():.5f}", "Neuve", disciplines=["psychologist"],
            languages=[("fra", 7)],
        ),
        lambda rng: ProfessionalLanguage.objects.filter(professional=world.hiwot).update(
            level=rng.randrange(1, 8)
        ),
        set_one(Visit, urgency=lambda rng: rng.choice(["crisis", "urgent", "planned"])),
        set_one(Visit, pin=lambda rng: rng.choice([Pin.FREE, Pin.TIME])),
        set_one(
            Visit, commune=lambda rng: one(rng, Commune.objects.filter(name_fr__in=["Mouscron", "Tournai"]))
        ),
        set_one(Visit, state=lambda rng: "cancelled"),
        set_one(Slot, level=lambda rng: rng.randrange(1, 7)),
        set_one(Professional, last_name=lambda rng: f"Zx{rng.random():.5f}"),
        set_one(Team, name=lambda rng: f"Team {rng.random():.5f}"),
        set_one(Site, lat=lambda rng: 50.4 + rng.random() / 5),
        set_one(Assignment, state=lambda rng: rng.choice(["offered", "accepted", "declined", "lapsed"])),
        set_one(Assignment, answer_by=lambda rng: at(rng.randrange(6, 12))),
        moved,
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_what_is_remembered_is_what_would_be_built(world, client_for, settings, monkeypatch, seed):
    """Whatever happens, in any order, to whomever: the page is the one of a process that remembers nothing."""
    monkeypatch.setattr("versants.mobile.planning.unplaced.BUDGET_S", 60.0)
    rng = random.Random(seed)
    placed(world, at(9), world.elise, world.selam)
    make_visit(world, opens=at(10))
    done = changes(world, settings)
    readers = [
        (membership, language, url, client_for(membership, language))
        for membership, language, url in (
            (world.coordinator, "fr", DAY),
            (world.coordinator, "nl", WEEK),
            (world.desk, "fr", DAY),
            (world.practitioner, "fr", DAY),
        )
    ]
    for step in range(14):
        with suppress(IntegrityError), transaction.atomic():  # what the database refuses did not happen
            rng.choice(done)(rng)
        asked = rng.sample(readers, 2)
        for _membership, _language, url, client in asked:
            remembered = [shown(client, url), shown(client, url), shown(client, url)]
            kept = list(dayboard._boards._kept.items())
            assert remembered == [fresh(client, url)] * 3, (seed, step, url)
            for key, value in kept:  # the others are still remembered when the next change comes
                dayboard._boards.keep(key, value)


def test_same_board_is_built_once_and_then_remembered(world, client_for, built):
    placed(world, at(9), world.elise)
    client = client_for(world.coordinator)
    for url in (DAY, WEEK):
        del built[:]
        pages = [shown(client, url) for _time in range(4)]
        assert len(built) == 1
        assert len(set(pages)) == 1


def test_another_reader_or_language_is_another_board(world, client_for, built):
    placed(world, at(9), world.elise)
    for _time in range(3):
        client_for(world.coordinator, "fr").get(DAY)
    for membership, language in ((world.coordinator, "nl"), (world.desk, "fr"), (world.practitioner, "fr")):
        del built[:]
        client_for(membership, language).get(DAY)
        assert built


def test_a_visit_taken_from_a_reader_goes_from_their_board(world, client_for, settings):
    """Which visits one sees is asked each time: nothing else of the board has to change."""
    visit = placed(world, at(9), world.marc, team=world.french, site=world.cada)
    grant = Grant.objects.create(
        subject_kind="visit",
        subject_id=visit.pk,
        holder_kind="membership",
        holder_id=world.practitioner.pk,
        data_class="logistic",
        period=span(clock.now() - timedelta(days=1), clock.now() + timedelta(minutes=30)),
        because="assignment",
        given_by_team=world.french.pk,
    )
    client = client_for(world.practitioner)
    for _time in range(3):
        assert client.get(DAY).context["board"].n_placed == 1
    settings.FROZEN_NOW = grant.period.upper.isoformat()
    assert client.get(DAY).context["board"].n_placed == 0


def test_a_visit_that_begins_does_not_move_any_more(world, client_for, settings, built):
    placed(world, at(9), world.elise, pin=Pin.FREE)
    client = client_for(world.coordinator, "en")
    for _time in range(3):
        assert client.get(DAY).context["board"].visits[0].sign == "move"
    settings.FROZEN_NOW = "2026-11-24T07:59:00+00:00"
    del built[:]
    assert client.get(DAY).context["board"].visits[0].sign == "move"
    assert not built
    settings.FROZEN_NOW = "2026-11-24T08:00:00+00:00"
    assert client.get(DAY).context["board"].visits[0].sign == "fixed"


def test_how_long_ago_is_said_by_the_minute(world, client_for, settings, built):
    visit = make_visit(world, opens=at(15))
    client = client_for(world.coordinator, "en")
    settings.FROZEN_NOW = "2026-11-24T06:01:00+00:00"
    Visit.objects.filter(pk=visit.pk).update(created_at=clock.now() - timedelta(minutes=10))
    for _time in range(3):
        (before,) = client.get(DAY).context["board"].unplaced
    del built[:]
    settings.FROZEN_NOW = "2026-11-24T06:04:00+00:00"
    (after,) = client.get(DAY).context["board"].unplaced
    assert not built
    assert before.note != after.note


def test_what_is_written_while_a_board_is_built_is_seen_the_next_time(world, client_for, monkeypatch):
    """The rows are summed up before they are read: a change in between is not taken for what was summed up."""
    placed(world, at(9), world.elise)
    client = client_for(world.coordinator, "en")
    really = dayboard._built

    def slow(*args):
        found = really(*args)
        Professional.objects.filter(pk=world.elise.pk).update(last_name="Zxnouveau")
        return found

    monkeypatch.setattr(dayboard, "_built", slow)
    assert "Zxnouveau" not in client.get(DAY).content.decode()
    monkeypatch.setattr(dayboard, "_built", really)
    assert "Zxnouveau" in client.get(DAY).content.decode()


def test_few_boards_are_remembered(world, client_for):
    client = client_for(world.coordinator)
    for n in range(20):
        client.get(f"{DAY}&n={n}")
    assert len(dayboard._boards._kept) == 16
