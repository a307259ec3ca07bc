"""Finds places as people type them: in any of their languages, without accents, or by postal code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Case, F, IntegerField, Value, When

from versants.territory.folding import fold
from versants.territory.models import Commune, ReceptionCentre


@dataclass(frozen=True, slots=True)
class Found:
    """One answer. ``kind`` is commune, centre or what another part registered; ``id`` its key there.

    ``score`` orders answers of all kinds: 0 the very name, 1 begins so, 2 a word begins so, 3 holds it.
    """

    kind: str
    id: str
    label: str
    detail: str
    commune: str
    score: int


# kind -> finder(folded text, limit). Parts above this one (sites) register theirs when their app starts.
Finder = Callable[[str, int], list[Found]]
_finders: dict[str, Finder] = {}


def register(kind: str, finder: Finder) -> None:
    """Add a kind of place to ``find_places``. A kind is registered once; again replaces it."""
    _finders[kind] = finder


def score(folded_names: str, wanted: str) -> int | None:
    """How well ``wanted`` (folded) fits names folded and separated by " | ": 0 best, None not at all."""
    best: int | None = None
    for name in folded_names.strip().split(" | "):
        if name == wanted:
            return 0
        fits = 1 if name.startswith(wanted) else 2 if f" {wanted}" in name else 3 if wanted in name else None
        if fits is not None and (best is None or fits < best):
            best = fits
    return best


def find_communes(text: str, *, versant: str = "", limit: int = 10) -> list[Commune]:
    """Communes whose French or Dutch name or postal code fits ``text``, best first, then the most people.

    "moeskroen", "Mouscron" and "7712" all find BE-57096. Nothing typed finds nothing.
    """
    wanted = fold(text)
    if not wanted:
        return []
    rank = Case(
        When(folded__contains=f"| {wanted} |", then=0),
        When(folded__startswith=f" {wanted} |", then=0),
        When(folded__endswith=f"| {wanted} ", then=0),
        When(folded=f" {wanted} ", then=0),
        When(folded__startswith=f" {wanted}", then=1),
        When(folded__contains=f"| {wanted}", then=1),
        When(folded__contains=f" {wanted}", then=2),
        default=Value(3),
        output_field=IntegerField(),
    )
    found = Commune.objects.filter(folded__contains=wanted)
    if versant:
        found = found.filter(versant=versant)
    return list(found.annotate(rank=rank).order_by("rank", F("population").desc(nulls_last=True))[:limit])


def _communes(wanted: str, limit: int) -> list[Found]:
    return [
        Found(
            "commune",
            each.uid,
            each.name,
            " ".join([each.postal_code, each.admin2]).strip(),
            each.uid,
            score(each.folded, wanted) or 0,
        )
        for each in find_communes(wanted, limit=limit)
    ]


def _centres(wanted: str, limit: int) -> list[Found]:
    # 47 rows: reading them all costs less than keeping a folded column in step.
    found = []
    for centre in ReceptionCentre.objects.select_related("commune"):
        by_name = score(fold(centre.name), wanted)
        by_place = score(centre.commune.folded, wanted)
        fits = [each for each in (by_name, by_place) if each is not None]
        if fits:
            label, detail = centre.name, f"{centre.commune.name}, {centre.operator}".strip(", ")
            found.append(Found("centre", str(centre.pk), label, detail, centre.commune_id, min(fits)))
    return sorted(found, key=lambda each: (each.score, fold(each.label)))[:limit]


register("commune", _communes)
register("centre", _centres)


def find_places(text: str, *, kinds: tuple[str, ...] = (), limit: int = 10) -> list[Found]:
    """Places of all registered kinds (or of ``kinds``) that fit ``text``, best first."""
    wanted = fold(text)
    if not wanted:
        return []
    found = [
        each
        for kind, finder in _finders.items()
        if not kinds or kind in kinds
        for each in finder(wanted, limit)
    ]
    return sorted(found, key=lambda each: each.score)[:limit]
