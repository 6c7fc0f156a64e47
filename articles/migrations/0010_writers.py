"""The group *Writers*, who write drafts and submit them; and the permission to publish."""

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

#: What each group may do with the tables of articles, besides what it could before.
GRANTS = {
    "Editors": (
        "publish_article",
        "view_formeraddress",
        "delete_formeraddress",
        *(f"{verb}_correction" for verb in ("add", "change", "delete", "view")),
    ),
    "Writers": (
        "add_article",
        "change_article",
        "view_article",
        "view_author",
        "view_tag",
        *(f"{verb}_disclosure" for verb in ("add", "change", "delete", "view")),
    ),
}


def add_groups(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make the groups; whoever could publish until now, because they could change, still can."""
    # Permissions are otherwise made after the last migration, too late for a group.
    config = apps.get_app_config("articles")
    config.models_module = True  # type: ignore[assignment]
    create_permissions(config, apps=apps, verbosity=0, using=schema_editor.connection.alias)
    config.models_module = None

    ours = apps.get_model("auth", "Permission").objects.filter(content_type__app_label="articles")
    publish, change = (ours.get(codename=f"{verb}_article") for verb in ("publish", "change"))
    for holders in (change.group_set.exclude(name="Writers"), change.user_set.all()):
        for holder in holders:
            own = holder.permissions if hasattr(holder, "permissions") else holder.user_permissions
            own.add(publish)
    for name, codenames in GRANTS.items():
        group, _created = apps.get_model("auth", "Group").objects.get_or_create(name=name)
        group.permissions.add(*ours.filter(codename__in=codenames))


class Migration(migrations.Migration):
    dependencies = [
        ("articles", "0009_publishing"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(add_groups, migrations.RunPython.noop)]
