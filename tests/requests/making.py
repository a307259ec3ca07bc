"""Requests for tests: made through the services, under the actors who may."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tests.world import actor
from versants.core.access.scope import Actor, acting
from versants.core.ids import token_hash
from versants.core.periods import lasting, span
from versants.mobile.models import Assignment, RequestLink
from versants.mobile.services import links, requests, triage
from versants.people.services import grants

BRUSSELS = ZoneInfo("Europe/Brussels")
PAIR = (triage.SlotPlan("psychologist"), triage.SlotPlan("interpreter", "tir", ("amh",)))


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


def at(text: str) -> datetime:
    """A wall time in Mouscron: 2026-10-06 14:00."""
    return datetime.fromisoformat(text).replace(tzinfo=BRUSSELS)


def make_plan(start: str, minutes: int = 60, slots=PAIR, **fields) -> triage.VisitPlan:
    """A visit whose team may arrive within ``minutes`` of ``start``."""
    begin = at(start)
    return triage.VisitPlan(slots=slots, window=span(begin, begin + timedelta(minutes=minutes)), **fields)


def make_need(world, request=None, member=None, **fields):
    """What triage decides of a request heard by telephone: one follow-up, unless ``fields`` say otherwise."""
    request = request or ask_by_phone(world)
    given = {"kind": "follow_up", "visits": [make_plan("2026-10-06 14:00")]} | fields
    with acting(actor(member or world.coordinator)) as who:
        return triage.plan_need(request=request, actor=who, **given)


def hold(world, visit, professional, *, rank: int = 1, state: str = "accepted"):
    """Somebody holds a place of the visit, with what it opens."""
    slot = visit.slots.get(rank=rank)
    row = Assignment.objects.create(
        slot=slot,
        visit=visit,
        professional=professional,
        held=lasting(visit.window.lower, 90),
        state=state,
    )
    visit.state, visit.held = "planned", row.held
    visit.save()
    with acting(actor(world.coordinator)):
        grants.for_assignment(
            assignment_id=row.pk,
            visit_id=visit.pk,
            owner=world.walloon,
            professional_id=professional.pk,
            discipline=slot.discipline,
            start=row.held.lower,
            end=row.held.upper,
            persons=[],
        )
    return row


__all__ = [
    "PAIR",
    "ask_by_link",
    "ask_by_phone",
    "at",
    "hold",
    "link_actor",
    "make_link",
    "make_need",
    "make_plan",
    "token_hash",
]
