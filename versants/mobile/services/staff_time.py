"""Minutes of a day that are not a visit: five kinds, one line each, one's own only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from versants.core import audit, clock
from versants.core.access.scope import Actor
from versants.core.errors import ActionDenied, BadInput
from versants.mobile.enums import TimeKind
from versants.mobile.models import StaffTime
from versants.people.models import Professional

DAY_MINUTES = 24 * 60
# Long enough to catch up after leave; older hours have been reported.
DAYS_BACK = 62


def check_may_keep_times(actor: Actor) -> None:
    """Every professional, for themself."""
    if actor.professional is None:
        raise ActionDenied("times.nobody", _("Only those who intervene keep their times here."))


def check_day(day: date) -> None:
    """Today and the two months before."""
    today = clock.today()
    if day > today:
        raise BadInput("times.future", _("Times are kept once they have passed."), field="day")
    if day < today - timedelta(days=DAYS_BACK):
        raise BadInput(
            "times.past", _("This day is too long ago: its times have been reported."), field="day"
        )


def times_of(actor: Actor, day: date) -> dict[str, int]:
    """One's own minutes of a day, by kind; 0 where nothing was kept."""
    if actor.professional is None:
        return dict.fromkeys(TimeKind.values, 0)
    kept = StaffTime.objects.visible_to(actor).filter(professional_id=actor.professional, day=day)
    return dict.fromkeys(TimeKind.values, 0) | dict(kept.values_list("kind", "minutes"))


@transaction.atomic
def keep_times(*, actor: Actor, day: date, minutes: Mapping[str, int]) -> dict[str, int]:
    """Replace the day's minutes of the kinds given; 0 removes a line. Safe to repeat.

    Raises ActionDenied ``times.nobody``; BadInput ``times.future``, ``times.past``, ``times.kind``, ``times.minutes``.
    """
    check_may_keep_times(actor)
    assert actor.professional is not None  # just checked
    check_day(day)
    if not set(minutes) <= set(TimeKind.values):
        raise BadInput("times.kind", _("Choose from the list."))
    # Two taps at once wait for each other: the day's total is counted on what both kept.
    professional = Professional.objects.get(pk=actor.professional)
    known = StaffTime.objects.filter(professional=professional, day=day).select_for_update()
    before = dict(known.values_list("kind", "minutes"))
    after = before | {kind: int(n) for kind, n in minutes.items()}
    if any(n < 0 for n in after.values()) or sum(after.values()) > DAY_MINUTES:
        raise BadInput("times.minutes", _("A day has 24 hours."))
    for kind in minutes:
        if after[kind] == 0:
            StaffTime.objects.filter(professional=professional, day=day, kind=kind).delete()
        else:
            StaffTime.objects.update_or_create(
                professional=professional,
                day=day,
                kind=kind,
                defaults={"minutes": after[kind], "organisation_id": professional.organisation_id},
            )
    if after != before:
        audit.record("times.kept", day=day.isoformat(), total=sum(after.values()))
    return {kind: n for kind, n in after.items() if n}
