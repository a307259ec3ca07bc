"""The question of a study: amounts and numbers as they are typed, languages, the standard, whose figures it takes."""

import json
import re

import pytest
from django.urls import reverse
from django.utils import translation

from tests.networks.test_page import QUESTION, worked_out
from versants.core.errors import VersantsError
from versants.networks.fields import euros_of
from versants.networks.forms import QuestionForm, areas, initial_of, languages
from versants.networks.services import studies
from versants.networks.words import failure_word, order
from versants_libs.coverage.assumptions import parse
from versants_libs.coverage.needs import Register
from versants_libs.coverage.study_files import read_study


@pytest.fixture(autouse=True)
def brief(monkeypatch):
    monkeypatch.setattr(studies, "SECONDS", 6.0)


def test_one_names_languages_and_the_whole_standard(world, client_for, officer):
    """What is chosen reaches the study, and comes back in the form of the next one."""
    run = worked_out(
        client_for(officer), officer, languages=["som", "prs"], n_languages="9", phone_answer="4", fill="75",
        simple="40", number="1",
    )  # fmt: skip
    study = read_study(json.dumps(run.study))
    assert study.languages == ("prs", "som")
    assert (study.standard.phone_answer_minutes, study.standard.fill) == (4.0, 0.75)
    assert (study.rules.simple, run.question["simple"]) == ("high", "high")
    again = client_for(officer).get(reverse("studies") + f"?from={run.uid}").content.decode()
    chosen = re.findall(r'name="languages" value="(\w+)"[^>]* checked', again)
    assert sorted(chosen) == ["prs", "som"]
    assert '<details class="more" open>' in again
    for name, value in (("phone_answer", 4), ("fill", 75), ("simple", 40), ("n_languages", 9)):
        assert re.search(rf'name="{name}" value="{value}"', again), name
    old = {key: one for key, one in run.question.items() if key not in ("languages", "phone_answer", "fill")}
    assert QuestionForm(initial=initial_of(old))["fill"].value() == 90
    assert studies.build("n", old, "2026-11-27", None).standard.fill == 0.9
    with translation.override("nl"):
        assert QuestionForm(QUESTION | {"simple": "30"}).errors["simple"] == ["10, 25 of 40."]
        every = [code for code, _word in languages()]
        assert len(every) > 40
        assert QuestionForm(QUESTION | {"languages": every}).errors["languages"] == [
            f"{len(every)} talen gekozen; hoogstens 40."
        ]


def test_lists_stand_in_the_order_of_the_readers_language():
    with translation.override("fr"):
        (north,) = [pairs for group, pairs in areas() if str(group) == "Hauts-de-France"]
        names = [word for _key, word in north]
        assert names.index("Béthune") < names.index("Boulogne-sur-Mer")
        spoken = [word for _code, word in languages()]
        assert spoken == sorted(spoken, key=order)
        assert order("œuvre") < order("ogive")
        assert order("Évreux") < order("Ham")


@pytest.mark.parametrize("language", ["fr", "nl", "en"])
@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        *[(one, 50_000) for one in ("50000", "50.000", "50 000", "50\u202f000", "50\u00a0000", "50 000,00")],
        *[(one, 50_000) for one in ("50.000,00", "50,000.00", "€ 50.000", "50 000 €", " 50000 ", "50000.0")],
        ("1.250.000", 1_250_000),
        ("1,250,000", 1_250_000),
        ("0", 0),
        ("50.00", 50),
        ("", None),
        ("100 000 000", 100_000_000),
    ],
)
def test_an_amount_is_read_as_it_is_written_here(typed, amount, language):
    with translation.override(language):
        form = QuestionForm(QUESTION | {"budget": typed})
        assert form.is_valid(), form.errors
        assert form.question()["budget"] == amount
        if amount is not None:
            kept = QuestionForm(initial={"budget": amount})["budget"].value()
            assert QuestionForm(QUESTION | {"budget": kept}).is_valid()
            assert euros_of(kept) == amount, "the form reads what it writes"


@pytest.mark.parametrize(
    "typed",
    ["50,000", "50.0000", "50 00", "0.500", "50.000 000", "50.5", "-5", "5e4", "vijftig", "²", "1.2.3"],
)
def test_an_amount_with_two_meanings_is_refused_with_an_example(typed):
    for language, said in (("fr", "en euros entiers"), ("nl", "hele euro’s")):
        with translation.override(language):
            (error,) = QuestionForm(QUESTION | {"budget": typed}).errors["budget"]
            assert said in error
            assert "50000" in error


def test_numbers_out_of_range_name_both_ends():
    with translation.override("nl"):
        assert QuestionForm(QUESTION | {"budget": "100.000.001"}).errors["budget"] == [
            "Hoogstens 100.000.000 euro."
        ]
    for typed in ("41", "-1", "2.000", "x", ""):
        wrong = QUESTION | {"number": typed, "n_languages": typed, "minutes": typed and f"{typed}000"}
        for language, said in (
            ("fr", "Un nombre entier de {} à {}."),
            ("nl", "Een geheel getal van {} tot {}."),
        ):
            with translation.override(language):
                errors = QuestionForm(wrong).errors
                assert errors["number"] == [said.format(0, 40)]
                assert errors["n_languages"] == [said.format(1, 40)]
                assert errors["minutes"] == [said.format(15, 120)]


@pytest.fixture
def counted(monkeypatch):
    """A desk that counted 143 requests in West-Vlaanderen, few beside the public figures, and none in Wallonie."""
    own = Register({("west-vlaanderen", "tir"): 90.0, ("west-vlaanderen", "apc"): 53.0}, {"BE-31005": 140.0})
    monkeypatch.setattr(studies, "register_of", lambda today: own)
    return own


def test_one_chooses_whose_figures_the_needs_are(world, client_for, officer, counted):
    """Kortrijk has none of the located requests; the defaults give a study of it all the same."""
    for language, held, few in (
        ("fr", "143 (Flandre occidentale)", "moins de cinq (Wallonie)"),
        ("nl", "143 (West-Vlaanderen)", "minder dan vijf (Wallonië)"),
    ):
        form = client_for(officer, language).get(reverse("studies")).content.decode()
        assert held in form
        assert few in form
        refused = client_for(officer, language).post(
            reverse("studies"), QUESTION | {"demand": "register", "area": "wallonie"}
        )
        assert refused.status_code == 422
        assert "Walloni" in refused.context["form"].errors["demand"][0]
    run = worked_out(client_for(officer), officer, n_languages="3", number="1")
    assert run.question["demand"] == "auto"
    said = {one.key: one.value for one in parse(read_study(json.dumps(run.study)).assumptions)}
    assert said["demand_unused:west-vlaanderen"] == "143"
    for language, whose in (("fr", "viennent de chiffres publics"), ("nl", "komen uit openbare cijfers")):
        page = client_for(officer, language).get(reverse("study", args=[run.uid])).content.decode()
        behind = page[page.index('data-test="behind"') :]
        assert whose in behind[: behind.index("</p><p>", 300)]


def test_the_register_alone_plans_with_the_register_and_says_so(world, client_for, officer, counted):
    run = worked_out(
        client_for(officer), officer, demand="register", area="west-vlaanderen", n_languages="2", number="1"
    )
    study = read_study(json.dumps(run.study))
    assert sum(row.requests for row in study.demand) == pytest.approx(143)
    for language, whose, source in (
        ("fr", "143 (Flandre occidentale)", "registre propre du bureau, sur 12 mois"),
        ("nl", "143 (West-Vlaanderen)", "eigen register van de tolkendienst, over 12 maanden"),
    ):
        page = client_for(officer, language).get(reverse("study", args=[run.uid])).content.decode()
        behind = page[page.index('data-test="behind"') :]
        assert whose in behind[: behind.index("</div>")]
        assert source in page
        assert "own register" not in page


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"demand": "register"}, "study.no_register"), ({"languages": ["nld"]}, "study.nothing_asked")],
)
def test_what_cannot_be_asked_ends_with_its_cause(world, changes, code, counted, monkeypatch):
    question = {
        **QUESTION, "n_languages": 3, "number": 1, "budget": None, "minutes": 60, "phone_share": 0.72,
        "discouraged": 0.0, "simple": "middle", "fill": 0.9,
    } | changes  # fmt: skip
    monkeypatch.setattr(studies, "most_asked", lambda *args: changes.get("languages", ["tir"]))
    with pytest.raises(VersantsError) as refused:
        studies.build("n", question, "2026-11-27", counted)
    assert refused.value.code == code
    assert "fault" not in failure_word(code)


def test_the_slider_left_alone_takes_the_registers_share_and_moved_it_counts(monkeypatch):
    from versants_libs.coverage.ways import Counts

    where = "west-vlaanderen"
    own = Register(
        {(where, "tir"): 900.0}, counts=Counts({(where, "on_site"): 150.0, (where, "phone"): 150.0})
    )
    question = {
        **QUESTION, "area": where, "n_languages": 1, "number": 1, "budget": None, "minutes": 60, "phone_share": 0.72,
        "discouraged": 0.0, "simple": "middle", "fill": 0.9, "demand": "register",
    }  # fmt: skip
    for share, on_site, cases in ((0.72, 0.5, ["phone_58", "phone_86"]), (0.86, 0.14, ["phone_58"])):
        study = studies.build("n", question | {"phone_share": share}, "2026-11-27", own)
        rows = study.demand
        found = sum(row.requests for row in rows if row.mode == "on_site") / sum(row.requests for row in rows)
        assert found == pytest.approx(on_site)
        asked = question | {"phone_share": share}
        others = [key for key, _case in studies.variants(study, "n", asked, "2026-11-27", own)]
        assert [key for key in others if key.startswith("phone")] == cases
    for language, said in (("fr", "laissé à 72"), ("nl", "blijft 72")):
        with translation.override(language):
            assert said in str(QuestionForm()["phone_share"].help_text)


def test_traffic_is_chosen_by_versant_and_kept(world, client_for, officer):
    """30 per cent more in West-Vlaanderen: kept in question and study, told as taken for granted, back in the next form."""
    question = {
        **QUESTION, "n_languages": 2, "number": 1, "budget": None, "minutes": 60, "phone_share": 0.72,
        "discouraged": 0.0, "simple": "middle", "fill": 0.9,
    }  # fmt: skip
    form = QuestionForm(QUESTION | {"peak_west_vlaanderen": "30", "peak_wallonie": "0"})
    assert form.is_valid(), form.errors
    assert form.question()["peak"] == {"west-vlaanderen": 1.3}
    assert QuestionForm(QUESTION).is_valid(), "who says nothing of it means none, as before"
    study = studies.build(
        "n", question | {"peak": {"west-vlaanderen": 1.3, "wallonie": 1.5}}, "2026-11-27", None
    )
    assert study.peak == {"west-vlaanderen": 1.3}, "no talk of this territory is in Wallonie"
    assert {one.key: one.value for one in parse(study.assumptions)}["peak:west-vlaanderen"] == "× 1.3"
    assert studies.build("n", question, "2026-11-27", None).peak == {}, "an old question"
    kept = QuestionForm(initial=initial_of(form.question()))["peak"]
    html = str(kept)
    assert '<details class="more peaks" open>' in html
    assert re.search(r'name="peak_west_vlaanderen" value="30"', html)
    assert "open" not in str(QuestionForm(initial=initial_of(question))["peak"])
    page = client_for(officer).get(reverse("studies")).content.decode()
    (named,) = re.findall(r'<label for="(\w+)">Flandre occidentale</label>', page)
    assert re.search(rf'<input[^>]*name="peak_west_vlaanderen"[^>]* id="{named}"', page)
    said_in = (
        ("fr", "Wallonie\u00a0: un nombre entier de 0 à 100."),
        ("nl", "Wallonië: een geheel getal van 0 tot 100."),
    )
    for language, said in said_in:
        with translation.override(language):
            for typed in ("101", "-1", "1.5", "x"):
                assert QuestionForm(QUESTION | {"peak_wallonie": typed}).errors["peak"] == [said]
