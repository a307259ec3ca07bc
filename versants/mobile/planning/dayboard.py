"""The board: everybody's day or week, the same visits on timeline, map and list under the same keys."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from string import ascii_uppercase
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.http import QueryDict
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from versants.core import clock
from versants.core.access.classes import COORDINATING_ROLES, Role
from versants.core.access.scope import Actor
from versants.core.svg import timeline
from versants.mobile.enums import Urgency, VisitState
from versants.mobile.models import Assignment, Visit, held_within
from versants.mobile.planning import boarddraw, sentences, unplaced, workforce
from versants.mobile.planning.answers import Memory
from versants.mobile.planning.boarddraw import WORKING_LANGUAGES, Drawing, Group, Listed, Row, WeekRow
from versants.mobile.planning.calendar import Horizon, ceil_step, horizon_of_day, shifts, week_bounds
from versants.mobile.planning.kept import Days, Ids
from versants.mobile.planning.situation import relevant
from versants.mobile.planning.unplaced import Described, Unplaced
from versants.mobile.planning.versions import Sums
from versants.mobile.planning.workforce import Colleague
from versants.people.enums import Discipline, TeamKind
from versants.people.models import Professional, ProfessionalLanguage, Team
from versants.territory.maps import DayMap

# With more mobile teams than that, the visits of the own team and of those one opens are shown, not of all.
FEW_TEAMS = 8
OVERDUE_DAYS = 14  # a visit whose time has passed without a team stays on today's board this long
EVERYBODY = "1"
# Ranks of a row: a visit first, then what else there is; those who have nothing are folded.
HELD, BUSY, WATCH, NAMED, NOTHING = 0, 1, 2, 3, 9
ELSEWHERE = (BUSY, WATCH)  # matters in one's own team, not in one of many whose visits are not shown
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
    n_folded: int
    days: list[date]
    _markup: dict[str, SafeString] = field(default_factory=dict)

    def markup(self, name: str, make: Callable[[], SafeString]) -> SafeString:
        """A part of the page made of this board and the words of its language alone: made once."""
        if name not in self._markup:
            self._markup[name] = make()
        return self._markup[name]


@dataclass(frozen=True)
class Choice:
    """What of the board is asked for. ``versant`` narrows to the teams of one side, ``language`` to those who speak it
    and to the visits that ask for it. ``opened``: groups shown whole (``EVERYBODY``: all). ``placing``: the visit
    without a team that is being placed: who could take it is shown.
    """

    view: str = "day"
    versant: str = ""
    language: str = ""
    opened: frozenset[str] = frozenset()
    placing: UUID | None = None


def build(actor: Actor, day: date, choice: Choice, *, query: str = "") -> Board:
    """The board of a day or of the week of a day; ``query``: the page's own, which the links of its groups go on from.

    The number of queries does not depend on how many people or visits there are. Which visits there are is asked each
    time, under the reader's rights; all the rest is remembered for as long as no row of it is written.
    """
    now = clock.now()
    horizon = horizon_of_day(day) if choice.view == "day" else Horizon(*week_bounds(day))
    teams = Teams.of(actor, choice)
    ids = _ids_of(actor, horizon, choice, teams)
    key = (actor, get_language(), day, choice, query)
    known = _boards.get(key)
    days = Days(actor, horizon)
    days.look(ids, known.people if known is not None else None)
    if known is not None and known.holds(now, (teams, ids, days.sums.of(known.people))):
        return replace(known.board, unplaced=known.described.now(actor))
    board, described, people, until = _built(actor, day, choice, horizon, teams, ids, query, days)
    days.keep(ids)
    # How the rows stand was asked before they were read: what is written meanwhile is another sum the next time.
    found = (teams, ids, days.sums.of(people)) if described.whole else None
    _boards.keep(key, Remembered(board, described, people, now, until, found))
    return board


def _built(
    actor: Actor,
    day: date,
    choice: Choice,
    horizon: Horizon,
    teams: Teams,
    ids: Ids,
    query: str,
    days: Days,
) -> tuple[Board, Described, tuple[int, ...], datetime | None]:
    """The board, what is told of those without a team, whom it was made of, and when time alone changes it."""
    by_day = choice.view == "day"
    placed, waiting = _read(days, ids)
    half = [visit for visit in placed if visit.state == VisitState.OPEN]
    whole = [visit for visit in placed if visit.state != VisitState.OPEN]
    lacking = sorted(
        [*half, *waiting], key=lambda v: (v.team_id != actor.team, URGENCY[v.urgency], v.window.lower, v.pk)
    )
    keys = {visit.pk: str(n) for n, visit in enumerate(whole, 1)}
    keys |= {visit.pk: letter(n) for n, visit in enumerate(lacking)}
    planner = actor.role in COORDINATING_ROLES
    explain = planner and by_day
    shown = _shown(actor, placed, choice, teams)
    among = shown | _could(lacking, ()) if explain else None
    described = unplaced.describe(days, lacking, keys, whole, among=among)
    without = described.items
    # Of a closed team only those have a row who hold or are proposed something, unless all who could go are asked for.
    whole_list = choice.placing is not None or choice.language or EVERYBODY in choice.opened
    closed = () if whole_list else tuple(team.pk for team in teams.closed)
    proposed = {pk for item in without for pk in item.proposed}
    if described.people:
        keep = proposed | {one.professional_id for visit in placed for one in visit.holding}
        colleagues = {
            pk: one
            for pk, one in days.people(described.people).items()
            if one.row.team_id not in closed or pk in keep or one.is_only_interpreter
        }
    else:
        which = shown | _could(lacking, closed) | Q(pk__in=proposed)
        colleagues = days.people(workforce.ids_of(actor, which))
    draw = Drawing(days, keys, planner, _addresses(query))
    groups = _groups(draw, colleagues, placed, choice, _named(without, choice, colleagues), teams)
    _add_near(without, choice, colleagues, groups)
    # Of those who have a row, the sum of their week is told.
    rows = [row for group in groups for row in group.rows]
    held = days.with_held(row.colleague for row in rows)
    for row in rows:
        row.colleague = held[row.colleague.row.pk]
    board = Board(
        day=day,
        view=choice.view,
        grid=boarddraw.grid(draw, groups) if by_day else None,
        week=[] if by_day else boarddraw.week(draw, groups),
        map=boarddraw.map_of(draw, whole, lacking, groups) if by_day else None,
        unplaced=without,
        visits=[draw.listed(visit) for visit in whole],
        languages=_languages(colleagues, choice.language),
        n_people=sum(len(group.rows) for group in groups),
        n_placed=len(whole),
        n_folded=sum(group.n_others or group.closed for group in groups if not group.opened),
        days=horizon.dates,
    )
    until = _until(draw.now, horizon, placed, lacking)
    return board, described, described.people or tuple(sorted(colleagues)), until


def _until(
    now: datetime, horizon: Horizon, placed: Iterable[Visit], lacking: Iterable[Visit]
) -> datetime | None:
    """The next instant at which the same rows are another board: a visit begins, an answer is late, a time has passed."""
    instants = [horizon.start, horizon.end]
    for visit in placed:
        instants.append(visit.held.lower)
        instants.extend(one.answer_by for one in visit.holding if one.answer_by)
    instants.extend(at for visit in lacking for at in (visit.window.lower, visit.window.upper))
    return min((at for at in instants if at > now), default=None)


def _addresses(query: str) -> Callable[[str, bool], str]:
    """The page of that query with a group opened, or closed again; the group is where the reader lands."""
    params = QueryDict(query, mutable=True)
    params.pop("place", None)
    opened = params.pop("all", [])
    rest = params.urlencode()

    def of(key: str, on: bool) -> str:
        others = [one for one in opened if one not in (key, EVERYBODY)]
        groups = urlencode([("all", one) for one in ([*others, key] if on else others)])
        return f"?{'&'.join(part for part in (rest, groups) if part)}#{key}"

    return of


@dataclass(frozen=True)
class Remembered:
    """A board, of whom it was made, and ``found``: the teams, visits and sums of rows it is true for; None: something is
    still to be told. Built at ``since``; at ``until`` time alone changes it.
    """

    board: Board
    described: Described
    people: tuple[int, ...]
    since: datetime
    until: datetime | None
    found: tuple[Teams, Ids, Sums] | None

    def holds(self, now: datetime, found: tuple[Teams, Ids, Sums]) -> bool:
        """Do the rows stand as they stood, and does the clock change nothing but words?"""
        if self.found is None or self.found != found or now < self.since:
            return False
        if self.until is not None and now >= self.until:
            return False
        # Who could go is worked out from one whole five minutes to the next.
        return not self.described.people or ceil_step(now) == ceil_step(self.since)


# By reader, language, day, choice and address; a board with all its people is some hundred kilobytes.
_boards: Memory[Remembered] = Memory(16)


@dataclass(frozen=True)
class Teams:
    """Whose visits are shown: of ``shown`` (ids; None: of every team); ``closed`` ones are named and can be opened."""

    shown: frozenset[int] | None = None
    closed: tuple[Team, ...] = ()

    @classmethod
    def of(cls, actor: Actor, choice: Choice) -> Teams:
        """All, as long as they are few; else the own one and those opened. One query."""
        found = list(Team.objects.filter(kind=TeamKind.INTEGRAPSY).defer(*workforce.TOLD))
        if len(found) <= FEW_TEAMS:
            return cls()
        near = [team for team in found if not choice.versant or team.versant == choice.versant]
        shown = {team.pk for team in near if group_key(team) in choice.opened or team.pk == actor.desk}
        closed = tuple(team for team in near if team.pk not in shown)
        return cls(frozenset(shown | {actor.desk or 0}), closed)

    def near(self, professional: Professional, actor: Actor) -> bool:
        """Does their day concern the reader, even without a visit that is shown?"""
        return (
            self.shown is None or professional.team_id in self.shown or professional.pk == actor.professional
        )


def group_key(team: Team) -> str:
    """What a team's group is called in the address."""
    return f"team-{team.uid}"


def letter(n: int) -> str:
    """A, B, ... Z, AA, AB: what a visit without a team is called on map and list."""
    name = ""
    n += 1
    while n:
        n, rest = divmod(n - 1, 26)
        name = ascii_uppercase[rest] + name
    return name


# What is there


def _visits(actor: Actor, choice: Choice):
    rows = Visit.objects.visible_to(actor)
    if choice.versant:
        rows = rows.filter(Q(team__versant=choice.versant) | Q(versant=choice.versant))
    if choice.language:
        asked = Q(slots__language=choice.language) | Q(slots__second_languages__contains=[choice.language])
        rows = rows.filter(pk__in=Visit.objects.filter(asked).values("pk"))
    return rows


def _of_teams(actor: Actor, horizon: Horizon, teams: Teams) -> Q:
    """The visits of the teams shown and those their people are placed in; a desk sees who waits on its own side."""
    if teams.shown is None:
        return Q()
    lent = RawSQL("SELECT app.lent(%s::bigint[], %s, %s)", (sorted(teams.shown), horizon.start, horizon.end))
    found = Q(team__in=teams.shown) | Q(pk__in=lent)
    if actor.team is None or actor.role == Role.DESK:
        found |= Q(state=VisitState.OPEN, versant=actor.versant)
    return found


def _ids_of(actor: Actor, horizon: Horizon, choice: Choice, teams: Teams) -> Ids:
    """Which visits the reader sees. Two queries: each has its index, both at once would read every visit there is."""
    visits = _visits(actor, choice).filter(_of_teams(actor, horizon, teams)).order_by("pk")
    stands = Q(
        held_within(horizon.start, horizon.end),
        state__in=[VisitState.OPEN, VisitState.PLANNED, VisitState.DONE],
    )
    placed = list(visits.filter(stands).values_list("pk", "state"))
    waiting: tuple[int, ...] = ()
    now = clock.now()
    if horizon.end > now:
        back = timedelta(days=OVERDUE_DAYS if horizon.start <= now else 0)
        asked = (horizon.start - back, horizon.end)
        rows = visits.filter(state=VisitState.OPEN, held=None, window__overlap=asked)
        waiting = tuple(rows.values_list("pk", flat=True))
    return Ids(
        tuple(pk for pk, _state in placed),
        tuple(pk for pk, state in placed if state == VisitState.OPEN),
        waiting,
    )


def _read(days: Days, ids: Ids) -> tuple[list[Visit], list[Visit]]:
    """The placed visits and those that wait, each in order, as they are by now."""
    found = days.visits([*ids.placed, *ids.waiting])
    known = frozenset(ids.placed)
    placed = [visit for visit in found if visit.pk in known and visit.held is not None]
    waiting = [visit for visit in found if visit.pk not in known and visit.held is None]
    placed.sort(key=lambda visit: (visit.held.lower, visit.held.upper, visit.pk))
    waiting.sort(key=lambda visit: (visit.window.lower, visit.window.upper, visit.pk))
    return placed, waiting


def _shown(actor: Actor, placed: Sequence[Visit], choice: Choice, chosen: Teams) -> Q:
    """The mobile teams shown, the actor's own, and whoever has a place; with ``language``, all who speak it."""
    holders = {one.professional_id for visit in placed for one in visit.holding}
    teams = Q(team__kind=TeamKind.INTEGRAPSY)
    if choice.versant:
        teams &= Q(team__versant=choice.versant)
    if chosen.shown is not None:
        teams &= Q(team__in=chosen.shown)
    found = teams | Q(pk__in=holders) | Q(team=actor.desk)
    if choice.language:
        speaks = ProfessionalLanguage.objects.filter(language=choice.language)
        found |= Q(pk__in=speaks.values("professional"))
    return found


def _could(visits: Iterable[Visit], closed: Sequence[int]) -> Q:
    """Who could take these visits; of the ``closed`` teams interpreters only, who have their own group."""
    rows = list(visits)
    if not rows:
        return Q(pk__in=[])
    if not closed:
        return relevant(rows)
    away = Q(team__in=closed) & ~Q(disciplines=[Discipline.INTERPRETER])
    return relevant(rows) & ~away


def _named(without: Sequence[Unplaced], choice: Choice, colleagues: Mapping[int, Colleague]) -> set[int]:
    """Who is in a team proposed for a visit without one; and whoever could take the one that is being placed."""
    found = {pk for item in without for pk in item.proposed}
    for item in without:
        if item.visit.uid == choice.placing:
            asked = unplaced.with_the_trade(item.visit, colleagues.values())
            found |= item.could or {colleague.row.pk for colleague in asked}
    return found


def _add_near(
    without: Sequence[Unplaced],
    choice: Choice,
    colleagues: Mapping[int, Colleague],
    groups: Iterable[Group],
) -> None:
    """The row where placing by keyboard begins: of the team that is there first, else of who could go or has the trade."""
    for item in without:
        if item.visit.uid != choice.placing:
            continue
        shown = {row.colleague.row.pk: str(row.colleague.row.uid) for group in groups for row in group.rows}
        trade = [one.row.pk for one in unplaced.with_the_trade(item.visit, colleagues.values())]
        wanted: tuple[Collection[int], ...] = (item.first, item.proposed, item.could, trade)
        found = (uid for some in wanted for pk, uid in shown.items() if pk in some)
        item.near = next(found, "")


def _groups(
    draw: Drawing,
    colleagues: Mapping[int, Colleague],
    placed: Sequence[Visit],
    choice: Choice,
    named: Collection[int],
    teams: Teams,
) -> list[Group]:
    """Who gets a row: those with a visit first, by their first hour, then who is busy, on call or named. The others
    of a group are counted, and shown where it is opened.
    """
    held: dict[int, list[tuple[Visit, Assignment]]] = defaultdict(list)
    for visit in placed:
        for one in visit.holding:
            held[one.professional_id].append((visit, one))
    found: dict[tuple[Any, ...], Group] = {}
    order: dict[int, tuple[Any, ...]] = {}
    for pk, colleague in colleagues.items():
        row, mine = colleague.row, held.get(pk, [])
        if not mine:
            if choice.versant and row.team.versant != choice.versant:
                continue
            if choice.language and not colleague.level(choice.language):
                continue
        commitments = draw.commitments(colleague, mine)
        rank = _rank(draw, colleague, mine, commitments, named)
        sorts, key, title = _group(draw.actor, colleague)
        group = found.get(sorts)
        if group is None:
            group = found[sorts] = Group(key, title, opened=bool(choice.opened & {key, EVERYBODY}))
        elsewhere = rank[0] in ELSEWHERE and pk not in named and not teams.near(row, draw.actor)
        if not choice.language and (rank[0] == NOTHING or elsewhere):
            group.n_others += 1
            group.n_busy += rank[0] == BUSY
            group.n_free += rank[0] != BUSY and _works(draw, colleague, commitments)
            if not group.opened:
                continue
        order[pk] = (*rank, row.last_name, row.first_name, pk)
        group.rows.append(Row(colleague, mine, commitments))
    for team in teams.closed:
        sorts = (0, True, str(team), team.pk)
        found.setdefault(sorts, Group(group_key(team), str(team))).closed = True
    groups = [found[sorts] for sorts in sorted(found)]
    for group in groups:
        group.rows.sort(key=lambda person: order[person.colleague.row.pk])
    return groups


def _rank(
    draw: Drawing,
    colleague: Colleague,
    mine: Sequence[tuple[Visit, Assignment]],
    commitments: Sequence[timeline.Block],
    named: Collection[int],
) -> tuple[int, datetime]:
    """What of somebody's day matters, and from when: a visit, something else, a watch, a proposal; or ``NOTHING``."""
    if mine:
        return HELD, min(one.held.lower for _visit, one in mine)
    busy = [block.start for block in commitments if block.kind == "busy"]
    if busy:
        return BUSY, min(busy)
    if colleague.watches:
        return WATCH, min(low for low, _high in colleague.watches)
    if colleague.row.pk in named or colleague.row.pk == draw.actor.professional:
        return NAMED, draw.horizon.start
    return NOTHING, draw.horizon.start


def _works(draw: Drawing, colleague: Colleague, commitments: Sequence[timeline.Block]) -> bool:
    """Some of their hours lie in these days and no absence takes them whole."""
    hours = shifts(draw.horizon, colleague.pattern, colleague.watches, None)
    away = [(block.start, block.end) for block in commitments]
    return any(
        not any(low <= draw.horizon.at(one.start) and draw.horizon.at(one.end) <= high for low, high in away)
        for one in hours
    )


def _group(actor: Actor, colleague: Colleague) -> tuple[tuple[Any, ...], str, str]:
    """Mobile teams, the own one first; other houses; interpreters: how the group sorts, its key and its title."""
    row = colleague.row
    if colleague.is_only_interpreter:
        return (2, False, ""), "interpreters", _("Interpreters")
    sorts = (int(row.team.kind != TeamKind.INTEGRAPSY), row.team_id != actor.desk, str(row.team), row.team_id)
    return sorts, group_key(row.team), str(row.team)


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
