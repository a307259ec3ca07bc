"""Brings the database's row security in line with the shields declared on the models.

Run after every migration (post_migrate), as the owner; it is idempotent: policies that changed are replaced,
tables and functions are granted to the application's role, which owns nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from versants.core.access.classes import WALLED_ROLES
from versants.core.access.shield import shields

APP_ROLE = "versants_app"

# app.now() reads the running clock, not the transaction's beginning: what a request grants, it may use at once.
_WALL = ", ".join(f"'{role}'" for role in sorted(WALLED_ROLES))
FUNCTIONS = f"""
CREATE SCHEMA IF NOT EXISTS app;
CREATE OR REPLACE FUNCTION app.setting(name text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('app.' || name, true), '') $$;
CREATE OR REPLACE FUNCTION app.membership() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('app.membership', true), '')::bigint $$;
CREATE OR REPLACE FUNCTION app.account() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('app.account', true), '')::bigint $$;
CREATE OR REPLACE FUNCTION app.team() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('app.team', true), '')::bigint $$;
CREATE OR REPLACE FUNCTION app.desk() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('app.desk', true), '')::bigint $$;
CREATE OR REPLACE FUNCTION app.organisation() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('app.organisation', true), '')::bigint $$;
CREATE OR REPLACE FUNCTION app.professional() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('app.professional', true), '')::bigint $$;
CREATE OR REPLACE FUNCTION app.link() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('app.link', true), '')::bigint $$;
CREATE OR REPLACE FUNCTION app.role() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT coalesce(current_setting('app.role', true), '') $$;
CREATE OR REPLACE FUNCTION app.now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT coalesce(nullif(current_setting('app.now', true), '')::timestamptz, clock_timestamp()) $$;
CREATE OR REPLACE FUNCTION app.granted(kind text, classes text[]) RETURNS SETOF bigint LANGUAGE sql STABLE AS
$$ SELECT subject_id FROM core_grant
   WHERE subject_kind = kind AND (classes IS NULL OR data_class = ANY(classes))
     AND ((holder_kind = 'membership' AND holder_id = app.membership())
       OR (holder_kind = 'team' AND holder_id = app.team())
       OR (holder_kind = 'desk' AND holder_id = app.desk())
       OR (holder_kind = 'organisation' AND holder_id = app.organisation())
       OR (holder_kind = 'link' AND holder_id = app.link()))
     AND (data_class <> 'clinical' OR app.role() = 'clinician')
     AND app.role() NOT IN ({_WALL})
     AND period @> app.now() $$;
"""

# A function of the owner looks for its tables among ours, and for a temporary one of its caller last: PostgreSQL looks
# there first unless it is told otherwise, and everybody may make temporary tables in a database that does not say no.
_DEFINERS = """
SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE p.prosecdef AND n.nspname IN ('public', 'app') AND p.proowner = current_user::regrole
  AND NOT coalesce(p.proconfig, '{}') @> ARRAY['search_path=public, pg_temp']
"""

# Narrow functions of the apps, created after the tables exist.
_SQL: list[str] = []


def register_sql(sql: str) -> None:
    """An idempotent CREATE OR REPLACE of an app, run with the policies."""
    if sql not in _SQL:
        _SQL.append(sql)


# What the application's role may not do at all, whatever a view tries.
_WITHHELD = {
    "core_auditevent": "UPDATE, DELETE",
    "core_unsealedevent": "INSERT, UPDATE, DELETE",
    "core_seal": "INSERT, UPDATE, DELETE",
    "core_ending": "INSERT, DELETE",
}


def append_only(table: str) -> None:
    """Rows of ``table`` are added by the application, never changed or removed."""
    _WITHHELD[table] = "UPDATE, DELETE"


def owners_alone(table: str) -> None:
    """``table`` is read and written by functions of the tables' owner, never by the application itself."""
    _WITHHELD[table] = "SELECT, INSERT, UPDATE, DELETE"


def install() -> None:
    """Create functions, replace policies, grant the application's role what it needs."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(FUNCTIONS)
        present = set(connection.introspection.table_names(cursor))
        if "core_grant" not in present or not set(shields()) <= present:
            return  # an app was migrated alone; the full migrate installs everything
        for table, (_model, shield) in sorted(shields().items()):
            cursor.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
            cursor.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
            cursor.execute(
                "SELECT policyname FROM pg_policies WHERE schemaname = 'public' AND tablename = %s", [table]
            )
            for (name,) in cursor.fetchall():
                cursor.execute(f'DROP POLICY "{name}" ON "{table}"')
            for policy in shield.policies():
                cursor.execute(policy.sql(table))
        for sql in _SQL:
            cursor.execute(sql)
        cursor.execute(_DEFINERS)
        for (function,) in cursor.fetchall():
            cursor.execute(f"ALTER FUNCTION {function} SET search_path = public, pg_temp")
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [APP_ROLE])
        if cursor.fetchone():
            cursor.execute(f"GRANT USAGE ON SCHEMA public, app TO {APP_ROLE}")
            cursor.execute(
                f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {APP_ROLE}"
            )
            cursor.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {APP_ROLE}")
            cursor.execute(f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public, app TO {APP_ROLE}")
            for table, rights in _WITHHELD.items():
                if table in present:
                    cursor.execute(f'REVOKE {rights} ON "{table}" FROM {APP_ROLE}')
            if "django_migrations" in present:
                cursor.execute(f"REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {APP_ROLE}")


@contextmanager
def lifted() -> Iterator[None]:
    """Row security off for the table owner, inside one transaction: for loading a whole world or a backup.

    The application's role cannot do this; other sessions wait, they never see the tables unprotected.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        tables = sorted(shields())
        for table in tables:
            cursor.execute(f'ALTER TABLE "{table}" NO FORCE ROW LEVEL SECURITY')
        yield
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in tables:
            cursor.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
