"""Where to come, as somebody says it on the telephone: a centre, a school, a commune, a postal code."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from versants.people.models import Site
from versants.territory.folding import fold
from versants.territory.models import Commune
from versants.territory.search import find_communes


@dataclass(frozen=True)
class Place:
    """A site, or a commune without one. ``key`` names it in a form; ``label`` is what one reads and may type."""

    key: str
    label: str
    site: Site | None = None
    commune: Commune | None = None
    whole: bool = False  # what was typed is its very name


def find(text: str, *, limit: int = 8) -> list[Place]:
    """Places that fit what was typed, sites first. Each word typed begins a word of its name or its commune."""
    wanted = fold(text)
    parts = wanted.split()
    if not parts:
        return []
    found = [_of_site(site, wanted) for site in Site.objects.select_related("commune") if _fits(site, parts)]
    # The very name first, then names that begin so, then the rest by name.
    found.sort(
        key=lambda place: (not place.whole, not fold(place.label).startswith(wanted), fold(place.label))
    )
    found = found[:limit]
    by_label = {place.label for place in found}
    # A label that was chosen holds its country: the commune's own name is looked up without it.
    bare = text.partition("(")[0].partition(",")[0]
    parts = fold(bare).split()
    for commune in find_communes(bare, limit=limit - len(found)) if len(found) < limit else []:
        place = _of_commune(commune, wanted)
        if place.label not in by_label and all(_begins(part, _commune_words(commune)) for part in parts):
            found.append(place)
    return found


def resolve(text: str, key: str = "") -> tuple[Place | None, list[Place]]:
    """The one place that is meant, or None and those it could be."""
    found = find(text)
    for place in found:
        if key and place.key == key:
            return place, []
    whole = [place for place in found if place.whole]
    if len(whole) == 1:
        return whole[0], []
    if len(found) == 1:
        return found[0], []
    return None, found


def _fits(site: Site, parts: list[str]) -> bool:
    names = fold(site.name).split() + _commune_words(site.commune)
    return all(_begins(part, names) for part in parts)


def _begins(part: str, names: list[str]) -> bool:
    return any(name.startswith(part) for name in names)


def _commune_words(commune: Commune) -> list[str]:
    return [*commune.folded.split(), commune.country.casefold()]


def _of_site(site: Site, wanted: str) -> Place:
    label = f"{site.name}, {site.commune.name} ({site.commune.country})"
    return Place(f"site:{site.uid}", label, site=site, whole=wanted in {fold(site.name), fold(label)})


def _of_commune(commune: Commune, wanted: str) -> Place:
    label = _("%(commune)s (%(country)s), elsewhere in the commune") % {
        "commune": commune.name,
        "country": commune.country,
    }
    return Place(f"commune:{commune.uid}", label, commune=commune, whole=wanted == fold(label))
