"""A study with nobody to recruit, asked so or for want of money, reads as one: no "after", no list of nobody."""

import re
from dataclasses import replace

import pytest

from tests.networks.reports import said, sentences
from versants.networks.report.source import Source
from versants_libs.coverage.study import Limits


def alone(source, **limits) -> Source:
    """The same study with nobody recruited: what follows is what was."""
    result = {**source.result, "recruits": [], "after": source.result["before"]}
    study = replace(source.study, limits=Limits(**limits))
    return replace(source, study=study, result=result, strict=False)


@pytest.mark.parametrize(
    ("language", "title", "sentence", "wrong"),
    [
        (
            "fr",
            "Ce que peuvent assurer les interprètes d’aujourd’hui",
            "on ne recrute personne.",
            r"\b0 (personne|de plus)",
        ),
        (
            "nl",
            "Wat wie vandaag tolkt aankan",
            "er wordt niemand aangeworven.",
            r"\b0 (persoon|mensen|personen|meer)",
        ),
        ("en", "What those who interpret today can do", "nobody is recruited.", r"\b0 (people|person|more)"),
    ],
)
def test_a_study_of_those_who_are_there(source, language, title, sentence, wrong):
    told = said(alone(source, number=0), language)
    assert told["title"].startswith(title)
    plain = " ".join(told["plain"])
    assert sentence in plain
    assert not re.search(wrong, "\n".join(sentences(told)).replace("\u00a0", " "))
    for change in ("rien n’y change", "daar verandert niets", "nothing changes there"):
        assert change not in plain
    assert len(told["maps"]) == 1
    (curves,) = [one for one in told["blocks"] if one["kind"] == "svg" and not one.get("wide")]
    assert "dasharray" not in curves["svg"]
    for dashed in ("En tirets", "Gestreept", "Dashed"):
        assert dashed not in curves["caption"]
    assert told["dot"] == ""
    assert len(told["numbers"]) == 3
    heads = [one["head"] for one in told["blocks"] if one["kind"] == "table"]
    then = {"fr": "Ensuite", "nl": "Dan", "en": "Then"}[language]
    assert not [head for head in heads if then in head]
    full = said(source, language)
    assert [
        head for head in (one["head"] for one in full["blocks"] if one["kind"] == "table") if then in head
    ]
    assert len(full["maps"]) == 2
    text = [one["text"] for one in told["blocks"] if one["kind"] == "h"]
    gone = {one["text"] for one in full["blocks"] if one["kind"] == "h"} - set(text)
    assert len(gone) >= 4, "whom to recruit, what each brings, helpers, steps"


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("fr", "le budget de 12\u00a0€ par an ne suffit pour aucune recrue"),
        ("nl", "het budget van €\u00a012 per jaar volstaat voor niemand"),
    ],
)
def test_a_budget_too_small_for_anybody_says_what_the_cheapest_takes(source, language, sentence):
    other = alone(source, number=3, budget=12.0)
    told = said(other, language)
    assert other.least_cost > 12
    for text in (" ".join(told["plain"]), "\n".join(sentences(told["blocks"]))):
        assert sentence in text
    assert told["title"].startswith(("Où recruter", "Waar tolken"))


def test_nobody_who_helps_is_another_reason(source):
    told = said(alone(source, number=3), "en")
    assert "within these limits no recruit helps" in " ".join(told["plain"])
    assert "too small" not in " ".join(told["plain"])
