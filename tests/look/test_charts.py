"""Bars: drawn to scale, readable without eyes, silent about small cells."""

import xml.etree.ElementTree as ET

import pytest
from django.utils import translation

from versants.core.svg.bars import BASE, TOP, Cell, Chart, Group, Series, steps
from versants.core.web.samples import chart

SVG = "{http://www.w3.org/2000/svg}"


def parsed(drawn):
    return ET.fromstring(str(drawn).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


def small(**cells):
    groups = [Group("a", "A"), Group("b", "B", open=True, note="until today")]
    series = [Series("x", "X"), Series("y", "Y")]
    return Chart("c", "label", groups, series, {tuple(k.split("_")): v for k, v in cells.items()})


@pytest.mark.parametrize("highest", [*range(0, 60), 97, 100, 101, 240, 999, 1327, 54_321])
def test_axis_is_whole_and_reaches_the_highest(highest):
    step, top = steps(highest)
    assert isinstance(step, int)
    assert isinstance(top, int)
    assert top >= max(highest, 1)
    assert top % step == 0
    assert 1 <= top // step <= 5
    assert highest == 0 or top - highest < step


def test_axis_of_the_drawing():
    assert steps(97) == (25, 100)


def test_bars_are_to_scale():
    root = parsed(small(a_x=Cell(50, url="/l"), a_y=Cell(100, url="/l")).svg)
    bars = [a.find(f"{SVG}rect") for a in root.iter(f"{SVG}a")]
    heights = [float(bar.get("height")) for bar in bars]
    assert heights == [(BASE - TOP) / 2, BASE - TOP]
    assert all(float(bar.get("y")) + float(bar.get("height")) == BASE for bar in bars)


def test_each_bar_is_a_link_with_a_sentence():
    with translation.override("fr"):
        root = parsed(chart().svg)
    links = list(root.iter(f"{SVG}a"))
    # 21 cells, one without a figure, one too small
    assert len(links) == 19
    assert links[0].get(
        "aria-label"
    ) == "Hauts-de-France, 2023-1 : 38 interventions, ouvrir la liste".replace(" :", "\u00a0:")


def test_a_hidden_cell_tells_nothing():
    drawn = str(small(a_x=Cell(3, url="/secret", hidden=True), a_y=Cell(40)).svg)
    assert "/secret" not in drawn
    assert ">3<" not in drawn
    assert drawn.count("–</text>") == 3  # hidden, and the two cells of B that do not exist
    assert small(a_x=Cell(400, hidden=True), a_y=Cell(4)).highest == 4


def test_no_style_and_escaped_words():
    bad = Chart("c", "<i>", [Group("a", "<script>")], [Series("x", "&")], {("a", "x"): Cell(7)})
    drawn = str(bad.svg)
    assert "style=" not in drawn
    assert "<script>" not in drawn
    parsed(drawn)


def test_an_impossible_chart_is_refused():
    with pytest.raises(ValueError, match="one to 3 series"):
        Chart("c", "l", [Group("a", "A")], [Series(str(i), "s") for i in range(4)], {})
    with pytest.raises(ValueError, match="at least one group"):
        Chart("c", "l", [], [Series("x", "X")], {})


def test_two_charts_on_a_page_do_not_share_a_hatching():
    a, b = small(a_y=Cell(5)), Chart("d", "l", [Group("a", "A")], [Series("x", "X"), Series("y", "Y")], {})
    assert "url(#c-hatch)" in str(a.svg)
    assert "url(#c-hatch)" not in str(b.svg)
