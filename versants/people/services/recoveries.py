"""The way back of somebody who lost the second factor: two people confirm, each with their own, then a link is sent.

No one person opens an account of somebody else, whatever they hold: the second is another one, at least one of the
two is not an administrator, the link goes to the address that was known before, and the person hears of each step.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from versants.core import audit, clock, messages
from versants.core.access.classes import RECOVERING_ROLES, Role
from versants.core.access.scope import Actor
from versants.core.errors import ActionDenied, BadInput, Conflict, InvalidTransition
from versants.core.ids import new_token, token_hash
from versants.people.models import Account, Membership, Recovery
from versants.people.services import devices, sessions, who

# From the first word to the second, and again from the link to its use.
HOLDS = timedelta(hours=24)
REASONS = {
    "factor": gettext_lazy("the phone or the key"),
    "codes": gettext_lazy("the phone and the recovery codes"),
    "account": gettext_lazy("everything, the password too"),
}


def check_may_confirm(actor: Actor, account: Account, fresh: bool) -> None:
    """Coordination, data protection officer and administrator of an organisation where the person holds a role.

    ``fresh``: the own second factor was shown in the last minutes.
    """
    if actor.role not in RECOVERING_ROLES:
        raise ActionDenied("recovery.role", _("Two people of the coordination confirm this."))
    if actor.account == account.pk:
        raise ActionDenied("recovery.oneself", _("Two other people confirm, never oneself."))
    if not Membership.objects.active().filter(account=account, organisation_id=who.house(actor)).exists():
        raise ActionDenied("recovery.other_house", _("This person holds no role in your organisation."))
    if not fresh:
        raise ActionDenied("recovery.not_fresh", _("Show your own second factor first."))


@transaction.atomic
def begin(*, actor: Actor, account: Account, reason: str, fresh: bool) -> Recovery:
    """The first of the two. Raises ActionDenied ``recovery.*``; Conflict ``recovery.under_way``."""
    check_may_confirm(actor, account, fresh)
    if reason not in REASONS:
        raise BadInput("recovery.reason", _("Say what was lost."))
    now = clock.now()
    Recovery.objects.filter(account=account, used_at=None, stopped_at=None, expires_at__lte=now).update(
        stopped_at=now
    )
    row = Recovery(
        organisation_id=who.house(actor),
        account=account,
        reason=reason,
        first_id=who.membership(actor),
        first_account_id=who.account(actor),
        expires_at=now + HOLDS,
    )
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as exc:
        raise Conflict("recovery.under_way", _("A recovery of this account is already under way.")) from exc
    audit.record("account.recovery_begun", subject=row, reason=reason)
    _tell(row, "begun")
    return row


def _open(actor: Actor, uid: Any) -> Recovery:
    row = (
        Recovery.objects.visible_to(actor)
        .select_for_update(of=("self",))
        .select_related("account", "first", "organisation")
        .filter(uid=uid)
        .first()
    )
    if row is None:
        raise BadInput("recovery.unknown", _("There is no such recovery."))
    return row


@transaction.atomic
def confirm(*, actor: Actor, uid: Any, fresh: bool) -> Recovery:
    """The second of the two: the old factors, sessions, devices and password go, and the link is sent.

    Raises ActionDenied ``recovery.*``; InvalidTransition ``recovery.closed``.
    """
    row = _open(actor, uid)
    check_may_confirm(actor, row.account, fresh)
    if row.state != "waiting":
        raise InvalidTransition("recovery.closed", _("This recovery is over. Begin a new one."))
    if actor.account == row.first_account_id:
        raise ActionDenied("recovery.same_person", _("Somebody else confirms this: two different people."))
    if actor.role == row.first.role == Role.ADMINISTRATOR:
        raise ActionDenied(
            "recovery.two_administrators",
            _("One of the two is of the coordination or the data protection officer."),
        )
    account = Account.objects.select_for_update().get(pk=row.account_id)
    token = new_token()
    row.second_id, row.second_account_id = actor.membership, actor.account
    row.confirmed_at, row.expires_at = clock.now(), clock.now() + HOLDS
    row.token_hash = token_hash(token)
    row.save()
    Authenticator.objects.filter(user=account).delete()
    account.set_unusable_password()
    account.save(update_fields=["password"])
    sessions.end_all(account)
    devices.forget_all(account)
    audit.record("account.recovery_confirmed", subject=row)
    _tell(row, "sent", f"{settings.BASE_URL}{reverse('recovered', args=[token])}")
    return row


@transaction.atomic
def stop(*, actor: Actor, uid: Any) -> Recovery:
    """Any of those who may confirm stops it, before or after the link has left. Raises InvalidTransition."""
    row = _open(actor, uid)
    if row.state not in {"waiting", "sent"}:
        raise InvalidTransition("recovery.closed", _("This recovery is over. Begin a new one."))
    row.stopped_at = clock.now()
    row.save(update_fields=["stopped_at"])
    audit.record("account.recovery_stopped", subject=row)
    _tell(row, "stopped")
    return row


def by_token(actor: Actor) -> Recovery | None:
    """The recovery whose link the actor holds, if it still opens."""
    row = Recovery.objects.visible_to(actor).select_related("account", "organisation").first()
    return row if row is not None and row.state == "sent" else None


@transaction.atomic
def use(*, actor: Actor, password: str) -> Account:
    """The person is back, with a new password; the second factor is enrolled next. Raises InvalidTransition."""
    row = Recovery.objects.visible_to(actor).select_for_update(of=("self",)).first()
    if row is None or row.state != "sent":
        raise InvalidTransition("recovery.over", _("This link is over. Ask your coordination for a new one."))
    row.used_at = clock.now()
    row.save(update_fields=["used_at"])
    account = Account.objects.select_for_update().get(pk=row.account_id)
    account.set_password(password)
    account.save(update_fields=["password"])
    audit.record("account.recovered", subject=row, actor=who.actor_of(account))
    _tell(row, "used")
    return account


def _tell(row: Recovery, what: str, url: str = "") -> None:
    """Each step, to the person whose account it is, in their language."""
    with translation.override(row.account.language):
        hours = int(HOLDS.total_seconds() // 3600)
        subject, body = {
            "begun": (
                _("Versants: somebody asks to restore your account"),
                _(
                    "At your organisation somebody says that you lost access to Versants. A second person has %(hours)s "
                    "hours to confirm it.\n\nIf this is not so, tell your coordination or the data protection officer "
                    "today: they can stop it."
                ),
            ),
            "sent": (
                _("Versants: your way back"),
                _(
                    "Two people of your organisation have confirmed that you lost access. Your old password, second "
                    "factor and sessions have ended.\n\nOpen this page, choose a password and set up a second factor:\n"
                    "%(url)s\n\nThe link holds for %(hours)s hours and serves once. If you did not ask for it, tell your "
                    "coordination or the data protection officer at once."
                ),
            ),
            "stopped": (
                _("Versants: the recovery of your account was stopped"),
                _("Nobody comes in by it any more. If you still need access, tell your coordination."),
            ),
            "used": (
                _("Versants: your account is open again"),
                _(
                    "A new password was set by the link that was sent to you. If this was not you, tell your coordination "
                    "or the data protection officer at once."
                ),
            ),
        }[what]
    messages.hand_over(
        address=row.account.email,
        language=row.account.language,
        about=f"account.recovery_{what}",
        subject=subject,
        body=body % {"hours": hours, "url": url},
    )
