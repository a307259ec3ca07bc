"""The life of a request: asked, answered, completed, passed on, withdrawn, closed.

Words (the summary, the codes of persons, the categories) travel only when the person agrees, asked for it or was
told; "not yet asked" keeps the logistics and the number to ring back, nothing else. Words of a centre's own team
about itself always travel. To another versant they go only when the person agrees or asked for it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from versants.core import audit, clock
from versants.core.access.classes import TEAM_ROLES, DataClass, Role
from versants.core.access.scope import Actor, acting
from versants.core.crypto import vault
from versants.core.errors import ActionDenied, BadInput, Conflict, InvalidTransition
from versants.core.ids import clean_code
from versants.core.models import Grant
from versants.core.periods import span
from versants.mobile.enums import (
    UNANSWERED_REQUESTS,
    Agreement,
    Audience,
    Channel,
    RefusalReason,
    RequestState,
    Urgency,
    VisitState,
)
from versants.mobile.models import (
    Request,
    RequestEvent,
    RequestLanguage,
    RequestLink,
    RequestNote,
    RequestPerson,
    Visit,
)
from versants.mobile.services import escalation, facts, links, promises, states
from versants.people.enums import TeamKind
from versants.people.models import Person, Site, Team
from versants.territory.models import Commune, Language

TRAVELS = (Agreement.AGREES, Agreement.ASKED_FOR_IT, Agreement.TOLD)
CROSSES = (Agreement.AGREES, Agreement.ASKED_FOR_IT)
LONGEST_SUMMARY = 2000
# What a team may ask back, as sentences on the page of the one who asked: no free text leaves the house.
QUESTIONS = {
    "agreement": _("What does the person know of this request?"),
    "when": _("When can we come?"),
    "language": _("Which language does the person speak?"),
    "how_many": _("For how many persons?"),
    "matter": _("What is it about?"),
    "call_us": _("Please ring us."),
}


def words_travel(agreement: str, audience: str) -> bool:
    """May the words of a request be kept and read by the team that receives it?"""
    return audience == Audience.STAFF or agreement in TRAVELS


def words_cross(agreement: str, audience: str) -> bool:
    """May they be handed to another team?"""
    return audience == Audience.STAFF or agreement in CROSSES


@dataclass(frozen=True)
class Details:
    """What a request says beyond its four first questions. None: not said now, leave as it is."""

    danger: str | None = None
    audience: str | None = None
    n_people: int | None = None
    person_codes: Sequence[str] | None = None
    categories: Sequence[str] | None = None
    languages: Sequence[str] | None = None
    gender_wish: str | None = None
    mode: str | None = None
    window: DateTimeTZRange | None = None
    duration_min: int | None = None
    agreement: str | None = None
    agreement_why_not: str | None = None
    interpreted_by: str | None = None
    summary: str | None = None
    callback_phone: str | None = None
    callback_who: str | None = None


_PLAIN = (
    "danger",
    "audience",
    "n_people",
    "gender_wish",
    "mode",
    "window",
    "duration_min",
    "agreement",
    "agreement_why_not",
    "interpreted_by",
)


# -- asking -----------------------------------------------------------------------------------------------------------


@transaction.atomic
def create_request(
    *,
    actor: Actor,
    team: Team,
    channel: str,
    uid: UUID,
    link: RequestLink | None = None,
    site: Site | None = None,
    elsewhere: Commune | None = None,
    urgency: str,
    danger: str = "",
    audience: str = Audience.PERSON,
    n_people: int = 1,
    person_codes: Sequence[str] = (),
    categories: Sequence[str] = (),
    languages: Sequence[str] = (),
    gender_wish: str = "",
    mode: str = "on_site",
    window: DateTimeTZRange | None = None,
    duration_min: int = 90,
    agreement: str = "",
    agreement_why_not: str = "",
    interpreted_by: str = "",
    summary: str = "",
    callback_phone: str = "",
    callback_who: str = "",
    language_of_answer: str = "fr",
) -> Request:
    """Receive a request. ``uid`` is the client's own: sent twice with the same content it is one request.

    Codes of persons are checked by their check character and matched within the receiving team's own scope only;
    the one who asks never learns whether a code exists. The steps of escalation and their tasks are written in the
    same transaction. ``languages`` are ISO 639-3 codes, first wanted first.

    Raises ActionDenied ``request.link_ended``, ``request.not_your_place`` or ``request.not_your_team``; BadInput
    ``request.place``, ``request.team``, ``request.code``, ``request.language``, ``request.agreement``,
    ``request.why_not``, ``request.callback``, ``request.people``, ``request.summary``; Conflict ``request.uid``.
    """
    codes = _clean_codes(person_codes)
    content = {
        "team": team.pk,
        "channel": channel,
        "link": link.pk if link else None,
        "site": site.pk if site else None,
        "elsewhere": elsewhere.pk if elsewhere else None,
        "urgency": urgency,
        "danger": danger,
        "audience": audience,
        "n_people": n_people,
        "codes": codes,
        "categories": list(categories),
        "languages": list(languages),
        "gender_wish": gender_wish,
        "mode": mode,
        "window": str(window) if window else "",
        "duration_min": duration_min,
        "agreement": agreement,
        "why_not": agreement_why_not,
        "interpreted_by": interpreted_by,
        "summary": summary,
        "phone": callback_phone,
        "who": callback_who,
    }
    digest = vault.blind_index("request", json.dumps(content, sort_keys=True))
    with connection.cursor() as cursor:  # two taps of one finger wait for each other
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"mobile.request.{uid}"])
    known = Request.objects.visible_to(actor).filter(uid=uid).select_related("team").first()
    if known is not None:
        if known.digest != digest:
            raise Conflict("request.uid", _("This request was sent already, with other answers."))
        return known
    _check_may_ask(actor, team, channel, link, site)
    _check_content(
        team,
        channel,
        site,
        elsewhere,
        urgency,
        audience,
        n_people,
        agreement,
        agreement_why_not,
        callback_phone,
        summary,
    )
    spoken = _languages(languages)
    travel = words_travel(agreement, audience)
    now = clock.now()
    request = Request(
        uid=uid,
        team=team,
        key=vault.new_key(),
        number=_next_number(now.astimezone(clock.LOCAL).year),
        channel=channel,
        link=link,
        site=site,
        site_organisation_id=site.organisation_id if site else None,
        elsewhere=elsewhere,
        asked_by_membership=actor.membership,
        language_of_answer=language_of_answer,
        state=RequestState.INCOMPLETE if agreement == Agreement.NOT_YET else RequestState.NEW,
        urgency=urgency,
        danger=danger,
        audience=audience,
        n_people=n_people,
        categories=list(categories) if travel else [],
        gender_wish=gender_wish,
        mode=mode,
        window=window,
        duration_min=duration_min,
        agreement=agreement,
        agreement_why_not=agreement_why_not.strip()[:120],
        interpreted_by=interpreted_by,
        asked_at=now,
        promised_at=promises.promised_at(team, urgency, now),
        digest=digest,
    )
    try:
        with transaction.atomic():
            request.save(force_insert=True)
    except IntegrityError as exc:
        # A uid that exists and is not the asker's to see: chance does not make one, so it says no more.
        if _constraint(exc) == "mobile_request_uid_key":
            raise Conflict("request.uid", _("This request was sent already, with other answers.")) from exc
        raise
    audit.record("request.received", subject=request, channel=channel, urgency=urgency)
    with acting(Actor.for_team(team)):
        RequestLanguage.objects.bulk_create(
            [
                RequestLanguage(request=request, language_id=code, rank=rank)
                for rank, code in enumerate(spoken, 1)
            ]
        )
        _write_note(request, team, summary if travel else "", callback_phone, callback_who)
        if travel:
            _add_persons(request, team, codes)
        _event(request, "received", {"channel": channel}, for_requester=True)
        if not travel and (summary.strip() or codes or categories):
            _event(request, "words_not_kept", for_requester=True)
        escalation.start(request)
    return request


def _check_may_ask(
    actor: Actor, team: Team, channel: str, link: RequestLink | None, site: Site | None
) -> None:
    """The holder of an open link, for its site or elsewhere; requesters and managers, for their organisation's sites;
    the team that hears it on the telephone; anybody, who wants to be rung herself.
    """
    if channel == Channel.LINK:
        if link is None or link.pk != actor.link or not links.is_open(link, clock.now()):
            raise ActionDenied("request.link_ended", _("This link has ended. Ask the team for a new one."))
        if team.pk != link.team_id or (site is not None and site.pk != link.site_id):
            raise ActionDenied("request.not_your_place", _("This link asks for one place only."))
    elif channel == Channel.LOGIN:
        if actor.role not in {Role.REQUESTER, Role.SITE_MANAGER}:
            raise ActionDenied("request.not_a_requester", _("This form is for the staff of centres."))
        if site is None or site.organisation_id != actor.organisation:
            raise ActionDenied(
                "request.not_your_place", _("You ask for the places of your own organisation.")
            )
    elif channel == Channel.PHONE:
        if actor.team != team.pk or actor.role not in TEAM_ROLES:
            raise ActionDenied("request.not_your_team", _("You enter requests for your own team."))
    elif actor.kind != "public":
        raise ActionDenied("request.not_public", _("This form is for those who want to be rung themselves."))


def _check_content(
    team: Team,
    channel: str,
    site: Site | None,
    elsewhere: Commune | None,
    urgency: str,
    audience: str,
    n_people: int,
    agreement: str,
    why_not: str,
    phone: str,
    summary: str,
) -> None:
    if team.kind != TeamKind.INTEGRAPSY:
        raise BadInput("request.team", _("Choose one of the mobile teams."))
    if site is None and elsewhere is None and channel != Channel.PUBLIC:
        raise BadInput("request.place", _("Say where to come."))
    if not 1 <= n_people <= 200:
        raise BadInput("request.people", _("Say how many persons, from 1 to 200."))
    if len(summary) > LONGEST_SUMMARY:
        raise BadInput(
            "request.summary", _("Keep it to 2,000 characters; the rest can be told by telephone.")
        )
    if urgency == Urgency.CRISIS or channel == Channel.PUBLIC:
        if not any(c.isdigit() for c in phone):
            raise BadInput("request.callback", _("Leave a number where somebody picks up."))
        return
    if audience != Audience.STAFF and agreement not in Agreement.values:
        raise BadInput("request.agreement", _("Say what the person knows of this request."))
    if agreement == Agreement.NOT_YET and not why_not.strip():
        raise BadInput("request.why_not", _("If the person was not asked yet, say why in a few words."))


def _clean_codes(given: Sequence[str]) -> list[str]:
    codes = []
    for text in given:
        if not text.strip():
            continue
        code = clean_code(text)
        if code is None:
            raise BadInput(
                "request.code",
                _("A code looks like V7K4-2M9X. One letter is wrong here, or two have changed places."),
            )
        if code not in codes:
            codes.append(code)
    return codes


def _languages(given: Sequence[str]) -> list[str]:
    wanted = list(dict.fromkeys(code for code in given if code))
    known = set(Language.objects.filter(pk__in=wanted).values_list("pk", flat=True))
    unknown = [code for code in wanted if code not in known]
    if unknown:
        raise BadInput("request.language", _("Choose a language of the list."))
    return wanted


def _next_number(year: int) -> str:
    """R-2026-00412: without gaps, safe under concurrency; the database counts those the actor may not see."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT app.request_number(%s)", [year])
        return str(cursor.fetchone()[0])


def _constraint(exc: IntegrityError) -> str:
    return getattr(getattr(exc.__cause__, "diag", None), "constraint_name", "") or ""


def _write_note(request: Request, team: Team, summary: str, phone: str, who: str) -> RequestNote:
    note = RequestNote(request=request, team=team, key_id=request.key_id)
    note.key = request.key
    vault.write(note, "summary", summary.strip())
    vault.write(note, "callback_phone", phone.strip()[:40])
    vault.write(note, "callback_who", who.strip()[:80])
    note.save()
    return note


def _add_persons(request: Request, team: Team, codes: Sequence[str]) -> None:
    """Rows by code, matched to files of ``team`` alone. The actor is the team."""
    there = set(RequestPerson.objects.filter(request=request, team=team).values_list("code_given", flat=True))
    known = dict(Person.objects.filter(team=team, code__in=codes).values_list("code", "pk"))
    RequestPerson.objects.bulk_create(
        [
            RequestPerson(request=request, team=team, code_given=code, person_id=known.get(code))
            for code in codes
            if code not in there
        ]
    )


def _event(
    request: Request, code: str, facts: dict[str, Any] | None = None, *, for_requester: bool = False
) -> None:
    RequestEvent.objects.create(
        request=request, at=clock.now(), code=code, facts=facts or {}, for_requester=for_requester
    )


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
    _event(request, "accepted", for_requester=True)
    audit.record("request.accepted", subject=request)
    _tell(
        request,
        "request.accepted",
        _("Versants: your request %(number)s is taken on. What follows is on its page."),
    )
    return request


@transaction.atomic
def refuse_request(*, request: Request, actor: Actor, reason: str, version: int | None = None) -> Request:
    """Say no, with a reason the one who asked can read.

    Raises ActionDenied ``request.not_my_team``; BadInput ``request.reason``; InvalidTransition
    ``request.has_visits`` when a visit stands, or by state; Conflict.
    """
    request = locked(request, actor, version)
    check_may_answer(actor, request)
    if reason not in RefusalReason.values:
        raise BadInput("request.reason", _("Say why it is refused."))
    _check_no_visit(request)
    move(request, "refuse", refusal=reason, closed_at=clock.now())
    escalation.overtake(request)
    _event(request, "refused", {"reason": reason}, for_requester=True)
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
    _event(request, "asked_back", {"questions": asked}, for_requester=True)
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
    _event(request, "called_back", {"role": actor.role}, for_requester=True)
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
    codes = _clean_codes(details.person_codes or ())
    changes = {name: value for name in _PLAIN if (value := getattr(details, name)) is not None}
    agreement = changes.get("agreement", request.agreement)
    audience = changes.get("audience", request.audience)
    if not 1 <= changes.get("n_people", request.n_people) <= 200:
        raise BadInput("request.people", _("Say how many persons, from 1 to 200."))
    if (
        agreement == Agreement.NOT_YET
        and not (changes.get("agreement_why_not") or request.agreement_why_not).strip()
    ):
        raise BadInput("request.why_not", _("If the person was not asked yet, say why in a few words."))
    travel = words_travel(agreement, audience)
    if details.categories is not None and travel:
        changes["categories"] = list(details.categories)
    spoken = _languages(details.languages) if details.languages else []
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
        _add_to_note(request, details.summary or "" if travel else "", details)
        if travel:
            _add_persons(request, request.team, codes)
        elif (details.summary or "").strip() or codes:
            _event(request, "words_not_kept", for_requester=True)
        _event(request, "completed", for_requester=True)
    audit.record("request.completed", subject=request)
    return request


def _add_to_note(request: Request, summary: str, details: Details) -> None:
    note = RequestNote.objects.filter(request=request, team_id=request.team_id).select_related("key").first()
    if note is None:
        _write_note(request, request.team, summary, details.callback_phone or "", details.callback_who or "")
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
    travel = words_cross(request.agreement, request.audience)
    note = RequestNote.objects.filter(request=request, team=from_team).select_related("key").first()
    phone, who, summary = (
        (vault.read(note, "callback_phone"), vault.read(note, "callback_who"), vault.read(note, "summary"))
        if note is not None
        else ("", "", "")
    )
    codes = list(
        RequestPerson.objects.filter(request=request, team=from_team).values_list("code_given", flat=True)
    )
    escalation.overtake(request)
    _event(
        request, "passed", {"from": from_team.name, "to": to_team.name, "words": travel}, for_requester=True
    )
    audit.record("request.passed", subject=request, to_team=to_team.pk, words=travel)
    changes: dict[str, Any] = {"team": to_team, "answered_at": None}
    if not travel:
        changes["categories"] = []
    move(request, "pass", **changes)
    with acting(Actor.for_team(to_team)):
        _write_note(request, to_team, summary if travel else "", phone, who)
        if travel:
            _add_persons(request, to_team, codes)
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


def _check_no_visit(request: Request) -> None:
    standing = (VisitState.OPEN, VisitState.PLANNED)
    if Visit.objects.filter(request=request, state__in=standing).exists():
        raise InvalidTransition("request.has_visits", _("Cancel its visits first: somebody expects them."))


# -- ending -----------------------------------------------------------------------------------------------------------


@transaction.atomic
def withdraw_request(*, request: Request, actor: Actor, version: int | None = None) -> Request:
    """The one who asked, or the team for them, needs it no longer. Its visits are cancelled and their people told.

    Raises ActionDenied ``request.not_yours`` or ``request.not_my_team``; InvalidTransition; Conflict.
    """
    from versants.mobile.services import triage

    request = locked(request, actor, version)
    if actor.team is not None:
        check_may_answer(actor, request)
    else:
        check_is_asker(actor, request)
    move(request, "withdraw", closed_at=clock.now())
    audit.record("request.withdrawn", subject=request)
    with acting(escalation.as_team(request)) as team:
        escalation.overtake(request)
        _event(request, "withdrawn", for_requester=True)
        for visit in Visit.objects.filter(request=request, state__in=(VisitState.OPEN, VisitState.PLANNED)):
            triage.cancel_visit(visit=visit, actor=team, reason="withdrawn")
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
    _event(request, "closed", for_requester=True)
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
    """After booking or release: planned when every standing visit has its team, accepted again when one lost it.

    Called inside the transaction of the change, by the team.
    """
    request = Request.objects.select_for_update(of=("self",)).get(pk=request.pk)
    standing = list(
        Visit.objects.filter(request=request, state__in=(VisitState.OPEN, VisitState.PLANNED)).values_list(
            "state", flat=True
        )
    )
    found = bool(standing) and all(state == VisitState.PLANNED for state in standing)
    event = "team_found" if found else "team_lost"
    if standing and states.REQUEST.allows(request.state, event):
        move(request, event)
        _event(request, event, for_requester=True)
    return request


def question_sentences(codes: Sequence[str]) -> list[str]:
    """The questions asked back, as sentences in the reader's language."""
    return [str(QUESTIONS[code]) for code in codes if code in QUESTIONS]
