"""Those who intervene: disciplines, languages, mandates, hours; telephone and e-mail stay with the own house."""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.translation import gettext_lazy

from versants.core.access.classes import Role
from versants.people.enums import Complexity, Discipline, Gender, InterpreterKind, Level, Status
from versants.people.models import (
    Mandate,
    Professional,
    ProfessionalLanguage,
    ProfessionalPrivate,
    Site,
    Team,
    WeeklyShift,
)
from versants.people.services.importing import values
from versants.people.services.importing.centres import POSTCODE
from versants.people.services.importing.kinds import Column, Kind, register
from versants.people.services.importing.places import matching
from versants.people.services.importing.rows import Row
from versants.people.services.importing.running import Run
from versants.people.services.importing.said import Said as _
from versants.territory.folding import fold
from versants.territory.models import Commune, Language

_OFFICE = [(day, time(8, 30), time(17, 0)) for day in range(5)]
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NATIVE = frozenset(
    {"natif", "native", "natifs", "langue maternelle", "maternelle", "lm", "moedertaal", "moedertaalspreker",
     "mother tongue", "native speaker", "langue natale", "l1", "autochtone"}
)  # fmt: skip
# "source only": understands it, does not speak it into another.
SOURCE_ONLY = re.compile(
    r"\b(source only|source uniquement|uniquement source|source|alleen bron|bron|brontaal|comprend seulement"
    r"|verstaat alleen|understands only|depuis cette langue seulement)\b",
    re.I,
)
_LEVELS = {
    **{fold(str(level.label)): level.value for level in Level},
    **dict.fromkeys(NATIVE, Level.NATIVE.value),
}


def _mandate(
    country: str, end: str, label: Any, names: tuple[str, ...], expected: Any, example: str = ""
) -> Column:
    return Column(f"mandate_{country}_{end}", label, names, expected=expected, example=example)


_FROM = gettext_lazy("the first day on which this person may intervene in this country")
_UNTIL = gettext_lazy("the last day; empty if it is open")

COLUMNS = (
    Column("first_name", gettext_lazy("First name"), ("prenom", "voornaam", "first name", "given name"), True,
           gettext_lazy("the first name"),
           example={"fr": "Exemple : Anne", "nl": "Voorbeeld: Anne", "en": "Example: Anne"}),
    Column("last_name", gettext_lazy("Last name"),
           ("nom", "nom de famille", "naam", "achternaam", "familienaam", "surname", "name", "family name"), True,
           gettext_lazy("the family name"), example={"fr": "Modèle", "nl": "Model", "en": "Model"}),
    Column("email", gettext_lazy("E-mail"), ("mail", "courriel", "email", "e mail", "adresse e mail", "mailadres"),
           expected=gettext_lazy("read by the own house only"), example="anne@example.org"),
    Column("phone", gettext_lazy("Telephone"), ("tel", "gsm", "portable", "telefoon", "phone", "mobile", "telephone"),
           expected=gettext_lazy("read by the own house only; kept as text, so that the first 0 stays"),
           example="+32 000 00 00 00"),
    Column("team", gettext_lazy("Team"), ("equipe", "ploeg", "team"),
           expected=gettext_lazy("a team of your organisation; yours if empty")),
    Column("disciplines", gettext_lazy("Disciplines"),
           ("discipline", "fonction", "fonctions", "metier", "metiers", "profession", "functie", "beroep", "role"),
           True, gettext_lazy("one or several words of the list, separated by semicolons"), Discipline,
           {"psy": "psychologist", "psychologue clinicien": "psychologist", "psychologue clinicienne": "psychologist",
            "infirmier": "nurse", "infirmiere": "nurse", "verpleegkundige": "nurse", "verpleger": "nurse",
            "assistant social": "social_worker", "assistante sociale": "social_worker", "as": "social_worker",
            "travailleur social": "social_worker", "travailleuse sociale": "social_worker",
            "maatschappelijk werker": "social_worker", "sociaal werker": "social_worker",
            "mediateur": "mediator", "mediatrice": "mediator", "bemiddelaar": "mediator", "mediator": "mediator",
            "mediatrice interculturelle": "mediator", "juriste": "lawyer", "jurist": "lawyer", "lawyer": "lawyer",
            "psychomotricien": "psychomotrician", "psychomotricienne": "psychomotrician",
            "psychomotorisch therapeut": "psychomotrician", "tolk": "interpreter", "interprete": "interpreter",
            "ambassadeur": "ambassador", "ambassadrice": "ambassador"},
           {"fr": "psychologue", "nl": "psycholoog", "en": "psychologist"}),
    Column("status", gettext_lazy("Status"), ("statut", "statuut", "contrat", "contract", "status"),
           choices=Status, words={"salarie": "employee", "salariee": "employee", "employe": "employee",
                                  "employee": "employee", "werknemer": "employee", "independant": "self_employed",
                                  "independante": "self_employed", "zelfstandig": "self_employed",
                                  "zelfstandige": "self_employed", "benevole": "volunteer", "volontaire": "volunteer",
                                  "vrijwilliger": "volunteer"},
           example={"fr": "salarié", "nl": "werknemer", "en": "employee"}),
    Column("gender", gettext_lazy("Gender"), ("genre", "sexe", "geslacht", "gender", "civilite"),
           choices=Gender, words={"f": "woman", "femme": "woman", "vrouw": "woman", "v": "woman", "mme": "woman",
                                  "mevr": "woman", "m": "man", "h": "man", "homme": "man", "man": "man", "dhr": "man",
                                  "mr": "man", "x": "other"},
           example={"fr": "femme", "nl": "vrouw", "en": "woman"}),
    Column("commune", gettext_lazy("Base"),
           ("base", "commune", "commune de depart", "bureau", "gemeente", "standplaats", "ville", "localite"),
           expected=gettext_lazy("the commune where the working day begins; that of the team if empty"),
           example={"fr": "Tournai", "nl": "Doornik", "en": "Tournai"}),
    POSTCODE,
    Column("languages", gettext_lazy("Languages"),
           ("langue", "langues", "langues parlees", "langue de travail", "taal", "talen", "language", "languages"),
           expected=gettext_lazy("each language with its level: “French native; Tigrinya C1; Arabic B2 (source)”"),
           example={"fr": "français langue maternelle; anglais B2", "nl": "Frans moedertaal; Engels B2",
                    "en": "French native; English B2"}, numbered=True),
    Column("levels", gettext_lazy("Level"), ("niveau", "level"),
           expected=gettext_lazy("A1, A2, B1, B2, C1, C2 or native, beside each numbered language"), numbered=True),
    Column("interpreter_kind", gettext_lazy("Kind of interpreter"),
           ("type d interprete", "statut interprete", "soort tolk", "tolkstatuut", "interprete jure"),
           choices=InterpreterKind,
           words={"jure": "sworn", "juree": "sworn", "assermente": "sworn", "assermentee": "sworn",
                  "beedigd": "sworn", "beedigd tolk": "sworn", "sworn": "sworn", "certifie": "certified",
                  "certifiee": "certified", "gecertificeerd": "certified", "certified": "certified",
                  "interprete social": "certified", "sociaal tolk": "certified", "aide": "helper",
                  "aidant": "helper", "aidante": "helper", "aidant linguistique": "helper",
                  "aidante linguistique": "helper", "taalhelper": "helper", "helper": "helper"}),
    Column("max_complexity", gettext_lazy("Hardest talk"), ("complexite", "complexite max", "moeilijkheid"),
           choices=Complexity, words={"1": "1", "2": "2", "3": "3", "4": "4"},
           expected=gettext_lazy("from 1 (simple, prepared) to 4 (clinical or crisis)")),
    Column("weekly_hours", gettext_lazy("Hours a week"),
           ("heures par semaine", "heures semaine", "uren per week", "weekuren", "temps de travail"),
           example="38"),
    Column("hours", gettext_lazy("Working hours"), ("horaire", "horaires", "disponibilites", "uurrooster", "uren",
                                                    "beschikbaarheid", "availability"),
           expected=gettext_lazy("days and hours: “Mon-Fri 08:30-17:00; Sat 9:00-12:00”; those of the team if empty"),
           example={"fr": "lun-ven 08:30-17:00", "nl": "maandag-vrijdag 08:30-17:00", "en": "Mon-Fri 08:30-17:00"}),
    Column("remote", gettext_lazy("By telephone or video too"), ("a distance", "teletravail", "op afstand", "remote"),
           example={"fr": "oui", "nl": "ja", "en": "yes"}),
    _mandate("be", "from", gettext_lazy("Mandate Belgium from"),
             ("mandat belgique", "mandat be du", "habilitation be du", "machtiging be van", "mandaat be van"),
             _FROM, "01/01/2026"),
    _mandate("be", "until", gettext_lazy("Mandate Belgium until"),
             ("mandat be au", "habilitation be au", "machtiging be tot", "mandaat be tot"), _UNTIL, "31/12/2027"),
    _mandate("be", "basis", gettext_lazy("Mandate Belgium, basis"), ("base mandat be",),
             gettext_lazy("contract, convention, visa")),
    _mandate("fr", "from", gettext_lazy("Mandate France from"),
             ("mandat france", "mandat fr du", "habilitation fr du", "machtiging fr van", "mandaat fr van"), _FROM),
    _mandate("fr", "until", gettext_lazy("Mandate France until"),
             ("mandat fr au", "habilitation fr au", "machtiging fr tot", "mandaat fr tot"), _UNTIL),
    _mandate("fr", "basis", gettext_lazy("Mandate France, basis"), ("base mandat fr",),
             gettext_lazy("contract, convention, visa")),
)  # fmt: skip


def _key(row: Row, run: Run) -> tuple[Any, ...] | None:
    email = row.email("email")
    return (fold(row.text("first_name", 40)), fold(row.text("last_name", 60)), email)


def _apply(row: Row, run: Run) -> None:
    first, last = row.text("first_name", 40), row.text("last_name", 60)
    email, phone = row.email("email"), row.phone("phone")
    disciplines = row.choices("disciplines")
    given: dict[str, Any] = {
        "disciplines": disciplines,
        "status": row.choice("status"),
        "gender": row.choice("gender"),
        "interpreter_kind": row.choice("interpreter_kind"),
        "weekly_hours": row.amount("weekly_hours", Decimal(1), Decimal(60)),
        "works_remotely": row.yes("remote"),
        "team": _team(row, run),
    }
    hardest = row.choice("max_complexity")
    given["max_complexity"] = None if hardest is None else int(hardest)
    base = run.places.commune(row)
    hours = _hours(row)
    spoken = _languages(row, run)
    mandates = [one for country in ("BE", "FR") if (one := _mandate_of(row, country)) is not None]
    row.check()
    found = _find(row, run, first, last, email)
    if found is None:
        person = _create(row, run, first, last, given, base)
    else:
        person = found
        changes = {name: value for name, value in given.items() if value not in (None, [])}
        if "weekly_hours" in changes:
            changes["weekly_hours"] = changes["weekly_hours"].quantize(Decimal("0.1"))
        if base is not None:
            changes["base"] = base
        if Discipline.INTERPRETER in disciplines and not (
            person.interpreter_kind or given["interpreter_kind"]
        ):
            row.fault("interpreter_kind", _("this cell is empty"), _expected_kind())
            row.check()
        if fold(person.first_name) == fold(first) and fold(person.last_name) == fold(last):
            first, last = person.first_name, person.last_name
        run.journal.change(person, first_name=first, last_name=last, **changes)
    _private(run, person, found is None, email, phone)
    _write_hours(row, run, person, found is None, hours)
    _write_languages(run, person, spoken, quiet=found is None)
    _write_mandates(row, run, person, mandates, quiet=found is None)
    row.check()
    run.claim(row, person.pk)


def _expected_kind() -> _:
    return _("sworn, certified or language helper")


def _team(row: Row, run: Run) -> Team | None:
    name = row.text("team", 80)
    if not name:
        return None
    found = matching(list(Team.objects.filter(organisation=run.organisation)), name, "name")
    if len(found) != 1:
        row.fault("team", _("no team of your organisation is called so"))
        return None
    team: Team = found[0]
    return team


def _find(row: Row, run: Run, first: str, last: str, email: str) -> Professional | None:
    """By e-mail, else by first and last name, within the own organisation."""
    mine = Professional.objects.visible_to(run.actor).filter(organisation=run.organisation)
    if email:
        private = ProfessionalPrivate.objects.visible_to(run.actor).filter(
            organisation=run.organisation, email__iexact=email
        )
        by_email = list(mine.filter(pk__in=private.values("professional")))
        if len(by_email) == 1:
            return by_email[0]
        if by_email:
            row.fault(
                "email", _("several of your professionals have this address"), _("an address of one’s own")
            )
            row.check()
    named = [one for one in mine if fold(one.first_name) == fold(first) and fold(one.last_name) == fold(last)]
    if email and named:
        known = dict(
            ProfessionalPrivate.objects.visible_to(run.actor)
            .filter(professional__in=named)
            .values_list("professional_id", "email")
        )
        named = [one for one in named if not known.get(one.pk)]  # another address is another person
    if len(named) > 1:
        row.fault("last_name", _("several of your professionals are called so"), _("the e-mail beside it"))
        row.check()
    return named[0] if named else None


def _create(
    row: Row, run: Run, first: str, last: str, given: dict[str, Any], base: Commune | None
) -> Professional:
    interprets = Discipline.INTERPRETER in given["disciplines"]
    kind = given["interpreter_kind"] or ""
    if interprets and not kind:
        row.fault("interpreter_kind", _("this cell is empty"), _expected_kind())
    if kind and not interprets:
        row.fault("disciplines", _("a kind of interpreter is given for somebody who is none"))
    team = given["team"] or run.team
    if base is None:
        site = Site.objects.select_related("commune").filter(pk=team.base_id or 0).first()
        base = site.commune if site else None
    if base is None:
        row.fault("commune", _("this cell is empty, and the team has no place of its own"))
    row.check()
    hardest = given["max_complexity"]
    if hardest is None:
        hardest = (
            0
            if not interprets
            else Complexity.EVERYDAY
            if kind == InterpreterKind.HELPER
            else Complexity.CLINICAL
        )
    person: Professional = run.journal.create(
        Professional(
            organisation=run.organisation,
            team=team,
            first_name=first,
            last_name=last,
            gender=given["gender"] or Gender.OTHER,
            status=given["status"] or Status.EMPLOYEE,
            disciplines=given["disciplines"],
            interpreter_kind=kind,
            max_complexity=hardest,
            base=base,
            weekly_hours=given["weekly_hours"] if given["weekly_hours"] is not None else Decimal(38),
            works_remotely=True if given["works_remotely"] is None else given["works_remotely"],
        )
    )
    return person


def _private(run: Run, person: Professional, new: bool, email: str, phone: str) -> None:
    if not email and not phone:
        return
    private = None if new else ProfessionalPrivate.objects.filter(professional=person).first()
    if private is None:
        run.journal.create(
            ProfessionalPrivate(
                professional=person, organisation=run.organisation, email=email, phone=phone, home=None
            ),
            str(person),
            quiet=new,
        )
        return
    given = {name: value for name, value in (("email", email), ("phone", phone)) if value}
    run.journal.change(private, **given)


# -- hours ------------------------------------------------------------------------------------------------------------


def _hours(row: Row) -> list[tuple[int, time, time]] | None:
    cell = row.cell("hours")
    if not cell or cell.lost:
        return None
    try:
        return values.week(cell.text, row.head.language)
    except values.Unclear as exc:
        row.fault("hours", _("this may mean two things: %(two)s") % {"two": exc.args[0]})
    except (ValueError, KeyError):
        row.fault("hours", _("this cannot be read"))
    return None


def team_hours(team: Team) -> list[tuple[int, time, time]]:
    """The opening hours of a team as a weekly pattern; a working week if it has none."""
    found = [
        (number, time.fromisoformat(start), time.fromisoformat(end))
        for number, day in enumerate(_DAYS)
        for start, end in (team.opening_hours or {}).get(day, [])
    ]
    return found or list(_OFFICE)


def _write_hours(
    row: Row, run: Run, person: Professional, new: bool, hours: list[tuple[int, time, time]] | None
) -> None:
    if not new:
        known = set(WeeklyShift.objects.filter(professional=person).values_list("weekday", "start", "end"))
        if hours is not None and set(hours) != known:
            row.notice(_("the working hours differ; those of Versants stay"))
        return
    if hours is None:
        row.notice(_("no working hours: those of the team are taken"))
    for day, start, end in hours if hours is not None else team_hours(person.team):
        shift = WeeklyShift(
            organisation=run.organisation, professional=person, weekday=day, start=start, end=end
        )
        run.journal.create(shift, str(person), quiet=True)


# -- languages --------------------------------------------------------------------------------------------------------


def _languages(row: Row, run: Run) -> list[tuple[str, int, bool]]:
    """(code, level, from this language only) of every language named, in its order."""
    texts: list[str] = []
    levels = row.all_of("levels")
    cells = row.all_of("languages")
    for number, cell in enumerate(cells):
        parts = [part for part in re.split(r"[;,/\n]", "" if cell.lost else cell.text) if part.strip()]
        beside = levels[number].text if number < len(levels) else ""
        if beside and len(parts) == 1:
            parts = [f"{parts[0]} {beside}"]
        texts += parts
    found: list[tuple[str, int, bool]] = []
    for text in texts:
        one = _language(row, run, text)
        if one is None:
            continue
        if any(one[0] == known[0] for known in found):
            row.fault("languages", _("“%(word)s” stands there twice") % {"word": text.strip()[:60]}, "")
        found.append(one)
    return found


def _language(row: Row, run: Run, text: str) -> tuple[str, int, bool] | None:
    only = bool(SOURCE_ONLY.search(text))
    words = fold(SOURCE_ONLY.sub(" ", text)).split()
    level = None
    for length in (3, 2, 1):
        for where in (slice(-length, None), slice(0, length)):
            part = " ".join(words[where])
            if len(words) > length and part in _LEVELS:
                level = _LEVELS[part]
                words = words[:-length] if where.start == -length else words[length:]
                break
        if level is not None:
            break
    code = run.places.language(" ".join(words)) if words else run.places.language(text)
    shown = text.strip()[:60]
    if code is None:
        row.fault("languages", _("“%(word)s” is not a language of the list") % {"word": shown})
    elif level is None:
        row.fault("languages", _("“%(word)s” has no level") % {"word": shown})
    return None if code is None or level is None else (code, level, only)


def _write_languages(
    run: Run, person: Professional, spoken: list[tuple[str, int, bool]], *, quiet: bool
) -> None:
    """Those named are added or set right; others that are known stay."""
    known = {one.language_id: one for one in ProfessionalLanguage.objects.filter(professional=person)}
    names = {one.code: one.name for one in Language.objects.filter(pk__in=[code for code, *_rest in spoken])}
    for code, level, only in spoken:
        if code in known:
            run.journal.change(known[code], names[code], level=level, understands_only=only)
        else:
            row = ProfessionalLanguage(
                organisation=run.organisation,
                professional=person,
                language_id=code,
                level=level,
                understands_only=only,
            )
            run.journal.create(row, f"{names[code]} {Level(level).label}", quiet=quiet)


# -- mandates ---------------------------------------------------------------------------------------------------------


def _mandate_of(row: Row, country: str) -> tuple[str, date, date | None, str] | None:
    """(country, first day, day after the last or None, basis)."""
    prefix = f"mandate_{country.lower()}"
    first, last = row.day(f"{prefix}_from"), row.day(f"{prefix}_until")
    basis = row.text(f"{prefix}_basis")
    if first is None:
        if (last is not None or basis) and not row.cell(f"{prefix}_from"):
            row.fault(f"{prefix}_from", _("this cell is empty"))
        return None
    if last is not None and last < first:
        row.fault(f"{prefix}_until", _("the mandate ends before it begins"))
        return None
    return country, first, None if last is None else last + timedelta(days=1), basis


def _label(country: str) -> str:
    return f"{Mandate._meta.verbose_name} {country}"


def _write_mandates(
    row: Row,
    run: Run,
    person: Professional,
    mandates: list[tuple[str, date, date | None, str]],
    *,
    quiet: bool,
) -> None:
    known = {(one.country, one.period.lower): one for one in Mandate.objects.filter(professional=person)}
    for country, first, end, basis in mandates:
        period = DateRange(first, end)
        there = known.get((country, first))
        if there is not None:
            run.journal.change(there, _label(country), period=period, **({"basis": basis} if basis else {}))
            continue
        mandate = Mandate(
            organisation=run.organisation, professional=person, country=country, period=period, basis=basis
        )
        run.journal.create(mandate, country, quiet=quiet)
    if not mandates and not known:
        row.notice(_("no mandate: nobody can place this person before one is given"))


PROFESSIONALS = Kind(
    key="professionals",
    label=gettext_lazy("Professionals"),
    about=gettext_lazy("Who intervenes: disciplines, languages, mandates by country, hours."),
    roles=frozenset({Role.COORDINATOR, Role.DESK}),
    columns=COLUMNS,
    apply=_apply,
    key_of=_key,
    order=20,
    aliases=("staff", "people"),
    next_url="board",
    next_label=gettext_lazy("See them on the board"),
)


def load() -> None:
    register(PROFESSIONALS)
