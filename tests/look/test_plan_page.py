"""The page that ``versants plan --draw plan.html`` writes, in Chromium."""

import pytest

from tests.dispatch.builders import person, plan, problem, visit
from versants_libs.dispatch import Slot, sheet

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    pair = (Slot(id="a", role="psy"), Slot(id="b", role="psy"))
    made = problem(
        person(),
        person("ben"),
        visit(),
        visit("w", place=2, slots=pair),
        visit("x", place=1),
        places=("Home", "Lille", "Mons"),
    )
    file = tmp_path_factory.mktemp("page") / "plan.html"
    file.write_text(sheet(made, plan(v={"a": ("ana", 60)}, w={"a": ("ana", 300), "b": ("ben", 300)})))
    return file.as_uri()


@pytest.mark.parametrize(
    ("width", "scheme"), [(360, "light"), (360, "dark"), (1280, "light"), (1280, "dark")]
)
def test_page_of_a_plan_is_clean_in_every_look(browser, drawn, width, scheme):
    from axe_playwright_python.sync_playwright import Axe

    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(drawn)
    violations = [(v["id"], v["nodes"][0]["html"][:120]) for v in Axe().run(page).response["violations"]]
    assert violations == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert asked == [drawn]
    context.close()


def test_choosing_a_person_fades_the_others_without_script(browser, drawn):
    context = browser.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto(drawn)

    def strength(person):
        stops = page.locator(f".map .stop.w{person}").first
        return float(stops.evaluate("e => getComputedStyle(e).opacity"))

    assert (strength(0), strength(1)) == (1, 1)
    page.get_by_label("ben").check()
    assert strength(0) < 0.5
    assert strength(1) == 1
    page.get_by_label("everybody").check()
    assert (strength(0), strength(1)) == (1, 1)
    context.close()
