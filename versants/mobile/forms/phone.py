"""A request heard by telephone: what one hears in thirty seconds. No field for a name."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from versants.core.forms import Phone, Rows
from versants.core.ids import clean_code
from versants.mobile.enums import Agreement, Audience, Danger, Urgency
from versants.mobile.services import asking_places, requests, wording
from versants.mobile.services.asking_places import Place
from versants.territory.models import spoken

WRONG_CODE = _("A code looks like V7K4-2M9X. One letter is wrong here, or two have changed places.")


def language_choices(first: Any) -> list[tuple[Any, Any]]:
    """``first`` stands for none; then those asked for most, then all, each by its name in the reader's language."""
    known = spoken()
    often = sorted((one for one in known if one.first_rank), key=lambda one: one.first_rank or 0)
    return [
        ("", first),
        (_("often"), [(one.code, one.name) for one in often]),
        (_("all"), [(one.code, one.name) for one in known]),
    ]


def read_codes(text: str) -> list[str]:
    """Codes of persons separated by commas, in their printed form. Raises ValidationError naming no code."""
    codes = []
    for part in text.replace(";", ",").replace("\n", ",").split(","):
        if not part.strip():
            continue
        code = clean_code(part)
        if code is None:
            raise forms.ValidationError(WRONG_CODE, code="code")
        if code not in codes:
            codes.append(code)
    return codes


class PhoneForm(forms.Form):
    """Where, how urgent, which language, how to ring back; in a crisis the danger; for whom, in a few words."""

    # What is compulsory depends on the urgency: the browser is not asked to judge it.
    use_required_attribute = False

    uid = forms.UUIDField(widget=forms.HiddenInput)
    place = forms.CharField(
        label=_("Where?"),
        help_text=_("A centre, a commune or a postal code."),
        max_length=160,
        widget=forms.TextInput(
            attrs={"class": "input", "list": "places", "autocomplete": "off", "autofocus": True}
        ),
    )
    # Which one, when several places fit what was typed.
    place_key = forms.CharField(max_length=60, required=False)
    urgency = forms.ChoiceField(label=_("How urgent?"), choices=Urgency.choices, widget=Rows)
    danger = forms.ChoiceField(
        label=_("Is there danger at this moment?"),
        choices=[pair for pair in Danger.choices if pair[0]],
        widget=Rows,
        error_messages={"required": _("In a crisis, ask this.")},
    )
    language = forms.ChoiceField(label=_("Language"), required=False)
    second_language = forms.ChoiceField(label=_("Failing that"), required=False)
    callback_phone = forms.CharField(
        label=_("Number to ring back"),
        max_length=40,
        widget=Phone(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Leave a number where somebody picks up.")},
    )
    callback_who = forms.CharField(
        label=_("Whom do we ask for?"),
        help_text=_("A function, such as night desk."),
        max_length=80,
        required=False,
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
    )
    audience = forms.ChoiceField(
        label=_("For whom?"),
        choices=Audience.choices,
        initial=Audience.PERSON,
        widget=forms.Select(attrs={"class": "input"}),
    )
    n_people = forms.IntegerField(
        label=_("How many?"),
        min_value=1,
        max_value=200,
        initial=1,
        widget=forms.NumberInput(attrs={"class": "input short", "inputmode": "numeric"}),
    )
    person_codes = forms.CharField(
        label=_("Their code, if they have one"),
        help_text=_("Such as V7K4-2M9X; several are separated by commas. Never a name."),
        max_length=200,
        required=False,
        widget=forms.TextInput(
            attrs={"class": "input", "autocomplete": "off", "autocapitalize": "characters"}
        ),
    )
    agreement = forms.ChoiceField(
        label=_("Does the person know of this request?"),
        choices=Agreement.choices,
        widget=Rows,
        error_messages={"required": _("Say what the person knows of this request.")},
    )
    agreement_why_not = forms.CharField(label=_("Not yet asked: why?"), max_length=120, required=False)
    summary = forms.CharField(
        label=_("In a few words"),
        help_text=_("No name, no date of birth, no number."),
        max_length=requests.LONGEST_SUMMARY,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    # Set once the warning about names and numbers was shown: it is not shown twice.
    warned = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"uid": uuid.uuid4()} | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        self.found: Place | None = None
        self.could_be: list[Place] = []
        self.looks: list[str] = []
        for name, first in (("language", _("not known, or none needed")), ("second_language", _("none"))):
            field: Any = self.fields[name]
            field.choices = language_choices(first)

    def clean_person_codes(self) -> list[str]:
        return read_codes(self.cleaned_data["person_codes"])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if place := data.get("place"):
            self.found, self.could_be = asking_places.resolve(place, data.get("place_key", ""))
            if self.could_be:
                self.add_error("place", _("Several places fit. Choose one."))
            elif self.found is None:
                self.add_error(
                    "place",
                    _("No place of the three territories is called so. Try the commune or its postal code."),
                )
        crisis = data.get("urgency") == Urgency.CRISIS
        staff = data.get("audience") == Audience.STAFF
        # A crisis may come before anybody could ask; the others may be rung where one already rings.
        self._let_go("danger", when=not crisis)
        self._let_go("callback_phone", when=not crisis)
        self._let_go("agreement", when=crisis or staff)
        phone = data.get("callback_phone", "")
        if phone and not any(c.isdigit() for c in phone):
            self.add_error("callback_phone", _("Leave a number where somebody picks up."))
        not_yet = data.get("agreement") == Agreement.NOT_YET
        if not_yet and not (crisis or staff) and not data.get("agreement_why_not", "").strip():
            self.add_error("agreement_why_not", _("If the person was not asked yet, say why in a few words."))
        self.looks = wording.looks_identifying(data.get("summary", ""))
        return self.cleaned_data

    def _let_go(self, name: str, *, when: bool) -> None:
        """An empty answer that is not compulsory here. A wrong one stays wrong."""
        if when and name in self.errors and not self.data.get(name, "").strip():
            del self.errors[name]
            self.cleaned_data[name] = ""

    @property
    def warns(self) -> bool:
        """Show once that the words seem to say who somebody is; sent again, they go."""
        return bool(self.looks) and not self.cleaned_data.get("warned")

    def answers(self) -> dict[str, Any]:
        """Arguments of ``create_request``."""
        data = self.cleaned_data
        assert self.found is not None
        spoken = [data["language"], data["second_language"]]
        staff = data["audience"] == Audience.STAFF
        return {
            "uid": data["uid"],
            "site": self.found.site,
            "elsewhere": self.found.commune,
            "urgency": data["urgency"],
            "danger": data["danger"] if data["urgency"] == Urgency.CRISIS else "",
            "audience": data["audience"],
            "n_people": data["n_people"],
            "person_codes": data["person_codes"],
            "languages": list(dict.fromkeys(code for code in spoken if code)),
            "agreement": "" if staff else data["agreement"],
            "agreement_why_not": data["agreement_why_not"] if data["agreement"] == Agreement.NOT_YET else "",
            "summary": data["summary"],
            "callback_phone": data["callback_phone"],
            "callback_who": data["callback_who"],
        }
