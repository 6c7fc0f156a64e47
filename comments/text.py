"""From what a reader typed to the HTML that readers see. Pure functions.

A comment is plain text: paragraphs, links made by themselves, and eight small tags. Everything
else stays visible as it was typed, so that "P/E < 20" or a forgotten tag loses nothing.
"""

import html
import re
import unicodedata

import nh3
from django.utils.html import urlize
from django.utils.safestring import SafeString

ALLOWED_TAGS = {"a", "b", "strong", "i", "em", "code", "pre", "blockquote"}
LINK_REL = "nofollow ugc noopener"

# Characters that turn the reading direction of what follows, or cannot be seen at all.
_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_UNSEEN = "\u00ad\u180e\u200b\u2060-\u2065\ufeff\ufff9-\ufffb\ufffe\uffff"
# Letters by their category, and empty to the eye: Hangul fillers and the blank Braille pattern.
_FILLERS = "\u115f\u1160\u2800\u3164\uffa0"
_DIRECTION = re.compile(f"[{_BIDI}]")
_NAME_STRIPPED = re.compile(f"[{_BIDI}{_UNSEEN}]")
# The last two are no characters at all; XML, and so every feed, breaks on them.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]")

# Allowed tags as `html.escape(quote=False)` leaves them: without attributes, but a link's address.
_TAG = re.compile(r"&lt;(/?(?:b|strong|i|em|code|pre|blockquote))&gt;", re.IGNORECASE)
_LINK = re.compile(
    r"&lt;a\s+(?P<href>href=\"https?://[^\"<>\s]+\")(?:\s+(?:title|rel|target)=\"[^\"<>]*\")*\s*&gt;"
    r"(?P<text>.*?)&lt;/a&gt;",
    re.IGNORECASE | re.DOTALL,
)
_LITERAL = re.compile(r"(<(?:a|code|pre)\b.*?</(?:a|code|pre)>|<[^>]+>)", re.DOTALL)
_WORD = re.compile(r"([\s<>\"']+)")
# `urlize` would put http:// in front of ftp://.
_OTHER_SCHEME = re.compile(r"(?!https?:)[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_BLOCK = re.compile(r"(<(pre|blockquote)>.*?</\2>)", re.DOTALL)


def clean_name(name: str) -> str:
    """Return `name` in one line, without characters that are unseen or turn the text around."""
    visible = _NAME_STRIPPED.sub("", unicodedata.normalize("NFC", name))
    return " ".join(visible.split())


def clean_text(text: str) -> str:
    """Return `text` with newlines as `\\n` and without control characters but tab and newline."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _DIRECTION.sub("", _CONTROL.sub("", text)).strip()


def is_visible(text: str) -> bool:
    """Tell whether a reader would see anything at all of `text`."""
    return any(unicodedata.category(each)[0] in "LNPS" and each not in _FILLERS for each in text)


def has_control_characters(text: str) -> bool:
    return bool(_CONTROL.search(text) or "\n" in text or "\t" in text)


def render(text: str) -> str:
    """Return the HTML of a comment: safe to be shown as it is, whatever `text` holds."""
    escaped = html.escape(text, quote=False)
    tagged = _LINK.sub(lambda link: f"<a {html.unescape(link['href'])}>{link['text']}</a>", escaped)
    tagged = _TAG.sub(r"<\1>", tagged)
    balanced = _sanitize(tagged, ALLOWED_TAGS)
    linked = "".join(
        part if part.startswith("<") else _autolink(part) for part in _LITERAL.split(balanced)
    )
    return _sanitize(_paragraphs(linked), ALLOWED_TAGS | {"p", "br"})


def without_links(rendered: str) -> str:
    """Return `rendered` with its links as mere text, for a preview that must not serve spam."""
    return _sanitize(rendered, (ALLOWED_TAGS | {"p", "br"}) - {"a"})


def as_plain(rendered: str) -> str:
    """Return what a reader of `rendered` would see, as plain text with its line breaks."""
    broken = re.sub(r"</p>|</pre>|</blockquote>", "\n\n", rendered.replace("<br>", "\n"))
    words = html.unescape(re.sub(r"<[^>]*>", "", broken))
    return re.sub(r"\n{3,}", "\n\n", words).strip()


def _sanitize(markup: str, tags: set[str]) -> str:
    return nh3.clean(
        markup,
        tags=tags,
        attributes={"a": {"href"}} if "a" in tags else {},
        url_schemes={"http", "https"},
        link_rel=LINK_REL if "a" in tags else None,
    )


def _autolink(escaped: str) -> str:
    """Turn the web addresses of a stretch of escaped text into links; mail addresses stay text."""
    # A word at a time and escaped: `urlize` unescapes what it takes for an address, and would
    # otherwise read the "&currency=" of one as the entity "&curren" and break the link.
    words = (html.escape(word, quote=False) for word in _WORD.split(html.unescape(escaped)))
    linked = "".join(
        word if _OTHER_SCHEME.match(word) else urlize(SafeString(word), autoescape=True)
        for word in words
    )
    return re.sub(r'<a href="mailto:[^"]*">([^<]*)</a>', r"\1", linked)


def _paragraphs(markup: str) -> str:
    """Wrap what blank lines separate in p; a pre or a blockquote stands on its own."""
    parts = []
    for index, part in enumerate(_BLOCK.split(markup)):
        if index % 3 == 1:  # a whole block; its paragraphs, if it may have any
            quote = part.removeprefix("<blockquote>").removesuffix("</blockquote>")
            parts.append(part if quote == part else f"<blockquote>{_plain(quote)}</blockquote>")
        elif index % 3 == 0:
            parts.append(_plain(part))
    return "".join(parts)


def _plain(markup: str) -> str:
    paragraphs = (paragraph.strip() for paragraph in re.split(r"\n{2,}", markup))
    return "".join(f"<p>{p.replace(chr(10), '<br>')}</p>" for p in paragraphs if p)
