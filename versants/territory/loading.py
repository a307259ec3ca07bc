"""Loads the shipped reference data into the database, only when it changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from versants.core.errors import BadInput, Conflict
from versants.territory import sources
from versants.territory.folding import fold
from versants.territory.models import Commune, DataSource, EmergencyNumber, Language, ReceptionCentre, Versant

Row = dict[str, str]


@dataclass(frozen=True)
class Loaded:
    """What happened to one file: its rows, and whether anything had to be written."""

    name: str
    rows: int
    changed: bool


def load(*, force: bool = False) -> list[Loaded]:
    """Bring the tables in line with the shipped files, in one transaction. Run as the tables' owner.

    Rows that left a file leave the table, unless something points at them: then Conflict
    ``territory.still_used``. Raises BadInput ``territory.source_empty`` for a file with fewer rows than a
    complete one has, ``territory.source_bad`` for a row that cannot be understood; nothing is then changed.
    """
    with transaction.atomic():
        known = dict(DataSource.objects.values_list("name", "sha256"))
        return [_load_file(name, writer, known.get(name), force) for name, writer in WRITERS.items()]


def _load_file(name: str, writer: Callable[[Sequence[Row]], None], known: str | None, force: bool) -> Loaded:
    raw = sources.content(name)
    sha256 = sources.digest(raw)
    if known == sha256 and not force:
        return Loaded(name, DataSource.objects.get(name=name).rows, changed=False)
    rows = sources.rows(raw)
    if len(rows) < sources.LEAST[name]:
        raise BadInput(
            "territory.source_empty",
            f"{name} has {len(rows)} rows; at least {sources.LEAST[name]} are expected. Nothing was loaded.",
            name=name,
        )
    try:
        writer(rows)
    except (KeyError, ValueError) as exc:
        raise BadInput(
            "territory.source_bad",
            f"{name} cannot be understood: {exc}. Nothing was loaded.",
            name=name,
        ) from exc
    except ProtectedError as exc:
        raise Conflict(
            "territory.still_used",
            f"{name} no longer has a row that is still in use. Nothing was loaded.",
            name=name,
        ) from exc
    about = sources.ORIGINS[name]
    DataSource.objects.update_or_create(
        name=name,
        defaults={
            "sha256": sha256,
            "rows": len(rows),
            "origin": about.origin,
            "as_of": about.as_of,
            "loaded_at": timezone.now(),
        },
    )
    return Loaded(name, len(rows), changed=True)


def _merge(model: Any, key: Sequence[str], fields: Sequence[str], values: Iterable[Sequence[Any]]) -> None:
    """COPY ``values`` (columns ``key`` + ``fields``) beside the table, merge them in, remove what is gone."""
    columns = [model._meta.get_field(name).column for name in (*key, *fields)]
    keys, rest = columns[: len(key)], columns[len(key) :]
    table, names = model._meta.db_table, ", ".join(columns)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE incoming ON COMMIT DROP AS SELECT {names} FROM {table} LIMIT 0")
        with cursor.cursor.copy(f"COPY incoming ({names}) FROM STDIN") as copy:
            for row in values:
                copy.write_row(row)
        updates = ", ".join(f"{name} = EXCLUDED.{name}" for name in rest)
        cursor.execute(
            f"INSERT INTO {table} ({names}) SELECT {names} FROM incoming "
            f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {updates}"
        )
        same = " AND ".join(f"t.{name} = incoming.{name}" for name in keys)
        cursor.execute(
            f"SELECT {model._meta.pk.column} FROM {table} t "
            f"WHERE NOT EXISTS (SELECT 1 FROM incoming WHERE {same})"
        )
        gone = [pk for (pk,) in cursor.fetchall()]
        cursor.execute("DROP TABLE incoming")
    if gone:
        model.objects.filter(pk__in=gone).delete()  # through Django, so that PROTECT speaks


def _communes(rows: Sequence[Row]) -> None:
    copied = ("code", "name_fr", "name_nl", "versant", "country", "admin2", "arrondissement")
    copied += ("postal_code", "postal_codes")
    unknown = {row["versant"] for row in rows} - set(Versant.values)
    if unknown:
        raise ValueError(f"unknown versant {', '.join(sorted(unknown))}")
    _merge(
        Commune,
        ["uid"],
        [*copied, "lat", "lon", "population", "folded"],
        (
            (
                row["uid"],
                *(row[name] for name in copied),
                float(row["lat"]),
                float(row["lon"]),
                int(row["population"]) if row["population"] else None,
                folded_names(row["name_fr"], row["name_nl"], row["postal_codes"]),
            )
            for row in rows
        ),
    )


def folded_names(name_fr: str, name_nl: str, postal_codes: str) -> str:
    """What a commune is found by: " mouscron | moeskroen | 7700 | 7711 ", each between spaces."""
    parts = dict.fromkeys([fold(name_fr), fold(name_nl), *postal_codes.split()])
    return f" {' | '.join(part for part in parts if part)} "


def _languages(rows: Sequence[Row]) -> None:
    copied = ("bcp47", "name_fr", "name_nl", "name_en", "autonym", "script", "direction")
    known = {row["iso639_3"] for row in rows}
    # A macrolanguage that is not itself offered (fas, kur) is no row here: only listed ones are linked.
    _merge(
        Language,
        ["code"],
        [*copied, "macro", "first_rank"],
        (
            (
                row["iso639_3"],
                *(row[name] for name in copied),
                row["macrolanguage"] if row["macrolanguage"] in known else None,
                int(row["first_rank"]) if row["first_rank"] else None,
            )
            for row in rows
        ),
    )


def _centres(rows: Sequence[Row]) -> None:
    copied = ("kind", "operator", "as_of", "status", "source")
    unknown = {row["uid"] for row in rows} - set(Commune.objects.values_list("uid", flat=True))
    if unknown:
        raise ValueError(f"unknown commune {', '.join(sorted(unknown))}")
    _merge(
        ReceptionCentre,
        ["name", "commune"],
        [*copied, "capacity"],
        (
            (
                row["name"],
                row["uid"],
                *(row[name] for name in copied),
                int(row["capacity"]) if row["capacity"] else None,
            )
            for row in rows
        ),
    )


def _emergency_numbers(rows: Sequence[Row]) -> None:
    copied = ("what_fr", "what_nl", "what_en", "source")
    first = {row["versant"] for row in rows if row["number"] == "112"}
    if first != set(Versant.values):
        raise ValueError("112 is missing for a versant")
    unsourced = [row["number"] for row in rows if not row["source"].strip()]
    if unsourced:
        raise ValueError(f"no source for {', '.join(unsourced)}")
    _merge(
        EmergencyNumber,
        ["versant", "number"],
        ["rank", *copied, "read_on"],
        (
            (
                row["versant"],
                row["number"],
                int(row["rank"]),
                *(row[name] for name in copied),
                date.fromisoformat(row["read_on"]),
            )
            for row in rows
        ),
    )


WRITERS: dict[str, Callable[[Sequence[Row]], None]] = {
    "communes.csv.gz": _communes,
    "languages.csv": _languages,
    "reception_centres.csv": _centres,
    "emergency_numbers.csv": _emergency_numbers,
}
