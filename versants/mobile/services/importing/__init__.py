"""Kinds of import of mobile support: open requests, standing agreements, interventions of past months."""

from __future__ import annotations


def load() -> None:
    """Register the kinds, and how what they made is taken back."""
    from versants.mobile.services.importing import agreements, past, requests

    requests.load()
    agreements.load()
    past.load()
