"""Nothing readable: the demonstration world is loaded and used, then everything it left behind is searched for the
words that stand only in sealed columns: a dump of every table, statistics of the planner, logs, mails, messages.
"""

from __future__ import annotations

import base64
import io
import logging
import re
import unicodedata
from datetime import timedelta

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import connection

from tests.portal.test_ask import PLANNED
from versants.core import clock, erasure, messages, sealing
from versants.core.access.scope import Actor, acting
from versants.core.models import Message
from versants.core.web.logs import JsonFormatter
from versants.demo import canaries
from versants.mobile.models import EscalationStep, RequestLink, RequestNote
from versants.mobile.services import escalation
from versants.people.models import Membership

pytestmark = pytest.mark.django_db
TYPED = "ne dort plus, zzdemande tapée par un centre, zzcanari éàç"


def _ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def _marks() -> set[bytes]:
    """Every canary whole and every mark, in each form in which a careless line of code might write it down."""
    values = {value for identity in canaries.IDENTITIES for value in identity.values()}
    values |= {canaries.SITUATION, canaries.CLINICAL, canaries.SOCIAL_NOTE, canaries.CLINICAL_NOTE}
    values |= {canaries.REQUEST_WORDS, canaries.CALLBACK, TYPED, *canaries.MARKS}
    found: set[bytes] = set()
    for value in values:
        for text in (
            value,
            _ascii(value),
            value.replace(" ", ""),
            value.replace(" ", "+"),
            value.replace(" ", "%20"),
        ):
            raw = text.casefold().encode()
            found |= {raw, text.lower().encode()}
            for form in (text, text.casefold(), text.upper(), text.capitalize()):
                found.add(form.encode().hex().encode())
                # Base64 at each of the three offsets at which it may stand, without what its neighbours decide.
                for offset, begins in enumerate((0, 2, 3)):
                    plain = b"\0" * offset + form.encode()
                    coded = base64.b64encode(plain)[begins : len(plain) * 8 // 6].lower()
                    if len(coded) > 8:  # shorter ones stand in any random key
                        found.add(coded)
    # What is in dates of birth is in other dates too; their year is the canaries' own.
    return {mark for mark in found if len(mark) >= 5}


MARKS = _marks()
_EITHER = re.compile(b"|".join(re.escape(mark) for mark in sorted(MARKS, key=len, reverse=True)))


def found_in(content: bytes) -> set[bytes]:
    """Marks in some bytes, whatever their case; text is looked at without its accents too, and unescaped."""
    lowered = content.lower()
    text = content.decode(errors="replace")
    unescaped = re.sub(r"\\u([0-9a-fA-F]{4})", lambda m: chr(int(m[1], 16)), text)
    found = set()
    for form in {lowered, _ascii(text).lower().encode(), unescaped.casefold().encode()}:
        found |= set(_EITHER.findall(form))
    return found


def test_the_search_is_not_blind():
    for text in (
        "ZZCANARI",
        "…Testfamille né",
        "zzkanarie",
        "0000 0123 987",
        "000001 0000+0123+987",
        b"Zzcanari".hex(),
        "Zzclinique \\u00e0 ne lire",
        base64.b64encode(b"xy Zzsituation \xc3\xa0 ne lire que par").decode(),
    ):
        assert found_in(text.encode()), text
    assert not found_in(b"a canary, a situation, 0123, Mouscron, 1901")


class _Kept(logging.Handler):
    """Every line of every logger, as the product writes it."""

    def __init__(self) -> None:
        super().__init__(level=logging.DEBUG)
        self.setFormatter(JsonFormatter())
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def logs():
    kept = _Kept()
    loggers = [
        logging.getLogger(name)
        for name in ("", "versants", "versants.web", "django.request", "procrastinate")
    ]
    levels = [one.level for one in loggers]
    logging.getLogger().addHandler(kept)
    for one in loggers:
        one.setLevel(logging.DEBUG)
    yield kept
    logging.getLogger().removeHandler(kept)
    for one, level in zip(loggers, levels, strict=True):
        one.setLevel(level)


@pytest.fixture
def used(loaded, client_for, settings, tmp_path, logs, monkeypatch):
    """A morning of work with the canaries: asked, typed, opened, read, sent, failed, erased, sealed."""
    settings.MAIL_DIR = tmp_path / "mail"
    settings.WITNESS_DIR = tmp_path / "witness"
    settings.WITNESS_DIR.mkdir()
    person = loaded.named["canary:0"]
    member = (
        Membership.objects.active()
        .filter(team=person.team_id, role="coordinator")
        .select_related("account", "organisation", "team")
        .first()
    )
    desk = client_for(member)
    assert desk.post(f"/people/{person.code}/open/", {"reason": "call"}).status_code in {200, 302}
    page = desk.get(f"/people/{person.code}/").content.decode()
    assert "Testnom" in page  # who may read it, reads it: the words went through every layer
    assert desk.get("/people/", {"q": "Zzcanari Testnom", "code": "Zzcanari"}).status_code == 200
    desk.get("/requests/")
    desk.get("/nowhere/Zzcanari/")

    phone = client_for()
    token = "canary-link-of-this-test"
    from versants.core.ids import token_hash

    link = RequestLink.objects.filter(team=person.team_id).first()
    RequestLink.objects.filter(pk=link.pk).update(token_hash=token_hash(token), period=(None, None))
    url = f"/r/{token}/?way=planned"
    day = f"{clock.today() + timedelta(days=3):%Y-%m-%d}"
    fields = {**PLANNED, "summary": TYPED, "callback_who": "Zzcanari Testnom", "day": day}
    phone.get(url)
    phone.post(f"/r/{token}/draft/?way=planned", fields)
    uid = re.search(r'name="uid" value="([0-9a-f-]{36})"', phone.get(url).content.decode())[1]
    fields |= {"uid": uid, "from_time": "14:00", "to_time": "16:00", "person_codes": person.code}
    sent = phone.post(url, fields)
    assert sent.status_code == 302, sent.content.decode()
    assert RequestNote.objects.filter(request__uid=uid).exists()
    desk.get(f"/requests/{uid}/")

    def fails(*args, **kwargs):
        raise RuntimeError(f"cannot show {TYPED} of Zzcanari Testnom")

    monkeypatch.setattr("versants.people.views.persons._page", fails)
    desk.raise_request_exception = False
    assert desk.get(f"/people/{person.code}/").status_code == 500
    steps = EscalationStep.objects.filter(request__uid=uid)
    steps.update(due_at=clock.now())  # nobody answered: whom the product tells, it tells now
    with acting(Actor.for_team(person.team)):
        for step in steps.order_by("rank"):
            escalation.run_step(step.pk, person.team_id)
        for message in Message.objects.filter(sent_at=None):
            messages.send(message)
    sealing.seal()
    sealing.seal()  # the first head is written now: nothing is committed inside a test
    erasure.keep()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return logs


def test_nothing_readable_is_left_behind_anywhere(used, settings):
    leaks: dict[str, set[bytes]] = {}

    def look(where: str, content: bytes) -> None:
        if marks := found_in(content):
            leaks[where] = marks

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.relkind IN ('r', 'm', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')"
            " AND c.relname NOT LIKE 'territory_%' ORDER BY 1"
        )
        tables = [name for (name,) in cursor.fetchall()]
        assert {"public.procrastinate_jobs", "public.core_cache", "public.django_session"} <= set(tables)
        for table in tables:
            with cursor.copy(f"COPY {table} TO STDOUT") as copy:
                look(table, b"".join(bytes(part) for part in copy))
        # What the planner remembers of columns, and text search indexes hold the words of their columns.
        cursor.execute(
            "SELECT string_agg(to_jsonb(s)::text, E'\\n') FROM pg_stats s WHERE schemaname = 'public'"
        )
        look("pg_stats", cursor.fetchone()[0].encode())
        cursor.execute("SELECT count(*) FROM procrastinate_jobs")
        assert cursor.fetchone()[0] > 0
    look("logs", "\n".join(used.lines).encode())
    assert any("RuntimeError" in line for line in used.lines)
    sent = sorted(settings.MAIL_DIR.iterdir())
    assert sent
    for path in (*sent, *settings.WITNESS_DIR.iterdir()):
        look(path.name, path.name.encode() + path.read_bytes())
    for one in mail.outbox:
        look("mail", one.message().as_bytes())
    assert leaks == {}


def test_no_error_report_is_mailed(settings):
    """What an error report would hold is what somebody typed: there is nobody to send one to, and nothing that would."""
    assert settings.ADMINS == []
    assert settings.MANAGERS == []
    assert "AdminEmailHandler" not in str(settings.LOGGING)
    handlers = [
        handler
        for logger in logging.root.manager.loggerDict.values()
        for handler in getattr(logger, "handlers", [])
    ]
    names = {type(handler).__name__ for handler in handlers}
    assert "AdminEmailHandler" not in names or not settings.ADMINS


def test_answers_of_commands_hold_no_canary(loaded):
    out = io.StringIO()
    for command in (("keys", "status", "--json"), ("demo", "links", "--json"), ("demo", "logins", "--json")):
        call_command(*command, stdout=out, stderr=out)
    assert not found_in(out.getvalue().encode())
