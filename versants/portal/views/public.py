"""The page for everybody, in every language of the persons; and "I want someone to call me".

Nobody signs in here and no name is asked. The language is in the address (``?lang=``) or is the browser's own: reading
writes nothing, no cookie and no row. Whoever is signed in goes on to the page of the role.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_http_methods, require_safe

from versants.core.access.classes import Role
from versants.core.access.scope import Actor, acting
from versants.core.errors import Conflict, InvalidTransition, VersantsError
from versants.core.web import pages
from versants.core.web.access import own_scope, public
from versants.core.web.context import url_or_empty
from versants.mobile.enums import OPEN_REQUESTS, Channel, RequestState
from versants.mobile.models import Request
from versants.mobile.services import requests, states
from versants.people.enums import TeamKind
from versants.people.models import Team
from versants.portal import limits
from versants.portal.forms import CallMeForm, place_of
from versants.portal.texts import PublicText, everyone, pick
from versants.territory.models import EmergencyNumber
from versants.territory.models.places import Versant

# Where each role begins its day, by URL name.
HOMES = {
    Role.COORDINATOR: "inbox",
    Role.DESK: "inbox",
    Role.CLINICIAN: "today",
    Role.PRACTITIONER: "today",
    Role.INTERPRETER: "today",
    Role.PROGRAMME_OFFICER: "figures",
    Role.CONTROLLER: "figures",
    Role.LEAD_AUTHORITY: "figures",
    Role.FUNDER: "figures",
    Role.DPO: "audit",
    Role.REQUESTER: "ask",
    Role.SITE_MANAGER: "ask",
}
# An answer to a call is given by ringing: these say that it came, or that it will not.
_OVER = (RequestState.CLOSED, RequestState.REFUSED)


def home_of(role: str) -> str:
    """The address a role begins with, of those that exist and open to it; a role without a page of its own reads its
    guide."""
    name = HOMES.get(Role(role), "") if role in Role.values else ""
    declared = pages.page(name)
    if declared is not None and role in declared.roles and (url := url_or_empty(name)):
        return url
    return reverse("help", args=[role]) if role in Role.values else reverse("accessibility")


def spoken(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """In the reader's language: ``request.text``, and the product's nearest language for what surrounds it."""

    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        kept = translation.get_language_from_request(request) if _chose(request) else ""
        text = pick(request.GET.get("lang", ""), kept, request.headers.get("Accept-Language", ""))
        request.text = text  # type: ignore[attr-defined]
        with translation.override(text.interface):
            request.LANGUAGE_CODE = text.interface  # type: ignore[attr-defined]
            response = view(request, *args, **kwargs)
        response["Content-Language"] = text.code
        patch_vary_headers(response, ["Accept-Language", "Cookie"])
        return response

    wrapped.__name__, wrapped.__module__, wrapped.__doc__ = view.__name__, view.__module__, view.__doc__
    return wrapped


def _chose(request: HttpRequest) -> bool:
    from django.conf import settings

    return request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "") in dict(settings.LANGUAGES)


def mobile_teams() -> list[Team]:
    """The teams a person may choose from."""
    return list(Team.objects.filter(kind=TeamKind.INTEGRAPSY).order_by("versant", "name"))


def _numbers(text: PublicText) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Numbers to ring first, once each; and the others by versant. A name is in the page's language where the data
    have it, else in the language in which that number answers.
    """
    first: dict[str, dict[str, Any]] = {}
    others: dict[str, list[dict[str, Any]]] = {}
    for row in EmergencyNumber.objects.order_by("versant", "rank"):
        code = text.code if text.checked_by_native else _answers_in(row.versant)
        said = {"number": row.number, "what": getattr(row, f"what_{code}"), "lang": code, "nl": row.what_nl}
        if row.rank == 1:
            first.setdefault(row.number, said)
        else:
            others.setdefault(row.versant, []).append(said)
    by_versant = [
        {"name": text[f"place_{versant}"], "sign": _sign(text, versant), "numbers": numbers}
        for versant, numbers in others.items()
    ]
    return list(first.values()), by_versant


def _answers_in(versant: str) -> str:
    return "nl" if versant == Versant.WEST_VLAANDEREN else "fr"


def _sign(text: PublicText, versant: str) -> str:
    """The name of a versant as it stands on signs there, for a page in another script."""
    return str(Versant(versant).label) if text.script != "Latn" else ""


def _teams(text: PublicText) -> list[dict[str, Any]]:
    return [
        {
            "team": team,
            "place": text[f"place_{team.versant}"],
            "sign": _sign(text, team.versant),
            "hours": text.hours(team),
            "presents": (team.presents or {}).get(text.code, ""),
        }
        for team in mobile_teams()
    ]


def _context(text: PublicText, path: str) -> dict[str, Any]:
    first, others = _numbers(text)
    return {
        "t": text,
        "page_lang": text.code,
        "page_dir": text.direction,
        "tongues": [(one, f"{path}?lang={one.code}", one.code == text.code) for one in everyone()],
        "first_numbers": first,
        "other_numbers": others,
        "ask_again": f"{reverse('call_me')}?lang={text.code}",
        "home_again": f"{reverse('home')}?lang={text.code}",
    }


@public
@gzip_page
@require_safe
@spoken
def home(request: HttpRequest) -> HttpResponse:
    """Who the teams are and how to reach them. Signed in: on to the page of one's role."""
    if request.membership is not None:  # type: ignore[attr-defined]
        return HttpResponseRedirect(home_of(request.actor.role))  # type: ignore[attr-defined]
    text: PublicText = request.text  # type: ignore[attr-defined]
    context = _context(text, reverse("home")) | {
        "teams": _teams(text),
        "chosen": "lang" in request.GET,
        # No form here, so no token: the page sets no cookie.
        "csrf_token": "",
    }
    return render(request, "portal/public/home.html", context)


@own_scope
@require_http_methods(["GET", "POST"])
@spoken
def call_me(request: HttpRequest) -> HttpResponse:
    """GET the five questions, POST the answers. What was typed stays when something is missing."""
    text: PublicText = request.text  # type: ignore[attr-defined]
    if request.method == "POST":
        return _never_kept(_receive(request, text))
    with acting(Actor.nobody()):
        form = CallMeForm(text=text, teams=mobile_teams())
        return _never_kept(_form_page(request, text, form))


def _never_kept(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    return response


def _form_page(
    request: HttpRequest, text: PublicText, form: CallMeForm, *, status: int = 200, wrong: str = ""
) -> HttpResponse:
    context = _context(text, reverse("call_me")) | {
        "form": form,
        "questions": [form[name] for name in form.QUESTIONS],
        "action": f"{reverse('call_me')}?lang={text.code}",
        "wrong": wrong,
        "over": [form.chosen_team] if form.chosen_team and status == 429 else [],
        "typing": form.is_bound,
    }
    return render(request, "portal/public/call_me.html", context, status=status)


def _receive(request: HttpRequest, text: PublicText) -> HttpResponse:
    """One request per ``uid`` of the form, whatever is pressed twice; a limit per address."""
    try:
        uid = UUID(request.POST.get("uid", ""))
    except ValueError:
        uid = uuid4()
    address = limits.address_of(request)
    actor = Actor(kind="public", request=str(uid))
    with acting(actor):
        form = CallMeForm({**request.POST.dict(), "uid": str(uid)}, text=text, teams=mobile_teams())
        if not form.is_valid():
            return _form_page(request, text, form, status=422, wrong=text["err_missing"])
        limits.wait_turn(address)
        known = Request.objects.visible_to(actor).filter(uid=uid).exists()
        if not known and limits.is_over(address):
            response = _form_page(request, text, form, status=429, wrong=text["too_many"])
            response["Retry-After"] = "3600"
            return response
        try:
            made = requests.create_request(actor=actor, channel=Channel.PUBLIC, **form.answers())
        except Conflict:
            return _form_page(request, text, form, status=409, wrong=text["err_again"])
        except VersantsError as exc:
            # A rule the form does not know: its sentence exists in the product's languages only.
            return _form_page(request, text, form, status=exc.status, wrong=str(exc.message))
        if not known:
            limits.count(address)
    return HttpResponseRedirect(f"{reverse('call_me_sent', args=[made.uid])}?lang={text.code}")


@own_scope
@require_http_methods(["GET", "POST"])
@spoken
def call_me_sent(request: HttpRequest, uid: UUID) -> HttpResponse:
    """By when somebody rings, and whom to ring in danger. POST: no call any more. Nothing that was sent is shown."""
    text: PublicText = request.text  # type: ignore[attr-defined]
    actor = Actor(kind="public", request=str(uid))
    here = reverse("call_me_sent", args=[uid])
    with acting(actor):
        found = Request.objects.visible_to(actor).filter(uid=uid).select_related("team").first()
        if found is not None and request.method == "POST":
            # Pressed twice, or closed meanwhile: the page below says which
            with suppress(InvalidTransition):
                requests.withdraw_request(request=found, actor=actor)
            return HttpResponseRedirect(f"{here}?lang={text.code}")
        context = _context(text, here) | {"found": found, "here": f"{here}?lang={text.code}"}
        if found is not None:
            context |= _sent(text, found)
        response = render(request, "portal/public/sent.html", context, status=404 if found is None else 200)
    response["X-Robots-Tag"] = "noindex, nofollow"
    return _never_kept(response)


def _sent(text: PublicText, found: Request) -> dict[str, Any]:
    """What the person may know: who rings, and by when as long as nobody has."""
    waiting = found.state in OPEN_REQUESTS and found.answered_at is None
    return {
        "team": found.team,
        "place": place_of(text, found.team),
        "hours": text.hours(found.team),
        "withdrawn": found.state == RequestState.WITHDRAWN,
        "closed": found.state in _OVER,
        "due": found.promised_at if waiting else None,
        "due_day": text.day(found.promised_at),
        "due_time": text.clock_time(found.promised_at),
        "may_withdraw": states.REQUEST.allows(found.state, "withdraw"),
    }
