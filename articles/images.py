"""Which pictures may be uploaded, and how they are kept."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.validators import FileExtensionValidator
from django.db import models
from django.utils.translation import gettext as _
from PIL import Image, UnidentifiedImageError

MAX_BYTES = 10 * 1024 * 1024
#: 40 megapixels: above any camera an editor uses, far below what exhausts a server's memory.
MAX_PIXELS = 40_000_000
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF")

validate_extension = FileExtensionValidator(["jpg", "jpeg", "png", "webp", "avif"])


class PictureField(models.ImageField):
    """An ImageField whose row can still be edited when its file is gone from the disk."""

    def update_dimension_fields(self, instance: models.Model, *args: Any, **kwargs: Any) -> None:
        try:
            super().update_dimension_fields(instance, *args, **kwargs)
        except FileNotFoundError:
            return  # the size that was noted when it came in stays


def validate_picture(file: File) -> None:
    """Raise ValidationError unless `file` is a picture of a kind and size we serve.

    Only the header is read, so a decompression bomb is refused before it is unpacked.
    """
    if getattr(file, "_committed", False):
        return  # stored already, and looked at when it came in
    if file.size > MAX_BYTES:
        raise ValidationError(_("The picture is larger than 10 MB."), code="too_large")
    position = file.tell() if not file.closed else 0
    file.open()
    try:
        with Image.open(file, formats=FORMATS) as picture:
            width, height = picture.size
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError) as error:
        raise ValidationError(
            _("This is not a JPEG, PNG, WebP or AVIF picture, or it is damaged."), code="unreadable"
        ) from error
    finally:
        file.seek(position)
    if width * height > MAX_PIXELS:
        raise ValidationError(_("The picture has more than 40 megapixels."), code="too_many_pixels")
