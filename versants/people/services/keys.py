"""Which key seals what about a person: the organisation's for identity and follow-up, the team's for clinical words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from django.db import connection, transaction

from versants.core.access.classes import Role
from versants.core.access.scope import Actor, acting
from versants.core.crypto import holders, vault
from versants.core.models import DataKey
from versants.people.models import ClinicalSheet, Organisation, Person, Team


def holder_of(team: Team) -> str:
    """The organisation that the team belongs to."""
    return holders.holder(team.organisation.uid)


def clinical_holder_of(team: Team) -> str:
    """The team itself."""
    return holders.holder(team.organisation.uid, team.uid)


def new_key(team: Team) -> DataKey:
    """For identity, follow-up and the words of requests."""
    return vault.new_key(holder_of(team))


def new_clinical_key(team: Team) -> DataKey:
    """For what clinicians write."""
    return vault.new_key(clinical_holder_of(team))


def clinical_key_of(person: Person) -> DataKey:
    """The person's clinical key; a file from before gets one now, under the team that follows the person."""
    if person.clinical_key is not None:
        return person.clinical_key
    team = Team.objects.select_related("organisation").get(pk=person.team_id)
    with acting(Actor.for_team(team)):
        own = Person.objects.select_for_update(of=("self",)).select_related("clinical_key").get(pk=person.pk)
        if own.clinical_key is None:
            own.clinical_key = new_clinical_key(team)
            own.save(update_fields=["clinical_key"])
    person.clinical_key = own.clinical_key
    return own.clinical_key


def names() -> dict[str, str]:
    """Organisations and their teams by holder, for a person to read."""
    found = {holders.holder(one.uid): str(one) for one in Organisation.objects.all()}
    for team in Team.objects.select_related("organisation"):
        found[clinical_holder_of(team)] = f"{team.organisation}, {team.name}"
    return found


# -- what keys from before still need ---------------------------------------------------------------------------------


@contextmanager
def as_clinicians(team: Team) -> Iterator[Actor]:
    """The team's own reading of all its rows, clinical ones included: for moving words to their key, unread."""
    with acting(replace(Actor.for_team(team), role=Role.CLINICIAN.value)) as actor:
        yield actor


def teams() -> list[Team]:
    return list(Team.objects.select_related("organisation").order_by("pk"))


def assign(tables: tuple[str, ...], limit: int) -> int:
    """Say whose the keys are that say nothing yet: the organisation of the team that owns the row they seal."""
    done = 0
    for team in teams():
        for table in tables:
            if done >= limit:
                return done
            with as_clinicians(team), connection.cursor() as cursor:
                cursor.execute(
                    f"UPDATE core_datakey SET holder = %s WHERE holder = '' AND wrapped IS NOT NULL AND id IN"
                    f" (SELECT r.key_id FROM {table} r JOIN core_datakey k ON k.id = r.key_id"
                    f"  WHERE r.team_id = %s AND k.holder = '' AND k.wrapped IS NOT NULL LIMIT %s)",
                    [holder_of(team), team.pk, limit - done],
                )
                done += cursor.rowcount
    return done


def unassigned(tables: tuple[str, ...]) -> int:
    """Keys in use by these tables that do not say whose they are."""
    found = 0
    for team in teams():
        for table in tables:
            with as_clinicians(team), connection.cursor() as cursor:
                cursor.execute(
                    f"SELECT count(DISTINCT k.id) FROM {table} r JOIN core_datakey k ON k.id = r.key_id"
                    " WHERE r.team_id = %s AND k.holder = '' AND k.wrapped IS NOT NULL",
                    [team.pk],
                )
                found += cursor.fetchone()[0]
    return found


def assign_files(limit: int) -> int:
    """Keys of files."""
    return assign(("people_person",), limit)


def files_unassigned() -> int:
    return unassigned(("people_person",))


def reseal(row: object, field: str, key: DataKey, *also: str) -> None:
    """The same text in the same place under another key."""
    text = vault.read(row, field)
    row.key = key  # type: ignore[attr-defined]
    vault.write(row, field, text)
    row.save(update_fields=["key", field, *also])  # type: ignore[attr-defined]


def part_sheets(limit: int) -> int:
    """Clinical sheets that stand under the key of the identity get a key of their own."""
    done = 0
    for team in teams():
        if done >= limit:
            break
        with transaction.atomic(), as_clinicians(team):
            rows = _together(team).select_related("key", "person__clinical_key")
            for sheet in rows.select_for_update(of=("self",), skip_locked=True)[: limit - done]:
                reseal(sheet, "summary", clinical_key_of(sheet.person))
                done += 1
    return done


def sheets_together() -> int:
    """How many clinical sheets are not apart yet."""
    found = 0
    for team in teams():
        with as_clinicians(team):
            found += _together(team).count()
    return found


def _together(team: Team):  # type: ignore[no-untyped-def]
    return (
        ClinicalSheet.objects.filter(team=team, key__destroyed_at=None)
        .exclude(key__holder__contains="/")
        .order_by("pk")
    )
