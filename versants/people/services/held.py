"""What was typed when the session ended: kept sealed for a day, offered once after signing in, then destroyed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta

from django.http import HttpRequest
from django.middleware.csrf import CsrfViewMiddleware
from django.utils import timezone

from versants.core.crypto import holders, vault
from versants.people.models import HeldForm, Organisation

SESSION_KEY = "held_form"
KEPT = timedelta(hours=24)
MAX_BYTES = 400_000
_LEFT_OUT = frozenset({"csrfmiddlewaretoken"})


@dataclass(frozen=True)
class Held:
    """A form as it was sent: where to, and each field with its value."""

    path: str
    fields: list[tuple[str, str]]


def hold(request: HttpRequest, account_id: int, membership_id: int | None) -> str:
    """Keep the form of this POST for ``account_id``. Returns its uid, or nothing if it is no form of our own page.

    A form that another site made somebody send carries no seal of ours: it is not kept, so it is never offered.
    Files are not kept; their fields are empty when the form comes back.
    """
    if CsrfViewMiddleware(lambda _request: None).process_view(request, None, (), {}) is not None:  # type: ignore[arg-type]
        return ""
    fields = [
        (name, value)
        for name, values in request.POST.lists()
        if name not in _LEFT_OUT
        for value in values
        if isinstance(value, str)
    ]
    content = json.dumps({"path": request.get_full_path(), "fields": fields})
    if not fields or len(content) > MAX_BYTES:
        return ""
    row = HeldForm(
        account_id=account_id, membership_id=membership_id, key=vault.new_key(_holder(membership_id))
    )
    vault.write(row, "content", content)
    row.save()
    return str(row.uid)


def _holder(membership_id: int | None) -> str:
    """The organisation of the role under which it was typed; without a role, the installation."""
    organisation = Organisation.objects.filter(memberships=membership_id).first() if membership_id else None
    return "" if organisation is None else holders.holder(organisation.uid)


def find(uid: str, account_id: int) -> HeldForm | None:
    """The form kept under ``uid`` for this account, not older than a day."""
    if not uid:
        return None
    return HeldForm.objects.filter(uid=uid, account_id=account_id, held_at__gt=timezone.now() - KEPT).first()


def opened(row: HeldForm) -> Held:
    content = json.loads(vault.read(row, "content"))
    return Held(content["path"], [(name, value) for name, value in content["fields"]])


def destroy(row: HeldForm) -> None:
    """The row goes, and the key with which it was sealed."""
    key = row.key
    row.delete()
    vault.destroy(key)


def clean_up() -> int:
    """Destroy what nobody came back for. Returns how many."""
    old = list(HeldForm.objects.filter(held_at__lte=timezone.now() - KEPT).select_related("key"))
    for row in old:
        destroy(row)
    return len(old)
