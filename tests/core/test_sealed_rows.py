"""Every table that holds sealed words is a sealed row: it has a team and a key, and it prints nothing."""

from __future__ import annotations

from django.apps import apps

from versants.core.access.shield import Shield
from versants.core.crypto.vault import SealedField
from versants.mobile.models import RequestDraft
from versants.people.models import HeldForm
from versants.people.models.sealed import SealedRow


def test_every_table_with_sealed_words_is_a_sealed_row():
    found = [
        model
        for model in apps.get_models()
        if any(isinstance(field, SealedField) for field in model._meta.concrete_fields)
    ]
    assert len(found) >= 8
    for model in found:
        # A draft is a phone's, a kept form an account's: no team's yet.
        assert issubclass(model, SealedRow) or model in (RequestDraft, HeldForm), model
        assert str(model()) == "<sealed>", model
        # Its own, not one that it inherits; a kept form is found by its account before a scope exists.
        assert model is HeldForm or isinstance(vars(model).get("shield"), Shield), model
