"""Putting a task into the queue in the transaction that asks for it, in the web and inside the worker alike.

The worker replaces the app's connector by one with connections of its own. A task that defers another through it
commits the job before its own transaction stands: the job may be taken, and find nothing, before there is anything.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.manager import JobManager


def defer(
    task: Any,
    *,
    schedule_at: datetime | None = None,
    lock: str | None = None,
    priority: int = 0,
    **arguments: Any,
) -> int:
    """Queue ``task``; returns the job's number. Nothing is queued if the present transaction does not stand.

    Of those with the same ``lock`` one runs at a time, on all hosts; a higher ``priority`` is taken first.
    """
    when = {} if schedule_at is None else {"schedule_at": schedule_at}
    deferrer = task.configure(lock=lock, priority=priority, **when)
    deferrer.job_manager = JobManager(DjangoConnector(alias="default"))
    return int(deferrer.defer(**arguments))
