"""Until when somebody may work in a country, as a coordinator reads it: the last day, not the day after."""

from __future__ import annotations

from datetime import date

import pytest

from tests.booking.visits import make_visit
from versants.core import clock
from versants.people.models import Mandate

NOW = "2026-11-24T07:00:00+00:00"


@pytest.fixture(autouse=True)
def _frozen(settings):
    settings.FROZEN_NOW = NOW


def page(world, client_for):
    visit = make_visit(world, opens=clock.at(clock.today(), 14))
    found = client_for(world.coordinator, "en").get(f"/visits/{visit.uid}/who/?show=all")
    assert found.status_code == 200
    return found.context


def mandate(world, low, high):
    Mandate.objects.filter(professional=world.elise, country="BE").delete()
    Mandate.objects.create(
        organisation=world.house_be, professional=world.elise, country="BE", period=(low, high)
    )


def test_the_last_day_of_a_mandate_is_said(world, client_for):
    mandate(world, date(2020, 1, 1), date(2026, 12, 1))
    said = {
        why.text for team in page(world, client_for)["teams"] for why in team.why if why.code == "mandate"
    }
    assert "Élise may work in Belgium until 30 November 2026." in said


@pytest.mark.parametrize(
    ("low", "high", "reason", "missing"),
    [
        (date(2020, 1, 1), date(2026, 11, 1), "may no longer work in Belgium", "since 1 Nov"),
        (date(2027, 1, 1), date(2028, 1, 1), "may not work in Belgium", "no way round"),
    ],
)
def test_a_mandate_to_come_has_not_ended(world, client_for, low, high, reason, missing):
    mandate(world, low, high)
    rows = {row.name: row for row in page(world, client_for)["why_not"]}
    elise = rows["Élise Dumoulin"]
    assert (elise.rule, elise.reason, elise.missing) == ("mandate", reason, missing)
