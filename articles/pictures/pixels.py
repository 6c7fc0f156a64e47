"""Pictures as browsers show them: upright, in sRGB, eight bits a channel. Pure functions."""

from io import BytesIO

from PIL import Image, ImageCms, ImageOps

ORIENTATION = 0x0112  # the EXIF tag that says how the camera was held
_SRGB = ImageCms.createProfile("sRGB")
#: Without a letter of transparency, but with an entry for it in the picture's information.
_KEYED = ("1", "L", "P", "RGB")


def is_plain(picture: Image.Image) -> bool:
    """Tell whether a picture's pixels can be shown as they are: neither turned nor in ink."""
    profile = picture.info.get("icc_profile")
    return (
        picture.getexif().get(ORIENTATION, 1) == 1
        and picture.mode in ("1", "L", "LA", "P", "RGB", "RGBA")
        and (not profile or _is_srgb(profile))
    )


def plain(picture: Image.Image) -> Image.Image:
    """Return the first frame in mode RGB, or RGBA where it is transparent, with no metadata."""
    picture.seek(0)
    profile = picture.info.get("icc_profile")
    upright = ImageOps.exif_transpose(picture)
    if upright.mode.startswith("I;16"):
        upright = upright.point(lambda value: value / 256).convert("L")
    elif upright.mode in ("I", "F"):
        upright = upright.convert("F").point(lambda value: value / 256).convert("L")
    transparent = upright.mode in ("LA", "PA", "La", "RGBA", "RGBa") or (
        upright.mode in _KEYED and "transparency" in upright.info
    )
    wanted = "RGBA" if transparent else "RGB"
    if profile and not _is_srgb(profile):
        upright = _in_srgb(upright, profile, wanted)
    made = upright.convert(wanted)
    if made.mode == "RGBA" and made.getchannel("A").getextrema() == (255, 255):
        made = made.convert("RGB")
    made.info.clear()
    return made


def fitting(picture: Image.Image, width: int) -> Image.Image:
    """Return `picture` scaled down to `width`."""
    height = max(1, round(picture.height * width / picture.width))
    return picture.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)


def _is_srgb(profile: bytes) -> bool:
    try:
        said = ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(BytesIO(profile)))
    except (ImageCms.PyCMSError, OSError):
        return True  # a profile that nobody can read says nothing
    return "sRGB" in said


def _in_srgb(picture: Image.Image, profile: bytes, wanted: str) -> Image.Image:
    if picture.mode not in ("L", "RGB", "RGBA", "CMYK", "LAB"):
        picture = picture.convert(wanted)
    try:
        return (
            ImageCms.profileToProfile(
                picture, ImageCms.ImageCmsProfile(BytesIO(profile)), _SRGB, outputMode=wanted
            )
            or picture
        )
    except (ImageCms.PyCMSError, OSError):
        return picture  # the profile is of another kind of picture: then it was never right
