"""The pictures within an article's text: their place is kept free, and they come when near."""

import re
from urllib.parse import unquote

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.files.storage import default_storage
from PIL import Image

from articles import images
from articles.pictures import pixels

_IMAGE = re.compile(r"<img\b[^>]*>")
_SOURCE = re.compile(r'\ssrc="([^"]*)"')
_WIDTH = re.compile(r'\swidth="(\d{1,5})"')


def settled(body: str) -> str:
    """Return cleaned `body` with width and height of the pictures that we store, all loaded late.

    What an editor has set stays. The body that comes back is one that comes back unchanged.
    """
    return _IMAGE.sub(lambda found: _settled(found[0]), body)


def _settled(image: str) -> str:
    added = "" if " loading=" in image else ' loading="lazy"'
    source = _SOURCE.search(image)
    if source and " height=" not in image and source[1].startswith(settings.MEDIA_URL):
        name = unquote(source[1].removeprefix(settings.MEDIA_URL))
        width, height = _size(name)
        asked = _WIDTH.search(image)
        if width and asked:
            added += f' height="{round(height * int(asked[1]) / width)}"'
        elif width and " width=" not in image:
            added += f' width="{width}" height="{height}"'
    return image[:-1] + added + ">"


def _size(name: str) -> tuple[int, int]:
    """Return a stored picture's width and height as it is shown; zeros where nobody can tell."""
    try:
        with (
            default_storage.open(name) as file,
            Image.open(file, formats=tuple(images.FORMATS)) as picture,
        ):
            turned = picture.getexif().get(pixels.ORIENTATION, 1) >= 5
            width, height = picture.size
    except (OSError, ValueError, SuspiciousOperation, Image.DecompressionBombError):
        return 0, 0
    return (height, width) if turned else (width, height)
