"""What waits for an answer when the scene opens, on both sides of the border."""

from __future__ import annotations

from datetime import datetime, timedelta

from versants.core.access.classes import DataClass
from versants.core.models import Grant
from versants.core.periods import span
from versants.demo import canaries, cases, persons
from versants.demo.world import World
from versants.mobile.enums import (
    Agreement,
    Audience,
    Category,
    Channel,
    Danger,
    EscalationStepKind,
    GenderWish,
    InterpretedBy,
    RequestState,
    Urgency,
)
from versants.mobile.models import EscalationStep, Request
from versants.mobile.services import escalation, promises
from versants.people.enums import Gender, Purpose
from versants.people.models import Household, Site, Team

# Opening minutes of a working day, as both teams promise in.
DAY = 510


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


def build(world: World) -> None:
    """Nine requests for the Walloon coordination, others for the French one."""
    waiting(world)
    other_side(world)


def _site(world: World, name: str) -> Site:
    return world.named[f"site:{name}"]


def _asked_so_that(world: World, team: Team, urgency: str, left: int) -> datetime:
    """When a request was asked whose promise has ``left`` minutes of opening time to run; negative: it is over."""
    now = world.moment
    promised = (
        promises.after_open(team, now, timedelta(minutes=left)) if left > 0 else now + timedelta(minutes=left)
    )
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


# -- nine requests that wait -------------------------------------------------------------------------------------------


def waiting(world: World) -> None:
    """The inbox of the Walloon coordination: crisis, urgent and planned, in every state."""
    walloon = world.named["walloon"]
    _crisis(world, walloon)
    _witnesses(world, walloon)
    row = cases.request(
        world,
        team=walloon,
        site=_site(world, "CADA de Liévin"),
        channel=Channel.LOGIN,
        asked_at=_asked_so_that(world, walloon, Urgency.URGENT, 160),
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
        asked_at=_asked_so_that(world, walloon, Urgency.URGENT, 310),
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
        asked_at=_asked_so_that(world, walloon, Urgency.URGENT, -40),
        urgency=Urgency.URGENT,
        state=RequestState.INCOMPLETE,
        languages=("som",),
        categories=[],
        agreement=Agreement.NOT_YET,
        why_not="De voogd moet eerst bereikt worden.",
        interpreted_by=InterpretedBy.RELATIVE,
    )
    _wait(world, row)
    _planned(world, walloon)


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
    cases.event(world, row, asked + timedelta(minutes=21), "called_back", {"role": "clinician"}, shown=True)


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


def _planned(world: World, walloon: Team) -> None:
    row = cases.request(
        world,
        team=walloon,
        site=_site(world, "Centre de Jemappes"),
        asked_at=_asked_so_that(world, walloon, Urgency.PLANNED, 3 * DAY),
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
        asked_at=_asked_so_that(world, walloon, Urgency.PLANNED, 4 * DAY),
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
        asked_at=_asked_so_that(world, walloon, Urgency.PLANNED, 5 * DAY - 400),
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
    row.answered_at = row.asked_at + timedelta(hours=2)
    cases.event(world, row, row.answered_at, "accepted", shown=True)
    french = world.named["french"]
    row = cases.request(
        world,
        team=walloon,
        site=_site(world, "CADA de Rouvroy"),
        asked_at=_asked_so_that(world, walloon, Urgency.PLANNED, 5 * DAY - 240),
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
        row.asked_at + timedelta(hours=3),
        "passed",
        {"from": french.name, "to": walloon.name, "words": True},
        shown=True,
    )
    world.add(  # the team that passed it on keeps following its logistics
        Grant,
        subject_kind="request",
        subject_id=row.pk,
        holder_kind="team",
        holder_id=french.pk,
        data_class=DataClass.LOGISTIC,
        period=span(row.asked_at + timedelta(hours=3), None),
        because="passed",
        because_id=row.pk,
        given_by_team=walloon.pk,
        created_at=row.asked_at + timedelta(hours=3),
    )
    _wait(world, row)


# -- the other coordination's inbox ------------------------------------------------------------------------------------


def other_side(world: World) -> None:
    """What waits in Lille, and somebody who wants to be rung herself."""
    french, walloon = world.named["french"], world.named["walloon"]
    asks = (
        ("CADA de Petite-Synthe", Urgency.URGENT, 200, RequestState.NEW, ("kmr", "tur"), Category.DISTRESS),
        ("CADA de Beauvais", Urgency.PLANNED, 1300, RequestState.NEW, ("ful", "man"), Category.HEALTH),
        ("CAO de Laon", Urgency.URGENT, 420, RequestState.ASKED_BACK, ("pus",), Category.SLEEP),
        ("HUDA d’Arras", Urgency.PLANNED, 2000, RequestState.ACCEPTED, ("sqi",), Category.CHILDREN),
    )
    for site, urgency, left, state, languages, category in asks:
        row = cases.request(
            world,
            team=french,
            site=_site(world, site),
            asked_at=_asked_so_that(world, french, urgency, left),
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
            asked_at=_asked_so_that(world, team, Urgency.PLANNED, 4 * DAY),
            urgency=Urgency.PLANNED,
            state=RequestState.NEW,
            languages=(language,),
            agreement=Agreement.ASKED_FOR_IT,
            mode="phone",
            words="Souhaite être rappelé(e) dans sa langue, le matin.",
            language_of_answer=language if language in ("fr", "nl", "en") else "fr",
        )
        _wait(world, row)
