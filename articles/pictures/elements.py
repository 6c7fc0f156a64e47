"""The elements that show a stored picture in the sizes and formats that there are of it."""

from collections.abc import Mapping
from functools import lru_cache
from html import escape, unescape
from typing import Any

from django.core.files.storage import default_storage
from django.utils.html import format_html
from django.utils.safestring import SafeString

from articles.pictures.bodies import IMAGE, SOURCE, WIDTH, stored_name

Size = tuple[int, int]

#: How wide a picture stands in each place, as static/css/site.css has it.
SIZES = {
    "wide": "(min-width: 64rem) 36rem, (min-width: 44rem) 40rem, 90vw",
    "card": "(min-width: 64rem) 20rem, (min-width: 36rem) 13rem, 90vw",
    "small": "6.5rem",
}
#: Pixels from which on a picture fills the column of the text, as it does in "wide".
COLUMN = 640
TYPES = ("avif", "webp")
IMAGE_ELEMENT = '<img src="{}" alt="{}" width="{}" height="{}"'
#: How many elements are remembered; a page has a dozen, and each takes long to put together.
REMEMBERED = 1_024
EAGER, LAZY = ' fetchpriority="high">', ' loading="lazy" decoding="async">'
_made: dict[tuple[Any, ...], Any] = {}


def plain(url: str, alt: str, size: Size, eager: bool) -> SafeString:
    """Return the element for a picture of which there are no copies."""
    return format_html(IMAGE_ELEMENT + (EAGER if eager else LAZY), url, alt, *size)


def offered(copies: Any, alt: str, size: Size, place: str, eager: bool) -> SafeString:
    """Return the element that lets browsers choose among the `copies` of a picture."""
    # The names tell what is in the copies, so one stands for all.
    key = copies["fallback"], alt, size, place, eager
    if (made := _made.get(key)) is None:
        image = plain(url_of(copies["fallback"]), alt, size, eager)
        choice = sources(copies, SIZES[place])
        made = _remember(key, format_html("<picture>{}{}</picture>", choice, image))
    return made


def with_copies(body: str, copies: Mapping[str, Any]) -> str:
    """Return cleaned `body` with its stored pictures in the `copies` that there are of each."""
    if not copies or "<img" not in body:
        return body
    return IMAGE.sub(lambda found: _within_text(found[0], copies), body)


def _within_text(image: str, copies: Mapping[str, Any]) -> str:
    """Return an element of the text, as it is but for where the picture comes from."""
    found = copies.get(_name(image))
    if not found:
        return image
    key = image, found["fallback"]
    if (made := _made.get(key)) is None:
        asked = WIDTH.search(image)
        width = int(asked[1]) if asked else COLUMN
        sizes = SIZES["wide"] if width >= COLUMN else f"(min-width: 44rem) {width}px, 90vw"
        address = escape(url_of(found["fallback"]))
        shown = SOURCE.sub(lambda _source: f' src="{address}"', image, count=1)
        made = _remember(key, f"<picture>{sources(found, sizes)}{shown}</picture>")
    return made


@lru_cache(maxsize=REMEMBERED)
def _name(image: str) -> str:
    source = SOURCE.search(image)
    return stored_name(unescape(source[1])) if source else ""


def _remember(key: tuple[Any, ...], made: Any) -> Any:
    if len(_made) >= REMEMBERED:
        _made.clear()
    _made[key] = made
    return made


def sources(copies: Any, sizes: str) -> SafeString:
    """Return the `source` elements, the best format first."""
    written = [
        format_html(
            '<source type="image/{}" srcset="{}" sizes="{}">', kind, _srcset(copies[kind]), sizes
        )
        for kind in TYPES
    ]
    return format_html("{}{}", *written)


def smallest(copies: Any) -> str:
    """Return the address of the smallest copy that every browser of the staff shows; "" of none."""
    return url_of(copies["webp"][0][1]) if copies else ""


def _srcset(copies: list[tuple[int, str]]) -> str:
    return ", ".join(f"{url_of(name)} {width}w" for width, name in copies)


@lru_cache(maxsize=4096)
def url_of(name: str) -> str:
    """The address of a stored file; it never changes, and storages take their time to tell it."""
    return default_storage.url(name)
