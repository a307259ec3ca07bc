"""What a study takes for granted, in report and annex."""

import io
from dataclasses import replace

import openpyxl
from django.utils import translation

from tests.networks.reports import said
from versants.networks.report import assumed
from versants.networks.report.annex import annex


def tables_of_assumptions(told):
    return [b for b in told["blocks"] if b["kind"] == "table" and b["head"][1:] == ["Valeur", "Source"]]


def test_every_assumption_has_its_source_in_the_report(source):
    rows = [row for table in tables_of_assumptions(said(source, "fr")) for row in table["rows"]]
    assert len(rows) >= 34
    assert all(what and value and cited for what, value, cited in rows)


def test_what_decides_the_figures_is_named_under_its_title_in_report_and_annex(source):
    tables = tables_of_assumptions(said(source, "fr"))
    titles = [table["head"][0] for table in tables]
    assert titles == [
        "Ce qui est demandé",
        "Qui interprète aujourd’hui",
        "Qui peut être recruté",
        "Comment les gens répondent",
        "Ce qui compte, et combien",
        "Ce que cela coûte",
    ]
    known = {what: value for table in tables for what, value, _source in table["rows"]}
    assert known["Part des propositions qu’accepte une personne libre"] == "90\u202f%"
    assert known["Part des semaines où une personne est malade ou absente"] == "4\u202f%"
    assert known["Coût annuel d’un interprète certifié, en plus des heures"] == "150\u00a0€"
    assert "10\u202f000" in known.values()
    assert "45\u202f; 20\u202f000" in known.values()
    rows = list(
        openpyxl.load_workbook(io.BytesIO(annex(source, "fr")))
        .worksheets[-1]
        .iter_rows(min_row=2, values_only=True)
    )
    assert [row[1] for row in rows] == list(known)
    assert {row[0] for row in rows} == set(titles)


def test_a_study_typed_by_hand_names_them_too_with_its_own_figures(source):
    how = replace(source.study.behaviour, answer_yes=0.7, bursts=3.0)
    typed = replace(source.study, behaviour=how, assumptions=("somebody wrote this",))
    told = said(replace(source, study=typed, strict=False), "fr")
    rows = {row[0]: row[1] for table in tables_of_assumptions(told) for row in table["rows"]}
    assert rows["Part des propositions qu’accepte une personne libre"] == "70\u202f%"
    assert "1\u202f; 3" in rows.values()
    assert "somebody wrote this" in rows.values()


def test_assumptions_are_written_as_the_reader_writes(source):
    def value(language, what):
        with translation.override(language):
            lines = [one for _title, group in assumed.groups(source.study) for one in group]
            return next(one[1] for one in lines if one[0].startswith(what))

    assert "(Flandre occidentale)" in value("fr", "Entretiens par an pour 1")
    assert "West-Vlaanderen" not in value("fr", "Entretiens par an pour 1")
    assert "(Wallonië)" in value("nl", "Gesprekken per jaar per 1")
    assert value("fr", "Part des entretiens qu’une aide").endswith("retenu ici\u00a0: 25\u202f%")
