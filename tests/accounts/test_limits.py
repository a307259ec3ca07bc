"""Wrong tries: who waits, how long, who does not; counted together by every process."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import timedelta

import pytest
from django.db import connection

from tests.accounts.signing import PASSWORD, code, fresh, sign_in, with_app, with_password
from versants.people.models import KnownDevice, SignInLimit
from versants.people.services import limits, wording

ACCOUNT, HERE, THERE = "nora@example.org", "192.0.2.1", "192.0.2.2"


@pytest.fixture
def later(monkeypatch):
    """Moves the hour of the limits on, by seconds."""
    moved = [timedelta()]
    real = limits.now

    def go(seconds: float) -> None:
        moved[0] += timedelta(seconds=seconds)

    monkeypatch.setattr(limits, "now", lambda: real() + moved[0])
    return go


def tries(n: int, client: str = HERE, account: str = ACCOUNT, device: str = "") -> list[int]:
    return [limits.charge("password", account, client, device).wait_s for _ in range(n)]


def test_each_wrong_try_after_the_free_ones_doubles_the_wait(db, later):
    assert tries(limits.FREE["pair"]) == [0] * 5
    waits = []
    for _ in range(9):
        wait = tries(1)[0]
        waits.append(wait)
        later(wait)
        assert tries(1) == [0]  # the wait was true: one try, then the next wait
    assert [round(one, -1) for one in waits[:6]] == [30, 60, 120, 240, 480, 960]
    assert max(waits) <= limits.LONGEST_WAIT_S["pair"] + 1


def test_a_try_while_waiting_makes_nobody_wait_longer(db):
    tries(5)
    assert len({round(one, -1) for one in tries(20)}) == 1


def test_a_stranger_does_not_shut_the_owner_out(db):
    """Others try from many places until the account waits for all strangers; the owner's own device goes in."""
    for n in range(40):
        tries(4, client=f"198.51.100.{n}")
    assert tries(1, client="203.0.113.9")[0] > 0  # any stranger
    assert tries(1, client="203.0.113.9", device="known-here") == [0]
    assert tries(1, client="198.51.100.1", device="known-here") == [0]  # even from the very same address


def test_a_known_device_has_its_own_count(db):
    assert tries(10, device="stolen") == [0] * 10
    assert tries(1, device="stolen")[0] > 0
    assert tries(1, device="other") == [0]


def test_one_address_does_not_try_every_account(db):
    waits = [tries(1, account=f"a{n}@example.org")[0] for n in range(limits.FREE["client"] + 1)]
    assert waits[:-1] == [0] * limits.FREE["client"]
    assert waits[-1] > 0
    assert tries(1, account="b@example.org", client=THERE) == [0]


def test_a_right_password_gives_back_its_own_try_only(db):
    tries(3)
    charge = limits.charge("password", ACCOUNT, HERE)
    limits.give_back(charge.keys)
    assert sorted(SignInLimit.objects.values_list("failures", flat=True)) == [3, 3, 3]
    limits.forget("password", ACCOUNT, HERE)
    assert SignInLimit.objects.count() == 2  # what strangers did to the account, and the client, stay


def test_all_is_forgotten_after_a_day(db, later):
    tries(5)
    later(limits.FORGOTTEN_AFTER.total_seconds() + 1)
    assert tries(5) == [0] * 5
    later(limits.FORGOTTEN_AFTER.total_seconds() + 1)
    assert limits.clean_up() == 3


def test_nothing_of_it_can_be_read_in_the_table(db):
    tries(1)
    for key in SignInLimit.objects.values_list("key", flat=True):
        assert len(key) == 64
        assert ACCOUNT not in key
        assert HERE not in key


_OTHER_PROCESS = """
import json, sys
import django
django.setup()
from django.db import transaction
from versants.people.services import limits
free = 0
for _ in range(20):
    with transaction.atomic():
        free += limits.charge("password", sys.argv[1], "192.0.2.77").wait_s == 0
print(json.dumps(free))
"""


def test_two_processes_count_together(django_db_setup, django_db_blocker):
    """Two web processes at once: five free tries between them, not five each."""
    with django_db_blocker.unblock():
        at = connection.settings_dict
        url = f"postgresql://{at['USER']}@/{at['NAME']}?host={at['HOST']}&port={at['PORT']}"
        env = {
            **os.environ,
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "versants.config.settings",
            "VERSANTS_ASSUME_ROLE": "",
        }
        try:
            running = [
                subprocess.Popen(
                    [sys.executable, "-c", _OTHER_PROCESS, "two@example.org"],
                    env=env,
                    stdout=subprocess.PIPE,
                    text=True,
                )
                for _ in range(2)
            ]
            free = [json.loads(one.communicate(timeout=300)[0]) for one in running]
        finally:
            with connection.cursor() as cursor:
                cursor.execute("DELETE FROM people_signinlimit")
    assert sum(free) == limits.FREE["pair"]


def test_the_page_says_how_long_and_what_else_one_can_do(world):
    account = with_password(world.requester.account)
    client = fresh()
    for _ in range(5):
        assert "ne vont pas ensemble" in sign_in(client, account, "faux faux faux").content.decode()
    page = sign_in(client, account).content.decode()  # even the right one waits now
    assert "Trop d’essais" in page
    assert re.search(r"Réessayez dans \d\d? secondes", page)
    assert sign_in(fresh(address="203.0.113.4"), account).status_code == 302


def test_the_owners_browser_goes_in_while_strangers_wait(world):
    account = with_password(world.requester.account)
    mine = fresh(address="192.0.2.50")
    assert sign_in(mine, account).status_code == 302
    assert KnownDevice.objects.filter(account=account).count() == 1
    mine.post("/account/logout/")
    stranger = fresh(address="192.0.2.50")
    for _ in range(8):
        sign_in(stranger, account, "faux faux faux")
    assert sign_in(stranger, account).status_code == 200
    assert sign_in(mine, account).status_code == 302
    mine.post("/account/logout/")
    # The cookie of one account is no key to another's waiting.
    other = with_password(world.site_manager.account)
    for _ in range(8):
        sign_in(fresh(address="192.0.2.50"), other, "faux faux faux")
    assert sign_in(mine, other).status_code == 200


def test_wrong_codes_wait_too_and_shut_out_nobody(world):
    account = with_password(world.coordinator.account)
    secret = with_app(account)
    mine = fresh(address="192.0.2.60")
    sign_in(mine, account)
    assert mine.post("/account/2fa/authenticate/", {"code": code(secret)}).status_code == 302
    mine.post("/account/logout/")
    thief = fresh(address="198.51.100.60")  # knows the password
    sign_in(thief, account)
    for _ in range(6):
        page = thief.post("/account/2fa/authenticate/", {"code": "000000"}).content.decode()
    assert "Trop d’essais" in page
    sign_in(mine, account)
    assert mine.post("/account/2fa/authenticate/", {"code": code(secret, 1)}).status_code == 302


def test_an_unknown_address_waits_as_a_known_one(db):
    client = fresh()
    for _ in range(5):
        client.post("/account/login/", {"login": "personne@example.org", "password": PASSWORD})
    page = client.post("/account/login/", {"login": "personne@example.org", "password": PASSWORD})
    assert "Trop d’essais" in page.content.decode()


@pytest.mark.parametrize(("language", "word"), [("fr", "minutes"), ("nl", "minuten")])
def test_the_sentence_in_both_languages(language, word):
    from django.utils import translation

    with translation.override(language):
        assert word in wording.wait(300)
        assert "5" in wording.wait(300)
