"""``/figures/``: the programme's figures, each bar opening onto the records its reader may see."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from versants.core import audit, clock
from versants.core.access.classes import TEAM_ROLES
from versants.core.svg.bars import Cell, Chart, Group, Series
from versants.core.web.tables import Column, Filter, Table, options
from versants.core.web.words import day_short
from versants.mobile.enums import InterventionKind, Mode, RecordState
from versants.mobile.models import Record
from versants.mobile.services.facts import with_language
from versants.programme import rules
from versants.programme.disclosure import ALL
from versants.programme.services import exports, page
from versants.programme.services.figures import DETAILS, NO_LANGUAGE, VERSANTS, Figures, definition
from versants.territory.models import Commune, Language, Versant

SHOWN_SEMESTERS = 8
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _labels(detail: str, codes: Any) -> list[tuple[str, str]]:
    """(code, word) of a detail's values, by word."""
    if detail == "kind":
        pairs = [(code, str(InterventionKind(code).label)) for code in codes]
    elif detail == "mode":
        pairs = [(code, str(Mode(code).label)) for code in codes]
    elif detail == "language":
        names = {language.pk: language.name for language in Language.objects.filter(pk__in=codes)}
        pairs = [(code, names.get(code, _("no language named"))) for code in codes]
    else:
        pairs = [(commune.pk, commune.name) for commune in Commune.objects.filter(pk__in=codes)]
    return sorted(pairs, key=lambda pair: pair[1].casefold())


def _filters(request: HttpRequest, figures: Figures) -> tuple[list[Filter], str, str, str]:
    """The filters, the versant chosen, and the one detail chosen with its value."""
    whole = {
        "kind": _("all kinds"),
        "language": _("all languages"),
        "mode": _("all ways"),
        "commune": _("all communes"),
    }
    labels = {"kind": _("Kind"), "language": _("Language"), "mode": _("How"), "commune": _("Commune")}
    found = [
        Filter(
            "semester",
            _("Semester"),
            [(s.key, s.key) for s in reversed(figures.semesters)],
            default=figures.semesters[-1].key,
        ),
        Filter("versant", _("Versant"), options(_("all versants"), Versant.choices)),
    ]
    for name in DETAILS:
        found.append(Filter(name, labels[name], options(whole[name], _labels(name, figures.values_of(name)))))
    for one in found:
        one.read(request)
    versant = found[1].value
    detail, value = "", ""
    for one in found[2:]:
        if one.value and not detail:
            detail, value = one.name, one.value
        elif one.value:
            one.value = ""  # one detail at a time
    return found, versant, detail, value


@require_GET
def figures(request: HttpRequest) -> HttpResponse:
    """Summary, chart, tables, definition."""
    rules.check_may_read_figures(request.actor)
    known = Figures(request.actor)
    filters, versant, detail, value = _filters(request, known)
    semester = known.semester(filters[0].value)
    table = known.detail(detail)[value] if detail else known.interventions
    versants = [versant] if versant else list(VERSANTS)
    shown = known.semesters[-SHOWN_SEMESTERS:]

    def url(code: str, key: str) -> str:
        asked = {"semester": key, "versant": code} | ({detail: value} if detail else {})
        return f"{reverse('figure_records')}?{urlencode(asked)}"

    cells = {
        (s.key, code): Cell(
            table.shown(code, s.key) or None, url(code, s.key), hidden=(code, s.key) in table.hidden
        )
        for s in shown
        for code in versants
    }
    chart = Chart(
        id="interventions",
        label=_("Bars: interventions by semester and versant. The table below gives the same figures."),
        groups=[
            Group(
                s.key, s.key, _("until %(day)s") % {"day": day_short(clock.today())} if s.runs else "", s.runs
            )
            for s in shown
        ],
        series=[Series(code, page.versant_name(code)) for code in versants],
        cells=cells,
        noun=lambda n: ngettext("%(n)d intervention", "%(n)d interventions", n) % {"n": n},
    )
    main = page.by_versant(table, known.semesters, versants, url)
    sheets = [] if detail or versant else [page.by_measure(known, semester), page.by_kind(known, semester)]
    counted = definition("intervention")
    context = {
        "filters": filters,
        "semester": semester,
        "sums": _sums(known, table, semester)[: 1 if detail else None],
        "chart": chart,
        "sentence": page.fact_of(known, table, dict(_labels(detail, [value]))[value])
        if detail
        else page.fact(known),
        "detail": detail,
        "main": main,
        "sheets": sheets,
        "unmet": [] if detail else _unmet_lines(known),
        "small": exports.small_sentence(known.minimum),
        "some_imported": known.some_imported,
        "definition": counted,
        "definition_text": exports.text_of(counted) if counted else "",
        "persons_text": exports.text_of(definition("person")) if definition("person") else "",
        "export_language": request.LANGUAGE_CODE[:2],
        "other_languages": [code for code in ("nl", "fr") if code != request.LANGUAGE_CODE[:2]],
        "first": known.semesters[0].key,
        "last": known.semesters[-1].key,
    }
    return render(request, "programme/figures.html", context)


def _shown(value: int | None) -> str:
    return page.HIDDEN if value is None else page.number(value)


def _sums(known: Figures, table: Any, semester: Any) -> list[tuple[str, str, str]]:
    persons = known.of("n_first_contacts").shown(ALL, ALL)
    shares = known.interpreted
    languages = [name for name, _n in _unmet(known) if _n is not None][:2]
    return [
        (
            _("Interventions since the start"),
            _shown(table.shown(ALL, ALL)),
            _("of which %(n)s in %(semester)s")
            % {"n": _shown(table.shown(ALL, semester.key)), "semester": semester.key},
        ),
        (_("Persons accompanied"), _shown(persons), _("each counted once, whatever the team")),
        (
            _("With an interpreter on the spot"),
            page.percent(shares["on_site"]) if shares else page.HIDDEN,
            _("%(remote)s by telephone or video, %(none)s without")
            % {"remote": page.percent(shares["remote"]), "none": page.percent(shares["none"])}
            if shares
            else _("too few visits to say"),
        ),
        (
            _("Needs not met"),
            _shown(known.unmet_shown),
            _("above all %(languages)s") % {"languages": _(" and ").join(languages)} if languages else "",
        ),
    ]


def _unmet_lines(known: Figures) -> list[tuple[str, int | None]]:
    """Languages with their figure; the hidden ones are one line, their names would tell that there was somebody."""
    lines = _unmet(known)
    shown = [(name, n) for name, n in lines if n is not None]
    if len(shown) == len(lines) or known.unmet_shown is None:
        return shown
    return [*shown, (_("other languages"), known.unmet_shown - sum(n for _name, n in shown))]


def _unmet(known: Figures) -> list[tuple[str, int | None]]:
    names = dict(_labels("language", [code for code, _n in known.unmet_by_language]))
    return [(names[code], n) for code, n in known.unmet_by_language]


@require_GET
def records(request: HttpRequest) -> HttpResponse:
    """The records behind one bar, those this reader may see; the page says when they are fewer than the figure."""
    rules.check_may_read_figures(request.actor)
    known = Figures(request.actor)
    filters, versant, detail, value = _filters(request, known)
    semester = known.semester(filters[0].value)
    table = known.detail(detail)[value] if detail else known.interventions
    start, _next = clock.day_bounds(semester.start)
    end, _next = clock.day_bounds(semester.end)
    rows = (
        Record.objects.visible_to(request.actor)
        .filter(state=RecordState.SIGNED, began_at__gte=start, began_at__lt=end)
        .select_related("visit__commune", "visit__site", "team")
    )
    if versant:
        rows = rows.filter(visit__versant=versant)
    if detail == "kind":
        rows = rows.filter(kind=value)
    elif detail == "mode":
        rows = rows.filter(mode=value)
    elif detail == "commune":
        rows = rows.filter(visit__commune=value)
    elif detail == "language":
        rows = with_language(rows)
        rows = (
            rows.filter(counted_language__isnull=True)
            if value == NO_LANGUAGE
            else rows.filter(counted_language=value)
        )
    listed = Table(
        request,
        rows.order_by("-began_at", "-pk"),
        id="records",
        caption=_("Records"),
        row_template="programme/_record_row.html",
        columns=[
            Column("day", _("Day"), sort="began_at", margin=True),
            Column("kind", _("Kind")),
            Column("place", _("Place")),
            Column("team", _("Team")),
            Column("persons", _("Persons"), numeric=True),
        ],
        default_sort="-day",
        close=True,
    )
    n = listed.page.paginator.count
    figure = table.shown(versant or ALL, semester.key)
    audit.record("figure.opened", semester=semester.key, versant=versant, detail=detail, n=n)
    context = {
        "table": listed,
        "n": n,
        "figure": figure,
        "figure_text": _shown(figure),
        "shorter": figure is not None and n < figure,
        "hides": figure is None,
        "sees_records": request.actor.role in TEAM_ROLES,
        "semester": semester,
        "versant_code": versant,
        "versant_name": page.versant_name(versant or ALL),
        "detail": dict(_labels(detail, [value])).get(value, "") if detail else "",
    }
    return render(request, "programme/records.html", context)


@require_GET
def semester_xlsx(request: HttpRequest) -> HttpResponse:
    """The semester's table as a workbook."""
    rules.check_may_read_figures(request.actor)
    language = request.GET.get("lang", "fr")[:2]
    language = language if language in dict(settings.LANGUAGES) else "fr"
    semester = Figures(request.actor).semester(request.GET.get("semester", "")).key
    content = exports.semester_workbook(actor=request.actor, semester=semester, language=language)
    audit.record("figures.exported", semester=semester, language=language)
    response = HttpResponse(content, content_type=TYPE)
    response["Content-Disposition"] = f'attachment; filename="versants-{semester}-{language}.xlsx"'
    return response
