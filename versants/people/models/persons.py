"""Those who are accompanied. Everywhere a random code; who it is stands apart, encrypted."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from versants.core import clock
from versants.core.access.classes import DataClass
from versants.core.access.shield import Policy, Shield, ShieldedQuerySet
from versants.core.crypto.vault import SealedField
from versants.core.ids import new_code
from versants.core.models import DataKey
from versants.people.enums import DESCRIBED, AgeGroup, Gender
from versants.people.models.organisations import Team
from versants.people.models.sealed import SealedRow
from versants.territory.models import Language, Versant


class Household(models.Model):
    """People who live together; what brings them together is not said here."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")

    objects = ShieldedQuerySet.as_manager()
    shield = Shield(DataClass.SOCIAL, own="team_id")

    class Meta:
        verbose_name = _("household")
        verbose_name_plural = _("households")

    def __str__(self) -> str:
        return str(self.uid)


class Person(models.Model):
    """Someone accompanied, known everywhere by ``code``."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    code = models.CharField(_("programme code"), max_length=9, unique=True, default=new_code)
    key = models.ForeignKey(DataKey, on_delete=models.PROTECT, related_name="+")
    # Apart, wrapped by the team's own key; None until the first clinical word of a file from before.
    clinical_key = models.ForeignKey(DataKey, on_delete=models.PROTECT, null=True, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="persons", verbose_name=_("team"))
    versant = models.CharField(_("versant"), max_length=16, choices=Versant)
    household = models.ForeignKey(Household, on_delete=models.SET_NULL, null=True, related_name="members")
    gender = models.CharField(_("gender"), max_length=8, choices=Gender)
    age_group = models.CharField(_("age group"), max_length=8, choices=AgeGroup, default=AgeGroup.UNKNOWN)
    created_at = models.DateTimeField(default=clock.now)

    objects = ShieldedQuerySet.as_manager()
    shield = Shield(DataClass.LOGISTIC, own="team_id", subject=("person", "id"))

    class Meta:
        verbose_name = _("person accompanied")
        verbose_name_plural = _("persons accompanied")
        indexes = [
            models.Index(fields=["team", "-created_at"], name="person_team"),
            models.Index(fields=["-created_at", "-id"], name="person_newest"),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def described(self) -> str:
        """What one may say of them to the team: "girl, 12 to 17", in the reader's language."""
        return str(DESCRIBED[Gender(self.gender), AgeGroup(self.age_group)])


class PersonLanguage(models.Model):
    """A language someone speaks, in their own order of preference."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="languages")
    language = models.ForeignKey(Language, on_delete=models.PROTECT, related_name="+")
    rank = models.PositiveSmallIntegerField(default=1)
    reads = models.BooleanField(_("reads it"), null=True)
    needs_interpreter = models.BooleanField(_("needs an interpreter"), default=True)

    objects = ShieldedQuerySet.as_manager()
    shield = Shield(DataClass.LOGISTIC, follows=("person_id", "people_person"))

    class Meta:
        verbose_name = _("language of a person")
        verbose_name_plural = _("languages of persons")
        ordering = ["rank"]
        constraints = [models.UniqueConstraint(fields=["person", "language"], name="person_language_once")]

    def __str__(self) -> str:
        return str(self.language_id)


class Identity(SealedRow):
    """Name, birth date, contact: encrypted, apart, opened only through a grant, each opening logged."""

    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="identity")
    name = SealedField()
    first_name = SealedField()
    birth_date = SealedField()
    phone = SealedField()
    address = SealedField()
    address_protected = models.BooleanField(default=False)

    shield = Shield(
        DataClass.IDENTITY,
        subject=("person", "person_id"),
        grant_classes=(DataClass.IDENTITY,),
        extra=(
            Policy("own_insert", "INSERT", check="team_id = app.team()"),
            Policy(
                "granted_write",
                "UPDATE",
                f"person_id IN (SELECT app.granted('person', ARRAY['{DataClass.IDENTITY}']))",
                f"person_id IN (SELECT app.granted('person', ARRAY['{DataClass.IDENTITY}']))",
            ),
        ),
    )

    class Meta:
        verbose_name = _("identity")
        verbose_name_plural = _("identities")


class NameHash(models.Model):
    """A keyed hash of a person's whole name: the following team finds an equal name by it and learns nothing else.

    Apart from the identity, which nobody of the team opens without a right. ``layers``: how many index keys lie over it.
    """

    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="name_hash")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64)
    layers = models.PositiveSmallIntegerField()

    objects = ShieldedQuerySet.as_manager()
    shield = Shield(DataClass.LOGISTIC, own="team_id")

    class Meta:
        verbose_name = _("hash of a name")
        verbose_name_plural = _("hashes of names")
        indexes = [models.Index(fields=["team", "digest"], name="name_hash_equal")]

    def __str__(self) -> str:
        return f"{self.person_id}"
