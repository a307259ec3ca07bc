"""The page of triage: what it proposes, adds and removes without losing a word, and what it sends."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from tests.requests.making import ask_by_phone
from tests.requests.pages import counted, fields_of
from versants.core import clock
from versants.mobile.enums import InterventionKind
from versants.mobile.forms.triage import in_turn
from versants.mobile.models import Need, Request, Slot, Visit
from versants.mobile.services import triage


@pytest.fixture(autouse=True)
def _now(settings):
    settings.FROZEN_NOW = "2026-10-01T09:00:00+02:00"


@pytest.fixture
def found(world) -> Request:
    return ask_by_phone(world)


@pytest.fixture
def page(world, client_for, found):
    """GET or POST of the page as coordination, in English."""
    browser = client_for(world.coordinator, "en")
    url = reverse("triage", args=[found.uid])

    def ask(fields=None, **headers):
        return browser.get(url) if fields is None else browser.post(url, fields, headers=headers or None)

    return ask


def test_the_proposal_shows_the_places_it_needs_and_no_empty_one(page):
    fields = fields_of(page())
    assert fields["visit"] == ["0"]
    assert fields["v0-slot"] == ["0", "1"]
    assert [fields[f"v0-s{n}-discipline"] for n in (0, 1)] == [["psychologist"], ["interpreter"]]
    assert (fields["v0-order"], fields["v0-rhythm"]) == (["together"], ["0"])


def test_one_more_visit_keeps_what_was_typed_and_comes_a_week_later_as_a_follow_up(page):
    fields = fields_of(page()) | {
        "v0-day": "2026-11-04",
        "v0-from_time": "14:15",
        "v0-to_time": "15:00",
        "v0-duration_min": "not a number",
        "v0-s1-second": "amh",
        "v0-s0-gender": "woman!",
    }
    answer = page({**fields, "do": "add"})
    assert answer.status_code == 200
    assert "not a number" in answer.content.decode()
    assert 'role="alert"' not in answer.content.decode()
    after = fields_of(answer)
    for name, value in fields.items():
        if name != "visit":
            assert after[name] == (value if isinstance(value, list) else [value])
    assert after["visit"] == ["0", "1"]
    # A week later is 11 November, a holiday: the week after.
    assert (after["v0-kind"], after["v1-kind"], after["v1-day"]) == (
        ["assessment"],
        ["follow_up"],
        ["2026-11-18"],
    )
    assert (after["v1-s0-gender"], after["v1-from_time"]) == (["woman!"], ["14:15"])
    assert not Need.objects.exists()


def test_with_htmx_the_same_comes_as_a_fragment(page):
    answer = page(fields_of(page()) | {"do": "add"}, **{"HX-Request": "true"})
    text = answer.content.decode()
    assert text.lstrip().startswith("<form")
    assert "<html" not in text
    assert answer["Vary"].count("HX-Request") == 1
    assert re.findall(r'name="(\S+)"[^>]*autofocus', text) == ["v1-kind"]


def test_places_and_visits_come_and_go(page):
    step = fields_of(page(fields_of(page()) | {"do": "slot:0"}))
    assert step["v0-slot"] == ["0", "1", "2"]
    step = fields_of(page(step | {"do": "unslot:0:0"}))
    assert [step["v0-s0-discipline"], step["v0-s1-discipline"]] == [["interpreter"], ["psychologist"]]
    step = fields_of(page(step | {"do": "add-talk_group"}))
    assert step["v1-kind"] == ["talk_group"]
    step = fields_of(page(step | {"do": "drop:0"}))
    assert (step["visit"], step["v0-kind"]) == (["0"], ["talk_group"])


@pytest.mark.parametrize(
    "what",
    [
        "",
        "nonsense",
        "drop:0",
        "drop:9",
        "drop:x",
        "slot:",
        "slot:7",
        "unslot:0:9",
        "unslot:0",
        "add-party",
        "fill:5",
    ],
)
def test_what_cannot_be_done_to_the_page_changes_nothing(page, what):
    fields = fields_of(page())
    answer = page(fields | {"do": what})
    assert (answer.status_code, fields_of(answer)) == (200, fields)


def test_the_last_place_stays_and_their_number_has_an_end(page):
    step = fields_of(page(fields_of(page()) | {"do": "unslot:0:1"}))
    assert fields_of(page(step | {"do": "unslot:0:0"}))["v0-slot"] == ["0"]
    for _time in range(10):
        step = fields_of(page(step | {"do": "slot:0"}))
    assert len(step["v0-slot"]) == 8
    for _time in range(8):
        step = fields_of(page(step | {"do": "add"}))
    assert len(step["visit"]) == 6


def test_a_kind_fills_the_block_and_leaves_the_day_and_the_rhythm(page):
    fields = fields_of(page()) | {
        "v0-kind": "talk_group",
        "v0-day": "2026-10-20",
        "v0-rhythm": "1",
        "v0-times": "8",
    }
    after = fields_of(page({**fields, "do": "fill:0"}))
    assert [after[f"v0-s{n}-discipline"][0] for n in range(3)] == ["psychologist", "mediator", "interpreter"]
    assert (after["v0-day"], after["v0-from_time"], after["v0-duration_min"]) == (
        ["2026-10-20"],
        ["14:00"],
        ["120"],
    )
    assert (after["v0-rhythm"], after["v0-times"]) == (["1"], ["8"])


def test_an_assessment_then_three_weekly_follow_ups(page, found):
    step = fields_of(page(fields_of(page()) | {"v0-day": "2026-10-08", "do": "add"}))
    answer = page(step | {"v1-rhythm": "1", "v1-times": "3"})
    assert (answer.status_code, answer["Location"]) == (302, f"/requests/{found.uid}/#visits")
    visits = Visit.objects.order_by("window")
    assert [(v.kind, f"{clock.local(v.window.lower):%m-%d}") for v in visits] == [
        ("assessment", "10-08"),
        ("follow_up", "10-15"),
        ("follow_up", "10-22"),
        ("follow_up", "10-29"),
    ]
    assert Slot.objects.count() == 8


def test_the_request_then_lists_its_visits_each_with_who_can_go(page, found, world, client_for):
    step = fields_of(page(fields_of(page()) | {"v0-day": "2026-10-08", "do": "add"}))
    page(step)
    text = client_for(world.coordinator, "en").get(f"/requests/{found.uid}/").content.decode()
    section = text[text.index('id="visits"') :]
    for visit in Visit.objects.all():
        assert f'href="/visits/{visit.uid}/who/" data-test="visit-who">Who can go?' in section
        assert f'href="/visits/{visit.uid}/change/" data-test="visit-change"' in section


def test_a_single_visit_leads_to_who_can_go(page):
    answer = page(fields_of(page()))
    assert answer["Location"] == f"/visits/{Visit.objects.get().uid}/who/"


def test_who_may_not_look_for_a_team_is_led_to_the_request(world, client_for, found):
    browser = client_for(world.practitioner, "en")
    url = reverse("triage", args=[found.uid])
    answer = browser.post(url, fields_of(browser.get(url)))
    assert answer["Location"] == f"/requests/{found.uid}/#visits"
    assert browser.get(answer["Location"]).status_code == 200


def test_one_visit_that_is_wrong_stores_none_and_keeps_all(page):
    step = fields_of(page(fields_of(page()) | {"v0-day": "2026-10-08", "do": "add"}))
    answer = page(step | {"v1-s1-language": "", "v1-rhythm": "1", "v1-times": ""})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Say which language the interpreter speaks." in text
    assert "Say how many times: 2 at least." in text
    assert fields_of(answer)["v0-day"] == ["2026-10-08"]
    assert not Need.objects.exists()


def test_what_the_service_refuses_is_said_at_its_visit(page):
    step = fields_of(page(fields_of(page()) | {"v0-day": "2026-10-08", "do": "add"}))
    answer = page(step | {"v1-day": "2026-09-08"})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert text.count("This time is over. Choose another one.") == 1
    assert text.index('data-test="visit-2"') < text.index("This time is over.")
    assert not Need.objects.exists()


def test_skipped_holidays_are_named(page, world, client_for, found):
    fields = fields_of(page()) | {"v0-day": "2026-11-04", "v0-rhythm": "1", "v0-times": "3"}
    browser = client_for(world.coordinator, "en")
    said = browser.post(reverse("triage", args=[found.uid]), fields, follow=True).content.decode()
    assert "Public holiday skipped and made up for at the end: 11 Nov" in said


def test_a_wish_is_asked_or_required_in_one_choice(page):
    page(fields_of(page()) | {"v0-s0-gender": "woman!", "v0-s1-gender": "man"})
    assert list(Slot.objects.order_by("rank").values_list("gender", "gender_required")) == [
        ("woman", True),
        ("man", False),
    ]


def test_minutes_after_the_start_count_only_one_after_the_other(page):
    page(fields_of(page()) | {"v0-s0-after_min": "40"})
    assert list(Slot.objects.values_list("after_min", flat=True)) == [None, None]


def test_one_after_the_other_begins_when_the_one_before_has_finished_and_the_interpreter_stays(page):
    step = fields_of(page(fields_of(page()) | {"do": "slot:0"}))
    page(step | {"v0-order": "after", "v0-duration_min": "45", "v0-s2-discipline": "social_worker"})
    assert list(Slot.objects.order_by("rank").values_list("discipline", "after_min", "duration_min")) == [
        ("psychologist", 0, None),
        ("interpreter", 0, 90),
        ("social_worker", 45, None),
    ]


def test_a_minute_that_was_typed_stands():
    slots = [
        triage.SlotPlan("psychologist"),
        triage.SlotPlan("lawyer", after_min=60),
        triage.SlotPlan("interpreter", "tir", after_min=60),
        triage.SlotPlan("nurse"),
    ]
    assert [(s.after_min, s.duration_min) for s in in_turn(slots, 30)] == [
        (0, None),
        (60, None),
        (60, None),
        (90, None),
    ]


def test_only_interpreters_follow_each_other():
    slots = [triage.SlotPlan("interpreter", "tir"), triage.SlotPlan("interpreter", "prs")]
    assert [(s.after_min, s.duration_min) for s in in_turn(slots, 30)] == [(0, None), (30, None)]


def test_a_request_without_a_place_asks_for_the_commune(world, client_for):
    found = ask_by_phone(world)
    # As from the public page: somebody wants to be rung, where is not said.
    Request.objects.update(site=None, site_organisation_id=None, channel="public")
    browser = client_for(world.coordinator, "en")
    url = reverse("triage", args=[found.uid])
    fields = fields_of(browser.get(url))
    refused = browser.post(url, fields | {"commune": "Nowhere-on-Sea"})
    assert refused.status_code == 422
    assert "This commune is not known." in refused.content.decode()
    kept = browser.post(url, fields | {"commune": "Tournai", "do": "add"})
    assert fields_of(kept)["commune"] == ["Tournai"]
    assert browser.post(url, fields | {"commune": "Tournai"}).status_code == 302
    assert Visit.objects.get().commune.name == "Tournai"


@pytest.mark.parametrize("language", ["fr", "nl"])
def test_every_kind_can_be_prepared_in_both_languages(world, client_for, found, language):
    browser = client_for(world.coordinator, language)
    url = reverse("triage", args=[found.uid])
    fields = fields_of(browser.get(url))
    for kind in InterventionKind:
        answer = browser.post(url, {**fields, "v0-kind": kind, "do": "fill:0"})
        assert fields_of(answer)["v0-kind"] == [kind]


# Queries


def test_the_page_asks_as_many_questions_for_three_visits_as_for_one(page, django_assert_max_num_queries):
    one = fields_of(page())
    three = fields_of(page(fields_of(page(one | {"do": "add"})) | {"do": "add"}))
    assert len(three["visit"]) == 3
    seen = {}
    for count, fields in ((1, one), (3, three)):
        for name, change in (("step", {"do": "slot:0"}), ("refused", {"v0-day": ""})):
            answer, seen[name, count] = counted(
                django_assert_max_num_queries, lambda f=fields, c=change: page(f | c)
            )
            assert answer.status_code == (200 if name == "step" else 422)
    assert seen["step", 1] == seen["step", 3]
    assert seen["refused", 1] == seen["refused", 3]
