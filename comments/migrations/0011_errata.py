"""Errors that readers report, who decides about them, and three kinds of mail."""

import django.db.models.deletion
import django.utils.timezone
from django.apps.registry import Apps
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

import comments.privacy
from comments.migrations import grant

STATES = [
    ("open", "Open"),
    ("corrected", "Corrected"),
    ("rejected", "Rejected"),
    ("duplicate", "Duplicate"),
    ("spam", "Spam"),
]


def let_editors_decide(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    grant(apps, schema_editor, "Editors", ["change_errorreport", "view_errorreport"])


class Migration(migrations.Migration):
    dependencies = [
        ("articles", "0010_writers"),
        ("comments", "0010_statistics"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ErrorReport",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "quote",
                    models.TextField(max_length=1000, verbose_name="the sentence in question"),
                ),
                (
                    "claim",
                    models.TextField(
                        max_length=2000, verbose_name="what is wrong, and what is right"
                    ),
                ),
                ("source", models.URLField(blank=True, max_length=500, verbose_name="source")),
                ("name", models.CharField(blank=True, max_length=245, verbose_name="name")),
                ("email", comments.privacy.EncryptedTextField(blank=True, verbose_name="email")),
                ("email_hash", models.CharField(blank=True, editable=False, max_length=64)),
                ("tell", models.BooleanField(default=False, verbose_name="wants to be told")),
                ("told_at", models.DateTimeField(editable=False, null=True)),
                ("network", models.CharField(blank=True, editable=False, max_length=43)),
                (
                    "held_for",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("policy", "Every comment is held"),
                            ("first_comment", "First comment from this address"),
                            ("unconfirmed", "Nobody proved to hold this address"),
                            ("rejected_before", "Others by this writer were rejected lately"),
                            ("links", "Links"),
                            ("words", "Words"),
                            ("scam", "Reads like an investment scam"),
                            ("honeypot", "Filled in the field that people do not see"),
                            ("staff_name", "Uses the name or address of somebody on the staff"),
                            ("edited", "Edited by its writer"),
                            ("reported", "Reported by readers"),
                            ("log_only", "Akismet’s verdict is only noted"),
                            ("unavailable", "Akismet gave no answer"),
                            ("moderator", "Held by a moderator"),
                        ],
                        max_length=15,
                        verbose_name="suspicious",
                    ),
                ),
                ("held_detail", models.CharField(blank=True, max_length=200)),
                (
                    "state",
                    models.CharField(
                        choices=STATES, default="open", max_length=9, verbose_name="state"
                    ),
                ),
                ("since", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="received"
                    ),
                ),
                (
                    "article",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="articles.article",
                        verbose_name="article",
                    ),
                ),
                (
                    "correction",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="articles.correction",
                        verbose_name="correction",
                    ),
                ),
            ],
            options={
                "verbose_name": "reported error",
                "verbose_name_plural": "reported errors",
                "ordering": ["-at", "-pk"],
                "default_permissions": ("change", "view"),
                "indexes": [
                    models.Index(fields=["state", "since"], name="error_queue"),
                    models.Index(
                        condition=models.Q(("network", ""), _negated=True),
                        fields=["network", "at"],
                        name="error_origin",
                    ),
                    models.Index(
                        condition=models.Q(("email_hash", ""), _negated=True),
                        fields=["email_hash"],
                        name="error_person",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["open", "corrected", "rejected", "duplicate", "spam"])
                        ),
                        name="error_state_known",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ErrorDecision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("old", models.CharField(choices=STATES, max_length=9)),
                ("new", models.CharField(choices=STATES, max_length=9)),
                ("note", models.CharField(blank=True, max_length=600)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "report",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="decisions",
                        to="comments.errorreport",
                    ),
                ),
            ],
            options={
                "verbose_name": "decision about a reported error",
                "verbose_name_plural": "decisions about reported errors",
                "ordering": ["at", "pk"],
                "default_permissions": (),
            },
        ),
        migrations.AlterField(
            model_name="mail",
            name="kind",
            field=models.CharField(
                choices=[
                    ("confirm", "please confirm your address"),
                    ("link", "the link to your comment"),
                    ("reply", "a reply to your comment"),
                    ("key_trouble", "Akismet refuses our key"),
                    ("queue", "what waits for a moderator"),
                    ("review", "a draft waits for an editor"),
                    ("draft", "what became of a writer’s draft"),
                    ("sign_in", "how a member of the staff signs in"),
                    ("error", "what became of a reported error"),
                ],
                max_length=12,
            ),
        ),
        migrations.RunPython(let_editors_decide, migrations.RunPython.noop),
    ]
