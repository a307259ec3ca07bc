"""The page of who may see what says what the database does."""

from __future__ import annotations

import re

import pytest
from django.db import connection

from tests.access.rows import fill, readers
from versants.core.access import reach
from versants.core.access.classes import TEAM_ROLES, WALLED_ROLES, DataClass, Role
from versants.core.access.scope import acting
from versants.core.access.shield import shields
from versants.core.models import Grant


@pytest.fixture
def full(world):
    fill(world)
    return world


def test_who_is_said_to_reach_nothing_sees_no_row(full):
    """For each table and each member: no way in the declaration, no row in the database."""
    actors = readers(full)
    for name, member in full.members.items():
        for table, (_model, shield) in shields().items():
            if shield.follows or reach.ways(shield, member.role):
                continue
            with acting(actors[name]), connection.cursor() as cursor:
                cursor.execute(f'SELECT count(*) FROM "{table}"')
                assert cursor.fetchone() == (0,), (name, table)


def test_who_is_said_to_reach_their_teams_rows_sees_them(full):
    for table, (model, shield) in shields().items():
        for name in ("coordinator", "clinician", "practitioner"):
            member = full.members[name]
            if reach.OWN not in reach.ways(shield, member.role):
                continue
            theirs = model.objects.filter(**{shield.own: member.team_id}).count()
            with acting(readers(full)[name]):
                assert model.objects.filter(**{shield.own: member.team_id}).count() == theirs, (name, table)


def test_the_table_in_words():
    found = reach.table(Role.values, DataClass.values)
    assert found[Role.CLINICIAN][DataClass.CLINICAL] == [reach.OWN, reach.GIVEN, reach.WORK]
    assert found[Role.COORDINATOR][DataClass.CLINICAL] == []
    assert (
        found[Role.INTERPRETER][DataClass.SOCIAL] == [reach.GIVEN]
        or reach.OWN not in found[Role.INTERPRETER][DataClass.SOCIAL]
    )
    for role in Role.values:
        assert (reach.OWN in found[role][DataClass.SOCIAL]) == (role in TEAM_ROLES), role
    for role in WALLED_ROLES:
        for data_class in (DataClass.LOGISTIC, DataClass.IDENTITY, DataClass.SOCIAL, DataClass.CLINICAL):
            assert found[role][data_class] == [], role


def test_the_page_opens_to_every_role_and_marks_ones_own(full, client_for):
    for name, member in full.members.items():
        answer = client_for(member).get("/rights/")
        assert answer.status_code == 200, name
        assert answer.content.decode().count('<tr aria-current="true"') == 1, name


def test_what_was_given_is_named_with_its_reason(full, client_for):
    page = client_for(full.clinician).get("/rights/").content.decode()
    assert "vous êtes, ou étiez, de la visite" in page
    assert full.person.code not in page
    assert "Rien de plus que mon rôle" in client_for(full.funder).get("/rights/").content.decode()
    Grant.objects.filter(holder_kind="membership", holder_id=full.clinician.pk).delete()
    assert "vous êtes, ou étiez" not in client_for(full.clinician).get("/rights/").content.decode()


def test_each_cell_of_the_table_says_its_column_for_a_telephone(full, client_for):
    page = client_for(full.coordinator, "en").get("/rights/").content.decode()
    table = page[page.index('data-test="every-role"') :].partition("</table>")[0]
    heads = re.findall(r'<th scope="col">([^<]+)</th>', table)
    assert len(heads) == len(DataClass.values)
    for row in table.split("<tr")[2:]:
        assert re.findall(r'<span class="on-phone soft">([^<:]+)', row) == heads
        assert row.count('<td class="small none">') == row.count('<span class="vh">nothing</span>')
