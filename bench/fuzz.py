"""Every form and the JSON API with what nobody should send: ``make fuzz SECONDS=120 SEED=1``.

Runs tests/fuzz for as long as asked, with other examples for each seed: no fault of ours (5xx), nothing stored that a
rule forbids, no refusal without a sentence. Writes ``var/reports/fuzz.json``; exit 1 on a failure.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

from bench.race import commit, machine  # noqa: E402


def main() -> int:
    os.environ.setdefault(
        "DJANGO_SETTINGS_MODULE", "versants.config.settings"
    )  # the commit is asked of the product
    seconds, seed = float(os.environ.get("SECONDS") or 120), int(os.environ.get("SEED") or 1)
    started, began = datetime.now(UTC), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="versants-fuzz-") as folder:
        results = Path(folder) / "results.xml"
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "tests/fuzz",
            f"--junitxml={results}",
            "-o",
            "junit_family=xunit1",  # the kind that takes what a test tells of itself
            "-p",
            "no:cacheprovider",
        ]
        environment = os.environ | {"VERSANTS_FUZZ_SECONDS": str(seconds), "VERSANTS_FUZZ_SEED": str(seed)}
        ended = subprocess.run(command, cwd=PROJECT, env=environment, stdout=sys.stderr, check=False)
        figures, failures = read(results) if results.exists() else ({}, ["the tests did not run"])
    if ended.returncode and not failures:
        failures.append(f"pytest ended with {ended.returncode}")
    report = {
        "name": "fuzz",
        "commit": commit(),
        "machine": machine(),
        "started_at": started.isoformat(timespec="seconds"),
        "seconds": round(time.monotonic() - began, 1),
        "seed": seed,
        "limits": {"seconds": seconds},
        "figures": figures,
        "failures": failures,
    }
    target = PROJECT / "var" / "reports" / "fuzz.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(report, indent=1) + "\n")
    sys.stdout.write(json.dumps(report, indent=1) + "\n")
    return 1 if failures else 0


def read(results: Path) -> tuple[dict[str, int], list[str]]:
    """What was sent, and the first lines of what failed, from pytest's own report."""
    figures: dict[str, int] = {}
    failures = []
    for case in ElementTree.parse(results).iter("testcase"):
        for one in case.iter("property"):
            name, value = one.get("name", ""), one.get("value", "")
            if value.isdigit():
                figures[name] = figures.get(name, 0) + int(value)
        for bad in (*case.iter("failure"), *case.iter("error")):
            said = re.sub(r"\s+", " ", bad.text or bad.get("message") or "")
            found = re.search(r"AssertionError: ((?:GET|POST) .{0,300})", said)
            failures.append(found[1] if found else f"{case.get('name')}: {said[:300]}")
    return figures, failures


if __name__ == "__main__":
    sys.exit(main())
