"""One visit's question, "who can go?", asked and answered in words: for the page and for the API alike."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from versants.core.access.scope import Actor
from versants.mobile.models import Visit
from versants.mobile.planning import sentences, whatif
from versants.mobile.planning.situation import Situation, slots_of, visit_situation
from versants_libs import dispatch

OF_A_KIND = 3


@dataclass(frozen=True)
class Member:
    """One place of a proposed team."""

    slot: Any
    role: str
    name: str
    first_name: str
    base: str
    uid: str
    taken: bool  # holds this place already


@dataclass(frozen=True)
class TeamRow:
    """One team as the page shows it. Seconds and instants; ``week_s`` is the most loaded one's week."""

    rank: int
    members: list[Member]
    start: datetime
    together_at: datetime
    road_s: int
    week_s: int
    pushes: int
    why: list[sentences.Why]
    motto: str
    option: dispatch.TeamOption


class Question:
    """The visit with its small changes, its teams in the order asked, and the explanation."""

    def __init__(self, actor: Actor, visit: Visit, *, tokens: list[str], whole: bool = False) -> None:
        self.changes = whatif.parse(tokens)
        whatif.apply(visit, self.changes)
        self.visit = visit
        self.situation: Situation = visit_situation(
            actor, visit, whole=whole, mandates=whatif.mandates(self.changes)
        )
        self.ident = str(visit.pk)
        self.desk = dispatch.Desk(self.situation.problem, self.situation.plan)

    def options(self, order: str = "best") -> list[dispatch.TeamOption]:
        found = self.desk.rank(self.ident)
        if order == "arrival":
            found.sort(key=lambda one: (one.together_at, one.delta.total))
        elif order == "load":
            found.sort(key=lambda one: (self.week_s(one), one.delta.total))
        elif order == "road":
            found.sort(key=lambda one: (one.travel_s, one.delta.total))
        return found

    def explanation(self) -> dispatch.Explanation:
        return self.desk.explain(self.ident)

    def week_s(self, option: dispatch.TeamOption) -> int:
        """The week of the most loaded of the team, this visit in it."""
        at = self.situation.at(option.start)
        visit = self.situation.problem.visit(self.ident)
        most = 0
        for slot in visit.slots:
            service = option.services[slot.id]
            person = self.situation.people[service.person]
            mine = sum(one.length_s for one in person.held if one.visit_id == self.visit.pk)
            road = next(
                (
                    int(r.value)
                    for r in option.reasons
                    if r.code == "travel_added" and r.person == service.person
                ),
                0,
            )
            most = max(most, int(person.week_s(at) - mine) + visit.duration_of(slot) + max(0, road))
        return most

    def rows(self, options: list[dispatch.TeamOption], limit: int | None) -> list[TeamRow]:
        shown = options if limit is None else options[:limit]
        holders = {one.slot_id: one.professional_id for one in self.visit.holding}
        slots = slots_of(self.visit)
        rows = []
        for number, option in enumerate(shown, 1):
            members = []
            for slot in slots:
                person = self.situation.people[option.services[str(slot.pk)].person].row
                members.append(
                    Member(
                        slot=slot,
                        role=sentences.role_of(slot, self.visit),
                        name=str(person),
                        first_name=person.first_name,
                        base=_("%(team)s, %(place)s (%(country)s)")
                        % {
                            "team": str(person.team),
                            "place": person.base.name,
                            "country": person.base.country,
                        },
                        uid=str(person.uid),
                        taken=holders.get(slot.pk) == person.pk,
                    )
                )
            rows.append(
                TeamRow(
                    rank=number,
                    members=members,
                    start=self.situation.at(option.start),
                    together_at=self.situation.at(option.together_at),
                    road_s=option.travel_s,
                    week_s=self.week_s(option),
                    pushes=len(option.pushes),
                    why=sentences.reasons(self.situation, option),
                    motto=self._motto(option, options),
                    option=option,
                )
            )
        return rows

    def _motto(self, option: dispatch.TeamOption, options: list[dispatch.TeamOption]) -> str:
        """What distinguishes this team, in three words."""
        size = len(option.services)
        if sum(reason.code == "continuity" for reason in option.reasons) == size:
            return _("The same faces.")
        if len(options) > 1 and option.together_at == min(one.together_at for one in options) < max(
            one.together_at for one in options
        ):
            return _("The fastest.")
        if len(options) > 1 and option.travel_s == min(one.travel_s for one in options):
            return _("The least road.")
        if len(options) > 1 and self.week_s(option) == min(self.week_s(one) for one in options):
            return _("The lightest week.")
        return _("Nothing moves.") if not option.pushes else ""

    def relaxations(self, explanation: dispatch.Explanation, base: str) -> list[dict[str, Any]]:
        """What if: sentence, how many more teams, and the address that tries it."""
        found = []
        tokens = [change.token for change in self.changes]
        for one in explanation.relaxations:
            change = whatif.of(self.situation, one)
            if change is None or change.token in tokens:
                continue
            found.append(
                {
                    "text": sentences.what_if(self.situation, one),
                    "more": one.n_teams - explanation.n_teams,
                    "try_url": f"{base}?{urlencode([('if', token) for token in [*tokens, change.token]])}",
                }
            )
        return found

    def why_not(self, explanation: dispatch.Explanation) -> list[sentences.WhyNot]:
        """Those nearest to being possible first; a person once, at the place where they come nearest."""
        order = list(dispatch.Rule)
        best: dict[str, dispatch.Candidate] = {}
        free = {person for person, _slot in explanation.free}
        for one in explanation.candidates:
            if one.person in free:
                continue
            known = best.get(one.person)
            if known is None or order.index(one.rule) > order.index(known.rule):
                best[one.person] = one
        nearest = sorted(best.values(), key=lambda one: (-order.index(one.rule), one.margin, one.person))
        # Three of a kind say enough: the first rows show every reason there is.
        seen: Counter[str] = Counter()
        first, more = [], []
        for one in nearest:
            seen[one.rule] += 1
            (first if seen[one.rule] <= OF_A_KIND else more).append(one)
        return [sentences.why_not(self.situation, one) for one in [*first, *more]]
