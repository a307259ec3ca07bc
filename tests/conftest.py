"""The suite's PostgreSQL and its small world.

Data are prepared as superuser; every scope (``acting``, and so every request of the test client) assumes the
application's role, which owns nothing: what row security refuses in production it refuses here.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

pytest_plugins = ["tests.world"]


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker):
    """A cluster of its own: migrated and filled as the owner, then used as superuser."""
    from django.core.management import call_command
    from django.db import connections

    from versants.core.crypto.keyring import init_keys
    from versants.launch.postgres import temporary_cluster

    init_keys(Path(os.environ["VERSANTS_KEYS_FILE"]))
    with temporary_cluster() as cluster, django_db_blocker.unblock():
        wrapper = connections["default"]

        def connect_as(user: str) -> None:
            wrapper.close()
            wrapper.settings_dict.update(
                NAME=cluster.database, USER=user, HOST=str(cluster.socket), PORT=str(cluster.port)
            )

        connect_as("versants_owner")
        call_command("migrate", verbosity=0, skip_checks=True)
        call_command("load_territory", verbosity=0)
        connect_as("postgres")
        yield cluster
        wrapper.close()


@pytest.fixture(autouse=True)
def _plain_static_files(settings):
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture(scope="session")
def chromium() -> str:
    """Debian's Chromium. Missing: a skip at a desk, a failure in CI."""
    path = "/usr/bin/chromium"
    if not Path(path).exists():
        message = "Chromium is missing: apt-get install -y --no-install-recommends chromium"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return path


@pytest.fixture(scope="session")
def browser(chromium: str):
    """The one browser of a worker: Playwright's loop cannot be started twice in a process."""
    from playwright.sync_api import sync_playwright

    from tests.e2e.product import FLAGS

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield launched
        launched.close()
