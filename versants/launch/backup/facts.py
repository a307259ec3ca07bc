"""What a database holds, as figures that two databases can be compared by, row by row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from versants.launch.errors import SurroundingsError

# The text of a row must not depend on who asks, nor on where.
_SPEAK = (
    "set local timezone = 'UTC'; set local datestyle = 'ISO, MDY'; set local intervalstyle = 'postgres';"
    " set local bytea_output = 'hex'; set local extra_float_digits = 1; set local row_security = off;"
    " set local statement_timeout = 0; set local search_path = public"
)
_TABLES: LiteralString = """
select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and c.relpersistence = 'p' and n.nspname not in ('pg_catalog', 'information_schema')
  and not exists (select 1 from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
order by 1, 2
"""
# Sums of 64 bits of each row's hash: the order of rows does not matter, a row twice counts twice.
_SUM: LiteralString = (
    "select count(*), coalesce(sum(('x' || substr(md5(t::text), 1, 16))::bit(64)::bigint::numeric), 0)::text"
    " from {} t"
)
# By name, since their definitions are printed differently by each PostgreSQL; NOT NULL became a constraint in 18.
_SHAPE: dict[str, LiteralString] = {
    "columns": """select c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
        from pg_attribute a join pg_class c on c.oid = a.attrelid where {inside} and c.relkind = 'r'
        and a.attnum > 0 and not a.attisdropped""",
    "indexes": "select c.relname from pg_class c where {inside} and c.relkind = 'i'",
    "constraints": """select c.relname || '.' || k.conname from pg_constraint k join pg_class c on c.oid = k.conrelid
        where {inside} and k.contype <> 'n'""",
    "policies": """select c.relname || '.' || p.polname || p.polcmd::text from pg_policy p
        join pg_class c on c.oid = p.polrelid where {inside}""",
    "row security": """select c.relname from pg_class c where {inside} and c.relkind = 'r'
        and c.relrowsecurity and c.relforcerowsecurity""",
    "triggers": """select c.relname || '.' || g.tgname from pg_trigger g join pg_class c on c.oid = g.tgrelid
        where {inside} and not g.tgisinternal""",
    "functions": """select p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')' || md5(p.prosrc)
        from pg_proc p where p.pronamespace in (select oid from pg_namespace where nspname in ('public', 'app'))
        and not exists (select 1 from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid
                        and d.deptype = 'e')""",
    "rights": """select c.relname || ' ' || x.privilege_type from pg_class c, aclexplode(c.relacl) x
        join pg_roles r on r.oid = x.grantee where {inside} and c.relkind in ('r', 'S') and r.rolname = 'versants_app'""",
}
_INSIDE = (
    "c.relnamespace in (select oid from pg_namespace where nspname in ('public', 'app')) and not exists (select 1 from"
    " pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')"
)


@dataclass(frozen=True)
class Facts:
    """``tables``: rows and checksum by ``schema.table``. ``shape``: how many of each kind of thing, and a hash."""

    tables: dict[str, tuple[int, str]]
    shape: dict[str, tuple[int, str]]

    @property
    def rows(self) -> int:
        return sum(rows for rows, _ in self.tables.values())

    def as_json(self) -> dict[str, Any]:
        return {
            "tables": {name: list(found) for name, found in self.tables.items()},
            "shape": {name: list(found) for name, found in self.shape.items()},
        }

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Facts:
        def read(part: dict[str, Any]) -> dict[str, tuple[int, str]]:
            return {str(name): (int(rows), str(found)) for name, (rows, found) in part.items()}

        return cls(read(content["tables"]), read(content["shape"]))


def gather(connection: psycopg.Connection, before_rows: Callable[[], None] | None = None) -> Facts:
    """Every table's rows and checksum and the shape around them, in the connection's transaction.

    ``before_rows`` is called between the shape and the rows: an owner lifts row security there.
    Raises SurroundingsError ``backup.row_security`` if a policy would hide rows: a sum of some rows is worth nothing.
    """
    connection.execute(_SPEAK)
    shape: dict[str, tuple[int, str]] = {}
    for kind, question in _SHAPE.items():
        row = connection.execute(
            "select count(*), coalesce(md5(string_agg(x, '|' order by x collate \"C\")), '') from ("
            + question.replace("{inside}", _INSIDE)
            + ") t(x)"
        ).fetchone()
        assert row is not None
        shape[kind] = (int(row[0]), str(row[1]))
    if before_rows is not None:
        before_rows()
    tables: dict[str, tuple[int, str]] = {}
    for schema, name in connection.execute(_TABLES).fetchall():
        try:
            row = connection.execute(sql.SQL(_SUM).format(sql.Identifier(schema, name))).fetchone()
        except psycopg.errors.InsufficientPrivilege as error:
            raise hidden(connection.info.user) from error
        assert row is not None
        tables[f"{schema}.{name}"] = (int(row[0]), str(row[1]))
    return Facts(tables, shape)


def differences(before: Facts, after: Facts) -> list[str]:
    """Sentences, none if equal."""
    said = []
    for name in sorted(before.tables.keys() | after.tables.keys()):
        one, other = before.tables.get(name), after.tables.get(name)
        if one is None or other is None:
            said.append(f"The table {name} is {'too many' if one is None else 'missing'}.")
        elif one[0] != other[0]:
            said.append(f"{name}: {one[0]} rows are expected, {other[0]} are there.")
        elif one[1] != other[1]:
            said.append(f"{name}: a row is not what it was.")
    for kind, expected in before.shape.items():
        found = after.shape.get(kind, (0, ""))
        if found != expected:
            said.append(f"The {kind} differ: {expected[0]} are expected, {found[0]} are there.")
    return said


def sequences_behind(connection: psycopg.Connection) -> list[str]:
    """Sequences that would give out a number their column already holds, as ``table.column``."""
    owned = connection.execute(
        """select s.relnamespace::regnamespace::text, s.relname, n.nspname, c.relname, a.attname
           from pg_depend d join pg_class s on s.oid = d.objid and s.relkind = 'S'
           join pg_class c on c.oid = d.refobjid join pg_namespace n on n.oid = c.relnamespace
           join pg_attribute a on a.attrelid = c.oid and a.attnum = d.refobjsubid
           where d.classid = 'pg_class'::regclass and d.deptype in ('a', 'i')"""
    ).fetchall()
    behind = []
    for sequence_schema, sequence, schema, table, column in owned:
        row = connection.execute(
            sql.SQL("select coalesce((select max({}) from {}), 0) > (select last_value from {})").format(
                sql.Identifier(column),
                sql.Identifier(schema, table),
                sql.Identifier(sequence_schema, sequence),
            )
        ).fetchone()
        if row and row[0]:
            behind.append(f"{table}.{column}")
    return behind


def hidden(role: str) -> SurroundingsError:
    """The sentence for a role that does not see every row."""
    return SurroundingsError(
        f"The role “{role}” does not see every row: row security would cut the backup. Give DATABASE_BACKUP_URL with a"
        " role that may read everything (BYPASSRLS, pg_read_all_data); docs/operations.md makes one.",
        code="backup.row_security",
    )
