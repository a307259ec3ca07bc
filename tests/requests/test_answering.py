from __future__ import annotations

import pytest

from tests.requests.making import ask_by_link, ask_by_phone, hold, link_actor, make_need
from tests.world import actor
from versants.core.access.scope import acting
from versants.core.crypto import vault
from versants.core.errors import ActionDenied, BadInput, Conflict, InvalidTransition
from versants.core.models import AuditEvent, Grant, Message
from versants.mobile.models import (
    EscalationStep,
    Request,
    RequestEvent,
    RequestNote,
    RequestPerson,
    UnmetNeed,
)
from versants.mobile.services import matters, requests, states


def _fresh(request):
    return Request.objects.get(pk=request.pk)


def _events(request):
    return list(RequestEvent.objects.filter(request=request).values_list("code", flat=True))


def test_accepting_stops_the_clock_and_tells_the_one_who_asked(world):
    request = ask_by_link(world)
    with acting(actor(world.coordinator)) as who:
        requests.accept_request(request=request, actor=who)

    request = _fresh(request)
    assert (request.state, request.answered_at is not None) == ("accepted", True)
    assert _events(request) == ["received", "accepted"]
    assert set(EscalationStep.objects.filter(request=request).values_list("result", flat=True)) == {
        "overtaken"
    }
    told = Message.objects.get(about="request.accepted")
    assert (told.channel, told.address, told.language) == ("sms", "056 00 24 10", "fr")
    assert AuditEvent.objects.filter(action="request.accepted", subject_uid=request.uid).count() == 1


def test_accepting_twice_is_refused(world):
    request = ask_by_link(world)
    with acting(actor(world.coordinator)) as who:
        requests.accept_request(request=request, actor=who)
        with pytest.raises(InvalidTransition) as refusal:
            requests.accept_request(request=request, actor=who)
    assert refusal.value.code == "request.accepted"


def test_an_old_page_does_not_overwrite(world):
    request = ask_by_link(world)
    with acting(actor(world.coordinator)) as who:
        requests.ask_back(request=request, actor=who, questions=["when"], version=1)
        with pytest.raises(Conflict) as refusal:
            requests.refuse_request(request=request, actor=who, reason="other", version=1)
    assert refusal.value.code == "request.changed"


@pytest.mark.parametrize(
    "change",
    [
        lambda r, a: requests.accept_request(request=r, actor=a),
        lambda r, a: requests.refuse_request(request=r, actor=a, reason="other"),
        lambda r, a: requests.ask_back(request=r, actor=a, questions=["when"]),
        lambda r, a: requests.close_request(request=r, actor=a),
        lambda r, a: requests.note_call(request=r, actor=a),
    ],
)
def test_another_team_answers_nothing(world, change):
    request = ask_by_link(world)
    with (
        acting(actor(world.french_coordinator)) as who,
        pytest.raises((ActionDenied, Request.DoesNotExist)),
    ):
        change(request, who)
    assert _fresh(request).state == "new"


def test_refusing_needs_a_reason_and_is_the_end(world):
    request = ask_by_link(world)
    with acting(actor(world.coordinator)) as who:
        with pytest.raises(BadInput):
            requests.refuse_request(request=request, actor=who, reason="because")
        requests.refuse_request(request=request, actor=who, reason="no_interpreter")
        with pytest.raises(InvalidTransition):
            requests.accept_request(request=request, actor=who)
    assert (_fresh(request).state, matters.of(_fresh(request)).refusal) == ("refused", "no_interpreter")


def test_asking_back_and_the_answer_start_the_clock_again(world):
    request = ask_by_phone(world, callback_phone="056 1")
    promised = request.promised_at
    with acting(actor(world.coordinator)) as who:
        with pytest.raises(BadInput):
            requests.ask_back(request=request, actor=who, questions=["nonsense"])
        requests.ask_back(request=request, actor=who, questions=["when", "when"])
    assert _fresh(request).state == "asked_back"

    with acting(actor(world.coordinator)) as who:
        requests.complete_request(request=request, actor=who, details=requests.Details(summary="le soir"))
    request = _fresh(request)
    assert (request.state, request.answered_at) == ("new", None)
    assert request.promised_at >= promised
    assert (
        vault.read(RequestNote.objects.get(request=request), "summary") == "Zzcanari ne dort plus\n\nle soir"
    )
    assert EscalationStep.objects.filter(request=request, done_at=None).count() == 3


def test_the_link_gives_late_details_of_a_crisis_and_reads_nothing(world):
    request = ask_by_link(world)
    who = link_actor(request.link, request.uid)
    with acting(who):
        requests.complete_request(
            request=request,
            actor=who,
            details=requests.Details(
                agreement="told", summary="Zzcanari", categories=["distress"], languages=["amh"]
            ),
        )
        assert list(RequestNote.objects.all()) == []
    assert vault.read(RequestNote.objects.get(request=request), "summary") == "Zzcanari"
    assert [one.language_id for one in _fresh(request).languages.all()] == ["amh"]


def test_late_words_without_agreement_are_not_kept(world):
    request = ask_by_link(world)
    who = link_actor(request.link, request.uid)
    with acting(who):
        requests.complete_request(request=request, actor=who, details=requests.Details(summary="Zzcanari"))
    assert vault.read(RequestNote.objects.get(request=request), "summary") == ""
    assert "words_not_kept" in _events(request)


def test_another_link_completes_nothing(world):
    mine, other = ask_by_link(world), ask_by_link(world)
    who = link_actor(mine.link, mine.uid)
    with acting(who), pytest.raises(Request.DoesNotExist):
        requests.complete_request(request=other, actor=who, details=requests.Details(summary="x"))


@pytest.mark.parametrize(("agreement", "crosses"), [("agrees", True), ("asked", True), ("told", False)])
def test_passing_across_the_border_carries_words_only_with_agreement(world, agreement, crosses):
    request = ask_by_phone(
        world,
        agreement=agreement,
        person_codes=[world.person.code],
        callback_phone="056 1",
        categories=["sleep"],
    )
    promised = request.promised_at
    with acting(actor(world.coordinator)) as who:
        requests.pass_request(request=request, actor=who, to_team=world.french)

    request = _fresh(request)
    assert (request.team, request.state, request.promised_at) == (world.french, "new", promised)
    with acting(actor(world.french_coordinator)):
        note = RequestNote.objects.get(request=request)
        assert vault.read(note, "callback_phone") == "056 1"
        assert (vault.read(note, "summary") != "") is crosses
        codes = list(RequestPerson.objects.filter(request=request).values_list("code_given", "person_id"))
        assert codes == ([(world.person.code, None)] if crosses else [])
        assert matters.of(request).categories == (["sleep"] if crosses else [])
    with acting(actor(world.coordinator)):
        kept = RequestNote.objects.get(request=request)
        assert vault.read(kept, "summary") == "Zzcanari ne dort plus"
    grant = Grant.objects.get(subject_kind="request", subject_id=request.pk)
    assert (grant.holder_kind, grant.holder_id, grant.data_class) == ("team", world.walloon.pk, "logistic")
    with acting(actor(world.clinician)) as who:
        assert list(Request.objects.visible_to(who)) == [request]


@pytest.mark.parametrize(("to", "code"), [("walloon", "request.team"), ("desk_team", "request.team")])
def test_a_request_is_passed_to_another_mobile_team_only(world, to, code):
    request = ask_by_phone(world)
    with acting(actor(world.coordinator)) as who, pytest.raises(BadInput) as refusal:
        requests.pass_request(request=request, actor=who, to_team=getattr(world, to))
    assert refusal.value.code == code


def test_only_coordination_passes_on(world):
    request = ask_by_phone(world)
    with acting(actor(world.clinician)) as who, pytest.raises(ActionDenied) as refusal:
        requests.pass_request(request=request, actor=who, to_team=world.french)
    assert refusal.value.code == "request.coordination"


def test_the_database_lets_a_team_give_its_own_request_away_and_takes_no_other(world):
    request = ask_by_phone(world)
    with acting(actor(world.french_coordinator)):
        assert Request.objects.filter(pk=request.pk).update(team=world.french) == 0


def test_withdrawing_by_link(world):
    request = ask_by_link(world)
    who = link_actor(request.link, request.uid)
    with acting(who):
        requests.withdraw_request(request=request, actor=who)
        with pytest.raises(InvalidTransition):
            requests.withdraw_request(request=request, actor=who)
    assert (_fresh(request).state, _fresh(request).answered_at) == ("withdrawn", None)
    assert not EscalationStep.objects.filter(request=request, done_at=None).exists()


def test_closing_sends_one_line_without_content(world):
    request = ask_by_link(world)
    with acting(actor(world.coordinator)) as who:
        with pytest.raises(InvalidTransition):
            requests.close_request(request=request, actor=who)
        requests.accept_request(request=request, actor=who)
        requests.close_request(request=request, actor=who)
    assert _fresh(request).closed_at is not None
    body = Message.objects.get(about="request.closed").body
    assert "\n" not in body
    assert request.number in body


# -- the table ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(states.MACHINES))
def test_the_table_covers_every_state_and_each_pair_has_one_target(name):
    machine = states.MACHINES[name]
    pairs = [(one.source, one.event) for one in machine.transitions]
    assert len(pairs) == len(set(pairs))
    named = {one.source for one in machine.transitions} | {one.target for one in machine.transitions}
    assert named == set(machine.states)
    for one in machine.transitions:
        assert machine.after(one.source, one.event) == one.target
    for state in machine.states:
        with pytest.raises(InvalidTransition):
            machine.after(state, "nonsense")


def test_the_drawing_of_the_states_is_current(capsys):
    from django.core.management import call_command

    call_command("states", check=True)
    call_command("states", json=True)
    assert '"request"' in capsys.readouterr().out


def test_what_a_visit_has_met_is_not_refused_as_unmet(world, settings):
    """A second visit was planned and called off: the need was met once, it does not count as one that nobody met."""
    settings.FROZEN_NOW = "2026-10-01T09:00:00+02:00"
    need = make_need(world)
    visit = need.visits.get()
    hold(world, visit, world.elise)
    type(visit).objects.filter(pk=visit.pk).update(state="done")
    request = _fresh(need.request)
    with acting(actor(world.coordinator)) as who:
        with pytest.raises(InvalidTransition) as refusal:
            requests.refuse_request(request=request, actor=who, reason="no_capacity")
        assert refusal.value.code == "request.was_met"
        assert requests.close_request(request=request, actor=who).state == "closed"
    assert not UnmetNeed.objects.exists()


def test_the_team_is_told_of_a_withdrawal_as_the_page_says(world):
    """ "The team is told, and nobody comes": its coordination, in a line without a word about anybody."""
    request = ask_by_link(world)
    with acting(link_actor(request.link, request.uid)) as who:
        requests.withdraw_request(request=request, actor=who)
    told = Message.objects.get(about="request.withdrawn")
    assert (told.team_id, told.channel) == (world.walloon.pk, "email")
    assert told.address == world.coordinator.account.email
    assert request.number in told.body
    assert "Refuge" not in told.body


def test_a_team_that_withdraws_for_them_is_not_told_by_itself(world):
    request = ask_by_phone(world)
    with acting(actor(world.coordinator)) as who:
        requests.withdraw_request(request=request, actor=who)
    assert not Message.objects.filter(about="request.withdrawn").exists()


@pytest.mark.parametrize("agreement", ["agrees", "told"])
def test_a_request_can_be_passed_back(world, agreement):
    """The team that heard it first has its own words and matter: they stand, what was learnt since comes below."""
    request = ask_by_phone(
        world, agreement=agreement, callback_phone="056 1", categories=["sleep"], interpreted_by="relative"
    )
    with acting(actor(world.coordinator)) as who:
        requests.pass_request(request=request, actor=who, to_team=world.french)
    with acting(actor(world.french_coordinator)) as who:
        details = requests.Details(summary="Rappelée hier", callback_phone="056 2")
        requests.complete_request(request=_fresh(request), actor=who, details=details)
        requests.pass_request(request=_fresh(request), actor=who, to_team=world.walloon)
    request = _fresh(request)
    assert (request.team, request.state) == (world.walloon, "new")
    with acting(actor(world.coordinator)):
        note = RequestNote.objects.get(request=request, team=world.walloon)
        heard = "Zzcanari ne dort plus"
        crosses = agreement == "agrees"
        assert vault.read(note, "summary") == (f"{heard}\n\nRappelée hier" if crosses else heard)
        assert vault.read(note, "callback_phone") == "056 2"
        known = matters.of(request)
        assert (known.categories, known.interpreted_by) == (["sleep"], "relative")
