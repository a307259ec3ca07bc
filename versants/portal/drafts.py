"""What was typed behind a link and not sent: sealed, for the phone that typed it, for a day."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from versants.core import clock
from versants.core.access.scope import Actor
from versants.core.crypto import vault
from versants.mobile.models import Request, RequestDraft, RequestLink
from versants.mobile.services import asking
from versants.people.services import keys

KEPT = timedelta(hours=24)
_LARGEST = 20_000


def _mine(actor: Actor, link: RequestLink) -> RequestDraft | None:
    if not actor.phone:
        return None
    return RequestDraft.objects.visible_to(actor).filter(link=link).select_related("key").first()


def read(actor: Actor, link: RequestLink) -> dict[str, Any]:
    """The answers typed on this phone, by field; empty if there are none or they are too old."""
    draft = _mine(actor, link)
    if draft is None or draft.saved_at < clock.now() - KEPT:
        return {}
    kept = json.loads(vault.read(draft, "content") or "{}")
    fields = {
        name: values if name == "categories" else (values[0] if values else "")
        for name, values in kept.get("fields", {}).items()
    }
    return fields | {"way": kept.get("way", "")}


def keep(actor: Actor, link: RequestLink, way: str, fields: dict[str, list[str]]) -> None:
    """Replace the draft of this phone. Too long to be a request, or sent meanwhile (``actor.request``): not kept."""
    if actor.request:
        asking.wait_turn(actor.request)
        if Request.objects.visible_to(actor).exists():
            return  # the last letters came after the form: whoever takes the phone next does not read them
    content = json.dumps({"way": way, "fields": fields})
    if len(content) > _LARGEST:
        return
    draft = _mine(actor, link) or RequestDraft(
        link=link, cookie_hash=actor.phone, key=keys.new_key(link.team)
    )
    vault.write(draft, "content", content)
    draft.saved_at = clock.now()
    draft.save()


def forget(actor: Actor, link: RequestLink) -> None:
    """Throw the draft of this phone away, with the key that sealed it."""
    draft = _mine(actor, link)
    if draft is not None:
        draft.delete()
        vault.destroy(draft.key)
