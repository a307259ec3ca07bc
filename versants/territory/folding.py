"""Text as people type it: without accents, case or punctuation."""

from __future__ import annotations

import re
import unicodedata

_SPECIAL = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ĳ": "ij"})
_GAPS = re.compile(r"[^0-9a-z]+")


def fold(text: str) -> str:
    """ "Saint-Josse-ten-Noode" -> "saint josse ten noode"; "Œuilly" -> "oeuilly"."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_SPECIAL))
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return _GAPS.sub(" ", bare).strip()
