"""Who reads and writes which part of a record: a truth table over roles, of one's own team and of others."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from tests.records.visits import content, make_visit
from tests.world import actor
from versants.core import clock
from versants.core.access.scope import acting
from versants.core.errors import ActionDenied
from versants.core.periods import span
from versants.core.rules import allows
from versants.mobile import record_rules as rules
from versants.mobile.models import ClinicalNote, ConfirmedHours, InterventionFact, Record, SocialNote, Visit
from versants.mobile.services import records
from versants.people.models import Consent

# role: (may write the record, may write and read clinical notes, what the page shows)
TRUTH = {
    "coordinator": (True, False, "record"),
    "clinician": (True, True, "record"),
    "practitioner": (True, False, "record"),
    "interpreter": (False, False, "hours"),
    "french_coordinator": (False, False, "closed"),
    "french_clinician": (False, False, "closed"),
    "desk": (False, False, "closed"),
    "requester": (False, False, "closed"),
    "site_manager": (False, False, "closed"),
    "officer": (False, False, "closed"),
    "controller": (False, False, "closed"),
    "authority_member": (False, False, "closed"),
    "funder": (False, False, "closed"),
    "dpo": (False, False, "closed"),
    "administrator": (False, False, "closed"),
}


def write(w, member, visit, version=0, **changes):
    me = actor(member)
    with acting(me):
        return records.save_draft(visit=visit, actor=me, version=version, content=content(visit, **changes))


@pytest.mark.parametrize("role", sorted(TRUTH))
def test_truth_table(walk, client_for, role):
    may_write, clinical, shows = TRUTH[role]
    first = write(walk, walk.clinician, walk.visit, social_note="Zzsocial", clinical_note="Zzclinique")
    with acting(actor(walk.clinician)):
        records.sign_record(record=first, actor=actor(walk.clinician), version=first.version)
    member = getattr(walk, role)
    me = actor(member)
    with acting(me):
        assert allows(rules.check_may_write_record, me, walk.visit) is may_write
        assert allows(rules.check_may_write_clinical, me, walk.visit) is clinical
        assert (records.read_note(SocialNote, walk.visit, me) == "Zzsocial") is may_write
        assert (records.read_note(ClinicalNote, walk.visit, me) == "Zzclinique") is clinical
    page = client_for(member).get(reverse("visit_record", args=[walk.visit.uid]))
    text = page.content.decode()
    assert ("Zzsocial" in text) is may_write
    assert ("Zzclinique" in text) is clinical
    found = {200: "hours" if "hours-form" in text else "record"}.get(page.status_code, "closed")
    assert found == shows


def test_a_practitioners_form_has_no_clinical_field_and_takes_none(walk, client_for):
    browser = client_for(walk.practitioner)
    url = reverse("visit_record", args=[walk.visit.uid])
    assert "clinical_note" not in browser.get(url).content.decode()
    start = clock.local(walk.visit.held.lower)
    answer = browser.post(
        url,
        {
            "version": 0,
            "kind": "crisis",
            "mode": "on_site",
            "with_interpreter": "yes",
            "began_on": start.date().isoformat(),
            "began_time": f"{start:%H:%M}",
            "social_note": "vu",
            "clinical_note": "glissé",
        },
    )
    assert answer.status_code == 302
    assert (SocialNote.objects.count(), ClinicalNote.objects.count()) == (1, 0)


# -- a carer invited from the other side of the border ---------------------------------------------------


@pytest.fixture
def invited(world):
    """Nadège, of the French team, at Le Refuge for a Walloon visit; the person agreed to share with her versant."""
    Consent.objects.create(
        person=world.person,
        team=world.walloon,
        purpose="cross_border",
        receiving_versant="hauts-de-france",
        period=span(clock.now() - timedelta(days=2), None),
        mode="oral",
    )
    world.visit = make_visit(
        world.walloon,
        world.refuge,
        [("psychologist", world.nadege), ("interpreter", world.selam)],
        persons=[world.person],
    )
    return world


def test_an_invited_carer_writes_and_signs_through_the_grant(invited):
    me = actor(invited.french_clinician)
    with acting(me):
        visit = Visit.objects.visible_to(me).get(pk=invited.visit.pk)
        assert [person.code for person in records.candidates(visit, me)] == [invited.person.code]
        record = records.save_draft(
            visit=visit,
            actor=me,
            version=0,
            content=content(
                visit,
                person_ids=frozenset({invited.person.pk}),
                social_note="note sociale",
                clinical_note="note clinique",
                steps=(("call_back", clock.today()),),
            ),
        )
        records.sign_record(record=record, actor=me, version=record.version)
    invited.visit.refresh_from_db()
    fact = InterventionFact.objects.get()
    assert invited.visit.state == "done"
    assert set(invited.visit.assignments.values_list("state", flat=True)) == {"done"}
    # The visit is the owning team's, and so is what was written; it counts where it took place.
    assert (fact.team_id, fact.versant, fact.n_first_contacts) == (invited.walloon.pk, "wallonie", 1)
    assert Record.objects.get().team_id == SocialNote.objects.get().team_id == invited.walloon.pk
    with acting(actor(invited.clinician)):
        assert records.read_note(ClinicalNote, invited.visit, actor(invited.clinician)) == "note clinique"


def test_an_invited_carer_without_consent_writes_with_the_code_alone(world):
    visit = make_visit(world.walloon, world.refuge, [("psychologist", world.nadege)], persons=[world.person])
    me = actor(world.french_clinician)
    with acting(me):
        record = records.save_draft(
            visit=visit,
            actor=me,
            version=0,
            content=content(visit, person_ids=frozenset({world.person.pk}), social_note="vu"),
        )
        signed = records.sign_record(record=record, actor=me, version=record.version)
    assert signed.state == "signed"


def test_the_invited_carers_colleagues_read_nothing(invited):
    write(invited, invited.french_clinician, invited.visit, social_note="x")
    me = actor(invited.french_coordinator)
    with acting(me):
        assert Record.objects.count() == SocialNote.objects.count() == 0


# -- hours ------------------------------------------------------------------------------------------------


def test_an_interpreter_confirms_own_hours_and_sees_no_note(walk, client_for):
    browser = client_for(walk.interpreter, "nl")
    url = reverse("visit_record", args=[walk.visit.uid])
    page = browser.get(url)
    text = page.content.decode()
    assert walk.person.code not in text
    assert "social_note" not in text
    start = clock.local(walk.visit.held.lower)
    data = {
        "began_on": start.date().isoformat(),
        "began_time": f"{start:%H:%M}",
        "minutes": 80,
        "travel_min": 40,
    }
    assert browser.post(url, data).status_code == 302
    assert browser.post(url, {**data, "minutes": 90}).status_code == 302
    hours = ConfirmedHours.objects.get()
    assert (hours.minutes, hours.travel_min, hours.professional_id) == (90, 40, walk.selam.pk)
    assert browser.post(url, {**data, "minutes": "beaucoup"}).status_code == 422


def test_nobody_confirms_the_hours_of_another(walk):
    theirs = walk.visit.assignments.get(professional=walk.elise)
    me = actor(walk.interpreter)
    with acting(me), pytest.raises(ActionDenied) as refused:
        records.confirm_hours(
            assignment=theirs, actor=me, began_at=walk.visit.held.lower, minutes=60, travel_min=0
        )
    assert refused.value.code == "hours.not_yours"
    hours = ConfirmedHours(
        assignment=theirs,
        professional=walk.elise,
        organisation=walk.house_be,
        began_at=walk.visit.held.lower,
        minutes=60,
    )
    with acting(me), pytest.raises(DatabaseError), transaction.atomic():
        hours.save(force_insert=True)
