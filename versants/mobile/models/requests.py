"""Requests: who asks what. Logistics stand here in clear; words and telephone numbers are sealed, apart."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField, DateTimeRangeField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from versants.core import clock
from versants.core.access.classes import DataClass, Role
from versants.core.access.scope import Actor
from versants.core.access.shield import Policy, Shield, ShieldedQuerySet
from versants.core.crypto.vault import SealedField
from versants.core.models import DataKey
from versants.mobile.enums import (
    Agreement,
    Audience,
    Category,
    Channel,
    Danger,
    EscalationStepKind,
    GenderWish,
    InterpretedBy,
    Mode,
    RefusalReason,
    RequestState,
    Urgency,
)
from versants.mobile.models.links import RequestLink
from versants.people.enums import TeamKind
from versants.people.models import Person, Site, Team
from versants.people.models.sealed import SealedRow
from versants.territory.models import Commune, Language

# A link, or the public page, reaches the one request named by its own 128-bit uid, never the others of the site.
_BY_LINK = "uid::text = app.setting('request') AND (link_id = app.link() OR (link_id IS NULL AND channel = 'public'))"
_REQUESTERS = (
    f"site_organisation_id = app.organisation() AND app.role() IN ('{Role.REQUESTER}', '{Role.SITE_MANAGER}')"
)
_MOBILE_TEAM = (
    f"app.role() = '{Role.COORDINATOR}' AND EXISTS (SELECT 1 FROM people_team t WHERE t.id = team_id"
    f" AND t.kind = '{TeamKind.INTEGRAPSY}')"
)
# For tables that hang on a request: "the reader is the one who asked".
ASKED_BY_READER = (
    "EXISTS (SELECT 1 FROM mobile_request r WHERE r.id = request_id AND ((r.uid::text = app.setting('request')"
    " AND (r.link_id = app.link() OR (r.link_id IS NULL AND r.channel = 'public')))"
    f" OR (r.site_organisation_id = app.organisation() AND app.role() IN ('{Role.REQUESTER}', '{Role.SITE_MANAGER}'))))"
)
# The one who asks writes the parts of the request; sent words are never shown back by the link.
ASKER_ADDS = (Policy("asker_adds", "INSERT", check=ASKED_BY_READER),)


def _asked_by(actor: Actor) -> Q:
    if actor.request and (actor.link or actor.kind == "public"):
        where = Q(link_id=actor.link) if actor.link else Q(link_id=None, channel=Channel.PUBLIC)
        return where & Q(uid=actor.request)
    if actor.role in {Role.REQUESTER, Role.SITE_MANAGER} and actor.organisation:
        return Q(site_organisation_id=actor.organisation)
    return Q(pk__in=[])


class Request(models.Model):
    """Who asks, where, in which language, by when: logistics, which the coordination of every team reads.

    Nothing here says who the person is or what it is about: that stands in RequestMatter and RequestNote.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="requests")
    key = models.ForeignKey(DataKey, on_delete=models.PROTECT, related_name="+")
    # The person, or the request in the mouth of the one who follows it: R-2026-0412.
    number = models.CharField(max_length=16, unique=True)
    channel = models.CharField(max_length=8, choices=Channel)
    link = models.ForeignKey(RequestLink, on_delete=models.PROTECT, null=True, related_name="requests")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, null=True, related_name="requests")
    site_organisation_id = models.BigIntegerField(null=True)
    elsewhere = models.ForeignKey(Commune, on_delete=models.PROTECT, null=True, related_name="+")
    asked_by_membership = models.BigIntegerField(null=True)
    language_of_answer = models.CharField(max_length=2, default="fr")

    state = models.CharField(_("state"), max_length=12, choices=RequestState, default=RequestState.NEW)
    urgency = models.CharField(_("urgency"), max_length=8, choices=Urgency)
    audience = models.CharField(_("for whom"), max_length=8, choices=Audience, default=Audience.PERSON)
    n_people = models.PositiveSmallIntegerField(_("how many"), default=1)
    gender_wish = models.CharField(_("wish"), max_length=8, choices=GenderWish, blank=True)
    mode = models.CharField(_("how"), max_length=8, choices=Mode, default=Mode.ON_SITE)
    window = DateTimeRangeField(_("when"), null=True)  # arrival between, half-open, UTC
    duration_min = models.PositiveSmallIntegerField(_("how long"), default=90)

    asked_at = models.DateTimeField(default=clock.now)
    promised_at = models.DateTimeField(_("answer promised by"))
    answered_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    # A keyed hash of what was sent: a double tap is the same request, another content under its uid is refused.
    digest = models.CharField(max_length=64, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1)

    objects = ShieldedQuerySet.as_manager()
    shield = Shield(
        DataClass.LOGISTIC,
        own="team_id",
        subject=("request", "id"),
        coordinators=True,
        extra=(
            Policy("by_link", "ALL", _BY_LINK, _BY_LINK),
            Policy("by_requester", "ALL", _REQUESTERS, _REQUESTERS),
            # A team may give its own request away to another mobile team; "own" decides which rows it may touch.
            Policy("gives_away", "UPDATE", "team_id = app.team()", _MOBILE_TEAM),
            # app.request_number() counts them all; it answers a number and nothing else.
            Policy("numbering", "SELECT", "current_user = 'versants_owner'"),
        ),
        extra_q=_asked_by,
    )

    class Meta:
        verbose_name = _("request")
        verbose_name_plural = _("requests")
        indexes = [
            models.Index(fields=["team", "state", "-asked_at"], name="request_inbox"),
            models.Index(fields=["site_organisation_id", "-asked_at"], name="request_site"),
        ]
        constraints = [
            models.CheckConstraint(
                name="request_has_place",
                condition=Q(site__isnull=False) | Q(elsewhere__isnull=False) | Q(channel=Channel.PUBLIC),
                violation_error_message=_("Say where to come."),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def commune(self) -> Commune | None:
        return self.site.commune if self.site is not None else self.elsewhere


class RequestMatter(SealedRow):
    """What a request is about, as its team knows it: read by those who may read its words, by nobody else.

    One per team, as the note: a team that gives the request away keeps its own, and the receiving team gets what may
    travel.
    """

    request = models.ForeignKey(Request, on_delete=models.CASCADE, related_name="matters")
    categories = ArrayField(models.CharField(max_length=16, choices=Category), default=list, blank=True)
    danger = models.CharField(_("danger"), max_length=16, choices=Danger, blank=True)
    agreement = models.CharField(_("agreement"), max_length=8, choices=Agreement, blank=True)
    why_not = SealedField()  # why the person was not asked yet: somebody's own words
    # A crisis does not wait for the reason, and words that may not cross stay with the team that heard them.
    why_may_lack = models.BooleanField(default=False)
    interpreted_by = models.CharField(
        _("who interpreted so far"), max_length=12, choices=InterpretedBy, blank=True
    )
    refusal = models.CharField(max_length=20, choices=RefusalReason, blank=True)

    shield = Shield(
        DataClass.SOCIAL,
        own="team_id",
        subject=("request", "request_id"),
        grant_classes=(DataClass.SOCIAL,),
    )

    class Meta:
        verbose_name = _("matter of a request")
        verbose_name_plural = _("matters of requests")
        constraints = [
            models.UniqueConstraint(fields=["request", "team"], name="request_matter_once_per_team"),
            models.CheckConstraint(
                name="request_agreement_or_why",
                condition=~Q(agreement=Agreement.NOT_YET) | Q(why_not__isnull=False) | Q(why_may_lack=True),
                violation_error_message=_("If the person was not asked yet, say why in a few words."),
            ),
        ]


class RequestNote(SealedRow):
    """The words of a request and the number to ring back: sealed, never in the logistics.

    One per team: when a request is passed without the person's agreement, the words stay with the team that heard
    them and the receiving team gets a note with the number to ring only.
    """

    request = models.ForeignKey(Request, on_delete=models.CASCADE, related_name="notes")
    summary = SealedField()
    callback_phone = SealedField()
    callback_who = SealedField()

    shield = Shield(
        DataClass.SOCIAL,
        own="team_id",
        subject=("request", "request_id"),
        grant_classes=(DataClass.SOCIAL,),
        extra=ASKER_ADDS,
    )

    class Meta:
        verbose_name = _("words of a request")
        verbose_name_plural = _("words of requests")
        constraints = [models.UniqueConstraint(fields=["request", "team"], name="request_note_once_per_team")]


class RequestPerson(models.Model):
    """For whom: by code. Known to the team, not to those who see logistics only."""

    request = models.ForeignKey(Request, on_delete=models.CASCADE, related_name="persons")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="requests")
    code_given = models.CharField(
        max_length=9, blank=True
    )  # what the centre typed, valid but not yet matched
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")

    objects = ShieldedQuerySet.as_manager()
    shield = Shield(
        DataClass.SOCIAL,
        own="team_id",
        subject=("request", "request_id"),
        grant_classes=(DataClass.SOCIAL,),
        extra=ASKER_ADDS,
    )

    class Meta:
        verbose_name = _("person of a request")
        verbose_name_plural = _("persons of requests")
        indexes = [models.Index(fields=["code_given"], name="request_code_given")]

    def __str__(self) -> str:
        return self.code_given


class RequestLanguage(models.Model):
    """A language asked for; rank 1 is wanted, the others will do."""

    request = models.ForeignKey(Request, on_delete=models.CASCADE, related_name="languages")
    language = models.ForeignKey(Language, on_delete=models.PROTECT, related_name="+")
    rank = models.PositiveSmallIntegerField(default=1)

    objects = ShieldedQuerySet.as_manager()
    shield = Shield(DataClass.LOGISTIC, follows=("request_id", "mobile_request"), extra=ASKER_ADDS)

    class Meta:
        verbose_name = _("language of a request")
        verbose_name_plural = _("languages of requests")
        ordering = ["rank"]

    def __str__(self) -> str:
        return str(self.language_id)


class RequestEvent(models.Model):
    """A line of "who was told": codes and times, shown to the team and, in short, to the one who asked."""

    request = models.ForeignKey(Request, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField(default=clock.now)
    code = models.CharField(
        max_length=32
    )  # received, on_call_told, accepted, passed, asked_back, refused, no_answer
    facts = models.JSONField(default=dict)
    for_requester = models.BooleanField(default=False)

    objects = ShieldedQuerySet.as_manager()
    shield = Shield(DataClass.LOGISTIC, follows=("request_id", "mobile_request"), extra=ASKER_ADDS)

    class Meta:
        verbose_name = _("step of a request")
        verbose_name_plural = _("steps of requests")
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return self.code


class EscalationStep(models.Model):
    """What happens when nobody answers: a named step, due at an instant, done or overtaken by an answer."""

    request = models.ForeignKey(Request, on_delete=models.CASCADE, related_name="escalation")
    kind = models.CharField(max_length=16, choices=EscalationStepKind)
    rank = models.PositiveSmallIntegerField()
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    # Whom: a name and a number of the programme's own staff, so that the page can say it and the phone can ring.
    whom = models.CharField(max_length=80, blank=True)
    phone = models.CharField(max_length=24, blank=True)
    result = models.CharField(max_length=16, blank=True)  # told | overtaken | nobody

    objects = ShieldedQuerySet.as_manager()
    shield = Shield(DataClass.LOGISTIC, follows=("request_id", "mobile_request"), extra=ASKER_ADDS)

    class Meta:
        verbose_name = _("escalation step")
        verbose_name_plural = _("escalation steps")
        ordering = ["rank"]
        constraints = [models.UniqueConstraint(fields=["request", "rank"], name="escalation_rank_once")]

    def __str__(self) -> str:
        return self.kind


class RequestDraft(models.Model):
    """What was typed behind a link and not sent yet: kept by the server, sealed, found again by the same phone."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    link = models.ForeignKey(RequestLink, on_delete=models.CASCADE, related_name="drafts")
    key = models.ForeignKey(DataKey, on_delete=models.PROTECT, related_name="+")
    cookie_hash = models.CharField(
        max_length=64
    )  # the phone's own secret: shift staff never see each other's drafts
    content = SealedField()
    saved_at = models.DateTimeField(default=clock.now)

    objects = ShieldedQuerySet.as_manager()
    shield = Shield(
        DataClass.SOCIAL,
        extra=(
            Policy(
                "same_phone",
                "ALL",
                "link_id = app.link() AND cookie_hash = app.setting('phone')",
                "link_id = app.link() AND cookie_hash = app.setting('phone')",
            ),
            # app.forget_drafts() throws old ones away, unread.
            Policy("ageing", "ALL", "current_user = 'versants_owner'", "current_user = 'versants_owner'"),
        ),
        extra_q=lambda actor: (
            Q(link_id=actor.link, cookie_hash=actor.phone) if actor.link and actor.phone else Q(pk__in=[])
        ),
    )

    class Meta:
        verbose_name = _("draft of a request")
        verbose_name_plural = _("drafts of requests")
        constraints = [models.UniqueConstraint(fields=["link", "cookie_hash"], name="request_draft_once")]

    def __str__(self) -> str:
        return "<sealed>"
