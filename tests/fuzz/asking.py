"""What a page asks for, learned from the page itself: the forms it shows, the forms it builds, the names it reads.

A new form is found by itself: its address comes from the URL configuration, its fields from here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from unittest import mock

from django import forms
from django.http import QueryDict

FORMS_OWN = {"csrfmiddlewaretoken"}


@dataclass
class Asked:
    """Names a view read from what was sent, and the form fields it built, by name in the post."""

    names: set[str] = field(default_factory=set)
    fields: dict[str, forms.Field] = field(default_factory=dict)


@contextmanager
def listening() -> Iterator[Asked]:
    """Everything that is read from a query or a post inside the block."""
    asked = Asked()
    real = {name: getattr(QueryDict, name) for name in ("get", "getlist", "__getitem__", "__contains__")}
    begin = forms.BaseForm.__init__

    def hearing(name: str) -> Any:
        def read(self: QueryDict, key: Any, *rest: Any, **named: Any) -> Any:
            if isinstance(key, str) and key not in FORMS_OWN:
                asked.names.add(key)
            return real[name](self, key, *rest, **named)

        return read

    def built(self: forms.BaseForm, *given: Any, **named: Any) -> None:
        begin(self, *given, **named)
        built_by.append(self)

    built_by: list[forms.BaseForm] = []
    with (
        mock.patch.multiple(QueryDict, **{name: hearing(name) for name in real}),
        mock.patch.object(forms.BaseForm, "__init__", built),
    ):
        yield asked
    for form in built_by:
        for name, one in form.fields.items():
            asked.fields[form.add_prefix(name)] = one
            asked.names.add(form.add_prefix(name))


@dataclass
class Shown:
    """One form of a page: where it goes, how, and the values it offers by name."""

    action: str
    method: str
    values: dict[str, list[str]] = field(default_factory=dict)


class _Reader(HTMLParser):
    def __init__(self, here: str) -> None:
        super().__init__()
        self.here, self.found, self.inside, self.choice = here, [], None, ""
        self.by_id: dict[str, Shown] = {}
        self.outside: list[tuple[str, str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        a = {name: value or "" for name, value in attrs}
        if tag == "form":
            posts = a.get("method", "get").lower() == "post" or "hx-post" in a
            self.inside = Shown(a.get("action") or a.get("hx-post") or self.here, "POST" if posts else "GET")
            self.found.append(self.inside)
            if a.get("id"):
                self.by_id[a["id"]] = self.inside
            return
        name, value = a.get("name", ""), a.get("value", "")
        if tag == "option":
            name = self.choice
        elif tag == "select":
            self.choice = name
        elif tag not in {"input", "button", "textarea"}:
            return
        if not name or name in FORMS_OWN:
            return
        if a.get("form"):
            self.outside.append((a["form"], name, value))
        elif self.inside is not None:
            offered = self.inside.values.setdefault(name, [])
            if value not in offered:
                offered.append(value)
            if tag == "button" and a.get("formaction"):
                self.found.append(Shown(a["formaction"], self.inside.method, self.inside.values))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = None
        if tag == "select":
            self.choice = ""


def shown(page: str, here: str) -> list[Shown]:
    """The forms of an HTML page that stands at ``here``."""
    reader = _Reader(here)
    reader.feed(page)
    for owner, name, value in reader.outside:
        if owner in reader.by_id:
            reader.by_id[owner].values.setdefault(name, []).append(value)
    return reader.found
