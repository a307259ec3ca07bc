"""Rules of the repository about what readers are served."""

import re
from pathlib import Path

import pytest

import versants

PACKAGE = Path(versants.__file__).parent
TEMPLATES = sorted(PACKAGE.glob("*/templates/**/*.html"))
SHEET = PACKAGE / "core/static/versants/versants.css"
SCRIPTS = sorted((PACKAGE / "core/static").rglob("*.js"))
# Found by Django or allauth by their name, not by ours.
BY_NAME = ("django/forms/", "allauth/", "account/", "socialaccount/", "mfa/", "help/")


def name(path):
    return path.relative_to(next(p for p in path.parents if p.name == "templates")).as_posix()


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_no_style_and_no_inline_script(path):
    text = path.read_text()
    assert not re.search(r"<[^>]*\sstyle\s*=", text), "a style attribute breaks the CSP"
    assert not re.search(r"<style[\s>]", text)
    assert not re.search(r"<[^>]*\son[a-z]+\s*=", text), "an inline handler breaks the CSP"
    for attributes, body in re.findall(r"<script([^>]*)>(.*?)</script>", text, re.S):
        assert "src=" in attributes or 'type="application/json"' in attributes
        assert not body.strip() or "json" in attributes
    assert not re.search(r'(src|href)="(https?:)?//', text), "a page asks no third party"


OWN = [p for p in TEMPLATES if "core" in p.parts and not name(p).startswith(BY_NAME)]


@pytest.mark.parametrize("path", OWN, ids=name)
def test_each_template_of_core_is_used(path):
    wanted = name(path)
    sources = [
        *PACKAGE.rglob("*.html"),
        *PACKAGE.rglob("*.py"),
        *PACKAGE.rglob("templates/components/README.md"),
    ]
    needle = wanted.removeprefix("components/") if wanted.startswith("components/") else wanted
    assert any(needle in source.read_text() for source in sources if source != path), (
        f"{wanted} is used nowhere"
    )


@pytest.mark.parametrize("path", [p for p in TEMPLATES if p.parent.name == "components"], ids=name)
def test_each_component_says_what_it_needs_and_is_listed(path):
    assert path.read_text().startswith("{#")
    if path.name not in {"block.html", "block_row.html"}:
        assert f"`{path.name}`" in (path.parent / "README.md").read_text()


def test_the_sheet_knows_no_left_and_no_right():
    rules = re.sub(r"/\*.*?\*/", "", SHEET.read_text(), flags=re.S)
    sides = r"(?<![\w-])(?:margin|padding|border|inset)?-?(?:left|right|top|bottom)\s*:"
    sizes = r"(?<![\w-])(?:width|height|min-width|max-height)\s*:"
    # The page box of print has no logical side; sizes inside @media (...) are questions, not rules.
    rules = re.sub(r"@media[^{]*", "", rules)
    found = re.findall(f"{sides}|{sizes}", rules)
    assert found == []


def test_the_sheet_asks_for_nothing_but_its_own_fonts():
    urls = re.findall(r"url\(([^)]*)\)", SHEET.read_text())
    assert urls
    for url in urls:
        assert (SHEET.parent / url.strip("\"'")).is_file(), url
    fonts = {p.name for p in (SHEET.parent / "fonts").glob("*.woff2")}
    assert fonts == {Path(url.strip("\"'")).name for url in urls}
    assert "SIL OPEN FONT LICENSE" in (SHEET.parent / "fonts/OFL.txt").read_text()


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda p: p.name)
def test_scripts_evaluate_nothing_and_keep_nothing_typed(path):
    text = path.read_text()
    assert not re.search(r"\beval\(|new Function|innerHTML|document\.write", text)
    for call in re.findall(r"(?:local|session)Storage\.setItem\(([^)]*)\)", text):
        assert call.startswith('"versants-theme"')


def contrast(a, b):
    def light(hexa):
        channels = [int(hexa[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(a), light(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_colour_reads_on_every_ground(theme):
    text = SHEET.read_text()
    start = text.index(":root {") if theme == "light" else text.index(':root[data-theme="dark"] {')
    block = text[start : text.index("}", start)]
    token = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))
    grounds = ("paper", "sheet", "band", "hover", "woad-wash")
    for ink in ("ink", "ink-2", "ink-3", "woad", "madder", "ochre", "moss"):
        for ground in grounds:
            # the smallest grey is not used on the blue wash; states sit on paper, sheet or their own wash
            if ground in {"woad-wash", "band"} and ink not in {"ink", "ink-2", "woad"}:
                continue
            assert contrast(token[ink], token[ground]) >= 4.5, (theme, ink, ground)
    for state in ("madder", "ochre", "moss"):
        assert contrast(token[state], token[f"{state}-wash"]) >= 4.5, (theme, state)
        assert contrast(token["ink"], token[f"{state}-wash"]) >= 4.5
    assert contrast(token["woad"], token["on-woad"]) >= 4.5
    assert contrast(token["paper"], token["ink"]) >= 4.5


def test_both_dark_blocks_are_the_same():
    text = SHEET.read_text()
    media = text[text.index(':root:not([data-theme="light"]) {') :]
    chosen = text[text.index(':root[data-theme="dark"] {') :]
    tokens = [
        dict(re.findall(r"--([\w-]+): ([^;]+);", block[: block.index("}")])) for block in (media, chosen)
    ]
    assert tokens[0] == tokens[1]
    assert len(tokens[0]) > 20
