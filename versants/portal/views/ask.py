"""Asking by a centre's link, and following what becomes of it. No account; the address is the key.

Both pages open their own scope: the link by the hash of its token, then the one request named in the address.
``csrf_exempt`` with a reason: these pages send no referrer, so browsers send ``Origin: null`` and Django would refuse
every form. Nobody can forge a post without knowing the 128-bit token of the address, which is the same secret.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from versants.core import clock
from versants.core.access.scope import Actor, acting
from versants.core.errors import VersantsError
from versants.core.ids import new_token, token_hash
from versants.core.web.access import own_scope
from versants.mobile.enums import Urgency
from versants.mobile.forms.requests import AskForm, CrisisForm, LongForm
from versants.mobile.models import Request, RequestLink
from versants.mobile.services import escalation, links, promises, requests
from versants.people.enums import TeamKind
from versants.people.models import Team
from versants.portal import drafts, following, limits, questions
from versants.territory.models import EmergencyNumber, Versant

PHONE_COOKIE = "versants_phone"
# A draft waits for the same phone for a day: a night and its morning.
PHONE_AGE_S = 24 * 3600


def private(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """In the language of ``?lang=``; never stored, never indexed, never named to another site."""

    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        chosen = request.GET.get("lang", "")
        language = chosen if chosen in dict(settings.LANGUAGES) else translation.get_language()
        with translation.override(language):
            request.LANGUAGE_CODE = language  # type: ignore[attr-defined]
            response = view(request, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex, nofollow"
        if chosen == language:
            response.set_cookie(
                settings.LANGUAGE_COOKIE_NAME, language, max_age=settings.LANGUAGE_COOKIE_AGE, samesite="Lax"
            )
        return response

    wrapped.__name__, wrapped.__module__, wrapped.__doc__ = view.__name__, view.__module__, view.__doc__
    return wrapped


def find_link(token: str) -> RequestLink | None:
    """The link of this token, open or ended; None if there is none."""
    shown = Actor(kind="link", token=token_hash(token))
    with acting(shown):
        return (
            RequestLink.objects.visible_to(shown)
            .select_related("site__commune", "site__organisation", "team")
            .filter(token_hash=token_hash(token))
            .first()
        )


@dataclass(frozen=True)
class Calls:
    """Whom to ring: at once, and the other numbers of the versant."""

    first: tuple[EmergencyNumber, ...]
    others: tuple[EmergencyNumber, ...] = ()


def calls(*versants: str) -> Calls:
    """Danger to life and thoughts of suicide stand first, large; a page at night has no room for seven numbers.

    Several versants (a link nobody knows): only the number they share.
    """
    numbers = list(EmergencyNumber.objects.filter(versant__in=versants).order_by("rank", "versant"))
    if len(versants) > 1:
        return Calls(tuple(numbers[:1]))
    first = tuple(one for one in numbers if one.rank == 1 or "suicid" in one.what_fr.casefold())
    return Calls(first, tuple(one for one in numbers if one not in first))


@dataclass(frozen=True)
class Hearing:
    """Who hears of a crisis sent now: a step of the escalation ("" for nobody), and when the team opens if it is shut."""

    step: str
    opens_at: datetime | None = None


def hearing(team: Team | None, way: str) -> Hearing | None:
    """What the page may promise beside its button. Read under the team; no name and no number leaves it."""
    if team is None or way != Urgency.CRISIS:
        return None
    now = clock.now()
    with acting(Actor.for_team(team)):
        step = escalation.heard_first(team, now)
    opens_at = promises.next_opening(team, now)
    return Hearing(step, opens_at if opens_at > now else None)


def _gone(request: HttpRequest, link: RequestLink | None) -> HttpResponse:
    """A link that ended or never was: the emergency numbers and the teams' telephones all the same."""
    with acting(Actor.nobody()):
        teams = [link.team] if link is not None else list(Team.objects.filter(kind=TeamKind.INTEGRAPSY))
        versants = [link.site.commune.versant] if link is not None else Versant.values
        context = {"private": True, "link": link, "teams": teams, "calls": calls(*versants)}
        return render(request, "portal/link_ended.html", context, status=404 if link is None else 410)


@own_scope
@csrf_exempt
@require_http_methods(["GET", "POST"])
@private
def ask(request: HttpRequest, token: str) -> HttpResponse:
    """GET the questions, POST the answers. ``?way=`` crisis (default), urgent or planned."""
    link = find_link(token)
    if link is None or not links.is_open(link, clock.now()):
        return _gone(request, link)
    way = request.GET.get("way", Urgency.CRISIS)
    way = way if way in Urgency.values else Urgency.CRISIS
    phone = request.COOKIES.get(PHONE_COOKIE, "")
    if request.method == "POST":
        return _receive(request, token, link, way, phone)
    actor = Actor(kind="link", link=link.pk, phone=token_hash(phone) if phone else "")
    with acting(actor):
        kept = drafts.read(actor, link)
        typed = kept if kept.get("way", way) == way else {}
        form = _form(way, link, initial=typed)
        return _page(request, token, link, way, form, draft=bool(typed))


def _form(way: str, link: RequestLink, data: Any = None, initial: dict[str, Any] | None = None) -> AskForm:
    if way == Urgency.CRISIS:
        return CrisisForm(data, site=link.site, initial=initial or {})
    return LongForm(data, site=link.site, urgency=way, initial=initial or {})


def _page(
    request: HttpRequest,
    token: str,
    link: RequestLink,
    way: str,
    form: AskForm,
    *,
    draft: bool = False,
    status: int = 200,
) -> HttpResponse:
    base = reverse("ask_link", args=[token])
    context = {
        "private": True,
        "link": link,
        "team": link.team,
        "form": form,
        "questions": questions.of(form, form.QUESTIONS),  # type: ignore[attr-defined]
        "way": way,
        "ways": [(value, label, f"{base}?way={value}") for value, label in Urgency.choices],
        "calls": calls(link.site.commune.versant),
        "hearing": hearing(link.team, way),
        "now": clock.now(),
        "draft": draft,
        "draft_url": reverse("ask_draft", args=[token]) + f"?way={way}",
        "action": f"{base}?way={way}",
    }
    return render(request, "portal/ask.html", context, status=status)


def _receive(request: HttpRequest, token: str, link: RequestLink, way: str, phone: str) -> HttpResponse:
    hashed = token_hash(phone) if phone else ""
    uid = _uid(request) or str(uuid4())
    actor = Actor(kind="link", link=link.pk, request=uid, phone=hashed)
    with acting(actor):
        form = _form(way, link, data={**request.POST.dict(), **_lists(request), "uid": uid})
        if not form.is_valid():
            return _page(request, token, link, way, form, status=422)
        if isinstance(form, LongForm) and form.warns:
            form.data = {**form.data, "warned": "1"}
            return _page(request, token, link, way, form, status=422)
        sender = limits.by_link(request, link.pk)
        limits.wait_turn(sender)
        known = Request.objects.visible_to(actor).exists()
        if not known and limits.is_over(sender, limits.PER_LINK):
            form.add_error(None, _("Too many requests came from here within the hour. Ring the team."))
            return _page(request, token, link, way, form, status=429)
        try:
            made = requests.create_request(
                actor=actor,
                team=link.team,
                channel="link",
                link=link,
                language_of_answer=translation.get_language() or "fr",
                **form.answers(),
            )
        except VersantsError as exc:
            form.add_error(None, exc.message)
            return _page(request, token, link, way, form, status=exc.status)
        if not known:
            limits.count(sender)
        drafts.forget(actor, link)
    response = HttpResponseRedirect(reverse("ask_follow", args=[token, made.uid]))
    return response


def _uid(request: HttpRequest) -> str:
    """The uid of the form, empty if it has none."""
    try:
        return str(UUID(request.POST.get("uid", "")))
    except ValueError:
        return ""


def _lists(request: HttpRequest) -> dict[str, list[str]]:
    return {"categories": request.POST.getlist("categories")}


@own_scope
@csrf_exempt
@require_POST
@private
def draft(request: HttpRequest, token: str) -> HttpResponse:
    """Keep what is typed, sealed, for this phone alone; ``forget`` throws it away."""
    link = find_link(token)
    if link is None or not links.is_open(link, clock.now()):
        return HttpResponse(status=410)
    phone = request.COOKIES.get(PHONE_COOKIE, "") or new_token()
    actor = Actor(kind="link", link=link.pk, request=_uid(request), phone=token_hash(phone))
    with acting(actor):
        if "forget" in request.POST:
            drafts.forget(actor, link)
            return HttpResponseRedirect(reverse("ask_link", args=[token]))
        typed = {name: request.POST.getlist(name) for name in request.POST if name != "csrfmiddlewaretoken"}
        drafts.keep(actor, link, request.GET.get("way", Urgency.CRISIS), typed)
    response = HttpResponse(status=204)
    response.set_cookie(
        PHONE_COOKIE,
        phone,
        max_age=PHONE_AGE_S,
        httponly=True,
        samesite="Lax",
        path="/r/",
        secure=request.is_secure(),
    )
    return response


@own_scope
@csrf_exempt
@require_http_methods(["GET", "POST"])
@private
def follow(request: HttpRequest, token: str, uid: UUID) -> HttpResponse:
    """What became of it. POST ``action``: details or withdraw. A link cut by its manager follows nothing any more."""
    link = find_link(token)
    if link is None or link.revoked_at is not None:
        return _gone(request, link)
    actor = Actor(kind="link", link=link.pk, request=str(uid))
    with acting(actor):
        found = (
            Request.objects.visible_to(actor)
            .filter(uid=uid)
            .select_related("team", "site__commune", "elsewhere")
            .first()
        )
        if found is None:
            return _gone(request, None)
        back = reverse("ask_follow", args=[token, uid])
        again = reverse("ask_link", args=[token]) if links.is_open(link, clock.now()) else ""
        return following.page(request, found, actor, back=back, again=again, private=True)
