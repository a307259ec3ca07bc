"""What Versants is made of, as CycloneDX: ``make sbom`` writes ``var/reports/sbom.cdx.json``.

The packages of ``requirements/base.lock`` in an environment of their own, with version, licence and origin, and the
product as the root. Same lock, same file. Exit 1 if a package of the lock is missing in it.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT / "bench"))

from environments import environment  # noqa: E402 - the folder above comes first

TARGET = PROJECT / "var" / "reports" / "sbom.cdx.json"
BUILD = PROJECT / "build" / "sbom"


def locked() -> set[str]:
    """The names of the packages in the lock that are installed on this Python, normalised."""
    names = set()
    for line in (PROJECT / "requirements" / "base.lock").read_text().splitlines():
        found = re.match(r"([A-Za-z0-9._-]+)(\[[^]]*\])?==\S+( ; (?P<mark>.*?))?( \\)?$", line)
        if found and not found["mark"]:  # with a mark: only elsewhere, or by chance here
            names.add(normal(found[1]))
    return names


def normal(name: str) -> str:
    """A package's name as PyPI compares them."""
    return re.sub(r"[-_.]+", "-", name).lower()


def main() -> int:
    """Write the file; 1 if something is missing in it."""
    product = environment("base.lock", BUILD / "product")
    tool = environment("sbom.lock", BUILD / "tool")
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    words = [str(tool.parent / "cyclonedx-py"), "environment", "--of", "JSON", "--output-reproducible"]
    words += ["--pyproject", str(PROJECT / "pyproject.toml"), "-o", str(TARGET), str(product)]
    subprocess.run(words, check=True)
    held = {normal(one["name"]) for one in json.loads(TARGET.read_text())["components"]}
    missing = sorted(locked() - held)
    sys.stdout.write(f"{TARGET.relative_to(PROJECT)}: {len(held)} packages\n")
    sys.stdout.write("".join(f"missing: {name}\n" for name in missing))
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
