"""What an outsider may ask of the demonstration world: logins, links, messages, a scene. Refused anywhere else."""

from __future__ import annotations

import email
import email.policy
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.management.base import CommandError
from django.urls import reverse

from versants.core import clock
from versants.core.access.classes import Role
from versants.core.access.scope import Actor, acting
from versants.core.ids import token_hash
from versants.demo import cases, week
from versants.demo.cast import password_of, secret_of
from versants.mobile.models import Request, RequestLink, Visit
from versants.mobile.services import offers
from versants.people.enums import TeamKind
from versants.people.models import Account, Membership, Person, Team

REFUSED = "This is not the demonstration world: it has no logins, links or messages to show."
EXIT_SURROUNDINGS = 3

# Where somebody of each role begins.
FIRST_PAGE = {
    Role.COORDINATOR: "inbox",
    Role.DESK: "board",
    Role.CLINICIAN: "today",
    Role.PRACTITIONER: "today",
    Role.INTERPRETER: "today",
    Role.REQUESTER: "ask",
    Role.SITE_MANAGER: "links",
    Role.PROGRAMME_OFFICER: "figures",
    Role.CONTROLLER: "figures",
    Role.LEAD_AUTHORITY: "figures",
    Role.FUNDER: "figures",
    Role.DPO: "audit",
    Role.ADMINISTRATOR: "accessibility",
}


def is_demo_world() -> bool:
    """Does this database hold the demonstration world?"""
    return Account.objects.filter(is_demo=True).exists()


def check_demo_world() -> None:
    """Raises CommandError, exit 3, anywhere but in the demonstration world."""
    if not is_demo_world():
        raise CommandError(REFUSED, returncode=EXIT_SURROUNDINGS)


def _url(path: str) -> str:
    return f"{settings.BASE_URL}{path}"


def logins() -> list[dict[str, Any]]:
    """One line per role somebody may try, in the order of the accounts."""
    check_demo_world()
    found = []
    with_app = set(
        Authenticator.objects.filter(type=Authenticator.Type.TOTP).values_list("user_id", flat=True)
    )
    mine = (
        Membership.objects.filter(account__is_demo=True, period__contains=clock.today())
        .exclude(account__password__startswith="!")  # noqa: S106
        .select_related("account", "organisation")
        .order_by("pk")
    )
    for membership in mine:
        name = membership.account.email.split("@")[0]
        found.append(
            {
                "role": membership.role,
                "email": membership.account.email,
                "password": password_of(name),
                "totp_secret": secret_of(name) if membership.account_id in with_app else None,
                "organisation": str(membership.organisation),
                "versant": membership.versant,
                "url": _url(reverse(FIRST_PAGE[Role(membership.role)])),
            }
        )
    return found


def links() -> dict[str, Any]:
    """Pages that open without a login. A part whose page this version does not have is null."""
    check_demo_world()
    with acting(Actor.for_team(_walloon_team())):
        crisis = _crisis()
        token = cases.token(f"link now {crisis.site.name} {crisis.site.commune_id}")
        held = RequestLink.objects.filter(token_hash=token_hash(token), revoked_at=None).exists()
        person = Person.objects.filter(requests__request=crisis).first()
    offer = _open_offer()
    return {
        "request": _url(reverse("ask_link", args=[token])) if held else None,
        "follow": _url(reverse("ask_follow", args=[token, crisis.uid])) if held else None,
        "offer": _url(reverse("offer", args=[offer])) if offer else None,
        "person": {"url": None, "code": person.code if person else None},
        "feed": None,
    }


def _open_offer() -> str:
    """The token of an offer that waits for its answer now, by the clock that counts; empty if none does."""
    for name in ("offer menen lien", week.LATER_OFFER):
        token = cases.token(name)
        actor = offers.actor_of(token)
        if actor is None:
            continue
        with acting(actor):
            found = offers.by_token(actor)
            if found is not None and found.open:
                return token
    return ""


def _walloon_team() -> Team:
    return Team.objects.get(kind=TeamKind.INTEGRAPSY, versant="wallonie")


def _crisis() -> Request:
    """The night's crisis in Mouscron: the one that says until when, unlike those that visitors try out by the link."""
    return (
        Request.objects.select_related("site")
        .filter(site__name="Le Refuge", urgency="crisis", channel="link", window__isnull=False)
        .order_by("-asked_at")[0]
    )


# -- scenes -----------------------------------------------------------------------------------------------------------


def crisis_mouscron() -> dict[str, Any]:
    """The evening of the crisis in Mouscron: the clock stands at 17:40 of the day the crisis is asked for."""
    check_demo_world()
    with acting(Actor.for_team(_walloon_team())):
        crisis = _crisis()
        visit = Visit.objects.filter(request=crisis).order_by("-pk").first()
        day = clock.local(crisis.window.lower).date()
    moment = clock.at(day, 17, 40)
    _stand_at(moment)
    urls = {
        "inbox": _url(reverse("inbox")),
        "request": _url(reverse("request", args=[crisis.uid])),
        "board": f"{_url(reverse('board'))}?day={day.isoformat()}",
    }
    if visit is not None:
        urls["who"] = _url(reverse("visit_who", args=[visit.uid]))
    return {
        "scenario": "crisis-mouscron",
        "now": clock.local(moment).isoformat(),
        "urls": urls,
        "links": links(),
    }


def clock_runs_again() -> dict[str, Any]:
    """The end of a scene."""
    check_demo_world()
    _scene_file().unlink(missing_ok=True)
    return {"scenario": "end", "now": clock.local(clock.now()).isoformat()}


SCENES: dict[str, Callable[[], dict[str, Any]]] = {
    "crisis-mouscron": crisis_mouscron,
    "end": clock_runs_again,
}


def _scene_file() -> Path:
    return Path(settings.DATA) / clock.SCENE_FILE


def _stand_at(moment: datetime) -> None:
    path = _scene_file()
    part = path.with_suffix(".part")
    part.write_text(moment.isoformat() + "\n")
    part.chmod(0o644)
    part.replace(path)


# -- messages ---------------------------------------------------------------------------------------------------------


def outbox() -> list[dict[str, Any]]:
    """The messages that have left, oldest first: read from the outgoing folder, as a mail server would."""
    check_demo_world()
    folder = Path(settings.MAIL_DIR)
    found = []
    for path in sorted(folder.glob("*")) if folder.is_dir() else []:
        if path.name.endswith(".sms.json"):
            content = json.loads(path.read_text())
            found.append(
                {
                    "channel": "sms",
                    "to": content["to"],
                    "language": content["language"],
                    "about": content["about"],
                    "subject": "",
                    "body": content["body"],
                    "at": content["created_at"],
                    "file": path.name,
                }
            )
        elif path.suffix == ".eml":
            mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            found.append(
                {
                    "channel": "email",
                    "to": str(mail["To"]),
                    "language": str(mail["Content-Language"] or ""),
                    "about": str(mail["X-Versants-About"] or ""),
                    "subject": str(mail["Subject"] or ""),
                    "body": mail.get_content(),
                    "at": str(mail["Date"] or ""),
                    "file": path.name,
                }
            )
    return found
