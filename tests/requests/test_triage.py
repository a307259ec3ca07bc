from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.requests.making import ask_by_link, ask_by_phone
from tests.world import actor
from versants.core import clock
from versants.core.access.scope import acting
from versants.core.errors import ActionDenied, BadInput, Conflict, InvalidTransition
from versants.core.models import Grant, Message
from versants.core.periods import lasting, span
from versants.mobile.models import Assignment, Request, Slot, Visit
from versants.mobile.services import requests, triage
from versants.people.services import grants

BRUSSELS = ZoneInfo("Europe/Brussels")
PAIR = (triage.SlotPlan("psychologist"), triage.SlotPlan("interpreter", "tir", ("amh",)))


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BRUSSELS)


@pytest.fixture(autouse=True)
def _now(settings):
    settings.FROZEN_NOW = "2026-10-01T09:00:00+02:00"


def _plan(start: str, minutes: int = 60, slots=PAIR, **fields) -> triage.VisitPlan:
    begin = _at(start)
    return triage.VisitPlan(slots=slots, window=span(begin, begin + timedelta(minutes=minutes)), **fields)


def _need(world, request=None, member=None, **fields):
    request = request or ask_by_phone(world)
    given = {"kind": "follow_up", "visits": [_plan("2026-10-06 14:00")]} | fields
    with acting(actor(member or world.coordinator)) as who:
        return triage.plan_need(request=request, actor=who, **given)


def _book(world, visit, professional):
    """Somebody holds the first place, with what it opens."""
    slot = visit.slots.first()
    row = Assignment.objects.create(
        slot=slot,
        visit=visit,
        professional=professional,
        held=lasting(visit.window.lower, 90),
        state="accepted",
    )
    visit.state, visit.held = "planned", row.held
    visit.save()
    with acting(actor(world.coordinator)):
        grants.for_assignment(
            assignment_id=row.pk,
            visit_id=visit.pk,
            owner=world.walloon,
            professional_id=professional.pk,
            discipline=slot.discipline,
            start=row.held.lower,
            end=row.held.upper,
            persons=[],
        )
    return row


def test_a_crisis_is_proposed_a_psychologist_and_an_interpreter_of_its_language(world):
    request = ask_by_link(world, gender_wish="woman", languages=["tir", "amh"])
    kind, visit = triage.proposal(request)

    assert kind == "crisis"
    assert visit.complexity == 4
    assert [(s.discipline, s.language, s.second_languages, s.gender) for s in visit.slots] == [
        ("psychologist", "", (), "woman"),
        ("interpreter", "tir", ("amh",), "woman"),
    ]


@pytest.mark.parametrize(
    ("fields", "kind", "disciplines"),
    [
        ({"categories": ["conflict"]}, "mediation", ["mediator", "interpreter"]),
        ({"audience": "staff", "n_people": 6, "languages": []}, "team_support", ["psychologist"]),
        ({"audience": "group", "n_people": 8}, "talk_group", ["psychologist", "interpreter"]),
        ({"categories": ["papers"]}, "referral", ["social_worker", "interpreter"]),
        ({"categories": ["sleep"]}, "assessment", ["psychologist", "interpreter"]),
    ],
)
def test_other_requests_are_proposed_what_fits(world, fields, kind, disciplines):
    found, visit = triage.proposal(ask_by_phone(world, **fields))
    assert (found, [slot.discipline for slot in visit.slots]) == (kind, disciplines)


def test_triage_answers_the_request(world):
    need = _need(world)
    request = Request.objects.get()
    visit = need.visits.get()

    assert request.state == "accepted"
    assert request.answered_at is not None
    assert (visit.state, visit.commune_id, visit.versant, visit.country) == (
        "open",
        "BE-57096",
        "wallonie",
        "BE",
    )
    assert [(s.discipline, s.language_id, s.second_languages) for s in Slot.objects.filter(visit=visit)] == [
        ("psychologist", None, []),
        ("interpreter", "tir", ["amh"]),
    ]


def test_a_desk_sees_the_visit_and_its_places(world):
    need = _need(world)
    with acting(actor(world.desk)) as who:
        assert Visit.objects.visible_to(who).filter(need_id=need.pk).count() == 1
        assert Slot.objects.visible_to(who).count() == 2


def test_places_one_after_the_other(world):
    slots = (triage.SlotPlan("psychologist"), triage.SlotPlan("lawyer", after_min=60, duration_min=45))
    need = _need(world, visits=[_plan("2026-10-06 14:00", slots=slots, duration_min=120)])
    assert list(Slot.objects.filter(visit__need=need).values_list("discipline", "after_min")) == [
        ("psychologist", None),
        ("lawyer", 60),
    ]


def test_eight_tuesdays_skip_a_holiday_and_keep_the_hour_across_the_winter_change(world):
    # Eight Tuesdays from 6 October 2026 at 14:00; clocks change on 25 October; none of these days is a holiday.
    need = _need(world, series=triage.Series(8))
    starts = [clock.local(v.window.lower) for v in need.visits.order_by("series_rank")]
    assert [f"{s:%m-%d %H:%M}" for s in starts] == [
        f"{day} 14:00" for day in ("10-06", "10-13", "10-20", "10-27", "11-03", "11-10", "11-17", "11-24")
    ]
    assert need.series == {"weekday": 1, "time": "14:00", "times": 8, "every_weeks": 1, "skip_holidays": True}


def test_a_holiday_is_made_up_for_at_the_end(world):
    # Wednesday 11 November is a holiday in Belgium
    need = _need(world, visits=[_plan("2026-11-04 14:00")], series=triage.Series(3))
    days = [clock.local(v.window.lower).date().isoformat() for v in need.visits.order_by("series_rank")]
    assert days == ["2026-11-04", "2026-11-18", "2026-11-25"]


def test_a_drop_in_half_day(world):
    need = _need(
        world,
        kind="drop_in",
        visits=[
            _plan(
                "2026-10-08 08:30", 30, duration_min=240, slots=(triage.SlotPlan("social_worker"), *PAIR[1:])
            )
        ],
    )
    visit = need.visits.get()
    assert (visit.kind, visit.duration_min, visit.complexity) == ("drop_in", 240, 2)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"kind": "nonsense"}, "need.kind"),
        ({"visits": []}, "need.visits"),
        ({"visits": [_plan("2026-10-06 14:00", slots=())]}, "need.slots"),
        ({"visits": [_plan("2026-10-06 14:00", slots=(triage.SlotPlan("interpreter"),))]}, "need.language"),
        (
            {"visits": [_plan("2026-10-06 14:00", slots=(triage.SlotPlan("interpreter", "xxx"),))]},
            "need.language",
        ),
        ({"visits": [_plan("2026-10-06 14:00", duration_min=3)]}, "need.duration"),
        ({"visits": [_plan("2026-09-06 14:00")]}, "need.window_past"),
        ({"series": triage.Series(1)}, "need.series"),
    ],
)
def test_what_does_not_make_a_visit_is_said(world, fields, code):
    with pytest.raises(BadInput) as refusal:
        _need(world, **fields)
    assert refusal.value.code == code
    assert (Visit.objects.count(), Request.objects.get().state) == (0, "new")


def test_another_team_decides_nothing(world):
    with pytest.raises((ActionDenied, Request.DoesNotExist)):
        _need(world, member=world.french_coordinator)


def test_triage_on_an_old_page_is_refused(world):
    request = ask_by_phone(world)
    with acting(actor(world.coordinator)) as who:
        requests.accept_request(request=request, actor=who)
    with pytest.raises(Conflict):
        _need(world, request, version=1)


def test_moving_one_of_a_series_frees_who_was_expected(world):
    need = _need(world, series=triage.Series(3))
    first, second, third = need.visits.order_by("series_rank")
    row = _book(world, second, world.elise)
    with acting(actor(world.coordinator)) as who:
        moved = triage.move_visit(
            visit=second,
            actor=who,
            window=span(_at("2026-10-15 09:00"), _at("2026-10-15 10:00")),
            version=second.version,
        )
    assert [v.pk for v in moved] == [second.pk]
    second.refresh_from_db()
    row.refresh_from_db()
    assert (second.state, second.held, clock.local(second.window.lower)) == (
        "open",
        None,
        _at("2026-10-15 09:00"),
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
    need = _need(world, series=triage.Series(3))
    second = need.visits.get(series_rank=2)
    with acting(actor(world.coordinator)) as who:
        triage.move_visit(
            visit=second,
            actor=who,
            window=span(_at("2026-10-14 10:00"), _at("2026-10-14 11:00")),
            scope=scope,
        )
    starts = [clock.local(v.window.lower) for v in need.visits.order_by("series_rank")]
    assert [f"{s:%m-%d %H:%M}" for s in starts] == days


def test_a_pinned_visit_does_not_move_with_the_others(world):
    need = _need(world, series=triage.Series(2))
    need.visits.filter(series_rank=2).update(pin=3)
    first = need.visits.get(series_rank=1)
    with acting(actor(world.coordinator)) as who, pytest.raises(InvalidTransition) as refusal:
        triage.move_visit(
            visit=first, actor=who, window=span(_at("2026-10-07 10:00"), _at("2026-10-07 11:00")), scope="all"
        )
    assert refusal.value.code == "visit.fixed"


def test_cancelling_the_rest(world):
    need = _need(world, series=triage.Series(4))
    third = need.visits.get(series_rank=3)
    with acting(actor(world.coordinator)) as who:
        with pytest.raises(BadInput):
            triage.cancel_visit(visit=third, actor=who, reason="because")
        triage.cancel_visit(visit=third, actor=who, reason="no_team", scope="rest")
        with pytest.raises(InvalidTransition):
            triage.cancel_visit(visit=third, actor=who, reason="no_team")
    assert list(need.visits.order_by("series_rank").values_list("state", flat=True)) == [
        "open",
        "open",
        "cancelled",
        "cancelled",
    ]


def test_a_request_with_a_visit_is_neither_refused_nor_passed_nor_closed(world):
    request = ask_by_phone(world)
    _need(world, request)
    with acting(actor(world.coordinator)) as who:
        for change in (
            lambda: requests.refuse_request(request=request, actor=who, reason="other"),
            lambda: requests.pass_request(request=request, actor=who, to_team=world.french),
            lambda: requests.close_request(request=request, actor=who),
        ):
            with pytest.raises(InvalidTransition) as refusal:
                change()
            assert refusal.value.code == "request.has_visits"


def test_withdrawing_cancels_the_visits_and_tells_who_was_expected(world):
    request = ask_by_link(world)
    need = _need(world, request)
    _book(world, need.visits.get(), world.elise)
    from tests.requests.making import link_actor

    who = link_actor(request.link, request.uid)
    with acting(who):
        requests.withdraw_request(request=request, actor=who)
    visit = Visit.objects.get()
    assert (visit.state, visit.cancel_reason) == ("cancelled", "withdrawn")
    assert Message.objects.filter(about="visit.freed").count() == 1


def test_the_state_follows_the_teams_found(world):
    request = ask_by_phone(world)
    need = _need(world, request)
    visit = need.visits.get()
    _book(world, visit, world.elise)
    with acting(actor(world.coordinator)):
        assert requests.refresh_state(request).state == "planned"
        Visit.objects.update(state="open", held=None)
        assert requests.refresh_state(request).state == "accepted"
