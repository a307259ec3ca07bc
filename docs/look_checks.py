"""What ``docs/look.py`` checks of a page in the browser, and how it reports."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from babel.messages.pofile import read_po
from playwright.sync_api import Page

PROJECT = Path(__file__).resolve().parents[1]
AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
# The page of a role is another page when its parts differ, not its words.
_SHAPE = """() => [...document.querySelectorAll(
  'main h1, main h2, main form, main table, main [data-test], main .empty, main nav, main aside')]
  .map(e => e.tagName + (e.dataset.test ? ':' + e.dataset.test.replace(/[0-9a-f-]{8,}/g, '') : ''))
  .filter((e, n, all) => all.indexOf(e) === n).sort().join(' ')"""
# Visible words and what is read aloud, outside parts that are in another language on purpose.
_WORDS = """() => {
  const found = [];
  const own = e => { const l = e && e.closest('[lang]'); return !l || l === document.documentElement; };
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const e = walk.currentNode.parentElement;
    if (!e || e.closest('script, style, template, textarea, bdi') || !own(e)) continue;
    const text = walk.currentNode.textContent.trim().replace(/\\s+/g, ' ');
    if (text) found.push(text);
  }
  for (const e of document.querySelectorAll('[aria-label], [title], [placeholder], [alt]')) {
    if (!own(e)) continue;
    for (const name of ['aria-label', 'title', 'placeholder', 'alt'])
      if (e.getAttribute(name)) found.push(e.getAttribute(name).trim().replace(/\\s+/g, ' '));
  }
  return [...found, document.title];
}"""
_EMPTY = """() => {
  const found = [];
  const main = document.querySelector('main');
  if (!main) return ['no main'];
  if (!main.querySelector('h1')) found.push('no h1');
  const words = main.innerText.replace(main.querySelector('h1')?.innerText || '', '').trim();
  if (words.length < 20) found.push('nothing but a title');
  for (const t of main.querySelectorAll('table'))
    if (t.tBodies.length && ![...t.tBodies].some(b => b.rows.length)) found.push('a table without rows');
  for (const l of main.querySelectorAll('ul, ol, dl')) if (!l.children.length) found.push('a list without entries');
  return found;
}"""
# What sticks out, by its own box, the deepest first.
_WIDE = """width => {
  if (document.documentElement.scrollWidth <= width) return [];
  return [...document.querySelectorAll('body *')].filter(e => {
    const box = e.getBoundingClientRect();
    if (box.right <= width + 1 || !box.width) return false;
    for (let up = e.parentElement; up && up !== document.body; up = up.parentElement)
      if (['auto', 'scroll', 'hidden', 'clip'].includes(getComputedStyle(up).overflowX)) return false;
    return ![...e.children].some(c => c.getBoundingClientRect().right > width + 1);
  }).slice(0, 3).map(e => e.outerHTML.slice(0, 90));
}"""
_SMALL = """() => [...document.querySelectorAll('main button, main a.btn, main select, main input:not([type=hidden])')]
  .filter(e => {
    if (e.matches('.vh, [aria-hidden="true"]')) return false;
    const b = e.getBoundingClientRect();
    const l = e.closest('label')?.getBoundingClientRect();
    return b.width && Math.max(b.height, l ? l.height : 0) < 43.5 && getComputedStyle(e).opacity !== '0'; })
  .slice(0, 3).map(e => e.outerHTML.slice(0, 90))"""
_COMMON = re.compile(r"\b(the|and|your|this|with|from|which|have|been|will|are)\b", re.IGNORECASE)


def shape(page: Page) -> str:
    """What the page is made of, whatever its words."""
    return str(page.evaluate(_SHAPE))


def axe(page: Page) -> list[str]:
    """What axe finds on the whole page."""
    size = page.viewport_size or {"width": 1280, "height": 900}
    # The whole page at once: what the bar at the foot covers for the moment is reached by scrolling.
    page.set_viewport_size({"width": size["width"], "height": 6000})
    found = Axe().run(page, options=AXE).response["violations"]
    page.set_viewport_size(size)
    return [f"axe {one['id']}: {one['nodes'][0]['html'][:110]}" for one in found]


def sideways(page: Page, width: int) -> list[str]:
    """What makes the page wider than the screen; on a telephone also what is too small for a finger."""
    found = [f"sticks out: {html}" for html in page.evaluate(_WIDE, width)]
    if width < 640:
        found += [f"small: {html}" for html in page.evaluate(_SMALL)]
    return found


def emptiness(page: Page) -> list[str]:
    """Parts that have nothing in them and do not say so."""
    return list(page.evaluate(_EMPTY))


class Words:
    """Source strings of every catalogue, to find those that a page of another language still shows."""

    def __init__(self, languages: Sequence[str]) -> None:
        self._sources: dict[str, set[str]] = {}
        own_names = {"english"}  # a language in its own words, wherever it is chosen
        for language in languages:
            sources: set[str] = set()
            translated: set[str] = set()
            for path in sorted(PROJECT.glob(f"versants/**/locale/{language}/LC_MESSAGES/django.po")):
                with path.open("rb") as file:
                    for message in read_po(file, locale=language):
                        ids = message.id if isinstance(message.id, tuple) else (message.id,)
                        said = message.string if isinstance(message.string, tuple) else (message.string,)
                        sources |= {one for one in ids if one}
                        translated |= {one for one in said if one}
            self._sources[language] = (
                {_plain(one) for one in sources} - {_plain(one) for one in translated} - own_names
            )

    def english(self, page: Page, language: str) -> list[str]:
        """Words on the page that are a source string, or read like English."""
        known = self._sources[language]
        found = []
        for text in page.evaluate(_WORDS):
            if _plain(text) in known or len(set(_COMMON.findall(text.lower()))) > 1:
                found.append(text[:80])
        return list(dict.fromkeys(found))


def _plain(text: Any) -> str:
    return re.sub(r"\s+", " ", str(text)).strip().casefold()


def report(seen: Sequence[Any], missed: dict[str, set[str]]) -> str:
    """The table: a line per page and role, then what was found, then what no link led to."""
    lines = ["| page | seen as | status | found |", "| --- | --- | --- | --- |"]
    for one in sorted(seen, key=lambda each: (each.route, each.role)):
        lines.append(f"| `{one.route}` | {one.role} | {one.status} | {len(one.problems) or 'clean'} |")
    bad = [one for one in seen if one.problems]
    lines += ["", f"{len(seen)} pages looked at, {len(bad)} with findings.", ""]
    for one in bad:
        lines += [f"**{one.route}** as {one.role} ({one.path})", ""]
        lines += [f"- {text}" for text in dict.fromkeys(one.problems)] + [""]
    if missed:
        lines += ["Not reached:", ""]
        lines += [f"- `{route}` ({', '.join(sorted(roles)[:4])})" for route, roles in missed.items()]
    return "\n".join(lines) + "\n"


def index(out: Path) -> str:
    """All pictures on one page, to look through."""
    figures = "".join(
        f"<figure><figcaption>{path.name}</figcaption>"
        f"<a href='{path.name}'><img loading=lazy src='{path.name}'></a></figure>"
        for path in sorted(out.glob("*.png"))
    )
    return (
        "<!doctype html><meta charset=utf-8><title>look</title>"
        "<style>figure{display:inline-block;margin:4px;vertical-align:top}"
        f"img{{width:300px}}figcaption{{font:10px sans-serif;max-width:300px}}</style>{figures}"
    )
