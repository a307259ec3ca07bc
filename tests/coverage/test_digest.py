"""What a result says commune by commune, on an answer written by hand."""

import pytest

from versants_libs.coverage.digest import digest, less
from versants_libs.coverage.errors import InstanceError
from versants_libs.coverage.study import Band, Candidate, Commune, Demand, Limits, Person, Study, TravelSource
from versants_libs.coverage.travel import travel_of

OFFICE = Band("office", (1, 2, 3, 4, 5), 8.0, 18.0)


def study():
    """Three communes in a row, 10 km apart; one minute a kilometre. BE-3 is gathered with BE-2."""
    return Study(
        name="row",
        communes=tuple(
            Commune(f"BE-{i}", 50.0 + i * 0.0899322, 3.0, 1000.0, "wallonie", "BE") for i in (1, 2, 3)
        ),
        bands=(OFFICE,),
        demand=(
            Demand("BE-1", "tir", "on_site", "office", 10.0, 60.0),
            Demand("BE-2", "tir", "on_site", "office", 30.0, 60.0),
            Demand("BE-3", "tir", "on_site", "office", 10.0, 60.0),
            Demand("BE-1", "tir", "phone", "office", 50.0, 20.0),
        ),
        people=(Person("p", "BE-1", {"tir": "full"}, {"office": 5.0}, "certified"),),
        candidates=(Candidate("c", "BE-2", {"tir": "full"}, {"office": 5.0}, "helper", 1, 40.0),),
        limits=Limits(1),
        travel=TravelSource("piecewise", "2022", knots_km=(0.0, 100.0), minutes=(1.0, 101.0)),
    )


def flow(by, point, requests, mode="on_site", how="own"):
    return {**asked_of(point, mode), "by": by, "how": how, "requests": requests}


def asked_of(point, mode):
    here = {"band": "office", "talk": "any", "country": "BE", "versant": "wallonie"}
    return {"point": point, "language": "tir", "mode": mode, **here}


def predicted(share, *classes):
    """``classes``: point, mode, held, on site."""
    said = [{**asked_of(point, mode), "held": held, "site": site} for point, mode, held, site in classes]
    return {"share": share, "languages": {"tir": share}, "classes": said}


def side(unserved, flows):
    share = unserved / 100
    return {
        "languages": {"tir": {"requests": 100.0, "unserved": unserved, "share_unserved": share}},
        "flows": flows,
    }


def answer():
    before = [flow("person:p", "BE-1", 10.0), flow("person:p", "", 40.0, "phone")]
    after = [
        flow("person:p", "BE-1", 8.0),
        flow("person:p", "BE-2", 10.0),
        flow("candidate:c", "BE-2", 10.0),
        flow("person:p", "", 50.0, "phone"),
        flow("person:p", "BE-1", 2.0, how="phone"),
    ]
    lost = [{"commune": "BE-1", "language": "tir", "requests": 2.0}]
    return {
        "points": {"BE-1": "BE-1", "BE-2": "BE-2", "BE-3": "BE-2"},
        "before": side(50.0, before),
        "after": side(20.0, after),
        "recruits": [{"loses": lost}, {"loses": lost}],
    }


def read(result=None, group=None):
    made = study()
    return digest(made, result or answer(), travel_of(made, None), group)


def test_places_have_their_share_and_the_minutes_of_those_who_come():
    """After: in BE-1 8 of 10 on site and 2 by phone instead, door to door 1 min, and all 50 calls; 20 of 40 at BE-2 and
    BE-3, half from 10 km (11 min)."""
    told = read()
    assert told.places["before"]["BE-2"].fill == 0
    assert told.places["before"]["BE-2"].minutes is None
    after = told.places["after"]
    assert (after["BE-1"].fill, after["BE-1"].minutes) == pytest.approx((1.0, 1.0))
    assert (after["BE-1"].visits, after["BE-1"].gone) == pytest.approx((10.0, 0.8))
    assert (after["BE-2"].fill, after["BE-2"].minutes) == pytest.approx((0.5, 6.0), rel=1e-4)
    assert (after["BE-3"].fill, after["BE-3"].requests) == pytest.approx((0.5, 10.0))


def test_languages_groups_and_losers_add_up():
    told = read(group={"BE-1": "A", "BE-2": "B", "BE-3": "B"})
    (line,) = told.languages
    assert (line.key, line.before, line.after) == ("tir", 0.5, 0.8)
    assert told.share_unserved("after") == pytest.approx(0.2)
    assert [(one.key, one.requests, one.before, one.after) for one in told.groups] == [
        ("A", 60.0, pytest.approx(50 / 60), 1.0),
        ("B", 40.0, 0.0, 0.5),
    ]
    (worse,) = told.worse
    assert (worse.commune, worse.requests) == ("BE-1", 2.0)  # two recruits name it, it is lost once


def test_what_is_predicted_comes_before_what_the_plan_holds():
    """Predicted: BE-1 holds 6 of 10 visits and 24 of 50 calls, then 5 and 35; BE-2 and BE-3 none, then 20 of 40."""
    result = answer()
    result["before"]["predicted"] = predicted(0.3, ("BE-1", "on_site", 0.6, 0.6), ("", "phone", 0.48, 0.0))
    result["after"]["predicted"] = predicted(
        0.6, ("BE-1", "on_site", 0.5, 0.4), ("BE-2", "on_site", 0.5, 0.5), ("", "phone", 0.7, 0.0)
    )
    told = read(result, {"BE-1": "A", "BE-2": "B", "BE-3": "B"})
    (line,) = told.languages
    assert (line.before, line.after) == (0.3, 0.6)
    assert told.share_unserved("before") == pytest.approx(0.7)
    assert told.share_unserved("after") == pytest.approx(0.4)
    for side, share in (("before", 0.3), ("after", 0.6)):
        held = sum(one.requests * one.fill for one in told.places[side].values())
        assert held == pytest.approx(100 * share), "the communes together are the headline"
    assert [(one.key, one.before, one.after) for one in told.groups] == [
        ("A", pytest.approx(0.5), pytest.approx(40 / 60)),
        ("B", 0.0, 0.5),
    ]
    (worse,) = (
        told.worse
    )  # two visits fewer in BE-1, each half a talk: the calls are more, but not in their place
    assert (worse.commune, worse.requests) == ("BE-1", pytest.approx(1.0))


def test_who_loses_is_read_from_the_same_shares_whatever_the_plan_says():
    """No recruit names a loser here: BE-1 has 6 of 10 visits, then 3 and one by phone (counts half); its calls stay."""
    result = answer()
    result["recruits"] = []
    result["before"]["predicted"] = predicted(0.3, ("BE-1", "on_site", 0.6, 0.6), ("", "phone", 0.48, 0.0))
    result["after"]["predicted"] = predicted(0.28, ("BE-1", "on_site", 0.4, 0.3), ("", "phone", 0.48, 0.0))
    (worse,) = read(result).worse
    assert (worse.commune, worse.requests) == ("BE-1", pytest.approx(2.5))


def test_talks_lost_count_those_held_by_phone_instead_in_their_part():
    assert less(2.0, 5.0, 0.3) == pytest.approx(2.9)
    assert less(2.0, 5.0, None) == pytest.approx(2.0)
    assert less(-4.0, 1.0, 0.3) == pytest.approx(0.3), "more calls do not make up for a visit"
    assert less(-4.0, -1.0, 0.3) == 0


def test_lorenz_counts_the_standard_where_nobody_comes():
    """Before: 10 requests at 1 minute, 40 at the standard's 60. The nearest fifth bears 10 of 2,410 minutes."""
    people, borne = read().curve["before"]
    assert (people[1], borne[1]) == pytest.approx((0.2, 10 / 2410))


@pytest.mark.parametrize("wrong", [flow("person:q", "BE-1", 1.0), flow("person:p", "BE-9", 1.0)])
def test_an_answer_of_another_study_is_refused(wrong):
    result = answer()
    result["after"]["flows"].append(wrong)
    with pytest.raises(InstanceError, match="another study"):
        read(result)
