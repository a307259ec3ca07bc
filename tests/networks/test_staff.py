"""People of the register in a study: counts of five or more, whoever asks, and nobody who can be found from them."""

import json
import re
from collections import Counter

from django.db import connection
from django.urls import reverse
from django.utils import translation

from tests.networks.test_page import QUESTION, worked_out
from tests.world import actor as actor_of
from tests.world import make_professional
from versants.core import clock
from versants.core.access.classes import Role
from versants.core.access.scope import Actor, acting
from versants.networks import words
from versants.networks.report import assumed
from versants.networks.report.content import document
from versants.networks.rules import STUDY_ROLES
from versants.networks.services import results, studies
from versants.networks.services.staff import registered
from versants.people.models import Mandate, ProfessionalPrivate
from versants_libs.coverage.study_files import read_study

KORTRIJK, MENEN, WAREGEM, BRUGGE, LILLE = "BE-34022", "BE-34027", "BE-34040", "BE-31005", "FR-59350"


def interpreters(world, n, languages, base=KORTRIJK, countries=("BE",), **fields):
    """``n`` interpreters of the desk, named so that the name must not show."""
    return [
        make_professional(
            world.desk_team, "Zzcanari", f"Tolk{i}", disciplines=("interpreter",), base_id=base,
            languages=languages, countries=countries, **{"weekly_hours": 20, **fields},
        )
        for i in range(n)
    ]  # fmt: skip


def rows(member=None, actor=None):
    """All that leaves the function, as text and numbers."""
    with acting(actor or actor_of(member)), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM app.mesh_staff() ORDER BY 1, 2, 3, 4, 5, 6, 7")
        return cursor.fetchall()


def test_only_who_may_make_a_study_gets_counts(world):
    interpreters(world, 6, [("ara", 6)])
    got = {name: rows(member) for name, member in world.members.items()}
    may = {name for name, member in world.members.items() if member.role in STUDY_ROLES}
    assert {name for name, answer in got.items() if answer} == may
    assert {Role.COORDINATOR, Role.DESK, Role.PROGRAMME_OFFICER} == {world.members[name].role for name in may}
    assert len({tuple(got[name]) for name in may}) == 1, "the same counts for each of them"
    assert rows(actor=Actor.nobody()) == []
    assert rows(actor=Actor.for_team(world.walloon)) == [], "a job of a team has no membership"
    with acting(actor_of(world.officer)), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM people_professional")
        assert cursor.fetchone()[0] == 0, "an officer still sees nobody of the workforce"


def test_what_is_counted_is_worked_by_hand(world, officer):
    """Six of Arabic in Kortrijk, four helpers there and four in Lille; one of each thing that does not count."""
    six = interpreters(world, 6, [("ara", 6), ("nld", 7)])
    interpreters(world, 4, [("ara", 6)], interpreter_kind="helper", max_complexity=2, weekly_hours=10)
    interpreters(
        world, 4, [("ara", 6)], base=LILLE, interpreter_kind="helper", max_complexity=2, weekly_hours=10
    )
    interpreters(world, 1, [("ara", 6)], active=False)
    interpreters(world, 1, [("ara", 2)])  # A2: no talk
    assert ProfessionalPrivate.objects.filter(professional__in=six).update(home_id=BRUGGE) == 6
    spoken = [row for row in rows(officer) if row[0] == "spoken"]
    assert [(*row[1:8], int(row[8])) for row in spoken] == [
        # Eight helpers, four on each versant: without the versant, and five of them only.
        ("", "", "", "ara", "helper", "working", 5, 10),
        ("west-vlaanderen", "", "", "ara", "certified", "full", 6, 20),
    ]
    # Fourteen people who are told: ten start from Kortrijk, four from Lille are under five and go nowhere.
    based = [(*row[1:4], row[7]) for row in rows(officer) if row[0] == "based"]
    assert based == [("west-vlaanderen", "Courtrai", KORTRIJK, 10)]
    assert not any(BRUGGE in map(str, row) for row in rows(officer)), "a home is not read"


def test_small_places_are_counted_with_their_arrondissement_then_their_versant(world, officer):
    interpreters(world, 6, [("ara", 6)])
    interpreters(world, 3, [("ara", 6)], base=MENEN)
    interpreters(world, 3, [("ara", 6)], base=WAREGEM)
    interpreters(world, 3, [("ara", 6)], base="BE-35013")  # Oostende
    interpreters(world, 3, [("ara", 6)], base=BRUGGE)
    based = [(*row[1:4], row[7]) for row in rows(officer) if row[0] == "based"]
    assert based == [
        ("west-vlaanderen", "", "", 5),
        ("west-vlaanderen", "Courtrai", "", 5),
        ("west-vlaanderen", "Courtrai", KORTRIJK, 5),
    ]


def test_no_cell_under_five_leaves_the_function(world, officer):
    """Numbers of one to nine people of each language, kind and place."""
    n = iter([1, 2, 3, 4, 5, 6, 7, 8, 9, 4, 4, 2])
    for base in (KORTRIJK, LILLE, MENEN):
        for language, kind in (("ara", {}), ("ara", {"interpreter_kind": "helper", "max_complexity": 2})):
            for _half in range(2):
                interpreters(world, next(n), [(language, 6)], base=base, **kind)
    told = [row for row in rows(officer) if row[0] != "each"]
    assert told
    assert all(row[7] >= 5 for row in told)
    assert all(row[7] % 5 == 0 for row in told if row[0] in ("based", "side") or not row[1])


def test_somebody_alone_in_a_language_changes_nothing_that_is_told(world, officer):
    interpreters(world, 13, [("ara", 6), ("prs", 5)])
    before = rows(officer)
    # Alone in Somali, in a place, and over the border: each would show by subtraction if it were in one total only.
    (planted,) = interpreters(world, 1, [("som", 6)], base=MENEN, countries=("BE", "FR"), weekly_hours=7)
    assert rows(officer) == before
    for _more in range(3):
        interpreters(world, 1, [("som", 6)], base=MENEN, countries=("BE", "FR"), weekly_hours=7)
    assert rows(officer) == before, "four are still too few"
    planted.refresh_from_db()
    assert planted.active


def test_a_rare_language_beside_a_common_one_changes_nothing_either(world, officer):
    interpreters(world, 13, [("ara", 6)])
    interpreters(world, 1, [("ara", 6)])
    common = rows(officer)
    last = make_professional(
        world.desk_team, "Zzcanari", "Laatste", disciplines=("interpreter",), base_id=KORTRIJK,
        languages=[("ara", 6), ("som", 6)], weekly_hours=20,
    )  # fmt: skip
    with_rare = rows(officer)
    last.languages.filter(language_id="som").delete()
    assert rows(officer) == with_rare
    assert common != with_rare, "one more of Arabic is counted"


def test_under_five_of_one_side_are_counted_like_the_others(world, officer):
    interpreters(world, 7, [("ara", 6)])
    interpreters(world, 4, [("ara", 6)], countries=("BE", "FR"))
    sides = [(row[1], row[6], row[7]) for row in rows(officer) if row[0] == "side"]
    assert sides == [("west-vlaanderen", "own", 5)]
    fifth = interpreters(world, 1, [("ara", 6)], countries=("BE", "FR"))[0]
    assert [row[6] for row in rows(officer) if row[0] == "side"] == ["both", "own"]
    Mandate.objects.filter(professional=fifth, country="FR").update(period=("2020-01-01", "2021-01-01"))
    assert [row[6] for row in rows(officer) if row[0] == "side"] == ["own"], "a mandate that ran out is none"


def test_a_study_is_made_of_them_and_says_so(world, client_for, officer, monkeypatch):
    monkeypatch.setattr(studies, "SECONDS", 4.0)
    monkeypatch.setitem(QUESTION, "people", "register")
    interpreters(world, 6, [("apc", 6)], countries=("BE", "FR"))
    interpreters(world, 5, [("kmr", 4)], base=MENEN, interpreter_kind="helper", max_complexity=2)
    client = client_for(officer)
    form = client.get(reverse("studies")).content.decode()
    assert 'name="people"' in form
    run = worked_out(client, officer)
    assert run.question["people"] == "register"
    study = read_study(json.dumps(run.study))
    assert Counter((p.kind, *p.languages.items()) for p in study.people) == {
        ("certified", ("apc", "full")): 6,
        ("helper", ("kmr", "working")): 5,
    }
    assert Counter(p.home for p in study.people) == {KORTRIJK: 6, MENEN: 5}, "bases are not told by language"
    assert {p.sides for p in study.people if p.kind == "helper"} <= {("BE",), ("BE", "FR")}
    assert all("tir" not in person.languages for person in study.people)
    for language, day in (("fr", "registre d’interprètes"), ("nl", "tolkenregister")):
        page = client_for(officer, language).get(reverse("study", args=[run.uid])).content.decode()
        today = page[page.index('data-test="today"') :]
        today = today[: today.index("</p>")]
        assert day in today
        assert "Zzcanari" not in page
        with translation.override(language):
            counted = words.day_word(clock.today().isoformat())
            values = {line[1] for _title, lines in assumed.groups(study) for line in lines}
            titles = [title for title, _lines in assumed.groups(study)]
        assert counted in values
        table = page[page.index('data-test="assumptions"') :].partition("</table>")[0]
        assert re.findall(r'scope="rowgroup"[^>]*>([^<]+)<', table) == titles
        with translation.override(language):
            told = json.dumps(document(results.source(run)), ensure_ascii=False)
        assert day in told
        assert "Zzcanari" not in told
    assert "Zzcanari" not in json.dumps([run.study, run.result, run.scenarios, run.simulated])


def test_a_register_that_tells_nothing_is_named_and_public_figures_stand_in(world, officer):
    staff = registered(actor_of(officer))
    assert staff.spoken == ()
    question = {
        **QUESTION, "n_languages": 3, "number": 1, "budget": None, "kinds": ["helper"], "people": "register",
        "minutes": 60, "phone_share": 0.72, "discouraged": 0.0, "simple": "middle", "fill": 0.9,
    }  # fmt: skip
    study = studies.build("n", question, "2026-11-27", None, staff)
    public = studies.build("n", question, "2026-11-27", None)
    assert study.people == public.people
    assert [one for one in study.assumptions if one.startswith("register_empty | ")]
