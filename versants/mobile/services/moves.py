"""Remembering how visits stood before a step on the board: what ``undo`` goes back to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from versants.core import clock
from versants.core.access.scope import Actor
from versants.core.periods import span
from versants.mobile.models import BoardMove, Visit
from versants.mobile.models.moves import MoveKind
from versants.mobile.planning.situation import slots_of

# A working day: whoever comes back the next morning looks at the board before changing it.
KEPT = timedelta(hours=12)
# What a small change (``planning.whatif``) may have altered along the way.
SLOT_FIELDS = ("mode", "gender_required", "level", "second_languages")


def as_it_stands(visit: Visit) -> dict[str, Any]:
    """A visit from ``with_parts``: who holds which place when, and what is asked. Ids, times and codes."""
    return {
        "visit": visit.pk,
        "version": visit.version,
        "held": _ends(visit.held) if visit.held is not None else None,
        "window": _ends(visit.window),
        "mode": visit.mode,
        "slots": {
            str(slot.pk): {name: getattr(slot, name) for name in SLOT_FIELDS} for slot in slots_of(visit)
        },
        "places": [
            {"slot": one.slot_id, "professional": one.professional_id, "held": _ends(one.held)}
            for one in sorted(visit.holding, key=lambda one: one.slot_id)
        ],
    }


def _ends(period: Any) -> list[str]:
    return [period.lower.isoformat(), period.upper.isoformat()]


def period_of(ends: list[str]) -> Any:
    """The half-open period of two stored instants."""
    return span(*(datetime.fromisoformat(end) for end in ends))


def note(
    actor: Actor, kind: MoveKind, before: Mapping[int, dict[str, Any]], versions: Mapping[int, int]
) -> None:
    """Keep one step, in the transaction of the step: visits as they stood, and the version each has now.

    Only a person's own step can be undone: what a link or a job did is not kept. What is too old goes.
    """
    if actor.membership is None or actor.team is None or not versions:
        return
    mine = BoardMove.objects.filter(membership_id=actor.membership)
    mine.filter(made_at__lte=clock.now() - KEPT).delete()
    BoardMove.objects.create(
        team_id=actor.team,
        membership_id=actor.membership,
        kind=kind,
        visits=[{"before": before[pk], "version": versions[pk]} for pk in sorted(versions)],
    )


def last(actor: Actor) -> BoardMove | None:
    """The actor's own last step that is not undone and not too old."""
    if actor.membership is None or actor.team is None:
        return None
    return (
        BoardMove.objects.visible_to(actor)
        .filter(membership_id=actor.membership, undone_at=None, made_at__gt=clock.now() - KEPT)
        .order_by("-pk")
        .first()
    )
