"""Read the HTML of an article's body, for checks and comparisons. Pure functions."""

import re
from collections.abc import Iterator
from html import unescape

from articles.html import plain_text

#: Markup and text in turn; a quoted value may hold a ">".
TAGS_APART = re.compile(r"""(<(?:"[^"]*"|[^">])*>)""")
TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)(.*?)/?>\Z", re.DOTALL)
_ATTRIBUTE = re.compile(r'([a-zA-Z-]+)(?:="([^"]*)")?')
_HEADING = re.compile(r"<h([2-4])(?:\s[^>]*)?>(.*?)</h\1>", re.DOTALL)


def attributes(written: str) -> dict[str, str]:
    """Return the attributes of a tag, from what stands between its name and its end."""
    return {found[1].lower(): unescape(found[2] or "") for found in _ATTRIBUTE.finditer(written)}


def elements(body: str, name: str) -> Iterator[dict[str, str]]:
    """Yield the attributes of every element of this name, in their order."""
    for part in TAGS_APART.findall(body):
        tag = TAG.match(part)
        if tag and not tag[1] and tag[2].lower() == name:
            yield attributes(tag[3])


def pictures_without_alt(body: str) -> list[str]:
    """Return the addresses of pictures that say neither what they show nor that it is nothing."""
    return [each.get("src", "?") for each in elements(body, "img") if "alt" not in each]


def headings(body: str) -> Iterator[tuple[int, str]]:
    """Yield the level and the words of each heading."""
    for found in _HEADING.finditer(body):
        yield int(found[1]), plain_text(found[2])
