"""What ended after a backup ends again in what it restores: roles, accounts, consents, links; and nothing else does."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from tests.access.rows import fill
from tests.persons import dumps
from tests.world import actor
from versants.core import clock, diagnoses, ending, sealing, witness
from versants.core.access.classes import Role
from versants.core.access.scope import Actor, acting
from versants.core.models import Ending, Grant
from versants.launch.backup import endings
from versants.launch.errors import InputError
from versants.mobile.models import RequestLink
from versants.mobile.services import links
from versants.people.models import Account, Consent, Invitation, Membership, Recovery
from versants.people.services import consents, grants, invitations, recoveries, roles

TABLES = (
    "people_membership",
    "people_account",
    "people_consent",
    "people_invitation",
    "people_recovery",
    "mobile_requestlink",
    "core_grant",
    "core_ending",
)


@pytest.fixture
def full(world, settings, tmp_path):
    settings.WITNESS_DIR = tmp_path / "witness"
    settings.MAIL_DIR = tmp_path / "mail"
    fill(world)
    with acting(actor(world.coordinator)):
        grants.name_referent(person=world.person, membership=world.clinician)
    return world


@contextmanager
def by_the(member) -> Iterator[Actor]:
    with acting(actor(member)) as who:
        yield who


def end_role(w, ends=None):
    with by_the(w.coordinator) as who:
        roles.end(actor=who, uid=w.clinician.uid, ends=ends or clock.today())


def close_account(w, open_again=False):
    Account.objects.filter(pk=w.practitioner.account_id).update(is_active=open_again)


def withdraw_consent(w):
    with by_the(w.coordinator) as who:
        for consent in Consent.objects.filter(person=w.person):
            consents.withdraw_consent(consent=consent, actor=who)


def cut_link(w):
    with by_the(w.coordinator) as who:
        links.revoke_link(actor=who, link=w.be.link)


def withdraw_invitation(w):
    with by_the(w.coordinator) as who:
        invitations.withdraw(actor=who, uid=w.be.invitation.uid)


def send_again(w):
    with by_the(w.coordinator) as who:
        invitations.send_again(actor=who, uid=w.be.invitation.uid)


def accept_invitation(w):
    with acting(Actor(kind="link", token=w.be.invitation.token_hash)) as who:
        invitations.accept(actor=who, password="un mot de passe assez long")


def stop_recovery(w):
    with by_the(w.coordinator) as who:
        recoveries.stop(actor=who, uid=w.be.recovery.uid)


def use_recovery(w):
    with acting(Actor(kind="link", token=w.be.recovery.token_hash)) as who:
        recoveries.use(actor=who, password="un mot de passe assez long")


def role_holds(w) -> bool:
    return Membership.objects.active().filter(pk=w.clinician.pk).exists()


def account_opens(w) -> bool:
    return Account.objects.get(pk=w.practitioner.account_id).is_active


def consent_holds(w) -> bool:
    return grants.crossing_consent(w.person, w.french.versant, clock.now()) is not None


def link_opens(w) -> bool:
    return links.is_open(RequestLink.objects.get(pk=w.be.link.pk), clock.now())


def invitation_opens(w) -> bool:
    row = Invitation.objects.get(pk=w.be.invitation.pk)
    return row.state == "waiting" and row.token_hash == w.be.invitation.token_hash


def recovery_opens(w) -> bool:
    return Recovery.objects.get(pk=w.be.recovery.pk).state == "sent"


EACH = [
    (end_role, role_holds, {"role": 1}),
    (close_account, account_opens, {"account": 1}),
    (withdraw_consent, consent_holds, {"consent": 2}),
    (cut_link, link_opens, {"link": 1}),
    (withdraw_invitation, invitation_opens, {"invitation": 1}),
    (send_again, invitation_opens, {"invitation": 1}),
    (accept_invitation, invitation_opens, {"invitation": 1}),
    (stop_recovery, recovery_opens, {"recovery link": 1}),
    (use_recovery, recovery_opens, {"recovery link": 1}),
]


def replay(role: str = "postgres") -> dict[str, int]:
    """As ``versants restore`` does it, by PostgreSQL's superuser or, on a server of yours, by the tables' owner."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"SET LOCAL ROLE {role}")
    try:
        return endings.replay(connection.connection, Path(witness.path_of(ending.FILE)).parent)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")
            cursor.execute(f"SET LOCAL {endings.REPLAYING} = ''")


def grants_open() -> set[int]:
    return set(Grant.objects.filter(period__contains=clock.now()).values_list("pk", flat=True))


@pytest.mark.parametrize("role", ["postgres", "versants_owner"])
@pytest.mark.parametrize(("does", "holds", "again"), EACH, ids=[does.__name__ for does, *_ in EACH])
def test_what_ended_after_the_backup_ends_again(full, does, holds, again, role):
    before = dumps.dump(*TABLES)
    assert holds(full)
    does(full)
    assert not holds(full)
    after = grants_open()
    assert ending.keep() >= 1
    assert ending.keep() == 0
    dumps.restore(before)
    assert holds(full)
    assert replay(role) == again
    assert not holds(full)
    assert grants_open() == after  # what was opened because of it closed with it, and nothing else
    assert not Ending.objects.exists()  # nothing new ended
    as_it_is = dumps.dump(*TABLES)
    assert replay(role) == {}
    assert dumps.dump(*TABLES) == as_it_is


def test_row_security_stands_after_the_owner_did_it_again(full):
    before = dumps.dump(*TABLES)
    withdraw_consent(full)
    ending.keep()
    dumps.restore(before)
    assert replay("versants_owner") == {"consent": 2}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relname IN ('people_consent', 'core_grant') AND relforcerowsecurity"
        )
        assert {name for (name,) in cursor.fetchall()} == {"people_consent", "core_grant"}


def test_all_of_them_at_once_and_what_was_left_alone_stays(full):
    before = dumps.dump(*TABLES)
    for does in (end_role, close_account, withdraw_consent, cut_link, withdraw_invitation, stop_recovery):
        does(full)
    ending.keep()
    dumps.restore(before)
    others = {
        "people_membership": Membership.objects.exclude(pk=full.clinician.pk),
        "people_account": Account.objects.exclude(pk=full.practitioner.account_id),
        "people_consent": Consent.objects.exclude(person=full.person),
        "mobile_requestlink": RequestLink.objects.exclude(pk=full.be.link.pk),
    }
    alone = {table: list(rows.order_by("pk").values()) for table, rows in others.items()}
    done = replay()
    assert endings.told(done) == "1 account, 2 consents, 1 invitation, 1 link, 1 recovery link, 1 role"
    assert {table: list(rows.order_by("pk").values()) for table, rows in others.items()} == alone


def test_a_role_given_to_a_later_day_ends_on_the_last_that_was_said(full):
    before = dumps.dump(*TABLES)
    soon, later = clock.today() + timedelta(days=5), clock.today() + timedelta(days=10)
    end_role(full, soon)
    between = dumps.dump(*TABLES)
    end_role(full, later)
    ending.keep()
    dumps.restore(before)
    assert replay() == {"role": 1}
    assert Membership.objects.get(pk=full.clinician.pk).period.upper == later
    referent = Grant.objects.get(holder_id=full.clinician.pk, because="referent", holder_kind="membership")
    assert referent.period.upper == clock.at(later, 0)
    dumps.restore(between)
    assert replay() == {}  # it only takes away: what the backup knows to end earlier stays so
    assert Membership.objects.get(pk=full.clinician.pk).period.upper == soon


def test_an_account_that_was_opened_again_stays_open(full):
    before = dumps.dump(*TABLES)
    close_account(full)
    close_account(full, open_again=True)
    ending.keep()
    dumps.restore(before)
    assert replay() == {}
    assert account_opens(full)


def test_who_was_put_out_is_signed_out_of_what_the_backup_remembers(full, client_for):
    client = client_for(full.clinician)
    assert client.get("/rights/").status_code == 200
    key = client.session.session_key
    UserSession.objects.get_or_create(
        session_key=key, defaults={"user": full.clinician.account, "ip": "192.0.2.7", "user_agent": "x"}
    )
    tables = (*TABLES, "django_session", "usersessions_usersession")
    before = dumps.dump(*tables)
    end_role(full)
    ending.keep()
    dumps.restore(before)
    assert Session.objects.filter(session_key=key).exists()
    replay()
    assert not Session.objects.filter(session_key=key).exists()
    assert not UserSession.objects.filter(user=full.clinician.account).exists()


def test_the_lines_hold_ids_and_instants_only(full):
    for does in (end_role, close_account, withdraw_consent, cut_link, send_again, stop_recovery):
        does(full)
    ending.keep()
    lines = list(witness.read(ending.FILE))
    assert {line["kind"] for line in lines} == {
        "role",
        "account",
        "consent",
        "link",
        "invitation_again",
        "recovery",
    }
    for line in lines:
        assert set(line) == {"uid", "kind", "of", "at", "says"}
        assert re.fullmatch(r"[0-9T:.+\-,\[)]+|false", line["says"]), line
    text = witness.path_of(ending.FILE).read_text()
    for row in (full.clinician.account, full.practitioner.account, full.be.invitation):
        assert row.name not in text
        assert row.email not in text
    for hashed in (full.be.link.token_hash, full.be.invitation.token_hash, full.person.code):
        assert hashed not in text


def test_the_worker_writes_the_line_of_what_was_committed(committed, settings, tmp_path):
    settings.WITNESS_DIR = tmp_path / "witness"
    sealer = sealing.Sealer()
    sealer.start()
    try:
        end_role(committed)
        until = time.monotonic() + 20
        while not (lines := list(witness.read(ending.FILE))) and time.monotonic() < until:
            time.sleep(0.1)
    finally:
        sealer.stop()
    assert [(line["kind"], line["of"]) for line in lines] == [("role", str(committed.clinician.uid))]


def test_what_was_rolled_back_is_not_noted(full):
    before = transaction.savepoint()
    end_role(full)
    assert Ending.objects.exists()
    transaction.savepoint_rollback(before)
    assert ending.keep() == 0


def test_a_change_that_ends_nothing_is_not_noted(full):
    Account.objects.filter(pk=full.practitioner.account_id).update(name="Autre Nom")
    Membership.objects.filter(pk=full.practitioner.pk).update(role=Role.PRACTITIONER)
    assert not Ending.objects.exists()


def test_the_application_notes_no_end_that_was_not_and_takes_none_away(full):
    end_role(full)
    for attempt in (
        "DELETE FROM core_ending",
        "INSERT INTO core_ending (uid, kind, of, says) VALUES (gen_random_uuid(), 'role', gen_random_uuid(), '')",
    ):
        with pytest.raises(DatabaseError), acting(actor(full.coordinator)), connection.cursor() as cursor:
            cursor.execute(attempt)
    with acting(Actor.nobody()):
        assert ending.keep() == 1  # the worker's own part


def test_each_kind_has_its_trigger_and_no_trigger_notes_what_no_restore_knows(full):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname, tgrelid::regclass::text FROM pg_trigger JOIN pg_proc p ON p.oid = tgfoid"
            " WHERE p.proname = 'note_ending'"
        )
        there = dict(cursor.fetchall())
    assert there == {f"note_{name}": kind.table for name, kind in endings.KINDS.items()}
    with pytest.raises(LookupError):
        ending.noted("whim", "people_account", "name")


def test_lines_nobody_can_read_are_told(full, tmp_path):
    line = {"kind": "whim", "of": str(full.clinician.uid), "at": "2026-11-26T12:00:00+00:00", "says": "x"}
    path = witness.path_of(ending.FILE)
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(line) + "\n" + '{"kind": "role"\n' + '{"kind": "role"}\n')
    done = replay()
    assert done == {"unknown": 1}
    assert endings.told(done) == "1 line not understood"
    assert endings.told({}) == "nothing"
    path.write_text(json.dumps(line | {"kind": "role"}) + "\n")
    with pytest.raises(InputError) as refused, transaction.atomic():
        replay()
    assert refused.value.code == "endings.unreadable"
    assert str(full.clinician.uid) in str(refused.value)


def test_the_doctor_misses_a_line_that_is_not_written(full):
    end_role(full)
    assert list(diagnoses.endings_kept()) == []
    Ending.objects.update(at=timezone.now() - timedelta(minutes=2))
    (said,) = diagnoses.endings_kept()
    assert "is not written in" in said
    ending.keep()
    assert list(diagnoses.endings_kept()) == []
