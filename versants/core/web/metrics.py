"""``/metrics`` for Prometheus: how the installation is, in numbers without a word about anybody.

Counted in each serving process and added up through files in a folder of the data folder (prometheus_client's
multiprocess mode); what the database knows is asked when it is scraped. Labels are names of routes, methods, states and
queues: never a path, which may hold a link's token.
"""

from __future__ import annotations

import hmac
import os
import shutil
import time

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from versants.core.web.access import without_database
from versants.core.web.build import commit, engine
from versants.core.web.errors import render_error
from versants.launch.version import version

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"  # prometheus_client reads it when it is imported
SECONDS = (0.025, 0.05, 0.1, 0.15, 0.3, 0.6, 1.0, 3.0)
_here = CollectorRegistry()
REQUESTS = Counter("versants_requests", "Requests answered.", ("route", "method", "status"), registry=_here)
TIMES = Histogram(
    "versants_request_seconds",
    "Seconds from a request to its answer.",
    ("route",),
    buckets=SECONDS,
    registry=_here,
)
# The jobs of a state and the age of the oldest that waits; workers heard within forty seconds.
_JOBS = "SELECT queue_name, status::text, count(*) FROM procrastinate_jobs GROUP BY 1, 2"
_OLDEST = """
SELECT coalesce(max(extract(epoch FROM now() - coalesce(scheduled_at, e.at))), 0) FROM procrastinate_jobs j
LEFT JOIN LATERAL (SELECT min(at) AS at FROM procrastinate_events WHERE job_id = j.id AND type = 'deferred') e ON true
WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at < now())
"""
_WORKERS = "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval '40 seconds'"
_SIZE = "SELECT pg_database_size(current_database())"


def count(route: str, method: str | None, status: int, seconds: float) -> None:
    """One request answered. ``route`` is the name of the address, empty where there is none."""
    known = method if method in {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"} else "other"
    REQUESTS.labels(route or "none", known, str(status)).inc()
    TIMES.labels(route or "none").observe(seconds)


@without_database
def metrics(request: HttpRequest) -> HttpResponse:
    """From this machine, or with the token of ``VERSANTS_METRICS_TOKEN``; 403 to all others."""
    if not _may_read(request):
        return render_error(request, 403, "metrics.closed")
    registry = CollectorRegistry()
    if os.environ.get(FOLDER_VARIABLE):
        MultiProcessCollector(registry)
        counted = generate_latest(registry)
    else:
        counted = generate_latest(_here)
    return HttpResponse(
        counted + generate_latest(_state()),
        content_type=CONTENT_TYPE_LATEST,
        headers={"Cache-Control": "no-store"},
    )


def _may_read(request: HttpRequest) -> bool:
    token = settings.METRICS_TOKEN
    sent = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token and hmac.compare_digest(sent.encode(), token.encode()):
        return True
    # A proxy on this machine sends everybody from here, and says so.
    forwarded = any(
        name in request.headers for name in ("X-Forwarded-For", "X-Forwarded-Proto", "Forwarded", "Via")
    )
    return request.META.get("REMOTE_ADDR") in {"127.0.0.1", "::1"} and not forwarded


def _state() -> CollectorRegistry:
    """What is so now, in a registry of its own: not a sum over processes."""
    registry = CollectorRegistry()

    def gauge(name: str, help_: str, labels: tuple[str, ...] = ()) -> Gauge:
        return Gauge(f"versants_{name}", help_, labels, registry=registry)

    gauge("build_info", "Which version runs.", ("version", "commit", "engine")).labels(
        version(), commit(), engine()
    ).set(1)
    gauge("disk_free_bytes", "Free on the disk of the data folder.").set(
        shutil.disk_usage(settings.DATA).free
    )
    up = gauge("database_up", "Does the database answer.")
    answered = gauge("database_answer_seconds", "How long the questions of this page took there.")
    began = time.perf_counter()
    try:
        with connection.cursor() as cursor:
            cursor.execute(_JOBS)
            jobs = gauge("jobs", "Jobs by queue and state.", ("queue", "state"))
            for queue, state, n in cursor.fetchall():
                jobs.labels(queue, state).set(n)
            for name, help_, query in (
                ("oldest_job_seconds", "Age of the oldest job that is due and waits.", _OLDEST),
                ("workers", "Workers heard of within forty seconds.", _WORKERS),
                ("database_bytes", "Size of the database.", _SIZE),
            ):
                cursor.execute(query)
                gauge(name, help_).set(cursor.fetchone()[0])
        up.set(1)
        answered.set(time.perf_counter() - began)
    except DatabaseError:
        up.set(0)
    return registry
