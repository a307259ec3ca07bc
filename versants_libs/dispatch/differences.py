"""What one plan changes in another."""

from __future__ import annotations

from .problem import Plan
from .results import Change

__all__ = ["diff"]


def diff(a: Plan, b: Plan) -> list[Change]:
    """Visits that differ from plan ``a`` to plan ``b``, in the order of ``a``, then those only in ``b``.

    Kinds: ``added``, ``removed``, ``people`` (somebody else, same times), ``time`` (same people), ``both``.
    """
    changes = []
    for visit in [*a.assignments, *(v for v in b.assignments if v not in a.assignments)]:
        old, new = a.assignments.get(visit), b.assignments.get(visit)
        before = dict(old.services) if old else None
        after = dict(new.services) if new else None
        if before == after:
            continue
        if old is None or new is None:
            kind = "added" if old is None else "removed"
        else:
            people = old.people != new.people
            times = [s.start for s in old.services.values()] != [s.start for s in new.services.values()]
            if old.services.keys() == new.services.keys():
                times = any(old.services[slot].start != new.services[slot].start for slot in old.services)
            kind = "both" if people and times else "people" if people else "time"
        changes.append(Change(visit, kind, before, after))
    return changes
