"""The study page: the question first, then what was really worked out; figures only, each house its own."""

import io
import json
import re
from contextlib import suppress
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from unittest.mock import Mock

import openpyxl
import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from tests.world import actor as actor_of
from tests.world import make_account, make_membership
from versants.core import clock, jobs
from versants.core.access.classes import Role
from versants.core.access.scope import acting
from versants.core.jobs import Face
from versants.core.models import Job
from versants.core.web.words import day_plain
from versants.networks.forms import QuestionForm
from versants.networks.models import StudyRun
from versants.networks.rules import STUDY_ROLES
from versants.networks.services import fronts, results, roads, spreading, studies
from versants_libs.coverage.errors import InstanceError
from versants_libs.coverage.needs import demand_of
from versants_libs.coverage.study_files import fingerprint_of, read_study

EXAMPLE = next(Path(__file__).parents[1].joinpath("coverage", "studies").glob("*.json"))

QUESTION = {
    "area": "west-vlaanderen:Courtrai",
    "meaning": "worst_language",
    "n_languages": "6",
    "kinds": ["helper"],
    "budget": "",
    "number": "3",
    "minutes": "60",
    "phone_share": "72",
    "discouraged": "0",
    "simple": "25",
    "phone_answer": "10",
    "fill": "90",
}


@pytest.fixture(autouse=True)
def brief(monkeypatch):
    monkeypatch.setattr(studies, "SECONDS", 6.0)


#: What came of a question, so that the same one is worked out once for many tests.
ANSWERED = {}
ANSWER = ("study", "result", "scenarios", "turns", "simulated", "finished_at")


def worked_out(client, member, **changes):
    """Ask on the page and do the work as the worker would, or take what it did for the same question before."""
    answer = client.post(reverse("studies"), QUESTION | changes)
    assert answer.status_code == 303, re.findall(r'class="err[^>]*>([^<]+)', answer.content.decode())
    actor = actor_of(member)
    with acting(actor):
        job = Job.objects.get(kind=studies.KIND)
    assert answer["Location"] == reverse("job", args=[job.uid])
    asked = repr((sorted(changes.items()), studies.SECONDS, studies.YEARS, roads.named(), clock.today()))
    with acting(actor):
        run = StudyRun.objects.get(uid=job.params["run"])
        if asked in ANSWERED:
            for name, value in ANSWERED[asked].items():
                setattr(run, name, deepcopy(value))
            run.finished_at = clock.now()
            run.save(update_fields=ANSWER)
            return StudyRun.objects.get(uid=run.uid)
    studies.work_out(Face(job.pk, actor), **job.params)
    with acting(actor):
        run = StudyRun.objects.get(uid=run.uid)
        ANSWERED[asked] = {name: getattr(run, name) for name in ANSWER[:-1]}
        return run


def test_no_versant_can_be_left_behind_where_there_is_one(officer, client_for):
    client = client_for(officer)
    answer = client.post(reverse("studies"), {**QUESTION, "meaning": "worst_versant"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "se trouve dans un seul versant" in page or "lies in one versant" in page
    assert re.search(r'value="worst_versant"[^>]* checked', page), "what was chosen is kept"
    everywhere = {**QUESTION, "meaning": "worst_versant", "area": "all"}
    assert client.post(reverse("studies"), everywhere).status_code == 303


@pytest.mark.parametrize("role", sorted(STUDY_ROLES))
def test_whoever_asks_sees_how_far_it_is_and_can_stop_it(world, client_for, role):
    member = make_membership(make_account("Asker Own"), world.house_be, role)
    client = client_for(member)
    asked = client.post(reverse("studies"), QUESTION)
    assert client.get(asked["Location"]).status_code == 200
    stopped = client.post(f"{asked['Location']}stop/", follow=True)
    assert stopped.status_code == 200
    job = stopped.context["job"]
    assert job.cancel_asked
    other = make_membership(make_account("Other Own"), world.house_be, Role.PROGRAMME_OFFICER)
    assert client_for(other).get(asked["Location"]).status_code == 404


def test_everything_is_chosen_before_a_result_is_shown(world, client_for, officer):
    client = client_for(officer)
    form = client.get(reverse("studies")).content.decode()
    for field in QUESTION:
        assert f'name="{field}"' in form
    for field in ("demand", "people", "languages"):
        assert f'name="{field}"' in form
    assert form.count("data-slider") == 5, "five a councillor moves"
    dutch = client_for(officer, "nl").get(reverse("studies")).content.decode()
    assert ">Kortrijk<" in dutch
    assert ">Doornik-Moeskroen<" in dutch
    missing = client.post(reverse("studies"), {**QUESTION, "meaning": ""})
    assert missing.status_code == 422
    assert not StudyRun.objects.exists()


def test_a_study_is_worked_out_and_told(world, client_for, officer):
    client = client_for(officer)
    run = worked_out(client, officer)
    assert run.question["meaning"] == "worst_language"
    study = read_study(json.dumps(run.study))
    assert study.fairness.meaning == "worst_language"
    assert study.fairness.chosen_on == clock.local(run.chosen_at).date().isoformat()
    assert len(study.languages) == 6
    assert {one["key"] for one in run.scenarios} >= {
        "no_helpers",
        "border_closed",
        "simple_low",
        "simple_high",
        "discouraged_30",
    }
    assert [one["what"] for one in run.turns] == ["simple", "discouraged"]
    simple = run.turns[0]
    assert (simple["low"], simple["high"], simple["at"]) == pytest.approx((0.1, 0.4, 0.25))
    own = {one["candidate"]: one["n"] for one in run.result["recruits"]}
    if own in simple["answers"]:
        at = simple["values"].index(pytest.approx(simple["at"]))
        share = simple["served"][simple["answers"].index(own)][at]
        assert share == pytest.approx(run.result["after"]["predicted"]["share"], abs=1e-6)
    page = client.get(reverse("study", args=[run.uid])).content.decode()
    assert set(run.simulated["fill"]) == set(study.languages)
    assert run.simulated["total"]["simulated"] is not None
    assert run.simulated["replications"] == studies.YEARS
    waited = run.simulated["wait_min"]["on_site"]
    assert waited["ci95"][0] <= waited["simulated"] <= waited["ci95"][1]
    assert (
        "How long one waits"
        in client_for(officer, "en").get(reverse("study", args=[run.uid])).content.decode()
    )
    share = run.result["after"]["predicted"]["share"]
    assert run.simulated["total"]["predicted"] == pytest.approx(share)
    told = results.source(run)
    assert told.served == pytest.approx(share), "the first number is the predicted one"
    assert {one.name: one.served for one in told.scenarios} == {
        results.scenario_word(one["key"]): one["result"]["after"]["predicted"]["share"]
        for one in run.scenarios
    }
    assert "Simulated" in page or "En simulation" in page
    assert 'data-test="older"' not in page
    assert page.count('data-test="scenarios"') == 3, "other cases, a year simulated, how long one waits"
    assert page.count('data-test="map-before"') == page.count('data-test="map-after"') == 1
    assert page.count("<title>") >= 24, "each commune says its figure, on both maps"
    assert page.count('class="mesh-chart"') == 2, "one for each unknown"
    assert page.count('class="mesh-turn"') == sum(len(one["turns"]) for one in run.turns)
    for part in (
        "today",
        "turns",
        "plain",
        "behind",
        "chosen",
        "assumptions",
        "scenarios",
        "again",
        "pdf",
        "xlsx",
    ):
        assert f'data-test="{part}"' in page
    assert client.get(reverse("study", args=[run.uid]) + "?map=minutes").status_code == 200


def test_the_report_and_its_annex_open(world, client_for, officer):
    client = client_for(officer)
    run = worked_out(client, officer)
    for language, offered in (("fr", ["fr", "nl"]), ("nl", ["nl", "fr"]), ("en", ["en", "nl", "fr"])):
        shown = client_for(officer, language).get(reverse("study", args=[run.uid])).content.decode()
        assert re.findall(r"report\.pdf\?lang=(\w+)", shown) == offered
        made = client.get(reverse("study_pdf", args=[run.uid]) + f"?lang={language}")
        assert made["Content-Type"] == "application/pdf"
        assert made.content.startswith(b"%PDF")
    sheets = openpyxl.load_workbook(io.BytesIO(client.get(reverse("study_xlsx", args=[run.uid])).content))
    assert len(sheets.sheetnames) == 8
    rows = list(sheets.worksheets[3].iter_rows(min_row=2, values_only=True))
    assert len(rows) == 6
    assert all(0 <= row[3] <= 1 and 0 <= row[4] <= 1 for row in rows)


def test_a_study_with_a_budget_is_told_on_the_page_in_both_files_and_step_by_step(world, client_for, officer):
    client = client_for(officer)
    run = worked_out(client, officer, budget="20.000", number="4", n_languages="3")
    assert run.question["budget"] == 20_000
    assert read_study(json.dumps(run.study)).limits.budget == 20_000
    for language, amount in (("fr", "20\u202f000\u00a0€ par an"), ("nl", "€\u00a020.000 per jaar")):
        page = client_for(officer, language).get(reverse("study", args=[run.uid])).content.decode()
        behind = page[page.index('data-test="behind"') :]
        assert amount in behind[: behind.index("</div>")], "said back"
    client = client_for(officer)
    assert client.get(reverse("study_pdf", args=[run.uid])).content.startswith(b"%PDF")
    book = openpyxl.load_workbook(io.BytesIO(client.get(reverse("study_xlsx", args=[run.uid])).content))
    assert len(book.sheetnames) == 8
    kept = run.study | {"limits": {"number": 4, "budget": 20_000}}  # as an older version kept it
    old = run.result | {"study": fingerprint_of(kept)}
    assert old["study"] != run.result["study"]
    StudyRun.objects.filter(pk=run.pk).update(study=kept, result=old)
    assert client.get(reverse("study", args=[run.uid])).status_code == 200
    StudyRun.objects.filter(pk=run.pk).update(result=old | {"study": "0"})
    with pytest.raises(InstanceError, match="another study"):
        client.get(reverse("study", args=[run.uid]))
    StudyRun.objects.filter(pk=run.pk).update(study=run.study, result=run.result)

    run = stepped(client, officer, run)

    assert run.front["by"] == "budget"
    assert run.front["points"][-1]["budget"] == 40_000
    page = client.get(reverse("study", args=[run.uid])).content.decode()
    asked = sorted({int(one) for one in re.findall(rf"from={run.uid}&amp;budget=(\d+)", page)})
    assert asked
    assert asked[-1] == 40_000
    form = client.get(reverse("studies") + f"?from={run.uid}&budget={asked[-1]}").content.decode()
    assert re.search(r'name="budget" value="40\u202f000"', form)
    assert client.get(reverse("study_pdf", args=[run.uid])).content.startswith(b"%PDF")
    book = openpyxl.load_workbook(io.BytesIO(client.get(reverse("study_xlsx", args=[run.uid])).content))
    assert len(book.sheetnames) == 9


def stepped(client, member, run):
    """Ask for the steps on the page and do the work as the worker would."""
    answer = client.post(reverse("study_front", args=[run.uid]))
    assert answer.status_code == 303
    actor = actor_of(member)
    with acting(actor):
        job = Job.objects.get(kind=fronts.KIND)
    assert answer["Location"] == reverse("job", args=[job.uid])
    again = client.post(reverse("study_front", args=[run.uid]))
    assert again["Location"] == answer["Location"], "one at a time"
    page = client.get(reverse("study", args=[run.uid])).content.decode()
    assert 'data-test="front-waiting"' in page
    assert 'data-test="front-ask"' not in page
    assert fronts.work_out(Face(job.pk, actor), **job.params)["url"].endswith("#front")
    with acting(actor):
        return StudyRun.objects.get(pk=run.pk)


def test_the_front_is_worked_out_when_asked_for_and_a_point_opens_as_a_question(world, client_for, officer):
    client = client_for(officer)
    run = worked_out(client, officer)
    page = client.get(reverse("study", args=[run.uid])).content.decode()
    assert 'data-test="front-ask"' in page
    assert 'data-test="front-table"' not in page
    run = stepped(client, officer, run)
    points = run.front["points"]
    assert [one["number"] for one in points] == list(range(7)), "to twice what the study may recruit"
    assert points[0]["predicted"]["share"] == pytest.approx(run.result["before"]["predicted"]["share"])
    assert all(one["bound"] <= one["objective"] for one in points)
    page = client.get(reverse("study", args=[run.uid])).content.decode()
    assert page.count('data-test="front-point"') == 6, "all but the study's own"
    assert page.count('class="mesh-bar"') == 7, "the bound of each point"
    front = page[page.index('id="front"') : page.index('data-test="front-table"')]
    assert front.count('class="map-stop hot"') == 1
    told = results.source(run)
    points = told.points
    assert points[3]["predicted"]["share"] == pytest.approx(run.result["after"]["predicted"]["share"])
    assert points[3]["recruits"] == told.chosen, "the study's own plan, as on the first page"
    for one in points:
        assert results.steps.least(told, one) in page
    assert f"?from={run.uid}&amp;number=5" in page
    asked = client.get(reverse("studies") + f"?from={run.uid}&number=5").content.decode()
    assert re.search(r'name="number" value="5"', asked)
    assert re.search(r'value="worst_language"[^>]* checked', asked)
    assert "sera dit" in asked or "says so" in asked or "le dira" in asked, "results were seen"
    other = make_membership(make_account("Officer Other"), world.house_desk, Role.PROGRAMME_OFFICER)
    assert (
        'value="5"'
        not in client_for(other).get(reverse("studies") + f"?from={run.uid}&number=5").content.decode()
    )
    assert client_for(other).post(reverse("study_front", args=[run.uid])).status_code == 404
    for language in ("fr", "nl"):
        made = client.get(reverse("study_pdf", args=[run.uid]) + f"?lang={language}")
        assert made.content.startswith(b"%PDF")
    book = openpyxl.load_workbook(io.BytesIO(client.get(reverse("study_xlsx", args=[run.uid])).content))
    assert len(book.sheetnames) == 9
    lines = list(book.worksheets[6].iter_rows(min_row=2, values_only=True))
    assert [line[0] for line in lines] == [sum(one["recruits"].values()) for one in points]
    assert [line[2] for line in lines] == pytest.approx([one["predicted"]["share"] for one in points])


@pytest.mark.parametrize("given", ["number=x", "number=-1", "number=999", "number=²", "budget=99999999999"])
def test_an_address_that_names_no_number_changes_nothing(given):
    from django.http import QueryDict

    assert fronts.as_question({"number": 3, "budget": None}, QueryDict(given)) == {
        "number": 3,
        "budget": None,
    }


def test_a_study_with_a_budget_steps_by_budget_and_its_points_are_whole_euros():
    from versants_libs.coverage.study import Limits

    study = read_study(EXAMPLE.read_text())
    wide, by = fronts.widened(replace(study, limits=Limits(number=4, budget=1000.0)))
    assert (by, wide.limits) == ("budget", Limits(number=4, budget=2000.0))
    assert fronts.widened(replace(study, limits=Limits(number=4)))[0].limits == Limits(number=8)
    run = StudyRun(front={"by": "budget"})
    assert fronts.point_query(run, {"budget": 526.3}).endswith("&budget=527")


def test_a_point_beyond_what_the_question_takes_is_no_question():
    """Twice forty is a point of the drawing, but the form refuses it: no button leads there."""
    run = StudyRun(front={"by": "number"})
    most = QuestionForm.base_fields["number"].max_value
    assert fronts.point_query(run, {"number": most}).endswith(f"&number={most}")
    assert fronts.point_query(run, {"number": most + 1}) == ""


def test_before_there_is_a_result_no_front_is_asked_for(world, client_for, officer):
    run = StudyRun.objects.create(organisation=world.house_be, name="n", question={})
    assert client_for(officer).post(reverse("study_front", args=[run.uid])).status_code == 409


def test_a_study_of_an_older_model_is_told_and_offered_again(world, client_for, officer):
    client = client_for(officer)
    run = worked_out(client, officer)
    old = json.loads(json.dumps(run.result))
    for side in ("before", "after"):
        del old[side]["predicted"], old[side]["worth"]
    cases = json.loads(json.dumps(run.scenarios))
    for one in cases:
        for side in ("before", "after"):
            del one["result"][side]["predicted"]
    kept = {"fill": run.simulated["fill"]}
    StudyRun.objects.filter(pk=run.pk).update(result=old, scenarios=cases, simulated=kept)
    page = client.get(reverse("study", args=[run.uid])).content.decode()
    assert 'data-test="older"' in page
    assert 'href="#again"' in page
    assert 'id="again"' in page
    for name in ("study_pdf", "study_xlsx"):
        assert client.get(reverse(name, args=[run.uid])).status_code == 200


def test_a_meaning_chosen_after_results_of_the_same_territory_says_which_were_seen(
    world, client_for, officer
):
    client = client_for(officer, "fr")
    run = worked_out(client, officer)
    address = reverse("study", args=[run.uid])

    def chosen():
        page = client.get(address).content.decode()
        return re.search(r'data-test="chosen">([^<]*)', page)[1]

    def earlier(house=world.house_be, area=QUESTION["area"], finished=1, meaning="sum"):
        day = run.chosen_at - timedelta(days=3)
        return StudyRun.objects.create(
            organisation=house, name="n", question={"area": area, "meaning": meaning}, chosen_at=day,
            finished_at=run.chosen_at - timedelta(days=finished) if finished is not None else None,
        )  # fmt: skip

    earlier(house=world.house_desk)
    earlier(area="west-vlaanderen:Ypres")
    earlier(finished=None)
    earlier(finished=-1)
    assert "avant de voir" in chosen()
    earlier(meaning="worst_language")
    assert "pour la première étude de ce territoire" in chosen()
    seen = earlier()
    said = chosen()
    assert "pouvaient déjà être lus" in said
    assert "avant" not in said
    assert day_plain(clock.local(seen.chosen_at).date()).replace(" ", "") in re.sub(r"\s|&nbsp;", "", said)
    again = client.get(address).content.decode()
    assert "la prochaine étude le dira" in again, "the form beside results does not promise what is over"


def test_neither_the_question_nor_its_date_changes(world):
    first = timedelta(days=9)
    run = StudyRun.objects.create(organisation=world.house_be, name="n", question={"meaning": "sum"})
    StudyRun.objects.filter(pk=run.pk).update(result={"a": 1}, finished_at=run.chosen_at)
    for change in (
        {"question": {"meaning": "worst_language"}},
        {"chosen_at": run.chosen_at - first},
        {"finished_at": run.chosen_at + first},
    ):
        with pytest.raises(IntegrityError) as refused, transaction.atomic():
            StudyRun.objects.filter(pk=run.pk).update(**change)
        assert refused.value.__cause__.diag.constraint_name == "study_question_stays"
    run.refresh_from_db()
    assert run.question == {"meaning": "sum"}
    StudyRun.objects.filter(pk=run.pk).update(result={"a": 2}, question={"meaning": "sum"})


def test_before_it_is_done_there_is_no_report(world, client_for, officer):
    client = client_for(officer)
    client.post(reverse("studies"), QUESTION)
    with acting(actor_of(officer)):
        run = StudyRun.objects.get()
    page = client.get(reverse("study", args=[run.uid])).content.decode()
    assert 'data-test="waiting"' in page
    assert "<progress" in page
    assert 'data-test="stop-job"' in page
    assert client.get(reverse("study_pdf", args=[run.uid])).status_code == 409


@pytest.mark.parametrize(
    ("fault", "fewer_helps"),
    [
        (spreading.PieceLost("study.piece_lost", ""), True),
        (MemoryError(), True),
        (ValueError("a fault of the program"), False),
    ],
)
def test_a_study_that_failed_says_why_and_advises_only_what_helps(
    world, client_for, officer, monkeypatch, fault, fewer_helps
):
    client_for(officer).post(reverse("studies"), QUESTION)
    actor = actor_of(officer)
    with acting(actor):
        job, run = Job.objects.get(), StudyRun.objects.get()
    monkeypatch.setattr(studies, "build", Mock(side_effect=fault))
    with suppress(ValueError):
        jobs.run(job.pk, actor)
    for language, advice in (
        ("fr", "moins de langues ou un territoire"),
        ("nl", "minder talen of een kleiner"),
    ):
        page = client_for(officer, language).get(reverse("study", args=[run.uid])).content.decode()
        note = page[page.index('class="note warn"') :]
        note = note[: note.index('id="again"')]
        assert (advice in note) is fewer_helps
        assert ("log" in note or "journal" in note) is not fewer_helps


def test_a_study_asked_in_french_is_named_in_the_readers_language(world, client_for, officer):
    client_for(officer, "fr").post(reverse("studies"), QUESTION)
    with acting(actor_of(officer)):
        run = StudyRun.objects.get()
    assert run.name == "Courtrai"
    for path in (reverse("study", args=[run.uid]), reverse("studies")):
        page = client_for(officer, "nl").get(path).content.decode()
        # The choices of the form have it too.
        assert "Kortrijk" in re.sub(r"<select.*?</select>", "", page, flags=re.DOTALL), path
        assert "Courtrai</" not in page, path


def test_another_house_sees_nothing(world, client_for, officer):
    run = StudyRun.objects.create(organisation=world.house_be, name="Zzcanari", question={})
    other = make_membership(make_account("Officer Other"), world.house_desk, Role.PROGRAMME_OFFICER)
    client = client_for(other)
    assert client.get(reverse("study", args=[run.uid])).status_code == 404
    assert "Zzcanari" not in client.get(reverse("studies")).content.decode()
    assert "Zzcanari" in client_for(officer).get(reverse("studies")).content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_list_query_count_does_not_grow(world, client_for, officer, count, django_assert_max_num_queries):
    for i in range(count):
        StudyRun.objects.create(organisation=world.house_be, name=f"n{i}", question={})
    client = client_for(officer)
    client.get(reverse("studies"))
    with django_assert_max_num_queries(16):  # five for what the register holds
        client.get(reverse("studies"))


def test_the_register_is_read_as_sums_and_only_where_it_says_enough(world):
    """One fact and one unmet need of Tigrinya: two requests, too few to plan with."""
    from versants.core import clock
    from versants.mobile.models import InterventionFact, UnmetNeed

    today = clock.today()
    mouscron = "BE-57096"
    common = {
        "day": today, "semester": "2026-2", "team": world.walloon, "versant": "wallonie", "language_id": "tir",
    }  # fmt: skip
    InterventionFact.objects.create(**common, commune_id=mouscron, kind="individual", mode="on_site")
    UnmetNeed.objects.create(
        **common, commune_id=mouscron, urgency="planned", origin="request", reason="no_interpreter",
        part_of_day="morning",
    )  # fmt: skip
    register = studies.register_of(today + timedelta(days=1))
    assert register.languages == {("wallonie", "tir"): 2.0}
    assert register.communes == {mouscron: 2.0}
    assert demand_of(studies.territory(), studies.area({"area": "wallonie"}), register) is None


def test_the_register_says_how_and_when_without_place_or_language(world):
    """A morning on a Monday on site with somebody there, a Saturday by video, a month from a list, an evening unmet."""
    from datetime import date

    from versants.core.registries import demands
    from versants.mobile.models import InterventionFact, UnmetNeed

    common = {"semester": "2026-2", "team": world.walloon, "versant": "wallonie", "language_id": "tir"}
    met = common | {"commune_id": "BE-57096", "kind": "individual"}
    monday, saturday = date(2026, 11, 16), date(2026, 11, 21)
    for day, said in (
        (monday, {"mode": "on_site", "with_interpreter": "on_site", "part_of_day": "morning", "minutes": 70}),
        (monday, {"mode": "on_site", "with_interpreter": "remote", "part_of_day": "afternoon"}),
        (saturday, {"mode": "video", "with_interpreter": "none", "part_of_day": "morning", "minutes": 40}),
        (monday, {"mode": "on_site", "delivered": 6, "minutes": 300, "imported": "x", "with_interpreter": "on_site"}),
        (monday, {"mode": "phone", "delivered": 0, "attempted": 1, "part_of_day": "morning"}),
    ):  # fmt: skip
        InterventionFact.objects.create(**met, day=day, **said)
    InterventionFact.objects.create(
        **met | {"language_id": "fra"}, day=monday, mode="phone", part_of_day="night"
    )
    UnmetNeed.objects.create(
        **common, day=monday, urgency="planned", origin="request", reason="no_interpreter",
        part_of_day="evening",
    )  # fmt: skip
    own = studies.register_of(date(2026, 11, 28))
    where = "wallonie"
    assert own.counts.modes == {(where, "on_site"): 7.0, (where, "remote"): 1.0, (where, "video"): 1.0}
    assert own.counts.bands == {(where, "office"): 2.0, (where, "evening"): 2.0}
    assert own.counts.minutes[where, "on_site"] == (7.0, 370.0)
    assert own.counts.minutes[where, "remote"] == (0.0, 0.0)
    assert own.languages[where, "tir"] == 10.0, "those that do not say how or when count all the same"
    (source,) = [one for one in demands if one.ways]
    rows = list(source.ways(date(2026, 1, 1), date(2026, 11, 28)))
    assert {key for row in rows for key in row} == {"versant", "mode", "band", "n", "timed", "minutes"}


def test_persons_met_bound_the_recruits_five_together_and_nobodys_file(world):
    """Seven met at Mouscron in two visits are told as five; four at Tournai are nobody, and so are the francophone."""
    from versants.core.registries import demands
    from versants.mobile.models import InterventionFact

    today = clock.today()
    common = {
        "day": today, "semester": "2026-2", "team": world.walloon, "versant": "wallonie", "kind": "individual",
        "mode": "on_site",
    }  # fmt: skip
    for commune, language, n in (
        ("BE-57096", "tir", 3), ("BE-57096", "tir", 4), ("BE-57081", "tir", 4), ("BE-57096", "fra", 9),
    ):  # fmt: skip
        InterventionFact.objects.create(
            **common, commune_id=commune, language_id=language, n_persons=20, n_first_contacts=n
        )
    register = studies.register_of(today + timedelta(days=1))
    assert register.known == {("BE-57096", "tir"): 5.0}
    question = {
        **QUESTION, "area": "wallonie", "languages": ["tir"], "number": 1, "budget": None, "minutes": 60,
        "phone_share": 0.72, "discouraged": 0.0, "simple": "middle", "fill": 0.9,
    }  # fmt: skip
    (source,) = [one for one in demands if one.speakers]
    assert list(source.speakers(today, today)) == [], "the day after is not asked for"
    big = replace(register, speakers={("BE-57096", "tir"): 3_000.0})
    for own, said in ((big, True), (replace(register, speakers={}), False)):
        study = studies.build("n", question, "2026-11-27", own)
        assert any(one.startswith("speakers_known | ") for one in study.assumptions) is said
