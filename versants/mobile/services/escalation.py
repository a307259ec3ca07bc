"""Nobody answers: who is told next, when, and how. Steps are rows, so that the page shows them before they happen.

On call -> coordination -> the other team -> the one who asked. A step is a task due at an instant; an answer
overtakes the steps that are left. Every message is short and says nothing about the person.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from versants.core import audit, clock, messages
from versants.core.access.classes import Role
from versants.core.access.scope import Actor
from versants.core.crypto import vault
from versants.core.web import words
from versants.mobile.enums import UNANSWERED_REQUESTS, Channel, EscalationStepKind, Urgency
from versants.mobile.models import EscalationStep, Request, RequestEvent, RequestNote
from versants.mobile.services import promises, wording
from versants.people.enums import TeamKind
from versants.people.models import Membership, OnCall, Team

# In a crisis the other team hears half an hour before the promise ends; else when three quarters of it have run.
OTHER_TEAM_BEFORE = timedelta(minutes=30)
OTHER_TEAM_SHARE = 0.75
# Coordination hears when its door opens, at the latest this long before the other team.
COORDINATOR_BEFORE = timedelta(hours=1)


def plan(team: Team, urgency: str, asked_at: datetime, promised_at: datetime) -> list[tuple[str, datetime]]:
    """(kind, due) of each step, in order of time. Pure arithmetic: the same request gives the same steps.

    A crisis: the watch at once; coordination when the team opens, an hour before the next step at the latest; the
    other team half an hour before the promise; the one who asked when it is over. Others: coordination at once, the
    other team when three quarters of the promised opening hours have run, the one who asked when it is over.
    """
    if urgency == Urgency.CRISIS:
        other = max(asked_at, promised_at - OTHER_TEAM_BEFORE)
        coordination = min(promises.next_opening(team, asked_at), other - COORDINATOR_BEFORE)
        return [
            (EscalationStepKind.ON_CALL, asked_at),
            (EscalationStepKind.COORDINATOR, max(asked_at, coordination)),
            (EscalationStepKind.OTHER_TEAM, other),
            (EscalationStepKind.TELL_REQUESTER, promised_at),
        ]
    share = timedelta(minutes=promises.minutes(team, urgency) * OTHER_TEAM_SHARE)
    return [
        (EscalationStepKind.COORDINATOR, asked_at),
        (EscalationStepKind.OTHER_TEAM, min(promises.after_open(team, asked_at, share), promised_at)),
        (EscalationStepKind.TELL_REQUESTER, promised_at),
    ]


def start(request: Request, since: datetime | None = None) -> list[EscalationStep]:
    """Write the steps of a request and queue their tasks, in the current transaction. The actor is its team.

    ``since``: when its clock began to run again, after a question was answered. Steps of before keep their rank.
    """
    now = clock.now()
    last = EscalationStep.objects.filter(request=request).aggregate(last=Max("rank"))["last"] or 0
    steps = []
    for rank, (kind, due) in enumerate(
        plan(request.team, request.urgency, since or request.asked_at, request.promised_at), last + 1
    ):
        step = EscalationStep(request=request, kind=kind, rank=rank, due_at=max(due, now) if last else due)
        step.whom, step.phone = _whom(kind, request)
        step.save()
        defer(step, request.team_id)
        steps.append(step)
    return steps


def defer(step: EscalationStep, team_id: int) -> None:
    """Queue the step's task for its instant."""
    from versants.core import queueing
    from versants.mobile.tasks import escalate

    queueing.defer(escalate, schedule_at=step.due_at, step_id=step.pk, team_id=team_id)


def overtake(request: Request) -> int:
    """An answer came: the steps that were still to come are marked overtaken. Returns how many."""
    return EscalationStep.objects.filter(request=request, done_at=None).update(
        done_at=clock.now(), result="overtaken"
    )


@transaction.atomic
def run_step(step_id: int, team_id: int) -> str:
    """Do one step if it is due and nobody has answered: told, nobody, overtaken, early, or done before.

    Runs under the request's team; a request passed on meanwhile is no longer this team's and its steps are done.
    Twice is once: the step is locked, and says when it was done.
    """
    found = EscalationStep.objects.filter(pk=step_id).values_list("request_id", flat=True).first()
    if found is None:
        return "overtaken"
    request = (
        Request.objects.select_for_update(of=("self",))
        .select_related("team__organisation", "site__commune", "elsewhere")
        .filter(pk=found, team_id=team_id)
        .first()
    )
    if request is None:
        return "overtaken"
    step = EscalationStep.objects.select_for_update().get(pk=step_id)
    if step.done_at is not None:
        return "done"
    now = clock.now()
    if request.state not in UNANSWERED_REQUESTS:
        step.done_at, step.result = now, "overtaken"
        step.save(update_fields=["done_at", "result"])
        return "overtaken"
    if step.due_at > now:
        if not clock.is_frozen():  # a clock that stands still never comes there
            defer(step, team_id)
        return "early"
    step.whom, step.phone = _whom(step.kind, request)
    told = _TELL[EscalationStepKind(step.kind)](request, step)
    step.done_at, step.result = now, "told" if told else "nobody"
    step.save(update_fields=["done_at", "result", "whom", "phone"])
    code = "no_answer" if step.kind == EscalationStepKind.TELL_REQUESTER else f"{step.kind}_{step.result}"
    RequestEvent.objects.create(
        request=request,
        at=now,
        code=code,
        facts={"whom": step.whom, "phone": step.phone, "by": step.due_at.isoformat()},
        for_requester=step.kind in {EscalationStepKind.TELL_REQUESTER, EscalationStepKind.ON_CALL}
        and (told or step.kind == EscalationStepKind.TELL_REQUESTER),
    )
    audit.record(f"request.{code}", subject=request, step=step.rank)
    if not told:
        _bring_forward(request, step)
    return step.result


def _bring_forward(request: Request, silent: EscalationStep) -> None:
    """Nobody holds the watch: the next step does not wait for its hour."""
    following = EscalationStep.objects.filter(request=request, done_at=None, rank__gt=silent.rank).first()
    if following is not None and following.kind != EscalationStepKind.TELL_REQUESTER:
        following.due_at = clock.now()
        following.save(update_fields=["due_at"])
        defer(following, request.team_id)


# -- whom -------------------------------------------------------------------------------------------------------------


def on_call(team: Team, at: datetime) -> OnCall | None:
    """Who holds the watch of ``team`` at that instant."""
    return OnCall.objects.filter(team=team, held__contains=at).select_related("professional").first()


def coordinators(team: Team) -> list[Membership]:
    """Coordination of ``team`` today, in order of arrival."""
    return list(
        Membership.objects.active()
        .filter(team=team, role=Role.COORDINATOR, account__is_active=True)
        .select_related("account")
        .order_by("pk")
    )


def other_teams(team: Team) -> list[Team]:
    """The mobile teams one may turn to; the other side of the border first when this team is its only one."""
    return list(Team.objects.filter(kind=TeamKind.INTEGRAPSY).exclude(pk=team.pk).order_by("name"))


def heard_first(team: Team, at: datetime) -> str:
    """Which step of a crisis reaches somebody first if it is asked of ``team`` at that instant; "" if none does.

    What :func:`run_step` and :func:`_bring_forward` do, without doing it. The actor is the team.
    """
    if on_call(team, at) is not None:
        return EscalationStepKind.ON_CALL
    if coordinators(team):
        return EscalationStepKind.COORDINATOR
    if any(other.email or coordinators(other) for other in other_teams(team)):
        return EscalationStepKind.OTHER_TEAM
    return ""


def _whom(kind: str, request: Request) -> tuple[str, str]:
    """A name and a number of the programme's own staff, so that the page says it and the telephone rings."""
    team = request.team
    if kind == EscalationStepKind.ON_CALL:
        watch = on_call(team, clock.now())
        return (watch.professional.short, watch.phone) if watch else ("", team.phone)
    if kind == EscalationStepKind.COORDINATOR:
        found = coordinators(team)
        return (found[0].account.name if found else team.name)[:80], team.phone
    if kind == EscalationStepKind.OTHER_TEAM:
        others = other_teams(team)
        return ", ".join(one.name for one in others)[:80], others[0].phone if others else ""
    return "", ""


# -- how --------------------------------------------------------------------------------------------------------------


def page_of(request: Request) -> str:
    """The address of the request at the desk: opens only for those who may."""
    return f"{settings.BASE_URL}{reverse('request', args=[request.uid])}"


def _commune(request: Request) -> str:
    commune = request.commune
    return commune.name if commune is not None else request.team.name


def _text(request: Request, language: str) -> tuple[str, str]:
    """Subject and body: that something waits, where, until when, and the page. Nothing about anybody."""
    with translation.override(language):
        facts = {
            "commune": _commune(request),
            "until": words.clock_time(request.promised_at),
            "day": words.day_long(request.promised_at),
            "url": page_of(request),
            "number": request.number,
        }
        subject = (
            _("Versants: a crisis request waits")
            if request.urgency == Urgency.CRISIS
            else _("Versants: a request waits")
        )
        body = (
            _(
                "Crisis request (%(number)s, %(commune)s). An answer is promised on %(day)s before %(until)s. %(url)s"
            )
            if request.urgency == Urgency.CRISIS
            else _(
                "A request (%(number)s, %(commune)s) waits for an answer."
                " Promised: %(day)s before %(until)s. %(url)s"
            )
        )
        return subject, body % facts


def _mail(request: Request, people: Iterable[Membership], about: str) -> int:
    sent = 0
    for membership in people:
        subject, body = _text(request, membership.account.language)
        done = messages.write(
            team_id=request.team_id,
            channel="email",
            address=membership.account.email,
            language=membership.account.language,
            about=about,
            subject=subject,
            body=body,
        )
        sent += done is not None
    return sent


def _tell_on_call(request: Request, step: EscalationStep) -> bool:
    watch = on_call(request.team, clock.now())
    if watch is None:
        return False
    account = (
        Membership.objects.active().filter(professional=watch.professional).select_related("account").first()
    )
    language = account.account.language if account else wording.language_of_team(request.team.versant)
    _subject, body = _text(request, language)
    messages.write(
        team_id=request.team_id,
        channel="sms",
        address=watch.phone,
        language=language,
        about="request.on_call",
        body=body,
    )
    return True


def _tell_coordinator(request: Request, step: EscalationStep) -> bool:
    return _mail(request, coordinators(request.team), "request.coordinator") > 0


def _tell_other_team(request: Request, step: EscalationStep) -> bool:
    told = 0
    for team in other_teams(request.team):
        told += _mail(request, coordinators(team), "request.other_team")
        if team.email:
            language = wording.language_of_team(team.versant)
            subject, body = _text(request, language)
            messages.write(
                team_id=request.team_id,
                channel="email",
                address=team.email,
                language=language,
                about="request.other_team",
                subject=subject,
                body=body,
            )
            told += 1
    return told > 0


def _tell_requester(request: Request, step: EscalationStep) -> bool:
    with translation.override(request.language_of_answer):
        body = _(
            "Versants: nobody has answered request %(number)s yet. You can ring the team: %(phone)s."
            " If a life is in danger: 112."
        ) % {"number": request.number, "phone": request.team.phone or "–"}
    return tell_requester(request, "request.no_answer", body)


def tell_requester(request: Request, about: str, body: str) -> bool:
    """One line to the one who asked, where they can be reached: their account, else the number they left.

    The page of the request says the same; this only brings them there. The actor is the request's team. A person
    who asked to be rung herself is never written to.
    """
    if request.channel == Channel.PUBLIC:
        return False

    def tell(channel: str, address: str, subject: str = "") -> bool:
        message = messages.write(
            team_id=request.team_id,
            channel=channel,
            address=address,
            language=request.language_of_answer,
            about=about,
            subject=subject,
            body=body,
        )
        return message is not None

    if request.asked_by_membership:
        asked = Membership.objects.filter(pk=request.asked_by_membership).select_related("account").first()
        if asked is not None and asked.role in {Role.REQUESTER, Role.SITE_MANAGER}:
            return tell("email", asked.account.email, "Versants")
    note = RequestNote.objects.filter(request=request, team_id=request.team_id).select_related("key").first()
    phone = vault.left(note, "callback_phone") if note is not None else ""
    return tell("sms", phone)


def tell_withdrawn(request: Request) -> None:
    """To the team, by whoever asked: they need it no longer. In a crisis the watch hears of it too. The actor is the
    request's team."""

    def said(language: str) -> tuple[str, str]:
        with translation.override(language):
            facts = {"number": request.number, "commune": _commune(request), "url": page_of(request)}
            return _("Versants: a request was withdrawn"), _(
                "Request %(number)s (%(commune)s) was withdrawn by those who asked. Nobody is expected any more. %(url)s"
            ) % facts

    team, language = request.team, wording.language_of_team(request.team.versant)
    found = [(one.account.email, one.account.language) for one in coordinators(team)]
    to = [("email", *one) for one in ([(team.email, language)] if team.email else found)]
    watch = on_call(team, clock.now()) if request.urgency == Urgency.CRISIS else None
    if watch is not None:
        to.append(("sms", watch.phone, language))
    for channel, address, spoken in to:
        subject, body = said(spoken)
        messages.write(
            team_id=team.pk,
            channel=channel,
            address=address,
            language=spoken,
            about="request.withdrawn",
            subject=subject if channel == "email" else "",
            body=body,
        )


_TELL = {
    EscalationStepKind.ON_CALL: _tell_on_call,
    EscalationStepKind.COORDINATOR: _tell_coordinator,
    EscalationStepKind.OTHER_TEAM: _tell_other_team,
    EscalationStepKind.TELL_REQUESTER: _tell_requester,
}


def as_team(request: Request) -> Actor:
    """The request's own team, for what a link's holder sets in motion without seeing it."""
    return Actor.for_team(request.team)
