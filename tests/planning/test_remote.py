"""Who works on site only is not sent to a talk by telephone or video, and reads why."""

from __future__ import annotations

import pytest

from tests.booking.visits import make_visit
from versants.core import clock
from versants.people.models import Professional

NOW = "2026-11-24T07:00:00+00:00"
SAID = "does not work by telephone or video"


@pytest.fixture(autouse=True)
def _frozen(settings):
    settings.FROZEN_NOW = NOW


@pytest.mark.parametrize(
    ("mode", "remotely", "refused"),
    [("phone", False, True), ("phone", True, False), ("video", False, True), ("on_site", False, False)],
)
def test_a_place_by_telephone_is_for_those_who_work_so(world, client_for, mode, remotely, refused):
    Professional.objects.filter(pk=world.elise.pk).update(works_remotely=remotely)
    visit = make_visit(world, opens=clock.at(clock.today(), 14))
    type(visit).objects.filter(pk=visit.pk).update(mode=mode)
    found = client_for(world.coordinator, "en").get(f"/visits/{visit.uid}/who/?show=all").context
    proposed = {one.name for team in found["teams"] for one in team.members}
    reasons = {row.name: row.reason for row in found["why_not"]}
    assert ("Élise Dumoulin" not in proposed) == refused
    assert (reasons.get("Élise Dumoulin") == SAID) == refused
