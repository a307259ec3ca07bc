"""Staff time in ten seconds; next steps with one tap."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from tests.records.visits import make_visit
from tests.world import actor
from versants.core import clock
from versants.core.access.scope import acting
from versants.core.errors import ActionDenied, BadInput, InvalidTransition
from versants.mobile.models import FollowUp, StaffTime
from versants.mobile.services import follow_up, staff_time


def keep(member, minutes, day=None):
    me = actor(member)
    with acting(me):
        return staff_time.keep_times(actor=me, day=day or clock.today(), minutes=minutes)


def test_one_line_per_day_and_kind_and_zero_removes_it(world):
    keep(world.clinician, {"travel": 40, "writing": 30})
    assert keep(world.clinician, {"travel": 55, "writing": 0}) == {"travel": 55}
    assert list(StaffTime.objects.values_list("professional", "kind", "minutes")) == [
        (world.elise.pk, "travel", 55)
    ]


@pytest.mark.parametrize(
    ("minutes", "days", "code"),
    [
        ({"travel": 800, "meeting": 700}, 0, "times.minutes"),
        ({"travel": -15}, 0, "times.minutes"),
        ({"lunch": 60}, 0, "times.kind"),
        ({"travel": 60}, 1, "times.future"),
        ({"travel": 60}, -90, "times.past"),
    ],
)
def test_what_cannot_be_is_refused(world, minutes, days, code):
    with pytest.raises(BadInput) as refused:
        keep(world.clinician, minutes, clock.today() + timedelta(days=days))
    assert refused.value.code == code
    assert StaffTime.objects.count() == 0


def test_only_professionals_keep_times_and_only_their_own(world):
    with pytest.raises(ActionDenied):
        keep(world.coordinator, {"travel": 15})
    keep(world.clinician, {"travel": 15})
    with acting(actor(world.practitioner)):
        assert StaffTime.objects.count() == 0


@pytest.mark.parametrize("language", ["fr", "nl"])
def test_a_stepper_is_a_plain_post(world, client_for, language):
    browser = client_for(world.clinician, language)
    url = reverse("times")
    assert browser.get(url).status_code == 200
    for step in ("travel:+", "travel:+", "travel:-", "meeting:+", "meeting:-", "meeting:-"):
        kept = dict(StaffTime.objects.values_list("kind", "minutes"))
        data = {"day": clock.today().isoformat(), "step": step, **kept}
        assert browser.post(url, data).status_code == 302
    assert dict(StaffTime.objects.values_list("kind", "minutes")) == {"travel": 15}


@pytest.mark.parametrize("data", [{"travel": "une heure"}, {"travel": "1500"}, {"travel": "٣٠"}])
def test_what_was_typed_wrong_is_kept_and_explained(world, client_for, data):
    answer = client_for(world.clinician).post(reverse("times"), {"day": clock.today().isoformat(), **data})
    assert answer.status_code == 422
    assert data["travel"] in answer.content.decode()


def test_an_unreadable_day_is_refused_not_replaced(world, client_for):
    assert client_for(world.clinician).get(reverse("times"), {"day": "23/11"}).status_code == 422


# -- next steps -------------------------------------------------------------------------------------------


@pytest.fixture
def steps(world):
    visit = make_visit(world.walloon, world.refuge, [("psychologist", world.elise)], persons=[world.person])

    def make(days, **fields):
        return FollowUp.objects.create(
            visit=visit,
            team=world.walloon,
            person=world.person,
            step=fields.pop("step", "call_back"),
            due_on=clock.today() + timedelta(days=days),
            **fields,
        )

    world.late, world.soon = make(-3), make(4, step="doctor", by_professional=world.elise)
    world.over = make(-9, done_at=clock.now())
    foreign = make_visit(world.french, world.cada, [("psychologist", world.nadege)])
    world.foreign = FollowUp.objects.create(
        visit=foreign, team=world.french, step="papers", due_on=clock.today()
    )
    return world


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["late", "soon"]),
        ({"when": "late"}, ["late"]),
        ({"when": "done"}, ["over"]),
        ({"step": "doctor"}, ["soon"]),
        ({"when": "unheard of"}, ["late", "soon"]),
    ],
)
def test_the_list_shows_the_teams_own_overdue_first(steps, client_for, query, expected):
    page = client_for(steps.coordinator).get(reverse("follow_up"), query)
    assert page.context["table"].rows == [getattr(steps, name) for name in expected]


def test_mine_are_those_i_wrote(steps, client_for):
    page = client_for(steps.clinician).get(reverse("follow_up"), {"whose": "mine"})
    assert page.context["table"].rows == [steps.soon]


def test_one_tap_and_back(steps, client_for):
    browser = client_for(steps.practitioner)
    url = reverse("follow_up_done", args=[steps.late.uid])
    assert (
        browser.post(url, {"done": "1", "next": "/follow-up/?when=late"}).headers["Location"]
        == "/follow-up/?when=late"
    )
    steps.late.refresh_from_db()
    assert steps.late.done_at is not None
    assert browser.post(url, {"done": "1"}).status_code == 409
    assert (
        browser.post(url, {"done": "0", "next": "https://example.org/"}).headers["Location"] == "/follow-up/"
    )
    steps.late.refresh_from_db()
    assert steps.late.done_at is None


def test_the_other_teams_step_is_not_found(steps, client_for):
    url = reverse("follow_up_done", args=[steps.foreign.uid])
    assert client_for(steps.coordinator).post(url, {"done": "1"}).status_code == 404


def test_a_step_is_ticked_once(steps):
    me = actor(steps.coordinator)
    with acting(me):
        follow_up.set_done(step=steps.late, actor=me, done=True)
        with pytest.raises(InvalidTransition):
            follow_up.set_done(step=steps.late, actor=me, done=True)


@pytest.mark.parametrize("n", [1, 3])
def test_the_lists_queries_do_not_grow(world, client_for, django_assert_max_num_queries, n):
    visit = make_visit(world.walloon, world.refuge, [("psychologist", world.elise)], persons=[world.person])
    for _i in range(n):
        FollowUp.objects.create(
            visit=visit, team=world.walloon, person=world.person, step="papers", due_on=clock.today()
        )
    browser = client_for(world.coordinator)
    with django_assert_max_num_queries(16):
        assert len(browser.get(reverse("follow_up")).context["table"].rows) == n
