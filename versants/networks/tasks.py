"""What the worker does for studies. Arguments are ids, never content; every task is safe to run twice."""

from __future__ import annotations

from typing import Any

from procrastinate.contrib.django import app

from versants.core import jobs
from versants.core.access.scope import Actor
from versants.networks.services import spreading


@app.task(name="networks.study_piece", queue="default")
def study_piece(piece_id: int, actor: dict[str, Any]) -> None:
    """One piece of a study, under who asked for it; nothing if somebody else has it, or the study is done by now, or
    the role of who asked has ended.
    """
    if jobs.stands(asker := Actor(**actor)):
        spreading.take(asker, [piece_id])
