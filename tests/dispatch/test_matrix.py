"""Travel held as a matrix reads, solves and costs as rows of numbers do."""

import json
import pickle
from array import array
from dataclasses import replace

import numpy as np
import pytest

from tests.dispatch.days import busy_day
from versants_libs.dispatch import (
    InstanceError,
    Matrix,
    MaxIterations,
    problem_from_json,
    problem_to_json,
    solve,
)


def test_reads_like_rows():
    rows = ((0, 5, 7), (6, 0, 2), (9, 1, 0))
    made = Matrix(3, [cell for row in rows for cell in row])
    assert (len(made), made[1][0], [list(row) for row in made]) == (3, 6, [list(row) for row in rows])
    assert made == rows
    assert (
        made
        == Matrix(3, np.array(rows, dtype=np.int32))
        == Matrix(3, array("i", [0, 5, 7, 6, 0, 2, 9, 1, 0]))
    )
    assert pickle.loads(pickle.dumps(made)) == made
    assert made != Matrix(3, [0] * 9)
    with pytest.raises(TypeError):
        made[0][1] = 3


@pytest.mark.parametrize("cells", [[0] * 8, [0, 1, -1, 0] + [0] * 5])
def test_wrong_ones_are_refused(cells):
    with pytest.raises(InstanceError):
        Matrix(3, cells)


@pytest.mark.parametrize("engine", ["auto", "python"])
def test_gives_the_same_plan_as_rows(engine):
    made = busy_day(20, 8)
    packed = replace(made, travel=Matrix(len(made.travel), [cell for row in made.travel for cell in row]))
    one, two = (solve(p, stop=MaxIterations(30), seed=4, engine=engine) for p in (made, packed))
    assert (one.plan, one.cost, one.violations) == (two.plan, two.cost, two.violations)
    assert problem_from_json(json.loads(json.dumps(problem_to_json(packed)))) == made
