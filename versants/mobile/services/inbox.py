"""What the inbox shows: which requests, in which order, and what one line of each says.

Read side only. A team sees its own requests with the codes of its persons; what belongs to another team is shown as
logistics: where, when, which language, how urgent. What it is about is left out there, as are codes and words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Case, Count, Exists, IntegerField, OuterRef, Prefetch, Q, QuerySet, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from versants.core import clock
from versants.core.access.classes import TEAM_ROLES, Role
from versants.core.access.scope import Actor
from versants.core.errors import ActionDenied
from versants.core.ids import clean_code
from versants.core.web import words
from versants.mobile.enums import (
    OPEN_REQUESTS,
    UNANSWERED_REQUESTS,
    EscalationStepKind,
    RequestState,
    Urgency,
    VisitState,
)
from versants.mobile.models import (
    EscalationStep,
    Request,
    RequestLanguage,
    RequestMatter,
    RequestPerson,
    Slot,
    Visit,
)
from versants.mobile.services import promises, wording
from versants.people.enums import AgeGroup, Discipline, Gender, TeamKind
from versants.people.models import Site, Team
from versants.territory.folding import fold
from versants.territory.models import Commune

if TYPE_CHECKING:
    from typing import TypedDict

    from django_stubs_ext import WithAnnotations

    class _Parts(TypedDict):
        lacks_team: bool
        other_told: bool

    Whole = WithAnnotations[Request, _Parts]  # as it comes from ``with_parts``

READERS = TEAM_ROLES | {Role.DESK}
SETTLED = RequestState.PLANNED  # a team is found: nothing more is asked of who coordinates
ENDED = (RequestState.CLOSED, RequestState.REFUSED, RequestState.WITHDRAWN)
GROUPS = {
    Urgency.CRISIS: gettext_lazy("Crisis"),
    Urgency.URGENT: gettext_lazy("Urgent"),
    Urgency.PLANNED: gettext_lazy("Planned"),
}
# Another team's request by its urgency alone: what it is about is not for the neighbours.
_NEUTRAL = {
    Urgency.CRISIS: gettext_lazy("Crisis request"),
    Urgency.URGENT: gettext_lazy("Urgent request"),
    Urgency.PLANNED: gettext_lazy("Planned request"),
}
_ONE_PERSON = {Gender.WOMAN: gettext_lazy("a woman"), Gender.MAN: gettext_lazy("a man")}
MARKS = {
    RequestState.NEW: "new",
    RequestState.INCOMPLETE: "new",
    RequestState.ASKED_BACK: "wait",
    RequestState.ACCEPTED: "ok",
    RequestState.PLANNED: "ok",
    RequestState.CLOSED: "ok",
    RequestState.REFUSED: "no",
    RequestState.WITHDRAWN: "move",
}
_OPEN_DAY_MIN = 510  # a working day of 8 h 30, as services.promises counts it
FIRST_YEAR = 2020  # no request is older
_NUMBER = re.compile(r"^(?:R-?)?(?:(\d{4})-)?(\d{1,9})$", re.IGNORECASE)


def check_may_open(actor: Actor) -> None:
    """Coordination, clinicians and practitioners of a team; interpreting desks. Raises ActionDenied."""
    if actor.kind != "membership" or actor.role not in READERS:
        raise ActionDenied("inbox.not_yours", _("Requests are read by the teams and the interpreting desks."))


def is_own(actor: Actor, request: Request) -> bool:
    """Does the actor work for the team this request belongs to?"""
    return actor.team is not None and actor.team == request.team_id


# -- which ------------------------------------------------------------------------------------------------------------


def mobile_teams() -> list[Team]:
    """The teams that receive requests, by name."""
    return list(Team.objects.filter(kind=TeamKind.INTEGRAPSY))


def listed(actor: Actor, teams: Sequence[int]) -> QuerySet[Request]:
    """Requests of ``teams`` (ids) that the actor may see. A desk sees those that need an interpreter."""
    found = Request.objects.visible_to(actor).filter(team_id__in=teams)
    if actor.role == Role.DESK:
        spoken = RequestLanguage.objects.visible_to(actor).filter(request=OuterRef("pk"))
        slots = Slot.objects.visible_to(actor).filter(
            visit__request=OuterRef("pk"), discipline=Discipline.INTERPRETER
        )
        found = found.filter(Exists(spoken) | Exists(slots))
    return found


def by_state(found: QuerySet[Request], value: str) -> QuerySet[Request]:
    """Narrow to ``open``, ``waiting``, ``ended``, ``all`` or one state."""
    states = {"open": OPEN_REQUESTS, "waiting": UNANSWERED_REQUESTS, "ended": ENDED}.get(value)
    if states is not None:
        return found.filter(state__in=states)
    return found if value == "all" else found.filter(state=value)


def by_versant(found: QuerySet[Request], value: str) -> QuerySet[Request]:
    """Narrow to places on one versant; who said no place is looked for on the team's."""
    return found.filter(
        Q(site__commune__versant=value)
        | Q(elsewhere__versant=value)
        | Q(site=None, elsewhere=None, team__versant=value)
    )


def by_text(actor: Actor, found: QuerySet[Request], value: str) -> QuerySet[Request]:
    """Narrow to a request number, a code of a person of one's own team, or a place.

    A code that the actor's team does not know finds nothing, whether it exists or not.
    """
    code = clean_code(value)
    if code is not None:
        # Two questions, each with its index: as one with "or" it reads every request's persons.
        seen = RequestPerson.objects.visible_to(actor)
        by_person = seen.filter(person__code=code).values_list("request_id", flat=True)
        known = by_person.union(seen.filter(code_given=code).values_list("request_id", flat=True))
        return found.filter(pk__in=list(known))
    if number := _NUMBER.match(value.replace(" ", "")):
        # Whole numbers, each found in the index of numbers; an ending would be looked for in every request.
        years = [int(number[1])] if number[1] else range(FIRST_YEAR, clock.today().year + 1)
        return found.filter(number__in=[f"R-{year}-{int(number[2]):05d}" for year in years])
    wanted = fold(value)
    if not wanted:
        return found.none()
    # The places first, few beside the requests, which are then found by theirs.
    sites = Site.objects.filter(Q(name__icontains=value) | Q(commune__folded__contains=wanted))
    communes = Commune.objects.filter(folded__contains=wanted).values_list("pk", flat=True)
    return found.filter(
        Q(site__in=list(sites.values_list("pk", flat=True))) | Q(elsewhere__in=list(communes))
    )


def ordered(found: QuerySet[Request], *, ended: bool) -> QuerySet[Request]:
    """What still asks something of the team first, then what has its team. Inside each by urgency, those without an
    answer first, then by the promise that ends first. What has ended: newest first."""
    if ended:
        return found.order_by("-asked_at", "-pk")
    settled = Case(When(state=SETTLED, then=Value(1)), default=Value(0), output_field=IntegerField())
    urgency = Case(
        *(When(urgency=value, then=Value(rank)) for rank, value in enumerate(Urgency.values)),
        output_field=IntegerField(),
    )
    answered = Case(
        When(state__in=UNANSWERED_REQUESTS, then=Value(0)), default=Value(1), output_field=IntegerField()
    )
    return found.order_by(settled, urgency, answered, "promised_at", "pk")


def with_parts(actor: Actor, found: QuerySet[Request]) -> QuerySet[Whole]:
    """All that a line says, in a number of queries that does not grow with the lines."""
    standing = Visit.objects.visible_to(actor).filter(request=OuterRef("pk"))
    told = EscalationStep.objects.visible_to(actor).filter(
        request=OuterRef("pk"), kind=EscalationStepKind.OTHER_TEAM, result="told"
    )
    return parts(actor, found).annotate(
        lacks_team=Exists(standing.filter(state=VisitState.OPEN)),
        other_told=Exists(told),
    )


def parts(actor: Actor, found: QuerySet[Request]) -> QuerySet[Request]:
    """The same without where it stands: what the pane says."""
    spoken = RequestLanguage.objects.visible_to(actor).select_related("language").order_by("rank")
    persons = RequestPerson.objects.visible_to(actor).select_related("person").order_by("pk")
    about = RequestMatter.objects.visible_to(actor)
    return (
        found.select_related("team", "site__commune", "elsewhere")
        .prefetch_related(Prefetch("languages", spoken))
        .prefetch_related(Prefetch("persons", persons))
        .prefetch_related(Prefetch("matters", about))
    )


def whole(actor: Actor, ids: Sequence[int]) -> list[Whole]:
    """The requests of ``ids`` with all their parts, in that order.

    A page is chosen by its ids first: sorted with their parts, all that matches is joined for the few that are shown.
    Where they stand is asked apart: inside the other statement its plan took longer than all the page's rows.
    """
    found: dict[int, Any] = parts(actor, Request.objects.visible_to(actor)).in_bulk(ids)
    standing = Visit.objects.visible_to(actor).filter(request__in=ids, state=VisitState.OPEN)
    lacking = set(standing.values_list("request_id", flat=True))
    steps = EscalationStep.objects.visible_to(actor).filter(
        request__in=ids, kind=EscalationStepKind.OTHER_TEAM, result="told"
    )
    told = set(steps.values_list("request_id", flat=True))
    for pk, one in found.items():
        one.lacks_team, one.other_told = pk in lacking, pk in told
    return [found[pk] for pk in ids if pk in found]


@dataclass(frozen=True)
class Counts:
    """How many match over all pages, by state and urgency: asked once for every number of the page."""

    by_kind: dict[tuple[str, str], int]

    @classmethod
    def of(cls, found: QuerySet[Request]) -> Counts:
        rows = found.order_by().values_list("state", "urgency").annotate(n=Count("pk", distinct=True))
        return cls({(state, urgency): n for state, urgency, n in rows})

    @property
    def all(self) -> int:
        return sum(self.by_kind.values())

    @property
    def settled(self) -> int:
        """Those that have their team."""
        return sum(n for (state, _urgency), n in self.by_kind.items() if state == SETTLED)

    @property
    def waiting(self) -> int:
        """Those without an answer."""
        return sum(n for (state, _urgency), n in self.by_kind.items() if state in UNANSWERED_REQUESTS)

    @property
    def by_urgency(self) -> dict[str, int]:
        """How many of each urgency still ask something of the team."""
        found: dict[str, int] = {}
        for (state, urgency), n in self.by_kind.items():
            if state != SETTLED:
                found[urgency] = found.get(urgency, 0) + n
        return found


def n_waiting(actor: Actor, teams: Sequence[int]) -> int:
    """How many wait for an answer."""
    return listed(actor, teams).filter(state__in=UNANSWERED_REQUESTS).count()


# -- what a line says -------------------------------------------------------------------------------------------------


@dataclass
class Line:
    """One request in the list. ``left`` is said beside the age, in the manner of ``left_class``."""

    request: Request
    own: bool
    title: str
    where: str
    who: str
    codes: list[str]
    languages: str
    when: str
    mark: str
    word: str
    left: str
    left_class: str
    kept: bool
    group: tuple[Any, int] | None = None  # set on the first line of a group: its name, how many
    chosen: bool = False

    @property
    def settled(self) -> bool:
        """Has it a team, so that it may stand folded?"""
        return self.request.state == SETTLED


def line(actor: Actor, request: Whole) -> Line:
    """What one line says of ``request`` to ``actor``; the request comes from ``with_parts``."""
    own = is_own(actor, request)
    mark, word = mark_of(request)
    left, left_class, kept = left_of(request)
    return Line(
        request=request,
        own=own,
        title=title(actor, request),
        where=wording.place(request),
        who=who(actor, request),
        codes=[code_of(one) for one in known_persons(actor, request)],
        languages=", ".join(one.language.name for one in request.languages.all()) or _("without interpreter"),
        when=moment(request),
        mark=mark,
        word=word,
        left=left,
        left_class=left_class,
        kept=kept,
    )


def group_name(urgency: str, team: Team | None) -> str:
    """Crise; Urgent, sous deux jours ouvrés: with the delay ``team`` promises, where it is one for the whole list."""
    name = str(GROUPS[Urgency(urgency)])
    days, rest = divmod(promises.minutes(team, urgency), _OPEN_DAY_MIN) if team is not None else (0, 0)
    if urgency != Urgency.URGENT or not days or rest:
        return name
    return ngettext("%(name)s, within %(n)s working day", "%(name)s, within %(n)s working days", days) % {
        "name": name,
        "n": wording.number_word(days),
    }


def lines(
    actor: Actor, found: Iterable[Whole], counts: dict[str, int] | None = None, team: Team | None = None
) -> list[Line]:
    """Lines in the order given; with ``counts`` the first of each urgency carries its group."""
    said = []
    urgency = None
    for request in found:
        one = line(actor, request)
        if counts is not None and not one.settled and request.urgency != urgency:
            urgency = request.urgency
            one.group = (group_name(urgency, team), counts.get(urgency, 0))
        said.append(one)
    return said


def title(actor: Actor, request: Request) -> str:
    """What is asked: its matter for the own team, its urgency alone for the others."""
    return matter(request) if is_own(actor, request) else str(_NEUTRAL[Urgency(request.urgency)])


def matter(request: Request, *, whole: bool = False) -> str:
    """A crisis by who should come, and when if it is near: "Psychologue et interprète, ce soir". The others by their
    matter. ``whole``: the language and any day too, as the pane says it."""
    if request.urgency != Urgency.CRISIS:
        return wording.matter(request)
    spoken = [one.language.name for one in request.languages.all()]
    if spoken and whole:
        said = _("Psychologist and interpreter of %(language)s") % {"language": spoken[0]}
    else:
        said = _("Psychologist and interpreter") if spoken else _("Psychologist")
    if request.window is None:
        return said
    near = clock.local(request.window.lower).date() <= clock.today() + timedelta(days=1)
    return f"{said}, {wording.window(request.window.lower, None)}" if near or whole else said


def moment(request: Request) -> str:
    """When, for a narrow column: ce soir, 18:00 à 20:30; 25 nov., 08:00 à 12:00; à convenir."""
    if request.window is None:
        return wording.when_short(request)
    start, end = clock.local(request.window.lower), clock.local(request.window.upper)
    if start.date() != end.date() or end - start >= timedelta(hours=9) or start.date() <= clock.today():
        return wording.when_short(request)
    day = _("tomorrow") if start.date() == clock.today() + timedelta(days=1) else words.day_short(start)
    return _("%(day)s, %(from)s to %(to)s") % {
        "day": day,
        "from": words.clock_time(start),
        "to": words.clock_time(end),
    }


def known_persons(actor: Actor, request: Request) -> list[RequestPerson]:
    """For whom by code: of the actor's own team only."""
    return (
        [one for one in request.persons.all() if one.team_id == actor.team] if is_own(actor, request) else []
    )


def code_of(row: RequestPerson) -> str:
    """The code under which the team knows somebody, else the one that was given."""
    return row.person.code if row.person_id and row.person is not None else row.code_given


def who(actor: Actor, request: Request) -> str:
    """For whom: how many; of the one person the own team knows, what one may say: "a woman", "a minor"."""
    known = known_persons(actor, request)
    said = wording.who_for(request)
    if len(known) == 1 and request.n_people == 1 and known[0].person is not None:
        person = known[0].person
        said = (
            _("a minor")
            if person.age_group in {AgeGroup.CHILD, AgeGroup.MINOR}
            else str(_ONE_PERSON.get(Gender(person.gender), said))
        )
    return said


def mark_of(request: Whole) -> tuple[str, str]:
    """Shape and word of where it stands. ``request`` comes from ``with_parts``."""
    state = RequestState(request.state)
    if state == RequestState.ACCEPTED and request.lacks_team:
        return "wait", _("looks for a team")
    if state in UNANSWERED_REQUESTS and request.other_told:
        return "wait", _("other team told")
    return MARKS[state], state_word(state)


def state_word(state: str) -> str:
    """The state as it agrees with the word request."""
    return str(RequestState(state).label)


def left_of(request: Request) -> tuple[str, str, bool]:
    """What is left of the promise, its class, and whether it was kept or no longer runs."""
    if request.state in UNANSWERED_REQUESTS:
        late = words.delay_state(request.promised_at, request.asked_at)
        return words.until(request.promised_at), {"late": "minus", "soon": "meh"}.get(late, "soft"), False
    if request.answered_at is None:  # withdrawn before anybody answered
        return "", "soft", True
    if request.answered_at <= request.promised_at:
        return pgettext("promise", "kept"), "soft", True
    over = words.span(request.answered_at - request.promised_at)
    return _("%(span)s late") % {"span": over}, "minus", True
