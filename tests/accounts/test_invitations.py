"""Invitations: who gives which role, the link, what becomes of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.db import DatabaseError, transaction

from tests.accounts.signing import PASSWORD, fresh, link_in, messages_to, post_with_seal
from tests.world import actor, make_account, make_membership
from versants.core import clock
from versants.core.access.classes import TEAM_ROLES, WALLED_ROLES, Role
from versants.core.access.scope import acting
from versants.core.errors import VersantsError
from versants.core.ids import token_hash
from versants.core.models import AuditEvent
from versants.people.models import Account, Invitation, Membership, Organisation
from versants.people.services import invitations

NEW = "nora.nouvelle@example.org"


def invite(giver, capture, role=Role.PRACTITIONER, team=None, email=NEW, language="fr", **more):
    with capture(execute=True), acting(actor(giver)) as who:
        return invitations.invite(
            actor=who,
            email=email,
            name="Nora Nouvelle",
            role=role,
            language=language,
            begins=clock.today(),
            team=team or giver.team,
            **more,
        )


@pytest.fixture
def capture(django_capture_on_commit_callbacks):
    return django_capture_on_commit_callbacks


def test_the_invited_chooses_a_password_and_enrols_at_once(world, capture):
    row = invite(world.coordinator, capture, ends=clock.today() + timedelta(days=30))
    mail = messages_to(NEW, "account.invited")[0]
    assert mail["Content-Language"] == "fr"
    link = link_in(mail)
    assert Invitation.objects.get(pk=row.pk).token_hash == token_hash(link.rstrip("/").split("/")[-1])

    client = fresh()
    for _twice in range(2):
        page = client.get(link)
        assert page.status_code == 200
        assert page["Referrer-Policy"] == "no-referrer"
        assert page["Cache-Control"] == "no-store"
    assert not Account.objects.filter(email=NEW).exists()  # nothing changes on GET

    assert post_with_seal(client, link, password="court").status_code == 200
    assert not Account.objects.filter(email=NEW).exists()
    assert post_with_seal(client, link, password=PASSWORD).url == "/account/second-factor/"
    account = Account.objects.get(email=NEW)
    held = Membership.objects.get(account=account)
    assert (held.role, held.team, held.period.upper) == (
        Role.PRACTITIONER,
        world.walloon,
        clock.today() + timedelta(days=30),
    )
    # A care role without its second factor reaches the enrolment and nothing else.
    assert client.get("/requests/").url == "/account/second-factor/"
    assert client.get("/account/second-factor/").status_code == 200
    assert client.get("/account/2fa/totp/activate/").status_code == 200

    assert fresh().get(link).status_code == 410  # it serves once
    assert post_with_seal(fresh(), link, password=PASSWORD).status_code != 200
    assert Membership.objects.filter(account=account).count() == 1
    assert AuditEvent.objects.filter(action="account.invitation_accepted").count() == 1


def test_a_role_without_files_enters_at_once(world, capture):
    invite(world.coordinator, capture, role=Role.REQUESTER)
    client = fresh()
    post_with_seal(client, link_in(messages_to(NEW)[0]), password=PASSWORD)
    assert client.get("/rights/").status_code == 200


def test_the_message_is_in_the_receivers_language(world, capture):
    invite(world.coordinator, capture, language="nl")
    mail = messages_to(NEW)[0]
    assert mail["Content-Language"] == "nl"
    assert "nodigt u uit" in mail["Subject"]


def test_a_link_that_ended_or_was_withdrawn_opens_nothing(world, capture):
    row = invite(world.coordinator, capture)
    link = link_in(messages_to(NEW)[0])
    Invitation.objects.filter(pk=row.pk).update(expires_at=clock.now() - timedelta(seconds=1))
    assert fresh().get(link).status_code == 410
    with capture(execute=True), acting(actor(world.coordinator)) as who:
        invitations.send_again(actor=who, uid=row.uid)
    newer = link_in(messages_to(NEW)[1])
    assert newer != link
    assert fresh().get(link).status_code == 410
    assert fresh().get(newer).status_code == 200
    with acting(actor(world.coordinator)) as who:
        invitations.withdraw(actor=who, uid=row.uid)
        with pytest.raises(VersantsError) as refused:
            invitations.send_again(actor=who, uid=row.uid)
    assert refused.value.code == "invitation.closed"
    assert fresh().get(newer).status_code == 410
    assert fresh().get("/account/invited/nonsense/").status_code == 410


def test_another_address_of_an_account_is_that_accounts(world, capture, client_for):
    """Proved once by its own link, it makes no second account, and nobody gives himself a role by it."""
    account = world.requester.account
    EmailAddress.objects.create(user=account, email=account.email, verified=True, primary=True)
    EmailAddress.objects.create(user=account, email=NEW, verified=True)
    invite(world.coordinator, capture, role=Role.REQUESTER)
    link = link_in(messages_to(NEW)[0])
    assert 'data-test="sign-in-first"' in fresh().get(link).content.decode()
    before = Account.objects.count()
    assert post_with_seal(fresh(), link, password=PASSWORD).status_code in {302, 409}
    assert Account.objects.count() == before
    assert post_with_seal(client_for(world.site_manager), link).status_code in {302, 409}
    assert not Membership.objects.filter(organisation=world.house_be, role=Role.REQUESTER).exists()
    assert post_with_seal(client_for(world.requester), link).url == "/"
    assert Membership.objects.get(organisation=world.house_be, role=Role.REQUESTER).account == account
    assert list(EmailAddress.objects.filter(primary=True).values_list("email", flat=True)) == [account.email]

    mine = world.coordinator.account
    EmailAddress.objects.create(user=mine, email="moi@example.org", verified=True)
    for address in (mine.email, "moi@example.org", "MOI@example.org"):
        with pytest.raises(VersantsError) as refused:
            invite(world.coordinator, capture, role=Role.CLINICIAN, email=address)
        assert refused.value.code == "role.oneself"


def test_a_form_of_another_site_is_not_taken(world, capture):
    """Nobody is made to enter an account that another one prepared."""
    invite(world.coordinator, capture)
    link = link_in(messages_to(NEW)[0])
    assert fresh().post(link, {"password": PASSWORD}).status_code == 302
    client = fresh()
    client.get(link)
    assert client.post(link, {"password": PASSWORD, "seal": "guessed"}).url == link
    assert not Account.objects.filter(email=NEW).exists()
    assert client.cookies["versants_entry"]["samesite"] == "Strict"
    assert client.cookies["versants_entry"]["httponly"]


def test_who_has_an_account_signs_in_and_takes_the_role_on(world, capture, client_for):
    invite(world.coordinator, capture, role=Role.REQUESTER, email=world.requester.account.email)
    link = link_in(messages_to(world.requester.account.email)[0])
    assert post_with_seal(fresh(), link, password=PASSWORD).status_code == 302
    assert 'data-test="sign-in-first"' in fresh().get(link).content.decode()
    stranger = client_for(world.site_manager)
    assert "Sam" not in stranger.get(link).content.decode()
    assert post_with_seal(stranger, link).status_code in {302, 409}
    assert not Membership.objects.filter(
        account=world.requester.account, organisation=world.house_be
    ).exists()
    assert post_with_seal(client_for(world.requester), link).url == "/"
    assert Membership.objects.filter(account=world.requester.account, organisation=world.house_be).exists()


def test_who_gives_which_role(world):
    """The truth table of giving: coordination every role but the administrator's, administrators none that reads."""

    def given(member):
        with acting(actor(member)) as who:
            return set(invitations.roles_to_give(who))

    everything = set(Role.values)
    assert given(world.coordinator) == everything - {Role.ADMINISTRATOR}
    assert given(world.administrator) == everything - TEAM_ROLES | {Role.COORDINATOR}
    for name, member in world.members.items():
        if name not in {"coordinator", "french_coordinator", "administrator"}:
            assert given(member) == set(), name


@pytest.mark.parametrize(
    ("giver", "role", "team", "code"),
    [
        ("coordinator", Role.CLINICIAN, "walloon", ""),
        ("coordinator", Role.CLINICIAN, "french", "role.other_house"),
        ("coordinator", Role.CLINICIAN, None, "role.team"),
        ("coordinator", Role.ADMINISTRATOR, None, "role.not_yours_to_give"),
        ("administrator", Role.CLINICIAN, "walloon", "role.not_yours_to_give"),
        ("administrator", Role.COORDINATOR, "walloon", "role.team_has_coordination"),
        ("administrator", Role.REQUESTER, None, ""),
        ("clinician", Role.REQUESTER, None, "role.not_yours_to_give"),
    ],
)
def test_giving_is_refused_where_it_would_open_a_door(world, giver, role, team, code):
    with acting(actor(getattr(world, giver))) as who:
        try:
            invitations.check_may_give(who, role, getattr(world, team) if team else None)
            said = ""
        except VersantsError as exc:
            said = exc.code
    assert said == code


def test_an_administrator_begins_a_team_and_never_oneself(world):
    world.coordinator.period = (clock.today() - timedelta(days=9), clock.today())
    world.coordinator.save()
    with acting(actor(world.administrator)) as who:
        invitations.check_may_give(who, Role.COORDINATOR, world.walloon)
        with pytest.raises(VersantsError) as refused:
            invitations.check_may_give(
                who, Role.COORDINATOR, world.walloon, world.administrator.account.email.upper()
            )
    assert refused.value.code == "role.oneself"


@pytest.mark.parametrize("role", sorted(Role.values))
def test_the_lead_partner_holds_walled_roles_only(world, role):
    """Kept by the database, whoever writes."""
    account = make_account(f"wall {role}")
    if role in WALLED_ROLES:
        make_membership(account, world.authority, role)
        return
    with pytest.raises(DatabaseError) as error, transaction.atomic():
        make_membership(account, world.authority, role)
    assert error.value.__cause__.diag.constraint_name == "membership_behind_the_wall"


@pytest.mark.parametrize("role", sorted(Role.values))
def test_an_authority_holds_no_role_that_reads_files(world, role):
    house = Organisation.objects.create(name="Province", kind="authority", versant="west-vlaanderen")
    account = make_account(f"province {role}")
    if role not in TEAM_ROLES:
        make_membership(account, house, role)
        return
    with pytest.raises(DatabaseError), transaction.atomic():
        make_membership(account, house, role)


def test_a_house_with_files_does_not_become_an_authority(world):
    with pytest.raises(DatabaseError), transaction.atomic():
        Organisation.objects.filter(pk=world.house_fr.pk).update(kind="authority")


def test_the_page_says_what_is_wrong_and_keeps_what_was_typed(world, client_for):
    page = client_for(world.coordinator).post(
        "/invitations/",
        {
            "email": world.coordinator.account.email,
            "name": "Nora",
            "language": "fr",
            "role": Role.REQUESTER,
            "begins": clock.today().isoformat(),
        },
    )
    assert page.status_code == 403
    assert "Nora" in page.content.decode()
    assert not Invitation.objects.exists()


def test_the_list_shows_each_state(world, client_for, capture):
    row = invite(world.coordinator, capture)
    page = client_for(world.coordinator).get("/invitations/").content.decode()
    assert 'data-state="waiting"' in page
    other = client_for(world.french_coordinator)
    assert NEW not in other.get("/invitations/").content.decode()
    assert other.post(f"/invitations/{row.uid}/withdraw/").status_code == 404
    client_for(world.administrator).post(f"/invitations/{row.uid}/withdraw/")
    assert 'data-state="withdrawn"' in client_for(world.coordinator).get("/invitations/").content.decode()
