"""The large world, small: whole, sealed, consistent, and readable by those of the demonstration world."""

from __future__ import annotations

import io
import json
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils.translation import gettext

from versants.core import clock
from versants.core.access.scope import Actor, acting
from versants.core.crypto import vault
from versants.demo.large import bulk, crowd
from versants.demo.large.mass import Mass
from versants.demo.large.pages import COLUMNS
from versants.demo.making import make_world
from versants.mobile.enums import RecordState, VisitState
from versants.mobile.models import Attempt, InterventionFact, Record, Request, SocialNote, Visit
from versants.mobile.planning import dayboard
from versants.mobile.services import facts
from versants.people.models import Account, Identity, Membership, NameHash, Organisation, Person, Team
from versants.people.services import naming

pytestmark = pytest.mark.django_db
VISITS = 400
STRUCTURE = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated FROM pg_constraint
WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT tablename, indexname, indexdef, true FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT tgrelid::regclass::text, tgname, tgenabled::text, true FROM pg_trigger WHERE NOT tgisinternal
"""


def _structure() -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(STRUCTURE)
        return sorted((table, name, _plain(text), valid) for table, name, text, valid in cursor.fetchall())


def _plain(text: str) -> str:
    """A definition without casts and brackets: read back by PostgreSQL, the same one is written otherwise."""
    for word in ("::character varying", "::text", "[]", "(", ")"):
        text = text.replace(word, "")
    return text


@pytest.fixture(scope="module")
def large(django_db_setup, django_db_blocker):
    """Loaded once, rolled back after the module."""
    with django_db_blocker.unblock():
        block = transaction.atomic()
        block.__enter__()
        before = _structure()
        told: list[str] = []
        loaded = bulk.load(VISITS, tell=told.append)
        yield SimpleNamespace(loaded=loaded, before=before, after=_structure(), told=told)
        transaction.set_rollback(True)
        block.__exit__(None, None, None)


def _of(large, model) -> list[int]:
    """Numbers of the rows of the large part."""
    return list(
        model._base_manager.filter(pk__gt=len(large.loaded.world.all(model))).values_list("pk", flat=True)
    )


def test_every_table_holds_what_was_written(large):
    found = bulk.check(large.loaded)
    rows = large.loaded.rows
    assert set(found) == set(COLUMNS)
    assert rows["mobile_visit"] == VISITS
    assert rows["core_auditevent"] == 3 * VISITS
    assert rows["people_person"] == VISITS * 120_000 // crowd.MILLION
    assert 2.0 < rows["mobile_assignment"] / VISITS < 2.5
    assert 0.85 < rows["mobile_record"] / VISITS < 0.95
    assert any("visits" in text or "constraints" in text for text in large.told)


def test_constraints_indexes_and_triggers_are_back(large):
    assert large.after == large.before
    assert all(row[3] for row in large.after)


def test_facts_are_those_of_the_services(large):
    columns = (
        "day", "semester", "team_id", "versant", "commune_id", "kind", "language_id", "mode", "delivered",
        "attempted", "n_persons", "n_professionals", "minutes", "with_interpreter", "part_of_day",
    )  # fmt: skip
    signed = Record.objects.filter(pk__in=_of(large, Record), state=RecordState.SIGNED).select_related(
        "visit"
    )
    attempts = Attempt.objects.filter(pk__in=_of(large, Attempt)).select_related("visit")
    again = [facts.of_record(record, record.visit, n_first_contacts=0) for record in signed]
    again += [facts.of_attempt(attempt.visit) for attempt in attempts]
    stored = InterventionFact.objects.filter(pk__in=_of(large, InterventionFact))
    assert sorted(tuple(str(getattr(f, c)) for c in columns) for f in again) == sorted(
        tuple(str(getattr(f, c)) for c in columns) for f in stored
    )
    met = Person.objects.filter(
        pk__in=_of(large, Person), records__record__state=RecordState.SIGNED
    ).distinct()
    assert sum(f.n_first_contacts for f in stored) == met.count()


def test_words_are_sealed_and_open(large):
    identity = Identity.objects.select_related("key").get(pk=max(_of(large, Identity)))
    name = f"{vault.read(identity, 'first_name')} {vault.read(identity, 'name')}"
    assert NameHash.objects.get(person=identity.person_id).digest == vault.blind_index(
        "name", naming.fold(name)
    )
    note = SocialNote.objects.select_related("key").get(pk=max(_of(large, SocialNote)))
    assert len(vault.read(note, "text")) > 10
    identity.uid = note.uid
    with pytest.raises(vault.SealBroken):
        vault.read(identity, "name")


def test_states_agree(large):
    visits = Visit.objects.filter(pk__in=_of(large, Visit))
    assert not visits.filter(state=VisitState.DONE, record=None).exists()
    assert not visits.filter(state=VisitState.MISSED, attempt=None).exists()
    assert visits.filter(state__in=[VisitState.PLANNED, VisitState.OPEN]).exists()
    today = clock.day_bounds(clock.today())[0]
    assert not visits.filter(state=VisitState.PLANNED, starts_at__lt=today).exists()
    numbers = Request.objects.values_list("number", flat=True)
    assert len(set(numbers)) == len(numbers)


PAGES = {
    "camille": ["/requests/", "/requests/?state=ended", "/requests/?state=all&q=R-{number}", "/board/",
                "/board/?view=week", "/people/", "/people/{code}/", "/follow-up/", "/figures/"],
    "helene": ["/requests/?team=all", "/board/"],
    "elise": ["/today/", "/people/", "/people/{code}/", "/board/"],
    "rachid": ["/requests/", "/board/"],
    "hilde": ["/figures/"],
    "aurelie": ["/audit/"],
}  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_pages_open_to_the_logins(large, client, name):
    team = large.loaded.world.named["walloon"]
    person = Person.objects.filter(pk__in=_of(large, Person), team_id=team.pk).last()
    number = Request.objects.filter(pk__in=_of(large, Request), team_id=team.pk).last().number[2:]
    account = Account.objects.get(email=f"{name}@versants.test")
    client.force_login(account)
    session = client.session
    session["second_factor"] = {"account": account.pk, "how": "totp"}
    session.save()
    for address in PAGES[name]:
        answer = client.get(address.format(code=person.code, number=number))
        assert answer.status_code == 200, address
        if "R-" in address:
            assert f"R-{number}" in answer.content.decode()


def test_may_agrees_in_three_ways(large):
    team = large.loaded.world.named["walloon"]
    person = Person.objects.filter(pk__in=_of(large, Person), team_id=team.pk).last()
    for reader in ("camille", "nadege", "hilde"):
        out = io.StringIO()
        with pytest.raises(SystemExit) as ended:
            call_command("may", f"{reader}@versants.test", "social", person.code, "--json", stdout=out)
        assert ended.value.code == (0 if reader == "camille" else 1)
        found = json.loads(out.getvalue())
        assert found["queryset"] == found["service"] == found["row_security"] == (reader == "camille")


def test_with_many_teams_the_board_shows_the_own_one_and_those_opened(large, monkeypatch):
    monkeypatch.setattr(dayboard, "FEW_TEAMS", 1)
    helene = Membership.objects.filter(account__email="helene@versants.test", role="coordinator").get()
    other = large.loaded.world.named["walloon"]
    day = next(
        clock.local(visit.held.lower).date()
        for visit in Visit.objects.filter(team_id=other.pk, state=VisitState.PLANNED).order_by("starts_at")
    )
    with acting(Actor.for_membership(helene)) as actor:
        closed = dayboard.build(actor, day, dayboard.Choice())
        key = dayboard.group_key(Team.objects.get(pk=other.pk))
        opened = dayboard.build(actor, day, dayboard.Choice(opened=frozenset({key})))
        teams = {one.visit.team_id for one in closed.visits}
        named = [line.more for line in closed.grid.lines if line.group and line.key == key]
        assert named == [gettext("Show this team")]
        assert opened.n_placed > closed.n_placed
        assert other.pk in {one.visit.team_id for one in opened.visits}
        assert other.pk not in teams or {  # only where somebody of the own house goes along
            one.visit.pk for one in closed.visits if one.visit.team_id == other.pk
        } <= set(
            Visit.objects.filter(assignments__professional__team=actor.team).values_list("pk", flat=True)
        )


def test_the_same_seed_gives_the_same_lines(large):
    world = make_world(clock.today(), clock.now())
    people = crowd.build(world, VISITS)

    def lines(seed: str) -> dict[str, str]:
        found: dict[str, str] = dict.fromkeys(COLUMNS, "")
        for _made, chunk in Mass(world, people, VISITS, {}, seed).chunks():
            for table, text in chunk.items():
                found[table] += text
        return found

    one, two, other = lines("1"), lines("1"), lines("2")
    open_text = [t for t in COLUMNS if "note" not in t and t not in {
        "core_datakey", "people_identity", "people_socialsheet", "people_clinicalsheet"}]  # fmt: skip
    assert [one[t] for t in open_text] == [two[t] for t in open_text]
    assert one["mobile_visit"] != other["mobile_visit"]


def test_a_second_load_is_refused_with_a_sentence(large):
    n = Organisation.objects.count()
    with pytest.raises(CommandError, match="holds organisations already") as refused:
        call_command("demo", "--visits", "500")
    assert refused.value.returncode == 3
    assert Organisation.objects.count() == n


@pytest.mark.parametrize(("given", "code"), [("10", 2), ("99000000", 2)])
def test_a_size_that_makes_no_sense_is_refused(db, given, code):
    with pytest.raises(CommandError, match="is expected") as refused:
        call_command("demo", "--visits", given)
    assert refused.value.returncode == code


def test_refused_where_others_reach_it(db, monkeypatch):
    monkeypatch.setenv("VERSANTS_HOST", "0.0.0.0")
    with pytest.raises(CommandError, match="open to others") as refused:
        call_command("demo", "--visits", "500")
    assert refused.value.returncode == 3
