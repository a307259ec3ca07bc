"""Scopes: fail closed, nest, leave nothing behind."""

from django.db import connection

from tests.world import actor
from versants.core.access.scope import Actor, acting
from versants.people.models import Person


def _setting(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s, true)", [name])
        return cursor.fetchone()[0] or ""


def test_no_scope_shows_no_row(world):
    with acting(Actor.nobody()):
        assert list(Person.objects.all()) == []


def test_scope_shows_own_team_only(world):
    with acting(actor(world.coordinator)):
        assert list(Person.objects.all()) == [world.person]
    with acting(actor(world.french_coordinator)):
        assert list(Person.objects.all()) == [world.french_person]


def test_scopes_nest_and_restore(world):
    with acting(actor(world.coordinator)):
        with acting(actor(world.french_coordinator)):
            assert list(Person.objects.all()) == [world.french_person]
        assert list(Person.objects.all()) == [world.person]
        try:
            with acting(actor(world.french_coordinator)):
                raise ValueError
        except ValueError:
            pass
        assert list(Person.objects.all()) == [world.person]
    assert _setting("app.team") == ""


def test_scope_assumes_the_role_that_owns_nothing(world):
    with acting(actor(world.coordinator)), connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ("versants_app",)
        cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False,)
        cursor.execute(
            "SELECT count(*) FROM pg_class WHERE relowner = (SELECT oid FROM pg_roles WHERE rolname = current_user)"
        )
        assert cursor.fetchone() == (0,)
