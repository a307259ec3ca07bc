"""Visits for tests, as triage would have made them."""

from __future__ import annotations

from datetime import datetime, timedelta

from versants.core import clock
from versants.core.crypto import vault
from versants.core.periods import span
from versants.mobile.models import Need, Request, RequestLanguage, Slot, Visit

_numbers = iter(range(1, 100_000))


def make_visit(
    world,
    *,
    team=None,
    site=None,
    opens: datetime,
    closes: datetime | None = None,
    slots=(("psychologist", None), ("interpreter", "tir")),
    urgency="crisis",
    duration=90,
    gender_wish="",
    complexity=4,
    person=None,
    languages=(),
    **fields,
) -> Visit:
    """An accepted request and its one visit, open from ``opens`` to ``closes`` (two hours later if not said)."""
    team, site = team or world.walloon, site or world.refuge
    window = span(opens, closes or opens + timedelta(hours=2))
    request = Request.objects.create(
        team=team,
        key=vault.new_key(),
        number=f"T-{next(_numbers)}",
        channel="phone",
        site=site,
        site_organisation_id=site.organisation_id,
        state="accepted",
        urgency=urgency,
        window=window,
        duration_min=duration,
        promised_at=clock.now(),
    )
    for rank, code in enumerate(languages, 1):
        RequestLanguage.objects.create(request=request, language_id=code, rank=rank)
    if person is not None:
        from versants.mobile.models import RequestPerson

        RequestPerson.objects.create(request=request, person=person, team=team)
    need = Need.objects.create(request=request, team=team, kind="crisis")
    visit = Visit.objects.create(
        need=need,
        request=request,
        team=team,
        kind="crisis",
        urgency=urgency,
        site=site,
        commune=site.commune,
        versant=site.commune.versant,
        country=site.commune.country,
        window=window,
        duration_min=duration,
        gender_wish=gender_wish,
        complexity=complexity,
        **fields,
    )
    for rank, slot in enumerate(slots, 1):
        discipline, language, *rest = slot
        Slot.objects.create(
            visit=visit, rank=rank, discipline=discipline, language_id=language, **(rest[0] if rest else {})
        )
    return visit


def places(visit: Visit, *professionals) -> dict[int, int]:
    """Slots in their order -> these professionals."""
    return {
        slot.pk: professional.pk
        for slot, professional in zip(visit.slots.order_by("rank"), professionals, strict=True)
    }
