"""``make check``: each check with its seconds; all run, and the first line of a failure is easy to find."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from versants.launch.errors import EXIT_DONE, EXIT_NO
from versants.launch.paths import PROJECT

FORMATTED = ("versants", "versants_libs", "tests", "bench", "run", "docs/generate.py", "docs/notice.py")
BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Check:
    """A command that must end with 0."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)


def checks(home: Path) -> list[Check]:
    """In the order of how often they fail. ``home`` holds the files Django wants to find."""
    python = str(BIN / "python")
    secret = home / "secret"
    secret.write_text("only-for-checks\n")
    django = {
        "VERSANTS_DATA": str(home),
        "VERSANTS_SECRET_FILE": str(secret),
        "VERSANTS_KEYS_FILE": str(home / "keys.json"),
        # makemigrations looks for a database that need not be there, and warns
        "PYTHONWARNINGS": "ignore::RuntimeWarning",
    }
    return [
        Check("format", [str(BIN / "ruff"), "format", "--check", "-q", *FORMATTED]),
        Check("lint", [str(BIN / "ruff"), "check", "-q", *FORMATTED]),
        Check("imports", [str(BIN / "lint-imports")]),
        Check(
            "migrations",
            [
                python,
                "-m",
                "versants.config.manage",
                "makemigrations",
                "--check",
                "--dry-run",
                "--skip-checks",
            ],
            django,
        ),
        Check("translations", [python, "-m", "versants.launch.catalogues", "--check"]),
        # H015, H020: how a line is laid out; H043: a button in a form submits on purpose.
        Check(
            "templates",
            [
                str(BIN / "djlint"),
                "versants",
                "--lint",
                "--quiet",
                "--profile",
                "django",
                "--ignore",
                "H015,H020,H043",
            ],
        ),
        Check("documents", [python, "docs/generate.py", "--check"]),
        Check("notice", [python, "docs/notice.py", "--check"]),
        Check("types", [str(BIN / "mypy")], django),
    ]


def main() -> int:
    """Returns 0 when every check holds, else 1."""
    failed: list[str] = []
    with tempfile.TemporaryDirectory(prefix="versants-check-") as home:
        for check in checks(Path(home)):
            began = time.monotonic()
            answer = subprocess.run(
                check.command,
                cwd=PROJECT,
                env=os.environ | check.environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
            state = "holds" if answer.returncode == 0 else "FAILS"
            sys.stdout.write(f"{check.name:<13} {state}  {time.monotonic() - began:5.1f} s\n")
            if answer.returncode:
                failed.append(check.name)
                sys.stdout.write("".join(f"    {line}\n" for line in answer.stdout.splitlines()[-60:]))
            sys.stdout.flush()
    if failed:
        sys.stdout.write(f"To do: {', '.join(failed)}. What can be fixed by itself: make fix.\n")
        return EXIT_NO
    return EXIT_DONE


if __name__ == "__main__":
    sys.exit(main())
