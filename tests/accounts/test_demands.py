"""The register of demands by authorities: added, never changed, and no room for a name."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, models, transaction

from tests.world import actor
from versants.core import clock
from versants.core.access.scope import acting
from versants.core.errors import VersantsError
from versants.core.models import AuditEvent
from versants.people.models import AuthorityDemand, DemandAnswer
from versants.people.services import demands

SAID = {"asker": "police", "country": "BE", "ground": "requisition", "asked": "whereabouts"}


def write(w, **more):
    with acting(actor(w.dpo)) as who:
        return demands.write_down(
            actor=who, **{"received_on": clock.today(), "reference": "", "person_code": "", **SAID, **more}
        )


def test_a_demand_and_its_answers_stand_in_the_register(world, client_for):
    client = client_for(world.dpo)
    typed = {
        **SAID,
        "received_on": clock.today().isoformat(),
        "reference": "BR 30.L3/2026",
        "person_code": "",
    }
    assert client.post("/demands/", typed).url == "/demands/"
    row = AuthorityDemand.objects.get()
    for said in ("waiting", "refused"):
        answered = client.post(
            f"/demands/{row.uid}/answer/", {"answer": said, "answered_on": clock.today().isoformat()}
        )
        assert answered.url == "/demands/"
    page = client.get("/demands/").content.decode()
    assert page.count('data-test="answer"') == 2
    assert "Refus" in page
    assert list(AuditEvent.objects.filter(subject_uid=row.uid).values_list("action", flat=True)) == [
        "demand.written",
        "demand.answered",
        "demand.answered",
    ]
    other = client_for(world.coordinator)
    assert other.get("/demands/").status_code == 403
    assert other.post(f"/demands/{row.uid}/answer/", {}).status_code == 403


@pytest.mark.parametrize(
    ("reference", "fits"),
    [
        ("", True),
        ("BR 30.L3.4512/2026", True),
        ("PV-2026/11", True),
        ("Tesfaye", False),
        ("M. Kebede 12", False),
        ("Élise", False),
        ("1" * 25, False),
        ("Ali\nBa", False),
    ],
)
def test_a_reference_is_a_number_and_no_name(world, reference, fits):
    if fits:
        assert write(world, reference=reference).reference == reference
        return
    with pytest.raises(DatabaseError) as error, transaction.atomic():
        write(world, reference=reference)
    assert error.value.__cause__.diag.constraint_name in {"demand_reference_is_a_number", None}


@pytest.mark.parametrize("typed", ["Zzcanari", "V7K4", "v7k4-2m9x"])
def test_a_person_is_a_code_at_most(world, typed, client_for):
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        write(world, person_code=typed)
    assert error.value.__cause__.diag.constraint_name == "demand_person_is_a_code"
    client = client_for(world.dpo)
    answer = client.post(
        "/demands/",
        {**SAID, "received_on": clock.today().isoformat(), "person_code": world.person.code.lower()},
    )
    assert answer.status_code == 302
    assert AuthorityDemand.objects.get().person_code == world.person.code


def test_no_column_could_hold_a_name():
    """Every text of the two tables is a choice, a code or a number: a new free field fails here."""
    texts = {
        (model.__name__, field.name)
        for model in (AuthorityDemand, DemandAnswer)
        for field in model._meta.concrete_fields
        if isinstance(field, models.CharField | models.TextField) and not field.choices
    }
    assert texts == {("AuthorityDemand", "reference"), ("AuthorityDemand", "person_code")}


def test_rows_are_added_never_changed(world):
    row = write(world)
    for table in ("people_authoritydemand", "people_demandanswer"):
        for verb in (f'UPDATE "{table}" SET id = id', f'DELETE FROM "{table}"'):
            with (
                pytest.raises(Exception, match="permission denied"),
                transaction.atomic(),
                acting(actor(world.dpo)),
                connection.cursor() as cursor,
            ):
                cursor.execute(verb)
    assert AuthorityDemand.objects.get() == row


def test_days_follow_each_other(world):
    def code(call):
        with pytest.raises(VersantsError) as error:
            call()
        return error.value.code

    assert code(lambda: write(world, received_on=clock.today() + timedelta(days=1))) == "demand.day"
    row = write(world)
    with acting(actor(world.dpo)) as who:
        for day in (clock.today() - timedelta(days=1), clock.today() + timedelta(days=1)):
            assert (
                code(
                    lambda day=day: demands.answer(actor=who, uid=row.uid, answered_on=day, answer="refused")
                )
                == "demand.day"
            )
