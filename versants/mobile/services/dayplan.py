"""A professional's own day: visits, the roads between them, who else comes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Prefetch

from versants.core import clock
from versants.core.access.scope import Actor
from versants.core.web import words
from versants.mobile.enums import HOLDING, AssignmentState, Mode
from versants.mobile.models import Assignment, RequestPerson, Slot, Visit, held_within
from versants.mobile.services.offers import is_expired
from versants.people.enums import CARE_DISCIPLINES
from versants.people.models import Absence, Professional, ProfessionalLanguage
from versants.territory import travel
from versants.territory.models import Commune

SIGNS = {AssignmentState.OFFERED: "wait", AssignmentState.ACCEPTED: "ok", AssignmentState.DONE: "plan"}


@dataclass(frozen=True)
class Companion:
    """Somebody else at the same visit."""

    first_name: str
    trade: str
    language: str
    confirmed: bool


@dataclass
class Stop:
    """A visit of the day, or a stretch that is taken. Road before it in minutes, None where nobody drives."""

    start: datetime
    end: datetime
    title: str
    assignment: Assignment | None = None
    visit: Visit | None = None
    role: str = ""
    language: str = ""
    remote: bool = False
    companions: list[Companion] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    road_min: int | None = None
    leave_at: datetime | None = None
    writes_record: bool = False
    confirms_hours: bool = False
    sign: str = ""
    state: str = ""
    waits: bool = False
    answer_by: str = ""  # 10:15, with the day if it is not this one
    late: bool = False
    next: bool = False
    kind: str = "visit"


@dataclass
class Day:
    """The day, in order; ``road_back_min`` is the way home from the last place."""

    day: date
    stops: list[Stop]
    road_min: int
    road_back_min: int | None
    home_at: datetime | None

    @property
    def n_visits(self) -> int:
        return sum(stop.kind == "visit" for stop in self.stops)


def day_of(actor: Actor, day: date) -> Day:
    """The signed-in professional's day. Reads through ``visible_to``; a fixed number of queries."""
    if actor.professional is None:
        return Day(day, [], 0, None, None)
    low, high = clock.day_bounds(day)
    mine = (
        Assignment.objects.visible_to(actor)
        .filter(held_within(low, high), professional=actor.professional, state__in=HOLDING)
        .select_related(
            "slot", "slot__language", "visit", "visit__site", "visit__site__commune", "visit__commune"
        )
        .prefetch_related(
            Prefetch(
                "visit__assignments",
                Assignment.objects.visible_to(actor)
                .filter(state__in=HOLDING)
                .exclude(professional=actor.professional)
                .select_related("professional", "slot", "slot__language"),
                to_attr="others",
            )
        )
        .prefetch_related(Prefetch("visit__slots", Slot.objects.visible_to(actor)))
        .order_by("held")
    )
    rows = list(mine)
    codes = _codes(actor, rows)
    spoken = _languages(actor, rows)
    stops = [_visit_stop(row, codes, spoken) for row in rows]
    for absence in Absence.objects.visible_to(actor).filter(
        professional=actor.professional, held__overlap=(low, high)
    ):
        stops.append(
            Stop(
                max(absence.held.lower, low),
                min(absence.held.upper, high),
                str(absence.get_kind_display()),
                kind="taken",
            )
        )
    stops.sort(key=lambda stop: (stop.start, stop.end))
    _mark_next(stops)
    base = Commune.objects.filter(
        pk__in=Professional.objects.visible_to(actor).filter(pk=actor.professional).values("base")
    ).first()
    return _with_roads(day, stops, base)


def _visit_stop(row: Assignment, codes: dict[int, list[str]], spoken: dict[tuple[int, str], str]) -> Stop:
    slot, visit = row.slot, row.visit
    cares = slot.discipline in CARE_DISCIPLINES
    return Stop(
        start=row.held.lower,
        end=row.held.upper,
        title=visit.place,
        assignment=row,
        visit=visit,
        role=str(slot.get_discipline_display()),
        language=slot.language.name if slot.language is not None else "",
        remote=(slot.mode or visit.mode) != Mode.ON_SITE,
        companions=[
            Companion(
                other.professional.first_name,
                str(other.slot.get_discipline_display()),
                _with_level(other, spoken),
                other.state != AssignmentState.OFFERED,
            )
            for other in sorted(visit.others, key=lambda a: (a.slot.rank, a.pk))
        ],
        codes=codes.get(visit.request_id, []),
        writes_record=cares and row.state != AssignmentState.OFFERED,
        confirms_hours=not cares and row.state != AssignmentState.OFFERED,
        sign=SIGNS[AssignmentState(row.state)],
        state=str(row.get_state_display()),
        waits=row.state == AssignmentState.OFFERED and not is_expired(row),
        late=row.state == AssignmentState.OFFERED and is_expired(row),
        answer_by=_until(row.answer_by),
    )


def _until(at: datetime | None) -> str:
    if at is None:
        return ""
    hour = words.clock_time(at)
    return hour if clock.local(at).date() == clock.today() else f"{words.day_short(at)} {hour}"


def _with_level(other: Assignment, spoken: dict[tuple[int, str], str]) -> str:
    language = other.slot.language
    if language is None:
        return ""
    level = spoken.get((other.professional_id, language.pk), "")
    return f"{language.name}, {level}" if level else language.name


def _codes(actor: Actor, rows: list[Assignment]) -> dict[int, list[str]]:
    """Request -> codes of the persons, for those who may see for whom it is."""
    found: dict[int, list[str]] = defaultdict(list)
    seen = (
        RequestPerson.objects.visible_to(actor)
        .filter(request__in={row.visit.request_id for row in rows}, person__isnull=False)
        .values_list("request_id", "person__code")
        .order_by("pk")
    )
    for request, code in seen:
        found[request].append(code)
    return found


def _languages(actor: Actor, rows: list[Assignment]) -> dict[tuple[int, str], str]:
    others = {other.professional_id for row in rows for other in row.visit.others}
    seen = ProfessionalLanguage.objects.visible_to(actor).filter(professional__in=others)
    return {(one.professional_id, one.language_id): str(one.get_level_display()) for one in seen}


def _mark_next(stops: list[Stop]) -> None:
    now = clock.now()
    for stop in stops:
        if stop.kind == "visit" and stop.end > now:
            stop.next = True
            return


def _point(stop: Stop) -> travel.Point | None:
    visit = stop.visit
    if visit is None or stop.remote:
        return None
    if visit.site is not None:
        return travel.Point(visit.site.lat, visit.site.lon, f"site-{visit.site_id}", visit.versant)
    commune = visit.commune
    return travel.Point(commune.lat, commune.lon, commune.uid, commune.versant)


def _with_roads(day: date, stops: list[Stop], base: Commune | None) -> Day:
    """Roads by the same model as the plan: from the base to the first place, between places, and back."""
    home = travel.Point(base.lat, base.lon, base.uid, base.versant) if base is not None else None
    at, total, last = home, 0, None
    for stop in stops:
        point = _point(stop)
        if point is None:
            continue
        if at is not None:
            minutes = round(travel.minutes(at, point))
            if minutes:
                stop.road_min = minutes
                stop.leave_at = stop.start - timedelta(minutes=minutes)
                total += minutes
        at, last = point, stop
    back = None
    if last is not None and home is not None and at is not None:
        back = round(travel.minutes(at, home))
        total += back
    home_at = last.end + timedelta(minutes=back) if last is not None and back is not None else None
    return Day(day, stops, total, back, home_at)
