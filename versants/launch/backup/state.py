"""When the last backup succeeded, for ``versants doctor``; in the data folder, without a word about anybody."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from versants.launch.files import replace_text
from versants.launch.paths import Paths


def read(paths: Paths) -> dict[str, Any]:
    """``{"last": {...}, "failed_at", "why"}``; empty if there never was one."""
    try:
        content = json.loads(paths.backup_state_file.read_text())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def succeeded(paths: Paths, last: dict[str, Any]) -> None:
    """Remember a backup that is whole and on disk."""
    if paths.data.is_dir():
        replace_text(paths.backup_state_file, json.dumps({"last": last}, indent=1))


def failed(paths: Paths, why: str) -> None:
    """Remember that the last try failed; the last success stays known."""
    if paths.data.is_dir():
        content = read(paths) | {"failed_at": datetime.now(UTC).isoformat(), "why": why}
        replace_text(paths.backup_state_file, json.dumps(content, indent=1))


def last_at(paths: Paths) -> datetime | None:
    """The instant of the last backup that succeeded."""
    try:
        return datetime.fromisoformat(read(paths)["last"]["at"])
    except (KeyError, TypeError, ValueError):
        return None
