"""Finding a file by the whole name without opening any: keyed hashes of names, compared for the own team alone.

A hash says that two names are equal and nothing else. It is made of the name as typed, without regard to case, accents,
spaces and signs; who asks must know the whole name. Each question is an event, with the codes found.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from versants.core import audit
from versants.core.access.classes import TEAM_ROLES
from versants.core.access.scope import Actor, acting
from versants.core.crypto import keyring, vault
from versants.core.errors import ActionDenied, BadInput
from versants.people.models import NameHash, Person
from versants.people.services import keys

_PURPOSE = "name"
MOST_WORDS = 8


def fold(text: str) -> str:
    """Letters and digits alone, without accents, in lower case: ``É. d'Àrc`` and ``e darc`` are the same name."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in parts if c.isalnum())


def hash_of(identity: Mapping[str, str]) -> tuple[str, int]:
    """The hash of first name and name, and its layers; an empty one without a name."""
    full = fold(f"{identity.get('first_name', '')} {identity.get('name', '')}")
    return vault.blind_index(_PURPOSE, full) if full else "", len(keyring.index_keys())


def keep(person: Person, identity: Mapping[str, str]) -> None:
    """Let the person's team find the file by this name from now on. Nothing without a name."""
    digest, layers = hash_of(identity)
    if digest:
        NameHash.objects.create(person=person, team_id=person.team_id, digest=digest, layers=layers)


def _digests(text: str) -> list[str]:
    """Of the name as typed and with its words the other way round, as hashes before and after a rotation had them."""
    words = text.split()[:MOST_WORDS]
    found: dict[str, None] = {}
    for n in range(len(words)):
        turned = " ".join(words[n:] + words[:n])
        for form in (fold(turned), turned):  # files from before kept accents and signs
            if form:
                found |= dict.fromkeys(vault.blind_indexes(_PURPOSE, form))
    return list(found)


@transaction.atomic
def persons_named(*, text: str, actor: Actor) -> list[Person]:
    """Persons of the actor's own team whose whole name this is, first name and name in either order, newest first.

    Raises ActionDenied ``person.no_team``; BadInput ``name`` if nothing was typed.
    """
    if actor.team is None or actor.role not in TEAM_ROLES:
        raise ActionDenied("person.no_team", _("Only a team that accompanies persons looks for one of them."))
    if not fold(text):
        raise BadInput("name", _("Type the whole name: first name and name."))
    equal = NameHash.objects.visible_to(actor).filter(team_id=actor.team, digest__in=_digests(text))
    found = list(
        Person.objects.visible_to(actor)
        .filter(pk__in=[row.person_id for row in equal], key__wrapped__isnull=False)
        .prefetch_related("languages__language")
        .order_by("-created_at", "-pk")
    )
    audit.record_each("person.looked_for", [one.code for one in found] or [""], found=len(found))
    return found


# -- what a change of the index key, or a restore, leaves to do -----------------------------------------------------------


def _to_do() -> QuerySet[NameHash]:
    behind = Q(layers__lt=len(keyring.index_keys())) | Q(person__key__wrapped=None)
    return NameHash.objects.filter(behind).select_related("person__key").order_by("pk")


def lay_over(limit: int) -> int:
    """One layer more over at most ``limit`` hashes that lack it; those of somebody erased go. Returns how many."""
    layers = len(keyring.index_keys())
    done = 0
    for team in keys.teams():
        if done >= limit:
            break
        with transaction.atomic(), acting(Actor.for_team(team)):
            rows = _to_do().filter(team=team).select_for_update(of=("self",), skip_locked=True)
            for row in rows[: limit - done]:
                done += 1
                if row.person.key.wrapped is None:
                    row.delete()
                    continue
                row.digest, row.layers = vault.lay_over(row.digest, row.layers), layers
                row.save(update_fields=["digest", "layers"])
    return done


def behind() -> int:
    """How many hashes are left to do."""
    found = 0
    for team in keys.teams():
        with acting(Actor.for_team(team)):
            found += _to_do().filter(team=team).count()
    return found
