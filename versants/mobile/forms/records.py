"""The forms of a record: lenient while it is typed, strict when it is signed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from versants.core import clock
from versants.core.access.scope import Actor
from versants.core.forms import CheckRows, Day, DayField, Hour, Rows
from versants.core.ids import clean_code
from versants.mobile import record_rules as rules
from versants.mobile.enums import AttemptReason, Done, InterventionKind, Mode, Step
from versants.mobile.models import Visit
from versants.mobile.services.records import Content
from versants.people.models import Person

N_STEPS = 3
NOTE_CHARS = 20_000


def number_present(typed: int | None, shown: int, ticked: int) -> int:
    """How many persons were there: the number typed, which counts those who have no code too.

    ``shown``: how many were ticked when the page was made. A number left empty, or that only repeated them, follows
    those who are ``ticked`` now; any other number is somebody's own and stays.
    """
    return ticked if typed is None or typed == shown else typed


class RecordForm(forms.Form):
    """What was done on one visit. Fields left empty stay empty while it is a draft; ``check_whole`` judges at signing."""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    n_ticked = forms.IntegerField(min_value=0, required=False, widget=forms.HiddenInput)
    kind = forms.ChoiceField(label=_("What kind of visit"), choices=InterventionKind.choices)
    mode = forms.ChoiceField(label=_("How"), choices=Mode.choices)
    persons = forms.MultipleChoiceField(
        label=_("Who was there, by code"), required=False, widget=CheckRows(), choices=()
    )
    other_codes = forms.CharField(
        label=_("Other codes"),
        required=False,
        max_length=400,
        help_text=_("Of persons your team knows, with spaces between. Never a name."),
    )
    n_persons = forms.IntegerField(
        label=_("Persons accompanied, all in all"),
        min_value=0,
        max_value=500,
        required=False,
        help_text=_("Filled from those you tick. Write more if others were there, without a code."),
        widget=forms.NumberInput(attrs={"class": "input short", "inputmode": "numeric"}),
    )
    n_professionals = forms.IntegerField(
        label=_("Professionals supported"),
        min_value=0,
        max_value=500,
        required=False,
        help_text=_("Staff of the centre who were helped."),
        widget=forms.NumberInput(attrs={"class": "input short", "inputmode": "numeric"}),
    )
    began_on = DayField(label=_("Day"), required=False, widget=Day())
    began_time = forms.TimeField(label=_("Began at"), required=False, widget=Hour())
    duration_min = forms.IntegerField(
        label=_("Minutes"),
        min_value=5,
        max_value=600,
        required=False,
        widget=forms.NumberInput(attrs={"class": "input short", "inputmode": "numeric", "step": "5"}),
    )
    done = forms.MultipleChoiceField(
        label=_("What was done"), required=False, choices=Done.choices, widget=CheckRows()
    )
    with_interpreter = forms.ChoiceField(
        label=_("With an interpreter"), choices=[("yes", _("Yes")), ("no", _("No"))], widget=Rows(two=True)
    )
    social_note = forms.CharField(
        label=_("Social note"),
        required=False,
        max_length=NOTE_CHARS,
        help_text=_("Situation, steps, plan. Read by the team that follows the person."),
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    clinical_note = forms.CharField(
        label=_("Clinical note"),
        required=False,
        max_length=NOTE_CHARS,
        help_text=_("Read by the clinicians of the team only."),
        widget=forms.Textarea(attrs={"rows": 6}),
    )

    def __init__(
        self, *args: Any, visit: Visit, actor: Actor, candidates: list[Person], clinical: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.visit, self.actor = visit, actor
        self._by_code = {person.code: person for person in candidates}
        self.fields["persons"].choices = [(code, code) for code in self._by_code]  # type: ignore[attr-defined]
        if not candidates:
            del self.fields["persons"]
        if not clinical:
            del self.fields["clinical_note"]
        for i in range(N_STEPS):
            self.fields[f"step_{i}"] = forms.ChoiceField(
                label=_("Next step"), required=False, choices=[("", "–"), *Step.choices]
            )
            self.fields[f"due_{i}"] = DayField(label=_("By"), required=False, widget=Day())

    @property
    def step_rows(self) -> list[tuple[Any, Any]]:
        """Pairs of bound fields (step, due day)."""
        return [(self[f"step_{i}"], self[f"due_{i}"]) for i in range(N_STEPS)]

    def clean_other_codes(self) -> list[Person]:
        """Persons behind the codes typed. A mistyped code is noticed by its check character."""
        found: list[Person] = []
        for word in self.cleaned_data["other_codes"].replace(",", " ").replace(";", " ").split():
            code = clean_code(word)
            if code is None:
                raise forms.ValidationError(
                    _("%(code)s is not a programme code. One looks like V7K4-2M9X."),
                    params={"code": word[:12]},
                )
            person = Person.objects.visible_to(self.actor).filter(code=code).first()
            if person is None:
                raise forms.ValidationError(_("%(code)s is not known to your team."), params={"code": code})
            found.append(person)
        return found

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for i in range(N_STEPS):
            step, due = data.get(f"step_{i}"), data.get(f"due_{i}")
            if step and not due and f"due_{i}" not in self.errors:
                self.add_error(f"due_{i}", _("Say by when."))
            if due and not step and f"step_{i}" not in self.errors:
                self.add_error(f"step_{i}", _("Say what comes next."))
        if "n_persons" not in self.errors:
            ticked = len(self._ids(data))
            data["n_persons"] = number_present(data.get("n_persons"), data.get("n_ticked") or 0, ticked)
            if data["n_persons"] < ticked:
                self.add_error("n_persons", rules.fewer_than_ticked(ticked))
        if data.get("began_time") and not data.get("began_on") and "began_on" not in self.errors:
            self.add_error("began_on", _("Say on which day."))
        return data

    def _ids(self, data: dict[str, Any]) -> set[int]:
        """Those named: ticked or typed by code, each once."""
        ids = {self._by_code[code].pk for code in data.get("persons") or ()}
        return ids | {person.pk for person in data.get("other_codes") or ()}

    def content(self) -> Content:
        """What can be kept now: fields with a mistake are left out of a draft, the page keeps what was typed."""
        data = self.cleaned_data
        began_on: date | None = data.get("began_on")
        began_time = data.get("began_time")
        began: datetime | None = None
        if began_on and began_time:
            began = clock.at(began_on, began_time.hour, began_time.minute)
        ids = self._ids(data)
        steps = [
            (data[f"step_{i}"], data[f"due_{i}"])
            for i in range(N_STEPS)
            if data.get(f"step_{i}") and data.get(f"due_{i}")
        ]
        return Content(
            kind=data.get("kind") or self.visit.kind,
            mode=data.get("mode") or self.visit.mode,
            began_at=began,
            duration_min=data.get("duration_min"),
            n_persons=data.get("n_persons", len(ids)),
            n_professionals=data.get("n_professionals") or 0,
            done=tuple(data.get("done") or ()),
            with_interpreter=data.get("with_interpreter") != "no",
            person_ids=frozenset(ids),
            steps=tuple(steps),
            social_note=data.get("social_note") or "",
            clinical_note=data.get("clinical_note") or "" if "clinical_note" in self.fields else None,
        )


def initial_of(
    visit: Visit, content: Content | None, version: int, candidates: list[Person]
) -> dict[str, Any]:
    """What the form shows: the draft, or what the plan of the visit already says."""
    if content is None:
        start = visit.held.lower if visit.held else None
        content = Content(
            kind=visit.kind,
            mode=visit.mode,
            began_at=start,
            duration_min=visit.duration_min,
            n_persons=0,
            n_professionals=0,
        )
    known = {person.pk: person.code for person in candidates}
    others = Person.objects.filter(pk__in=content.person_ids - set(known)).order_by("code")
    initial: dict[str, Any] = {
        "version": version,
        "n_ticked": len(content.person_ids),
        "kind": content.kind,
        "mode": content.mode,
        "persons": [known[pk] for pk in content.person_ids if pk in known],
        "other_codes": " ".join(person.code for person in others),
        "n_persons": content.n_persons or None,
        "n_professionals": content.n_professionals or None,
        "duration_min": content.duration_min,
        "done": list(content.done),
        "with_interpreter": "yes" if content.with_interpreter else "no",
        "social_note": content.social_note,
        "clinical_note": content.clinical_note or "",
    }
    if content.began_at is not None:
        local = clock.local(content.began_at)
        initial["began_on"], initial["began_time"] = (
            local.date(),
            local.time().replace(second=0, microsecond=0),
        )
    for i, (step, due) in enumerate(content.steps[:N_STEPS]):
        initial[f"step_{i}"], initial[f"due_{i}"] = step, due
    return initial


class AttemptForm(forms.Form):
    """Why a visit did not take place. Nothing is preselected."""

    reason = forms.ChoiceField(
        label=_("Why it did not take place"),
        choices=AttemptReason.choices,
        widget=Rows(),
        error_messages={"required": _("Say why the visit did not take place.")},
    )


class AdditionForm(forms.Form):
    """What is added to a signed record."""

    text = forms.CharField(
        label=_("What is to be added or corrected"),
        max_length=NOTE_CHARS,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": _("Write what is to be added.")},
    )
    tier = forms.ChoiceField(
        label=_("Who reads it"),
        choices=[("social", _("the team that follows the person")), ("clinical", _("the clinicians only"))],
        widget=Rows(),
    )

    def __init__(self, *args: Any, clinical: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not clinical:
            del self.fields["tier"]


class HoursForm(forms.Form):
    """One's own hours on a visit."""

    began_on = DayField(label=_("Day"), widget=Day())
    began_time = forms.TimeField(label=_("Began at"), widget=Hour())
    minutes = forms.IntegerField(
        label=_("Minutes there"),
        min_value=1,
        max_value=1440,
        widget=forms.NumberInput(attrs={"class": "input short", "inputmode": "numeric"}),
    )
    travel_min = forms.IntegerField(
        label=_("Minutes on the road, there and back"),
        min_value=0,
        max_value=1440,
        widget=forms.NumberInput(attrs={"class": "input short", "inputmode": "numeric"}),
    )
