"""Communes, languages, centres and teams as people name them in a spreadsheet."""

from __future__ import annotations

import re
from typing import Any

from versants.people.models import Site
from versants.people.services.importing.rows import Row
from versants.people.services.importing.said import Said as _
from versants.territory.folding import fold
from versants.territory.models import Commune, Language
from versants.territory.search import find_communes

_POSTAL = re.compile(r"\b(\d{4,5})\b")
_SAINT = (
    (re.compile(r"\bst\b"), "saint"),
    (re.compile(r"\bste\b"), "sainte"),
    (re.compile(r"\bsint\b"), "sint"),
)


class Gazetteer:
    """Look-ups of one import; what was found is remembered."""

    def __init__(self) -> None:
        self._communes: dict[str, list[Commune]] = {}
        self._languages: dict[str, str] | None = None
        self._sites: dict[str, list[Site]] | None = None

    # -- communes -----------------------------------------------------------------------------------------------------

    def commune(self, row: Row, key: str = "commune", postcode: str = "postcode") -> Commune | None:
        """The commune of a row, by name in any language, by INSEE or NIS code, or by its own code; the postal code
        decides between several. None and a fault if it is not one."""
        cell = row.cell(key)
        if cell.lost:
            return None
        text = cell.text
        post = fold(row.cell(postcode).text) if postcode else ""
        if not text:
            if row.kind.column(key).required:
                row.fault(key, _("this cell is empty"))
            return None
        if inside := _POSTAL.search(text):
            bare = _POSTAL.sub(" ", text).strip(" ()-,")
            if bare and not re.fullmatch(r"[A-Za-z]{2}", bare):
                text, post = bare, post or inside[1]
        found = self._named(text)
        if len(found) > 1 and re.search(r"\b(insee|ins|nis)\b", fold(row.head_of(key))):
            found = [one for one in found if one.code == text] or found
        if len(found) > 1 and post:
            found = [one for one in found if post in (one.postal_codes or one.postal_code).split()]
            if not found:
                row.fault(key, _("no commune of this name has the postal code %(code)s") % {"code": post})
                return None
        if len(found) == 1:
            if (
                re.fullmatch(r"\d{4,5}", post)
                and post not in (found[0].postal_codes or found[0].postal_code).split()
            ):
                # No fault: large organisations have postal codes of their own.
                row.notice(
                    _("the postal code %(code)s is not one of %(name)s: is it the right commune?")
                    % {"code": post, "name": found[0].name}
                )
            return found[0]
        if found:
            names = "; ".join(
                f"{one.name} ({one.postal_code}, {one.country}, {one.uid})" for one in found[:5]
            )
            row.fault(
                key,
                _("several communes are called so: %(names)s") % {"names": names},
                _("the postal code beside it, or the code of the commune"),
            )
            return None
        near = ", ".join(one.name for one in find_communes(text[:60], limit=3))
        row.fault(
            key,
            _("no commune is called so; did you mean %(names)s?") % {"names": near}
            if near
            else _("no commune of the three territories is called so"),
        )
        return None

    def _named(self, text: str) -> list[Commune]:
        wanted = fold(text)
        if wanted not in self._communes:
            self._communes[wanted] = self._ask(text.strip(), wanted)
        return self._communes[wanted]

    def _ask(self, text: str, wanted: str) -> list[Commune]:
        if re.fullmatch(r"(FR|BE)-\d{5}", text.upper()):
            return list(Commune.objects.filter(pk=text.upper()))
        if re.fullmatch(r"\d{4,5}", text):
            # 59350 is the INSEE code of Lille and the postal code of Saint-André: both are answers.
            by_post = Commune.objects.filter(folded__contains=text)
            found = {one.pk: one for one in Commune.objects.filter(code=text)}
            found |= {one.pk: one for one in by_post if text in (one.postal_codes or one.postal_code).split()}
            return list(found.values())
        if not wanted:
            return []
        spelt = {wanted}
        for pattern, whole in _SAINT:
            spelt |= {pattern.sub(whole, one) for one in spelt}
        named: dict[str, Commune] = {}
        for one in spelt:
            for commune in Commune.objects.filter(folded__contains=one):
                if fold(commune.name_fr) == one or (commune.name_nl and fold(commune.name_nl) == one):
                    named[commune.pk] = commune
        return sorted(named.values(), key=lambda one: one.pk)

    # -- languages ----------------------------------------------------------------------------------------------------

    def language(self, text: str) -> str | None:
        """The code of a language by its name in French, Dutch, English or itself, or by code."""
        if self._languages is None:
            self._languages = {}
            for one in Language.objects.all():
                names = (one.code, one.bcp47, one.name_fr, one.name_nl, one.name_en)
                for name in names:
                    self._languages.setdefault(fold(name), one.code)
                if one.autonym:
                    self._languages.setdefault(one.autonym.casefold(), one.code)
            self._languages.pop("", None)
        return self._languages.get(fold(text)) or self._languages.get(text.strip().casefold())

    def languages(self, row: Row, key: str = "languages") -> list[str]:
        """Codes of a list of languages, in their order."""
        found: list[str] = []
        for cell in row.all_of(key):
            for part in re.split(r"[;,/\n]", "" if cell.lost else cell.text):
                if not part.strip():
                    continue
                code = self.language(part)
                if code is None:
                    row.fault(
                        key, _("“%(word)s” is not a language of the list") % {"word": part.strip()[:60]}
                    )
                elif code not in found:
                    found.append(code)
        return found

    # -- centres ------------------------------------------------------------------------------------------------------

    def site(self, row: Row, key: str = "centre") -> Site | None:
        """A centre that is there already, by its name; the commune decides between several."""
        name = row.text(key)
        if not name:
            return None
        commune = self.commune(row) if row.cell("commune") else None
        wanted = fold(name)
        if self._sites is None:  # no kind that asks for centres makes any
            self._sites = {}
            for one in Site.objects.select_related("commune", "organisation").order_by("pk"):
                self._sites.setdefault(fold(one.name), []).append(one)
        found = [
            one for one in self._sites.get(wanted, []) if commune is None or one.commune_id == commune.pk
        ]
        if len(found) == 1:
            return found[0]
        if found:
            row.fault(
                key,
                _("several centres are called so: %(names)s")
                % {"names": "; ".join(f"{one.name}, {one.commune.name}" for one in found[:5])},
                _("the commune beside it"),
            )
        else:
            row.fault(key, _("no centre is called so"), _("the name of a centre; import the centres first"))
        return None


def matching(found: list[Any], text: str, *names: str) -> list[Any]:
    """Those of ``found`` whose one or other name is ``text``, accents and case aside."""
    wanted = fold(text)
    return [one for one in found if any(fold(getattr(one, name) or "") == wanted for name in names)]
