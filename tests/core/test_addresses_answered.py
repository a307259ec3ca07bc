"""Under which names the web answers: settings are read once, so each case is a process of its own."""

import os
import subprocess
import sys

import pytest

ASK = """
import sys, django
django.setup()
from django.conf import settings
from django.test import Client
host, origin = sys.argv[1:]
client = Client(enforce_csrf_checks=True, headers={"host": host, "x-forwarded-proto": "https", "origin": origin})
client.cookies["csrftoken"] = "a" * 32
read = client.get("/healthz").status_code
sent = client.post("/healthz", {"csrfmiddlewaretoken": "a" * 32}, secure=True).status_code
print(read, sent, settings.BASE_URL)
"""
URL = "https://versants.example.org"


def ask(host: str, origin: str = URL, **variables: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", ASK, host, origin],
        env=os.environ
        | {
            "DJANGO_SETTINGS_MODULE": "versants.config.settings",
            "VERSANTS_HTTPS": "1",
            "VERSANTS_URL": f"{URL}/",
        }
        | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.split()


def test_the_name_of_the_address_is_answered_behind_a_proxy():
    assert ask("versants.example.org") == ["200", "200", URL]
    assert ask("versants.example.org", "https://elsewhere.example.org") == ["200", "403", URL]


@pytest.mark.parametrize("host", ["elsewhere.example.org", "org"])
def test_another_name_is_refused(host):
    assert ask(host)[0] == "400"


def test_further_names_are_answered_too():
    more = {"VERSANTS_ORIGINS": "https://aide.example.org, https://hulp.example.org"}
    for name in ("aide.example.org", "hulp.example.org"):
        assert ask(name, f"https://{name}", **more)[:2] == ["200", "200"]
