"""A record is written, signed once, and then stands."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from tests.records.visits import content, make_visit
from tests.world import actor
from versants.core import clock
from versants.core.access.scope import acting
from versants.core.errors import ActionDenied, BadInput, Conflict, InvalidTransition
from versants.core.models import AuditEvent
from versants.mobile import record_rules
from versants.mobile.enums import AttemptReason, RecordState
from versants.mobile.models import (
    Attempt,
    ClinicalAddition,
    ClinicalNote,
    FollowUp,
    InterventionFact,
    Record,
    RecordAddition,
    RecordPerson,
    SocialNote,
    UnmetNeed,
)
from versants.mobile.services import records


def save(member, visit, version=0, **changes):
    with acting(actor(member)):
        return records.save_draft(
            visit=visit, actor=actor(member), version=version, content=content(visit, **changes)
        )


def sign(member, record):
    with acting(actor(member)):
        return records.sign_record(record=record, actor=actor(member), version=record.version)


def signed(w, visit=None, **changes):
    visit = visit or w.visit
    return sign(w.clinician, save(w.clinician, visit, **changes))


def test_signing_writes_everything_once_in_one_transaction(walk):
    due = clock.today() + timedelta(days=3)
    record = save(
        walk.clinician,
        walk.visit,
        person_ids=frozenset({walk.person.pk}),
        steps=(("call_back", due), ("doctor", due)),
        social_note="Un mot",
        clinical_note="Un mot clinique",
    )
    sign(walk.clinician, record)

    record.refresh_from_db()
    walk.visit.refresh_from_db()
    fact = InterventionFact.objects.get()
    assert (record.state, record.signed_by) == ("signed", walk.clinician.pk)
    assert walk.visit.state == "done"
    assert set(walk.visit.assignments.values_list("state", flat=True)) == {"done"}
    assert (fact.delivered, fact.attempted, fact.n_persons, fact.n_first_contacts) == (1, 0, 1, 1)
    assert (fact.n_professionals, fact.minutes, fact.with_interpreter) == (2, 75, "on_site")
    assert (fact.versant, fact.commune_id, fact.language_id) == ("wallonie", "BE-57096", "tir")
    assert fact.day == clock.local(walk.visit.held.lower).date()
    assert set(FollowUp.objects.values_list("step", "due_on", "person")) == {
        ("call_back", due, walk.person.pk),
        ("doctor", due, walk.person.pk),
    }
    assert AuditEvent.objects.filter(action="record.signed", person_code=walk.person.code).count() == 1


def test_signing_twice_counts_once(walk):
    record = signed(walk)
    with pytest.raises(InvalidTransition) as refused:
        sign(walk.clinician, record)
    assert refused.value.code == "record.signed"
    assert InterventionFact.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"began_at": None}, "record.began_at"),
        ({"duration_min": None}, "record.duration"),
        ({"done": ()}, "record.done"),
        ({"n_persons": 0, "n_professionals": 0}, "record.nobody"),
        ({"began_at": "later"}, "record.future"),
    ],
)
def test_what_is_not_whole_is_not_signed(walk, changes, code):
    if changes.get("began_at") == "later":
        changes = {"began_at": clock.now() + timedelta(hours=1)}
    record = save(walk.clinician, walk.visit, **changes)
    with pytest.raises(BadInput) as refused:
        sign(walk.clinician, record)
    assert refused.value.code == code
    assert Record.objects.get().state == "draft"
    assert InterventionFact.objects.count() == 0


def test_fewer_present_than_ticked_is_refused(walk):
    record = save(walk.clinician, walk.visit, n_persons=0, person_ids=frozenset({walk.person.pk}))
    with pytest.raises(BadInput) as refused:
        sign(walk.clinician, record)
    assert refused.value.code == "record.n_persons"


@pytest.mark.parametrize("state", ["open", "done", "missed", "cancelled"])
def test_only_a_planned_visit_takes_a_record(world, state):
    visit = make_visit(world.walloon, world.refuge, [], state=state)
    with pytest.raises(InvalidTransition) as refused:
        save(world.clinician, visit)
    assert refused.value.code == f"visit.{state}"


def test_a_draft_based_on_an_older_version_is_refused_and_nothing_overwritten(walk):
    first = save(walk.clinician, walk.visit, social_note="premier")
    save(walk.practitioner, walk.visit, first.version, social_note="second")
    with pytest.raises(Conflict) as refused:
        save(walk.clinician, walk.visit, first.version, social_note="troisième")
    assert refused.value.code == "record.version"
    with acting(actor(walk.clinician)):
        assert records.read_note(SocialNote, walk.visit, actor(walk.clinician)) == "second"


def test_the_same_content_again_is_success_whatever_the_version(walk):
    first = save(walk.clinician, walk.visit, social_note="premier")
    again = save(walk.clinician, walk.visit, 0, social_note="premier")
    assert again.version == first.version


def test_a_practitioner_leaves_the_clinical_note_alone(walk):
    first = save(walk.clinician, walk.visit, clinical_note="secret")
    save(walk.practitioner, walk.visit, first.version, social_note="autre")
    with acting(actor(walk.clinician)):
        assert records.read_note(ClinicalNote, walk.visit, actor(walk.clinician)) == "secret"
    with acting(actor(walk.practitioner)):
        assert records.read_note(ClinicalNote, walk.visit, actor(walk.practitioner)) == ""


def test_notes_are_sealed_with_the_key_of_the_person_or_of_the_request(walk):
    first = save(walk.clinician, walk.visit, social_note="un", person_ids=frozenset({walk.person.pk}))
    assert SocialNote.objects.get().key_id == walk.person.key_id
    save(walk.clinician, walk.visit, first.version, social_note="un", person_ids=frozenset())
    assert SocialNote.objects.get().key_id == walk.visit.request.key_id
    with acting(actor(walk.clinician)):
        assert records.read_note(SocialNote, walk.visit, actor(walk.clinician)) == "un"


def test_a_person_of_another_team_cannot_be_named_present(walk):
    with pytest.raises(BadInput) as refused:
        save(walk.clinician, walk.visit, person_ids=frozenset({walk.french_person.pk}))
    assert refused.value.code == "record.person"


# -- what is signed stays, by the database ----------------------------------------------------------------

CHANGES = {
    "mobile_record": "UPDATE mobile_record SET duration_min = 1",
    "mobile_record, removed": "DELETE FROM mobile_record",
    "mobile_recordperson": "DELETE FROM mobile_recordperson",
    "mobile_recordperson, changed": "UPDATE mobile_recordperson SET team_id = team_id",
    "mobile_socialnote": "UPDATE mobile_socialnote SET text = NULL",
    "mobile_socialnote, removed": "DELETE FROM mobile_socialnote",
    "mobile_clinicalnote": "UPDATE mobile_clinicalnote SET text = NULL",
    "mobile_clinicalnote, removed": "DELETE FROM mobile_clinicalnote",
    "mobile_recordaddition": "UPDATE mobile_recordaddition SET text = NULL",
    "mobile_recordaddition, removed": "DELETE FROM mobile_recordaddition",
    "mobile_clinicaladdition": "UPDATE mobile_clinicaladdition SET text = NULL",
    "mobile_clinicaladdition, removed": "DELETE FROM mobile_clinicaladdition",
}


def _refused(sql: str) -> str:
    with connection.cursor() as cursor, pytest.raises(IntegrityError) as refused, transaction.atomic():
        cursor.execute(sql)
    return refused.value.__cause__.diag.constraint_name


@pytest.fixture
def whole(walk):
    record = signed(
        walk, person_ids=frozenset({walk.person.pk}), social_note="social", clinical_note="clinique"
    )
    me = actor(walk.clinician)
    with acting(me):
        records.add_to_record(record=record, actor=me, text="ajout")
        records.add_to_record(record=record, actor=me, text="ajout clinique", clinical=True)
    return walk


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_the_database_refuses_to_change_what_is_signed(whole, name):
    with acting(actor(whole.clinician)):
        assert _refused(CHANGES[name]) == "record_signed_stays"
    if CHANGES[name].startswith("UPDATE"):  # not even a superuser
        assert _refused(CHANGES[name]) == "record_signed_stays"


def test_nobody_joins_a_signed_record(whole):
    other = RecordPerson(record=Record.objects.get(), person=whole.person, team=whole.walloon)
    with acting(actor(whole.clinician)), pytest.raises(IntegrityError), transaction.atomic():
        RecordPerson.objects.all().delete()
    with acting(actor(whole.clinician)), pytest.raises(IntegrityError) as refused, transaction.atomic():
        other.save(force_insert=True)
    assert refused.value.__cause__.diag.constraint_name == "record_signed_stays"


def test_a_draft_may_change(walk):
    first = save(walk.clinician, walk.visit, person_ids=frozenset({walk.person.pk}), social_note="un")
    second = save(walk.clinician, walk.visit, first.version, social_note="deux", duration_min=30)
    assert (second.duration_min, RecordPerson.objects.count()) == (30, 0)


# -- additions --------------------------------------------------------------------------------------------


def test_an_addition_stands_beside_the_first_text_and_changes_no_figure(walk):
    record = signed(walk, social_note="premier")
    me = actor(walk.practitioner)
    with acting(me):
        records.add_to_record(record=record, actor=me, text="  corrigé  ")
        (addition,) = RecordAddition.objects.visible_to(me)
        from versants.core.crypto import vault

        assert vault.read(addition, "text") == "corrigé"
        assert records.read_note(SocialNote, walk.visit, me) == "premier"
    assert InterventionFact.objects.count() == 1


def test_clinical_additions_are_for_clinicians(walk):
    record = signed(walk)
    practitioner, clinician = actor(walk.practitioner), actor(walk.clinician)
    with acting(practitioner), pytest.raises(ActionDenied) as refused:
        records.add_to_record(record=record, actor=practitioner, text="x", clinical=True)
    assert refused.value.code == "record.clinical"
    with acting(clinician):
        records.add_to_record(record=record, actor=clinician, text="x", clinical=True)
        assert ClinicalAddition.objects.visible_to(clinician).count() == 1
    with acting(practitioner):
        assert ClinicalAddition.objects.visible_to(practitioner).count() == 0
        assert ClinicalAddition.objects.count() == 0


def test_additions_wait_for_the_signature_and_say_something(walk):
    record = save(walk.clinician, walk.visit)
    me = actor(walk.clinician)
    with acting(me):
        with pytest.raises(InvalidTransition) as refused:
            records.add_to_record(record=record, actor=me, text="x")
        assert refused.value.code == "record.draft"
        record = records.sign_record(record=record, actor=me, version=record.version)
        with pytest.raises(BadInput):
            records.add_to_record(record=record, actor=me, text="  ")


# -- attempts ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", AttemptReason.values)
def test_an_attempt_is_counted_apart_with_its_reason(walk, reason):
    me = actor(walk.clinician)
    with acting(me):
        records.note_attempt(visit=walk.visit, actor=me, reason=reason)
    walk.visit.refresh_from_db()
    fact = InterventionFact.objects.get()
    assert (fact.delivered, fact.attempted, fact.n_persons, fact.minutes) == (0, 1, 0, 0)
    assert walk.visit.state == "missed"
    assert Attempt.objects.get().reason == reason
    came = reason in {"nobody_came", "refused", "moved_away"}
    assert set(walk.visit.assignments.values_list("state", flat=True)) == {"done" if came else "released"}
    wanting = reason in {"no_interpreter", "team_prevented"}
    assert list(UnmetNeed.objects.values_list("language_id", "reason", "origin")) == (
        [("tir", reason, "attempt")] if wanting else []
    )


def test_a_visit_is_missed_once_and_then_takes_no_record(walk):
    me = actor(walk.clinician)
    with acting(me):
        records.note_attempt(visit=walk.visit, actor=me, reason="refused")
        with pytest.raises(InvalidTransition):
            records.note_attempt(visit=walk.visit, actor=me, reason="refused")
        with pytest.raises(InvalidTransition):
            records.save_draft(visit=walk.visit, actor=me, version=0, content=content(walk.visit))


def test_an_attempt_needs_a_reason_and_a_visit_that_was_due(walk):
    me = actor(walk.clinician)
    future = make_visit(walk.walloon, walk.refuge, [("psychologist", walk.elise)], hours_ago=-30)
    with acting(me):
        with pytest.raises(BadInput) as refused:
            records.note_attempt(visit=walk.visit, actor=me, reason="weather")
        assert refused.value.code == "attempt.reason"
        with pytest.raises(BadInput) as refused:
            records.note_attempt(visit=future, actor=me, reason="refused")
        assert refused.value.code == "attempt.future"


# -- first contacts ---------------------------------------------------------------------------------------


def test_a_person_counts_once_whichever_team_met_them_first(walk):
    signed(walk, person_ids=frozenset({walk.person.pk}))
    again = make_visit(
        walk.walloon, walk.refuge, [("psychologist", walk.elise)], persons=[walk.person], hours_ago=1.5
    )
    signed(walk, again, person_ids=frozenset({walk.person.pk}))
    # The French team meets the same person in a visit of its own: it cannot see the records above.
    french = make_visit(
        walk.french, walk.cada, [("psychologist", walk.nadege)], persons=[walk.person], hours_ago=0.2
    )
    record = sign(
        walk.french_clinician,
        save(walk.french_clinician, french, person_ids=frozenset({walk.person.pk})),
    )
    assert record.state == "signed"
    assert list(InterventionFact.objects.order_by("pk").values_list("n_first_contacts", flat=True)) == [
        1,
        0,
        0,
    ]


def test_every_state_and_event_has_its_transition_and_audit():
    assert set(record_rules.TRANSITIONS) == set(RecordState)
    assert {event for row in record_rules.TRANSITIONS.values() for event in row} == set(record_rules.AUDITED)
