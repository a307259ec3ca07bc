"""Requests for tests: made through the services, under the actors who may."""

from __future__ import annotations

import uuid

from tests.world import actor
from versants.core.access.scope import Actor, acting
from versants.core.ids import token_hash
from versants.mobile.models import RequestLink
from versants.mobile.services import links, requests


def make_link(world, site=None, team=None):
    """A link of the site, made by its team; (link, token)."""
    team = team or world.walloon
    with acting(Actor.for_team(team)):
        return links.create_link(actor=Actor.for_team(team), site=site or world.refuge, team=team)


def link_actor(link: RequestLink, uid) -> Actor:
    return Actor(kind="link", link=link.pk, request=str(uid))


def ask_by_link(world, link=None, **fields):
    """A Tigrinya crisis at Le Refuge, asked by its link."""
    link = link or make_link(world)[0]
    uid = fields.pop("uid", None) or uuid.uuid4()
    given = {
        "urgency": "crisis",
        "danger": "no_but_unwell",
        "languages": ["tir"],
        "callback_phone": "056 00 24 10",
        "site": world.refuge,
    } | fields
    who = link_actor(link, uid)
    with acting(who):
        return requests.create_request(actor=who, team=link.team, channel="link", uid=uid, link=link, **given)


def ask_by_phone(world, membership=None, **fields):
    """An urgent request heard on the telephone by the team."""
    membership = membership or world.coordinator
    given = {
        "urgency": "urgent",
        "languages": ["tir"],
        "agreement": "agrees",
        "summary": "Zzcanari ne dort plus",
        "site": world.refuge,
        "uid": uuid.uuid4(),
    } | fields
    who = actor(membership)
    with acting(who):
        return requests.create_request(actor=who, team=membership.team, channel="phone", **given)


__all__ = ["ask_by_link", "ask_by_phone", "link_actor", "make_link", "token_hash"]
