from __future__ import annotations

from types import SimpleNamespace

import pytest

from tests.requests.making import ask_by_link, ask_by_phone


@pytest.fixture
def asked(world) -> SimpleNamespace:
    """One request per team, both with words and a code that must not be seen elsewhere."""
    world.crisis = ask_by_link(world)
    world.own = ask_by_phone(
        world, person_codes=[world.person.code], categories=["sleep"], callback_phone="056 11 22 33"
    )
    world.theirs = ask_by_phone(
        world,
        world.french_coordinator,
        person_codes=[world.french_person.code],
        categories=["trauma"],
        summary="Zzcanari voisin",
        callback_phone="0320 99 88 77",
        site=world.cada,
        languages=["prs"],
    )
    return world
