from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.requests.making import ask_by_link, ask_by_phone
from tests.world import actor
from versants.core import clock
from versants.core.access.scope import Actor, acting
from versants.core.models import Message
from versants.mobile.models import EscalationStep, Request, RequestEvent
from versants.mobile.services import escalation, promises, requests
from versants.people.models import OnCall

BRUSSELS = ZoneInfo("Europe/Brussels")


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BRUSSELS)


@pytest.fixture
def stand(settings):
    """Stand still at a local instant."""

    def at(text: str) -> None:
        settings.FROZEN_NOW = _at(text).isoformat()

    return at


# -- promises: by hand --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("urgency", "asked", "promised"),
    [
        # eight hours by the clock, in the night of a holiday too
        ("crisis", "2026-11-11 02:10", "2026-11-11 10:10"),
        # Friday 16:00: one hour, then Monday 8 h 30, then 7 h 30 of Tuesday
        ("urgent", "2026-11-20 16:00", "2026-11-24 16:00"),
        # Tuesday 10 November, 16:00; 11 November is a holiday: Thursday 8 h 30, Friday 7 h 30
        ("urgent", "2026-11-10 16:00", "2026-11-13 16:00"),
        # asked on Sunday: five whole working days
        ("planned", "2026-11-22 10:00", "2026-11-27 17:00"),
    ],
)
def test_the_promise_counts_opening_hours(world, urgency, asked, promised):
    assert promises.promised_at(world.walloon, urgency, _at(asked)) == _at(promised)


def test_holidays_are_those_of_the_teams_country(world):
    # 21 July closes Belgium, not France
    asked = _at("2026-07-20 16:00")
    assert promises.promised_at(world.french, "urgent", asked) == _at("2026-07-22 16:00")
    assert promises.promised_at(world.walloon, "urgent", asked) == _at("2026-07-23 16:00")


def test_a_team_without_hours_or_promises_has_a_working_week(world):
    world.walloon.opening_hours, world.walloon.promise_minutes = {}, {}
    assert promises.promised_at(world.walloon, "urgent", _at("2026-11-23 08:30")) == _at("2026-11-24 17:00")


def test_a_crisis_at_night_wakes_the_watch_then_waits_for_the_morning(world):
    asked = _at("2026-11-24 02:10")
    steps = escalation.plan(world.walloon, "crisis", asked, asked + timedelta(hours=8))
    assert steps == [
        ("on_call", asked),
        ("coordinator", _at("2026-11-24 08:30")),
        ("other_team", _at("2026-11-24 09:40")),
        ("tell_requester", _at("2026-11-24 10:10")),
    ]


def test_steps_never_go_back_in_time(world):
    for hour in range(0, 24 * 8, 5):
        asked = _at("2026-12-23 00:00") + timedelta(hours=hour)
        for urgency in ("crisis", "urgent", "planned"):
            promised = promises.promised_at(world.walloon, urgency, asked)
            due = [at for _kind, at in escalation.plan(world.walloon, urgency, asked, promised)]
            assert due == sorted(due)
            assert due[0] >= asked


# -- running ------------------------------------------------------------------------------------------------------------


def _run(world, step):
    with acting(Actor.for_team(world.walloon)):
        return escalation.run_step(step.pk, world.walloon.pk)


def _steps(request):
    return list(EscalationStep.objects.filter(request=request))


@pytest.fixture
def watch(world, stand):
    stand("2026-11-24 02:10")
    return OnCall.objects.create(
        organisation=world.house_be,
        professional=world.elise,
        team=world.walloon,
        held=(clock.now() - timedelta(hours=8), clock.now() + timedelta(hours=8)),
        phone="+32 000 00 00 09",
    )


def test_the_watch_is_told_once_without_a_word_about_anybody(world, stand, watch):
    request = ask_by_link(world)
    first = _steps(request)[0]
    assert (first.whom, first.phone) == ("Élise D.", "+32 000 00 00 09")

    assert [_run(world, first) for _ in range(3)] == ["told", "done", "done"]
    message = Message.objects.get(about="request.on_call")
    assert (message.channel, message.address) == ("sms", "+32 000 00 00 09")
    for never in ("tir", "igrinya", "igrigna", "Refuge", "056"):
        assert never not in message.body
    assert "Mouscron" in message.body
    assert "10:10" in message.body
    assert list(RequestEvent.objects.filter(request=request).values_list("code", flat=True)) == [
        "received",
        "on_call_told",
    ]


def test_a_step_that_is_not_due_waits(world, stand, watch):
    request = ask_by_link(world)
    assert _run(world, _steps(request)[1]) == "early"
    assert _steps(request)[1].done_at is None


def test_without_a_watch_coordination_hears_at_once(world, stand):
    stand("2026-11-24 02:10")
    request = ask_by_link(world)
    on_call, coordination, *_later = _steps(request)
    assert _run(world, on_call) == "nobody"
    assert _steps(request)[1].due_at == clock.now()
    assert _run(world, coordination) == "told"
    assert Message.objects.get(about="request.coordinator").address == world.coordinator.account.email


def test_silence_goes_all_the_way_and_the_one_who_asked_is_told(world, stand, watch):
    request = ask_by_link(world)
    for hour, step in zip(("02:10", "08:30", "09:40", "10:10"), _steps(request), strict=True):
        stand(f"2026-11-24 {hour}")
        assert _run(world, step) == "told"
    assert Message.objects.get(about="request.other_team").address == world.french_coordinator.account.email
    assert Message.objects.get(about="request.no_answer").address == "056 00 24 10"
    last = RequestEvent.objects.filter(request=request).last()
    assert (last.code, last.for_requester) == ("no_answer", True)


def test_an_answer_overtakes_what_was_to_come(world, stand, watch):
    request = ask_by_link(world)
    steps = _steps(request)
    with acting(actor(world.clinician)) as who:
        requests.accept_request(request=request, actor=who)
    stand("2026-11-24 10:10")
    assert [_run(world, step) for step in steps] == ["done"] * 4
    assert not Message.objects.filter(about="request.no_answer").exists()


def test_steps_of_a_passed_request_are_no_longer_this_teams(world, stand):
    stand("2026-11-24 09:00")
    request = ask_by_phone(world)
    mine = _steps(request)
    with acting(actor(world.coordinator)) as who:
        requests.pass_request(request=request, actor=who, to_team=world.french)
    assert [_run(world, step) for step in mine] == ["overtaken"] * 3
    assert Request.objects.get().team == world.french
    assert EscalationStep.objects.filter(request=request, done_at=None).count() == 3


def test_the_task_does_the_step(world, stand, watch):
    from versants.mobile.tasks import escalate

    request = ask_by_link(world)
    escalate.func(step_id=_steps(request)[0].pk, team_id=world.walloon.pk)
    assert _steps(request)[0].result == "told"


def test_tasks_are_queued_with_the_request_or_not_at_all(world):
    from procrastinate.contrib.django.models import ProcrastinateJob

    request = ask_by_link(world)
    queued = ProcrastinateJob.objects.filter(task_name="mobile.escalate")
    assert [job.args["step_id"] for job in queued.order_by("id")] == [step.pk for step in _steps(request)]
    assert all(set(job.args) == {"step_id", "team_id"} for job in queued)
