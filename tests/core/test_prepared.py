"""A start passes over the preparation only if nothing that it makes has changed."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from versants.launch.prepare import SIGNATURE


def signature() -> str:
    with connection.cursor() as cursor:
        cursor.execute(SIGNATURE)
        return str(cursor.fetchone()[0])


@pytest.mark.parametrize(
    "change",
    [
        "delete from django_migrations where id = (select max(id) from django_migrations)",
        "insert into django_migrations (app, name, applied) values ('mobile', '9999_next', now())",
        "update territory_source set sha256 = repeat('0', 64)",
        "alter table people_identity no force row level security",
        "grant delete on core_auditevent to versants_app",
        "revoke select on people_person from versants_app",
        "create or replace function app.busy(bigint[], tstzrange) returns table(professional_id bigint,"
        " busy tstzrange) language sql as 'select null::bigint, null::tstzrange'",
        "delete from people_membership where id = (select max(id) from people_membership)",
    ],
)
def test_signature_changes_with_what_was_prepared(world, change):
    before = signature()
    assert signature() == before
    with transaction.atomic(), connection.cursor() as cursor:
        if "app.busy" in change:
            cursor.execute("drop function if exists app.busy(bigint[], tstzrange) cascade")
        cursor.execute("set constraints all immediate")  # the world was made in this transaction
        cursor.execute(change)
        assert signature() != before
        transaction.set_rollback(True)
    assert signature() == before


def test_signature_changes_when_a_policy_is_dropped(world):
    before = signature()
    with connection.cursor() as cursor:
        cursor.execute("select policyname, tablename from pg_policies order by 2, 1 limit 1")
        policy, table = cursor.fetchone()
        cursor.execute(f'drop policy "{policy}" on "{table}"')
    assert signature() != before
