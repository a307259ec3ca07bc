"""What a team answers to a request: each answer is one small form in the pane, with the version it was read in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from versants.core.forms import CheckRows, Phone, Rows
from versants.mobile.enums import Agreement, RefusalReason
from versants.mobile.forms.phone import language_choices, read_codes
from versants.mobile.models import Request
from versants.mobile.services import requests
from versants.people.models import Team


class AnswerForm(forms.Form):
    """``version``: the state of the request on which the answer rests."""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def __init__(self, *args: Any, found: Request, **kwargs: Any) -> None:
        kwargs["initial"] = {"version": found.version} | kwargs.get("initial", {})
        # Several of these stand on one page: their ids differ by the name of the answer.
        super().__init__(*args, auto_id=f"{type(self).__name__.removesuffix('Form').lower()}-%s", **kwargs)

    def arguments(self) -> dict[str, Any]:
        """What the service is called with, beside the request and the actor."""
        return dict(self.cleaned_data)


class AskBackForm(AnswerForm):
    """What is missing, by code: no free text leaves the house."""

    questions = forms.MultipleChoiceField(
        label=_("What is missing?"),
        choices=list(requests.QUESTIONS.items()),
        widget=CheckRows,
        error_messages={"required": _("Choose what is missing.")},
    )


class RefuseForm(AnswerForm):
    """Why not, by code; the one who asked reads the sentence."""

    reason = forms.ChoiceField(
        label=_("Why?"),
        help_text=_("The one who asked reads this reason."),
        choices=RefusalReason.choices,
        widget=Rows,
        error_messages={"required": _("Say why it is refused.")},
    )


class PassForm(AnswerForm):
    """To which other mobile team."""

    team = forms.ChoiceField(
        label=_("To which team?"),
        widget=Rows,
        error_messages={
            "required": _("Choose another mobile team."),
            "invalid_choice": _("Choose another mobile team."),
        },
    )

    def __init__(self, *args: Any, found: Request, teams: list[Team] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, found=found, **kwargs)
        self.teams = {str(team.uid): team for team in teams or [] if team.pk != found.team_id}
        field: Any = self.fields["team"]
        field.choices = [(uid, team.name) for uid, team in self.teams.items()]

    def arguments(self) -> dict[str, Any]:
        given = super().arguments()
        return {"version": given["version"], "to_team": self.teams[str(UUID(given["team"]))]}


class CompleteForm(AnswerForm):
    """What was learnt later. Empty fields leave what is there; words are added below those already written."""

    agreement = forms.ChoiceField(label=_("Agreement"), required=False)
    agreement_why_not = forms.CharField(label=_("Not yet asked: why?"), max_length=120, required=False)
    language = forms.ChoiceField(label=_("Language"), required=False)
    second_language = forms.ChoiceField(label=_("Failing that"), required=False)
    person_codes = forms.CharField(
        label=_("Their code, if they have one"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
    )
    summary = forms.CharField(
        label=_("In a few words"),
        help_text=_("No name, no date of birth, no number."),
        max_length=requests.LONGEST_SUMMARY,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    callback_phone = forms.CharField(
        label=_("Number to ring back"),
        max_length=40,
        required=False,
        widget=Phone(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["agreement"]
        field.choices = [("", _("as it was said")), *Agreement.choices]
        spoken = language_choices(_("as it was said"))
        for name in ("language", "second_language"):
            field = self.fields[name]
            field.choices = spoken

    def clean_person_codes(self) -> list[str]:
        return read_codes(self.cleaned_data["person_codes"])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("agreement") == Agreement.NOT_YET and not data.get("agreement_why_not", "").strip():
            self.add_error("agreement_why_not", _("If the person was not asked yet, say why in a few words."))
        if data.get("second_language") and not data.get("language"):
            self.add_error("language", _("Say which language comes first."))
        if not self.errors and not any(value for name, value in data.items() if name != "version"):
            raise forms.ValidationError(_("Nothing new was written."), code="empty")
        return self.cleaned_data

    def arguments(self) -> dict[str, Any]:
        data = self.cleaned_data
        spoken = [code for code in (data["language"], data["second_language"]) if code]
        details = requests.Details(
            agreement=data["agreement"] or None,
            agreement_why_not=data["agreement_why_not"] or None,
            languages=list(dict.fromkeys(spoken)) or None,
            person_codes=data["person_codes"] or None,
            summary=data["summary"] or None,
            callback_phone=data["callback_phone"] or None,
        )
        return {"version": data["version"], "details": details}
