"""Whether the links of a body lead anywhere on this site, as the database knows it; no network.

Also finds what writers leave for later: "TK", to come.
"""

import re
from collections.abc import Callable, Iterator
from urllib.parse import unquote, urljoin, urlsplit

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.files.storage import default_storage
from django.db.models import QuerySet
from django.urls import Resolver404, resolve

from articles.contents import with_anchors
from articles.editing.markup import elements
from articles.models import Article, Author, Tag
from articles.sources import anchors as sources

_MARKER = re.compile(r"\bTK(?:TK)*\b")
#: Characters of the text around a mark that show where it is.
AROUND = 20
#: The ids that stand on every article's page besides those of its sections.
ANCHORS = {"main", "comments", "respond", "comments-title", "related-title"}
#: The name of a view -> the rows it shows, and how an address names them. Not `in_use` of tags and
#: authors: they are in use once the article that is being written has appeared.
ROWS: dict[str, tuple[Callable[[], QuerySet], str]] = {
    "articles:article": (lambda: Article.objects.published(), "slug"),
    "articles:tag": (lambda: Tag.objects.all(), "slug"),
    "articles:ticker": (lambda: Tag.objects.all(), "symbol"),
    "articles:author": (lambda: Author.objects.all(), "slug"),
}


def markers(text: str) -> Iterator[str]:
    """Yield the surroundings of each mark of something to come."""
    for found in _MARKER.finditer(text):
        yield text[max(0, found.start() - AROUND) : found.end() + AROUND].strip()


def broken(body: str, slug: str) -> list[str]:
    """Return the addresses in `body` that lead nowhere here; those of other sites are let be."""
    written = [each.get("href", "") for each in elements(body, "a")]
    written += [each.get("src", "") for each in elements(body, "img")]
    anchors = ANCHORS | sources(body) | {section.anchor for section in with_anchors(body)[1]}
    found, asked = [], dict[tuple[str, str], list[str]]()
    for address in dict.fromkeys(written):
        path = _own_path(address, slug)
        if path is None:
            continue
        if address.startswith("#"):
            if unquote(address[1:]) not in anchors:
                found.append(address)
        elif not path:
            found.append(address)
        elif path.startswith(settings.MEDIA_URL):
            if not _is_stored(path.removeprefix(settings.MEDIA_URL)):
                found.append(address)
        else:
            row = _row(path)
            if row is None:
                found.append(address)
            elif row[0] in ROWS:
                asked.setdefault(row, []).append(address)
    found += _of_missing_rows(asked, slug)
    return [address for address in dict.fromkeys(written) if address in found]


def _own_path(address: str, slug: str) -> str | None:
    """Return the path of an address on this site, None for one elsewhere, "" for no address."""
    base = f"{settings.SITE_URL}/articles/{slug}/"
    try:
        parts = urlsplit(urljoin(base, address.strip()))
    except ValueError:
        return ""
    site = urlsplit(settings.SITE_URL)
    if parts.scheme not in ("http", "https") or parts.netloc != site.netloc:
        return None
    path = unquote(parts.path) or "/"
    return (
        "" if "\0" in path else path
    )  # no file has such a name, and PostgreSQL takes no such text


def _is_stored(name: str) -> bool:
    try:
        return default_storage.exists(name)
    except (SuspiciousOperation, ValueError, OSError):
        return False  # outside of where files are stored, or no name of a file at all


def _row(path: str) -> tuple[str, str] | None:
    """Return which view answers `path`, and what row it would look for; None if none does."""
    try:
        match = resolve(path)
    except Resolver404:
        # What somebody types without the slash at its end is sent on.
        if path.endswith("/"):
            return None
        return _row(f"{path}/")
    _rows, field = ROWS.get(match.view_name, (None, ""))
    value = str(match.kwargs.get(field, ""))
    return match.view_name, value.upper() if field == "symbol" else value


def _of_missing_rows(asked: dict[tuple[str, str], list[str]], slug: str) -> list[str]:
    """Return the addresses whose row is not there; one query for each kind of row."""
    missing = []
    for view, (rows, field) in ROWS.items():
        wanted = {value: addresses for (name, value), addresses in asked.items() if name == view}
        if not wanted:
            continue
        known = set(rows().filter(**{f"{field}__in": wanted}).values_list(field, flat=True))
        if view == "articles:article":
            known.add(slug)
        for value in wanted.keys() - known:
            missing += wanted[value]
    return missing
