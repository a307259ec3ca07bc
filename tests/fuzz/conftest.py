"""One world for all examples: each is taken back to a savepoint."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import override_settings

from tests.fuzz.stage import NOW, Stage


@pytest.fixture(scope="module")
def stage(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[Stage]:
    from django.db import transaction

    folder = tmp_path_factory.mktemp("fuzz")
    with (
        django_db_blocker.unblock(),
        override_settings(
            FROZEN_NOW=NOW,
            MAIL_DIR=folder / "mail",
            WITNESS_DIR=folder / "witness",
            WHITENOISE_AUTOREFRESH=True,
        ),
        transaction.atomic(),
    ):
        yield Stage()
        transaction.set_rollback(True)
