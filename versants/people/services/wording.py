"""Sentences that several pages of accounts use."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def wait(seconds: int) -> str:
    """How long until the next try, and what one may do meanwhile."""
    minutes = -(-seconds // 60)
    if seconds <= 90:
        first = ngettext(
            "Too many wrong tries from here. Try again in %(n)s second.",
            "Too many wrong tries from here. Try again in %(n)s seconds.",
            seconds,
        ) % {"n": seconds}
    else:
        first = ngettext(
            "Too many wrong tries from here. Try again in %(n)s minute.",
            "Too many wrong tries from here. Try again in %(n)s minutes.",
            minutes,
        ) % {"n": minutes}
    return f"{first} " + _(
        "On a device where you have signed in before you get in all the same; a new password by e-mail opens this one."
    )
