"""Providers of travel times, the services against a server of our own."""

from __future__ import annotations

import json
import math
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest

from versants_libs.coverage.cli import main
from versants_libs.coverage.errors import InstanceError
from versants_libs.coverage.study import TravelSource
from versants_libs.coverage.study_files import (
    PathError,
    fingerprint,
    load_study,
    read_study,
    study_json,
    write_study,
)
from versants_libs.coverage.travel import (
    WITHIN,
    MatrixTable,
    OsrmTable,
    TravelError,
    source_of,
    travel_of,
    ways_of,
    with_minutes,
)

EXAMPLE = Path(__file__).parent / "studies" / "example.json"
SCHEMA = Path(__file__).parents[2] / "docs" / "schema" / "mesh-result.json"
STUDY = load_study(EXAMPLE)
TRAVEL = travel_of(STUDY, EXAMPLE.parent)
KORTRIJK, LILLE, TOURNAI = "BE-34022", "FR-59350", "BE-57081"


class Fake(BaseHTTPRequestHandler):
    """Answers seconds = 100 x number of the origin + number of the destination, by their longitudes."""

    broken = False
    asked = []

    def _numbers(self, places):
        by_lon = {f"{one.lon:.4f}": i for i, one in enumerate(STUDY.communes)}
        return [by_lon[f"{lon:.4f}"] for lon in places]

    def _send(self, value):
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):  # OSRM
        path, _, query = self.path.partition("?")
        Fake.asked.append(self.path)
        if Fake.broken:
            return self._send({"code": "InvalidQuery"})
        assert path.startswith("/table/v1/driving/")
        lons = [float(one.split(",")[0]) for one in path.rsplit("/", 1)[1].split(";")]
        options = dict(part.split("=") for part in query.split("&"))
        numbers = self._numbers(lons)
        origins, targets = (
            [numbers[int(i)] for i in options[name].split(";")] for name in ("sources", "destinations")
        )
        table = [[100 * a + b for b in targets] for a in origins]
        table[0][0] = None
        self._send({"code": "Ok", "durations": table})

    def do_POST(self):  # Valhalla
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert self.path == "/sources_to_targets"
        assert asked["costing"] == "auto"
        origins, targets = (
            self._numbers([one["lon"] for one in asked[side]]) for side in ("sources", "targets")
        )
        rows = [[{"time": 100 * a + b, "distance": 1} for b in targets] for a in origins]
        rows[0][0]["time"] = None
        self._send({"sources_to_targets": rows})

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    Fake.broken, Fake.asked = False, []
    with HTTPServer(("127.0.0.1", 0), Fake) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


@pytest.mark.parametrize("provider", ["osrm", "valhalla"])
def test_a_service_answers_for_uids_in_minutes(server, provider):
    source = TravelSource(provider, date="2026-11-01", url=server + "/")
    uids = [one.uid for one in STUDY.communes]

    travel = travel_of(replace(STUDY, travel=source), Path())
    minutes = travel.minutes(uids, uids[:4])

    assert (travel.provider, travel.date) == (provider, "2026-11-01")
    assert minutes.shape == (10, 4)
    assert minutes[0, 0] == math.inf
    assert minutes[7, 3] == pytest.approx(703 / 60)


def test_large_tables_are_asked_in_blocks(server, monkeypatch):
    monkeypatch.setattr("versants_libs.coverage.travel._AT_ONCE", 4)
    uids = [one.uid for one in STUDY.communes]

    minutes = OsrmTable(server, STUDY.place).minutes(uids, uids)

    assert len(Fake.asked) == 9
    assert minutes[9, 2] == pytest.approx(902 / 60)


def test_a_refusal_or_no_answer_is_said_so(server):
    Fake.broken = True
    with pytest.raises(TravelError, match="InvalidQuery"):
        OsrmTable(server, STUDY.place).minutes([KORTRIJK], [LILLE])
    with pytest.raises(TravelError, match=r"127\.0\.0\.1:9"):
        OsrmTable("http://127.0.0.1:9", STUDY.place).minutes([KORTRIJK], [LILLE])
    with pytest.raises(InstanceError, match="http"):
        OsrmTable("file:///etc", STUDY.place)


class Hangs(BaseHTTPRequestHandler):
    """Breaks off: before an answer, in the middle of one, or says what is no duration."""

    what = ""

    def do_GET(self):
        if self.what == "gone":
            return
        body = f'{{"code": "Ok", "durations": [[{self.what}]]}}'.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body) + (9 if self.what == "cut" else 0)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.mark.parametrize("what", ["gone", "cut", "-1", "NaN", "Infinity", "true", '"60"'])
def test_a_service_that_breaks_off_or_answers_nonsense_is_said_so(monkeypatch, what):
    """One sentence with the address; never another error, and no way of minus one minute."""
    monkeypatch.setattr(Hangs, "what", what)
    with HTTPServer(("127.0.0.1", 0), Hangs) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        try:
            with pytest.raises(TravelError, match=f":{running.server_port}"):
                OsrmTable(f"http://127.0.0.1:{running.server_port}", STUDY.place).minutes([KORTRIJK], [LILLE])
        finally:
            running.shutdown()
            thread.join()


def test_the_model_is_the_fitted_one_on_the_sphere():
    minutes = travel_of(STUDY, Path()).minutes([KORTRIJK, LILLE], [KORTRIJK, LILLE, TOURNAI])

    assert minutes[0, 0] == pytest.approx(STUDY.travel.minutes[0])
    assert minutes[0, 1] == pytest.approx(minutes[1, 0])
    assert 25 < minutes[0, 1] < 40


def test_a_matrix_file_may_be_lopsided_and_others_are_endless(tmp_path):
    (tmp_path / "m.csv").write_text(
        f"origin,destination,minutes\n{KORTRIJK},{LILLE},31\n{LILLE},{KORTRIJK},35\n"
    )
    study = replace(STUDY, travel=TravelSource("matrix", "2026-10-01", file="m.csv"))

    minutes = travel_of(study, tmp_path).minutes([KORTRIJK, LILLE], [KORTRIJK, LILLE])

    assert minutes.tolist() == [[1.35, 31.0], [35.0, 1.35]]  # inside a commune as the fitted model says
    alone = MatrixTable({(KORTRIJK, LILLE): 31.0}).minutes([KORTRIJK, LILLE], [KORTRIJK, LILLE])
    assert alone.tolist() == [[1.35, 31.0], [math.inf, 1.35]]


def test_a_way_inside_a_commune_is_what_the_fitted_model_starts_with():
    shipped = Path(__file__).parents[2] / "versants" / "territory" / "data" / "travel_time_model.json"

    assert json.loads(shipped.read_text())["minutes"][0] == WITHIN


def test_a_matrix_without_its_diagonal_gives_the_plan_of_one_with_it_and_is_said(tmp_path, capsys):
    uids = sorted(one.uid for one in STUDY.communes)
    far = TRAVEL.minutes(uids, uids)
    rows = [
        f"{a},{b},{minutes}\n"
        for a, line in zip(uids, far.tolist(), strict=True)
        for b, minutes in zip(uids, line, strict=True)
    ]
    whole = [row for row in rows if row.split(",")[0] != row.split(",")[1]]
    (tmp_path / "study.json").write_text(
        write_study(replace(STUDY, travel=TravelSource("matrix", file="m.csv")))
    )
    head = "origin,destination,minutes\n"
    found = {}
    for name, kept in (("all", whole + [f"{a},{a},1.35\n" for a in uids]), ("none", whole)):
        (tmp_path / "m.csv").write_text(head + "".join(kept))
        assert main(["plan", str(tmp_path / "study.json"), "--out", str(tmp_path / f"{name}.json")]) == 0
        found[name] = json.loads((tmp_path / f"{name}.json").read_text()), capsys.readouterr().err

    published = json.loads(SCHEMA.read_text())["properties"]["travel"]["properties"]
    assert set(found["none"][0]["travel"]) == set(published)
    assert set(found["none"][0]["travel"]["gaps"]) == set(published["gaps"]["properties"])
    homes = {one.home for one in STUDY.people} | {one.commune for one in STUDY.candidates}
    asked = {row.commune for row in STUDY.demand if row.mode == "on_site"}
    same, needed = len(homes & asked), len(homes) * len(asked)
    assert same > 1
    assert found["none"][0]["objective"] == found["all"][0]["objective"]
    assert found["all"][0]["travel"]["gaps"] == {"needed": needed, "unknown": 0, "within": 0}
    assert found["all"][1] == ""
    assert found["none"][0]["travel"]["gaps"] == {"needed": needed, "unknown": 0, "within": same}
    assert f"{same} of {needed} ways are inside one commune" in found["none"][1]
    assert "1.35 minutes" in found["none"][1]

    a, b = next((a, b) for a in sorted(homes) for b in sorted(asked) if a != b)
    (tmp_path / "m.csv").write_text(head + "".join(row for row in rows if not row.startswith(f"{a},{b},")))
    assert main(["plan", str(tmp_path / "study.json"), "--seconds", "1"]) == 0
    assert f"1 of {needed} ways from homes to communes with talks on site are not in the matrix" in (
        capsys.readouterr().err
    )


def test_a_result_that_goes_a_way_the_matrix_does_not_know_is_named_by_the_check(tmp_path, capsys):
    uids = sorted(one.uid for one in STUDY.communes)
    rows = {
        (a, b): f"{a},{b},{minutes}\n"
        for a, line in zip(uids, TRAVEL.minutes(uids, uids).tolist(), strict=True)
        for b, minutes in zip(uids, line, strict=True)
    }
    study, result, matrix = (tmp_path / name for name in ("s.json", "r.json", "m.csv"))
    study.write_text(write_study(replace(STUDY, travel=TravelSource("matrix", file="m.csv"))))
    matrix.write_text("origin,destination,minutes\n" + "".join(rows.values()))
    assert main(["plan", str(study), "--out", str(result)]) == 0
    home = {f"person:{one.id}": one.home for one in STUDY.people}
    home |= {f"candidate:{one.id}": one.commune for one in STUDY.candidates}
    flows = json.loads(result.read_text())["after"]["flows"]
    gone = {
        (home[one["by"]], one["point"]) for one in flows if one["mode"] == "on_site" and one["how"] == "own"
    }
    way = min((a, b) for a, b in gone if a != b)
    capsys.readouterr()

    matrix.write_text("origin,destination,minutes\n" + "".join(row for ab, row in rows.items() if ab != way))
    assert main(["check", str(study), str(result)]) == 1
    assert f"no way from {way[0]} to {way[1]} is known" in capsys.readouterr().out


def test_a_matrix_without_a_row_is_refused_with_its_line(tmp_path):
    (tmp_path / "m.csv").write_text("origin,destination,minutes\n")
    study = replace(STUDY, travel=TravelSource("matrix", file="m.csv"))

    with pytest.raises(InstanceError, match=r"m\.csv:2:1: no way found"):
        travel_of(study, tmp_path)


@pytest.mark.parametrize(("row", "where"), [(f"{KORTRIJK},59350,3", "2:2"), (f"{KORTRIJK},{LILLE},x", "2:3")])
def test_a_mistake_in_the_matrix_names_file_line_and_column(tmp_path, row, where):
    (tmp_path / "m.csv").write_text(f"origin,destination,minutes\n{row}\n")
    study = replace(STUDY, travel=TravelSource("matrix", file="m.csv"))

    with pytest.raises(InstanceError, match=f"m.csv:{where}:"):
        travel_of(study, tmp_path)


def kept(**changed):
    """A study that holds minutes of three communes itself."""
    source = TravelSource(
        "osrm",
        "2026-05",
        origins=(KORTRIJK, LILLE),
        destinations=(KORTRIJK, LILLE, TOURNAI),
        table=((None, 31.5, 0.0), (35.0, 1.0, None)),
    )
    return replace(STUDY, travel=replace(source, **changed))


def test_minutes_the_study_holds_are_those_it_says_and_no_others():
    study = kept()
    again = read_study(write_study(study))
    assert again == study
    assert fingerprint(again) == fingerprint(study)
    assert not {"origins", "destinations", "table"} & set(study_json(STUDY)["travel"]), (
        "nothing where nothing is kept"
    )

    travel = travel_of(again, Path())

    assert (travel.provider, travel.date) == ("osrm", "2026-05")
    found = travel.minutes([LILLE, KORTRIJK, TOURNAI], [TOURNAI, LILLE, KORTRIJK])
    assert found.tolist() == [[math.inf, 1.0, 35.0], [0.0, 31.5, WITHIN], [WITHIN, math.inf, math.inf]]
    assert travel.minutes([], [LILLE]).shape == (0, 1)
    assert [travel.names(*way) for way in ((LILLE, KORTRIJK), (LILLE, TOURNAI), (TOURNAI, LILLE))] == [
        True,
        False,
        False,
    ]


def test_a_service_is_asked_once_and_the_study_needs_it_no_more(server, tmp_path, capsys):
    asked, held = tmp_path / "asked.json", tmp_path / "held.json"
    there = TravelSource("osrm", "2026-05", url=server)
    asked.write_text(write_study(replace(STUDY, travel=there)))

    assert main(["travel", str(asked), "--out", str(held), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["provider"], said["date"]) == ("osrm", "2026-05")
    study = load_study(held)
    homes, ends = ways_of([study])
    assert said["ways"] == len(homes) * len(ends)
    assert said["unknown"] == 1 - (homes[0] == ends[0]), "the fake knows all ways but its first"
    assert study.travel.url == "", "where the service stands is nobody's business"
    live = travel_of(load_study(asked), tmp_path).minutes(homes, ends)
    own = travel_of(study, tmp_path).minutes(homes, ends)
    known = np.isfinite(live)
    assert np.abs(own[known] - live[known]).max() <= 0.005
    before = len(Fake.asked)

    assert main(["plan", str(held), "--seconds", "1", "--out", str(tmp_path / "r.json")]) == 0
    assert main(["check", str(held), str(tmp_path / "r.json")]) == 0
    assert len(Fake.asked) == before, "neither plan nor check asked again"
    travel = json.loads((tmp_path / "r.json").read_text())["travel"]
    assert (travel["provider"], travel["date"]) == ("osrm", "2026-05")
    assert travel["gaps"]["needed"] == said["ways"]

    capsys.readouterr()
    assert main(["travel", str(held), "--out", str(tmp_path / "x.json")]) == 2
    assert "holds its minutes already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("field", "value", "where"),
    [
        ("table", [[1, 2, 3]], r"\$\.travel\.table: .*2 rows"),
        ("table", [[1, 2, 3], [1, 2]], r"\$\.travel\.table\[1\]: .*3 numbers or nulls"),
        ("table", [[1, 2, 3], [1, 2, -1]], r"\$\.travel\.table\[1\]\[2\]"),
        ("table", [[1, 2, 3], [1, 2, "x"]], r"\$\.travel\.table\[1\]\[2\]"),
        ("origins", [KORTRIJK, KORTRIJK], r"\$\.travel\.origins: .*each once"),
        ("destinations", [], r"\$\.travel\.destinations: .*each once"),
        (
            "destinations",
            [KORTRIJK, LILLE, "BE-99999"],
            r"\$\.travel\.destinations\[2\]: .*uid of one of the study",
        ),
        ("origins", None, "no field 'origins'"),
    ],
)
def test_a_mistake_in_minutes_a_study_holds_is_named_with_its_place(field, value, where):
    said = study_json(kept())
    if value is None:
        said["travel"].pop(field)
    else:
        said["travel"][field] = value
    with pytest.raises(PathError, match=where):
        read_study(json.dumps(said))


def test_who_stops_it_or_waits_too_long_is_heard(server):
    """Between two questions, and never half a table."""
    source = TravelSource("osrm", url=server)
    travel = travel_of(replace(STUDY, travel=source), Path())
    ways = ways_of([STUDY])
    told = []
    with_minutes(source, travel, ways, told.append)
    assert told == sorted(told)
    assert told[-1] == 1

    def stop(done):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        with_minutes(source, travel, ways, stop)
    with pytest.raises(TravelError, match="within -1 seconds"):
        with_minutes(source, travel, ways, seconds=-1.0)


def test_a_table_in_blocks_is_the_whole_table(server, monkeypatch):
    source = TravelSource("osrm", url=server)
    uids = [one.uid for one in STUDY.communes]
    travel = MatrixTable({(a, b): 10.0 * i + j for i, a in enumerate(uids) for j, b in enumerate(uids)})
    whole = with_minutes(source, travel, (uids, uids))
    monkeypatch.setattr("versants_libs.coverage.travel._AT_ONCE", 3)

    assert with_minutes(source, travel, (uids, uids)) == whole
    assert whole.table[9][2] == 92.0
    for nowhere in (
        ([], uids),
        (uids, []),
    ):  # else the study would keep the service's address, and no minutes
        with pytest.raises(InstanceError, match="no way to ask"):
            with_minutes(source, travel, nowhere)


class Moves(BaseHTTPRequestHandler):
    """Sends who asks to another address."""

    asked = []

    def do_GET(self):
        Moves.asked.append(self.path)
        self.send_response(302)
        self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, *args):
        pass


def test_a_service_that_sends_elsewhere_is_not_followed():
    Moves.asked = []
    with HTTPServer(("127.0.0.1", 0), Moves) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        try:
            with pytest.raises(TravelError, match="302"):
                OsrmTable(f"http://127.0.0.1:{running.server_port}", STUDY.place).minutes([KORTRIJK], [LILLE])
        finally:
            running.shutdown()
            thread.join()
    assert len(Moves.asked) == 1


@pytest.mark.parametrize(
    "text", ["osrm", "osrm=127.0.0.1:5000", "roads=http://x", "matrix=", "", "osrm=file:///etc"]
)
def test_a_provider_is_named_in_a_word(text):
    with pytest.raises(InstanceError, match="expected"):
        source_of(text)
    assert source_of(" osrm = http://x:5000 ", "2026") == TravelSource("osrm", "2026", url="http://x:5000")
    assert source_of("matrix=/a/b=c.csv") == TravelSource("matrix", file="/a/b=c.csv")
