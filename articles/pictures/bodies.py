"""The pictures within an article's text: their place is kept free, and they come when near."""

import re
from html import unescape
from pathlib import PurePosixPath
from urllib.parse import unquote

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.files.storage import default_storage
from PIL import Image

from articles import images
from articles.pictures import pixels

IMAGE = re.compile(r"<img\b[^>]*>")
SOURCE = re.compile(r'\ssrc="([^"]*)"')
WIDTH = re.compile(r'\swidth="(\d{1,5})"')
#: Where what we draw ourselves lies.
_DRAWN = ("renditions/", "share/")
#: A longer name is none that we gave.
_NAME_MOST = 255


def settled(body: str) -> str:
    """Return cleaned `body` with width and height of the pictures that we store, all loaded late.

    What an editor has set stays. The body that comes back is one that comes back unchanged.
    """
    return IMAGE.sub(lambda found: _settled(found[0]), body)


def names(body: str) -> list[str]:
    """Return the names of the stored pictures that cleaned `body` shows, each once, in order.

    What we have drawn ourselves is none of them: nobody makes copies of copies.
    """
    if "<img" not in body:
        return []
    sources = (SOURCE.search(image) for image in IMAGE.findall(body))
    found = (stored_name(unescape(source[1])) for source in sources if source)
    return [*dict.fromkeys(name for name in found if name and not name.startswith(_DRAWN))]


def stored_name(address: str) -> str:
    """Return the name of the stored picture at an address, "" where none of ours can be.

    Whether there is one is not looked at. The name leads to no place but where pictures lie.
    """
    if not address.startswith(settings.MEDIA_URL):
        return ""
    path = re.split("[?#]", address.removeprefix(settings.MEDIA_URL), maxsplit=1)[0]
    name = unquote(path)
    is_plain = name == str(PurePosixPath(name)) and ".." not in name and name.isprintable()
    is_ours = not name.startswith(("/", ".")) and "\\" not in name and len(name) <= _NAME_MOST
    return name if is_plain and is_ours else ""


def _settled(image: str) -> str:
    added = "" if " loading=" in image else ' loading="lazy"'
    source = SOURCE.search(image)
    if source and " height=" not in image and (name := stored_name(unescape(source[1]))):
        width, height = _size(name)
        asked = WIDTH.search(image)
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
