"""Between a reader's text here and the HTML of a comment in WordPress. Pure functions."""

import html
import re

from comments import text

_ANY_TAG = re.compile(r"(</?[a-zA-Z!][^>]*>)")
_SMALL_TAG = re.compile(r"<(/?)(b|strong|i|em|code|pre|blockquote)\b[^>]*>", re.IGNORECASE)
_LINK = re.compile(r"""<a\s[^>]*?\bhref\s*=\s*["']?(https?://[^"'<>\s]+)[^>]*>""", re.IGNORECASE)
_PICTURE = re.compile(r"""<img\s[^>]*?\bsrc\s*=\s*["']?(https?://[^"'<>\s]+)""", re.IGNORECASE)
#: A tag as a reader may write it, within escaped text.
_READERS_TAG = re.compile(
    r"&lt;(/?(?:b|strong|i|em|code|pre|blockquote)|a\s+href=\"https?://[^\"<>\s]+\"\s*|/a)&gt;",
    re.IGNORECASE,
)
#: The same after unescaping: a tag that somebody wrote about.
_MENTIONED_TAG = re.compile(_READERS_TAG.pattern.replace("&lt;", "<").replace("&gt;", ">"), re.I)
_LINE_TAGS = {"br": "\n", "li": "\n- ", **dict.fromkeys(("div", "ul", "ol", "tr"), "\n")}


def from_wordpress(stored: str) -> str:
    """Return the HTML of a WordPress comment as the plain text that a reader would write here.

    The small tags that readers may use stay; others leave their contents behind. One that is
    only mentioned (&lt;b&gt;) is set in ‹b›, since a reader's text cannot escape it.
    """
    parts = _ANY_TAG.split(stored)
    has_lines = False
    for index in range(1, len(parts), 2):
        tag = parts[index]
        parts[index] = _readers_tag(tag)
        has_lines |= parts[index].startswith("\n")
    for index in range(0, len(parts), 2):
        parts[index] = _MENTIONED_TAG.sub(r"‹\1›", html.unescape(parts[index]))
    written = "".join(parts)
    return text.clean_text(re.sub(r"\n{3,}", "\n\n", written) if has_lines else written)


def _readers_tag(tag: str) -> str:
    """Return what stands for one tag in a reader's text."""
    if _READERS_TAG.fullmatch(html.escape(html.unescape(tag), quote=False)):
        return html.unescape(tag)
    if small := _SMALL_TAG.fullmatch(tag):
        return f"<{small[1]}{small[2].lower()}>"
    if link := _LINK.fullmatch(tag):
        return f'<a href="{html.unescape(link[1])}">'
    if picture := _PICTURE.match(tag):
        return html.unescape(picture[1])
    name = tag.strip("</>").split()[0].lower() if tag.strip("</>") else ""
    if name == "p" or re.fullmatch("h[1-6]", name):
        return "\n\n"
    is_end = tag.startswith("</")
    return "\n" if is_end and name in ("div", "li") else "" if is_end else _LINE_TAGS.get(name, "")


def to_wordpress(written: str) -> str:
    """Return a reader's text as WordPress stores comments; `from_wordpress` takes it back."""
    return _READERS_TAG.sub(lambda tag: f"<{tag[1]}>", html.escape(written, quote=False))
