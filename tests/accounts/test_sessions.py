"""Sessions: the list, ending one or all others, rest under a care role, and what was typed meanwhile."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.utils import timezone

from tests.accounts.signing import code, fresh, sign_in, with_app, with_password
from tests.world import make_membership
from versants.core import clock
from versants.core.access.classes import Role
from versants.core.models import DataKey
from versants.people.models import HeldForm, KnownDevice, Membership
from versants.people.services import held, sessions
from versants.people.services.persons import REASONS


def entered(
    account, secret="", browser="Mozilla/5.0 (Android 14) Firefox/130.0", address="192.0.2.7", step=0
):
    client = fresh(address=address)
    client.defaults["HTTP_USER_AGENT"] = browser
    sign_in(client, account)
    if secret:
        client.post("/account/2fa/authenticate/", {"code": code(secret, step)})
    return client


def test_the_list_and_ending_one(world):
    account = with_password(world.requester.account)
    phone = entered(account)
    desk = entered(account, browser="Mozilla/5.0 (Windows NT 10.0) Chrome/150.0 Safari/537.36")
    page = desk.get("/account/sessions/").content.decode()
    assert "Firefox, Android" in page
    assert page.index("Chrome, Windows") < page.index("Firefox, Android")  # this place first
    assert page.count('data-test="end-session"') == 1
    theirs = UserSession.objects.get(user_agent__contains="Android")
    # Not by somebody else, whatever number they type.
    other = entered(with_password(world.site_manager.account))
    other.post("/account/sessions/", {"end": str(theirs.pk)})
    assert phone.get("/rights/").status_code == 200
    desk.post("/account/sessions/", {"end": str(theirs.pk)})
    assert phone.get("/rights/").status_code == 302
    assert desk.get("/rights/").status_code == 200


def test_ending_all_others_keeps_this_one_and_forgets_their_devices(world):
    account = with_password(world.requester.account)
    phone, desk = entered(account), entered(account)
    assert KnownDevice.objects.filter(account=account).count() == 2
    desk.post("/account/sessions/", {"others": "1"})
    assert phone.get("/rights/").status_code == 302
    assert desk.get("/rights/").status_code == 200
    assert KnownDevice.objects.filter(account=account).count() == 1


def test_the_list_asks_for_the_sign_in(db):
    assert fresh().get("/account/sessions/").status_code == 302


def rest(client, seconds: int) -> None:
    session = client.session
    session["seen_at"] = time.time() - seconds
    session.save()


@pytest.mark.parametrize(("name", "ends"), [("coordinator", True), ("dpo", True), ("requester", False)])
def test_a_care_session_ends_after_half_an_hour_of_rest(world, client_for, name, ends):
    client = client_for(getattr(world, name))
    first = "/rights/"
    rest(client, 29 * 60)
    assert client.get(first).status_code == 200
    rest(client, 31 * 60)
    answer = client.get(first)
    assert (answer.status_code == 302) == ends
    if ends:
        assert answer.url == f"/account/login/?next={first}"
        assert client.get(first).status_code == 302


def test_what_a_page_asks_by_itself_keeps_no_session_alive(world, client_for):
    client = client_for(world.coordinator)
    rest(client, 20 * 60)
    before = client.session["seen_at"]
    client.get("/api/v1/board/changes", {"since": "0"})
    assert client.session["seen_at"] == before
    client.get("/requests/")
    assert client.session["seen_at"] > before


def test_what_was_typed_comes_back_after_signing_in(world):
    account = with_password(world.coordinator.account)
    secret = with_app(account)
    client = entered(account, secret, step=-1)
    rest(client, 31 * 60)
    path = f"/people/{world.person.code}/open/"
    typed = {"reason": "call", "note": "Zzcanari au téléphone,\r\ndeuxième ligne <b>&"}
    assert client.post(path, typed).url == "/account/login/?next=/"
    row = HeldForm.objects.get()
    assert b"Zzcanari" not in row.content.raw
    assert "Zzcanari" not in str(client.session.items())

    sign_in(client, account)
    done = client.post("/account/2fa/authenticate/", {"code": code(secret)})
    assert done.url == "/account/kept/"
    page = client.get("/account/kept/")
    assert page["Cache-Control"] == "no-store"
    assert f'action="{path}"' in page.content.decode()
    for part in ("Zzcanari au téléphone,", "deuxième ligne &lt;b&gt;&amp;"):
        assert part in page.content.decode()
    shown = page.context["shown"]
    assert [value for _label, value in shown] == [str(REASONS["call"]), typed["note"]]  # words, not codes
    assert "reason" not in [label for label, _value in shown]

    key = row.key_id
    assert client.post("/account/kept/").url == "/"
    assert not HeldForm.objects.exists()
    assert DataKey.objects.get(pk=key).wrapped is None
    assert client.get("/account/kept/").url == "/"


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "You wrote this as: coordination, IntegraPsy Wallonie. It is sent under that role."),
        ("fr", "Vous avez écrit ceci en tant que\u00a0: coordination, IntegraPsy Wallonie."),
        ("nl", "U schreef dit als: coördinatie, IntegraPsy Wallonie."),
    ],
)
def test_written_under_another_role_it_offers_to_change_and_changes_nothing_when_looked_at(
    world, language, words
):
    account = with_password(world.coordinator.account)
    secret = with_app(account)
    first = Membership.objects.filter(pk=world.coordinator.pk)
    second = make_membership(account, world.house_be, Role.REQUESTER)
    client = entered(account, secret, step=-1)
    client.post("/membership/", {"membership": str(world.coordinator.uid)})
    rest(client, 31 * 60)
    path = f"/people/{world.person.code}/open/"
    client.post(path, {"reason": "call", "note": "Zzcanari au téléphone"})
    sign_in(client, account)
    client.post("/account/2fa/authenticate/", {"code": code(secret)})
    client.post("/membership/", {"membership": str(second.uid)})  # what the sign-in chose first, for instance
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language

    before = dict(client.session.items())
    for _twice in range(2):
        page = client.get("/account/kept/")
        assert words in page.content.decode()
        assert "Zzcanari" in page.content.decode()
        assert 'data-test="change-role"' in page.content.decode()
        assert "send-held" not in page.content.decode()
        assert dict(client.session.items()) == before
        assert client.session[sessions.ACTING] == second.pk

    asked = {"membership": str(world.coordinator.uid), "next": "/account/kept/"}
    assert client.post("/membership/", asked).url == "/account/kept/"
    assert client.session[sessions.ACTING] == world.coordinator.pk
    page = client.get("/account/kept/").content.decode()
    assert "change-role" not in page
    assert "send-held" in page
    assert "Zzcanari" in page

    # The role it was written under is gone: it may be looked at and sent under the one that is left.
    client.post("/membership/", {"membership": str(second.uid)})
    first.update(period=(clock.today() - timedelta(days=9), clock.today()))
    page = client.get("/account/kept/").content.decode()
    assert "change-role" not in page
    assert "send-held" in page


def test_it_comes_back_to_nobody_else(world):
    account = with_password(world.coordinator.account)
    secret = with_app(account)
    client = entered(account, secret, step=-1)
    rest(client, 31 * 60)
    client.post(f"/people/{world.person.code}/open/", {"note": "Zzcanari"})
    other = with_password(world.requester.account)
    assert sign_in(client, other).url == "/"
    assert client.get("/account/kept/").url == "/"
    row = HeldForm.objects.get()
    assert held.find(str(row.uid), other.pk) is None
    assert held.find(str(row.uid), account.pk) == row


def test_a_form_that_another_site_sent_is_never_offered(world, client_for):
    from django.test import Client

    client = client_for(world.coordinator)
    rest(client, 31 * 60)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    strict.post("/requests/new/", {"note": "planted"})
    assert not HeldForm.objects.exists()


def test_nobody_came_back_for_it(world):
    from versants.core.crypto import vault

    row = HeldForm(account=world.coordinator.account, key=vault.new_key())
    vault.write(row, "content", '{"path": "/", "fields": []}')
    row.save()
    HeldForm.objects.update(held_at=timezone.now() - timedelta(hours=25))
    assert held.find(str(row.uid), row.account_id) is None
    assert held.clean_up() == 1


def test_a_session_ends_with_the_role_under_which_it_acted(world, client_for):
    make_membership(world.coordinator.account, world.house_be, Role.REQUESTER)
    client = client_for(world.coordinator)
    assert client.get("/people/").status_code == 200
    world.coordinator.period = (clock.today() - timedelta(days=9), clock.today())
    world.coordinator.save()
    assert client.get("/people/").status_code == 302
    assert client.get("/rights/").status_code == 302  # not under the other role either: one signs in again


@pytest.mark.parametrize(
    ("says", "shown"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/156 Safari/537.36 Edg/156", "Edge, Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18) Version/18 Safari/604", "Safari, iPhone"),
        ("curl/8", ""),
    ],
)
def test_a_device_is_named_as_its_owner_knows_it(says, shown):
    assert sessions.device(says) == shown


def test_a_new_password_ends_the_sessions_elsewhere(world):
    account = with_password(world.requester.account)
    phone = entered(account)
    account.set_password("cinq mots bien plus neufs")
    account.save()
    assert phone.get("/rights/").status_code == 302


def test_a_session_planted_before_signing_in_opens_nothing_after_it(world):
    """Fixation: whoever knows the key of the session somebody began to sign in with holds nothing afterwards."""
    account = with_password(world.coordinator.account)
    secret = with_app(account)
    victim = fresh()
    session = victim.session
    session["planted"] = "yes"
    session.save()
    keys = [victim.session.session_key]
    assert "/2fa/" in sign_in(victim, account).url
    keys.append(victim.session.session_key)
    assert victim.post("/account/2fa/authenticate/", {"code": code(secret)}).status_code == 302
    assert victim.get("/requests/").status_code == 200
    assert victim.session.session_key not in keys
    for key in keys:
        stranger = fresh(address="198.51.100.9")
        stranger.cookies[settings.SESSION_COOKIE_NAME] = key
        assert stranger.get("/requests/").url.startswith("/account/login/")
