"""What the fuzzing found once, by name."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests.today.test_offers import NOW, link_of, placed  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _frozen(settings):
    settings.FROZEN_NOW = NOW


def test_a_nul_in_a_reason_is_refused_with_a_sentence(world, client_for, placed):  # noqa: F811
    answer = client_for().post(link_of(world.selam), {"answer": "no", "reason": "\0"})
    assert answer.status_code == 400
    assert "un caractère qui ne peut pas être enregistré" in answer.content.decode()


@pytest.mark.parametrize("path", ["/?x=%00", "/?%00=x", "/r/%00/", "/o/a%00b/"])
def test_a_nul_in_an_address_is_refused_in_dutch_too(client_for, path):
    answer = client_for(language="nl").get(path)
    assert answer.status_code == 400
    assert "een teken dat niet kan worden bewaard" in answer.content.decode()


@pytest.mark.parametrize("day", ["0001-01-01", "1899-12-31", "2200-01-01", "9999-12-31"])
def test_times_of_a_day_outside_the_calendar_are_refused(world, client_for, day):
    client = client_for(world.clinician)
    assert client.post(reverse("times"), {"day": day, "travel": "10"}).status_code == 422
    assert client.get(reverse("times"), {"day": day}).status_code == 422
    assert client.get(reverse("today"), {"day": day}).status_code == 422


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_consent_until_the_end_of_the_calendar_is_refused_with_a_sentence(world, client_for, day):
    answer = client_for(world.clinician).post(
        reverse("consent_new", args=[world.person.code]),
        {"purpose": "follow_up", "mode": "oral", "until": day},
    )
    assert answer.status_code in {200, 422}
    assert "Vérifiez l’année." in answer.content.decode()


@pytest.mark.parametrize("start", ["0001-01-01T00:00", "9999-12-31T23:59", "9999-12-31T23:59:00-12:00"])
def test_a_start_outside_the_calendar_is_refused_with_a_sentence(world, client_for, placed, start):  # noqa: F811
    answer = client_for(world.coordinator).post(
        reverse("visit_assign", args=[placed.uid]), {"start": start, "version": "1"}
    )
    assert answer.status_code == 422
    assert "2026-11-24T18:30" in answer.content.decode()


@pytest.mark.parametrize("language", ["\r\n", "é", "xx", ""])
def test_a_workbook_in_no_language_is_french(world, client_for, language):
    answer = client_for(world.coordinator).get(reverse("semester_xlsx"), {"lang": language})
    assert answer.status_code == 200
    assert answer["Content-Disposition"].endswith('-fr.xlsx"')


def test_the_api_says_what_is_not_there_in_its_own_form(world, client_for):
    answer = client_for(world.coordinator).get("/api/v1/visits/00000000-0000-0000-0000-000000000000/teams")
    assert answer.status_code == 404
    assert answer.json() == {"code": "http.404", "message": "Il n’y a rien à cette adresse"}
