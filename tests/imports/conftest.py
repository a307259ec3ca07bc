"""An empty product: one organisation, its team, its coordination, nothing else."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tests.world import make_account, make_membership
from versants.core.access.classes import Role
from versants.core.access.scope import Actor, acting
from versants.people.services.importing import service


@pytest.fixture
def house(db, settings) -> SimpleNamespace:
    from versants.people.models import Organisation, Site, Team
    from versants.territory.models import Commune

    settings.FROZEN_NOW = "2026-09-15T09:00:00+02:00"  # a Tuesday
    place = Commune.objects.get(pk="BE-57081")
    w = SimpleNamespace()
    w.organisation = Organisation.objects.create(
        name="Maison d’essai", short_name="Maison", kind="care", versant="wallonie", is_partner=True
    )
    office = Site.objects.create(
        organisation=w.organisation, name="Bureau", commune=place, lat=place.lat, lon=place.lon
    )
    w.team = Team.objects.create(
        organisation=w.organisation, name="Équipe d’essai", kind="integrapsy", versant="wallonie", base=office
    )
    w.coordinator = make_membership(make_account("Camille Essai"), w.organisation, Role.COORDINATOR, w.team)
    w.actor = Actor.for_membership(w.coordinator)
    return w


@pytest.fixture
def bring_in():
    """``bring_in(house, "centres", bytes)``: received, previewed and confirmed under its coordination."""

    def run(house, kind: str, data: bytes, *, only_good: bool = False, confirm: bool = True):
        with acting(house.actor):
            imported = service.receive(actor=house.actor, kind_key=kind, name="essai.xlsx", data=data)
            report = service.preview(actor=house.actor, imported=imported)
            if confirm:
                imported = service.confirm(actor=house.actor, imported=imported, only_good=only_good)
            imported.refresh_from_db()
        return imported, report

    return run
