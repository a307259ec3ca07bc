"""Whose minutes on the road a study counts: those of the shipped model, or of what this installation names.

``VERSANTS_MESH_TRAVEL`` is ``osrm=URL``, ``valhalla=URL`` or ``matrix=FILE``, ``VERSANTS_MESH_TRAVEL_DATE`` the date of its
data. It is asked once, before anything is planned; the study keeps the minutes, so that whoever works on a part of it,
checks it or prints it counts with the same ones.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from versants.core import clock
from versants.core.errors import VersantsError
from versants_libs.coverage.errors import InstanceError
from versants_libs.coverage.study import Commune, Study, TravelSource
from versants_libs.coverage.study_slips import date_slip
from versants_libs.coverage.travel import TravelError, source_of, travel_of, ways_of, with_minutes

#: What a question calls them.
MODEL, NAMED = "model", "named"
SECONDS = 900.0  # of the clock, for all answers
MOST_WAYS = 1_000_000

_log = logging.getLogger(__name__)


def named() -> TravelSource | None:
    """What this installation names; None: nothing. Raises ImproperlyConfigured."""
    text = os.environ.get("VERSANTS_MESH_TRAVEL", "").strip()
    day = os.environ.get("VERSANTS_MESH_TRAVEL_DATE", "").strip()
    if not text:
        return None
    expected = date_slip(day, clock.today(), part=True)
    if expected:
        raise ImproperlyConfigured(
            f"VERSANTS_MESH_TRAVEL_DATE: {day!r} found, {expected.rstrip(',')} expected"
        )
    try:
        return source_of(text, day)
    except InstanceError as exc:
        raise ImproperlyConfigured(f"VERSANTS_MESH_TRAVEL: {exc}") from exc


def with_named(
    studies: Sequence[Study], places: Sequence[Commune], tell: Callable[[float], None] = lambda done: None
) -> list[Study]:
    """The studies with the minutes of what is named, asked for once for all of them; ``tell`` hears the share done.

    ``places``: all communes that a file may name. Raises VersantsError: ``study.no_roads`` where nothing is named any
    more, ``study.roads_many``, ``study.roads_failed``.
    """
    source = named()
    if source is None:
        raise VersantsError("study.no_roads", "")
    ways = homes, asked = ways_of(studies)
    if not homes or not asked:  # nobody goes anywhere: there is nothing to ask, and no address to keep
        return list(studies)
    if len(homes) * len(asked) > MOST_WAYS:
        raise VersantsError("study.roads_many", "")
    try:
        travel = travel_of(replace(studies[0], communes=tuple(places), travel=source), Path())
        kept = with_minutes(source, travel, ways, tell, SECONDS)
    except (TravelError, InstanceError) as exc:
        _log.warning("minutes on the road: %s", exc)
        raise VersantsError("study.roads_failed", "") from exc
    return [replace(one, travel=_of(one, kept)) for one in studies]


def _of(study: Study, kept: TravelSource) -> TravelSource:
    """A study names its own communes only; those of the others are left out of its table."""
    known = {one.uid for one in study.communes}
    rows = [i for i, uid in enumerate(kept.origins) if uid in known]
    columns = [j for j, uid in enumerate(kept.destinations) if uid in known]
    if not rows or not columns:
        return study.travel
    if len(rows) == len(kept.origins) and len(columns) == len(kept.destinations):
        return kept
    return replace(
        kept,
        origins=tuple(kept.origins[i] for i in rows),
        destinations=tuple(kept.destinations[j] for j in columns),
        table=tuple(tuple(kept.table[i][j] for j in columns) for i in rows),
    )
