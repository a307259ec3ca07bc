"""How long one waits, in report and annex: predicted, simulated with its interval, beside the standard chosen."""

import io
from dataclasses import replace

import openpyxl
import pytest

from tests.networks.reports import said
from versants.networks import words
from versants.networks.report.annex import annex
from versants_libs.coverage.simulation import simulate


@pytest.fixture(scope="module")
def years(source):
    return simulate(source.study, source.result, source.travel, replications=4, seed=1)


def waiting(told, title):
    blocks = told["blocks"]
    at = next(i for i, one in enumerate(blocks) if one["kind"] == "h" and one["text"] == title)
    return next(one for one in blocks[at:] if one["kind"] == "table")["rows"]


def test_waiting_stands_in_the_report_as_predicted_and_as_simulated(source, years):
    calls, visits = waiting(said(replace(source, simulated=years), "fr"), "Combien de temps on attend")
    kept = years["wait_min"]
    before, after = (source.result[side]["predicted"] for side in ("before", "after"))
    standard = source.study.standard.phone_answer_minutes
    for row, name, key, most in (
        (calls, "wait_phone", "phone", f"{standard:.0f}\u00a0min"),
        (visits, "wait_site", "on_site", "–"),
    ):
        figures = (before[name], after[name], kept[key]["simulated"])
        shown = [f"{one:.1f}".replace(".", ",") + "\u00a0min" if one is not None else "–" for one in figures]
        assert row[1:4] == shown
        low, high = kept[key]["ci95"]
        assert row[4] == f"{max(low, 0):.1f} à {high:.1f}\u00a0min".replace(".", ",")
        assert low <= kept[key]["simulated"] <= high
        assert row[5] == most


def test_the_annex_holds_the_same_minutes(source, years):
    book = openpyxl.load_workbook(io.BytesIO(annex(replace(source, simulated=years), "nl")))
    rows = {row[0]: row[1:] for row in book.worksheets[0].iter_rows(values_only=True) if row[0]}
    kept = years["wait_min"]["on_site"]
    told = rows["Tot iemand een gesprek ter plaatse aanneemt"]
    assert told[2:5] == pytest.approx((kept["simulated"], *kept["ci95"]))
    assert told[5] is None, "no standard was chosen for it"
    assert rows["Tot een telefonische oproep wordt beantwoord"][5] == pytest.approx(10)


def test_years_kept_before_waiting_was_show_what_is_predicted(source, years):
    """Of older results; of still older ones nothing is predicted, and there is no such table."""
    old = {key: value for key, value in years.items() if key != "wait_min"}
    for row in waiting(said(replace(source, simulated=old), "nl"), "Hoelang men wacht"):
        assert row[3:5] == ["–", "–"]
        assert row[2] != "–"
    bare = {
        side: {key: value for key, value in source.result[side].items() if key != "predicted"}
        for side in ("before", "after")
    }
    told = said(replace(source, simulated=old, result={**source.result, **bare}), "en")
    assert "How long one waits" not in [one.get("text") for one in told["blocks"]]
    sheets = openpyxl.load_workbook(io.BytesIO(annex(replace(source, simulated=old), "fr")))
    assert sheets.sheetnames


def test_a_call_is_said_to_be_made_again_only_where_it_is(source):
    """Five minutes later is too late where a call is to be answered within four."""

    def told(longest):
        study = replace(source.study, standard=replace(source.study.standard, phone_answer_minutes=longest))
        blocks = said(replace(source, study=study, strict=False), "en")["blocks"]
        at = next(i for i, one in enumerate(blocks) if one.get("text") == "How long one waits")
        return blocks[at + 1]["text"]

    assert source.study.behaviour.retry_minutes == 5
    assert "is made again after 5" in told(10.0)
    assert "is made again after 5" not in told(4.0)
    assert "No call is made again here" in told(4.0)


def test_minutes_of_waiting_have_a_decimal_others_none():
    assert words.minutes_word(1.25, 1).startswith("1")
    assert words.minutes_word(12.4) == "12\u00a0min"
