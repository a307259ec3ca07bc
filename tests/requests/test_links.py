from __future__ import annotations

import re
import threading
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import connections

from tests.requests.making import make_link
from tests.world import actor
from versants.core import clock
from versants.core.access.scope import Actor, acting
from versants.core.errors import ActionDenied, BadInput, InvalidTransition
from versants.core.ids import token_hash
from versants.core.models import Message
from versants.mobile.models import RequestLink
from versants.mobile.services import links
from versants.people.models import SiteContact


def test_only_the_hash_of_a_token_is_kept(world):
    link, token = make_link(world)
    assert link.token_hash == token_hash(token)
    assert len(token) == 22


def test_the_holder_of_a_token_sees_its_link_and_no_other(world):
    link, token = make_link(world)
    make_link(world)
    who = Actor(kind="link", token=token_hash(token))
    with acting(who):
        assert list(RequestLink.objects.visible_to(who)) == [link]
        assert list(RequestLink.objects.all()) == [link]


@pytest.mark.parametrize(
    ("member", "allowed"),
    [
        ("site_manager", True),
        ("coordinator", True),
        ("requester", False),
        ("french_coordinator", False),
        ("clinician", False),
        ("desk", False),
        ("officer", False),
    ],
)
def test_who_makes_links(world, member, allowed):
    who = actor(getattr(world, member))
    with acting(who):
        if allowed:
            assert links.create_link(actor=who, site=world.refuge, team=world.walloon)[0].site == world.refuge
        else:
            with pytest.raises(ActionDenied):
                links.create_link(actor=who, site=world.refuge, team=world.walloon)


def test_a_manager_makes_no_link_for_another_house(world):
    who = actor(world.site_manager)
    with acting(who), pytest.raises(ActionDenied):
        links.create_link(actor=who, site=world.cada, team=world.walloon)


@pytest.mark.parametrize("days", [-1, 0, 400])
def test_a_link_ends_within_a_year(world, days):
    who = actor(world.site_manager)
    with acting(who), pytest.raises(BadInput):
        links.create_link(
            actor=who, site=world.refuge, team=world.walloon, until=clock.now() + timedelta(days=days)
        )


def test_renewing_cuts_the_old_one(world):
    old, _token = make_link(world)
    who = actor(world.site_manager)
    with acting(who):
        new, _other = links.renew_link(actor=who, link=old)
        with pytest.raises(InvalidTransition):
            links.revoke_link(actor=who, link=old)
    old.refresh_from_db()
    assert (links.is_open(old, clock.now()), links.is_open(new, clock.now())) == (False, True)


def test_the_manager_prints_a_poster_once(world, client_for):
    browser = client_for(world.site_manager)
    page = browser.get("/links/")
    assert page.status_code == 200
    made = browser.post("/links/", {"site": world.refuge.uid, "team": world.walloon.uid, "months": "6"})
    html = made.content.decode()
    assert made.status_code == 200
    assert made["Cache-Control"] == "no-store"
    assert "<svg" in html
    assert 'lang="nl"' in html
    token = re.search(r"/r/([\w-]{22})/", html)[1]
    assert client_for().get(f"/r/{token}/").status_code == 200
    assert token not in browser.get("/links/").content.decode()

    link = RequestLink.objects.get()
    assert browser.post(f"/links/{link.uid}/revoke/").status_code == 302
    assert client_for().get(f"/r/{token}/").status_code == 410


def test_what_was_chosen_badly_is_said(world, client_for):
    page = client_for(world.site_manager).post("/links/", {"site": world.cada.uid, "team": "", "months": "6"})
    assert page.status_code == 422
    assert RequestLink.objects.count() == 0


def test_the_team_a_link_asks_is_chosen_by_whoever_makes_it(world, client_for):
    """A list that begins with a team sends a centre's requests over the border by oversight."""
    form = client_for(world.site_manager).get("/links/").content.decode()
    teams = re.search(r'<select[^>]* name="team".*?</select>', form)[0]
    assert re.search(r"<option value=\"([^\"]*)\"", teams)[1] == ""
    own = client_for(world.coordinator).get("/links/").content.decode()
    teams = re.search(r'<select[^>]* name="team".*?</select>', own)[0]
    assert re.findall(r"<option value=\"([^\"]*)\"", teams) == [str(world.walloon.uid)]


def test_nobody_else_opens_the_links(world, client_for):
    for name in ("requester", "clinician", "desk", "officer"):
        assert client_for(getattr(world, name)).get("/links/").status_code == 403
    link, _token = make_link(world)
    assert client_for(world.french_coordinator).post(f"/links/{link.uid}/revoke/").status_code == 404


def test_two_who_send_the_links_at_once_send_each_once(committed, monkeypatch):
    SiteContact.objects.create(site=committed.refuge, team=committed.walloon, email="refuge@example.org")
    together, ask, failed = threading.Barrier(2), links.without_link, []

    def slowly(*args):
        found = ask(*args)
        with suppress(threading.BrokenBarrierError):
            together.wait(timeout=1)  # both have looked by now, if nobody had to wait before
        return found

    monkeypatch.setattr(links, "without_link", slowly)

    def press() -> None:
        try:
            with acting(actor(committed.coordinator)) as me:
                links.send_missing(actor=me, team=committed.walloon)
        except Exception as exc:
            failed.append(exc)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert RequestLink.objects.count() == Message.objects.filter(about="link.sent").count() == 1
