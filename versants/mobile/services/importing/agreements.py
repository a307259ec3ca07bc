"""Standing agreements: a recurring presence at a centre.

There is no table of agreements. What the product knows is a request of a centre with one need that is a series: an
agreement becomes that, with its visits to come. What is over by today is not planned again.
"""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

from django.utils.translation import gettext_lazy

from versants.core import clock
from versants.core.access.classes import Role
from versants.core.periods import span
from versants.mobile.enums import Agreement, Audience, Channel, InterventionKind, Mode, Urgency
from versants.mobile.models import Request
from versants.mobile.services import triage
from versants.mobile.services.asking import create_request
from versants.mobile.services.importing.requests import CENTRE, LANGUAGES, PLACE, import_uid, known_here
from versants.mobile.services.series import Series
from versants.mobile.services.triage import NeedPlan, SlotPlan, VisitPlan
from versants.people.enums import Discipline, TeamKind
from versants.people.models import Site
from versants.people.services.importing import values
from versants.people.services.importing.centres import POSTCODE
from versants.people.services.importing.kinds import Column, Kind, register
from versants.people.services.importing.professionals import PROFESSIONALS
from versants.people.services.importing.rows import Row
from versants.people.services.importing.running import Run
from versants.people.services.importing.said import Said as _
from versants.territory import calendars

ARRIVAL = timedelta(minutes=30)  # the team is there within half an hour of the announced hour
_DISCIPLINES = PROFESSIONALS.column("disciplines")

COLUMNS = (
    Column(CENTRE.key, CENTRE.label, CENTRE.names, True, CENTRE.expected, example=CENTRE.example),
    PLACE,
    POSTCODE,
    Column("kind", gettext_lazy("Kind of presence"), ("type", "nature", "activite", "soort", "type aanwezigheid", "kind"),
           True, choices=InterventionKind,
           words={"permanence": "drop_in", "spreekuur": "drop_in", "zitdag": "drop_in", "groupe": "talk_group",
                  "groupe de parole": "talk_group", "praatgroep": "talk_group", "gespreksgroep": "talk_group",
                  "soutien aux equipes": "team_support", "analyse de pratiques": "team_support",
                  "intervisie": "team_support"},
           example={"fr": "permanence", "nl": "spreekuur", "en": "drop-in half-day"}),
    Column("weekday", gettext_lazy("Weekday"), ("jour", "jour de la semaine", "dag", "weekdag", "day"), True,
           gettext_lazy("a day of the week"), example={"fr": "mardi", "nl": "dinsdag", "en": "Tuesday"}),
    Column("from_hour", gettext_lazy("From"), ("de", "debut", "heure de debut", "van", "beginuur"), True,
           gettext_lazy("an hour, such as 08:30"), example="13:30"),
    Column("to_hour", gettext_lazy("To"), ("a", "fin", "heure de fin", "tot", "einduur"), True,
           gettext_lazy("an hour, such as 08:30"), example="16:30"),
    Column("first_day", gettext_lazy("First day"), ("du", "date de debut", "a partir du", "vanaf", "begindatum"),
           expected=gettext_lazy("a day, such as 31/12/2026")),
    Column("last_day", gettext_lazy("Last day"), ("au", "date de fin", "jusqu au", "tot en met", "einddatum"), True,
           gettext_lazy("a day, such as 31/12/2026"), example="31/12/2027"),
    Column("every_weeks", gettext_lazy("Every how many weeks"),
           ("frequence", "toutes les x semaines", "frequentie", "om de hoeveel weken", "every"),
           expected=gettext_lazy("1 every week, 2 every other week, up to 8"), example="1"),
    Column("disciplines", gettext_lazy("Who comes"), ("fonctions", "disciplines", "intervenants", "wie komt"),
           choices=Discipline, words=_DISCIPLINES.words,
           expected=gettext_lazy("one or several disciplines, separated by semicolons"),
           example={"fr": "psychologue; assistant social", "nl": "psycholoog; maatschappelijk werker",
                    "en": "psychologist; social worker"}),
    LANGUAGES,
)  # fmt: skip


def _what(row: Row, run: Run) -> tuple[Site, str, int, time] | None:
    site, kind, start = run.places.site(row), row.choice("kind"), row.hour("from_hour")
    day = None
    if row.cell("weekday") and not row.cell("weekday").lost:
        try:
            day = values.weekday(row.cell("weekday").text, row.head.language)
        except values.Unclear as exc:
            row.fault("weekday", _("this may mean two things: %(two)s") % {"two": exc.args[0]})
        except ValueError:
            row.fault("weekday", _("this cannot be read"))
    else:
        row.text("weekday")  # says that it is empty
    if site is None or kind is None or start is None or day is None:
        return None
    return site, kind, day, start


def _key(row: Row, run: Run) -> tuple[Any, ...] | None:
    found = _what(row, run)
    return (found[0].pk, *found[1:]) if found else None


def _apply(row: Row, run: Run) -> None:
    if run.team.kind != TeamKind.INTEGRAPSY:
        row.fault("", _("your team receives no requests"))
        row.check()
    what, end = _what(row, run), row.hour("to_hour")
    first, last = row.day("first_day"), row.day("last_day")
    every = row.whole("every_weeks", 1, 8) or 1
    roles, languages = row.choices("disciplines"), run.places.languages(row)
    if Discipline.INTERPRETER in roles and not languages:
        row.fault("languages", _("this cell is empty"), _("the language the interpreter speaks"))
    row.check()
    assert what is not None
    assert end is not None
    assert last is not None
    site, kind, day, start = what
    minutes = (end.hour - start.hour) * 60 + end.minute - start.minute
    if not 15 <= minutes <= 600:
        row.fault("to_hour", _("a presence lasts between 15 minutes and 10 hours"))
    begin = _first(first, day, every, run.today)
    days = _days(begin, last, every, site.country)
    uid = import_uid(run, f"agreement|{site.uid}|{kind}|{day}|{start:%H:%M}")
    if (known := Request.objects.visible_to(run.actor).filter(uid=uid).first()) is not None:
        row.check()
        row.notice(
            _("this agreement is there already as request %(number)s; change it on its page")
            % {"number": known.number}
        )
        return
    if not days:
        row.fault("last_day", _("nothing of this agreement is still to come"))
    elif len(days) > triage.MOST_VISITS:
        last = days[triage.MOST_VISITS - 1]
        row.notice(
            _("the first sixty visits are planned, until %(day)s; import the rest later")
            % {"day": f"{last:%d/%m/%Y}"}
        )
        days = days[: triage.MOST_VISITS]
    row.check()
    request = create_request(
        actor=run.actor,
        team=run.team,
        channel=Channel.PHONE,
        uid=uid,
        site=site,
        urgency=Urgency.PLANNED,
        audience=Audience.STAFF if kind == InterventionKind.TEAM_SUPPORT else Audience.GROUP,
        agreement=Agreement.TOLD,
        languages=languages,
        duration_min=minutes,
    )
    known_here(run, request)
    _plan(run, request, kind, days, start, minutes, every, roles, languages)
    request.refresh_from_db()
    title = f"{site}, {request.needs.get().get_kind_display()}, {len(days)} ×"
    run.journal.create(request, title, saved=True)
    run.journal.entries[-1].before = {"what": "agreement"}


def _plan(
    run: Run,
    request: Request,
    kind: str,
    days: list[date],
    start: time,
    minutes: int,
    every: int,
    roles: list[str],
    languages: list[str],
) -> None:
    lower = clock.at(days[0], start.hour, start.minute)
    people = [one for one in roles if one != Discipline.INTERPRETER] or list(
        triage.ROLES.get(InterventionKind(kind), (Discipline.PSYCHOLOGIST,))
    )
    slots = [SlotPlan(one) for one in people]
    if languages:
        slots.append(SlotPlan(Discipline.INTERPRETER, languages[0], tuple(languages[1:])))
    visit = VisitPlan(tuple(slots), span(lower, lower + ARRIVAL), minutes, Mode.ON_SITE)
    triage.plan_needs(
        request=request,
        actor=run.actor,
        needs=[NeedPlan(kind, (visit,), Series(len(days), every) if len(days) > 1 else None)],
    )


def _first(first: date | None, day: int, every: int, today: date) -> date:
    """The first presence after today, in the rhythm that began on ``first``."""
    start = first or today + timedelta(days=1)
    start += timedelta(days=(day - start.weekday()) % 7)
    while start <= today:
        start += timedelta(weeks=every)
    return start


def _days(begin: date, last: date, every: int, country: str) -> list[date]:
    """Presences until the last day; those on public holidays fall out, as the agreement ends when it ends."""
    found: list[date] = []
    day = begin
    while day <= last and len(found) < 500:
        if not calendars.is_holiday(day, country):
            found.append(day)
        day += timedelta(weeks=every)
    return found


AGREEMENTS = Kind(
    key="agreements",
    label=gettext_lazy("Standing agreements"),
    about=gettext_lazy(
        "Regular presence at a centre: each becomes a request with its series of visits to come."
    ),
    roles=frozenset({Role.COORDINATOR}),
    columns=COLUMNS,
    apply=_apply,
    key_of=_key,
    order=40,
    next_url="board",
    next_label=gettext_lazy("Find their teams on the board"),
)


def load() -> None:
    register(AGREEMENTS)
