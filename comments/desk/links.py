"""Where the links of a comment lead, written out beside their words."""

import html
import re

_LINK = re.compile(r'<a href="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)
_TAGS = re.compile(r"<[^>]*>")


def written_out(rendered: str) -> str:
    """Return the HTML of a comment with each link's address behind it, where its words differ.

    `rendered` is what `comments.text.render` made; so is what is returned: safe to be shown.
    """

    def beside(link: re.Match[str]) -> str:
        address = html.unescape(link[1])
        words = html.unescape(_TAGS.sub("", link[2])).strip()
        if _plain(words) == _plain(address):
            return link[0]
        return f'{link[0]} <span class="desk-target">{html.escape(address)}</span>'

    return _LINK.sub(beside, rendered)


def count(rendered: str) -> int:
    return len(_LINK.findall(rendered))


def _plain(address: str) -> str:
    return address.removeprefix("https://").removeprefix("http://").rstrip("/")
