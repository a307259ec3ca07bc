"""The access matrix worked out: addresses of the small world, by role and situation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.urls import NoReverseMatch, reverse

from tests.world import make_account, make_membership, make_professional
from versants.core.access.classes import TEAM_ROLES, Role
from versants.core.web import pages

SITUATIONS = ("own", "other", "other_versant")


@dataclass(frozen=True)
class Case:
    """One address with one method; ``secret``: nothing of the Walloon person may show."""

    page: pages.Page
    method: str
    url: str
    expected: bool
    secret: bool


def opened(answer: HttpResponse) -> bool:
    """The view let the reader in: a page, a redirect elsewhere than to the login, or a sentence about what was sent."""
    if answer.status_code in {401, 403, 404, 405, 410}:
        return False
    return not (answer.status_code == 302 and "/account/login/" in answer["Location"])


def people_for(w: Any, role: str) -> dict[str, Any]:
    """A member with ``role`` in the organisation whose things are looked at, in another, and in another versant."""
    from versants.people.models import Team

    other_team = Team.objects.create(
        organisation=w.house_desk,
        name="Autre équipe",
        kind="integrapsy",
        versant="wallonie",
        base=w.walloon.base,
        opening_hours=w.walloon.opening_hours,
        promise_minutes=w.walloon.promise_minutes,
    )
    if role in {Role.REQUESTER, Role.SITE_MANAGER}:
        houses = {"own": (w.host, None), "other": (w.house_desk, None), "other_versant": (w.other_host, None)}
    else:
        houses = {
            "own": (w.house_be, w.walloon),
            "other": (w.house_desk, other_team),
            "other_versant": (w.house_fr, w.french),
        }
    found = {}
    for situation, (house, team) in houses.items():
        professional = None
        if role in {Role.CLINICIAN, Role.PRACTITIONER, Role.INTERPRETER}:
            professional = make_professional(team, "Sam", situation, disciplines=["psychologist"])
        account = make_account(f"{role} {situation}")
        found[situation] = make_membership(account, house, role, team, professional)
    return found


def _arguments(w: Any) -> dict[str, list[Any]]:
    """Per subject the arguments of its address: all of the Walloon side."""
    return {
        "request": [w.be.request.uid],
        "visit": [w.be.visit.uid],
        "person": [w.person.code],
        "job": [w.be.job.uid],
        "assignment": [w.be.assignments[1].uid],
        "follow_up": [w.be.follow_up.uid],
        "consent": [w.person.code, w.be.consent.uid],
        "grant": [w.be.grant.pk],
        "opening": [w.be.opening.uid],
        "plan": [w.be.plan.uid],
        "move": [w.be.move.uid],
        "link": [w.be.link.uid],
        "role": [w.be.role.uid],
        "invitation": [w.be.invitation.uid],
        "recovery": [w.be.recovery.uid],
        "demand": [w.be.demand.uid],
        "import": [w.be.imported.uid],
        "private note": [w.person.code, w.be.private_note.uid],
        "study": [w.be.study.uid],
    }


def _expected(page: pages.Page, role: str, situation: str) -> bool:
    if role not in page.roles:
        return False
    if not page.subject:
        return True
    if situation == "own":
        return role not in page.by_grant
    return role in page.elsewhere


def cases(w: Any, role: str, situation: str) -> Iterator[Case]:
    """Every declared address that names something of the Walloon side, or nothing."""
    arguments = _arguments(w)
    for page in pages.pages():
        if page.public or page.subject == "token" or page.name in {"account_logout"}:
            continue
        try:
            url = reverse(page.name, args=arguments.get(page.subject, []) if page.subject else [])
        except NoReverseMatch:
            raise AssertionError(f"{page.name}: give its arguments in tests/access/matrix.py") from None
        # The audit names files by code to the data protection officer of the house, and nothing else.
        secret = (situation != "own" or role not in TEAM_ROLES) and page.name != "audit"
        for method in page.methods:
            yield Case(page, method, url, _expected(page, role, situation), secret)
