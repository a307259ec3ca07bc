"""What a reader stumbled over: figures, sentences and tables that were right and still did not say it."""

import io
from dataclasses import replace
from uuid import uuid4

import openpyxl
import pytest
from django.http import QueryDict
from django.urls import reverse
from django.utils import translation

from tests.networks.reports import said
from tests.networks.test_nobody import alone
from tests.networks.test_page import QUESTION
from tests.world import make_account, make_membership
from versants.core.models import Job
from versants.core.web.jobs import title_of
from versants.networks import words
from versants.networks.forms import QuestionForm
from versants.networks.models import StudyRun
from versants.networks.report import content, plain, steps
from versants.networks.report.annex import annex
from versants.networks.services import fronts
from versants.networks.services.results import LEAST_SHOWN, MOST_SHOWN, _shown
from versants_libs.coverage.digest import Line
from versants_libs.coverage.staffing_facts import at_most
from versants_libs.coverage.study import Limits


@pytest.mark.parametrize(
    ("language", "amount"), [("fr", "\u22122\u202f030\u00a0€"), ("nl", "€\u00a0\u22122.030")]
)
def test_a_negative_amount_has_a_minus_and_no_hyphen(language, amount):
    with translation.override(language):
        assert words.euros(-2030) == amount


@pytest.mark.parametrize(
    "limits", [Limits(number=0), Limits(number=6, budget=0.0), Limits(number=0, budget=900.0)]
)
def test_the_steps_of_a_study_that_recruits_nobody_go_to_so_many_people(source, limits):
    """Twice nobody is nobody, and of a budget of nothing every step was the same."""
    wide, by = fronts.widened(replace(source.study, limits=limits))
    assert (by, wide.limits) == ("number", Limits(number=fronts.WHERE_NOBODY))


def point(number, least="tir"):
    share = 0.5 + number / 1000
    group = {"key": least, "share": 0.1}
    return {
        "number": number, "recruits": {}, "cost": 0.0, "cost_more": 0.0, "left": 0.0, "gini": 0.1, "worst_minutes": 9.0,
        "predicted": {"share": share, "language": group, "versant": group},
    }  # fmt: skip


def test_they_begin_at_the_study_itself_and_say_how_far_they_go(source):
    front = {"by": "number", "points": [point(0), point(1)]}
    told = replace(alone(source, number=6, budget=0.0), front=front)
    assert [told.is_own(one) for one in front["points"]] == [True, False]
    with translation.override("fr"):
        assert steps.sentences(told)[0].startswith("De zéro à 1 recrue\u00a0: ce que chaque plan coûte")
    with translation.override("nl"):
        assert steps.sentences(told)[0].startswith("Van niemand tot 1 persoon: wat elk plan")


def test_a_step_of_such_a_study_opens_as_a_question_with_the_budget_left_open():
    run = StudyRun(front={"by": "number"}, question={"number": 6, "budget": 0})
    query = fronts.point_query(run, {"number": 3})
    assert query.endswith("&number=3&budget=")
    asked = fronts.as_question(run.question, QueryDict(query))
    assert asked == {"number": 3, "budget": None}
    assert fronts.as_question(run.question, QueryDict("number=3")) == {"number": 3, "budget": 0}
    assert fronts.point_query(run, {"number": 0}).endswith("&number=0"), "nobody needs no euro"
    bought = StudyRun(front={"by": "number"}, question={"number": 6, "budget": None})
    assert fronts.point_query(bought, {"number": 3}).endswith("&number=3")


def test_what_is_held_least_is_a_column_only_where_it_changes(source):
    same = replace(source, front={"by": "number", "points": [point(n) for n in range(3)]})
    other = replace(source, front={"by": "number", "points": [point(0), point(1, "prs")]})
    with translation.override("fr"):
        assert len(steps.head(same)) == 6
        assert {len(row) for row in steps.rows(same)} == {6}
        assert (
            "À chaque palier, la langue la moins servie est la même\u00a0: tigrigna, 10\u202f%."
            in steps.sentences(same)
        )
        assert len(steps.head(other)) == 7
        assert [row[3] for row in steps.rows(other)] == ["tigrigna, 10\u202f%", "dari, 10\u202f%"]
        assert not [text for text in steps.sentences(other) if "même" in text]
        table = steps.blocks(same)[-1]
    assert len(table["head"]) == len(table["widths"]) == 6


def test_what_stands_instead_is_said_once_for_languages_that_have_the_same(source):
    missing = [("hye", ("phone",)), ("kin", ("phone",)), ("ron", ("nothing",))]
    told = type("Told", (), {"unrecruitable": missing, "language": staticmethod(str.upper)})()
    with translation.override("nl"):
        table = content.unrecruitable(told)[-1]
    assert [row[0] for row in table["rows"]] == ["HYE, KIN", "RON"]
    assert table["figures"] == [False, False]


def test_one_language_is_not_worth_a_way_to_the_annex():
    lines = [Line(f"l{i:02}", 100.0 - i, 0.3, 0.5 if i < 40 else 0.9) for i in range(26)]
    assert content.most_asked(lines) == lines
    many = [Line(f"l{i:02}", 100.0 - i, 0.3, 0.1 if i < 24 else 0.9) for i in range(40)]
    assert len(content.most_asked(many)) == content.SHOWN_LANGUAGES


def test_the_sources_end_the_report_in_one_piece(source):
    (last,) = [block for block in said(source, "fr")["blocks"][-2:] if block["kind"] == "list"]
    assert last["whole"]


class Drawn:
    width = 400

    def __init__(self, *dots):
        self.dots = [(str(x), "0", "1") for x in dots]


def test_every_recruit_shows_before_the_slider_is_moved():
    assert _shown(Drawn()) == _shown(Drawn(40)) == LEAST_SHOWN
    assert _shown(Drawn(40, 340)) == 88
    assert _shown(Drawn(399)) == MOST_SHOWN


def test_what_is_to_be_put_right_is_told_first_with_a_way_to_each(world, client_for, officer):
    wrong = QUESTION | {"number": "x", "peak_wallonie": "900", "meaning": ""}
    page = client_for(officer, "fr").post(reverse("studies"), wrong).content.decode()
    note = page[page.index('data-test="wrong"') : page.index('data-test="study-form"')]
    assert "3 réponses sont à corriger." in note
    for where in ("id_number", "id_meaning_error", "id_peak_error"):
        assert f'href="#{where}"' in note
        assert f'id="{where}"' in page
    assert 'data-test="wrong"' not in client_for(officer, "fr").get(reverse("studies")).content.decode()


def test_a_whole_number_is_asked_for():
    with translation.override("fr"):
        assert QuestionForm(QUESTION | {"discouraged": "7.5"}).errors["discouraged"] == [
            "Un nombre entier de 0 à 50."
        ]


def test_the_name_of_a_job_has_the_space_of_its_language(monkeypatch):
    from versants.core.web import jobs

    monkeypatch.setitem(jobs._ABOUT, fronts.KIND, lambda job: "Courtrai")
    for language, colon in (("fr", "\u00a0: Courtrai"), ("nl", "n: Courtrai"), ("en", "y: Courtrai")):
        with translation.override(language):
            assert title_of(Job(kind=fronts.KIND)).endswith(colon)


@pytest.mark.parametrize("command", ["mesh_study", "mesh_report"])
def test_help_says_nothing_of_the_frame(command, capsys):
    from django.core.management import load_command_class

    load_command_class("versants.networks", command).print_help("versants", command)
    told = capsys.readouterr().out
    assert "--out" in told
    assert "settings" not in told


def test_of_a_budget_it_is_said_what_it_does_not_count(source):
    """138 731 euros a year more stood above a limit of 60 000 without a word."""
    bounded = replace(source.study, limits=Limits(number=2, budget=60_000.0))
    with translation.override("fr"):
        free = [one.get("text", "") for one in plain.behind(source)]
        told = [one.get("text", "") for one in plain.behind(replace(source, study=bounded, strict=False))]
    taken = sum(at_most(source.study, one) * source.chosen.get(one.id, 0) for one in source.study.candidates)
    assert f"De ce budget, ces recrues prennent {_euros(taken)}\u00a0:" in " ".join(told)
    assert "De ce budget" not in " ".join(free)


def _euros(amount):
    with translation.override("fr"):
        return words.euros(amount)


@pytest.mark.parametrize("role", ["lead_authority", "funder", "clinician"])
def test_who_may_not_see_studies_reads_for_whom_they_are(world, client_for, role):
    refused = make_membership(make_account("Other Role"), world.house_be, role)
    for path in (reverse("studies"), reverse("study", args=[uuid4()])):
        answer = client_for(refused, "nl").get(path)
        assert answer.status_code == 403
        assert "Studies zijn voor de coördinatie, de tolkendiensten" in answer.content.decode()


def test_a_sheet_without_a_line_says_why(source):
    told = replace(source, result={**source.result, "recruits": []})
    for source_, title, sentence in (
        (source, "Wie verliest", "Geen enkele gemeente heeft"),
        (told, "Aanwervingen", "Er wordt niemand aangeworven"),
    ):
        sheet = openpyxl.load_workbook(io.BytesIO(annex(source_, "nl")))[title]
        first = str(sheet.cell(2, 1).value)
        assert first.startswith(sentence) or (source_ is source and source.worse), first
