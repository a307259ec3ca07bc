"""The programme's figures: summed from facts without persons, small cells hidden with all that would betray them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from typing import Any, TypeVar, cast

from django.db import connection
from django.db.models import Case, Count, Max, Min, Q, Sum, Value, When
from django.db.models.fields import CharField

from versants.core import clock
from versants.core.access.scope import Actor
from versants.mobile.models import FigureDefinition, InterventionFact, UnmetNeed
from versants.programme.disclosure import ALL, Cell, Cube, protect
from versants.programme.models import DisclosureRule
from versants.programme.models.disclosure import Audience
from versants.programme.services.calendar import Semester, half, semesters
from versants.territory.models import Versant

Answer = TypeVar("Answer")
VERSANTS = tuple(Versant.values)
# One detail at a time: two together would point at somebody, and could not be protected against each other.
DETAILS = ("kind", "language", "mode", "commune")
NO_LANGUAGE = "none"
LATE = 1000  # facts among the last ones that may have been written by transactions still open when a later one ended
REMEMBERED = 64
# (state of the facts, question) -> answer. The facts name nobody, and every reader who sees one sees all of them.
_counted: dict[Any, Any] = {}
MEASURES = ("delivered", "attempted", "n_first_contacts", "n_persons", "n_professionals", "minutes")


def minimum(audience: str = Audience.PARTNERS, on: date | None = None) -> int:
    """The smallest figure shown to ``audience`` that day. Raises DisclosureRule.DoesNotExist rather than guess."""
    rules = DisclosureRule.objects.filter(audience=audience, valid_from__lte=on or clock.today())
    return rules.latest("valid_from").minimum


def definition(key: str, on: date | None = None) -> FigureDefinition | None:
    """What counts, as it was defined on that day."""
    day = on or clock.today()
    valid = FigureDefinition.objects.filter(key=key, valid_from__lte=day).filter(
        Q(valid_to__isnull=True) | Q(valid_to__gt=day)
    )
    return valid.order_by("-valid_from").first()


@dataclass(frozen=True)
class Table:
    """Counts by versant and semester with totals; ``hidden`` cells are never shown nor named."""

    values: dict[tuple[str, str], int]
    hidden: frozenset[tuple[str, str]]

    def shown(self, versant: str, semester: str) -> int | None:
        """The figure, or None if it is hidden."""
        cell = (versant, semester)
        return None if cell in self.hidden else self.values.get(cell, 0)


class Figures:
    """All figures one reader sees, from a few sums over the facts."""

    def __init__(self, actor: Actor) -> None:
        self.facts = InterventionFact.objects.visible_to(actor)
        self.unmet = UnmetNeed.objects.visible_to(actor)
        self.minimum = minimum()
        # Answered from the ends of two indexes, however many facts there are.
        edges = self.facts.aggregate(first=Min("day"), last=Max("day"), newest=Max("pk"))
        self.first: date | None = edges["first"]
        newest = edges["newest"] or 0
        # Facts are only ever added. One that commits late has a number among the last ones: their count tells.
        late = self.facts.filter(pk__gt=newest - LATE).count()
        self._facts_version = (_database(), newest, late, edges["first"], edges["last"])
        self._version = (late, newest, self.minimum)
        today = clock.today()
        self.semesters: list[Semester] = (
            semesters(self.first, max(edges["last"], today)) if self.first else [half(today)]
        )

    @cached_property
    def keys(self) -> tuple[str, ...]:
        return tuple(semester.key for semester in self.semesters)

    def semester(self, key: str) -> Semester:
        """The semester called ``key``; an unknown one gives the current one."""
        return next((s for s in self.semesters if s.key == key), self.semesters[-1])

    def _by_semester(self) -> Case:
        whens = [When(day__gte=s.start, day__lt=s.end, then=Value(s.key)) for s in self.semesters]
        return Case(*whens, default=Value(""), output_field=CharField())

    def _sums(self, *by: str) -> list[dict[str, Any]]:
        """Sums by versant, semester and ``by``; added up once as long as no fact is added."""

        def add_up() -> list[dict[str, Any]]:
            sums = {f"sum_{name}": Sum(name) for name in MEASURES}
            rows = self.facts.annotate(period=self._by_semester()).values("versant", "period", *by)
            return list(rows.annotate(**sums))

        return self._once(("sums", *by, *((s.key, s.start, s.end) for s in self.semesters)), add_up)

    def _once(self, what: tuple[Any, ...], count: Callable[[], Answer]) -> Answer:
        """What ``count`` gives, remembered by this process for this state of the facts.

        Months brought in from a list may be corrected or taken back, which no number tells: then nothing is remembered.
        """
        if self.some_imported:
            return count()
        key = (self._facts_version, what)
        if key in _counted:
            return cast(Answer, _counted[key])
        found = count()
        if len(_counted) >= REMEMBERED:
            _counted.clear()
        _counted[key] = found
        return found

    @cached_property
    def _plain(self) -> list[dict[str, Any]]:
        return self._sums()

    def _cube(self, measure: str) -> Cube:
        return Cube(
            (VERSANTS, self.keys), {(r["versant"], r["period"]): r[f"sum_{measure}"] for r in self._plain}
        )

    @cached_property
    def interventions(self) -> Table:
        """Visits delivered, by versant and semester."""
        cube = self._cube("delivered")
        return _table(cube, _hidden(self._version, "", cube, self.minimum, None))

    def of(self, measure: str) -> Table:
        """Another measure. Hidden wherever the interventions are: who was met there would say how many visits."""
        if measure == "delivered":
            return self.interventions
        cube = self._cube(measure)
        also = (
            {cell for cell in self.interventions.hidden if cube.values[cell]}
            if measure != "attempted"
            else set()
        )
        # Minutes are no persons, but a few of them stand for a few visits.
        hidden = protect(cube, self.minimum, also=also)
        return _table(cube, hidden)

    def values_of(self, detail: str) -> tuple[str, ...]:
        """The values of a detail that occur, as codes."""
        column = detail if detail in {"kind", "mode"} else f"{detail}_id"

        def find() -> list[str]:
            return list(self.facts.filter(delivered__gt=0).values_list(column, flat=True).distinct())

        return tuple(sorted(value or NO_LANGUAGE for value in self._once(("values", detail), find)))

    def detail(self, name: str) -> dict[str, Table]:
        """Interventions by versant and semester for each value of one detail, protected together with the whole."""
        column = name if name in {"kind", "mode"} else f"{name}_id"
        counts: dict[Cell, int] = {}
        for row in self._sums(column):
            cell = (row["versant"], row["period"], row[column] or NO_LANGUAGE)
            if row["sum_delivered"]:
                counts[cell] = row["sum_delivered"]
        values = tuple(sorted({cell[2] for cell in counts}))
        if not values:
            return {}
        cube = Cube((VERSANTS, self.keys, values), counts)
        base = frozenset((*cell, ALL) for cell in self.interventions.hidden)
        hidden = _hidden(self._version, name, cube, self.minimum, base)
        return {
            value: Table(
                {(v, s): n for (v, s, d), n in cube.values.items() if d == value},
                frozenset((v, s) for v, s, d in hidden if d == value),
            )
            for value in values
        }

    # -- the four numbers -------------------------------------------------------------------------------

    @cached_property
    def interpreted(self) -> dict[str, int] | None:
        """Shares in whole per cent of visits with an interpreter on the spot, remote, without. None while so few that
        a share would tell a small count."""
        counts = {"on_site": 0, "remote": 0, "none": 0}

        def count() -> list[tuple[str, int]]:
            # Months counted before Versants may not say it: they take no part.
            known = self.facts.filter(delivered__gt=0).exclude(with_interpreter="")
            rows = known.values("with_interpreter").annotate(n=Sum("delivered"))
            return [(row["with_interpreter"], row["n"]) for row in rows]

        for how, n in self._once(("interpreted",), count):
            counts[how] += n
        whole = sum(counts.values())
        if not whole or any(0 < n < self.minimum for n in counts.values()):
            return None
        return _percentages(counts, whole)

    @cached_property
    def some_imported(self) -> bool:
        """Do months counted before Versants, and brought in from a team's own list, stand among these?"""
        return self.facts.exclude(imported="").exists()

    @cached_property
    def unmet_total(self) -> int:
        return self.unmet.count()

    @cached_property
    def unmet_by_language(self) -> list[tuple[str, int | None]]:
        """(language or "none", how many or None if hidden), the largest first."""
        rows = self.unmet.values("language_id").annotate(n=Count("pk"))
        counts: dict[tuple[str, ...], int] = {(row["language_id"] or NO_LANGUAGE,): row["n"] for row in rows}
        if not counts:
            return []
        cube = Cube((tuple(sorted(code for (code,) in counts)),), counts)
        hidden = protect(cube, self.minimum, also=[(ALL,)] if 0 < cube.values[(ALL,)] < self.minimum else ())
        found = [(code, None if (code,) in hidden else n) for (code,), n in counts.items()]
        return sorted(found, key=lambda pair: (-(pair[1] or 0), pair[0]))

    @cached_property
    def unmet_shown(self) -> int | None:
        """The total of unmet needs, None if it is too small."""
        return None if 0 < self.unmet_total < self.minimum else self.unmet_total

    def unmet_table(self) -> Table:
        """Unmet needs by versant and semester."""
        rows = self.unmet.annotate(period=self._by_semester()).exclude(period="")
        counts: dict[tuple[str, ...], int] = {
            (r["versant"], r["period"]): r["n"]
            for r in rows.values("versant", "period").annotate(n=Count("pk"))
        }
        cube = Cube((VERSANTS, self.keys), counts)
        # The total is also the sum by language: where that hides nothing, this stays consistent with it.
        return _table(cube, protect(cube, self.minimum))


def _database() -> str:
    return str(connection.settings_dict["NAME"])


def _table(cube: Cube, hidden: Iterable[Cell]) -> Table:
    return Table({(c[0], c[1]): n for c, n in cube.values.items()}, frozenset((c[0], c[1]) for c in hidden))


def _hidden(
    version: tuple[Any, ...], name: str, cube: Cube, smallest: int, base: frozenset[Cell] | None
) -> frozenset[Cell]:
    """Worked out once per state of the facts: the same figures are read many times a day."""
    return _remembered(version, name, smallest, cube.axes, tuple(sorted(cube.counts.items())), base)


@lru_cache(maxsize=32)
def _remembered(
    version: tuple[Any, ...],
    name: str,
    smallest: int,
    axes: tuple[tuple[str, ...], ...],
    counts: tuple[tuple[Cell, int], ...],
    base: frozenset[Cell] | None,
) -> frozenset[Cell]:
    return protect(Cube(axes, dict(counts)), smallest, base_hidden=base)


def _percentages(counts: dict[str, int], whole: int) -> dict[str, int]:
    """Whole per cents that add up to 100: the largest remainders are rounded up."""
    exact = {name: 100 * n / whole for name, n in counts.items()}
    found = {name: int(share) for name, share in exact.items()}
    for name in sorted(exact, key=lambda n: found[n] - exact[n])[: 100 - sum(found.values())]:
        found[name] += 1
    return found
