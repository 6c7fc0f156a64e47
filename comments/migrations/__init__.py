"""The tables' history; and how a migration lets a group do something."""

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def grant(
    apps: Apps, schema_editor: BaseDatabaseSchemaEditor, group: str, codenames: list[str]
) -> None:
    """Give `group` (made if need be) permissions of the comments app."""
    # Permissions are otherwise made after the last migration, too late for a group.
    config = apps.get_app_config("comments")
    config.models_module = True  # type: ignore[assignment]
    create_permissions(config, apps=apps, verbosity=0, using=schema_editor.connection.alias)
    config.models_module = None

    row, _created = apps.get_model("auth", "Group").objects.get_or_create(name=group)
    permissions = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="comments", codename__in=codenames
    )
    row.permissions.add(*permissions)
