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
