"""Telling somebody by e-mail or text message, in the transaction of what is told.

A message says that something waits, where and until when, and links to a page. It carries no name of a person
accompanied, no reason and no language: a telephone on a table may be read by anybody.
"""

from __future__ import annotations

import json
import os
import re
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction

from versants.core import clock
from versants.core.models import Message

# The part of an address that is a token of ``core.ids.new_token``.
_TOKEN = re.compile(r"(?<=/)[A-Za-z0-9_-]{22}(?=/)")


def write(
    *, team_id: int, channel: str, address: str, language: str, about: str, body: str, subject: str = ""
) -> Message | None:
    """Put a message in the outbox of ``team_id``; a task sends it once the transaction stands.

    ``channel`` is email or sms; ``about`` a code such as request.received. The actor is the team (row security).
    Without an address there is nobody to tell: None.
    """
    from versants.core.queueing import defer
    from versants.core.tasks import send_message

    if not address:
        return None
    message = Message.objects.create(
        team_id=team_id,
        channel=channel,
        address=address,
        language=language,
        about=about,
        subject=subject[:120],
        body=body,
    )
    defer(send_message, message_id=message.pk, team_id=team_id)
    return message


@transaction.atomic
def send(message: Message) -> bool:
    """Write the message to the outgoing folder, once. Returns False if it had left already.

    The file is named after the message, so a second run after a crash replaces it by the same.
    """
    message = Message.objects.select_for_update().get(pk=message.pk)
    if message.sent_at is not None:
        return False
    folder = Path(settings.MAIL_DIR)
    stem = f"{message.created_at:%Y%m%dT%H%M%S}-{message.uid}"
    if message.channel == "sms":
        content = json.dumps(
            {
                "to": message.address,
                "language": message.language,
                "about": message.about,
                "body": message.body,
                "created_at": message.created_at.isoformat(),
            },
            ensure_ascii=False,
        ).encode()
        name = f"{stem}.sms.json"
    else:
        content, name = _as_mail(message), f"{stem}.eml"
    _put(folder, name, content)
    message.sent_at = clock.now()
    # A link that was sent stands as a hash where it is asked, and nowhere else: not in the outbox, not in its backups.
    message.body = _TOKEN.sub("…", message.body)
    if message.channel == "sms":
        # The number somebody left to be rung back is not kept in clear once it has served.
        message.address = f"…{message.address[-2:]}"
    message.save(update_fields=["sent_at", "address", "body"])
    return True


def hand_over(*, address: str, language: str, about: str, subject: str, body: str) -> None:
    """An e-mail that holds a secret link: it goes out once the transaction stands and is kept nowhere else.

    The outbox keeps what it sent; a link that opens an account must not stand in the database, where only its
    hash is. Whoever gave the link gives a new one if this does not arrive.
    """
    message = Message(
        channel="email", address=address, language=language, about=about, subject=subject[:120], body=body
    )
    name = f"{message.created_at:%Y%m%dT%H%M%S}-{message.uid}.eml"
    content = _as_mail(message)
    transaction.on_commit(lambda: _put(Path(settings.MAIL_DIR), name, content))


def _as_mail(message: Message) -> bytes:
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"] = settings.DEFAULT_FROM_EMAIL, message.address
    mail["Subject"], mail["Date"] = message.subject, format_datetime(message.created_at)
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Versants-About"] = message.about
    mail.set_content(message.body)
    mail["Content-Language"] = message.language  # after the content, which takes such headers away
    return mail.as_bytes()


def _put(folder: Path, name: str, content: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f".{name}.part"
    partial.write_bytes(content)
    os.replace(partial, folder / name)
