"""The command on files: answers, exits, and the place of every mistake."""

import csv
import gzip
import json
import signal
from pathlib import Path

import numpy as np
import pytest

from versants.launch.commands import TABLE
from versants_libs.coverage import (
    FormatError,
    InstanceError,
    Matrix,
    Problem,
    covering,
    great_circle_km,
    pmedian,
)
from versants_libs.coverage import files as reading
from versants_libs.coverage.annealing import available
from versants_libs.coverage.cli import main

DATA = Path(__file__).resolve().parents[2] / "versants" / "territory" / "data"
FIVE = """uid,lat,lon,population,versant
FR-62003,50.0,3.0,100,hauts-de-france
BE-62003,50.5,5.5,50,wallonie
FR-59350,50.63,3.06,900,hauts-de-france
BE-34022,50.83,3.26,300,west-vlaanderen
BE-57081,50.6,3.39,200,wallonie
"""


@pytest.fixture
def five(tmp_path):
    path = tmp_path / "five.csv"
    path.write_text(FIVE)
    return path


def told(capsys, *words, territory=None):
    """Exit code and the JSON value on standard output, or what was said on standard error."""
    code = main([str(word) for word in words], territory=territory)
    out, err = capsys.readouterr()
    return code, json.loads(out) if out.startswith("{") else err


def test_pmedian_answers_as_promised(capsys, five):
    code, value = told(capsys, "pmedian", "--communes", five, "--p", 2, "--seconds", 5, "--json")
    assert code == 0
    assert {"sites", "mean", "bound", "gap", "metric", "cpu_s", "peak_mb"} <= set(value)
    # By hand: with two sites Lille (900) is one; the other is Kortrijk, Tournai or Liège's 62003.
    rows = list(csv.DictReader(FIVE.splitlines()))
    best = min(
        (
            sum(
                float(r["population"])
                * min(
                    float(great_circle_km(float(r["lat"]), float(r["lon"]), float(s["lat"]), float(s["lon"])))
                    for s in pair
                )
                for r in rows
            )
            / 1550,
            sorted(s["uid"] for s in pair),
        )
        for i, a in enumerate(rows)
        for pair in [(a, b) for b in rows[i + 1 :]]
    )
    assert value["mean"] == pytest.approx(best[0], abs=1e-9)
    assert sorted(value["sites"]) == best[1]
    assert value["bound"] <= value["mean"]
    assert value["optimal"] is True
    assert value["metric"] == "great-circle-km"
    assert set(value["equity"]["group_means"]) == {"hauts-de-france", "wallonie", "west-vlaanderen"}


def test_existing_sites_stay_and_come_first(capsys, five, tmp_path):
    stay = tmp_path / "stay.csv"
    stay.write_text("uid\nBE-62003\n")
    code, value = told(
        capsys, "pmedian", "--communes", five, "--p", 2, "--existing", stay, "--seconds", 5, "--json"
    )
    assert code == 0
    assert value["sites"] == ["BE-62003", "FR-59350"]


def test_road_minutes_are_those_of_the_model(capsys, five):
    code, value = told(
        capsys, "pmedian", "--communes", five, "--p", 5, "--metric", "road-min", "--json", territory=DATA
    )
    assert code == 0
    assert value["mean"] == pytest.approx(1.35)  # everybody has a site in the own commune: from door to door
    code, value = told(
        capsys, "cover", "--communes", five, "--p", 1, "--minutes", 40, "--json", territory=DATA
    )
    assert code == 0
    assert value["sites"] == ["FR-59350"]
    assert value["covered"] == value["bound"] == 1400.0
    assert value["metric"] == "road-min"


def test_weights_from_a_file_replace_the_population(capsys, five, tmp_path):
    weights = tmp_path / "weights.csv"
    weights.write_text("uid,weight\nBE-62003,2.5\n")
    code, value = told(capsys, "pmedian", "--communes", five, "--p", 1, "--weights", weights, "--json")
    assert code == 0
    assert value["sites"] == ["BE-62003"]
    assert value["mean"] == 0


@pytest.mark.parametrize("command", ["pmedian", "center"])
def test_all_is_packed_and_read_the_same(capsys, five, tmp_path, command):
    packed = tmp_path / "five.csv.gz"
    packed.write_bytes(gzip.compress(b"\xef\xbb\xbf" + FIVE.encode()))
    plain = told(capsys, command, "--communes", five, "--p", 2, "--json")[1]
    other = told(capsys, command, "--communes", packed, "--p", 2, "--json")[1]
    assert plain["sites"] == other["sites"]


def test_front_goes_from_the_mean_to_the_worst(capsys, five):
    code, value = told(capsys, "front", "--communes", five, "--p", 2, "--points", 3, "--json")
    assert code == 0
    assert [one["tilt"] for one in value["points"]] == [0, 0.5, 1]
    means, worst = ([one[name] for one in value["points"]] for name in ("mean", "worst"))
    assert means == sorted(means)
    assert worst == sorted(worst, reverse=True)
    assert all(one["bound"] <= one["value"] for one in value["points"])


@pytest.mark.parametrize(
    ("change", "place", "words"),
    [
        (("50.5,5.5", "north,5.5"), "3:2", "degrees from -90 to 90 expected"),
        (("900", "-900"), "4:4", "a number from 0 to 1e+15 expected"),
        (("BE-57081", "BE-62003"), "6:1", "another id than in line 3"),
        (("uid,lat", "code,lat"), "1:1", "no column 'uid'"),
        (("BE-34022,50.83", "BE-34022"), "5:4", "4 fields found, 5 expected"),
        (("50.0,3.0", "nan,3.0"), "2:2", "degrees"),
        (("3.06,900", "3.06,1e308"), "4:4", "a number from 0 to 1e+15 expected"),
        ((",", ";"), "1:1", "fields separated by semicolons found, by commas (and decimal points) expected"),
        ((",", "\t"), "1:1", "fields separated by tabs found"),
    ],
)
def test_a_mistake_names_file_line_and_column(capsys, five, change, place, words):
    five.write_text(FIVE.replace(*change))
    code, said = told(capsys, "pmedian", "--communes", five, "--p", 2, "--json")
    assert code == 2
    assert said.startswith(f"{five}:{place}: ")
    assert words in said


def test_a_file_in_another_encoding_is_named_with_the_line_and_column_of_its_first_byte(capsys, five):
    five.write_bytes(FIVE.replace("wallonie\n", "Lïège\n", 1).encode("latin-1"))
    code, said = told(capsys, "pmedian", "--communes", five, "--p", 2)
    assert code == 2
    assert said.startswith(f"{five}:3:23: byte ef found, text in UTF-8 expected")
    five.write_bytes(FIVE.encode("utf-16"))
    assert told(capsys, "pmedian", "--communes", five, "--p", 2)[1].startswith(f"{five}:1:1: byte ")


def test_a_broken_archive_is_named(capsys, five, tmp_path):
    packed = tmp_path / "five.csv.gz"
    whole = gzip.compress(FIVE.encode())
    packed.write_bytes(whole[:20] + b"\xff" * 20 + whole[40:])
    code, said = told(capsys, "pmedian", "--communes", packed, "--p", 2)
    assert code == 2
    assert said.startswith(f"{packed}: cannot be read (")


def test_files_without_a_site_or_a_weight_are_named(capsys, five, tmp_path):
    other = tmp_path / "other.csv"
    words = ("pmedian", "--communes", five, "--p", 1)
    other.write_text("uid\n")
    assert told(capsys, *words, "--candidates", other) == (
        2,
        f"{other}:2:1: no site found, one uid a line expected\n",
    )
    other.write_text("uid,weight\nBE-62003,0\n")
    code, said = told(capsys, *words, "--weights", other)
    assert code == 2
    assert said.startswith(f"{other}:1:1: no commune has a weight above 0")
    rows = [row.split(",") for row in FIVE.splitlines()]
    five.write_text(
        "\n".join(",".join((*row[:3], "0" if i else row[3], row[4])) for i, row in enumerate(rows))
    )
    assert told(capsys, *words)[1].startswith(f"{five}:1:1: no commune has a weight above 0")


def test_weights_have_a_limit_and_answers_hold_up_to_it(capsys, five, tmp_path):
    weights = tmp_path / "weights.csv"
    words = ("pmedian", "--communes", five, "--p", 1, "--weights", weights, "--json")
    found = []
    for each in ("1", "1e15"):
        weights.write_text(
            "uid,weight\n" + "".join(f"{row.split(',')[0]},{each}\n" for row in FIVE.split()[1:])
        )
        found.append(told(capsys, *words)[1])
    assert found[1]["mean"] == pytest.approx(found[0]["mean"])
    assert found[1]["sites"] == found[0]["sites"]
    weights.write_text("uid,weight\nBE-62003,1e308\nFR-59350,1e308\n")
    code, said = told(capsys, *words)
    assert code == 2
    assert f"{weights}:2:2: weight: '1e308' found, a number from 0 to 1e+15 expected" in said
    far = Matrix([[0.0, 1.0], [1.0, 0.0]])
    with pytest.raises(InstanceError, match=r"from 0 to 1e\+15 \[a\]"):
        Problem(("a", "b"), ("a", "b"), np.array([1e16, 1.0]), far)


def test_a_bare_code_is_refused_with_the_two_communes_it_may_be(capsys, five, tmp_path):
    stay = tmp_path / "stay.csv"
    stay.write_text("uid\n62003\n")
    code, said = told(capsys, "pmedian", "--communes", five, "--p", 2, "--existing", stay)
    assert code == 2
    assert f"{stay}:2:1: uid: '62003' found, BE-62003 or FR-62003 expected" in said


def test_communes_of_both_sides_with_one_code_are_two(five):
    assert len(reading.communes(FIVE).ids) == 5
    shipped = reading.communes(reading.read_text(DATA / "communes.csv.gz"))
    assert len(shipped.ids) == 4105
    codes = [uid.partition("-")[2] for uid in shipped.ids]
    assert len(codes) - len(set(codes)) == 24


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--p", "0"], "p is 0, 1 or more expected"),
        (["--p", "1", "--existing", "STAY"], "2 sites exist already and stay, p is 1 [BE-62003, FR-59350]"),
    ],
)
def test_contradictions_name_the_ids(capsys, five, tmp_path, words, said):
    stay = tmp_path / "stay.csv"
    stay.write_text("uid\nBE-62003\nFR-59350\n")
    words = [str(stay) if word == "STAY" else word for word in words]
    code, err = told(capsys, "pmedian", "--communes", five, *words)
    assert code == 2
    assert said in err


@pytest.mark.parametrize("words", [[], ["pmedian"], ["cover", "--p", "2"], ["nothing"], ["pmed", "missing"]])
def test_what_cannot_be_understood_ends_with_two(capsys, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    assert capsys.readouterr().err


def test_pmed_reads_the_or_library(capsys, tmp_path):
    # A path 1-2-3-4 of lengths 1, 5, 1, the edge 1-2 given twice: the last value holds.
    path = tmp_path / "tiny.txt"
    path.write_text(" 4 4 2 \n 1 2 9\n 2 3 5\n 3 4 1\n 1 2 1\n")
    code, value = told(capsys, "pmed", path, "--json")
    assert code == 0
    assert (value["value"], value["bound"], value["optimal"]) == (2, 2, True)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "1:1"),
        ("3 1\n", "1:1"),
        ("3 2 1\n1 2 1\n", "2:1"),
        ("3 1 1\n1 4 1\n", "2:1"),
        ("3 1 4\n1 2 1\n", "1:1"),
        ("3 1 1\n1 2 1\n", "2:1"),
    ],
)
def test_pmed_says_where_a_file_is_wrong(text, place):
    with pytest.raises(FormatError, match=f"^{place}: "):
        reading.orlib(text)


def test_ctrl_c_says_the_best_so_far(capsys, five, monkeypatch):
    def pressed(problem, p, *, stop, **options):
        signal.raise_signal(signal.SIGINT)
        assert stop()
        return pmedian(problem, p, stop=stop, **options)

    monkeypatch.setattr("versants_libs.coverage.cli.pmedian", pressed)
    code, value = told(capsys, "pmedian", "--communes", five, "--p", 2, "--json")
    assert code == 130
    assert len(value["sites"]) == 2
    assert value["bound"] <= value["mean"]


def test_minutes_are_not_kilometres(capsys, five):
    words = ("cover", "--communes", five, "--p", 1, "--minutes", 30, "--metric", "great-circle-km")
    code, said = told(capsys, *words, territory=DATA)
    assert code == 2
    assert "say --km" in said
    code, value = told(capsys, "cover", "--communes", five, "--p", 1, "--km", 25.5, "--json")
    assert code == 0
    assert value["metric"] == "great-circle-km"
    assert value["covered"] == 1100.0  # Kortrijk at 26.3 km from Lille is out, Tournai at 23.5 in


def test_mesh_is_a_command_of_the_product():
    assert TABLE["mesh"].role == ""
    assert TABLE["mesh"].django is None


def test_roads_read_the_model_that_ships():
    rule = reading.roads((DATA / "travel_time_model.json").read_text())
    assert np.allclose(rule(np.array([0.0, 20.0, 260.0, 270.0])), [1.35, 31.59, 203.88, 210.19], atol=0.005)
    with pytest.raises(FormatError):
        reading.roads("[]")


@pytest.fixture
def scattered(tmp_path):
    """Two hundred places, 2,798 pairs within 20 km: the relaxation leaves something to find."""
    random = np.random.default_rng(5)
    lat, lon = random.uniform(50, 51, 200).round(4), random.uniform(2.5, 4.5, 200).round(4)
    people = random.integers(1, 1000, 200)
    path = tmp_path / "scattered.csv"
    rows = [f"{i},{a},{o},{n}\n" for i, (a, o, n) in enumerate(zip(lat, lon, people, strict=True))]
    path.write_text("uid,lat,lon,population\n" + "".join(rows))
    return path


@pytest.mark.parametrize(
    ("compiled", "narrow", "said"),
    [
        (False, 10**6, "sought by windows alone, without annealing"),
        (False, 0, "sought by branching alone, without annealing"),
        pytest.param(True, 10**6, None, marks=pytest.mark.skipif(not available(), reason="not compiled")),
    ],
)
def test_cover_says_when_it_could_not_anneal(capsys, scattered, monkeypatch, compiled, narrow, said):
    monkeypatch.setattr(covering, "available", lambda: compiled)
    monkeypatch.setattr(covering, "_NARROW", narrow)
    monkeypatch.setattr(covering, "_FEW", -1)  # else this one is solved before sites are sought
    words = ("cover", "--communes", scattered, "--p", 12, "--km", 20, "--seconds", 2)
    code, value = told(capsys, *words, "--json")
    assert code == 0
    assert (value["annealed"], value["windows"]) == (compiled, narrow > 0)
    assert main([str(word) for word in words]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(", which often")[0] for line in lines if line.startswith("sought")] == (
        [said] if said else []
    )


def test_cover_says_nothing_of_a_way_it_did_not_need(capsys, five, monkeypatch):
    monkeypatch.setattr(covering, "available", lambda: False)
    value = told(capsys, "cover", "--communes", five, "--p", 1, "--km", 25.5, "--json")[1]
    assert not {"annealed", "windows"} & set(value)
