"""From the file to its end: seen, written, there already, taken back; and what stays because somebody built on it."""

from __future__ import annotations

import io
from datetime import date, timedelta

import openpyxl
import pytest
from django.utils import translation

from tests.imports import sheets
from tests.imports.sheets import as_csv, as_xlsx
from versants.core import clock
from versants.core.access.scope import Actor, acting
from versants.core.crypto import vault
from versants.core.errors import ActionDenied, BadInput, InvalidTransition
from versants.core.models import AuditEvent, DataKey
from versants.mobile.models import InterventionFact, Request, Visit
from versants.people.models import (
    Absence,
    Import,
    Mandate,
    Organisation,
    Professional,
    ProfessionalLanguage,
    ProfessionalPrivate,
    Site,
    SiteContact,
    WeeklyShift,
)
from versants.people.services.importing import kinds, service, undoing, writing
from versants.programme.disclosure import ALL as ALL_OF
from versants.programme.services.figures import Figures

ALL = (
    ("centres", sheets.CENTRES),
    ("professionals", sheets.PROFESSIONALS),
    ("requests", sheets.REQUESTS),
    ("agreements", sheets.AGREEMENTS),
    ("past", sheets.PAST),
)
TABLES = (
    Organisation, Site, SiteContact, Professional, ProfessionalLanguage, ProfessionalPrivate, Mandate, WeeklyShift,
    Request, Visit, InterventionFact,
)  # fmt: skip


@pytest.fixture(autouse=True)
def _french():
    with translation.override("fr"):
        yield


def state():
    """Every row of the tables concerned."""
    return {model.__name__: sorted(map(repr, model.objects.values_list())) for model in TABLES}


def undo(house, imported):
    with acting(house.actor):
        kept = service.take_back(actor=house.actor, imported=imported)
    imported.refresh_from_db()
    return kept


def faults(report):
    return [(o.row, f.column, f.cell, str(f.wrong)) for o in report.outcomes for f in o.faults]


def test_a_team_comes_in_a_second_time_changes_nothing_and_all_of_it_goes_back(house, bring_in):
    before, keys = state(), DataKey.objects.count()
    done = []
    for kind, rows in ALL:
        imported, report = bring_in(house, kind, as_xlsx(rows))
        assert (imported.state, imported.n_new, imported.n_faulty) == ("applied", len(rows) - 1, 0), kind
        assert report.unknown == []
        done.append(imported)
    after = state()
    assert Site.objects.count() == 41
    assert Professional.objects.count() == 12
    for kind, rows in ALL:
        again, _report = bring_in(house, kind, as_csv(rows), confirm=False)
        assert (again.n_new, again.n_changed, again.n_same) == (0, 0, len(rows) - 1), kind
        with pytest.raises(BadInput, match=r"import\.nothing"), acting(house.actor):
            service.confirm(actor=house.actor, imported=again)
    assert state() == after
    for imported in reversed(done):
        assert undo(house, imported) == [], imported.kind
    assert state() == before
    assert DataKey.objects.exclude(pk__in=Import.objects.values("key")).count() == keys
    actions = list(AuditEvent.objects.filter(action__startswith="import.").values_list("action", flat=True))
    assert actions.count("import.applied") == actions.count("import.undone") == 5


def test_a_preview_writes_nothing_but_itself(house, bring_in):
    before = state()
    imported, report = bring_in(house, "centres", as_xlsx(sheets.CENTRES), confirm=False)
    assert report.n("new") == 40
    assert imported.state == "previewed"
    assert state() == before


def test_what_changes_is_said_from_what_to_what_and_goes_back(house, bring_in):
    bring_in(house, "professionals", as_xlsx(sheets.PROFESSIONALS))
    before = state()
    changed = as_csv(
        [
            ["Prénom", "Nom", "E-mail", "Tel", "Fonction", "Langues", "Habilitation FR du", "Habilitation France au"],
            ["Anne", "Essai0", "0@example.org", "+32 000 00 99 99", "psychologue; médiatrice",
             "anglais C2; arabe B1 (source)", "15/01/2020", "31/12/2030"],
        ]
    )  # fmt: skip
    imported, report = bring_in(house, "professionals", changed)
    changes = report.outcomes[0].changes
    assert {(str(c.label), str(c.before), str(c.after)) for c in changes} == {
        ("disciplines", "psychologue", "psychologue, médiateur interculturel"),
        ("téléphone", "+32 000 00 00 00", "+32 000 00 99 99"),
        ("anglais, niveau", "C1", "C2"),
        ("habilitation FR, de, à", "15/01/2020 – …", "15/01/2020 – 31/12/2030"),
    }  # fmt: skip
    assert [str(one) for one in report.outcomes[0].created] == ["langue de travail\xa0: arabe B1"]
    # Whoever opens it in another language reads it in theirs.
    kept = service.report_of(imported)
    with translation.override("nl"):
        assert "disciplines" in {str(c.label) for c in kept.outcomes[0].changes}
        assert ("psycholoog", "psycholoog, intercultureel bemiddelaar") in {
            (str(c.before), str(c.after)) for c in kept.outcomes[0].changes
        }
        assert [str(one).split(":")[0] for one in kept.outcomes[0].created] == ["werktaal"]
    assert ProfessionalLanguage.objects.get(language_id="ara").understands_only
    assert undo(house, imported) == []
    assert state() == before


@pytest.mark.parametrize("said", ["néerlandais C1", "Nederlands C1", "Dutch C1", "nld C1", "nl C1"])
def test_dutch_is_brought_in_under_every_name(house, bring_in, said):
    rows = [
        ["Prénom", "Nom", "Fonction", "Langues"],
        ["Anne", "Essai0", "psychologue", f"tigrigna C2; {said}"],
    ]
    _imported, report = bring_in(house, "professionals", as_csv(rows))
    assert report.n("new") == 1
    spoken = dict(ProfessionalLanguage.objects.values_list("language_id", "level"))
    assert spoken == {"tir": 6, "nld": 5}


def test_what_was_built_on_or_changed_since_stays_and_is_listed(house, bring_in):
    imported, _report = bring_in(house, "professionals", as_xlsx(sheets.PROFESSIONALS))
    anne, bruno, chloe = (Professional.objects.get(first_name=name) for name in ("Anne", "Bruno", "Chloé"))
    now = clock.now()
    Absence.objects.create(
        organisation=house.organisation, professional=anne, held=(now, now + timedelta(days=1)), kind="leave"
    )
    bruno.weekly_hours = 19
    bruno.save()
    ProfessionalLanguage.objects.create(
        organisation=house.organisation, professional=chloe, language_id="tir", level=3
    )
    kept = undo(house, imported)
    assert [(one.row, one.label) for one in kept] == [
        (2, "Anne Essai0"), (3, "Bruno Essai1"), (4, "Chloé Essai2"),
    ]  # fmt: skip
    assert [one.why for one in kept] == [
        "quelque chose a été construit dessus depuis",
        "changé depuis\xa0: heures par semaine",
        "quelque chose a été construit dessus depuis",
    ]
    assert sorted(Professional.objects.values_list("first_name", flat=True)) == ["Anne", "Bruno", "Chloé"]
    # Kept is kept whole: languages and mandates with it.
    assert Mandate.objects.filter(professional=bruno).count() == 2
    assert imported.n_kept == 3
    assert service.kept_of(imported) == kept


def test_a_field_changed_since_stays_the_others_go_back(house, bring_in):
    bring_in(
        house, "centres", as_csv([["Nom", "Commune", "Adresse", "Type"], ["A", "Mouscron", "Rue 1", "x"]])
    )
    imported, report = bring_in(
        house, "centres", as_csv([["Nom", "Commune", "Adresse", "Type"], ["A", "Moeskroen", "Rue 2", "CADA"]])
    )
    assert [(str(c.before), str(c.after)) for c in report.outcomes[0].changes] == [
        ("x", "CADA"),
        ("Rue 1", "Rue 2"),
    ]
    Site.objects.filter(name="A").update(address="Rue 3")
    assert len(undo(house, imported)) == 1
    site = Site.objects.get(name="A")
    assert (site.address, site.kind) == ("Rue 3", "x")


def test_a_centre_that_another_team_uses_stays_though_this_team_cannot_see_why(house, bring_in, world):
    imported, _report = bring_in(house, "centres", as_csv([["Nom", "Commune"], ["B", "Tournai"]]))
    site = Site.objects.get(name="B")
    Request.objects.create(
        team=world.french,
        key=vault.new_key(),
        number="R-1999-00001",
        channel="phone",
        site=site,
        urgency="urgent",
        promised_at=clock.now(),
    )
    kept = undo(house, imported)
    assert {one.label for one in kept} == {"B"}
    assert Site.objects.filter(pk=site.pk).exists()
    assert Organisation.objects.filter(name="B").exists()


def test_a_request_somebody_worked_on_stays(house, bring_in):
    from versants.mobile.services.requests import accept_request

    bring_in(house, "centres", as_xlsx(sheets.CENTRES))
    imported, _report = bring_in(house, "requests", as_xlsx(sheets.REQUESTS))
    with acting(house.actor):
        accept_request(request=Request.objects.get(site__name="Centre des Essais 1"), actor=house.actor)
    kept = undo(house, imported)
    assert [one.row for one in kept] == [2]
    assert Request.objects.count() == 1


def test_requests_come_without_persons_and_with_a_promise_from_today(house, bring_in):
    bring_in(house, "centres", as_xlsx(sheets.CENTRES))
    bring_in(house, "requests", as_xlsx(sheets.REQUESTS))
    one, two, three = Request.objects.order_by("number")
    assert clock.local(one.asked_at).date() == date(2026, 6, 1)
    assert one.promised_at > clock.now()
    assert [r.state for r in (one, two, three)] == ["new", "incomplete", "new"]
    assert [r.persons.count() for r in (one, two, three)] == [0, 0, 0]
    assert [each.language_id for each in two.languages.all()] == ["ara", "eng"]
    # Whoever imports it is the coordination: only what comes after is still to be told.
    assert set(one.escalation.filter(done_at=None).values_list("kind", flat=True)) == {
        "other_team", "tell_requester",
    }  # fmt: skip


def test_an_agreement_is_a_series_of_visits_to_come(house, bring_in):
    bring_in(house, "centres", as_xlsx(sheets.CENTRES))
    bring_in(house, "agreements", as_xlsx(sheets.AGREEMENTS))
    request = Request.objects.get(site__name="Centre des Essais 1")
    visits = list(Visit.objects.filter(request=request).order_by("series_rank"))
    days = [clock.local(visit.window.lower) for visit in visits]
    assert {(day.weekday(), day.hour, day.minute) for day in days} == {(1, 13, 30)}
    assert days[0].date() > clock.today()
    assert days[-1].date() <= date(2026, 11, 30)
    assert {visit.duration_min for visit in visits} == {180}
    assert request.needs.get().series["every_weeks"] == 2


def test_past_months_complete_the_figures_and_name_nobody(house, bring_in):
    bring_in(house, "centres", as_xlsx(sheets.CENTRES))
    bring_in(house, "past", as_xlsx(sheets.PAST))
    with acting(house.actor):
        figures = Figures(house.actor)
        assert figures.interventions.values[ALL_OF, ALL_OF] == 35
        assert figures.some_imported
    fact = InterventionFact.objects.get(kind="follow_up", day=date(2026, 1, 1))
    assert (fact.delivered, fact.n_persons, fact.n_first_contacts, fact.minutes) == (12, 9, 4, 1110)
    assert fact.semester == "2026-1"


def test_a_corrected_month_replaces_its_count(house, bring_in):
    rows = [["Mois", "Commune", "Type", "Nombre"], ["03/2026", "Lille", "crise", "4"]]
    bring_in(house, "past", as_csv(rows))
    rows[1][3] = "5"
    imported, report = bring_in(house, "past", as_csv(rows))
    assert [(str(c.before), str(c.after)) for c in report.outcomes[0].changes] == [("4", "5")]
    assert InterventionFact.objects.get().delivered == 5
    undo(house, imported)
    assert InterventionFact.objects.get().delivered == 4


def test_what_a_signature_counted_is_not_touched(house):
    fact = InterventionFact.objects.create(
        day=clock.today(), semester="2026-2", team=house.team, versant="wallonie", commune_id="BE-57081",
        kind="crisis", mode="on_site",
    )  # fmt: skip
    with acting(house.actor):
        assert InterventionFact.objects.filter(pk=fact.pk).update(minutes=1) == 0
        assert InterventionFact.objects.filter(pk=fact.pk).delete()[0] == 0


# -- faults -----------------------------------------------------------------------------------------------------------


def test_errors_say_row_column_cell_and_what_is_expected(house, bring_in):
    rows = [
        [
            "Prénom",
            "Nom",
            "Fonction",
            "Langue 1",
            "Niveau 1",
            "Habilitation Belgique du",
            "Tel",
            "Chaussures",
        ],
        ["Anne", "Essai", "jongleuse", "klingon", "C1", "hier", "0470", "38"],
        ["", "Essai", "psychologue", "anglais", "très bien", "01/01/2026", "+32 000 00 00 00", ""],
        ["Bruno", "Essai", "psychologue", "anglais", "C1", "01/01/2026", "+32 000 00 00 00", ""],
        ["Bruno", "ESSAI", "psychologue", "", "", "", "", ""],
    ]
    imported, report = bring_in(house, "professionals", as_csv(rows), confirm=False)
    assert report.unknown == ["Chaussures"]
    assert [(row, column, cell) for row, column, cell, _wrong in faults(report)] == [
        (2, "Tel", "0470"),
        (2, "Fonction", "jongleuse"),
        (2, "Langue 1", "klingon"),
        (2, "Habilitation Belgique du", "hier"),
        (3, "Prénom", ""),
        (3, "Langue 1", "anglais"),
        (5, "", ""),
    ]
    assert all(fault.wrong for one in report.outcomes for fault in one.faults)
    assert faults(report)[-1][3] == "cela dit la même chose que la ligne 4"
    with pytest.raises(BadInput, match=r"import\.faults"), acting(house.actor):
        service.confirm(actor=house.actor, imported=imported)
    assert Professional.objects.count() == 0
    with acting(house.actor):
        service.confirm(actor=house.actor, imported=imported, only_good=True)
    assert Professional.objects.get().first_name == "Bruno"


def test_missing_columns_are_named_with_what_is_expected(house, bring_in):
    imported, report = bring_in(house, "centres", as_csv([["Nom", "Téléphone"], ["A", "1"]]), confirm=False)
    assert [str(label) for label, _expected in report.missing] == ["Commune"]
    assert "INSEE" in str(report.missing[0][1])
    with pytest.raises(BadInput, match=r"import\.columns"), acting(house.actor):
        service.confirm(actor=house.actor, imported=imported)


def test_titles_above_the_head_and_the_example_row_are_passed_over(house, bring_in):
    rows = [
        ["Nos centres en 2026"],
        [],
        ["commune", "NOM DU CENTRE"],
        ["Mouscron", "Exemple : à effacer"],
        ["Exemple : Mouscron", "x"],
        ["Mouscron", "Le vrai"],
    ]
    _imported, report = bring_in(house, "centres", as_xlsx(rows), only_good=True)
    assert report.head_row == 3
    assert Site.objects.filter(name="Le vrai").exists()
    assert Site.objects.filter(name="x").count() == 0


def test_communes_by_name_code_and_postal_code(house, bring_in):
    rows = [
        ["Nom", "Commune", "CP"],
        ["a", "Moeskroen", ""],
        ["b", "57096", ""],
        ["c", "BE-57096", ""],
        ["d", "7700 Mouscron", ""],
        ["e", "St-Omer", ""],
        ["f", "Lille", "59000"],
        ["g", "Lile", ""],
        ["h", "Lille", "75000"],
        ["i", "59350", ""],  # the INSEE code of Lille, the postal code of Saint-André
    ]
    _imported, report = bring_in(house, "centres", as_csv(rows), only_good=True)
    assert [(row, cell) for row, _column, cell, _wrong in faults(report)] == [
        (8, "Lile"),
        (10, "59350"),
    ]
    found = dict(Site.objects.exclude(name="Bureau").values_list("name", "commune_id"))
    assert [one.row for one in report.outcomes if one.notices] == [9]
    assert found.pop("h") == "FR-59350"
    assert found == {
        "a": "BE-57096", "b": "BE-57096", "c": "BE-57096", "d": "BE-57096", "e": "FR-62765", "f": "FR-59350",
    }  # fmt: skip


def test_days_that_may_be_two_are_refused_with_both(house, bring_in):
    rows = [
        ["First name", "Last name", "Discipline", "Mandate Belgium from"],
        ["A", "B", "nurse", "03/04/2026"],
    ]
    _imported, report = bring_in(house, "professionals", as_csv(rows), confirm=False)
    assert faults(report) == [
        (
            2,
            "Mandate Belgium from",
            "03/04/2026",
            "cela peut vouloir dire deux choses\xa0: 2026-04-03 / 2026-03-04",
        )
    ]
    rows.append(["C", "D", "nurse", "25/04/2026"])
    _imported, report = bring_in(house, "professionals", as_csv(rows))
    assert set(Mandate.objects.values_list("period__startswith", flat=True)) == {
        date(2026, 4, 3),
        date(2026, 4, 25),
    }


@pytest.mark.parametrize("language", ["fr", "nl", "en"])
def test_models_are_read_as_they_are_and_bring_nothing(house, bring_in, language):
    for kind in kinds.kinds():
        data = writing.model(kind, language)
        imported, report = bring_in(house, kind.key, data, confirm=False)
        assert (report.unknown, report.missing, report.doubled, imported.n_rows) == ([], [], [], 0), kind.key
        assert [one.state for one in report.outcomes] == ["example"]
        sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
        assert len(sheet.data_validations.dataValidation) == sum(c.choices is not None for c in kind.columns)
        assert all(sheet.cell(1, at + 1).comment for at, c in enumerate(kind.columns) if c.required)


def test_the_example_of_a_model_would_be_good(house, bring_in):
    """Without its mark, the example row is one that can be imported."""
    for language in kinds.LANGUAGES:
        for key in ("centres", "professionals"):
            sheet = openpyxl.load_workbook(io.BytesIO(writing.model(kinds.kind(key), language))).worksheets[0]
            rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
            rows[1][0] = rows[1][0].partition(":")[2].strip()
            _imported, report = bring_in(house, key, as_csv(rows), confirm=False)
            assert faults(report) == [], (language, key)


def test_faulty_rows_come_back_with_what_is_wrong_and_run_nothing(house, bring_in):
    rows = [
        ["Nom", "Commune", "Adresse"],
        ["=cmd|' /C calc'!A0", "Nulle part", "@SUM(1)"],
        ["+1", "Ailleurs", "-2"],
        ["Bon", "Mouscron", ""],
    ]
    imported, report = bring_in(house, "centres", as_csv(rows), only_good=True)
    data = writing.left_behind(service.grid_of(imported), report)
    sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
    back = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert back[0] == ["Nom", "Commune", "Adresse", "À corriger"]
    assert [row[0] for row in back[1:]] == ["'=cmd|' /C calc'!A0", "'+1"]
    assert [row[2] for row in back[1:]] == ["'@SUM(1)", "'-2"]
    assert all(cell.data_type == "s" for row in sheet.iter_rows() for cell in row)
    assert back[1][3].startswith("Commune: ")
    # It can be corrected and sent back as it is.
    sheet["B2"] = "Tournai"
    sheet["B3"] = "Lille"
    out = io.BytesIO()
    sheet.parent.save(out)
    _again, report = bring_in(house, "centres", out.getvalue())
    assert (report.unknown, report.n("new")) == ([], 2)
    assert Site.objects.filter(name="=cmd|' /C calc'!A0").exists()


# -- who may ----------------------------------------------------------------------------------------------------------


def test_only_coordination_and_for_professionals_the_desk_import(world):
    for name, member in world.members.items():
        actor = Actor.for_membership(member)
        for kind in kinds.kinds():
            may = member.role == "coordinator" or (member.role == "desk" and kind.key == "professionals")
            with acting(actor):
                try:
                    service.check_may_import(actor, kind)
                except ActionDenied:
                    assert not may, (name, kind.key)
                else:
                    assert may, (name, kind.key)


def test_another_teams_import_is_not_there(house, bring_in, world):
    imported, _report = bring_in(house, "centres", as_csv([["Nom", "Commune"], ["B", "Tournai"]]))
    for name, member in world.members.items():
        actor = Actor.for_membership(member)
        with acting(actor):
            assert list(Import.objects.visible_to(actor)) == [] == list(Import.objects.all()), name
            with pytest.raises((ActionDenied, Import.DoesNotExist)):
                service.take_back(actor=actor, imported=imported)


def test_professionals_of_another_house_are_neither_found_nor_changed(house, bring_in, world):
    rows = [["Prénom", "Nom", "Fonction"], ["Élise", "Dumoulin", "infirmière"]]
    bring_in(house, "professionals", as_csv(rows))
    world.elise.refresh_from_db()
    assert world.elise.disciplines == ["psychologist"]
    assert Professional.objects.filter(last_name="Dumoulin").count() == 2


def test_a_centre_others_entered_is_taken_as_it_is(house, bring_in, world):
    rows = [
        ["Nom", "Commune", "Adresse", "E-mail"],
        ["Le refuge", "Moeskroen", "Rue inventée 1", "x@example.org"],
    ]
    _imported, report = bring_in(house, "centres", as_csv(rows))
    world.refuge.refresh_from_db()
    assert world.refuge.address == ""
    assert len(report.outcomes[0].notices) == 1
    assert SiteContact.objects.get().team == house.team


def test_nothing_readable_stands_in_the_tables_of_imports(house, bring_in):
    bring_in(house, "professionals", as_xlsx(sheets.PROFESSIONALS))
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT i::text FROM people_import i")
        text = " ".join(row[0] for row in cursor.fetchall())
    assert "Essai" not in text
    assert "example.org" not in text
    assert "essai.xlsx" not in text


def test_old_files_are_forgotten_what_they_wrote_can_still_go_back(house, bring_in):
    from versants.people.tasks import forget_imports

    imported, _report = bring_in(house, "centres", as_csv([["Nom", "Commune"], ["B", "Tournai"]]))
    forget_imports(0)
    imported.refresh_from_db()
    assert service.report_of(imported) is not None
    Import.objects.update(created_at=clock.now() - timedelta(days=31))
    forget_imports(0)
    imported.refresh_from_db()
    assert service.report_of(imported) is None
    with pytest.raises(InvalidTransition, match=r"import\.forgotten"):
        service.content(imported)
    assert undo(house, imported) == []
    assert not Site.objects.filter(name="B").exists()


def test_data_that_changed_since_the_preview_ask_for_another_look(house, bring_in):
    rows = as_csv([["Nom", "Commune"], ["B", "Tournai"]])
    imported, _report = bring_in(house, "centres", rows, confirm=False)
    bring_in(house, "centres", rows)
    with acting(house.actor):
        imported = service.confirm(actor=house.actor, imported=imported)
    assert (imported.state, imported.overtaken, imported.n_new, imported.n_same) == ("previewed", True, 0, 1)


def test_the_same_in_another_language_is_the_same(house, bring_in):
    imported, _report = bring_in(
        house, "centres", as_csv([["Nom", "Commune"], ["B", "Tournai"]]), confirm=False
    )
    with translation.override("nl"), acting(house.actor):
        imported = service.confirm(actor=house.actor, imported=imported)
    assert imported.state == "applied"


def test_each_end_is_an_end(house, bring_in):
    imported, _report = bring_in(
        house, "centres", as_csv([["Nom", "Commune"], ["B", "Tournai"]]), confirm=False
    )
    with acting(house.actor):
        with pytest.raises(InvalidTransition, match=r"import\.not_applied"):
            service.take_back(actor=house.actor, imported=imported)
        service.discard(actor=house.actor, imported=imported)
        for step in (service.confirm, service.preview, service.discard):
            with pytest.raises(InvalidTransition, match=r"import\.over"):
                step(actor=house.actor, imported=imported)


def test_an_entry_whose_row_is_gone_is_named(house, bring_in):
    bring_in(house, "centres", as_csv([["Nom", "Commune", "Type"], ["A", "Mouscron", "x"]]))
    imported, _report = bring_in(
        house, "centres", as_csv([["Nom", "Commune", "Type"], ["A", "Mouscron", "y"]])
    )
    Site.objects.filter(name="A").delete()
    assert [one.why for one in undo(house, imported)] == ["ce n’est plus là"]
    assert undoing.undo([]) == []
