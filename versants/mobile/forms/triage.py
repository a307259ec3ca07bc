"""Triage as a page: one or more visits, each with its kind, its places, when, and whether it comes back.

What is typed is a list of blocks, one per visit. Adding, removing and preparing a block work on that list and draw the
page again with everything that was typed; only "submit" judges it. Nothing here depends on a script.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, time, timedelta
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from versants.core import clock
from versants.core.forms import Day, DayField, Hour, Rows
from versants.mobile.enums import GenderWish, InterventionKind, Mode
from versants.mobile.forms.requests import language_choices
from versants.mobile.models import Request
from versants.mobile.services import triage
from versants.mobile.services.series import Series, wall_of, window_on
from versants.people.enums import Complexity, Discipline, Level
from versants.territory import calendars
from versants.territory.models import Commune
from versants.territory.search import find_communes

MOST_BLOCKS = 6
MOST_SLOTS = 8
TOGETHER, AFTER = "together", "after"
ONCE = 0
FEW = 4  # times, when a rhythm is chosen and no number is typed
# A wish and how firm it is, in one choice.
REQUIRED = "!"
GENDERS = (
    ("", _("no preference")),
    (GenderWish.WOMEN, _("a woman, if possible")),
    (f"{GenderWish.WOMEN}{REQUIRED}", _("a woman, required")),
    (GenderWish.MEN, _("a man, if possible")),
    (f"{GenderWish.MEN}{REQUIRED}", _("a man, required")),
)


class SlotForm(forms.Form):
    """One place in the visit."""

    discipline = forms.ChoiceField(label=_("Role"), choices=Discipline.choices)
    language = forms.ChoiceField(label=_("Language"), required=False)
    after_min = forms.IntegerField(
        label=_("Begins after, in minutes"),
        min_value=0,
        max_value=600,
        required=False,
        widget=forms.NumberInput(attrs={"class": "input short", "inputmode": "numeric", "step": "5"}),
    )
    second = forms.ChoiceField(label=_("Failing that"), required=False)
    level = forms.TypedChoiceField(
        label=_("At least"), coerce=int, choices=Level.choices, initial=Level.B2, required=False
    )
    gender = forms.ChoiceField(label=_("Woman or man"), choices=GENDERS, required=False)
    by_phone = forms.BooleanField(label=_("by telephone"), required=False)

    def __init__(self, *args: Any, languages: Sequence[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("language", "second"):
            chosen: Any = self.fields[name]
            chosen.choices = languages

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("discipline") == Discipline.INTERPRETER and not data.get("language"):
            self.add_error("language", _("Say which language the interpreter speaks."))
        if data.get("second") and data.get("second") == data.get("language"):
            data["second"] = ""
        return self.cleaned_data

    @property
    def in_detail(self) -> bool:
        """An error stands where it would not be seen."""
        return any(name in self.errors for name in ("second", "level", "gender", "by_phone"))

    @property
    def details(self) -> str:
        """What the folded part says, in a line: at least B2, failing that Amharic, a woman required."""
        found = []
        language, second = self["language"].value(), self["second"].value()
        if language:
            level = _label(self.fields["level"], self["level"].value() or Level.B2)
            found.append(gettext("at least %(level)s") % {"level": level})
        if second and second != language:
            found.append(
                gettext("failing that %(language)s") % {"language": _label(self.fields["second"], second)}
            )
        if self["gender"].value():
            found.append(str(_label(self.fields["gender"], self["gender"].value())))
        if self["by_phone"].value():
            found.append(str(self.fields["by_phone"].label))
        return ", ".join(found)

    def plan(self, *, after: bool) -> triage.SlotPlan:
        data = self.cleaned_data
        gender = data["gender"]
        return triage.SlotPlan(
            discipline=data["discipline"],
            language=data["language"],
            second_languages=(data["second"],) if data["second"] else (),
            level=data["level"] or Level.B2,
            gender=gender.removesuffix(REQUIRED),
            gender_required=gender.endswith(REQUIRED),
            mode=Mode.PHONE if data["by_phone"] else "",
            after_min=data["after_min"] if after else None,
        )


def _label(chosen: Any, value: Any) -> str:
    return next((str(label) for code, label in chosen.choices if str(code) == str(value)), str(value))


class WindowMixin(forms.Form):
    """A day and the hours between which the team may arrive."""

    day = DayField(label=_("Day"), widget=Day)
    from_time = forms.TimeField(label=_("Arrival from"), widget=Hour)
    to_time = forms.TimeField(label=_("until"), widget=Hour)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("from_time") and data.get("to_time") and data["to_time"] <= data["from_time"]:
            self.add_error("to_time", _("The end comes after the beginning."))
        return self.cleaned_data

    def window(self) -> Any:
        data = self.cleaned_data
        return window_on(data["day"], data["from_time"], data["to_time"])


def window_initial(window: Any) -> dict[str, Any]:
    """Day and hours of a window, as a form begins; a window of several days begins with its first."""
    start, end, across = wall_of(window)
    return {
        "day": clock.local(window.lower).date(),
        "from_time": start.replace(second=0, microsecond=0),
        "to_time": end.replace(second=0, microsecond=0) if not across else time(23, 59),
    }


class VisitForm(WindowMixin):
    """What a visit is, beside its places."""

    kind = forms.ChoiceField(label=_("Kind of intervention"), choices=InterventionKind.choices)
    mode = forms.ChoiceField(label=_("How?"), choices=Mode.choices)
    complexity = forms.TypedChoiceField(
        label=_("How hard is the talk to interpret?"), coerce=int, choices=Complexity.choices
    )
    order = forms.ChoiceField(
        label=_("How do they come?"),
        choices=[(TOGETHER, _("together")), (AFTER, _("one after the other"))],
        initial=TOGETHER,
        required=False,
        widget=Rows(two=True),
    )
    duration_min = forms.IntegerField(
        label=_("Minutes"),
        min_value=5,
        max_value=600,
        widget=forms.NumberInput(attrs={"class": "input short", "inputmode": "numeric", "step": "5"}),
    )
    rhythm = forms.TypedChoiceField(
        label=_("How often?"),
        coerce=int,
        empty_value=ONCE,
        required=False,
        choices=[
            (ONCE, _("once")),
            (1, _("every week")),
            (2, _("every two weeks")),
            (4, _("every four weeks")),
        ],
    )
    times = forms.IntegerField(
        label=_("How many times?"),
        min_value=2,
        max_value=triage.MOST_VISITS,
        required=False,
        widget=forms.NumberInput(attrs={"class": "input short", "inputmode": "numeric"}),
    )

    def clean(self) -> dict[str, Any]:
        super().clean()
        if self.cleaned_data.get("rhythm", ONCE) == ONCE:
            # Hidden then, and of no meaning: it refuses nothing.
            self.errors.pop("times", None)
            self.cleaned_data["times"] = None
        elif self.cleaned_data.get("times") is None and "times" not in self.errors:
            self.add_error("times", _("Say how many times: 2 at least."))
        return self.cleaned_data

    def series(self) -> Series | None:
        data = self.cleaned_data
        return Series(data["times"], data["rhythm"]) if data["rhythm"] != ONCE else None


class PlanForm(forms.Form):
    """What all the visits share: the state of the request they answer, and where, if it did not say."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    commune = forms.CharField(
        label=_("In which commune?"), max_length=120, widget=forms.TextInput(attrs={"class": "input"})
    )

    def __init__(self, *args: Any, ask_commune: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not ask_commune:
            del self.fields["commune"]

    def clean_commune(self) -> Commune:
        found = find_communes(self.cleaned_data["commune"], limit=2)
        if not found:
            raise forms.ValidationError(_("This commune is not known. Check its spelling."))
        return found[0]


# -- what is typed, before it is judged -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Typed:
    """One visit as typed or proposed: the values of its form and those of each of its places."""

    values: dict[str, Any]
    slots: tuple[dict[str, Any], ...]


def read(data: QueryDict) -> list[Typed]:
    """The blocks of a page that was sent, as they were typed."""
    return [
        Typed(
            _raw(VisitForm.base_fields, data, key),
            tuple(_raw(SlotForm.base_fields, data, slot) for slot in _slot_keys(data, key)),
        )
        for key in _keys(data)
    ]


def _keys(data: QueryDict) -> list[str]:
    return [f"v{n}" for n in dict.fromkeys(data.getlist("visit")) if _is_number(n)][:MOST_BLOCKS]


def _slot_keys(data: QueryDict, key: str) -> list[str]:
    return [f"{key}-s{n}" for n in dict.fromkeys(data.getlist(f"{key}-slot")) if _is_number(n)][:MOST_SLOTS]


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 3


def _raw(fields: Any, data: QueryDict, prefix: str) -> dict[str, Any]:
    return {
        name: one.widget.value_from_datadict(data, {}, f"{prefix}-{name}") for name, one in fields.items()
    }


def proposed(kind: str, visit: triage.VisitPlan) -> Typed:
    """A proposal as a block."""
    return Typed(
        window_initial(visit.window)
        | {
            "kind": str(kind),
            "mode": str(visit.mode),
            "complexity": visit.complexity,
            "duration_min": visit.duration_min,
            "order": TOGETHER,
            "rhythm": ONCE,
            "times": FEW,
        },
        tuple(
            {
                "discipline": str(slot.discipline),
                "language": slot.language,
                "second": slot.second_languages[0] if slot.second_languages else "",
                "level": int(slot.level),
                "gender": f"{slot.gender}{REQUIRED if slot.gender_required else ''}",
                "by_phone": slot.mode == Mode.PHONE,
                "after_min": slot.after_min,
            }
            for slot in visit.slots
        ),
    )


@dataclass(frozen=True)
class Step:
    """The blocks after a button other than "submit", and the prefix of the part the reader goes on with."""

    blocks: list[Typed]
    focus: str = ""


def change(request: Request, blocks: list[Typed], what: str) -> Step:
    """``add``, ``add-KIND``, ``drop:N``, ``fill:N``, ``slot:N``, ``unslot:N:M``; N and M from 0. Others change nothing."""
    verb, *numbers = what.split(":")
    at = [int(n) for n in numbers if _is_number(n)]
    name, _dash, kind = verb.partition("-")
    if name == "add" and len(blocks) < MOST_BLOCKS and (not kind or kind in InterventionKind.values):
        return Step([*blocks, _next(request, blocks, kind)], f"v{len(blocks)}")
    if not at or at[0] >= len(blocks):
        return Step(blocks)
    n, block = at[0], blocks[at[0]]
    if verb == "drop" and len(blocks) > 1:
        return Step([*blocks[:n], *blocks[n + 1 :]], f"v{max(0, n - 1)}")
    if verb == "fill":
        block = _filled(request, block)
        return Step([*blocks[:n], block, *blocks[n + 1 :]], f"v{n}")
    slots, focus = block.slots, f"v{n}"
    if verb == "slot" and len(slots) < MOST_SLOTS:
        focus = f"v{n}-s{len(slots)}"
        slots = (*slots, {"discipline": str(Discipline.PSYCHOLOGIST), "level": int(Level.B2), "gender": ""})
    elif verb == "unslot" and len(at) == 2 and at[1] < len(slots) and len(slots) > 1:
        slots = (*slots[: at[1]], *slots[at[1] + 1 :])
    else:
        return Step(blocks)
    return Step([*blocks[:n], replace(block, slots=slots), *blocks[n + 1 :]], focus)


def _filled(request: Request, block: Typed) -> Typed:
    """The block as its kind usually is; the day and the rhythm that were chosen stay."""
    kind = block.values.get("kind")
    if kind not in InterventionKind.values:
        return block
    fresh = proposed(kind, triage.prepared(request, kind, _day(block)))
    kept = {name: block.values.get(name) for name in ("rhythm", "times")}
    if _day(block) is not None and kind not in triage.HOURS:
        kept |= {name: block.values.get(name) for name in ("from_time", "to_time")}
    return Typed(fresh.values | kept, fresh.slots)


def _next(request: Request, blocks: list[Typed], kind: str) -> Typed:
    """One visit more: a week after the last, with the same people; a follow-up once the first was to understand."""
    last = blocks[-1] if blocks else None
    day = _day_after(request, last)
    if kind or last is None:
        kind = kind or str(InterventionKind.FOLLOW_UP)
        return proposed(kind, triage.prepared(request, kind, day))
    first_looks = {InterventionKind.CRISIS, InterventionKind.ASSESSMENT}
    kind = last.values.get("kind") or ""
    kind = str(InterventionKind.FOLLOW_UP) if kind in first_looks else kind
    return Typed(last.values | {"kind": kind, "day": day, "rhythm": ONCE, "times": FEW}, last.slots)


def _day(block: Typed | None) -> date | None:
    value = block.values.get("day") if block is not None else None
    if isinstance(value, date):
        return value
    try:
        return clock.read_day(str(value))
    except ValueError:
        return None


def _day_after(request: Request, block: Typed | None) -> date | None:
    """A week after the block's last visit, on no public holiday; None when its day is not understood."""
    day = _day(block)
    if block is None or day is None:
        return None
    try:
        weeks, times = int(block.values.get("rhythm") or 0), int(block.values.get("times") or 1)
    except (TypeError, ValueError):
        weeks, times = 0, 1
    country = request.commune.country if request.commune is not None else "BE"
    try:
        if weeks:
            day += timedelta(weeks=min(weeks, 8) * (min(max(times, 1), triage.MOST_VISITS) - 1))
        day += timedelta(weeks=1)
        while calendars.is_holiday(day, country):
            day += timedelta(weeks=1)
    except OverflowError:
        return None
    return day


# -- the page ---------------------------------------------------------------------------------------------------------


@dataclass
class Block:
    """One visit of the page: its form and those of its places."""

    number: int  # from 0
    form: VisitForm
    slots: list[SlotForm]
    refusal: Any = ""

    @property
    def several_slots(self) -> bool:
        return len(self.slots) > 1

    @property
    def may_add(self) -> bool:
        return len(self.slots) < MOST_SLOTS

    def is_valid(self) -> bool:
        # Every part is asked, so that every error is shown at once.
        return all([self.form.is_valid(), *(slot.is_valid() for slot in self.slots)])

    def plan(self, request: Request) -> triage.NeedPlan:
        data = self.form.cleaned_data
        after = data["order"] == AFTER and len(self.slots) > 1
        slots = [slot.plan(after=after) for slot in self.slots]
        visit = triage.VisitPlan(
            slots=tuple(in_turn(slots, data["duration_min"]) if after else slots),
            window=self.form.window(),
            duration_min=data["duration_min"],
            mode=data["mode"],
            complexity=data["complexity"],
            gender_wish=request.gender_wish,
        )
        return triage.NeedPlan(data["kind"], (visit,), self.form.series())


def in_turn(slots: Sequence[triage.SlotPlan], minutes: int) -> list[triage.SlotPlan]:
    """One after the other: each begins when the one before has finished, unless a minute was typed.

    The visit's minutes are then each one's own; an interpreter without a minute stays from beginning to end.
    """
    found: list[triage.SlotPlan] = []
    at = 0
    stays = [
        slot.discipline == Discipline.INTERPRETER and slot.after_min is None and len(slots) > 1
        for slot in slots
    ]
    if all(stays):
        stays = [False] * len(slots)
    for slot, staying in zip(slots, stays, strict=True):
        if staying:
            found.append(slot)
            continue
        begins = at if slot.after_min is None else slot.after_min
        at = begins + minutes
        found.append(replace(slot, after_min=begins))
    end = max(slot.after_min + minutes for slot in found if slot.after_min is not None)
    return [
        replace(slot, after_min=0, duration_min=end) if staying else slot
        for slot, staying in zip(found, stays, strict=True)
    ]


@dataclass
class Page:
    """The page of a request: what all visits share, and a block per visit."""

    request: Request
    shared: PlanForm
    blocks: list[Block] = field(default_factory=list)

    @classmethod
    def asked(
        cls, request: Request, blocks: Sequence[Typed], data: QueryDict | None = None, focus: str = ""
    ) -> Page:
        """Blocks to be filled in; ``data`` is what was typed beside them."""
        ask = request.commune is None
        initial: dict[str, Any] = {"version": request.version}
        if data is not None:
            initial = {name: data.get(name, "") for name in ("version", "commune")}
        page = cls(request, PlanForm(initial=initial, ask_commune=ask))
        for n, one in enumerate(blocks):
            key = f"v{n}"
            form = VisitForm(initial=one.values, prefix=key)
            slots = [
                SlotForm(initial=values, prefix=f"{key}-s{m}", languages=page.languages)
                for m, values in enumerate(one.slots)
            ]
            page.blocks.append(Block(n, form, slots))
            for prefix, part, name in [
                (key, form, "kind"),
                *((slot.prefix, slot, "discipline") for slot in slots),
            ]:
                if prefix == focus:
                    part.fields[name].widget.attrs["autofocus"] = True
        return page

    @classmethod
    def sent(cls, request: Request, data: QueryDict) -> Page:
        """Blocks as sent, to be judged."""
        page = cls(request, PlanForm(data, ask_commune=request.commune is None))
        for n, key in enumerate(_keys(data)):
            slots = [SlotForm(data, prefix=slot, languages=page.languages) for slot in _slot_keys(data, key)]
            page.blocks.append(Block(n, VisitForm(data, prefix=key), slots))
        return page

    @cached_property
    def languages(self) -> list[tuple[str, Any]]:
        """Read once for all the places of the page."""
        return language_choices(gettext("none"))

    @property
    def may_add(self) -> bool:
        return len(self.blocks) < MOST_BLOCKS

    @property
    def several(self) -> bool:
        return len(self.blocks) > 1

    def is_valid(self) -> bool:
        return all([self.shared.is_valid(), *(block.is_valid() for block in self.blocks)])

    @property
    def asks_commune(self) -> bool:
        return "commune" in self.shared.fields

    @property
    def has_errors(self) -> bool:
        return bool(self.shared.errors) or any(
            block.form.errors or any(slot.errors for slot in block.slots) for block in self.blocks
        )

    def plans(self) -> list[triage.NeedPlan]:
        return [block.plan(self.request) for block in self.blocks]

    @property
    def commune(self) -> Commune | None:
        return self.shared.cleaned_data.get("commune")
