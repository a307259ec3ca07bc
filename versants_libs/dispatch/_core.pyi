from collections.abc import Callable, Mapping, Sequence
from typing import Any

def solve(
    model: Mapping[str, Any],
    start: Sequence[tuple[int, int, int]],
    seed: int,
    seconds: float,
    iterations: int,
    threads: int,
    knobs: tuple[float, float, float, float, int],
    tell: Callable[[int, float, int, int], bool] | None = None,
) -> tuple[list[tuple[int, int, int]], int, int]: ...
