"""Four years of activity: small in the first semester, over 500 interventions at the end of the sixth, growing."""

from __future__ import annotations

from datetime import date, timedelta

from versants.core import clock
from versants.core.periods import span
from versants.demo import cases, recent, records, stories
from versants.demo.places import FR, WAL, WVL
from versants.demo.stories import Story
from versants.demo.world import World
from versants.mobile.enums import (
    AttemptReason,
    InterventionKind,
    RefusalReason,
    RequestState,
    Urgency,
)
from versants.mobile.models import Visit
from versants.mobile.services.facts import semester_of
from versants.territory import calendars

# Interventions delivered per semester and versant, the seven that are over and a full eighth. The public fact:
# over 500 IntegraPsy interventions at the end of semester 6 (DOMAIN 1.1); West Flanders begins one later.
TARGETS = {
    FR: (22, 28, 37, 41, 46, 51, 63, 78),
    WAL: (18, 26, 31, 42, 45, 53, 68, 84),
    WVL: (0, 11, 16, 20, 25, 24, 34, 44),
}
TIMES = {
    "follow_up": (2, 3, 4, 4, 5, 6),
    "talk_group": (4, 5, 6),
    "drop_in": (1, 2, 3),
    "referral": (1, 1, 2),
    "crisis": (1, 1, 2),
}
REFUSED = {
    RefusalReason.NO_INTERPRETER: 0.42,
    RefusalReason.NO_CAPACITY: 0.28,
    RefusalReason.NOT_OUR_PUBLIC: 0.12,
    RefusalReason.ALREADY_FOLLOWED: 0.1,
    RefusalReason.EMERGENCY: 0.05,
    RefusalReason.OTHER: 0.03,
}
MISSED = {
    AttemptReason.NOBODY_CAME: 0.5,
    AttemptReason.REFUSED: 0.2,
    AttemptReason.MOVED_AWAY: 0.16,
    AttemptReason.TEAM_PREVENTED: 0.14,
}


def semesters(day: date) -> list[tuple[date, date]]:
    """The eight calendar halves up to and with that of ``day``, oldest first, half-open."""
    year, half = day.year, 0 if day.month <= 6 else 1
    found = []
    for back in range(7, -1, -1):
        n = year * 2 + half - back
        first = date(n // 2, 1 if n % 2 == 0 else 7, 1)
        last = date((n + 1) // 2, 1 if (n + 1) % 2 == 0 else 7, 1)
        found.append((first, last))
    return found


def build(world: World) -> None:
    """Every semester of every versant, up to the day before the one shown."""
    world.named["canary_ids"] = {world.named[f"canary:{n}"].pk for n in range(3)}
    recent.earlier(world)
    recent.yesterday(world)
    for number, (first, last) in enumerate(semesters(world.day)):
        share = min(1.0, (world.day - first).days / (last - first).days)
        end = min(last, world.day)
        for versant, targets in TARGETS.items():
            target = round(targets[number] * share)
            if end > first:
                _semester(world, versant, first, end, target)
                _refusals(world, versant, first, end, target)


def workdays(first: date, last: date, country: str) -> list[date]:
    """Days the teams visit on."""
    days = (first + timedelta(days=n) for n in range((last - first).days))
    return [day for day in days if day.weekday() < 5 and not calendars.is_holiday(day, country)]


def _semester(world: World, versant: str, first: date, end: date, target: int) -> None:
    delivered = world.named.setdefault("delivered", {})
    key = (versant, semester_of(first))
    tries = 0
    while delivered.get(key, 0) < target and tries < target * 6:
        tries += 1
        story = stories.new_story(world, versant)
        _tell(world, story, first, end, target - delivered.get(key, 0))


# -- telling one ------------------------------------------------------------------------------------------------------


def _tell(world: World, story: Story, first: date, end: date, room: int) -> None:
    """Place the visits of a story one after the other; nothing is asked if nobody could ever have come."""
    wanted = min(world.pick(TIMES.get(story.kind, (1,))), room)
    country = "FR" if story.versant == FR else "BE"
    days = workdays(first, end, country)
    start = world.pick(days)
    for number in range(wanted):
        day = start + timedelta(days=number * story.gap)
        placed = stories.place(world, story, [d for d in days if day <= d < day + timedelta(days=6)])
        if placed is None:
            if number == 0:
                return
            continue
        when, carers, interpreter, remote = placed
        if story.request is None:
            stories.ask(world, story, when, carers)
        where = stories.seat(world, story, when, carers, interpreter, remote)
        _outcome(world, story, where, lacking=bool(story.language) and interpreter is None and remote)
    if story.request is not None:
        _close(world, story, end)


def _outcome(world: World, story: Story, where: Visit, *, lacking: bool) -> None:
    if lacking:
        records.fail(world, where, AttemptReason.NO_INTERPRETER)
        return
    if where.held.lower < world.moment - timedelta(days=5) and world.chance(0.07):
        records.fail(world, where, world.weighted(MISSED))
        return
    staff = (
        world.rng.randrange(5, 15)
        if story.kind == InterventionKind.TEAM_SUPPORT
        else world.pick((0, 0, 0, 1, 1, 2))
    )
    present = [p for p in story.people if len(story.people) < 4 or world.chance(0.85)] or story.people
    n = (
        world.rng.randrange(3, 9)
        if story.kind == "drop_in"
        else len(present) or (0 if story.kind == "team_support" else world.rng.randrange(2, 6))
    )
    draft = where.held.lower > world.moment - timedelta(days=3) and world.chance(0.3)
    records.sign(world, where, present, n_persons=n, n_professionals=staff, draft=draft)
    if not draft:
        recent.delivered(world, where)


def _close(world: World, story: Story, end: date) -> None:
    """The request ends some days after its last visit, unless a record still waits or the visit was yesterday."""
    last = story.visits[-1].held.upper
    closed = last + timedelta(days=world.pick((1, 2, 3, 6)), hours=1)
    if closed < world.moment and all(visit.state != "planned" for visit in story.visits):
        story.request.closed_at = closed
        cases.event(world, story.request, closed, "closed", shown=True)
    else:
        story.request.state = (
            RequestState.PLANNED if any(v.state == "planned" for v in story.visits) else RequestState.ACCEPTED
        )
        world.named.setdefault("going_on", []).append(story)


def _refusals(world: World, versant: str, first: date, end: date, target: int) -> None:
    """Requests that could not be met: evenings and rare languages first."""
    team = world.named["french" if versant == FR else "walloon"]
    country = "FR" if versant == FR else "BE"
    weights = {
        code: share * (2.5 if code in ("tir", "pus") else 1)
        for code, share in stories.spoken(country).items()
    }
    days = workdays(first, end, country)
    for _number in range(round(target * 0.11)):
        urgency = str(world.weighted({Urgency.CRISIS: 0.3, Urgency.URGENT: 0.5, Urgency.PLANNED: 0.2}))
        reason = world.weighted(REFUSED)
        evening = world.chance(0.55)
        hour = world.pick((18, 19, 20)) if evening else world.pick((9, 10, 14, 15))
        wanted = clock.at(world.pick(days), hour)
        asked = wanted - timedelta(hours=world.pick((2, 4, 20, 26)))
        row = cases.request(
            world,
            team=team,
            site=stories.choose_site(world, versant),
            asked_at=asked,
            urgency=urgency,
            state=RequestState.REFUSED,
            languages=(world.weighted(weights),),
            categories=[world.pick(("distress", "sleep", "trauma", "health"))],
            window=span(wanted, wanted + timedelta(hours=2)),
            refusal=str(reason),
            answered_at=asked + timedelta(minutes=80),
            closed_at=asked + timedelta(minutes=80),
        )
        cases.event(world, row, asked + timedelta(minutes=80), "refused", shown=True)
        records.unmet(world, row, "refused", str(reason), wanted)
