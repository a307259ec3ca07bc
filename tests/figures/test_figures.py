"""Figures equal what was signed; page and workbook say the same; what is small stays hidden."""

from __future__ import annotations

import io
import itertools
import random
import re
from collections import Counter
from datetime import date, timedelta

import openpyxl
import pytest
from django.db import ProgrammingError, connection
from django.db.backends.postgresql.psycopg_any import DateRange
from django.urls import reverse
from django.utils import translation

from tests.records.visits import content, make_visit
from tests.world import actor
from versants.core import clock
from versants.core.access.scope import acting
from versants.core.templatetags.versants import starts
from versants.mobile.enums import AttemptReason, InterventionKind
from versants.mobile.models import FactTotal, FigureDefinition, InterventionFact, Record, Request, UnmetNeed
from versants.mobile.services import facts, records
from versants.programme.disclosure import ALL
from versants.programme.models import DisclosureRule, ReportingPeriod
from versants.programme.services import page
from versants.programme.services.calendar import half, semesters
from versants.programme.services.exports import semester_workbook
from versants.programme.services.figures import DETAILS, Figures, definition, minimum

SITES = {"walloon": "refuge", "french": "cada"}


def fact(world, n=1, day=None, **fields):
    day = day or clock.today()
    values = {
        "day": day,
        "semester": half(day).key,
        "team": world.walloon,
        "versant": "wallonie",
        "commune": world.refuge.commune,
        "kind": "crisis",
        "mode": "on_site",
        "n_persons": 1,
        "n_first_contacts": 1,
        "minutes": 60,
        "with_interpreter": "on_site",
        **fields,
    }
    return InterventionFact.objects.bulk_create([InterventionFact(**values) for _i in range(n)])


def figures_of(member):
    me = actor(member)
    with acting(me):
        known = Figures(me)
        known.interventions  # noqa: B018  # read while acting
        return known


def test_figures_equal_the_signed_records_of_a_random_world(world):
    chance = random.Random(20261123)
    expected: Counter = Counter()
    attempts: Counter = Counter()
    minutes: Counter = Counter()
    for hours in range(40, 40 + 26):
        team = chance.choice(["walloon", "french"])
        member = world.clinician if team == "walloon" else world.french_clinician
        site = getattr(world, SITES[team])
        kind = chance.choice(["crisis", "follow_up", "talk_group"])
        visit = make_visit(getattr(world, team), site, [], hours_ago=hours * 2, kind=kind)
        me = actor(member)
        with acting(me):
            fate = chance.random()
            if fate < 0.2:
                records.note_attempt(visit=visit, actor=me, reason=chance.choice(AttemptReason.values))
                attempts[visit.versant] += 1
                continue
            lasted = chance.choice([30, 45, 60, 90])
            record = records.save_draft(
                visit=visit, actor=me, version=0, content=content(visit, duration_min=lasted, n_persons=2)
            )
            if fate < 0.35:
                continue  # a draft counts for nothing
            records.sign_record(record=record, actor=me, version=record.version)
            expected[visit.versant, kind] += 1
            minutes[visit.versant] += lasted
    me = actor(world.officer)
    with acting(me):
        known = Figures(me)
        for versant in ("wallonie", "hauts-de-france"):
            whole = sum(n for (v, _kind), n in expected.items() if v == versant)
            assert known.interventions.values[versant, ALL] == whole
            assert known.of("attempted").values[versant, ALL] == attempts[versant]
            assert known.of("minutes").values[versant, ALL] == minutes[versant]
            for kind, table in known.detail("kind").items():
                assert table.values[versant, ALL] == expected[versant, kind]
        assert known.interventions.values[ALL, ALL] == sum(expected.values())
    assert sum(expected.values()) == Record.objects.filter(state="signed").count()


def test_small_figures_are_hidden_on_the_page_and_nothing_tells_them(world, client_for):
    old = clock.today() - timedelta(days=400)
    fact(world, 31, old)
    fact(world, 20)
    fact(world, 28, old, versant="hauts-de-france")
    fact(world, 2, versant="hauts-de-france")
    known = figures_of(world.officer)
    now = half(clock.today()).key
    assert known.interventions.shown("hauts-de-france", now) is None
    answer = client_for(world.officer).get(reverse("figures"))
    sheet = answer.context["main"]
    for line in sheet.lines:
        assert line.figures[-2].value != 2
    hidden = sum(figure.value is None for line in sheet.lines for figure in line.figures)
    assert hidden >= 4
    assert f"versant=hauts-de-france&amp;semester={now}" not in answer.content.decode()


def test_one_detail_at_a_time(world, client_for):
    fact(world, 9)
    fact(world, 9, mode="phone", kind="follow_up")
    answer = client_for(world.officer).get(reverse("figures"), {"kind": "crisis", "mode": "phone"})
    assert [f.value for f in answer.context["filters"]][2:] == ["crisis", "", "", ""]
    assert answer.context["main"].lines[-1].figures[-1].value == 9


def test_the_list_behind_a_bar_follows_the_language_as_counted(world, client_for):
    me = actor(world.clinician)
    for i in range(3):
        visit = make_visit(
            world.walloon,
            world.refuge,
            [("interpreter", world.selam)] if i else [],
            hours_ago=5 + 3 * i,
            language="tir" if i else "",
        )
        with acting(me):
            record = records.save_draft(visit=visit, actor=me, version=0, content=content(visit))
            records.sign_record(record=record, actor=me, version=record.version)
    assert sorted(InterventionFact.objects.values_list("language_id", flat=True), key=str) == [
        None,
        "tir",
        "tir",
    ]
    browser = client_for(world.coordinator)
    for value, n in (("tir", 2), ("none", 1)):
        assert browser.get(reverse("figure_records"), {"language": value}).context["n"] == n


@pytest.mark.parametrize("language", ["fr", "nl"])
def test_the_workbook_reopened_equals_the_page(world, client_for, language):
    for days, n in ((0, 12), (0, 3), (190, 30), (400, 25)):
        fact(
            world,
            n,
            clock.today() - timedelta(days=days),
            versant=("wallonie" if n != 3 else "west-vlaanderen"),
        )
        fact(world, n + 6, clock.today() - timedelta(days=days), versant="hauts-de-france", kind="mediation")
    semester = half(clock.today()).key
    browser = client_for(world.officer, language)
    shown = browser.get(reverse("figures"), {"semester": semester})
    answer = browser.get(reverse("semester_xlsx"), {"semester": semester, "lang": language})
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    sheets = [shown.context["main"], *shown.context["sheets"]]
    assert len(book.sheetnames) == len(sheets) + 1
    for sheet, work in zip(sheets, book.worksheets, strict=False):
        assert work.title == sheet.title[:31]
        assert [cell.value for cell in work[1]] == [sheet.corner, *sheet.columns]
        for row, line in enumerate(sheet.lines, 2):
            expected = [
                starts(line.label),
                *(page.HIDDEN if f.value is None else f.value for f in line.figures),
            ]
            assert [work.cell(row, i + 1).value for i in range(len(expected))] == expected
            assert all(work.cell(row, i + 1).data_type in "sn" for i in range(len(expected)))
    with translation.override(language):
        assert sheets[1].corner == {"fr": "Versant", "nl": "Deelgebied"}[language]
    assert any(f.value is None for sheet in sheets for line in sheet.lines for f in line.figures)


@pytest.mark.parametrize(("language", "others"), [("fr", ["nl"]), ("nl", ["fr"]), ("en", ["nl", "fr"])])
def test_the_workbook_is_offered_in_ones_own_language_and_those_of_the_programme(
    world, client_for, language, others
):
    html = client_for(world.officer, language).get(reverse("figures")).content.decode()
    assert re.findall(r'xlsx\?semester=[\d-]+&amp;lang=(\w+)"', html) == [language, *others]


def test_no_text_of_the_workbook_becomes_a_formula(world):
    FigureDefinition.objects.update(text_fr='=HYPERLINK("http://example.org")')
    fact(world, 9)
    me = actor(world.officer)
    with acting(me):
        content_ = semester_workbook(actor=me, semester=half(clock.today()).key, language="fr")
    book = openpyxl.load_workbook(io.BytesIO(content_))
    cells = [
        cell for work in book.worksheets for row in work.iter_rows() for cell in row if cell.value is not None
    ]
    assert any(str(cell.value).startswith("=HYPERLINK") for cell in cells)
    assert {cell.data_type for cell in cells} <= {"s", "n", "d"}  # text, numbers, days: no formula
    assert not any(cell.hyperlink for cell in cells)


@pytest.mark.parametrize("n", [10, 60])
def test_the_pages_queries_do_not_grow(world, client_for, django_assert_max_num_queries, n):
    for days in range(0, 800, 200):
        fact(world, n, clock.today() - timedelta(days=days))
    browser = client_for(world.officer)
    with django_assert_max_num_queries(40):
        assert browser.get(reverse("figures")).status_code == 200


# -- shares, unmet needs, definitions, calendar ------------------------------------------------------------


def test_shares_add_up_and_stay_silent_when_few(world):
    fact(world, 70)
    fact(world, 20, with_interpreter="remote")
    fact(world, 5, with_interpreter="none")
    shares = figures_of(world.officer)
    me = actor(world.officer)
    with acting(me):
        assert shares.interpreted == {"on_site": 74, "remote": 21, "none": 5}
    InterventionFact.objects.filter(with_interpreter="none").delete()
    fact(world, 3, with_interpreter="none")
    with acting(me):
        assert Figures(me).interpreted is None


def test_unmet_needs_hide_small_languages_and_the_one_that_would_tell_them(world):
    for code, n in (("tir", 14), ("pus", 9), ("som", 2)):
        UnmetNeed.objects.bulk_create(
            [
                UnmetNeed(
                    day=clock.today(),
                    semester=half(clock.today()).key,
                    team=world.walloon,
                    versant="wallonie",
                    language_id=code,
                    urgency="urgent",
                    origin="refused",
                    reason="no_interpreter",
                    part_of_day="evening",
                )
                for _i in range(n)
            ]
        )
    me = actor(world.officer)
    with acting(me):
        known = Figures(me)
        assert known.unmet_shown == 25
        assert known.unmet_by_language == [("tir", 14), ("pus", None), ("som", None)]


@pytest.mark.parametrize(("reason", "counts"), [("no_interpreter", 1), ("no_capacity", 1), ("emergency", 0)])
def test_a_refusal_for_want_of_somebody_is_an_unmet_need(world, reason, counts):
    visit = make_visit(world.walloon, world.refuge, [])
    request = Request.objects.get(pk=visit.request_id)
    me = actor(world.coordinator)
    with acting(me):
        facts.note_refusal(request, reason)
    assert UnmetNeed.objects.filter(language_id="tir", origin="refused", versant="wallonie").count() == counts


def test_definitions_and_thresholds_are_dated_data(db):
    assert definition("intervention").counts["attempts"] is False
    FigureDefinition.objects.filter(key="intervention").update(valid_to=date(2030, 1, 1))
    newer = FigureDefinition.objects.create(
        key="intervention", valid_from=date(2030, 1, 1), text_fr="x", text_nl="x", text_en="x"
    )
    assert definition("intervention", date(2029, 12, 31)).pk != newer.pk
    assert definition("intervention", date(2030, 1, 1)) == newer
    assert (minimum("partners"), minimum("public")) == (5, 11)
    DisclosureRule.objects.create(audience="partners", minimum=7, valid_from=date(2030, 1, 1), source="test")
    assert minimum("partners", date(2030, 1, 2)) == 7


def test_semesters_are_calendar_halves_unless_the_calendar_says_otherwise(db):
    assert [s.key for s in semesters(date(2025, 12, 31), date(2026, 7, 1))] == ["2025-2", "2026-1", "2026-2"]
    # The project's own first semester: April to the end of June.
    ReportingPeriod.objects.create(key="S1", days=(date(2018, 4, 1), date(2018, 10, 1)))
    found = semesters(date(2018, 1, 1), date(2018, 12, 31))
    assert [(s.key, s.start, s.end) for s in found] == [
        ("2018-1", date(2018, 1, 1), date(2018, 4, 1)),
        ("S1", date(2018, 4, 1), date(2018, 10, 1)),
        ("2018-2", date(2018, 10, 1), date(2019, 1, 1)),
    ]
    assert all(one.end == after.start for one, after in itertools.pairwise(found))


def test_the_sentence_states_the_fact(world, client_for):
    assert client_for(world.officer).get(reverse("figures")).context["sentence"]
    for i in range(6):
        day = clock.today() - timedelta(days=183 * i)
        fact(world, 60 - 5 * i, day)
        fact(world, 30, day, versant="hauts-de-france")
    text = client_for(world.officer, "nl").get(reverse("figures")).context["sentence"]
    assert text.startswith("In Wallonië kwamen er de meeste interventies bij: 55 in ")


def test_kinds_are_all_known(world):
    fact(world, 6, kind=InterventionKind.REFERRAL)
    me = actor(world.officer)
    with acting(me):
        assert set(Figures(me).detail("kind")) == {"referral"}


def test_hidden_languages_are_not_named(world, client_for):
    for code, n in (("tir", 14), ("pus", 9), ("som", 2)):
        UnmetNeed.objects.bulk_create(
            [
                UnmetNeed(
                    day=clock.today(),
                    semester=half(clock.today()).key,
                    team=world.walloon,
                    versant="wallonie",
                    language_id=code,
                    urgency="urgent",
                    origin="refused",
                    reason="no_interpreter",
                    part_of_day="evening",
                )
                for _i in range(n)
            ]
        )
    answer = client_for(world.officer).get(reverse("figures"))
    assert [n for _name, n in answer.context["unmet"]] == [14, 11]
    assert "omali" not in answer.content.decode()


def test_a_detail_says_its_own_sentence_and_nothing_of_the_whole(world, client_for):
    fact(world, 9)
    fact(world, 8, kind="mediation")
    answer = client_for(world.officer).get(reverse("figures"), {"kind": "mediation"})
    assert answer.context["sentence"].startswith("Médiation")
    assert len(answer.context["sums"]) == 1
    assert answer.context["sheets"] == answer.context["unmet"] == []


def test_a_month_brought_in_is_corrected_at_once_in_the_figures(world):
    def delivered() -> int:
        with acting(actor(world.officer)):
            return sum(row["sum_delivered"] for row in Figures(actor(world.officer))._sums())

    fact(world, 12)
    fact(world, 1, imported="a list")
    assert delivered() == 13
    InterventionFact.objects.filter(imported="a list").update(delivered=30)
    assert delivered() == 42


def _counted_anew(known):
    """The same sums, fact by fact."""
    known.__dict__["_by_month"] = False
    return {
        detail: sorted((tuple(sorted(row.items())) for row in known._sums(detail)), key=str)
        for detail in ("", *DETAILS)
    }


def _kept(known):
    assert known._by_month
    return {
        detail: sorted((tuple(sorted(row.items())) for row in known._sums(detail) if _some(row)), key=str)
        for detail in ("", *DETAILS)
    }


def _some(row):
    return any(n for name, n in row.items() if name.startswith("sum_"))


def test_the_sums_kept_are_those_of_the_facts_after_every_kind_of_change(world):
    chance = random.Random(7)
    officer = actor(world.officer)
    for turn in range(6):
        for _n in range(chance.randint(1, 9)):
            done = chance.random() < 0.8
            fact(
                world,
                chance.randint(1, 3),
                day=clock.today() - timedelta(days=chance.randint(0, 500)),
                versant=chance.choice(["wallonie", "hauts-de-france"]),
                kind=chance.choice(["crisis", "mediation"]),
                language_id=chance.choice([None, "tir", "prs"]),
                mode=chance.choice(["on_site", "phone"]),
                with_interpreter=chance.choice(["", "none", "remote"]),
                delivered=int(done),
                attempted=int(not done),
            )
        fact(world, 1, imported=f"list {turn}", delivered=40)
        brought = InterventionFact.objects.exclude(imported="")
        if turn % 2:
            brought.filter(imported=f"list {turn - 1}").update(
                delivered=17 + turn, kind="follow_up", day=clock.today() - timedelta(days=90)
            )
        if turn == 4:
            brought.filter(imported="list 2").delete()
        if turn in {2, 5}:
            with acting(officer), connection.cursor() as cursor:
                cursor.execute("SELECT app.fold_fact_totals()")
        with acting(officer):
            assert _kept(Figures(officer)) == _counted_anew(Figures(officer))
    with acting(officer):
        rows = list(FactTotal.objects.values_list("month", "versant", "detail", "value"))
    assert len(rows) == len(set(rows))  # folded: one row a sum


def test_nobody_but_the_trigger_writes_sums(world):
    fact(world, 3)
    with acting(actor(world.coordinator)):
        assert FactTotal.objects.update(delivered=0) == 0
        assert FactTotal.objects.all().delete()[0] == 0
    with pytest.raises(ProgrammingError), acting(actor(world.coordinator)):
        FactTotal.objects.create(
            month=clock.today(), versant="wallonie", delivered=1, attempted=0, n_persons=0,
            n_first_contacts=0, n_professionals=0, minutes=0,
        )  # fmt: skip


def test_periods_that_begin_within_a_month_are_counted_by_the_day(world):
    ReportingPeriod.objects.create(key="2025-x", days=DateRange(date(2025, 1, 1), date(2025, 3, 10)))
    fact(world, 11, day=date(2025, 3, 9))
    fact(world, 13, day=date(2025, 3, 10))
    me = actor(world.officer)
    with acting(me):
        known = Figures(me)
        assert not known._by_month
        sums = {row["period"]: row["sum_delivered"] for row in known._sums()}
        assert sums["2025-x"] == 11
        assert sums["2025-1"] == 13
        by_kind = {(row["period"], row["value"]): row["sum_delivered"] for row in known._sums("kind")}
        assert by_kind == {("2025-x", "crisis"): 11, ("2025-1", "crisis"): 13}


def test_needs_refused_before_the_first_visit_have_their_semester(world, settings):
    """Refused in May for want of a team, the first visit in July: no need is left out of the tables."""
    settings.FROZEN_NOW = "2026-11-24T09:00:00+01:00"
    UnmetNeed.objects.bulk_create(
        UnmetNeed(
            day=date(2026, 5, 4),
            semester="2026-1",
            team=world.walloon,
            versant="wallonie",
            urgency="urgent",
            origin="refused",
            reason="no_capacity",
            part_of_day="morning",
        )
        for _i in range(7)
    )
    before = figures_of(world.coordinator)
    fact(world, 7, day=date(2026, 7, 10))
    me = actor(world.coordinator)
    with acting(me):
        known = Figures(me)
        needs = known.unmet_table()
        assert needs.shown(ALL, "2026-1") == needs.shown(ALL, ALL) == known.unmet_total == 7
        with translation.override("en"):
            assert page.fact(known) == "7 interventions were counted since 2026-2."
    assert before.keys == known.keys == ("2026-1", "2026-2")
