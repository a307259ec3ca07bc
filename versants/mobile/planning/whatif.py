"""Small changes to a visit, as they stand in an address: tried on a page, stored only with an assignment.

``later:45`` ``earlier:30`` (minutes), ``lang:SLOT:amh``, ``level:SLOT:3``, ``gender:SLOT``, ``phone:SLOT``, ``phone``,
and ``mandate:PROFESSIONAL:BE``, which can be tried only. SLOT and PROFESSIONAL are uids.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from versants.core.errors import BadInput
from versants.core.periods import span
from versants.mobile.enums import Mode
from versants.mobile.models import Slot, Visit
from versants.mobile.planning.situation import Situation, slots_of
from versants.territory.models import Language
from versants_libs.dispatch import LEVELS, Relaxation

LIMIT_MIN = 7 * 24 * 60


@dataclass(frozen=True)
class Change:
    """One small change. ``slot`` is a uid or empty; ``value`` minutes, a language, a level or a country."""

    kind: str
    slot: str = ""
    value: str = ""

    @property
    def token(self) -> str:
        return ":".join(part for part in (self.kind, self.slot, self.value) if part)


def _unknown() -> BadInput:
    return BadInput(
        "whatif.unknown", _("This change is not understood. Go back and choose it from the page.")
    )


def parse(tokens: Iterable[str]) -> list[Change]:
    """Changes from an address or a form. Raises BadInput ``whatif.unknown``."""
    found = []
    for token in tokens:
        kind, _sep, rest = token.partition(":")
        parts = rest.split(":") if rest else []
        if (
            kind in {"later", "earlier"}
            and len(parts) == 1
            and parts[0].isdigit()
            and 0 < int(parts[0]) <= LIMIT_MIN
        ):
            found.append(Change(kind, value=parts[0]))
        elif kind in {"lang", "level", "mandate"} and len(parts) == 2:
            if kind == "level" and parts[1] not in {str(n) for n in range(1, 8)}:
                raise _unknown()
            found.append(Change(kind, parts[0], parts[1]))
        elif kind in {"gender", "phone"} and len(parts) <= 1 and (kind == "phone" or parts):
            found.append(Change(kind, parts[0] if parts else ""))
        else:
            raise _unknown()
    return found


def apply(visit: Visit, changes: Sequence[Change]) -> tuple[set[str], dict[int, set[str]]]:
    """Change ``visit`` and its prefetched slots in memory. Returns the fields changed: of the visit, of each slot.

    Raises BadInput ``whatif.unknown`` for a slot or a language that is not there.
    """
    slots = {str(slot.uid): slot for slot in slots_of(visit)}
    visit_fields: set[str] = set()
    slot_fields: dict[int, set[str]] = {}

    def touched(slot: Slot, name: str) -> None:
        slot_fields.setdefault(slot.pk, set()).add(name)

    for change in changes:
        if change.kind == "mandate":
            continue
        slot = slots.get(change.slot)
        if change.slot and slot is None:
            raise _unknown()
        if change.kind == "later":
            visit.window = span(visit.window.lower, visit.window.upper + timedelta(minutes=int(change.value)))
            visit_fields.add("window")
        elif change.kind == "earlier":
            visit.window = span(visit.window.lower - timedelta(minutes=int(change.value)), visit.window.upper)
            visit_fields.add("window")
        elif change.kind == "phone" and slot is None:
            visit.mode = Mode.PHONE
            visit_fields.add("mode")
            for one in slots.values():
                if one.mode == Mode.ON_SITE:
                    one.mode = Mode.PHONE
                    touched(one, "mode")
        elif slot is None:
            raise _unknown()
        elif change.kind == "phone":
            slot.mode = Mode.PHONE
            touched(slot, "mode")
        elif change.kind == "gender":
            slot.gender_required = False
            touched(slot, "gender_required")
        elif change.kind == "level":
            slot.level = int(change.value)
            touched(slot, "level")
        elif change.kind == "lang":
            if not Language.objects.filter(pk=change.value).exists():
                raise _unknown()
            slot.second_languages = [*slot.second_languages, change.value]
            touched(slot, "second_languages")
    return visit_fields, slot_fields


def mandates(changes: Sequence[Change]) -> list[tuple[str, str]]:
    """(professional uid, country) supposed for the question's sake."""
    return [(change.slot, change.value) for change in changes if change.kind == "mandate"]


def of(situation: Situation, relaxation: Relaxation) -> Change | None:
    """The library's relaxation as a change one can try; None for one that cannot be tried here or any more."""
    params: dict[str, Any] = dict(relaxation.params)
    visit = situation.visits[situation.focus[0]]
    uids = {str(slot.pk): str(slot.uid) for slot in visit.slots.all()}
    slot = uids.get(str(params.get("slot", "")), "")
    if relaxation.kind in ("window_later", "window_earlier"):
        start = situation.at(int(params["start"]))
        if relaxation.kind == "window_earlier":
            if start < situation.now:
                return None  # nobody arrives in the past
            return Change("earlier", value=str(-(-int((visit.window.lower - start).total_seconds()) // 60)))
        # A window is half-open: the new start must lie inside it.
        return Change("later", value=str(int((start - visit.window.upper).total_seconds()) // 60 + 1))
    if relaxation.kind == "second_language":
        return Change("lang", slot, str(params["language"]))
    if relaxation.kind == "lower_level":
        return Change("level", slot, str(LEVELS.index(str(params["level"])) + 1))
    if relaxation.kind == "gender_wish":
        return Change("gender", slot)
    if relaxation.kind == "by_phone":
        return Change("phone", slot)
    if relaxation.kind == "mandate":
        person = situation.people[str(params["person"])]
        return Change("mandate", str(person.row.uid), str(params["country"]))
    return None
