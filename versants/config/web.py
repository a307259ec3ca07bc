"""The web: ``python -m versants.config.web``. Django is loaded once, then the serving processes are forked from it.

Each of them importing Django by itself doubles the time to a first page on a small machine.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import shutil
from pathlib import Path

TARGET = "versants.config.wsgi:application"
WORKERS, THREADS = 2, 2
# A page makes tens of thousands of objects and lets go of nearly all of them by itself: with Python's own thresholds
# (700, 10, 10) every few pages wait for a look through all that has lived a while.
COLLECT = (10_000, 20, 50)
KILL_AFTER_S = 2


def load() -> None:
    """Everything a first page needs but a connection: those must be opened after the fork."""
    from django.conf import settings
    from django.urls import get_resolver
    from django.utils import translation

    from versants.config.wsgi import application

    assert application
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            get_resolver()._populate()
    gc.collect()
    gc.set_threshold(*COLLECT)  # the forked inherit it
    gc.freeze()  # what is shared stays shared


def prepare_metrics() -> None:
    """An empty folder in which the serving processes count for /metrics; named before their library is imported."""
    folder = Path(os.environ.get("VERSANTS_DATA") or Path(__file__).resolve().parents[2] / "var") / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)


def main() -> None:
    from granian import Granian
    from granian.constants import Interfaces

    prepare_metrics()
    if multiprocessing.get_start_method() == "fork":
        load()
    Granian(
        TARGET,
        address=os.environ.get("VERSANTS_HOST") or "127.0.0.1",
        port=int(os.environ.get("VERSANTS_PORT") or "8000"),
        interface=Interfaces.WSGI,
        workers=WORKERS,
        blocking_threads=THREADS,
        websockets=False,
        workers_kill_timeout=KILL_AFTER_S,
        respawn_failed_workers=True,
    ).serve()


if __name__ == "__main__":
    main()
