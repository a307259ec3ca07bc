"""The rows a board is made of, remembered one by one: after a write only what was written is read again.

What is remembered of a row stands as long as its sum does (``versions.stands``), which is asked at each look and before
the row is read: what is written meanwhile is another sum the next time. Which visits and which people a reader sees is
not remembered, it is asked each time under their rights. In the memory of the process, by reader and days.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from django.db.models import Prefetch, prefetch_related_objects

from versants.core.access.scope import Actor
from versants.mobile.enums import HOLDING, AssignmentState, VisitState
from versants.mobile.models import Assignment, Slot, Visit
from versants.mobile.planning import versions, workforce
from versants.mobile.planning.answers import Memory
from versants.mobile.planning.calendar import Horizon
from versants.mobile.planning.situation import Preferred
from versants.mobile.planning.versions import Sums
from versants.mobile.planning.workforce import Colleague

Earlier = list[tuple[str, str]]


class Ids(NamedTuple):
    """The visits of the board: ``placed`` stand in these days, ``half`` of them without all their people; those
    ``waiting`` have nobody and their time lies in these days, or went by unnoticed.
    """

    placed: tuple[int, ...]
    half: tuple[int, ...]
    waiting: tuple[int, ...]


class _Seen(NamedTuple):
    """A visit as it was read under these sums; ``earlier``: who was asked before and does not come; ``said``: what is
    drawn of it, under all that it depends on beside the visit.
    """

    sums: str
    visit: Visit
    earlier: Earlier
    said: dict[Hashable, Any]


class _Known(NamedTuple):
    """Somebody as they were read under these sums; whether their mandates, and what they hold, were read too."""

    people: str
    days: str
    colleague: Colleague
    mandates: bool = False
    held: bool = False


class Days:
    """What one look at some days reads, beginning with what the looks before it left.

    ``look`` comes first, then ``visits`` and ``people`` as often as needed, at the end ``keep``. What is kept is never
    changed, as others may be looking at it: a look has its own, and somebody of whom more is read is another Colleague.
    """

    def __init__(self, actor: Actor, horizon: Horizon) -> None:
        self.actor, self.horizon = actor, horizon
        self.sums = Sums()
        self._asked: set[int] = set()
        before = _days.get((actor, horizon))
        self._house = before.sums.house if before else ""
        self._visits: dict[int, _Seen] = dict(before._visits) if before else {}
        self._people: dict[int, _Known] = dict(before._people) if before else {}
        self._preferred: tuple[Hashable, Preferred] | None = before._preferred if before else None

    def look(self, ids: Ids, people: Collection[int] | None = None) -> None:
        """Ask how these visits stand, and these people; None: all who were read before. One query."""
        people = tuple(self._people) if people is None else people
        visits, asked = [*ids.placed, *ids.waiting], [*ids.half, *ids.waiting]
        self.sums = versions.stands(people, visits, asked, *workforce.weeks_of(self.horizon))
        self._asked = set(people)
        if self.sums.house != self._house:
            self._visits, self._people, self._preferred = {}, {}, None

    def ask(self, people: Iterable[int]) -> None:
        """Ask of these people too, if ``look`` did not. At most one query."""
        missing = [pk for pk in people if pk not in self._asked]
        if not missing:
            return
        more = versions.stands(missing, (), (), *workforce.weeks_of(self.horizon))
        self._asked.update(missing)
        # Of all else the older sums hold: some of it was read by then.
        self.sums = replace(
            self.sums, people={**self.sums.people, **more.people}, days={**self.sums.days, **more.days}
        )

    def visits(self, asked: Sequence[int]) -> list[Visit]:
        """These visits with all that the board reads of them; those the reader does not see any more are left out."""
        now = self.sums.visits
        changed = [pk for pk in asked if pk not in self._visits or self._visits[pk].sums != now.get(pk)]
        if changed:
            found = read_visits(self.actor, changed)
            earlier = earlier_answers(self.actor, [one for one in found if one.state == VisitState.OPEN])
            for pk in changed:
                self._visits.pop(pk, None)
            for visit in found:
                self._visits[visit.pk] = _Seen(now.get(visit.pk, ""), visit, earlier.get(visit.pk, []), {})
        return [self._visits[pk].visit for pk in asked if pk in self._visits]

    def earlier(self, visit: Visit) -> Earlier:
        """(state, first name) of those who were asked before for a visit without all its people."""
        return self._visits[visit.pk].earlier

    def said(self, visit: Visit, key: Hashable, make: Callable[[], Any]) -> Any:
        """What is drawn of a visit: made once for as long as it stands. ``key``: what else it depends on."""
        known = self._visits[visit.pk].said
        found = known.get(key)
        if found is None:
            if len(known) >= workforce.SAID:  # its number changes with the visits before it
                known.clear()
            found = known[key] = make()
        return found

    def people(self, asked: Sequence[int], *, whole: bool = False) -> dict[int, Colleague]:
        """These professionals; ``whole``: with what says whether they may go, their mandates and what they hold."""
        self.ask(asked)
        now = self.sums
        fresh = [
            pk for pk in asked if pk not in self._people or self._people[pk].people != now.people.get(pk)
        ]
        if fresh:
            read = workforce.read(self.actor, workforce.one_of("pk", fresh), self.horizon)
            for pk in fresh:
                self._people.pop(pk, None)
            # No sum is this one: what they do is read below, with that of the others.
            self._people.update({pk: _Known(now.people.get(pk, ""), "-", one) for pk, one in read.items()})
        there = [pk for pk in asked if pk in self._people]
        moved = [pk for pk in there if self._people[pk].days != now.days.get(pk, "")]
        if moved:
            again = {pk: replace(self._people[pk].colleague, busy=[], away={}, held=[]) for pk in moved}
            workforce.add_busy(again.values(), self.horizon)
            workforce.add_away(self.actor, again.values(), self.horizon)
            for pk, one in again.items():
                known = self._people[pk]
                self._people[pk] = known._replace(days=now.days.get(pk, ""), colleague=one, held=False)
        if whole:
            self._complete(there)
        return {pk: self._people[pk].colleague for pk in there}

    def _complete(self, asked: Iterable[int]) -> None:
        """Mandates and held places of those of whom they were not read."""
        lacking = [pk for pk in asked if not (self._people[pk].mandates and self._people[pk].held)]
        if not lacking:
            return
        more = {pk: replace(self._people[pk].colleague, held=[]) for pk in lacking}
        mandates = {pk: replace(more[pk], mandates=[]) for pk in lacking if not self._people[pk].mandates}
        more |= mandates
        if mandates:
            workforce.add_mandates(self.actor, mandates.values())
        workforce.add_held(self.actor, more.values(), self.horizon)
        for pk, one in more.items():
            self._people[pk] = self._people[pk]._replace(colleague=one, mandates=True, held=True)

    def with_held(self, colleagues: Iterable[Colleague]) -> dict[int, Colleague]:
        """The same with what they hold. At most one query."""
        asked = [one.row.pk for one in colleagues]
        more = {pk: replace(self._people[pk].colleague, held=[]) for pk in asked if not self._people[pk].held}
        if more:
            workforce.add_held(self.actor, more.values(), self.horizon)
            for pk, one in more.items():
                self._people[pk] = self._people[pk]._replace(colleague=one, held=True)
        return {pk: self._people[pk].colleague for pk in asked}

    def preferred(
        self, visits: Sequence[Visit], people: Sequence[int], make: Callable[[], Preferred]
    ) -> Preferred:
        """Who was with the same persons before: remembered as long as nothing of it was written."""
        asked = tuple((visit.pk, visit.request_id) for visit in visits)
        key = (self.sums.before, asked, tuple(people))
        if self._preferred is None or self._preferred[0] != key:
            self._preferred = (key, make())
        return self._preferred[1]

    def keep(self, ids: Ids) -> None:
        """Leave what was read to the next look: of the visits of this one only."""
        known = {*ids.placed, *ids.waiting}
        self._visits = {pk: one for pk, one in self._visits.items() if pk in known and one.sums}
        _days.keep((self.actor, self.horizon), self)


# By reader and days. The boards that are remembered hold the same rows.
_days: Memory[Days] = Memory(8)


def read_visits(actor: Actor, ids: Sequence[int]) -> list[Visit]:
    """These visits with what the board reads: less than who can go, as there are many of them. Six queries."""
    # Communes and teams are few and shared by many: each is read once, not beside every row.
    rows = list(Visit.objects.visible_to(actor).select_related("site").filter(workforce.one_of("pk", ids)))
    prefetch_related_objects(
        rows,
        *("commune", "team"),
        Prefetch("slots", Slot.objects.select_related("language")),
        Prefetch(
            "assignments",
            # With a join, their rules make the statement read everybody for each place.
            Assignment.objects.filter(state__in=HOLDING).prefetch_related("professional"),
            to_attr="holding",
        ),
    )
    return rows


def earlier_answers(actor: Actor, visits: Sequence[Visit]) -> dict[int, Earlier]:
    """Visit -> (state, first name) of those who were asked before and do not come. At most one query."""
    found: dict[int, Earlier] = {}
    if not visits:
        return found
    rows = (
        Assignment.objects.visible_to(actor)
        .filter(
            visit__in=[visit.pk for visit in visits],
            state__in=(AssignmentState.DECLINED, AssignmentState.LAPSED),
        )
        .order_by("pk")
        .values_list("visit_id", "state", "professional__first_name")
    )
    for visit, state, name in rows:
        found.setdefault(visit, []).append((state, name))
    return found
