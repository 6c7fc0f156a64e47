"""Read a WordPress export (WXR 1.0 to 1.2) piece by piece. Pure: no database, no network.

A file may be of any size; only one post with its comments is held at a time. A hostile one does
no harm: a document type is refused before anything else is read, so there are no entities to
expand; and ElementTree never fetches what a file points to.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import BinaryIO
from xml.parsers import expat

from wordpress.pieces import Author, Piece, Post, PostComment, Site, Term

VERSIONS = ("1.0", "1.1", "1.2")
#: Our own additions to the format, which WordPress passes over.
OURS = "https://marginalia.invalid/export/1.0/"

_NAMESPACES = (
    # WordPress itself writes http, WordPress.com and others https.
    (re.compile(r"https?://wordpress\.org/export/[\d.]+/excerpt/"), "excerpt"),
    (re.compile(r"https?://wordpress\.org/export/[\d.]+/"), "wp"),
    (re.compile(r"http://purl\.org/rss/1\.0/modules/content/"), "content"),
    (re.compile(r"http://purl\.org/dc/elements/1\.1/"), "dc"),
    (re.compile(re.escape(OURS)), "marginalia"),
)
# XML forbids them and WordPress exports them. In UTF-8 no other character contains these bytes.
_FORBIDDEN = bytes(set(range(32)) - set(b"\t\n\r"))
_BEFORE_XML = b"\xef\xbb\xbf \t\r\n"
# Expat's words for a file that ends too early: no element found, and unclosed tokens.
_CUT_OFF = {3, 5, 6, 20}


class WxrError(Exception):
    """The file cannot be read; its text says why and in which line."""

    def __init__(self, reason: str, line: int) -> None:
        self.line = line
        super().__init__(f"line {line}: {reason}")


def read(path: Path) -> Iterator[Piece]:
    """Yield what the file holds, in its order: the Site first, then authors, terms and posts.

    Raises WxrError for a file that is not XML, not WXR, or cut off.
    """
    with path.open("rb") as file:
        source = _Source(file)
        try:
            yield from _pieces(source)
        except (ET.ParseError, expat.ExpatError) as error:
            line = (error.position[0] if isinstance(error, ET.ParseError) else error.lineno) or 1
            # Before the first element the file is not cut off but something else.
            if error.code in _CUT_OFF and source.root_line:
                reason = "the file ends in the middle; was the download cut off?"
            else:
                reason = f"this is not XML ({expat.ErrorString(error.code)})"
            raise WxrError(reason, line + source.lines_skipped) from error


class _Source:
    """The bytes of a file as the parser may have them; refuses what no export begins with."""

    def __init__(self, file: BinaryIO) -> None:
        self.lines_skipped = 0
        self.root_line = 0
        self._file = file
        self._begun = False
        self._guard = expat.ParserCreate()
        self._guard.StartDoctypeDeclHandler = self._refuse_doctype
        self._guard.StartElementHandler = self._check_root

    def read(self, size: int = -1, /) -> bytes:
        while data := self._file.read(size):
            data = data.translate(None, _FORBIDDEN)
            if not self._begun:
                # Plugins print empty lines before the XML declaration.
                kept = data.lstrip(_BEFORE_XML)
                self.lines_skipped += data[: len(data) - len(kept)].count(b"\n")
                data = kept
            if data:
                self._begun = True
                break
        if not self.root_line:
            self._guard.Parse(data, not data)
        return data

    def _refuse_doctype(self, *declaration: object) -> None:
        line = self._guard.CurrentLineNumber + self.lines_skipped
        raise WxrError("this has a document type, which no WordPress export has", line)

    def _check_root(self, name: str, attributes: object) -> None:
        if self.root_line:
            return
        self.root_line = self._guard.CurrentLineNumber + self.lines_skipped
        if name != "rss":
            raise WxrError(f"this is not a WordPress export but <{name}>", self.root_line)


def _pieces(source: _Source) -> Iterator[Piece]:
    head: dict[str, str] = {}
    site: Site | None = None
    open_elements: list[ET.Element] = []
    for event, element in ET.iterparse(source, ("start", "end")):  # noqa: S314  (see above)
        if event == "start":
            open_elements.append(element)
            continue
        open_elements.pop()
        if len(open_elements) != 2:  # rss and channel: only what stands right below them counts
            continue
        name = _name(element.tag)
        if name in _READERS:
            if site is None:
                site = _site(head, source.root_line)
                yield site
            yield _READERS[name](element)
        else:
            head.setdefault(name, _text(element))
        open_elements[-1].clear()  # or the whole file would pile up below <channel>
    if site is None:
        yield _site(head, source.root_line)


@cache
def _name(tag: str) -> str:
    """Return "wp:post_id" for "{http://wordpress.org/export/1.2/}post_id"."""
    namespace, brace, local = tag.rpartition("}")
    if not brace:
        return tag
    prefixes = (prefix for pattern, prefix in _NAMESPACES if pattern.fullmatch(namespace[1:]))
    return f"{next(prefixes, 'other')}:{local}"


def _text(element: ET.Element) -> str:
    return (element.text or "").strip()


def _fields(element: ET.Element) -> dict[str, str]:
    fields: dict[str, str] = {}
    for child in element:
        fields.setdefault(_name(child.tag), _text(child))
    return fields


def _site(head: dict[str, str], line: int) -> Site:
    version = head.get("wp:wxr_version", "")
    if not version:
        raise WxrError("this is an RSS feed but not a WordPress export", line)
    if version not in VERSIONS:
        raise WxrError(f"WXR {version} is not known here; {', '.join(VERSIONS)} are", line)
    link = head.get("wp:base_blog_url") or head.get("link", "")
    return Site(link=link, exported=head.get("pubDate", ""))


def _author(element: ET.Element) -> Author:
    fields = _fields(element)
    login = fields.get("wp:author_login", "")
    return Author(
        login=login,
        name=fields.get("wp:author_display_name") or login,
        role=fields.get("marginalia:role", ""),
        bio=fields.get("marginalia:bio", ""),
    )


def _category(element: ET.Element) -> Term:
    fields = _fields(element)
    return Term(
        kind="category",
        slug=fields.get("wp:category_nicename", ""),
        name=fields.get("wp:cat_name", ""),
        description=fields.get("wp:category_description", ""),
    )


def _tag(element: ET.Element) -> Term:
    fields = _fields(element)
    return Term(
        kind="post_tag",
        slug=fields.get("wp:tag_slug", ""),
        name=fields.get("wp:tag_name", ""),
        description=fields.get("wp:tag_description", ""),
        meta=_meta(element, "wp:termmeta"),
    )


def _post(element: ET.Element) -> Post:
    fields = _fields(element)
    return Post(
        id=fields.get("wp:post_id", ""),
        type=fields.get("wp:post_type", ""),
        status=fields.get("wp:status", ""),
        title=fields.get("title", ""),
        slug=fields.get("wp:post_name", ""),
        link=fields.get("link", ""),
        creator=fields.get("dc:creator", ""),
        content=fields.get("content:encoded", ""),
        excerpt=fields.get("excerpt:encoded", ""),
        password=fields.get("wp:post_password", ""),
        date=fields.get("wp:post_date", ""),
        date_gmt=fields.get("wp:post_date_gmt", ""),
        published=fields.get("pubDate", ""),
        modified_gmt=fields.get("wp:post_modified_gmt", ""),
        comment_status=fields.get("wp:comment_status", ""),
        terms=[
            # WXR 1.0 says "tag" and names each term twice, once without a slug.
            Term({"tag": "post_tag"}.get(kind, kind), child.get("nicename", ""), _text(child))
            for child in element
            if child.tag == "category" and (kind := child.get("domain", ""))
        ],
        comments=[
            _comment(child, otherwise=f"{fields.get('wp:post_id')}-{number}")
            for number, child in enumerate(element)
            if _name(child.tag) == "wp:comment"
        ],
    )


def _comment(element: ET.Element, *, otherwise: str) -> PostComment:
    fields = _fields(element)
    return PostComment(
        id=fields.get("wp:comment_id") or otherwise,
        parent=fields.get("wp:comment_parent", ""),
        name=fields.get("wp:comment_author", ""),
        email=fields.get("wp:comment_author_email", ""),
        url=fields.get("wp:comment_author_url", ""),
        ip=fields.get("wp:comment_author_IP", ""),
        date=fields.get("wp:comment_date", ""),
        date_gmt=fields.get("wp:comment_date_gmt", ""),
        content=fields.get("wp:comment_content", ""),
        approved=fields.get("wp:comment_approved", ""),
        type=fields.get("wp:comment_type", ""),
        meta=_meta(element, "wp:commentmeta"),
    )


def _meta(element: ET.Element, name: str) -> dict[str, str]:
    """Return the keys and values of the children called `name`."""
    rows = (_fields(child) for child in element if _name(child.tag) == name)
    return {row.get("wp:meta_key", ""): row.get("wp:meta_value", "") for row in rows}


_READERS: dict[str, Callable[[ET.Element], Piece]] = {
    "wp:author": _author,
    "wp:category": _category,
    "wp:tag": _tag,
    "item": _post,
}
