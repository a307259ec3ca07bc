"""Undo: one's own last step, whole or not at all, under the same rules, with the people told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.booking.visits import make_visit, places
from tests.world import actor, make_account, make_membership
from versants.core import clock, jobs
from versants.core.access.classes import Role
from versants.core.access.scope import acting
from versants.core.errors import ActionDenied, InvalidTransition
from versants.core.models import AuditEvent, Grant, Message
from versants.mobile.enums import HOLDING
from versants.mobile.models import Assignment, BoardMove, PlanProposal, Visit
from versants.mobile.planning import whatif
from versants.mobile.services import booking, moves, offers, planning, undo
from versants.mobile.services.booking import Refused

NOW = "2026-11-24T07:00:00+00:00"  # a Tuesday, 8:00 in Mouscron


@pytest.fixture(autouse=True)
def _frozen(settings):
    settings.FROZEN_NOW = NOW


@pytest.fixture
def tonight():
    return clock.at(clock.today(), 14)


@pytest.fixture
def visit(world, tonight):
    return make_visit(world, opens=tonight)


@pytest.fixture
def colleague(world):
    """Another coordinator of the same team."""
    return make_membership(make_account("Noor Peeters"), world.house_be, Role.COORDINATOR, world.walloon)


def book(world, visit, *people, membership=None, given=None, **fields):
    who = actor(membership or world.coordinator)
    visit.refresh_from_db()
    with acting(who):
        rows = booking.assign(
            visit=visit, actor=who, places=given or places(visit, *people), version=visit.version, **fields
        )
    visit.refresh_from_db()
    return rows


def release(world, row, membership=None):
    who = actor(membership or world.coordinator)
    with acting(who):
        booking.release(assignment=row, actor=who, version=Visit.objects.get(pk=row.visit_id).version)


def last(world):
    return BoardMove.objects.filter(membership_id=world.coordinator.pk).latest("pk")


def take_back(world, move=None, membership=None):
    who = actor(membership or world.coordinator)
    with acting(who):
        return undo.undo(move=move or last(world), actor=who)


def stands(*visits):
    """Who holds which place when, and what is asked; all that undoing must bring back."""
    found = []
    for visit in visits:
        visit.refresh_from_db()
        visit.request.refresh_from_db()
        holding = Assignment.objects.filter(visit=visit, state__in=HOLDING).order_by("slot_id")
        found.append(
            (
                visit.state,
                visit.held,
                visit.window,
                visit.mode,
                visit.request.state,
                [(one.slot_id, one.professional_id, one.held) for one in holding],
                list(
                    visit.slots.order_by("rank").values_list(
                        "mode", "level", "second_languages", "gender_required"
                    )
                ),
            )
        )
    return found


def told(about):
    return Message.objects.filter(about=about).count()


def refusal(world, **fields):
    """The step that is refused changes nothing."""
    visits = list(Visit.objects.order_by("pk"))
    before, n_told = stands(*visits), Message.objects.count()
    with pytest.raises(Refused) as refused:
        take_back(world, **fields)
    assert stands(*visits) == before
    assert Message.objects.count() == n_told
    assert not BoardMove.objects.exclude(undone_at=None).exists()
    return refused.value


# What goes back


def test_place_is_undone_and_both_are_told(world, visit):
    before = stands(visit)
    rows = book(world, visit, world.elise, world.selam)
    take_back(world)
    assert stands(visit) == before
    assert before[0][:2] == ("open", None)
    assert told("offer.released") == 2
    # The links of the offers are dead, and what the work opened is closed.
    assert not Assignment.objects.exclude(offer_token_hash="").exists()
    for row in rows:
        assert not Grant.objects.filter(
            because="assignment", because_id=row.pk, period__contains=clock.now()
        ).exists()
    event = AuditEvent.objects.get(action="move.undone")
    assert event.facts == {"kind": "assign", "visits": 1, "asked": 0, "released": 2}


def test_release_is_undone_and_who_left_is_asked_again(world, visit):
    rows = book(world, visit, world.elise, world.selam)
    before = stands(visit)
    gone = next(row for row in rows if row.professional_id == world.selam.pk)
    release(world, gone)
    assert told("offer.made") == 2
    take_back(world)
    assert stands(visit) == before
    assert before[0][4] == "planned"
    assert told("offer.made") == 3
    again = Assignment.objects.get(visit=visit, professional=world.selam, state="offered")
    assert again.pk != gone.pk
    assert again.offer_token_hash
    assert again.travel_min == gone.travel_min


def test_replace_is_undone(world, visit):
    rows = book(world, visit, world.elise, world.selam)
    before = stands(visit)
    old = next(row for row in rows if row.professional_id == world.selam.pk)
    book(world, visit, given={old.slot_id: world.hiwot.pk})
    take_back(world)
    assert stands(visit) == before
    assert told("offer.released") == 2  # Selam when she was replaced, Hiwot now


def test_another_hour_is_undone_and_nobody_is_sent_home(world, visit, tonight):
    book(world, visit, world.elise, world.selam, start=tonight)
    before = stands(visit)
    book(world, visit, world.elise, world.selam, start=tonight + timedelta(hours=1))
    take_back(world)
    assert stands(visit) == before
    assert told("offer.released") == 0
    assert told("offer.made") == 6


def test_small_changes_of_what_is_asked_go_back_too(world, tonight):
    visit = make_visit(world, opens=tonight, closes=tonight + timedelta(minutes=30))
    slot = visit.slots.get(rank=2)
    before = stands(visit)
    changes = whatif.parse(["later:45", f"level:{slot.uid}:3", f"phone:{slot.uid}"])
    book(world, visit, world.elise, world.selam, start=tonight + timedelta(hours=1), changes=changes)
    assert stands(visit)[0][6] != before[0][6]
    take_back(world)
    assert stands(visit) == before


def test_applied_plan_is_undone_whole(world, tonight):
    """People who changed places between two visits change back in one step."""
    visits = [make_visit(world, opens=tonight, closes=tonight + timedelta(hours=1)) for _n in range(2)]
    who = actor(world.coordinator)
    before = stands(*visits)
    with acting(who):
        job = planning.start(actor=who, day=clock.today())
    jobs.run(job.pk, who)
    job.refresh_from_db()
    proposal = PlanProposal.objects.get(uid=job.result_url.strip("/").split("/")[1])
    with acting(who):
        planning.apply(proposal=proposal, actor=who)
    assert stands(*visits) != before
    n = Assignment.objects.filter(state__in=HOLDING).count()
    assert last(world).kind == "plan"
    take_back(world)
    assert stands(*visits) == before
    assert told("offer.released") == n == 4


def test_two_who_change_places_in_one_step_change_back(world, tonight):
    first, second = (make_visit(world, opens=tonight) for _n in range(2))
    book(world, first, world.elise, world.selam, start=tonight)
    book(world, second, world.nadege, world.hiwot, start=tonight)
    before = stands(first, second)
    who = actor(world.coordinator)
    states = {one.pk: moves.as_it_stands(booking._read(one.pk)) for one in (first, second)}
    with acting(who):
        for one, person in ((first, world.hiwot), (second, world.selam)):
            Assignment.objects.filter(visit=one, slot__discipline="interpreter").update(state="released")
            Assignment.objects.create(
                visit=one, slot=one.slots.get(rank=2), professional=person, held=one.held, state="released"
            )
        Assignment.objects.filter(professional=world.hiwot, visit=first).update(state="offered")
        Assignment.objects.filter(professional=world.selam, visit=second).update(state="offered")
        moves.note(who, "plan", states, {first.pk: first.version, second.pk: second.version})
    assert stands(first, second) != before
    take_back(world)
    assert stands(first, second) == before


def test_steps_are_undone_one_after_the_other(world, visit):
    before = stands(visit)
    rows = book(world, visit, world.elise, world.selam)
    release(world, rows[0])
    take_back(world)
    take_back(world, move=BoardMove.objects.get(undone_at=None))
    assert stands(visit) == before
    assert moves.last(actor(world.coordinator)) is None


# What does not


def test_answer_in_between_is_respected(world, visit):
    rows = book(world, visit, world.elise, world.selam)
    row = next(one for one in rows if one.professional_id == world.selam.pk)
    who = actor(world.interpreter)
    with acting(who):
        offers.answer(assignment=row, actor=who, yes=True)
    refused = refusal(world)
    assert refused.code == "undo.changed"
    assert "Selam" in str(refused.message)
    assert refused.facts["visit"] == str(visit.uid)


def test_change_by_a_colleague_in_between_is_respected(world, visit, colleague):
    rows = book(world, visit, world.elise, world.selam)
    release(world, rows[0], membership=colleague)
    refused = refusal(world, move=last(world))
    assert refused.code == "undo.changed"


def test_change_while_the_step_waits_for_its_turn_is_seen(world, visit, colleague, monkeypatch):
    """A race, held still: the other one commits between the first look and the locks."""
    rows = book(world, visit, world.elise, world.selam)
    move = last(world)
    really = undo.lock_professionals

    def slow(ids):
        monkeypatch.setattr(undo, "lock_professionals", really)
        release(world, rows[0], membership=colleague)
        really(ids)

    monkeypatch.setattr(undo, "lock_professionals", slow)
    with pytest.raises(Refused) as refused:
        take_back(world, move=move)
    assert refused.value.code == "undo.changed"
    move.refresh_from_db()
    assert move.undone_at is None


def test_cancelled_visit_is_respected(world, visit):
    book(world, visit, world.elise, world.selam)
    Visit.objects.filter(pk=visit.pk).update(state="cancelled")
    assert refusal(world).code == "undo.changed"


def test_visit_that_has_begun_stays(world, visit, settings):
    book(world, visit, world.elise, world.selam)
    settings.FROZEN_NOW = "2026-11-24T13:05:00+00:00"
    assert refusal(world).code == "undo.begun"


def test_who_is_taken_elsewhere_cannot_be_put_back(world, visit, tonight, colleague):
    rows = book(world, visit, world.elise, world.selam, start=tonight)
    release(world, next(row for row in rows if row.professional_id == world.selam.pk))
    other = make_visit(world, opens=tonight)
    book(world, other, world.nadege, world.selam, membership=colleague, start=tonight)
    refused = refusal(world)
    assert refused.code == "assignment.taken"
    assert refused.facts["visit"] == str(visit.uid)


def test_rules_of_today_hold(world, visit, tonight):
    rows = book(world, visit, world.elise, world.selam, start=tonight)
    release(world, next(row for row in rows if row.professional_id == world.elise.pk))
    world.elise.mandates.all().delete()
    refused = refusal(world)
    assert (refused.code, refused.facts["rule"]) == ("assignment.rule", "mandate")


def test_database_decides_whatever_the_service_thinks(world, visit, tonight, colleague, monkeypatch):
    rows = book(world, visit, world.elise, world.selam, start=tonight)
    release(world, next(row for row in rows if row.professional_id == world.selam.pk))
    other = make_visit(world, opens=tonight)
    book(world, other, world.nadege, world.selam, membership=colleague, start=tonight)
    monkeypatch.setattr(booking, "check_rules", lambda *args: None)
    refused = refusal(world)
    assert (refused.code, refused.facts["visit"]) == ("assignment.taken", str(visit.uid))


def test_one_visit_that_cannot_go_back_keeps_the_whole_step(world, tonight, colleague):
    first, second = (make_visit(world, opens=tonight) for _n in range(2))
    who = actor(world.coordinator)
    states = {one.pk: moves.as_it_stands(booking._read(one.pk)) for one in (first, second)}
    book(world, first, world.elise, world.selam, start=tonight)
    rows = book(world, second, world.nadege, world.hiwot, start=tonight)
    with acting(who):
        moves.note(who, "plan", states, {first.pk: first.version, second.pk: second.version})
    release(world, rows[0], membership=colleague)
    assert refusal(world).code == "undo.changed"


def test_twice_is_once(world, visit):
    book(world, visit, world.elise, world.selam)
    move = last(world)
    take_back(world)
    n = Message.objects.count()
    with pytest.raises(InvalidTransition) as refused:
        take_back(world, move=move)
    assert refused.value.code == "undo.done"
    assert Message.objects.count() == n


def test_only_the_last_step(world, visit, tonight):
    book(world, visit, world.elise, world.selam)
    first = last(world)
    book(world, make_visit(world, opens=tonight), world.nadege, world.hiwot)
    with pytest.raises(InvalidTransition) as refused:
        take_back(world, move=first)
    assert refused.value.code == "undo.not_last"


def test_too_long_ago(world, visit, tonight, settings):
    Visit.objects.filter(pk=visit.pk).update(
        window=(visit.window.lower + timedelta(days=1), visit.window.upper + timedelta(days=1))
    )
    book(world, visit, world.elise, world.selam)
    move = last(world)
    settings.FROZEN_NOW = "2026-11-24T19:00:00+00:00"
    with pytest.raises(InvalidTransition) as refused:
        take_back(world)
    assert refused.value.code == "undo.too_old"
    assert moves.last(actor(world.coordinator)) is None
    # The next step forgets it.
    tomorrow = tonight + timedelta(days=1)
    book(world, make_visit(world, opens=tomorrow), world.nadege, world.hiwot)
    assert not BoardMove.objects.filter(pk=move.pk).exists()


@pytest.mark.parametrize("member", ["french_coordinator", "clinician", "desk", "interpreter"])
def test_others_may_not(world, visit, member):
    book(world, visit, world.elise, world.selam)
    before = stands(visit)
    with pytest.raises(ActionDenied) as denied:
        take_back(world, move=last(world), membership=getattr(world, member))
    assert denied.value.code == "undo.not_mine"
    assert stands(visit) == before


def test_colleague_of_the_same_team_may_not_either(world, visit, colleague, client_for):
    book(world, visit, world.elise, world.selam)
    before = stands(visit)
    move = last(world)
    with pytest.raises(ActionDenied):
        take_back(world, move=move, membership=colleague)
    assert client_for(colleague).post(f"/board/undo/{move.uid}/").status_code == 403
    assert 'data-test="undo"' not in client_for(colleague).get("/board/").content.decode()
    assert stands(visit) == before


# The page


@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("fr", "Annuler : Élise et Selam à Mouscron, 14:00"),
        ("nl", "Ongedaan maken: Élise en Selam ingepland, Moeskroen, 14:00"),
        ("en", "Undo: Élise and Selam placed, Mouscron, 14:00"),
    ],
)
def test_button_says_what_it_would_undo(world, visit, client_for, language, name):
    import re

    assert 'data-test="undo"' not in client_for(world.coordinator).get("/board/").content.decode()
    book(world, visit, world.elise, world.selam)
    html = client_for(world.coordinator, language).get("/board/").content.decode()
    button = re.search(r'<button[^>]*data-key="Z"[^>]*>(.*?) <kbd>', html)[1]
    text = re.sub(r"<[^>]+>", "", button).replace("\u00a0", " ").replace("\u202f", " ")
    assert text == name


def test_post_undoes_and_comes_back_to_the_day(world, visit, client_for):
    book(world, visit, world.elise, world.selam)
    client = client_for(world.coordinator, "en")
    sent = client.post(f"/board/undo/{last(world).uid}/", {"day": "2026-11-24"})
    assert (sent.status_code, sent["Location"]) == (303, "/board/?day=2026-11-24")
    html = client.get(sent["Location"]).content.decode()
    assert "Undone: Élise and Selam placed" in html
    assert 'data-test="undo"' not in html
    visit.refresh_from_db()
    assert visit.state == "open"


def test_refusal_is_a_sentence_with_the_way_on(world, visit, client_for, colleague):
    rows = book(world, visit, world.elise, world.selam)
    release(world, rows[0], membership=colleague)
    client = client_for(world.coordinator, "en")
    sent = client.post(f"/board/undo/{last(world).uid}/", {"day": "2026-11-24"})
    assert sent.status_code == 303
    html = client.get(sent["Location"]).content.decode()
    assert "Mouscron has changed since: it stays as it is." in html
    assert f'<a href="/visits/{visit.uid}/who/">Open the visit</a>' in html


def test_step_of_another_team_is_not_there(world, visit, client_for):
    book(world, visit, world.elise, world.selam)
    assert client_for(world.french_coordinator).post(f"/board/undo/{last(world).uid}/").status_code == 404


@pytest.mark.parametrize("kind", ["release", "hour", "plan"])
def test_each_kind_has_its_words(world, visit, tonight, kind):
    rows = book(world, visit, world.elise, world.selam, start=tonight)
    if kind == "release":
        release(world, rows[0])
    elif kind == "hour":
        book(world, visit, world.elise, world.selam, start=tonight + timedelta(hours=1))
    else:
        BoardMove.objects.update(kind="plan")
    expected = {
        "release": "Élise taken off, Mouscron, 14:00",
        "hour": "another hour for Mouscron, 15:00",
        "plan": "the plan of the day, one visit",
    }
    from django.utils import translation

    who = actor(world.coordinator)
    with acting(who), translation.override("en"):
        assert undo.sentence(who, last(world)).replace("\u00a0", " ") == expected[kind]
