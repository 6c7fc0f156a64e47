"""The groups that migrations make: tests which empty the database after themselves lose them."""

import importlib

from django.apps import apps
from django.db import connection

#: The functions of migrations that make groups and give them permissions, in order.
MAKERS = (
    "articles.migrations.0002_editors.add_group",
    "articles.migrations.0007_search_and_disclosures.let_editors_disclose",
    "articles.migrations.0010_writers.add_groups",
    "articles.migrations.0011_picture_library.let_staff_in",
    "articles.migrations.0012_related_pins.grant",
    "comments.migrations.0002_moderators.add_group",
    "comments.migrations.0004_backfill.add_permissions",
)


def make_again() -> None:
    """Make what is missing of them, as `migrate` did."""
    for name in MAKERS:
        module, _dot, function = name.rpartition(".")
        with connection.schema_editor() as editor:
            getattr(importlib.import_module(module), function)(apps, editor)
