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
from .simulation import simulate
from .staffing_check import check
from .staffing_plan import plan
from .study import Study
from .study_files import PathError, load_study, read_study, write_study
from .study_front import study_front
from .travel import Travel, TravelError, travel_of
from .turning import turning

__all__ = [
    "EARTH_KM",
    "Answer",
    "Distances",
    "Equity",
    "FormatError",
    "InstanceError",
    "Matrix",
    "PathError",
    "Point",
    "Problem",
    "RoadMinutes",
    "Sphere",
    "Study",
    "Travel",
    "TravelError",
    "assignment",
    "capacitated",
    "check",
    "cover",
    "equity",
    "front",
    "gini",
    "great_circle_km",
    "k_sum",
    "load_study",
    "lorenz",
    "ordered_mean",
    "pcenter",
    "plan",
    "pmedian",
    "quantile",
    "read_study",
    "simulate",
    "study_front",
    "theil",
    "travel_of",
    "turning",
    "worst_share_mean",
    "write_study",
]
