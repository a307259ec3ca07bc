"""``/links/``: the link of each place and the QR for its wall, for its manager and for the team it asks."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any
from uuid import UUID

import segno
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from versants.core import clock
from versants.core.access.classes import Role
from versants.core.access.scope import Actor
from versants.core.errors import ActionDenied, BadInput, VersantsError
from versants.mobile.models import RequestLink
from versants.mobile.services import links
from versants.people.enums import TeamKind
from versants.people.models import Site, Team
from versants.territory.models import EmergencyNumber

MONTHS = (1, 3, 6, 12)
# A link that ended long ago is no longer worth a line.
SHOWN_AFTER = timedelta(days=90)


def check_may_open(actor: Actor) -> None:
    """Managers of centres; coordination of the mobile teams."""
    if actor.role not in {Role.SITE_MANAGER, Role.COORDINATOR}:
        raise ActionDenied(
            "links.not_yours", _("Links are made by the managers of centres and by coordination.")
        )


def qr(url: str) -> SafeString:
    """The address as a QR drawn in SVG, without any script or picture file. It says nothing beside it."""
    out = io.BytesIO()
    segno.make(url, error="m").save(
        out,
        kind="svg",
        xmldecl=False,
        svgns=True,
        omitsize=True,
        dark="#000",
        light="#fff",
        border=4,
        nl=False,
    )
    return SafeString(out.getvalue().decode())


def _sites(actor: Actor) -> list[Site]:
    found = Site.objects.select_related("commune", "organisation").order_by("name")
    if actor.role == Role.SITE_MANAGER:
        return list(found.filter(organisation_id=actor.organisation))
    return list(found.filter(organisation__kind="host")[:500])


def _teams(actor: Actor) -> list[Team]:
    found = Team.objects.filter(kind=TeamKind.INTEGRAPSY)
    return list(found.filter(pk=actor.team) if actor.role == Role.COORDINATOR else found)


def _page(request: HttpRequest, *, status: int = 200, refusal: Any = "", **extra: Any) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    now = clock.now()
    shown: list[RequestLink] = []
    for link in (
        RequestLink.objects.visible_to(actor)
        .select_related("site__commune", "team")
        .order_by("site__name", "site_id", "team_id", "-created_at")
    ):
        ended = link.revoked_at or link.period.upper or now
        first = not shown or (shown[-1].site_id, shown[-1].team_id) != (link.site_id, link.team_id)
        # One that ended is worth a line only where nothing took its place, and not for ever.
        if links.is_open(link, now) or (first and ended > now - SHOWN_AFTER):
            shown.append(link)
    context = {
        "rows": [(link, links.is_open(link, now)) for link in shown],
        "n_open": sum(links.is_open(link, now) for link in shown),
        "sites": _sites(actor),
        "teams": _teams(actor),
        "months": MONTHS,
        "waiting": [contact for team in _teams(actor) for contact in links.without_link(actor, team)]
        if actor.role == Role.COORDINATOR
        else [],
        "refusal": refusal,
        "now": now,
        **extra,
    }
    return render(request, "mobile/links/list.html", context, status=status)


@require_http_methods(["GET", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """GET the links; POST ``site``, ``team``, ``months`` makes one and shows its poster, once."""
    actor = request.actor  # type: ignore[attr-defined]
    check_may_open(actor)
    if request.method == "GET":
        return _page(request)
    typed = {name: request.POST.get(name, "") for name in ("site", "team", "months")}
    try:
        site = next((one for one in _sites(actor) if str(one.uid) == typed["site"]), None)
        team = next((one for one in _teams(actor) if str(one.uid) == typed["team"]), None)
        if site is None or team is None or typed["months"] not in {str(n) for n in MONTHS}:
            raise BadInput("link.choice", _("Choose a place, a team and how long."))
        until = clock.now() + timedelta(days=30 * int(typed["months"]) + 5)
        link, token = links.create_link(actor=actor, site=site, team=team, until=until)
    except VersantsError as exc:
        return _page(request, status=exc.status, refusal=exc.message, typed=typed)
    return poster(request, link, token)


def poster(request: HttpRequest, link: RequestLink, token: str) -> HttpResponse:
    """The sheet for the wall, in French and Dutch. The token is in this answer and nowhere else."""
    url = f"{settings.BASE_URL}{reverse('ask_link', args=[token])}"
    numbers = EmergencyNumber.objects.filter(versant=link.site.commune.versant).order_by("rank")
    context = {"link": link, "url": url, "qr": qr(url), "numbers": list(numbers[:1]), "private": True}
    response = render(request, "mobile/links/poster.html", context)
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response


def _link(request: HttpRequest, uid: UUID) -> RequestLink:
    actor = request.actor  # type: ignore[attr-defined]
    check_may_open(actor)
    return get_object_or_404(
        RequestLink.objects.visible_to(actor).select_related("site__commune", "site__organisation", "team"),
        uid=uid,
    )


@require_POST
def send(request: HttpRequest) -> HttpResponse:
    """A link for every centre with a contact and none yet, sent there."""
    actor = request.actor  # type: ignore[attr-defined]
    told = [one for team in _teams(actor) for one in links.send_missing(actor=actor, team=team)]
    messages.success(
        request,
        ngettext("%(n)s link was made and sent.", "%(n)s links were made and sent.", len(told))
        % {"n": len(told)},
    )
    return redirect("links")


@require_POST
def renew(request: HttpRequest, uid: UUID) -> HttpResponse:
    """A fresh link in place of this one, which stops at once."""
    link, token = links.renew_link(actor=request.actor, link=_link(request, uid))  # type: ignore[attr-defined]
    return poster(request, link, token)


@require_POST
def revoke(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Cut a link."""
    try:
        links.revoke_link(actor=request.actor, link=_link(request, uid))  # type: ignore[attr-defined]
    except VersantsError as exc:
        return _page(request, status=exc.status, refusal=exc.message)
    messages.success(request, _("The link is cut: nobody can ask by it any more."))
    return redirect("links")
