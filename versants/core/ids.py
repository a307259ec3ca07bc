"""Identifiers: tokens for links, codes for persons."""

from __future__ import annotations

import hashlib
import secrets

from stdnum.iso7064 import mod_37_36

# No 0/O, 1/I/L, U/V confusion when a code is read aloud or copied from paper.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTWXYZ"
PREFIX = "V"
RANDOM_CHARS = 6


def new_token() -> str:
    """A link token: 128 random bits, URL-safe, 22 characters."""
    return secrets.token_urlsafe(16)


def token_hash(token: str) -> str:
    """What is stored of a token. The token has full entropy, so a plain SHA-256 is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_code(choice=secrets.choice) -> str:
    """A programme code such as ``V7K4-2M9X``: random, with an ISO 7064 mod 37,36 check character at the end.

    It says nothing about the person. Codes whose check character would be ambiguous are drawn again.
    """
    while True:
        body = PREFIX + "".join(choice(ALPHABET) for _ in range(RANDOM_CHARS))
        check = mod_37_36.calc_check_digit(body)
        if check in ALPHABET:
            code = body + check
            return f"{code[:4]}-{code[4:]}"


def clean_code(text: str) -> str | None:
    """The code in its printed form if ``text`` is one (case, spaces and dashes do not matter), else None.

    One mistyped character, or two swapped neighbours, is always noticed.
    """
    bare = "".join(c for c in text.upper() if c.isalnum())
    if len(bare) != 2 + RANDOM_CHARS or not bare.startswith(PREFIX) or not mod_37_36.is_valid(bare):
        return None
    return f"{bare[:4]}-{bare[4:]}"
