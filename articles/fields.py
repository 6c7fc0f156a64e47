"""What an article is written in: HTML that is clean whatever way it takes into the database."""

from typing import Any

from django.db import models

from articles import html


class BodyField(models.TextField):
    """Cleaned HTML. `bulk_create`, `bulk_update` and `update` clean too, without any `save`.

    Only an expression that the database itself works out goes around it; tests/test_house.py
    looks for those.
    """

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return html.clean(value) if isinstance(value, str) else value

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        """For the database, and so for migrations, it is text."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", args, kwargs
