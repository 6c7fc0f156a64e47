"""What editors say about what to read next; editors and writers may say it."""

import django.db.models.deletion
from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def grant(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Let whoever writes disclosures also say what to read next."""
    # Permissions are otherwise made after the last migration, too late for a group.
    config = apps.get_app_config("articles")
    config.models_module = True  # type: ignore[assignment]
    create_permissions(config, apps=apps, verbosity=0, using=schema_editor.connection.alias)
    config.models_module = None

    codenames = [f"{verb}_pick" for verb in ("add", "change", "delete", "view")]
    ours = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="articles", codename__in=codenames
    )
    for group in apps.get_model("auth", "Group").objects.filter(name__in=("Editors", "Writers")):
        group.permissions.add(*ours)


class Migration(migrations.Migration):
    dependencies = [("articles", "0011_picture_library")]
    operations = [
        migrations.CreateModel(
            name="Pick",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("pinned", "Pin"), ("left_out", "Leave out")],
                        default="pinned",
                        max_length=8,
                        verbose_name="what",
                    ),
                ),
                (
                    "place",
                    models.PositiveSmallIntegerField(
                        default=5,
                        help_text="Of pins: the smallest number comes first.",
                        verbose_name="order",
                    ),
                ),
                (
                    "article",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="picks",
                        to="articles.article",
                    ),
                ),
                (
                    "other",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="picked_by",
                        to="articles.article",
                        verbose_name="article",
                    ),
                ),
            ],
            options={
                "verbose_name": "article to read next",
                "verbose_name_plural": "articles to read next",
                "ordering": ["-kind", "place", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=["article", "other"],
                        name="pick_once",
                        violation_error_message="This article is chosen already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("other", models.F("article")), _negated=True),
                        name="pick_is_another",
                    ),
                ],
            },
        ),
        migrations.RunPython(grant, migrations.RunPython.noop),
    ]
