"""The form of a result (``docs/schema/mesh-result.json``): a mistake is a :class:`PathError` with its place."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from .staffing_facts import WAYS, WHY
from .study import KINDS, LEVELS, MODES
from .study_files import Cursor

__all__ = ["RESULT", "formed"]

RESULT = "versants-mesh-result-1"

Reading = Callable[[Cursor], Any]

_STATES = ("before", "after")


def _amount(at: Cursor) -> float:
    return at.number()


def _signed(at: Cursor) -> float:
    return at.number(-math.inf, math.inf, "a number")


def _share(at: Cursor) -> float:
    return at.number(0, 1.000001)


def _maybe(at: Cursor) -> float | None:
    return at.maybe(_amount)


def _text(at: Cursor) -> str:
    return at.text(empty=True)


def _choice(*words: str) -> Reading:
    return lambda at: at.choice(words)


def _object(needed: Mapping[str, Reading], optional: Mapping[str, Reading] | None = None) -> Reading:
    reads = {**needed, **(optional or {})}

    def read(at: Cursor) -> None:
        for name, one in at.fields(tuple(needed), tuple(optional or ())).items():
            reads[name](one)

    return read


def _list(one: Reading) -> Reading:
    def read(at: Cursor) -> None:
        for item in at.items():
            one(item)

    return read


def _table(one: Reading) -> Reading:
    def read(at: Cursor) -> None:
        for entry in at.entries().values():
            one(entry)

    return read


def _all(read: Reading, *names: str) -> dict[str, Reading]:
    return dict.fromkeys(names, read)


_MEASURES = _object(
    _all(_amount, "mean", "worst_mean", "median", "p90", "largest", "theil")
    # Of all the same the sum of rounded parts can be a hair below nothing.
    | _all(_signed, "gini")
    | {"worst_share": _share},
    _all(_signed, "theil_between", "theil_within") | {"group_means": _table(_amount)},
)
_EQUITY = _object({}, {"minutes": _MEASURES, "without": _MEASURES})
_GROUP = _object(
    _all(_amount, "requests", "own_mode", "fallback", "unserved") | {"share_unserved": _share},
)
_FLOW = _object(
    _all(_text, "point", "language", "band", "country", "versant", "by")
    | {
        "mode": _choice(*MODES),
        "talk": _choice("simple", "any"),
        "how": _choice("own", "phone"),
        "requests": _amount,
    }
)
_WORTH = _object(
    {
        "part": _choice("all", "site", "calls", "either"),
        "asked": _list(Cursor.text),
        "worth": lambda at: at.number(1e-12, 3.0),
    }
)
_CLASS = _object(
    _all(_text, "point", "language", "band", "country", "versant")
    | {"mode": _choice(*MODES), "talk": _choice("simple", "any"), "held": _share, "site": _share}
)
_STATE = _object(
    _all(_amount, "objective", "minutes_mean", "cost_year", "cost_per_assignment")
    | {
        "terms": _object(_all(_amount, "unserved", "fallback", "travel", "fairness")),
        "languages": _table(_GROUP),
        "versants": _table(_GROUP),
        "equity": _EQUITY,
        "flows": _list(_FLOW),
        "predicted": _object(
            {
                "share": _share,
                "languages": _table(_share),
                "wait_phone": _maybe,
                "wait_site": _maybe,
                "classes": _list(_CLASS),
            }
        ),
        "worth": _list(_WORTH),
    }
)
_RECRUIT = _object(
    _all(_amount, "cost", "lead_months", "requests", "hours")
    | _all(_signed, "unserved_less", "minutes_less")
    | {
        "candidate": Cursor.text,
        "commune": Cursor.text,
        "languages": _table(_choice(*LEVELS)),
        "kind": _choice(*KINDS),
        "n": lambda at: at.whole(1),
        "gains": _list(
            _object(_all(_text, "commune", "language") | _all(_signed, "requests", "minutes")),
        ),
        "loses": _list(_object(_all(_text, "commune", "language") | {"requests": _amount})),
        "alike": _list(_object(_all(Cursor.text, "candidate", "commune") | {"objective_more": _signed})),
    }
)
_RESULT = _object(
    _all(_amount, "objective", "bound", "gap", "seconds")
    | _all(_text, "study", "name")
    | {
        "format": _choice(RESULT),
        "travel": _object(
            _all(_text, "provider", "date"),
            {"gaps": _object(_all(Cursor.whole, "needed", "unknown", "within"))},
        ),
        "optimal": Cursor.flag,
        "points": _table(Cursor.text),
        "recruits": _list(_RECRUIT),
        "passed_over": _list(_object({"candidate": Cursor.text, "why": _choice(*WHY)})),
        "not_recruitable": _list(
            _object(
                {
                    "language": Cursor.text,
                    "share_unserved": _share,
                    "instead": _choice(*WAYS, "nothing"),
                    "share_replaced": _amount,
                }
            )
        ),
        "equity": _EQUITY,
    }
    | dict.fromkeys(_STATES, _STATE)
)


def formed(result: Any) -> None:
    """Raises PathError: a field that is missing, unknown, of another kind, or a number that is none."""
    _RESULT(Cursor(result))
