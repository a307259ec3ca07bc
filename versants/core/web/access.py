"""Marks on views. No mark: login and an active membership are required."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

View = TypeVar("View", bound=Callable[..., object])


def public(view: View) -> View:
    """Anybody may open this; it acts as nobody, or as the membership of whoever is signed in."""
    view.public = True  # type: ignore[attr-defined]
    return view


def without_database(view: View) -> View:
    """Answers even when PostgreSQL is away."""
    view.without_database = True  # type: ignore[attr-defined]
    view.public = True  # type: ignore[attr-defined]
    return view


def own_scope(view: View) -> View:
    """Opens its own scope (a link's): the middleware opens none."""
    view.own_scope = True  # type: ignore[attr-defined]
    view.public = True  # type: ignore[attr-defined]
    return view
