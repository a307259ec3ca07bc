"""A day planned by several workers: pieces in the database, taken once each, lost without harm, gone afterwards."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from tests.booking.visits import make_visit
from tests.world import actor
from versants.core import clock, jobs
from versants.core.access.scope import acting
from versants.mobile.models import PlanPiece, PlanProposal
from versants.mobile.models.pieces import PieceState
from versants.mobile.planning import day_situation
from versants.mobile.services import apart, planning, spreading
from versants.mobile.tasks import forget_drafts, solve_piece
from versants_libs import dispatch
from versants_libs.dispatch.spreading import Order, cut

NOW = "2026-11-24T07:00:00+00:00"


@pytest.fixture(autouse=True)
def _short_and_frozen(settings, monkeypatch):
    settings.FROZEN_NOW = NOW
    monkeypatch.setattr(planning, "SECONDS", 2.0)


@pytest.fixture
def situation(world):
    for hour in (10, 13, 16):
        make_visit(world, opens=clock.at(clock.today(), hour), closes=clock.at(clock.today(), hour + 1))
    with acting(actor(world.coordinator)):
        return day_situation(actor(world.coordinator), clock.today())


def orders(situation, n=2, seconds=0.3):
    people = [person.id for person in situation.problem.people]
    piece = cut(situation.problem, situation.plan, people, situation.focus)
    return [Order(k, piece, k, seconds, 50) for k in range(n)]


def test_a_day_large_enough_is_planned_in_pieces(world, situation, monkeypatch):
    monkeypatch.setattr(spreading, "FROM_VISITS", 1)
    monkeypatch.setattr(spreading, "workers", lambda: 2)
    asked = []
    cutting = spreading.ask
    monkeypatch.setattr(spreading, "ask", lambda who, some: asked.append(len(some)) or cutting(who, some))
    who = actor(world.coordinator)
    with acting(who):
        job = planning.start(actor=who, day=clock.today())
    jobs.run(job.pk, who)
    job.refresh_from_db()
    assert (job.state, job.error_code) == ("done", "")
    proposal = PlanProposal.objects.get(uid=job.result_url.strip("/").split("/")[1])
    assert proposal.unassigned == []
    assert len(proposal.changes) == 3
    assert asked
    assert not PlanPiece.objects.exists()


def test_one_worker_alone_or_a_small_day_keeps_it_in_one_process(monkeypatch, db):
    monkeypatch.setattr(spreading, "workers", lambda: 1)
    assert not spreading.is_worth_it(10_000)
    monkeypatch.setattr(spreading, "workers", lambda: 4)
    assert spreading.is_worth_it(spreading.FROM_VISITS)
    assert not spreading.is_worth_it(spreading.FROM_VISITS - 1)


def test_pieces_hold_ids_and_times_only(world, situation):
    who = actor(world.coordinator)
    spreading.ask(who, orders(situation))
    for row in PlanPiece.objects.all():
        text = str(spreading.unpacked(row.order))
        for word in ("Dumoulin", "Selam", "Zzcanari", world.person.code, "Refuge", "Mouscron", "Lille"):
            assert word not in text


def test_pieces_come_after_everything_else_that_waits(world, situation):
    spreading.ask(actor(world.coordinator), orders(situation))
    with connection.cursor() as cursor:
        cursor.execute("SELECT priority FROM procrastinate_jobs WHERE task_name = 'mobile.solve_piece'")
        assert cursor.fetchall() == [(-1,), (-1,)]


def test_a_piece_is_taken_once_and_a_task_that_comes_late_does_nothing(world, situation):
    who = actor(world.coordinator)
    (pk,) = spreading.ask(who, orders(situation, 1))
    solve_piece(piece_id=pk, team_id=who.team)
    row = PlanPiece.objects.get(pk=pk)
    assert row.state == PieceState.DONE
    found = dispatch.plan_from_json(spreading.unpacked(row.answer))
    assert set(found.assignments) == set(situation.focus)
    row.answer = None
    row.save()
    solve_piece(piece_id=pk, team_id=who.team)
    row.refresh_from_db()
    assert row.answer is None
    PlanPiece.objects.all().delete()
    solve_piece(piece_id=pk, team_id=who.team)
    assert not PlanPiece.objects.exists()


def test_a_worker_that_died_loses_its_piece_and_the_day_goes_on(world, situation, monkeypatch):
    who = actor(world.coordinator)
    dead = []
    asked = spreading.ask

    def one_is_taken(actor, some):
        number = asked(actor, some)
        dead.append(min(number))
        PlanPiece.objects.filter(pk=dead[0]).update(
            state=PieceState.TAKEN, taken_at=timezone.now() - timedelta(minutes=5)
        )
        return number

    monkeypatch.setattr(spreading, "ask", one_is_taken)
    answers = dict(spreading.over_workers(who)(orders(situation, 3)))
    assert set(answers) == {1, 2}
    assert not PlanPiece.objects.exists()


def test_a_solver_that_gives_no_answer_is_a_lost_piece(world, situation, monkeypatch):
    monkeypatch.setattr(apart, "CHILD", "versants.mobile.no_such_module")
    who = actor(world.coordinator)
    assert dict(spreading.over_workers(who)(orders(situation))) == {}
    done = spreading.solve(situation.problem, situation.plan, actor=who, seconds=1, seed=1)
    assert done.violations == ()


def test_stopping_leaves_no_piece_behind(world, situation):
    who = actor(world.coordinator)

    def stop() -> None:
        raise jobs.Cancelled

    with pytest.raises(jobs.Cancelled):
        dict(spreading.over_workers(who, tell=stop)(orders(situation)))
    assert not PlanPiece.objects.exists()


def test_what_a_dead_job_left_is_forgotten_within_the_hour(world, situation):
    who = actor(world.coordinator)
    old, fresh = spreading.ask(who, orders(situation))
    PlanPiece.objects.filter(pk=old).update(asked_at=timezone.now() - timedelta(minutes=61))
    forget_drafts(timestamp=0)
    assert list(PlanPiece.objects.values_list("pk", flat=True)) == [fresh]


def test_another_team_sees_and_takes_nothing(world, situation):
    mine, theirs = actor(world.coordinator), actor(world.french_coordinator)
    (pk,) = spreading.ask(mine, orders(situation, 1))
    assert spreading.take(theirs, [pk]) is False
    with acting(theirs):
        assert not PlanPiece.objects.visible_to(theirs).exists()
    assert PlanPiece.objects.get(pk=pk).state == PieceState.WAITING


def test_workers_that_were_heard_of_are_counted(db):
    from django.db import connection

    assert spreading.workers() == 0
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now()), (now() - interval '5 minutes')"
        )
    assert spreading.workers() == 1
