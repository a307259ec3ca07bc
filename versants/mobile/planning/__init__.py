"""The adapter between the house and ``versants_libs.dispatch``: querysets to a Problem, a Plan back to changes.

Nothing clever happens here: who may go where is decided by the library, what is written by the services.
"""

from versants.mobile.planning.calendar import Horizon, horizon_for, horizon_of_day
from versants.mobile.planning.situation import Situation, day_situation, visit_situation

__all__ = ["Horizon", "Situation", "day_situation", "horizon_for", "horizon_of_day", "visit_situation"]
