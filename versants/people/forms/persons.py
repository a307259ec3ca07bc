"""Registering a person, writing down a consent, opening an identity."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from versants.core import clock
from versants.core.access.scope import Actor
from versants.core.forms import Day, DayField, Phone, Rows
from versants.core.ids import clean_code
from versants.people.enums import AgeGroup, ConsentMode, Gender, Purpose, TeamKind
from versants.people.models import Person, Team
from versants.people.services import naming
from versants.people.services.erasure import GROUNDS
from versants.people.services.persons import REASONS
from versants.territory.models import Language, Versant

N_LANGUAGES = 3


def language_choices() -> list[tuple[str, str]]:
    """Those asked for most first, then all others by name."""
    known = list(Language.objects.all())
    known.sort(key=lambda one: (one.first_rank is None, one.first_rank or 0, one.name.casefold()))
    return [(one.pk, f"{one.name} · {one.autonym}" if one.autonym else one.name) for one in known]


# Of any age, unlike those of professionals.
GENDERS = [
    (Gender.WOMAN.value, _("girl or woman")),
    (Gender.MAN.value, _("boy or man")),
    (Gender.OTHER.value, Gender.OTHER.label),
]


class PersonForm(forms.Form):
    """A new person. Nothing of who they are is compulsory; the code is drawn, never chosen."""

    gender = forms.ChoiceField(label=_("Gender"), choices=GENDERS, widget=Rows(two=True))
    age_group = forms.ChoiceField(label=_("Age"), choices=AgeGroup.choices, widget=Rows(two=True))
    household_of = forms.CharField(
        label=_("Lives with"),
        required=False,
        max_length=12,
        help_text=_("The code of somebody of the same household whom your team follows."),
    )
    first_name = forms.CharField(label=_("First name"), required=False, max_length=60)
    name = forms.CharField(label=_("Name"), required=False, max_length=80)
    birth_date = DayField(label=_("Date of birth"), required=False, widget=Day())
    phone = forms.CharField(label=_("Telephone"), required=False, max_length=24, widget=Phone())
    address = forms.CharField(label=_("Address"), required=False, max_length=200)
    address_protected = forms.BooleanField(
        label=_("The address is protected"),
        required=False,
        help_text=_("It is then shown to nobody but the referent."),
    )

    somebody_else = forms.BooleanField(label=_("This is somebody else of the same name"), required=False)

    IDENTITY = ("first_name", "name", "birth_date", "phone", "address")

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor = actor
        self.namesakes: list[Person] = []  # files that the team has under this name already
        choices = language_choices()
        for i in range(N_LANGUAGES):
            self.fields[f"language_{i}"] = forms.ChoiceField(
                label=_("Language") if i == 0 else _("Another language"),
                required=i == 0,
                choices=[("", "–"), *choices],
            )

    @property
    def language_fields(self) -> list[Any]:
        return [self[f"language_{i}"] for i in range(N_LANGUAGES)]

    @property
    def identity_fields(self) -> list[Any]:
        return [self[name] for name in (*self.IDENTITY, "address_protected")]

    def clean_birth_date(self) -> Any:
        day = self.cleaned_data["birth_date"]
        if day and day > clock.today():
            raise forms.ValidationError(_("A date of birth lies in the past."))
        return day

    def clean_household_of(self) -> Person | None:
        text = self.cleaned_data["household_of"].strip()
        if not text:
            return None
        code = clean_code(text)
        if code is None:
            raise forms.ValidationError(_("This is not a programme code. One looks like V7K4-2M9X."))
        person = Person.objects.visible_to(self.actor).filter(code=code, team_id=self.actor.team).first()
        if person is None:
            raise forms.ValidationError(_("This code is not known to your team."))
        return person

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        full = f"{data.get('first_name', '')} {data.get('name', '')}"
        if not self.errors and self.actor.team is not None and naming.fold(full):
            self.namesakes = naming.persons_named(text=full, actor=self.actor)
            if self.namesakes and not data.get("somebody_else"):
                self.add_error("name", _("Your team has a file under this name already."))
        return data

    def languages(self) -> list[str]:
        """In the order given, each once."""
        given = (self.cleaned_data.get(f"language_{i}") for i in range(N_LANGUAGES))
        return list(dict.fromkeys(code for code in given if code))

    def identity(self) -> dict[str, str]:
        """What is sealed, as text."""
        data = self.cleaned_data
        return {name: str(data[name]) for name in self.IDENTITY if data.get(name)}


class NameForm(forms.Form):
    """Whose file is looked for. The name goes by POST: an address is written down by many."""

    name = forms.CharField(
        label=_("First name and name"),
        max_length=140,
        help_text=_(
            "The whole name, in either order. Capitals, accents and hyphens do not matter; spelling does."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class ConsentForm(forms.Form):
    """What the person agreed to, in one purpose. Nothing is preselected: agreement is theirs."""

    purpose = forms.ChoiceField(label=_("For what"), choices=Purpose.choices, widget=Rows())
    receiving_versant = forms.ChoiceField(
        label=_("Which versant receives the data"),
        required=False,
        choices=[("", "–"), *Versant.choices],
        help_text=_("For sharing across the border only."),
    )
    receiving_team = forms.ModelChoiceField(
        label=_("Which team may read the social file meanwhile"),
        required=False,
        empty_label="–",
        queryset=Team.objects.none(),
        to_field_name="uid",
        help_text=_("Leave empty to decide visit by visit."),
    )
    mode = forms.ChoiceField(label=_("How it was given"), choices=ConsentMode.choices, widget=Rows())
    language_id = forms.ChoiceField(label=_("In which language"), required=False)
    until = DayField(
        label=_("Until"),
        required=False,
        widget=Day(),
        help_text=_("That day included. Empty: until it is taken back."),
    )

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["receiving_team"].queryset = (  # type: ignore[attr-defined]
            Team.objects.filter(kind=TeamKind.INTEGRAPSY).exclude(pk=person.team_id)
        )
        self.fields["receiving_versant"].choices = [  # type: ignore[attr-defined]
            ("", "–"),
            *(pair for pair in Versant.choices if pair[0] != person.versant),
        ]
        self.fields["language_id"].choices = [("", "–"), *language_choices()]  # type: ignore[attr-defined]

    def clean_until(self) -> Any:
        """The instant after the last day."""
        day = self.cleaned_data["until"]
        return clock.at(day + timedelta(days=1), 0) if day else None

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        crossing = data.get("purpose") == Purpose.CROSS_BORDER
        if crossing and not data.get("receiving_versant"):
            self.add_error("receiving_versant", _("Say which versant receives the data."))
        if not crossing and (data.get("receiving_versant") or data.get("receiving_team")):
            self.add_error(
                "purpose", _("A versant or a team that receives belongs to sharing across the border.")
            )
        return data


class EraseForm(forms.Form):
    """Why a file is erased, and its code once more, so that nobody erases another one by accident."""

    because = forms.ChoiceField(
        label=_("Why"),
        choices=list(GROUNDS.items()),
        widget=Rows(),
        error_messages={"required": _("Say why the file is erased.")},
    )
    code = forms.CharField(
        label=_("The code of the file"),
        max_length=12,
        help_text=_("Type it as it stands at the top of this page."),
        error_messages={"required": _("Type the code of the file.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person

    def clean_code(self) -> str:
        if clean_code(self.cleaned_data["code"]) != self.person.code:
            raise forms.ValidationError(
                _("This is not the code of this file. Nothing was erased."), code="code"
            )
        return self.person.code


class OpenForm(forms.Form):
    """Why an identity is opened without a right that stands."""

    reason = forms.ChoiceField(
        label=_("Why"),
        choices=list(REASONS.items()),
        widget=Rows(),
        error_messages={"required": _("Say why you open it.")},
    )
