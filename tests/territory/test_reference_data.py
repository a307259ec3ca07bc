"""What is shipped, what is loaded, and what is refused."""

import csv
import gzip
import io
import json
from collections import Counter
from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import translation

from versants.core.access.scope import Actor, acting
from versants.core.errors import BadInput, Conflict
from versants.territory import loading, shapes, sources
from versants.territory.folding import fold
from versants.territory.models import (
    Commune,
    DataSource,
    EmergencyNumber,
    Language,
    ReceptionCentre,
    Versant,
    versant_code,
)
from versants.territory.models.places import WORKING_LANGUAGE
from versants.territory.search import Found, find_communes, find_places, register

BY_VERSANT = {"hauts-de-france": 3782, "wallonie": 261, "west-vlaanderen": 62}


def packed(name, change):
    """The shipped file ``name`` after ``change(rows)``, as bytes."""
    rows = change(sources.rows(sources.content(name)))
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]) if rows else ["uid"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return gzip.compress(out.getvalue().encode()) if name.endswith(".gz") else out.getvalue().encode()


@pytest.fixture
def shipped(monkeypatch):
    """Replaces the bytes of one shipped file."""
    real = sources.content

    def replace(name, raw):
        monkeypatch.setattr(sources, "content", lambda wanted: raw if wanted == name else real(wanted))

    return replace


@pytest.mark.django_db
def test_every_commune_language_and_centre_is_loaded():
    assert Commune.objects.count() == 4105
    assert Counter(Commune.objects.values_list("versant", flat=True)) == BY_VERSANT
    assert Language.objects.count() == 78
    assert ReceptionCentre.objects.count() == 47


@pytest.mark.django_db
def test_24_codes_exist_on_both_sides_and_uids_tell_them_apart():
    codes = Counter(Commune.objects.values_list("code", flat=True))
    double = [code for code, times in codes.items() if times > 1]
    assert len(double) == 24
    assert all(code.startswith("62") for code in double)
    # 62003 is Acheville in Pas-de-Calais and Ans near Liège.
    names = dict(Commune.objects.filter(code="62003").values_list("uid", "name_fr"))
    assert names == {"FR-62003": "Acheville", "BE-62003": "Ans"}


@pytest.mark.django_db
def test_a_commune_is_named_as_its_reader_says_it():
    mouscron = Commune.objects.get(uid="BE-57096")
    with translation.override("fr"):
        assert str(mouscron) == "Mouscron"
    with translation.override("nl"):
        assert str(mouscron) == "Moeskroen"


@pytest.mark.django_db
def test_nine_languages_come_first_and_varieties_know_their_macrolanguage():
    first = Language.objects.exclude(first_rank=None).order_by("first_rank")
    assert [each.code for each in first] == ["ara", "prs", "pus", "tir", "som", "tur", "rus", "ukr", "kmr"]
    assert Language.objects.get(code="apc").macro_id == "ara"
    assert Language.objects.filter(direction="rtl", code="prs").exists()


@pytest.mark.django_db
def test_the_language_of_every_team_can_be_said_of_somebody():
    assert set(WORKING_LANGUAGE) == set(Versant.values)
    assert Language.objects.filter(code__in=set(WORKING_LANGUAGE.values())).count() == 2
    dutch = Language.objects.get(code="nld")
    assert (dutch.name_fr, dutch.name_nl, dutch.name_en) == ("néerlandais", "Nederlands", "Dutch")
    assert (dutch.autonym, dutch.script, dutch.direction) == ("Nederlands", "Latn", "ltr")


@pytest.mark.django_db
def test_112_comes_first_on_every_side_and_every_number_says_where_it_was_read():
    for versant in Versant.values:
        assert EmergencyNumber.objects.filter(versant=versant).first().number == "112"
    for number in EmergencyNumber.objects.all():
        assert number.source
        assert number.read_on <= date(2026, 11, 23)
        assert all((number.what_fr, number.what_nl, number.what_en))


@pytest.mark.django_db
def test_boundaries_and_communes_name_the_same_places():
    assert {shape.id for shape in shapes.communes()} == set(Commune.objects.values_list("uid", flat=True))


@pytest.mark.django_db
def test_loading_again_changes_nothing_and_says_so():
    before = dict(DataSource.objects.values_list("name", "loaded_at"))
    assert set(before) == set(sources.ORIGINS)
    assert [each.changed for each in loading.load()] == [False] * 4
    assert dict(DataSource.objects.values_list("name", "loaded_at")) == before


@pytest.mark.django_db
def test_forced_loading_writes_the_same_rows_under_the_same_keys():
    centres = list(ReceptionCentre.objects.order_by("pk").values_list("pk", "name", "commune_id"))
    assert [each.changed for each in loading.load(force=True)] == [True] * 4
    assert list(ReceptionCentre.objects.order_by("pk").values_list("pk", "name", "commune_id")) == centres


@pytest.mark.django_db
def test_a_changed_row_is_changed_and_a_vanished_one_leaves(shipped):
    def change(rows):
        rows[0]["capacity"] = "999"
        rows[0]["status"] = "changed"
        # 47 rows stay: one leaves, one comes.
        rows[-1]["name"] = "Centre nouveau"
        return rows

    first = sources.rows(sources.content("reception_centres.csv"))
    shipped("reception_centres.csv", packed("reception_centres.csv", change))
    loading.load()
    assert ReceptionCentre.objects.get(name=first[0]["name"], commune_id=first[0]["uid"]).capacity == 999
    assert not ReceptionCentre.objects.filter(name=first[-1]["name"], commune_id=first[-1]["uid"]).exists()
    assert ReceptionCentre.objects.filter(name="Centre nouveau").exists()


@pytest.mark.parametrize("name", list(sources.ORIGINS))
@pytest.mark.django_db
def test_an_empty_source_is_refused_and_nothing_changes(shipped, name):
    shipped(name, packed(name, lambda rows: rows[:2]))
    with pytest.raises(BadInput) as refused:
        loading.load()
    assert refused.value.code == "territory.source_empty"
    assert Commune.objects.count() == 4105


@pytest.mark.parametrize(
    ("name", "column", "value"),
    [
        ("communes.csv.gz", "lat", "north"),
        ("communes.csv.gz", "versant", "bretagne"),
        ("reception_centres.csv", "uid", "BE-99999"),
        ("emergency_numbers.csv", "source", " "),
        ("emergency_numbers.csv", "number", "911"),
    ],
)
@pytest.mark.django_db
def test_a_row_that_cannot_be_understood_is_refused(shipped, name, column, value):
    def change(rows):
        rows[0][column] = value
        return rows

    shipped(name, packed(name, change))
    with pytest.raises(BadInput) as refused:
        loading.load()
    assert refused.value.code == "territory.source_bad"


@pytest.mark.django_db
def test_a_commune_with_a_centre_cannot_disappear(shipped):
    def change(rows):
        mouscron = next(row for row in rows if row["uid"] == "BE-57096")
        mouscron["uid"] = "BE-00001"
        return rows

    shipped("communes.csv.gz", packed("communes.csv.gz", change))
    with pytest.raises(Conflict) as refused:
        loading.load()
    assert refused.value.code == "territory.still_used"


@pytest.mark.django_db
def test_everybody_may_read_reference_data():
    with acting(Actor.nobody()):
        assert Commune.objects.count() == 4105
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            assert cursor.fetchone() == ("versants_app",)


@pytest.mark.parametrize(
    ("text", "uid"),
    [
        ("moeskroen", "BE-57096"),
        ("Mouscron", "BE-57096"),
        ("7700", "BE-57096"),
        ("7712", "BE-57096"),
        ("rijsel", "FR-59350"),
        ("liege", "BE-62063"),
        ("luik", "BE-62063"),
        ("saint omer", "FR-62765"),
        ("Saint-Omer", "FR-62765"),
        ("ieper", "BE-33011"),
        ("ypr", "BE-33011"),
    ],
)
@pytest.mark.django_db
def test_a_commune_is_found_in_either_language_without_accents_or_by_postal_code(text, uid):
    assert find_communes(text)[0].uid == uid


@pytest.mark.django_db
def test_signs_without_letters_find_nothing_instead_of_everything():
    assert [find_communes(text) for text in ("", "  ", "%", "_", "|")] == [[]] * 5


@pytest.mark.django_db
def test_a_search_can_keep_to_one_side():
    assert {each.versant for each in find_communes("saint", versant="wallonie")} == {"wallonie"}


@pytest.mark.django_db
def test_centres_and_registered_kinds_are_found_beside_communes(monkeypatch):
    from versants.territory import search

    monkeypatch.setattr(search, "_finders", dict(search._finders))
    register("site", lambda wanted, limit: [Found("site", "7", "Maison des Mots", wanted, "BE-57096", 0)])
    kinds = {each.kind for each in find_places("moeskroen")}
    assert kinds == {"commune", "centre", "site"}
    assert [each.kind for each in find_places("moeskroen", kinds=("centre",))] == ["centre"]


def test_folding_drops_accents_case_and_punctuation():
    assert fold("L’Œuvre-de-Saint-Ômer") == "l oeuvre de saint omer"


def test_commands_take_short_names_of_versants():
    assert [versant_code(text) for text in ("FR", "wal", "VLA", "Wallonie")] == [
        "hauts-de-france",
        "wallonie",
        "west-vlaanderen",
        "wallonie",
    ]


def test_weights_of_an_origin_add_up_and_languages_are_known():
    known = {row["iso639_3"] for row in sources.rows(sources.content("languages.csv"))}
    total = Counter()
    for each in sources.origin_languages():
        total[each.origin] += each.weight
        assert each.language in known
    assert len(total) == 76
    assert all(abs(weight - 1) < 1e-6 for weight in total.values())


def test_demand_holds_the_published_total_of_2023():
    # OFPRA published 124,056 first applications for 2023, adults and minors.
    assert sum(d.applications for d in sources.demand() if (d.country, d.year) == ("FR", 2023)) == 124_056


@pytest.mark.django_db
def test_check_answers_as_promised():
    out = StringIO()
    call_command("territory", "check", json=True, stdout=out, stderr=StringIO())
    assert json.loads(out.getvalue()) == {
        "communes": 4105,
        "by_versant": BY_VERSANT,
        "centres": 47,
        "languages": 78,
    }


@pytest.mark.django_db
def test_check_says_no_when_the_data_are_not_those_shipped():
    DataSource.objects.filter(name="languages.csv").update(sha256="0" * 64)
    errors = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("territory", "check", json=True, stdout=StringIO(), stderr=errors)
    assert ended.value.code == 1
    assert "languages.csv is not loaded" in errors.getvalue()


@pytest.mark.django_db
def test_load_territory_tells_what_it_did():
    errors = StringIO()
    call_command("load_territory", stderr=errors)
    assert errors.getvalue().splitlines()[0] == "communes.csv.gz: 4105 rows, unchanged"
