"""What the worker does for core. Arguments are ids, never content."""

from __future__ import annotations

from typing import Any

from procrastinate.contrib.django import app

from versants.core import jobs
from versants.core.access.scope import Actor


@app.task(name="core.run_job", queue="default")
def run_job(job_id: int, actor: dict[str, Any]) -> None:
    """Run one Job under the actor who asked for it."""
    jobs.run(job_id, Actor(**actor))
