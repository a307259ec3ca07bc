"""Putting a world into the database: everything random that only the database may know is drawn here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import connection, models

from versants.core.access.classes import FACTOR_ROLES
from versants.core.access.install import lifted
from versants.core.crypto import vault
from versants.core.errors import Conflict
from versants.core.models import DataKey
from versants.demo.cast import secret_of
from versants.demo.world import World
from versants.mobile.models import EscalationStep
from versants.mobile.services import escalation
from versants.people.models import Identity, Membership, NameHash, Organisation
from versants.people.services import naming

QUICK = 10_000  # rounds


class NotEmpty(Conflict):
    """The database holds organisations already: a demonstration world is never mixed with anything else."""


def load(world: World, tell: Callable[[str], None] = lambda text: None) -> dict[str, int]:
    """Write the world in one transaction, as the owner of the tables. Returns how many rows of each model.

    Raises NotEmpty ``demo.not_empty``.
    """
    if Organisation.objects.exists():
        raise NotEmpty(
            "demo.not_empty",
            "This database holds organisations already; a demonstration world needs an empty one.",
        )
    _draw_keys(world)
    _seal(world)
    _passwords(world)
    with lifted():
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        counts = {}
        for model in _in_order(list(world.rows)):
            rows = world.rows[model]
            _copy(model, rows)
            counts[model._meta.label] = len(rows)
            _restart(model, len(rows))
            tell(f"{model._meta.label} {len(rows)}")
        _factors(world)
        for step in world.all(EscalationStep):
            if step.done_at is None:  # the worker does them when their hour comes
                escalation.defer(step, step.request.team_id)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return counts


def _draw_keys(world: World) -> None:
    rows = world.all(DataKey)
    for row, drawn in zip(rows, vault.prepare_keys([row.holder for row in rows]), strict=True):
        row.uid, row.wrapped, row.wrapped_by = drawn.uid, drawn.wrapped, drawn.wrapped_by


def _seal(world: World) -> None:
    names: dict[int, dict[str, str]] = {}
    for row, field, text in world.seals:
        vault.write(row, field, text)
        if isinstance(row, Identity):
            names.setdefault(row.person_id, {})[field] = text
    for row in world.all(NameHash):
        row.digest, row.layers = naming.hash_of(names[row.person_id])


def _passwords(world: World) -> None:
    """These passwords are printed for everybody: a quick hash is enough, and the first sign-in makes it a slow one."""
    hasher = PBKDF2PasswordHasher()
    for login in world.logins:
        login.account.password = hasher.encode(login.password, hasher.salt(), iterations=QUICK)


def _factors(world: World) -> None:
    """Those whose role asks for a second factor have one, and its secret is printed as their password is."""
    must = {row.account_id for row in world.all(Membership) if row.role in FACTOR_ROLES}
    for login in world.logins:
        EmailAddress.objects.create(
            user_id=login.account.pk, email=login.account.email, verified=True, primary=True
        )
        if login.account.pk in must:
            locked = get_adapter().encrypt(secret_of(login.account.email.split("@")[0]))
            Authenticator.objects.create(
                user_id=login.account.pk, type=Authenticator.Type.TOTP, data={"secret": locked}
            )


def _copy(model: type[models.Model], rows: list[Any]) -> None:
    """All rows of one model in one COPY, their values prepared by its own fields."""
    fields = [field for field in model._meta.concrete_fields if not field.generated]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    with (
        connection.cursor() as cursor,
        cursor.copy(f'COPY "{model._meta.db_table}" ({columns}) FROM STDIN') as copy,
    ):
        for row in rows:
            copy.write_row(
                [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]
            )


def _in_order(found: list[type[models.Model]]) -> list[type[models.Model]]:
    """Referred to before referring."""
    done: list[type[models.Model]] = []

    def visit(model: type[models.Model]) -> None:
        if model in done or model not in found:
            return
        for field in model._meta.concrete_fields:
            if isinstance(field, models.ForeignKey) and field.related_model is not model:
                visit(field.related_model)
        done.append(model)

    for model in sorted(found, key=lambda m: m._meta.label):
        visit(model)
    return done


def _restart(model: type[models.Model], last: int) -> None:
    """Rows were given their keys: the next one of the application follows them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence(%s, %s), %s)",
            [f'"{model._meta.db_table}"', model._meta.pk.column, last],
        )


def as_of(world: World) -> dict[str, Any]:
    """What a caller wants to know of a world."""
    moment: datetime = world.moment
    return {"day": world.day.isoformat(), "moment": moment.isoformat(), "digest": world.digest()}
