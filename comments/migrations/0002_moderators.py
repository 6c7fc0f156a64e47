"""The group *Moderators*: the desk, the comments' admin pages and the discussion settings."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from comments.migrations import grant

CODENAMES = (
    "moderate_comment",
    "view_comment",
    "view_statuschange",
    "add_discussion",
    "change_discussion",
    "view_discussion",
)


def add_group(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    grant(apps, schema_editor, "Moderators", list(CODENAMES))


class Migration(migrations.Migration):
    dependencies = [
        ("comments", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(add_group, migrations.RunPython.noop)]
