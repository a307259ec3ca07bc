"""What ``versants doctor`` asks: each app adds its questions, each answers in a sentence that says what to do."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.conf import settings

from versants.core import clock, ending, erasure, sealing
from versants.core.crypto import keyring, recovery, rotation
from versants.core.models import KeyRotation, LogCheck
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


# -- keys ---------------------------------------------------------------------------------------------------------------


def key_files() -> Iterable[str]:
    """Private, whole, and not where the data are."""
    try:
        files = keyring.contents()
    except keyring.KeysMissing:
        yield f"The key file {settings.KEYS_FILE} cannot be read: run “versants keys init”, or recover it."
        return
    folder = keyring.folder().resolve()
    if folder.is_relative_to(Path(settings.DATA).resolve()):
        yield f"The keys in {folder} lie in the data folder: whoever copies the data has them (VERSANTS_KEYS_FILE)."
    for name in files:
        path = Path(settings.KEYS_FILE) if "/" not in name else folder / name
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            yield f"{path} is readable by others: chmod 600."


def keys_at_hand() -> Iterable[str]:
    """A key in use whose file is not here: nothing of that holder opens."""
    for one in rotation.states():
        if (one.is_active or one.wraps) and not one.at_hand:
            yield (
                f"The key {one.key_id} of {one.name or 'an unknown holder'} is not here:"
                f" {one.wraps} data keys stay closed."
            )


def recovery_confirmed() -> Iterable[str]:
    """Without a confirmed export, a lost disk is everything lost."""
    try:
        state = recovery.state()
    except keyring.KeysMissing:
        return  # that the key file cannot be read is said already
    if state["confirmed_at"] is None:
        yield (
            "No recovery export of the keys was ever confirmed: if this disk is lost, everything sealed is lost."
            " Run “versants keys export FILE”, then “versants keys confirm FILE”."
        )
    elif state["keys_not_covered"]:
        yield (
            f"{state['keys_not_covered']} keys are newer than the recovery export confirmed on"
            f" {state['confirmed_at'][:10]}: export and confirm again."
        )


def rotation_finished() -> Iterable[str]:
    """A rotation somebody began and left."""
    old = KeyRotation.objects.filter(finished_at=None, started_at__lt=clock.now() - timedelta(days=1)).first()
    if old is not None:
        yield (
            f"The rotation of keys begun on {old.started_at:%Y-%m-%d} is not finished: run “versants keys rotate”"
            " again, it goes on."
        )


# -- the log ------------------------------------------------------------------------------------------------------------

SEALED_WITHIN = timedelta(minutes=1)


def log_sealed() -> Iterable[str]:
    """Events do not wait."""
    if sealing.is_late(SEALED_WITHIN):
        age = sealing.state()["oldest_unsealed_s"]
        yield f"An event has waited {age:.0f} s for its seal: does a worker run (“python -m versants.config.manage work”)?"


def log_holds() -> Iterable[str]:
    """The last verification said yes."""
    last = LogCheck.objects.order_by("-pk").first()
    if last is not None and not last.holds:
        yield f"The log did not hold on {last.at:%Y-%m-%d}: run “versants audit verify”."


def erasures_kept() -> Iterable[str]:
    """Each erasure has its line outside the database."""
    if erasure.unkept_for(SEALED_WITHIN):
        yield (
            f"An erasure is not written in {settings.WITNESS_DIR} yet: a restored backup would not know it."
            " Does a worker run, and may it write there?"
        )


def endings_kept() -> Iterable[str]:
    """Each end of a right has its line outside the database."""
    if ending.unkept_for(SEALED_WITHIN):
        yield (
            f"The end of a role, a consent or a link is not written in {settings.WITNESS_DIR} yet: a restored backup"
            " would not know it. Does a worker run, and may it write there?"
        )


def add_all() -> None:
    """Core's own questions."""
    for order, (key, troubles, in_demo) in enumerate(
        (
            ("keys.files", key_files, True),
            ("keys.at_hand", keys_at_hand, True),
            ("keys.recovery", recovery_confirmed, False),
            ("keys.rotation", rotation_finished, True),
            ("log.sealed", log_sealed, True),
            ("log.holds", log_holds, True),
            ("erasures.kept", erasures_kept, True),
            ("endings.kept", endings_kept, True),
        )
    ):
        diagnoses.add(Diagnosis(key, troubles, order=10 + order, in_demo=in_demo))
