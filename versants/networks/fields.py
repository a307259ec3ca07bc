"""Numbers as people type them: whole ones between two ends, and euros in Dutch, French or plain spelling."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from versants.core.forms import CheckRows
from versants.networks.words import NARROW, language, number
from versants.territory.models import Versant

WHOLE = re.compile(r"\d+")
#: 50 000, 50.000, 50'000 in groups of three with one sign between; a comma stands so only between three groups or more.
GROUPED = re.compile(r"[1-9]\d{0,2}(?:([ .’'])\d{3})(?:\1\d{3})*|[1-9]\d{0,2}(?:,\d{3}){2,}")
CENTS = re.compile(r"(.*\d)([.,])(\d{1,2})")
SPACES = re.compile(r"[\s\u00a0\u2009\u202f]+")


def euros_of(text: str) -> int:
    """Whole euros: 50000, 50.000, 50 000, € 50 000,00. Raises ValueError for what has two meanings (50,000), or none."""
    said = SPACES.sub(" ", text.replace("€", " ").replace("EUR", " ")).strip()
    cents = CENTS.fullmatch(said)
    if cents:
        said, sign, part = cents.groups()
        if int(part) or (sign in said):
            raise ValueError(text)
        said = re.sub(r"[.,](?=\d{3})", " ", said)  # the other sign was that of the cents
    if not (WHOLE.fullmatch(said) or GROUPED.fullmatch(said)):
        raise ValueError(text)
    return int(re.sub(r"\D", "", said))


class Euros(forms.Field):
    """An amount in whole euros, as int; None where nothing is typed."""

    widget = forms.TextInput(
        attrs={"class": "input short", "inputmode": "numeric", "autocomplete": "off", "dir": "ltr"}
    )

    def __init__(self, *, most: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.most = most

    def to_python(self, value: Any) -> int | None:
        """What was typed."""
        if value in self.empty_values or not str(value).strip():
            return None
        try:
            amount = euros_of(str(value))
        except ValueError as exc:
            raise forms.ValidationError(_("Write whole euros, like 50000 or 50 000."), "invalid") from exc
        if amount > self.most:
            raise forms.ValidationError(
                _("At most %(most)s euros."), "max_value", {"most": grouped(self.most)}
            )
        return amount

    def prepare_value(self, value: Any) -> Any:
        """An amount that is kept, in the reader's spelling; what was typed stays as it was."""
        return grouped(value) if isinstance(value, int) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        """By amount, not by spelling."""
        try:
            return bool(self.to_python(initial) != self.to_python(data))
        except forms.ValidationError:
            return True


def grouped(amount: int) -> str:
    """50.000 in Dutch, 50 000 elsewhere: never with a comma, which could be read as cents."""
    return number(amount) if language() in {"fr", "nl"} else f"{amount:,}".replace(",", NARROW)


class Folded(CheckRows):
    """Many to choose from, behind a fold that says what they are for."""

    template_name = "networks/_folded.html"

    def __init__(self, said: Any) -> None:
        super().__init__(attrs={"class": "fit"})
        self.said = said

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """With the words of the fold."""
        context = super().get_context(name, value, attrs)
        context["widget"]["said"] = self.said
        return context


class Slider(forms.NumberInput):
    """A number between two ends; a script makes a slider of it, without one it stays a field to type in."""

    def __init__(self, low: int, high: int, step: int = 1) -> None:
        ends = {"min": low, "max": high, "step": step}
        super().__init__(attrs={"class": "input short", "data-slider": "", "inputmode": "numeric", **ends})


class Between(forms.IntegerField):
    """A whole number from ``low`` to ``high``; whatever else is typed, the sentence says these two."""

    def __init__(self, low: int, high: int, *, slider: bool = False, step: int = 1, **kwargs: Any) -> None:
        ends = format_lazy(_("A whole number from {low} to {high}."), low=low, high=high)
        short = forms.NumberInput(attrs={"class": "input short", "inputmode": "numeric"})
        kwargs["widget"] = Slider(low, high, step) if slider else short
        super().__init__(
            min_value=low,
            max_value=high,
            error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), ends),
            **kwargs,
        )

    def to_python(self, value: Any) -> int | None:
        """Digits only: "1.000" is not one."""
        if isinstance(value, str) and value.strip() and not WHOLE.fullmatch(value.strip()):
            raise forms.ValidationError(self.error_messages["invalid"], "invalid")
        return super().to_python(value)


class PeakRows(forms.MultiWidget):
    """A short field for each versant, behind a fold that says what they are for; open where one of them is not 0."""

    template_name = "networks/_peaks.html"

    def __init__(self, low: int, high: int, said: Any) -> None:
        self.said = said
        ends = {"min": low, "max": high, "class": "input short", "inputmode": "numeric"}
        super().__init__({code.replace("-", "_"): forms.NumberInput(dict(ends)) for code in Versant.values})

    def decompress(self, value: Any) -> list[Any]:
        """Per cent beyond the minutes without traffic, from factors by versant."""
        return [round((float((value or {}).get(code, 1.0)) - 1) * 100) for code in Versant.values]

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """With the words of the fold and of each field."""
        context = super().get_context(name, value, attrs)
        widget = context["widget"]
        widget["said"] = self.said
        for one, label in zip(widget["subwidgets"], Versant.labels, strict=True):
            one["label"] = label
            one["attrs"].pop("aria-describedby", None)
        widget["moved"] = any(str(one["value"] or "0") != "0" for one in widget["subwidgets"])
        return context


class Peaks(forms.Field):
    """A factor by versant, typed as per cent more, from ``low`` to ``high``; those of 0 are left out."""

    def __init__(self, low: int, high: int, *, said: Any, **kwargs: Any) -> None:
        self.low, self.high = low, high
        super().__init__(required=False, widget=PeakRows(low, high, said), **kwargs)

    def to_python(self, value: Any) -> dict[str, float]:
        """Nothing typed is 0, as before one could choose."""
        found, wrong = {}, []
        for versant, typed in zip(Versant, value or [], strict=False):
            text = str(typed if typed is not None else "").strip() or "0"
            if not WHOLE.fullmatch(text) or not self.low <= int(text) <= self.high:
                wrong.append(str(versant.label))
            elif int(text):
                found[str(versant)] = 1 + int(text) / 100
        if wrong:
            raise forms.ValidationError(
                _("%(where)s: a whole number from %(low)s to %(high)s."),
                "invalid",
                {"where": ", ".join(wrong), "low": self.low, "high": self.high},
            )
        return found
