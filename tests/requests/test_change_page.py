"""The page that moves or cancels: three clear choices, each with what it touches, and a sentence afterwards."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests.requests.making import hold, make_need, make_plan
from tests.requests.pages import counted
from versants.core.models import Message
from versants.mobile.models import Visit
from versants.mobile.services import triage


@pytest.fixture(autouse=True)
def _now(settings):
    settings.FROZEN_NOW = "2026-10-01T09:00:00+02:00"


def _changed(world, client_for, visit, **fields):
    browser = client_for(world.coordinator, "en")
    url = reverse("visit_change", args=[visit.uid])
    assert browser.get(url).status_code == 200
    return browser.post(url, fields, follow=True)


def test_three_clear_choices_each_with_what_it_touches(world, client_for):
    need = make_need(world, series=triage.Series(3))
    _first, second, third = need.visits.order_by("series_rank")
    hold(world, third, world.elise)
    text = (
        client_for(world.coordinator, "en").get(reverse("visit_change", args=[second.uid])).content.decode()
    )
    assert text.count("1 visit (13 Oct). Nobody holds a place") == 2
    assert text.count("2 visits (13 Oct, 20 Oct). Élise said yes and is told.") == 2
    assert text.count("3 visits (6 Oct, 13 Oct, 20 Oct). Élise said yes and is told.") == 2


def test_a_choice_must_be_made(world, client_for):
    need = make_need(world, series=triage.Series(2))
    answer = _changed(
        world,
        client_for,
        need.visits.get(series_rank=1),
        **{"action": "cancel", "cancel-reason": "no_team", "cancel-version": 1},
    )
    assert answer.status_code == 422
    assert not Visit.objects.filter(state="cancelled").exists()


@pytest.mark.parametrize(
    ("rank", "scope", "sentence"),
    [
        (
            2,
            "one",
            "The visit of Tuesday 13 October is cancelled. Élise is told. 2 visits of the series are still to come.",
        ),
        (2, "rest", "2 visits are cancelled. Élise is told. 1 visit of the series is still to come."),
        (2, "all", "3 visits are cancelled. Élise is told. Nothing of the series is left to come."),
        (3, "one", "The visit of Tuesday 20 October is cancelled. 2 visits of the series are still to come."),
    ],
)
def test_cancelling_says_what_became_of_it_and_what_is_left(world, client_for, rank, scope, sentence):
    need = make_need(world, series=triage.Series(3))
    hold(world, need.visits.get(series_rank=2), world.elise)
    answer = _changed(
        world,
        client_for,
        need.visits.get(series_rank=rank),
        **{"action": "cancel", "cancel-reason": "no_team", "cancel-scope": scope, "cancel-version": 1},
    )
    assert sentence in answer.content.decode()


def test_moving_says_when_and_who_is_told(world, client_for):
    need = make_need(world)
    hold(world, need.visits.get(), world.elise)
    answer = _changed(
        world,
        client_for,
        need.visits.get(),
        **{
            "action": "move",
            "move-day": "2026-10-07",
            "move-from_time": "10:00",
            "move-to_time": "11:00",
            "move-scope": "one",
            "move-version": 1,
        },
    )
    assert "The visit has moved to Wednesday 7 October, 10:00 to 11:00" in answer.content.decode()
    assert "Élise is told." in answer.content.decode()
    assert Message.objects.filter(about="visit.freed").count() == 1


def test_a_visit_that_has_begun_has_no_change_page(world, client_for, settings):
    need = make_need(world)
    hold(world, need.visits.get(), world.elise)
    settings.FROZEN_NOW = "2026-10-06T14:30:00+02:00"
    answer = client_for(world.coordinator, "en").get(reverse("visit_change", args=[need.visits.get().uid]))
    assert answer.status_code == 409
    assert "This visit has begun." in answer.content.decode()


def test_the_change_page_asks_as_many_questions_for_three_visits_as_for_one(
    world, client_for, django_assert_max_num_queries
):
    browser = client_for(world.coordinator, "en")
    seen = {}
    for count, day in ((1, "2026-10-06"), (3, "2026-10-07")):
        need = make_need(world, visits=[make_plan(f"{day} 14:00")], series=triage.Series(count + 1))
        for visit in need.visits.order_by("series_rank")[:count]:
            hold(world, visit, world.elise)
        url = reverse("visit_change", args=[need.visits.get(series_rank=1).uid])
        answer, seen[count] = counted(django_assert_max_num_queries, lambda at=url: browser.get(at))
        assert answer.status_code == 200
    assert seen[1] == seen[3]
