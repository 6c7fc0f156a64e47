"""Fixtures for the tests of articles: pictures, and a media folder of one's own."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image


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
