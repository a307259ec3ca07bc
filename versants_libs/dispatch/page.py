"""A plan on one page: the lines of its people, a map of their ways, and all of it as a table. HTML without script.

The file stands alone and is well-formed XML too. Choosing a person fades the others: a radio button and a style.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from itertools import pairwise

from .drawing import Clock, Stop, gantt, itineraries, left_out, places_of
from .evaluation import evaluate
from .layout import by_travel, on_paper
from .problem import Plan, Problem

__all__ = ["sheet"]

#: Eight colours on white and eight on black, each at least 4.5 to 1 against its page and its number.
COLOURS = (
    ("#00507d", "#7cc4ff"),
    ("#a84300", "#ffb07a"),
    ("#00684a", "#6fdcb4"),
    ("#8a2f6c", "#f0a3d4"),
    ("#6b5200", "#e8cf5a"),
    ("#b3123c", "#ff9aa8"),
    ("#3f4bb0", "#b3baff"),
    ("#4d4d4d", "#d0d0d0"),
)
#: The ninth person has the first colour again, with another line.
DASHES = ("", "9 5", "2 5")
#: Pixels between stops at one place, the most labels of places on a map, and the stops from which marks are smaller.
APART, LABELS, MANY = 17, 30, 120

STYLE = """
:root{color-scheme:light dark;--page:#fff;--ink:#1c2429;--soft:#53606a;--line:#d5dbdf;--on:#fff}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);
font:16px/1.45 system-ui,sans-serif}main{margin:0 auto;padding:16px;max-width:1240px}
h1{font-size:1.4rem;margin:0 0 4px}h2{font-size:1.1rem;margin:28px 0 6px}
p{margin:4px 0;max-width:75ch}.soft{color:var(--soft)}
.roll{overflow-x:auto;border:1px solid var(--line);border-radius:4px}
.roll:focus-visible,input:focus-visible~span{outline:3px solid #1b6fb0;outline-offset:1px}
.roll .gantt{display:block;min-width:1000px;width:100%}
.roll>.map{min-width:620px}
.two{display:grid;grid-template-columns:minmax(0,1fr);gap:16px;align-items:start}
@media (min-width:900px){.two{grid-template-columns:minmax(0,1fr) 300px}}
.map{display:block;width:100%;font:12px system-ui,sans-serif}
.map text{fill:var(--ink)}.leg{stroke:var(--c);stroke-width:2;fill:none;opacity:.75}
.dot{fill:var(--c);stroke:var(--page);stroke-width:1.5}.ring{fill:none;stroke:var(--c);stroke-width:1.5}
.map .no{fill:var(--on);font-weight:600;text-anchor:middle}.home{fill:var(--page);stroke:var(--c);stroke-width:2}
.map .place{fill:var(--soft);paint-order:stroke;stroke:var(--page);stroke-width:3px}
.out{stroke:var(--ink);stroke-width:2.5;fill:none}.grey{--c:var(--ink)}
fieldset{border:1px solid var(--line);border-radius:4px;margin:0;padding:4px 10px 10px;min-width:0}
legend{font-weight:600}.who{max-height:560px;overflow-y:auto}
label{display:flex;align-items:center;gap:8px;min-height:28px}label svg{flex:none}
.signs{list-style:none;padding:0;margin:8px 0;display:flex;flex-wrap:wrap;gap:4px 18px}
.signs li{display:flex;align-items:center;gap:6px}
table{border-collapse:collapse;width:100%;font-size:.94rem}caption{text-align:left;padding:6px 8px;color:var(--soft)}
th,td{text-align:left;padding:4px 8px;border-top:1px solid var(--line);white-space:nowrap;vertical-align:top}
thead th{border-top:0}th.n,td.n{text-align:right;font-variant-numeric:tabular-nums}
tbody th{font-weight:600}
@media (prefers-color-scheme:dark){:root{--page:#14191d;--ink:#e6ecef;--soft:#a9b6be;--line:#3a444b;--on:#0c1013}}
@media print{.who{max-height:none}.roll{overflow:visible}}
"""


def sheet(problem: Problem, plan: Plan, *, minute: int = 60) -> str:
    """The page of a plan. ``minute`` is how many units of the problem make one; times are those of the epoch's zone.

    Places lie by the problem's coordinates; without any, so that distances on the map follow the travel times.
    """
    days, clock = itineraries(problem, plan), Clock(problem, minute)
    served = f"{len(plan.assignments)} of {len(problem.visits)} visits, {len(days)} people"
    amounts = evaluate(problem, plan).amounts
    facts = [f"{clock.lasts(amounts['travel'])} of travel"]
    for term, word in (("lateness", "of lateness"), ("overtime", "of overtime"), ("waiting", "of waiting")):
        if amounts[term]:
            facts.append(f"{clock.lasts(amounts[term])} {word}")
    out = left_out(problem, plan)
    return "\n".join(
        [
            '<!DOCTYPE html>\n<html lang="en" xmlns="http://www.w3.org/1999/xhtml">\n<head>\n<meta charset="utf-8"/>',
            '<meta name="viewport" content="width=device-width, initial-scale=1"/>',
            f"<title>{served}</title>",
            f"<style>{STYLE}{_styles(days)}</style>\n</head>\n<body>\n<main>",
            f"<h1>{served}</h1>",
            f"<p>{', '.join(facts)}. Times are those of {escape(f'{clock.epoch:%Z}')}.</p>",
            f"<p>Without a team: {escape(', '.join(out)) or 'none'}.</p>",
            '<h2 id="lines">The day of each person</h2>',
            '<p class="soft">Bars are visits, a second frame inside: several people at once or one after the other.'
            " Lines between them are roads.</p>",
            '<div class="roll" tabindex="0" role="region" aria-labelledby="lines">',
            gantt(problem, plan, minute=minute),
            "</div>",
            *_map(problem, plan, days, clock),
            *_table(problem, days, clock),
            "</main>\n</body>\n</html>\n",
        ]
    )


def _styles(days: Mapping[str, Sequence[Stop]]) -> str:
    """Colours, and for each person the rule that fades the others while they are chosen."""
    light = "".join(f".c{i}{{--c:{one}}}" for i, (one, _) in enumerate(COLOURS))
    dark = "".join(f".c{i}{{--c:{one}}}" for i, (_, one) in enumerate(COLOURS))
    chosen = "".join(f".two:has(#p{i}:checked) .w:not(.w{i}){{opacity:.1}}\n" for i in range(len(days)))
    return f"{light}\n@media (prefers-color-scheme:dark){{{dark}}}\n{chosen}"


def _look(person: int) -> str:
    return f"c{person % len(COLOURS)}"


def _dash(person: int) -> str:
    return DASHES[person // len(COLOURS) % len(DASHES)]


# The map


def _map(problem: Problem, plan: Plan, days: Mapping[str, Sequence[Stop]], clock: Clock) -> list[str]:
    """Ways and numbered stops; beside it who is who, to choose from."""
    places = places_of(problem, days)
    if problem.coordinates is not None:
        points, note = on_paper(problem.coordinates, places), "Places lie where they are; north is up."
    else:
        points = by_travel(problem.travel, places)
        note = "No coordinates were given: distances follow travel times as well as a plane can; directions mean nothing."
    where, tall = _spread(dict(zip(places, points, strict=True)))
    ways = [
        line for i, (person, day) in enumerate(days.items()) for line in _way(problem, i, person, day, where)
    ]
    said = f"Map of the ways of {len(days)} people"
    return [
        '<h2 id="map">The ways of each person</h2>',
        f'<p class="soft">{note} A number is a stop in the order of a person\'s day; the table below says the same.</p>',
        '<div class="two">',
        '<div><div class="roll" tabindex="0" role="region" aria-labelledby="map">',
        f'<svg xmlns="http://www.w3.org/2000/svg" class="map" role="img" style="aspect-ratio:1/{tall:.3f}">',
        f"<title>{said}</title>",
        *ways,
        *_marks(problem, plan, days, where, clock),
        "</svg></div>",
        *_signs(),
        "</div>",
        *_people(days),
        "</div>",
    ]


def _spread(points: Mapping[int, tuple[float, float]]) -> tuple[dict[int, tuple[float, float]], float]:
    """Points as percent of the map's width and height, and its height for a width of 1: 0.45 to 1.1."""
    xs, ys = [x for x, _ in points.values()] or [0.0], [y for _, y in points.values()] or [0.0]
    wide, high = max(xs) - min(xs), max(ys) - min(ys)
    tall = min(1.1, max(0.45, high / wide if wide > 0 else 1.1))
    unit = max(wide, high / tall) or 1.0
    found = {}
    for place, (x, y) in points.items():
        across = 0.5 + (x - (min(xs) + max(xs)) / 2) / unit
        down = 0.5 - (y - (min(ys) + max(ys)) / 2) / unit / tall
        found[place] = (6 + 88 * across, 6 + 88 * down)
    return found, tall


def _way(
    problem: Problem, i: int, person: str, day: Sequence[Stop], where: Mapping[int, tuple[float, float]]
) -> list[str]:
    """The legs of one person: from the start of each shift over its stops to its end. Calls are taken on the way."""
    shifts = next(one for one in problem.people if one.id == person).shifts
    dash = f' stroke-dasharray="{_dash(i)}"' if _dash(i) else ""
    lines = []
    for shift in shifts:
        inside = [stop.place for stop in day if shift.start <= stop.start < shift.end + shift.overtime_s]
        ends = [shift.start_place, *inside, shift.end_place] if inside else []
        for a, b in pairwise([place for place in ends if place is not None]):
            if a != b:
                (x1, y1), (x2, y2) = where[a], where[b]
                lines.append(f'<line x1="{x1:.2f}%" y1="{y1:.2f}%" x2="{x2:.2f}%" y2="{y2:.2f}%"{dash}/>')
    return [f'<g class="leg w w{i} {_look(i)}">', *lines, "</g>"] if lines else []


def _marks(
    problem: Problem,
    plan: Plan,
    days: Mapping[str, Sequence[Stop]],
    where: Mapping[int, tuple[float, float]],
    clock: Clock,
) -> list[str]:
    """Homes, stops and visits left out; those at one place lie around it."""
    at: dict[int, list[str]] = {}
    homes: dict[int, set[int]] = {}
    index = {person: i for i, person in enumerate(days)}
    for person in problem.people:
        for shift in person.shifts:
            for place in (shift.start_place, shift.end_place):
                if person.id in days and place is not None:
                    homes.setdefault(place, set()).add(index[person.id])
    for place, whose in homes.items():
        shared = len(whose) > 1
        known = ", ".join(name for name, i in index.items() if i in whose)
        look = "w grey" if shared else f"w w{min(whose)} {_look(min(whose))}"
        said = f"Start or end of {known if len(whose) < 6 else f'{len(whose)} people'}"
        at.setdefault(place, []).append(
            f'<g class="{look}"><title>{escape(said)}</title><path class="home" d="M-6 -6h12v12h-12z"/></g>'
        )
    for i, (person_id, day) in enumerate(days.items()):
        for stop in day:
            if stop.place is not None:
                mark = _mark(problem, i, person_id, stop, clock)
                at.setdefault(stop.place, []).append(mark)
    for visit in problem.visits:
        if visit.id not in plan.assignments and visit.place is not None:
            at.setdefault(visit.place, []).append(
                f'<g class="w"><title>{escape(visit.id)}: without a team</title>'
                '<path class="out" d="M-6 -6l12 12M-6 6l12 -12"/></g>'
            )
    visited = {stop.place for day in days.values() for stop in day}
    size = 1.0 if sum(map(len, days.values())) <= MANY else 0.7
    names, parts = list[str](), list[str]()
    for place, marks in at.items():
        x, y = where[place]
        corner = f'<svg x="{x:.2f}%" y="{y:.2f}%" overflow="visible">'
        if problem.places and place in visited and len(visited) <= LABELS:
            side = 'x="12"' if x < 75 else 'x="-12" text-anchor="end"'
            names.append(
                f'{corner}<text class="place" {side} y="-10">{escape(problem.places[place])}</text></svg>'
            )
        parts.append(corner)
        for k, mark in enumerate(marks):
            dx, dy = (size * cell for cell in _around(k))
            smaller = f" scale({size})" if size != 1 else ""
            parts.append(f'<g transform="translate({dx:.1f} {dy:.1f}){smaller}">{mark}</g>')
        parts.append("</svg>")
    return [*names, *parts]


def _around(k: int) -> tuple[float, float]:
    """Where the k-th mark of a place lies: a spiral with room for each (Vogel 1979, Mathematical Biosciences 44)."""
    far, turn = APART * math.sqrt(k), k * math.pi * (3 - math.sqrt(5))
    return far * math.cos(turn), far * math.sin(turn)


def _mark(problem: Problem, i: int, person: str, stop: Stop, clock: Clock) -> str:
    """One numbered stop; with a ring where others come too."""
    team = f", with {', '.join(stop.team)}" if stop.team else ""
    said = f"{person}, stop {stop.number}: {stop.visit}, {clock.hour(stop.start)} to {clock.hour(stop.end)}{team}"
    ring = '<circle class="ring" r="11"/>' if stop.team else ""
    return (
        f'<g class="w w{i} {_look(i)} stop"><title>{escape(said)}</title><circle class="dot" r="8.5"/>{ring}'
        f'<text class="no" y="4" font-size="{11 if stop.number < 10 else 9}">{stop.number}</text></g>'
    )


def _signs() -> list[str]:
    """What the marks mean."""
    signs = (
        ('<circle class="dot" r="8.5"/><text class="no" y="4" font-size="11">1</text>', "a stop"),
        (
            '<circle class="dot" r="8.5"/><circle class="ring" r="11"/><text class="no" y="4" font-size="11">1</text>',
            "a stop with others",
        ),
        ('<path class="home" d="M-6 -6h12v12h-12z"/>', "start or end of a day"),
        ('<path class="out" d="M-6 -6l12 12M-6 6l12 -12"/>', "without a team"),
    )
    return [
        '<ul class="signs">',
        *(
            f'<li><svg class="map" style="width:26px;height:26px" viewBox="-13 -13 26 26" aria-hidden="true">'
            f'<g class="grey">{sign}</g></svg>{word}</li>'
            for sign, word in signs
        ),
        "</ul>",
    ]


def _people(days: Mapping[str, Sequence[Stop]]) -> list[str]:
    """Who has which line; choosing one fades the others."""
    rows = ['<label><input type="radio" name="who" checked="checked"/><span>everybody</span></label>']
    for i, (person, day) in enumerate(days.items()):
        dash = f' stroke-dasharray="{_dash(i)}"' if _dash(i) else ""
        stops = f"{len(day)} stop{'s' if len(day) != 1 else ''}"
        rows.append(
            f'<label><input type="radio" name="who" id="p{i}"/>'
            f'<svg class="{_look(i)}" width="30" height="12" aria-hidden="true">'
            f'<line class="leg" x1="0" y1="6" x2="30" y2="6" style="stroke-width:4;opacity:1"{dash}/></svg>'
            f'<span>{escape(person)} <span class="soft">{stops}</span></span></label>'
        )
    return ['<fieldset><legend>Show on the map</legend><div class="who">', *rows, "</div></fieldset>"]


# The table


def _table(problem: Problem, days: Mapping[str, Sequence[Stop]], clock: Clock) -> list[str]:
    """Every stop, a row each."""
    names = ("Person", "Stop", "Visit", "Slot", "From", "To", "Place", "Road before", "With")
    right = ' class="n"'
    heads = [
        f'<th scope="col"{right if name in ("Stop", "Road before") else ""}>{name}</th>' for name in names
    ]
    rows = []
    for person, day in days.items():
        for stop in day:
            cells = [
                f'<td class="n">{stop.number}</td>',
                f"<td>{escape(stop.visit)}</td>",
                f"<td>{escape(stop.slot)}</td>",
                f"<td>{clock.hour(stop.start)}</td>",
                f"<td>{clock.hour(stop.end)}</td>",
                f"<td>{escape(_place(problem, stop))}</td>",
                f'<td class="n">{"" if stop.road is None else clock.lasts(stop.road)}</td>',
                f"<td>{escape(', '.join(stop.team))}</td>",
            ]
            rows.append(f'<tr><th scope="row">{escape(person)}</th>{"".join(cells)}</tr>')
    return [
        '<h2 id="table">All stops</h2>',
        '<div class="roll" tabindex="0" role="region" aria-labelledby="table"><table>',
        "<caption>Stops by person, in the order of their day</caption>",
        f"<thead><tr>{''.join(heads)}</tr></thead>",
        "<tbody>",
        *rows,
        "</tbody></table></div>",
    ]


def _place(problem: Problem, stop: Stop) -> str:
    """The place's label, else its number."""
    if stop.place is None:
        return "remote"
    return problem.places[stop.place] if problem.places else str(stop.place)
