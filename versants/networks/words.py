"""Figures of a study in the reader's language."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date

from django.utils.formats import number_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from versants.core.web.words import day_plain
from versants.territory.models import Versant
from versants_libs.coverage.territory import Language, Town

NARROW = "\u202f"


def number(value: float, decimals: int = 0) -> str:
    """1 234,5 in French, 1.234,5 in Dutch, with a minus as wide as a plus; never minus zero."""
    rounded = round(value, decimals) + 0.0
    said = number_format(rounded, decimals, use_l10n=True, force_grouping=True).replace("\u00a0", NARROW)
    return said.replace("-", "\u2212")


def percent(share: float, decimals: int = 0) -> str:
    """A share from 0 to 1 as whole per cent, or with decimals, spaced as the language asks."""
    space = NARROW if language() == "fr" else ""
    return f"{number(share * 100, decimals)}{space}%"


def points(difference: float) -> str:
    """A difference of two shares in points, with its sign."""
    shown = round(difference * 100, 1) + 0.0
    sign = "+" if shown > 0 else "\u2212" if shown < 0 else ""
    return f"{sign}{number(abs(shown), 1)}"


def many_points(size: float) -> int:
    """What stands for so many points where a language asks for a plural: one and a half is none in French and Dutch."""
    return max(1, int(size)) if language() != "en" or size == 1 else 2


def minutes_word(minutes: float, decimals: int = 0) -> str:
    """12 min."""
    return f"{number(minutes, decimals)}\u00a0min"


def euros(amount: float, decimals: int = 0) -> str:
    """Euros, without cents unless they are asked for."""
    said = number(amount, decimals)
    return f"{said}\u00a0€" if language() == "fr" else f"€\u00a0{said}"


def roads_word(provider: str) -> str:
    """Where minutes of road come from."""
    return {
        "piecewise": _("modelled from kilometres as the crow flies"),
        "matrix": _("from a table of minutes given with the study"),
        "osrm": "OSRM",
        "valhalla": "Valhalla",
    }[provider]


def value_word(text: str) -> str:
    """What an assumption was set to, its signs as the language writes them: 42,31 €; 58 %–86 %."""
    said = re.sub(r"(?<=%)-(?=\d)", "–", text)
    said = re.sub(r", (?=\d)", "; ", said)  # beside decimals a comma is none
    if language() != "en":
        said = re.sub(r"(?<=\d)\.(?=\d)", ",", said)
    said = re.sub(r"(?<![\d.,-])\d{5,9}(?!\d|[.,]\d|-)", lambda found: number(float(found[0])), said)
    if language() == "en":
        return said
    if language() == "fr":
        return re.sub(r"(?<=\d)%", f"{NARROW}%", said).replace(" €", "\u00a0€")
    return re.sub(r"([\d,]+) €", "€\u00a0\\1", said)


def day_word(text: str) -> str:
    """An ISO day in words; whatever else somebody wrote stays."""
    try:
        return day_plain(date.fromisoformat(text))
    except ValueError:
        return text


def language() -> str:
    """fr, nl or en."""
    return (get_language() or "en")[:2]


def kind_word(kind: str) -> str:
    """Who is recruited."""
    return {
        "helper": _("language helper"),
        "certified": _("certified interpreter"),
        "sworn": _("sworn interpreter"),
    }[kind]


def order(name: str) -> tuple[str, str]:
    """The place of a name in a list of Dutch or French: accents count last, Béthune stands before Boulogne."""
    plain = unicodedata.normalize("NFKD", name.replace("œ", "oe").replace("Œ", "Oe"))
    return "".join(sign for sign in plain if not unicodedata.combining(sign)).casefold(), name


def language_word(language_: Language) -> str:
    """A language's name in the reader's."""
    return {"fr": language_.name_fr, "nl": language_.name_nl}.get(language(), language_.name_en)


def failure_word(code: str) -> str:
    """Why a study was not worked out, by the code its job ended with, and what helps."""
    known = {
        "study.piece_lost": _(
            "A part of it took more time or memory than there is. Nothing was kept but the question. Ask again, with fewer "
            "languages or a smaller territory."
        ),
        "study.too_large": _(
            "It took more memory than there is. Nothing was kept but the question. Ask again, with fewer languages or a "
            "smaller territory."
        ),
        "study.no_register": _(
            "The register holds no request of the last twelve months for a part of this territory, or too few to be told. "
            "Ask again with public figures."
        ),
        "study.roads_failed": _(
            "The service of travel times did not answer, or answered nonsense. Nothing was kept but the question. Ask "
            "again later, or with the fitted model; whoever looks after this server finds the answer in its log."
        ),
        "study.roads_many": _(
            "There are too many ways to ask the service of travel times for. Nothing was kept but the question. Ask again "
            "with a smaller territory, or with the fitted model."
        ),
        "study.no_roads": _(
            "Nothing gives travel times here any more but the fitted model. Nothing was kept but the question. Ask again "
            "with it."
        ),
        "study.nothing_asked": _(
            "Nobody asks for these languages in this territory, by the figures chosen: there is nothing to plan. Ask again "
            "with other languages or another territory."
        ),
    }
    return known.get(
        code,
        _(
            "The program has a fault here; your question is not at fault, and fewer languages need not help. Nothing was "
            "kept but the question. Whoever looks after this server finds the error in its log."
        ),
    )


def versant_word(code: str) -> str:
    """The versant's name."""
    return str(Versant(code).label) if code in Versant.values else code


def meaning_word(meaning: str) -> str:
    """A named meaning of "equitable"."""
    return {
        "sum": _("as many talks as possible are served, wherever they are"),
        "worst_language": _(
            "the languages that are served worst, a third of those anybody could interpret, are served as well as possible"
        ),
        "worst_versant": _("the versant that is served worst is served as well as possible"),
    }[meaning]


def instead_word(instead: str) -> str:
    """What replaces recruiting here."""
    return {
        "phone": _("a telephone service from elsewhere"),
        "video": _("a video service from elsewhere"),
        "neighbour": _("interpreters of the neighbouring side"),
        "neighbouring_side": _("interpreters of the neighbouring side"),
        "variety": _("somebody of a neighbouring variety, for simple talks"),
        "nothing": _("nothing in this study"),
    }[instead]


def arrondissement_word(name: str, versant: str, towns: Iterable[Town]) -> str:
    """An arrondissement in the reader's language: files name it in French, after one or two of its communes."""
    dutch = language() == "nl" or (language() == "en" and versant == "west-vlaanderen")
    if not dutch:
        return name
    known = {town.name_fr: town.name_nl for town in towns if town.versant == versant}
    if name in known:
        return known[name]
    return "-".join(known.get(part, part) for part in name.split("-"))
