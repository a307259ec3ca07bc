"""Interventions of past months: counts by month, place and kind, without anybody in them.

They become facts of their own kind (``imported``), so that the figures of a semester are whole.
"""

from __future__ import annotations

import hashlib
from typing import Any

from django.utils.translation import gettext_lazy

from versants.core.access.classes import Role
from versants.mobile.enums import InterventionKind, Mode
from versants.mobile.models import InterventionFact
from versants.mobile.services.facts import semester_of
from versants.mobile.services.importing.agreements import AGREEMENTS
from versants.mobile.services.importing.requests import CENTRE, PLACE
from versants.people.services.importing.centres import POSTCODE
from versants.people.services.importing.kinds import Column, Kind, register
from versants.people.services.importing.places import matching
from versants.people.services.importing.rows import Row
from versants.people.services.importing.running import Run
from versants.people.services.importing.said import Said as _
from versants.territory.models import Commune

MOST = 10_000
_KIND = AGREEMENTS.column("kind")
_WORDS = {
    **_KIND.words, "crise": "crisis", "suivi": "follow_up", "suivi individuel": "follow_up", "entretien": "follow_up",
    "opvolging": "follow_up", "gesprek": "follow_up", "evaluation": "assessment", "evaluation des besoins":
    "assessment", "behoefteanalyse": "assessment", "mediation": "mediation", "bemiddeling": "mediation",
    "orientation": "referral", "doorverwijzing": "referral",
}  # fmt: skip
_COUNT = gettext_lazy("a whole number from 0 to 10,000")

COLUMNS = (
    Column("month", gettext_lazy("Month"), ("mois", "periode", "maand", "date", "datum"), True,
           gettext_lazy("a month, such as 03/2026"),
           example={"fr": "Exemple : 01/2026", "nl": "Voorbeeld: 01/2026", "en": "Example: 01/2026"}),
    Column(CENTRE.key, CENTRE.label, CENTRE.names, False, CENTRE.expected,
           example={"fr": "Centre des Tilleuls", "nl": "Centrum De Linde", "en": "Linden Centre"}),
    PLACE,
    POSTCODE,
    Column("kind", gettext_lazy("Kind"), ("type", "type d intervention", "nature", "soort", "soort interventie"), True,
           choices=InterventionKind, words=_WORDS,
           example={"fr": "médiation", "nl": "bemiddeling", "en": "mediation"}),
    Column("delivered", gettext_lazy("Interventions"),
           ("nombre", "nb", "nombre d interventions", "total", "aantal", "aantal interventies", "count", "number"), True,
           _COUNT, example="7"),
    Column("team", gettext_lazy("Team"), ("equipe", "ploeg"), expected=gettext_lazy("your team; yours if empty")),
    Column("attempted", gettext_lazy("In vain"), ("non abouties", "annulees", "tevergeefs", "niet doorgegaan"),
           expected=_COUNT),
    Column("language", gettext_lazy("Language"), ("langue", "taal"),
           expected=gettext_lazy("a language by name in French, Dutch or English, or by code")),
    Column("mode", gettext_lazy("How"), ("mode", "modalite", "hoe", "wijze"), choices=Mode,
           words={"sur place": "on_site", "ter plaatse": "on_site", "telephone": "phone", "telefoon": "phone",
                  "visio": "video", "video": "video"}),
    Column("interpreter", gettext_lazy("With an interpreter"), ("interprete", "avec interprete", "tolk", "met tolk"),
           expected=gettext_lazy("yes or no; empty if it is not known")),
    Column("n_persons", gettext_lazy("Persons met"), ("personnes", "beneficiaires", "personen", "persons"),
           expected=_COUNT, example="9"),
    Column("n_first_contacts", gettext_lazy("First contacts"),
           ("premiers contacts", "nouvelles personnes", "eerste contacten", "nieuwe personen"), expected=_COUNT),
    Column("n_professionals", gettext_lazy("Professionals supported"),
           ("professionnels", "professionnels soutenus", "ondersteunde professionals"), expected=_COUNT),
    Column("hours", gettext_lazy("Hours"), ("heures", "duree totale", "uren", "totale duur"),
           expected=gettext_lazy("hours in all, such as 12,5"), example="10,5"),
)  # fmt: skip


def _where(row: Row, run: Run) -> tuple[str, Commune] | None:
    if row.cell("centre"):
        site = run.places.site(row)
        return (str(site.uid), site.commune) if site is not None else None
    commune = run.places.commune(row)
    if commune is None and not row.cell("commune"):
        row.fault("", _("neither a centre nor a commune is given"), _("where it was"))
    return ("", commune) if commune is not None else None


def _language(row: Row, run: Run) -> str | None:
    cell = row.cell("language")
    if not cell or cell.lost:
        return None
    code = run.places.language(cell.text)
    if code is None:
        row.fault("language", _("“%(word)s” is not a language of the list") % {"word": cell.text[:60]})
    return code


def _interpreter(row: Row, mode: str) -> str:
    said = row.yes("interpreter")
    if said is None:
        return ""
    return "none" if not said else "on_site" if mode == Mode.ON_SITE else "remote"


def _key(row: Row, run: Run) -> tuple[Any, ...] | None:
    where = _where(row, run)
    mode = row.choice("mode") or Mode.ON_SITE
    month, kind = row.month("month"), row.choice("kind")
    if where is None or month is None or kind is None:
        return None
    language = _language(row, run) or ""
    return (
        month.isoformat(),
        where[1].pk,
        where[0],
        str(kind),
        language,
        str(mode),
        _interpreter(row, mode),
    )


def import_key(key: tuple[Any, ...]) -> str:
    """What a row is about, in one word that says nothing: the same row again is the same fact."""
    return hashlib.sha256("|".join(key).encode()).hexdigest()


def _apply(row: Row, run: Run) -> None:
    month, where = row.month("month"), _where(row, run)
    if month is not None and month > run.today:
        row.fault("month", _("this month is yet to come"))
    team = row.text("team", 80)
    if team and not matching([run.team], team, "name"):
        row.fault("team", _("you count for your own team only"), run.team.name)
    mode = row.choice("mode") or Mode.ON_SITE
    counts = {
        name: row.whole(name, 0, MOST) or 0
        for name in ("delivered", "attempted", "n_persons", "n_first_contacts", "n_professionals")
    }
    counts["minutes"] = _minutes(row)
    if counts["n_first_contacts"] > counts["n_persons"] > 0:
        row.fault("n_first_contacts", _("more first contacts than persons met"))
    key = _key(row, run)
    row.check()
    assert month is not None
    assert where is not None
    assert key is not None
    hashed = import_key(key)
    there = InterventionFact.objects.filter(team=run.team, imported=hashed).first()
    if there is not None:
        run.journal.change(there, f"{month:%m/%Y}, {where[1].name}", **counts)
        return
    if not any(counts.values()):
        row.notice(_("nothing is counted in this row"))
        return
    _warn_of_double(row, run, month)
    fact = InterventionFact(
        day=month,
        semester=semester_of(month),
        team=run.team,
        versant=where[1].versant,
        commune=where[1],
        kind=str(row.choice("kind")),
        language_id=_language(row, run),
        mode=mode,
        with_interpreter=_interpreter(row, mode),
        imported=hashed,
        **counts,
    )
    run.journal.create(fact, f"{month:%m/%Y}, {where[1].name}, {fact.get_kind_display()}: {fact.delivered}")


def _minutes(row: Row) -> int:
    from decimal import Decimal

    hours = row.amount("hours", Decimal(0), Decimal(10_000))
    return 0 if hours is None else int((hours * 60).to_integral_value())


def _warn_of_double(row: Row, run: Run, month: Any) -> None:
    seen: dict[Any, int] = run.remembered.setdefault("signed", {})
    if month not in seen:
        own = InterventionFact.objects.filter(
            team=run.team, imported="", day__year=month.year, day__month=month.month
        )
        seen[month] = own.count()
    if seen[month]:
        row.notice(
            _(
                "your team has signed records of this month in Versants already: %(n)s are counted beside these"
            )
            % {"n": seen[month]}
        )


PAST = Kind(
    key="past",
    label=gettext_lazy("Past interventions"),
    about=gettext_lazy("Counts by month, place and kind, so that the semester’s figures are whole."),
    roles=frozenset({Role.COORDINATOR}),
    columns=COLUMNS,
    apply=_apply,
    key_of=_key,
    order=50,
    next_url="figures",
    next_label=gettext_lazy("See the figures"),
)


def load() -> None:
    register(PAST)
