"""The board's grid: each row as wide as the window, nothing lost, cut at hours."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from versants.core import clock
from versants.core.svg.timeline import Block, Row, build

DAY = date(2026, 11, 24)


def at(hour, minute=0, day=DAY):
    return clock.at(day, hour, minute)


def visit(start, end, **fields):
    return Block(start, end, "visit", fields.pop("label", "Mouscron"), "/v", **fields)


def spans(line):
    return [(cell.span, cell.block.kind if cell.block else "") for cell in line.cells]


def test_row_of_the_drawing():
    # Élise: free to 8:35, 25 minutes of road, 9:00 to 10:30 in Mouscron, free, supervision 11:00 to 12:30
    blocks = [
        Block(at(8, 35), at(9), "travel"),
        visit(at(9), at(10, 30)),
        Block(at(11), at(12, 30), "busy", "supervision"),
    ]
    grid = build([Row("Élise", blocks=blocks)], at(8), at(14))
    assert spans(grid.lines[0]) == [
        (7, ""),
        (5, "travel"),
        (18, "visit"),
        (6, ""),
        (18, "busy"),
        (6, ""),
        (12, ""),
    ]
    assert [cell.on_hour for cell in grid.lines[0].cells] == [True, False, True, False, True, False, True]
    assert grid.lines[0].cells[1].block.minutes == 25
    assert [(head.label, head.span) for head in grid.heads] == [(f"{h}:00", 12) for h in range(8, 14)]
    assert grid.width == 73


def test_visits_that_overlap_take_two_lines():
    first, second = visit(at(9), at(10)), visit(at(9, 30), at(11), label="Tournai")
    grid = build([Row("Zahra", blocks=[first, second])], at(8), at(12))
    assert len(grid.lines) == 2
    assert [line.first for line in grid.lines] == [True, False]
    shown = [cell.block.label for line in grid.lines for cell in line.cells if cell.block]
    assert shown == ["Mouscron", "Tournai"]
    # the list of a phone has both, once
    assert [block.label for block in grid.lines[0].blocks] == ["Mouscron", "Tournai"]
    assert grid.lines[1].blocks == ()


def test_absence_is_drawn_around_a_visit():
    grid = build([Row("Marc", blocks=[Block(at(8), at(12), "off"), visit(at(9), at(10))])], at(8), at(12))
    assert spans(grid.lines[0]) == [(12, "off"), (12, "visit"), (24, "off")]


def test_a_busy_time_under_a_visit_is_still_seen():
    grid = build(
        [Row("Marc", blocks=[Block(at(9, 15), at(9, 45), "busy"), visit(at(9), at(10))])], at(8), at(12)
    )
    assert [cell.block.kind for line in grid.lines for cell in line.cells if cell.block] == ["visit", "busy"]


def test_blocks_are_cut_at_the_window():
    grid = build([Row("Nuit", blocks=[visit(at(6), at(9)), visit(at(13), at(20))])], at(8), at(14))
    assert spans(grid.lines[0])[0] == (12, "visit")
    assert spans(grid.lines[0])[-1] == (12, "visit")


def test_a_block_off_the_grid_covers_the_columns_it_touches():
    grid = build([Row("A", blocks=[visit(at(9, 2), at(9, 58))])], at(9), at(10))
    assert spans(grid.lines[0]) == [(12, "visit")]


@pytest.mark.parametrize(("day", "columns"), [(date(2026, 3, 29), 23 * 12), (date(2026, 10, 25), 25 * 12)])
def test_days_of_23_and_25_hours_keep_their_hours(day, columns):
    start, end = clock.day_bounds(day)
    grid = build([Row("A", blocks=[visit(at(9, day=day), at(10, day=day))])], start, end)
    assert grid.columns == columns
    assert sum(head.span for head in grid.heads) == columns
    cell = next(cell for cell in grid.lines[0].cells if cell.block)
    before = sum(c.span for c in grid.lines[0].cells[: grid.lines[0].cells.index(cell)])
    label = ""
    for head in grid.heads:
        if before < head.span:
            label = head.label
            break
        before -= head.span
    assert label == "9:00"


def test_a_week_is_headed_by_days():
    start, end = at(0), clock.at(DAY + timedelta(days=7), 0)
    grid = build([Row("A")], start, end, step=timedelta(minutes=30), unit="day")
    assert len(grid.heads) == 7
    assert {head.span for head in grid.heads} == {48}


def test_an_impossible_window_is_refused():
    with pytest.raises(ValueError, match="whole number of steps"):
        build([], at(8), at(8, 7))
    with pytest.raises(ValueError, match="whole number of steps"):
        build([], at(9), at(8))
    with pytest.raises(ValueError, match="hour or day"):
        build([], at(8), at(9), unit="month")


def test_title_says_the_whole_block():
    from django.utils import translation

    block = visit(at(9), at(10, 30), key=1, state="ne bouge pas")
    with translation.override("fr"):
        assert block.title == "1. Mouscron, 09:00 à 10:30, ne bouge pas"


def test_a_whole_day_is_said_without_hours():
    from django.utils import translation

    from versants.core.svg import blocks

    away = Block(at(0), at(0, day=DAY + timedelta(days=1)), "busy", "occupé")
    with translation.override("fr"):
        assert away.title == "occupé, toute la journée"
        assert "00:00" not in blocks.day_rows([(away, 0, 0)])
        assert "toute la journée" in blocks.day_rows([(away, 0, 0)])
        morning = Block(at(0), at(12), "busy", "occupé")
        assert morning.title == "occupé, 00:00 à 12:00"


minutes = st.integers(min_value=-60, max_value=420)
blocks = st.builds(
    lambda a, length, kind: Block(
        at(8) + timedelta(minutes=a), at(8) + timedelta(minutes=a + length), kind, f"{a}"
    ),
    minutes,
    st.integers(min_value=1, max_value=180),
    st.sampled_from(["visit", "busy", "off", "travel"]),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(blocks, max_size=7))
def test_every_line_fills_the_window_and_no_visit_is_lost(many):
    grid = build([Row("A", blocks=many)], at(8), at(14))
    for line in grid.lines:
        assert sum(cell.span for cell in line.cells) == grid.columns
        assert all(cell.span > 0 for cell in line.cells)
    shown = [cell.block for line in grid.lines for cell in line.cells if cell.block]
    inside = [b for b in many if b.end > at(8) and b.start < at(14)]
    assert sorted(b.label for b in shown if b.kind == "visit") == sorted(
        b.label for b in inside if b.kind == "visit"
    )
    assert {id(b) for b in inside if b.kind == "busy"} <= {id(b) for b in shown}


def test_a_phone_gets_a_list_per_person_with_every_block():
    from django.template.loader import render_to_string
    from django.utils import translation

    row = Row("Élise", blocks=[Block(at(8, 35), at(9), "travel"), visit(at(9), at(10, 30), key=1)])
    with translation.override("fr"):
        drawn = render_to_string(
            "components/timeline.html", {"grid": build([row], at(8), at(12)), "caption": "Jour"}
        )
    table, phone = drawn.replace("\n", "").split('<div class="board-list">')
    assert '<td colspan="5"><span class="go"><i>25<span class="vh"> minutes de route</span>' in table
    assert 'colspan="18" class="h"><a class="v" href="/v" title="1. Mouscron, 09:00 à 10:30"' in table
    assert "25 min" in phone
    assert "09:00<small>10:30</small>" in phone
