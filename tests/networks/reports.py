"""What a report says, for the tests of its parts."""

from django.utils import translation

from versants.networks.report.content import document

STUDY = "--arrondissement Courtrai --name Kortrijk --kinds helper --number 3 --languages tir,prs,hye --chosen-on 2026-11-27"


def said(source, language):
    with translation.override(language):
        return document(source)


def sentences(value):
    if isinstance(value, str):
        return [] if value.startswith("<svg") else [value]
    if isinstance(value, dict):
        return [one for part in value.values() for one in sentences(part)]
    return [one for part in value for one in sentences(part)] if isinstance(value, list) else []
