"""The whole world of one day, in the order in which its parts need each other."""

from __future__ import annotations

from datetime import date, datetime

from versants.demo import cases, cast, history, inbox, places, records, routine, staff, today, week
from versants.demo.world import SEED, World


def make_world(day: date, moment: datetime | None = None, seed: str = SEED) -> World:
    """In memory, in about five seconds, without a database: the same day and seed give the same world."""
    world = World(day, moment, seed)
    places.build(world)
    cast.people(world)
    staff.crowd(world)
    cast.watches(world)
    cast.accounts(world)
    cases.links(world)
    inbox.known(world)
    inbox.build(world)
    today.build(world)
    history.build(world)
    week.build(world)
    records.count(world)
    routine.build(world)
    cases.announce(world)
    cases.number_requests(world)
    return world
