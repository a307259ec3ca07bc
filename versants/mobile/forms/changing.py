"""Moving and cancelling as forms: of a series, three clear choices, each with what it touches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from versants.core.forms import Labelled, Rows
from versants.mobile.forms.triage import WindowMixin, window_initial
from versants.mobile.models import Visit
from versants.mobile.services import changing

SCOPES = {
    "one": _("this visit only"),
    "rest": _("this one and the later ones"),
    "all": _("all that are still to come"),
}


class ScopeMixin(forms.Form):
    """Which visits: asked when there are several, each choice with the sentence of what it touches."""

    scope = forms.ChoiceField(label=_("Which visits?"), widget=Rows)
    version = forms.IntegerField(widget=forms.HiddenInput)

    def about(self, reach: Mapping[str, changing.Reach]) -> None:
        if len(reach["all"].visits) > 1:
            chosen: Any = self.fields["scope"]
            chosen.choices = [
                (scope, Labelled(label, reach[scope].sentence)) for scope, label in SCOPES.items()
            ]
        else:
            self.fields["scope"] = forms.CharField(widget=forms.HiddenInput, initial="one")
            self.initial["scope"] = "one"


class MoveForm(ScopeMixin, WindowMixin):
    """Another time for a visit."""

    field_order = ("day", "from_time", "to_time", "scope", "version")

    def __init__(self, *args: Any, visit: Visit, reach: Mapping[str, changing.Reach], **kwargs: Any) -> None:
        kwargs.setdefault("initial", window_initial(visit.window) | {"version": visit.version})
        super().__init__(*args, **kwargs)
        self.about(reach)


class CancelForm(ScopeMixin):
    """Why, and which."""

    reason = forms.ChoiceField(label=_("Why?"), widget=Rows)
    field_order = ("scope", "reason", "version")

    def __init__(self, *args: Any, visit: Visit, reach: Mapping[str, changing.Reach], **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"version": visit.version})
        super().__init__(*args, **kwargs)
        chosen: Any = self.fields["reason"]
        chosen.choices = list(changing.CANCEL_REASONS.items())
        self.about(reach)
