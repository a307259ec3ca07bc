"""A study in pieces: the same answer whoever worked on what, a dead worker's piece taken again, nothing left behind."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from tests.networks.test_page import EXAMPLE, QUESTION
from tests.world import actor as actor_of
from tests.world import make_account, make_membership
from versants.core import jobs
from versants.core.access.classes import Role
from versants.core.access.scope import acting
from versants.core.models import JobState
from versants.core.pieces import PieceState, packed, unpacked
from versants.networks import working
from versants.networks.models import StudyPiece, StudyRun
from versants.networks.services import spreading, studies
from versants.networks.tasks import study_piece
from versants.people.models import Account
from versants.territory.shapes import DATA
from versants_libs.coverage.crew import crew_of
from versants_libs.coverage.paired import Totals, apart, totals
from versants_libs.coverage.simulation import run_years, simulate, simulated, years_from_json, years_json
from versants_libs.coverage.staffing_plan import plan
from versants_libs.coverage.study_files import read_study
from versants_libs.coverage.travel import travel_of

RUN = "00000000-0000-4000-8000-000000000001"


@pytest.fixture(scope="module")
def study():
    return read_study(EXAMPLE.read_text())


@pytest.fixture(scope="module")
def result(study):
    return plan(study, travel_of(study, DATA), seconds=10)


def orders(study, result):
    split = [working.years(study, result, seed=3, first=first, count=1) for first in range(3)]
    return [working.case("border_closed", study.with_rules(border="closed"), 5.0, seed=3, count=2), *split]


def test_years_apart_are_the_years_together_to_the_last_digit(study, result):
    travel = travel_of(study, DATA)
    whole = simulate(study, result, travel, replications=5, seed=3)
    crew = crew_of(study, travel, result)
    parts = [run_years(crew, seed=3, first=first, count=n) for first, n in ((0, 2), (2, 1), (3, 2))]
    there = [years_from_json(json.loads(json.dumps(years_json(one)))) for one in parts]
    told = simulated(study, result, travel, there[0] + there[1] + there[2])
    assert told == {key: whole[key] for key in told}


def test_a_child_says_what_is_said_here(study, result):
    order = working.years(study, result, seed=3, first=1, count=1)
    here = working.work(json.loads(json.dumps(order)))
    from versants.core import apart

    told = []
    assert apart.answer(spreading.CHILD, order, silence_s=120, tell=told.append) == json.loads(
        json.dumps(here)
    )
    assert told == [1.0]


def test_the_answer_is_the_same_with_one_worker_and_with_three(world, officer, study, result):
    who = actor_of(officer)

    def answers(others):
        with spreading.pool(who, RUN) as pool:
            pool.ask(orders(study, result))
            # What other workers took before the job came to it, the last first.
            for pk in reversed(pool.asked[len(pool.asked) - others :] if others else []):
                study_piece(piece_id=pk, actor=jobs.actor_params(who))
            said = list(pool.gather())
        assert not StudyPiece.objects.exists()
        return said

    alone = answers(0)
    assert [one.get("key", one.get("first")) for one in alone] == ["border_closed", 0, 1, 2]
    assert answers(2) == alone


def test_a_dead_workers_piece_is_taken_again(world, officer, study, result):
    who = actor_of(officer)
    with spreading.pool(who, RUN) as pool:
        pool.ask(orders(study, result)[1:])
        dead, alive = pool.asked[:2]
        StudyPiece.objects.filter(pk=dead).update(
            state=PieceState.TAKEN,
            taken_at=timezone.now() - timedelta(seconds=spreading.SILENT_S + 1),
            tries=1,
        )
        StudyPiece.objects.filter(pk=alive).update(state=PieceState.TAKEN, taken_at=timezone.now(), tries=1)
        assert spreading.take(who, [dead, alive], lambda done: None)
        assert not spreading.take(who, [dead, alive], lambda done: None), "who is heard of keeps their piece"
        states = dict(StudyPiece.objects.values_list("pk", "state"))
        assert (states[dead], states[alive]) == (PieceState.DONE, PieceState.TAKEN)
        # Somebody silent answers after all: what is there stays.
        before = StudyPiece.objects.get(pk=dead).answer
        study_piece(piece_id=dead, actor=jobs.actor_params(who))
        assert StudyPiece.objects.get(pk=dead).answer == before


def test_a_piece_of_somebody_whose_role_ended_is_left_where_it_is(world, officer, study, result):
    who = actor_of(officer)
    with spreading.pool(who, RUN) as pool:
        pool.ask(orders(study, result)[1:2])
        Account.objects.filter(pk=officer.account_id).update(is_active=False)
        study_piece(piece_id=pool.asked[0], actor=jobs.actor_params(who))
        assert StudyPiece.objects.get().state == PieceState.WAITING
        Account.objects.filter(pk=officer.account_id).update(is_active=True)
        study_piece(piece_id=pool.asked[0], actor=jobs.actor_params(who))
        assert StudyPiece.objects.get().state == PieceState.DONE


def test_a_piece_that_ends_whoever_takes_it_ends_the_study(world, officer, study, result, monkeypatch):
    who = actor_of(officer)
    monkeypatch.setattr(spreading, "CHILD", "versants.networks.no_such_module")
    with spreading.pool(who, RUN) as pool:
        pool.ask(orders(study, result)[1:2])
        for _again in range(spreading.MOST_TRIES):
            study_piece(piece_id=pool.asked[0], actor=jobs.actor_params(who))
        with pytest.raises(spreading.PieceLost):
            list(pool.gather())
    assert not StudyPiece.objects.exists()


def test_stopping_leaves_nothing_behind_and_a_second_attempt_begins_anew(world, officer, study, result):
    who = actor_of(officer)

    def stop(_done):
        raise jobs.Cancelled

    def stopped():
        with spreading.pool(who, RUN) as pool:
            pool.ask(orders(study, result)[1:])
            list(pool.gather(stop))

    with pytest.raises(jobs.Cancelled):
        stopped()
    assert not StudyPiece.objects.exists()
    left = StudyPiece.objects.create(organisation=world.house_be, run=RUN, order=packed({}))
    with spreading.pool(who, RUN) as pool:
        assert not StudyPiece.objects.filter(pk=left.pk).exists()
        study_piece(piece_id=left.pk, actor=jobs.actor_params(who))
        assert pool.asked == []


@pytest.mark.parametrize(("alive", "places"), [(1, set()), (3, {0, 1})])
def test_pieces_leave_each_worker_a_place_for_messages(
    world, officer, study, result, monkeypatch, alive, places
):
    monkeypatch.setattr(spreading, "workers", lambda: alive)
    who = actor_of(officer)
    with spreading.pool(who, RUN) as pool:
        pool.ask(orders(study, result)[1:] * 3)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT lock, priority FROM procrastinate_jobs WHERE task_name = 'networks.study_piece'"
            )
            queued = cursor.fetchall()
    assert len(queued) == (len(pool.asked) if places else 0)
    assert {lock for lock, _priority in queued} == {f"networks.study_piece.{n}" for n in places}
    assert {priority for _lock, priority in queued} <= {-1}


def test_another_house_takes_nothing(world, officer, study, result):
    other = make_membership(make_account("Officer Other"), world.house_desk, Role.PROGRAMME_OFFICER)
    with spreading.pool(actor_of(officer), RUN) as pool:
        pool.ask(orders(study, result)[1:2])
        assert spreading.take(actor_of(other), pool.asked) is False
        with acting(actor_of(other)):
            assert not StudyPiece.objects.visible_to(actor_of(other)).exists()
        assert StudyPiece.objects.get().state == PieceState.WAITING


def test_a_study_runs_over_its_pieces_and_says_how_far_it_is(world, officer, monkeypatch):
    monkeypatch.setattr(studies, "SECONDS", 6.0)
    who = actor_of(officer)
    question = {
        **QUESTION, "n_languages": 3, "number": 2, "budget": None, "minutes": 60, "phone_share": 0.72,
        "discouraged": 0.0, "simple": "middle", "fill": 0.9,
    }  # fmt: skip
    with acting(who):
        job = studies.ask(actor=who, name="n", question=question)
    shown, asked = [], []
    report = jobs.Face.report
    monkeypatch.setattr(
        jobs.Face, "report", lambda self, at, doing="": shown.append(at) or report(self, at, doing)
    )
    packing = spreading.packed
    monkeypatch.setattr(spreading, "packed", lambda value: asked.append(value) or packing(value))
    jobs.run(job.pk, who)
    job.refresh_from_db()
    assert (job.state, job.error_code) == (JobState.DONE, "")
    assert shown == sorted(shown)
    assert len({at for at in shown if 60 <= at <= 93}) > 5, "piece by piece"
    years = [one for one in asked if one.get("what") == "years"]
    assert sum(one["count"] for one in years) == studies.YEARS
    with acting(who):
        run = StudyRun.objects.get(job=job.uid)
    assert run.simulated["replications"] == studies.YEARS
    assert [one["key"] for one in run.scenarios] == [one["key"] for one in asked if one.get("what") == "case"]
    # The same years simulated in one go.
    kept = read_study(json.dumps(run.study))
    travel = travel_of(kept, DATA)
    whole = simulate(kept, run.result, travel, replications=studies.YEARS, seed=studies.SEED)
    assert run.simulated["fill"] == json.loads(json.dumps(whole["fill"]))
    # A case is simulated in the same years as the plan, and told by the difference.
    assert {one["simulated"]["years"] for one in run.scenarios} == {studies.YEARS}
    case = next(one for one in asked if one.get("key") == "border_closed")
    told = working.work(case)["totals"]
    own = totals(run_years(crew_of(kept, travel, run.result), seed=studies.SEED, count=studies.YEARS))
    found = apart(Totals.of(told["asked"], told["held"]), own).to_json()
    said = next(one for one in run.scenarios if one["key"] == "border_closed")["simulated"]
    assert said == json.loads(json.dumps(found))

    assert not StudyPiece.objects.exists()
    assert "Zzcanari" not in json.dumps(asked, default=str)
    assert unpacked(packing({"a": 1.1})) == {"a": 1.1}


def test_a_large_territory_has_fewer_years_of_each_case_and_as_many_on_every_host(study):
    def asking(requests):
        share = requests / sum(row.requests for row in study.demand)
        return replace(
            study, demand=tuple(replace(row, requests=row.requests * share) for row in study.demand)
        )

    years = [studies.case_years(asking(many)) for many in (2_000, 12_700, 40_000, 10_000_000)]
    assert years == [studies.YEARS, studies.YEARS, 10, studies.CASE_YEARS_LEAST]


def test_a_case_ordered_before_cases_were_simulated_is_worked_out(study):
    order = working.case("border_closed", study.with_rules(border="closed"), 3.0)
    del order["count"], order["seed"]
    assert working.work(order)["totals"] is None
