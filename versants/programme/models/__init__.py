from versants.programme.models.calendar import ReportingPeriod
from versants.programme.models.disclosure import DisclosureRule

__all__ = ["DisclosureRule", "ReportingPeriod"]
