"""What every command of the mesh shares: refusals, files read, one JSON value said, Ctrl-C, what it cost."""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import sys
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

from . import files
from .errors import FormatError, InstanceError
from .study_files import PathError

__all__ = [
    "BAD_INPUT",
    "DONE",
    "INTERRUPTED",
    "NO",
    "SURROUNDINGS",
    "Refusal",
    "cost",
    "interruptible",
    "positive",
    "read",
    "say",
    "seconds",
    "share",
    "writable",
]

DONE, NO, BAD_INPUT, SURROUNDINGS, INTERRUPTED = 0, 1, 2, 3, 130
T = TypeVar("T")


class Refusal(Exception):
    """Ends the command with a sentence and an exit code."""

    def __init__(self, code: int, message: str) -> None:
        self.code = code
        super().__init__(message)


def seconds(text: str) -> float:
    return _number(text, 0, float("inf"))


def share(text: str) -> float:
    return _number(text, 0, 1)


def positive(text: str) -> float:
    return _number(text, 1e-9, float("inf"))


def _number(text: str, low: float, high: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        expected = (
            f"from {low:g} to {high:g}" if high < float("inf") else "of 0 or more" if low == 0 else "above 0"
        )
        raise argparse.ArgumentTypeError(f"{text!r} found, a number {expected} expected")
    return value


def read(path: Path, made: Callable[[str], T]) -> T:
    """What ``made`` makes of a file's text; a mistake gets the file's name."""
    try:
        return made(files.read_text(path))
    except FileNotFoundError:
        raise Refusal(BAD_INPUT, f"{path}: there is no such file") from None
    except IsADirectoryError:
        raise Refusal(BAD_INPUT, f"{path}: a folder found, a file expected") from None
    except (OSError, EOFError, zlib.error) as exc:
        raise Refusal(BAD_INPUT, f"{path}: cannot be read ({exc})") from exc
    except FormatError as exc:
        raise Refusal(BAD_INPUT, f"{path}:{exc}") from exc
    except PathError as exc:
        raise Refusal(BAD_INPUT, f"{path}: {exc}") from exc
    except InstanceError as exc:
        raise Refusal(BAD_INPUT, f"{path}:1:1: {exc}") from exc


def writable(path: Path, option: str = "--out") -> None:
    """Refuses, before the work, a file of ``option`` that cannot be written after it."""
    folder = path.parent
    if not folder.is_dir():
        raise Refusal(BAD_INPUT, f"{option} {path}: there is no folder {folder}")
    if path.is_dir():
        raise Refusal(BAD_INPUT, f"{option} {path}: a folder found, a file expected")
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise Refusal(BAD_INPUT, f"{option} {path}: may not be written")


def cost() -> dict[str, float]:
    """What the process has used: seconds of processor, largest memory in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        1024 * 1024 if sys.platform == "darwin" else 1024
    )
    return {"cpu_s": round(time.process_time(), 2), "peak_mb": round(peak, 1)}


def say(args: argparse.Namespace, value: Mapping[str, Any], lines: Sequence[str]) -> None:
    if args.json:
        sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    else:
        sys.stdout.writelines(line + "\n" for line in lines)


@contextmanager
def interruptible() -> Iterator[list[bool]]:
    """Ctrl-C sets the flag once; a second one ends the program the usual way."""
    flag = [False]

    def note(signum: int, frame: FrameType | None) -> None:
        flag[0] = True
        signal.signal(signal.SIGINT, before)

    try:
        before = signal.signal(signal.SIGINT, note)
    except ValueError:  # not the main thread: then nobody can press Ctrl-C here
        yield flag
        return
    try:
        yield flag
    finally:
        signal.signal(signal.SIGINT, before)
