"""Triage as a form: the kind, the places, when, and whether it comes back."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from versants.core import clock
from versants.core.forms import Day, Hour, Rows
from versants.core.periods import span
from versants.mobile.enums import GenderWish, InterventionKind, Mode
from versants.mobile.forms.requests import language_choices
from versants.mobile.models import Request, Visit
from versants.mobile.services import triage
from versants.people.enums import Complexity, Discipline, Level

MOST_SLOTS = 6


class SlotForm(forms.Form):
    """One place in the visit; a place without a role is not asked for."""

    discipline = forms.ChoiceField(label=_("Role"), required=False)
    language = forms.ChoiceField(label=_("Language"), required=False)
    second = forms.ChoiceField(label=_("Failing that"), required=False)
    level = forms.TypedChoiceField(label=_("At least"), coerce=int, choices=Level.choices, initial=Level.B2)
    gender = forms.ChoiceField(label=_("Who"), choices=GenderWish.choices, required=False)
    gender_required = forms.BooleanField(label=_("must be"), required=False)
    by_phone = forms.BooleanField(label=_("by telephone"), required=False)
    after_min = forms.IntegerField(
        label=_("Minutes after the start"),
        min_value=0,
        max_value=600,
        required=False,
        widget=forms.NumberInput(attrs={"class": "input short"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["discipline"]
        field.choices = [("", gettext("no place")), *Discipline.choices]
        choices = language_choices(gettext("none"))
        for name in ("language", "second"):
            field = self.fields[name]
            field.choices = choices

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("discipline") == Discipline.INTERPRETER and not data.get("language"):
            self.add_error("language", _("Say which language the interpreter speaks."))
        return self.cleaned_data

    def plan(self) -> triage.SlotPlan | None:
        data = self.cleaned_data
        if not data.get("discipline"):
            return None
        return triage.SlotPlan(
            discipline=data["discipline"],
            language=data["language"],
            second_languages=(data["second"],) if data["second"] else (),
            level=data["level"],
            gender=data["gender"],
            gender_required=data["gender_required"],
            mode=Mode.PHONE if data["by_phone"] else "",
            after_min=data["after_min"],
        )


SlotFormSet: type[BaseFormSet] = formset_factory(
    SlotForm, extra=0, max_num=MOST_SLOTS, absolute_max=MOST_SLOTS
)


class WindowMixin(forms.Form):
    """A day and the hours between which the team may arrive."""

    day = forms.DateField(label=_("Day"), widget=Day)
    from_time = forms.TimeField(label=_("Arrival from"), widget=Hour)
    to_time = forms.TimeField(label=_("until"), widget=Hour)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("from_time") and data.get("to_time") and data["to_time"] <= data["from_time"]:
            self.add_error("to_time", _("The end comes after the beginning."))
        return self.cleaned_data

    def window(self) -> Any:
        data = self.cleaned_data
        day: date = data["day"]
        return span(
            clock.at(day, data["from_time"].hour, data["from_time"].minute),
            clock.at(day, data["to_time"].hour, data["to_time"].minute),
        )


def window_initial(window: Any) -> dict[str, Any]:
    """Day and hours of a window, as a form begins; a window of several days begins with its first."""
    start, end = clock.local(window.lower), clock.local(window.upper)
    same = start.date() == end.date()
    return {
        "day": start.date(),
        "from_time": start.time().replace(second=0, microsecond=0),
        "to_time": end.time().replace(second=0, microsecond=0)
        if same
        else start.time().replace(hour=23, minute=59),
    }


class TriageForm(WindowMixin):
    """What the need is, beside its places."""

    kind = forms.ChoiceField(label=_("Kind of intervention"), choices=InterventionKind.choices)
    mode = forms.ChoiceField(label=_("How?"), choices=Mode.choices, widget=Rows)
    complexity = forms.TypedChoiceField(
        label=_("How hard is the talk to interpret?"), coerce=int, choices=Complexity.choices
    )
    duration_min = forms.IntegerField(
        label=_("Minutes"),
        min_value=5,
        max_value=600,
        widget=forms.NumberInput(attrs={"class": "input short"}),
    )
    times = forms.IntegerField(
        label=_("How many times, on the same weekday at the same hour?"),
        help_text=_("1 is a single visit. Public holidays are skipped and made up for."),
        min_value=1,
        max_value=triage.MOST_VISITS,
        initial=1,
        widget=forms.NumberInput(attrs={"class": "input short"}),
    )
    every_weeks = forms.TypedChoiceField(
        label=_("How often?"),
        coerce=int,
        choices=[(1, _("every week")), (2, _("every two weeks")), (4, _("every four weeks"))],
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def visit(self, slots: tuple[triage.SlotPlan, ...], request: Request) -> triage.VisitPlan:
        data = self.cleaned_data
        return triage.VisitPlan(
            slots=slots,
            window=self.window(),
            duration_min=data["duration_min"],
            mode=data["mode"],
            complexity=data["complexity"],
            gender_wish=request.gender_wish,
        )

    def series(self) -> triage.Series | None:
        data = self.cleaned_data
        return triage.Series(data["times"], data["every_weeks"]) if data["times"] > 1 else None


def initial_of(request: Request, kind: str, visit: triage.VisitPlan) -> dict[str, Any]:
    """The proposal as the form's beginning."""
    return window_initial(visit.window) | {
        "kind": kind,
        "mode": visit.mode,
        "complexity": visit.complexity,
        "duration_min": visit.duration_min,
        "times": 1,
        "every_weeks": 1,
        "version": request.version,
    }


def slots_initial(visit: triage.VisitPlan) -> list[dict[str, Any]]:
    """The proposed places, and one more that asks for nobody."""
    return [
        {
            "discipline": slot.discipline,
            "language": slot.language,
            "second": slot.second_languages[0] if slot.second_languages else "",
            "level": slot.level,
            "gender": slot.gender,
            "gender_required": slot.gender_required,
            "by_phone": slot.mode == Mode.PHONE,
            "after_min": slot.after_min,
        }
        for slot in visit.slots
    ] + [{}]


SCOPES = (
    ("one", _("this visit only")),
    ("rest", _("this one and the later ones")),
    ("all", _("all that are still to come")),
)


class MoveForm(WindowMixin):
    """Another time for a visit; of a series, three clear choices."""

    scope = forms.ChoiceField(label=_("Which visits?"), choices=SCOPES, widget=Rows)
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, visit: Visit, n_series: int, **kwargs: Any) -> None:
        kwargs.setdefault("initial", window_initial(visit.window) | {"version": visit.version})
        super().__init__(*args, **kwargs)
        one_of_many(self, n_series)


class CancelForm(forms.Form):
    """Why, and which."""

    reason = forms.ChoiceField(label=_("Why?"), widget=Rows)
    scope = forms.ChoiceField(label=_("Which visits?"), choices=SCOPES, widget=Rows)
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, visit: Visit, n_series: int, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"version": visit.version})
        super().__init__(*args, **kwargs)
        field: Any = self.fields["reason"]
        field.choices = list(triage.CANCEL_REASONS.items())
        one_of_many(self, n_series)


def one_of_many(form: forms.Form, n_series: int) -> None:
    """A single visit has no choice of scope."""
    if n_series < 2:
        form.fields["scope"] = forms.CharField(widget=forms.HiddenInput, initial="one")
        form.initial["scope"] = "one"
