"""The demonstration world in memory: rows with their keys, made from a seed and a day, before any database.

Everything that the world contains is decided here and nowhere else, so that two makings of the same day are equal
(``digest``). Loading adds only what must be random: data keys, nonces and salts of passwords.
"""

from __future__ import annotations

import hashlib
import random
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from django.db import models

from versants.core import clock
from versants.core.crypto.vault import SealedField
from versants.core.ids import PREFIX, new_code
from versants.core.models import DataKey
from versants.people.models import Account, NameHash, Team
from versants.people.services import keys

Row = TypeVar("Row", bound=models.Model)
Item = TypeVar("Item")

SEED = "versants"
# The hour at which the demonstration day is looked at: the night is over, the first visits have not begun.
SCENE = (8, 10)
# What follows a night's request at once, the call back and the visit noted, fits into this.
SETTLED = timedelta(minutes=75)


@dataclass(frozen=True)
class Login:
    """An account somebody may try, with the password that the world gives it."""

    account: Account
    password: str


class World:
    """Rows by model in the order of their making. ``day`` is the day shown; nothing has happened after ``moment``."""

    def __init__(self, day: date, moment: datetime | None = None, seed: str = SEED) -> None:
        self.day = day
        self.scene = clock.at(day, *SCENE)
        # Loaded later in the day, it is still the world of that morning: the worker then does what has come due.
        self.moment = min(moment or self.scene, self.scene)
        self.rng = random.Random(f"{seed} {day.isoformat()}")
        self.rows: dict[type[models.Model], list[Any]] = {}
        self.seals: list[tuple[Any, str, str]] = []
        self.logins: list[Login] = []
        self.codes: set[str] = set()
        self.named: dict[str, Any] = {}

    # -- making rows ------------------------------------------------------------------------------------------------

    def add(self, model: type[Row], **values: Any) -> Row:
        """A row of ``model`` with the next key; ``uid`` and instants that were not given come from the world."""
        rows = self.rows.setdefault(model, [])
        for field in model._meta.concrete_fields:
            if field.name == "uid" and "uid" not in values:
                values["uid"] = self.uid()
            elif field.default is clock.now and field.name not in values:
                values[field.name] = self.moment
        row = model(pk=len(rows) + 1, **values)
        rows.append(row)
        return row

    def key(self, team: Team, at: datetime, apart_of: DataKey | None = None) -> DataKey:
        """A data key of the team's organisation; beside ``apart_of`` the team's own, for clinical words.

        Its secret is drawn when the world is loaded.
        """
        if apart_of is None:
            return self.add(DataKey, created_at=at, holder=keys.holder_of(team))
        uid = uuid.uuid5(apart_of.uid, "clinical")  # not drawn: what is drawn afterwards stays as it was
        return self.add(DataKey, created_at=at, holder=keys.clinical_holder_of(team), uid=uid)

    def seal(self, row: Any, **texts: str) -> None:
        """Text for sealed columns of ``row``, encrypted when the world is loaded."""
        for field, text in texts.items():
            if text:
                self.seals.append((row, field, text))

    def all(self, model: type[Row]) -> list[Row]:
        """The rows of one model."""
        return self.rows.get(model, [])

    # -- chance -----------------------------------------------------------------------------------------------------

    def uid(self) -> uuid.UUID:
        return uuid.UUID(int=self.rng.getrandbits(128), version=4)

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def pick(self, items: Sequence[Item]) -> Item:
        return items[self.rng.randrange(len(items))]

    def weighted(self, weights: dict[Item, float]) -> Item:
        """A key, as often as its weight says."""
        return self.rng.choices(list(weights), list(weights.values()))[0]

    def shuffled(self, items: Sequence[Item]) -> list[Item]:
        found = list(items)
        self.rng.shuffle(found)
        return found

    def code(self, start: str = "") -> str:
        """A fresh programme code; ``start`` (such as V7K4-2M) is kept and the rest drawn."""
        fixed = start.replace("-", "").removeprefix(PREFIX)
        while True:
            chosen = iter(fixed)
            code = new_code(lambda letters, chosen=chosen: next(chosen, None) or self.pick(letters))
            # A check character outside the alphabet draws the whole code again, without its fixed part.
            if code not in self.codes and code.startswith(start):
                self.codes.add(code)
                return code

    # -- time -------------------------------------------------------------------------------------------------------

    def at(self, days: int, hour: int, minute: int = 0) -> datetime:
        """A wall time so many days after the day shown."""
        return clock.at(self.day + timedelta(days=days), hour, minute)

    def told(self, days: int, hour: int, minute: int = 0) -> datetime:
        """As ``at``, for what has already happened when the scene opens.

        Loaded before dawn, what the night was to bring has still happened: it is told that much earlier.
        """
        at = self.at(days, hour, minute)
        return at if at + SETTLED <= self.moment else at + (self.moment - self.scene)

    # -- proof ------------------------------------------------------------------------------------------------------

    def digest(self) -> str:
        """A hash of everything but the secrets drawn at loading: equal worlds have equal digests."""
        found = hashlib.sha256()
        for line in self._lines():
            found.update(line.encode())
        return found.hexdigest()

    def _lines(self) -> Iterator[str]:
        for model in sorted(self.rows, key=lambda m: m._meta.label):
            columns = [
                field.attname
                for field in model._meta.concrete_fields
                if not isinstance(field, SealedField)
                and not field.generated
                and field.name not in {"wrapped", "wrapped_by", "password"}
                and not (model is DataKey and field.name == "uid")
                and (model is not NameHash or field.name not in {"digest", "layers"})
            ]
            for row in self.rows[model]:
                yield f"{model._meta.label} {[str(getattr(row, column)) for column in columns]}\n"
        for row, field, text in self.seals:
            yield f"{row._meta.label} {row.pk} {field} {text}\n"
