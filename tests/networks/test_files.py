"""What is taken along from the study page: report and annex, for a reader who is not the one who asked."""

import io
from functools import cache

import openpyxl
import pytest
from django.urls import reverse

from tests.networks.test_page import officer  # noqa: F401 -- a fixture
from versants.core import clock
from versants.networks.models import StudyRun
from versants.networks.report import pdf as report
from versants.networks.services import studies
from versants.networks.working import figures
from versants.territory.shapes import DATA
from versants_libs.coverage.staffing_plan import plan
from versants_libs.coverage.study_files import study_json
from versants_libs.coverage.travel import travel_of

QUESTION = {
    "area": "west-vlaanderen:Courtrai", "meaning": "worst_language", "n_languages": 3, "people": "public",
    "number": 3, "budget": None, "kinds": ["helper"], "minutes": 60, "phone_share": 0.72, "discouraged": 0.0,
    "simple": "middle",
}  # fmt: skip


@cache
def planned():
    """A study of three languages that is really planned, once."""
    study = studies.build("Courtrai", QUESTION, "2026-11-27", None)
    return study_json(study), plan(study, travel_of(study, DATA), seconds=6, gap=0.02)


def finished(house, **changed):
    """A study whose result is kept."""
    study, result = planned()
    filled = {
        code: {"requests": one["requests"], "predicted": 0.6, "simulated": 0.61, "ci95": [0.6, 0.62]}
        for code, one in result["after"]["languages"].items()
    }
    told = {
        "study": study, "result": result, "name": "Courtrai", "question": QUESTION, "finished_at": clock.now(),
        "scenarios": [{"key": "no_helpers", "result": figures(result)}],
        "simulated": {"fill": filled, "total": {"simulated": 0.61, "ci95": [0.6, 0.62]}, "replications": 20},
    }  # fmt: skip
    return StudyRun.objects.create(organisation=house, **(told | changed))


@pytest.fixture
def taken(client_for, officer, monkeypatch):  # noqa: F811
    """``taken(run, page, language)``: what the report in ``language`` says, and the annex, from a page in ``page``."""
    told = []
    compiled = report.compiled
    monkeypatch.setattr(report, "compiled", lambda said, at: told.append(said) or compiled(said, at=at))

    def take(run, page, language):
        client = client_for(officer, page)
        assert client.get(f"{reverse('study_pdf', args=[run.uid])}?lang={language}").content.startswith(
            b"%PDF"
        )
        sheets = client.get(f"{reverse('study_xlsx', args=[run.uid])}?lang={language}").content
        return told.pop(), openpyxl.load_workbook(io.BytesIO(sheets))

    return take


@pytest.mark.parametrize(
    ("page", "language", "town", "case"),
    [
        ("fr", "nl", "Kortrijk", "zonder taalhulpen"),
        ("nl", "fr", "Courtrai", "sans aides linguistiques"),
    ],
)
def test_the_file_speaks_its_own_language_and_not_the_pages(world, taken, page, language, town, case):
    said, book = taken(finished(world.house_be), page, language)
    assert said["title"].endswith(town)
    assert book.properties.title.endswith(town)
    assert case in [row[0] for one in said["blocks"] if one["kind"] == "table" for row in one["rows"]]


def test_a_name_that_is_no_territory_stays(world, taken):
    run = finished(world.house_be, name="Vallée de la Lys", question={**QUESTION, "area": ""})
    said, book = taken(run, "fr", "nl")
    assert said["title"].endswith("Courtrai"), "the study's own, as it was written"
    assert book.properties.title == "Courtrai"
