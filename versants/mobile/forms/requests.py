"""The forms of a request: four questions in a crisis, the rest for what can wait, and what is heard by telephone.

No form has a field for a name. A form gives its answers as the arguments of ``services.requests.create_request``.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from versants.core import clock
from versants.core.forms import CheckRows, Day, DayField, Hour, Labelled, Phone, Rows
from versants.core.ids import clean_code
from versants.core.periods import span
from versants.mobile.enums import (
    Agreement,
    Audience,
    Category,
    Danger,
    GenderWish,
    InterpretedBy,
    Mode,
    Urgency,
)
from versants.mobile.services import requests, wording
from versants.people.models import Site
from versants.territory.models import Commune, Language
from versants.territory.search import find_communes

OTHER = "other"
HERE, ELSEWHERE = "here", "elsewhere"
DURATIONS = (30, 45, 60, 90, 120, 180, 240)


def first_languages() -> list[Language]:
    """Those offered as rows, in their order."""
    return list(Language.objects.filter(first_rank__isnull=False).order_by("first_rank"))


def all_languages() -> list[Language]:
    """Every language of the list, in the reader's alphabet."""
    return sorted(Language.objects.all(), key=lambda one: one.name.casefold())


def language_choices(first: str) -> list[tuple[str, Any]]:
    """A list of every language, ``first`` standing for none."""
    return [("", first), *((one.code, one.name.capitalize()) for one in all_languages())]


class AnswersMixin:
    """What every way of asking has in common: the place, read from a choice and a commune typed as people type."""

    site: Site | None
    cleaned_data: dict[str, Any]
    commune: Commune | None = None

    def read_commune(self, text: str, field: str) -> Commune | None:
        """The commune meant; an error on ``field`` names those that come near."""
        text = text.strip()
        if not text:
            self.add_error(field, _("Write the commune or its postal code."))  # type: ignore[attr-defined]
            return None
        found = find_communes(text, limit=6)
        exact = [one for one in found if text.casefold() in {one.name_fr.casefold(), one.name_nl.casefold()}]
        if len(exact) == 1:
            return exact[0]
        if len(found) == 1:
            return found[0]
        if found:
            near = ", ".join(f"{one.name} ({one.postal_code or one.code})" for one in found)
            sentence = gettext("Several communes fit: %(near)s. Write the postal code.") % {"near": near}
        else:
            sentence = gettext(
                "No commune of the three territories has this name. Check it, or write its postal code."
            )
        self.add_error(field, sentence)  # type: ignore[attr-defined]
        return None


class AskForm(AnswersMixin, forms.Form):
    """What all ways by link or account ask: where, which language, how to ring back."""

    uid = forms.UUIDField(widget=forms.HiddenInput)
    place = forms.ChoiceField(label=_("Where should we come?"), widget=Rows)
    elsewhere = forms.CharField(
        label=_("In which commune?"),
        help_text=_("Its name or postal code."),
        max_length=80,
        required=False,
    )
    language = forms.ChoiceField(
        label=_("Which language does the person speak?"), widget=Rows(attrs={"class": "two last"})
    )
    other_language = forms.ChoiceField(label=_("Another language"), required=False)

    urgency: str = ""

    def __init__(self, *args: Any, site: Site | None, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {})
        kwargs["initial"] = {"uid": uuid.uuid4(), "place": HERE if site else ELSEWHERE} | kwargs["initial"]
        super().__init__(*args, **kwargs)
        self.site = site
        places = [(ELSEWHERE, _("Elsewhere"))]
        if site is not None:
            where = ", ".join(part for part in (site.address, site.commune.name) if part)
            places.insert(0, (HERE, Labelled(_("Here, at %(site)s") % {"site": site.name}, where)))
        field: Any = self.fields["place"]
        field.choices = places
        rows = [
            (one.code, Labelled(one.name.capitalize(), one.autonym, lang=one.bcp47))
            for one in first_languages()
        ]
        field = self.fields["language"]
        field.choices = [*rows, (OTHER, _("Another one, or I do not know"))]
        field = self.fields["other_language"]
        field.choices = language_choices(gettext("I do not know"))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("place") == ELSEWHERE:
            self.commune = self.read_commune(data.get("elsewhere") or "", "elsewhere")
        return self.cleaned_data

    def spoken(self) -> list[str]:
        """ISO 639-3 codes, wanted first; empty when the language is not known."""
        data = self.cleaned_data
        first = data.get("other_language") if data["language"] == OTHER else data["language"]
        return [first] if first else []

    def answers(self) -> dict[str, Any]:
        """Arguments of create_request."""
        here = self.cleaned_data["place"] == HERE
        return {
            "uid": self.cleaned_data["uid"],
            "site": self.site if here else None,
            "elsewhere": None if here else self.commune,
            "urgency": self.urgency,
            "languages": self.spoken(),
            "callback_phone": self.cleaned_data.get("callback_phone", ""),
        }


class CrisisForm(AskForm):
    """Four questions: where, language, danger, how to ring back. The rest is asked later."""

    urgency = Urgency.CRISIS
    danger = forms.ChoiceField(
        label=_("Is there danger at this moment?"), widget=Rows, choices=[c for c in Danger.choices if c[0]]
    )
    callback_phone = forms.CharField(
        label=_("At which number do we ring you back?"),
        help_text=_("A telephone that somebody picks up tonight."),
        max_length=40,
        widget=Phone,
    )
    # (fields of one question), in the order they are asked
    QUESTIONS = (("place", "elsewhere"), ("language", "other_language"), ("danger",), ("callback_phone",))

    def answers(self) -> dict[str, Any]:
        return super().answers() | {"danger": self.cleaned_data["danger"]}


class MoreMixin(forms.Form):
    """What is asked when there is time, and later of a crisis."""

    audience = forms.ChoiceField(
        label=_("For whom?"),
        choices=Audience.choices,
        widget=Rows(attrs={"class": "two last"}),
        initial=Audience.PERSON,
    )
    n_people = forms.IntegerField(
        label=_("How many persons?"),
        min_value=1,
        max_value=200,
        initial=1,
        widget=forms.NumberInput(attrs={"class": "input short"}),
    )
    person_codes = forms.CharField(
        label=_("Their code, if they have one"),
        help_text=_("Such as V7K4-2M9X; several are separated by commas. Never a name."),
        max_length=120,
        required=False,
        widget=forms.TextInput(
            attrs={"class": "input", "autocomplete": "off", "autocapitalize": "characters"}
        ),
    )
    agreement = forms.ChoiceField(
        label=_("Does the person know of this request?"), choices=Agreement.choices, widget=Rows
    )
    agreement_why_not = forms.CharField(label=_("Not yet asked: why?"), max_length=120, required=False)
    categories = forms.MultipleChoiceField(
        label=_("What is it about?"),
        choices=Category.choices,
        widget=CheckRows(attrs={"class": "fit"}),
        required=False,
    )
    summary = forms.CharField(
        label=_("In a few words"),
        help_text=_("No name, no date of birth, no number: we do not need them to come."),
        max_length=requests.LONGEST_SUMMARY,
        required=False,
        widget=forms.Textarea(
            attrs={
                "rows": 4,
                "data-looks": _("Does this say who the person is? Better without names, dates and numbers."),
            }
        ),
    )
    second_language = forms.ChoiceField(
        label=_("If nobody speaks it: another language the person understands"), required=False
    )
    interpreted_by = forms.ChoiceField(
        label=_("Who interpreted so far?"), choices=InterpretedBy.choices, widget=Rows, required=False
    )
    gender_wish = forms.ChoiceField(
        label=_("Who should come?"), choices=GenderWish.choices, widget=Rows, required=False
    )
    mode = forms.ChoiceField(label=_("How?"), choices=Mode.choices, widget=Rows, initial=Mode.ON_SITE)
    day = DayField(label=_("From which day?"), required=False, widget=Day)
    until_day = DayField(label=_("Until which day?"), required=False, widget=Day)
    from_time = forms.TimeField(label=_("From what hour?"), required=False, widget=Hour)
    to_time = forms.TimeField(label=_("Until what hour?"), required=False, widget=Hour)
    duration_min = forms.TypedChoiceField(
        label=_("How long?"), coerce=int, choices=[(n, n) for n in DURATIONS], initial=90
    )
    # Set once the warning about names and numbers was shown: it is not shown twice.
    warned = forms.BooleanField(required=False, widget=forms.HiddenInput)

    looks: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["second_language"]
        field.choices = language_choices(gettext("none"))
        field = self.fields["duration_min"]
        field.choices = [(n, gettext("%(n)d minutes") % {"n": n}) for n in DURATIONS]

    def clean_person_codes(self) -> list[str]:
        given = [
            part for part in self.cleaned_data["person_codes"].replace(";", ",").split(",") if part.strip()
        ]
        codes = []
        for part in given:
            code = clean_code(part)
            if code is None:
                raise forms.ValidationError(
                    _("A code looks like V7K4-2M9X. One letter is wrong here, or two have changed places."),
                    code="code",
                )
            codes.append(code)
        return codes

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("agreement") == Agreement.NOT_YET and not (data.get("agreement_why_not") or "").strip():
            self.add_error("agreement_why_not", _("If the person was not asked yet, say why in a few words."))
        if data.get("to_time") and data.get("from_time") and data["to_time"] <= data["from_time"]:
            self.add_error("to_time", _("The end comes after the beginning."))
        if data.get("until_day") and data.get("day") and data["until_day"] < data["day"]:
            self.add_error("until_day", _("The end comes after the beginning."))
        if (day := data.get("until_day") or data.get("day")) and day < clock.today():
            self.add_error("day", _("This day is over. Choose another one."))
        self.looks = tuple(wording.looks_identifying(data.get("summary") or ""))
        return self.cleaned_data

    @property
    def warns(self) -> bool:
        """Show once that the words seem to say who somebody is; sent again, they go."""
        return bool(self.looks) and not self.cleaned_data.get("warned")

    def window(self) -> Any:
        """Arrival between, or None when no day was given. From eight to eight without hours, from midnight until seven."""
        data = self.cleaned_data
        first: date | None = data.get("day")
        if first is None:
            return None
        last: date = data.get("until_day") or first
        end: time = data.get("to_time") or time(20)
        start: time = data.get("from_time") or (time(8) if end > time(8) else time(0))
        begin: datetime = clock.at(first, start.hour, start.minute)
        finish: datetime = clock.at(last, end.hour, end.minute)
        if finish <= begin:  # later than eight in the evening, and no end was typed
            finish = max(clock.at(first, 23, 59), begin + timedelta(minutes=1))
        return span(begin, finish)

    def more(self) -> dict[str, Any]:
        """The second half of create_request's arguments."""
        data = self.cleaned_data
        return {
            "audience": data["audience"],
            "n_people": data["n_people"],
            "person_codes": data["person_codes"],
            "agreement": data["agreement"] if data["audience"] != Audience.STAFF else "",
            "agreement_why_not": data["agreement_why_not"],
            "categories": data["categories"],
            "summary": data["summary"],
            "interpreted_by": data["interpreted_by"],
            "gender_wish": data["gender_wish"],
            "mode": data["mode"],
            "window": self.window(),
            "duration_min": data["duration_min"],
        }


class LongForm(MoreMixin, AskForm):
    """Urgent and planned: all that is asked when there is time."""

    callback_phone = forms.CharField(
        label=_("At which number do we ring you back?"),
        max_length=40,
        required=False,
        widget=Phone,
    )
    callback_who = forms.CharField(
        label=_("Whom do we ask for?"),
        help_text=_("A function, such as night desk."),
        max_length=80,
        required=False,
    )
    QUESTIONS = (
        ("place", "elsewhere"),
        ("audience", "n_people"),
        ("person_codes",),
        ("agreement", "agreement_why_not"),
        ("categories", "summary"),
        ("language", "other_language"),
        ("second_language",),
        ("interpreted_by",),
        ("gender_wish",),
        ("mode",),
        ("day", "until_day", "from_time", "to_time", "duration_min"),
        ("callback_phone", "callback_who"),
    )

    def __init__(self, *args: Any, urgency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.urgency = urgency

    def clean(self) -> dict[str, Any]:
        # The staff of a centre speak for themselves: nobody has to be asked.
        if self.cleaned_data.get("audience") == Audience.STAFF and "agreement" in self.errors:
            del self.errors["agreement"]
            self.cleaned_data["agreement"] = ""
        return super().clean()

    def spoken(self) -> list[str]:
        second = self.cleaned_data.get("second_language")
        return list(dict.fromkeys([*super().spoken(), *([second] if second else [])]))

    def answers(self) -> dict[str, Any]:
        return super().answers() | self.more() | {"callback_who": self.cleaned_data["callback_who"]}


class DetailsForm(MoreMixin):
    """What is told later about a crisis, or in answer to a question."""

    QUESTIONS = (
        ("agreement", "agreement_why_not"),
        ("categories", "summary"),
        ("interpreted_by",),
        ("gender_wish",),
        ("day", "from_time", "to_time"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kept = {name for question in self.QUESTIONS for name in question} | {"warned"}
        for name in [name for name in self.fields if name not in kept]:
            del self.fields[name]
        for field in self.fields.values():
            field.required = False

    def clean_person_codes(self) -> list[str]:
        return []

    def details(self) -> requests.Details:
        """What was said now; empty answers leave what is there."""
        data = self.cleaned_data
        return requests.Details(
            agreement=data["agreement"] or None,
            agreement_why_not=data["agreement_why_not"] or None,
            categories=data["categories"] or None,
            summary=data["summary"] or None,
            interpreted_by=data["interpreted_by"] or None,
            gender_wish=data["gender_wish"] or None,
            window=self.window(),
        )
