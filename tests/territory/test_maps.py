"""Maps: geometry finite and in the frame, names that do not collide, a fragment a strict CSP accepts."""

import itertools
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from django.template.loader import render_to_string
from hypothesis import given, settings
from hypothesis import strategies as st

from versants.territory import sources
from versants.territory.maps import (
    Frame,
    Name,
    Route,
    Stop,
    commune_paths,
    day_map,
    outline_paths,
    place_labels,
)
from versants.territory.maps.day import ROUTE_STYLES
from versants.territory.maps.frame import OVERLAP_PX, TOLERANCE_PX, clip, path_of
from versants.territory.maps.labels import overlap, text_width
from versants.territory.shapes import GRID, communes, importance, of_kind, outlines, pack, unpack

TOWNS = {town.name_fr: town for town in sources.towns()}
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?|nan|inf")


def at(name):
    return TOWNS[name].lat, TOWNS[name].lon


def stop(key, name, lang="fr", **more):
    return Stop(key, *at(name), TOWNS[name].name(lang), **more)


def busy_day(lang="fr", **size):
    stops = ["Mouscron", "Tournai", "Menin", "Dunkerque", "Mouscron", "Liévin", "Mons", "Tournai"]
    return day_map(
        [stop(str(n), name, lang) for n, name in enumerate(stops, 1)],
        [
            Route("Lien", [at("Courtrai"), at("Menin"), at("Mouscron"), at("Courtrai")]),
            Route("Thomas et Karim", [at("Lille"), at("Dunkerque"), at("Liévin"), at("Lille")]),
            Route("Nadège", [at("Lille"), at("Tournai"), at("Mons"), at("Lille")]),
        ],
        [stop("A", "Mouscron", lang), stop("B", "Arras", lang)],
        lang,
        **size,
    )


def coordinates(path):
    """float (n, 2): all numbers of an SVG path."""
    return np.array([float(each) for each in NUMBER.findall(path)]).reshape(-1, 2)


points = st.tuples(st.floats(48.9, 51.3), st.floats(1.5, 6.2))


@given(st.lists(points, min_size=1, max_size=8), st.integers(200, 900), st.integers(200, 700))
def test_a_frame_shows_every_point_inside_its_margin(found, width, height):
    frame = Frame.around(found, width, height, margin=30)
    for lat, lon in found:
        assert frame.holds(*frame.xy(lat, lon), inside=30 - 1e-6)


@given(points, points)
def test_north_is_up_and_east_is_right_at_one_scale(a, b):
    frame = Frame.around([a, b], 344, 297)
    (x1, y1), (x2, y2) = frame.xy(*a), frame.xy(*b)
    assert (x2 - x1) * (b[1] - a[1]) >= 0
    assert (y2 - y1) * (b[0] - a[0]) <= 0


def test_a_kilometre_is_as_long_eastward_as_northward():
    # One degree of latitude is 111.19 km; at 50.5 degrees one of longitude is 111.19 * cos(50.5) = 70.73 km.
    frame = Frame.around([(50.4, 3.0), (50.6, 3.4)], 400, 400)
    x1, y1 = frame.xy(50.5, 3.0)
    x2, _ = frame.xy(50.5, 4.0)
    _, y2 = frame.xy(51.5, 3.0)
    assert (x2 - x1) / (y1 - y2) == pytest.approx(70.73 / 111.19, abs=2e-4)


def test_one_place_is_not_drawn_closer_than_the_least():
    frame = Frame.around([at("Mouscron")], 344, 297, margin=36)
    assert (344 - 72) / frame.scale * 111.19 == pytest.approx(24, abs=0.1)


def test_a_margin_without_room_is_refused():
    with pytest.raises(ValueError, match="room"):
        Frame.around([(50.0, 3.0)], 60, 60, margin=30)


@pytest.mark.parametrize("towns", [["Mouscron"], ["Dunkerque", "Arlon"], ["Liège", "Namur"], []])
def test_outlines_are_finite_and_within_the_frame(towns):
    frame = Frame.around([at(name) for name in towns], 344, 297)
    drawn = outline_paths(frame)
    assert drawn.land
    assert drawn.areas
    assert drawn.edges
    for path in (*drawn.land, *drawn.areas, *drawn.edges):
        found = coordinates(path)
        assert np.isfinite(found).all()
        assert (found >= -OVERLAP_PX - 0.06).all()
        assert (found <= [344 + OVERLAP_PX + 0.06, 297 + OVERLAP_PX + 0.06]).all()


def test_communes_of_one_side_are_drawn_each_under_its_uid():
    whole = Frame.whole(600, 450)
    flemish = commune_paths(whole, "west-vlaanderen")
    assert set(flemish) == {t.uid for t in sources.towns() if t.versant == "west-vlaanderen"}
    near = commune_paths(Frame.around([at("Mouscron")], 300, 300))
    assert {"BE-57096", "FR-59599"} <= set(near)
    assert "FR-02001" not in near
    for path in (*flemish.values(), *near.values()):
        assert np.isfinite(coordinates(path)).all()


def test_neighbours_keep_one_border_at_every_scale():
    # Mouscron and Estaimpuis touch: their simplified rings must share vertices.
    rings = {s.id: s for s in communes() if s.id in ("BE-57096", "BE-57027")}
    kept = [
        {tuple(p) for ring, weight in zip(s.rings, s.importance, strict=True) for p in ring[weight >= 400]}
        for s in rings.values()
    ]
    assert len(kept[0] & kept[1]) >= 2


def deviation(line, simple):
    """The furthest that a vertex of ``line`` lies from the polyline ``simple`` (brute force)."""
    worst = 0.0
    for p in line:
        best = np.inf
        for a, b in itertools.pairwise(simple):
            chord = b - a
            length2 = chord @ chord
            t = 0.0 if length2 == 0 else float(np.clip((p - a) @ chord / length2, 0, 1))
            best = min(best, float(np.hypot(*(p - a - t * chord))))
        worst = max(worst, best)
    return worst


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), min_size=2, max_size=25, unique=True),
    st.integers(10, 20_000),
)
def test_what_is_simplified_away_was_nearer_than_the_tolerance(steps, tolerance):
    line = np.array(steps) * 1e-3 + np.array([3.0, 50.0])
    metres = line * np.array([111_194.9 * np.cos(np.radians(50.2)), 111_194.9])
    kept = importance(line) >= tolerance
    assert kept[[0, -1]].all()
    assert deviation(metres, metres[kept]) <= tolerance + 1


def douglas_peucker(line, tolerance):
    """The method as published, by recursion: indices kept."""
    if len(line) < 3:
        return set(range(len(line)))
    gaps = [deviation(line[i : i + 1], line[[0, -1]]) for i in range(1, len(line) - 1)]
    at = 1 + int(np.argmax(gaps))
    if int(max(gaps)) < tolerance:
        return {0, len(line) - 1}
    return douglas_peucker(line[: at + 1], tolerance) | {
        at + i for i in douglas_peucker(line[at:], tolerance)
    }


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), min_size=2, max_size=25, unique=True),
    st.integers(10, 20_000),
)
def test_one_comparison_equals_running_the_method(steps, tolerance):
    line = np.array(steps) * 1e-3 + np.array([3.0, 50.0])
    metres = line * np.array([111_194.9 * np.cos(np.radians(50.2)), 111_194.9])
    kept = set(np.flatnonzero(importance(line) >= tolerance).tolist())
    assert kept == douglas_peucker(metres, tolerance)


def test_shapes_survive_packing():
    shape = of_kind("versant")[0]
    again = unpack(pack(shape.kind, shape.id, shape.versant, shape.rings))
    for ring, twin in zip(shape.rings, again.rings, strict=True):
        assert np.abs(ring - twin).max() < GRID
    assert [len(of_kind(kind)) for kind in ("country", "versant", "admin2")] == [6, 3, 11]
    assert len(outlines()) == 20


def area(ring):
    x, y = ring[:, 0], ring[:, 1]
    return abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2


@given(st.floats(-5, 15), st.floats(-5, 15), st.floats(1, 12))
def test_clipping_a_square_leaves_what_two_squares_share(x, y, side):
    square = np.array([(x, y), (x + side, y), (x + side, y + side), (x, y + side), (x, y)])
    cut = clip(square, (0.0, 0.0), (10.0, 10.0))
    shared = overlap((x, y, x + side, y + side), (0, 0, 10, 10))
    assert (area(cut) if len(cut) else 0.0) == pytest.approx(shared, abs=1e-9)


def test_a_shape_out_of_sight_has_no_path():
    frame = Frame.around([at("Arlon")], 300, 300)
    dunkirk = next(s for s in of_kind("versant") if s.id == "west-vlaanderen")
    assert path_of([dunkirk], frame) == ""


def test_two_names_side_by_side_do_not_touch():
    names = [Name("Mouscron", 100, 100, 8, 8, bold=True), Name("Tourcoing", 118, 102, 8, 8, bold=True)]
    taken = [(n.x - 8, n.y - 8, n.x + 8, n.y + 8) for n in names]
    first, second = place_labels(names, width=300, height=200, taken=taken)
    assert overlap(first.box, second.box) == 0
    for placed in (first, second):
        assert sum(overlap(placed.box, box) for box in taken) == 0


def test_names_of_dots_one_above_the_other_choose_different_sides():
    # Both would stand to the right, six pixels apart: one of them has to give way.
    names = [Name("Langemark-Poelkapelle", 150, 100, 2, 2), Name("Passendale", 150, 106, 2, 2)]
    first, second = place_labels(names, width=300, height=200)
    assert overlap(first.box, second.box) == 0


def test_a_name_at_the_right_edge_goes_to_the_left():
    (placed,) = place_labels([Name("Tournai", 290, 100)], width=300, height=200)
    assert placed.anchor == "end"
    assert placed.box[2] < 290


def test_a_name_without_room_is_left_out_unless_required():
    wall = [(0.0, 0.0, 300.0, 200.0)]
    assert place_labels([Name("Lille", 100, 100, required=False)], width=300, height=200, taken=wall) == []
    assert len(place_labels([Name("Lille", 100, 100)], width=300, height=200, taken=wall)) == 1


def test_longer_and_bolder_text_is_wider():
    assert (
        text_width("Tournai", 11)
        < text_width("Tournai", 11, bold=True)
        < text_width("Tournaisis", 11, bold=True)
    )


def boxes_of(drawn):
    """The boxes of markers and town names as drawn."""
    markers = [
        (float(m.x), float(m.y), float(m.x) + float(m.width), float(m.y) + float(m.height))
        for m in drawn.markers
    ]
    names = []
    for text in (t for t in drawn.names if t.css != "map-name"):
        width = text_width(text.text, 11, bold=text.css == "map-town")
        left = float(text.x) - {"start": 0, "middle": width / 2, "end": width}[text.anchor]
        names.append((left, float(text.y) - 8, left + width, float(text.y) + 2.6))
    return markers, names


@pytest.mark.parametrize("lang", ["fr", "nl", "en"])
@pytest.mark.parametrize("size", [(344, 297), (520, 360)])
def test_nothing_covers_anything_on_a_busy_day(lang, size):
    markers, names = boxes_of(busy_day(lang, width=size[0], height=size[1]))
    assert len(markers) == 7
    for a, b in itertools.combinations([*markers, *names], 2):
        assert overlap(a, b) < 1
    for box in [*markers, *names]:
        assert overlap(box, (0, 0, *size)) == pytest.approx((box[2] - box[0]) * (box[3] - box[1]))


def test_markers_of_neighbouring_towns_move_apart():
    towns = [
        "Lille",
        "Roubaix",
        "Tourcoing",
        "Wattrelos",
        "Mouscron",
        "La Madeleine",
        "Croix",
        "Lys-lez-Lannoy",
    ]
    towns = [name for name in towns if name in TOWNS]
    far = [stop("9", "Arlon"), stop("10", "Beauvais")]  # the frame is wide, so the others pile up
    markers, _ = boxes_of(day_map([stop(str(n), t) for n, t in enumerate(towns)] + far, [], [], "fr"))
    for a, b in itertools.combinations(markers, 2):
        assert overlap(a, b) < 1


def test_visits_of_one_place_share_a_marker_letters_first():
    drawn = busy_day()
    mouscron = next(m for m in drawn.markers if len(m.keys) == 3)
    assert [(key.text, key.hot) for key in mouscron.keys] == [("A", True), ("1", False), ("5", False)]
    assert not mouscron.hot
    arras = next(m for m in drawn.markers if m.keys[0].text == "B")
    assert arras.hot


def test_routes_differ_by_dash_and_the_legend_tells_whose():
    routes = [
        Route(f"R{n}", [at("Lille"), at(name)]) for n, name in enumerate(["Arras", "Lens", "Douai"] * 3)
    ]
    drawn = day_map([], routes, [], "en")
    styles = [(line.css, line.dash) for line in drawn.routes]
    assert len(set(styles[: len(ROUTE_STYLES)])) == len(ROUTE_STYLES)
    assert [entry.name for entry in drawn.legend] == ["R0", "R1", "R2", "R3", "R4", "R5", "3 other routes"]
    assert [(e.css, e.dash) for e in drawn.legend[:6]] == styles[:6]
    assert len({*styles[6:]}) == 1


def test_a_route_runs_through_its_markers():
    drawn = busy_day()
    tournai = next(m for m in drawn.markers if [k.text for k in m.keys] == ["2", "8"])
    middle = np.array([float(tournai.x) + float(tournai.width) / 2, float(tournai.y) + 8])
    assert np.hypot(*(coordinates(drawn.routes[2].d) - middle).T).min() < 0.2


def test_going_and_coming_back_are_two_lines():
    drawn = day_map([], [Route("R", [at("Lille"), at("Mons"), at("Lille")])], [], "fr")
    _start, bend, _there, back, _end = coordinates(drawn.routes[0].d)
    assert np.hypot(*(bend - back)) > 10


def test_the_map_describes_itself_in_the_readers_language():
    assert busy_day("nl").label.startswith(
        "Kaart van de dag: 3 routes. 8 bezoeken (Moeskroen, Doornik, Menen,"
    )
    assert "2 visites sans équipe (Mouscron, Arras)" in busy_day("fr").label
    assert day_map([], [], [], "en").label == "Map of the territory: no visit on this day."


def test_area_names_lie_in_their_area_and_on_nothing():
    drawn = busy_day("fr")
    markers, names = boxes_of(drawn)
    areas = [t for t in drawn.names if t.css == "map-name"]
    assert "Mer du Nord" in {t.text for t in areas}
    for text in areas:
        half = text_width(text.text, 11) / 2
        box = (float(text.x) - half, float(text.y) - 8, float(text.x) + half, float(text.y) + 2)
        assert all(overlap(box, other) == 0 for other in [*markers, *names])


def test_the_inset_covers_no_marker_and_is_left_out_when_all_is_in_sight():
    drawn = busy_day()
    x, y = map(float, re.findall(r"\d+", drawn.inset.transform))
    box = (x, y, x + drawn.inset.width, y + drawn.inset.height)
    markers, names = boxes_of(drawn)
    assert all(overlap(box, other) == 0 for other in [*markers, *names])
    assert day_map([], [], [], "fr").inset is None
    assert (
        day_map([stop("1", "Dunkerque"), stop("2", "Arlon"), stop("3", "Beauvais")], [], [], "fr").inset
        is None
    )


def test_the_fragment_is_well_formed_and_has_no_style_nor_script():
    for drawn in (busy_day(), day_map([], [], [], "nl")):
        html = render_to_string("territory/map.html", {"map": drawn})
        root = ET.fromstring(html)
        attributes = {name for element in root.iter() for name in element.attrib}
        assert not {name for name in attributes if name == "style" or name.startswith("on")}
        assert not [element for element in root.iter() if element.tag in ("style", "script")]
        assert "nan" not in html
        assert root.find("svg").get("role") == "img"
        assert root.find("svg").get("aria-label") == drawn.label


def test_no_language_turns_a_point_into_a_comma():
    for lang in ("fr", "nl"):
        html = render_to_string("territory/map.html", {"map": busy_day(lang)})
        assert not re.search(r'\b(?:x|y|cx|cy|width|height|rx)="[^"]*,', html)


def test_links_are_named_and_the_map_is_then_a_group():
    drawn = day_map(
        [stop("1", "Mouscron", href="/visits/1/who/", title="Mouscron, 09:00 & après")], [], [], "fr"
    )
    root = ET.fromstring(render_to_string("territory/map.html", {"map": drawn}))
    (link,) = root.iter("a")
    assert link.get("href") == "/visits/1/who/"
    assert link.get("aria-label") == "1, Mouscron, 09:00 & après"
    assert root.find("svg").get("role") == "group"


def test_every_dot_is_named_or_the_start_of_a_route():
    for lang in ("fr", "nl"):
        drawn = busy_day(lang)
        light = [text for text in drawn.names if text.css == "map-town light"]
        ends = {(line.d[1:].split("Q")[0]) for line in drawn.routes}
        for dot in drawn.dots:
            near = [
                t
                for t in light
                if abs(float(t.x) - float(dot.x)) < 20 and abs(float(t.y) - float(dot.y)) < 24
            ]
            assert near or f"{dot.x} {dot.y}" in ends


def test_somebody_may_start_where_no_town_is():
    drawn = day_map([stop("1", "Arlon")], [Route("R", [(49.95, 5.4512), at("Arlon")])], [], "fr")
    assert len(drawn.dots) >= 1
    assert drawn.routes[0].d.startswith(f"M{drawn.dots[0].x} {drawn.dots[0].y}Q")


def test_the_same_day_gives_the_same_map():
    assert busy_day() == busy_day()


def test_simplification_is_at_the_promised_scale():
    frame = Frame.whole(344, 297)
    assert frame.tolerance_m == pytest.approx(TOLERANCE_PX / frame.scale * 111_194.9)
