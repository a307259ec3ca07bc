"""A plan as a drawing: one line a person, hours across, roads between the visits. SVG, no script, prints as it is."""

from __future__ import annotations

from datetime import datetime, timedelta
from html import escape

from .problem import Plan, Problem

__all__ = ["gantt"]

LEFT, LINE, TOP, WIDE = 170, 28, 40, 1100


def gantt(problem: Problem, plan: Plan) -> str:
    """The people of a plan with their visits in order of time; visits without a team below.

    Returns the text of an SVG file of the width of a page. Times are those of the epoch's zone.
    """
    stops: dict[str, list[tuple[int, int, str, int | None]]] = {}
    for visit in problem.visits:
        assignment = plan.assignments.get(visit.id)
        for slot in visit.slots:
            service = assignment.services.get(slot.id) if assignment else None
            if service is not None:
                end = service.start + visit.duration_of(slot)
                stops.setdefault(service.person, []).append(
                    (service.start, end, visit.id, visit.place_of(slot))
                )
    people = [person for person in problem.people if person.id in stops]
    people.sort(key=lambda person: min(stops[person.id]))
    out = [visit.id for visit in problem.visits if visit.id not in plan.assignments]
    low = min((start for day in stops.values() for start, *_ in day), default=0) // 3600 * 3600
    high = max((end for day in stops.values() for _, end, *_ in day), default=3600)
    high = -(-high // 3600) * 3600
    scale = (WIDE - LEFT - 20) / max(3600, high - low)
    height = TOP + LINE * len(people) + 50

    def x(at: int) -> float:
        return LEFT + (at - low) * scale

    epoch = datetime.fromisoformat(problem.epoch)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {height}" font-family="sans-serif" font-size="11">',
        f"<title>{len(plan.assignments)} of {len(problem.visits)} visits, {len(people)} people</title>",
        f'<rect width="{WIDE}" height="{height}" fill="#fff"/>',
    ]
    step = max(1, -(-(high - low) // 3600 // 14)) * 3600
    for at in range(low, high + 1, step):
        clock = epoch + timedelta(seconds=at)
        parts.append(f'<path d="M{x(at):.1f} {TOP - 8}V{height - 46}" stroke="#ccc"/>')
        parts.append(f'<text x="{x(at):.1f}" y="{TOP - 14}" text-anchor="middle">{clock:%H:%M}</text>')
    for row, person in enumerate(people):
        y = TOP + row * LINE
        parts.append(f'<text x="8" y="{y + 14}">{escape(person.id)}</text>')
        before: tuple[int, int, str, int | None] | None = None
        for stop in sorted(stops[person.id]):
            start, end, name, place = stop
            if before is not None and before[3] is not None and place is not None:
                road = problem.travel_of(person)[before[3]][place]
                parts.append(
                    f'<path d="M{x(before[1]):.1f} {y + 10}H{x(min(start, before[1] + road)):.1f}"'
                    ' stroke="#555" stroke-width="2"/>'
                )
            parts.append(
                f"<g><title>{escape(name)}, {epoch + timedelta(seconds=start):%H:%M} to"
                f" {epoch + timedelta(seconds=end):%H:%M}</title>"
                f'<rect x="{x(start):.1f}" y="{y}" width="{max(2.0, (end - start) * scale):.1f}" height="20"'
                ' fill="#eef3f6" stroke="#1b4965"/>'
                f'<text x="{x(start) + 3:.1f}" y="{y + 14}">{escape(name[: max(1, int((end - start) * scale / 7))])}'
                "</text></g>"
            )
            before = stop
        parts.append(f'<path d="M0 {y + LINE - 4}H{WIDE}" stroke="#eee"/>')
    left = ", ".join(escape(name) for name in out[:40]) + (" ..." if len(out) > 40 else "")
    parts.append(f'<text x="8" y="{height - 16}">Without a team: {left or "none"}</text>')
    parts.append("</svg>\n")
    return "\n".join(parts)
