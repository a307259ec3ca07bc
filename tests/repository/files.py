"""What git keeps, or would keep if it were committed now."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@cache
def kept() -> tuple[Path, ...]:
    """Every file that is tracked or new, without what .gitignore leaves out; in a checkout without git, all."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=True,
        ).stdout.decode()
    except (OSError, subprocess.CalledProcessError):
        folders = ("versants", "versants_libs", "tests", "docs", "bench", "requirements", "LICENSES")
        found = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]
        return tuple(
            sorted(path for path in found if "__pycache__" not in path.parts and path.suffix != ".mo")
        )
    return tuple(sorted(ROOT / name for name in set(listed.split("\0")) if name and (ROOT / name).is_file()))


def name(path: Path) -> str:
    """The path as a reader of the repository knows it."""
    return path.relative_to(ROOT).as_posix()


def text(path: Path) -> str | None:
    """Its text; None for pictures, fonts and compressed data."""
    content = path.read_bytes()
    if b"\0" in content:
        return None
    try:
        return content.decode()
    except UnicodeDecodeError:
        return None
