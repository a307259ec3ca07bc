"""Centres and the organisations that run them.

Coordination may add reception networks and their centres, and completes those of its own making or of its own house.
A centre that is there already is taken as it is: several teams share it.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy

from versants.core.access.classes import Role
from versants.people.enums import OrganisationKind
from versants.people.models import Organisation, Site, SiteContact
from versants.people.services.importing.kinds import Column, Kind, register
from versants.people.services.importing.places import matching
from versants.people.services.importing.rows import Row
from versants.people.services.importing.running import Run
from versants.people.services.importing.said import Said as _
from versants.territory.folding import fold

MADE_HERE = "import"  # Site.source of a centre that came by a team's list

COMMUNE = Column(
    "commune",
    gettext_lazy("Commune"),
    ("ville", "localite", "gemeente", "stad", "town", "city", "municipality", "code insee", "insee", "ins", "nis",
     "nis code", "code ins", "code commune"),
    required=True,
    expected=gettext_lazy("a commune by its name or its INSEE or NIS code"),
    example={"fr": "Mouscron", "nl": "Moeskroen", "en": "Mouscron"},
)  # fmt: skip
POSTCODE = Column(
    "postcode",
    gettext_lazy("Postal code"),
    ("cp", "code postal", "postcode", "postnummer", "zip", "zip code"),
    expected=gettext_lazy("the postal code, to tell communes of the same name apart"),
    example="7700",
)

COLUMNS = (
    Column(
        "name",
        gettext_lazy("Centre"),
        ("nom", "nom du centre", "centre", "naam", "naam van het centrum", "centrum", "name", "site", "lieu",
         "locatie", "structure", "etablissement", "opvangcentrum"),
        required=True,
        expected=gettext_lazy("the name of the centre"),
        example={"fr": "Exemple : Centre des Tilleuls", "nl": "Voorbeeld: Centrum De Linde",
                 "en": "Example: Linden Centre"},
    ),
    Column(
        "organisation",
        gettext_lazy("Organisation"),
        ("organisme", "operateur", "gestionnaire", "association", "organisatie", "operator", "beheerder", "reseau"),
        expected=gettext_lazy("who runs the centre; the centre itself if empty"),
        example={"fr": "Accueil des Tilleuls", "nl": "Opvang De Linde", "en": "Linden Reception"},
    ),
    Column(
        "kind",
        gettext_lazy("Kind of centre"),
        ("type", "type de centre", "sorte", "soort", "soort centrum", "kind", "categorie"),
        expected=gettext_lazy("a word, such as CADA or collective centre"),
        example="CADA",
    ),
    COMMUNE,
    POSTCODE,
    Column(
        "address",
        gettext_lazy("Address"),
        ("adresse", "rue", "adres", "straat", "street"),
        expected=gettext_lazy("street and number"),
        example={"fr": "Rue des Tilleuls 1", "nl": "Lindestraat 1", "en": "Linden Street 1"},
    ),
    Column(
        "access_notes",
        gettext_lazy("How to get in"),
        ("acces", "consignes d acces", "toegang", "access", "entree"),
        expected=gettext_lazy("a line for those who come"),
    ),
    Column(
        "contact_email",
        gettext_lazy("Contact e-mail"),
        ("email", "e mail", "mail", "courriel", "contact", "adresse mail", "mailadres", "e mailadres", "adresse e mail"),
        expected=gettext_lazy("the address of the centre, where its link is sent"),
        example="accueil@example.org",
    ),
)  # fmt: skip


def _key(row: Row, run: Run) -> tuple[Any, ...] | None:
    commune = run.places.commune(row)
    return (fold(row.text("name")), commune.pk) if commune else None


def _apply(row: Row, run: Run) -> None:
    name, house = row.text("name"), row.text("organisation")
    kind, address = row.text("kind", 24), row.text("address", 160)
    notes, email = row.text("access_notes", 240), row.email("contact_email")
    commune = run.places.commune(row)
    if name and not fold(name):
        row.fault("name", _("this is no name"))
    row.check()
    assert commune is not None
    there = matching(list(Site.objects.select_related("organisation").filter(commune=commune)), name, "name")
    if len(there) > 1:
        row.fault("name", _("several centres of this commune are called so"), _("a name of its own"))
        row.check()
    given = {"kind": kind, "address": address, "access_notes": notes}
    if there:
        site = there[0]
        wanted = {key: value for key, value in given.items() if value}
        if _may_change(site, run):
            run.journal.change(site, **wanted)
        elif any(getattr(site, key) != value for key, value in wanted.items()):
            row.notice(_("this centre is there already, entered by others: its data stay as they are"))
        if house and house and not matching([site.organisation], house, "name", "short_name"):
            row.notice(_("this centre is there already, under %(name)s") % {"name": site.organisation.name})
    else:
        site = run.journal.create(
            Site(
                organisation=_organisation(row, run, house or name, commune.versant),
                name=name,
                commune=commune,
                lat=commune.lat,
                lon=commune.lon,
                source=f"{MADE_HERE}:{run.team.uid}",
                **given,
            )
        )
    if email:
        contact = SiteContact.objects.filter(site=site, team=run.team).first()
        if contact is None:
            contact = SiteContact(site=site, team=run.team, email=email)
            run.journal.create(contact, site.name, quiet=not there)
        else:
            run.journal.change(contact, email=email)


def _may_change(site: Site, run: Run) -> bool:
    return site.organisation_id == run.organisation.pk or site.source == f"{MADE_HERE}:{run.team.uid}"


def _organisation(row: Row, run: Run, name: str, versant: str) -> Organisation:
    """The organisation of that name; a new reception network if there is none."""
    found = matching(list(Organisation.objects.all()), name, "name", "short_name")
    if found:
        # Own house first, then the side of the border.
        nearest: Organisation = min(
            found, key=lambda one: (one.pk != run.organisation.pk, one.versant != versant, one.pk)
        )
        return nearest
    if not fold(name):
        row.fault("organisation", _("this is no name"))
        row.check()
    with run.journal.unit():
        made: Organisation = run.journal.create(
            Organisation(name=name, short_name=name[:40], kind=OrganisationKind.HOST, versant=versant)
        )
    return made


CENTRES = Kind(
    key="centres",
    label=gettext_lazy("Centres"),
    about=gettext_lazy("Organisations and their places: where you go, and whom to send the link to."),
    roles=frozenset({Role.COORDINATOR}),
    columns=COLUMNS,
    apply=_apply,
    key_of=_key,
    order=10,
    aliases=("organisations", "sites"),
    next_url="links",
    next_label=gettext_lazy("Send the centres their links"),
)


def load() -> None:
    register(CENTRES)
