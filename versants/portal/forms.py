"""Somebody wants to be rung: five questions in their language, and no name."""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils import translation
from django.utils.translation import gettext as _

from versants.core.forms import Labelled, Phone, Rows
from versants.mobile.enums import Agreement, Audience, Mode, Urgency
from versants.people.models import Team
from versants.portal.texts import PublicText, everyone
from versants.territory.models import Language
from versants.territory.models.places import Versant

ANY, MORNING, AFTERNOON = "any", "morning", "afternoon"
_SIGNS = " +-./()"
_FEWEST_DIGITS, _MOST_DIGITS = 6, 15  # E.164 ends at fifteen


def language_choices() -> list[tuple[str, str]]:
    """ISO 639-3 codes with the language's own name: those of the page first, then every other one."""
    first = [(text.iso639_3, text.autonym) for text in everyone()]
    there = {code for code, _name in first}
    others = [
        (one.code, (one.autonym or one.name).strip())
        for one in Language.objects.all()
        if one.code not in there
    ]
    return first + sorted(((code, name[:1].upper() + name[1:]) for code, name in others), key=_by_name)


def _by_name(choice: tuple[str, str]) -> str:
    return choice[1].casefold()


class CallMeForm(forms.Form):
    """Where to ring, in which language, which team, when, and whether it is urgent. Nothing is chosen beforehand but
    the language of the page.
    """

    uid = forms.UUIDField(widget=forms.HiddenInput)
    phone = forms.CharField(max_length=40, widget=Phone)
    language = forms.ChoiceField()
    team = forms.ChoiceField(widget=Rows)
    when = forms.ChoiceField(widget=Rows)
    urgent = forms.ChoiceField(widget=Rows)
    QUESTIONS = ("phone", "language", "team", "when", "urgent")

    def __init__(self, data: Any = None, *, text: PublicText, teams: Sequence[Team]) -> None:
        super().__init__(data, initial={"uid": uuid.uuid4(), "language": text.iso639_3})
        self.text, self.teams = text, {str(team.uid): team for team in teams}
        choices: dict[str, list[tuple[str, Any]]] = {
            "language": list(language_choices()),
            "team": [(str(team.uid), Labelled(team.name, place_of(text, team))) for team in teams],
            "when": [(value, text[f"when_{value}"]) for value in (ANY, MORNING, AFTERNOON)],
            "urgent": [("yes", text["urgent_yes"]), ("no", text["urgent_no"])],
        }
        for name in self.QUESTIONS:
            field: Any = self.fields[name]
            field.label = text[f"q_{name}"]
            wrong = text["err_phone" if name == "phone" else "err_choose"]
            field.error_messages = dict.fromkeys(
                ("required", "invalid", "invalid_choice", "max_length"), wrong
            )
            if name in choices:
                field.choices = choices[name]
        self.fields["phone"].help_text = text["q_phone_hint"]
        # The default sentence has its own validator behind the field's one.
        self.fields["phone"].validators = []

    def clean_phone(self) -> str:
        """The number with its digits as a telephone has them: ٠١٢ and ۰۱۲ are typed too."""
        typed = "".join(
            str(unicodedata.decimal(sign)) if sign.isdecimal() else sign
            for sign in self.cleaned_data["phone"]
        )
        number = " ".join("".join(sign for sign in typed if sign.isprintable()).split())
        digits = sum(sign.isdecimal() for sign in number)
        strange = [sign for sign in number if not sign.isdecimal() and sign not in _SIGNS]
        if strange or not _FEWEST_DIGITS <= digits <= _MOST_DIGITS or len(number) > 40:
            raise forms.ValidationError(self.text["err_phone"], code="phone")
        return number

    @property
    def chosen_team(self) -> Team | None:
        """The team of the answer, if it is one."""
        return self.teams.get(str(self.data.get("team", "")))

    def answers(self) -> dict[str, Any]:
        """Arguments of create_request. How urgent it is, is what the person says and nothing else."""
        data = self.cleaned_data
        team = self.teams[data["team"]]
        return {
            "uid": data["uid"],
            "team": team,
            "urgency": Urgency.URGENT if data["urgent"] == "yes" else Urgency.PLANNED,
            "audience": Audience.PERSON,
            "agreement": Agreement.ASKED_FOR_IT,
            "mode": Mode.PHONE,
            "languages": [data["language"]],
            "callback_phone": data["phone"],
            "summary": _told(team, data["when"]),
            "language_of_answer": self.text.interface,
        }


def place_of(text: PublicText, team: Team) -> str:
    """Where a team works, in words, with the name one reads on signs there when the page writes otherwise."""
    words = text[f"place_{team.versant}"]
    sign = Versant(team.versant).label if text.script != "Latn" else ""
    return f"{words} (\u2066{sign}\u2069)" if sign else words


def _told(team: Team, when: str) -> str:
    """What the team reads beside the number, in the team's own language."""
    with translation.override("nl" if team.versant == Versant.WEST_VLAANDEREN else "fr"):
        said = []
        if when == MORNING:
            said.append(_("Best rung in the morning."))
        elif when == AFTERNOON:
            said.append(_("Best rung in the afternoon."))
        return " ".join(said)
