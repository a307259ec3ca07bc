"""The way back: two different people, each with their own factor, within a day, and the person hears of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.db import IntegrityError, transaction

from tests.accounts.signing import (
    fresh,
    link_in,
    messages_to,
    post_with_seal,
    sign_in,
    with_app,
    with_password,
)
from tests.world import actor, make_account, make_membership
from versants.core import clock
from versants.core.access.classes import Role
from versants.core.access.scope import acting
from versants.core.errors import VersantsError
from versants.core.models import AuditEvent
from versants.people.models import KnownDevice, Recovery
from versants.people.services import recoveries

NEW = "cinq mots bien plus neufs"


@pytest.fixture
def capture(django_capture_on_commit_callbacks):
    return django_capture_on_commit_callbacks


def begin(member, account, capture, fresh_factor=True):
    with capture(execute=True), acting(actor(member)) as who:
        return recoveries.begin(actor=who, account=account, reason="factor", fresh=fresh_factor)


def confirm(member, row, capture, fresh_factor=True):
    with capture(execute=True), acting(actor(member)) as who:
        return recoveries.confirm(actor=who, uid=row.uid, fresh=fresh_factor)


def refused(call, *args, **more) -> str:
    with pytest.raises(VersantsError) as error, transaction.atomic():
        call(*args, **more)
    return error.value.code


def test_two_people_bring_somebody_back(world, capture):
    account = with_password(world.clinician.account)
    with_app(account)
    old = fresh()
    sign_in(old, account)
    KnownDevice.objects.create(account=account, token_hash="x" * 64)
    row = begin(world.coordinator, account, capture)
    assert messages_to(account.email, "recovery_begun")
    assert Authenticator.objects.filter(user=account).exists()  # one alone changes nothing
    assert not messages_to(account.email, "recovery_sent")

    confirm(world.dpo, row, capture)
    mail = messages_to(account.email, "recovery_sent")[0]
    assert mail["Content-Language"] == account.language
    assert not Authenticator.objects.filter(user=account).exists()
    assert not KnownDevice.objects.filter(account=account).exists()
    account.refresh_from_db()
    assert not account.has_usable_password()

    link = link_in(mail)
    client = fresh()
    assert client.get(link).status_code == 200
    assert Recovery.objects.get().used_at is None  # nothing changes on GET
    with capture(execute=True):
        assert post_with_seal(client, link, password=NEW).url == "/account/second-factor/"
    account.refresh_from_db()
    assert account.check_password(NEW)
    assert client.get("/requests/").url == "/account/second-factor/"
    assert fresh().get(link).status_code == 410
    assert messages_to(account.email, "recovery_used")
    said = set(
        AuditEvent.objects.filter(action__startswith="account.recover").values_list("action", flat=True)
    )
    assert said == {"account.recovery_begun", "account.recovery_confirmed", "account.recovered"}


def test_who_may_confirm(world, capture):
    """The truth table: coordination, data protection officer, administrator of the own house; nobody else."""
    account = world.clinician.account
    said = {}
    for name, member in world.members.items():
        with acting(actor(member)) as who:
            try:
                recoveries.check_may_confirm(who, account, True)
                said[name] = ""
            except VersantsError as exc:
                said[name] = exc.code
    assert {name for name, code in said.items() if not code} == {"coordinator", "dpo", "administrator"}
    assert said["french_coordinator"] == "recovery.other_house"
    assert said["clinician"] == "recovery.role"
    with acting(actor(world.coordinator)) as who:
        assert (
            refused(recoveries.check_may_confirm, who, world.coordinator.account, True) == "recovery.oneself"
        )
        assert refused(recoveries.check_may_confirm, who, account, False) == "recovery.not_fresh"


def test_one_person_is_not_two(world, capture):
    row = begin(world.coordinator, world.clinician.account, capture)
    assert refused(confirm, world.coordinator, row, capture) == "recovery.same_person"
    # Nor under another role of the same account.
    other = make_membership(world.coordinator.account, world.house_be, Role.DPO)
    assert refused(confirm, other, row, capture) == "recovery.same_person"
    assert refused(confirm, world.dpo, row, capture, fresh_factor=False) == "recovery.not_fresh"


def test_two_administrators_are_not_enough(world, capture):
    second = make_membership(make_account("Autre Systeme"), world.house_be, Role.ADMINISTRATOR)
    row = begin(world.administrator, world.clinician.account, capture)
    assert refused(confirm, second, row, capture) == "recovery.two_administrators"
    confirm(world.dpo, row, capture)


def test_it_lasts_a_day(world, capture):
    row = begin(world.coordinator, world.clinician.account, capture)
    Recovery.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    assert refused(confirm, world.dpo, row, capture) == "recovery.closed"
    again = begin(world.coordinator, world.clinician.account, capture)
    assert refused(begin, world.dpo, world.clinician.account, capture) == "recovery.under_way"
    confirm(world.dpo, again, capture)
    link = link_in(messages_to(world.clinician.account.email, "recovery_sent")[-1])
    Recovery.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    assert fresh().get(link).status_code == 410


def test_it_is_stopped_before_and_after_the_link(world, capture):
    row = begin(world.coordinator, world.clinician.account, capture)
    confirm(world.dpo, row, capture)
    link = link_in(messages_to(world.clinician.account.email, "recovery_sent")[-1])
    with capture(execute=True), acting(actor(world.administrator)) as who:
        recoveries.stop(actor=who, uid=row.uid)
    assert fresh().get(link).status_code == 410
    assert post_with_seal(fresh(), link, password=NEW).status_code != 200
    assert messages_to(world.clinician.account.email, "recovery_stopped")
    with acting(actor(world.french_coordinator)) as who:
        assert refused(recoveries.stop, actor=who, uid=row.uid) == "recovery.unknown"


def test_the_database_keeps_two_different_people(world):
    def write(**fields):
        with transaction.atomic():
            Recovery.objects.create(
                organisation=world.house_be,
                account=world.clinician.account,
                reason="factor",
                first=world.coordinator,
                expires_at=clock.now(),
                **{"first_account": world.coordinator.account, **fields},
            )

    for fields, name in (
        ({"first_account": world.clinician.account}, "recovery_by_two_others"),
        ({"second_account": world.coordinator.account}, "recovery_by_two_others"),
        ({"second_account": world.clinician.account}, "recovery_by_two_others"),
        ({"token_hash": "x"}, "recovery_link_after_two"),
    ):
        with pytest.raises(IntegrityError) as error:
            write(**fields)
        assert error.value.__cause__.diag.constraint_name == name
    write()
    with pytest.raises(IntegrityError) as error:
        write()
    assert error.value.__cause__.diag.constraint_name == "recovery_one_at_a_time"


def test_the_page_asks_for_ones_own_factor_first(world, client_for):
    client = client_for(world.coordinator)
    with_app(world.coordinator.account)
    page = client.post("/recoveries/", {"account": world.clinician.account.pk, "reason": "factor"})
    assert page.url == "/account/2fa/reauthenticate/?next=%2Frecoveries%2F"
    assert not Recovery.objects.exists()


def test_the_page_from_the_first_to_the_second(world, client_for, capture):
    from allauth.account.internal.flows import login as flow

    def with_fresh_factor(member):
        client = client_for(member)
        session = client.session
        import time

        session[flow.AUTHENTICATION_METHODS_SESSION_KEY] = [
            {"method": "mfa", "type": "totp", "at": time.time(), "id": 1}
        ]
        session[flow._AUTHENTICATION_METHODS_USER_SESSION_KEY] = str(member.account_id)
        session.save()
        return client

    first = with_fresh_factor(world.coordinator)
    with capture(execute=True):
        assert first.post("/recoveries/", {"account": world.clinician.account.pk, "reason": "factor"}).url
    row = Recovery.objects.get()
    assert 'data-test="confirm-recovery"' not in first.get("/recoveries/").content.decode()
    assert first.post(f"/recoveries/{row.uid}/confirm/").status_code == 403
    stale = client_for(world.dpo)
    assert "/account/2fa/" in stale.post(f"/recoveries/{row.uid}/confirm/").url
    second = with_fresh_factor(world.dpo)
    with capture(execute=True):
        assert second.post(f"/recoveries/{row.uid}/confirm/").url == "/recoveries/"
    assert 'data-state="sent"' in second.get("/recoveries/").content.decode()
