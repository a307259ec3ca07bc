"""A small world: both sides of the border, with data present that could leak."""

from __future__ import annotations

import time
from datetime import date, timedelta
from datetime import time as hour
from types import SimpleNamespace

import pytest
from django.db import connection, transaction
from django.test import Client

from versants.core import clock
from versants.core.access.classes import Role
from versants.core.access.scope import Actor


def make_account(name: str, language: str = "fr"):
    from versants.people.models import Account

    email = f"{name.lower().replace(' ', '.')}@example.org"
    account = Account(email=email, name=name, language=language)
    account.set_unusable_password()
    account.save()
    return account


def make_membership(account, organisation, role, team=None, professional=None, versant=""):
    from versants.people.models import Membership

    return Membership.objects.create(
        account=account,
        organisation=organisation,
        team=team,
        professional=professional,
        role=role,
        versant=versant or organisation.versant,
        period=(clock.today() - timedelta(days=400), None),
    )


def make_professional(
    team, first, last, *, disciplines, gender="woman", languages=(), countries=("BE",), **fields
):
    """A professional with languages [(code, level)], open mandates and a weekly pattern of 8 to 20 h every day."""
    from versants.people.models import (
        Mandate,
        Professional,
        ProfessionalLanguage,
        ProfessionalPrivate,
        WeeklyShift,
    )
    from versants.territory.models import Language

    fields.setdefault("status", "employee")
    fields.setdefault("base_id", team.base.commune_id)
    if "interpreter" in disciplines:
        fields.setdefault("interpreter_kind", "certified")
        fields.setdefault("max_complexity", 4)
    professional = Professional.objects.create(
        organisation=team.organisation,
        team=team,
        first_name=first,
        last_name=last,
        gender=gender,
        disciplines=list(disciplines),
        **fields,
    )
    house = team.organisation
    for code, level in languages:
        ProfessionalLanguage.objects.create(
            organisation=house, professional=professional, language=Language.objects.get(pk=code), level=level
        )
    for country in countries:
        Mandate.objects.create(
            organisation=house, professional=professional, country=country, period=(date(2020, 1, 1), None)
        )
    for weekday in range(7):
        WeeklyShift.objects.create(
            organisation=house, professional=professional, weekday=weekday, start=hour(8), end=hour(20)
        )
    ProfessionalPrivate.objects.create(
        organisation=house, professional=professional, home_id=fields["base_id"], phone="+32 000 00 00 00"
    )
    return professional


def make_person(team, *, name="Zzcanari Testnom", languages=("tir",), **fields):
    """A person of ``team`` with a sealed identity."""
    from versants.core.crypto import vault
    from versants.people.models import ClinicalSheet, Identity, Person, PersonLanguage, SocialSheet

    key = vault.new_key()
    person = Person.objects.create(team=team, key=key, versant=team.versant, gender="woman", **fields)
    identity = Identity(person=person, team=team, key=key)
    vault.write(identity, "name", name)
    vault.write(identity, "first_name", name.split()[0])
    vault.write(identity, "birth_date", "1994-05-02")
    identity.save()
    social = SocialSheet(person=person, team=team, key=key)
    vault.write(social, "situation", "Zzcanari situation")
    social.save()
    clinical = ClinicalSheet(person=person, team=team, key=key)
    vault.write(clinical, "summary", "Zzcanari clinique")
    clinical.save()
    for rank, code in enumerate(languages, 1):
        PersonLanguage.objects.create(person=person, language_id=code, rank=rank)
    return person


def build_world() -> SimpleNamespace:
    """Two mobile teams, a desk, a centre in Mouscron, one account per role. Everything is fictional but the places."""
    from versants.people.models import Organisation, Site, Team
    from versants.territory.models import Commune

    def organisation(name, kind, versant, **fields):
        return Organisation.objects.create(name=name, short_name=name, kind=kind, versant=versant, **fields)

    w = SimpleNamespace()
    w.authority = organisation("Préfecture", "authority", "hauts-de-france", is_partner=True, is_lead=True)
    w.house_be = organisation("Centre wallon", "care", "wallonie", is_partner=True)
    w.house_fr = organisation("Association", "association", "hauts-de-france", is_partner=True)
    w.house_desk = organisation("Service d’interprétariat", "interpreting", "wallonie", is_partner=True)
    w.host = organisation("Accueil", "host", "wallonie")
    w.other_host = organisation("Accueil du Nord", "host", "hauts-de-france")

    def site(house, name, commune):
        place = Commune.objects.get(pk=commune)
        return Site.objects.create(organisation=house, name=name, commune=place, lat=place.lat, lon=place.lon)

    w.refuge = site(w.host, "Le Refuge", "BE-57096")
    w.cada = site(w.other_host, "CADA de Liévin", "FR-62510")
    office_be, office_fr = site(w.house_be, "Bureau", "BE-57081"), site(w.house_fr, "Bureau", "FR-59350")
    hours = {day: [["08:30", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    promise = {"crisis": 480, "urgent": 1020, "planned": 2550}

    def team(house, name, kind, base, phone):
        return Team.objects.create(
            organisation=house,
            name=name,
            kind=kind,
            versant=house.versant,
            base=base,
            phone=phone,
            opening_hours=hours,
            promise_minutes=promise,
        )

    w.walloon = team(w.house_be, "IntegraPsy Wallonie", "integrapsy", office_be, "+32 000 00 00 01")
    w.french = team(w.house_fr, "IntegraPsy Hauts-de-France", "integrapsy", office_fr, "+33 0 00 00 00 02")
    w.desk_team = team(w.house_desk, "Interprètes", "desk", office_be, "+32 000 00 00 03")

    w.elise = make_professional(
        w.walloon, "Élise", "Dumoulin", disciplines=["psychologist"], languages=[("fra", 7), ("eng", 4)]
    )
    w.marc = make_professional(
        w.walloon, "Marc", "Poulain", disciplines=["psychomotrician"], gender="man", languages=[("fra", 7)]
    )
    w.nadege = make_professional(
        w.french,
        "Nadège",
        "Lefebvre",
        disciplines=["psychologist"],
        languages=[("fra", 7)],
        countries=("FR", "BE"),
    )
    w.thomas = make_professional(
        w.french,
        "Thomas",
        "Carlier",
        disciplines=["nurse"],
        gender="man",
        languages=[("fra", 7)],
        countries=("FR",),
    )
    w.selam = make_professional(
        w.desk_team, "Selam", "Tesfay", disciplines=["interpreter"], languages=[("tir", 7), ("fra", 5)]
    )
    w.hiwot = make_professional(
        w.desk_team, "Hiwot", "Abraha", disciplines=["interpreter"], languages=[("tir", 7), ("fra", 4)]
    )
    w.yonas = make_professional(
        w.desk_team,
        "Yonas",
        "Berhe",
        disciplines=["interpreter"],
        gender="man",
        languages=[("tir", 7), ("fra", 4)],
        interpreter_kind="helper",
        max_complexity=2,
        status="volunteer",
    )

    def member(name, house, role, team=None, professional=None):
        return make_membership(make_account(name), house, role, team, professional)

    w.coordinator = member("Camille Delattre", w.house_be, Role.COORDINATOR, w.walloon)
    w.clinician = member("Elise Dumoulin", w.house_be, Role.CLINICIAN, w.walloon, w.elise)
    w.practitioner = member("Marc Poulain", w.house_be, Role.PRACTITIONER, w.walloon, w.marc)
    w.french_coordinator = member("Bruno Lemaire", w.house_fr, Role.COORDINATOR, w.french)
    w.french_clinician = member("Nadege Lefebvre", w.house_fr, Role.CLINICIAN, w.french, w.nadege)
    w.desk = member("Ines Maes", w.house_desk, Role.DESK, w.desk_team)
    w.interpreter = member("Selam Tesfay", w.house_desk, Role.INTERPRETER, w.desk_team, w.selam)
    w.requester = member("Jean Accueil", w.host, Role.REQUESTER)
    w.site_manager = member("Paule Directrice", w.host, Role.SITE_MANAGER)
    w.other_requester = member("Luc Nord", w.other_host, Role.REQUESTER)
    w.officer = member("Hilde Claeys", w.authority, Role.PROGRAMME_OFFICER)
    w.controller = member("Anne Controle", w.authority, Role.CONTROLLER)
    w.authority_member = member("Guy Prefecture", w.authority, Role.LEAD_AUTHORITY)
    w.funder = member("Eva Fonds", w.authority, Role.FUNDER)
    w.dpo = member("Dora Delegue", w.house_be, Role.DPO)
    w.administrator = member("Sam Systeme", w.house_be, Role.ADMINISTRATOR)
    w.members = {name: value for name, value in vars(w).items() if type(value).__name__ == "Membership"}
    w.person = make_person(w.walloon)
    w.french_person = make_person(w.french, name="Zzcanari Voisin")
    return w


@pytest.fixture
def world(db) -> SimpleNamespace:
    return build_world()


@pytest.fixture
def committed(django_db_setup, django_db_blocker):
    """A world that other connections see. It goes again; places and what counts stay for the other tests."""
    with django_db_blocker.unblock():
        try:
            with transaction.atomic():
                world = build_world()
            yield world
        finally:
            with connection.cursor() as cursor:
                gone = ", ".join(
                    f'"{table}"'
                    for table in connection.introspection.table_names(cursor)
                    if table.startswith(("core_", "people_", "mobile_", "procrastinate_jobs"))
                    and table != "mobile_figuredefinition"
                )
                cursor.execute(f"TRUNCATE {gone} CASCADE")


@pytest.fixture
def client_for():
    """A browser signed in as the account of a membership, acting under it; its second factor was shown."""

    def make(membership=None, language: str = "fr", *, factor: bool = True) -> Client:
        client = Client(headers={"accept-language": language})
        if membership is not None:
            client.force_login(
                membership.account, backend="allauth.account.auth_backends.AuthenticationBackend"
            )
            session = client.session
            session["membership"] = membership.pk
            session["seen_at"] = time.time()
            if factor:
                session["second_factor"] = {"account": membership.account_id, "how": "totp"}
            session.save()
        client.cookies["versants_language"] = language
        return client

    return make


def actor(membership) -> Actor:
    """The actor of a membership, for ``with acting(actor(world.coordinator)):``."""
    return Actor.for_membership(membership)
