"""How unequally talks go without an interpreter: in report and annex, beside the minutes, of the shares of the map."""

import io
from dataclasses import replace

import openpyxl
import pytest
from django.utils import translation

from tests.networks.reports import said
from versants.networks.report import inequality
from versants.networks.report.annex import annex
from versants_libs.coverage.equity import gini, worst_share_mean


def test_the_measures_are_those_of_the_map_and_their_mean_that_of_the_first_page(source):
    told = inequality.without(source, "after")
    assert told.mean == pytest.approx(1 - source.served, abs=1e-9)
    places = source.digest.places["after"].values()
    lacks, asked = [1 - one.fill for one in places], [one.requests for one in places]
    assert told.gini == pytest.approx(gini(lacks, asked))
    assert told.worst_mean == pytest.approx(worst_share_mean(lacks, asked, 0.1))
    assert told.worst_mean >= told.mean
    assert told.theil_between + told.theil_within == pytest.approx(told.theil)


@pytest.mark.parametrize(
    ("language", "title", "worst"),
    [
        (
            "fr",
            "Qui reste sans interprète, et avec quelle inégalité",
            "Dans les communes les moins bien desservies",
        ),
        ("nl", "Wie zonder tolk blijft, en hoe ongelijk", "In de slechtst bediende gemeenten"),
    ],
)
def test_they_stand_beside_the_minutes_with_an_explanation(source, language, title, worst):
    blocks = said(source, language)["blocks"]
    at = next(i for i, one in enumerate(blocks) if one.get("text") == title)
    assert blocks[at - 1]["kind"] == "svg", "after the minutes and their curve"
    explained, table, sentence = blocks[at + 1 : at + 4]
    assert "Gini" in explained["text"]
    after = f"{inequality.without(source, 'after').mean * 100:.1f}".replace(".", ",")
    assert table["rows"][0][2].startswith(after)
    assert len(table["rows"]) == 7
    assert sentence["text"].startswith(worst)


def test_the_annex_has_them_as_numbers(source):
    book = openpyxl.load_workbook(io.BytesIO(annex(source, "fr")))
    rows = {row[0]: row[1:] for row in book.worksheets[0].iter_rows(values_only=True) if row[0]}
    told = [inequality.without(source, side).mean for side in ("before", "after")]
    assert rows["moyenne\u00a0: la part sans interprète"][:2] == pytest.approx(told)


def test_a_study_without_minutes_still_says_who_goes_without(source):
    bare = {side: {**source.result[side], "equity": {}} for side in ("before", "after")}
    told = replace(source, result={**source.result, **bare})
    with translation.override("en"):
        titles = [one.get("text") for one in inequality.blocks(told)]
    assert titles[0] == "Who goes without, and how unequally"
