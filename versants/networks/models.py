"""Studies of the mesh that were asked for on the page, and what came out. Figures and places only, nobody's data."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from versants.core import clock
from versants.core.access.classes import DataClass
from versants.core.access.scope import Actor
from versants.core.access.shield import Policy, Shield, ShieldedQuerySet
from versants.core.pieces import Piece
from versants.networks.rules import STUDY_ROLES
from versants.people.models import Organisation

_ROLES = ", ".join(f"'{role}'" for role in sorted(STUDY_ROLES))
_HOUSE = f"organisation_id = app.organisation() AND app.role() IN ({_ROLES})"


def _house(actor: Actor) -> Q:
    if actor.organisation and actor.role in STUDY_ROLES:
        return Q(organisation_id=actor.organisation)
    return Q(pk__in=[])


HOUSE = Shield(
    DataClass.AGGREGATE,
    extra=(Policy("house", "ALL", _HOUSE, _HOUSE),),
    extra_q=_house,
    about_person=False,
)


class StudyRun(models.Model):
    """A study: ``question`` as it was chosen before results, then ``study`` (STUDY.json), ``result``,
    ``scenarios`` and ``simulated``; ``front`` (its points) where somebody asked for it, by the job ``front_job``.
    ``ended``: how its work ended (a state of a job), empty while it goes on.
    ``turns``: for each unknown, where along its range another choice of recruits is better.

    ``result`` is empty until the job is done. A trigger (``study_question_stays``) keeps ``question``, ``chosen_at`` and,
    once there, ``finished_at`` as they are.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(_("name"), max_length=120)
    question = models.JSONField(default=dict)
    chosen_at = models.DateTimeField(default=clock.now)
    job = models.UUIDField(null=True, editable=False)
    study = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    scenarios = models.JSONField(default=list)
    simulated = models.JSONField(default=dict)
    finished_at = models.DateTimeField(null=True)
    ended = models.CharField(max_length=12, blank=True, editable=False)
    turns = models.JSONField(default=list)
    front = models.JSONField(default=dict)
    front_job = models.UUIDField(null=True, editable=False)

    objects = ShieldedQuerySet.as_manager()
    shield = HOUSE

    class Meta:
        verbose_name = _("study of the mesh")
        verbose_name_plural = _("studies of the mesh")
        indexes = [models.Index(fields=["organisation", "-chosen_at"], name="study_house")]

    def __str__(self) -> str:
        return self.name


class StudyPiece(Piece):
    """A case to plan or years to simulate, and what came out; places, languages and counts only. Gone when the study is
    done. ``run``: its uid. ``taken_at``: when whoever works on it was last heard of. ``tries``: how often it was taken.
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    run = models.UUIDField()
    tries = models.PositiveSmallIntegerField(default=0)

    objects = ShieldedQuerySet.as_manager()
    shield = HOUSE

    class Meta:
        verbose_name = _("piece of a study")
        verbose_name_plural = _("pieces of a study")
        indexes = [models.Index(fields=["run"], name="study_piece_run")]
