"""The programme's figures: summed from facts without persons, small cells hidden with all that would betray them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from typing import Any

from django.db.models import Case, Count, Max, Min, Q, Sum, Value, When
from django.db.models.fields import CharField, TextField
from django.db.models.functions import Cast, Coalesce

from versants.core import clock
from versants.core.access.scope import Actor
from versants.mobile.models import FactTotal, FigureDefinition, InterventionFact, UnmetNeed
from versants.programme.disclosure import ALL, Cell, Cube, protect
from versants.programme.models import DisclosureRule
from versants.programme.models.disclosure import Audience
from versants.programme.services.calendar import Semester, semesters
from versants.territory.models import Versant

VERSANTS = tuple(Versant.values)
# One detail at a time: two together would point at somebody, and could not be protected against each other.
DETAILS = ("kind", "language", "mode", "commune")
NO_LANGUAGE = "none"
PLAIN = frozenset({"kind", "mode"})  # details that are no reference to another table
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
        self.totals = FactTotal.objects.visible_to(actor)
        # Answered from the ends of an index, however many facts there are.
        edges = self.facts.aggregate(first=Min("day"), last=Max("day"))
        self.first: date | None = edges["first"]
        today = clock.today()
        # Needs may have been refused before anybody could be visited: their semester has figures too.
        # In the order of the index by semester, so that only the first semester's are read.
        refused = self.unmet.order_by("semester", "day").values_list("day", flat=True).first()
        began = min((day for day in (self.first, refused) if day is not None), default=today)
        self.semesters: list[Semester] = semesters(min(began, today), max(edges["last"] or today, today))

    @property
    def since(self) -> str:
        """The semester of the first intervention."""
        return next((s.key for s in self.semesters if self.first and self.first < s.end), self.keys[0])

    @cached_property
    def keys(self) -> tuple[str, ...]:
        return tuple(semester.key for semester in self.semesters)

    def semester(self, key: str) -> Semester:
        """The semester called ``key``; an unknown one gives the current one."""
        return next((s for s in self.semesters if s.key == key), self.semesters[-1])

    def _by_semester(self, column: str) -> Case:
        whens = []
        for s in self.semesters:
            # The first period may begin within the month of the first fact: all of that month lies in it.
            start = s.start.replace(day=1) if column == "month" else s.start
            whens.append(When(**{f"{column}__gte": start, f"{column}__lt": s.end}, then=Value(s.key)))
        return Case(*whens, default=Value(""), output_field=CharField())

    @cached_property
    def _by_month(self) -> bool:
        """Do all periods begin with a month, so that the sums kept by month say them?"""
        return all(semester.start.day == 1 for semester in self.semesters[1:])

    def _sums(self, detail: str = "") -> list[dict[str, Any]]:
        """Sums by versant, ``period`` and, with a detail, ``value``; "" is a fact that says none.

        From the sums the database keeps by month; periods that begin within a month are counted fact by fact.
        """
        sums = {f"sum_{name}": Sum(name) for name in MEASURES}
        by = ("versant", "period", "value") if detail else ("versant", "period")
        if self._by_month:
            kept = self.totals.filter(detail=detail)
            return list(kept.annotate(period=self._by_semester("month")).values(*by).annotate(**sums))
        facts: Any = self.facts.annotate(period=self._by_semester("day"))
        if detail:
            column = Cast(detail if detail in PLAIN else f"{detail}_id", TextField())
            facts = facts.annotate(value=Coalesce(column, Value(""), output_field=TextField()))
        return list(facts.values(*by).annotate(**sums))

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
        return _table(cube, _hidden("", cube, self.minimum, None))

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
        found = self.totals.filter(detail=detail).values("value").annotate(n=Sum("delivered"))
        return tuple(sorted(row["value"] or NO_LANGUAGE for row in found.filter(n__gt=0)))

    def detail(self, name: str) -> dict[str, Table]:
        """Interventions by versant and semester for each value of one detail, protected together with the whole."""
        counts: dict[Cell, int] = {}
        for row in self._sums(name):
            cell = (row["versant"], row["period"], row["value"] or NO_LANGUAGE)
            if row["sum_delivered"]:
                counts[cell] = row["sum_delivered"]
        values = tuple(sorted({cell[2] for cell in counts}))
        if not values:
            return {}
        cube = Cube((VERSANTS, self.keys, values), counts)
        base = frozenset((*cell, ALL) for cell in self.interventions.hidden)
        hidden = _hidden(name, cube, self.minimum, base)
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

        # Months counted before Versants may not say it: they take no part.
        known = self.totals.filter(detail="with_interpreter").exclude(value="").values("value")
        for row in known.annotate(n=Sum("delivered")):
            counts[row["value"]] += row["n"]
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
        rows = self.unmet.annotate(period=self._by_semester("day")).exclude(period="")
        counts: dict[tuple[str, ...], int] = {
            (r["versant"], r["period"]): r["n"]
            for r in rows.values("versant", "period").annotate(n=Count("pk"))
        }
        cube = Cube((VERSANTS, self.keys), counts)
        # The total is also the sum by language: where that hides nothing, this stays consistent with it.
        return _table(cube, protect(cube, self.minimum))


def _table(cube: Cube, hidden: Iterable[Cell]) -> Table:
    return Table({(c[0], c[1]): n for c, n in cube.values.items()}, frozenset((c[0], c[1]) for c in hidden))


def _hidden(name: str, cube: Cube, smallest: int, base: frozenset[Cell] | None) -> frozenset[Cell]:
    """Worked out once for the same counts: the same figures are read many times a day."""
    return _remembered(name, smallest, cube.axes, tuple(sorted(cube.counts.items())), base)


@lru_cache(maxsize=32)
def _remembered(
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
