"""Persons: a code and nothing else until a right opens more; every reading and opening leaves a trace."""

from __future__ import annotations

import threading
from datetime import timedelta
from itertools import product

import pytest
from django.db import connections
from django.urls import reverse

from tests.records.visits import content, make_visit
from tests.world import actor, make_account, make_membership, make_person
from versants.core import clock
from versants.core.access.classes import Role
from versants.core.access.scope import acting
from versants.core.errors import ActionDenied, InvalidTransition
from versants.core.models import AuditEvent, Grant
from versants.mobile.services import records
from versants.people.enums import DESCRIBED, AgeGroup, Gender
from versants.people.models import Consent, Identity, IdentityOpening, Person
from versants.people.services import consents, grants, persons

NAME = "Zzcanari Testnom"


def url(person, name="person"):
    return reverse(name, args=[person.code])


@pytest.mark.parametrize("language", ["fr", "nl"])
def test_registering_gives_a_code_seals_the_name_and_makes_a_referent(world, client_for, language):
    browser = client_for(world.practitioner, language)
    assert browser.get(reverse("person_new")).status_code == 200
    answer = browser.post(
        reverse("person_new"),
        {
            "gender": "man",
            "age_group": "adult",
            "language_0": "prs",
            "language_1": "pus",
            "language_2": "prs",
            "household_of": world.person.code.lower(),
            "first_name": "Zzprénom",
            "name": "Zznom",
            "birth_date": "1990-02-03",
        },
    )
    person = Person.objects.exclude(pk__in=[world.person.pk, world.french_person.pk]).get()
    world.person.refresh_from_db()
    assert answer.headers["Location"] == url(person)
    assert [row.language_id for row in person.languages.all()] == ["prs", "pus"]
    assert person.household_id == world.person.household_id is not None
    assert b"Zznom" not in bytes(Identity.objects.get(person=person).name.raw)
    shown = browser.get(url(person)).content.decode()
    assert "Zznom" in shown
    assert {"fr": "3 février 1990", "nl": "3 februari 1990"}[language] in shown
    assert world.person.code in shown


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("household_of", "V7K4-2M9Y"),
        ("household_of", "french"),
        ("birth_date", "2999-01-01"),
        ("language_0", ""),
    ],
)
def test_what_cannot_be_registered_is_explained_and_kept(world, client_for, field, value):
    if value == "french":
        value = world.french_person.code
    data = {"gender": "woman", "age_group": "adult", "language_0": "tir", "name": "Zzgardé", field: value}
    answer = client_for(world.coordinator).post(reverse("person_new"), data)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert "Zzgardé" in answer.content.decode()
    assert Person.objects.count() == 2


def test_reading_a_file_is_logged_each_time(world, client_for):
    browser = client_for(world.coordinator)
    for n in (1, 2):
        assert browser.get(url(world.person)).status_code == 200
        read = AuditEvent.objects.filter(action="person.read", person_code=world.person.code)
        assert read.count() == n
    assert read.first().membership_id == world.coordinator.pk


TIERS = {
    # role: (page, situation, clinical summary, name)
    "coordinator": (200, True, False, False),
    "practitioner": (200, True, False, False),
    "clinician": (200, True, True, True),  # placed on the visit, so the identity is open for its time
    "french_coordinator": (404, False, False, False),
    "french_clinician": (404, False, False, False),
    "desk": (403, False, False, False),
    "interpreter": (403, False, False, False),
    "requester": (403, False, False, False),
    "officer": (403, False, False, False),
    "funder": (403, False, False, False),
    "dpo": (403, False, False, False),
    "administrator": (403, False, False, False),
}


@pytest.mark.parametrize("role", sorted(TIERS))
def test_the_file_by_tier(world, client_for, role):
    make_visit(
        world.walloon,
        world.refuge,
        [("psychologist", world.elise), ("interpreter", world.selam)],
        persons=[world.person],
    )
    status, situation, clinical, name = TIERS[role]
    answer = client_for(getattr(world, role)).get(url(world.person))
    text = answer.content.decode()
    assert answer.status_code == status
    assert ("Zzcanari situation" in text) is situation
    assert ("Zzcanari clinique" in text) is clinical
    assert (NAME in text) is name


def test_breaking_the_glass_needs_a_reason_opens_an_hour_and_waits_for_review(world, client_for, settings):
    browser = client_for(world.practitioner)
    assert NAME not in browser.get(url(world.person)).content.decode()
    refused = browser.post(url(world.person, "person_open"), {})
    assert refused.status_code == 422
    assert Grant.objects.count() == 0
    assert browser.post(url(world.person, "person_open"), {"reason": "danger"}).status_code == 302
    assert NAME in browser.get(url(world.person)).content.decode()
    grant = Grant.objects.get(because="break_glass")
    assert grant.period.upper - grant.period.lower == timedelta(hours=1)
    assert AuditEvent.objects.get(action="identity.opened").facts["reason"] == "danger"
    assert AuditEvent.objects.filter(action="identity.read").exists()

    settings.FROZEN_NOW = (clock.now() + timedelta(minutes=61)).isoformat()
    assert NAME not in browser.get(url(world.person)).content.decode()

    opening = IdentityOpening.objects.get()
    review = reverse("identity_opening_review", args=[opening.uid])
    assert browser.post(review).status_code == 403
    assert client_for(world.french_coordinator).post(review).status_code == 404
    boss = client_for(world.coordinator)
    assert boss.get(reverse("identity_openings")).context["waiting"] == 1
    assert boss.post(review).status_code == 302
    assert boss.post(review).status_code == 409
    assert boss.get(reverse("identity_openings")).context["waiting"] == 0


def test_nobody_reviews_their_own_opening(world):
    me = actor(world.coordinator)
    with acting(me):
        persons.break_glass(person=world.person, actor=me, reason="call")
        opening = IdentityOpening.objects.get()
        with pytest.raises(ActionDenied) as refused:
            persons.review_opening(opening=opening, actor=me)
    assert refused.value.code == "opening.own"


def test_nor_under_another_role_of_their_own(world, client_for):
    """A carer who also coordinates opens as the one and looks at it as the other."""
    carer = make_membership(world.coordinator.account, world.house_be, Role.CLINICIAN, world.walloon)
    with acting(actor(carer)) as me:
        persons.break_glass(person=world.person, actor=me, reason="call")
    opening = IdentityOpening.objects.get()
    browser = client_for(world.coordinator)
    review = reverse("identity_opening_review", args=[opening.uid])
    assert f'action="{review}"' not in browser.get(reverse("identity_openings")).content.decode()
    assert browser.post(review).status_code == 403
    opening.refresh_from_db()
    assert opening.reviewed_at is None
    other = make_membership(
        make_account("Autre Coordination"), world.house_be, Role.COORDINATOR, world.walloon
    )
    assert f'action="{review}"' in client_for(other).get(reverse("identity_openings")).content.decode()
    assert client_for(other).post(review).status_code == 302


def test_another_team_cannot_break_the_glass(world):
    me = actor(world.french_coordinator)
    with acting(me), pytest.raises(ActionDenied):
        persons.break_glass(person=world.person, actor=me, reason="danger")
    assert Grant.objects.count() == IdentityOpening.objects.count() == 0


@pytest.mark.parametrize("language", ["fr", "nl"])
def test_a_consent_opens_and_its_withdrawal_closes_at_once(world, client_for, language):
    browser = client_for(world.practitioner, language)
    new = url(world.person, "consent_new")
    assert browser.get(new).status_code == 200
    data = {
        "purpose": "cross_border",
        "receiving_versant": "hauts-de-france",
        "receiving_team": str(world.french.uid),
        "mode": "interpreted",
        "language_id": "tir",
        "until": (clock.today() + timedelta(days=30)).isoformat(),
    }
    assert browser.post(new, data).status_code == 302
    consent = Consent.objects.get()
    assert consent.period.upper == clock.at(clock.today() + timedelta(days=31), 0)
    visitor = client_for(world.french_coordinator, language)
    shown = visitor.get(url(world.person))
    assert "Zzcanari situation" in shown.content.decode()
    assert NAME not in shown.content.decode()
    withdraw = reverse("consent_withdraw", args=[world.person.code, consent.uid])
    assert visitor.post(withdraw).status_code in {403, 404}
    assert browser.post(withdraw).status_code == 302
    assert visitor.get(url(world.person)).status_code == 404
    assert browser.post(withdraw).status_code == 409


def test_a_booking_at_the_same_moment_leaves_nothing_open_under_a_consent_taken_back(committed, monkeypatch):
    """The booking has found the consent; it is taken back before what rests on it was written."""
    with acting(actor(committed.coordinator)) as me:
        consent = consents.record_consent(
            person=committed.person,
            actor=me,
            purpose="cross_border",
            mode="oral",
            receiving_versant="hauts-de-france",
        )
    found, withdrawn, ask = threading.Event(), threading.Event(), grants.crossing_consent

    def slowly(*args, **more):
        one = ask(*args, **more)
        found.set()
        withdrawn.wait(timeout=1)
        return one

    monkeypatch.setattr(grants, "crossing_consent", slowly)
    failed = []

    def work(call) -> None:
        try:
            call()
        except Exception as exc:
            failed.append(exc)
        finally:
            connections.close_all()

    def book() -> None:
        with acting(actor(committed.coordinator)):
            grants.for_assignment(
                assignment_id=1,
                visit_id=1,
                owner=committed.walloon,
                professional_id=committed.nadege.pk,
                discipline="psychologist",
                start=clock.now() + timedelta(hours=1),
                end=clock.now() + timedelta(hours=2),
                persons=[committed.person],
            )

    def take_back() -> None:
        found.wait()
        with acting(actor(committed.coordinator)) as me:
            consents.withdraw_consent(consent=consent, actor=me)
        withdrawn.set()

    threads = [threading.Thread(target=work, args=(call,)) for call in (book, take_back)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    rested = Grant.objects.filter(consent_id=consent.pk)
    assert rested.count() == 3  # identity, social, clinical
    assert not rested.filter(period__endswith__gt=clock.now()).exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"receiving_versant": ""}, "receiving_versant"),
        ({"purpose": "photo"}, "purpose"),
        ({"until": "2020-01-01"}, "until"),
        ({"mode": ""}, "mode"),
        ({"purpose": ""}, "purpose"),
    ],
)
def test_a_consent_that_says_too_little_or_too_much(world, client_for, changes, field):
    data = {"purpose": "cross_border", "receiving_versant": "hauts-de-france", "mode": "oral", **changes}
    answer = client_for(world.practitioner).post(url(world.person, "consent_new"), data)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert Consent.objects.count() == 0


def test_an_empty_post_is_answered_with_what_is_missing(world, client_for):
    browser = client_for(world.practitioner)
    assert browser.post(url(world.person, "consent_new"), {}).status_code == 422
    assert browser.post(reverse("person_new"), {}).status_code == 422


def test_the_timeline_tells_what_happened_and_no_word_of_it(world, client_for):
    visit = make_visit(world.walloon, world.refuge, [("psychologist", world.elise)], persons=[world.person])
    me = actor(world.clinician)
    with acting(me):
        record = records.save_draft(
            visit=visit,
            actor=me,
            version=0,
            content=content(
                visit,
                person_ids=frozenset({world.person.pk}),
                social_note="Zzmot",
                steps=(("doctor", clock.today() - timedelta(days=1)),),
            ),
        )
        records.sign_record(record=record, actor=me, version=record.version)
    answer = client_for(world.coordinator).get(url(world.person))
    items = answer.context["items"]
    assert {item.state for item in items} == {"new", "ok", "warn"}
    assert reverse("visit_record", args=[visit.uid]) in {item.url for item in items}
    assert "Zzmot" not in answer.content.decode()
    assert [item.at for item in items] == sorted((item.at for item in items), reverse=True)


def test_who_may_open_the_file_is_said_by_organisation_and_role(world, client_for):
    make_visit(
        world.walloon,
        world.refuge,
        [("psychologist", world.elise), ("interpreter", world.selam)],
        persons=[world.person],
    )
    holders = client_for(world.coordinator).get(url(world.person)).context["holders"]
    assert {line["house"] for line in holders} == {"Centre wallon", "Service d’interprétariat"}
    assert not any("Selam" in str(line) or "Élise" in str(line) for line in holders)


def test_the_list_finds_by_code_and_shows_the_teams_own(world, client_for):
    others = [make_person(world.walloon, languages=("pus",)) for _i in range(3)]
    browser = client_for(world.coordinator)
    whole = browser.get(reverse("people"))
    assert {row.pk for row in whole.context["table"].rows} == {world.person.pk, *(p.pk for p in others)}
    one = browser.get(reverse("people"), {"code": others[0].code.lower().replace("-", " ")})
    assert one.context["table"].rows == [others[0]]
    spoken = browser.get(reverse("people"), {"language": "pus"})
    assert len(spoken.context["table"].rows) == 3
    assert NAME not in whole.content.decode()


@pytest.mark.parametrize("n", [1, 3])
def test_queries_do_not_grow(world, client_for, django_assert_max_num_queries, n):
    for i in range(n):
        make_person(world.walloon)
        make_visit(world.walloon, world.refuge, [], persons=[world.person], hours_ago=3 + 2 * i)
    browser = client_for(world.coordinator)
    with django_assert_max_num_queries(16):
        assert len(browser.get(reverse("people")).context["table"].rows) == n + 1
    with django_assert_max_num_queries(36):
        browser.get(url(world.person))


def test_a_household_joins_persons_of_one_team_only(world):
    other = make_person(world.walloon)
    me = actor(world.coordinator)
    with acting(me):
        persons.join_household(person=other, other=world.person, actor=me)
        with pytest.raises(ActionDenied):
            persons.join_household(person=other, other=world.french_person, actor=me)
    other.refresh_from_db()
    world.person.refresh_from_db()
    assert other.household_id == world.person.household_id is not None


def test_an_opening_is_reviewed_once(world):
    practitioner, boss = actor(world.practitioner), actor(world.coordinator)
    with acting(practitioner):
        persons.break_glass(person=world.person, actor=practitioner, reason="call")
    opening = IdentityOpening.objects.get()
    with acting(boss):
        persons.review_opening(opening=opening, actor=boss)
        with pytest.raises(InvalidTransition):
            persons.review_opening(opening=opening, actor=boss)


@pytest.mark.parametrize(
    ("gender", "age_group", "french", "dutch"),
    [
        ("woman", "child", "Fille de moins de 12 ans", "Meisje jonger dan 12 jaar"),
        ("woman", "adult", "Femme", "Vrouw"),
        ("man", "minor", "Garçon de 12 à 17 ans", "Jongen van 12 tot 17 jaar"),
        ("other", "unknown", "Personne d’âge inconnu", "Persoon van onbekende leeftijd"),
    ],
)
def test_a_person_is_described_as_one_speaks(world, client_for, gender, age_group, french, dutch):
    person = world.person
    person.gender, person.age_group = gender, age_group
    person.save()
    for language, phrase in (("fr", french), ("nl", dutch)):
        page = client_for(world.clinician, language).get(url(person)).content.decode()
        assert f'<p class="soft">{phrase}, ' in page


def test_every_gender_and_age_has_its_phrase():
    assert set(DESCRIBED) == set(product(Gender, AgeGroup))
    assert len({str(phrase) for phrase in DESCRIBED.values()}) == len(DESCRIBED)
