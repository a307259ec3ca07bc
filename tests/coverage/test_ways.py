"""How and when requests come: the register's own shares where they may be told, totals kept, nothing small pointed at."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.coverage.test_needs import WVL, small
from versants_libs.coverage.assumptions import Sizing
from versants_libs.coverage.building import Choice, build_study
from versants_libs.coverage.errors import FormatError
from versants_libs.coverage.needs import Register, needs, read_register
from versants_libs.coverage.ways import Counts, ways_of

CSV = "versant,language,commune,requests,mode,band,minutes\n"


def counted(modes=None, bands=None, minutes=None):
    return Counts(
        {(WVL, mode): float(n) for mode, n in (modes or {}).items()},
        {(WVL, band): float(n) for band, n in (bands or {}).items()},
        {(WVL, mode): pair for mode, pair in (minutes or {}).items()},
    )


def share(rows, **what):
    mine = [row for row in rows if all(getattr(row, key) == value for key, value in what.items())]
    return sum(row.requests for row in mine) / sum(row.requests for row in rows)


def asked(counts, **options):
    world = small()
    own = Register({(WVL, "tir"): 400.0}, counts=counts)
    return needs(world, world.area(versants=(WVL,)), register=own, demand="register", **options)


def test_the_register_says_how_when_and_how_long():
    """150 on site, 50 by telephone or video: 25 %, of which video is 10 of 40; 30 of 200 in the evening."""
    counts = counted(
        {"on_site": 150, "phone": 30, "video": 10, "remote": 10},
        {"office": 170, "evening": 30},
        {"on_site": (100, 9_000), "phone": (4, 400)},
    )
    found = asked(counts)
    assert sum(row.requests for row in found.rows) == pytest.approx(400)
    assert share(found.rows, mode="on_site") == pytest.approx(0.75)
    assert share(found.rows, mode="video") == pytest.approx(0.25 * 10 / 40)
    assert share(found.rows, band="evening") == pytest.approx(0.15)
    lengths = {row.mode: row.minutes for row in found.rows}
    assert lengths == {"on_site": 90.0, "phone": 20.0, "video": 45.0}, "four calls are too few for a mean"
    said = {one.key: one.value for one in found.assumptions}
    assert said[f"register_remote:{WVL}"] == "25%"
    assert said[f"register_evening:{WVL}"] == "15%"
    assert said[f"register_minutes:{WVL}"] == "90, –, –"
    assert "remote" not in said
    assert "evening" not in said
    assert "minutes" in said, "two of three lengths are still general"


@pytest.mark.parametrize(
    ("counts", "value"),
    [(counted(), "< 5"), (counted({"on_site": 95, "phone": 4}), "99"), (counted({"on_site": 500, "phone": 4}), "504")],
)  # fmt: skip
def test_what_the_register_does_not_tell_is_general_and_said(counts, value):
    found = asked(counts)
    assert share(found.rows, mode="on_site") == pytest.approx(0.28)
    assert share(found.rows, band="evening") == pytest.approx(0.05)
    said = {one.key: one.value for one in found.assumptions}
    assert said[f"register_remote_untold:{WVL}"] == value
    assert said[f"register_evening_untold:{WVL}"] == "< 5"
    assert {"remote", "evening"} <= set(said)


def test_a_share_somebody_chose_counts_before_the_registers():
    counts = counted({"on_site": 150, "phone": 50})
    found = asked(counts, phone_share=0.6)
    assert share(found.rows, mode="on_site") == pytest.approx(0.4)
    said = {one.key: one.value for one in found.assumptions}
    assert said[f"register_remote_passed:{WVL}"] == "25%"
    assert said["remote"].startswith("60%")
    world = small()
    own = Register({(WVL, "tir"): 400.0}, counts=counts)
    choice = Choice("n", world.area(versants=(WVL,)), ["tir"], register=own, demand="register")
    assert share(build_study(world, choice).study.demand, mode="on_site") == pytest.approx(0.75)


@given(
    st.fixed_dictionaries(dict.fromkeys(("on_site", "phone", "video", "remote"), st.integers(0, 300))),
    st.fixed_dictionaries(dict.fromkeys(("office", "evening"), st.integers(0, 300))),
    st.one_of(st.none(), st.floats(0, 1)),
)
def test_totals_stay_and_few_never_show(modes, bands, chosen):
    """Shares add up to 1, and moving requests within what is under five moves no share."""
    found = ways_of(WVL, counted(modes, bands), Sizing(), chosen, 100.0, 5.0)
    assert sum(found.modes.values()) == pytest.approx(1)
    assert sum(found.bands.values()) == pytest.approx(1)
    off = modes["phone"] + modes["video"] + modes["remote"]
    if off < 5:
        none = ways_of(
            WVL, counted(modes | {"phone": 0, "video": 0, "remote": 0}, bands), Sizing(), chosen, 100.0, 5.0
        )
        assert none.modes == found.modes
    if min(modes["phone"], modes["video"]) < 5 and not chosen:
        assert found.modes["video"] == pytest.approx((1 - found.modes["on_site"]) * 0.1)
    if bands["evening"] < 5 or bands["office"] < 5:
        assert found.bands["evening"] == 0.05


@given(st.lists(st.tuples(st.integers(0, 50), st.sampled_from(["", "on_site", "phone", "remote"]),
                          st.sampled_from(["", "office", "evening"])), min_size=1))  # fmt: skip
def test_a_file_says_how_and_when_or_leaves_it_empty(rows):
    text = CSV + "".join(f"{WVL},tir,,{n},{mode},{band},\n" for n, mode, band in rows)
    found = read_register(text, small())
    assert found.total(WVL) == sum(n for n, _m, _b in rows)
    for names, where, at in (
        (found.counts.modes, ("on_site", "phone", "remote"), 1),
        (found.counts.bands, ("office", "evening"), 2),
    ):
        for one in where:
            assert names.get((WVL, one), 0.0) == sum(row[0] for row in rows if row[at] == one)


def test_minutes_of_a_file_are_weighed_by_requests():
    text = CSV + f"{WVL},tir,,10,on_site,,60\n{WVL},pus,,30,on_site,,100\n{WVL},nld,,90,on_site,,5\n"
    found = read_register(text, small()).counts
    assert found.minutes == {(WVL, "on_site"): (40.0, 3_600.0)}, "nobody interprets Dutch there"


@pytest.mark.parametrize(
    ("row", "column", "said"),
    [
        (f"{WVL},tir,,3,fax,,", 5, "mode: 'fax' found, on_site, phone, video, remote expected"),
        (f"{WVL},tir,,3,phone,noon,", 6, "band: 'noon' found, office, evening expected"),
        (f"{WVL},tir,,3,phone,office,x", 7, "minutes: 'x' found, minutes above 0, 1440 at most expected"),
        (f"{WVL},tir,,3,phone,office,0", 7, "minutes: '0' found, minutes above 0, 1440 at most expected"),
    ],
)
def test_a_slip_names_line_column_and_what_is_expected(row, column, said):
    with pytest.raises(FormatError) as found:
        read_register(CSV + row + "\n", small())
    assert (found.value.line, found.value.column) == (2, column)
    assert said in str(found.value)
