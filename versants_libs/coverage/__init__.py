"""Where to put sites so that all are served fairly, with the bound that proves it. See README.md beside this file."""

from .capacitated import capacitated
from .centre import pcenter
from .covering import cover
from .equity import Equity, equity, gini, k_sum, lorenz, ordered_mean, quantile, theil, worst_share_mean
from .errors import FormatError, InstanceError
from .front import Point, front
from .metric import EARTH_KM, Distances, Matrix, RoadMinutes, Sphere, great_circle_km
from .pmedian import assignment, pmedian
from .problem import Problem
from .results import Answer

__all__ = [
    "EARTH_KM",
    "Answer",
    "Distances",
    "Equity",
    "FormatError",
    "InstanceError",
    "Matrix",
    "Point",
    "Problem",
    "RoadMinutes",
    "Sphere",
    "assignment",
    "capacitated",
    "cover",
    "equity",
    "front",
    "gini",
    "great_circle_km",
    "k_sum",
    "lorenz",
    "ordered_mean",
    "pcenter",
    "pmedian",
    "quantile",
    "theil",
    "worst_share_mean",
]
