"""`{% picture %}`: a stored picture in the sizes and formats that there are of it."""

from functools import lru_cache
from typing import Any

from django import template
from django.core.files.storage import default_storage
from django.utils.html import format_html
from django.utils.safestring import SafeString

from articles.images import PictureFile

register = template.Library()

Size = tuple[int, int]

#: How wide a picture stands in each place, as static/css/site.css has it.
SIZES = {
    "wide": "(min-width: 64rem) 36rem, (min-width: 44rem) 40rem, 90vw",
    "card": "(min-width: 64rem) 20rem, (min-width: 36rem) 13rem, 90vw",
    "small": "6.5rem",
}
TYPES = ("avif", "webp")
IMAGE = '<img src="{}" alt="{}" width="{}" height="{}"'
#: How many elements are remembered; a page has a dozen, and each takes long to put together.
REMEMBERED = 1_024
EAGER, LAZY = ' fetchpriority="high">', ' loading="lazy" decoding="async">'
_made: dict[tuple[Any, ...], SafeString] = {}


@register.simple_tag
def picture(shown: PictureFile, *, alt: str, place: str, eager: bool = False) -> SafeString:
    """Return the element for an article's picture; `place` is one of SIZES.

    The one picture that a page opens with is `eager`; the others come when they are near.
    Until its copies are made, the picture itself stands for them all.
    """
    article: Any = shown.instance
    copies = article.picture_copies
    size = article.picture_width, article.picture_height
    if copies.get("source") != shown.name:
        return _image(shown.url, alt, size, eager)
    # The names tell what is in the copies, so one stands for all.
    name = copies["fallback"]
    made = _made.get((name, alt, size, place, eager))
    if made is None:
        if len(_made) >= REMEMBERED:
            _made.clear()
        made = _made[name, alt, size, place, eager] = _element(copies, alt, size, place, eager)
    return made


def _image(url: str, alt: str, size: Size, eager: bool) -> SafeString:
    return format_html(IMAGE + (EAGER if eager else LAZY), url, alt, *size)


def _element(copies: Any, alt: str, size: Size, place: str, eager: bool) -> SafeString:
    sizes = SIZES[place]
    sources = [
        format_html(
            '<source type="image/{}" srcset="{}" sizes="{}">', kind, _srcset(copies[kind]), sizes
        )
        for kind in TYPES
    ]
    image = _image(_url(copies["fallback"]), alt, size, eager)
    return format_html("<picture>{}{}{}</picture>", *sources, image)


@register.filter
def stored_url(name: str) -> str:
    """Return the address of a stored file, such as `article.share_picture`."""
    return _url(name)


def _srcset(copies: list[tuple[int, str]]) -> str:
    return ", ".join(f"{_url(name)} {width}w" for width, name in copies)


@lru_cache(maxsize=4096)
def _url(name: str) -> str:
    """The address of a copy; it never changes, and storages take their time to tell it."""
    return default_storage.url(name)
