"""What django-allauth says has the form of this house: u, never je, in Dutch; French apostrophes and spaces."""

from __future__ import annotations

import re
from pathlib import Path

import allauth
from babel.messages.pofile import read_po
from django.utils import translation

import versants.core
from versants.core.web.words import french_spaces

#: Of parts of allauth that nobody reaches here: telephones, user names, signing up, other products' access, codes by mail.
NOT_HERE = re.compile(
    "client_name|phone|[Uu]sername|sign ?up|register an account|verification code is|sign-in code|reset code|special code"
    "|displayed on your device|View your|security keys|part of the site|verification. Please click|email_url"
    "|tried to access|requested a password reset|take proper security"
)
#: Of parts that only another product's developer meets, or a partner's sign-in, which sends its own words.
NOR_THESE = re.compile(
    "wildcard|Wildcard|Authorization code|[Dd]evice|[Tt]oken|scope|grant type|API|App ID|request token|access token"
    "|private resources|date joined|third-party|existing accounts|user_display|site_name|code to %|Menu|Messages"
    "|Warning|signup for|username|record of such|Sign ?up|unused_count|security key|^Already have|receiving this email"
)
FAMILIAR = re.compile(r"\b(je|jij|jou|jouw|jullie)\b", re.IGNORECASE)


def known_in(language: str) -> dict[str, str]:
    """What allauth itself says in that language, by the English."""
    path = Path(allauth.__file__).parent / "locale" / language / "LC_MESSAGES" / "django.po"
    with path.open("rb") as file:
        return {
            message.id: str(message.string)
            for message in read_po(file, locale=language)
            if isinstance(message.id, str) and message.id
        }


def test_nobody_is_addressed_as_je():
    asked = [
        one for one, said in known_in("nl").items() if FAMILIAR.search(said) and not NOT_HERE.search(one)
    ]
    assert len(asked) > 50
    with translation.override("nl"):
        said = {text: translation.gettext(text) for text in asked}
    assert {text: words for text, words in said.items() if FAMILIAR.search(words)} == {}


def test_french_has_its_apostrophes_and_spaces():
    asked = [one for one in known_in("fr") if not NOT_HERE.search(one) and not NOR_THESE.search(one)]
    assert len(asked) > 80
    with translation.override("fr"):
        said = {text: translation.gettext(text) for text in asked}
    assert {
        text: words for text, words in said.items() if "'" in words or words != french_spaces(words)
    } == {}


def test_english_is_that_of_this_house():
    """The English of allauth speaks of signing up and of us; its pages here say what to do and whom to ask."""
    source = Path(versants.core.__file__).parent / "locale" / "en" / "LC_MESSAGES" / "django.po"
    with source.open("rb") as file:
        ours = {str(message.id): str(message.string) for message in read_po(file, locale="en") if message.id}
    assert set(ours) <= set(known_in("fr"))  # none that allauth no longer says
    with translation.override("en"):
        assert {text: translation.gettext(text) for text in ours} == ours
    assert {
        text for text in ours.values() if re.search(r"[Pp]lease|contact us|two-factor|signup", text)
    } == set()


def test_a_forgotten_password_has_one_link_and_it_does_not_stand_before_the_field(client):
    page = client.get("/account/login/").content.decode()
    assert page.count("/account/password/reset/") == 1
    assert page.index("/account/password/reset/") > page.index('type="password"')
