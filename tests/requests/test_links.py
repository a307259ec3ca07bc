from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tests.requests.making import make_link
from tests.world import actor
from versants.core import clock
from versants.core.access.scope import Actor, acting
from versants.core.errors import ActionDenied, BadInput, InvalidTransition
from versants.core.ids import token_hash
from versants.mobile.models import RequestLink
from versants.mobile.services import links


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
