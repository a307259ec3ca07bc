"""How the report is set: what stays together, and letters its font lacks."""

import json

import pytest
import typst

from tests.networks.reports import said
from versants.networks import drawing
from versants.networks.report.pdf import TEMPLATE, compiled, fonts


def test_a_letter_the_font_lacks_is_an_error_not_a_box(source):
    from datetime import UTC, datetime

    told = {**said(source, "fr"), "title": "\u0627"}
    with pytest.raises(LookupError, match="\u0627"):
        compiled(told, at=datetime.fromtimestamp(0, UTC))


@pytest.mark.parametrize("rows", range(56, 66))
def test_the_last_row_of_a_long_table_never_stands_alone_on_a_page(source, rows):
    table = {
        "kind": "table",
        "head": ["", ""],
        "widths": [],
        "figures": [False, True],
        "rows": [["a", "1"]] * rows,
    }
    told = {**said(source, "nl"), "blocks": [table]}
    marked = "#show table.cell: it => { place[#metadata(0)<cell>]; it }\n" + TEMPLATE.read_text()
    marked = marked.replace("// What introduces", "#pagebreak()\n// What introduces")
    marked += "\n#context [#metadata(query(<cell>).map(it => it.location().page())) <pages>]"

    found = typst.query(
        marked.encode(),
        "<pages>",
        field="value",
        one=True,
        font_paths=fonts(),
        sys_inputs={"said": json.dumps(told)},
    )

    pages = json.loads(found)
    assert len(pages) >= 2 * rows
    assert pages.count(max(pages)) >= 6  # three rows of two cells


@pytest.mark.parametrize("lines", range(2, 20))
def test_a_long_table_does_not_begin_with_a_row_alone_at_the_foot_of_a_page(source, lines):
    table = {
        "kind": "table",
        "head": ["", ""],
        "widths": [],
        "figures": [False, True],
        "rows": [["a", "1"]] * 20,
    }
    filling = [{"kind": "p", "text": "filling"}] * lines
    told = {**said(source, "nl"), "blocks": [*filling, table]}
    marked = "#show table.cell: it => { place[#metadata(0)<cell>]; it }\n" + TEMPLATE.read_text()
    marked += "\n#context [#metadata(query(<cell>).map(it => it.location().page())) <pages>]"
    found = typst.query(
        marked.encode(), "<pages>", field="value", one=True, font_paths=fonts(), sys_inputs={"said": json.dumps(told)}
    )  # fmt: skip
    body = json.loads(found)[3:]  # what follows the head
    assert body.count(min(body)) >= 6


def test_of_a_list_two_items_stand_on_either_side_of_a_pages_end(source):
    text = TEMPLATE.read_text().replace(
        "one.items.map(text => [#text])", "one.items.map(text => [#metadata(0)<at>#text])"
    )
    marked = text + "\n#context [#metadata(query(<at>).map(it => it.location().page())) <pages>]"
    crossed = False
    for lines in range(2, 22):
        filling = [{"kind": "p", "text": "filling"}] * lines
        told = {**said(source, "nl"), "blocks": [*filling, {"kind": "list", "items": ["an item"] * 6}]}
        found = typst.query(
            marked.encode(), "<pages>", field="value", one=True, font_paths=fonts(),
            sys_inputs={"said": json.dumps(told)},
        )  # fmt: skip
        pages = json.loads(found)
        assert len(pages) == 6
        assert all(pages.count(page) >= 2 for page in pages), lines
        crossed |= len(set(pages)) == 2
    assert crossed


@pytest.mark.parametrize("kind", ["table", "svg"])
def test_what_introduces_a_table_or_drawing_and_a_remark_under_it_stay_with_it(source, kind):
    """Pushed down a page line by line, the three never stand on different pages."""
    shown = {
        "table": {"kind": "table", "head": ["", ""], "widths": [], "figures": [False, True], "rows": [["a", "1"]] * 6},
        "svg": {"kind": "svg", "svg": drawing.printed_curves("M0 0", "M0 0"), "caption": ""},
    }[kind]  # fmt: skip
    mark = 'it => { place[#metadata("shown")<at>]; it }'
    text = TEMPLATE.read_text().replace("par(one.text)", "[#metadata(one.text)<at>#par(one.text)]")
    text = text.replace("// What introduces", f"#show table: {mark}\n#show image: {mark}\n// What introduces")
    marked = text + "\n#context [#metadata(query(<at>).map(it => (it.value, it.location().page()))) <pages>]"
    crossed = set()
    for lines in range(60):
        before = [{"kind": "p", "text": f"filling {i}."} for i in range(lines)]
        after = [{"kind": "p", "text": "a remark"}] if kind == "table" else []
        told = {**said(source, "nl"), "blocks": [*before, {"kind": "p", "text": "it leads"}, shown, *after]}
        found = json.loads(
            typst.query(
                marked.encode(), "<pages>", field="value", one=True, font_paths=fonts(),
                sys_inputs={"said": json.dumps(told)},
            )
        )  # fmt: skip
        pages = {what: page for what, page in found if not what.startswith("filling")}
        asked = set(pages.values())
        assert len(asked) == 1, (lines, found)
        crossed |= asked
    assert len(crossed) > 1, "a page's end was passed"


def test_a_tall_table_of_few_rows_goes_over_the_page_and_leaves_no_hole(source):
    """Eleven assumptions of several lines stood whole on the next page, after half a page of nothing."""
    long = "what nobody has measured is a range, and where it comes from is said " * 2
    told = {
        **said(source, "nl"),
        "blocks": [
            *[{"kind": "p", "text": long}] * 14,
            {
                "kind": "table", "head": ["", ""], "widths": [], "figures": [False, False],
                "rows": [[long, long]] * 11,
            },
        ],
    }  # fmt: skip
    marked = "#show table.cell: it => { place[#metadata(0)<cell>]; it }\n" + TEMPLATE.read_text()
    marked = marked.replace("// What introduces", "#pagebreak()\n// What introduces")
    marked += "\n#context [#metadata(query(<cell>).map(it => it.location().page())) <pages>]"
    found = typst.query(
        marked.encode(),
        "<pages>",
        field="value",
        one=True,
        font_paths=fonts(),
        sys_inputs={"said": json.dumps(told)},
    )
    pages = [one for one in json.loads(found) if one > 1]
    first, last = min(pages), max(pages)
    assert last == first + 1
    assert min(pages.count(first), pages.count(last)) >= 6, "three rows at least on either side"
