"""How and when a versant's requests come, by mode and time of the week: as a register tells it, else as public figures do.

The register tells a share where ``enough`` of its requests say it and each side of the share has the ``minimum``: neither
the few by telephone nor the few on site can be counted back from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .assumptions import Assumption, Sizing
from .study import MODES

__all__ = ["PASSED", "REMOTE", "TOLD", "UNTOLD", "Counts", "Ways", "ways_of"]

#: By telephone or video, which of the two is not known.
REMOTE = "remote"
TOLD = "the desk's own register, requests that say it"
PASSED = "the desk's own register, not used: this study chose another share"
UNTOLD = "the desk's own register, not used: fewer than 100 requests of a versant say it, or fewer than five on one side"


@dataclass(frozen=True)
class Counts:
    """Requests that say how or when: by (versant, mode), where ``remote`` is telephone or video, and (versant, band).

    ``minutes``: requests that say how long, and the minutes of these together, by (versant, mode).
    """

    modes: Mapping[tuple[str, str], float] = field(default_factory=dict)
    bands: Mapping[tuple[str, str], float] = field(default_factory=dict)
    minutes: Mapping[tuple[str, str], tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Ways:
    """Shares by mode and by band, each adding up to 1, minutes of a talk by mode; what was taken from a register.

    ``general``: names of the public figures that still count here.
    """

    modes: Mapping[str, float]
    bands: Mapping[str, float]
    minutes: Mapping[str, float]
    assumptions: tuple[Assumption, ...] = ()
    general: frozenset[str] = frozenset({"remote", "video", "evening", "minutes"})


def ways_of(
    versant: str,
    counts: Counts | None,
    sizing: Sizing,
    phone_share: float | None,
    enough: float,
    minimum: float,
) -> Ways:
    """The ways of a versant. ``phone_share``: the share by telephone or video somebody chose, which then counts."""
    remote = sum(sizing.remote) / 2 if phone_share is None else phone_share
    video, evening = sizing.video_of_remote, sizing.evening
    minutes = dict(sizing.minutes)
    said: list[Assumption] = []
    general = {"remote", "video", "evening", "minutes"}

    def note(key: str, value: str, source: str) -> None:
        said.append(Assumption(f"{key}:{versant}", value, source))

    if counts is not None:
        on_site, phone, by_video, either = (
            counts.modes.get((versant, mode), 0.0) for mode in (*MODES, REMOTE)
        )
        own = _share(phone + by_video + either, on_site, enough, minimum)
        if own is None:
            note("register_remote_untold", _few(on_site + phone + by_video + either, minimum), UNTOLD)
        elif phone_share is not None:
            note("register_remote_passed", f"{own:.0%}", PASSED)
        else:
            note("register_remote", f"{own:.0%}", TOLD)
            remote = own
            general.discard("remote")
        own = _share(by_video, phone, 2 * minimum, minimum)
        if own is not None:
            note("register_video", f"{own:.0%}", TOLD)
            video = own
            general.discard("video")
        office, late = (counts.bands.get((versant, band), 0.0) for band in ("office", "evening"))
        own = _share(late, office, enough, minimum)
        if own is None:
            note("register_evening_untold", _few(office + late, minimum), UNTOLD)
        else:
            note("register_evening", f"{own:.0%}", TOLD)
            evening = own
            general.discard("evening")
        timed = {mode: counts.minutes.get((versant, mode), (0.0, 0.0)) for mode in MODES}
        means = {mode: float(max(round(total / n), 1)) for mode, (n, total) in timed.items() if n >= minimum}
        if means:
            minutes |= means
            note("register_minutes", ", ".join(f"{means[m]:g}" if m in means else "–" for m in MODES), TOLD)
            if len(means) == len(MODES):
                general.discard("minutes")
    modes = {"on_site": 1 - remote, "phone": remote * (1 - video), "video": remote * video}
    return Ways(modes, {"office": 1 - evening, "evening": evening}, minutes, tuple(said), frozenset(general))


def _share(part: float, rest: float, enough: float, minimum: float) -> float | None:
    """``part`` of both; None where they are not enough, or one of them under the minimum."""
    return part / (part + rest) if part + rest >= enough and min(part, rest) >= minimum else None


def _few(n: float, minimum: float) -> str:
    return f"{n:.0f}" if n >= minimum else f"< {minimum:g}"
