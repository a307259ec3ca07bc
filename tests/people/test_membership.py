"""Switching membership: one's own only, and nothing of the former role stays open."""

from __future__ import annotations

import pytest

from tests.world import make_membership
from versants.core.access.classes import Role
from versants.core.models import AuditEvent


def test_switch_to_own_membership(world, client_for):
    second = make_membership(world.coordinator.account, world.house_be, Role.DPO)
    client = client_for(world.coordinator)
    assert client.get("/audit/").status_code == 403
    assert client.post("/membership/", {"membership": second.uid, "next": "/audit/"}).url == "/audit/"
    assert client.get("/audit/").status_code == 200
    assert AuditEvent.objects.filter(action="membership.switched", membership_id=second.pk).count() == 1


def test_switch_refuses_anothers_membership_and_foreign_addresses(world, client_for):
    client = client_for(world.coordinator)
    assert client.post("/membership/", {"membership": world.dpo.uid}).status_code == 404
    answer = client.post(
        "/membership/", {"membership": world.coordinator.uid, "next": "https://elsewhere.example/"}
    )
    assert answer.url == "/"
    assert client.get("/membership/").status_code == 405


@pytest.mark.parametrize(
    "to", ["board", "follow_up", "//elsewhere.example/", "\\elsewhere", "javascript:x", "", "é", "\ufffd"]
)
def test_back_leads_to_a_path_and_to_nothing_else(world, client_for, to):
    answer = client_for(world.coordinator).post(
        "/membership/", {"membership": world.coordinator.uid, "next": to}
    )
    assert (answer.status_code, answer.url) == (302, "/")


def test_membership_out_of_its_dates_opens_nothing(world, client_for):
    from datetime import timedelta

    from versants.core import clock

    world.dpo.period = (clock.today() - timedelta(days=30), clock.today())
    world.dpo.save()
    client = client_for(world.dpo)
    # The session acted under it: it ends with the role, and after signing in again nothing is open.
    assert client.get("/audit/").url == "/account/login/?next=/audit/"
    client.force_login(world.dpo.account, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get("/audit/").status_code == 403


def test_audit_page_is_for_the_dpo(world, client_for):
    for name, member in world.members.items():
        assert client_for(member).get("/audit/").status_code == (200 if name == "dpo" else 403), name
    assert client_for().get("/audit/").status_code == 302
