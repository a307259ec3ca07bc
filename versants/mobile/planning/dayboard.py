"""The board: everybody's day or week, the same visits on timeline, map and list under the same keys."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from string import ascii_uppercase
from typing import Any

from django.db.models import Prefetch, Q
from django.utils.translation import gettext as _

from versants.core import clock
from versants.core.access.classes import COORDINATING_ROLES
from versants.core.access.scope import Actor
from versants.core.svg import timeline
from versants.mobile.enums import HOLDING, Urgency, VisitState
from versants.mobile.models import Assignment, Slot, Visit
from versants.mobile.planning import boarddraw, sentences, unplaced, workforce
from versants.mobile.planning.boarddraw import WORKING_LANGUAGES, Drawing, Listed, Row, WeekRow
from versants.mobile.planning.calendar import Horizon, horizon_of_day, week_bounds
from versants.mobile.planning.situation import relevant
from versants.mobile.planning.unplaced import Unplaced
from versants.mobile.planning.workforce import Colleague
from versants.people.enums import TeamKind
from versants.people.models import Absence, ProfessionalLanguage
from versants.territory.maps import DayMap

OVERDUE_DAYS = 14  # a visit whose time has passed without a team stays on today's board this long
URGENCY = {Urgency.CRISIS: 0, Urgency.URGENT: 1, Urgency.PLANNED: 2}


@dataclass
class Board:
    """All that the page shows. ``grid`` of a day, ``week`` of a week."""

    day: date
    view: str
    grid: timeline.Grid | None
    week: list[WeekRow]
    map: DayMap | None
    unplaced: list[Unplaced]
    visits: list[Listed]
    languages: list[tuple[str, str]]
    n_people: int
    n_placed: int
    n_idle: int
    days: list[date]


def build(
    actor: Actor,
    day: date,
    *,
    view: str = "day",
    versant: str = "",
    language: str = "",
    everybody: bool = False,
) -> Board:
    """The board of a day or of the week of a day; ``versant`` narrows to the teams of one side, ``language`` to
    those who speak it and to the visits that ask for it.

    The number of queries does not depend on how many people or visits there are.
    """
    horizon = horizon_of_day(day) if view == "day" else Horizon(*week_bounds(day))
    placed = _placed(actor, horizon, versant, language)
    waiting = _waiting(actor, horizon, versant, language)
    half = [visit for visit in placed if visit.state == VisitState.OPEN]
    whole = [visit for visit in placed if visit.state != VisitState.OPEN]
    lacking = sorted(
        [*half, *waiting], key=lambda v: (v.team_id != actor.team, URGENCY[v.urgency], v.window.lower, v.pk)
    )
    keys = {visit.pk: str(n) for n, visit in enumerate(whole, 1)}
    keys |= {visit.pk: letter(n) for n, visit in enumerate(lacking)}
    colleagues = workforce.load(actor, _shown(actor, placed, versant, language) | _could(lacking), horizon)
    people, n_idle = _people(actor, colleagues, placed, versant, language, everybody)
    absences = _absences(actor, horizon)
    planner = actor.role in COORDINATING_ROLES
    draw = Drawing(actor, horizon, keys, absences, planner)
    by_day = view == "day"
    return Board(
        day=day,
        view=view,
        grid=boarddraw.grid(draw, people) if by_day else None,
        week=[] if by_day else boarddraw.week(draw, people),
        map=boarddraw.map_of(draw, whole, lacking, people) if by_day else None,
        unplaced=unplaced.describe(
            actor, lacking, keys, horizon, colleagues, whole, explain=planner and by_day
        ),
        visits=[draw.listed(visit) for visit in whole],
        languages=_languages(colleagues, language),
        n_people=len(people),
        n_placed=len(whole),
        n_idle=n_idle,
        days=horizon.dates,
    )


def letter(n: int) -> str:
    """A, B, ... Z, AA, AB: what a visit without a team is called on map and list."""
    name = ""
    n += 1
    while n:
        n, rest = divmod(n - 1, 26)
        name = ascii_uppercase[rest] + name
    return name


# What is there


def _visits(actor: Actor, versant: str, language: str):
    rows = Visit.objects.visible_to(actor)
    if versant:
        rows = rows.filter(Q(team__versant=versant) | Q(versant=versant))
    if language:
        asked = Q(slots__language=language) | Q(slots__second_languages__contains=[language])
        rows = rows.filter(pk__in=Visit.objects.filter(asked).values("pk"))
    return rows


def _with_parts(rows):
    """What the board reads of visits: less than who can go, as there are many of them. Three queries."""
    return rows.select_related("site", "commune", "team").prefetch_related(
        Prefetch("slots", Slot.objects.select_related("language")),
        Prefetch(
            "assignments",
            Assignment.objects.filter(state__in=HOLDING).select_related("professional"),
            to_attr="holding",
        ),
    )


def _placed(actor: Actor, horizon: Horizon, versant: str, language: str) -> list[Visit]:
    """Visits that stand in these days, with or without all their people, in order."""
    rows = _visits(actor, versant, language).filter(
        state__in=[VisitState.OPEN, VisitState.PLANNED, VisitState.DONE],
        held__overlap=(horizon.start, horizon.end),
    )
    return list(_with_parts(rows).order_by("held", "pk"))


def _waiting(actor: Actor, horizon: Horizon, versant: str, language: str) -> list[Visit]:
    """Visits without anybody whose time lies in these days, or went by unnoticed."""
    now = clock.now()
    if horizon.end <= now:
        return []
    rows = _visits(actor, versant, language).filter(state=VisitState.OPEN, held=None)
    if horizon.start <= now:
        since = horizon.start - timedelta(days=OVERDUE_DAYS)
        rows = rows.filter(window__overlap=(since, horizon.end))
    else:
        rows = rows.filter(window__overlap=(horizon.start, horizon.end))
    return list(_with_parts(rows).order_by("window", "pk"))


def _shown(actor: Actor, placed: Sequence[Visit], versant: str, language: str) -> Q:
    """The mobile teams, the actor's own, and whoever has a place; with ``language``, all who speak it."""
    holders = {one.professional_id for visit in placed for one in visit.holding}
    teams = Q(team__kind=TeamKind.INTEGRAPSY)
    if versant:
        teams &= Q(team__versant=versant)
    found = teams | Q(pk__in=holders) | Q(team=actor.desk)
    if language:
        found |= Q(pk__in=ProfessionalLanguage.objects.filter(language=language).values("professional"))
    return found


def _could(visits: Iterable[Visit]) -> Q:
    rows = list(visits)
    return relevant(rows) if rows else Q(pk__in=[])


def _people(
    actor: Actor,
    colleagues: Mapping[int, Colleague],
    placed: Sequence[Visit],
    versant: str,
    language: str,
    everybody: bool,
) -> tuple[list[Row], int]:
    """Who gets a row, in order; and how many others are free and not shown."""
    held: dict[int, list[tuple[Visit, Assignment]]] = defaultdict(list)
    for visit in placed:
        for one in visit.holding:
            held[one.professional_id].append((visit, one))
    found, idle = [], 0
    for pk, colleague in colleagues.items():
        row, mine = colleague.row, held.get(pk, [])
        if not mine:
            if versant and row.team.versant != versant:
                continue
            if language and not colleague.level(language):
                continue
            outside = row.team.kind != TeamKind.INTEGRAPSY and row.team_id != actor.desk
            if outside and not language:
                idle += 1
                if not everybody:
                    continue
        found.append(Row(colleague, _group(actor, colleague), mine))
    found.sort(
        key=lambda p: (p.group, p.colleague.row.last_name, p.colleague.row.first_name, p.colleague.row.pk)
    )
    return found, idle


def _group(actor: Actor, colleague: Colleague) -> tuple[Any, ...]:
    """Mobile teams, the own one first; other houses; interpreters."""
    row = colleague.row
    if colleague.is_only_interpreter:
        return (2, False, _("Interpreters"))
    return (int(row.team.kind != TeamKind.INTEGRAPSY), row.team_id != actor.desk, str(row.team))


def _absences(actor: Actor, horizon: Horizon) -> dict[tuple[int, datetime], str]:
    """Professional and beginning -> kind, of the actor's own house only: for the others, that they are busy is all."""
    rows = Absence.objects.visible_to(actor).filter(held__overlap=(horizon.start, horizon.end))
    return {(row.professional_id, max(row.held.lower, horizon.start)): row.kind for row in rows}


def _languages(colleagues: Mapping[int, Colleague], chosen: str) -> list[tuple[str, str]]:
    """Codes and names to choose from: what the interpreters on the page bring."""
    spoken = {
        one.language_id: one.language.name
        for colleague in colleagues.values()
        if colleague.is_only_interpreter
        for one in colleague.languages
        if one.language_id not in WORKING_LANGUAGES
    }
    if chosen and chosen not in spoken:
        spoken[chosen] = sentences.language_name(chosen)
    return sorted(spoken.items(), key=lambda pair: pair[1].lower())
