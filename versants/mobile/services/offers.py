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
from versants.mobile.enums import AssignmentState, Urgency, VisitState
from versants.mobile.models import Assignment, RequestEvent, Visit, held_within
from versants.mobile.services import announcing, escalation, wording
from versants.mobile.services.holding import let_go, lock_professionals, reopen
from versants.people.enums import TeamKind
from versants.people.models import Membership, Professional, ProfessionalPrivate, Team
from versants.territory.models import Versant

# How long somebody may think, by urgency. What is not answered by then is released by itself, so the deadline leaves
# time to find somebody else before the visit, and nobody loses a place for being in a talk of an hour.
TIME_TO_ANSWER = {
    Urgency.CRISIS: timedelta(minutes=20),
    Urgency.URGENT: timedelta(hours=4),
    Urgency.PLANNED: timedelta(hours=48),
}
SHORTEST = timedelta(minutes=10)
LEAST = {
    Urgency.CRISIS: SHORTEST,
    Urgency.URGENT: timedelta(minutes=30),
    Urgency.PLANNED: timedelta(hours=2),
}
BEFORE_START = {
    Urgency.CRISIS: timedelta(hours=1),
    Urgency.URGENT: timedelta(hours=1),
    Urgency.PLANNED: timedelta(hours=12),
}
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
    """Until when an answer is waited for: after now, and never after the visit begins.

    The time to think of the urgency, cut so that there is time left to find somebody else; for a visit that is near,
    half of what is left, ten minutes at least. But for a crisis nobody is expected to think at night: a deadline that
    falls into it comes forward to the evening, else waits for eight o'clock if the visit leaves that much.
    """
    now, urgency = clock.now(), Urgency(visit.urgency)
    least = max(SHORTEST, min(LEAST[urgency], (start - now) / 2))
    since = now if urgency == Urgency.CRISIS else _awake(now)
    last = max(min(since + TIME_TO_ANSWER[urgency], start - BEFORE_START[urgency]), now + least)
    if urgency != Urgency.CRISIS and _awake(last) != last:
        morning = _awake(last)
        evening = clock.at(clock.local(morning).date() - timedelta(days=1), NIGHT_FROM)
        if evening >= now + least:
            last = evening
        elif morning <= start - SHORTEST:
            last = morning
    return min(last, start) if start > now else last


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
            held_within(low, high),
            professional_id=assignment.professional_id,
            state=AssignmentState.ACCEPTED,
            visit__site_id=visit.site_id,
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
        elif about == "offer.lapsed":
            subject = _("The time to answer has passed: %(place)s, %(day)s") % when
            body = _(
                "%(place)s, %(day)s at %(at)s: the time to answer has passed and you are not expected."
                " If you can go all the same, ring the coordination: %(phone)s."
            ) % {**when, "phone": visit.team.phone or "–"}
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


def lapsed_team(actor: Actor) -> Team | None:
    """Whom to ring, for the link of an offer that was not answered in time; None for any other link.

    The link sees the visit no longer; the team is found by asking each in turn, as that team.
    """
    with acting(actor):
        visit = (
            Assignment.objects.visible_to(actor)
            .filter(offer_token_hash=actor.token, state=AssignmentState.LAPSED)
            .values_list("visit_id", flat=True)
            .first()
        )
    if visit is None:
        return None
    for team in Team.objects.filter(kind=TeamKind.INTEGRAPSY):
        with acting(Actor.for_team(team)):
            if Visit.objects.filter(pk=visit, team=team).exists():
                return team
    return None


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


def _too_late() -> InvalidTransition:
    return InvalidTransition(
        "offer.expired", gettext_lazy("The time to answer has passed. Ring the coordination if you can go.")
    )


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
        raise _too_late() if assignment.state == AssignmentState.LAPSED else _closed()
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
        if row.state == AssignmentState.LAPSED:
            raise _too_late()
        if row.state != AssignmentState.OFFERED:
            raise _closed()
        if is_expired(row):
            raise _too_late()
        if yes:
            row.state, row.answered_at = AssignmentState.ACCEPTED, clock.now()
            row.save(update_fields=["state", "answered_at"])
            Visit.objects.filter(pk=visit.pk).update(version=F("version") + 1)
        else:
            let_go([row], AssignmentState.DECLINED)
            reopen(visit)
        audit.record(f"offer.{wanted}", subject=row, actor=who, reason=reason)
        if not yes:
            _tell_coordination(team, visit, row, "offer.declined")
        announcing.settle(visit)
        return row

    # What follows from an answer concerns the visit's own team, and is done as that team.
    with acting(Actor.for_team(team)):
        return retrying(work)


# No answer


def due(team: Team) -> list[int]:
    """Offers of ``team``'s visits whose deadline has passed, oldest first; a visit that has begun is left alone."""
    now = clock.now()
    return list(
        Assignment.objects.filter(
            visit__team=team,
            visit__state__in=(VisitState.OPEN, VisitState.PLANNED),
            state=AssignmentState.OFFERED,
            answer_by__lt=now,
            held__startswith__gt=now,
        )
        .order_by("answer_by", "pk")
        .values_list("pk", flat=True)
    )


def lapse(assignment_id: int, team: Team) -> bool:
    """Release one offer that was not answered in time; the professional and the coordination are told.

    The place is free again and the visit waits for a team. The actor is ``team``, whose visit it is. Twice is once,
    and two workers at once are one: both wait for the professional's lock, and the second finds it done. An answer
    that came first stands. Returns whether it was released now.
    """

    def work() -> bool:
        found = Assignment.objects.filter(pk=assignment_id, visit__team=team).first()
        if found is None:
            return False
        lock_professionals([found.professional_id])
        visit = (
            Visit.objects.select_for_update(of=("self",))
            .select_related("commune", "team")
            .get(pk=found.visit_id)
        )
        row = (
            Assignment.objects.select_for_update(of=("self",))
            .select_related("professional")
            .get(pk=assignment_id)
        )
        over = bool(row.answer_by and clock.now() > row.answer_by)
        begun = row.held.lower <= clock.now()
        standing = visit.state in (VisitState.OPEN, VisitState.PLANNED)
        if row.state != AssignmentState.OFFERED or not over or begun or not standing:
            return False
        # The link keeps its address, to say that it is over; it reads the visit no longer.
        link = row.offer_token_hash
        let_go([row], AssignmentState.LAPSED)
        Assignment.objects.filter(pk=row.pk).update(offer_token_hash=link, answered_at=None)
        reopen(visit)
        audit.record("offer.lapsed", subject=row)
        RequestEvent.objects.create(
            request_id=visit.request_id,
            at=clock.now(),
            code="offer_lapsed",
            facts={"whom": row.professional.first_name},
        )
        _tell(row, visit, "offer.lapsed")
        _tell_coordination(team, visit, row, "offer.lapsed")
        announcing.settle(visit)
        return True

    return retrying(work)


def _tell_coordination(team: Team, visit: Visit, assignment: Assignment, about: str) -> None:
    """One line: a place is free again. To the team's address, else to each of its coordination; by night in a crisis
    to the watch too, who looked for them."""
    found = [
        (membership.account.email, membership.account.language)
        for membership in escalation.coordinators(team)
    ]
    language = wording.language_of_team(team.versant)
    for address, spoken in [(team.email, language)] if team.email else found:
        subject, body = _free_again(visit, assignment, about, spoken)
        messages.write(
            team_id=team.pk,
            channel="email",
            address=address,
            language=spoken,
            about=about,
            subject=subject,
            body=body,
        )
    watch = escalation.on_call(team, clock.now()) if visit.urgency == Urgency.CRISIS else None
    if watch is not None:
        _subject, body = _free_again(visit, assignment, about, language)
        messages.write(
            team_id=team.pk, channel="sms", address=watch.phone, language=language, about=about, body=body
        )


def _free_again(visit: Visit, assignment: Assignment, about: str, language: str) -> tuple[str, str]:
    with translation.override(language):
        values = {"place": visit.commune.name, "day": words.day_long(assignment.held.lower)}
        link = settings.BASE_URL + reverse("visit_who", args=[visit.uid])
        if about == "offer.lapsed":
            subject = _("Somebody did not answer in time: %(place)s, %(day)s") % values
            body = _(
                "No answer in time, one place is free again: %(place)s, %(day)s. Who else can go: %(link)s"
            )
        else:
            subject = _("Somebody cannot go: %(place)s, %(day)s") % values
            body = _("One place is free again: %(place)s, %(day)s. Who else can go: %(link)s")
        return subject, body % {**values, "link": link}
