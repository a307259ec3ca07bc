"""Other cases beside the plan: simulated in the same years, told in words with their interval."""

import io
from dataclasses import replace

import openpyxl
import pytest
from django.utils import translation

from tests.networks.reports import said
from versants.networks.report import cases
from versants.networks.report.annex import annex
from versants.networks.report.source import Scenario
from versants_libs.coverage.paired import Apart


@pytest.fixture
def told(source):
    found = [
        Scenario("sans aides", 0.5, 12.0, 900.0, Apart(0.44, -0.06, (-0.07, -0.052), 20)),
        Scenario("frontière fermée", 0.55, 12.0, 900.0, Apart(0.501, 0.001, (-0.002, 0.004), 20)),
    ]
    return replace(source, scenarios=found)


def section(told):
    blocks = told["blocks"]
    at = next(i for i, one in enumerate(blocks) if one.get("text") == "Et si c’était autrement")
    return blocks[at + 1 : at + 4]


def test_a_case_says_what_simulated_years_hold_and_how_far_from_the_plan(told):
    first, table, words = section(said(told, "fr"))
    # both ends of a case's cost are that case's own: without helpers, today has none either
    assert "de plus qu’aujourd’hui" not in first["text"]
    assert "coûteraient dans le même cas" in first["text"]
    assert table["head"] == [
        "Cas", "Prévu", "Simulé", "Points, en simulation", "Sur la route", "Coût par an",
    ]  # fmt: skip
    assert table["rows"][1][2:4] == ["44,0\u202f%", "\u22126,0 (\u22127,0 à \u22125,2)"]
    assert "sans aides\u00a0: 6,0 points de moins (entre 5,2 et 7,0)" in words["text"]
    assert "Aucun écart établi sur les années simulées\u00a0: frontière fermée." in words["text"]
    assert "20 années simulées" in words["text"]


def test_the_annex_has_the_difference_and_its_interval(told):
    book = openpyxl.load_workbook(io.BytesIO(annex(told, "nl")))
    rows = {row[0]: row[1:] for row in book.worksheets[0].iter_rows(values_only=True) if row[0]}
    assert rows["sans aides"][3:8] == pytest.approx((0.44, -6.0, -7.0, -5.2, 20))


@pytest.mark.parametrize(
    ("language", "difference", "words"),
    [
        ("fr", -0.015, "1,5 point de moins"),
        ("fr", 0.02, "2,0 points de plus"),
        ("nl", 0.004, "0,4 punt meer"),
        ("nl", -0.06, "6,0 punten minder"),
        ("en", 0.004, "0.4 points more"),
        ("en", -0.01, "1.0 point fewer"),
    ],
)
def test_points_are_counted_as_the_reader_counts(language, difference, words):
    with translation.override(language):
        assert cases.in_words(Apart(0.5, difference, None, 1)) == words


def test_cases_kept_before_they_were_simulated_show_what_is_predicted(told):
    old = replace(told, scenarios=[replace(one, apart=None) for one in told.scenarios])
    _first, table, after = section(said(old, "fr"))
    assert len(table["head"]) == 5
    assert next(row[-1] for row in table["rows"]) == "–"
    assert after["kind"] == "h", "nothing is said of years that were not simulated"
    assert annex(old, "fr")
