"""Giving somebody a role by a link in an e-mail. The link serves once, ends by itself, and changes nothing when opened."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from versants.core import audit, clock, messages
from versants.core.access.classes import TEAM_ROLES, WALLED_ROLES, Role
from versants.core.access.scope import Actor
from versants.core.errors import ActionDenied, BadInput, Conflict, InvalidTransition
from versants.core.ids import new_token, token_hash
from versants.people.enums import OrganisationKind
from versants.people.models import Account, Invitation, Membership, Organisation, Professional, Team
from versants.people.services import who

HOLDS = timedelta(days=7)
# Whoever keeps the system gives no way to a file, but to the first coordinator of a team that has none yet.
_TEAM_NEEDED = frozenset({*TEAM_ROLES, Role.DESK, Role.INTERPRETER})


def roles_to_give(actor: Actor) -> list[str]:
    """Roles ``actor`` may give in the own organisation, in the order of their declaration.

    Coordination: every role but the administrator's. Administrators: every role that reads no file, and the first
    coordinator of a team. An authority's house gives no role that reads files.
    """
    if actor.organisation is None:
        return []
    house = Organisation.objects.get(pk=who.house(actor))
    if actor.role == Role.COORDINATOR:
        mine = [role for role in Role.values if role != Role.ADMINISTRATOR]
    elif actor.role == Role.ADMINISTRATOR:
        mine = [role for role in Role.values if role not in TEAM_ROLES or role == Role.COORDINATOR]
    else:
        mine = []
    return [role for role in mine if not _behind_the_wall(house, role)]


def _behind_the_wall(house: Organisation, role: str) -> bool:
    """A public authority holds no role that reads files; the lead partner none that is not walled (0021_wall)."""
    if house.is_lead and role not in WALLED_ROLES:
        return True
    return house.kind == OrganisationKind.AUTHORITY and role in TEAM_ROLES


def check_may_give(actor: Actor, role: str, team: Team | None, email: str = "") -> None:
    """Coordination and administrators, in their own organisation; nobody gives a role to himself.

    A role that reads files is given by the coordination of that very team. An administrator gives it to the first
    coordinator of a team that has none, so that a team can begin.
    """
    if role not in roles_to_give(actor):
        raise ActionDenied("role.not_yours_to_give", _("This role is given by somebody else."))
    if team is not None and team.organisation_id != actor.organisation:
        raise ActionDenied("role.other_house", _("This team belongs to another organisation."))
    if role in _TEAM_NEEDED and team is None:
        raise BadInput("role.team", _("This role is held in a team: choose which."))
    if role in TEAM_ROLES and actor.role == Role.COORDINATOR and team is not None and team.pk != actor.team:
        raise ActionDenied("role.other_team", _("A team’s own coordination gives this role."))
    if role in TEAM_ROLES and actor.role == Role.ADMINISTRATOR:
        taken = Membership.objects.active().filter(team=team, role=Role.COORDINATOR)
        if taken.exists():
            raise ActionDenied(
                "role.team_has_coordination", _("This team has a coordination: it gives this role.")
            )
    if email and _is_of(email, who.account(actor)):
        raise ActionDenied("role.oneself", _("Nobody gives a role to oneself: ask a colleague."))


@transaction.atomic
def invite(
    *,
    actor: Actor,
    email: str,
    name: str,
    role: str,
    language: str,
    begins: date,
    ends: date | None = None,
    team: Team | None = None,
    professional: Professional | None = None,
    versant: str = "",
) -> Invitation:
    """Write the invitation and send its link. ``ends`` is the first day on which the role no longer holds.

    Raises ActionDenied ``role.*`` (check_may_give); BadInput ``invitation.dates``; Conflict ``invitation.waits``.
    """
    email = email.strip().lower()
    check_may_give(actor, role, team, email)
    if ends is not None and ends <= max(begins, clock.today()):
        raise BadInput("invitation.dates", _("The role ends after it begins, and not in the past."))
    house = Organisation.objects.get(pk=who.house(actor))
    token = new_token()
    invitation = Invitation(
        organisation=house,
        team=team,
        professional=professional,
        email=email,
        name=name.strip(),
        language=language,
        role=role,
        versant=versant or (team.versant if team else house.versant),
        period=(begins, ends),
        token_hash=token_hash(token),
        invited_by=actor.membership,
        expires_at=clock.now() + HOLDS,
    )
    over = Invitation.objects.filter(
        organisation=house,
        email=email,
        role=role,
        accepted_at=None,
        revoked_at=None,
        expires_at__lte=clock.now(),
    )
    over.update(revoked_at=clock.now())
    try:
        with transaction.atomic():
            invitation.save()
    except IntegrityError as exc:
        raise Conflict(
            "invitation.waits", _("This person is already invited to this role. Send that one again.")
        ) from exc
    audit.record("account.invited", subject=invitation, role_given=role)
    _send(invitation, token)
    return invitation


def _send(invitation: Invitation, token: str) -> None:
    url = f"{settings.BASE_URL}{reverse('invited', args=[token])}"
    with translation.override(invitation.language):
        values = {
            "name": invitation.name,
            "house": invitation.organisation.name,
            "role": invitation.get_role_display(),
            "url": url,
            "days": HOLDS.days,
        }
        subject = _("Versants: %(house)s invites you") % values
        body = (
            _(
                "Hello %(name)s,\n\n%(house)s invites you to Versants, as: %(role)s.\n\n"
                "Open this page and choose a password:\n%(url)s\n\n"
                "The link holds for %(days)s days and serves once. If you do not expect it, do nothing."
            )
            % values
        )
    messages.hand_over(
        address=invitation.email,
        language=invitation.language,
        about="account.invited",
        subject=subject,
        body=body,
    )


def _waiting(actor: Actor, uid: Any) -> Invitation:
    row = (
        Invitation.objects.visible_to(actor)
        .select_for_update(of=("self",))
        .select_related("organisation", "team")
        .filter(uid=uid)
        .first()
    )
    if row is None:
        raise BadInput("invitation.unknown", _("There is no such invitation."))
    if row.state in {"accepted", "withdrawn"}:
        raise InvalidTransition("invitation.closed", _("This invitation was already used or withdrawn."))
    return row


@transaction.atomic
def send_again(*, actor: Actor, uid: Any) -> Invitation:
    """A fresh link to the same address; the former one stops at once. It gives nothing that was not given before.

    Raises BadInput ``invitation.unknown``; InvalidTransition ``invitation.closed``.
    """
    row = _waiting(actor, uid)
    token = new_token()
    row.token_hash, row.expires_at = token_hash(token), clock.now() + HOLDS
    row.save(update_fields=["token_hash", "expires_at"])
    audit.record("account.invited_again", subject=row)
    _send(row, token)
    return row


@transaction.atomic
def withdraw(*, actor: Actor, uid: Any) -> Invitation:
    """The link opens nothing any more. Raises InvalidTransition ``invitation.closed``."""
    row = _waiting(actor, uid)
    row.revoked_at = clock.now()
    row.save(update_fields=["revoked_at"])
    audit.record("account.invitation_withdrawn", subject=row)
    return row


def by_token(actor: Actor) -> Invitation | None:
    """The invitation whose token the actor shows, if it still waits."""
    row = Invitation.objects.visible_to(actor).select_related("organisation", "team").first()
    return row if row is not None and row.state == "waiting" else None


@transaction.atomic
def accept(*, actor: Actor, password: str = "", account: Account | None = None) -> Membership:
    """The role begins. ``account``: the signed-in one, if an address of theirs was invited; else one is made.

    Raises InvalidTransition ``invitation.over``; ActionDenied ``invitation.other_account``; Conflict ``role.held``.
    """
    row = Invitation.objects.visible_to(actor).select_for_update(of=("self",)).first()
    if row is None or row.state != "waiting":
        raise InvalidTransition("invitation.over", _("This invitation is over. Ask for a new one."))
    if account is None:
        if has_account(row):
            raise ActionDenied("invitation.sign_in", _("Sign in with this address first."))
        account = Account.objects.create_user(row.email, password, name=row.name, language=row.language)
    elif not is_theirs(row, account):
        raise ActionDenied("invitation.other_account", _("This invitation is for another address."))
    # The link came by e-mail, and was opened: the address is theirs.
    first = {"primary": True} if account.email == row.email else {}
    EmailAddress.objects.update_or_create(user=account, email=row.email, defaults={"verified": True, **first})
    begins = max(row.period.lower, clock.today())
    membership = Membership(
        account=account,
        organisation_id=row.organisation_id,
        team_id=row.team_id,
        professional_id=row.professional_id,
        role=row.role,
        versant=row.versant,
        period=(begins, row.period.upper),
    )
    try:
        with transaction.atomic():
            membership.save()
    except IntegrityError as exc:
        raise Conflict("role.held", _("You hold this role there already.")) from exc
    row.accepted_at = clock.now()
    row.save(update_fields=["accepted_at"])
    audit.record(
        "account.invitation_accepted",
        subject=row,
        actor=Actor.for_membership(membership),
        role_given=row.role,
    )
    return membership


def _owners(email: str) -> Any:
    """The account that signs in with this address, or has proved that it reads it."""
    proved = EmailAddress.objects.filter(email__iexact=email, verified=True)
    return Account.objects.filter(Q(email=email.lower()) | Q(pk__in=proved.values("user")))


def _is_of(email: str, account_id: int) -> bool:
    return bool(_owners(email).filter(pk=account_id).exists())


def has_account(row: Invitation) -> bool:
    return bool(_owners(row.email).exists())


def is_theirs(row: Invitation, account: Account) -> bool:
    """Was this account invited, by its address or by another of its own?"""
    return _is_of(row.email, account.pk)
