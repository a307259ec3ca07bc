"""The three answers agree on thousands of random triples; the command says the same."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command

from tests.access.rows import fill, readers
from tests.world import actor, make_person
from versants.core import clock
from versants.core.access.classes import PERSON_CLASSES
from versants.core.access.scope import acting
from versants.core.errors import ActionDenied, BadInput, InvalidTransition
from versants.core.models import Grant
from versants.core.periods import span
from versants.people.services import consents, grants, persons, reading


def _random_world(world, draw: random.Random) -> list:
    """More persons, with grants of every kind opened and closed at random."""
    found = [world.person, world.french_person]
    members = list(world.members.values())
    for _ in range(8):
        team = draw.choice([world.walloon, world.french])
        person = make_person(team, name=f"Zzcanari {draw.random()}")
        found.append(person)
        coordinator = world.coordinator if team == world.walloon else world.french_coordinator
        other = world.french if team == world.walloon else world.walloon
        with acting(actor(coordinator)) as who:
            if draw.random() < 0.6:
                consent = consents.record_consent(
                    person=person,
                    actor=who,
                    purpose="cross_border",
                    mode="oral",
                    receiving_versant=other.versant,
                    receiving_team=other,
                )
                if draw.random() < 0.4:
                    consents.withdraw_consent(consent=consent, actor=who)
            if draw.random() < 0.4:
                persons.break_glass(person=person, actor=who, reason="call")
        # Written by mistake, to anybody: roles behind the wall still read nothing.
        for _wrong in range(3):
            Grant.objects.create(
                subject_kind="person",
                subject_id=person.pk,
                holder_kind="membership",
                holder_id=draw.choice(members).pk,
                data_class=draw.choice(PERSON_CLASSES),
                period=span(
                    clock.now() - timedelta(days=draw.choice([1, 5])), draw.choice([None, clock.now()])
                ),
                because="mistake",
                given_by_team=team.pk,
            )
    return found


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_three_answers_agree(world, seed):
    draw = random.Random(seed)
    fill(world)
    everybody = _random_world(world, draw)
    actors = list(readers(world).items())
    opened = 0
    for _ in range(500):
        name, who = draw.choice(actors)
        data_class, person = draw.choice(PERSON_CLASSES), draw.choice(everybody)
        answer = reading.may(who, data_class, person)
        assert len({answer["queryset"], answer["service"], answer["row_security"]}) == 1, (
            name,
            data_class,
            answer,
        )
        assert bool(answer["because"]) == answer["service"]
        opened += answer["service"]
    assert opened > 30


def test_command_answers_with_its_exit(world):
    def ask(*words):
        out = StringIO()
        with pytest.raises(SystemExit) as stop:
            call_command("may", *words, "--json", stdout=out)
        return stop.value.code, json.loads(out.getvalue() or "null")

    code = world.person.code
    yes = {"queryset": True, "service": True, "row_security": True, "because": ["own_team"]}
    no = {"queryset": False, "service": False, "row_security": False, "because": []}
    assert ask("camille.delattre@example.org", "social", code) == (0, yes)
    assert ask("camille.delattre@example.org", "clinical", code) == (1, no)
    assert ask("guy.prefecture@example.org", "logistic", code) == (1, no)
    assert ask("nobody@example.org", "social", code)[0] == 2
    assert ask("camille.delattre@example.org", "weather", code)[0] == 2
    assert ask("camille.delattre@example.org", "social", "V0000-00")[0] == 2


def test_withdrawal_closes_what_rested_on_the_consent(world):
    fill(world)
    nadege = actor(world.french_clinician)
    assert reading.may(nadege, "identity", world.person)["service"]
    with acting(actor(world.coordinator)) as who:
        crossing = grants.crossing_consent(world.person, "hauts-de-france", clock.now())
        consents.withdraw_consent(consent=crossing, actor=who)
        with pytest.raises(InvalidTransition):
            consents.withdraw_consent(consent=crossing, actor=who)
    for data_class in ("identity", "social", "clinical"):
        assert not reading.may(nadege, data_class, world.person)["service"], data_class
    # She still knows where and when: logistics are no crossing.
    assert reading.may(nadege, "logistic", world.person)["service"]


def test_what_was_read_of_consents_is_forgotten_once_one_is_written(world):
    fill(world)
    person = world.person
    with acting(actor(world.coordinator)) as who:
        before = len(consents.read(person, who))
        consent = consents.record_consent(person=person, actor=who, purpose="follow_up", mode="oral")
        assert consents.read(person, who)[0].pk == consent.pk
        assert len(consents.read(person, who)) == before + 1
        consents.withdraw_consent(consent=consent, actor=who)
        assert consents.read(person, who)[0].withdrawn_at is not None


def test_without_consent_only_logistics_cross(world):
    start = clock.now() + timedelta(hours=2)
    with acting(actor(world.coordinator)):
        given = grants.for_assignment(
            assignment_id=1,
            visit_id=1,
            owner=world.walloon,
            professional_id=world.nadege.pk,
            discipline="psychologist",
            start=start,
            end=start + timedelta(hours=1),
            persons=[world.person],
        )
    assert {(g.subject_kind, g.data_class) for g in given if g.subject_kind == "person"} == {
        ("person", "logistic")
    }


def test_interpreters_never_get_identity_or_notes(world):
    start = clock.now() + timedelta(hours=2)
    with acting(actor(world.coordinator)):
        given = grants.for_assignment(
            assignment_id=1,
            visit_id=1,
            owner=world.walloon,
            professional_id=world.selam.pk,
            discipline="interpreter",
            start=start,
            end=start + timedelta(hours=1),
            persons=[world.person],
        )
    assert {g.data_class for g in given} == {"logistic"}


def test_break_glass_opens_an_hour_and_asks_why(world, settings):
    with acting(actor(world.coordinator)) as who:
        assert persons.read_identity(person=world.person, actor=who) is None
        with pytest.raises(BadInput):
            persons.break_glass(person=world.person, actor=who, reason="curious")
        persons.break_glass(person=world.person, actor=who, reason="hospital")
        assert persons.read_identity(person=world.person, actor=who)["name"] == "Zzcanari Testnom"
    settings.FROZEN_NOW = (clock.now() + timedelta(minutes=61)).isoformat()
    answer = reading.may(actor(world.coordinator), "identity", world.person)
    assert (answer["queryset"], answer["service"], answer["row_security"]) == (False, False, False)
    with acting(actor(world.french_coordinator)) as who, pytest.raises(ActionDenied):
        persons.break_glass(person=world.person, actor=who, reason="call")


def test_registering_gives_a_code_an_identity_and_a_referent(world):
    for member in (world.coordinator, world.clinician, world.practitioner):
        with acting(actor(member)) as who:
            person = persons.register_person(
                actor=who,
                gender="woman",
                age_group="adult",
                languages=["tir", "amh"],
                identity={"name": "Zzcanari", "first_name": "Nouvelle"},
            )
            assert persons.read_identity(person=person, actor=who)["first_name"] == "Nouvelle"
        for data_class in PERSON_CLASSES:
            answer = reading.may(who, data_class, person)
            assert len({answer["queryset"], answer["service"], answer["row_security"]}) == 1
    with acting(actor(world.desk)) as who, pytest.raises(ActionDenied):
        persons.register_person(actor=who, gender="man", age_group="adult")


def test_referent_is_of_the_team(world):
    with acting(actor(world.coordinator)):
        grants.name_referent(person=world.person, membership=world.clinician)
        for stranger in (world.french_clinician, world.interpreter, world.funder):
            with pytest.raises(ActionDenied):
                grants.name_referent(person=world.person, membership=stranger)
    assert reading.may(actor(world.clinician), "identity", world.person)["service"]
