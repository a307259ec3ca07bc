"""The world in the database: quick, whole, sealed, and refused where it does not belong."""

from __future__ import annotations

import io
import json
from collections import Counter
from datetime import datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from versants.core import clock
from versants.core.access.scope import Actor, acting
from versants.core.access.shield import shields
from versants.core.crypto import vault
from versants.core.ids import token_hash
from versants.core.models import DataKey, Grant
from versants.demo import answers, canaries, loading
from versants.demo.apps import _keep_real_time
from versants.demo.making import make_world
from versants.mobile.enums import HOLDING, RecordState
from versants.mobile.models import (
    Assignment,
    Attempt,
    ClinicalNote,
    InterventionFact,
    Record,
    RequestLink,
    UnmetNeed,
    Visit,
)
from versants.mobile.services import facts, matters
from versants.mobile.services.promises import promised_at
from versants.people.models import Account, Identity, Membership, Person
from versants.people.services import grants

pytestmark = pytest.mark.django_db
ANSWER_KEYS = ["role", "email", "password", "totp_secret", "organisation", "versant", "url"]


def _run(name: str, *arguments: str) -> str:
    out = io.StringIO()
    call_command(name, *arguments, stdout=out)
    return out.getvalue()


def test_seeding_takes_less_than_half_a_minute(loaded, capsys):
    with capsys.disabled():
        total = sum(loaded.named["counts"].values())
        print(f"\ndemo world: {total} rows in {loaded.named['seconds']:.1f} s")  # noqa: T201
    assert loaded.named["seconds"] < 30
    for model, rows in loaded.rows.items():
        assert model._default_manager.count() == len(rows), model


def test_the_second_seeding_is_refused(loaded):
    with pytest.raises(CommandError, match="holds organisations already") as refused:
        call_command("seed_demo")
    assert refused.value.returncode == 3


def test_no_canary_stands_in_clear_anywhere(loaded):
    """Every table as a dump writes it, read as text."""
    with connection.cursor() as cursor:
        tables = [t for t in connection.introspection.table_names(cursor) if not t.startswith("territory_")]
        assert set(shields()) <= set(tables)
        for table in tables:
            with cursor.copy(f'COPY "{table}" TO STDOUT') as copy:
                text = b"".join(bytes(part) for part in copy).decode(errors="replace").lower()
            for mark in canaries.MARKS:
                assert mark not in text, (table, mark)
                assert mark.encode().hex() not in text, (table, mark)


def test_what_is_sealed_opens_again(loaded):
    identity = Identity.objects.select_related("key").get(person=loaded.named["canary:0"].pk)
    assert vault.read(identity, "name") == canaries.IDENTITIES[0]["name"]
    assert identity.person.name_hash.digest == vault.blind_index("name", "Zzcanari Testnom")
    texts = {vault.read(note, "text") for note in ClinicalNote.objects.select_related("key")}
    assert canaries.CLINICAL_NOTE in texts
    assert DataKey.objects.filter(wrapped=None).count() == 0


def test_the_services_count_the_same(loaded):
    """Facts and unmet needs, made again by the services from the rows in the database."""
    columns = (
        "day",
        "semester",
        "team_id",
        "versant",
        "commune_id",
        "kind",
        "language_id",
        "mode",
        "delivered",
        "attempted",
        "n_persons",
        "n_professionals",
        "minutes",
        "with_interpreter",
        "part_of_day",
    )
    again = Counter()
    records = Record.objects.filter(state=RecordState.SIGNED).select_related("visit")
    for record in records:
        fact = facts.of_record(record, record.visit, n_first_contacts=0)
        again[tuple(str(getattr(fact, c)) for c in columns)] += 1
    for attempt in Attempt.objects.select_related("visit"):
        fact = facts.of_attempt(attempt.visit)
        again[tuple(str(getattr(fact, c)) for c in columns)] += 1
    stored = Counter(tuple(str(getattr(fact, c)) for c in columns) for fact in InterventionFact.objects.all())
    assert stored == again
    names = (
        "day",
        "semester",
        "team_id",
        "versant",
        "commune_id",
        "language_id",
        "urgency",
        "origin",
        "reason",
        "part_of_day",
    )
    unmet = Counter()
    for attempt in Attempt.objects.select_related("visit__request"):
        row = facts.unmet_by_attempt(attempt.visit, attempt.reason)
        if row is not None:
            unmet[tuple(str(getattr(row, n)) for n in names)] += 1
    from versants.mobile.models import Request

    for request in Request.objects.filter(state="refused").select_related("team", "site__commune"):
        row = facts.unmet_by_refusal(request, matters.of(request).refusal)
        if row is not None:
            unmet[tuple(str(getattr(row, n)) for n in names)] += 1
    assert Counter(tuple(str(getattr(r, n)) for n in names) for r in UnmetNeed.objects.all()) == unmet
    assert sum(f.n_first_contacts for f in InterventionFact.objects.all()) == (
        Person.objects.filter(records__record__state=RecordState.SIGNED).distinct().count()
    )


def test_the_services_write_the_same_rights(loaded):
    """The rights of every place held today, against what the service gives for the same place now."""
    low, high = clock.day_bounds(loaded.day)
    seats = (
        Assignment.objects.filter(state__in=HOLDING, held__overlap=(low, high))
        .select_related("visit__team", "slot", "visit__request")
        .order_by("pk")
    )
    assert len(seats) == 18
    for seat in seats:
        persons = [p.person for p in seat.visit.request.persons.select_related("person") if p.person_id]
        have = Counter(
            (g.subject_kind, g.subject_id, g.holder_id, g.data_class, g.consent_id, g.period.upper)
            for g in Grant.objects.filter(because="assignment", because_id=seat.pk, holder_kind="membership")
        )
        given = grants.for_assignment(
            assignment_id=seat.pk,
            visit_id=seat.visit_id,
            owner=seat.visit.team,
            professional_id=seat.professional_id,
            discipline=seat.slot.discipline,
            start=seat.held.lower,
            end=seat.held.upper,
            persons=persons,
        )
        assert have == Counter(
            (g.subject_kind, g.subject_id, g.holder_id, g.data_class, g.consent_id, g.period.upper)
            for g in given
        )
        Grant.objects.filter(pk__in=[g.pk for g in given]).delete()


def test_promises_are_those_of_the_service(loaded):
    from versants.mobile.models import Request

    for request in Request.objects.select_related("team").order_by("-pk")[:80]:
        assert request.promised_at == promised_at(request.team, request.urgency, request.asked_at)


def test_numbers_and_keys_go_on_after_the_world(loaded):
    with connection.cursor() as cursor:
        cursor.execute("SELECT app.request_number(%s)", [loaded.day.year])
        following = cursor.fetchone()[0]
    from versants.mobile.models import Request

    last = Request.objects.filter(number__startswith=f"R-{loaded.day.year}").order_by("-number").first()
    assert int(following.rsplit("-", 1)[1]) == int(last.number.rsplit("-", 1)[1]) + 1
    assert vault.new_key().pk == len(loaded.all(DataKey)) + 1


def test_no_double_booking_in_the_database(loaded):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM mobile_assignment a JOIN mobile_assignment b ON a.professional_id = b.professional_id"
            " AND a.id < b.id AND a.held && b.held WHERE a.state IN ('offered', 'accepted', 'done')"
            " AND b.state IN ('offered', 'accepted', 'done')"
        )
        assert cursor.fetchone()[0] == 0


def test_one_login_per_role_and_every_password_works(loaded):
    from versants.core.access.classes import Role

    found = json.loads(_run("demo", "logins", "--json"))
    assert [list(line) for line in found] == [ANSWER_KEYS] * len(found)
    assert {line["role"] for line in found} == set(Role.values)
    for email, password in {(line["email"], line["password"]) for line in found}:
        assert Account.objects.get(email=email).check_password(password)
    assert json.loads(_run("demo_logins", "--json")) == found
    twice = [line["email"] for line in found if line["email"] == "helene@versants.test"]
    assert len(twice) == 2


def test_other_accounts_cannot_sign_in(loaded):
    signed = {line["email"] for line in json.loads(_run("demo", "logins", "--json"))}
    for account in Account.objects.exclude(email__in=signed)[:20]:
        assert not account.has_usable_password()


def test_links_open_what_they_name(loaded, client):
    found = json.loads(_run("demo", "links", "--json"))
    assert list(found) == ["request", "follow", "offer", "person", "feed"]
    assert RequestLink.objects.filter(
        token_hash=token_hash(found["request"].rstrip("/").rsplit("/", 1)[1])
    ).exists()
    for name in ("request", "follow", "offer"):
        path = "/" + found[name].split("/", 3)[3]
        assert client.get(path).status_code == 200, name
    assert 'data-test="offer-yes"' in client.get(path).content.decode()
    assert found["person"]["code"] == loaded.named["person:mouscron"].code
    assert _run("demo", "links").splitlines()


def test_a_scene_stops_every_clock_and_ends(loaded, settings, tmp_path):
    settings.DATA = tmp_path
    settings.FROZEN_NOW = ""
    told = json.loads(_run("demo", "scenario", "crisis-mouscron", "--json"))
    assert clock.local(clock.now()).strftime("%H:%M") == "17:40"
    assert clock.today() == loaded.day
    assert clock.is_frozen()
    assert told["urls"]["who"].endswith("/who/")
    with acting(
        Actor.for_membership(Membership.objects.get(account__email="camille@versants.test"))
    ) as actor:
        assert Visit.objects.visible_to(actor).filter(uid=told["urls"]["who"].split("/")[-3]).exists()
        with connection.cursor() as cursor:
            cursor.execute("SELECT app.now()")
            assert cursor.fetchone()[0] == clock.now()
    _run("demo", "scenario", "end")
    assert not clock.is_frozen()


@pytest.mark.parametrize("moment", ["morning", "scene"])
def test_the_offer_of_the_links_is_open_by_the_clock_in_force(loaded, client, settings, tmp_path, moment):
    settings.DATA = tmp_path
    settings.FROZEN_NOW = loaded.moment.isoformat() if moment == "morning" else ""
    if moment == "scene":
        found = json.loads(_run("demo", "scenario", "crisis-mouscron", "--json"))["links"]
        assert clock.local(clock.now()).strftime("%H:%M") == "17:40"
    else:
        found = json.loads(_run("demo", "links", "--json"))
    path = "/o/" + found["offer"].rstrip("/").rsplit("/", 1)[1] + "/"
    page = client.get(path)
    assert page.status_code == 200
    assert 'data-test="offer-yes"' in page.content.decode()
    # Answered meanwhile, another one that is open is named, or none.
    assert client.post(path, {"answer": "yes"}).status_code == 200
    again = json.loads(_run("demo", "links", "--json"))["offer"]
    assert again is None or client.get("/o/" + again.rstrip("/").rsplit("/", 1)[1] + "/").status_code == 200
    assert again != found["offer"]


def test_outbox_reads_what_left(loaded, settings, tmp_path):
    settings.MAIL_DIR = tmp_path / "none"
    assert json.loads(_run("outbox", "--json")) == []
    from versants.core import messages
    from versants.core.models import Message

    settings.MAIL_DIR = tmp_path
    for ago, channel, address in ((9, "sms", "+32 000 00 00 00"), (5, "email", "camille@versants.test")):
        message = Message.objects.create(
            team_id=loaded.named["walloon"].pk,
            channel=channel,
            address=address,
            language="fr",
            subject="Versants : une demande attend",
            body="Une réponse est attendue.",
            about="request.received",
            created_at=clock.now() - timedelta(minutes=ago),
        )
        with acting(Actor.for_team(loaded.named["walloon"])):
            messages.send(message)
    found = json.loads(_run("outbox", "--json"))
    assert [(one["channel"], one["about"], one["body"].strip()) for one in found] == [
        ("sms", "request.received", "Une réponse est attendue."),
        ("email", "request.received", "Une réponse est attendue."),
    ]
    assert found[1]["subject"] == "Versants : une demande attend"
    assert "request.received" in _run("outbox")


@pytest.mark.parametrize(
    "command",
    [
        ("demo", "logins"),
        ("demo", "links"),
        ("demo", "scenario", "crisis-mouscron"),
        ("demo_logins",),
        ("outbox",),
    ],
)
def test_refused_outside_the_demonstration_world(command, world_of_one_account):
    with pytest.raises(CommandError, match="not the demonstration world") as refused:
        call_command(*command)
    assert refused.value.returncode == 3


@pytest.fixture
def world_of_one_account(db):
    Account.objects.filter(is_demo=True).update(is_demo=False)
    Account.objects.create(email="somebody@example.org", name="Somebody")


def test_a_frozen_clock_counts_in_the_demonstration_world_only(loaded, settings, monkeypatch):
    settings.FROZEN_NOW = "2031-05-06T07:08"
    monkeypatch.setenv("VERSANTS_NOW", settings.FROZEN_NOW)
    monkeypatch.setattr(clock, "_ignored", [])
    _keep_real_time(connection)
    assert clock.local(clock.now()).strftime("%Y-%m-%d %H:%M") == "2031-05-06 07:08"
    Account.objects.filter(is_demo=True).update(is_demo=False)
    _keep_real_time(connection)
    assert clock.now().year != 2031
    assert not clock.is_frozen()


def test_is_demo_world(loaded):
    assert answers.is_demo_world()


def test_not_empty_is_said_before_anything_is_written(loaded):
    before = Person.objects.count()
    with pytest.raises(loading.NotEmpty):
        loading.load(make_world(loaded.day))
    assert Person.objects.count() == before


def test_nothing_was_signed_in_the_future(loaded):
    now: datetime = clock.now() + timedelta(seconds=1)
    assert not Record.objects.filter(signed_at__gt=now).exists()


def test_the_crisis_is_answered_once_its_team_is_found(loaded):
    """The night's request waits with a visit noted by the watch: placing the team answers it."""
    from django.db import transaction

    from versants.core.periods import lasting
    from versants.mobile.models import Request
    from versants.mobile.services.requests import refresh_state

    request = Request.objects.get(pk=loaded.named["request:crisis"].pk)
    assert request.state == "new"
    with acting(Actor.for_team(loaded.named["walloon"])):
        visit = Visit.objects.get(request=request)
        assert visit.state == "open"
        visit.held, visit.state = lasting(visit.window.lower, 90), "planned"
        visit.save(update_fields=["held", "state"])
        answered = refresh_state(request)
        assert answered.state == "planned"
        assert answered.answered_at is not None
        transaction.set_rollback(True)
