"""The board: everybody's day or week, the same visits on timeline, map and list under the same keys."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from string import ascii_uppercase
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from versants.core import clock
from versants.core.access.scope import Actor
from versants.core.svg import timeline
from versants.core.web import words
from versants.mobile.enums import AssignmentState, Mode, Pin, Urgency, VisitState
from versants.mobile.models import Visit
from versants.mobile.planning import sentences, whatif, workforce
from versants.mobile.planning.calendar import Horizon, ceil_step, horizon_of_day, shifts, week_bounds
from versants.mobile.planning.situation import Builder, Situation, relevant, slots_of, with_parts
from versants.mobile.planning.workforce import Colleague
from versants.people.enums import TeamKind
from versants.people.models import Absence
from versants.territory.maps import DayMap, Route, Stop, day_map
from versants_libs import dispatch

DAY_FROM, DAY_TO = 8, 20
EXPLAINED = 8  # visits without a team that say why at once; the others say it on their own page
ROUTES = 6


@dataclass
class Unplaced:
    """A visit without a whole team: its letter, what it asks, why, and what would help."""

    key: str
    visit: Visit
    title: str
    note: str
    n_teams: int | None = None
    first_at: datetime | None = None
    reason: str = ""
    what_if: str = ""
    opens: int = 0
    try_url: str = ""
    mine: bool = False


@dataclass
class Board:
    """All that the page shows."""

    day: date
    view: str
    grid: timeline.Grid
    map: DayMap | None
    unplaced: list[Unplaced]
    n_people: int
    n_placed: int
    n_idle: int
    start: datetime
    end: datetime
    days: list[date] = field(default_factory=list)


def build(
    actor: Actor, day: date, *, view: str = "day", versant: str = "", everybody: bool = False, trade: str = ""
) -> Board:
    """The board of a day or of the week of a day; ``versant`` narrows to the teams of one side.

    The number of queries does not depend on how many people or visits there are.
    """
    horizon = horizon_of_day(day) if view == "day" else Horizon(*week_bounds(day))
    visits = Visit.objects.visible_to(actor)
    if versant:
        visits = visits.filter(Q(team__versant=versant) | Q(versant=versant))
    placed = list(
        with_parts(
            visits.filter(
                state__in=[VisitState.OPEN, VisitState.PLANNED, VisitState.DONE],
                held__overlap=(horizon.start, horizon.end),
            )
        ).order_by("held", "pk")
    )
    now = clock.now()
    waiting = list(
        with_parts(
            visits.filter(state=VisitState.OPEN, held=None, window__overlap=(max(horizon.start, min(now, horizon.end)), horizon.end))
            if horizon.end > now
            else visits.none()
        ).order_by("window", "pk")
    )
    half = [visit for visit in placed if visit.state == VisitState.OPEN]
    numbers = {visit.pk: str(n) for n, visit in enumerate((v for v in placed if v not in half), 1)}
    open_visits = sorted(
        [*half, *waiting], key=lambda v: (v.team_id != actor.team, URGENCY[v.urgency], v.window.lower, v.pk)
    )
    letters = {visit.pk: letter(n) for n, visit in enumerate(open_visits)}
    keys = numbers | letters
    colleagues = workforce.load(actor, _shown(actor, placed, versant) | _could(open_visits), horizon)
    busy_names = _named_absences(actor, horizon)
    start, end = _window(horizon, placed, view)
    rows, n_people, n_idle = _rows(
        actor, colleagues, placed, keys, busy_names, horizon, view, versant, everybody, trade
    )
    if view == "day":
        grid = timeline.build(rows, start, end)
    else:
        grid = timeline.build(rows, start, end, step=timedelta(hours=1), unit="day")
    return Board(
        day=day,
        view=view,
        grid=grid,
        map=_map(placed, open_visits, keys, colleagues, actor),
        unplaced=_unplaced(actor, open_visits, placed, colleagues, letters, horizon, view),
        n_people=n_people,
        n_placed=len(placed) - len(half),
        n_idle=n_idle,
        start=start,
        end=end,
        days=horizon.dates,
    )


URGENCY = {Urgency.CRISIS: 0, Urgency.URGENT: 1, Urgency.PLANNED: 2}


def letter(n: int) -> str:
    """A, B, ... Z, AA, AB: what a visit without a team is called on map and list."""
    name = ""
    n += 1
    while n:
        n, rest = divmod(n - 1, 26)
        name = ascii_uppercase[rest] + name
    return name


# Who is shown


def _shown(actor: Actor, placed: Sequence[Visit], versant: str) -> Q:
    """The mobile teams, and whoever has a place."""
    holders = {one.professional_id for visit in placed for one in visit.holding}
    teams = Q(team__kind=TeamKind.INTEGRAPSY)
    if versant:
        teams &= Q(team__versant=versant)
    return teams | Q(pk__in=holders) | Q(team=actor.desk)


def _could(visits: Iterable[Visit]) -> Q:
    rows = list(visits)
    return relevant(rows) if rows else Q(pk__in=[])


def _named_absences(actor: Actor, horizon: Horizon) -> dict[tuple[int, datetime], str]:
    """Why somebody is away, for their own house only."""
    found = {}
    for absence in Absence.objects.visible_to(actor).filter(held__overlap=(horizon.start, horizon.end)):
        found[(absence.professional_id, max(absence.held.lower, horizon.start))] = str(absence.get_kind_display())
    return found


def _window(horizon: Horizon, placed: Sequence[Visit], view: str) -> tuple[datetime, datetime]:
    """Eight to twenty, or as far as the visits reach, on whole hours."""
    if view != "day":
        return horizon.start, horizon.end
    day = horizon.dates[0]
    low, high = clock.at(day, DAY_FROM), clock.at(day, DAY_TO)
    for visit in placed:
        for one in visit.holding:
            road = timedelta(minutes=one.travel_min)
            low = min(low, max(horizon.start, one.held.lower - road))
            high = max(high, min(horizon.end, one.held.upper))
    low = low.replace(minute=0, second=0, microsecond=0)
    if (high - low).seconds % 3600:
        high = min(horizon.end, low + timedelta(hours=-(-(high - low) // timedelta(hours=1))))
    return low, high


# The timeline


def _rows(actor, colleagues, placed, keys, busy_names, horizon, view, versant, everybody, trade):
    held: dict[int, list[tuple[Visit, Any]]] = defaultdict(list)
    for visit in placed:
        for one in visit.holding:
            held[one.professional_id].append((visit, one))
    groups: dict[tuple, list[Colleague]] = defaultdict(list)
    idle = 0
    for pk, colleague in colleagues.items():
        row = colleague.row
        if trade and trade not in row.disciplines:
            continue
        outside = row.team.kind != TeamKind.INTEGRAPSY and row.team_id != actor.desk
        if outside and not held.get(pk):
            idle += 1
            if not everybody:
                continue
        if versant and row.team.versant != versant and not held.get(pk):
            continue
        groups[_group(actor, colleague)].append(colleague)
    rows: list[timeline.Row] = []
    n = 0
    for group in sorted(groups):
        rows.append(timeline.Row(group=group[-1]))
        for colleague in sorted(groups[group], key=lambda c: (c.row.last_name, c.row.first_name, c.row.pk)):
            n += 1
            rows.append(
                timeline.Row(
                    label=str(colleague.row),
                    detail=_detail(colleague, horizon),
                    key=str(colleague.row.uid),
                    blocks=_blocks(colleague, held.get(colleague.row.pk, ()), keys, busy_names, horizon, view),
                )
            )
    return rows, n, idle


def _group(actor: Actor, colleague: Colleague) -> tuple:
    row = colleague.row
    if colleague.is_only_interpreter or row.team.kind != TeamKind.INTEGRAPSY:
        return (2, _("Interpreters")) if colleague.is_only_interpreter else (1, str(row.team))
    return (0, row.team_id != actor.desk, str(row.team))


def _detail(colleague: Colleague, horizon: Horizon) -> str:
    """Psychologist, 31:10 h; Tigrinya, C1, 22:30 h."""
    row = colleague.row
    hours = words.hm(colleague.week_s(horizon.start + timedelta(hours=12)))
    if colleague.is_only_interpreter:
        working = {"fra", "nld"}
        best = max(
            (one for one in colleague.languages if one.language_id not in working),
            key=lambda one: one.level,
            default=None,
        )
        if best is not None:
            level = best.get_level_display()
            return _("%(language)s, %(level)s, %(hours)s h") % {
                "language": best.language.name.lower(),
                "level": level,
                "hours": hours,
            }
    return _("%(trade)s, %(hours)s h") % {"trade": sentences.trade(row.disciplines[0]), "hours": hours}


def _blocks(colleague, mine, keys, busy_names, horizon, view) -> list[timeline.Block]:
    blocks = []
    times = []
    for visit, one in mine:
        blocks.append(_visit_block(visit, one, keys))
        times.append((max(one.held.lower, horizon.start), min(one.held.upper, horizon.end)))
        if view == "day" and one.travel_min >= 5:
            road = timedelta(minutes=one.travel_min)
            blocks.append(timeline.Block(one.held.lower - road, one.held.lower, "travel", str(one.travel_min)))
    for start, end in colleague.busy:
        if (start, end) in times:
            times.remove((start, end))
            continue
        label = busy_names.get((colleague.row.pk, start), _("busy"))
        blocks.append(timeline.Block(start, end, "busy", label))
    if view == "day":
        blocks += _off(colleague, horizon)
    return blocks


def _off(colleague: Colleague, horizon: Horizon) -> Iterable[timeline.Block]:
    """What lies outside working hours and watches."""
    at = horizon.start
    for shift in shifts(horizon, colleague.pattern, colleague.watches, None):
        begin = horizon.at(shift.start)
        if begin > at:
            yield timeline.Block(at, begin, "off")
        at = horizon.at(shift.end)
    if at < horizon.end:
        yield timeline.Block(at, horizon.end, "off")


def state_of(visit: Visit) -> tuple[str, str, str]:
    """(style, sign, word) of a placed visit."""
    if visit.state == VisitState.DONE:
        return "", "plan", _("done")
    if visit.state == VisitState.OPEN:
        return "wait", "warn", _("somebody is missing")
    if any(one.state == AssignmentState.OFFERED for one in visit.holding):
        return "wait", "wait", _("awaits an answer")
    if visit.pin == Pin.TIME or visit.held.lower <= clock.now():
        return "", "fixed", _("does not move")
    return "draft", "move", _("can move")


def _visit_block(visit: Visit, one, keys) -> timeline.Block:
    style, sign, word = state_of(visit)
    if visit.urgency == Urgency.CRISIS and not style:
        style = "crisis"
    label = visit.commune.name
    if visit.kind == "drop_in":
        label = f"{label}, {visit.get_kind_display()}"
    return timeline.Block(
        one.held.lower,
        one.held.upper,
        "visit",
        label,
        url=reverse("visit_who", args=[visit.uid]),
        key=keys.get(visit.pk, ""),
        style=style,
        sign=sign,
        state=word,
        id=str(visit.uid),
    )


# The map


def _map(placed, open_visits, keys, colleagues, actor) -> DayMap | None:
    def stop(visit: Visit) -> Stop:
        spot = visit.site if visit.site_id else visit.commune
        when = visit.held.lower if visit.held else visit.window.lower
        title = f"{visit.commune.name}, {words.clock_time(when)}"
        return Stop(
            keys[visit.pk],
            spot.lat,
            spot.lon,
            visit.commune.name,
            reverse("visit_who", args=[visit.uid]),
            title,
        )

    on_site = [visit for visit in placed if visit.mode == Mode.ON_SITE and visit.state != VisitState.OPEN]
    unplaced = [visit for visit in open_visits if visit.mode == Mode.ON_SITE]
    return day_map(
        [stop(visit) for visit in on_site],
        _routes(on_site, colleagues, actor),
        [stop(visit) for visit in unplaced],
        get_language() or "fr",
    )


def _routes(placed, colleagues, actor) -> list[Route]:
    """Who drives through which places; those who go the same way share a line. Own team first."""
    ways: dict[tuple, list[Colleague]] = defaultdict(list)
    stops: dict[int, list] = defaultdict(list)
    for visit in sorted(placed, key=lambda v: v.held.lower):
        spot = visit.site if visit.site_id else visit.commune
        for one in visit.holding:
            stops[one.professional_id].append((spot.lat, spot.lon))
    for pk, points in stops.items():
        colleague = colleagues.get(pk)
        if colleague is None or colleague.is_only_interpreter:
            continue
        base = (colleague.row.base.lat, colleague.row.base.lon)
        ways[(base, *points, base)].append(colleague)
    ordered = sorted(
        ways.items(), key=lambda way: (min(c.row.team_id != actor.team for c in way[1]), -len(way[0]), str(way[1][0].row))
    )
    return [
        Route(sentences.names_of(people) if len(people) > 1 else people[0].row.short, list(points))
        for points, people in ordered[:ROUTES]
    ]


# Those without a team


def _unplaced(actor, open_visits, placed, colleagues, letters, horizon, view) -> list[Unplaced]:
    found = []
    explained = 0
    situation = _question(actor, open_visits, placed, colleagues, horizon) if view == "day" and open_visits else None
    for visit in open_visits:
        item = Unplaced(
            key=letters[visit.pk],
            visit=visit,
            title=_title(visit),
            note=_note(visit),
            mine=visit.team_id == actor.team,
        )
        if situation is not None and explained < EXPLAINED:
            explained += 1
            _explain(situation, visit, item)
        found.append(item)
    return found


def _title(visit: Visit) -> str:
    """Koksijde, before 12:30, social worker and Pashto interpreter."""
    roles = [sentences.role_of(slot, visit) for slot in slots_of(visit)]
    who = roles[0] if len(roles) == 1 else _("%(names)s and %(last)s") % {
        "names": ", ".join(roles[:-1]),
        "last": roles[-1],
    }
    low, high = clock.local(visit.window.lower), clock.local(visit.window.upper)
    if low.date() == high.date():
        when = _("between %(low)s and %(high)s") % {"low": f"{low:%H:%M}", "high": f"{high:%H:%M}"}
    else:
        when = _("until %(day)s") % {"day": words.day_short(visit.window.upper)}
    return _("%(place)s, %(when)s, %(who)s") % {"place": visit.commune.name, "when": when, "who": who}


def _note(visit: Visit) -> str:
    if visit.holding:
        names = [one.professional.first_name for one in visit.holding]
        text = ngettext("%(names)s comes; somebody is missing.", "%(names)s come; somebody is missing.", len(names))
        return text % {"names": ", ".join(names)}
    kind = str(visit.get_kind_display())
    return f"{kind[:1].upper()}{kind[1:]}, {visit.get_urgency_display()}."


def _question(actor, open_visits, placed, colleagues, horizon) -> Situation:
    """One problem for all of them: the day as it stands, and the visits that have nobody."""
    builder = Builder(
        actor,
        horizon,
        colleagues,
        ceil_step(clock.now()),
        open_visits,
        [visit for visit in placed if visit not in open_visits],
    )
    return builder.build()


def _explain(situation: Situation, visit: Visit, item: Unplaced) -> None:
    """How many teams; or who is nearest, and the smallest change that opens one."""
    ident = str(visit.pk)
    options = dispatch.rank(situation.problem, situation.plan, ident)
    if options:
        item.n_teams = len(options)
        item.first_at = situation.at(min(one.together_at for one in options))
        return
    item.n_teams = 0
    alone = Situation(**{**vars(situation), "focus": (ident,)})
    explanation = dispatch.explain(situation.problem, situation.plan, ident)
    order = list(dispatch.Rule)
    nearest = sorted(explanation.candidates, key=lambda one: (-order.index(one.rule), one.margin, one.person))
    if nearest:
        why = sentences.why_not(alone, nearest[0])
        item.reason = _("%(name)s %(reason)s.") % {"name": why.name, "reason": why.reason}
    for one in explanation.relaxations:
        change = whatif.of(alone, one)
        if change is not None:
            item.what_if, item.opens = sentences.what_if(alone, one), one.n_teams
            item.try_url = f"{reverse('visit_who', args=[visit.uid])}?if={change.token}"
            break

