"""The report as PDF, set by typst with Noto from a package: no font of the machine, no file outside, no clock."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import fontpkg_noto_sans
import typst
from django.utils import translation

from versants.networks.report.content import document
from versants.networks.report.source import Source

TEMPLATE = Path(__file__).with_name("report.typ")
LANGUAGES = ("fr", "nl", "en")


def pdf(source: Source, language: str, *, at: datetime | None = None) -> bytes:
    """The report in ``language``; the same study, result and instant give the same bytes.

    Raises LookupError for a letter the font does not have: a report never shows a box instead.
    """
    with translation.override(language):
        said = document(source)
    return compiled(said, at=at or datetime.fromtimestamp(0, UTC))


def compiled(said: dict[str, Any], *, at: datetime) -> bytes:
    """``said`` as PDF."""
    unknown = _unknown(json.dumps(said, ensure_ascii=False))
    if unknown:
        raise LookupError(f"the report’s font has no letter for {' '.join(unknown)}")
    made = typst.compile(
        TEMPLATE.read_bytes(),
        font_paths=fonts(),
        sys_inputs={"said": json.dumps(said, ensure_ascii=False)},
        timestamp=at,
    )
    if not isinstance(made, bytes):
        raise TypeError("typst gave several files for one report")
    return made


def fonts() -> typst.Fonts:
    """Noto Sans and nothing else."""
    return typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(Path(fontpkg_noto_sans.__file__).with_name("files"))],
    )


def _unknown(text: str) -> list[str]:
    """Letters outside what Noto Sans writes: Latin, Greek, Cyrillic, punctuation, arrows of mathematics."""
    return sorted({one for one in text if not (ord(one) < 0x0530 or 0x1E00 <= ord(one) < 0x2300)})
