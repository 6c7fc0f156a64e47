"""Disclosures, and what the search needs; the index itself is built after `migrate`.

On PostgreSQL words that are misspelled are found through pg_trgm, where it may be had: without
the right to create it, everything else still works.
"""

import logging

import django.db.models.deletion
from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import DatabaseError, migrations, models, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

logger = logging.getLogger(__name__)


def find_similar_words(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    connection = schema_editor.connection
    if connection.vendor != "postgresql":
        return
    try:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            cursor.execute(
                "CREATE INDEX IF NOT EXISTS modelsearch_title_text_trgm"
                " ON modelsearch_indexentry USING gin (title_text gin_trgm_ops)"
            )
    except DatabaseError as error:
        logger.warning("misspelled words will not be found: no pg_trgm (%s)", error)


def let_editors_disclose(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    # Permissions are otherwise made after the last migration, too late for a group.
    config = apps.get_app_config("articles")
    config.models_module = True  # type: ignore[assignment]
    create_permissions(config, apps=apps, verbosity=0, using=schema_editor.connection.alias)
    config.models_module = None

    permissions = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="articles", content_type__model="disclosure"
    )
    for group in apps.get_model("auth", "Group").objects.filter(name="Editors"):
        group.permissions.add(*permissions)


class Migration(migrations.Migration):
    dependencies = [
        ("articles", "0006_renditions"),
        (
            "modelsearch",
            "0004_rename_modelsear_autocom_476c89_gin_modelsearch_autocom_ea8581_gin_and_more",
        ),
    ]

    operations = [
        migrations.CreateModel(
            name="Disclosure",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "position",
                    models.CharField(
                        choices=[("long", "Long"), ("short", "Short"), ("none", "No position")],
                        max_length=5,
                        verbose_name="position",
                    ),
                ),
                ("as_of", models.DateField(verbose_name="as of")),
                ("note", models.CharField(blank=True, max_length=200, verbose_name="note")),
            ],
            options={
                "verbose_name": "disclosure",
                "verbose_name_plural": "disclosures",
                "ordering": ["ticker__symbol"],
            },
        ),
        migrations.AddField(
            model_name="article",
            name="ai_reviewed_by",
            field=models.CharField(
                blank=True,
                help_text="The person who checked what AI tools wrote.",
                max_length=100,
                verbose_name="reviewed by",
            ),
        ),
        migrations.AddField(
            model_name="article",
            name="ai_use",
            field=models.CharField(
                blank=True,
                choices=[
                    ("none", "Written without AI tools."),
                    ("assisted", "Written with the help of AI tools."),
                    ("generated", "Drafted by AI tools."),
                ],
                max_length=9,
                verbose_name="use of AI",
            ),
        ),
        migrations.AddField(
            model_name="article",
            name="index_due",
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.AddField(
            model_name="author",
            name="relationships",
            field=models.TextField(
                blank=True,
                help_text="Who pays the author, and for what; stands under each of their articles.",
                max_length=400,
                verbose_name="business relationships",
            ),
        ),
        migrations.AddIndex(
            model_name="article",
            index=models.Index(
                condition=models.Q(("index_due", True)), fields=["id"], name="article_index_due"
            ),
        ),
        migrations.AddField(
            model_name="disclosure",
            name="article",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="disclosures",
                to="articles.article",
                verbose_name="article",
            ),
        ),
        migrations.AddField(
            model_name="disclosure",
            name="ticker",
            field=models.ForeignKey(
                limit_choices_to={"kind": "ticker"},
                on_delete=django.db.models.deletion.PROTECT,
                related_name="disclosures",
                to="articles.tag",
                verbose_name="ticker",
            ),
        ),
        migrations.AddConstraint(
            model_name="disclosure",
            constraint=models.UniqueConstraint(
                fields=("article", "ticker"),
                name="disclosure_once",
                violation_error_message="This ticker is disclosed already.",
            ),
        ),
        migrations.RunPython(let_editors_disclose, migrations.RunPython.noop),
        migrations.RunPython(find_similar_words, migrations.RunPython.noop),
    ]
