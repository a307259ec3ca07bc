"""``/ask/``: the same form for accounts of centres, for the places of their own organisation; and what they asked."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from versants.core import clock
from versants.core.access.classes import Role
from versants.core.access.scope import Actor
from versants.core.errors import ActionDenied, VersantsError
from versants.mobile.enums import Urgency
from versants.mobile.forms.requests import AskForm, CrisisForm, LongForm
from versants.mobile.models import Request, RequestLink
from versants.mobile.services import requests, wording
from versants.people.enums import TeamKind
from versants.people.models import Site, Team
from versants.portal import following, questions
from versants.portal.views.ask import calls, hearing
from versants.territory.models.places import COUNTRY_OF


def check_may_ask(actor: Actor) -> None:
    """Staff and managers of centres."""
    if actor.role not in {Role.REQUESTER, Role.SITE_MANAGER}:
        raise ActionDenied("ask.not_yours", _("This form is for the staff of centres."))


def team_for(actor: Actor, site: Site) -> Team | None:
    """The team a place asks: the one of its link if the actor sees it, else of its versant, else of its country."""
    mine = RequestLink.objects.visible_to(actor).filter(site=site, revoked_at=None)
    link = mine.select_related("team").order_by("-created_at").first()
    if link is not None:
        return link.team
    teams = list(Team.objects.filter(kind=TeamKind.INTEGRAPSY).order_by("pk"))
    same = [one for one in teams if one.versant == site.versant]
    near = [one for one in teams if COUNTRY_OF[one.versant] == site.country]
    return (same or near or teams or [None])[0]


@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """GET the questions and what was asked before; POST the answers. ``?way=``, ``?site=``."""
    actor = request.actor  # type: ignore[attr-defined]
    check_may_ask(actor)
    sites = list(
        Site.objects.filter(organisation_id=actor.organisation)
        .select_related("commune", "organisation")
        .order_by("name")
    )
    if not sites:
        return render(
            request, "portal/ask_no_place.html", {"teams": Team.objects.filter(kind=TeamKind.INTEGRAPSY)}
        )
    wanted = request.GET.get("site", "")
    site = next((one for one in sites if str(one.uid) == wanted), sites[0])
    way = request.GET.get("way", Urgency.CRISIS)
    way = way if way in Urgency.values else Urgency.CRISIS
    team = team_for(actor, site)
    form = _form(way, site, request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 422
        if team is None:
            form.add_error(None, _("No mobile team is set up yet."))
        elif form.is_valid():
            if isinstance(form, LongForm) and form.warns:
                form.data = form.data.copy()
                form.data["warned"] = "1"
            else:
                try:
                    made = requests.create_request(
                        actor=actor,
                        team=team,
                        channel="login",
                        language_of_answer=request.LANGUAGE_CODE[:2],  # type: ignore[attr-defined]
                        **(form.answers() | {"site": site if form.cleaned_data["place"] == "here" else None}),
                    )
                except VersantsError as exc:
                    form.add_error(None, exc.message)
                    status = exc.status
                else:
                    return redirect("ask_own_follow", uid=made.uid)
    return render(
        request, "portal/ask_own.html", _context(request, form, way, site, sites, team), status=status
    )


def _form(way: str, site: Site, data: Any) -> AskForm:
    form: AskForm = (
        CrisisForm(data, site=site) if way == Urgency.CRISIS else LongForm(data, site=site, urgency=way)
    )
    # An account asks for its own places; another place is asked by telephone.
    form.fields["place"].choices = form.fields["place"].choices[:1]  # type: ignore[attr-defined]
    del form.fields["elsewhere"]
    return form


def _context(
    request: HttpRequest, form: AskForm, way: str, site: Site, sites: list[Site], team: Team | None
) -> dict[str, Any]:
    base = f"{reverse('ask')}?site={site.uid}&way="
    asked = (
        Request.objects.visible_to(request.actor)  # type: ignore[attr-defined]
        .select_related("site__commune", "elsewhere", "team")
        .order_by("-asked_at")
    )
    page = Paginator(asked, 20).get_page(request.GET.get("page"))
    return {
        "form": form,
        "questions": questions.of(form, form.QUESTIONS),  # type: ignore[attr-defined]
        "way": way,
        "ways": [(value, label, f"{base}{value}") for value, label in Urgency.choices],
        "action": f"{base}{way}",
        "site": site,
        "sites": sites,
        "team": team,
        "calls": calls(site.commune.versant),
        "hearing": hearing(team, way),
        "now": clock.now(),
        "page": page,
        "asked": [(one, wording.place(one), following.in_a_list(one.state)) for one in page],
    }


@require_http_methods(["GET", "POST"])
def follow(request: HttpRequest, uid: UUID) -> HttpResponse:
    """What became of one request of one's own organisation."""
    actor = request.actor  # type: ignore[attr-defined]
    check_may_ask(actor)
    found = get_object_or_404(
        Request.objects.visible_to(actor).select_related("team", "site__commune", "elsewhere"), uid=uid
    )
    return following.page(
        request, found, actor, back=reverse("ask_own_follow", args=[uid]), again=reverse("ask")
    )
