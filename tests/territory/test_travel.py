"""Travel times against a slow twin, against published road times, and through the cache."""

import json
import math
from datetime import UTC, datetime
from io import StringIO
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from versants.core.errors import BadInput
from versants.territory import sources, travel
from versants.territory.travel import CalibratedModel, Point

MODEL = json.loads((sources.DATA / "travel_time_model.json").read_text())
CALIBRATION = Path(__file__).parent / "road_time_calibration.csv.gz"


def slow_km(lat1, lon1, lat2, lon2):
    """The spherical law of haversines, with the standard library alone."""
    a, b, c, d = map(math.radians, (lat1, lon1, lat2, lon2))
    h = math.sin((c - a) / 2) ** 2 + math.cos(a) * math.cos(c) * math.sin((d - b) / 2) ** 2
    return 2 * 6371.0 * math.asin(math.sqrt(min(h, 1)))


def slow_minutes(km):
    """The model read off its table, piece by piece."""
    knots = list(zip(MODEL["knots_km"], MODEL["minutes"], strict=True))
    for (x1, y1), (x2, y2) in pairwise(knots):
        if km <= x2:
            return y1 + (y2 - y1) * (km - x1) / (x2 - x1)
    (x1, y1), (x2, y2) = knots[-2:]
    return y2 + (y2 - y1) / (x2 - x1) * (km - x2)


places = st.tuples(st.floats(48.8, 51.4), st.floats(1.3, 6.3))


@given(st.lists(places, min_size=1, max_size=6))
def test_a_matrix_equals_the_slow_twin_to_the_second(found):
    points = [Point(lat, lon) for lat, lon in found]
    fast = travel.matrix_between(points)
    assert fast.dtype == np.int32
    for i, a in enumerate(points):
        for j, b in enumerate(points):
            slow = 0 if i == j else 60 * slow_minutes(slow_km(a.lat, a.lon, b.lat, b.lon))
            assert abs(int(fast[i, j]) - slow) <= 0.5 + 1e-6


def test_an_example_by_hand():
    # Mouscron to Lille: 16.23 km as the crow flies; between the knots 10 km (18.56) and 20 km (31.59):
    # 18.56 + 6.23 * 1.303 = 26.68 minutes.
    mouscron, lille = Point(50.74497, 3.20639), Point(50.63297, 3.05858)
    assert travel.minutes(mouscron, lille) == pytest.approx(26.68, abs=0.02)


def test_one_degree_of_latitude_is_as_long_as_the_sphere_says():
    assert float(travel.great_circle_km(50, 3, 51, 3)) == pytest.approx(6371.0 * math.pi / 180, rel=1e-12)


# Of the full fit only these samples are at hand: 6,000 of 54,524 pairs, and all 3,789.
@pytest.mark.parametrize(
    ("sample", "fit", "pairs", "tolerance"),
    [("hdf-to-paris", "hdf_to_paris", 3789, 0.01), ("isere-lowland", "isere_lowland_0_60km", 6000, 0.1)],
)
def test_the_model_is_as_wrong_as_it_says(sample, fit, pairs, tolerance):
    rows = [row for row in sources.rows(CALIBRATION.read_bytes()) if row["set"] == sample]
    assert len(rows) == pairs
    km = np.array([float(row["crow_km"]) for row in rows])
    road = np.array([float(row["osrm_minutes"]) for row in rows])
    error = np.abs(CalibratedModel.shipped().minutes_for(km) - road).mean()
    assert error == pytest.approx(MODEL["fit"][fit]["MAE_min"], abs=tolerance)


def test_published_kilometres_agree_with_ours():
    rows = sources.rows(CALIBRATION.read_bytes())[:500]
    columns = [[float(row[name]) for row in rows] for name in ("from_lat", "from_lon", "to_lat", "to_lon")]
    published = np.array([float(row["crow_km"]) for row in rows])
    assert np.abs(travel.great_circle_km(*columns) - published).max() < 0.011


def test_one_place_is_no_time_away_and_two_doors_are():
    centre, again = Point(50.7, 3.2, key="a"), Point(50.7, 3.2, key="a")
    neighbour = Point(50.7, 3.2, key="b")
    assert travel.minutes(centre, again) == 0
    assert travel.minutes(centre, neighbour) == MODEL["minutes"][0]
    assert travel.matrix_between([centre, again, neighbour]).tolist() == [[0, 0, 81], [0, 0, 81], [81, 81, 0]]


def test_no_points_make_an_empty_matrix():
    assert travel.matrix_between([]).shape == (0, 0)


def test_busy_hours_change_nothing_until_somebody_measured():
    at = datetime(2026, 11, 24, 7, 30, tzinfo=UTC)  # 8:30 on a Tuesday
    assert travel.peak_factor("wallonie", at) == 1.0


def test_a_measured_factor_counts_at_its_hours_on_working_days_only(monkeypatch):
    monkeypatch.setattr(travel, "_peaks", lambda: (("wallonie", 7, 9, 1.5),))
    tuesday, noon = datetime(2026, 11, 24, 7, 30, tzinfo=UTC), datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
    sunday = datetime(2026, 11, 22, 7, 30, tzinfo=UTC)
    a, b = Point(50.74, 3.2, versant="wallonie"), Point(50.63, 3.05, versant="hauts-de-france")
    quiet = travel.minutes(a, b)
    assert travel.minutes(a, b, tuesday) == pytest.approx(1.5 * quiet)
    assert travel.minutes(b, a, tuesday) == pytest.approx(1.5 * quiet)
    assert travel.minutes(a, b, noon) == quiet
    assert travel.minutes(a, b, sunday) == quiet


def test_another_provider_answers_once_it_is_in_use():
    class Crawl:
        name, date, source = "crawl", "2026", "this test"

        def minutes(self, origin, destination, at=None):
            return 99.0

        def matrix(self, points):
            return np.full((len(points), len(points)), 5940, dtype=np.int32)

    travel.use(Crawl())
    try:
        assert travel.minutes(Point(50, 3), Point(51, 3)) == 99.0
        assert travel.provider().name == "crawl"
    finally:
        travel.use(None)
    assert travel.provider().name == "calibrated"


@pytest.mark.parametrize(
    ("km", "minutes"), [([0], [1]), ([0, 5], [1]), ([0, 5, 5], [1, 2, 3]), ([0, 5], [2, 1])]
)
def test_a_model_that_is_none_is_refused(km, minutes):
    with pytest.raises(ValueError, match="knots"):
        CalibratedModel(km, minutes, "2026", "")


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


def test_the_commune_matrix_is_cached_and_equals_what_is_computed(cache):
    first = travel.commune_matrix(cache)
    (file,) = cache.glob("*.npy")
    written = file.stat().st_mtime_ns
    again = travel.commune_matrix(cache)
    assert isinstance(again._seconds, np.memmap)
    assert file.stat().st_mtime_ns == written
    assert [path for path in cache.iterdir() if path != file] == []  # nothing half written stays behind
    towns = sources.towns()
    assert first.uids == tuple(town.uid for town in towns)
    some = towns[::137]
    computed = travel.matrix_between([Point(town.lat, town.lon) for town in some])
    cached = again.between([town.uid for town in some])
    off_diagonal = ~np.eye(len(some), dtype=bool)
    assert cached.dtype == np.int32
    assert (cached == computed)[off_diagonal].all()
    assert set(np.diag(cached)) == {81}  # two doors of one commune
    assert again.seconds("BE-57096", "FR-59350") == again.to_all("BE-57096")[first.uids.index("FR-59350")]


def test_a_damaged_cache_is_made_again(cache):
    travel.commune_matrix(cache)
    (file,) = cache.glob("*.npy")
    file.write_bytes(file.read_bytes()[:1000])
    assert travel.commune_matrix(cache).seconds("BE-57096", "FR-59350") == 1601
    assert file.stat().st_size > 33_000_000


def test_without_a_place_to_write_it_is_computed(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    assert travel.commune_matrix(blocked / "cache").seconds("BE-57096", "FR-59350") == 1601


def test_an_unknown_commune_has_no_row(cache):
    with pytest.raises(KeyError):
        travel.commune_matrix(cache).seconds("BE-57096", "FR-00000")


@pytest.mark.django_db
def test_the_travel_command_answers_as_promised():
    out = StringIO()
    call_command("travel", "BE-57096", "fr-59350", json=True, stdout=out)
    assert json.loads(out.getvalue()) == {
        "minutes": 26.7,
        "km": 16.23,
        "provider": "calibrated",
        "date": "2022",
    }


@pytest.mark.parametrize(("text", "hint"), [("Moeskroen", "BE-57096 (Mouscron)"), ("FR-5935", "FR-59350")])
@pytest.mark.django_db
def test_an_unknown_commune_is_bad_input_with_a_hint(text, hint):
    with pytest.raises(BadInput) as refused:
        call_command("travel", "BE-57096", text)
    assert refused.value.code == "commune.unknown"
    assert hint in str(refused.value.message)
