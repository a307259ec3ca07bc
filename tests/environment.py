"""The suite's surroundings, set before settings are imported (``-p tests.environment`` in pyproject.toml)."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

_FOLDER = Path(tempfile.mkdtemp(prefix="versants-test-"))
os.environ.update(
    VERSANTS_ASSUME_ROLE="versants_app",
    VERSANTS_DATA=str(_FOLDER),
    VERSANTS_KEYS_FILE=str(_FOLDER / "keys" / "keys.json"),
    VERSANTS_SECRET_FILE=str(_FOLDER / "keys" / "secret"),
    VERSANTS_MAIL_DIR=str(_FOLDER / "mail"),
    VERSANTS_LOG_LEVEL="CRITICAL",
)
# Playwright keeps a loop in the main thread; the tests beside it talk to the database as before.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
for _name in ("DATABASE_URL", "DATABASE_OWNER_URL", "VERSANTS_NOW", "VERSANTS_AS", "VERSANTS_POOL"):
    os.environ.pop(_name, None)
(_FOLDER / "keys").mkdir()
(_FOLDER / "keys" / "secret").write_text("only-for-tests-" + "x" * 50)
