"""Errors that carry a stable code. Callers decide on the type or the code, never on the text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class VersantsError(Exception):
    """Something a person can understand went wrong.

    ``code`` is stable and dotted (``visit.closed``); ``message`` is the sentence shown, lazily translated;
    ``facts`` are the values behind the sentence, without personal data.
    """

    status = 400

    def __init__(self, code: str, message: Any, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.facts: Mapping[str, Any] = facts


class ActionDenied(VersantsError):
    """This actor may not do this."""

    status = 403


class InvalidTransition(VersantsError):
    """This cannot be done now: the thing is in another state."""

    status = 409


class Conflict(VersantsError):
    """Somebody else was faster, or the database refuses: nothing was lost, other possibilities exist."""

    status = 409


class BadInput(VersantsError):
    """What was given cannot be understood; the sentence says what is expected."""

    status = 422
