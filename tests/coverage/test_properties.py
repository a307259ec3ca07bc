"""What holds whatever the numbers are, and the corners: ties, everything covered, more sites than places."""

import math

import numpy as np
import pytest

from tests.coverage.worlds import random_problem
from versants_libs.coverage import (
    InstanceError,
    Matrix,
    Problem,
    RoadMinutes,
    Sphere,
    assignment,
    capacitated,
    cover,
    front,
    great_circle_km,
    pcenter,
    pmedian,
)
from versants_libs.coverage.branching import Search
from versants_libs.coverage.core import lists
from versants_libs.coverage.dual import Dual
from versants_libs.coverage.interchange import Interchange, greedy


def territory(seed, n=60):
    """Places on the map of the region."""
    rng = np.random.default_rng(seed)
    lat, lon = rng.uniform(49.0, 51.0, n), rng.uniform(2.0, 6.0, n)
    weight = np.rint(np.exp(rng.normal(7, 1.5, n)))
    ids = tuple(f"p{i:02d}" for i in range(n))
    return ids, lat, lon, weight


def on_sphere(seed, n=60, existing=(), rule=None):
    ids, lat, lon, weight = territory(seed, n)
    return Problem(ids, ids, weight, Sphere(lat, lon, rule=rule), existing)


@pytest.mark.parametrize("seed", range(3))
def test_names_and_order_change_nothing(seed):
    ids, lat, lon, weight = territory(seed)
    order = np.random.default_rng(seed).permutation(len(ids))
    plain = pmedian(on_sphere(seed), 6)
    renamed = tuple(f"q{i}" for i in range(len(ids)))
    other = pmedian(Problem(renamed, renamed, weight[order], Sphere(lat[order], lon[order])), 6)
    assert other.value == pytest.approx(plain.value, rel=1e-9)
    back = {renamed[i]: ids[order[i]] for i in range(len(ids))}
    assert {back[one] for one in other.sites} == set(plain.sites)


@pytest.mark.parametrize("factor", [1e-6, 0.5, 1e7])
def test_the_scale_of_weights_changes_nothing(factor):
    ids, lat, lon, weight = territory(4)
    plain = pmedian(on_sphere(4), 6)
    other = pmedian(Problem(ids, ids, weight * factor, Sphere(lat, lon)), 6)
    assert other.sites == plain.sites
    assert other.value == pytest.approx(plain.value, rel=1e-9)
    assert other.bound == pytest.approx(plain.bound, rel=1e-6)


def test_one_more_site_never_hurts():
    problem = on_sphere(5, 40)
    means = [pmedian(problem, p).value for p in range(1, 12)]
    covered = [cover(problem, p, 20.0).value for p in range(1, 12)]
    largest = [pcenter(problem, p).value for p in range(1, 12)]
    assert means == sorted(means, reverse=True)
    assert covered == sorted(covered)
    assert largest == sorted(largest, reverse=True)


def test_existing_sites_never_help_and_stay():
    free = pmedian(on_sphere(6), 5)
    bound = pmedian(on_sphere(6, existing=("p00", "p01")), 5)
    assert bound.value >= free.value
    assert bound.sites[:2] == ("p00", "p01")
    same = pmedian(on_sphere(6, existing=free.sites), 5)
    assert same.value == pytest.approx(free.value)
    assert same.optimal


def test_the_same_seed_gives_the_same_answer():
    problem = on_sphere(7, 120)
    assert pmedian(problem, 9, seed=3) == pmedian(problem, 9, seed=3)


def test_ties_are_an_answer_like_any_other():
    """Four places in a square, all sides equal: any one site costs the same, and each pair across too."""
    far = np.array([[0, 1, 2, 1], [1, 0, 1, 2], [2, 1, 0, 1], [1, 2, 1, 0]], dtype=float)
    square = Problem(tuple("abcd"), tuple("abcd"), np.ones(4), Matrix(far))
    assert pmedian(square, 1).value == 1.0
    assert pmedian(square, 2).value == 0.5
    assert pcenter(square, 2).value == 1.0
    assert cover(square, 1, 1.0).value == 3.0


def test_more_sites_than_places_open_all():
    problem = on_sphere(8, 5)
    answer = pmedian(problem, 9)
    assert answer.sites == problem.sites
    assert answer.value == answer.bound == answer.gap == 0
    assert answer.optimal


def test_a_cover_of_everything_is_proved_at_once():
    problem = on_sphere(9)
    answer = cover(problem, 3, 500.0)
    assert answer.value == answer.bound == problem.total
    assert answer.optimal
    nothing = cover(problem, 60, 0.0)
    assert nothing.value == problem.total


def test_clients_without_weight_count_for_nothing():
    far = np.array([[0.0, 9.0], [9.0, 0.0]])
    problem = Problem(("a", "b"), ("a", "b"), np.array([1.0, 0.0]), Matrix(far))
    assert pmedian(problem, 1).sites == ("a",)
    assert pcenter(problem, 1).value == 0


def test_distances_need_not_be_symmetric():
    far = np.array([[0.0, 1.0], [7.0, 0.0]])
    problem = Problem(("a", "b"), ("a", "b"), np.ones(2), Matrix(far))
    assert pmedian(problem, 1).sites == ("b",)


def test_lists_that_are_cut_give_bounds_for_the_whole():
    """With two sites each to look at, prices stay below the optimum of all."""
    problem = on_sphere(10)
    best = pmedian(problem, 6)
    core = lists(problem, 6, lambda far, i: far * problem.weight[i], k=2)
    assert len(core.site) < 60 * 2 + 1
    bound = Dual(core, 6, core.cap / 2).climb(best.value * problem.total, iterations=300).bound
    assert 0 < bound <= best.value * problem.total


def test_lists_keep_all_within_the_radius_and_the_nearest_beyond():
    ids, lat, lon, weight = territory(11, 50)
    problem = Problem(ids, ids, weight, Sphere(lat, lon))
    km = great_circle_km(lat[:, None], lon[:, None], lat[None], lon[None])
    client, site, far = problem.distances.near(np.full(50, 30.0), 4)
    for i in range(50):
        mine = site[client == i].tolist()
        order = np.argsort(np.round(km[i], 9), kind="stable")
        wanted = max(4, int((km[i] <= 30).sum()))
        assert mine == order[:wanted].tolist()
    assert np.allclose(far, km[client, site], atol=1e-8)


def test_the_table_of_exchanges_is_what_each_exchange_saves():
    problem = on_sphere(12, 30)
    core = lists(problem, 4, lambda far, i: far * problem.weight[i], k=30)
    local = Interchange(core, greedy(core, 4)[::-1])
    for step in range(3):
        worth = local.gain[:, None] - local.loss + local.both
        for slot in range(4):
            for site in range(30):
                if site not in local.open:
                    other = local.open.copy()
                    other[slot] = site
                    saved = core.value(local.open) - core.value(other)
                    assert worth[site, slot] == pytest.approx(saved, abs=1e-6 * core.value(local.open))
        local.exchange(step, 29 - step)


def test_stopped_at_once_it_still_has_sites_and_a_bound():
    problem = on_sphere(13)
    answer = pmedian(problem, 6, stop=lambda: True)
    best = pmedian(problem, 6)
    assert len(answer.sites) == 6
    assert answer.bound <= best.value <= answer.value


def test_a_gap_that_is_enough_ends_the_search():
    problem = on_sphere(14, 120)
    rough, exact = pmedian(problem, 9, gap=0.2), pmedian(problem, 9)
    assert rough.gap <= 0.2
    assert rough.bound <= exact.value <= rough.value


def test_branching_proves_what_prices_alone_do_not():
    """The relaxation of three places, each one step from two sites of three, is half; only branching reaches the whole."""
    far = np.array([[0, 0, 1], [0, 1, 0], [1, 0, 0]], dtype=float)
    problem = Problem(tuple("abc"), tuple("xyz"), np.ones(3), Matrix(far))
    core = lists(problem, 1, lambda d, i: d, k=3)
    search = Search(core, 1, whole=False)
    found = search.run()
    assert found.value == 1
    assert found.proven
    assert cover(problem, 1, 0.0).value == 2


def test_front_trades_the_mean_for_the_worst():
    points = front(on_sphere(15), 5, points=5)
    assert all(one.bound <= one.value for one in points)
    assert points[-1].worst <= points[0].worst
    assert points[0].mean <= points[-1].mean
    assert points[0].gap < 0.02
    plain = pmedian(on_sphere(15), 5)
    assert points[0].bound <= plain.value <= points[0].mean + 1e-9


def test_capacities_push_people_farther():
    problem = on_sphere(16, 20)
    free = pmedian(problem, 4)
    room = np.full(20, problem.total / 4 * 1.02)
    tight = capacitated(problem, 4, room)
    assert tight.value >= free.value - 1e-9
    assert tight.bound <= tight.value
    assert math.isinf(capacitated(problem, 3, room).value)


def test_assignment_names_the_nearest_site():
    problem = on_sphere(17, 20)
    nearest, far = assignment(problem, ("p03", "p07"))
    assert nearest[3] == "p03"
    assert far[3] == 0
    assert set(nearest) == {"p03", "p07"}


def test_roads_rise_beyond_the_last_knot():
    rule = RoadMinutes([0.0, 10.0], [1.0, 11.0])
    assert rule(np.array([0.0, 5.0, 30.0])).tolist() == [1.0, 6.0, 31.0]
    assert pmedian(on_sphere(18, 6, rule=rule), 6).value == 1.0


ONE = np.ones(1)


@pytest.mark.parametrize(
    ("make", "ids"),
    [
        (lambda: Problem(("a", "a"), ("s",), np.ones(2), Matrix(np.zeros((2, 1)))), ("a",)),
        (lambda: Problem(("a",), ("s", "s"), ONE, Matrix(np.zeros((1, 2)))), ("s",)),
        (lambda: Problem(("a", "b"), ("s",), np.array([1, -1]), Matrix(np.zeros((2, 1)))), ("b",)),
        (lambda: Problem(("a", "b"), ("s",), np.array([1, np.nan]), Matrix(np.zeros((2, 1)))), ("b",)),
        (lambda: Problem(("a",), ("s",), ONE, Matrix(np.zeros((1, 1))), ("t",)), ("t",)),
        (
            lambda: pmedian(Problem(("a",), ("s", "t"), ONE, Matrix(np.zeros((1, 2))), ("s", "t")), 1),
            ("s", "t"),
        ),
        (lambda: Problem(("a",), ("s",), ONE, Matrix(np.zeros((1, 1)))).numbers(["x"]), ("x",)),
        (lambda: Problem(("a",), ("s",), np.zeros(1), Matrix(np.zeros((1, 1)))), ()),
        (lambda: Problem(("a",), ("s",), ONE, Matrix(np.zeros((2, 1)))), ()),
        (lambda: Matrix([[np.inf]]), ()),
        (lambda: Matrix([[-1.0]]), ()),
        (lambda: Sphere([91.0], [0.0]), ()),
        (lambda: RoadMinutes([0.0, 0.0], [1.0, 2.0]), ()),
        (lambda: capacitated(Problem(("a",), ("s",), ONE, Matrix([[0.0]])), 1, [-1.0]), ("s",)),
    ],
)
def test_a_contradiction_names_the_ids(make, ids):
    with pytest.raises(InstanceError) as caught:
        make()
    assert caught.value.ids == ids


@pytest.mark.parametrize("seed", range(20))
def test_equal_seeds_and_sets_agree_between_kinds(seed):
    """A radius of the p-center covers everybody, a smaller one of the distances does not."""
    problem, p = random_problem(seed, existing=False)
    radius = pcenter(problem, p).value
    assert cover(problem, p, radius).value == problem.total
    smaller = [d for d in np.unique(problem.distances.values) if d < radius]
    if smaller:
        assert cover(problem, p, float(smaller[-1])).value < problem.total
