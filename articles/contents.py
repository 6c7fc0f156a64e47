"""The table of contents of an article: its sections, each with a place to link to. Pure."""

import re
from dataclasses import dataclass
from functools import lru_cache
from html import unescape

import nh3
from django.utils.html import escape
from django.utils.text import slugify

from articles.html import BODIES

#: What stands before a section's name in the address, so that it is no other id of the page.
PREFIX = "section-"
_HEADING = re.compile(r"<h2((?:\s[^>]*)?)>(.*?)</h2>", re.DOTALL)


@dataclass(frozen=True)
class Section:
    """One heading of the first level; `title` is plain text, `anchor` what an address ends with."""

    anchor: str
    title: str


@lru_cache(maxsize=BODIES)
def with_anchors(body: str) -> tuple[str, tuple[Section, ...]]:
    """Return a cleaned `body` whose sections can be linked to, and the sections in their order.

    Two of one name are told apart by a number; a heading without a word is left alone.
    """
    sections: list[Section] = []
    taken = set[str]()

    def anchored(heading: re.Match[str]) -> str:
        title = " ".join(_text(heading[2]).split())
        if not title:
            return heading[0]
        name = slugify(title, allow_unicode=True) or str(len(sections) + 1)
        anchor, number = f"{PREFIX}{name}", 1
        while anchor in taken:
            number += 1
            anchor = f"{PREFIX}{name}-{number}"
        taken.add(anchor)
        sections.append(Section(anchor, title))
        return f'<h2 id="{escape(anchor)}"{heading[1]}>{heading[2]}</h2>'

    return _HEADING.sub(anchored, body), tuple(sections)


def _text(html: str) -> str:
    """Return what a reader sees of a heading, entities and all as plain characters."""
    return unescape(nh3.clean(html.replace("<br>", " "), tags=set()))
