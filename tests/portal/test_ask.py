from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tests.requests.making import ask_by_link, make_link
from tests.world import actor
from versants.core import clock
from versants.core.access.scope import Actor, acting
from versants.core.crypto import vault
from versants.core.models import DataKey
from versants.mobile.forms.requests import LongForm
from versants.mobile.models import EscalationStep, Request, RequestDraft, RequestNote, RequestPerson
from versants.mobile.services import escalation, links, matters, requests
from versants.people.models import Membership, OnCall, Team
from versants.portal import limits

CRISIS = {"place": "here", "language": "tir", "danger": "no_but_unwell", "callback_phone": "056 00 24 10"}
PLANNED = {
    "place": "here",
    "audience": "person",
    "n_people": "1",
    "agreement": "agrees",
    "language": "other",
    "other_language": "amh",
    "second_language": "tir",
    "mode": "on_site",
    "duration_min": "60",
    "summary": "ne dort plus depuis deux semaines",
    "categories": ["sleep", "grief"],
    "interpreted_by": "child",
}


@pytest.fixture
def link(world):
    return make_link(world)


@pytest.fixture
def phone(client_for):
    return client_for()


def _uid(page) -> str:
    return re.search(r'name="uid" value="([0-9a-f-]{36})"', page.content.decode())[1]


def _headers(answer) -> None:
    assert answer["Cache-Control"] == "no-store"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["X-Robots-Tag"] == "noindex, nofollow"


@pytest.mark.parametrize(("language", "word"), [("fr", "Mouscron"), ("nl", "Moeskroen"), ("en", "Mouscron")])
@pytest.mark.parametrize("way", ["crisis", "urgent", "planned"])
def test_the_page_says_first_whom_to_ring(link, phone, language, word, way):
    page = phone.get(f"/r/{link[1]}/?lang={language}&way={way}")
    html = page.content.decode()
    assert page.status_code == 200
    _headers(page)
    assert f'lang="{language}"' in html
    assert word in html
    assert html.index('href="tel:112"') < html.index("<form")
    assert "0800 32 123" in html
    assert 'name="referrer" content="no-referrer"' in html


def test_a_crisis_asks_four_things_and_no_name(link, phone):
    html = phone.get(f"/r/{link[1]}/").content.decode()
    assert len(re.findall(r'class="n"', html)) == 4
    asked = set(re.findall(r'name="([a-z_]+)"', html)) - {"viewport", "referrer", "color", "robots"}
    assert asked == {"uid", "place", "elsewhere", "language", "other_language", "danger", "callback_phone"}
    assert not re.search(r'name="danger"[^>]*checked', html)
    assert not re.search(r'name="language"[^>]*checked', html)


def test_opening_the_page_changes_nothing(link, phone):
    before = (DataKey.objects.count(), RequestDraft.objects.count())
    page = phone.get(f"/r/{link[1]}/")
    assert (DataKey.objects.count(), RequestDraft.objects.count()) == before
    assert "versants_phone" not in page.cookies


def test_sending_twice_makes_one_request(link, phone):
    url = f"/r/{link[1]}/"
    answers = {"uid": _uid(phone.get(url)), **CRISIS}
    first, second = phone.post(url, answers), phone.post(url, answers)
    assert first.status_code == second.status_code == 302
    assert first["Location"] == second["Location"]
    assert Request.objects.count() == 1


def test_what_is_missing_is_said_and_what_was_typed_stays(link, phone):
    url = f"/r/{link[1]}/"
    page = phone.post(url, {"uid": _uid(phone.get(url)), "place": "here", "callback_phone": "056 11"})
    html = page.content.decode()
    assert page.status_code == 422
    assert 'value="056 11"' in html
    assert re.search(r'value="here"[^>]*checked', html)
    assert Request.objects.count() == 0


def test_somewhere_else_by_postal_code(world, link, phone):
    url = f"/r/{link[1]}/"
    uid = _uid(phone.get(url))
    page = phone.post(url, {**CRISIS, "uid": uid, "place": "elsewhere", "elsewhere": "Nulle-part-sur-Lys"})
    assert page.status_code == 422
    assert (
        phone.post(url, {**CRISIS, "uid": uid, "place": "elsewhere", "elsewhere": "moeskroen"}).status_code
        == 302
    )
    request = Request.objects.get()
    assert (request.site, request.elsewhere_id) == (None, "BE-57096")


def test_a_planned_request_with_all_its_answers(world, link, phone):
    url = f"/r/{link[1]}/?way=planned"
    day = (clock.today() + timedelta(days=20)).isoformat()
    sent = phone.post(
        url,
        {
            **PLANNED,
            "uid": _uid(phone.get(url)),
            "day": day,
            "from_time": "14:00",
            "to_time": "16:00",
            "person_codes": world.person.code.lower(),
            "callback_who": "accueil",
        },
    )
    assert sent.status_code == 302, sent.content.decode()
    request = Request.objects.get()
    assert (request.urgency, request.state, matters.of(request).interpreted_by) == ("planned", "new", "child")
    assert [one.language_id for one in request.languages.all()] == ["amh", "tir"]
    assert matters.of(request).categories == ["sleep", "grief"]
    assert f"{clock.local(request.window.lower):%Y-%m-%d %H:%M}" == f"{day} 14:00"
    assert RequestPerson.objects.get().person == world.person
    assert vault.read(RequestNote.objects.get(), "summary") == PLANNED["summary"]
    page = phone.get(sent["Location"]).content.decode()
    assert world.person.code not in page
    assert PLANNED["summary"] not in page


def test_whether_a_code_exists_is_not_told(world, link, phone):
    from versants.core.ids import new_code

    url = f"/r/{link[1]}/?way=planned"
    pages = []
    for code in (world.person.code, new_code()):
        sent = phone.post(url, {**PLANNED, "uid": _uid(phone.get(url)), "person_codes": code})
        html = phone.get(sent["Location"]).content.decode()
        pages.append(
            re.sub(
                r"R-\d{4}-\d{5}|[0-9a-f-]{36}|\d\d:\d\d(:\d\d)?|datetime=\"[^\"]+\"|hx-headers='[^']+'",
                "",
                html,
            )
        )
    assert pages[0] == pages[1]


@pytest.mark.parametrize(
    "words",
    [
        "Madame Kebede ne dort plus",
        "née le 02/05/1994",
        "son numéro : 0470 12 34 56",
        "elle est Selam Tesfay",
    ],
)
def test_what_looks_like_a_name_a_date_or_a_number_is_warned_of_once(link, phone, words):
    url = f"/r/{link[1]}/?way=planned"
    answers = {**PLANNED, "summary": words, "uid": _uid(phone.get(url))}
    page = phone.post(url, answers)
    assert page.status_code == 422
    assert words.replace("é", "é") in page.content.decode()
    assert Request.objects.count() == 0
    assert phone.post(url, {**answers, "warned": "1"}).status_code == 302


def test_harmless_words_are_not_warned_of(link, phone):
    url = f"/r/{link[1]}/?way=planned"
    words = "Ne mange plus depuis 3 jours. Le voisin de chambre traduit, il ne veut plus."
    assert phone.post(url, {**PLANNED, "summary": words, "uid": _uid(phone.get(url))}).status_code == 302


def test_not_asked_yet_needs_a_reason(link, phone):
    url = f"/r/{link[1]}/?way=urgent"
    answers = {**PLANNED, "agreement": "not_yet", "uid": _uid(phone.get(url))}
    assert phone.post(url, answers).status_code == 422
    assert phone.post(url, {**answers, "agreement_why_not": "elle dort"}).status_code == 302
    assert vault.read(RequestNote.objects.get(), "summary") == ""


def test_what_may_be_left_alone_is_folded_with_what_holds_and_nothing_is_lost(link, phone):
    url = f"/r/{link[1]}/?way=planned"
    page = phone.get(url).content.decode()
    folds = re.findall(
        r'data-test="fold-(\w+)"><b>[^<]+</b> <span class="soft" data-answer>([^<]+)</span>', page
    )
    assert folds == [
        ("person_codes", "Non précisé"),
        ("second_language", "Aucune"),
        ("interpreted_by", "Non précisé"),
        ("gender_wish", "Sans préférence"),
        ("mode", "Sur place"),
        ("day", "Dès que possible, 90 minutes"),
    ]
    asked = {name for names in LongForm.QUESTIONS for name in names}
    assert {name for name in asked if f'name="{name}"' not in page} == set()

    late = {**PLANNED, "gender_wish": "woman", "day": "2020-01-01", "uid": _uid(phone.get(url))}
    refused = phone.post(url, late).content.decode()
    assert 'data-test="fold-day"' not in refused  # the one with a fault stands open
    assert 'data-test="fold-gender_wish"' in refused
    assert "Des femmes, si possible" in refused
    assert 'data-test="fold-mode"' not in phone.get(f"/r/{link[1]}/").content.decode()


def test_a_picture_of_the_qr_does_not_ring_the_watch_all_night(world, link, phone, client_for, monkeypatch):
    monkeypatch.setattr(limits, "PER_LINK", 2)
    url = f"/r/{link[1]}/"
    asked = [{"uid": _uid(phone.get(url)), **CRISIS} for _ in range(3)]
    sent = [phone.post(url, one) for one in asked]
    assert [one.status_code for one in sent] == [302, 302, 429]
    html = sent[2].content.decode()
    assert "Appelez l’équipe." in html
    assert 'href="tel:112"' in html
    assert 'value="056 00 24 10"' in html  # what was typed stays
    assert phone.post(url, asked[0]).status_code == 302  # the same again is the same
    assert client_for().post(url, asked[2], REMOTE_ADDR="192.0.2.9").status_code == 302  # those on shift
    other = make_link(world)[1]
    assert phone.post(f"/r/{other}/", {"uid": _uid(phone.get(f"/r/{other}/")), **CRISIS}).status_code == 302
    assert Request.objects.count() == 4


# -- drafts -------------------------------------------------------------------------------------------------------------


def test_a_draft_is_found_again_by_the_same_phone_and_no_other(world, link, phone, client_for):
    url = f"/r/{link[1]}/"
    kept = phone.post(f"{url}draft/?way=planned", {**PLANNED, "uid": _uid(phone.get(url))})
    assert kept.status_code == 204
    draft = RequestDraft.objects.get()
    assert b"dort" not in draft.content.raw
    assert kept.cookies["versants_phone"]["httponly"]

    again = phone.get(f"{url}?way=planned").content.decode()
    assert PLANNED["summary"] in again
    assert re.search(r'value="grief"[^>]*checked', again)
    assert PLANNED["summary"] not in client_for().get(f"{url}?way=planned").content.decode()

    with acting(actor(world.coordinator)):
        assert RequestDraft.objects.count() == 0


def test_a_draft_goes_when_it_is_sent_or_thrown_away(link, phone):
    url = f"/r/{link[1]}/?way=planned"
    answers = {**PLANNED, "uid": _uid(phone.get(url))}
    phone.post(f"/r/{link[1]}/draft/?way=planned", answers)
    key = RequestDraft.objects.get().key
    assert phone.post(f"/r/{link[1]}/draft/?way=planned", {"forget": "1"}).status_code == 302
    key.refresh_from_db()
    assert (RequestDraft.objects.count(), key.wrapped) == (0, None)

    phone.post(f"/r/{link[1]}/draft/?way=planned", answers)
    assert phone.post(url, answers).status_code == 302
    assert RequestDraft.objects.count() == 0


def test_what_was_typed_last_does_not_come_back_after_the_form_was_sent(link, phone):
    """The page keeps what is typed while it is being sent: the one may arrive after the other."""
    url = f"/r/{link[1]}/?way=planned"
    answers = {**PLANNED, "uid": _uid(phone.get(url))}
    phone.post(f"/r/{link[1]}/draft/?way=planned", answers)
    assert phone.post(url, answers).status_code == 302
    assert phone.post(f"/r/{link[1]}/draft/?way=planned", answers).status_code == 204
    assert RequestDraft.objects.count() == 0
    assert PLANNED["summary"] not in phone.get(url).content.decode()
    again = {**answers, "uid": _uid(phone.get(url))}  # the next request is kept as ever
    phone.post(f"/r/{link[1]}/draft/?way=planned", again)
    assert PLANNED["summary"] in phone.get(url).content.decode()


def test_a_draft_of_yesterday_is_not_shown(link, phone):
    url = f"/r/{link[1]}/?way=planned"
    phone.post(f"/r/{link[1]}/draft/?way=planned", {**PLANNED, "uid": _uid(phone.get(url))})
    RequestDraft.objects.update(saved_at=clock.now() - timedelta(hours=25))
    assert PLANNED["summary"] not in phone.get(url).content.decode()


def test_drafts_nobody_sent_are_forgotten_with_their_keys(link, phone, client_for):
    from versants.mobile.tasks import forget_drafts

    url = f"/r/{link[1]}/"
    phone.post(f"{url}draft/?way=planned", PLANNED)
    old = RequestDraft.objects.get()
    RequestDraft.objects.update(saved_at=clock.now() - timedelta(hours=25))
    client_for().post(f"{url}draft/?way=planned", PLANNED)

    forget_drafts.func(0)
    assert RequestDraft.objects.exclude(pk=old.pk).count() == RequestDraft.objects.count() == 1
    old.key.refresh_from_db()
    assert old.key.wrapped is None
    assert RequestDraft.objects.get().key.wrapped is not None


# -- links that ended ---------------------------------------------------------------------------------------------------


def test_an_unknown_link_still_says_whom_to_ring(world, phone):
    page = phone.get("/r/nonsense-nonsense-0000/")
    html = page.content.decode()
    assert page.status_code == 404
    _headers(page)
    assert 'href="tel:112"' in html
    assert world.walloon.phone in html
    assert world.french.phone in html


@pytest.mark.parametrize("how", ["revoked", "expired"])
def test_a_link_that_ended_says_whom_to_ring_and_asks_nothing(world, link, phone, how):
    row, token = link
    sent = phone.post(f"/r/{token}/", {"uid": _uid(phone.get(f"/r/{token}/")), **CRISIS})
    if how == "revoked":
        with acting(actor(world.site_manager)) as who:
            links.revoke_link(actor=who, link=row)
    else:
        row.period = (clock.now() - timedelta(days=9), clock.now() - timedelta(days=1))
        row.save()
    page = phone.get(f"/r/{token}/")
    html = page.content.decode()
    assert page.status_code == 410
    assert 'href="tel:112"' in html
    assert world.walloon.phone in html
    assert "<form" not in html.split("<main")[1].split("</main>")[0]
    assert phone.post(f"/r/{token}/", CRISIS).status_code == 410
    assert phone.post(f"/r/{token}/draft/", CRISIS).status_code == 410
    assert Request.objects.count() == 1
    # what was asked before the link expired is still followed; a link that was cut shows nothing more
    assert phone.get(sent["Location"]).status_code == (410 if how == "revoked" else 200)


# -- following ----------------------------------------------------------------------------------------------------------


def test_the_follow_page_shows_its_request_and_no_other(world, link, phone):
    mine, other = ask_by_link(world, link[0]), ask_by_link(world, make_link(world)[0])
    page = phone.get(f"/r/{link[1]}/{mine.uid}/")
    assert page.status_code == 200
    _headers(page)
    assert mine.number in page.content.decode()
    assert phone.get(f"/r/{link[1]}/{other.uid}/").status_code == 404
    page = phone.get(f"/r/{link[1]}/")
    assert mine.number not in page.content.decode()


def test_a_promise_that_has_passed_is_not_made_again(world, link, settings, client_for):
    request = ask_by_link(world, link[0])
    url = f"/r/{link[1]}/{request.uid}/"
    assert "You have an answer before" in client_for(language="en").get(url).content.decode()
    settings.FROZEN_NOW = (request.promised_at + timedelta(minutes=1)).isoformat()
    html = client_for(language="en").get(url).content.decode()
    assert "You have an answer before" not in html
    assert "An answer was promised before" in html


def test_late_details_and_withdrawal_by_post_only(world, link, phone):
    request = ask_by_link(world, link[0])
    url = f"/r/{link[1]}/{request.uid}/"
    assert phone.get(f"{url}?action=withdraw").status_code == 200
    request.refresh_from_db()
    assert request.state == "new"

    sent = phone.post(
        url, {"action": "details", "agreement": "told", "summary": "ne mange plus", "interpreted_by": "child"}
    )
    assert sent.status_code == 302, sent.content.decode()
    assert vault.read(RequestNote.objects.get(), "summary") == "ne mange plus"
    assert "ne mange plus" not in phone.get(url).content.decode()

    warned = phone.post(url, {"action": "details", "agreement": "told", "summary": "Madame Kebede"})
    assert warned.status_code == 422

    assert phone.post(url, {"action": "withdraw"}).status_code == 302
    request.refresh_from_db()
    assert request.state == "withdrawn"
    assert phone.post(url, {"action": "withdraw"}).status_code == 409


def test_a_question_is_read_and_answered(world, link, phone):
    request = ask_by_link(world, link[0])
    with acting(actor(world.coordinator)) as who:
        requests.ask_back(request=request, actor=who, questions=["agreement"])
    url = f"/r/{link[1]}/{request.uid}/?lang=en"
    assert "What does the person know of this request?" in phone.get(url).content.decode()
    assert phone.post(url, {"action": "details", "agreement": "agrees"}).status_code == 302
    request.refresh_from_db()
    assert (request.state, matters.of(request).agreement) == ("new", "agrees")


def test_the_visit_is_followed_by_day_time_and_first_names(world, link, phone):
    from versants.core.periods import lasting
    from versants.mobile.models import Assignment, Visit
    from versants.mobile.services import triage

    request = ask_by_link(world, link[0])
    start = clock.now() + timedelta(days=1)
    with acting(actor(world.coordinator)) as who:
        triage.plan_need(
            request=request,
            actor=who,
            kind="crisis",
            visits=[triage.VisitPlan((triage.SlotPlan("psychologist"),), lasting(start, 60))],
        )
    visit = Visit.objects.get()
    Assignment.objects.create(
        slot=visit.slots.get(),
        visit=visit,
        professional=world.elise,
        held=lasting(start, 90),
        state="accepted",
    )
    visit.state, visit.held = "planned", lasting(start, 90)
    visit.save()
    html = phone.get(f"/r/{link[1]}/{request.uid}/").content.decode()
    assert f"{clock.local(start):%H:%M}" in html
    assert re.search(r'data-test="who-comes">Élise \([^)]+\)</p>', html)
    assert "Dumoulin" not in html


def test_a_link_reads_no_words_whatever_the_page_asks(world, link):
    request = ask_by_link(world, link[0])
    who = Actor(kind="link", link=link[0].pk, request=str(request.uid))
    with acting(who):
        for model in (RequestNote, RequestPerson, RequestDraft):
            assert list(model.objects.all()) == []


# -- who hears of a crisis ------------------------------------------------------------------------------------------


def _hears(page) -> tuple[str, str]:
    """The word of the button and the sentence under it."""
    html = page.content.decode()
    button = re.search(r'data-test="send">([^<]+)</button>', html)[1]
    return button, re.search(r'data-test="hears">\s*([^<]+?)\s*</p>', html)[1]


@pytest.fixture
def night(settings):
    settings.FROZEN_NOW = "2026-11-24T02:10:00+01:00"
    return settings


def _watch(world, team):
    OnCall.objects.create(
        organisation=team.organisation,
        professional=world.elise,
        team=team,
        held=(clock.now() - timedelta(hours=8), clock.now() + timedelta(hours=5)),
        phone="+32 000 00 00 09",
    )


def test_the_watch_is_promised_where_somebody_holds_it(world, night, link, phone, client_for):
    _watch(world, world.walloon)
    expected = (
        "Send and call the watch",
        "The watch is told by telephone. It is not an emergency service.",
    )
    assert _hears(phone.get(f"/r/{link[1]}/?lang=en")) == expected
    assert _hears(phone.post(f"/r/{link[1]}/?lang=en", {})) == expected  # a page sent back says the same
    own = client_for(world.requester).get("/ask/").content.decode()
    assert "La garde est jointe par téléphone." in own


def test_another_teams_watch_promises_nothing_here(world, night, link, phone):
    _watch(world, world.french)
    assert _hears(phone.get(f"/r/{link[1]}/?lang=en")) == (
        "Send the request",
        f"Nobody is on watch now: the coordination of {world.walloon.name} is told by e-mail and is there"
        " again on Tuesday 24 November at 08:30. It is not an emergency service.",
    )


def test_by_day_coordination_is_told_at_once(world, night, link, phone):
    night.FROZEN_NOW = "2026-11-24T10:00:00+01:00"
    assert _hears(phone.get(f"/r/{link[1]}/?lang=en")) == (
        "Send the request",
        f"The coordination of {world.walloon.name} is told at once by e-mail. It is not an emergency service.",
    )


def test_what_the_page_promises_is_what_the_steps_do(world, night, link, phone):
    """Without watch and coordination the other team, without anybody nobody: as the escalation runs."""
    Membership.objects.filter(pk=world.coordinator.pk).delete()
    sentence = _hears(phone.get(f"/r/{link[1]}/?lang=en"))[1]
    assert sentence == (
        f"Nobody of {world.walloon.name} can be told now: the other mobile team is told by e-mail."
        " It is not an emergency service."
    )
    asked = ask_by_link(world, urgency="crisis")
    with acting(Actor.for_team(world.walloon)):
        results = [
            escalation.run_step(step.pk, world.walloon.pk)
            for step in EscalationStep.objects.filter(request=asked).order_by("rank")[:3]
        ]
    assert results == ["nobody", "nobody", "told"]
    Membership.objects.filter(pk=world.french_coordinator.pk).delete()
    Team.objects.filter(pk=world.french.pk).update(email="")
    assert _hears(phone.get(f"/r/{link[1]}/?lang=en"))[1] == (
        f"Nobody can be told at once: the request waits for {world.walloon.name}. It is not an emergency service."
    )


def test_what_is_not_a_crisis_promises_no_watch(world, night, link, phone):
    _watch(world, world.walloon)
    assert _hears(phone.get(f"/r/{link[1]}/?lang=en&way=planned"))[0] == "Send the request"
