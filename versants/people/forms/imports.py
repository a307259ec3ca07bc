"""The file one sends, and of which kind it is."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from versants.core.forms import Labelled, Rows
from versants.people.services.importing import reading
from versants.people.services.importing.kinds import kinds


class ImportForm(forms.Form):
    """Kind and file. Only the kinds of the reader's role are there."""

    kind = forms.ChoiceField(label=_("What does the file hold?"), widget=Rows)
    file = forms.FileField(
        label=_("Your file"),
        help_text=_("XLSX or CSV, up to 2 MB and 5,000 rows. Nothing is written before you have seen it."),
        widget=forms.ClearableFileInput(attrs={"class": "input", "accept": ".xlsx,.csv,.txt,.tsv"}),
        error_messages={"required": _("Choose a file."), "empty": _("This file is empty.")},
    )

    def __init__(self, *args: object, role: str, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["kind"].choices = [  # type: ignore[attr-defined]
            (one.key, Labelled(one.label, one.about)) for one in kinds(role)
        ]

    def clean_file(self) -> object:
        file = self.cleaned_data["file"]
        if file.size > reading.MAX_BYTES:
            raise forms.ValidationError(
                _("This file is too big: up to 2 MB. Split it, by year for instance."), code="sheet.too_big"
            )
        return file
