"""A plan as a drawing: one line a person, hours across, roads between the visits. SVG, no script, prints as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from html import escape
from typing import NamedTuple

from .problem import Plan, Problem

__all__ = ["Clock", "Stop", "gantt", "itineraries", "left_out", "places_of"]

LEFT, LINE, TOP, WIDE = 170, 28, 40, 1100
#: Light, then what differs in the dark. Told apart by line and ring too, never by colour alone.
STYLE = """
.gantt .page{fill:#fff}.gantt text{fill:#1c2429}.gantt .hour{stroke:#ccc}.gantt .line{stroke:#eee}
.gantt .road{stroke:#555;stroke-width:2}.gantt .stop{fill:#eef3f6;stroke:#1b4965}
.gantt .team{fill:none;stroke:#1b4965}
@media (prefers-color-scheme:dark){.gantt .page{fill:#14191d}.gantt text{fill:#e6ecef}.gantt .hour{stroke:#454f56}
.gantt .line{stroke:#2a3238}.gantt .road{stroke:#b4bec4}.gantt .stop{fill:#1f3340;stroke:#8cc4e6}
.gantt .team{stroke:#8cc4e6}}
"""


class Stop(NamedTuple):
    """One slot of a visit in somebody's day. ``number`` counts the day's stops from 1; ``place`` is None when remote.

    ``road`` are the seconds from the place before (of the shift, or the stop) if both are known; ``team`` are the
    others at the visit.
    """

    start: int
    end: int
    visit: str
    slot: str
    place: int | None
    number: int = 0
    road: int | None = None
    team: tuple[str, ...] = ()


class Clock:
    """Instants of a problem as people read them, in the epoch's zone. ``minute``: units of the problem in a minute."""

    def __init__(self, problem: Problem, minute: int = 60) -> None:
        self.epoch, self.minute = datetime.fromisoformat(problem.epoch), minute

    def at(self, instant: int) -> datetime:
        """The moment."""
        return self.epoch + timedelta(seconds=instant * 60 / self.minute)

    def hour(self, instant: int) -> str:
        """The hour, with the day if it is not the epoch's."""
        at = self.at(instant)
        return f"{at:%H:%M}" if at.date() == self.epoch.date() else f"{at:%d %b %H:%M}"

    def lasts(self, units: int) -> str:
        """A duration in hours and minutes."""
        minutes = round(units / self.minute)
        return f"{minutes // 60} h {minutes % 60:02d}" if minutes >= 60 else f"{minutes} min"


def itineraries(problem: Problem, plan: Plan) -> dict[str, list[Stop]]:
    """Each person of the plan with their stops in order of time, people in the order of their first stop."""
    found: dict[str, list[Stop]] = {}
    for visit in problem.visits:
        assignment = plan.assignments.get(visit.id)
        served = assignment.services if assignment else {}
        for slot in visit.slots:
            service = served.get(slot.id)
            if service is not None:
                until = service.start + visit.duration_of(slot)
                others = tuple(one.person for other, one in served.items() if other != slot.id)
                stop = Stop(service.start, until, visit.id, slot.id, visit.place_of(slot), team=others)
                found.setdefault(service.person, []).append(stop)
    days = {}
    for person in sorted((p for p in problem.people if p.id in found), key=lambda p: min(found[p.id])):
        day: list[Stop] = []
        before: int | None = None
        end: int | None = None
        ready = 0
        for number, stop in enumerate(sorted(found[person.id]), 1):
            shift = next((s for s in reversed(person.shifts) if s.start <= stop.start), None)
            if shift is not None and (end is None or shift.start >= end):
                before, ready = shift.start_place, shift.start
            end = stop.end
            road = None
            if before is not None and stop.place is not None:
                road = problem.roads_of(person).drive(before, stop.place, ready, stop.start)
            day.append(stop._replace(number=number, road=road))
            # Calls between two places count as made before leaving.
            before, ready = (
                (stop.place, end) if stop.place is not None else (before, ready + end - stop.start)
            )
        days[person.id] = day
    return days


def gantt(problem: Problem, plan: Plan, *, minute: int = 60) -> str:
    """The people of a plan with their visits in order of time; visits without a team below.

    Returns the text of an SVG file of the width of a page. Times are those of the epoch's zone; ``minute`` is how many
    units of the problem make one, for those that do not count in seconds.
    """
    days, clock = itineraries(problem, plan), Clock(problem, minute)
    hour = 60 * minute
    stops = [stop for day in days.values() for stop in day]
    low = min((stop.start for stop in stops), default=0) // hour * hour
    high = -(-max((stop.end for stop in stops), default=hour) // hour) * hour
    scale = (WIDE - LEFT - 20) / max(hour, high - low)
    height = TOP + LINE * len(days) + 50
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {height}" class="gantt" role="img"'
        ' font-family="sans-serif" font-size="11">',
        f"<title>{len(plan.assignments)} of {len(problem.visits)} visits, {len(days)} people</title>",
        f"<style>{STYLE}</style>",
        f'<rect class="page" width="{WIDE}" height="{height}"/>',
    ]
    step = max(1, -(-(high - low) // hour // 14)) * hour
    for at in range(low, high + 1, step):
        x = LEFT + (at - low) * scale
        parts.append(f'<path class="hour" d="M{x:.1f} {TOP - 8}V{height - 46}"/>')
        parts.append(f'<text x="{x:.1f}" y="{TOP - 14}" text-anchor="middle">{clock.hour(at)}</text>')
    for row, (person, day) in enumerate(days.items()):
        y = TOP + row * LINE
        parts.append(f'<text x="8" y="{y + 14}">{escape(person)}</text>')
        for before, stop in zip([None, *day], day, strict=False):
            if before is not None and stop.road:
                a, b = (
                    LEFT + (at - low) * scale for at in (before.end, min(stop.start, before.end + stop.road))
                )
                parts.append(f'<path class="road" d="M{a:.1f} {y + 10}H{b:.1f}"/>')
            parts.append(
                _bar(stop, LEFT + (stop.start - low) * scale, y, (stop.end - stop.start) * scale, clock)
            )
        parts.append(f'<path class="line" d="M0 {y + LINE - 4}H{WIDE}"/>')
    parts.append(
        f'<text x="8" y="{height - 16}">Without a team: {escape(_named(left_out(problem, plan)))}</text>'
    )
    parts.append("</svg>\n")
    return "\n".join(parts)


def _bar(stop: Stop, x: float, y: int, wide: float, clock: Clock) -> str:
    """A visit in the line of a person; a second frame inside where others come too."""
    wide = max(2.0, wide)
    team = f" with {', '.join(stop.team)}" if stop.team else ""
    said = f"{stop.visit}, {stop.slot}, {clock.hour(stop.start)} to {clock.hour(stop.end)}{team}"
    frame = f'<rect class="team" x="{x + 2:.1f}" y="{y + 2}" width="{max(0.0, wide - 4):.1f}" height="16"/>'
    size = min(11.0, (wide - 7) / (0.6 * len(stop.visit)))  # a name cut short could be another's
    name = f'<text x="{x + 4:.1f}" y="{y + 14}" font-size="{size:.1f}">{escape(stop.visit)}</text>'
    return (
        f"<g><title>{escape(said)}</title>"
        f'<rect class="stop" x="{x:.1f}" y="{y}" width="{wide:.1f}" height="20"/>{frame if stop.team else ""}'
        f"{name if size >= 6 else ''}</g>"
    )


def left_out(problem: Problem, plan: Plan) -> list[str]:
    """The visits that are not in the plan."""
    return [visit.id for visit in problem.visits if visit.id not in plan.assignments]


def _named(names: Sequence[str]) -> str:
    """Up to forty names in a line."""
    return (", ".join(names[:40]) + (" ..." if len(names) > 40 else "")) or "none"


def places_of(problem: Problem, days: Mapping[str, Sequence[Stop]]) -> list[int]:
    """The places that a plan uses, in order, those where its people start included."""
    used = {stop.place for day in days.values() for stop in day}
    for person in problem.people:
        if person.id in days:
            used |= {place for shift in person.shifts for place in (shift.start_place, shift.end_place)}
    used |= {visit.place for visit in problem.visits}
    return sorted(place for place in used if place is not None)
