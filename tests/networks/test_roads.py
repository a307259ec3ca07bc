"""Minutes on the road by what the installation names: asked once, the same for plan, cases, years, check and report."""

import json
import math
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.urls import reverse

from tests.networks.test_page import QUESTION, worked_out
from tests.world import actor as actor_of
from versants.core.access.scope import acting
from versants.core.errors import VersantsError
from versants.core.models import Job
from versants.networks import working
from versants.networks.services import results, roads, studies
from versants.networks.words import failure_word
from versants_libs.coverage.console import SURROUNDINGS
from versants_libs.coverage.metric import great_circle_km
from versants_libs.coverage.staffing_again import verify
from versants_libs.coverage.study_files import load_study, read_study
from versants_libs.coverage.travel import travel_of


class Osrm(BaseHTTPRequestHandler):
    """Two minutes for a kilometre as the crow flies, and one to start with."""

    asked = []
    broken = False

    def do_GET(self):
        path, _mark, query = self.path.partition("?")
        Osrm.asked.append(path)
        places = [tuple(map(float, one.split(","))) for one in path.rsplit("/", 1)[1].split(";")]
        options = dict(part.split("=") for part in query.split("&"))
        sources, targets = (
            [places[int(i)] for i in options[name].split(";")] for name in ("sources", "destinations")
        )
        table = [
            [60 + 120 * float(great_circle_km(a[1], a[0], b[1], b[0])) for b in targets] for a in sources
        ]
        body = json.dumps({"code": "NoTable"} if Osrm.broken else {"code": "Ok", "durations": table}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def osrm(monkeypatch):
    Osrm.asked, Osrm.broken = [], False
    with HTTPServer(("127.0.0.1", 0), Osrm) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        monkeypatch.setenv("VERSANTS_MESH_TRAVEL", f"osrm=http://127.0.0.1:{running.server_port}")
        monkeypatch.setenv("VERSANTS_MESH_TRAVEL_DATE", "2026-05")
        yield running.server_port
        running.shutdown()
        thread.join()


@pytest.fixture
def brief(monkeypatch):
    monkeypatch.setattr(studies, "SECONDS", 3.0)
    monkeypatch.setattr(studies, "YEARS", 2)


SMALL = {"number": "1", "n_languages": "2"}


def test_a_study_counts_with_the_roads_of_the_installation(
    world, client_for, officer, osrm, brief, monkeypatch
):
    client, counted, case = client_for(officer), {}, working.case

    def noted(key, study, *rest, **named):
        counted[key] = study.travel
        return case(key, study, *rest, **named)

    monkeypatch.setattr(working, "case", noted)
    form = client.get(reverse("studies")).content.decode()
    assert "OSRM, 2026-05" in form

    run = worked_out(client, officer, **SMALL)

    assert run.question["roads"] == "named"
    assert (run.result["travel"]["provider"], run.result["travel"]["date"]) == ("osrm", "2026-05")
    assert run.result["travel"]["gaps"]["unknown"] == 0
    assert str(osrm) not in json.dumps(run.study), "where the service stands is not kept"
    assert len(set(Osrm.asked)) == len(Osrm.asked), "each block once for plan and all cases"
    study = read_study(json.dumps(run.study))
    homes, asked = roads.ways_of([study])
    travel = travel_of(study, Path())
    a, b = study.place[homes[0]], study.place[asked[-1]]
    expected = 1 + 2 * float(great_circle_km(a.lat, a.lon, b.lat, b.lon))
    assert travel.minutes([a.uid], [b.uid])[0, 0] == pytest.approx(expected, abs=0.01)
    assert not verify(study, run.result, travel).wrong
    assert len(run.scenarios) >= 3
    assert any(key.startswith("phone") for key in counted), "one that is built anew is among them"
    for other in counted.values():
        assert (other.provider, other.kept) == ("osrm", True)
        assert set(homes) <= set(other.origins)

    n = len(Osrm.asked)
    page = client.get(reverse("study", args=[run.uid])).content.decode()
    assert "checked" in page.split('value="named"')[1][:60], "what was chosen is chosen again"
    with acting(actor_of(officer)):
        told = results.source(run, "Courtrai")
    assert "OSRM" in roads_said(told)
    assert client.get(reverse("study_pdf", args=[run.uid])).status_code == 200
    assert len(Osrm.asked) == n, "who reads asks nobody"


def roads_said(source):
    from versants.networks.report import roads as said

    return said.method(source) + said.limit(source)


def test_the_fitted_model_stays_a_choice_and_asks_nobody(world, client_for, officer, osrm, brief):
    run = worked_out(client_for(officer), officer, **SMALL, roads="model")

    assert run.result["travel"]["provider"] == "piecewise"
    assert Osrm.asked == []


def test_where_nothing_is_named_there_is_nothing_to_choose(world, client_for, officer, monkeypatch):
    monkeypatch.delenv("VERSANTS_MESH_TRAVEL", raising=False)
    client = client_for(officer)
    assert 'name="roads"' not in client.get(reverse("studies")).content.decode()
    assert client.post(reverse("studies"), {**QUESTION, "roads": "named"}).status_code == 303
    with acting(actor_of(officer)):
        job = Job.objects.get(kind=studies.KIND)
        assert "roads" not in studies.StudyRun.objects.get(uid=job.params["run"]).question


def test_a_service_that_fails_ends_the_study_with_a_sentence(
    world, client_for, officer, osrm, brief, monkeypatch
):
    Osrm.broken, log = True, []
    monkeypatch.setattr(roads._log, "warning", lambda text, *said: log.append(text % said))
    with pytest.raises(VersantsError) as failed:
        worked_out(client_for(officer), officer, **SMALL)
    assert failed.value.code == "study.roads_failed"
    assert "NoTable" in log[0]
    for code in ("study.roads_failed", "study.roads_many", "study.no_roads"):
        assert failure_word(code) != failure_word("")


def test_too_many_ways_are_refused_before_anybody_is_asked(
    world, client_for, officer, osrm, brief, monkeypatch
):
    monkeypatch.setattr(roads, "MOST_WAYS", 10)
    with pytest.raises(VersantsError) as failed:
        worked_out(client_for(officer), officer, **SMALL)
    assert failed.value.code == "study.roads_many"
    assert Osrm.asked == []


def test_a_table_of_the_installation_may_name_more_than_a_study(
    world, client_for, officer, brief, monkeypatch, tmp_path
):
    """Every commune of the territory; those a study does not ask for are left out, and what it lacks is said."""
    towns = studies.territory().towns
    near = [one for one in towns if one.arrondissement == "Courtrai"]
    far = next(one for one in towns if one.versant == "hauts-de-france")
    rows = "".join(f"{a.uid},{b.uid},{20 if a != b else 2}\n" for a in near for b in near)
    (tmp_path / "m.csv").write_text(f"origin,destination,minutes\n{rows}{far.uid},{near[0].uid},50\n")
    monkeypatch.setenv("VERSANTS_MESH_TRAVEL", f"matrix={tmp_path / 'm.csv'}")

    run = worked_out(client_for(officer), officer, **SMALL)

    study = read_study(json.dumps(run.study))
    travel = travel_of(study, Path())
    assert str(tmp_path) not in json.dumps(run.study)
    homes, asked = roads.ways_of([study])
    own = {one.uid for one in near}
    inside, outside = ([uid for uid in homes if (uid in own) is yes] for yes in (True, False))
    assert set(travel.minutes(inside, sorted(own & set(asked))).ravel()) == {2.0, 20.0}
    assert outside, "recruits from beside the territory are there"
    assert run.result["travel"]["gaps"]["unknown"] > 0
    assert travel.minutes(outside[:1], [near[0].uid])[0, 0] == math.inf


def test_without_a_way_nobody_is_asked_and_no_address_is_kept(osrm, tmp_path):
    out = tmp_path / "s.json"
    words = ["--arrondissement", "Courtrai", "--most-asked", "2", "--number", "1", "--phone-share", "1"]
    with pytest.raises(CommandError, match="no way to ask"):
        call_command("mesh_study", *words, "--out", str(out), "--travel", f"osrm=http://127.0.0.1:{osrm}")
    call_command("mesh_study", *words, "--out", str(out))
    study = load_study(out)
    assert not roads.ways_of([study])[1]
    assert roads.with_named([study], study.communes) == [study]
    assert Osrm.asked == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VERSANTS_MESH_TRAVEL", "osrm:5000"),
        ("VERSANTS_MESH_TRAVEL_DATE", "May 2026"),
        ("VERSANTS_MESH_TRAVEL_DATE", "2999"),
    ],
)
def test_a_slip_in_a_setting_is_named(monkeypatch, name, value):
    monkeypatch.setenv("VERSANTS_MESH_TRAVEL", "osrm=http://127.0.0.1:5000")
    monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured, match=f"{name}: .*{value}.* expected"):
        roads.named()


def test_a_study_of_the_command_holds_the_minutes_it_asked_for(osrm, tmp_path, monkeypatch):
    out = tmp_path / "s.json"
    words = ["--arrondissement", "Courtrai", "--most-asked", "2", "--number", "1", "--out", str(out)]
    address = f"osrm=http://127.0.0.1:{osrm}"
    call_command("mesh_study", *words, "--travel", address, "--travel-date", "2026-05")

    study = load_study(out)
    assert (study.travel.provider, study.travel.date, study.travel.kept) == ("osrm", "2026-05", True)
    Osrm.broken = True
    with pytest.raises(CommandError, match="NoTable") as failed:
        call_command("mesh_study", *words, "--travel", address)
    assert failed.value.returncode == SURROUNDINGS
    with pytest.raises(CommandError, match="osrm=URL"):
        call_command("mesh_study", *words, "--travel", "car")
    with pytest.raises(CommandError, match="--travel-date 2999"):
        call_command("mesh_study", *words, "--travel", address, "--travel-date", "2999")
