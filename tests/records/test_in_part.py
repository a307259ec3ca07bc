"""A visit whose team was not whole: those who went write what they did, or that it did not take place."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import translation

from tests.records.visits import content, make_visit
from tests.world import actor
from versants.core.access.scope import acting
from versants.core.errors import BadInput, InvalidTransition
from versants.core.periods import lasting
from versants.mobile import timeline
from versants.mobile.models import Assignment, ConfirmedHours, InterventionFact, Request, UnmetNeed, Visit
from versants.mobile.services import changing, records
from versants.mobile.services.states import VISIT


@pytest.fixture
def alone(walk):
    """The interpreter did not answer in time; Élise went all the same."""
    walk.visit.assignments.filter(professional=walk.selam).update(state="lapsed")
    Visit.objects.filter(pk=walk.visit.pk).update(state="open")
    Request.objects.filter(pk=walk.visit.request_id).update(state="accepted")
    walk.visit.refresh_from_db()
    return walk


def test_who_went_alone_signs_what_was_done(alone):
    me = actor(alone.clinician)
    with acting(me):
        record = records.save_draft(
            visit=alone.visit, actor=me, version=0, content=content(alone.visit, with_interpreter=False)
        )
        records.sign_record(record=record, actor=me, version=record.version)
    alone.visit.refresh_from_db()
    fact = InterventionFact.objects.get()
    assert (alone.visit.state, fact.delivered, fact.with_interpreter) == ("done", 1, "none")
    states = dict(Assignment.objects.values_list("professional__first_name", "state"))
    assert states == {"Élise": "done", "Selam": "lapsed"}


def test_the_page_does_not_say_that_nobody_is_placed(alone, client_for):
    page = client_for(alone.clinician, "en").get(reverse("visit_record", args=[alone.visit.uid]))
    assert "Nobody is placed" not in page.content.decode()
    free = make_visit(alone.walloon, alone.refuge, [], state="open")
    page = client_for(alone.clinician, "en").get(reverse("visit_record", args=[free.uid]))
    assert "Nobody is placed" in page.content.decode()


def test_for_want_of_an_interpreter_is_noted_and_counted(alone):
    me = actor(alone.clinician)
    with acting(me):
        with pytest.raises(InvalidTransition) as begun:  # the way that is shown: say so in its record
            changing.cancel_visit(visit=alone.visit, actor=me, reason="no_team")
        records.note_attempt(visit=alone.visit, actor=me, reason="no_interpreter")
    assert begun.value.code == "visit.begun"
    alone.visit.refresh_from_db()
    assert alone.visit.state == "missed"
    assert UnmetNeed.objects.get().reason == "no_interpreter"


@pytest.mark.parametrize("state", ["open", "planned"])
def test_what_the_table_allows_can_be_done(walk, state):
    """docs/states.md is drawn from the table: no way in it that is closed in the product."""
    assert VISIT.allows(state, "sign")
    assert VISIT.allows(state, "attempt")
    Visit.objects.filter(pk=walk.visit.pk).update(state=state)
    walk.visit.refresh_from_db()
    me = actor(walk.clinician)
    with acting(me):
        records.note_attempt(visit=walk.visit, actor=me, reason="refused")


def test_a_request_of_which_nothing_took_place_is_not_settled(walk):
    me = actor(walk.clinician)
    with acting(me):
        records.note_attempt(visit=walk.visit, actor=me, reason="team_prevented")
    assert Request.objects.get(pk=walk.visit.request_id).state == "accepted"


def test_a_language_asked_for_counts_also_when_an_invited_carer_signs(world):
    """Nobody interpreted: the language is the one asked for, and stands with a request the carer does not see."""
    visit = make_visit(world.walloon, world.refuge, [("psychologist", world.nadege)])
    me = actor(world.french_clinician)
    with acting(me):
        record = records.save_draft(visit=visit, actor=me, version=0, content=content(visit))
        records.sign_record(record=record, actor=me, version=record.version)
    assert InterventionFact.objects.get().language_id == "tir"


def test_an_attempt_by_an_invited_carer_counts_the_language_too(world):
    visit = make_visit(world.walloon, world.refuge, [("psychologist", world.nadege)])
    me = actor(world.french_clinician)
    with acting(me):
        records.note_attempt(visit=visit, actor=me, reason="no_interpreter")
    assert UnmetNeed.objects.get().language_id == InterventionFact.objects.get().language_id == "tir"


@pytest.mark.parametrize(("days", "far"), [(-365, True), (-32, True), (-30, False)])
def test_a_day_typed_with_the_wrong_year_is_not_signed(walk, days, far):
    began = walk.visit.held.lower + timedelta(days=days)
    me = actor(walk.clinician)
    with acting(me):
        record = records.save_draft(
            visit=walk.visit, actor=me, version=0, content=content(walk.visit, began_at=began)
        )
        if not far:
            records.sign_record(record=record, actor=me, version=record.version)
            return
        with pytest.raises(BadInput) as refused:
            records.sign_record(record=record, actor=me, version=record.version)
    assert (refused.value.code, refused.value.facts["field"]) == ("record.far", "began_on")
    assert not InterventionFact.objects.exists()


def test_hours_of_another_year_are_not_confirmed(walk):
    me = actor(walk.interpreter)
    mine = walk.visit.assignments.get(professional=walk.selam)
    with acting(me), pytest.raises(BadInput) as refused:
        records.confirm_hours(
            assignment=mine,
            actor=me,
            began_at=walk.visit.held.lower - timedelta(days=365),
            minutes=60,
            travel_min=0,
        )
    assert refused.value.code == "record.far"
    assert not ConfirmedHours.objects.exists()


def test_the_hours_proposed_are_those_of_ones_own_place(walk, client_for):
    """Half an hour of a visit of an hour: pressing the button confirms half an hour."""
    mine = walk.visit.assignments.get(professional=walk.selam)
    mine.held = lasting(mine.held.lower, 30)
    mine.save(update_fields=["held"])
    page = client_for(walk.interpreter).get(reverse("visit_record", args=[walk.visit.uid]))
    assert page.context["form"]["minutes"].value() == 30
    assert walk.visit.duration_min == 60


def test_a_visit_in_vain_is_told_by_its_reason_not_by_its_draft(walk):
    me = actor(walk.clinician)
    named = content(walk.visit, person_ids=frozenset({walk.person.pk}))
    with acting(me), translation.override("en"):
        records.save_draft(visit=walk.visit, actor=me, version=0, content=named)
        (item,) = timeline.visits(walk.person, me)
        assert str(item.text).endswith("record being written")
        records.note_attempt(visit=walk.visit, actor=me, reason="refused")
        (item,) = timeline.visits(walk.person, me)
        assert str(item.text).endswith("the person refused")
