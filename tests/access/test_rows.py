"""Who sees which row, by hand; what the database says; what the querysets say: three answers, always equal.

Then each policy is taken away in turn, and something must change.
"""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from tests.access.rows import fill, readers
from versants.core import clock
from versants.core.access.classes import WALLED_ROLES
from versants.core.access.scope import acting
from versants.core.access.shield import OPEN_TABLES, shields

TEAM = {"coordinator", "clinician", "practitioner", "team_job"}
# Invited for the visit from the other side, with the person's consent.
INVITED = {"french_clinician"}
# A request passed across the border with the person's agreement: the receiving team reads its words.
PASSED_TO = {"french_coordinator", "french_clinician"}
WALLOON = {"coordinator", "clinician", "practitioner", "interpreter", "team_job"} | INVITED
COORDINATION = {"french_coordinator", "desk"}
ASKERS = {"link", "requester", "site_manager"}
WORKFORCE = {
    "coordinator",
    "clinician",
    "practitioner",
    "french_coordinator",
    "french_clinician",
    "desk",
    "interpreter",
    "team_job",
}
OWN_HOUSE = {"coordinator", "team_job"}
# Give access in the Walloon house: coordination, and its administrator.
GIVING = {"coordinator", "administrator", "team_job"}
# Tables about accounts, which these write for their own house.
OFFICES = {
    "people_invitation": {"administrator"},
    "people_recovery": {"administrator", "dpo"},
    "people_authoritydemand": {"dpo"},
    "people_demandanswer": {"dpo"},
}
MEMBERS = "every membership"

# The Walloon side's row of each table, and who reads it. Anybody not named does not.
EXPECTED: dict[str, tuple[str, set[str]]] = {
    "core_auditevent": ("audit", {"dpo"}),
    "core_grant": ("grant", TEAM | PASSED_TO),
    "core_job": ("job", TEAM | {"site_manager", "requester"}),
    "core_message": ("message", TEAM),
    "people_invitation": ("invitation", GIVING | {"invited"}),
    "people_recovery": ("recovery", GIVING | {"dpo", "coming_back"}),
    "people_authoritydemand": ("demand", {"dpo"}),
    "people_demandanswer": ("demand_answer", {"dpo"}),
    "people_professional": ("elise", WORKFORCE),
    "people_professionallanguage": ("elise.languages", WORKFORCE),
    "people_mandate": ("elise.mandates", WORKFORCE),
    "people_weeklyshift": ("elise.weekly_shifts", WORKFORCE),
    "people_oncall": ("on_call", WORKFORCE),
    "people_professionalprivate": ("elise.private", OWN_HOUSE | {"clinician"}),
    "people_import": ("imported", OWN_HOUSE),
    "people_sitecontact": ("contact", TEAM),
    "people_absence": ("absence", OWN_HOUSE | {"clinician"}),
    "mobile_stafftime": ("staff_time", OWN_HOUSE | {"clinician"}),
    "people_household": ("household", TEAM),
    "people_person": ("person", WALLOON),
    "people_personlanguage": ("person.languages", WALLOON),
    "people_identity": ("person.identity", {"clinician"} | INVITED),
    "people_namehash": ("person.name_hash", TEAM),
    "people_identityopening": ("opening", TEAM),
    "people_consent": ("consent", TEAM | INVITED),
    "people_socialsheet": ("person.social_sheet", TEAM | INVITED),
    "people_clinicalsheet": ("person.clinical_sheet", {"clinician"} | INVITED),
    "people_privatenote": ("private_note", {"clinician"}),
    "mobile_requestlink": ("link", TEAM | {"link", "link_only", "site_manager"}),
    "mobile_request": ("request", TEAM | COORDINATION | ASKERS | PASSED_TO),
    "mobile_requestmatter": ("matter", TEAM | PASSED_TO),
    "mobile_requestnote": ("note", TEAM | PASSED_TO),
    "mobile_requestperson": ("request_person", TEAM | PASSED_TO),
    "mobile_requestlanguage": ("request_language", TEAM | COORDINATION | ASKERS | PASSED_TO),
    "mobile_requestevent": ("event", TEAM | COORDINATION | ASKERS | PASSED_TO),
    "mobile_escalationstep": ("step", TEAM | COORDINATION | ASKERS | PASSED_TO),
    "mobile_requestdraft": ("draft", {"phone"}),
    "mobile_need": ("need", TEAM | COORDINATION),
    "mobile_visit": ("visit", WALLOON | COORDINATION | ASKERS),
    "mobile_slot": ("slot", WALLOON | COORDINATION | ASKERS),
    "mobile_assignment": ("own_past", WALLOON | COORDINATION | ASKERS | {"offer"}),
    "mobile_record": ("record", TEAM | INVITED),
    "mobile_recordperson": ("record_person", TEAM | INVITED),
    "mobile_recordaddition": ("addition", TEAM | INVITED),
    "mobile_socialnote": ("social_note", TEAM | INVITED),
    "mobile_clinicalnote": ("clinical_note", {"clinician"} | INVITED),
    "mobile_clinicaladdition": ("clinical_addition", {"clinician"} | INVITED),
    "mobile_confirmedhours": ("hours", OWN_HOUSE | {"clinician"}),
    "mobile_followup": ("follow_up", TEAM | INVITED),
    "mobile_attempt": ("attempt", TEAM | INVITED),
    "mobile_boardmove": ("move", TEAM),
    "mobile_planproposal": ("plan", TEAM),
    "mobile_planpiece": ("piece", TEAM),
    "mobile_interventionfact": ("fact", {MEMBERS}),
    "mobile_facttotal": ("total", {MEMBERS}),
    "mobile_unmetneed": ("unmet", {MEMBERS}),
    "networks_studyrun": ("study", OWN_HOUSE),
    "networks_studypiece": ("study_piece", OWN_HOUSE),
}

# Writes that a policy exists for and that changing nothing would not show.
MORE = {
    "mobile_request": "UPDATE mobile_request SET team_id = %(french)s WHERE id = %(pk)s",
    # What a team brought in it may take back.
    "mobile_interventionfact": "DELETE FROM mobile_interventionfact WHERE id = %(pk)s",
}


@pytest.fixture
def full(world):
    fill(world)
    return world


def _row(w, name: str):
    if name == "audit":
        from versants.core.models import AuditEvent

        return AuditEvent.objects.get(team_id=w.walloon.pk, action="person.read").pk
    head, _, rest = name.partition(".")
    row = getattr(w.be, head, None) or getattr(w, head)
    if rest:
        row = getattr(row, rest)
        if hasattr(row, "first"):
            row = row.first()
    return row.pk


def _seen(actor, table: str) -> set[int]:
    with acting(actor), connection.cursor() as cursor:
        cursor.execute(f'SELECT id FROM "{table}"')
        return {row[0] for row in cursor.fetchall()}


def _allowed(actor, sql: str, params=()) -> int | None:
    """Rows touched, None if row security refuses. Any other refusal comes after row security: it let it pass."""
    try:
        with transaction.atomic(), acting(actor), connection.cursor() as cursor:
            cursor.execute(sql, params)
            touched = cursor.rowcount
            raise _Undo(touched)
    except _Undo as undo:
        return undo.touched
    except DatabaseError as exc:
        return None if isinstance(exc.__cause__, psycopg.errors.InsufficientPrivilege) else 1


class _Undo(Exception):
    def __init__(self, touched: int) -> None:
        self.touched = touched


def _copies(w) -> dict[str, str]:
    """Per table the columns to copy, with the copy in a temporary table that anybody may read."""
    found = {}
    with connection.cursor() as cursor:
        for table, (name, _readers) in EXPECTED.items():
            cursor.execute(
                "SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.columns"
                " WHERE table_schema = 'public' AND table_name = %s AND column_name <> 'id'"
                " AND is_generated = 'NEVER'",
                [table],
            )
            found[table] = cursor.fetchone()[0]
            cursor.execute(
                f'CREATE TEMP TABLE "copy_{table}" ON COMMIT DROP AS SELECT * FROM "{table}" WHERE id = %s',
                [_row(w, name)],
            )
            cursor.execute(f'GRANT SELECT ON "copy_{table}" TO PUBLIC')
    return found


def _probe(w, table: str, actors, columns: str) -> dict[str, tuple]:
    pk = _row(w, EXPECTED[table][0])
    other = MORE.get(table, "SELECT %(pk)s, %(french)s")
    return {
        name: (
            pk in _seen(actor, table),
            _allowed(actor, f'UPDATE "{table}" SET id = id WHERE id = %s', [pk]),
            _allowed(actor, other, {"pk": pk, "french": w.french.pk}),
            _allowed(
                actor, f'INSERT INTO "{table}" ({columns}) SELECT {columns} FROM pg_temp."copy_{table}"'
            ),
        )
        for name, actor in actors.items()
    }


def test_every_table_is_shielded_or_left_open_with_a_reason(db):
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
    shielded = set(shields())
    unnamed = {
        table
        for table in tables - shielded
        if not any(table == o.table or (o.prefix and table.startswith(o.table)) for o in OPEN_TABLES)
    }
    assert unnamed == set()
    assert set(EXPECTED) == shielded


def test_row_security_is_forced_on_every_shielded_table(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity")
        assert {row[0] for row in cursor.fetchall()} >= set(shields())


@pytest.mark.parametrize("table", sorted(EXPECTED))
def test_rows_are_read_by_those_named_and_nobody_else(full, table):
    name, expected = EXPECTED[table]
    pk = _row(full, name)
    actors = readers(full)
    if expected == {MEMBERS}:
        expected = set(full.members)
    assert {reader for reader, actor in actors.items() if pk in _seen(actor, table)} == expected


@pytest.mark.parametrize("table", sorted(EXPECTED))
def test_querysets_say_what_the_database_says(full, table):
    model, _shield = shields()[table]
    for reader, actor in readers(full).items():
        with acting(actor):
            explicit = set(model.objects.visible_to(actor).values_list("pk", flat=True))
        assert explicit == _seen(actor, table), reader
        # As superuser, without row security behind it, the filter alone must say the same.
        assert set(model.objects.visible_to(actor).values_list("pk", flat=True)) == explicit, reader


def test_walled_roles_reach_no_row_about_a_person(full):
    for name, member in full.members.items():
        if member.role not in WALLED_ROLES:
            continue
        for table, (_model, shield) in shields().items():
            if shield.about_person and table != "core_auditevent":
                assert _seen(readers(full)[name], table) == set(), (name, table)


def test_nobody_writes_what_is_not_theirs(full):
    columns = _copies(full)
    strangers = {
        name: actor
        for name, actor in readers(full).items()
        if name in {"nobody", "funder", "authority_member", "administrator", "officer", "controller", "dpo"}
    }
    for table in EXPECTED:
        if table == "core_auditevent":
            continue
        for name, (_read, updated, _other, inserted) in _probe(
            full, table, strangers, columns[table]
        ).items():
            if name in OFFICES.get(table, ()):
                continue
            assert not updated, (table, name)
            assert inserted is None, (table, name)


def test_audit_events_are_added_never_changed(full):
    for actor in readers(full).values():
        assert _allowed(actor, "UPDATE core_auditevent SET action = 'x'") is None
        assert _allowed(actor, "DELETE FROM core_auditevent") is None


@pytest.mark.parametrize("table", sorted(EXPECTED))
def test_each_policy_is_missed_when_dropped(full, table):
    """Mutation: without any one policy, or without row security, a probe of this table changes."""
    columns = _copies(full)[table]
    actors = readers(full)
    before = _probe(full, table, actors, columns)
    with connection.cursor() as cursor:
        # Those for the narrow functions are missed by the functions' own tests.
        cursor.execute(
            "SELECT policyname FROM pg_policies WHERE tablename = %s"
            " AND coalesce(qual, '') NOT LIKE '%%versants_owner%%' ORDER BY 1",
            [table],
        )
        policies = [row[0] for row in cursor.fetchall()]
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert policies
    for policy in policies:
        mutant = transaction.savepoint()
        with connection.cursor() as cursor:
            cursor.execute(f'DROP POLICY "{policy}" ON "{table}"')
        assert _probe(full, table, actors, columns) != before, f"nobody misses {policy}"
        transaction.savepoint_rollback(mutant)
    mutant = transaction.savepoint()
    with connection.cursor() as cursor:
        cursor.execute(f'ALTER TABLE "{table}" DISABLE ROW LEVEL SECURITY')
    assert _probe(full, table, actors, columns) != before
    transaction.savepoint_rollback(mutant)


def test_busy_times_say_when_and_nothing_else(full):
    with acting(readers(full)["french_coordinator"]), connection.cursor() as cursor:
        cursor.execute(
            "SELECT professional_id, held FROM app.busy(%s, tstzrange(%s, %s))",
            [[full.elise.pk], clock.now() - timedelta(days=1), clock.now() + timedelta(days=60)],
        )
        assert len(cursor.description) == 2
        assert len(cursor.fetchall()) == 2
        cursor.execute("SELECT count(*) FROM people_absence WHERE professional_id = %s", [full.elise.pk])
        assert cursor.fetchone() == (0,)


def test_busy_needs_its_policy(full):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("DROP POLICY busy ON people_absence")
    with acting(readers(full)["french_coordinator"]), connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM app.busy(%s, tstzrange(%s, %s))",
            [[full.elise.pk], clock.now() - timedelta(days=1), clock.now() + timedelta(days=60)],
        )
        assert cursor.fetchone() == (1,)
