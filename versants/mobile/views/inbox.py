"""``/requests/``: what waits for an answer, and the request one has chosen beside it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Case, IntegerField, Prefetch, Q, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from versants.core import clock
from versants.core.access.classes import COORDINATING_ROLES, TEAM_ROLES
from versants.core.access.scope import Actor
from versants.core.errors import ActionDenied, BadInput, Conflict, InvalidTransition, VersantsError
from versants.core.web.tables import Filter, Table, options
from versants.mobile.enums import (
    OPEN_REQUESTS,
    UNANSWERED_REQUESTS,
    RequestState,
    Urgency,
)
from versants.mobile.forms.requests import PhoneForm
from versants.mobile.models import Request, RequestLanguage, RequestPerson
from versants.mobile.services import requests, wording
from versants.mobile.views import inbox_pane
from versants.people.enums import TeamKind
from versants.people.models import Site, Team
from versants.territory.folding import fold
from versants.territory.models import Language, Versant

READERS = TEAM_ROLES | COORDINATING_ROLES

# shape and word of each state, as the list and the pane show it
MARKS = {
    RequestState.NEW: "new",
    RequestState.INCOMPLETE: "new",
    RequestState.ASKED_BACK: "wait",
    RequestState.ACCEPTED: "ok",
    RequestState.PLANNED: "ok",
    RequestState.CLOSED: "ok",
    RequestState.REFUSED: "no",
    RequestState.WITHDRAWN: "no",
}
GROUPS = {
    Urgency.CRISIS: gettext_lazy("Crisis"),
    Urgency.URGENT: gettext_lazy("Urgent, within two working days"),
    Urgency.PLANNED: gettext_lazy("Planned"),
}


def check_may_read_inbox(actor: Actor) -> None:
    """Coordination, desks, clinicians and practitioners. Each sees through row security what is theirs to see."""
    if actor.role not in READERS:
        raise ActionDenied("inbox.not_yours", _("Requests are read by the teams and the interpreting desks."))


# -- the list ---------------------------------------------------------------------------------------------------------


def rows(actor: Actor) -> QuerySet[Request]:
    """Requests the actor may see, with what a row shows. Languages and persons come in one query each."""
    order = Case(
        *(When(urgency=value, then=Value(rank)) for rank, value in enumerate(Urgency.values)),
        output_field=IntegerField(),
    )
    over = Case(When(state__in=OPEN_REQUESTS, then=Value(0)), default=Value(1), output_field=IntegerField())
    return (
        Request.objects.visible_to(actor)
        .select_related("team", "site__commune", "elsewhere")
        .prefetch_related(
            Prefetch("languages", RequestLanguage.objects.select_related("language")),
            Prefetch("persons", RequestPerson.objects.visible_to(actor).select_related("person")),
        )
        .annotate(urgency_rank=order, over=over)
        .order_by("urgency_rank", "over", "promised_at", "pk")
    )


def _by_state(found: QuerySet[Request], value: str) -> QuerySet[Request]:
    if value == "open":
        return found.filter(state__in=OPEN_REQUESTS)
    if value == "waiting":
        return found.filter(state__in=UNANSWERED_REQUESTS)
    return found if value == "all" else found.filter(state=value)


def _by_text(found: QuerySet[Request], value: str) -> QuerySet[Request]:
    wanted = fold(value)
    return found.filter(
        Q(number__icontains=value)
        | Q(site__name__icontains=value)
        | Q(site__commune__folded__contains=wanted)
        | Q(elsewhere__folded__contains=wanted)
    )


def filters(actor: Actor) -> list[Filter]:
    """Team, versant, language, state, text. A team sees its own first; a desk sees all."""
    teams = Team.objects.filter(kind=TeamKind.INTEGRAPSY)
    own = [("mine", _("my team"))] if actor.team else []
    spoken = Language.objects.filter(pk__in=RequestLanguage.objects.visible_to(actor).values("language_id"))
    return [
        Filter(
            "team",
            _("Team"),
            [*own, ("all", _("all teams")), *((str(team.uid), team.name) for team in teams)],
            lambda found, value: (
                found
                if value == "all"
                else found.filter(team_id=actor.team)
                if value == "mine"
                else found.filter(team__uid=value)
            ),
            default="mine" if own else "all",
        ),
        Filter(
            "versant",
            _("Versant"),
            options(_("all versants"), Versant.choices),
            lambda found, value: found.filter(Q(site__commune__versant=value) | Q(elsewhere__versant=value)),
        ),
        Filter(
            "language",
            _("Language"),
            options(
                _("all languages"), sorted(((one.code, one.name) for one in spoken), key=lambda pair: pair[1])
            ),
            lambda found, value: found.filter(languages__language_id=value).distinct(),
        ),
        Filter(
            "state",
            _("State"),
            [
                ("open", _("in progress")),
                ("waiting", _("waiting for an answer")),
                *((value, label) for value, label in RequestState.choices if value not in OPEN_REQUESTS),
                ("all", _("all states")),
            ],
            _by_state,
            default="open",
        ),
        Filter("q", _("Number or place"), (), _by_text),
    ]


def table(request: HttpRequest) -> Table:
    """The list as asked by the address: filters and page."""
    return Table(
        request,
        rows(request.actor),
        id="requests",
        columns=(),
        row_template="mobile/inbox/_row.html",
        filters=filters(request.actor),
        per_page=60,
    )


class Row:
    """What one line says."""

    def __init__(self, found: Request, chosen: UUID | None) -> None:
        self.request, self.chosen = found, found.uid == chosen
        self.title = wording.title(found)
        self.where = wording.place(found)
        self.who = wording.who_for(found)
        self.codes = [one.code_given or one.person.code for one in found.persons.all()]
        self.languages = ", ".join(one.language.name for one in found.languages.all())
        self.when = wording.when_short(found)
        self.mark = MARKS[RequestState(found.state)]
        self.answered = found.state not in UNANSWERED_REQUESTS
        self.state = found.get_state_display()


def _grouped(listed: list[Request], chosen: UUID | None) -> list[tuple[Any, list[Row]]]:
    groups: dict[str, list[Row]] = {}
    for found in listed:
        groups.setdefault(found.urgency, []).append(Row(found, chosen))
    return [(GROUPS[Urgency(urgency)], rows) for urgency, rows in groups.items()]


def n_waiting(actor: Actor) -> int:
    """How many wait for an answer of the actor's team; of all teams for a desk."""
    found = Request.objects.visible_to(actor).filter(state__in=UNANSWERED_REQUESTS)
    return (found.filter(team_id=actor.team) if actor.team else found).count()


# -- pages ------------------------------------------------------------------------------------------------------------


@require_http_methods(["GET"])
def inbox(request: HttpRequest, uid: UUID | None = None) -> HttpResponse:
    """The list; with ``uid`` the chosen request beside it. Reading its words is written down first."""
    check_may_read_inbox(request.actor)
    return _page(request, uid)


def _page(request: HttpRequest, uid: UUID | None, *, status: int = 200, **extra: Any) -> HttpResponse:
    listed = table(request)
    chosen = None
    if uid is not None:
        chosen = get_object_or_404(rows(request.actor), uid=uid)
    query = request.GET.urlencode()
    context = {
        "table": listed,
        "groups": _grouped(listed.rows, uid),
        "title": wording.waiting_title(n_waiting(request.actor)),
        "now": clock.now(),
        "query": f"?{query}" if query else "",
        "pane": inbox_pane.pane(request, chosen, **extra) if chosen is not None else None,
        "may_enter": request.actor.team is not None,
    }
    return render(request, "mobile/inbox/list.html", context, status=status)


@require_POST
def act(request: HttpRequest, uid: UUID) -> HttpResponse:
    """One action on a request: accept, refuse, ask_back, pass, called, close, withdraw; with the version read."""
    actor = request.actor
    check_may_read_inbox(actor)
    found = get_object_or_404(Request.objects.visible_to(actor), uid=uid)
    action = request.POST.get("action", "")
    version = request.POST.get("version", "")
    common: dict[str, Any] = {"request": found, "actor": actor}
    if version.isdigit():
        common["version"] = int(version)
    try:
        if action == "accept":
            requests.accept_request(**common)
            done = _("The request is taken on.")
        elif action == "refuse":
            requests.refuse_request(**common, reason=request.POST.get("reason", ""))
            done = _("The request is refused; the one who asked reads why.")
        elif action == "ask_back":
            requests.ask_back(**common, questions=request.POST.getlist("questions"))
            done = _("The question has gone to the one who asked.")
        elif action == "pass":
            team = Team.objects.filter(uid=_uuid(request.POST.get("team", ""))).first()
            if team is None:
                raise BadInput("request.team", _("Choose another mobile team."))
            requests.pass_request(**common, to_team=team)
            done = _("The request now belongs to %(team)s.") % {"team": team.name}
        elif action == "called":
            common.pop("version", None)
            requests.note_call(**common)
            done = _("The call is noted.")
        elif action == "close":
            requests.close_request(**common)
            done = _("The request is closed; the one who asked has been told.")
        elif action == "withdraw":
            requests.withdraw_request(**common)
            done = _("The request is withdrawn; those expected have been told.")
        else:
            raise BadInput("request.action", _("Choose what to do."))
    except (BadInput, Conflict, InvalidTransition) as exc:
        return _page(request, uid, status=exc.status, refusal=exc.message, opened=action)
    messages.success(request, done)
    return redirect(f"{reverse('request', args=[uid])}#chosen")


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A request heard on the telephone, in thirty seconds."""
    actor = request.actor
    if actor.team is None:
        raise ActionDenied("request.not_your_team", _("You enter requests for your own team."))
    team = Team.objects.get(pk=actor.team)
    form = PhoneForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            if form.warns:
                form.data = form.data.copy()
                form.data["warned"] = "1"
            else:
                try:
                    made = requests.create_request(
                        actor=actor,
                        team=team,
                        channel="phone",
                        language_of_answer=request.LANGUAGE_CODE,
                        **form.answers(),
                    )
                except VersantsError as exc:
                    form.add_error(None, exc.message)
                    status = exc.status
                else:
                    messages.success(request, _("Request %(number)s is entered.") % {"number": made.number})
                    return redirect(f"{reverse('request', args=[made.uid])}#chosen")
    context = {
        "form": form,
        "now": clock.now(),
        "sites": Site.objects.select_related("commune").order_by("name")[:400],
    }
    return render(request, "mobile/inbox/new.html", context, status=status)
