"""Open requests of a team's list: logistics, and what they are about in categories. Nobody is named here.

The promised delay runs from the import: nobody promised anything before. Words and codes of persons are not imported.
"""

from __future__ import annotations

import re
from datetime import datetime, time
from typing import Any
from uuid import UUID, uuid5

from django.utils.translation import gettext_lazy

from versants.core import clock
from versants.core.access.classes import Role
from versants.core.errors import Conflict
from versants.core.models import DataKey
from versants.core.periods import span
from versants.mobile.enums import (
    Agreement,
    Audience,
    Category,
    Channel,
    EscalationStepKind,
    GenderWish,
    Mode,
    Urgency,
)
from versants.mobile.models import EscalationStep, Need, Request, RequestEvent, Visit
from versants.mobile.services.asking import create_request
from versants.people.enums import TeamKind
from versants.people.services.importing.centres import COMMUNE, POSTCODE
from versants.people.services.importing.journal import Entry
from versants.people.services.importing.kinds import Column, Kind, register
from versants.people.services.importing.rows import Row
from versants.people.services.importing.running import Run
from versants.people.services.importing.said import Said as _
from versants.people.services.importing.undoing import Stays, register_take_back
from versants.territory.folding import fold
from versants.territory.models import Commune

CENTRE = Column(
    "centre",
    gettext_lazy("Centre"),
    ("nom du centre", "centrum", "site", "lieu", "locatie", "structure", "opvangcentrum", "place"),
    expected=gettext_lazy("the name of a centre that was imported before"),
    example={"fr": "Exemple : Centre des Tilleuls", "nl": "Voorbeeld: Centrum De Linde",
             "en": "Example: Linden Centre"},
)  # fmt: skip
LANGUAGES = Column(
    "languages",
    gettext_lazy("Languages"),
    ("langue", "langues", "taal", "talen", "language"),
    expected=gettext_lazy(
        "languages by name in French, Dutch or English, or by code; the first wanted first"
    ),
    example={"fr": "tigrigna; arabe", "nl": "Tigrinya; Arabisch", "en": "Tigrinya; Arabic"},
    numbered=True,
)
PLACE = Column(COMMUNE.key, COMMUNE.label, COMMUNE.names, False, COMMUNE.expected)

COLUMNS = (
    Column("reference", gettext_lazy("Reference"), ("numero", "n", "ref", "id", "nummer", "referentie", "number"),
           expected=gettext_lazy("your own number; it tells two rows that are alike apart"),
           example={"fr": "Exemple : 12", "nl": "Voorbeeld: 12", "en": "Example: 12"}),
    Column(CENTRE.key, CENTRE.label, CENTRE.names, False, CENTRE.expected,
           example={"fr": "Centre des Tilleuls", "nl": "Centrum De Linde", "en": "Linden Centre"}),
    PLACE,
    POSTCODE,
    Column("asked_on", gettext_lazy("Asked on"),
           ("date", "date de la demande", "recue le", "datum", "datum aanvraag", "received on"),
           expected=gettext_lazy("a day, such as 31/12/2026"), example="15/01/2026"),
    Column("urgency", gettext_lazy("Urgency"), ("urgence", "priorite", "dringendheid", "prioriteit", "priority"), True,
           choices=Urgency, words={"non urgent": "planned", "normal": "planned", "normale": "planned",
                                   "programme": "planned", "planifie": "planned", "planifiee": "planned",
                                   "niet dringend": "planned", "gewoon": "planned", "dringend": "urgent"},
           example={"fr": "urgent", "nl": "dringend", "en": "urgent"}),
    Column("audience", gettext_lazy("For whom"), ("public", "pour qui", "voor wie", "doelgroep"), choices=Audience,
           words={"personne": "person", "individuel": "person", "persoon": "person", "famille": "family",
                  "gezin": "family", "groupe": "group", "groep": "group", "equipe": "staff", "team": "staff",
                  "personnel": "staff", "personeel": "staff"},
           example={"fr": "une personne", "nl": "één persoon", "en": "one person"}),
    Column("n_people", gettext_lazy("How many"), ("nombre", "nombre de personnes", "nb", "aantal", "aantal personen"),
           expected=gettext_lazy("a whole number from 1 to 200"), example="1"),
    LANGUAGES,
    Column("gender_wish", gettext_lazy("Wish"), ("souhait", "genre souhaite", "wens", "voorkeur"), choices=GenderWish,
           words={"femme": "woman", "femmes": "woman", "vrouw": "woman", "vrouwen": "woman", "homme": "man",
                  "hommes": "man", "man": "man", "mannen": "man", "women": "woman", "men": "man"}),
    Column("mode", gettext_lazy("How"), ("mode", "modalite", "hoe", "wijze"), choices=Mode,
           words={"sur place": "on_site", "ter plaatse": "on_site", "telephone": "phone", "telefoon": "phone",
                  "visio": "video", "video": "video"}),
    Column("categories", gettext_lazy("About"), ("motif", "motifs", "objet", "theme", "reden", "onderwerp", "about"),
           choices=Category, words={"sommeil": "sleep", "slaap": "sleep", "deuil": "grief", "rouw": "grief",
                                    "trauma": "trauma", "conflit": "conflict", "conflict": "conflict",
                                    "enfants": "children", "kinderen": "children", "sante": "health",
                                    "gezondheid": "health", "papiers": "papers", "autre": "other", "andere": "other"},
           example={"fr": "sommeil", "nl": "slaap", "en": "sleep"}),
    Column("agreement", gettext_lazy("What the person knows"), ("accord", "consentement", "akkoord", "toestemming"),
           choices=Agreement, words={"oui": "agrees", "ja": "agrees", "yes": "agrees", "non": "not_yet",
                                     "nee": "not_yet", "no": "not_yet", "d accord": "agrees"},
           expected=gettext_lazy("what the person knows of the request; empty: to be completed later")),
    Column("day", gettext_lazy("Wished day"), ("date souhaitee", "jour souhaite", "gewenste dag", "gewenste datum"),
           expected=gettext_lazy("a day, such as 31/12/2026")),
    Column("from_hour", gettext_lazy("From"), ("de", "heure debut", "van", "from hour"),
           expected=gettext_lazy("an hour, such as 08:30")),
    Column("to_hour", gettext_lazy("To"), ("a", "heure fin", "tot", "to hour"),
           expected=gettext_lazy("an hour, such as 08:30")),
    Column("duration_min", gettext_lazy("Minutes"), ("duree", "duree min", "duur", "duration"),
           expected=gettext_lazy("how long, in minutes"), example="90"),
    Column("phone", gettext_lazy("Number to ring back"), ("telephone", "tel", "telefoon", "phone", "gsm"),
           expected=gettext_lazy("the number of the centre, kept as text")),
    Column("who", gettext_lazy("Whom to ask for"), ("contact", "personne de contact", "contactpersoon"),
           expected=gettext_lazy("a member of the centre’s staff; never a person accompanied")),
)  # fmt: skip


def import_uid(run: Run, what: str) -> UUID:
    """The request that this line of this team's list stands for: always the same."""
    return uuid5(run.team.uid, f"import|{what}")


def _key(row: Row, run: Run) -> tuple[Any, ...] | None:
    reference = row.text("reference", 60)
    return ("ref", fold(reference)) if fold(reference) else tuple(cell.text for cell in row.cells)


def _place(row: Row, run: Run) -> tuple[Any, Commune | None]:
    if row.cell("centre"):
        return run.places.site(row), None
    commune = run.places.commune(row)
    if commune is None and not row.cell("commune"):
        row.fault("", _("neither a centre nor a commune is given"), _("where to come"))
    return None, commune


def _apply(row: Row, run: Run) -> None:
    if run.team.kind != TeamKind.INTEGRAPSY:
        row.fault("", _("your team receives no requests"))
        row.check()
    site, commune = _place(row, run)
    asked_on = row.day("asked_on")
    if asked_on is not None and asked_on > run.today:
        row.fault("asked_on", _("this day is yet to come"))
    urgency = row.choice("urgency")
    audience = row.choice("audience") or Audience.PERSON
    n_people = row.whole("n_people", 1, 200)
    languages = run.places.languages(row)
    wish, mode = row.choice("gender_wish"), row.choice("mode")
    about, agreement = row.choices("categories"), row.choice("agreement")
    duration = row.whole("duration_min", 5, 600)
    phone, who = row.phone("phone"), row.text("who", 80)
    window = _window(row, run)
    if urgency == Urgency.CRISIS and not phone:
        row.fault("phone", _("this cell is empty"), _("a crisis needs a number where somebody picks up"))
    row.check()
    why_not = ""
    if agreement is None and audience != Audience.STAFF:
        agreement = Agreement.NOT_YET
        row.notice(_("what the person knows is not said: the request is to be completed"))
    if agreement == Agreement.NOT_YET:
        why_not = "import"
    key = _key(row, run)
    uid = import_uid(run, "request|" + "|".join(str(part) for part in key or ()))
    known = Request.objects.visible_to(run.actor).filter(uid=uid).first()
    try:
        request = create_request(
            actor=run.actor,
            team=run.team,
            channel=Channel.PHONE,
            uid=uid,
            site=site,
            elsewhere=commune,
            urgency=str(urgency),
            audience=audience,
            n_people=n_people or 1,
            categories=about,
            languages=languages,
            gender_wish=wish or "",
            mode=mode or Mode.ON_SITE,
            window=window,
            duration_min=duration or 90,
            agreement=agreement or "",
            agreement_why_not=why_not,
            callback_phone=phone,
            callback_who=who,
        )
    except Conflict:
        if (
            known is not None
        ):  # imported before, and perhaps another day: what was wished for then may be over
            row.notice(
                _("this request is there already as %(number)s; change it on its page")
                % {"number": known.number}
            )
            return
        row.fault(
            "reference",
            _("this reference was imported before with other data"),
            _("change the request on its page, or give another reference"),
        )
        row.check()
        raise
    if known is not None:
        return
    if asked_on is not None:
        Request.objects.filter(pk=request.pk).update(asked_at=_noon(asked_on))
    known_here(run, request)
    title = ", ".join(str(part) for part in (site or commune, request.get_urgency_display()) if part)
    run.journal.create(request, title, saved=True)


def known_here(run: Run, request: Request) -> None:
    """Whoever imports it is the coordination: it need not be told. What comes after stands as for any request."""
    EscalationStep.objects.filter(request=request, kind=EscalationStepKind.COORDINATOR, done_at=None).update(
        done_at=clock.now(), result="told"
    )
    request.refresh_from_db()


def _noon(day: Any) -> datetime:
    return min(clock.at(day, 12), clock.now())


def _window(row: Row, run: Run) -> Any:
    day, start, end = row.day("day"), row.hour("from_hour"), row.hour("to_hour")
    if day is None:
        if (start or end) and not row.cell("day"):
            row.fault("day", _("this cell is empty"))
        return None
    if day < run.today:
        row.notice(_("the wished day is over: the request comes without it"))
        return None
    start, end = start or time(9), end or time(17)
    lower, upper = clock.at(day, start.hour, start.minute), clock.at(day, end.hour, end.minute)
    if upper <= lower:
        row.fault("to_hour", _("the end comes before the beginning"))
        return None
    return span(lower, upper)


# -- taking back ------------------------------------------------------------------------------------------------------


def _take_back(request: Request, entry: Entry) -> None:
    """Nobody answered, planned or was told: it goes, with its words and their key. Else it stays."""
    untouched = (
        not RequestEvent.objects.filter(request=request)
        .exclude(code__in=("received", "words_not_kept"))
        .exists()
    )
    if not untouched or Need.objects.filter(request=request).exists():
        raise Stays(_("somebody has worked on this request since"))
    _remove(request)


def _remove(request: Request) -> None:
    key = request.key_id
    for visit in Visit.objects.filter(request=request):
        visit.slots.all().delete()
        visit.delete()
    request.delete()
    DataKey.objects.filter(pk=key).delete()


def rhythm_changed(request: Request, entry: Entry) -> bool:
    """Has anything of a standing agreement been placed, moved or cancelled?"""
    visits = Visit.objects.filter(request=request)
    return visits.exclude(state="open", version=1).exists() or visits.filter(held__isnull=False).exists()


def _visits_placed(request: Request) -> bool:
    return Visit.objects.filter(request=request, assignments__isnull=False).exists()


def take_back(request: Request, entry: Entry) -> None:
    """A request, or the request of a standing agreement, which came with its visits."""
    if not re.search(r"\bagreement\b", str(entry.before.get("what", ""))):
        _take_back(request, entry)
        return
    codes = ("received", "words_not_kept", "triaged")
    if (
        rhythm_changed(request, entry)
        or _visits_placed(request)
        or RequestEvent.objects.filter(request=request).exclude(code__in=codes).exists()
        or Need.objects.filter(request=request).count() != 1
    ):
        raise Stays(_("visits of this agreement have been placed or changed since"))
    _remove(request)


REQUESTS = Kind(
    key="requests",
    label=gettext_lazy("Open requests"),
    about=gettext_lazy("What waits for an answer today. Persons are not imported, and nobody is named."),
    roles=frozenset({Role.COORDINATOR}),
    columns=COLUMNS,
    apply=_apply,
    key_of=_key,
    order=30,
    next_url="inbox",
    next_label=gettext_lazy("See them among the requests"),
)


def load() -> None:
    register(REQUESTS)
    register_take_back("mobile.request", take_back)
