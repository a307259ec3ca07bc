"""What the tests of accounts share: passwords, codes of the app, messages that went out."""

from __future__ import annotations

import email
import email.policy
import re
import time
from pathlib import Path

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, generate_totp_secret, hotp_value
from django.conf import settings
from django.test import Client

PASSWORD = "quatre mots sans lien"


def with_password(account, password: str = PASSWORD):
    from allauth.account.models import EmailAddress

    account.set_password(password)
    account.save()
    EmailAddress.objects.get_or_create(user=account, email=account.email, verified=True, primary=True)
    return account


def with_app(account) -> str:
    """The secret of an authenticator app of ``account``."""
    secret = generate_totp_secret()
    Authenticator.objects.create(
        user=account, type=Authenticator.Type.TOTP, data={"secret": get_adapter().encrypt(secret)}
    )
    return secret


def code(secret: str, steps: int = 0) -> str:
    """The code shown now, or so many half minutes later; an earlier one only where there is time left to send it."""
    left = 30 - time.time() % 30
    if steps < 0 and left < 5:
        time.sleep(left)
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


def fresh(language: str = "fr", address: str = "192.0.2.7") -> Client:
    client = Client(headers={"accept-language": language}, REMOTE_ADDR=address)
    client.cookies["versants_language"] = language
    return client


def sign_in(client: Client, account, password: str = PASSWORD, **more: str):
    return client.post("/account/login/", {"login": account.email, "password": password, **more})


def messages_to(address: str, about: str = "") -> list[email.message.EmailMessage]:
    """Mails that went out, oldest first."""
    found = []
    for path in sorted(Path(settings.MAIL_DIR).glob("*.eml"), key=lambda one: one.stat().st_mtime_ns):
        mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        if mail["To"] == address and about in str(mail["X-Versants-About"]):
            found.append(mail)
    return found


def link_in(mail) -> str:
    """The path of the link of a mail."""
    return re.search(r"https?://[^/\s]+(/account/\S+)", mail.get_content())[1]


def post_with_seal(client: Client, path: str, **fields: str):
    """Open the page of a link, then send its form."""
    page = client.get(path)
    seal = re.search(r'name="seal" value="([^"]+)"', page.content.decode())
    return client.post(path, {"seal": seal[1] if seal else "", **fields})
