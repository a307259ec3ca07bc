"""What django-allauth says in Dutch has the form of address of this house: u, never je."""

from __future__ import annotations

import re
from pathlib import Path

import allauth
from babel.messages.pofile import read_po
from django.utils import translation

#: Of parts of allauth that nobody reaches here: telephones, user names, signing up, other products' access, codes by mail.
NOT_HERE = re.compile(
    "client_name|phone|[Uu]sername|sign ?up|register an account|verification code is|sign-in code|reset code|special code"
    "|displayed on your device|View your|security keys|part of the site|verification. Please click|email_url"
    "|tried to access|requested a password reset|take proper security"
)
FAMILIAR = re.compile(r"\b(je|jij|jou|jouw|jullie)\b", re.IGNORECASE)


def test_nobody_is_addressed_as_je():
    path = Path(allauth.__file__).parent / "locale" / "nl" / "LC_MESSAGES" / "django.po"
    with path.open("rb") as file:
        known = [
            message for message in read_po(file, locale="nl") if isinstance(message.id, str) and message.id
        ]
    asked = [one.id for one in known if FAMILIAR.search(str(one.string)) and not NOT_HERE.search(one.id)]
    assert len(asked) > 50
    with translation.override("nl"):
        said = {text: translation.gettext(text) for text in asked}
    assert {text: words for text, words in said.items() if FAMILIAR.search(words)} == {}
