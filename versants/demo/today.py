"""The day shown: the requests that wait, nine visits placed, three without a team."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from versants.core.periods import span
from versants.demo import canaries, cases, persons
from versants.demo.staff import Member
from versants.demo.world import World
from versants.mobile.enums import (
    Agreement,
    AssignmentState,
    Audience,
    Category,
    Channel,
    Danger,
    EscalationStepKind,
    GenderWish,
    InterpretedBy,
    InterventionKind,
    Pin,
    RequestState,
    Urgency,
)
from versants.mobile.models import EscalationStep, Request, Visit
from versants.mobile.services import escalation, promises
from versants.people.enums import Discipline, Gender, Level, Purpose
from versants.people.models import Household, Person, Site, Team

PSY, INT = Discipline.PSYCHOLOGIST, Discipline.INTERPRETER


def build(world: World) -> None:
    """Everything of the day shown. The persons of the nights before come from ``known``."""
    waiting(world)
    placed(world)
    without_team(world)
    other_side(world)


def _site(world: World, name: str) -> Site:
    return world.named[f"site:{name}"]


def _asked_so_that(world: World, team: Team, urgency: str, promised: datetime) -> datetime:
    """When a request was asked whose answer is promised at ``promised``, in the hours of its team."""
    low, high = promised - timedelta(days=20), promised
    while high - low > timedelta(minutes=1):
        middle = low + (high - low) / 2
        if promises.promised_at(team, urgency, middle) < promised:
            low = middle
        else:
            high = middle
    return high.replace(second=0, microsecond=0)


def _wait(world: World, row: Request) -> None:
    """The steps of escalation of a request nobody has answered, those whose hour has come done."""
    coordinator = world.named[
        "camille" if row.team_id == world.named["walloon"].pk else "helene"
    ].account.name
    other = world.named["french" if row.team_id == world.named["walloon"].pk else "walloon"]
    watch = world.named["elise" if row.team_id == world.named["walloon"].pk else "nadege"]
    whom = {
        EscalationStepKind.ON_CALL: (watch.row.short, row.team.phone[:-2] + "90"),
        EscalationStepKind.COORDINATOR: (coordinator, row.team.phone),
        EscalationStepKind.OTHER_TEAM: (other.name, other.phone),
        EscalationStepKind.TELL_REQUESTER: ("", ""),
    }
    for rank, (kind, due) in enumerate(
        escalation.plan(row.team, row.urgency, row.asked_at, row.promised_at), 1
    ):
        past = due <= world.moment
        name, phone = whom[kind]
        world.add(
            EscalationStep,
            request=row,
            kind=kind,
            rank=rank,
            due_at=due,
            done_at=due if past else None,
            whom=name,
            phone=phone,
            result="told" if past else "",
        )
        if past:
            code = "no_answer" if kind == EscalationStepKind.TELL_REQUESTER else f"{kind}_told"
            facts = {"whom": name, "phone": phone, "by": due.isoformat()}
            shown = kind in (EscalationStepKind.ON_CALL, EscalationStepKind.TELL_REQUESTER)
            cases.event(world, row, due + timedelta(seconds=1), code, facts, shown=shown)


def known(world: World) -> None:
    """Persons whose code the pictures show, and the canaries: registered some weeks ago."""
    walloon, french = world.named["walloon"], world.named["french"]
    before = world.at(-52, 10)
    elise, lien = world.named["elise"], world.named["lien"]
    for key, team, code, language, gender, referent in (
        ("mouscron", walloon, "V7K4-2M", "tir", Gender.WOMAN, elise),
        ("lievin", french, "V2P9-7C", "apd", Gender.MAN, None),
        ("jemappes", walloon, "V5T7-8H", "lin", Gender.WOMAN, None),
        ("poelkapelle", walloon, "V9D3-4R", "rus", Gender.MAN, lien),
    ):
        world.named[f"person:{key}"] = persons.make(
            world, team, language, before, gender=gender, age="adult", code=code, referent=referent
        )
    for number, identity in enumerate(canaries.IDENTITIES):
        team = (walloon, french, walloon)[number]
        world.named[f"canary:{number}"] = persons.make(
            world, team, "tir", before, age="adult", identity=identity
        )


# -- nine requests that wait -------------------------------------------------------------------------------------------


def waiting(world: World) -> None:
    """The inbox of the Walloon coordination: crisis, urgent and planned, in every state."""
    walloon = world.named["walloon"]
    _crisis(world, walloon)
    _witnesses(world, walloon)
    now = world.scene + world.early

    row = cases.request(
        world,
        team=walloon,
        site=_site(world, "CADA de Liévin"),
        channel=Channel.LOGIN,
        asked_at=_asked_so_that(world, walloon, Urgency.URGENT, now + timedelta(minutes=160)),
        urgency=Urgency.URGENT,
        state=RequestState.NEW,
        languages=("apd",),
        people=(),
        code_given=world.named["person:lievin"].code,
        categories=[Category.SLEEP],
        window=span(world.at(0, 8), world.at(2, 18)),
        interpreted_by=InterpretedBy.COLLEAGUE,
        words="Ne dort plus depuis dix jours, accepte de rencontrer quelqu’un. Un collègue traduit, il s’arrête vendredi.",
    )
    _wait(world, row)
    row = cases.request(
        world,
        team=walloon,
        site=_site(world, "Opvang Menen"),
        asked_at=_asked_so_that(world, walloon, Urgency.URGENT, now + timedelta(minutes=310)),
        urgency=Urgency.URGENT,
        state=RequestState.NEW,
        audience=Audience.GROUP,
        n_people=6,
        languages=("pus", "prs"),
        categories=[Category.CONFLICT],
        window=span(world.at(1, 14), world.at(1, 15)),
        agreement=Agreement.ASKED_FOR_IT,
        interpreted_by=InterpretedBy.NOBODY,
        words="Twee groepen in één kamer maken elke avond ruzie over het licht en de telefoon. Iedereen wil dat het stopt.",
    )
    _wait(world, row)
    row = cases.request(
        world,
        team=walloon,
        site=_site(world, "Opvangcentrum Poelkapelle"),
        asked_at=_asked_so_that(world, walloon, Urgency.URGENT, now - timedelta(minutes=40)),
        urgency=Urgency.URGENT,
        state=RequestState.INCOMPLETE,
        languages=("som",),
        categories=[],
        agreement=Agreement.NOT_YET,
        agreement_why_not="De voogd moet eerst bereikt worden.",
        interpreted_by=InterpretedBy.RELATIVE,
    )
    _wait(world, row)
    _planned(world, walloon, now)


def _crisis(world: World, walloon: Team) -> None:
    asked = world.told(0, 2, 10)
    person = world.named["person:mouscron"]
    row = cases.request(
        world,
        team=walloon,
        site=_site(world, "Le Refuge"),
        asked_at=asked,
        urgency=Urgency.CRISIS,
        state=RequestState.NEW,
        danger=Danger.NO_BUT_UNWELL,
        languages=("tir", "amh"),
        people=(person,),
        categories=[Category.DISTRESS],
        gender_wish=GenderWish.WOMEN,
        window=span(world.at(0, 18), world.at(0, 20, 30)),
        agreement=Agreement.AGREES,
        interpreted_by=InterpretedBy.RELATIVE,
        words="Elle ne parle plus. La voisine de chambre traduisait, elle ne veut plus. De retour de l’hôpital à 18:00.",
        phone="+32 000 00 24 10",
        who="accueil de nuit",
    )
    world.named["request:crisis"] = row
    _wait(world, row)
    cases.event(world, row, world.told(0, 2, 31), "called_back", {"role": "clinician"}, shown=True)
    evening = _open(
        world, row, InterventionKind.CRISIS, row.window, 90, at=world.told(0, 2, 33), seconds=("amh",)
    )
    world.named["visit:crisis"] = evening


def _witnesses(world: World, walloon: Team) -> None:
    asked = world.told(-1, 22, 50)
    home = world.add(Household, team=walloon)
    family = [
        persons.make(world, walloon, "prs", asked, age=age, gender=gender, household=home)
        for age, gender in (("adult", Gender.WOMAN), ("child", Gender.MAN), ("child", Gender.WOMAN))
    ]
    for person in family:  # agreed on the telephone with the night staff: Nadège comes from the other side
        persons.consent(
            world,
            person,
            Purpose.CROSS_BORDER,
            asked + timedelta(minutes=25),
            language="prs",
            receiving_versant=world.named["french"].versant,
        )
    row = cases.request(
        world,
        team=walloon,
        site=_site(world, "Caserne Saint-Jean"),
        asked_at=asked,
        urgency=Urgency.CRISIS,
        state=RequestState.PLANNED,
        danger=Danger.UNKNOWN,
        audience=Audience.FAMILY,
        languages=("prs",),
        people=family,
        categories=[Category.TRAUMA],
        window=span(world.at(0, 9), world.at(0, 12)),
        answered_at=asked + timedelta(minutes=32),
        words="Rappel après la nuit : deux enfants ont vu la bagarre du couloir. La mère demande qu’on leur parle.",
    )
    cases.event(world, row, asked + timedelta(minutes=32), "accepted", shown=True)
    cases.event(world, row, asked + timedelta(minutes=70), "team_found", shown=True)
    world.named["request:witnesses"], world.named["family:witnesses"] = row, family


def _planned(world: World, walloon: Team, now: datetime) -> None:
    day = timedelta(days=1)
    row = cases.request(
        world,
        team=walloon,
        site=_site(world, "Centre de Jemappes"),
        asked_at=_asked_so_that(world, walloon, Urgency.PLANNED, now + 3 * day),
        urgency=Urgency.PLANNED,
        state=RequestState.ASKED_BACK,
        languages=("lin",),
        people=(world.named["person:jemappes"],),
        categories=[Category.GRIEF],
        duration_min=60,
        interpreted_by=InterpretedBy.NOBODY,
        words="Suivi, huit mardis de suite, à 14 heures, si possible avec la même personne.",
    )
    row.answered_at = row.asked_at + timedelta(hours=3)
    cases.event(world, row, row.answered_at, "asked_back", {"questions": ["agreement", "when"]}, shown=True)
    row = cases.request(
        world,
        team=walloon,
        site=_site(world, "CADA de Petite-Synthe"),
        channel=Channel.LOGIN,
        asked_at=_asked_so_that(world, walloon, Urgency.PLANNED, now + 4 * day),
        urgency=Urgency.PLANNED,
        state=RequestState.NEW,
        audience=Audience.STAFF,
        n_people=12,
        categories=[Category.TEAM_SUPPORT],
        agreement="",
        window=span(world.at(6, 9), world.at(13, 17)),
        duration_min=120,
        words="Un résident est mort dimanche. L’équipe voudrait deux heures avec quelqu’un d’extérieur.",
    )
    _wait(world, row)
    row = cases.request(
        world,
        team=walloon,
        site=_site(world, "Opvang Brugge"),
        channel=Channel.PHONE,
        asked_at=_asked_so_that(world, walloon, Urgency.PLANNED, now + 5 * day),
        urgency=Urgency.PLANNED,
        state=RequestState.ACCEPTED,
        audience=Audience.GROUP,
        n_people=10,
        languages=("ara", "rus"),
        categories=[Category.PAPERS, Category.HEALTH],
        agreement=Agreement.TOLD,
        window=None,
        duration_min=180,
        words="Een halve dag permanentie per week, donderdagvoormiddag, open voor iedereen.",
    )
    row.answered_at = row.asked_at + timedelta(hours=5)
    cases.event(world, row, row.answered_at, "accepted", shown=True)
    french = world.named["french"]
    row = cases.request(
        world,
        team=walloon,
        site=_site(world, "CADA de Rouvroy"),
        asked_at=_asked_so_that(world, walloon, Urgency.PLANNED, now + 5 * day - timedelta(hours=2)),
        urgency=Urgency.PLANNED,
        state=RequestState.NEW,
        audience=Audience.GROUP,
        n_people=8,
        languages=("tur", "kmr"),
        categories=[Category.CHILDREN],
        gender_wish=GenderWish.MEN,
        agreement=Agreement.ASKED_FOR_IT,
        duration_min=120,
        words="Groupe de parole pour pères, huit places, à partir de janvier.",
    )
    # Asked of the French team, which has nobody for Kurmandji in January and passed it across the border.
    cases.event(
        world,
        row,
        row.asked_at + timedelta(hours=4),
        "passed",
        {"from": french.name, "to": walloon.name, "words": True},
        shown=True,
    )
    _wait(world, row)


# -- nine visits that stand --------------------------------------------------------------------------------------------


def _case(
    world: World,
    site: str,
    kind: str,
    start: datetime,
    minutes: int,
    people: Sequence[Person],
    *,
    language: str = "",
    team: str = "walloon",
    urgency: str = Urgency.PLANNED,
    pin: int = Pin.TIME,
    slack: tuple[int, int] = (15, 15),
    request: Request | None = None,
    **fields: object,
) -> Visit:
    asked = start - timedelta(days=6, hours=3)
    place = _site(world, site)
    row = request or cases.request(
        world,
        team=world.named[team],
        site=place,
        asked_at=asked,
        urgency=urgency,
        state=RequestState.PLANNED,
        languages=(language,) if language else (),
        people=people,
        categories=[world.pick(cases.CATEGORY[kind])],
        answered_at=asked + timedelta(hours=20),
        window=span(start - timedelta(minutes=slack[0]), start + timedelta(minutes=slack[1])),
        duration_min=minutes,
        **fields,
    )
    if request is None:
        cases.event(world, row, asked + timedelta(hours=20), "accepted", shown=True)
        cases.event(world, row, asked + timedelta(hours=30), "team_found", shown=True)
    wanted = cases.need(world, row, kind, row.asked_at + timedelta(minutes=40))
    return cases.visit(
        world,
        row,
        wanted,
        place,
        window=span(start - timedelta(minutes=slack[0]), start + timedelta(minutes=slack[1])),
        held=span(start, start + timedelta(minutes=minutes)),
        minutes=minutes,
        pin=pin,
        created_at=row.asked_at + timedelta(minutes=40),
    )


def _seat(
    world: World, where: Visit, member: Member, discipline: str, people: Sequence[Person], **fields: object
) -> None:
    language = fields.pop("language", "")
    level = {"level": fields.pop("level")} if "level" in fields else {}
    place = cases.slot(world, where, discipline, language=language, **level)
    at = min(where.request.asked_at + timedelta(minutes=70), world.moment)
    cases.assign(world, place, member, people, at=at, **fields)


def placed(world: World) -> None:
    """The nine numbers of the board; 3 waits for two answers, 8 and 9 can move."""
    cast = world.named
    walloon, french = cast["walloon"], cast["french"]
    some = {
        key: persons.make(world, team, language, world.at(-40, 11), age="adult", gender=gender)
        for key, team, language, gender in (
            ("mouscron 1", walloon, "tir", Gender.MAN),
            ("menen", walloon, "pus", Gender.MAN),
            ("tournai 9", walloon, "tir", Gender.WOMAN),
            ("mons", walloon, "prs", Gender.WOMAN),
        )
    }
    refuge, saint_jean = "Le Refuge", "Caserne Saint-Jean"

    people = (some["mouscron 1"],)
    where = _case(world, refuge, "follow_up", world.at(0, 9), 90, people, language="tir")
    _seat(world, where, cast["elise"], PSY, people)
    _seat(world, where, cast["selam"], INT, people, language="tir")

    people = cast["family:witnesses"]
    where = _case(
        world,
        saint_jean,
        "crisis",
        world.at(0, 9, 30),
        90,
        people,
        request=cast["request:witnesses"],
        slack=(30, 60),
    )
    persons.consents_of(world, people[0])
    _seat(world, where, cast["nadege"], PSY, people)
    _seat(world, where, cast["zahra"], INT, people, language="prs")

    people = (some["menen"],)
    where = _case(
        world,
        "Opvang Menen",
        "assessment",
        world.at(0, 11),
        60,
        people,
        language="pus",
        urgency=Urgency.URGENT,
        pin=Pin.FREE,
        slack=(30, 30),
        words="Ruzie op de kamer; hij wil vooral uitleggen wat er gebeurd is.",
    )
    offered = {"state": AssignmentState.OFFERED, "answer_by": world.at(0, 10, 15)}
    _seat(world, where, cast["lien"], PSY, people, offer="offer menen lien", **offered)
    _seat(world, where, cast["gulalai"], INT, people, language="pus", offer="offer menen gulalai", **offered)
    world.named["visit:menen"] = where

    where = _case(
        world,
        "CADA de Petite-Synthe",
        "referral",
        world.at(0, 10),
        85,
        (),
        team="french",
        audience=Audience.SEVERAL,
        n_people=3,
    )
    _seat(world, where, cast["thomas"], Discipline.NURSE, ())
    _seat(world, where, cast["karim"], Discipline.MEDIATOR, ())

    where = _case(world, refuge, "drop_in", world.at(0, 14), 180, (), audience=Audience.GROUP, n_people=8)
    _seat(world, where, cast["elise"], PSY, ())
    _seat(world, where, cast["abdi"], Discipline.AMBASSADOR, ())

    people = (cast["person:poelkapelle"],)
    where = _case(
        world, "Opvangcentrum Poelkapelle", "follow_up", world.at(0, 13, 30), 90, people, language="rus"
    )
    _seat(world, where, cast["lien"], PSY, people)
    _seat(world, where, cast["olena"], INT, people, language="rus")

    where = _case(
        world,
        "CADA de Liévin",
        "mediation",
        world.at(0, 13, 30),
        90,
        (),
        team="french",
        urgency=Urgency.URGENT,
        audience=Audience.GROUP,
        n_people=5,
    )
    _seat(world, where, cast["thomas"], Discipline.NURSE, ())
    _seat(world, where, cast["karim"], Discipline.MEDIATOR, ())

    people = (some["mons"],)
    where = _case(
        world,
        "Centre de Jemappes",
        "follow_up",
        world.at(0, 14, 30),
        90,
        people,
        language="prs",
        pin=Pin.FREE,
        slack=(60, 60),
    )
    _seat(world, where, cast["nadege"], PSY, people)
    _seat(world, where, cast["zahra"], INT, people, language="prs")

    people = (some["tournai 9"],)
    where = _case(
        world,
        saint_jean,
        "follow_up",
        world.at(0, 16),
        90,
        people,
        language="tir",
        pin=Pin.FREE,
        slack=(30, 60),
    )
    _seat(world, where, cast["marc"], Discipline.PSYCHOMOTRICIAN, people)
    _seat(world, where, cast["selam"], INT, people, language="tir")


# -- three that stand without ------------------------------------------------------------------------------------------


def _open(
    world: World,
    row: Request,
    kind: str,
    window: object,
    minutes: int,
    *,
    at: datetime,
    discipline: str = PSY,
    seconds: Sequence[str] = (),
    **fields: object,
) -> Visit:
    wanted = cases.need(world, row, kind, at)
    where = cases.visit(world, row, wanted, row.site, window=window, minutes=minutes, created_at=at)
    gender = row.gender_wish
    cases.slot(world, where, discipline, gender=gender)
    language = fields.pop("language", "") or _first_language(world, row)
    cases.slot(world, where, INT, language=language, gender=gender, second_languages=list(seconds), **fields)
    return where


def _first_language(world: World, row: Request) -> str:
    from versants.mobile.models import RequestLanguage

    return next(one.language_id for one in world.all(RequestLanguage) if one.request_id == row.pk)


def without_team(world: World) -> None:
    """Koksijde before 12:30 in Pashto, Arras in the afternoon in Lingala (the night's crisis is the third)."""
    walloon, french = world.named["walloon"], world.named["french"]
    person = persons.make(world, walloon, "pus", world.at(-9, 11), age="adult", gender=Gender.MAN)
    row = cases.request(
        world,
        team=walloon,
        site=_site(world, "Opvangcentrum Koksijde"),
        asked_at=world.at(-2, 15, 20),
        urgency=Urgency.URGENT,
        state=RequestState.ACCEPTED,
        languages=("pus",),
        people=(person,),
        categories=[Category.PAPERS],
        window=span(world.at(0, 10), world.at(0, 12, 30)),
        duration_min=60,
        answered_at=world.at(-1, 9, 5),
        words="Hij heeft een brief gekregen die niemand kan uitleggen en eet sindsdien niet.",
    )
    cases.event(world, row, world.at(-1, 9, 5), "accepted", shown=True)
    world.named["visit:koksijde"] = _open(
        world,
        row,
        "referral",
        row.window,
        60,
        at=world.at(-1, 9, 10),
        discipline=Discipline.SOCIAL_WORKER,
        level=Level.B2,
    )
    person = persons.make(world, french, "lin", world.at(-20, 11), age="adult", gender=Gender.WOMAN)
    row = cases.request(
        world,
        team=french,
        site=_site(world, "HUDA d’Arras"),
        asked_at=world.at(-3, 10, 40),
        urgency=Urgency.PLANNED,
        state=RequestState.ACCEPTED,
        languages=("lin",),
        people=(person,),
        categories=[Category.GRIEF],
        gender_wish=GenderWish.WOMEN,
        window=span(world.at(0, 13, 30), world.at(0, 17)),
        duration_min=60,
        answered_at=world.at(-2, 9, 30),
        words="Elle demande une femme, et quelqu’un qui ne soit pas de la résidence pour traduire.",
    )
    cases.event(world, row, world.at(-2, 9, 30), "accepted", shown=True)
    where = _open(world, row, "follow_up", row.window, 60, at=world.at(-2, 9, 35), gender_required=True)
    cases.slots_of(world, where)[0].gender_required = True
    world.named["visit:arras"] = where


# -- the other coordination's inbox ------------------------------------------------------------------------------------


def other_side(world: World) -> None:
    """What waits in Lille, and somebody who wants to be rung herself."""
    french, walloon = world.named["french"], world.named["walloon"]
    now = world.scene + world.early
    asks = (
        ("CADA de Petite-Synthe", Urgency.URGENT, 200, RequestState.NEW, ("kmr", "tur"), Category.DISTRESS),
        ("CADA de Beauvais", Urgency.PLANNED, 2600, RequestState.NEW, ("ful", "man"), Category.HEALTH),
        ("CAO de Laon", Urgency.URGENT, 420, RequestState.ASKED_BACK, ("pus",), Category.SLEEP),
        ("HUDA d’Arras", Urgency.PLANNED, 4100, RequestState.ACCEPTED, ("sqi",), Category.CHILDREN),
    )
    for site, urgency, left, state, languages, category in asks:
        row = cases.request(
            world,
            team=french,
            site=_site(world, site),
            asked_at=_asked_so_that(world, french, urgency, now + timedelta(minutes=left)),
            urgency=urgency,
            state=state,
            languages=languages,
            people=(persons.make(world, french, languages[0], world.at(-4, 10), age="adult"),),
            categories=[category],
            interpreted_by=world.pick((InterpretedBy.CHILD, InterpretedBy.NOBODY, InterpretedBy.COLLEAGUE)),
            words=canaries.REQUEST_WORDS if site == "CAO de Laon" else "",
            phone=canaries.CALLBACK if site == "CAO de Laon" else "",
        )
        if state == RequestState.NEW:
            _wait(world, row)
        else:
            row.answered_at = row.asked_at + timedelta(hours=2)
            code = "accepted" if state == RequestState.ACCEPTED else "asked_back"
            facts = {"questions": ["how_many", "call_us"]} if code == "asked_back" else {}
            cases.event(world, row, row.answered_at, code, facts, shown=True)
    for team, language in ((walloon, "som"), (french, "prs")):
        row = cases.request(
            world,
            team=team,
            channel=Channel.PUBLIC,
            asked_at=_asked_so_that(world, team, Urgency.PLANNED, now + timedelta(days=5, hours=3)),
            urgency=Urgency.PLANNED,
            state=RequestState.NEW,
            languages=(language,),
            agreement=Agreement.ASKED_FOR_IT,
            mode="phone",
            words="Souhaite être rappelé(e) dans sa langue, le matin.",
            language_of_answer=language if language in ("fr", "nl", "en") else "fr",
        )
        _wait(world, row)
