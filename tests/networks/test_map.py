"""The map of a study: names, dots that hide no other, communes without talks, and a slider that tells the truth."""

import itertools
import math

import pytest
from django.urls import reverse
from django.utils import translation

from tests.networks.test_browser import opened  # noqa: F401 -- a fixture
from tests.networks.test_files import finished
from versants.networks import drawing
from versants.networks.services import studies
from versants_libs.coverage.digest import Place


@pytest.fixture
def towns():
    known = {town.name_fr: town for town in studies.territory().towns if town.country in {"BE", "FR"}}
    return [
        known[name]
        for name in ("Mouscron", "Tourcoing", "Courtrai", "Spiere-Helkijn", "Waregem")
        if name in known
    ]


def drawn(towns, recruits, measure="fill", **options):
    placed = {town.uid: Place(10.0, 0.5, 12.0) for town in towns if town.name_fr != "Tourcoing"}
    names = {town.uid: town.name_fr for town in towns}
    with translation.override("fr"):
        return drawing.mesh_map(towns, placed, measure, names=names, recruits=recruits, **options)


def test_recruits_and_large_towns_are_named_and_no_dot_hides_another(towns):
    near = {town.name_fr: town.uid for town in towns}
    made = drawn(towns, {near["Mouscron"]: 4, near["Tourcoing"]: 1})
    assert [n for _x, _y, n in made.dots] == ["4", "1"], "the small one is drawn last"
    for a, b in itertools.combinations(made.dots, 2):
        assert math.dist((float(a[0]), float(a[1])), (float(b[0]), float(b[1]))) >= 2 * drawing.DOT
    named = [name for *_at, name in made.names]
    assert {"Mouscron", "Tourcoing", "Courtrai"} <= set(named)
    assert len(made.points) == len(made.names) - len(made.dots), "a point for each town that recruits nobody"
    today = drawn(towns, {near["Mouscron"]: 4, near["Tourcoing"]: 1}, dots=False)
    assert (today.dots, today.names) == ((), made.names), "one map slides over the other"
    assert len(today.points) == len(today.names)
    assert "Tourcoing</text>" in drawing.printed(made), "on paper too"


def test_dots_of_one_place_are_pushed_apart():
    at = drawing._apart([(100.0, 100.0)] * 3 + [(101.0, 100.0)])
    for a, b in itertools.combinations(at, 2):
        assert math.dist(a, b) >= 2 * drawing.DOT


def test_communes_without_talks_have_their_line_in_the_legend(towns):
    made = drawn(towns, {})
    assert (drawing.BARE, "pas d’entretien à elle") in made.legend
    assert [area.step for area in made.areas].count(drawing.BARE) == 1
    assert len(set(drawing.PRINTED)) == 7, "and a colour of its own"
    assert drawing.BARE not in [
        step for step, _word in drawn([t for t in towns if t.name_fr != "Tourcoing"], {}).legend
    ]


@pytest.mark.e2e
def test_the_name_of_each_map_stands_on_its_side_of_the_slider(opened, world):  # noqa: F811
    run = finished(world.house_be)
    page = opened(reverse("study", args=[run.uid]), "fr", 1280)
    slider = page.locator('[data-test="compare"]')
    assert slider.input_value() == "70", "most of what the recruits change shows at first"
    today, then = (page.locator(f'[data-test="map-{key}"] figcaption') for key in ("before", "after"))
    line = page.locator("[data-compare]").bounding_box()
    line = line["x"] + 0.7 * line["width"]
    assert then.bounding_box()["x"] + then.bounding_box()["width"] <= line <= today.bounding_box()["x"]

    def shown(key):
        slider.focus()
        page.keyboard.press(key)
        page.evaluate("document.querySelector('[data-compare]').scrollIntoView()")
        at = page.locator("[data-compare]").bounding_box()
        return page.evaluate(
            "([x, y]) => document.elementFromPoint(x, y).closest('figure').dataset.test",
            [at["x"] + at["width"] / 2, at["y"] + at["height"] / 2],
        )

    assert (shown("Home"), shown("End")) == ("map-before", "map-after")
    seas = "[...document.querySelectorAll('[data-compare] svg')].map(one => getComputedStyle(one).backgroundColor)"
    assert len(set(page.evaluate(seas))) == 1, "one sea"
