"""Who may see what, read from the declarations themselves: each model's shield, and the role's own sets.

Nothing here decides anything. It asks the same declarations that make the row-security policies and the querysets,
so that what a page tells is what the database does (tests/access/test_rights.py compares the two).
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from versants.core.access.classes import (
    CLINICAL_ROLES,
    COORDINATING_ROLES,
    TEAM_ROLES,
    WALLED_ROLES,
    DataClass,
)
from versants.core.access.scope import Actor
from versants.core.access.shield import Shield, shields

OWN, GIVEN, EVERY, WORK = "own", "given", "every", "work"
WAYS = (OWN, GIVEN, EVERY, WORK)


def _somebody(role: str) -> Actor:
    """An actor of that role who has everything a membership can have."""
    return Actor(
        kind="membership",
        membership=1,
        account=1,
        organisation=1,
        team=1 if role in TEAM_ROLES else None,
        desk=1,
        professional=None if role in WALLED_ROLES else 1,
        versant="wallonie",
        role=role,
    )


def ways(shield: Shield, role: str) -> set[str]:
    """By which ways ``role`` comes to rows of this shield: own team's, given by a grant, every team's, by one's work."""
    found = set()
    if shield.own and role in TEAM_ROLES and (not shield.own_roles or role in shield.own_roles):
        found.add(OWN)
    clinical = set(shield.grant_classes) == {DataClass.CLINICAL} or shield.data_class == DataClass.CLINICAL
    if shield.subject and role not in WALLED_ROLES and (not clinical or role in CLINICAL_ROLES):
        found.add(GIVEN)
    if shield.coordinators and role in COORDINATING_ROLES:
        found.add(EVERY)
    if shield.extra_q is not None:
        found |= _ways_of(shield.extra_q(_somebody(role)), role)
    return found


def _ways_of(q: Q, role: str) -> set[str]:
    """What a filter of its own opens: nothing if it names only empty lists, grants if it asks them, else by work.

    Through another table it opens nothing to a role that has no way to that one.
    """
    from versants.core.models import Grant

    found: set[str] = set()
    for child in q.children:
        if isinstance(child, Q):
            found |= _ways_of(child, role)
            continue
        value = child[1]  # type: ignore[index]
        if isinstance(value, QuerySet):
            behind = getattr(value.model, "shield", None)
            if value.query.is_empty() or (value.model is not Grant and behind and not ways(behind, role)):
                continue
            found.add(GIVEN if value.model is Grant else WORK)
        elif value != []:
            found.add(WORK)
    return found


def table(roles: Iterable[str], classes: Iterable[str]) -> dict[str, dict[str, list[str]]]:
    """role -> class -> ways, over all tables of that class. Only tables about persons count in a person's classes."""
    declared = [shield for _model, shield in shields().values()]
    about_person = {DataClass.LOGISTIC, DataClass.IDENTITY, DataClass.SOCIAL, DataClass.CLINICAL}
    found: dict[str, dict[str, list[str]]] = {}
    for role in roles:
        row = found[role] = {}
        for one in classes:
            seen: set[str] = set()
            for shield in declared:
                if shield.data_class == one and (shield.about_person or one not in about_person):
                    seen |= ways(shield, role)
            row[one] = [way for way in WAYS if way in seen]
    return found
