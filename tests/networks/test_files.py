"""What is taken along from the study page: report and annex, for a reader who is not the one who asked."""

import io
from functools import cache

import openpyxl
import pytest
from django.urls import reverse
from django.utils import translation

from versants.core import clock
from versants.networks.models import StudyRun
from versants.networks.report import pdf as report
from versants.networks.services import results, studies
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
def taken(client_for, officer, monkeypatch):
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
    assert said["title"].endswith("Vallée de la Lys"), "as it was written"
    assert book.properties.title.endswith("Vallée de la Lys")


@pytest.mark.parametrize("language", ["fr", "nl", "en"])
def test_the_annex_checks_the_report(world, taken, language):
    run = finished(world.house_be)
    points = [front_point(run, n) for n in (0, 3)]
    StudyRun.objects.filter(pk=run.pk).update(front={"by": "number", "points": points})
    run.refresh_from_db()
    said, book = taken(run, language, language)
    first = book.worksheets[0]
    texts = [cell.value for row in first.iter_rows() for cell in row if isinstance(cell.value, str)]
    assert texts[:2] == [said["title"], said["subtitle"]], "spaced like the report"
    after, before = run.result["after"], run.result["before"]
    shown = [
        (cell.value, cell.number_format) for row in first.iter_rows() for cell in row if cell.data_type == "n"
    ]
    for figure, sign in (
        (after["predicted"]["share"], "%"), (0.61, "%"), (after["minutes_mean"], "min"),
        (after["cost_year"] - before["cost_year"], "€"),
    ):  # fmt: skip
        assert any(value == pytest.approx(figure) and sign in form for value, form in shown), figure
    with translation.override(language):
        assert results.scenario_word("no_helpers") in texts
    for sheet in book.worksheets[1:]:
        head = [cell.value for cell in next(sheet.iter_rows(max_row=1)) if cell.value != "uid"]
        twice = {word for word in head if head.count(word) > 1}
        assert not twice - {sheet.cell(1, 1).value, "Commune", "Gemeente"}, sheet.title
        # A name cut at 31 characters would be one letter short of its sentence.
        assert len(sheet.title) < 31
        for row in sheet.iter_rows(min_row=2):
            for cell in row:
                if isinstance(cell.value, float) and cell.value != round(cell.value, 1):
                    assert cell.number_format != "General", (sheet.title, cell.coordinate)


def front_point(run, number):
    """A point of the front as the work keeps it."""
    said = run.result["after"]["predicted"]
    return {
        "number": number, "left": 0.01, "cost": 10.4 * number, "cost_more": 10.4 * number,
        "objective": 99.97, "bound": 98.51, "gini": 0.31234,
        "theil": 0.21234, "between": 0.01234, "minutes_mean": 12.345, "worst_minutes": 45.678,
        "recruits": {run.result["recruits"][0]["candidate"]: number} if number else {},
        "predicted": {
            "share": said["share"], "language": {"key": "prs", "share": 0.4321},
            "versant": {"key": "west-vlaanderen", "share": 0.5432},
        },
    }  # fmt: skip


def test_on_the_page_too_a_remark_stands_under_its_table():
    from versants.networks.report.blocks import heading, paragraph, table

    blocks = (heading("h"), paragraph("before"), table(["a"], [["1"]]), paragraph("6 more are in the annex"))
    (section,) = results._sections(blocks)
    assert [one.get("text", "table") for one in section["parts"]] == [
        "before",
        "table",
        "6 more are in the annex",
    ]
