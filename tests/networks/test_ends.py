"""How a study ends, or does not: what its page, its job and the list say, to who asked and to the house."""

import re
from datetime import UTC, datetime
from html import unescape

import pytest
from django.urls import reverse

from tests.networks.test_files import QUESTION
from tests.networks.test_page import QUESTION as ASKED
from tests.world import actor as actor_of
from tests.world import make_account, make_membership
from versants.core import jobs
from versants.core.access.classes import Role
from versants.core.access.scope import acting
from versants.core.models import Job, JobState
from versants.networks.models import StudyRun
from versants.networks.services import studies
from versants.people.models import Account

GOES_ON = ("en cours de calcul", "le travail continue")


@pytest.fixture
def asked(client_for, officer):
    """A study that waits, and who asked for it."""
    client = client_for(officer, "fr")
    address = client.post(reverse("studies"), ASKED)["Location"]
    with acting(actor_of(officer)):
        return client, address, Job.objects.get(kind=studies.KIND), StudyRun.objects.get()


def state(client):
    """What the list says of the one study."""
    page = client.get(reverse("studies")).content.decode()
    return re.findall(r'data-test="study-state">([^<]*)', page)


def test_one_that_waits_is_stopped_at_once_and_says_so_everywhere(world, client_for, asked):
    client, address, _job, run = asked
    assert state(client) == ["en cours de calcul"]
    assert "le travail continue" in client.get(address).content.decode()
    stopped = client.post(f"{address}stop/", follow=True).content.decode()
    assert "Arrêté." in stopped
    assert not any(word in stopped for word in GOES_ON)
    page = client.get(reverse("study", args=[run.uid])).content.decode()
    assert "Cette étude a été arrêtée." in page
    assert not any(word in page for word in GOES_ON)
    assert state(client) == ["arrêté"]
    colleague = make_membership(make_account("Officer Two"), world.house_be, Role.PROGRAMME_OFFICER)
    assert state(client_for(colleague, "nl")) == ["gestopt"], "who does not see the job, too"


def test_one_under_way_says_that_it_is_stopping(asked, officer):
    client, address, job, _run = asked
    Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING)
    page = client.post(f"{address}stop/", follow=True).content.decode()
    assert "On arrête…" in page
    assert 'data-test="stop-job"' not in page
    assert not any(word in page for word in GOES_ON)
    moving = client.get(address, headers={"HX-Request": "true"})
    assert "On arrête…" in moving.content.decode()
    assert "HX-Refresh" not in moving
    jobs.finish(job.pk, actor_of(officer), JobState.CANCELLED, {}, "")
    assert client.get(address, headers={"HX-Request": "true"})["HX-Refresh"] == "true", (
        "all around it is told anew"
    )
    assert state(client) == ["arrêté"]


def test_one_that_failed_is_no_longer_worked_out(asked, officer, monkeypatch):
    client, address, job, run = asked

    def broken(face, **params):
        raise ZeroDivisionError

    monkeypatch.setitem(jobs._RUNNERS, studies.KIND, broken)
    with pytest.raises(ZeroDivisionError):
        jobs.run(job.pk, actor_of(officer))
    assert state(client) == ["échoué"]
    page = client.get(reverse("study", args=[run.uid])).content.decode()
    assert "n’a pas pu" in page
    for text in (page, client.get(address).content.decode()):
        assert not any(word in text for word in GOES_ON)


def test_one_whose_askers_role_ended_is_no_longer_worked_out_for_the_house(world, client_for, asked, officer):
    _client, _address, job, _run = asked
    who = actor_of(officer)
    Account.objects.filter(pk=officer.account_id).update(is_active=False)
    jobs.run(job.pk, who)
    colleague = make_membership(make_account("Officer Two"), world.house_be, Role.PROGRAMME_OFFICER)
    assert state(client_for(colleague, "fr")) == ["échoué"]


def test_the_job_says_which_territory_it_is_about(world, client_for, asked, officer):
    _client, address, _job, _run = asked
    for language, town in (("fr", "Courtrai"), ("nl", "Kortrijk")):
        page = client_for(officer, language).get(address).content.decode()
        assert re.search(r"<h1[^>]*>(.*?)</h1>", page, re.DOTALL)[1].strip().endswith(f": {town}")


def test_studies_of_one_day_and_territory_are_told_apart(world, client_for, officer):
    day = datetime(2026, 11, 28, tzinfo=UTC)
    for hour, changed in (
        (8, {"meaning": "sum", "number": 3}),
        (9, {"meaning": "worst_language", "number": 1}),
        (10, {"meaning": "worst_language", "number": None, "budget": 20_000}),
    ):
        StudyRun.objects.create(
            organisation=world.house_be,
            name="Courtrai",
            question={**QUESTION, **changed},
            chosen_at=day.replace(hour=hour),
        )

    def lines(language):
        page = client_for(officer, language).get(reverse("studies")).content.decode()
        rows = re.findall(r"<tr>(.*?)</tr>", page[page.index('data-test="studies"') :], re.DOTALL)[1:]
        return [" ".join(unescape(re.sub(r"<[^>]+>", " ", row)).split()) for row in rows]

    assert lines("fr") == [
        "28 nov. 11:00 Courtrai Aucune langue laissée de côté Au plus : 20 000 € par an en cours de calcul",
        "28 nov. 10:00 Courtrai Aucune langue laissée de côté Au plus : 1 personne en cours de calcul",
        "28 nov. 09:00 Courtrai Tous les entretiens comptent autant Au plus : 3 personnes en cours de calcul",
    ]
    assert "Kortrijk" in lines("nl")[0]
    assert "€ 20.000 per jaar" in lines("nl")[0]


@pytest.mark.parametrize("role", [Role.CLINICIAN, Role.PRACTITIONER])
def test_a_team_mate_who_sees_no_study_may_stop_the_work_and_the_study_says_so(world, client_for, role):
    """A coordinator's team sees its jobs; the study must not stay "being worked out"."""
    asker = make_membership(make_account("Asker Own"), world.house_be, Role.COORDINATOR, team=world.walloon)
    mate = make_membership(make_account("Mate Own"), world.house_be, role, team=world.walloon)
    client = client_for(asker, "fr")
    address = client.post(reverse("studies"), ASKED)["Location"]
    with acting(actor_of(asker)):
        job = Job.objects.get(kind=studies.KIND)
    with acting(actor_of(mate)):
        jobs.ask_to_cancel(Job.objects.visible_to(actor_of(mate)).get(pk=job.pk))
        assert not StudyRun.objects.exists(), "and sees no study after it"
    assert state(client) == ["arrêté"]
    assert "Arrêté." in client.get(address).content.decode()
