"""A drop-in half-day and a talk group: from the page to a team to a record that counts; the same faces where possible."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests.requests.making import ask_by_phone, at, hold, make_need
from tests.requests.pages import fields_of
from tests.world import actor, make_professional
from versants.core.access.scope import acting
from versants.core.models import Grant
from versants.core.periods import span
from versants.mobile.models import Assignment, InterventionFact, Record, Visit
from versants.mobile.planning.question import Question
from versants.mobile.planning.situation import with_parts
from versants.mobile.services import booking, requests, triage


@pytest.fixture(autouse=True)
def _now(settings):
    settings.FROZEN_NOW = "2026-10-01T09:00:00+02:00"


@pytest.fixture
def whole_team(world):
    """A second carer of each kind a gathering asks for."""
    world.lena = make_professional(
        world.walloon, "Léna", "Noël", disciplines=["social_worker"], languages=[("fra", 7)]
    )
    world.omar = make_professional(
        world.walloon, "Omar", "Saïd", disciplines=["mediator"], gender="man", languages=[("fra", 7)]
    )
    return world


@pytest.mark.parametrize(
    ("kind", "people", "n_persons"),
    [("drop_in", ["Élise", "Léna", "Hiwot"], 9), ("talk_group", ["Élise", "Omar", "Hiwot"], 7)],
)
def test_a_gathering_goes_from_the_page_to_a_team_to_a_record_that_counts(
    whole_team, client_for, settings, kind, people, n_persons
):
    world = whole_team
    found = ask_by_phone(world, audience="group", n_people=8)
    desk = client_for(world.coordinator, "en")
    url = reverse("triage", args=[found.uid])
    step = fields_of(
        desk.post(url, fields_of(desk.get(url)) | {"v0-kind": kind, "v0-day": "2026-10-08", "do": "fill:0"})
    )
    assert desk.post(url, step).status_code == 302
    visit = Visit.objects.get()

    # Who can go: the whole team, together; the same people are offered.
    page = desk.get(f"/visits/{visit.uid}/who/")
    assert page.status_code == 200
    slots = list(visit.slots.order_by("rank"))
    by_name = {p.first_name: p for p in (world.elise, world.lena, world.omar, world.selam, world.hiwot)}
    assert (
        desk.post(
            f"/visits/{visit.uid}/assign/",
            {
                "slot": [str(slot.uid) for slot in slots],
                "professional": [str(by_name[name].uid) for name in people],
                "version": visit.version,
            },
        ).status_code
        == 303
    )
    visit.refresh_from_db()
    assert (visit.state, Assignment.objects.filter(visit=visit, state="offered").count()) == ("planned", 3)

    # Held; the record counts contacts, nobody by code.
    settings.FROZEN_NOW = "2026-10-08T18:00:00+02:00"
    carer = client_for(world.clinician, "en")
    answer = carer.post(
        f"/visits/{visit.uid}/record/",
        {
            "action": "sign",
            "version": 0,
            "kind": kind,
            "mode": "on_site",
            "n_persons": n_persons,
            "n_professionals": 0,
            "began_on": "2026-10-08",
            "began_time": "14:00",
            "duration_min": visit.duration_min,
            "done": ["listening", "informing"],
            "with_interpreter": "yes",
        },
    )
    assert answer.status_code == 302, answer.content.decode()
    record = Record.objects.get()
    assert (record.state, record.kind, record.n_persons, record.persons.count()) == (
        "signed",
        kind,
        n_persons,
        0,
    )
    visit.refresh_from_db()
    assert visit.state == "done"
    fact = InterventionFact.objects.get(kind=kind)
    assert (fact.delivered, fact.n_persons) == (1, n_persons)


def test_a_drop_in_opens_nobodys_file_even_if_the_request_knows_somebody(whole_team):
    world = whole_team
    opened = {}
    for kind in ("drop_in", "follow_up"):
        found = ask_by_phone(world, person_codes=[world.person.code])
        day = "2026-10-08" if kind == "drop_in" else "2026-10-09"
        with acting(actor(world.coordinator)) as who:
            plan = triage.VisitPlan(
                (triage.SlotPlan("psychologist"),), span(at(f"{day} 10:00"), at(f"{day} 11:00"))
            )
            visit = triage.plan_need(request=found, actor=who, kind=kind, visits=[plan]).visits.get()
            booking.assign(
                visit=visit, actor=who, places={visit.slots.get().pk: world.elise.pk}, version=visit.version
            )
        rows = Grant.objects.filter(because="assignment", because_id__in=visit.assignments.values("pk"))
        opened[kind] = rows.filter(subject_kind="person").exists()
    assert opened == {"drop_in": False, "follow_up": True}


def test_the_people_of_one_visit_of_a_series_are_proposed_first_for_the_next(world):
    make_professional(world.walloon, "Anna", "Pirard", disciplines=["psychologist"], languages=[("fra", 7)])
    need = make_need(world, series=triage.Series(2))
    first, second = need.visits.order_by("series_rank")

    def best():
        with acting(actor(world.coordinator)) as who:
            visit = with_parts(Visit.objects.visible_to(who)).get(pk=second.pk)
            question = Question(who, visit, tokens=[])
            rows = question.rows(question.options(), 1)
            return [member.first_name for member in rows[0].members], [why.code for why in rows[0].why]

    names, why = best()
    assert "continuity" not in why
    # Whoever is not the first choice by road or load holds the first visit: for the second they come first.
    wanted = next(name for name in ("Élise", "Anna") if name != names[0])
    psychologist = {p.first_name: p for p in world.walloon.professionals.all()}[wanted]
    hold(world, first, psychologist, state="offered")
    names, why = best()
    assert (names[0], "continuity" in why) == (wanted, True)
    with acting(actor(world.coordinator)):
        assert requests.refresh_state(need.request).state in {"accepted", "planned"}
