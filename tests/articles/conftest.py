"""Fixtures for the tests of articles: a writer, pictures, and a media folder of one's own."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from articles.models import Author, Picture


@pytest.fixture
def desk(client: Client, editor: User) -> Client:
    """A browser in which an editor is signed in."""
    client.force_login(editor)
    return client


@pytest.fixture
def media(tmp_path: Path, settings: Any) -> Path:
    """An empty media folder that is gone after the test."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def make_picture(media: Path) -> Callable[..., SimpleUploadedFile]:
    """Make an upload of a small real picture; `padding` appends that many bytes."""

    def make(
        name: str = "chart.jpg",
        kind: str = "JPEG",
        *,
        size: tuple[int, int] = (40, 30),
        padding: int = 0,
    ) -> SimpleUploadedFile:
        data = BytesIO()
        Image.new("RGB", size, "teal").save(data, kind)
        return SimpleUploadedFile(name, data.getvalue() + b"\0" * padding)

    return make


@pytest.fixture
def keep(make_picture: Callable[..., SimpleUploadedFile]) -> Callable[..., Picture]:
    """Take a small picture into the library."""

    def take(alt: str = "A chart", name: str = "", **fields: Any) -> Picture:
        name = name or f"p{Picture.objects.count()}.jpg"
        return Picture.objects.create(file=make_picture(name), alt=alt, **fields)

    return take


@pytest.fixture
def writer(db: None, editor: User) -> User:
    """A writer with a name over articles, and an editor beside them (who has the groups made)."""
    user = User.objects.create_user("wera", "wera@example.org", is_staff=True)
    user.groups.add(Group.objects.get(name="Writers"))
    Author.objects.create(name="Wera Writer", slug="wera", user=user)
    return user
