"""The record as it is typed: kept without being asked, never overwritten in silence, whole without a script."""

from __future__ import annotations

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from tests.world import make_person
from versants.core import clock
from versants.core.models import AuditEvent
from versants.mobile.forms.records import number_present
from versants.mobile.models import (
    Attempt,
    InterventionFact,
    Record,
    RecordAddition,
    RequestPerson,
    SocialNote,
)


def typed(walk, version, **changes):
    start = clock.local(walk.visit.held.lower)
    return {
        "version": version,
        "kind": "crisis",
        "mode": "on_site",
        "began_on": start.date().isoformat(),
        "began_time": f"{start:%H:%M}",
        "duration_min": 60,
        "n_persons": 1,
        "done": ["listening"],
        "with_interpreter": "yes",
        **changes,
    }


@pytest.fixture
def page(walk):
    return reverse("visit_record", args=[walk.visit.uid])


@pytest.fixture
def draft(walk):
    return reverse("visit_record_draft", args=[walk.visit.uid])


def test_opening_the_page_writes_nothing(walk, client_for, page):
    assert client_for(walk.clinician).get(page).status_code == 200
    assert Record.objects.count() == 0


def test_autosave_keeps_and_counts_versions(walk, client_for, draft):
    browser = client_for(walk.clinician)
    first = browser.post(draft, typed(walk, 0, social_note="un")).json()
    second = browser.post(draft, typed(walk, first["version"], social_note="un deux")).json()
    assert (first["version"], second["version"]) == (1, 2)
    # The answer was lost and the same is sent again: success, not a conflict.
    again = browser.post(draft, typed(walk, first["version"], social_note="un deux"))
    assert (again.status_code, again.json()["version"]) == (200, 2)


def test_autosave_keeps_what_it_can_and_says_what_it_cannot(walk, client_for, draft):
    answer = client_for(walk.clinician).post(
        draft, typed(walk, 0, duration_min="longtemps", other_codes="V7K4-2M9Y", social_note="gardé")
    )
    assert answer.status_code == 200
    assert set(answer.json()["errors"]) == {"duration_min", "other_codes"}
    record = Record.objects.get()
    assert (record.duration_min, SocialNote.objects.count()) == (None, 1)


def test_autosave_conflict_says_so_and_overwrites_nothing(walk, client_for, draft):
    elise, marc = client_for(walk.clinician), client_for(walk.practitioner)
    elise.post(draft, typed(walk, 0, social_note="Élise"))
    answer = marc.post(draft, typed(walk, 0, social_note="Marc"))
    assert (answer.status_code, answer.json()["code"]) == (409, "record.version")
    assert Record.objects.get().version == 1


def test_a_plain_post_in_conflict_shows_both_and_a_second_one_decides(walk, client_for, page):
    elise, marc = client_for(walk.clinician), client_for(walk.practitioner)
    elise.post(page, typed(walk, 0, social_note="Celle d’Élise"))
    answer = marc.post(page, typed(walk, 0, social_note="Celle de Marc"))
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "Celle d’Élise" in text
    assert "Celle de Marc" in text
    knowing = answer.context["form"]["version"].value()
    assert marc.post(page, typed(walk, knowing, social_note="Celle de Marc")).status_code == 302
    assert Record.objects.get().version == 2


def test_signing_what_is_not_whole_keeps_what_was_typed(walk, client_for, page):
    answer = client_for(walk.clinician).post(
        page, typed(walk, 0, done=[], social_note="à garder", action="sign")
    )
    assert answer.status_code == 422
    assert answer.context["form"].errors["done"]
    html = answer.content.decode()
    assert "à garder" in html
    # Said at the head of the page too: on a telephone what is marked stands far below it.
    assert html.index('class="note alarm"') < html.index('data-test="record-form"')
    assert (Record.objects.get().state, InterventionFact.objects.count()) == ("draft", 0)


def test_a_second_press_of_sign_changes_nothing(walk, client_for, page):
    browser = client_for(walk.clinician)
    for _press in range(2):
        assert browser.post(page, typed(walk, 0, action="sign")).status_code == 302
    assert InterventionFact.objects.count() == 1


def test_a_mistyped_code_and_one_of_another_team_are_told_apart(walk, client_for, page):
    browser = client_for(walk.clinician)
    wrong = browser.post(page, typed(walk, 0, other_codes="V7K4-2M9Y"))
    foreign = browser.post(page, typed(walk, 0, other_codes=walk.french_person.code))
    assert wrong.status_code == foreign.status_code == 422
    assert "V7K4-2M9X" in str(wrong.context["form"].errors["other_codes"])
    assert walk.french_person.code in str(foreign.context["form"].errors["other_codes"])


def test_every_reading_is_logged_before_the_page(walk, client_for, page):
    browser = client_for(walk.clinician)
    browser.post(page, typed(walk, 0, persons=[walk.person.code], action="sign"))
    client_for(walk.practitioner).get(page)
    read = AuditEvent.objects.filter(action="record.read", membership_id=walk.practitioner.pk)
    assert [event.person_code for event in read] == [walk.person.code]


@pytest.mark.parametrize("language", ["fr", "nl"])
def test_an_addition_and_an_attempt_by_page(walk, client_for, page, language):
    browser = client_for(walk.clinician, language)
    browser.post(page, typed(walk, 0, action="sign"))
    add = reverse("visit_record_add", args=[walk.visit.uid])
    assert browser.post(add, {"text": "", "tier": "social"}).status_code == 422
    assert browser.post(add, {"text": "Une précision", "tier": "social"}).status_code == 302
    assert RecordAddition.objects.count() == 1
    assert "Une précision" in browser.get(page).content.decode()
    attempt = reverse("visit_attempt", args=[walk.visit.uid])
    assert browser.post(attempt, {"reason": "refused"}).status_code == 409
    assert Attempt.objects.count() == 0


def test_an_attempt_asks_for_its_reason(walk, client_for):
    browser = client_for(walk.clinician)
    url = reverse("visit_attempt", args=[walk.visit.uid])
    assert browser.get(url).status_code == 200
    assert browser.post(url, {}).status_code == 422
    assert browser.post(url, {"reason": "nobody_came"}).status_code == 302
    assert "attempt-noted" in browser.get(reverse("visit_record", args=[walk.visit.uid])).content.decode()


# -- how many were there ------------------------------------------------------------------------------------------------


@pytest.fixture
def second(walk):
    """Another person of the same request."""
    person = make_person(walk.walloon, name="Zzcanari Deux")
    RequestPerson.objects.create(request=walk.visit.request, person=person, team=walk.walloon)
    return person


def n_after(walk, client_for, page, **fields) -> int:
    known = Record.objects.first()
    answer = client_for(walk.clinician).post(page, typed(walk, known.version if known else 0, **fields))
    assert answer.status_code == 302
    return Record.objects.get().n_persons


def test_without_a_script_the_number_left_empty_is_that_of_the_ticked(walk, client_for, page, second):
    codes = [walk.person.code, second.code]
    assert n_after(walk, client_for, page, persons=codes, n_persons="", n_ticked=0) == 2


def test_a_code_typed_counts_once_with_the_ticked(walk, client_for, page, second):
    fields = {"persons": [walk.person.code], "other_codes": f"{walk.person.code} {second.code}"}
    assert n_after(walk, client_for, page, n_persons="", n_ticked=0, **fields) == 2


def test_a_number_that_repeated_the_ticked_follows_them_up_and_down(walk, client_for, page, second):
    one, two = [walk.person.code], [walk.person.code, second.code]
    assert n_after(walk, client_for, page, persons=one, n_persons="", n_ticked=0) == 1
    form = client_for(walk.clinician).get(page).context["form"]
    assert (form["n_persons"].value(), form["n_ticked"].value()) == (1, 1)
    assert n_after(walk, client_for, page, persons=two, n_persons=1, n_ticked=1) == 2
    assert n_after(walk, client_for, page, persons=one, n_persons=2, n_ticked=2) == 1


def test_a_larger_number_stays_for_those_without_a_code(walk, client_for, page, second):
    assert n_after(walk, client_for, page, persons=[walk.person.code], n_persons=4, n_ticked=0) == 4
    two = [walk.person.code, second.code]
    assert n_after(walk, client_for, page, persons=two, n_persons=4, n_ticked=1) == 4


def test_a_smaller_number_is_said_and_not_kept(walk, client_for, page, second):
    two = [walk.person.code, second.code]
    answer = client_for(walk.clinician, "en").post(page, typed(walk, 0, persons=two, n_persons=1, n_ticked=2))
    assert answer.status_code == 422
    assert "You ticked 2 persons: the number present cannot be smaller." in answer.content.decode()
    assert answer.context["form"]["n_persons"].value() == "1"  # what was typed stays
    assert Record.objects.get().n_persons == 2
    signed = client_for(walk.clinician, "en").post(
        page, typed(walk, 1, persons=two, n_persons=1, n_ticked=2, action="sign")
    )
    assert signed.status_code == 422
    assert Record.objects.get().state == "draft"


def test_one_person_is_said_in_the_singular(walk, client_for, page):
    answer = client_for(walk.clinician, "en").post(
        page, typed(walk, 0, persons=[walk.person.code], n_persons=0, n_ticked=1)
    )
    assert "You ticked 1 person: the number present cannot be smaller." in answer.content.decode()


def test_autosave_follows_the_ticked_too(walk, client_for, draft):
    answer = client_for(walk.clinician).post(
        draft, typed(walk, 0, persons=[walk.person.code], n_persons="", n_ticked=0)
    )
    assert answer.json()["errors"] == {}
    assert Record.objects.get().n_persons == 1


@given(typed_number=st.none() | st.integers(0, 500), shown=st.integers(0, 200), ticked=st.integers(0, 200))
def test_the_number_is_ones_own_or_that_of_the_ticked(typed_number, shown, ticked):
    found = number_present(typed_number, shown, ticked)
    assert found in {typed_number, ticked}
    if typed_number is None or typed_number == shown:
        assert found == ticked
    else:
        assert found == typed_number
