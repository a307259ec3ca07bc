"""``/rights/``: who may see what, from the rules as they are declared, and what is open to oneself, and why."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from versants.core.access import reach
from versants.core.access.classes import FACTOR_ROLES, WALLED_ROLES, DataClass, Role
from versants.core.models import Grant

WAYS = {
    reach.OWN: (_("own team"), _("what belongs to the team one works in")),
    reach.GIVEN: (_("given"), _("what was given to them, for one person or visit, from a day to a day")),
    reach.EVERY: (_("every team"), _("where, when and in which language; never for whom")),
    reach.WORK: (_("own work"), _("what one’s own role needs: one’s requests, one’s house, the directory")),
}
BECAUSE = {
    "assignment": _("you are, or were, placed on the visit"),
    "referent": _("you are the referent"),
    "consent": _("the person agreed"),
    "passed": _("the request was passed to you"),
    "request": _("you asked"),
    "break_glass": _("you opened it with a reason"),
}


@require_safe
def rights(request: HttpRequest) -> HttpResponse:
    """Everybody who acts under a role may read the rules, and the list of what is open to them now."""
    found = reach.table(Role.values, DataClass.values)
    names = dict(Role.choices)
    classes = [(code, label) for code, label in DataClass.choices]
    rows = [
        {
            "role": names[role],
            "mine": role == request.actor.role,
            "walled": role in WALLED_ROLES,
            "factor": role in FACTOR_ROLES,
            "cells": [(label, [WAYS[way][0] for way in found[role][code]]) for code, label in classes],
        }
        for role in Role.values
    ]
    mine = [
        (label, [WAYS[way][1] for way in found[request.actor.role][code]])
        for code, label in classes
        if request.actor.role in found
    ]
    context = {
        "classes": [label for _code, label in classes],
        "rows": rows,
        "ways": list(WAYS.values()),
        "mine": mine,
        "grants": _grants(request),
    }
    return render(request, "people/rights.html", context)


def _grants(request: HttpRequest) -> list[dict[str, object]]:
    """What is open now by a grant: class, why, how many, until when at the latest."""
    counted: dict[tuple[str, str], dict[str, object]] = {}
    labels = dict(DataClass.choices)
    for grant in Grant.objects.open_to(request.actor).order_by("data_class", "because"):
        key = (grant.data_class, grant.because)
        one = counted.setdefault(
            key,
            {
                "label": labels[grant.data_class],
                "why": BECAUSE.get(grant.because, grant.because),
                "subjects": set(),
                "until": grant.period.upper,
            },
        )
        one["subjects"].add((grant.subject_kind, grant.subject_id))  # type: ignore[attr-defined]
        last, upper = one["until"], grant.period.upper
        one["until"] = None if last is None or upper is None else max(last, upper)  # type: ignore[type-var]
    for one in counted.values():
        one["n"] = len(one["subjects"])  # type: ignore[arg-type]
    return list(counted.values())
