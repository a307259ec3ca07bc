from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

def anneal(
    start: NDArray[np.int64],
    site: NDArray[np.int64],
    site_start: NDArray[np.int64],
    client: NDArray[np.int64],
    weight: NDArray[np.float64],
    open: NDArray[np.int64],
    seed: int,
    hot: float,
    cold: float,
    local: float,
    wide: int,
    steps: int,
    used: Callable[[], float] | None = None,
) -> list[int]: ...
def steady(
    there: NDArray[np.float64],
    usual: NDArray[np.float64],
    own: NDArray[np.float64],
    other: NDArray[np.float64],
    yes: float,
    again: NDArray[np.float64],
    tries: int,
    lost: NDArray[np.float64],
    later: NDArray[np.float64],
    calls: NDArray[np.float64],
) -> None: ...
