"""Which state follows which, in one table: the services ask it, the tests walk it, docs/states.md is drawn from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from versants.core.errors import InvalidTransition
from versants.mobile.enums import AssignmentState as A
from versants.mobile.enums import RequestState as R
from versants.mobile.enums import VisitState as V


@dataclass(frozen=True, slots=True)
class Transition:
    """``event`` leads from ``source`` to ``target``.

    ``who``: team, asker (of the request), both, professional, or system (a clock or a booking).
    """

    source: str
    event: str
    target: str
    who: str


@dataclass(frozen=True)
class Machine:
    """All states of one thing, and every way from one to another. A pair (source, event) has one target."""

    name: str
    states: tuple[str, ...]
    transitions: tuple[Transition, ...]
    sentence: Any  # why an event cannot happen in a state

    def after(self, state: str, event: str) -> str:
        """The state after ``event``. Raises InvalidTransition ``NAME.STATE``."""
        for one in self.transitions:
            if one.source == state and one.event == event:
                return one.target
        raise InvalidTransition(f"{self.name}.{state}", self.sentence, event=event)

    def allows(self, state: str, event: str) -> bool:
        return any(one.source == state and one.event == event for one in self.transitions)


def _ways(sources: Iterable[str], event: str, target: str, who: str) -> list[Transition]:
    return [Transition(str(source), event, str(target), who) for source in sources]


_OPEN = (R.NEW, R.INCOMPLETE, R.ASKED_BACK, R.ACCEPTED, R.PLANNED)
_BEFORE_TEAM = (R.NEW, R.INCOMPLETE, R.ASKED_BACK, R.ACCEPTED)

REQUEST = Machine(
    "request",
    tuple(R.values),
    (
        *_ways((R.NEW, R.INCOMPLETE, R.ASKED_BACK), "accept", R.ACCEPTED, "team"),
        *_ways(_BEFORE_TEAM, "refuse", R.REFUSED, "team"),
        *_ways((R.NEW, R.INCOMPLETE, R.ACCEPTED), "ask_back", R.ASKED_BACK, "team"),
        # What was missing has come: the request waits for the team again; details of an accepted one change nothing.
        *_ways((R.NEW, R.INCOMPLETE, R.ASKED_BACK), "complete", R.NEW, "both"),
        *_ways((R.ACCEPTED,), "complete", R.ACCEPTED, "both"),
        *_ways((R.PLANNED,), "complete", R.PLANNED, "both"),
        *_ways(_BEFORE_TEAM, "pass", R.NEW, "team"),
        # Triage answers: nobody has to press "accept" first.
        *_ways(_BEFORE_TEAM, "plan", R.ACCEPTED, "team"),
        *_ways((R.PLANNED,), "plan", R.ACCEPTED, "team"),
        # A visit noted at night by the watch: finding its team is the answer.
        *_ways((R.NEW, R.INCOMPLETE, R.ACCEPTED), "team_found", R.PLANNED, "system"),
        *_ways((R.PLANNED,), "team_lost", R.ACCEPTED, "system"),
        *_ways(_OPEN, "withdraw", R.WITHDRAWN, "both"),
        *_ways((R.ASKED_BACK, R.ACCEPTED, R.PLANNED), "close", R.CLOSED, "team"),
    ),
    _("This request is no longer in a state where that can be done."),
)

VISIT = Machine(
    "visit",
    tuple(V.values),
    (
        *_ways((V.OPEN,), "place", V.PLANNED, "team"),
        *_ways((V.PLANNED,), "place", V.PLANNED, "team"),
        # Somebody holds a place, but not yet every place is held.
        *_ways((V.OPEN, V.PLANNED), "place_in_part", V.OPEN, "team"),
        *_ways((V.PLANNED,), "release", V.OPEN, "both"),
        *_ways((V.OPEN,), "move", V.OPEN, "team"),
        *_ways((V.PLANNED,), "move", V.OPEN, "team"),
        *_ways((V.OPEN, V.PLANNED), "cancel", V.CANCELLED, "both"),
        # Those who hold a place may have gone without the one who is missing.
        *_ways((V.OPEN, V.PLANNED), "sign", V.DONE, "team"),
        *_ways((V.OPEN, V.PLANNED), "attempt", V.MISSED, "team"),
    ),
    _("This visit is no longer in a state where that can be done."),
)

OFFER = Machine(
    "offer",
    tuple(A.values),
    (
        *_ways((A.OFFERED,), "accept", A.ACCEPTED, "professional"),
        *_ways((A.OFFERED,), "decline", A.DECLINED, "professional"),
        # The deadline has passed without an answer; a visit that has begun is left alone.
        *_ways((A.OFFERED,), "lapse", A.LAPSED, "system"),
        *_ways((A.OFFERED, A.ACCEPTED), "release", A.RELEASED, "both"),
        *_ways((A.ACCEPTED, A.OFFERED), "sign", A.DONE, "team"),
    ),
    _("This offer is no longer in a state where that can be done."),
)

# What ``versants states`` tells; other services add theirs here.
MACHINES: dict[str, Machine] = {"request": REQUEST, "booking": VISIT, "offer": OFFER}
