"""What ``versants doctor`` asks: each app adds its questions, each answers in a sentence that says what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from versants.core.registries import Registry


@dataclass(frozen=True)
class Diagnosis:
    """``troubles()`` gives a sentence for each thing that is wrong, none if all is well.

    ``in_demo`` False: not asked in the demonstration world, whose people are nobody.
    """

    key: str
    troubles: Callable[[], Iterable[str]]
    order: int = 50
    in_demo: bool = True


diagnoses: Registry[Diagnosis] = Registry("diagnoses")
_DEMO: list[Callable[[], bool]] = []


def tell_demo(is_demo_world: Callable[[], bool]) -> None:
    """The demonstration world says of itself what it is."""
    if is_demo_world not in _DEMO:
        _DEMO.append(is_demo_world)


def is_demo() -> bool:
    """Does this database hold the demonstration world?"""
    return any(ask() for ask in _DEMO)


def examine() -> dict[str, list[str]]:
    """Every diagnosis asked, with its troubles."""
    demo = is_demo()
    return {one.key: list(one.troubles()) for one in diagnoses if one.in_demo or not demo}
