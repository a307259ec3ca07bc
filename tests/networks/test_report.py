"""The report in French and Dutch, from a study of Kortrijk that is really planned."""

import io
import re
from dataclasses import replace
from datetime import date

import openpyxl
import pytest
from django.core.management import call_command
from django.utils import translation

from tests.networks.reports import said, sentences
from versants.networks import words, working
from versants.networks.report import steps
from versants.networks.report.annex import annex
from versants.networks.report.content import document
from versants.networks.report.pdf import pdf
from versants.networks.report.source import Scenario, Seen, Source
from versants_libs.coverage.digest import Line, Worse
from versants_libs.coverage.staffing_plan import plan
from versants_libs.coverage.study_files import PROVIDERS, load_study
from versants_libs.coverage.travel import travel_of


def test_first_page_is_plain_words_three_numbers_and_two_maps(source):
    told = said(source, "fr")
    assert len(told["numbers"]) == 3
    assert [caption for _svg, caption in told["maps"]] == ["Aujourd’hui", "Avec les recrues"]
    assert 40 <= len(" ".join(told["plain"]).split()) <= 150
    assert len(told["plain"]) <= 5
    titles = [block["text"] for block in told["blocks"] if block["kind"] == "h"]
    assert titles[:2] == ["D’où viennent les premiers chiffres", "Ce qui manque encore"]
    assert "27 novembre 2026" in told["subtitle"]
    titles = [block["text"] for block in told["blocks"] if block["kind"] == "h"]
    assert titles.index("Qui recruter, et où") < titles.index("Qui y perd") < titles.index("Sources")


def behind(told):
    """What stands under the first title after the half page."""
    heads = [i for i, block in enumerate(told["blocks"]) if block["kind"] == "h"]
    return " ".join(block["text"] for block in told["blocks"][heads[0] + 1 : heads[1]])


@pytest.mark.parametrize("language", ["fr", "nl"])
def test_nothing_of_the_report_stays_in_english(source, language):
    told, english = said(source, language), set(sentences(said(source, "en")))
    same = {one for one in sentences(told) if one in english and re.search(r"[a-z]{3} [a-z]{3}", one)}
    # The list of publications keeps their titles.
    assert {one for one in same if not re.match(r"INSEE|UNHCR R|OSRM|Ogryczak|©", one)} == set()


def test_talks_refused_and_the_cap_of_the_law_are_there_for_helpers(source):
    text = "\n".join(sentences(said(source, "nl")))
    assert "Geweigerde gesprekken" in text
    assert "€\u00a042,31 per dag en €\u00a01.692,51 per jaar" in text
    none = Source(source.study, {**source.result, "recruits": []}, source.territory, source.travel)
    assert "Geweigerde gesprekken" not in "\n".join(sentences(said(none, "nl")))


@pytest.mark.parametrize(
    ("language", "roads", "recruit"),
    [
        (
            "fr",
            "Routes\u00a0: modélisées d’après les kilomètres à vol d’oiseau, données de",
            r"1\u00a0× aide linguistique en \w+ à ",
        ),
        (
            "nl",
            "Wegen: gemodelleerd op kilometers in vogelvlucht, gegevens van",
            r"1\u00a0× taalhulp voor \w+ in ",
        ),
    ],
)
def test_roads_and_recruits_are_said_as_one_speaks(source, language, roads, recruit):
    text = "\n".join(sentences(said(source, language)))
    assert roads in text
    assert re.search(recruit, text)
    assert "piecewise" not in text


def test_costs_of_recruits_that_do_not_add_up_to_the_first_page_say_why(source):
    """What is paid by the hour stands in the year's cost and in no line of the table."""
    own = sum(one["cost"] for one in source.result["recruits"])
    before = source.result["before"]["cost_year"]

    def told(hours: float) -> str:
        after = {**source.result["after"], "cost_year": before + own + hours}
        other = Source(source.study, {**source.result, "after": after}, source.territory, source.travel)
        return "\n".join(sentences(said(other, "en")))

    assert "also counts what is paid by the hour" not in told(0.0)
    assert f"{own + 1566:,.0f}" in told(1566.0).partition("also counts what is paid by the hour")[0][-200:]


def told_of(source, language, *, provider="piecewise", date="2026-01", drop=(), **changes):
    """The report of the same study with other roads, or without some of what it takes for granted."""
    kept = tuple(one for one in source.study.assumptions if not one.startswith(drop)) if drop else None
    study = replace(source.study, **changes)
    study = study if kept is None else replace(study, assumptions=kept)
    result = {**source.result, "travel": {"provider": provider, "date": date}}
    return "\n".join(
        sentences(said(replace(source, study=study, result=result, strict=False), language)["blocks"])
    )


def test_the_roads_of_a_table_are_not_said_to_be_modelled(source):
    matrix = replace(source.study.travel, provider="matrix", knots_km=(), minutes=(), file="m.csv")
    text = told_of(source, "fr", provider="matrix", travel=matrix)
    for wrong in ("vol d’oiseau", "sans trafic", "OSRM /"):
        assert wrong not in text
    assert "elle ne dit pas si elle compte le trafic" in text
    assert "Table de minutes jointe à l’étude, datée de 2026-01" in text
    plain = told_of(source, "fr")
    for right in (
        "vol d’oiseau",
        "en voiture sans trafic",
        "4 minutes d’erreur",
        "OSRM / OpenStreetMap (ODbL), 2022",
    ):
        assert right in plain
    assert "Table de minutes" not in plain


def test_a_service_and_a_curve_of_ones_own_have_no_known_error(source):
    service = replace(source.study.travel, provider="valhalla", knots_km=(), minutes=(), url="http://x")
    text = told_of(source, "nl", provider="valhalla", travel=service)
    assert "Wegen: Valhalla, gegevens van 2026-01, met de auto, zoals de dienst antwoordde." in text
    assert "Valhalla / OpenStreetMap (ODbL), 2026-01" in text
    assert "OSRM /" not in text
    assert "zonder verkeer" not in text
    cycling = told_of(source, "nl", provider="valhalla", travel=replace(service, profile="bicycle"))
    assert "profiel ‘bicycle’" in cycling
    assert "met de auto" not in cycling
    own = replace(source.study.travel, knots_km=(0.0, 10.0), minutes=(1.0, 20.0))
    text = told_of(source, "nl", travel=own)
    assert "4 minuten fout" not in text
    assert "OSRM /" not in text


def test_a_peak_is_said_with_its_versant(source):
    text = told_of(source, "nl", peak={"west-vlaanderen": 1.15, "wallonie": 1.4})
    assert (
        "Om rekening te houden met het verkeer zijn deze minuten vermenigvuldigd: West-Vlaanderen ×\u00a01,15."
        in text
    )
    assert "verkeer als één factor" in text
    assert "geen verkeer" not in text
    flat = told_of(source, "nl", peak={"west-vlaanderen": 1.0})
    assert "vermenigvuldigd" not in flat
    assert "geen verkeer" in flat


def test_what_is_not_seen_depends_on_who_counted_demand(source):
    public, register, typed = (
        "Settled residents who never applied for asylum are not in the public figures",
        "Demand is what the desk’s register counted",
        "Demand is as typed",
    )
    text = told_of(source, "en")
    assert [one in text for one in (public, register, typed)] == [True, False, False]
    drop = "demand_public"
    counted = (
        *(one for one in source.study.assumptions if not one.startswith(drop)),
        "demand_register:x | 90 | y",
    )
    text = told_of(source, "en", assumptions=counted)
    assert [one in text for one in (public, register, typed)] == [False, True, False]
    assert "not seen among those who could be recruited" in text
    text = told_of(source, "en", assumptions=())
    assert [one in text for one in (public, register, typed)] == [False, False, True]
    for nowhere in (
        "who could be recruited; speakers",
        "Belgian population",
        "UNHCR Refugee",
        "ISM Interprétariat:",
    ):
        assert nowhere not in text
        assert nowhere in told_of(source, "en", drop=("demand_public",))


def test_every_way_of_roads_has_its_word():
    assert all(words.roads_word(provider) for provider in PROVIDERS)


def test_armenian_is_not_recruitable_here_and_says_what_replaces_it(source):
    assert [code for code, _instead in source.unrecruitable] == ["hye"]
    assert "phone" in source.unrecruitable[0][1]


def test_a_recruit_is_named_by_the_languages_it_is_felt_in_and_they_are_not_called_unrecruitable(source):
    place = next(iter(source.digest.places["after"]))
    spoken = {"hye": "full", "tir": "full", "prs": "full"}
    first = source.result["recruits"][0]
    gains = [
        {"commune": place, "language": code, "requests": n, "minutes": 0.0}
        for code, n in (("tir", 40.0), ("prs", 30.0), ("hye", 2.0))
    ]
    one = {**first, "languages": spoken, "n": 2, "gains": gains, "unserved_less": 72.0}
    told = replace(source, result={**source.result, "recruits": [one]})
    assert source.result["not_recruitable"], "nobody offered interprets Armenian"
    with translation.override("fr"):
        both = f"{told.language('tir')} + {told.language('prs')}"
        assert told.spoken_by(one["candidate"], spoken) == both
        assert f", {told.language('tir')}, " in steps.who(told, {one["candidate"]: 2})
    assert f"2\u00a0× aide linguistique en {both} à " in "\n".join(said(told, "fr")["plain"])
    assert told.unrecruitable == []
    # somebody who is not recruited here is for the language most missed
    other = next(c for c in source.study.candidates if c.id != one["candidate"])
    missed = {line.key: (1 - line.before) * line.requests for line in source.digest.languages}
    with translation.override("fr"):
        assert told.spoken_by(other.id, spoken) == told.language(max(spoken, key=lambda code: missed[code]))


def test_what_is_not_recruitable_is_what_the_result_says(source):
    """A language whose own speakers are too few, but which recruits of a variety of it interpret, is recruitable."""
    more = (*source.study.assumptions, "unrecruitable:tir | phone | x")
    told = replace(source, study=replace(source.study, assumptions=more), strict=False)
    assert [code for code, _instead in told.unrecruitable] == ["hye"]


def test_the_study_has_one_price_and_one_share_on_the_first_page_and_among_the_steps(source):
    """The front, worked out apart with less time, found something else at the study's limit."""
    other = {
        "recruits": {}, "cost": 10.0, "cost_more": 1.0, "objective": 9.0, "bound": 1.0, "left": 0.3, "gap": 0.9,
        "minutes_mean": 3.0, "worst_minutes": 3.0, "gini": 0.9, "theil": 0.9, "between": 0.0,
        "predicted": {"share": 0.9, "language": {"key": "tir", "share": 0.8}, "versant": {"key": "", "share": 0.8}},
    }  # fmt: skip
    front = {"by": "number", "points": [{**other, "number": n} for n in (2, 3, 4)]}
    told = replace(source, front=front)
    result = source.result
    cost = result["after"]["cost_year"] - result["before"]["cost_year"]
    with translation.override("fr"):
        rows = steps.rows(told)
        sentences_ = steps.sentences(told)
        figure, _said = document(told)["numbers"][2]
    assert rows[1][0] == str(sum(one["n"] for one in result["recruits"]))
    assert f"{rows[1][1]}\u00a0€" == figure
    assert rows[1][2] == words_percent(result["after"]["predicted"]["share"])
    lowest = min(result["after"]["predicted"]["languages"].values())
    assert told.points[1]["predicted"]["language"]["share"] == pytest.approx(lowest)
    assert told.points[1]["predicted"]["share"] == pytest.approx(result["after"]["predicted"]["share"])
    assert told.points[0] == front["points"][0]
    with translation.override("fr"):
        assert words.euros(1.0 - cost) in sentences_[-1]
    assert any("payé à l’heure" in one for one in sentences_)
    even = {"by": "number", "points": [{**other, "number": n, "cost_more": 10.0} for n in (1, 2)]}
    with translation.override("fr"):
        assert not any("payé à l’heure" in one for one in steps.sentences(replace(source, front=even)))


def test_both_means_of_minutes_are_named_and_less_equal_roads_are_said(source):
    def told(mean, more):
        after = source.result["after"]
        minutes = {**was, "mean": mean, "gini": was["gini"] + more, "theil": was["theil"] + more}
        result = {**source.result, "after": {**after, "equity": {**after["equity"], "minutes": minutes}}}
        return said(replace(source, result=result), "fr")

    was = source.result["before"]["equity"]["minutes"]
    both = told(was["mean"] - 1, 0.1)
    at = next(i for i, b in enumerate(both["blocks"]) if b["kind"] == "table" and b["head"][0] == "Mesure")
    text, table, less = both["blocks"][at - 1 : at + 2]
    standard = words.minutes_word(source.study.standard.minutes_on_site)
    first = both["numbers"][1]
    assert f"compte pour {standard}, ceux de la norme" in text["text"]
    assert f"celle de la première page, {first[0]}" in text["text"]
    assert "où quelqu’un vient" in first[1]
    assert "norme" in table["rows"][0][0]
    assert "moins également" in less["text"]
    for mean, more in ((was["mean"] + 1, 0.1), (was["mean"] - 1, -0.001)):
        assert "moins également" not in "\n".join(sentences(told(mean, more)))


def lines(source, *said):
    """The source with these languages: (code, requests, before, after)."""
    told = replace(source)
    told.__dict__["digest"] = replace(source.digest, languages=tuple(Line(*one) for one in said))
    return told


def test_the_language_served_least_is_named_with_what_becomes_of_it(source):
    """A language few ask for is neither in the first page's "missing most" nor among the rows by volume."""
    many = [(f"l{i:02}", 1000.0 - i, 0.3, 0.5) for i in range(28)]
    told = said(lines(source, *many, ("hye", 2.0, 0.0, 0.0), ("prs", 1.0, 0.1, 0.4)), "fr")
    assert "Langue la moins servie\u00a0: arménien (0\u202f%)\u202f; rien n’y change." in told["plain"]
    table = next(b for b in told["blocks"] if b["kind"] == "table" and b["head"][0] == "Langue")
    shown = [row[0] for row in table["rows"]]
    assert len(shown) == 25
    assert shown[-1] == "arménien"
    assert any(b.get("text", "").startswith("5 autres langues") for b in told["blocks"])
    better = said(lines(source, *many, ("hye", 2.0, 0.0, 0.02)), "nl")["plain"]
    assert "De minst bediende taal is Armeens: 2%, vandaag 0%." in better
    two = said(lines(source, *many, ("hye", 2.0, 0.0, 0.0), ("prs", 1.0, 0.0, 0.001)), "nl")["plain"]
    assert "De minst bediende talen zijn Armeens, Dari: 0%, daar verandert niets." in two


def test_a_case_that_serves_more_for_less_is_said_on_the_half_page(source):
    dearer = Scenario("B", source.served + 0.2, 9.0, source.cost + 500)
    less = Scenario("C", source.served - 0.1, 9.0, source.cost - 500)
    cheap = Scenario("D", source.served + 0.06, 9.0, source.cost - 500)
    better = said(replace(source, scenarios=[dearer, less, cheap]), "fr")
    (told,) = [one for one in better["plain"] if "sert davantage pour moins" in one]
    shown = words_percent(source.served, 0), words_percent(source.served + 0.06, 0)
    assert "D, " in told
    assert all(one in told for one in shown)
    assert not any(
        "pour moins" in one for one in said(replace(source, scenarios=[dearer, less]), "fr")["plain"]
    )
    table = next(b for b in better["blocks"] if b["kind"] == "table" and b["head"][0] == "Cas")
    assert [row[0] for row in table["rows"]] == ["cette étude", "B", "C", "D"]
    assert table["rows"][0][1] == shown[0]
    assert table["rows"][0][4] == "–"
    assert [row[4] for row in table["rows"][1:]] == ["+20,0", "\u221210,0", "+6,0"]


def test_shares_that_look_equal_as_whole_per_cents_are_told_apart(source):
    """It read "48 % for €2,739, against 48 % for €2,772"."""
    own = source.served
    more = round(own * 100) / 100 + 0.0049  # the last share of the same whole per cent
    result = {
        **source.result["after"],
        "predicted": {**source.result["after"]["predicted"], "share": more - 0.008},
    }
    near = replace(source, result={**source.result, "after": result})
    assert words_percent(near.served, 0) == words_percent(more, 0)
    cheap = Scenario("D", more, 9.0, near.cost - 500)
    (told,) = [one for one in said(replace(near, scenarios=[cheap]), "fr")["plain"] if "pour moins" in one]
    shares = re.findall(r"\d+(?:,\d)?\u202f%", told)
    assert len(set(shares)) == 2, told


def test_one_talk_more_has_its_price_beside_the_mean(source):
    after, before = source.result["after"], source.result["before"]
    more = sum(
        one["requests"] * (after["predicted"]["languages"][code] - before["predicted"]["languages"][code])
        for code, one in after["languages"].items()
    )
    more *= 1 - source.study.behaviour.cancelled
    price = (after["cost_year"] - before["cost_year"]) / more
    with translation.override("fr"):
        said_ = document(source)["numbers"][2][1]
        assert f"{words.euros(price)} par entretien de plus" in said_
        assert words.euros(after["cost_per_assignment"]) in said_
    same = replace(source, result={**source.result, "after": before})
    assert "de plus\u00a0:" not in said(same, "fr")["numbers"][2][1]


def test_a_recruit_that_helps_one_talk_or_none_is_said_so(source):
    first = source.result["recruits"][0]
    recruits = [{**first, "unserved_less": more} for more in (1.2, 0.3)]
    plain = said(replace(source, result={**source.result, "recruits": recruits}), "fr")["plain"]
    (best,) = [one for one in plain if one.startswith("Ce qui aide le plus")]
    assert "(1 entretien de plus par an)" in best
    assert best.count("×") == 1
    none = said(replace(source, result={**source.result, "recruits": recruits[1:]}), "fr")["plain"]
    assert not any(one.startswith("Ce qui aide le plus") for one in none)


def test_tables_say_how_many_rows_they_leave_to_the_annex_and_show_no_row_of_nothing(source):
    first = source.result["recruits"][0]
    many = replace(source, result={**source.result, "recruits": [first] * 27})
    told = said(many, "fr")
    texts = [b["text"] for b in told["blocks"] if b["kind"] == "p"]
    assert len([one for one in texts if one.startswith("7 autres lignes sont dans l’annexe")]) == 2
    assert not any("dans l’annexe" in b.get("text", "") for b in said(source, "fr")["blocks"])
    groups = (Line("A", 10.0, 0.1, 0.2), Line("B", 9.0, 0.1, 0.2), Line("C", 0.3, 0.0, 0.0))
    few = replace(source)
    few.__dict__["digest"] = replace(source.digest, groups=groups)
    table = next(b for b in said(few, "fr")["blocks"] if b.get("head", [""])[0] == "Arrondissement")
    assert [row[0] for row in table["rows"]] == ["A", "B"]


def test_the_page_answers_the_example_as_the_command_line_does(tmp_path):
    """Content with half a per cent at once, the page recruited other people than the proved plan."""
    asked = "--arrondissement Courtrai --kinds helper --number 6 --most-asked 30 --chosen-on 2026-11-27"
    call_command("mesh_study", *asked.split(), "--name", "K", "--out", str(tmp_path / "k.json"))
    study = load_study(tmp_path / "k.json")
    proved = plan(study, travel_of(study, tmp_path), seconds=120)
    assert proved["gap"] < 1e-6
    assert working.work(working.case("", study, 120.0))["recruited"] == working.recruited(proved)


def test_places_that_would_do_as_well_are_said_beside_the_recruits(source):
    first = source.result["recruits"][0]
    place = next(uid for uid in source.digest.places["after"] if uid != first["commune"])
    alike = [{"candidate": "x", "commune": place, "objective_more": 0.1}]
    for found, wanted in ((alike, 1), ([], 0)):
        told = replace(source, result={**source.result, "recruits": [{**first, "alike": found}]})
        texts = [b["text"] for b in said(told, "fr")["blocks"] if b["kind"] == "p"]
        texts = [one for one in texts if one.startswith("Des lieux qui feraient aussi bien")]
        assert len(texts) == wanted
        with translation.override("fr"):
            assert all(told.commune(place) in one for one in texts)


def words_percent(share, decimals=1):
    with translation.override("fr"):
        return words.percent(share, decimals)


def test_the_same_study_gives_the_same_bytes(source):
    assert pdf(source, "nl") == pdf(source, "nl")
    assert pdf(source, "fr")[:4] == b"%PDF"
    assert annex(source, "fr") == annex(source, "fr")


def test_annex_opens_and_holds_every_commune(source):
    book = openpyxl.load_workbook(io.BytesIO(annex(source, "nl")))
    rows = list(book["Per gemeente"].iter_rows(min_row=2, values_only=True))
    assert len(rows) == len(source.digest.places["after"]) == 12
    assert {row[1] for row in rows} <= {town.uid for town in source.territory.towns}


def test_the_first_number_is_the_predicted_share_and_the_simulated_one_stands_beside_it(source):
    predicted = source.result["after"]["predicted"]["share"]
    assert source.digest.share_unserved("after") == pytest.approx(1 - predicted)
    alone = said(source, "nl")
    figure, what = alone["numbers"][0]
    assert figure == f"{round(predicted * 100)}%"
    assert "volgens de voorspelling" in what
    assert "Gesimuleerd" not in what
    assert "imuleerde" not in behind(alone)

    one = {"predicted": 0.5, "ci95": [0.2, 0.5]}
    fill = {
        "tir": {**one, "simulated": 0.5, "requests": 300},
        "prs": {**one, "simulated": 0.1, "requests": 100},
    }
    total = {"simulated": 0.4, "ci95": [0.375, 0.425], "predicted": predicted, "requests": 400}
    years = {"fill": fill, "total": total, "replications": 20}
    told = said(replace(source, simulated=years), "nl")
    assert told["numbers"][0][0] == figure, "what is predicted stays the first number"
    assert "Gesimuleerd: 40,0% (37,5% tot 42,5%)" in told["numbers"][0][1]
    assert "20 gesimuleerde jaren" in behind(told)
    kept_before = said(replace(source, simulated={"fill": fill}), "nl")
    assert "Gesimuleerde jaren, met de aanwervingen, geven 40,0%." in behind(kept_before)


def test_a_result_without_a_prediction_is_said_to_be_of_an_older_model(source):
    old = {**source.result}
    for side in ("before", "after"):
        old[side] = {key: value for key, value in old[side].items() if key not in {"predicted", "worth"}}
    told = replace(source, result=old)
    assert told.older
    assert not source.older
    text = said(told, "fr")
    assert "modèle plus ancien" in text["plain"][0]
    assert "ancien plan" in text["numbers"][0][1]
    asked = sum(one["requests"] for one in old["after"]["languages"].values())
    missed = sum(one["unserved"] for one in old["after"]["languages"].values())
    assert told.digest.share_unserved("after") == pytest.approx(missed / asked)
    assert pdf(told, "nl")[:4] == b"%PDF"
    assert not any("modèle plus ancien" in one for one in sentences(said(source, "fr")))


def test_each_recruit_says_where_it_brings_more_and_who_loses(source):
    recruit = source.result["recruits"][0]
    places = [one["commune"] for one in source.result["recruits"][0]["gains"]]
    gains = [
        {"commune": places[0], "language": "tir", "requests": 12.34 + i, "minutes": 1.0} for i in range(6)
    ]
    loses = [{"commune": places[0], "language": "tir", "requests": 2.0}]
    one = {**recruit, "languages": {"tir": "full"}, "n": 2, "gains": gains, "loses": loses}
    other = {**one, "unserved_less": 0.0, "languages": {"tir": "full", "prs": "full"}, "loses": []}
    told = replace(source, result={**source.result, "recruits": [one, other]})
    told.__dict__["digest"] = replace(told.digest, worse=(Worse(places[0], "tir", 2.0),))
    blocks = said(told, "fr")["blocks"]
    table = next(b for b in blocks if b["kind"] == "table" and b["head"][0] == "Recrue")
    (who, more, fewer), (_who, named, same) = table["rows"]
    with translation.override("fr"):
        place = told.commune(places[0])
    assert who.startswith("2 × ")
    assert more.startswith(f"{place} +17,3")
    assert more.endswith("2 autres lignes")
    assert fewer == f"{place} \u22122,0"
    assert same == f"{place} (tigrigna) \u22122,0", "every recruit of a language names its losers"
    assert f"{place} (" in named, "somebody of two languages says which"
    rows = list(
        openpyxl.load_workbook(io.BytesIO(annex(told, "fr")))["Recrue par recrue"].iter_rows(values_only=True)
    )
    assert len(rows) == 1 + 7 + 6
    assert rows[7][6] == -2.0
    assert rows[7][7] is None


def test_who_loses_is_counted_on_the_first_page_and_what_the_list_leaves_out_is_said(source):
    none = said(source, "fr")
    assert "Aucune commune n’a moins qu’avant, dans aucune langue." in none["plain"]
    uids = sorted(source.digest.places["after"])
    worse = [Worse(uid, code, n) for n, code in ((0.3, "tir"), (0.2, "prs"), (0.04, "hye")) for uid in uids]
    told = replace(source)
    told.__dict__["digest"] = replace(source.digest, worse=tuple(worse))
    text = sentences(said(told, "fr"))
    assert any(one.startswith("12 communes ont moins qu’avant") and "6,0 entretiens" in one for one in text)
    assert any(one.startswith("Et 12 autres lignes, avec 2,4 entretiens de moins") for one in text)
    sheet = openpyxl.load_workbook(io.BytesIO(annex(told, "fr")))["Qui y perd"]
    assert sheet.max_row == 1 + 24


def test_what_was_seen_before_the_meaning_was_chosen_is_said(source):
    chosen = "27 novembre 2026"
    first, later = Seen(date(2026, 11, 2), "sum"), Seen(date(2026, 11, 20), "worst_language")
    assert f"Choisi le {chosen}, avant de voir" in said(source, "fr")["subtitle"]
    same = said(replace(source, seen=[first]), "fr")["subtitle"]
    assert "Choisi le 2 novembre 2026 pour la première étude" in same
    other = said(replace(source, seen=[first, later]), "fr")["subtitle"]
    assert "avant" not in other
    assert f"Choisi le {chosen}, alors que les résultats" in other
    assert "celle du 20 novembre 2026" in other
    assert "les langues les moins bien servies" in other


def test_a_turn_says_what_replaces_what_and_a_range_without_one_says_so(source):
    from versants.networks.report import turns

    first = next(iter(source.chosen))
    second = next(one.id for one in source.study.candidates if one.id != first)
    planned = {**source.result["recruits"][0], "candidate": first, "n": 2}
    other = source
    source = replace(source, result={**source.result, "recruits": [planned]})
    one = {
        "what": "simple", "low": 0.1, "high": 0.4, "at": 0.25, "values": [0.1, 0.25, 0.4],
        "answers": [{first: 2}, {first: 1, second: 1}], "objective": [[9.0, 9.0, 9.0], [12.0, 10.0, 5.0]],
        "served": [[0.5, 0.5, 0.5], [0.4, 0.45, 0.6]], "best": [0, 0, 1],
        "turns": [{"value": 0.35, "from": 0, "to": 1}],
    }  # fmt: skip
    with translation.override("fr"):
        turned, ends = turns.sentences(source, one)
        drawn = turns.chart(one)
    assert "35" in turned
    assert turned.count("1 ×") == 2
    assert "25" in ends
    assert [kind for kind, _d in drawn.paths].count("mesh-turn") == 1
    still = {
        **one,
        "answers": one["answers"][:1],
        "served": one["served"][:1],
        "best": [0, 0, 0],
        "turns": [],
    }
    with translation.override("nl"):
        assert "dezelfde" in turns.sentences(source, still)[0]
        not_ours = turns.sentences(replace(other, result={**other.result, "recruits": []}), still)
    assert not_ours[0].startswith("Bij 25%, wat deze studie aanneemt"), (
        "the sheet calls another plan the best"
    )
    assert "dezelfde" not in "".join(not_ours)
    assert not [kind for kind, _d in turns.chart(still).paths if kind == "mesh-turn"]
    told = said(replace(source, turns=[one, {**still, "what": "discouraged"}]), "nl")
    (beside,) = [block for block in told["blocks"] if block["kind"] == "beside"]
    assert [cell["svg"][:4] for cell in beside["cells"]] == ["<svg"] * 2
    assert pdf(replace(source, turns=[one]), "fr").startswith(b"%PDF")
    rows = list(
        openpyxl.load_workbook(io.BytesIO(annex(replace(source, turns=[one]), "nl")))
        .worksheets[6]
        .iter_rows(min_row=2, values_only=True)
    )
    assert len(rows) == 6
    assert [row[4] for row in rows] == [1, 0, 1, 0, 0, 1]


def test_it_says_where_those_who_interpret_today_come_from(source):
    n = len(source.study.people)
    public = "\n".join(sentences(said(source, "fr")))
    assert f"{n} personnes, selon les chiffres publics" in public
    kept = tuple(one for one in source.study.assumptions if not one.startswith("present |"))
    assert len(kept) == len(source.study.assumptions) - 1
    typed = replace(source, study=replace(source.study, assumptions=kept), strict=False)
    text = "\n".join(sentences(said(typed, "nl")))
    assert f"{n} personen, zoals ingevoerd" in text
    assert "zoals openbare cijfers" not in text


def test_a_year_simulated_once_and_a_language_nobody_asked_for_have_dashes(source):
    never = {"predicted": None, "simulated": None, "ci95": None, "requests": 0.0}
    once = {"predicted": 0.5, "simulated": 0.25, "ci95": None, "requests": 300.0}
    total = {"predicted": 0.5, "simulated": 0.25, "ci95": None, "requests": 300.0}
    years = {"fill": {"tir": once, "prs": never}, "total": total, "replications": 1}
    told = replace(source, simulated=years)

    table = next(b for b in said(told, "nl")["blocks"] if b["kind"] == "table" and "Gesimuleerd" in b["head"])
    assert [row[1:] for row in table["rows"]] == [["300", "50%", "25%", "–"], ["0", "–", "–", "–"]]
    assert pdf(told, "fr").startswith(b"%PDF")
