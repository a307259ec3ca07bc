"""What people itself puts on a person's timeline."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from versants.core.access.scope import Actor
from versants.core.registries import TimelineItem
from versants.people.models import Person
from versants.people.services import consents as given


def registered(person: Person, actor: Actor) -> Iterator[TimelineItem]:
    """The day the person got their code."""
    yield TimelineItem(
        person.created_at, _("Registered under the code %(code)s") % {"code": person.code}, state="new"
    )


def consents(person: Person, actor: Actor) -> Iterator[TimelineItem]:
    """Consents given and taken back."""
    for consent in given.read(person, actor):
        what = consent.get_purpose_display()
        if consent.receiving_versant:
            what = _("%(purpose)s: %(versant)s") % {
                "purpose": what,
                "versant": consent.get_receiving_versant_display(),
            }
        yield TimelineItem(consent.collected_at, _("Agreed to: %(what)s") % {"what": what}, state="ok")
        if consent.withdrawn_at is not None:
            yield TimelineItem(consent.withdrawn_at, _("Took back: %(what)s") % {"what": what}, state="no")
