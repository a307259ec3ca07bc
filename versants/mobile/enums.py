"""Words of mobile support that are lists, with the sentence a reader sees."""

from django.db.models import IntegerChoices, TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Urgency(TextChoices):
    CRISIS = "crisis", _("crisis")
    URGENT = "urgent", _("urgent")
    PLANNED = "planned", _("planned")


class Danger(TextChoices):
    """Asked, never preselected. The team is not an emergency service whatever the answer."""

    NOW = "now", _("Yes, for this person or someone else")
    NO_BUT_UNWELL = "no_but_unwell", _("No, but this person is very unwell")
    UNKNOWN = "unknown", _("I do not know")
    NOT_ASKED = "", _("not asked")


class Audience(TextChoices):
    PERSON = "person", _("one person")
    SEVERAL = "several", _("several persons")
    FAMILY = "family", _("a family")
    GROUP = "group", _("a group")
    STAFF = "staff", _("the team of the centre")


class Category(TextChoices):
    """What it is about, in categories: what the person needs, never what they are."""

    DISTRESS = "distress", _("distress, anxiety")
    SLEEP = "sleep", _("sleep")
    GRIEF = "grief", _("loss and grief")
    TRAUMA = "trauma", _("after violence")
    CONFLICT = "conflict", _("conflict, mediation")
    CHILDREN = "children", _("children, parenting")
    HEALTH = "health", _("health, access to care")
    PAPERS = "papers", _("administrative steps")
    ADDICTION = "addiction", _("addiction")
    TEAM_SUPPORT = "team_support", _("support to professionals")
    OTHER = "other", _("something else")


class Mode(TextChoices):
    ON_SITE = "on_site", _("on site")
    PHONE = "phone", _("by telephone")
    VIDEO = "video", _("by video")


class GenderWish(TextChoices):
    NONE = "", _("no preference")
    WOMEN = "woman", _("women, if possible")
    MEN = "man", _("men, if possible")


class Agreement(TextChoices):
    """What the person knows of the request. Without agreement only logistics travel."""

    AGREES = "agrees", _("asked, and agrees")
    ASKED_FOR_IT = "asked", _("asked for it")
    TOLD = "told", _("was told")
    NOT_YET = "not_yet", _("not yet asked")


class InterpretedBy(TextChoices):
    """Who interpreted so far: the unmet need that nobody records."""

    NOBODY = "nobody", _("nobody")
    RELATIVE = "relative", _("a relative or a neighbour")
    CHILD = "child", _("a child")
    COLLEAGUE = "colleague", _("a colleague of the centre")
    PROFESSIONAL = "professional", _("an interpreter")


class Channel(TextChoices):
    LINK = "link", _("the centre's link")
    LOGIN = "login", _("an account")
    PHONE = "phone", _("telephone")
    PUBLIC = "public", _("the public page")


class RequestState(TextChoices):
    NEW = "new", pgettext_lazy("request", "new")
    INCOMPLETE = "incomplete", _("to complete")
    ASKED_BACK = "asked_back", _("asked back")
    ACCEPTED = "accepted", _("accepted")
    PLANNED = "planned", _("team found")
    CLOSED = "closed", _("closed")
    REFUSED = "refused", pgettext_lazy("request", "refused")
    WITHDRAWN = "withdrawn", _("withdrawn")


OPEN_REQUESTS = (
    RequestState.NEW,
    RequestState.INCOMPLETE,
    RequestState.ASKED_BACK,
    RequestState.ACCEPTED,
    RequestState.PLANNED,
)
# Waiting for somebody's answer: the clock of the promised delay runs.
UNANSWERED_REQUESTS = (RequestState.NEW, RequestState.INCOMPLETE)


class RefusalReason(TextChoices):
    NOT_OUR_PUBLIC = "not_our_public", _("not for the persons we accompany")
    NO_CAPACITY = "no_capacity", _("nobody available in time")
    NO_INTERPRETER = "no_interpreter", _("no interpreter found")
    EMERGENCY = "emergency", _("needs the emergency services")
    ALREADY_FOLLOWED = "already_followed", _("already followed elsewhere")
    OTHER = "other", _("another reason")


class InterventionKind(TextChoices):
    CRISIS = "crisis", _("crisis intervention")
    FOLLOW_UP = "follow_up", _("individual listening and follow-up")
    ASSESSMENT = "assessment", _("needs assessment")
    MEDIATION = "mediation", _("mediation")
    DROP_IN = "drop_in", _("drop-in half-day")
    TALK_GROUP = "talk_group", _("talk group")
    TEAM_SUPPORT = "team_support", _("support to professionals")
    REFERRAL = "referral", _("referral")


class VisitState(TextChoices):
    OPEN = "open", _("without a team")
    PLANNED = "planned", pgettext_lazy("visit", "planned")
    DONE = "done", pgettext_lazy("visit", "done")
    MISSED = "missed", _("did not take place")
    CANCELLED = "cancelled", pgettext_lazy("visit", "cancelled")


class AssignmentState(TextChoices):
    OFFERED = "offered", _("waits for an answer")
    ACCEPTED = "accepted", _("confirmed")
    DECLINED = "declined", _("declined")
    RELEASED = "released", _("released")
    LAPSED = "lapsed", _("did not answer in time")
    DONE = "done", _("done")


# These hold the professional's time; an offer made to one person holds it too, until answered.
HOLDING = (AssignmentState.OFFERED, AssignmentState.ACCEPTED, AssignmentState.DONE)


class Pin(IntegerChoices):
    """How firmly a visit stands when a day is planned again."""

    FREE = 0, _("can move")
    PERSON = 1, _("the people stay")
    TIME = 3, _("does not move")


class AttemptReason(TextChoices):
    NOBODY_CAME = "nobody_came", _("nobody came")
    REFUSED = "refused", _("the person refused")
    NO_INTERPRETER = "no_interpreter", _("no interpreter")
    TEAM_PREVENTED = "team_prevented", _("the team could not come")
    MOVED_AWAY = "moved_away", _("the person was moved")


class RecordState(TextChoices):
    DRAFT = "draft", _("being written")
    SIGNED = "signed", _("signed")


class Done(TextChoices):
    """What was done, in categories; the words stay in the notes."""

    LISTENING = "listening", _("listening")
    STABILISING = "stabilising", _("stabilising")
    ASSESSING = "assessing", _("assessing needs")
    INFORMING = "informing", _("informing")
    MEDIATING = "mediating", _("mediating")
    ORIENTING = "orienting", _("orienting to care or services")
    ACCOMPANYING = "accompanying", _("accompanying in steps")
    SUPPORTING_STAFF = "supporting_staff", _("supporting professionals")


class Step(TextChoices):
    CALL_BACK = "call_back", _("call back")
    NEW_VISIT = "new_visit", _("new visit")
    DOCTOR = "doctor", _("see a doctor")
    SERVICE = "service", _("refer to a service")
    PAPERS = "papers", _("administrative step")
    TALK_TO_CENTRE = "talk_to_centre", _("talk with the centre")
    OTHER = "other", _("something else")


class TimeKind(TextChoices):
    TRAVEL = "travel", _("travel")
    PREPARATION = "preparation", _("preparation")
    WRITING = "writing", _("writing")
    MEETING = "meeting", _("meetings")
    SUPERVISION = "supervision", _("supervision")


class EscalationStepKind(TextChoices):
    ON_CALL = "on_call", _("the person on call")
    COORDINATOR = "coordinator", _("coordination")
    OTHER_TEAM = "other_team", _("the other team")
    TELL_REQUESTER = "tell_requester", _("tell the one who asked")


class UnmetOrigin(TextChoices):
    """Where a need that was not met comes from."""

    REFUSED = "refused", _("request refused")
    ATTEMPT = "attempt", _("visit that failed")


class PartOfDay(TextChoices):
    """When it was needed, coarse on purpose: an hour could point at one person."""

    NIGHT = "night", _("at night")
    MORNING = "morning", _("in the morning")
    AFTERNOON = "afternoon", _("in the afternoon")
    EVENING = "evening", _("in the evening")
