"""`{% picture %}`: a stored picture in the sizes and formats that there are of it."""

from functools import lru_cache
from typing import Any

from django import template
from django.core.files.storage import default_storage
from django.utils.html import format_html
from django.utils.safestring import SafeString

from articles.images import PictureFile

register = template.Library()

#: How wide a picture stands in each place, as static/css/site.css has it.
SIZES = {
    "wide": "(min-width: 64rem) 36rem, (min-width: 44rem) 40rem, 90vw",
    "card": "(min-width: 64rem) 20rem, (min-width: 36rem) 13rem, 90vw",
    "small": "6.5rem",
}
TYPES = ("avif", "webp")
IMAGE = '<img src="{}" alt="{}" width="{}" height="{}"'
EAGER, LAZY = ' fetchpriority="high">', ' loading="lazy" decoding="async">'


@register.simple_tag
def picture(shown: PictureFile, *, alt: str, place: str, eager: bool = False) -> SafeString:
    """Return the element for an article's picture; `place` is one of SIZES.

    The one picture that a page opens with is `eager`; the others come when they are near.
    Until its copies are made, the picture itself stands for them all.
    """
    article: Any = shown.instance
    copies = article.picture_copies
    ready = copies.get("source") == shown.name
    image = format_html(
        IMAGE + (EAGER if eager else LAZY),
        _url(copies["fallback"]) if ready else shown.url,
        alt,
        article.picture_width,
        article.picture_height,
    )
    if not ready:
        return image
    sizes = SIZES[place]
    sources = [
        format_html(
            '<source type="image/{}" srcset="{}" sizes="{}">', kind, _srcset(copies[kind]), sizes
        )
        for kind in TYPES
    ]
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
