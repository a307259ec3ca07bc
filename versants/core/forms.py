"""Pieces of forms that several apps use. How a field looks is in ``templates/django/forms``."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from versants.core import clock


class Labelled:
    """A choice with a second line: its hint, or its name in its own script.

    ``str()`` is the label alone, so that an error message or an export stays one line.
    """

    def __init__(self, label: Any, hint: Any = "", *, lang: str = "") -> None:
        self.label, self.hint, self.lang = label, hint, lang

    def __str__(self) -> str:
        return str(self.label)

    def __html__(self) -> SafeString:
        if not self.hint:
            return format_html("{}", self.label)
        if self.lang:
            return format_html('{}<small lang="{}"><bdi>{}</bdi></small>', self.label, self.lang, self.hint)
        return format_html("{}<small>{}</small>", self.label, self.hint)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Labelled) and (str(self), str(self.hint)) == (str(other), str(other.hint))

    def __hash__(self) -> int:
        return hash(str(self))


class Rows(forms.RadioSelect):
    """One of several, as rows. ``two`` sets them in two columns."""

    def __init__(self, *, two: bool = False, attrs: dict[str, Any] | None = None, choices: Any = ()) -> None:
        super().__init__(attrs={**({"class": "two"} if two else {}), **(attrs or {})}, choices=choices)


class CheckRows(forms.CheckboxSelectMultiple):
    """Several of several, as rows. ``two`` sets them in two columns."""

    def __init__(self, *, two: bool = False, attrs: dict[str, Any] | None = None, choices: Any = ()) -> None:
        super().__init__(attrs={**({"class": "two"} if two else {}), **(attrs or {})}, choices=choices)


class Day(forms.DateInput):
    """A day by the browser's own picker; the value travels as ISO whatever the reader's language."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs={"class": "input short", **(attrs or {})}, format="%Y-%m-%d")


class DayField(forms.DateField):
    """A day that arithmetic can be done with: from 1900 to 2199."""

    default_validators = [
        MinValueValidator(clock.FIRST_DAY, _("This day is too far back. Check its year.")),
        MaxValueValidator(clock.LAST_DAY, _("This day is too far ahead. Check its year.")),
    ]


class Hour(forms.TimeInput):
    """An hour of the day, 24 hours, always read from left to right."""

    input_type = "time"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs={"class": "input short", "dir": "ltr", **(attrs or {})}, format="%H:%M")


class Phone(forms.TextInput):
    """A telephone number, always read from left to right."""

    input_type = "tel"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs={"inputmode": "tel", "autocomplete": "tel", "dir": "ltr", **(attrs or {})})
