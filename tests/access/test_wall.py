"""The wall: authorities, funders, controllers, administrators and the host reach no row about a person.

Not by a page or an export, not by a job or a log, not by a grant written by mistake, not by the role of the database.
"""

from __future__ import annotations

import io
import json
import logging

import pytest
from django.db import connection, transaction
from django.urls import reverse

from tests.access.matrix import people_for
from tests.access.rows import fill
from versants.core import clock
from versants.core.access.classes import WALLED_ROLES, DataClass, Role
from versants.core.access.scope import Actor, acting
from versants.core.access.shield import OPEN_TABLES, shields
from versants.core.models import Grant
from versants.core.periods import span
from versants.core.web import pages
from versants.core.web.logs import JsonFormatter

CANARIES = ("Zzcanari", "Zzvoisine")


@pytest.fixture
def full(world):
    fill(world)
    return world


def _about_persons() -> list[str]:
    return sorted(table for table, (_model, shield) in shields().items() if shield.about_person)


def _rows(actor: Actor, table: str) -> int:
    with acting(actor), connection.cursor() as cursor:
        cursor.execute(f'SELECT count(*) FROM "{table}"')
        return cursor.fetchone()[0]


def _most(role: str, w) -> list[Actor]:
    """Actors of a walled role whose membership carries all there is: the ids of those who do read, of both sides."""
    from versants.people.models import Membership

    return [
        Actor.for_membership(
            Membership(
                pk=member.pk,
                account_id=member.account_id,
                organisation_id=member.organisation_id,
                team_id=member.team_id,
                professional_id=member.professional_id,
                versant=member.versant,
                role=role,
            )
        )
        for member in (w.clinician, w.french_clinician, w.interpreter)
    ]


@pytest.mark.parametrize("role", sorted(WALLED_ROLES))
def test_no_row_of_any_table_about_a_person(full, role):
    """Property over every such table, for the role as it is held and with the ids of those who do read."""
    for actor in _most(role, full):
        for table in _about_persons():
            if table in {"mobile_interventionfact", "mobile_facttotal", "mobile_unmetneed"}:
                continue  # counts without persons; kept apart below
            model, _shield = shields()[table]
            assert _rows(actor, table) == 0, (role, table)
            with acting(actor):
                assert not model.objects.visible_to(actor).exists(), (role, table)


def test_what_they_do_read_names_no_person():
    """The tables of figures have no column that leads to a person, a visit or an author."""
    for table in ("mobile_interventionfact", "mobile_facttotal", "mobile_unmetneed"):
        model, shield = shields()[table]
        assert shield.data_class == DataClass.AGGREGATE
        related = {
            field.related_model._meta.label for field in model._meta.concrete_fields if field.related_model
        }
        assert related <= {"people.Team", "territory.Commune", "territory.Language"}, related


@pytest.mark.parametrize("role", sorted(WALLED_ROLES))
def test_a_grant_by_mistake_opens_nothing(full, role):
    member = people_for(full, role)["own"]
    for kind, subject in (("person", full.person), ("visit", full.be.visit), ("request", full.be.request)):
        for data_class in DataClass.values:
            for holder, holder_id in (
                ("membership", member.pk),
                ("organisation", member.organisation_id),
                ("team", member.team_id),
                ("desk", member.team_id),
            ):
                Grant.objects.create(
                    subject_kind=kind,
                    subject_id=subject.pk,
                    holder_kind=holder,
                    holder_id=holder_id,
                    data_class=data_class,
                    period=span(clock.now(), None),
                    because="assignment",
                )
    actor = Actor.for_membership(member)
    for table in _about_persons():
        if table in {"mobile_interventionfact", "mobile_facttotal", "mobile_unmetneed"}:
            continue
        assert _rows(actor, table) == 0, (role, table)
    with acting(actor):
        assert not Grant.objects.open_to(actor).exists()


@pytest.mark.parametrize("role", sorted(WALLED_ROLES))
def test_no_page_and_no_export_shows_a_word(full, client_for, role):
    """Every address that opens to them without a subject, in each format they may ask for."""
    client = client_for(people_for(full, role)["own"])
    client.raise_request_exception = False
    seen = 0
    for page in pages.pages():
        if page.subject or page.public or "GET" not in page.methods or role not in page.roles:
            continue
        for query in ({}, {"format": "csv"}, {"format": "xlsx"}, {"semester": "2026-2"}, {"q": "Zzcanari"}):
            answer = client.get(reverse(page.name), query)
            assert answer.status_code < 500, page.name
            body = b"".join(answer) if answer.streaming else answer.content
            text = body.decode(errors="replace")
            for word in () if "q" in query else CANARIES:  # what was typed is shown again, in links too
                assert word not in text, (page.name, query)
            assert "Zzcanari situation" not in text
            if page.name != "audit":  # codes, for the data protection officer
                assert full.person.code not in text, (page.name, query)
            seen += 1
    assert seen


def test_the_application_without_an_actor_sees_nothing(full):
    """The role with which the host's web and worker connect: no setting, no row, whatever is typed by hand."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE versants_app")
        for table in sorted(shields()):
            cursor.execute(f'SELECT count(*) FROM "{table}"')
            assert cursor.fetchone() == (0,), table
        cursor.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = 'versants_app'"
        )
        assert cursor.fetchone() == (False, False, False)


def test_the_owner_of_the_tables_sees_nothing_either(full):
    """Migrations run as the owner: row security is forced on it. Only the narrow functions' tables answer."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE versants_owner")
        cursor.execute(
            "SELECT tablename FROM pg_policies WHERE schemaname = 'public'"
            " AND coalesce(qual, with_check) LIKE '%versants_owner%'"
            # The identity of somebody erased, whose words nobody can read any more.
            " AND coalesce(qual, with_check) NOT LIKE '%wrapped IS NULL%'"
        )
        narrow = {row[0] for row in cursor.fetchall()}
        # What is seen with its parent is seen where the parent is.
        narrow |= {
            table
            for table, (_m, shield) in shields().items()
            if shield.follows and shield.follows[1] in narrow
        }
        for table in _about_persons():
            cursor.execute(f'SELECT count(*) FROM "{table}"')
            if table not in narrow:
                assert cursor.fetchone() == (0,), table
        for table in ("people_identity", "people_person", "people_socialsheet", "people_clinicalsheet"):
            assert table not in narrow
    sealed = {
        field.column
        for model, shield in shields().values()
        if shield.about_person
        for field in model._meta.concrete_fields
        if type(field).__name__ == "SealedField"
    }
    assert sealed  # and what it could lift is sealed under keys that are not in the database


def test_no_other_role_of_the_database_reads(full):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT grantee FROM information_schema.role_table_grants WHERE table_schema = 'public'"
        )
        assert {row[0] for row in cursor.fetchall()} <= {"versants_owner", "versants_app", "postgres"}
        cursor.execute("SELECT rolname FROM pg_roles WHERE rolbypassrls AND NOT rolsuper")
        assert cursor.fetchall() == []
        cursor.execute("SELECT rolname FROM pg_roles WHERE rolsuper AND rolcanlogin")
        assert cursor.fetchall() == [("postgres",)]


def test_open_tables_hold_no_word_about_a_person(full):
    """What has no row security is read in full, and holds neither a word nor a code."""
    with connection.cursor() as cursor:
        tables = [
            table
            for table in connection.introspection.table_names(cursor)
            if any(table == one.table or (one.prefix and table.startswith(one.table)) for one in OPEN_TABLES)
        ]
        assert len(tables) > 10
        for table in tables:
            cursor.execute(
                f'SELECT count(*) FROM "{table}" t WHERE t::text ~ %s', ["Zzcanari|" + full.person.code]
            )
            assert cursor.fetchone() == (0,), table


@pytest.mark.parametrize("role", sorted(WALLED_ROLES))
def test_a_job_asked_for_by_them_acts_as_they_do(full, role):
    """Jobs run under the actor who asked, and the actor of a walled role reads nothing."""
    import dataclasses

    actor = Actor.for_membership(people_for(full, role)["own"])
    carried = Actor(**json.loads(json.dumps(dataclasses.asdict(actor))))
    assert carried == actor
    for table in (
        "people_person",
        "people_identity",
        "mobile_request",
        "mobile_record",
        "people_clinicalsheet",
    ):
        assert _rows(carried, table) == 0


def test_logs_hold_no_word(full, client_for):
    """A page, a refusal and a breakdown, all with a name in the address and in the form."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    for name in ("versants", "django.request", "versants.web"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    root.setLevel(logging.DEBUG)
    try:
        client = client_for(full.coordinator)
        client.raise_request_exception = False
        client.get(f"/people/{full.person.code}/")
        client.get("/people/", {"code": "Zzcanari"})
        client.post(f"/people/{full.person.code}/open/", {"reason": "Zzcanari"})
        client.post("/account/login/", {"login": "zzcanari@example.org", "password": "Zzcanari secret"})
        try:
            raise ValueError("Zzcanari")
        except ValueError:
            logging.getLogger("versants.web").error("unexpected", exc_info=True)
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    written = json.dumps([line for line in lines if not line["logger"].startswith("django.db")])
    assert '"route": "person"' in written
    assert "zzcanari" not in written.lower()
    assert full.person.code not in written


def test_the_walled_roles_are_those_of_the_design():
    assert {
        Role.LEAD_AUTHORITY,
        Role.FUNDER,
        Role.CONTROLLER,
        Role.ADMINISTRATOR,
        Role.PROGRAMME_OFFICER,
        Role.DPO,
    } == WALLED_ROLES
