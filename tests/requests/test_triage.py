"""What triage decides: proposals, needs, visits, slots; what is refused, and by which sentence."""

from __future__ import annotations

import pytest

from tests.requests.making import PAIR, ask_by_link, ask_by_phone, hold, make_need, make_plan
from tests.world import actor
from versants.core import clock
from versants.core.access.scope import acting
from versants.core.errors import ActionDenied, BadInput, Conflict, InvalidTransition
from versants.mobile.models import Need, Request, RequestEvent, Slot, Visit
from versants.mobile.services import requests, triage


@pytest.fixture(autouse=True)
def _now(settings):
    settings.FROZEN_NOW = "2026-10-01T09:00:00+02:00"


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
        ({"audience": "group", "n_people": 8}, "talk_group", ["psychologist", "mediator", "interpreter"]),
        ({"categories": ["papers"]}, "referral", ["social_worker", "interpreter"]),
        ({"categories": ["sleep"]}, "assessment", ["psychologist", "interpreter"]),
    ],
)
def test_other_requests_are_proposed_what_fits(world, fields, kind, disciplines):
    found, visit = triage.proposal(ask_by_phone(world, **fields))
    assert (found, [slot.discipline for slot in visit.slots]) == (kind, disciplines)


@pytest.mark.parametrize(
    ("versant", "spoken", "interpreted"),
    [
        ("wallonie", ["fra"], None),
        ("wallonie", ["fra", "tir"], None),
        ("wallonie", ["nld"], ("nld", ())),
        ("wallonie", ["tir", "fra", "amh"], ("tir", ("amh",))),
        ("west-vlaanderen", ["nld"], None),
        ("west-vlaanderen", ["fra", "nld"], ("fra", ())),
    ],
)
def test_nobody_interprets_the_language_the_team_works_in(world, versant, spoken, interpreted):
    request = ask_by_phone(world, categories=["sleep"], languages=spoken)
    request.team.versant = versant
    _kind, visit = triage.proposal(request)
    found = [(s.language, s.second_languages) for s in visit.slots if s.discipline == "interpreter"]
    assert found == ([interpreted] if interpreted else [])


def test_triage_answers_the_request(world):
    need = make_need(world)
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
    need = make_need(world)
    with acting(actor(world.desk)) as who:
        assert Visit.objects.visible_to(who).filter(need_id=need.pk).count() == 1
        assert Slot.objects.visible_to(who).count() == 2


def test_places_one_after_the_other(world):
    slots = (triage.SlotPlan("psychologist"), triage.SlotPlan("lawyer", after_min=60, duration_min=45))
    need = make_need(world, visits=[make_plan("2026-10-06 14:00", slots=slots, duration_min=120)])
    assert list(Slot.objects.filter(visit__need=need).values_list("discipline", "after_min")) == [
        ("psychologist", None),
        ("lawyer", 60),
    ]


def test_eight_tuesdays_skip_a_holiday_and_keep_the_hour_across_the_winter_change(world):
    # Eight Tuesdays from 6 October 2026 at 14:00; clocks change on 25 October; none of these days is a holiday.
    need = make_need(world, series=triage.Series(8))
    starts = [clock.local(v.window.lower) for v in need.visits.order_by("series_rank")]
    assert [f"{s:%m-%d %H:%M}" for s in starts] == [
        f"{day} 14:00" for day in ("10-06", "10-13", "10-20", "10-27", "11-03", "11-10", "11-17", "11-24")
    ]
    assert need.series == {"weekday": 1, "time": "14:00", "times": 8, "every_weeks": 1, "skip_holidays": True}


def test_a_holiday_is_made_up_for_at_the_end(world):
    # Wednesday 11 November is a holiday in Belgium
    need = make_need(world, visits=[make_plan("2026-11-04 14:00")], series=triage.Series(3))
    days = [clock.local(v.window.lower).date().isoformat() for v in need.visits.order_by("series_rank")]
    assert days == ["2026-11-04", "2026-11-18", "2026-11-25"]


def test_a_drop_in_half_day(world):
    need = make_need(
        world,
        kind="drop_in",
        visits=[
            make_plan(
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
        ({"visits": [make_plan("2026-10-06 14:00", slots=())]}, "need.slots"),
        (
            {"visits": [make_plan("2026-10-06 14:00", slots=(triage.SlotPlan("interpreter"),))]},
            "need.language",
        ),
        (
            {"visits": [make_plan("2026-10-06 14:00", slots=(triage.SlotPlan("interpreter", "xxx"),))]},
            "need.language",
        ),
        ({"visits": [make_plan("2026-10-06 14:00", duration_min=3)]}, "need.duration"),
        ({"visits": [make_plan("2026-09-06 14:00")]}, "need.window_past"),
        ({"series": triage.Series(1)}, "need.series"),
    ],
)
def test_what_does_not_make_a_visit_is_said(world, fields, code):
    with pytest.raises(BadInput) as refusal:
        make_need(world, **fields)
    assert refusal.value.code == code
    assert (Visit.objects.count(), Request.objects.get().state) == (0, "new")


def test_another_team_decides_nothing(world):
    with pytest.raises((ActionDenied, Request.DoesNotExist)):
        make_need(world, member=world.french_coordinator)


def test_triage_on_an_old_page_is_refused(world):
    request = ask_by_phone(world)
    with acting(actor(world.coordinator)) as who:
        requests.accept_request(request=request, actor=who)
    with pytest.raises(Conflict):
        make_need(world, request, version=1)


def test_a_request_with_a_visit_is_neither_refused_nor_passed_nor_closed(world):
    request = ask_by_phone(world)
    make_need(world, request)
    with acting(actor(world.coordinator)) as who:
        for change in (
            lambda: requests.refuse_request(request=request, actor=who, reason="other"),
            lambda: requests.pass_request(request=request, actor=who, to_team=world.french),
            lambda: requests.close_request(request=request, actor=who),
        ):
            with pytest.raises(InvalidTransition) as refusal:
                change()
            assert refusal.value.code == "request.has_visits"


def test_the_state_follows_the_teams_found(world):
    request = ask_by_phone(world)
    need = make_need(world, request)
    visit = need.visits.get()
    hold(world, visit, world.elise)
    with acting(actor(world.coordinator)):
        assert requests.refresh_state(request).state == "planned"
        Visit.objects.update(state="open", held=None)
        assert requests.refresh_state(request).state == "accepted"


def test_several_needs_are_stored_together(world):
    request = ask_by_phone(world)
    with acting(actor(world.coordinator)) as who:
        first, then = triage.plan_needs(
            request=request,
            actor=who,
            needs=[
                triage.NeedPlan("assessment", (make_plan("2026-10-08 10:00"),)),
                triage.NeedPlan("follow_up", (make_plan("2026-10-15 14:00", 30),), triage.Series(3)),
            ],
        )
    assert [first.visits.count(), then.visits.count()] == [1, 3]
    assert [first.series, then.series["times"]] == [None, 3]
    assert set(Visit.objects.values_list("kind", "need_id")) == {
        ("assessment", first.pk),
        ("follow_up", then.pk),
    }
    assert RequestEvent.objects.get(code="triaged").facts == {"visits": 4}


def test_one_need_that_is_refused_stores_none_and_says_which(world):
    request = ask_by_phone(world)
    with acting(actor(world.coordinator)) as who, pytest.raises(BadInput) as refusal:
        triage.plan_needs(
            request=request,
            actor=who,
            needs=[
                triage.NeedPlan("assessment", (make_plan("2026-10-08 10:00"),)),
                triage.NeedPlan("follow_up", (make_plan("2026-09-15 14:00"),)),
            ],
        )
    assert (refusal.value.code, refusal.value.facts["need"]) == ("need.window_past", 1)
    assert (Need.objects.count(), Visit.objects.count()) == (0, 0)
    request.refresh_from_db()
    assert request.state == "new"


def test_all_the_needs_together_are_at_most_sixty_visits(world):
    request = ask_by_phone(world)
    many = triage.NeedPlan("follow_up", (make_plan("2026-10-08 10:00"),), triage.Series(40))
    with acting(actor(world.coordinator)) as who, pytest.raises(BadInput) as refusal:
        triage.plan_needs(request=request, actor=who, needs=[many, many])
    assert (refusal.value.code, Visit.objects.count()) == ("need.visits", 0)


def test_one_after_the_other_lasts_ten_hours_at_most(world):
    slots = (triage.SlotPlan("psychologist"), triage.SlotPlan("lawyer", after_min=550))
    with pytest.raises(BadInput) as refusal:
        make_need(world, visits=[make_plan("2026-10-06 14:00", slots=slots, duration_min=60)])
    assert refusal.value.code == "need.duration"


@pytest.mark.parametrize(
    ("kind", "roles", "hours", "minutes"),
    [
        ("drop_in", ["psychologist", "social_worker", "interpreter"], "13:30 14:00", 180),
        ("talk_group", ["psychologist", "mediator", "interpreter"], "14:00 14:30", 120),
    ],
)
def test_a_gathering_is_prepared_for_the_next_working_day_at_its_own_hours(
    world, kind, roles, hours, minutes
):
    visit = triage.prepared(ask_by_phone(world), kind)
    start, end = clock.local(visit.window.lower), clock.local(visit.window.upper)
    assert [slot.discipline for slot in visit.slots] == roles
    assert (f"{start:%Y-%m-%d %H:%M} {end:%H:%M}", visit.duration_min) == (f"2026-10-02 {hours}", minutes)


def test_a_moment_that_is_over_is_not_proposed_again(world, settings):
    request = ask_by_phone(world, window=make_plan("2026-10-01 14:00").window)
    assert triage.proposal(request)[1].window == request.window
    settings.FROZEN_NOW = "2026-10-01T15:30:00+02:00"
    window = triage.proposal(request)[1].window
    assert f"{clock.local(window.lower):%m-%d %H:%M} {clock.local(window.upper):%H:%M}" == "10-02 09:00 17:00"
