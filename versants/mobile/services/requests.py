"""The life of a request: asked, answered, completed, passed on, withdrawn, closed.

Words (the summary, the codes of persons, the categories) travel only when the person agrees, asked for it or was
told; "not yet asked" keeps the logistics and the number to ring back, nothing else. Words of a centre's own team
about itself always travel. To another versant they go only when the person agrees or asked for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from versants.core import audit, clock
from versants.core.access.classes import TEAM_ROLES, DataClass, Role
from versants.core.access.scope import Actor, acting
from versants.core.crypto import vault
from versants.core.errors import ActionDenied, BadInput, Conflict, InvalidTransition
from versants.core.models import Grant
from versants.core.periods import span
from versants.mobile.enums import (
    UNANSWERED_REQUESTS,
    Agreement,
    Danger,
    RefusalReason,
    RequestState,
    VisitState,
)
from versants.mobile.models import (
    Request,
    RequestLanguage,
    RequestNote,
    RequestPerson,
    Visit,
)
from versants.mobile.services import escalation, facts, matters, promises, states
from versants.mobile.services.asking import (
    CROSSES,
    LONGEST_SUMMARY,
    MATTER,
    PLAIN,
    QUESTIONS,
    TRAVELS,
    Details,
    add_persons,
    checked_codes,
    create_request,
    known_languages,
    note_event,
    words_cross,
    words_travel,
    write_note,
)
from versants.people.enums import TeamKind
from versants.people.models import Team

# What callers ask of "requests" as one subject; asking has a module of its own for its length.
__all__ = [
    "CROSSES",
    "LONGEST_SUMMARY",
    "QUESTIONS",
    "TRAVELS",
    "Details",
    "accept_request",
    "ask_back",
    "check_is_asker",
    "check_may_answer",
    "close_request",
    "complete_request",
    "create_request",
    "locked",
    "move",
    "note_call",
    "pass_request",
    "question_sentences",
    "refresh_state",
    "refuse_request",
    "withdraw_request",
    "words_cross",
    "words_travel",
]

# -- answering --------------------------------------------------------------------------------------------------------


def check_may_answer(actor: Actor, request: Request) -> None:
    """Coordination, clinicians and practitioners of the team that received it."""
    if actor.team is None or actor.team != request.team_id or actor.role not in TEAM_ROLES:
        raise ActionDenied("request.not_my_team", _("This request belongs to another team."))


def check_is_asker(actor: Actor, request: Request) -> None:
    """The one who asked: by its link, by the public page, or an account of the place's organisation."""
    by_link = actor.request == str(request.uid) and request.link_id == actor.link
    by_account = (
        actor.role in {Role.REQUESTER, Role.SITE_MANAGER}
        and request.site_organisation_id == actor.organisation
    )
    if not (by_link or by_account):
        raise ActionDenied("request.not_yours", _("This request was asked by somebody else."))


def locked(request: Request, actor: Actor, version: int | None = None) -> Request:
    """The request as it stands, locked. Raises Conflict ``request.changed`` if it is not the version that was read."""
    fresh = (
        Request.objects.visible_to(actor)
        .select_for_update(of=("self",))
        .select_related("team", "site__commune", "elsewhere", "key")
        .get(pk=request.pk)
    )
    if version is not None and fresh.version != version:
        raise Conflict(
            "request.changed", _("Somebody has changed this request meanwhile. Read it again first.")
        )
    return fresh


def move(request: Request, event: str, **changes: Any) -> None:
    """Change state by the table, with what goes with it; an answer stops the clock of the promise."""
    was = request.state
    request.state = states.REQUEST.after(was, event)
    for name, value in changes.items():
        setattr(request, name, value)
    if (
        request.answered_at is None
        and was in UNANSWERED_REQUESTS
        and request.state not in UNANSWERED_REQUESTS
        and request.state != RequestState.WITHDRAWN
    ):
        request.answered_at = clock.now()
    request.version += 1
    request.save(update_fields=sorted({"state", "answered_at", "version", *changes}))


@transaction.atomic
def accept_request(*, request: Request, actor: Actor, version: int | None = None) -> Request:
    """The team takes it on. Raises ActionDenied ``request.not_my_team``; InvalidTransition; Conflict."""
    request = locked(request, actor, version)
    check_may_answer(actor, request)
    move(request, "accept")
    escalation.overtake(request)
    note_event(request, "accepted", for_requester=True)
    audit.record("request.accepted", subject=request)
    _tell(
        request,
        "request.accepted",
        _("Versants: your request %(number)s is taken on. What follows is on its page."),
    )
    # A team may have been found while a question waited for its answer.
    return refresh_state(request)


@transaction.atomic
def refuse_request(*, request: Request, actor: Actor, reason: str, version: int | None = None) -> Request:
    """Say no, with a reason the one who asked can read.

    Raises ActionDenied ``request.not_my_team``; BadInput ``request.reason``; InvalidTransition
    ``request.has_visits`` when a visit stands, ``request.was_met`` when one took place, or by state; Conflict.
    """
    request = locked(request, actor, version)
    check_may_answer(actor, request)
    if reason not in RefusalReason.values:
        raise BadInput("request.reason", _("Say why it is refused."))
    _check_no_visit(request)
    if Visit.objects.filter(request=request, team_id=request.team_id, state=VisitState.DONE).exists():
        # It would count as a need that nobody met, and tell the one who asked that nobody can come.
        raise InvalidTransition("request.was_met", _("A visit has taken place: close the request instead."))
    move(request, "refuse", closed_at=clock.now())
    escalation.overtake(request)
    with acting(escalation.as_team(request)):
        matters.write(request, request.team, refusal=reason)
    note_event(request, "refused", for_requester=True)
    facts.note_refusal(request, reason)
    audit.record("request.refused", subject=request, reason=reason)
    _tell(
        request,
        "request.refused",
        _("Versants: the team cannot take on your request %(number)s. Its page says why."),
    )
    return request


@transaction.atomic
def ask_back(
    *, request: Request, actor: Actor, questions: Sequence[str], version: int | None = None
) -> Request:
    """Ask what is missing, by code; the one who asked reads the sentences on the page of the request.

    Raises ActionDenied ``request.not_my_team``; BadInput ``request.question``; InvalidTransition; Conflict.
    """
    request = locked(request, actor, version)
    check_may_answer(actor, request)
    asked = [code for code in dict.fromkeys(questions) if code in QUESTIONS]
    if not asked:
        raise BadInput("request.question", _("Choose what is missing."))
    move(request, "ask_back")
    escalation.overtake(request)
    note_event(request, "asked_back", {"questions": asked}, for_requester=True)
    audit.record("request.asked_back", subject=request, questions=asked)
    _tell(
        request,
        "request.asked_back",
        _("Versants: the team has a question about request %(number)s. See its page."),
    )
    return request


@transaction.atomic
def note_call(*, request: Request, actor: Actor) -> Request:
    """Somebody of the team rang the one who asked: a line of "who was told", without a change of state."""
    request = locked(request, actor)
    check_may_answer(actor, request)
    note_event(request, "called_back", {"role": actor.role}, for_requester=True)
    audit.record("request.called_back", subject=request)
    return request


@transaction.atomic
def complete_request(
    *, request: Request, actor: Actor, details: Details, version: int | None = None
) -> Request:
    """Later details, from the one who asked or from the team. What was said before stays, words are added below it.

    Raises ActionDenied ``request.not_yours`` or ``request.not_my_team``; BadInput as ``create_request``;
    InvalidTransition; Conflict.
    """
    request = locked(request, actor, version)
    if actor.team is not None:
        check_may_answer(actor, request)
    else:
        check_is_asker(actor, request)
    codes = checked_codes(details.person_codes or ())
    changes = {name: value for name in PLAIN if (value := getattr(details, name)) is not None}
    with acting(escalation.as_team(request)):
        known = matters.of(request)
    agreement = known.agreement if details.agreement is None else details.agreement
    audience = changes.get("audience", request.audience)
    if not 1 <= changes.get("n_people", request.n_people) <= 200:
        raise BadInput("request.people", _("Say how many persons, from 1 to 200."))
    if agreement == Agreement.NOT_YET and not (details.agreement_why_not or "").strip() and not known.why_not:
        raise BadInput("request.why_not", _("If the person was not asked yet, say why in a few words."))
    travel = words_travel(agreement, audience)
    said = {name: value for name in MATTER if (value := getattr(details, name)) is not None}
    if details.categories is not None and travel:
        said["categories"] = list(details.categories)
    spoken = known_languages(details.languages) if details.languages else []
    if agreement == Agreement.NOT_YET and request.state in UNANSWERED_REQUESTS:
        changes["state"] = RequestState.INCOMPLETE
        request.version += 1
        for name, value in changes.items():
            setattr(request, name, value)
        request.save(update_fields=["version", *changes])
        waited = False
    else:
        if (
            waited := request.state == RequestState.ASKED_BACK
        ):  # the clock of the promise runs again, from here
            changes["answered_at"] = None
            changes["promised_at"] = promises.promised_at(request.team, request.urgency, clock.now())
        move(request, "complete", **changes)
    with acting(escalation.as_team(request)):
        if waited:
            escalation.start(request, since=clock.now())
        if spoken:
            RequestLanguage.objects.filter(request=request).delete()
            RequestLanguage.objects.bulk_create(
                [
                    RequestLanguage(request=request, language_id=code, rank=rank)
                    for rank, code in enumerate(spoken, 1)
                ]
            )
        matters.write(request, request.team, why_not=details.agreement_why_not or None, **said)
        _add_to_note(request, details.summary or "" if travel else "", details)
        if travel:
            add_persons(request, request.team, codes)
        elif (details.summary or "").strip() or codes:
            note_event(request, "words_not_kept", for_requester=True)
        note_event(request, "completed", for_requester=True)
    audit.record("request.completed", subject=request)
    return request


def _add_to_note(request: Request, summary: str, details: Details) -> None:
    note = RequestNote.objects.filter(request=request, team_id=request.team_id).select_related("key").first()
    if note is None:
        write_note(request, request.team, summary, details.callback_phone or "", details.callback_who or "")
        return
    if summary.strip():
        before = vault.read(note, "summary")
        vault.write(note, "summary", f"{before}\n\n{summary.strip()}" if before else summary.strip())
    if details.callback_phone:
        vault.write(note, "callback_phone", details.callback_phone.strip()[:40])
    if details.callback_who:
        vault.write(note, "callback_who", details.callback_who.strip()[:80])
    note.save()


# -- passing on -------------------------------------------------------------------------------------------------------


@transaction.atomic
def pass_request(*, request: Request, actor: Actor, to_team: Team, version: int | None = None) -> Request:
    """Hand the request to another mobile team, also across the border. The promise made stays the same.

    Ownership moves. Words and codes go along only if the person agrees or asked for it; else the receiving team gets
    the logistics and the number to ring, and the words stay with the team that heard them. That team keeps a grant
    to follow the logistics.

    Coordination of the owning team. Raises ActionDenied ``request.not_my_team`` or ``request.coordination``; BadInput
    ``request.team``; InvalidTransition ``request.has_visits`` or by state; Conflict.
    """
    request = locked(request, actor, version)
    check_may_answer(actor, request)
    if actor.role != Role.COORDINATOR:
        raise ActionDenied("request.coordination", _("Coordination passes requests on."))
    if to_team.pk == request.team_id or to_team.kind != TeamKind.INTEGRAPSY:
        raise BadInput("request.team", _("Choose another mobile team."))
    _check_no_visit(request)
    from_team = request.team
    known = matters.of(request)
    travel = words_cross(known.agreement, request.audience)
    note = RequestNote.objects.filter(request=request, team=from_team).select_related("key").first()
    phone, who, summary = (
        (vault.left(note, "callback_phone"), vault.left(note, "callback_who"), vault.left(note, "summary"))
        if note is not None
        else ("", "", "")
    )
    codes = list(
        RequestPerson.objects.filter(request=request, team=from_team).values_list("code_given", flat=True)
    )
    escalation.overtake(request)
    note_event(
        request, "passed", {"from": from_team.name, "to": to_team.name, "words": travel}, for_requester=True
    )
    audit.record("request.passed", subject=request, to_team=to_team.pk, words=travel)
    why_not = matters.why_not(request)
    move(request, "pass", team=to_team, answered_at=None)
    with acting(Actor.for_team(to_team)):
        # A danger now and what the person knows always go along: the first decides how soon, the second what may be
        # told. That somebody is unwell is about their health, and travels as the words do.
        along = {
            "categories": known.categories if travel else [],
            "danger": known.danger if travel or known.danger == Danger.NOW else "",
            "interpreted_by": known.interpreted_by if travel else "",
        }
        matters.write(
            request,
            to_team,
            agreement=known.agreement,
            why_not=why_not if travel else None,
            why_may_lack=known.why_may_lack or not travel,
            # A team that had it before keeps what it knew where nothing comes along.
            **{name: value for name, value in along.items() if value},
        )
        _hand_note(request, to_team, summary if travel else "", phone, who)
        if travel:
            add_persons(request, to_team, codes)
        Grant.objects.create(
            subject_kind="request",
            subject_id=request.pk,
            holder_kind="team",
            holder_id=from_team.pk,
            data_class=DataClass.LOGISTIC,
            period=span(clock.now(), None),
            because="passed",
            because_id=request.pk,
            given_by_team=to_team.pk,
        )
        escalation.start(request)
    return request


def _hand_note(request: Request, team: Team, summary: str, phone: str, who: str) -> None:
    """The words for the receiving team. One that had the request before has its own: they stay, new ones below."""
    note = RequestNote.objects.filter(request=request, team=team).select_related("key").first()
    if note is None:
        write_note(request, team, summary, phone, who)
        return
    before = vault.left(note, "summary")
    if before and before in summary:
        before = ""  # what comes back holds it
    if summary and summary not in before:
        vault.write(note, "summary", f"{before}\n\n{summary}" if before else summary)
    for name, text in (("callback_phone", phone), ("callback_who", who)):
        if text:
            vault.write(note, name, text)
    note.save()


def _check_no_visit(request: Request) -> None:
    standing = (VisitState.OPEN, VisitState.PLANNED)
    if Visit.objects.filter(request=request, state__in=standing).exists():
        raise InvalidTransition("request.has_visits", _("Cancel its visits first: somebody expects them."))


# -- ending -----------------------------------------------------------------------------------------------------------


@transaction.atomic
def withdraw_request(*, request: Request, actor: Actor, version: int | None = None) -> Request:
    """The one who asked, or the team for them, needs it no longer. Its visits are cancelled and their people told, and
    the team if it was not the team itself.

    Raises ActionDenied ``request.not_yours`` or ``request.not_my_team``; InvalidTransition; Conflict.
    """
    from versants.mobile.services import changing

    request = locked(request, actor, version)
    if actor.team is not None:
        check_may_answer(actor, request)
    else:
        check_is_asker(actor, request)
    move(request, "withdraw", closed_at=clock.now())
    audit.record("request.withdrawn", subject=request)
    with acting(escalation.as_team(request)) as team:
        escalation.overtake(request)
        note_event(request, "withdrawn", for_requester=True)
        if actor.team is None:  # the page they press it on says so
            escalation.tell_withdrawn(request)
        changing.cancel_all(request=request, actor=team, reason="withdrawn")
    return request


@transaction.atomic
def close_request(*, request: Request, actor: Actor, version: int | None = None) -> Request:
    """What was asked is done; the one who asked gets one line, without content.

    Raises ActionDenied ``request.not_my_team``; InvalidTransition ``request.has_visits`` or by state; Conflict.
    """
    request = locked(request, actor, version)
    check_may_answer(actor, request)
    _check_no_visit(request)
    move(request, "close", closed_at=clock.now())
    escalation.overtake(request)
    note_event(request, "closed", for_requester=True)
    audit.record("request.closed", subject=request)
    _tell(
        request,
        "request.closed",
        _("Versants: your request %(number)s is closed. You can ask again at any time."),
    )
    return request


def _tell(request: Request, about: str, sentence: Any) -> None:
    """One line without content to the one who asked, in their language."""
    with translation.override(request.language_of_answer):
        body = str(sentence) % {"number": request.number}
    escalation.tell_requester(request, about, body)


def refresh_state(request: Request) -> Request:
    """What its visits make of a request: planned when every standing one has its team, accepted again when one lost it
    or when none is left and none took place.

    Called inside the transaction of the change, by the team.
    """
    request = Request.objects.select_for_update(of=("self",)).get(pk=request.pk)
    mine = Visit.objects.filter(
        request=request, team_id=request.team_id
    )  # not those of before it was passed on
    visits = list(mine.values_list("state", flat=True))
    standing = [state for state in visits if state in (VisitState.OPEN, VisitState.PLANNED)]
    if not visits or (not standing and VisitState.DONE in visits):
        return request
    found = bool(standing) and all(state == VisitState.PLANNED for state in standing)
    event = "team_found" if found else "team_lost"
    if states.REQUEST.allows(request.state, event):
        move(request, event)
        if found:  # it is the answer: nobody else has to be told that there is none
            escalation.overtake(request)
        # What the one who asked hears of it, services.announcing says; that all are cancelled says itself.
        if standing:
            note_event(request, event)
    return request


def question_sentences(codes: Sequence[str]) -> list[str]:
    """The questions asked back, as sentences in the reader's language."""
    return [str(QUESTIONS[code]) for code in codes if code in QUESTIONS]
