"""Indexes for a million comments: of their words, and of what the desk's filters ask for."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from comments import word_index


def create(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    word_index.create(schema_editor.connection)


def drop(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    word_index.drop(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("comments", "0007_moderators_mail")]
    operations = [
        migrations.AddIndex(
            model_name="comment",
            index=models.Index(fields=["article", "status", "-id"], name="comment_by_article"),
        ),
        migrations.AddIndex(
            model_name="comment",
            index=models.Index(fields=["status", "created_at", "id"], name="comment_written"),
        ),
        migrations.AddIndex(
            model_name="statuschange",
            index=models.Index(fields=["at"], name="change_at"),
        ),
        migrations.RunPython(create, drop),
    ]
