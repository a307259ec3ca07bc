"""Visits ready to be written about, as triage and booking leave them."""

from __future__ import annotations

import itertools
from datetime import timedelta

from versants.core import clock
from versants.core.access.scope import Actor, acting
from versants.core.crypto import vault
from versants.core.periods import lasting
from versants.mobile import models as m
from versants.people.services import grants

_numbers = itertools.count(1)


def make_visit(
    team,
    site,
    people,
    *,
    persons=(),
    hours_ago=3.0,
    kind="crisis",
    language="tir",
    mode="on_site",
    slot_mode="",
    state="planned",
):
    """A visit of ``team`` at ``site`` with one slot per (discipline, professional) of ``people``, grants included."""
    start = clock.now() - timedelta(hours=hours_ago)
    request = m.Request.objects.create(
        team=team,
        key=vault.new_key(),
        number=f"W-{next(_numbers)}",
        channel="phone",
        site=site,
        site_organisation_id=site.organisation_id,
        urgency="crisis",
        promised_at=start,
        state="planned",
    )
    if language:
        m.RequestLanguage.objects.create(request=request, language_id=language)
    for person in persons:
        m.RequestPerson.objects.create(request=request, person=person, team=team)
    need = m.Need.objects.create(request=request, team=team, kind=kind)
    visit = m.Visit.objects.create(
        need=need,
        request=request,
        team=team,
        kind=kind,
        urgency="crisis",
        site=site,
        commune=site.commune,
        versant=site.versant,
        country=site.country,
        mode=mode,
        window=lasting(start, 30),
        duration_min=60,
        held=lasting(start, 60) if state != "open" else None,
        state=state,
    )
    for rank, (discipline, professional) in enumerate(people, 1):
        interpreter = discipline == "interpreter"
        slot = m.Slot.objects.create(
            visit=visit,
            rank=rank,
            discipline=discipline,
            language_id=language if interpreter else None,
            mode=slot_mode if interpreter else "",
        )
        assignment = m.Assignment.objects.create(
            slot=slot,
            visit=visit,
            professional=professional,
            held=lasting(start, 60),
            state="accepted",
            travel_min=20,
        )
        with acting(Actor.for_team(team)):
            grants.for_assignment(
                assignment_id=assignment.pk,
                visit_id=visit.pk,
                owner=team,
                professional_id=professional.pk,
                discipline=discipline,
                start=start,
                end=start + timedelta(hours=1),
                persons=list(persons),
            )
    return visit


def content(visit, **changes):
    """A whole record of ``visit``."""
    from versants.mobile.services.records import Content

    values = {
        "kind": visit.kind,
        "mode": visit.mode,
        "began_at": visit.held.lower if visit.held else None,
        "duration_min": 75,
        "n_persons": 1,
        "n_professionals": 2,
        "done": ("listening", "stabilising"),
        "with_interpreter": True,
        "person_ids": frozenset(),
        "steps": (),
        "social_note": "",
        "clinical_note": None,
        **changes,
    }
    return Content(**values)
