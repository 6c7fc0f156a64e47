"""Fixtures for the tests of comments."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from comments.models import Discussion

DISCUSSION = "/admin/comments/discussion/1/change/"


@pytest.fixture
def save_discussion(desk: Client) -> Callable[..., Any]:
    """Post the settings with what is set but for `fields`, as a browser would; None: left out."""

    def save(**fields: Any) -> Any:
        Discussion.objects.get_or_create(pk=1)
        form = desk.get(DISCUSSION).context["adminform"].form
        data = {name: form[name].value() for name in form.fields}
        data = {name: value for name, value in data.items() if value is not False}
        data |= fields
        return desk.post(
            DISCUSSION, {name: each for name, each in data.items() if each is not None}
        )

    return save
