"""What a request is about: another team's coordination learns nothing of it, by no page, file, queryset or row."""

from __future__ import annotations

import csv
import io
from importlib import import_module

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from tests.requests.making import ask_by_phone
from tests.world import actor
from versants.core.access.scope import acting
from versants.core.crypto import vault
from versants.mobile.models import Request, RequestMatter, Visit
from versants.mobile.services import matters, requests, wording

WORD = {"fr": "addiction", "nl": "verslaving", "en": "addiction"}
STRANGERS = ("french_coordinator", "desk", "requester", "interpreter")


@pytest.fixture
def asked(world):
    """Asked of the Walloon team: addiction, danger, interpreted by a child, and not asked yet for a reason."""
    return ask_by_phone(
        world,
        categories=["addiction"],
        danger="now",
        agreement="told",
        interpreted_by="child",
        summary="Zzcanari boit",
    )


@pytest.fixture
def not_asked(world):
    return ask_by_phone(world, agreement="not_yet", agreement_why_not="Zzcanari est ivre", summary="")


def test_the_team_reads_what_it_is_about(world, asked):
    with acting(actor(world.coordinator)):
        known = matters.of(Request.objects.get(pk=asked.pk))
    assert (known.categories, known.danger, known.agreement, known.interpreted_by) == (
        ["addiction"],
        "now",
        "told",
        "child",
    )


def test_the_row_others_read_has_no_such_column(world, asked, not_asked):
    """The whole row, as the database gives it to the coordination of the other team under row security."""
    with acting(actor(world.french_coordinator)), connection.cursor() as cursor:
        cursor.execute(
            "SELECT to_jsonb(r)::text FROM mobile_request r WHERE id = ANY(%s)", [[asked.pk, not_asked.pk]]
        )
        rows = [row[0] for row in cursor.fetchall()]
    assert len(rows) == 2
    names = {field.name for field in Request._meta.concrete_fields}
    assert not names & {
        "categories",
        "danger",
        "agreement",
        "agreement_why_not",
        "interpreted_by",
        "refusal",
    }
    for row in rows:
        for word in ("addiction", "told", "not_yet", "ivre", "child", '"now"'):
            assert word not in row


@pytest.mark.parametrize("reader", STRANGERS)
def test_others_find_no_matter_in_any_table(world, asked, reader):
    """Every table the reader may select from, whole: the word stands in none of the rows they see."""
    with acting(actor(getattr(world, reader))), connection.cursor() as cursor:
        assert not RequestMatter.objects.exists()
        assert matters.of(Request.objects.filter(pk=asked.pk).first() or asked).pk is None
        tables = [
            t for t in connection.introspection.table_names(cursor) if t.startswith(("mobile_", "core_"))
        ]
        for table in tables:
            cursor.execute("SELECT has_table_privilege(%s, 'SELECT')", [table])
            if not cursor.fetchone()[0]:
                continue  # withheld from the application altogether
            cursor.execute(f'SELECT to_jsonb(t)::text FROM "{table}" t')
            assert not any("addiction" in row[0] for row in cursor.fetchall()), table


def test_others_can_neither_write_nor_take_it(world, asked):
    with acting(actor(world.french_coordinator)), connection.cursor() as cursor:
        cursor.execute("UPDATE mobile_requestmatter SET team_id = %s", [world.french.pk])
        assert cursor.rowcount == 0
        cursor.execute("DELETE FROM mobile_requestmatter")
        assert cursor.rowcount == 0
    with pytest.raises(DatabaseError), transaction.atomic(), acting(actor(world.french_coordinator)):
        RequestMatter.objects.create(request=asked, team=world.walloon, key=asked.key, categories=["sleep"])


@pytest.mark.parametrize("language", ["fr", "nl", "en"])
@pytest.mark.parametrize("reader", ["french_coordinator", "desk"])
def test_no_page_of_another_team_says_it(world, client_for, asked, reader, language):
    who = client_for(getattr(world, reader), language)
    pages = [
        "/requests/?team=all&state=all",
        f"/requests/{asked.uid}/",
        f"/requests/{asked.uid}/triage/",
        "/requests/export.csv?team=all&state=all",
    ]
    for path in pages:
        page = who.get(path, follow=True)
        assert page.status_code in ({200} if path in pages[:2] else {200, 403, 404}), path
        said = page.content.decode().lower()
        assert WORD[language] not in said, path
        assert "zzcanari" not in said, path


def test_its_own_team_sees_the_word_on_its_page(world, client_for, asked):
    page = client_for(world.coordinator, "fr").get(f"/requests/{asked.uid}/", follow=True).content.decode()
    assert "ddiction" in page


def test_the_reason_is_sealed_and_opens_for_the_team_only(world, not_asked):
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM mobile_requestmatter m WHERE to_jsonb(m)::text LIKE '%ivre%'")
        assert cursor.fetchone() == (0,)
    with acting(actor(world.coordinator)):
        assert matters.why_not(Request.objects.get(pk=not_asked.pk)) == "Zzcanari est ivre"
    with acting(actor(world.french_coordinator)):
        assert matters.why_not(Request.objects.get(pk=not_asked.pk)) == ""


def test_a_refusal_keeps_its_reason_from_the_others(world, client_for, asked):
    with acting(actor(world.coordinator)) as who:
        requests.refuse_request(request=asked, actor=who, reason="already_followed")
        assert matters.of(Request.objects.get(pk=asked.pk)).refusal == "already_followed"
    with acting(actor(world.french_coordinator)), connection.cursor() as cursor:
        for table in ("mobile_request", "mobile_requestevent"):
            cursor.execute(f'SELECT to_jsonb(t)::text FROM "{table}" t')
            assert "already_followed" not in " ".join(row[0] for row in cursor.fetchall())
    told = client_for(world.coordinator, "en").get(f"/requests/{asked.uid}/", follow=True).content.decode()
    assert "already followed elsewhere" in told


@pytest.mark.parametrize(
    ("agreement", "danger", "told"),
    [
        ("told", "no_but_unwell", ""),
        ("told", "unknown", ""),
        ("told", "now", "now"),
        ("agrees", "no_but_unwell", "no_but_unwell"),
    ],
)
def test_that_somebody_is_unwell_crosses_only_with_agreement(world, asked, agreement, danger, told):
    with acting(actor(world.coordinator)) as who:
        RequestMatter.objects.filter(request=asked).update(agreement=agreement, danger=danger)
        requests.pass_request(request=asked, actor=who, to_team=world.french)
    with acting(actor(world.french_coordinator)):
        assert matters.of(Request.objects.get(pk=asked.pk)).danger == told


def test_passed_without_agreement_the_receiving_team_knows_danger_but_not_the_matter(world, asked):
    with acting(actor(world.coordinator)) as who:
        requests.pass_request(request=asked, actor=who, to_team=world.french)
    with acting(actor(world.french_coordinator)):
        request = Request.objects.get(pk=asked.pk)
        known = matters.of(request)
        assert (known.categories, known.danger, known.agreement, known.interpreted_by) == (
            [],
            "now",
            "told",
            "",
        )
        assert wording.matter(request) != "Addiction"
    with acting(actor(world.coordinator)):  # the team that heard it keeps what it heard, as its note
        own = RequestMatter.objects.get(request=asked)
        assert (own.team_id, own.categories) == (world.walloon.pk, ["addiction"])


def test_not_asked_needs_its_reason_in_the_database_too(world, asked):
    with pytest.raises(IntegrityError, match="request_agreement_or_why"), transaction.atomic():
        RequestMatter.objects.filter(request=asked).update(agreement="not_yet")


def test_visits_say_nothing_more_than_their_kind(world, asked):
    """What triage decides for a matter is a kind of visit and its roles: the visit's row holds no other word of it."""
    names = {field.name for field in Visit._meta.concrete_fields}
    assert not names & {"categories", "danger", "summary", "notes", "agreement"}


# -- the way there ------------------------------------------------------------------------------------------------------

move = import_module("versants.mobile.migrations.0031_request_matter_data")


class _Old:
    """A request as it stood before, with its reason in clear."""

    def __init__(self, request, **fields):
        self.pk, self.team_id, self.key_id, self.key = (
            request.pk,
            request.team_id,
            request.key_id,
            request.key,
        )
        self.categories, self.danger, self.interpreted_by, self.refusal = ["sleep"], "unknown", "child", ""
        self.agreement, self.agreement_why_not, self.urgency = "not_yet", "elle dort", "urgent"
        self.__dict__.update(fields)


def test_old_requests_are_carried_over_with_their_reason_sealed(world, asked):
    RequestMatter.objects.filter(request=asked).delete()
    made = move.matter_of(RequestMatter, _Old(asked))
    made.save()
    made.refresh_from_db()
    assert (made.categories, made.danger, made.interpreted_by) == (["sleep"], "unknown", "child")
    assert vault.read(made, "why_not") == "elle dort"
    assert not made.why_may_lack


def test_an_erased_request_is_carried_over_dark(world, asked):
    RequestMatter.objects.filter(request=asked).delete()
    vault.destroy(asked.key)
    made = move.matter_of(RequestMatter, _Old(asked))
    made.save()
    assert made.why_not is None


def test_the_old_lines_lose_the_reason_and_the_tables_stay_forced(world, asked):
    """The step itself, run again on a filled database: nothing doubles, and protection is as before."""

    class Editor:
        pass

    from django.apps import apps

    from versants.mobile.models import RequestEvent

    RequestEvent.objects.create(request=asked, code="refused", facts={"reason": "other"})
    Editor.connection = connection
    n = RequestMatter.objects.count()
    move.move(apps, Editor)
    assert RequestMatter.objects.count() == n
    assert RequestEvent.objects.get(code="refused").facts == {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT bool_and(relforcerowsecurity) FROM pg_class WHERE relname = ANY(%s)",
            [["mobile_request", "mobile_requestmatter", "mobile_requestevent"]],
        )
        assert cursor.fetchone() == (True,)


def test_the_export_has_no_column_for_it(world, client_for, asked):
    file = client_for(world.coordinator, "en").get("/requests/export.csv?state=all")
    if file.status_code == 200:
        heads = next(csv.reader(io.StringIO(file.content.decode("utf-8-sig")), delimiter=";"))
        assert not {"About", "Danger", "Agreement", "Category"} & set(heads)
