import os
from typing import Any

from django.apps import AppConfig
from django.db.backends.signals import connection_created


class DemoConfig(AppConfig):
    name = "versants.demo"
    label = "demo"

    def ready(self) -> None:
        from versants.core.diagnoses import tell_demo
        from versants.demo.answers import is_demo_world

        tell_demo(is_demo_world)
        connection_created.connect(_keep_real_time, dispatch_uid="demo.clock")


def _keep_real_time(connection: Any, **_kwargs: Any) -> None:
    """A clock that was told to stand still does so only where the database holds the demonstration world."""
    from versants.core import clock

    text = clock.frozen_text()
    if not text or not clock.is_frozen() or not _asked_from_outside(text):
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('people_account')")
        if cursor.fetchone()[0] is not None:
            cursor.execute("SELECT EXISTS (SELECT 1 FROM people_account WHERE is_demo)")
            if cursor.fetchone()[0]:
                return
    clock.ignore_frozen(text)


def _asked_from_outside(text: str) -> bool:
    """By the environment or by the file of a scene; a command's own ``--at`` is its own business."""
    from django.conf import settings

    return text == os.environ.get("VERSANTS_NOW", "") or not settings.FROZEN_NOW
