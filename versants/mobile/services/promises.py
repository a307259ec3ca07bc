"""The promised delay: by when a request has an answer, counted in the hours of the team that received it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from versants.core.errors import BadInput
from versants.mobile.enums import Urgency
from versants.people.models import Team
from versants.territory import calendars
from versants.territory.models.places import COUNTRY_OF

# Minutes, where a team promises nothing of its own: eight hours by the clock in a crisis; two and five days of 8 h 30.
DEFAULT_MINUTES = {Urgency.CRISIS: 480, Urgency.URGENT: 2 * 510, Urgency.PLANNED: 5 * 510}
_OFFICE = {day: [["08:30", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


def hours_of(team: Team) -> calendars.WeeklyHours:
    """The team's opening hours; a working week when it has none of its own."""
    hours = calendars.WeeklyHours.parse(team.opening_hours or _OFFICE)
    return hours if any(hours.days) else calendars.WeeklyHours.parse(_OFFICE)


def country_of(team: Team) -> str:
    """FR or BE: whose public holidays close the team."""
    return COUNTRY_OF[team.versant]


def minutes(team: Team, urgency: str) -> int:
    """The promised minutes: by the clock in a crisis, of opening hours otherwise."""
    promised: Any = (team.promise_minutes or {}).get(urgency)
    return int(promised) if promised else DEFAULT_MINUTES[Urgency(urgency)]


def promised_at(team: Team, urgency: str, asked_at: datetime) -> datetime:
    """The instant by which the team has answered. A crisis does not wait for opening hours."""
    length = timedelta(minutes=minutes(team, urgency))
    if urgency == Urgency.CRISIS:
        return asked_at + length
    return after_open(team, asked_at, length)


def after_open(team: Team, start: datetime, length: timedelta) -> datetime:
    """``start`` plus ``length`` of the team's opening time, holidays of its country left out."""
    try:
        return calendars.add_open_time(start, length, hours_of(team), country_of(team))
    except BadInput as exc:
        if exc.code != "hours.never":
            raise
        return start + length


def next_opening(team: Team, after: datetime) -> datetime:
    """``after`` itself if the team is open then, else the instant its door opens."""
    hours, country = hours_of(team), country_of(team)
    if calendars.is_open(after, hours, country):
        return after
    return after_open(team, after, timedelta(seconds=1)) - timedelta(seconds=1)


def open_left(team: Team, until: datetime, now: datetime) -> timedelta:
    """Opening time left before ``until`` (negative once over): the promise as the team counts it."""
    return timedelta(seconds=calendars.open_seconds_between(now, until, hours_of(team), country_of(team)))
