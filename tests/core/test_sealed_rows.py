"""Every table that holds sealed words is a sealed row: it has a team and a key, and it prints nothing."""

from __future__ import annotations

from django.apps import apps

from versants.core.access.shield import Shield
from versants.core.crypto.vault import SealedField
from versants.mobile.models import RequestDraft
from versants.people.models.sealed import SealedRow


def test_every_table_with_sealed_words_is_a_sealed_row():
    found = [
        model
        for model in apps.get_models()
        if any(isinstance(field, SealedField) for field in model._meta.concrete_fields)
    ]
    assert len(found) >= 8
    for model in found:
        assert issubclass(model, SealedRow) or model is RequestDraft, (
            model
        )  # a draft is a phone's, no team's yet
        assert str(model()) == "<sealed>", model
        assert isinstance(vars(model).get("shield"), Shield), model  # its own, not one that it inherits
