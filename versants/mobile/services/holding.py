"""What booking, offers and plans share: locking professionals' days, letting go of places."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import connection
from django.db.models import F

from versants.core import audit, clock, locking
from versants.mobile.enums import HOLDING, AssignmentState, RequestState
from versants.mobile.models import Assignment, Request, Visit
from versants.people.models import Membership
from versants.people.services import grants


def lock_professionals(ids: Iterable[int]) -> None:
    """Hold these professionals' days until the transaction ends; in id order, so that nobody waits crosswise.

    Their names are held, not their rows: of a colleague of another house the row can only be read.
    """
    for pk in sorted(set(ids)):
        locking.hold(f"mobile.professional.{pk}")


def let_go(rows: Sequence[Assignment], state: AssignmentState) -> None:
    """End these assignments and what they opened, at once."""
    if not rows:
        return
    now = clock.now()
    Assignment.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=state, offer_token_hash="", answered_at=now
    )
    for row in rows:
        row.state, row.offer_token_hash, row.answered_at = state, "", now
        grants.close_for("assignment", row.pk)


def reopen(visit: Visit) -> None:
    """A place is free again: the visit is without a (whole) team, its request waits again.

    Who is left keeps the time; with nobody left the visit has none.
    """
    visit.state = "open"
    if not Assignment.objects.filter(visit=visit, state__in=HOLDING).exists():
        visit.held = None
    visit.version = F("version") + 1
    visit.save(update_fields=["state", "held", "version"])
    visit.refresh_from_db(fields=["version"])
    Request.objects.filter(pk=visit.request_id, state=RequestState.PLANNED).update(
        state=RequestState.ACCEPTED, version=F("version") + 1
    )
    audit.record("visit.reopened", subject=visit)


def open_visits(membership: Membership) -> int:
    """On how many visits to come somebody is placed, for whoever ends the role: a number (app.open_visits)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT app.open_visits(%s)", [membership.pk])
        return int(cursor.fetchone()[0])
