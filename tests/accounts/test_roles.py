"""Roles with dates: ending one, handing it over in one transaction, and what ends with it."""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.db import connections, transaction

from tests.access.rows import fill
from tests.accounts.signing import fresh, sign_in, with_password
from tests.world import actor, make_account, make_membership
from versants.core import clock
from versants.core.access.classes import GIVING_ROLES, Role
from versants.core.access.scope import acting
from versants.core.errors import VersantsError
from versants.core.models import AuditEvent, Grant
from versants.core.periods import span
from versants.people.models import Membership
from versants.people.services import grants, roles


@pytest.fixture
def full(world):
    fill(world)
    with acting(actor(world.coordinator)):
        grants.name_referent(person=world.person, membership=world.clinician)
    return world


def end(member, row, ends):
    with acting(actor(member)) as who:
        return roles.end(actor=who, uid=row.uid, ends=ends)


def pass_on(member, row, to, begins):
    with acting(actor(member)) as who:
        return roles.hand_over(actor=who, uid=row.uid, to=to, begins=begins)


def refused(call, *args) -> str:
    with pytest.raises(VersantsError) as error, transaction.atomic():
        call(*args)
    return error.value.code


def open_grants(membership, at=None):
    return Grant.objects.filter(
        holder_kind="membership", holder_id=membership.pk, period__contains=at or clock.now()
    ).count()


def test_a_role_that_ends_now_closes_its_grants_and_sessions(full):
    account = with_password(full.clinician.account)
    client = fresh()
    sign_in(client, account)
    UserSession.objects.get_or_create(
        user=account, session_key=client.session.session_key, defaults={"ip": "192.0.2.1", "user_agent": ""}
    )
    assert open_grants(full.clinician) > 0
    end(full.coordinator, full.clinician, clock.today())
    assert open_grants(full.clinician) == 0
    assert not Grant.objects.filter(
        holder_id=full.clinician.pk, holder_kind="membership", period__endswith__gt=clock.now()
    ).exists()
    assert not UserSession.objects.filter(user=account).exists()
    assert client.get("/requests/").status_code == 302
    assert AuditEvent.objects.filter(action="role.ended").count() == 1
    # What others hold stays.
    assert Grant.objects.filter(period__contains=clock.now()).exists()


def test_a_role_that_ends_later_opens_until_then(full):
    Grant.objects.create(
        subject_kind="person",
        subject_id=full.person.pk,
        holder_kind="membership",
        holder_id=full.clinician.pk,
        data_class="identity",
        period=span(clock.now(), None),
        because="referent",
        given_by_team=full.walloon.pk,
    )
    last = clock.today() + timedelta(days=10)
    end(full.coordinator, full.clinician, last)
    assert open_grants(full.clinician) > 0
    assert open_grants(full.clinician, clock.at(last, 0) + timedelta(minutes=1)) == 0
    assert Membership.objects.active().filter(pk=full.clinician.pk).exists()


def test_administrators_end_roles_of_their_house_and_see_numbers_only(full):
    """The administrator is behind the wall, and yet what a role opened is closed when he ends it."""
    with acting(actor(full.administrator)):
        assert not Grant.objects.exists()
        assert dict(roles.waiting_work(full.clinician)) != {}
    end(full.administrator, full.clinician, clock.today())
    assert open_grants(full.clinician) == 0


def test_the_function_that_closes_asks_who_calls(full):
    from django.db import connection

    before = open_grants(full.clinician)
    for name in ("french_coordinator", "dpo", "requester", "funder", "clinician"):
        with acting(actor(getattr(full, name))), connection.cursor() as cursor:
            cursor.execute("SELECT app.end_grants_of(%s, %s)", [full.clinician.pk, clock.now()])
            assert cursor.fetchone() == (0,), name
            cursor.execute("SELECT app.referent_of(%s)", [full.clinician.pk])
            assert cursor.fetchone() == (0,), name
    assert open_grants(full.clinician) == before


def test_handing_over_is_one_step(full):
    heir = make_membership(make_account("Claire Suite"), full.house_be, Role.REQUESTER)
    begins = clock.today() + timedelta(days=5)
    made = pass_on(full.coordinator, full.clinician, heir.account, begins)
    full.clinician.refresh_from_db()
    made.refresh_from_db()
    assert full.clinician.period.upper == begins == made.period.lower
    assert (made.role, made.team, made.period.upper) == (Role.CLINICIAN, full.walloon, None)
    at = clock.at(begins, 9)
    referents = Grant.objects.filter(because="referent", subject_id=full.person.pk, period__contains=at)
    assert [grant.holder_id for grant in referents] == [made.pk]
    assert Grant.objects.filter(
        because="referent", holder_id=full.clinician.pk, period__contains=clock.now()
    ).exists()


def test_handing_over_to_who_holds_it_already_leaves_all_as_it_was(full):
    second = make_membership(make_account("Deja La"), full.house_be, Role.CLINICIAN, full.walloon)
    full.clinician.refresh_from_db()
    before = full.clinician.period
    code = refused(pass_on, full.coordinator, full.clinician, second.account, clock.today())
    assert code == "role.held"
    full.clinician.refresh_from_db()
    assert full.clinician.period == before
    assert open_grants(full.clinician) > 0


def test_who_may_end_which(full):
    other_team = make_membership(make_account("Autre Equipe"), full.house_be, Role.CLINICIAN, full.desk_team)
    said = {
        (giver, target): refused_or(
            full, giver, target if isinstance(target, Membership) else getattr(full, target)
        )
        for giver, target in (
            ("coordinator", "clinician"),
            ("coordinator", "administrator"),
            ("coordinator", "french_clinician"),
            ("administrator", "clinician"),
            ("administrator", "dpo"),
            ("clinician", "practitioner"),
            ("dpo", "clinician"),
        )
    }
    assert said == {
        ("coordinator", "clinician"): "",
        ("coordinator", "administrator"): "role.not_yours_to_end",
        ("coordinator", "french_clinician"): "role.not_yours",
        ("administrator", "clinician"): "",
        ("administrator", "dpo"): "",
        ("clinician", "practitioner"): "role.not_yours",
        ("dpo", "clinician"): "role.not_yours",
    }
    assert refused_or(full, "coordinator", other_team) == "role.other_team"


def refused_or(w, giver, membership) -> str:
    try:
        with acting(actor(getattr(w, giver))) as who:
            roles.check_may_end(who, membership)
    except VersantsError as exc:
        return exc.code
    return ""


def test_days_that_make_no_sense_are_refused(full):
    yesterday, tomorrow = clock.today() - timedelta(days=1), clock.today() + timedelta(days=1)
    assert refused(end, full.coordinator, full.clinician, yesterday) == "role.end"
    assert refused(pass_on, full.coordinator, full.clinician, full.clinician.account, tomorrow) == "role.same"
    assert (
        refused(pass_on, full.coordinator, full.clinician, full.funder.account, tomorrow) == "role.stranger"
    )
    full.clinician.period = (clock.today() - timedelta(days=9), yesterday)
    full.clinician.save()
    assert refused(end, full.coordinator, full.clinician, tomorrow) == "role.over"


def test_the_last_who_gives_roles_does_not_go_unnoticed(full):
    full.administrator.period = (clock.today() - timedelta(days=9), clock.today())
    full.administrator.save()
    assert refused(end, full.coordinator, full.coordinator, clock.today()) == "role.last_giver"


def test_two_who_end_each_others_role_at_once_leave_one(committed, monkeypatch):
    """Each of the two sees that the other still gives roles, unless one waits for the other."""
    second = make_membership(
        make_account("Autre Coordination"), committed.house_be, Role.COORDINATOR, committed.walloon
    )
    Membership.objects.filter(pk=committed.administrator.pk).update(
        period=(clock.today() - timedelta(days=9), clock.today())
    )
    together, write, said = threading.Barrier(2), roles._write_end, []

    def slowly(row, ends) -> None:
        with suppress(threading.BrokenBarrierError):
            together.wait(timeout=1)  # both have looked by now, if nobody had to wait before
        write(row, ends)

    monkeypatch.setattr(roles, "_write_end", slowly)

    def work(mine, theirs) -> None:
        try:
            end(mine, theirs, clock.today())
            said.append("")
        except VersantsError as exc:
            said.append(exc.code)
        finally:
            connections.close_all()

    pairs = ((committed.coordinator, second), (second, committed.coordinator))
    threads = [threading.Thread(target=work, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["", "role.last_giver"]
    giving = Membership.objects.active().filter(organisation=committed.house_be, role__in=GIVING_ROLES)
    assert giving.count() == 1


def test_administrators_hand_over_no_file(full):
    assert (
        refused(pass_on, full.administrator, full.clinician, full.practitioner.account, clock.today())
        == "role.not_yours_to_give"
    )


def test_the_page_names_what_is_open_and_does_it(full, client_for):
    client = client_for(full.coordinator)
    assert client.get("/roles/").content.decode().count('data-test="role"') == 5
    page = client.get(f"/roles/{full.clinician.uid}/").content.decode()
    assert "référent" in page
    late = client.post(f"/roles/{full.clinician.uid}/", {"end": "1", "last": "2020-01-01"})
    assert late.status_code == 422
    done = client.post(f"/roles/{full.clinician.uid}/", {"end": "1", "last": ""})
    assert done.url == "/roles/"
    assert open_grants(full.clinician) == 0
    assert client.get(f"/roles/{full.french_clinician.uid}/").status_code == 404
