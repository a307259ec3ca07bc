"""One declaration per table: who sees its rows. From it come the row-security policies, the querysets'
explicit filter, the access matrix and the tests that break each policy in turn.

A table is either shielded or listed in ``OPEN_TABLES`` with the reason; a test fails for one that is neither.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

from django.db import models
from django.db.models import Q
from django.db.models.expressions import RawSQL

from versants.core import clock
from versants.core.access import scope
from versants.core.access.classes import CLINICAL_ROLES, COORDINATING_ROLES, WALLED_ROLES, DataClass

_WHO = re.compile(r"app\.(?:membership|account|team|desk|organisation|professional|link|role)\(\)")


def _asked_once(rule: str) -> str:
    """The rule with who acts as a subquery of its own: PostgreSQL asks it once a statement, not once a row."""
    return _WHO.sub(r"(SELECT \g<0>)", rule)


@dataclass(frozen=True)
class Policy:
    """A permissive row-security policy. ``using`` and ``check`` are SQL over the table's own columns."""

    name: str
    command: str  # ALL | SELECT | INSERT | UPDATE
    using: str = ""
    check: str = ""

    def sql(self, table: str) -> str:
        """CREATE POLICY for ``table``."""
        parts = [f'CREATE POLICY {self.name} ON "{table}" AS PERMISSIVE FOR {self.command} TO PUBLIC']
        if self.using:
            parts.append(f"USING ({_asked_once(self.using)})")
        if self.check:
            parts.append(f"WITH CHECK ({self.check})")
        return " ".join(parts)


@dataclass(frozen=True)
class Shield:
    """Who sees the rows of a table.

    own: column with the owning team; rows of the actor's team are readable and writable.
    own_roles: narrows ``own`` to these roles (clinical tables).
    subject: (kind, column): rows whose subject was granted to the reader are readable.
    grant_classes: classes of grant that open the row; empty means any.
    grant_writes: grants of these classes also allow writing (a visitor from another team records the visit).
    follows: (column, table): readable when the parent row is readable, e.g. a person's languages; written by the
        parent's owning team only (its ``team_id``).
    extra: policies that fit none of these words.
    extra_q: the same as ``extra``'s SELECT part, as a function of the actor, for the explicit filter.
    """

    data_class: DataClass
    own: str = ""
    own_roles: frozenset[str] = frozenset()
    subject: tuple[str, str] | None = None
    grant_classes: tuple[str, ...] = ()
    grant_writes: tuple[str, ...] = ()
    follows: tuple[str, str] | None = None
    coordinators: bool = False
    extra: tuple[Policy, ...] = ()
    extra_q: Any = None
    about_person: bool = True

    def policies(self) -> list[Policy]:
        """The policies of the table, in a fixed order."""
        found: list[Policy] = []
        if self.own:
            rule = f"{self.own} = app.team()"
            if self.own_roles:
                rule += f" AND app.role() IN ({_quoted(self.own_roles)})"
            found.append(Policy("own", "ALL", rule, rule))
        if self.subject:
            kind, column = self.subject
            found.append(
                Policy(
                    "granted",
                    "SELECT",
                    f"{column} IN (SELECT app.granted('{kind}', {_array(self.grant_classes)}))",
                )
            )
            if self.grant_writes:
                rule = f"{column} IN (SELECT app.granted('{kind}', {_array(self.grant_writes)}))"
                found.append(Policy("granted_insert", "INSERT", check=rule))
                found.append(Policy("granted_update", "UPDATE", rule, rule))
        if self.follows:
            column, table = self.follows
            # The parent's own policies apply inside the subquery: seeing follows, exactly.
            parent = f'SELECT 1 FROM "{table}" parent WHERE parent.id = {column}'
            found.append(Policy("follows", "SELECT", f"EXISTS ({parent})"))
            rule = f"EXISTS ({parent} AND parent.team_id = app.team())"
            found.append(Policy("follows_own", "ALL", rule, rule))
        if self.coordinators:
            found.append(Policy("coordination", "SELECT", f"app.role() IN ({_quoted(COORDINATING_ROLES)})"))
        found.extend(self.extra)
        return found

    def filter(self, actor: scope.Actor) -> Q:
        """The same as the SELECT policies, as an explicit filter: row security is the backstop, not the query."""
        if self.coordinators and actor.role in COORDINATING_ROLES:
            return Q()  # every row: what else would open one need not be asked
        seen = Q(pk__in=[])
        if self.own and actor.team and (not self.own_roles or actor.role in self.own_roles):
            seen |= Q(**{self.own: actor.team})
        if self.subject:
            kind, column = self.subject
            seen |= Q(**{f"{column}__in": granted_ids(actor, kind, self.grant_classes)})
        if self.extra_q is not None:
            seen |= self.extra_q(actor)
        return seen


def _quoted(words: Iterable[str]) -> str:
    return ", ".join(f"'{word}'" for word in sorted(str(w) for w in words))


def _array(words: Iterable[str]) -> str:
    inside = _quoted(words)
    return f"ARRAY[{inside}]" if inside else "NULL"


def granted_ids(actor: scope.Actor, kind: str, classes: Iterable[str] = ()) -> Any:
    """Ids of subjects of ``kind`` granted to ``actor`` now, as a subquery (the Python side of app.granted).

    The same rows as ``Grant.objects.open_to(actor).about(kind, classes)``, written as it is sent: nearly every query
    of a page carries it, and putting it together from filters took a tenth of the page.
    """
    holders = actor.holders()
    if actor.role in WALLED_ROLES or not holders:
        return []
    held = " OR ".join(["holder_kind = %s AND holder_id = %s"] * len(holders))
    sql = f"SELECT subject_id FROM core_grant WHERE subject_kind = %s AND period @> %s::timestamptz AND ({held})"
    params: list[Any] = [kind, clock.now(), *(part for pair in holders for part in pair)]
    if actor.role not in CLINICAL_ROLES:
        sql += " AND data_class <> %s"
        params.append(str(DataClass.CLINICAL))
    wanted = [str(one) for one in classes]
    if wanted:
        sql += " AND data_class = ANY(%s)"
        params.append(wanted)
    return RawSQL(sql, params)  # noqa: S611  # every value is a parameter


_M = TypeVar("_M", bound=models.Model)


class ShieldedQuerySet(models.QuerySet[_M]):
    """Every queryset of a shielded table. Views may use nothing but ``visible_to``."""

    def visible_to(self, actor: scope.Actor) -> Self:
        """Rows ``actor`` may read: own or granted."""
        shield: Shield = self.model.shield
        seen = shield.filter(actor)
        if shield.follows and seen:
            column, _table = shield.follows
            relation = self.model._meta.get_field(column.removesuffix("_id"))
            parent = relation.related_model
            seen |= Q(**{f"{relation.name}__in": parent.objects.visible_to(actor).values("pk")})
        return self.filter(seen)

    def listed_for(self, actor: scope.Actor) -> Self:
        """The rows of ``visible_to``, for a list of all of them: own and granted ones are each found by their index.

        For tables whose subject is the row itself. What was granted is asked first, as an array: beside ``OR``, a
        subquery has every row of the table looked at.
        """
        shield: Shield = self.model.shield
        assert shield.subject is not None
        assert shield.subject[1] == "id"
        assert not shield.extra
        granted = granted_ids(actor, shield.subject[0], shield.grant_classes)
        seen = Q(pk__in=[])
        if granted:
            seen = Q(
                RawSQL(  # noqa: S611  # every value is a parameter
                    f'"{self.model._meta.db_table}"."id" = ANY(ARRAY({granted.sql}))',
                    granted.params,
                    output_field=models.BooleanField(),
                )
            )
        if actor.team and (not shield.own_roles or actor.role in shield.own_roles):
            seen |= Q(**{shield.own: actor.team})
        return self.filter(seen)


CLINICAL = frozenset(str(role) for role in CLINICAL_ROLES)


@dataclass
class OpenTable:
    """A table without row security, and why that is right."""

    table: str
    why: str
    prefix: bool = field(default=False)


OPEN_TABLES: list[OpenTable] = []


def leave_open(table: str, why: str, *, prefix: bool = False) -> None:
    """Declare that ``table`` (or every table starting so) needs no row security."""
    OPEN_TABLES.append(OpenTable(table, why, prefix))


def shields() -> dict[str, tuple[type[models.Model], Shield]]:
    """Table name -> model and shield, of every installed model that carries one."""
    from django.apps import apps

    return {
        model._meta.db_table: (model, model.shield)
        for model in apps.get_models()
        if isinstance(getattr(model, "shield", None), Shield)
    }
