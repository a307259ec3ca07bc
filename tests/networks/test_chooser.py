"""Who chose what "equitable" means: the organisation and the role that asked, on page, report and annex; nobody's name."""

from dataclasses import replace

import pytest
from django.urls import reverse

from tests.networks.reports import said
from tests.networks.test_files import QUESTION, finished, taken  # noqa: F401 -- a fixture
from tests.networks.test_page import QUESTION as ASKED
from tests.world import actor as actor_of
from versants.core.access.scope import acting
from versants.networks.models import StudyRun


@pytest.mark.parametrize(
    ("language", "role", "said_by"),
    [
        ("fr", "programme_officer", "Choix fait par\u00a0: %s (chargé de programme)."),
        ("nl", "programme_officer", "Gekozen door: %s (programmamedewerker)."),
        ("fr", "", "Choix fait par\u00a0: %s."),
    ],
)
def test_page_report_and_annex_say_who_chose(world, client_for, officer, taken, language, role, said_by):  # noqa: F811
    run = finished(world.house_be, question=QUESTION | ({"chosen_as": role} if role else {}))
    wanted = said_by % world.house_be.name
    page = client_for(officer, language).get(reverse("study", args=[run.uid])).content.decode()
    lede = page[page.index('data-test="chosen"') :].partition("</p>")[0]
    assert wanted in lede
    assert "Officer Own" not in lede, "an organisation, not a person"
    told, book = taken(run, language, language)
    assert told["subtitle"].endswith(wanted)
    assert book.worksheets[0]["A2"].value.endswith(wanted)


def test_the_role_is_kept_with_the_question(world, client_for, officer):
    assert client_for(officer).post(reverse("studies"), ASKED).status_code == 303
    with acting(actor_of(officer)):
        run = StudyRun.objects.get()
    assert run.question["chosen_as"] == "programme_officer"
    page = client_for(officer).get(reverse("study", args=[run.uid]))
    assert page.status_code == 200, "and the form is filled from it again"


def test_a_file_says_itself_who_chose(source):
    fairness = replace(source.study.fairness, chosen_by="Province de Flandre-Occidentale")
    told = replace(source, study=replace(source.study, fairness=fairness), chosen_by="Fedasil", strict=False)
    assert said(told, "fr")["subtitle"].endswith("Choix fait par\u00a0: Province de Flandre-Occidentale.")
    assert "Choix" not in said(source, "fr")["subtitle"], "nobody is named where nobody is known"
