"""Next steps of the team: done with one tap, undone with another."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from versants.core import audit, clock
from versants.core.access.scope import Actor
from versants.core.errors import ActionDenied, InvalidTransition
from versants.mobile import record_rules as rules
from versants.mobile.models import FollowUp


def check_may_tick(actor: Actor, step: FollowUp) -> None:
    """Those who may write the record of its visit."""
    try:
        rules.check_may_write_record(actor, step.visit)
    except ActionDenied as exc:
        raise ActionDenied(
            "follow_up.not_yours", _("This step belongs to the team that made the visit.")
        ) from exc


@transaction.atomic
def set_done(*, step: FollowUp, actor: Actor, done: bool) -> FollowUp:
    """Tick a next step, or take the tick back.

    Raises ActionDenied ``follow_up.not_yours``; InvalidTransition ``follow_up.done`` or ``follow_up.open`` if it is so
    already.
    """
    step = FollowUp.objects.select_for_update(of=("self",)).select_related("visit").get(pk=step.pk)
    check_may_tick(actor, step)
    if (step.done_at is not None) == done:
        raise InvalidTransition(
            "follow_up.done" if done else "follow_up.open",
            _("This step is done already.") if done else _("This step is still open."),
        )
    step.done_at = clock.now() if done else None
    step.save(update_fields=["done_at"])
    audit.record("follow_up.done" if done else "follow_up.reopened", subject=step, step=step.step)
    return step
