"""Facts for the figures: written in the transaction of what they count, without a person in them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, ExtractIsoWeekDay

from versants.core import clock
from versants.mobile.enums import (
    AttemptReason,
    Mode,
    PartOfDay,
    RefusalReason,
    UnmetOrigin,
)
from versants.mobile.models import InterventionFact, Record, Request, RequestLanguage, Slot, UnmetNeed, Visit
from versants.people.enums import Discipline
from versants_libs.coverage.territory import OWN_LANGUAGE

# FigureDefinition "unmet": for want of somebody, not for another reason.
UNMET_REFUSALS = frozenset({RefusalReason.NO_CAPACITY, RefusalReason.NO_INTERPRETER})
UNMET_ATTEMPTS = frozenset({AttemptReason.NO_INTERPRETER, AttemptReason.TEAM_PREVENTED})
LEAST = 5  # persons counted together, or nobody
REMOTE = frozenset({Mode.PHONE, Mode.VIDEO})


def semester_of(day: date) -> str:
    """The calendar half: 2026-2 from 1 July 2026. Reports may group days otherwise (programme's calendar)."""
    return f"{day.year}-{1 if day.month <= 6 else 2}"


def part_of_day(at: datetime) -> PartOfDay:
    """Night until 6, morning until 12, afternoon until 18, then evening; local time."""
    return list(PartOfDay)[clock.local(at).hour // 6]


def language_of(visit: Visit) -> str | None:
    """The language interpreted, else the first asked for, as its code; None if the visit needed none."""
    interpreter = (
        Slot.objects.filter(visit=visit, discipline=Discipline.INTERPRETER, language__isnull=False)
        .order_by("rank", "pk")
        .first()
    )
    if interpreter is not None:
        return interpreter.language_id
    asked = RequestLanguage.objects.filter(request=visit.request_id).order_by("rank", "pk").first()
    return asked.language_id if asked is not None else None


def interpreted(visit: Visit, with_interpreter: bool) -> str:
    """``on_site``, ``remote`` or ``none``."""
    if not with_interpreter:
        return "none"
    slot = Slot.objects.filter(visit=visit, discipline=Discipline.INTERPRETER).order_by("rank", "pk").first()
    mode = (slot.mode if slot else "") or visit.mode
    return "remote" if mode in REMOTE else "on_site"


def first_contacts(persons: Iterable[int], record: Record) -> int:
    """How many of these persons no signed record of any team names yet.

    Asked of a narrow database function: a team does not see the other's records, only the number.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT app.first_contacts(%s::bigint[], %s)", [sorted(persons), record.pk])
        return int(cursor.fetchone()[0])


def of_record(record: Record, visit: Visit, *, n_first_contacts: int) -> InterventionFact:
    """The fact of a signed record, not saved. One visit delivered is 1, whatever the roles."""
    # What is signed has both: record_signed_is_whole in the database.
    assert record.began_at is not None
    assert record.duration_min is not None
    day = clock.local(record.began_at).date()
    return InterventionFact(
        day=day,
        semester=semester_of(day),
        team_id=visit.team_id,
        versant=visit.versant,
        commune_id=visit.commune_id,
        kind=record.kind,
        language_id=language_of(visit),
        mode=record.mode,
        delivered=1,
        attempted=0,
        n_persons=record.n_persons,
        n_first_contacts=n_first_contacts,
        n_professionals=record.n_professionals,
        minutes=record.duration_min,
        with_interpreter=interpreted(visit, record.with_interpreter),
        part_of_day=part_of_day((visit.held or visit.window).lower),
    )


def of_attempt(visit: Visit) -> InterventionFact:
    """The fact of a visit that was due and did not take place, not saved: counted apart."""
    start = (visit.held or visit.window).lower
    day = clock.local(start).date()
    return InterventionFact(
        day=day,
        semester=semester_of(day),
        team_id=visit.team_id,
        versant=visit.versant,
        commune_id=visit.commune_id,
        kind=visit.kind,
        language_id=language_of(visit),
        mode=visit.mode,
        delivered=0,
        attempted=1,
        part_of_day=part_of_day(start),
    )


def unmet_by_refusal(request: Request, reason: str) -> UnmetNeed | None:
    """What a refusal leaves unmet, not saved; None if the reason is not the want of somebody."""
    if reason not in UNMET_REFUSALS:
        return None
    day = clock.local(request.asked_at).date()
    asked = RequestLanguage.objects.filter(request=request).order_by("rank", "pk").first()
    commune = request.commune
    return UnmetNeed(
        day=day,
        semester=semester_of(day),
        team_id=request.team_id,
        versant=commune.versant if commune else request.team.versant,
        commune=commune,
        language_id=asked.language_id if asked else None,
        urgency=request.urgency,
        origin=UnmetOrigin.REFUSED,
        reason=reason,
        part_of_day=part_of_day(request.window.lower if request.window else request.asked_at),
    )


def unmet_by_attempt(visit: Visit, reason: str) -> UnmetNeed | None:
    """What a failed visit leaves unmet, not saved; None if the reason is not the want of somebody."""
    if reason not in UNMET_ATTEMPTS:
        return None
    start = (visit.held or visit.window).lower
    day = clock.local(start).date()
    return UnmetNeed(
        day=day,
        semester=semester_of(day),
        team_id=visit.team_id,
        versant=visit.versant,
        commune_id=visit.commune_id,
        language_id=language_of(visit),
        urgency=visit.urgency,
        origin=UnmetOrigin.ATTEMPT,
        reason=reason,
        part_of_day=part_of_day(start),
    )


def note_refusal(request: Request, reason: str) -> None:
    """Count a refusal as an unmet need if it is one. Called in the transaction that refuses."""
    unmet = unmet_by_refusal(request, reason)
    if unmet is not None:
        unmet.save()


def with_language(records: QuerySet[Record]) -> QuerySet[Record]:
    """Records with ``counted_language``: the same language as in their fact, for the list behind a figure."""
    interpreted_in = Slot.objects.filter(
        visit=OuterRef("visit"), discipline=Discipline.INTERPRETER, language__isnull=False
    ).order_by("rank", "pk")
    asked_for = RequestLanguage.objects.filter(request=OuterRef("visit__request")).order_by("rank", "pk")
    return records.annotate(
        counted_language=Coalesce(
            Subquery(interpreted_in.values("language_id")[:1]), Subquery(asked_for.values("language_id")[:1])
        )
    )


def language_demands(since: date, until: date) -> Iterable[dict[str, Any]]:
    """Needs for a language in the days [since, until), met or not, as sums for the study of the mesh.

    Rows ``{"versant", "commune", "language", "n"}``; ``commune`` is empty where an unmet need has none.
    """
    days = {"day__gte": since, "day__lt": until, "language__isnull": False}
    by = ("versant", "commune_id", "language_id")
    met = InterventionFact.objects.filter(**days).values_list(*by).annotate(n=Sum("delivered"))
    unmet = UnmetNeed.objects.filter(**days).values_list(*by).annotate(n=Count("pk"))
    for versant, commune, language, n in (*met.order_by(*by), *unmet.order_by(*by)):
        yield {"versant": versant, "commune": commune or "", "language": language, "n": n or 0}


def language_ways(since: date, until: date) -> Iterable[dict[str, Any]]:
    """How and when the needs of :func:`language_demands` come, as sums by versant alone: no language, no place.

    Rows ``{"versant", "mode", "band", "n", "timed", "minutes"}``: ``mode`` is on_site, phone, video or
    remote (one of both); ``band`` office (Monday to Friday, 6 to 18) or evening; each is empty where it is not known, as
    the mode of an unmet need. ``timed``: how many say how long; ``minutes``: of these together.
    """
    days = {"day__gte": since, "day__lt": until, "language__isnull": False}
    by = ("versant", "mode", "with_interpreter", "part_of_day", "weekday")
    met = (
        InterventionFact.objects.filter(~own_language(), **days, delivered__gt=0)
        .annotate(weekday=ExtractIsoWeekDay("day"))
        .values_list(*by)
        .annotate(
            n=Sum("delivered"),
            timed=Coalesce(Sum("delivered", filter=Q(minutes__gt=0)), 0),
            minutes_all=Sum("minutes"),
        )
        .order_by(*by)
    )
    unmet = (
        UnmetNeed.objects.filter(~own_language(), **days)
        .annotate(weekday=ExtractIsoWeekDay("day"))
        .values_list("versant", "part_of_day", "weekday")
        .annotate(n=Count("pk"))
        .order_by("versant", "part_of_day", "weekday")
    )
    found: dict[tuple[str, str, str], list[int]] = {}
    rows = [
        (where, _talk(mode, how), part, day, n, timed, m) for where, mode, how, part, day, n, timed, m in met
    ]
    rows += [(where, "", part, day, n, 0, 0) for where, part, day, n in unmet]
    for versant, mode, part, weekday, *numbers in rows:
        sums = found.setdefault((versant, mode, _band(part, weekday)), [0, 0, 0])
        for i, number in enumerate(numbers):
            sums[i] += number
    for (versant, mode, band), (n, timed, minutes) in sorted(found.items()):
        yield {"versant": versant, "mode": mode, "band": band, "n": n, "timed": timed, "minutes": minutes}


def language_speakers(since: date, until: date) -> Iterable[dict[str, Any]]:
    """Persons met for the first time in the days [since, until), as counted in the facts: no file of a person is read.

    Rows ``{"commune", "language", "n"}``, where five or more were met together, rounded down to fives so that no count
    taken from another gives a smaller one.
    """
    rows = (
        InterventionFact.objects.filter(
            ~own_language(), day__gte=since, day__lt=until, language__isnull=False
        )
        .values_list("commune_id", "language_id")
        .annotate(n=Sum("n_first_contacts"))
        .filter(n__gte=LEAST)
        .order_by("commune_id", "language_id")
    )
    for commune, language, n in rows:
        yield {"commune": commune, "language": language, "n": n // LEAST * LEAST}


def own_language() -> Q:
    """Rows of a versant's own language, which nobody interprets there."""
    found = Q()
    for versant, language in OWN_LANGUAGE.items():
        found |= Q(versant=versant, language_id=language)
    return found


def _talk(mode: str, with_interpreter: str) -> str:
    """How somebody interpreted: as the visit was held, unless that was on site and nobody or a voice from afar came."""
    if mode in REMOTE:
        return mode
    return {"on_site": str(Mode.ON_SITE), "remote": "remote"}.get(with_interpreter, "")


def _band(part: str, weekday: int) -> str:
    if not part:
        return ""
    return "office" if weekday <= 5 and part in {PartOfDay.MORNING, PartOfDay.AFTERNOON} else "evening"
