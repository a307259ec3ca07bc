"""What an operator sees while Versants starts: calm lines, one per stage, with seconds."""

from __future__ import annotations

import json
import sys
import time
from typing import Any, TextIO


class Progress:
    """Lines on standard error; with ``as_json`` one JSON value on standard output once it is ready."""

    def __init__(self, *, as_json: bool = False, stream: TextIO | None = None) -> None:
        self.as_json = as_json
        self.stream = stream or sys.stderr
        self.stages: list[dict[str, Any]] = []
        self.began = time.monotonic()

    def stage(self, name: str, seconds: float, detail: str = "") -> None:
        self.stages.append({"stage": name, "seconds": round(seconds, 2), "detail": detail})
        self.say(f"  {name:<12} {seconds:5.1f} s  {detail}".rstrip())

    def say(self, text: str = "") -> None:
        self.stream.write(text + "\n")
        self.stream.flush()

    def ready(self, url: str, logins: list[dict[str, Any]], data: str) -> None:
        """The address, and one login per role as a table."""
        seconds = round(time.monotonic() - self.began, 2)
        if self.as_json:
            value = {"url": url, "seconds": seconds, "stages": self.stages, "logins": logins, "data": data}
            sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
            sys.stdout.flush()
            return
        self.say(f"  {'ready':<12} {seconds:5.1f} s")
        self.say()
        self.say(f"  Versants is at {url}")
        self.say()
        if logins:
            columns = [
                ("role", "role"),
                ("e-mail", "email"),
                ("password", "password"),
                ("code key", "totp_secret"),
            ]
            for line in table(
                [[str(login.get(key) or "–") for _, key in columns] for login in logins],
                [title for title, _ in columns],
            ):
                self.say("  " + line)
            self.say()
        self.say("  Ctrl-C stops everything.")


def table(rows: list[list[str]], titles: list[str]) -> list[str]:
    """Aligned columns under their titles."""
    widths = [max(len(row[i]) for row in [titles, *rows]) for i in range(len(titles))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in [titles, *rows]
    ]
    return [lines[0], "  ".join("─" * width for width in widths), *lines[1:]]
