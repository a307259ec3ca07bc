"""A form that comes back, told in the words it was asked in."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import urlsplit

from django import forms
from django.forms.forms import BaseForm
from django.urls import Resolver404, resolve
from django.utils.translation import gettext

__all__ = ["in_words"]


def in_words(fields: Sequence[tuple[str, str]], path: str) -> tuple[list[tuple[str, str]], int]:
    """Label and value of each filled field a reader knows, and how many filled ones have no words (codes, versions).

    The form is the one of ours that knows the most of the names sent; of several, one that the page at ``path`` uses.
    What it makes only for one row, as the choices among persons, has no words here; what was written in words is always
    told.
    """
    names = {name for name, _value in fields}
    used = _used_at(path)

    def fits(kind: type[BaseForm]) -> tuple[int, bool, int]:
        return len(names & kind.base_fields.keys()), kind in used, -len(kind.base_fields)

    best = max(_kinds(BaseForm), key=fits, default=None)
    known = best.base_fields if best is not None else {}
    told: list[tuple[str, str]] = []
    untold = 0
    for name, value in fields:
        if not value.strip():
            continue
        said = _said(known.get(name), value)
        if said is None:
            untold += 1
        else:
            told.append(said)
    return told, untold


def _used_at(path: str) -> set[object]:
    """The classes that the view at ``path`` has at hand."""
    try:
        view = resolve(urlsplit(path).path).func
    except Resolver404:
        return set()
    module = sys.modules[inspect.unwrap(view).__module__]
    return {one for one in vars(module).values() if isinstance(one, type)}


def _kinds(parent: type[BaseForm]) -> Iterator[type[BaseForm]]:
    for kind in parent.__subclasses__():
        if kind.__module__.startswith("versants."):
            yield kind
        yield from _kinds(kind)


def _said(field: forms.Field | None, value: str) -> tuple[str, str] | None:
    if field is None or not field.label or field.widget.is_hidden:
        return (gettext("Text"), value) if len(value.split()) > 1 else None
    label = str(field.label)
    if isinstance(field, forms.BooleanField):
        return label, ""
    choices = getattr(field, "choices", None)
    if choices is None:
        return label, value
    known = {str(key): str(word) for key, word in _flat(choices)}
    return (label, known[value]) if value in known else None


def _flat(choices: Iterable[tuple[object, object]]) -> Iterator[tuple[object, object]]:
    for key, word in choices:
        if isinstance(word, list | tuple):
            yield from word
        else:
            yield key, word
