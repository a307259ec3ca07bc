"""The web as it is before its serving processes are forked from it."""

import os
import subprocess
import sys


def test_pages_do_not_wait_for_looks_through_what_lives_long():
    """In a process of its own: what is frozen here would stay so for the other tests."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import gc; from versants.config import web; web.load();"
            " print(gc.get_threshold() == web.COLLECT, gc.get_freeze_count() > 10_000)",
        ],
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "versants.config.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["True", "True"], done.stderr[-2000:]
