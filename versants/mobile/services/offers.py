"""Offers: an assignment put to a professional, for yes or no by a deadline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from versants.core import audit, clock, messages
from versants.core.access.classes import DataClass
from versants.core.access.scope import Actor, acting, current
from versants.core.errors import ActionDenied, BadInput, InvalidTransition
from versants.core.ids import new_token, token_hash
from versants.core.models import Grant
from versants.core.periods import span
from versants.core.retry import retrying
from versants.core.web import words
from versants.mobile.enums import AssignmentState, Urgency
from versants.mobile.models import Assignment, Visit
from versants.mobile.services.holding import let_go, lock_professionals, reopen
from versants.people.models import Membership, Professional, ProfessionalPrivate, Team
from versants.territory.models import Versant

# How long somebody may think, by urgency; never beyond an hour before the visit, never less than ten minutes.
TIME_TO_ANSWER = {
    Urgency.CRISIS: timedelta(minutes=20),
    Urgency.URGENT: timedelta(hours=4),
    Urgency.PLANNED: timedelta(hours=48),
}
LEAST = timedelta(minutes=10)
BEFORE_START = timedelta(hours=1)
NIGHT_FROM, NIGHT_TO = 21, 8

DECLINE_REASONS = (
    ("not_free", gettext_lazy("I am not free then")),
    ("too_far", gettext_lazy("It is too far")),
    ("not_for_me", gettext_lazy("This talk is not for me")),
    ("know_person", gettext_lazy("I know the people too well")),
    ("other", gettext_lazy("Another reason")),
)


@dataclass(frozen=True)
class Offer:
    """What a link shows: place and time, languages, no person."""

    assignment: Assignment
    visit: Visit
    expired: bool

    @property
    def open(self) -> bool:
        return self.assignment.state == AssignmentState.OFFERED and not self.expired


def link_id(assignment: Assignment) -> int:
    """The holder of the grant of an offer's link. Negative: it never meets the key of a request link."""
    return -assignment.pk


def deadline(visit: Visit, start: datetime) -> datetime:
    """Until when an answer is waited for. But for a crisis nobody is expected to think at night."""
    now = clock.now()
    since = now if visit.urgency == Urgency.CRISIS else _awake(now)
    last = min(since + TIME_TO_ANSWER[Urgency(visit.urgency)], start - BEFORE_START)
    return max(last, now + LEAST)


def _awake(at: datetime) -> datetime:
    """``at``, or eight in the morning after it when it is night."""
    here = clock.local(at)
    if here.hour >= NIGHT_FROM:
        return clock.at(here.date() + timedelta(days=1), NIGHT_TO)
    return clock.at(here.date(), NIGHT_TO) if here.hour < NIGHT_TO else at


def make(assignment: Assignment, visit: Visit) -> None:
    """Put the assignment to its professional: link, deadline, message.

    Who is confirmed at the same place on the same day already is not asked twice: they are told only.
    """
    if _is_there_anyway(assignment, visit):
        assignment.state, assignment.answered_at = AssignmentState.ACCEPTED, clock.now()
        assignment.save(update_fields=["state", "answered_at"])
        audit.record("offer.confirmed_on_site", subject=assignment)
        _tell(assignment, visit, "offer.confirmed")
        return
    token = new_token()
    assignment.offer_token_hash = token_hash(token)
    assignment.answer_by = deadline(visit, assignment.held.lower)
    assignment.save(update_fields=["offer_token_hash", "answer_by"])
    # The link is a reader of its own, of this one visit's logistics, until the visit is over.
    Grant.objects.create(
        subject_kind="visit",
        subject_id=visit.pk,
        holder_kind="link",
        holder_id=link_id(assignment),
        data_class=DataClass.LOGISTIC,
        period=span(min(clock.now(), assignment.held.lower), assignment.held.upper),
        because="assignment",
        because_id=assignment.pk,
        given_by_team=visit.team_id,
    )
    audit.record("offer.made", subject=assignment)
    _tell(assignment, visit, "offer.made", token=token)


def _is_there_anyway(assignment: Assignment, visit: Visit) -> bool:
    if visit.site_id is None:
        return False
    low, high = clock.day_bounds(clock.local(assignment.held.lower).date())
    return (
        Assignment.objects.filter(
            professional_id=assignment.professional_id,
            state=AssignmentState.ACCEPTED,
            visit__site_id=visit.site_id,
            held__overlap=(low, high),
        )
        .exclude(pk=assignment.pk)
        .exists()
    )


def _tell(assignment: Assignment, visit: Visit, about: str, token: str = "") -> None:
    """A message in the receiver's language, written by their own house: no other reads their address."""
    professional = Professional.objects.select_related("team", "organisation").get(
        pk=assignment.professional_id
    )
    membership = (
        Membership.objects.active()
        .filter(professional=professional)
        .select_related("account")
        .order_by("pk")
        .first()
    )
    with acting(Actor.for_team(professional.team)):
        private = ProfessionalPrivate.objects.filter(professional=professional).first()
    email = (private.email if private else "") or (membership.account.email if membership else "")
    phone = private.phone if private else ""
    channel, address = ("email", email) if email else ("sms", phone)
    dutch = professional.organisation.versant == Versant.WEST_VLAANDEREN
    language = membership.account.language if membership else ("nl" if dutch else "fr")
    with translation.override(language):
        when = {
            "place": visit.commune.name,
            "day": words.day_long(assignment.held.lower),
            "at": words.clock_time(assignment.held.lower),
        }
        if about == "offer.made":
            subject = _("Can you go? %(place)s, %(day)s") % when
            link = settings.BASE_URL + reverse("offer", args=[token])
            assert assignment.answer_by is not None  # given by ``make``
            until = f"{words.day_short(assignment.answer_by)} {words.clock_time(assignment.answer_by)}"
            body = _("%(place)s, %(day)s at %(at)s. Yes or no, before %(until)s: %(link)s") % {
                **when,
                "until": until,
                "link": link,
            }
        elif about == "offer.confirmed":
            subject = _("One more visit while you are there: %(place)s, %(day)s") % when
            body = (
                _("%(place)s, %(day)s at %(at)s. You are there that day already: nothing to answer.") % when
            )
        else:
            subject = _("No longer needed: %(place)s, %(day)s") % when
            body = _("%(place)s, %(day)s at %(at)s: you are no longer expected. Thank you.") % when
    with acting(Actor.for_team(professional.team)):
        messages.write(
            team_id=professional.team_id,
            channel=channel,
            address=address,
            language=language,
            about=about,
            subject=subject,
            body=body,
        )


def tell_released(assignment: Assignment) -> None:
    """You are not expected any more."""
    if assignment.held.lower > clock.now():
        visit = Visit.objects.select_related("commune").get(pk=assignment.visit_id)
        _tell(assignment, visit, "offer.released")


# By the link


def actor_of(token: str) -> Actor | None:
    """Who comes by this link: the reader of one visit, or None for a link that is none any more."""
    hashed = token_hash(token)
    with acting(Actor(kind="link", token=hashed)):
        found = Assignment.objects.filter(offer_token_hash=hashed).only("pk").first()
    if found is None:
        return None
    return Actor(kind="link", link=link_id(found), token=hashed)


def by_token(actor: Actor) -> Offer | None:
    """The offer of a link's actor; inside its scope. None once it is closed."""
    assignment = (
        Assignment.objects.visible_to(actor)
        .filter(offer_token_hash=actor.token)
        .select_related("slot", "slot__language", "visit", "visit__commune", "visit__team")
        .first()
    )
    if assignment is None:
        return None
    return Offer(assignment, assignment.visit, is_expired(assignment))


def is_expired(assignment: Assignment) -> bool:
    """The deadline has passed, or the visit has begun."""
    now = clock.now()
    return now >= assignment.held.lower or bool(assignment.answer_by and now > assignment.answer_by)


# The answer


def check_may_answer(actor: Actor, assignment: Assignment) -> None:
    """The professional asked, signed in or by the link of this very offer."""
    by_link = bool(actor.token) and actor.token == assignment.offer_token_hash
    oneself = actor.professional is not None and actor.professional == assignment.professional_id
    if not (by_link or oneself):
        raise ActionDenied("offer.not_mine", gettext_lazy("This was put to somebody else."))


def _closed() -> InvalidTransition:
    return InvalidTransition("offer.closed", gettext_lazy("This was answered or taken back already."))


def answer(*, assignment: Assignment, actor: Actor, yes: bool, reason: str = "") -> Assignment:
    """Yes or no. A no frees the place, the visit shows as without a team, the coordination is told.

    Answering the same twice is one answer. Raises ActionDenied ``offer.not_mine``; InvalidTransition
    ``offer.expired``, ``offer.closed``; BadInput ``offer.reason``.
    """
    check_may_answer(actor, assignment)
    if not yes and reason not in dict(DECLINE_REASONS):
        raise BadInput(
            "offer.reason", gettext_lazy("Say in one word why not: it helps to find somebody else.")
        )
    seen = Visit.objects.visible_to(actor).select_related("team").filter(pk=assignment.visit_id).first()
    if seen is None:
        # What was taken back is no longer theirs to see.
        raise _closed()
    team = seen.team
    who = current() if current().kind != "public" else actor

    def work() -> Assignment:
        lock_professionals([assignment.professional_id])
        visit = (
            Visit.objects.select_for_update(of=("self",))
            .select_related("commune")
            .get(pk=assignment.visit_id)
        )
        row = Assignment.objects.select_for_update(of=("self",)).get(pk=assignment.pk)
        wanted = AssignmentState.ACCEPTED if yes else AssignmentState.DECLINED
        if row.state == wanted:
            return row
        if row.state != AssignmentState.OFFERED:
            raise _closed()
        if is_expired(row):
            raise InvalidTransition(
                "offer.expired",
                gettext_lazy("The time to answer has passed. Ring the coordination if you can go."),
            )
        if yes:
            row.state, row.answered_at = AssignmentState.ACCEPTED, clock.now()
            row.save(update_fields=["state", "answered_at"])
            Visit.objects.filter(pk=visit.pk).update(version=F("version") + 1)
        else:
            let_go([row], AssignmentState.DECLINED)
            reopen(visit)
        audit.record(f"offer.{wanted}", subject=row, actor=who, reason=reason)
        _tell_coordination(team, visit, row, yes)
        return row

    # What follows from an answer concerns the visit's own team, and is done as that team.
    with acting(Actor.for_team(team)):
        return retrying(work)


def _tell_coordination(team: Team, visit: Visit, assignment: Assignment, yes: bool) -> None:
    if yes or not team.email:
        return
    language = "nl" if team.versant == Versant.WEST_VLAANDEREN else "fr"
    with translation.override(language):
        values = {"place": visit.commune.name, "day": words.day_long(assignment.held.lower)}
        subject = _("Somebody cannot go: %(place)s, %(day)s") % values
        link = settings.BASE_URL + reverse("visit_who", args=[visit.uid])
        body = _("One place is free again: %(place)s, %(day)s. Who else can go: %(link)s") % {
            **values,
            "link": link,
        }
    messages.write(
        team_id=team.pk,
        channel="email",
        address=team.email,
        language=language,
        about="offer.declined",
        subject=subject,
        body=body,
    )
