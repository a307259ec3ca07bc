"""Pages in Chromium: axe, 360 and 1280 px, both themes, both directions, keyboard, no script, no third party."""

import threading
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import pytest
from django.core.wsgi import get_wsgi_application

PAGES = [
    "components/",
    "accessibility/",
    "privacy/",
    "legal/",
    pytest.param("account/login/", marks=pytest.mark.django_db),  # asks which partners' sign-ins there are
    "account/password/reset/",
    "no/such/page/",
]

pytestmark = pytest.mark.e2e


class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def site(settings):
    """The pages without a database: what pytest-django refuses to a test without its mark, they do not ask."""
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    settings.MIDDLEWARE = [m for m in settings.MIDDLEWARE if not m.startswith("versants.people")]
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    settings.STATIC_ROOT = None
    settings.WHITENOISE_AUTOREFRESH = True
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    server = WSGIServer(("127.0.0.1", 0), Quiet)
    server.set_app(get_wsgi_application())
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def open_page(browser, site, path, language="fr", width=1280, scheme="light", **options):
    context = browser.new_context(
        locale=language, viewport={"width": width, "height": 800}, color_scheme=scheme, **options
    )
    page = context.new_page()
    page.asked = []
    page.said = []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on(
        "console", lambda m: page.said.append(m.text) if m.type == "error" and "404" not in m.text else None
    )
    page.goto(site + path)
    return page


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_clean_in_every_look(browser, site, path):
    from axe_playwright_python.sync_playwright import Axe

    for language, width, scheme in (
        ("fr", 360, "light"),
        ("nl", 360, "dark"),
        ("fr", 1280, "dark"),
        ("nl", 1280, "light"),
    ):
        page = open_page(browser, site, path, language, width, scheme)
        violations = [
            (v["id"], [node["html"][:120] for node in v["nodes"]])
            for v in Axe().run(page).response["violations"]
        ]
        assert violations == [], (path, language, width, scheme)
        assert page.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        ), (path, width)
        assert page.evaluate("document.documentElement.lang") == language
        assert all(url.startswith((site, "data:")) for url in page.asked)
        assert page.said == []
        page.context.close()


def test_fonts_of_the_product_are_the_ones_drawn(browser, site):
    page = open_page(browser, site, "components/")
    page.wait_for_timeout(300)
    loaded = page.evaluate(
        "[...document.fonts].filter(f => f.status === 'loaded').map(f => f.family.replaceAll('\"', ''))"
    )
    assert {"Noto Sans", "Noto Serif", "Noto Serif Display", "Noto Sans Arabic", "Noto Sans Ethiopic"} <= set(
        loaded
    )
    page.context.close()


def test_a_french_page_loads_no_arabic_letters(browser, site):
    page = open_page(browser, site, "privacy/")
    page.wait_for_timeout(300)
    assert [url for url in page.asked if "arabic" in url or "ethiopic" in url or "cyrillic" in url] == []
    page.context.close()


def test_right_to_left_mirrors_the_margin(browser, site):
    page = open_page(browser, site, "components/")
    page.evaluate("document.documentElement.dir = 'rtl'")
    head, text = (page.locator(f"main .row.head > :nth-child({n})").bounding_box() for n in (1, 2))
    assert head["x"] > text["x"]
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.context.close()


def test_keyboard_reaches_the_content_and_the_list_of_keys(browser, site):
    page = open_page(browser, site, "components/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("#keys").is_visible()
    page.context.close()


def test_theme_is_chosen_kept_and_given_back(browser, site):
    page = open_page(browser, site, "privacy/", scheme="light")
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.locator('[data-set-theme="dark"]').click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != paper
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.locator('[data-set-theme=""]').click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == paper
    page.context.close()


def test_language_changes_by_a_button_without_a_script(browser, site):
    page = open_page(browser, site, "privacy/", java_script_enabled=False)
    assert page.locator("h1").inner_text() == "Vie privée"
    assert not page.locator("[data-themes]").is_visible()
    page.locator('button[lang="nl"]').click()
    assert page.locator("h1").inner_text() == "Privacy"
    assert page.locator("html").get_attribute("lang") == "nl"
    page.context.close()


FORM = """<!doctype html><html lang="fr"><title>x</title><body>
<form data-once data-autosave="/i18n/draft/" action="/i18n/send/" method="post">
<label>Note <textarea name="note"></textarea></label>
<input type="file" name="paper"><button>Envoyer</button>
<span data-saved data-saved-text="Enregistré à {time}" data-waiting-text="…" data-failed-text="Pas de réseau"></span></form>
<script type="module" src="/static/versants/versants.js"></script></body></html>"""


def test_a_form_is_saved_as_it_is_typed_and_sent_once(browser, site):
    context = browser.new_context(locale="fr")
    page = context.new_page()
    drafts, sends, broken = [], [], [True]

    def draft(route):
        drafts.append(route.request.post_data)
        route.abort() if broken[0] else route.fulfill(status=204)

    def send(route):
        sends.append(1)  # no answer: the first press is still under way

    page.route(
        "**/i18n/form/", lambda route: route.fulfill(body=FORM, content_type="text/html; charset=utf-8")
    )
    page.route("**/i18n/draft/", draft)
    page.route("**/i18n/send/", send)
    page.goto(site + "i18n/form/")
    page.locator("textarea").fill("Elle dort mieux")
    page.wait_for_timeout(1700)
    assert page.locator("[data-saved]").inner_text() == "Pas de réseau"
    broken[0] = False
    page.locator("textarea").fill("Elle dort mieux, dit-elle")
    page.locator('[data-saved][data-state="saved"]').wait_for(timeout=15000)
    assert page.locator("[data-saved]").inner_text().startswith("Enregistré à ")
    assert "dit-elle" in drafts[-1]
    assert "paper" not in drafts[-1]
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    page.evaluate("for (let i = 0; i < 3; i++) document.querySelector('form').requestSubmit()")
    page.wait_for_timeout(300)
    assert len(sends) == 1
    context.close()


def test_a_refused_fragment_says_its_sentence_and_the_page_stays(browser, site):
    page = open_page(browser, site, "components/")
    page.evaluate(
        """() => {
          const link = document.createElement("button");
          link.setAttribute("hx-get", "/no/such/page/");
          link.id = "probe";
          link.textContent = "probe";
          document.querySelector("main").append(link);
          htmx.process(link);
        }"""
    )
    page.locator("#probe").click()
    page.locator("#toasts .toast").first.wait_for(timeout=5000)
    assert page.locator("#toasts .toast").first.inner_text() == "Il n’y a rien à cette adresse"
    assert page.locator("h1").inner_text() == "Composants"
    page.context.close()


def test_privacy_on_a_telephone_puts_what_under_who(browser, site):
    """Beside each other the names of who reads it would break inside their words."""
    page = open_page(browser, site, "privacy/", "nl", 360)
    who, what = (page.locator(f".prose .facts > {name}").last.bounding_box() for name in ("dt", "dd"))
    assert who["x"] == what["x"]
    assert what["y"] > who["y"]
    page.context.close()


def test_filters_on_a_telephone_are_of_one_width(browser, site):
    page = open_page(browser, site, "components/", "nl", 360)
    page.evaluate(
        """() => document.querySelector("main").insertAdjacentHTML("beforeend", `<form class="filters">
        <span class="soft">Toon</span><label><input type="search" placeholder="Code"></label>
        <label><select><option>alle talen van de wereld</option></select></label>
        <label><select><option>alle</option></select></label></form>`)"""
    )
    widths = page.eval_on_selector_all(
        "form.filters select, form.filters input[type=search]", "all => all.map(one => one.offsetWidth)"
    )
    assert len(widths) == 3
    assert max(widths) - min(widths) <= 1
    page.context.close()


@pytest.mark.parametrize(("current", "more"), [(0, "after"), (3, "before after"), (5, "before")])
def test_the_menu_on_a_telephone_shows_where_one_is_and_that_more_follows(browser, site, current, more):
    words = ["Vandaag", "Aanvragen", "Planning", "Personen", "Opvolging", "Cijfers"]
    links = "".join(
        f'<li><a href="/"{" aria-current=page" if n == current else ""}>{word}</a></li>'
        for n, word in enumerate(words)
    )
    context = browser.new_context(locale="nl", viewport={"width": 360, "height": 800})
    page = context.new_page()

    page.add_init_script(  # before the page's own script, which runs once all of it is there
        f"""new MutationObserver((_all, watch) => {{
          const mast = document.querySelector("header.mast");
          if (!mast?.nextElementSibling) return;
          watch.disconnect();
          const menu = document.createElement("nav");
          menu.innerHTML = `<ul>{links}</ul>`;
          mast.append(menu);
        }}).observe(document, {{ childList: true, subtree: true }})"""
    )
    page.goto(site + "components/")
    page.wait_for_timeout(200)
    assert page.get_attribute(".mast nav", "data-more") == more
    box, word = (
        page.locator(".mast nav").bounding_box(),
        page.locator(".mast nav [aria-current]").bounding_box(),
    )
    assert box["x"] - 1 <= word["x"]
    assert word["x"] + word["width"] <= box["x"] + box["width"] + 1
    assert page.evaluate("getComputedStyle(document.querySelector('.mast nav')).maskImage") != "none"
    context.close()
