"""A table for what a request is about: read by those who may read its words, not by every coordination."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import versants.core.crypto.vault

CATEGORIES = [
    ("distress", "distress, anxiety"),
    ("sleep", "sleep"),
    ("grief", "loss and grief"),
    ("trauma", "after violence"),
    ("conflict", "conflict, mediation"),
    ("children", "children, parenting"),
    ("health", "health, access to care"),
    ("papers", "administrative steps"),
    ("addiction", "addiction"),
    ("team_support", "support to professionals"),
    ("other", "something else"),
]
DANGER = [
    ("now", "Yes, for this person or someone else"),
    ("no_but_unwell", "No, but this person is very unwell"),
    ("unknown", "I do not know"),
    ("", "not asked"),
]
AGREEMENT = [
    ("agrees", "asked, and agrees"),
    ("asked", "asked for it"),
    ("told", "was told"),
    ("not_yet", "not yet asked"),
]
INTERPRETED_BY = [
    ("nobody", "nobody"),
    ("relative", "a relative or a neighbour"),
    ("child", "a child"),
    ("colleague", "a colleague of the centre"),
    ("professional", "an interpreter"),
]
REFUSAL = [
    ("not_our_public", "not for the persons we accompany"),
    ("no_capacity", "nobody available in time"),
    ("no_interpreter", "no interpreter found"),
    ("emergency", "needs the emergency services"),
    ("already_followed", "already followed elsewhere"),
    ("other", "another reason"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0003_grant_under_consent"),
        ("mobile", "0010_board_moves"),
        ("people", "0002_sheets"),
    ]

    operations = [
        # Its name goes to the new table, where what it checks will stand.
        migrations.RemoveConstraint(model_name="request", name="request_agreement_or_why"),
        migrations.CreateModel(
            name="RequestMatter",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "categories",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(choices=CATEGORIES, max_length=16),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                (
                    "danger",
                    models.CharField(blank=True, choices=DANGER, max_length=16, verbose_name="danger"),
                ),
                (
                    "agreement",
                    models.CharField(blank=True, choices=AGREEMENT, max_length=8, verbose_name="agreement"),
                ),
                ("why_not", versants.core.crypto.vault.SealedField(editable=False, null=True)),
                ("why_may_lack", models.BooleanField(default=False)),
                (
                    "interpreted_by",
                    models.CharField(
                        blank=True,
                        choices=INTERPRETED_BY,
                        max_length=12,
                        verbose_name="who interpreted so far",
                    ),
                ),
                ("refusal", models.CharField(blank=True, choices=REFUSAL, max_length=20)),
                (
                    "key",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.datakey"
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="matters",
                        to="mobile.request",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.team"
                    ),
                ),
            ],
            options={"verbose_name": "matter of a request", "verbose_name_plural": "matters of requests"},
        ),
        migrations.AddConstraint(
            model_name="requestmatter",
            constraint=models.UniqueConstraint(
                fields=("request", "team"), name="request_matter_once_per_team"
            ),
        ),
        migrations.AddConstraint(
            model_name="requestmatter",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("agreement", "not_yet"), _negated=True),
                    ("why_not__isnull", False),
                    ("why_may_lack", True),
                    _connector="OR",
                ),
                name="request_agreement_or_why",
                violation_error_message="If the person was not asked yet, say why in a few words.",
            ),
        ),
    ]
