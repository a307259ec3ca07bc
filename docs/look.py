"""Looks at every page of the running product: pictures, axe, sideways scrolling, words left in English, emptiness.

``make look`` (needs Chromium; ``OUT=FOLDER ONLY=route,route LANGS=fr,nl,en FAST=1 WORLD=FOLDER``) starts a
demonstration world of its own (or the one kept in WORLD), gives it what some pages need to have something to show,
then walks as every role from link to link until each address of ``versants access-matrix`` that opens to the role was
seen. A page that looks different to another role is looked at again. Pictures go to OUT (``var/look``, outside git)
with ``report.md`` and ``index.html``; exit code 1 if anything was found or a page of ``docs/look_pages.py`` was not
reached: a page that answers with another status than the one expected there (``look_pages.STATUS``) does not count as
reached, and a 5xx is a finding.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

from docs import look_checks as checks  # noqa: E402  (the path is set above)
from docs import look_pages as pages  # noqa: E402
from docs import look_scenes as scenes  # noqa: E402
from tests.e2e.product import CHROMIUM, FLAGS, Running, product, sign_in  # noqa: E402

WIDTHS = (360, 1280)
THEMES = ("light", "dark")
NOBODY = "anonymous"
REAUTHENTICATE = "/account/reauthenticate/"
# More than that many roles under one address: the first ones that look different.
MOST_ROLES = 3


@dataclass
class Seen:
    """One page as one role sees it: ``route`` as the address matrix writes it, ``shape`` what it is made of."""

    route: str
    role: str
    path: str
    shape: str
    status: int
    state: Any = None
    problems: list[str] = field(default_factory=list)


def main() -> int:
    """Walk, look, report; 1 if anything was found."""
    out = Path(os.environ.get("OUT", "") or PROJECT / "var" / "look")
    out.mkdir(parents=True, exist_ok=True)
    languages = (os.environ.get("LANGS", "") or "fr,nl,en").split(",")
    only = [part for part in os.environ.get("ONLY", "").split(",") if part]
    with product(os.environ.get("WORLD") or None) as running, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        matrix = running.command("access-matrix")
        routes = _routes(matrix)
        print("The world is there; making the scenes that no link leads to.", flush=True)
        extra = scenes.prepare(browser, running)
        seen = list(_walk(browser, running, routes, extra, only))
        words = checks.Words(languages)
        for number, one in enumerate(seen):
            print(f"{number + 1}/{len(seen)} {one.role:<18} {one.path}", flush=True)
            _look(browser, running, one, words, languages, out)
            for problem in dict.fromkeys(one.problems):
                print(f"    {problem}", flush=True)
        missed = {} if only else _missed(routes, seen)
        browser.close()
    (out / "report.md").write_text(checks.report(seen, missed), encoding="utf-8")
    (out / "index.html").write_text(checks.index(out), encoding="utf-8")
    print((out / "report.md").read_text())
    return 1 if missed or any(one.problems for one in seen) else 0


def _routes(matrix: list[dict[str, str]]) -> dict[str, set[str]]:
    """Route -> the roles (and nobody) it opens to by GET, at home."""
    found: dict[str, set[str]] = {route: set(roles) for route, roles in pages.GRANTED.items()}
    for row in matrix:
        if row["method"] != "GET" or row["expected"] != "open" or row["url"] in pages.EXCEPTED:
            continue
        if row["situation"] == "own" or row["role"] == NOBODY:
            found.setdefault(row["url"], set()).add(row["role"])
    return found


def _pattern(route: str) -> re.Pattern[str]:
    kinds = {"uuid": r"[0-9a-f-]{36}", "int": r"\d+"}
    parts = re.split(r"<(\w+):\w+>", route)
    return re.compile(
        "^" + "".join(kinds.get(p, r"[^/]+") if n % 2 else re.escape(p) for n, p in enumerate(parts)) + "$"
    )


def _route_of(path: str, routes: dict[str, set[str]]) -> str:
    """The route an address belongs to, a plain one before one with a blank; empty if none."""
    fitting = [route for route in routes if _pattern(route).match(path)]
    return min(fitting, key=lambda route: route.count("<"), default="")


def _walk(
    browser: Browser,
    running: Running,
    routes: dict[str, set[str]],
    extra: list[tuple[str, str]],
    only: list[str],
) -> Iterator[Seen]:
    """Every address as every role that sees it differently. ``extra``: role and address that no link leads to."""
    shapes: dict[str, set[str]] = {}
    for role in [NOBODY, *sorted({one["role"] for one in running.logins})]:
        mine = [path for who, path in extra if who == role]
        opened = [route for route, roles in routes.items() if role in roles]
        if only and not any(_wanted(route, only) for route in [*mine, *opened]):
            continue  # nothing that is asked for opens to this one
        print(f"Walking as {role}.", flush=True)
        context = context_of(browser, running, "fr", 1280)
        page = context.new_page()
        if role != NOBODY:
            sign_in(page, running.login(role))
        state = context.storage_state()
        page.route("**/static/**", lambda asked: asked.abort())  # only what the page is made of counts here
        plain = [route for route in routes if "<" not in route and role in routes[route]]
        waiting = [*mine, *plain]
        done: set[str] = set()
        while waiting:
            path = waiting.pop(0)
            route = _route_of(urlsplit(path).path, routes) or urlsplit(path).path
            key = path if (role, path) in extra else route
            if key in done:
                continue
            done.add(key)
            answer = page.goto(path, wait_until="domcontentloaded")
            status = answer.status if answer else 0
            known = {urlsplit(link).path for link in _links(page, running.url)}
            for link in sorted(known):
                towards = _route_of(link, routes)
                if "<" in towards and towards not in done and role in routes[towards]:
                    waiting.append(link)
            if urlsplit(page.url).path != urlsplit(path).path and key == route:
                continue  # led elsewhere, which is looked at under its own address
            if not pages.is_expected(route, status) and status < 500:
                continue  # closed to this one for now, as a factor to switch off that was never switched on
            shape = checks.shape(page)
            others = shapes.setdefault(key, set())
            if shape in others or len(others) >= MOST_ROLES or (only and not _wanted(key, only)):
                continue
            others.add(shape)
            yield Seen(key if key != path else route, role, path, shape, status, state)
        context.close()
    for role, path in scenes.ERRORS:
        if not only or _wanted(path, only):
            yield Seen(path, role, path, "error", 0)


def _wanted(route: str, only: list[str]) -> bool:
    return any(part in route for part in only)


def _links(page: Page, here: str) -> list[str]:
    links: list[str] = page.eval_on_selector_all(
        "a[href]", "all => all.map(one => new URL(one.getAttribute('href'), location).href)"
    )
    return [link for link in links if link.startswith(here)]


def context_of(
    browser: Browser, running: Running, language: str, width: int, state: Any = None
) -> BrowserContext:
    """A fresh browser in that language and width, signed in as ``state`` says."""
    context = browser.new_context(
        locale={"fr": "fr-BE", "nl": "nl-BE", "en": "en-GB"}.get(language, "fr-BE"),
        viewport={"width": width, "height": 900},
        base_url=running.url,
        timezone_id="Europe/Brussels",
        storage_state=state,
    )
    context.add_cookies([_spoken(running, language)])
    return context


def _spoken(running: Running, language: str) -> Any:
    """The cookie that says in which language the pages are read."""
    return {"name": "versants_language", "value": language, "url": running.url}


def _look(
    browser: Browser, running: Running, one: Seen, words: checks.Words, languages: list[str], out: Path
) -> None:
    """Pictures in every language, width and theme; findings into ``one``. Axe runs in all four pairs of width and theme,
    in the first language and in Arabic; ``FAST`` leaves two: light on a telephone, dark at a desk."""
    name = _name(one)
    fast = bool(os.environ.get("FAST"))
    spoken = [*languages, "ar"] if one.role == NOBODY and one.route in scenes.PERSONS else languages
    for language in spoken:
        context = context_of(browser, running, language if language != "ar" else "fr", WIDTHS[-1], one.state)
        page = context.new_page()
        noise = _listen(page)
        if one.shape == "error":
            scenes.serve_error(page, running, one.path, language)
        path = f"{urlsplit(one.path).path}?lang=ar" if language == "ar" else one.path
        answer = page.goto(path)
        if urlsplit(page.url).path == REAUTHENTICATE != urlsplit(path).path:
            # The sign-in of the walk is too old for what it protects: a new one, from nobody's session.
            context.clear_cookies()
            context.add_cookies([_spoken(running, language)])
            sign_in(page, running.login(one.role))
            one.state = context.storage_state()
            answer = page.goto(path)
        page.wait_for_load_state("networkidle")
        one.status = answer.status if answer else 0
        if not pages.is_expected(one.route, one.status):
            one.problems.append(f"{language}: answered {one.status}")
        if urlsplit(page.url).path != urlsplit(one.path).path:
            # As when the session has ended.
            one.problems.append(f"{language}: led to {urlsplit(page.url).path}")
        one.problems += [f"{language}: {text[:120]}" for text in noise if "status of" not in text]
        if language in ("fr", "nl"):
            one.problems += [f"{language}: English: {text!r}" for text in words.english(page, language)]
        if language == languages[0]:
            one.problems += [f"empty: {text}" for text in checks.emptiness(page)]
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            one.problems += [f"{language} {width}: {text}" for text in checks.sideways(page, width)]
            for theme in THEMES:
                page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
                if fast and theme == "dark" and language != languages[0]:
                    continue
                page.screenshot(
                    path=out / f"{name}.{language}.{width}.{theme}.png", full_page=True, animations="disabled"
                )
                if language in (languages[0], "ar") and (not fast or (width < 640) == (theme == "light")):
                    one.problems += [f"{language} {width} {theme}: {text}" for text in checks.axe(page)]
        context.close()


_named: dict[str, int] = {}


def _name(one: Seen) -> str:
    """What its pictures are called; a second page of the same address and role does not take the place of the first."""
    asked = re.sub(r"day=[^&]+", "", urlsplit(one.path).query)
    words = re.sub("[^a-z0-9]+", "-", f"{one.route} {asked}".lower()).strip("-") or "home"
    name = f"{words}.{one.role}"
    _named[name] = _named.get(name, 0) + 1
    return name if _named[name] == 1 else f"{words}-{_named[name]}.{one.role}"


def _listen(page: Page) -> list[str]:
    """What the page's scripts and the browser complain of, as it comes."""
    noise: list[str] = []
    page.on("pageerror", lambda error: noise.append(f"script: {error}"))
    page.on("console", lambda message: noise.append(message.text) if message.type == "error" else None)
    return noise


def _missed(routes: dict[str, set[str]], seen: list[Seen]) -> dict[str, set[str]]:
    """Routes that no role reached as they should answer, with the roles they open to."""
    reached = {one.route for one in seen if pages.is_expected(one.route, one.status)}
    return {route: roles for route, roles in sorted(routes.items()) if route not in reached}


if __name__ == "__main__":
    sys.exit(main())
