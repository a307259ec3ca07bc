"""The page for everybody and "I want someone to call me": languages, numbers, promises, limits."""

from __future__ import annotations

import gzip
import re
import threading
import time
import unicodedata
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.contrib.staticfiles import finders
from django.db import connection, connections
from django.test import Client
from django.urls import reverse

from tests.world import actor
from versants.core import clock
from versants.core.access.classes import Role
from versants.core.access.scope import acting
from versants.core.crypto import vault
from versants.mobile.models import Request, RequestLanguage, RequestNote
from versants.mobile.services import matters, requests
from versants.people.models import Membership, Team
from versants.portal import limits, texts
from versants.portal.forms import CallMeForm, language_choices
from versants.portal.views.public import home_of
from versants.territory.models import EmergencyNumber, Language

UNCHECKED = [code for code in texts.CODES if not texts.load(code).checked_by_native]
SCRIPTS = {"Arab": "ARABIC", "Ethi": "ETHIOPIC", "Cyrl": "CYRILLIC"}


def page(client, path, status=200, **query):
    answer = client.get(path, query)
    assert answer.status_code == status
    return answer, answer.content.decode()


def answers(world, browser, lang="fr", **changed):
    uid = re.search(r'name="uid" value="([0-9a-f-]{36})"', page(browser, "/call-me/", lang=lang)[1])[1]
    given = {
        "uid": uid,
        "phone": "+32 470 00 00 00",
        "language": "tir",
        "team": str(world.walloon.uid),
        "when": "morning",
        "urgent": "no",
    }
    return given | changed


# -- texts --------------------------------------------------------------------------------------------------------


def test_every_file_is_a_language_of_the_chooser():
    assert {path.stem for path in texts.FOLDER.glob("*.json")} == set(texts.CODES)
    assert [code for code in texts.CODES if texts.load(code).checked_by_native] == ["fr", "nl", "en"]


@pytest.mark.parametrize("code", texts.CODES)
def test_every_language_says_everything(code):
    text, french = texts.load(code), texts.load("fr")
    assert list(text.strings) == list(french.strings)
    assert [key for key, sentence in text.strings.items() if not sentence.strip()] == []
    if code != "fr":
        copied = [
            key for key, sentence in text.strings.items() if len(sentence) > 12 and sentence == french[key]
        ]
        assert copied == []


@pytest.mark.parametrize("code", texts.CODES)
def test_direction_and_letters_are_those_of_the_language(code):
    text = texts.load(code)
    assert text.direction == ("rtl" if text.script == "Arab" else "ltr")
    if text.script == "Latn":
        return
    for key, sentence in text.strings.items():
        letters = [unicodedata.name(sign) for sign in sentence if sign.isalpha()]
        assert letters, key
        assert all(name.startswith(SCRIPTS[text.script]) for name in letters), (key, sentence)


@pytest.mark.parametrize("code", texts.CODES)
def test_no_number_to_ring_is_typed_into_a_text(code):
    assert [sentence for sentence in texts.load(code).strings.values() if re.search(r"\d{2}", sentence)] == []


@pytest.mark.parametrize(
    ("asked", "kept", "accepted", "code"),
    [
        ("ar", "nl", "fr", "ar"),
        ("xx", "nl", "ar", "nl"),
        ("", "", "fa-AF,en;q=0.8", "prs"),
        ("", "", "ku,en;q=0.5", "kmr"),
        ("", "", "de-DE,uk;q=0.7,fr;q=0.3", "uk"),
        ("", "", "pt-BR;q=0.2,ti;q=0.9", "ti"),
        ("", "", "de;q=oops,ja", "fr"),
        ("../fr", "", "", "fr"),
    ],
)
def test_language_is_asked_for_or_the_browsers_own(asked, kept, accepted, code):
    assert texts.pick(asked, kept, accepted).code == code


def test_dates_are_said_in_the_language_and_its_digits():
    at = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
    assert (texts.load("fr").day(at), texts.load("fr").clock_time(at)) == ("mardi 24 novembre", "10:30")
    assert (texts.load("ar").day(at), texts.load("ar").clock_time(at)) == ("الثلاثاء 24 نوفمبر", "10:30")
    assert texts.load("prs").clock_time(at) == "۱۰:۳۰"
    assert "۲۴" in texts.load("ps").day(at)
    assert texts.load("pt").day(at) == "terça-feira, 24 de novembro"


@pytest.mark.parametrize("code", texts.CODES)
def test_a_day_has_its_own_name_in_every_language(code):
    names = [texts.load(code).weekday(number) for number in range(7)]
    assert len(set(names)) == 7
    if code not in {"fr"}:
        assert not set(names) & {texts.load("fr").weekday(number) for number in range(7)}


def test_hours_group_days_that_are_alike(world):
    team = Team(opening_hours={"mon": [["08:30", "12:00"], ["13:00", "17:00"]], "tue": [["08:30", "17:00"]]})
    team.opening_hours |= {"wed": [["08:30", "17:00"]]}
    assert texts.load("nl").hours(team) == [
        ("maandag", [("08:30", "12:00"), ("13:00", "17:00")]),
        ("dinsdag – woensdag", [("08:30", "17:00")]),
    ]
    assert texts.load("fr").hours(Team()) == []


# -- the page -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", texts.CODES)
def test_the_page_in_every_language(world, client_for, code):
    answer, body = page(client_for(), "/", lang=code)
    text = texts.load(code)
    assert f'<html lang="{code}" dir="{text.direction}">' in body
    assert answer["Content-Language"] == code
    assert not answer.cookies
    assert text["title"] in body
    for team in (world.walloon, world.french):
        assert team.name in body
        assert f'href="tel:{team.phone.replace(" ", "")}"' in body
        assert f'<bdi class="nowrap" dir="ltr">{team.phone}</bdi>' in body
    assert world.desk_team.name not in body
    assert ('data-test="unchecked"' in body) is (code in UNCHECKED)
    for other in texts.CODES:
        assert re.search(
            rf'lang="{other}" hreflang="{other}"[^>]*><bdi>{texts.load(other).autonym}</bdi>', body
        )
    for row in EmergencyNumber.objects.all():
        assert f'href="tel:{row.number.replace(" ", "")}"' in body
    assert body.index('href="tel:112"') == body.index('href="tel:')


@pytest.mark.parametrize("code", UNCHECKED)
def test_an_unchecked_language_never_speaks_alone_of_danger_or_agreement(world, client_for, code):
    for path in ("/", "/call-me/"):
        _, body = page(client_for(), path, lang=code)
        assert texts.load(code)["unchecked"] in body
        assert texts.load("fr")["unchecked"] in body
        for key in ("danger", "not_emergency", *(["agreement"] if path == "/call-me/" else [])):
            for beside in ("fr", "nl"):
                sentence = texts.load(beside)[key]
                assert re.search(rf'lang="{beside}" dir="ltr">{re.escape(sentence)}<', body), (key, beside)


def test_numbers_come_from_the_data_and_the_page_writes_nothing(world, client_for):
    EmergencyNumber.objects.filter(number="3114").update(number="9 99 99")
    browser = client_for()
    del browser.cookies["versants_language"]
    answer, body = page(browser, "/")
    assert 'href="tel:99999"' in body
    assert 'href="tel:3114"' not in body
    assert not answer.cookies
    assert browser.post("/").status_code == 405


def test_the_page_costs_the_same_queries_with_more_teams(world, client_for, django_assert_max_num_queries):
    with django_assert_max_num_queries(8):
        page(client_for(), "/")
    for n in range(3):
        team = Team.objects.get(pk=world.walloon.pk)
        team.pk, team.uid, team.name = None, f"00000000-0000-4000-8000-00000000000{n}", f"Équipe {n}"
        team.save()
    with django_assert_max_num_queries(8):
        _, body = page(client_for(), "/")
    assert body.count('data-test="team"') == 5


@pytest.mark.parametrize("code", texts.CODES)
def test_the_page_is_small_without_its_letters(world, client_for, code):
    """60 KB with every file it names, as an old telephone receives it."""
    _, body = page(client_for(), "/", lang=code)
    named = set(re.findall(r'(?:src|href)="/static/([^"?]+)"', body))
    assert any(name.endswith(".css") for name in named)
    loaded = [Path(finders.find(name)).read_bytes() for name in named]
    modules = [path.read_bytes() for path in Path(finders.find("versants/versants.js")).parent.glob("*.js")]
    whole = sum(len(gzip.compress(content)) for content in [body.encode(), *loaded, *modules])
    assert whole < 60_000


def test_the_page_travels_compressed(world, client_for):
    answer = client_for().get("/", headers={"accept-encoding": "gzip"})
    assert answer["Content-Encoding"] == "gzip"
    assert texts.load("fr")["title"] in gzip.decompress(answer.content).decode()


def test_signed_in_accounts_go_home(world, client_for):
    homes = {
        "coordinator": "/requests/",
        "clinician": "/today/",
        "practitioner": "/today/",
        "interpreter": "/today/",
        "officer": "/figures/",
        "dpo": "/audit/",
        "requester": "/ask/",
        "site_manager": "/ask/",
        "administrator": "/help/administrator/",
    }
    for name, url in homes.items():
        answer = client_for(world.members[name]).get("/")
        assert (answer.status_code, answer["Location"]) == (302, url), name


@pytest.mark.parametrize("role", sorted(Role.values))
def test_no_role_is_sent_to_a_page_closed_to_it(world, client_for, role):
    member = next((one for one in world.members.values() if one.role == role), None)
    if member is None:
        member = Membership.objects.filter(role=role).first()
    assert member is not None
    assert client_for(member).get(home_of(role)).status_code == 200


@pytest.mark.parametrize("role", sorted(Role.values))
def test_the_menu_names_the_pages_of_a_role_and_none_that_refuses(world, client_for, role):
    member = next((one for one in world.members.values() if one.role == role), None)
    member = member or Membership.objects.filter(role=role).first()
    browser = client_for(member)
    page = browser.get(reverse("help", args=[role])).content.decode()
    addresses = dict(re.findall(r'href="([^"]+)"[^>]* data-test="nav-(\w+)"', page))
    assert {url: browser.get(url).status_code for url in addresses} == dict.fromkeys(addresses, 200)
    # What one begins with is a word of the menu too, else there is no way back to it.
    assert role == Role.ADMINISTRATOR or home_of(role) in addresses
    assert ("links" in addresses.values()) == (role in {Role.SITE_MANAGER, Role.COORDINATOR})


# -- asking to be rung --------------------------------------------------------------------------------------------


def test_somebody_asks_to_be_rung(world, client_for):
    browser = client_for()
    given = answers(world, browser)
    sent = browser.post("/call-me/?lang=ti", given)
    assert sent.status_code == 302
    assert sent["Location"] == f"/call-me/{given['uid']}/?lang=ti"

    made = Request.objects.get()
    assert (made.channel, made.audience, matters.of(made).agreement, made.mode) == (
        "public",
        "person",
        "asked",
        "phone",
    )
    assert (made.urgency, made.team, made.state) == ("planned", world.walloon, "new")
    assert (made.link, made.site, made.elsewhere, made.asked_by_membership) == (None, None, None, None)
    with acting(actor(world.coordinator)):
        note = RequestNote.objects.get(request=made)
        assert vault.read(note, "callback_phone") == "+32 470 00 00 00"
        assert vault.read(note, "summary") == "À appeler plutôt le matin."
        assert list(RequestLanguage.objects.values_list("language_id", flat=True)) == ["tir"]

    answer, body = page(browser, sent["Location"])
    text = texts.load("ti")
    assert text["sent_title"] in body
    assert text.day(made.promised_at) in body
    assert text.clock_time(made.promised_at) in body
    assert world.walloon.phone in body
    assert 'href="tel:112"' in body
    assert "470 00" not in body
    assert answer["Cache-Control"] == "no-store"

    desk = client_for(world.coordinator)
    assert made.number in desk.get("/requests/").content.decode()
    assert "470 00 00 00" in desk.get(f"/requests/{made.uid}/").content.decode()


@pytest.mark.parametrize(("urgent", "urgency"), [("yes", "urgent"), ("no", "planned")])
def test_urgency_is_what_the_person_says(world, client_for, urgent, urgency):
    browser = client_for()
    browser.post("/call-me/", answers(world, browser, urgent=urgent, team=str(world.french.uid)))
    made = Request.objects.get()
    assert (made.urgency, made.team) == (urgency, world.french)


def test_pressed_twice_is_one_request(world, client_for):
    browser = client_for()
    given = answers(world, browser)
    first, second = browser.post("/call-me/", given), browser.post("/call-me/", given)
    assert first["Location"] == second["Location"]
    assert Request.objects.count() == 1
    changed = browser.post("/call-me/", given | {"urgent": "yes"})
    assert changed.status_code == 409
    assert texts.load("fr")["err_again"] in changed.content.decode()
    assert Request.objects.count() == 1


def test_errors_keep_what_was_typed(world, client_for):
    browser = client_for()
    sent = browser.post(
        "/call-me/?lang=ar", answers(world, browser, "ar", phone="ring me", urgent="", when="")
    )
    body = sent.content.decode()
    assert sent.status_code == 422
    text = texts.load("ar")
    assert text["err_missing"] in body
    assert body.count(text["err_choose"]) == 2
    assert body.count(text["err_phone"]) == 1
    assert 'value="ring me"' in body
    assert re.search(rf'value="{world.walloon.uid}"[^>]* checked', body)
    assert re.search(r'<option value="tir" selected', body)
    assert Request.objects.count() == 0


def test_nothing_but_the_language_is_chosen_beforehand(world, client_for):
    _, body = page(client_for(), "/call-me/", lang="so")
    assert " checked" not in body
    assert re.search(r'<option value="som" selected', body)
    assert 'name="name"' not in body


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("٠٤٧٠ ١٢ ٣٤ ٥٦", "0470 12 34 56"),
        ("۰۴۷۰۱۲۳۴۵۶", "0470123456"),
        ("\u200e+33 (0)3.20.00.00.00", "+33 (0)3.20.00.00.00"),
        ("12345", None),
        ("+1234567890123456", None),
        ("0470 12 34 56 Sara", None),
        ("²²²²²²", None),
        ("", None),
    ],
)
def test_telephone_numbers_as_people_type_them(world, typed, kept):
    form = CallMeForm({"phone": typed}, text=texts.load("prs"), teams=[])
    form.is_valid()
    assert form.cleaned_data.get("phone") == kept
    assert form.errors.get("phone", []) == ([] if kept else [texts.load("prs")["err_phone"]])


def test_every_language_of_the_page_can_be_chosen_and_kept(world, client_for):
    codes = [code for code, _name in language_choices()]
    assert len(codes) == len(set(codes))
    assert set(codes) == set(Language.objects.values_list("pk", flat=True))
    browser = client_for()
    browser.post("/call-me/?lang=nl", answers(world, browser, "nl", language="nld", when="any"))
    made = Request.objects.get()
    assert made.language_of_answer == "nl"
    with acting(actor(world.coordinator)):
        assert RequestLanguage.objects.get().language_id == "nld"


def test_a_team_that_is_no_mobile_team_is_no_choice(world, client_for):
    browser = client_for()
    sent = browser.post("/call-me/", answers(world, browser, team=str(world.desk_team.uid)))
    assert sent.status_code == 422
    assert Request.objects.count() == 0


def test_one_address_has_a_limit_and_is_told_kindly(world, client_for, monkeypatch):
    monkeypatch.setattr(limits, "PER_HOUR", 2)
    browser = client_for()
    sent = [browser.post("/call-me/", answers(world, browser)) for _ in range(3)]
    assert [one.status_code for one in sent] == [302, 302, 429]
    body = sent[2].content.decode()
    assert texts.load("fr")["too_many"] in body
    assert f'href="tel:{world.walloon.phone.replace(" ", "")}"' in body
    assert 'value="+32 470 00 00 00"' in body
    assert sent[2]["Retry-After"] == "3600"
    elsewhere = browser.post("/call-me/", answers(world, browser), REMOTE_ADDR="192.0.2.7")
    assert elsewhere.status_code == 302
    # What was sent already is still answered with its page.
    assert browser.get(sent[0]["Location"]).status_code == 200


def test_the_limit_holds_for_the_whole_hour_and_no_longer(world, client_for, monkeypatch):
    monkeypatch.setattr(limits, "PER_HOUR", 2)
    browser, began = client_for(), time.time()
    now = [began]
    monkeypatch.setattr(limits, "time", SimpleNamespace(time=lambda: now[0]), raising=False)

    def ask(after_min: int) -> int:
        now[0] = began + after_min * 60
        return browser.post("/call-me/", answers(world, browser)).status_code

    assert [ask(minute) for minute in (0, 10, 16, 50, 59)] == [302, 302, 429, 429, 429]
    assert [ask(minute) for minute in (61, 62, 71, 72)] == [302, 429, 302, 429]
    with connection.cursor() as cursor:
        cursor.execute("SELECT expires - now() FROM core_cache WHERE cache_key LIKE '%call-me%'")
        assert cursor.fetchone()[0].total_seconds() > 3500  # not forgotten before


def test_those_sent_at_once_count_one_by_one(committed, monkeypatch):
    """Six browsers of one machine press together: each waits for the one before it."""
    monkeypatch.setattr(limits, "PER_HOUR", 2)
    n = 6
    browsers = [Client(headers={"accept-language": "fr"}) for _ in range(n)]
    given = [answers(committed, browser) for browser in browsers]
    barrier, said = threading.Barrier(n), []

    def press(browser, form) -> None:
        try:
            barrier.wait()
            said.append(browser.post("/call-me/", form).status_code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=press, args=pair) for pair in zip(browsers, given, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == [302, 302, 429, 429, 429, 429]
    assert Request.objects.count() == 2


def test_the_address_behind_the_installations_proxy_is_the_visitors(rf, settings):
    request = rf.get("/", REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR="203.0.113.9, 192.0.2.7")
    assert limits.address_of(request) == "127.0.0.1"
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert limits.address_of(request) == "192.0.2.7"
    assert limits.address_of(rf.get("/", REMOTE_ADDR="8.8.8.8", HTTP_X_FORWARDED_FOR="1.1.1.1")) == "8.8.8.8"
    ours = {limits.address_of(rf.get("/", REMOTE_ADDR=f"2001:db8:1:2::{n}")) for n in (1, 2, 3)}
    assert len(ours) == 1  # one house has all the addresses of its network


def test_only_a_hash_of_the_address_is_kept(world, client_for, db):
    browser = client_for()
    browser.post("/call-me/", answers(world, browser), REMOTE_ADDR="192.0.2.77")
    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key, value FROM core_cache WHERE cache_key LIKE '%call-me%'")
        kept = cursor.fetchall()
    assert len(kept) == 1
    assert "192.0.2.77" not in str(kept)


def test_the_person_takes_it_back(world, client_for):
    browser = client_for()
    where = browser.post("/call-me/", answers(world, browser))["Location"]
    assert browser.post(where).status_code == 302
    assert browser.post(where).status_code == 302  # twice is once
    assert Request.objects.get().state == "withdrawn"
    _, body = page(browser, where)
    assert texts.load("fr")["cancelled_title"] in body
    assert 'data-test="due"' not in body
    assert 'data-test="withdraw"' not in body


def test_no_promise_is_shown_once_it_was_kept(world, client_for):
    browser = client_for()
    where = browser.post("/call-me/", answers(world, browser))["Location"]
    made = Request.objects.get()
    assert 'data-test="due"' in page(browser, where)[1]
    member = actor(world.coordinator)
    with acting(member):
        requests.accept_request(request=made, actor=member)
    assert 'data-test="due"' not in page(browser, where)[1]
    with acting(member):
        requests.close_request(request=made, actor=member)
    assert texts.load("fr")["closed_title"] in page(browser, where)[1]


def test_the_page_of_a_call_opens_no_other_request(world, client_for):
    from tests.requests.making import make_link

    link = make_link(world)
    browser = client_for()
    uid = re.search(r'name="uid" value="([0-9a-f-]{36})"', page(browser, f"/r/{link[1]}/")[1])[1]
    crisis = {
        "uid": uid,
        "place": "here",
        "language": "tir",
        "danger": "unknown",
        "callback_phone": "056 00 24 10",
    }
    assert browser.post(f"/r/{link[1]}/", crisis).status_code == 302
    _, body = page(browser, f"/call-me/{uid}/", 404)
    assert Request.objects.get().number not in body
    assert browser.post(f"/call-me/{uid}/").status_code == 404
    assert Request.objects.get().state == "new"
    # Nor does its form write over it.
    answer = browser.post("/call-me/", answers(world, browser, uid=uid))
    assert answer.status_code == 409


def test_the_form_is_protected_against_other_sites(world):
    from django.test import Client

    browser = Client(enforce_csrf_checks=True)
    page(browser, "/call-me/", lang="fr")
    assert browser.post("/call-me/", {"uid": ""}).status_code == 403
    token = browser.cookies["csrftoken"].value
    given = answers(world, browser) | {"csrfmiddlewaretoken": token}
    assert browser.post("/call-me/", given).status_code == 302
    assert reverse("call_me_sent", args=[given["uid"]]).startswith("/call-me/")
    assert Request.objects.get().asked_at <= clock.now()
