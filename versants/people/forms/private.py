"""A note a clinician keeps for themselves."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from versants.people.services.private import LONGEST


class PrivateNoteForm(forms.Form):
    """Free words; nobody else reads them."""

    text = forms.CharField(
        label=_("Your note"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 6, "autocomplete": "off"}),
        help_text=_("What colleagues must know belongs in the file, not here."),
    )
