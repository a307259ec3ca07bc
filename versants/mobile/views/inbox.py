"""``/requests/``: what waits for an answer, and the request one has chosen beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from versants.core import audit, clock
from versants.core.access.classes import Role
from versants.core.access.scope import Actor
from versants.core.errors import ActionDenied, BadInput, Conflict, InvalidTransition
from versants.core.web.tables import Column, Filter, Table, options
from versants.mobile import exports
from versants.mobile.enums import RequestState
from versants.mobile.forms.answers import AnswerForm, AskBackForm, CompleteForm, PassForm, RefuseForm
from versants.mobile.forms.phone import PhoneForm
from versants.mobile.models import Request
from versants.mobile.services import asking_places, inbox, request_pane, requests, wording
from versants.mobile.views import inbox_rows
from versants.people.models import Team
from versants.territory.models import Versant, spoken

PER_PAGE = 25  # what a coordinator answers in a day and more; twice as many double the time of the page
CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


# -- the list ---------------------------------------------------------------------------------------------------------


class Counted(Paginator):  # type: ignore[type-arg]  # takes none when it runs
    """Pages of rows whose number is known."""

    def __init__(self, rows: Any, per_page: int, n: int) -> None:
        super().__init__(rows, per_page)
        self._n = n

    @cached_property
    def count(self) -> int:
        return self._n


class InboxTable(Table):
    """The list as the address asks for it. Groups by urgency, unless one reads what has ended."""

    def __init__(self, request: HttpRequest, teams: list[Team]) -> None:
        self.actor: Actor = request.actor  # type: ignore[attr-defined]
        self.teams = teams
        super().__init__(
            request,
            Request.objects.none(),
            id="requests",
            columns=[
                Column("age", _("Age and promised delay"), margin=True),
                Column("what", _("What is asked, where, for whom")),
                Column("language", _("Language and moment"), width="w2"),
                Column("state", _("State"), width="w3"),
            ],
            draw=self._drawn,
            more_template="mobile/inbox/_folded.html",
            caption=_("Requests by urgency, with their age against the promised delay"),
            filters=self._filters(),
            per_page=PER_PAGE,
            empty=(
                _("No request waits"),
                _("New ones appear here at once; what has ended is found by its state."),
            ),
        )
        self.values = {one.name: one.value for one in self.filters}
        self._queryset = inbox.listed(self.actor, self.team_ids)

    @property
    def team_ids(self) -> list[int]:
        """The teams one looks at: one's own, or all that receive requests."""
        if self.actor.team is not None and self.values.get("team", "mine") == "mine":
            return [self.actor.team]
        return [team.pk for team in self.teams]

    @property
    def ended(self) -> bool:
        return self.values["state"] not in {"open", "waiting", *inbox.OPEN_REQUESTS}

    def _filters(self) -> list[Filter]:
        found = []
        if self.actor.role == Role.COORDINATOR:
            found.append(
                Filter("team", _("Team"), [("mine", _("my team")), ("all", _("all teams"))], default="mine")
            )
        state_names = [(state.value, state.label) for state in RequestState if state in inbox.OPEN_REQUESTS]
        return [
            *found,
            Filter("versant", _("Versant"), options(_("all versants"), Versant.choices), inbox.by_versant),
            Filter(
                "language",
                _("Language"),
                options(_("all languages"), [(one.code, one.name) for one in spoken()]),
                lambda rows, value: rows.filter(languages__language_id=value),
            ),
            Filter(
                "state",
                _("State"),
                [
                    ("open", _("in progress")),
                    ("waiting", _("waiting for an answer")),
                    *state_names,
                    ("ended", _("ended")),
                    ("all", _("all states")),
                ],
                inbox.by_state,
                default="open",
            ),
            Filter(
                "q",
                _("Number, code or place"),
                apply=lambda rows, value: inbox.by_text(self.actor, rows, value),
            ),
        ]

    @cached_property
    def matching(self) -> QuerySet[Request]:
        """Rows after the filters, without order."""
        return Table.selection.func(self)  # its own cache would stand in the place of ours

    @cached_property
    def selection(self) -> QuerySet[Request]:
        return inbox.with_parts(self.actor, inbox.ordered(self.matching, ended=self.ended))

    @cached_property
    def counts(self) -> inbox.Counts:
        """Every number of the page, asked once."""
        return inbox.Counts.of(self.matching)

    @cached_property
    def page(self) -> Page[Any]:
        """The ids of the page asked for."""
        ids = inbox.ordered(self.matching, ended=self.ended).values_list("pk", flat=True)
        return Counted(ids, self._per_page, self.counts.all).get_page(self._request.GET.get("page"))

    @cached_property
    def lines(self) -> list[inbox.Line]:
        """Every line of this page."""
        counts = None if self.ended else self.counts.by_urgency
        mine = next((one for one in self.teams if [one.pk] == self.team_ids), None)
        return inbox.lines(self.actor, inbox.whole(self.actor, list(self.page.object_list)), counts, mine)

    @cached_property
    def rows(self) -> list[inbox.Line]:
        """What asks something of the team; the whole page when nothing does, or when one reads what has ended."""
        open_lines = [line for line in self.lines if not line.settled]
        return open_lines if open_lines and not self.ended else self.lines

    @cached_property
    def folded(self) -> list[inbox.Line]:
        """What has its team, under the others."""
        return self.lines[len(self.rows) :]

    @property
    def unfolded(self) -> bool:
        """Whoever looks for something sees all that was found, and the line of the request in the pane is seen."""
        return self.filtered or any(line.chosen for line in self.folded)

    @property
    def n_folded(self) -> int:
        """How many have their team, over all pages."""
        return self.counts.settled

    @property
    def n_waiting(self) -> int:
        """How many wait for an answer, whatever is looked for."""
        return inbox.n_waiting(self.actor, self.team_ids) if self.filtered else self.counts.waiting

    def _drawn(self, lines: list[inbox.Line]) -> SafeString:
        return inbox_rows.drawn(lines, _query(self._request))

    @property
    def drawn_folded(self) -> SafeString:
        return self._drawn(self.folded)

    def choose(self, uid: UUID) -> None:
        """Mark the line of the request in the pane, if this page holds it."""
        for line in self.lines:
            line.chosen = line.request.uid == uid


@require_safe
def show(request: HttpRequest, uid: UUID | None = None) -> HttpResponse:
    """The list and, by its address, the chosen request. HTMX asks for the list or the pane alone.

    Without an address the pane of the first comes when it is seen: opening the list reads nobody's words.
    """
    inbox.check_may_open(request.actor)
    if request.htmx and request.htmx.target == "chosen" and uid is not None:
        return _fragment(request, "mobile/inbox/_pane.html", _pane(request, _find(request, uid)))
    table = InboxTable(request, inbox.mobile_teams())
    if request.htmx and request.htmx.target == table.id:
        # The pane stays as it is: filtering the list is not another reading of somebody's words.
        return _fragment(request, "mobile/inbox/_list.html", _list(request, table))
    return _page(request, table, uid)


def _page(
    request: HttpRequest,
    table: InboxTable,
    uid: UUID | None,
    *,
    status: int = 200,
    **refused: Any,
) -> HttpResponse:
    context = _list(request, table)
    if uid is not None:
        table.choose(uid)
        chosen = next((line.request for line in table.lines if line.chosen), None) or _find(request, uid)
        context |= _pane(request, chosen, teams=table.teams, **refused)
    elif table.rows:
        table.choose(table.rows[0].request.uid)
        context["first"] = table.rows[0]
    context |= {
        "title": wording.waiting_title(table.n_waiting),
        "now": clock.now(),
        "by_address": uid is not None,
        "may_enter": _may_enter(request.actor, table.teams),
        "exports": [
            (f"{reverse('requests_export', kwargs={'kind': kind})}{context['query']}", name, kind)
            for kind, name in (("xlsx", "Excel"), ("csv", "CSV"))
        ],
    }
    response = render(request, "mobile/inbox/list.html", context, status=status)
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    response["Cache-Control"] = "no-store"  # the words of the first come into it when it is seen
    return response


def _fragment(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    response = render(request, template, context)
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


def _query(request: HttpRequest) -> str:
    """The filters of the address, kept by every link of the page."""
    encoded = request.GET.urlencode()
    return f"?{encoded}" if encoded else ""


def _list(request: HttpRequest, table: InboxTable) -> dict[str, Any]:
    return {"table": table, "query": _query(request)}


def _find(request: HttpRequest, uid: UUID) -> Request:
    """The request with all its parts, if the reader may see it; else 404."""
    actor = request.actor  # type: ignore[attr-defined]
    return get_object_or_404(inbox.parts(actor, Request.objects.visible_to(actor)), uid=uid)


def _may_enter(actor: Actor, teams: list[Team]) -> bool:
    return any(team.pk == actor.team for team in teams)


# -- the pane and its answers -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """One thing a team does with a request: its event in the table of states, its form, its service, what is said."""

    event: str
    form: type[AnswerForm]
    service: Callable[..., Any]
    done: Any
    bare: bool = False  # the service takes no version: it changes no state


ANSWERS = {
    "accept": Answer("accept", AnswerForm, requests.accept_request, gettext_lazy("The request is taken on.")),
    "ask-back": Answer(
        "ask_back",
        AskBackForm,
        requests.ask_back,
        gettext_lazy("The question has gone to the one who asked."),
    ),
    "refuse": Answer(
        "refuse",
        RefuseForm,
        requests.refuse_request,
        gettext_lazy("The request is refused; the one who asked reads why."),
    ),
    "pass": Answer("pass", PassForm, requests.pass_request, gettext_lazy("The request is passed on.")),
    "complete": Answer(
        "complete", CompleteForm, requests.complete_request, gettext_lazy("The details are added.")
    ),
    "called": Answer("", AnswerForm, requests.note_call, gettext_lazy("The call is noted."), bare=True),
    "withdraw": Answer(
        "withdraw",
        AnswerForm,
        requests.withdraw_request,
        gettext_lazy("The request is withdrawn; those who were expected are told."),
    ),
    "close": Answer(
        "close",
        AnswerForm,
        requests.close_request,
        gettext_lazy("The request is closed; the one who asked is told."),
    ),
}


def _pane(
    request: HttpRequest,
    found: Request,
    *,
    teams: list[Team] | None = None,
    refusal: Any = "",
    opened: str = "",
    form: AnswerForm | None = None,
) -> dict[str, Any]:
    actor = request.actor  # type: ignore[attr-defined]
    pane = request_pane.read_pane(actor, found)
    forms: dict[str, AnswerForm] = {}
    for name, answer in ANSWERS.items():
        if answer.event in pane.can and answer.form is not AnswerForm:
            forms[name.replace("-", "_")] = (
                form if form is not None and name == opened else _form(answer, found, teams)
            )
    return {
        "pane": pane,
        "forms": forms,
        "version": found.version,
        "refusal": refusal,
        "opened": opened,
        "query": _query(request),
    }


def _form(answer: Answer, found: Request, teams: list[Team] | None, data: Any = None) -> AnswerForm:
    if answer.form is PassForm:
        return PassForm(data, found=found, teams=inbox.mobile_teams() if teams is None else teams)
    return answer.form(data, found=found)


@require_http_methods(["GET", "POST"])
def answer(request: HttpRequest, uid: UUID, action: str) -> HttpResponse:
    """POST one answer (a key of ANSWERS). Refused: the page again, with the sentence and what was typed."""
    actor = request.actor
    inbox.check_may_open(actor)
    found = _find(request, uid)
    there = f"{reverse('request', args=[uid])}{_query(request)}"
    if request.method == "GET":  # the address of a refused answer, opened again
        return redirect(there)
    chosen = ANSWERS[action]
    requests.check_may_answer(actor, found)
    form = _form(chosen, found, None, request.POST)
    refusal: Any = ""
    status = BadInput.status
    if chosen.bare or form.is_valid():
        try:
            chosen.service(request=found, actor=actor, **({} if chosen.bare else form.arguments()))
        except BadInput as exc:
            form.add_error(None, exc.message)
        except (Conflict, InvalidTransition) as exc:
            refusal, status = exc.message, exc.status
        else:
            messages.success(request, chosen.done)
            return redirect(there)
    table = InboxTable(request, inbox.mobile_teams())
    return _page(request, table, uid, status=status, refusal=refusal, opened=action, form=form)


# -- heard by telephone -----------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def by_phone(request: HttpRequest) -> HttpResponse:
    """A request heard by telephone, entered while one listens. Sent twice it is one request."""
    actor = request.actor
    team = next((one for one in inbox.mobile_teams() if one.pk == actor.team), None)
    if team is None:
        raise ActionDenied("request.not_your_team", _("You enter requests for your own team."))
    form = PhoneForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = BadInput.status
        if form.is_valid() and not form.warns:
            try:
                made = requests.create_request(
                    actor=actor,
                    team=team,
                    channel="phone",
                    language_of_answer=request.LANGUAGE_CODE,
                    **form.answers(),
                )
            except (BadInput, Conflict) as exc:
                form.add_error(None, exc.message)
                status = exc.status
            else:
                messages.success(request, _("Request %(number)s is entered.") % {"number": made.number})
                return redirect("request", uid=made.uid)
    form.fields["place"].widget.attrs |= {
        "hx-get": reverse("request_places"),
        "hx-trigger": "input changed delay:200ms",
        "hx-target": "#places",
    }
    context = {"form": form, "now": clock.now()}
    return render(request, "mobile/inbox/new.html", context, status=status)


@require_safe
def places(request: HttpRequest) -> HttpResponse:
    """Options for the place as it is typed: centres and communes, both public."""
    inbox.check_may_open(request.actor)
    found = asking_places.find(request.GET.get("place", "")[:160])
    return render(request, "mobile/inbox/_places.html", {"places": found})


# -- as a file --------------------------------------------------------------------------------------------------------


@require_safe
def export(request: HttpRequest, kind: str) -> HttpResponse:
    """The list as ``xlsx`` or ``csv``: the same filters, the same rights, no words."""
    actor = request.actor
    inbox.check_may_open(actor)
    table = InboxTable(request, inbox.mobile_teams())
    lines = exports.rows(actor, table.selection)
    content = exports.as_csv(lines) if kind == "csv" else exports.as_xlsx(lines)
    audit.record("requests.exported", kind=kind)
    response = HttpResponse(content, content_type=CONTENT_TYPES[kind])
    response["Content-Disposition"] = (
        f'attachment; filename="{_("requests")}-{clock.today():%Y-%m-%d}.{kind}"'
    )
    response["Cache-Control"] = "no-store"
    return response
