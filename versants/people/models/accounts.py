"""Accounts sign in; memberships act."""

from __future__ import annotations

import uuid
from typing import Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.utils.translation import gettext_lazy as _

from versants.core import clock
from versants.core.access.classes import Role
from versants.people.models.organisations import Organisation, Team
from versants.people.models.professionals import Professional
from versants.territory.models import Versant


class AccountManager(BaseUserManager["Account"]):
    def create_user(self, email: str, password: str | None = None, **fields: object) -> Account:
        account = self.model(email=self.normalize_email(email).lower(), **fields)
        account.set_password(password)
        account.save(using=self._db)
        return account

    def get_by_natural_key(self, username: str | None) -> Account:
        return self.get(email=(username or "").lower())


class Account(AbstractBaseUser):
    """Somebody who signs in. It opens nothing by itself: rights come from the active membership."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=80)
    language = models.CharField(_("language"), max_length=2, default="fr")
    is_active = models.BooleanField(default=True)
    is_demo = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=clock.now)

    objects = AccountManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")

    def __str__(self) -> str:
        return self.name

    @property
    def is_staff(self) -> bool:
        """Nobody browses the tables."""
        return False


class MembershipQuerySet(models.QuerySet["Membership"]):
    def active(self) -> Self:
        """Those whose dates hold today."""
        return self.filter(period__contains=clock.today())


class Membership(models.Model):
    """A role of an account in an organisation, team and versant, from-to; one is active at a time."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="memberships")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="memberships")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, related_name="memberships")
    professional = models.ForeignKey(
        Professional, on_delete=models.PROTECT, null=True, related_name="memberships"
    )
    role = models.CharField(_("role"), max_length=20, choices=Role)
    versant = models.CharField(_("versant"), max_length=16, choices=Versant, blank=True)
    period = DateRangeField(_("from, to"))  # half-open [from, to)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            ExclusionConstraint(
                name="membership_once_at_a_time",
                expressions=[
                    ("account", RangeOperators.EQUAL),
                    ("organisation", RangeOperators.EQUAL),
                    ("role", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
                violation_error_message=_("This account already holds this role there at that time."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account}, {self.get_role_display()}"
