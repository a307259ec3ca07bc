"""JSON Patch (RFC 6902) on plain JSON values, and the way from a path to a line of text."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Sequence
from typing import Any

from .errors import FormatError

__all__ = ["PatchRefused", "apply_patch", "locate", "pointer"]


class PatchRefused(ValueError):
    """A ``test`` operation did not hold: the file is not the one the patch was made for."""


def pointer(*steps: str | int) -> str:
    """A JSON Pointer (RFC 6901) to these keys and positions."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def apply_patch(value: Any, patch: Any) -> Any:
    """The value after all operations; the one given is left as it is.

    Raises FormatError, with the path inside the patch, and PatchRefused.
    """
    if not isinstance(patch, list | tuple):
        raise FormatError((), "a list of operations expected")
    value = copy.deepcopy(value)
    for number, operation in enumerate(patch):
        value = _apply(value, operation, number)
    return value


def _apply(value: Any, operation: Any, number: int) -> Any:
    if not isinstance(operation, dict) or "op" not in operation or "path" not in operation:
        raise FormatError((number,), "an object with op and path expected")
    kind = operation["op"]
    path = _steps(operation["path"], number)
    if kind in ("add", "replace", "test") and "value" not in operation:
        raise FormatError((number,), f"{kind} needs a value")
    if kind == "add":
        return _add(value, path, copy.deepcopy(operation["value"]), number)
    if kind == "remove":
        return _remove(value, path, number)[0]
    if kind == "replace":
        if not path:
            return copy.deepcopy(operation["value"])
        _get(value, path, number)
        value, _ = _remove(value, path, number)
        return _add(value, path, copy.deepcopy(operation["value"]), number)
    if kind in ("move", "copy"):
        origin = _steps(operation.get("from"), number)
        moved = copy.deepcopy(_get(value, origin, number))
        if kind == "move":
            if path[: len(origin)] == origin and len(path) > len(origin):
                raise FormatError((number, "from"), "a value cannot be moved into itself")
            value, _ = _remove(value, origin, number)
        return _add(value, path, moved, number)
    if kind == "test":
        found = _get(value, path, number)
        # JSON true is not 1, whatever Python says.
        if json.dumps(found, sort_keys=True) != json.dumps(operation["value"], sort_keys=True):
            raise PatchRefused(f"operation {number}: the value at {operation['path']} is another one")
        return value
    raise FormatError(
        (number, "op"), f"unknown operation {kind!r}, expected add, remove, replace, move, copy, test"
    )


def _steps(path: Any, number: int) -> list[str]:
    if not isinstance(path, str) or (path and not path.startswith("/")):
        raise FormatError((number,), f"{path!r} is not a JSON Pointer")
    return [step.replace("~1", "/").replace("~0", "~") for step in path.split("/")[1:]]


def _child(parent: Any, step: str, number: int) -> Any:
    if isinstance(parent, dict) and step in parent:
        return parent[step]
    if isinstance(parent, list) and step.isdecimal() and int(step) < len(parent):
        return parent[int(step)]
    raise FormatError((number, "path"), f"there is nothing at {step!r}")


def _get(value: Any, path: Sequence[str], number: int) -> Any:
    for step in path:
        value = _child(value, step, number)
    return value


def _add(value: Any, path: Sequence[str], new: Any, number: int) -> Any:
    if not path:
        return new
    parent = _get(value, path[:-1], number)
    last = path[-1]
    if isinstance(parent, dict):
        parent[last] = new
    elif isinstance(parent, list) and (last == "-" or (last.isdecimal() and int(last) <= len(parent))):
        parent.insert(len(parent) if last == "-" else int(last), new)
    else:
        raise FormatError((number, "path"), f"nothing can be added at {last!r}")
    return value


def _remove(value: Any, path: Sequence[str], number: int) -> tuple[Any, Any]:
    if not path:
        raise FormatError((number, "path"), "the whole value cannot be removed")
    parent = _get(value, path[:-1], number)
    gone = _child(parent, path[-1], number)
    if isinstance(parent, dict):
        del parent[path[-1]]
    else:
        del parent[int(path[-1])]
    return value, gone


def locate(text: str, path: Iterable[str | int]) -> tuple[int, int]:
    """Line and column (from 1) of the value at ``path`` in a JSON text; of the last step that exists."""
    decoder = json.JSONDecoder()
    at = _space(text, 0)
    for step in path:
        found = _enter(decoder, text, at, step)
        if found is None:
            break
        at = found
    return text.count("\n", 0, at) + 1, at - (text.rfind("\n", 0, at) + 1) + 1


def _space(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at


def _enter(decoder: json.JSONDecoder, text: str, at: int, step: str | int) -> int | None:
    """Position of a member (by key) or an element (by number) of the value that begins at ``at``."""
    opened = text[at] if at < len(text) else ""
    if opened not in "{[" or not opened:
        return None
    at, number = _space(text, at + 1), 0
    while at < len(text) and text[at] not in "}]":
        if opened == "{":
            key, at = decoder.raw_decode(text, at)
            at = _space(text, _space(text, at) + 1)
            if key == step:
                return at
        elif number == step:
            return at
        at = _space(text, decoder.raw_decode(text, at)[1])
        if text[at] == ",":
            at = _space(text, at + 1)
        number += 1
    return None
