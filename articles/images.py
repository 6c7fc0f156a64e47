"""Which pictures may be uploaded, and how they are kept.

What comes in is decoded whole and written anew: so nothing is kept but pixels. Where and by whom
it was taken, pages hidden behind the picture, and anything else that a file can carry stay out.
"""

from io import BytesIO
from pathlib import PurePath
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.validators import FileExtensionValidator
from django.db import models
from django.db.models.fields.files import ImageFieldFile
from django.utils.translation import gettext as _
from PIL import Image, UnidentifiedImageError

from articles.pictures import pixels

MAX_BYTES = 10 * 1024 * 1024
#: 40 megapixels: above any camera an editor uses, far below what exhausts a server's memory.
MAX_PIXELS = 40_000_000
#: What is kept is no longer than this at either side: twice the widest place on any page.
MAX_SIDE = 2560
#: A progressive JPEG may hold the whole picture thousands of times; cameras and tools make ten.
MAX_SCANS = 100
#: Of these, a large picture is scaled before it is turned or converted, each of which takes a copy.
SCALED_FIRST = ("L", "LA", "RGB", "RGBA", "CMYK")
#: How each format is written, and under which names.
FORMATS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 90, "progressive": True, "optimize": True},
    "PNG": {},
    "WEBP": {"quality": 90},
    "AVIF": {"quality": 85, "speed": 8},
}
SUFFIXES = {
    "JPEG": (".jpg", ".jpeg"),
    "PNG": (".png",),
    "WEBP": (".webp",),
    "AVIF": (".avif",),
}

validate_extension = FileExtensionValidator(["jpg", "jpeg", "png", "webp", "avif"])


class PictureFile(ImageFieldFile):
    """A stored picture; whatever path it comes by, only its pixels are stored."""

    def save(self, name: str, content: File, save: bool = True) -> None:
        data, format_ = cleaned(content)
        path = PurePath(name)
        if path.suffix.lower() not in SUFFIXES[format_]:
            name = str(path.with_suffix(SUFFIXES[format_][0]))
        super().save(name, ContentFile(data, name), save)


class PictureField(models.ImageField):
    """An ImageField whose row can still be edited when its file is gone from the disk."""

    attr_class = PictureFile

    def update_dimension_fields(self, instance: models.Model, *args: Any, **kwargs: Any) -> None:
        try:
            super().update_dimension_fields(instance, *args, **kwargs)
        except FileNotFoundError:
            return  # the size that was noted when it came in stays


def validate_picture(file: File) -> None:
    """Raise ValidationError unless `file` is a whole picture of a kind and size we serve."""
    if getattr(file, "_committed", False):
        return  # stored already, and looked at when it came in
    if file.size > MAX_BYTES:
        raise ValidationError(_("The picture is larger than 10 MB."), code="too_large")
    position = file.tell() if not file.closed else 0
    file.open()
    try:
        opened(file)
    finally:
        file.seek(position)


def opened(file: Any) -> Image.Image:
    """Decode the first frame of a picture, or raise ValidationError.

    The header is read first, so a decompression bomb is refused before it is unpacked. A JPEG
    larger than what is kept is unpacked at a half, a quarter or an eighth of its size: all of it is
    read, in a fraction of the memory.
    """
    try:
        picture = Image.open(file, formats=tuple(FORMATS))
        width, height = picture.size
        if width * height <= MAX_PIXELS:
            if picture.format == "MPO":  # a JPEG with more pictures behind the first
                picture.format = "JPEG"
            if picture.format == "JPEG" and _scans(file) > MAX_SCANS:
                raise UnidentifiedImageError("scans")
            picture.draft(None, _fitted(width, height))
            picture.load()
    # Made to do harm, a file can lead a decoder to any error at all.
    except Exception as error:
        raise ValidationError(
            _("This is not a JPEG, PNG, WebP or AVIF picture, or it is damaged."), code="unreadable"
        ) from error
    if width * height > MAX_PIXELS:
        raise ValidationError(_("The picture has more than 40 megapixels."), code="too_many_pixels")
    return picture


def cleaned(file: File) -> tuple[bytes, str]:
    """Return a picture's pixels as a file of the same format, and the format's name.

    Upright, in sRGB, at most MAX_SIDE long, one frame, no metadata. Raises ValidationError.
    """
    file.open()
    data = file.read()
    picture = opened(BytesIO(data))
    format_ = picture.format or ""
    options = dict(FORMATS[format_])
    large = max(picture.size) > MAX_SIDE
    if large and picture.mode in SCALED_FIRST and "transparency" not in picture.info:
        _shrink(picture)
    if pixels.is_plain(picture) and not large:
        made: Image.Image = picture
        made.info = {name: made.info[name] for name in ("transparency",) if name in made.info}
        if format_ == "JPEG":
            options["quality"] = "keep"  # the same tables: no visible loss
        if format_ == "WEBP" and b"VP8L" in data:
            options = {"lossless": True}
    else:
        made = pixels.plain(picture)
        _shrink(made)
        if format_ == "JPEG":
            made = made.convert("RGB")
    written = BytesIO()
    made.save(written, format_, **options)
    return written.getvalue(), format_


def _shrink(picture: Image.Image) -> None:
    """Make a picture no longer than MAX_SIDE, in place; a smaller one stays."""
    picture.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS, reducing_gap=3.0)


def _fitted(width: int, height: int) -> tuple[int, int]:
    """Return the size of a picture scaled to MAX_SIDE, or as it is where that is smaller."""
    longest = max(width, height, MAX_SIDE)
    return max(1, width * MAX_SIDE // longest), max(1, height * MAX_SIDE // longest)


def _scans(file: Any) -> int:
    """Count the scans of a JPEG: within one, an FF is never followed by DA."""
    position = file.tell()
    file.seek(0)
    count = file.read().count(b"\xff\xda")
    file.seek(position)
    return count
