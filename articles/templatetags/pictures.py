"""`{% picture %}`: a stored picture in the sizes and formats that there are of it."""

from typing import Any

from django import template
from django.utils.safestring import SafeString

from articles.images import PictureFile
from articles.pictures import elements

register = template.Library()


@register.simple_tag
def picture(shown: PictureFile, *, alt: str, place: str, eager: bool = False) -> SafeString:
    """Return the element for an article's picture; `place` is one of `elements.SIZES`.

    The one picture that a page opens with is `eager`; the others come when they are near.
    Until its copies are made, the picture itself stands for them all.
    """
    article: Any = shown.instance
    copies = article.picture_copies
    size = article.picture_width, article.picture_height
    if copies.get("source") != shown.name:
        return elements.plain(shown.url, alt, size, eager)
    return elements.offered(copies, alt, size, place, eager)


@register.filter
def stored_url(name: str) -> str:
    """Return the address of a stored file, such as `article.share_picture`."""
    return elements.url_of(name)
