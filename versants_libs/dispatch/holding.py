"""What somebody does that stays as it is while other things around it are planned anew."""

from __future__ import annotations

from dataclasses import replace

from .model import Slot, Visit, Window
from .problem import Service

__all__ = ["held"]


def held(visit: Visit, slot: Slot, service: Service, points: int) -> Visit:
    """One slot of a visit as a visit by itself, pinned in person and time; ``points`` if it were left out.

    It works, travels and counts for limits as before. Its own windows, day and lateness are settled and no longer asked.
    """
    return replace(
        visit,
        id=f"{visit.id} {slot.id} held",
        windows=(Window(service.start, service.start),),
        duration=visit.duration_of(slot),
        slots=(replace(slot, lag=(0, 0), duration=None),),
        pins={slot.id: service.person},
        fixed_start=service.start,
        day=None,
        until_end=False,
        unserved=points,
    )
