"""The sources of an article: references in its text that lead to a list, and back. Pure.

A body holds `<sup><a href="#source-2">[2]</a></sup>` and `<ol class="sources">`, which can be
written by hand as well. What they lead to is marked when the page is made: bodies hold no ids.
"""

import re
from functools import lru_cache

from django.utils.html import escape
from django.utils.translation import gettext as _

from articles.html import BODIES

_ITEMS = re.compile(r"<(/?)(ol|ul|li)\b([^>]*)>")
_REFERENCE = re.compile(r'<a href="#source-(\d{1,4})"')


def anchor(number: int) -> str:
    """Return what leads to a source, counted from 1 over all lists of an article."""
    return f"source-{number}"


@lru_cache(maxsize=BODIES)
def anchors(body: str) -> frozenset[str]:
    """Return what leads to each source of a cleaned `body`."""
    if ' class="sources"' not in body:
        return frozenset()
    return frozenset(anchor(number) for number in range(1, _marked(body, frozenset())[1] + 1))


@lru_cache(maxsize=BODIES)
def with_sources(body: str) -> str:
    """Return a cleaned `body` whose references lead to sources, and these back to the first."""
    there, named = anchors(body), set[int]()

    def marked(reference: re.Match[str]) -> str:
        number = int(reference[1])
        if anchor(number) not in there or number in named:
            return reference[0]
        named.add(number)
        return f'<a id="{anchor(number)}-from" href="#{anchor(number)}"'

    return _marked(_REFERENCE.sub(marked, body), named)[0] if there else body


def _marked(body: str, named: frozenset[int] | set[int]) -> tuple[str, int]:
    """Mark each source, with a way back where it was `named`; and count them."""
    # Of each list that is open, whether its items are sources.
    lists: list[bool] = []
    count = 0

    def item(tag: re.Match[str]) -> str:
        nonlocal count
        closing, name, attributes = tag.groups()
        if name != "li":
            if closing:
                lists.pop()
            else:
                lists.append(' class="sources"' in attributes)
        elif lists and lists[-1]:
            if closing:
                return (_way_back(count) if count in named else "") + tag[0]
            count += 1
            return f'<li id="{anchor(count)}"{attributes}>'
        return tag[0]

    return _ITEMS.sub(item, body), count


def _way_back(number: int) -> str:
    label = escape(_("Back to where source %s is named") % number)
    return f' <a class="way-back" href="#{anchor(number)}-from" aria-label="{label}">↩</a>'
