"""Every address there is, read from the URL configuration: for the access matrix, its test and the reference."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from django.urls import URLPattern, URLResolver, get_resolver


class Address(NamedTuple):
    """``name`` with its namespace (``api-v1:board_changes``), ``route`` as written (``/visits/<uuid:uid>/who/``)."""

    name: str
    route: str
    view: Callable[..., Any]


def addresses() -> Iterator[Address]:
    """All of them, in the order in which they are tried; one name may have several routes."""
    yield from _under(get_resolver(), "/", "")


def _under(resolver: URLResolver, before: str, namespace: str) -> Iterator[Address]:
    for one in resolver.url_patterns:
        route = before + str(one.pattern)
        if isinstance(one, URLResolver):
            inside = f"{namespace}{one.namespace}:" if one.namespace else namespace
            yield from _under(one, route, inside)
        elif isinstance(one, URLPattern):
            yield Address(f"{namespace}{one.name or ''}", route, one.callback)
