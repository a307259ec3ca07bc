"""Moving and cancelling: one visit, the later ones, or all still to come; who is told, and what is never touched."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.requests.making import (
    ask_by_link,
    ask_by_phone,
    at,
    hold,
    link_actor,
    make_need,
    make_plan,
)
from tests.world import actor
from versants.core import clock
from versants.core.access.scope import acting
from versants.core.errors import BadInput, InvalidTransition
from versants.core.models import Grant, Message
from versants.core.periods import span
from versants.mobile.enums import VisitState
from versants.mobile.models import Visit
from versants.mobile.services import changing, requests, triage


@pytest.fixture(autouse=True)
def _now(settings):
    settings.FROZEN_NOW = "2026-10-01T09:00:00+02:00"


def test_moving_one_of_a_series_frees_who_was_expected(world):
    need = make_need(world, series=triage.Series(3))
    first, second, third = need.visits.order_by("series_rank")
    row = hold(world, second, world.elise)
    with acting(actor(world.coordinator)) as who:
        moved = changing.move_visit(
            visit=second,
            actor=who,
            window=span(at("2026-10-15 09:00"), at("2026-10-15 10:00")),
            version=second.version,
        )
    assert [v.pk for v in moved] == [second.pk]
    second.refresh_from_db()
    row.refresh_from_db()
    assert (second.state, second.held, clock.local(second.window.lower)) == (
        "open",
        None,
        at("2026-10-15 09:00"),
    )
    assert row.state == "released"
    assert not Grant.objects.filter(
        because="assignment", because_id=row.pk, period__contains=clock.now()
    ).exists()
    told = Message.objects.get(about="visit.freed")
    assert told.address == world.clinician.account.email
    assert "Mouscron" in told.body
    assert [v.window.lower for v in need.visits.filter(pk__in=[first.pk, third.pk]).order_by("pk")] == [
        first.window.lower,
        third.window.lower,
    ]


@pytest.mark.parametrize(
    ("scope", "days"),
    [
        ("one", ["10-06 14:00", "10-14 10:00", "10-20 14:00"]),
        ("rest", ["10-06 14:00", "10-14 10:00", "10-21 10:00"]),
        ("all", ["10-07 10:00", "10-14 10:00", "10-21 10:00"]),
    ],
)
def test_one_the_rest_or_all_move(world, scope, days):
    need = make_need(world, series=triage.Series(3))
    second = need.visits.get(series_rank=2)
    with acting(actor(world.coordinator)) as who:
        changing.move_visit(
            visit=second,
            actor=who,
            window=span(at("2026-10-14 10:00"), at("2026-10-14 11:00")),
            scope=scope,
        )
    starts = [clock.local(v.window.lower) for v in need.visits.order_by("series_rank")]
    assert [f"{s:%m-%d %H:%M}" for s in starts] == days


def test_a_pinned_visit_does_not_move_with_the_others(world):
    need = make_need(world, series=triage.Series(2))
    need.visits.filter(series_rank=2).update(pin=3)
    first = need.visits.get(series_rank=1)
    with acting(actor(world.coordinator)) as who, pytest.raises(InvalidTransition) as refusal:
        changing.move_visit(
            visit=first, actor=who, window=span(at("2026-10-07 10:00"), at("2026-10-07 11:00")), scope="all"
        )
    assert refusal.value.code == "visit.fixed"


def test_cancelling_the_rest(world):
    need = make_need(world, series=triage.Series(4))
    third = need.visits.get(series_rank=3)
    with acting(actor(world.coordinator)) as who:
        with pytest.raises(BadInput):
            changing.cancel_visit(visit=third, actor=who, reason="because")
        changing.cancel_visit(visit=third, actor=who, reason="no_team", scope="rest")
        with pytest.raises(InvalidTransition):
            changing.cancel_visit(visit=third, actor=who, reason="no_team")
    assert list(need.visits.order_by("series_rank").values_list("state", flat=True)) == [
        "open",
        "open",
        "cancelled",
        "cancelled",
    ]


def test_withdrawing_cancels_the_visits_and_tells_who_was_expected(world):
    request = ask_by_link(world)
    need = make_need(world, request)
    hold(world, need.visits.get(), world.elise)
    who = link_actor(request.link, request.uid)
    with acting(who):
        requests.withdraw_request(request=request, actor=who)
    visit = Visit.objects.get()
    assert (visit.state, visit.cancel_reason) == ("cancelled", "withdrawn")
    assert Message.objects.filter(about="visit.freed").count() == 1


def _move(world, visit, start: str, scope: str = "one", **fields):
    window = span(at(start), at(start) + timedelta(hours=1))
    with acting(actor(world.coordinator)) as who:
        return changing.move_visit(visit=visit, actor=who, window=window, scope=scope, **fields)


def _cancel(world, visit, scope: str = "one", reason: str = "no_team", **fields):
    with acting(actor(world.coordinator)) as who:
        return changing.cancel_visit(visit=visit, actor=who, scope=scope, reason=reason, **fields)


def _days(need):
    return [f"{clock.local(v.window.lower):%m-%d %H:%M}" for v in need.visits.order_by("series_rank")]


def _state(need):
    return list(
        need.visits.order_by("series_rank").values_list("series_rank", "state", "window", "held", "version")
    )


@pytest.mark.parametrize("scope", ["rest", "all"])
@pytest.mark.parametrize("change", [_move, _cancel])
@pytest.mark.parametrize(("state", "hour"), [("done", "08:00"), ("missed", "08:00"), ("planned", "08:00")])
def test_what_is_done_or_has_begun_is_never_touched(world, settings, scope, change, state, hour):
    """Five Tuesdays; the first is over, the second is in the state and began at eight; from the third on all move."""
    need = make_need(world, series=triage.Series(5))
    first, second, third, *_ = need.visits.order_by("series_rank")
    for visit in (first, second):
        hold(world, visit, world.elise)
    first.state = "done"
    second.state, second.held = state, span(at(f"2026-10-13 {hour}"), at("2026-10-13 16:00"))
    first.save()
    second.save()
    settings.FROZEN_NOW = "2026-10-13T09:00:00+02:00"
    before = _state(need)
    touched = (
        change(world, third, "2026-10-21 10:00", scope) if change is _move else change(world, third, scope)
    )
    assert [visit.series_rank for visit in touched] == [3, 4, 5]
    assert _state(need)[:2] == before[:2]
    assert not Message.objects.filter(about="visit.freed").exists()


@pytest.mark.parametrize("change", [lambda w, v: _move(w, v, "2026-10-21 10:00"), _cancel])
def test_a_visit_that_has_begun_is_neither_moved_nor_cancelled(world, settings, change):
    need = make_need(world)
    visit = need.visits.get()
    hold(world, visit, world.elise)
    settings.FROZEN_NOW = "2026-10-06T14:00:00+02:00"
    with pytest.raises(InvalidTransition) as refusal:
        change(world, visit)
    assert refusal.value.code == "visit.begun"
    settings.FROZEN_NOW = "2026-10-06T13:59:00+02:00"
    change(world, visit)


def test_moved_visits_skip_the_holidays_of_their_series(world):
    # Tuesdays 3, 10, 17 November to Wednesdays: 11 November is a holiday in Belgium, made up for on the 25th.
    need = make_need(world, visits=[make_plan("2026-11-03 14:00")], series=triage.Series(3))
    _move(world, need.visits.get(series_rank=1), "2026-11-04 10:00", "all")
    assert _days(need) == ["11-04 10:00", "11-25 10:00", "11-18 10:00"]
    need.refresh_from_db()
    assert (need.series["weekday"], need.series["time"]) == (2, "10:00")


def test_the_visit_itself_goes_where_it_is_put_even_on_a_holiday(world):
    need = make_need(world, visits=[make_plan("2026-11-10 14:00")], series=triage.Series(2))
    _move(world, need.visits.get(series_rank=1), "2026-11-11 10:00", "one")
    assert _days(need) == ["11-11 10:00", "11-17 14:00"]


def test_the_hour_stays_when_all_move_across_the_winter_change(world):
    need = make_need(world, visits=[make_plan("2026-10-20 14:00")], series=triage.Series(2))
    _move(world, need.visits.get(series_rank=1), "2026-10-22 09:30", "all")
    assert _days(need) == ["10-22 09:30", "10-29 09:30"]


def test_a_series_is_not_moved_into_the_past(world):
    need = make_need(world, series=triage.Series(3))
    with pytest.raises(BadInput) as refusal:
        _move(world, need.visits.get(series_rank=3), "2026-10-05 14:00", "all")
    assert (refusal.value.code, _days(need)) == (
        "visit.window",
        ["10-06 14:00", "10-13 14:00", "10-20 14:00"],
    )


def test_one_that_nobody_took_in_time_does_not_hinder_the_others(world, settings):
    need = make_need(world, series=triage.Series(3))
    settings.FROZEN_NOW = "2026-10-08T09:00:00+02:00"
    _move(world, need.visits.get(series_rank=2), "2026-10-14 14:00", "all")
    assert _days(need) == ["10-06 14:00", "10-14 14:00", "10-21 14:00"]
    assert len(_cancel(world, need.visits.get(series_rank=2), "all")) == 3


def test_each_person_is_told_once_with_every_date(world):
    need = make_need(world, series=triage.Series(3))
    for visit in need.visits.order_by("series_rank"):
        hold(world, visit, world.elise)
        row = hold(world, visit, world.selam, rank=2, state="offered")
    _move(world, need.visits.get(series_rank=1), "2026-10-07 10:00", "all")
    told = {message.team_id: message for message in Message.objects.filter(about="visit.freed")}
    # Each house writes to its own people.
    assert set(told) == {world.walloon.pk, world.desk_team.pk}
    assert [line.count("Mouscron") for line in told[world.walloon.pk].body.splitlines()] == [1, 1, 1, 0]
    assert "mardi 6 octobre" in told[world.walloon.pk].body
    row.refresh_from_db()
    assert (row.state, row.offer_token_hash) == ("released", "")


def test_who_has_no_account_is_told_by_telephone(world):
    need = make_need(world)
    hold(world, need.visits.get(), world.hiwot, rank=2)
    _cancel(world, need.visits.get())
    told = Message.objects.get(about="visit.freed")
    assert (told.channel, told.address) == ("sms", "+32 000 00 00 00")


def test_each_choice_says_what_it_touches_and_who_is_told(world):
    need = make_need(world, series=triage.Series(3))
    first, second, _third = need.visits.order_by("series_rank")
    hold(world, first, world.elise)
    hold(world, second, world.selam, rank=2, state="offered")

    with acting(actor(world.coordinator)) as who, translation.override("en"):
        found = changing.reach(who, second, moving=True)
        said = {scope: one.sentence for scope, one in found.items()}
    assert said == {
        "one": "1 visit (13 Oct). Selam was asked and is told.",
        "rest": "2 visits (13 Oct, 20 Oct). Selam was asked and is told.",
        "all": "3 visits (6 Oct, 13 Oct, 20 Oct). Élise said yes and is told. Selam was asked and is told.",
    }


def test_withdrawing_leaves_what_has_begun(world, settings):
    request = ask_by_phone(world)
    need = make_need(world, request, series=triage.Series(2))
    first, _second = need.visits.order_by("series_rank")
    hold(world, first, world.elise)
    settings.FROZEN_NOW = "2026-10-06T14:30:00+02:00"
    with acting(actor(world.coordinator)) as who:
        requests.withdraw_request(request=request, actor=who)
    assert [state for _rank, state, *_ in _state(need)] == ["planned", "cancelled"]


@pytest.mark.parametrize("count", [1, 3])
def test_what_a_choice_touches_is_read_by_three_queries(world, django_assert_num_queries, count):
    need = make_need(world, series=triage.Series(count + 1))
    for visit in need.visits.all()[:count]:
        hold(world, visit, world.elise)
    visit = need.visits.get(series_rank=1)
    with acting(actor(world.coordinator)) as who, django_assert_num_queries(3):
        changing.reach(who, visit, moving=False)


_HOURS = st.integers(-200, 200).map(lambda n: timedelta(hours=n, minutes=30))


@st.composite
def _series(draw):
    """A visit and the others of its series, in any state, some with a team, some begun, some over."""
    now = clock.now()
    visits = []
    for rank in range(1, draw(st.integers(1, 8)) + 1):
        opens = now + draw(_HOURS)
        visit = Visit(
            pk=rank,
            need_id=1,
            series_rank=rank,
            state=draw(st.sampled_from(VisitState.values)),
            window=span(opens, opens + timedelta(hours=1)),
        )
        if draw(st.booleans()):
            visit.held = span(opens, opens + timedelta(hours=2))
        visits.append(visit)
    return draw(st.sampled_from(visits)), visits


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_series(), st.sampled_from(changing.SCOPES), st.booleans())
def test_no_choice_reaches_what_is_done_or_has_begun(series, scope, moving):
    """Whatever is asked, of the others only those that are open or planned and have not begun are reached."""
    visit, visits = series
    found = changing.within(visit, visits, scope, moving=moving)
    assert visit in found
    others = [one for one in found if one.pk != visit.pk]
    for one in others:
        assert one.state in {"open", "planned"}
        assert one.held is None or one.held.lower > clock.now()
        assert scope == "all" or one.series_rank > visit.series_rank
    if scope == "one":
        assert not others
    # Nothing that should come along is forgotten.
    for one in visits:
        free = one.state in {"open", "planned"} and (one.held is None or one.held.lower > clock.now())
        in_time = one.held is not None or one.window.upper > clock.now() or not moving
        reached = scope == "all" or (scope == "rest" and one.series_rank > visit.series_rank)
        if one.pk != visit.pk:
            assert (one in others) == (free and in_time and reached)
    assert [one.series_rank for one in found] == sorted(one.series_rank for one in found)
