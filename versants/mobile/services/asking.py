"""Asking: a request is made once, with its words sealed apart, its clock started and its escalation laid out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext_lazy as _

from versants.core import audit, clock, locking
from versants.core.access.classes import TEAM_ROLES, Role
from versants.core.access.scope import Actor, acting
from versants.core.crypto import vault
from versants.core.errors import ActionDenied, BadInput, Conflict
from versants.core.ids import clean_code
from versants.mobile.enums import (
    Agreement,
    Audience,
    Channel,
    RequestState,
    Urgency,
)
from versants.mobile.models import (
    Request,
    RequestEvent,
    RequestLanguage,
    RequestLink,
    RequestNote,
    RequestPerson,
)
from versants.mobile.services import escalation, links, matters, promises
from versants.people.enums import TeamKind
from versants.people.models import Person, Site, Team
from versants.people.services import keys
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


# Logistics stand in the row of the request, the rest in its matter.
PLAIN = ("audience", "n_people", "gender_wish", "mode", "window", "duration_min")
MATTER = ("danger", "agreement", "interpreted_by")


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
    codes = checked_codes(person_codes)
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
    digests = vault.blind_indexes("request", json.dumps(content, sort_keys=True))
    wait_turn(uid)  # two taps of one finger
    known = Request.objects.visible_to(actor).filter(uid=uid).select_related("team").first()
    if known is not None:
        if known.digest not in digests:
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
    spoken = known_languages(languages)
    travel = words_travel(agreement, audience)
    now = clock.now()
    request = Request(
        uid=uid,
        team=team,
        key=keys.new_key(team),
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
        audience=audience,
        n_people=n_people,
        gender_wish=gender_wish,
        mode=mode,
        window=window,
        duration_min=duration_min,
        asked_at=now,
        promised_at=promises.promised_at(team, urgency, now),
        digest=digests[-1],
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
        matters.write(
            request,
            team,
            categories=list(categories) if travel else [],
            danger=danger,
            agreement=agreement,
            why_not=agreement_why_not,
            why_may_lack=urgency == Urgency.CRISIS,
            interpreted_by=interpreted_by,
        )
        write_note(request, team, summary if travel else "", callback_phone, callback_who)
        if travel:
            add_persons(request, team, codes)
        note_event(request, "received", {"channel": channel}, for_requester=True)
        if not travel and (summary.strip() or codes or categories):
            note_event(request, "words_not_kept", for_requester=True)
        escalation.start(request)
    return request


def wait_turn(uid: UUID | str) -> None:
    """What comes about one request waits, until the transaction ends, for what came about it before."""
    locking.hold(f"mobile.request.{uid}")


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


def checked_codes(given: Sequence[str]) -> list[str]:
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


def known_languages(given: Sequence[str]) -> list[str]:
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


def write_note(request: Request, team: Team, summary: str, phone: str, who: str) -> RequestNote:
    note = RequestNote(request=request, team=team, key_id=request.key_id)
    note.key = request.key
    vault.write(note, "summary", summary.strip())
    vault.write(note, "callback_phone", phone.strip()[:40])
    vault.write(note, "callback_who", who.strip()[:80])
    note.save()
    return note


def add_persons(request: Request, team: Team, codes: Sequence[str]) -> None:
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


def note_event(
    request: Request, code: str, facts: dict[str, Any] | None = None, *, for_requester: bool = False
) -> None:
    RequestEvent.objects.create(
        request=request, at=clock.now(), code=code, facts=facts or {}, for_requester=for_requester
    )
