"""The native search against the model's own code: what it returns must hold, and cost to the unit what it says."""

import gzip
import json
import random
import shutil
from array import array
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dispatch import worlds
from tests.dispatch.builders import person, problem, visit
from tests.dispatch.days import busy_day
from versants_libs.dispatch import (
    AnyOf,
    Assignment,
    EngineMissing,
    FormatError,
    Link,
    LinkKind,
    MaxIterations,
    MaxSeconds,
    Person,
    Plan,
    Service,
    Shift,
    Slot,
    Weights,
    Window,
    check,
    evaluate,
    native,
    solve,
)
from versants_libs.dispatch.benchmarks import hhcrsp, uhhc

DATA = Path(__file__).parent / "data"
needs_core = pytest.mark.skipif(not native.available(), reason="no C++ compiler when it was installed")


def test_the_native_search_is_there_where_a_compiler_is():
    if any(map(shutil.which, ("c++", "g++", "clang++"))):
        assert native.available()


def core(made, *, seed=0, iterations=300, start=None, threads=1):
    """Plan and cost as the core itself sums it up."""
    compiled = native.Compiled(made)
    begin = compiled.services(start) if start else []
    services, cost, _ = native._core.solve(
        compiled.arrays, begin, seed, -1.0, iterations, threads, native.KNOBS
    )
    return compiled.plan(services), cost


@needs_core
@pytest.mark.parametrize("block", range(8))
def test_every_rule_is_kept_and_the_cost_is_exact(block):
    for seed in range(block * 60, block * 60 + 60):
        made = worlds.random_problem(random.Random(seed), people=5, visits=4, slots=3)
        plan, cost = core(made, seed=seed)
        assert check(made, plan) == [], seed
        assert evaluate(made, plan).total == cost, seed


@needs_core
@pytest.mark.parametrize("block", range(8))
def test_soft_breaks_idle_time_and_links_are_kept_and_priced(block):
    """Either engine, whatever else there is: no rule broken, the price of the model's own code."""
    for seed in range(block * 60, block * 60 + 60):
        rng = random.Random(seed)
        made = worlds.random_problem(rng, people=rng.randint(2, 5), visits=rng.randint(2, 6), slots=3)
        made = worlds.softened(rng, made)
        if seed % 3 == 0:
            made = worlds.enriched(rng, made)
        plan, cost = core(made, seed=seed, iterations=100)
        assert check(made, plan) == [], seed
        assert evaluate(made, plan).total == cost, seed
        if seed % 4 == 0:
            twin = solve(made, stop=MaxIterations(20), seed=seed, engine="python")
            assert twin.violations == ()
            assert twin.cost >= twin.lower_bound


@needs_core
@pytest.mark.parametrize("block", range(4))
def test_what_an_organisation_knows_besides_is_kept_and_priced(block):
    """Either engine: no rule broken, the price of the model's own code."""
    for seed in range(block * 60, block * 60 + 60):
        rng = random.Random(seed)
        made = worlds.random_problem(rng, people=rng.randint(2, 6), visits=rng.randint(2, 5), slots=3)
        made = worlds.enriched(rng, made)
        plan, cost = core(made, seed=seed, iterations=200)
        assert check(made, plan) == [], seed
        assert evaluate(made, plan).total == cost, seed
        if seed % 4 == 0:
            twin = solve(made, stop=MaxIterations(20), seed=seed, engine="python")
            assert twin.violations == ()
            assert twin.cost >= twin.lower_bound


@needs_core
@pytest.mark.parametrize("block", range(4))
def test_a_day_in_parts_keeps_every_rule_and_its_price(block):
    """Parts of a few visits, drawn over and over, by one thread or two: no rule broken, cost to the unit."""
    for seed in range(block * 60, block * 60 + 60):
        rng = random.Random(seed)
        made = worlds.random_problem(rng, people=rng.randint(3, 9), visits=rng.randint(3, 12), slots=3)
        if seed % 3 == 1:  # links and the largest idle time are left to the day as a whole
            made = worlds.softened(rng, made)
            made = replace(made, links=(), weights=replace(made.weights, largest_idle=0))
        elif seed % 3 == 2:
            made = worlds.enriched(rng, made)
        if seed % 5 == 0:
            made = replace(made, published=core(made, seed=1, iterations=5)[0])
        parts = (rng.randint(1, 6), rng.randint(2, 20), rng.randint(1, 30))
        compiled = native.Compiled(made)
        services, cost, _ = native._core.solve(
            compiled.arrays, [], seed, -1.0, 200, 1 + seed % 2, native.KNOBS, None, parts, 0.0
        )
        plan = compiled.plan(services)
        assert check(made, plan) == [], seed
        assert evaluate(made, plan).total == cost, seed


@needs_core
def test_a_day_in_parts_is_the_same_for_the_same_seed():
    made = busy_day(40, 15)
    arrays = native.Compiled(made).arrays
    one, two = (
        native._core.solve(arrays, [], 3, -1.0, 2000, 1, native.KNOBS, None, (8, 10, 50), 0.0)
        for _ in range(2)
    )
    assert one == two
    whole = native._core.solve(arrays, [], 3, -1.0, 0, 1, native.KNOBS)
    assert one[1] <= whole[1]


@needs_core
def test_a_series_has_one_person_whoever_is_nearer():
    """Two people, each at one of the two places: apart they would have one visit each."""
    here = Person(id="a", roles={"psy"}, shifts=(Shift(0, 1000, 1, 1),))
    there = Person(id="b", roles={"psy"}, shifts=(Shift(0, 1000, 2, 2),))
    made = problem(here, there, visit("v"), visit("w", place=2))
    assert {one.services["a"].person for one in core(made)[0].assignments.values()} == {"a", "b"}
    series = replace(made, links=(Link(kind=LinkKind.SAME_PEOPLE, visits=("v", "w")),))
    plan, _ = core(series)
    assert len(plan.assignments) == 2
    assert len({one.services["a"].person for one in plan.assignments.values()}) == 1


@needs_core
def test_visits_that_need_each_other_come_together_or_stay_away():
    crew = Person(id="a", roles={"psy"}, shifts=(Shift(0, 1000, 0, 0),))
    made = problem(crew, visit("v"), visit("w", slots=(Slot(id="a", role="nobody"),)))
    assert set(core(made)[0].assignments) == {"v"}
    assert (
        core(replace(made, links=(Link(kind=LinkKind.ALL_OR_NONE, visits=("v", "w")),)))[0].assignments == {}
    )


@needs_core
def test_the_later_of_two_linked_visits_waits_for_the_end_of_the_first():
    crew = [Person(id=name, roles={"psy"}, shifts=(Shift(0, 1000, 0, 0),)) for name in "ab"]
    link = Link(kind=LinkKind.AFTER, visits=("v", "w"), least=30, most=60)
    made = problem(*crew, visit("v"), visit("w", place=2, windows=(Window(0, 900),)), links=(link,))
    plan, _ = core(made)
    gap = plan.assignments["w"].start - plan.assignments["v"].start - 100
    assert 30 <= gap <= 60


@needs_core
def test_who_need_not_be_there_early_comes_later():
    """w can only start at 500: v, free until 800, moves up to it so that nobody idles in between."""
    made = problem(
        person(), visit("v"), visit("w", place=2, windows=(Window(500, 500),)), weights=Weights(waiting=1)
    )
    plan, cost = core(made)
    assert plan.assignments["v"].start == 350
    assert evaluate(made, plan).terms["waiting"] == 0
    assert cost == evaluate(made, plan).total


@needs_core
@pytest.mark.parametrize(("name", "published"), [("i-116", 17393), ("i-100", 15119)])
def test_the_unified_benchmark_is_soon_planned_as_well_as_published(name, published):
    """Published values: Ceschia et al. 2026, doi 10.1111/itor.70140. Its own checker judges plans in bench/dispatch."""
    made = uhhc(json.loads(gzip.decompress((DATA / f"{name}.json.gz").read_bytes())))
    found = solve(made.problem, stop=MaxIterations(12_000), seed=1, engine="native")
    assert found.violations == ()
    assert made.objective(found.plan, found.cost) <= 1.03 * published
    written = json.loads(made.solution(found.plan))
    lunches = [
        stop for route in written["routes"] for stop in route["locations"] if stop["service"] == "lunch_break"
    ]
    assert all(stop["start_time"] >= 180 and stop["end_time"] <= 360 for stop in lunches)


@needs_core
@pytest.mark.parametrize("block", range(2))
def test_never_worse_than_the_twin_on_small_problems(block):
    for seed in range(block * 30, block * 30 + 30):
        made = worlds.random_problem(random.Random(seed))
        if seed % 2:
            made = worlds.enriched(random.Random(seed), made)
        made = replace(made, weights=replace(made.weights, waiting=0))
        plain = solve(made, stop=MaxIterations(40), seed=1, engine="python")
        assert solve(made, stop=MaxIterations(400), seed=1, engine="native").cost <= plain.cost, seed


@needs_core
@given(seed=st.integers(0, 2**32), shift=st.integers(-3, 3))
@settings(max_examples=30, deadline=None)
def test_a_published_plan_is_left_only_for_gain(seed, shift):
    made = worlds.random_problem(random.Random(seed), weights=Weights(unserved=5000, travel=1, changes=200))
    first, _ = core(made, seed=1)
    told = Plan(
        {
            name: Assignment(
                name, {s: Service(w.person, w.start + 10 * shift) for s, w in one.services.items()}
            )
            for name, one in first.assignments.items()
        }
    )
    asked = replace(made, published=told)
    plan, cost = core(asked, seed=2)
    assert check(asked, plan) == []
    assert evaluate(asked, plan).total == cost


@needs_core
def test_same_seed_same_plan_and_threads_never_worse():
    made = busy_day(30, 15)
    one, two = (core(made, seed=5, iterations=400) for _ in range(2))
    assert one == two
    assert core(made, seed=5, iterations=400, threads=3)[1] <= one[1]


@needs_core
def test_a_warm_start_keeps_its_times_where_they_hold():
    made = busy_day(30, 10)
    first, cost = core(made, iterations=50)
    again, kept = core(made, iterations=0, start=first)
    assert (again, kept) == (first, cost)


@needs_core
def test_a_stop_rule_of_ones_own_ends_the_search():
    seen = []

    def stop(progress):
        seen.append(progress)
        return len(seen) > 3

    outcome = solve(busy_day(30, 15), stop=AnyOf(MaxSeconds(60), stop), engine="native")
    assert outcome.feasible
    assert outcome.seconds < 30
    assert [p.cost for p in seen] == sorted((p.cost for p in seen), reverse=True)


@needs_core
def test_a_wrong_model_is_refused_and_never_crashes():
    """Each list cut, each number turned: ValueError, or an answer that may mean nothing, but no fault."""
    arrays = native.Compiled(busy_day(8, 4)).arrays
    rng = random.Random(7)
    refused = 0
    for name, value in arrays.items():
        for _ in range(12):
            broken = dict(arrays)
            if isinstance(value, int):
                broken[name] = rng.choice([-1, 0, 10**6])
            elif rng.random() < 0.4 and len(value):
                broken[name] = value[:-1]
            elif len(value):
                turned = array(value.typecode, value)
                big = 2**31 - 1 if value.typecode == "i" else 255 if value.typecode == "B" else 2**62
                low = 0 if value.typecode == "B" else -big
                turned[rng.randrange(len(turned))] = rng.choice([low, big, 1])
                broken[name] = turned
            try:
                native._core.solve(broken, [], 1, -1.0, 20, 1, native.KNOBS)
            except ValueError:
                refused += 1
    assert refused > 100
    with pytest.raises(ValueError):
        native._core.solve({}, [], 1, -1.0, 20, 1, native.KNOBS)
    with pytest.raises(ValueError):
        native._core.solve(arrays, [(10**6, 0, 0)], 1, -1.0, 20, 1, native.KNOBS)


def test_engines_are_named():
    made = problem(person(), visit())
    with pytest.raises(ValueError, match="auto, native or python"):
        solve(made, stop=MaxIterations(1), engine="fast")
    assert solve(made, stop=MaxIterations(1), engine="python").engine == "python"


def test_without_the_core_the_twin_works_and_says_so(monkeypatch):
    monkeypatch.setattr(native, "_core", None)
    made = problem(person(), visit())
    assert solve(made, stop=MaxIterations(1)).engine == "python"
    with pytest.raises(EngineMissing, match="compiler"):
        solve(made, stop=MaxIterations(1), engine="native")


def test_largest_lateness_and_counted_slots():
    """Two visits 20 and 50 s late; the second one's other slot, 60 s after, counts too: 20 + 50 + 110, largest 110."""
    from versants_libs.dispatch import Slot, Window

    window = (Window(0, 80, hard=False),)
    pair = (Slot(id="a"), Slot(id="b", lag=(60, 60), counts_late=True))
    made = problem(
        person("ana"),
        person("bo"),
        person("cy"),
        visit("v", windows=window),
        visit("w", windows=window, slots=pair),
        weights=Weights(lateness=1, largest_lateness=10),
    )
    plan = Plan(
        {
            "v": Assignment("v", {"a": Service("ana", 100)}),
            "w": Assignment("w", {"a": Service("bo", 130), "b": Service("cy", 190)}),
        }
    )
    cost = evaluate(made, plan)
    assert (cost.amounts["lateness"], cost.amounts["largest_lateness"]) == (180, 110)
    assert cost.terms["largest_lateness"] == 1100


# The benchmark of Mankowska, Meisel and Bierwirth (2014)


def instance(name):
    return json.loads(gzip.decompress((DATA / f"InstanzCPLEX_HCSRP_{name}.json.gz").read_bytes()))


def recomputed(value, solution):
    """The objective from the solution alone: routes in order, starts as given, every rule looked at."""
    patients = {p["id"]: (i, p) for i, p in enumerate(value["patients"], 1)}
    skills = {c["id"]: set(c["abilities"]) for c in value["caregivers"]}
    way, travel, starts = value["distances"], 0.0, {}
    for route in solution["routes"]:
        at, free = 0, 0.0
        for stop in route["locations"]:
            i, patient = patients[stop["patient_id"]]
            need = {n["service"]: n["duration"] for n in patient["required_caregivers"]}
            assert stop["service_id"] in skills[route["caregiver_id"]]
            assert stop["arrival_time"] >= max(free + way[at][i], patient["time_window"][0]) - 0.01
            assert stop["departure_time"] == pytest.approx(stop["arrival_time"] + need[stop["service_id"]])
            assert (stop["patient_id"], stop["service_id"]) not in starts
            starts[stop["patient_id"], stop["service_id"]] = (stop["arrival_time"], route["caregiver_id"])
            travel += way[at][i]
            at, free = i, stop["departure_time"]
        travel += way[at][0]
    late = []
    for name, (_, patient) in patients.items():
        needs = [n["service"] for n in patient["required_caregivers"]]
        late += [max(0.0, starts[name, service][0] - patient["time_window"][1]) for service in needs]
        if len(needs) == 2:
            (one, who), (two, other) = (starts[name, service] for service in needs)
            sync = patient["synchronization"]
            least, most = (0, 0) if sync["type"] == "simultaneous" else sync["distance"]
            assert who != other
            assert least - 0.01 <= two - one <= most + 0.01
    return (travel + sum(late) + max(late)) / 3


@pytest.mark.parametrize(("name", "optimum"), [("10_1", 218.199), ("10_2", 246.627), ("25_1", 428.097)])
@needs_core
def test_proved_optima_of_the_benchmark_are_found(name, optimum):
    """Optimal values: Mankowska et al. (2014), proved by CPLEX."""
    value = instance(name)
    made = hhcrsp(value)
    outcome = solve(made.problem, stop=MaxIterations(20_000), seed=1, engine="native")
    found = recomputed(value, json.loads(made.solution(outcome.plan)))
    assert found == pytest.approx(optimum, abs=0.002)
    assert made.objective(outcome.plan, outcome.cost) == pytest.approx(found, abs=0.002)


def test_the_twin_solves_the_benchmark_too():
    value = instance("10_1")
    made = hhcrsp(value)
    outcome = solve(made.problem, stop=MaxIterations(60), seed=1, engine="python")
    assert outcome.violations == ()
    assert recomputed(value, json.loads(made.solution(outcome.plan))) == pytest.approx(
        made.objective(outcome.plan, outcome.cost), abs=0.002
    )


def test_a_benchmark_file_of_another_form_is_refused():
    with pytest.raises(FormatError):
        hhcrsp({"patients": 3})
