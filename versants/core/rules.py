"""A rule is a function ``check_...`` that raises; this turns it into a yes or no."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from versants.core.errors import VersantsError


def allows(check: Callable[..., object], *args: Any, **kwargs: Any) -> bool:
    """True if ``check(*args)`` does not object. For templates and lists: no twin function is written by hand."""
    try:
        check(*args, **kwargs)
    except VersantsError:
        return False
    return True
