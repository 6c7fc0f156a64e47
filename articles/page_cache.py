"""Finished pages, kept in front of Django: a page that has been asked for is not made again.

`PageCache` wraps the WSGI application and keeps whole answers to anonymous GET requests whose view
is `shareable` (articles/finished.py). All of them hang on one value in the shared cache, the site's
*generation*: `changed` renews it after every public change, and each process looks at it at most
once a second. So nothing is ever purged, no page is older than a second, and any number of
processes and machines agree. DESIGN.md section 6.

The site is correct without it: PAGE_CACHE_BYTES=0 switches it off.
"""

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from articles.finished import ENCODINGS, HEADER_MOST, Headers, Page, best_encoding, matches
from articles.generation import Generation
from articles.page_counts import PageCounts

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]

#: For caches beyond ours. Browsers ask again each time; a 304 is cheap.
SHARED = "public, max-age=0, s-maxage=30, stale-while-revalidate=60"
STORED_STATUSES = ("200", "301")
#: How long an old page stands in for one that could not be made: who asks again in that time is
#: not kept waiting for a database that is away.
OUTAGE_SECONDS = 5
#: How long a request waits for another one that is making the same page.
PATIENCE_SECONDS = 10
#: The parameters that public pages read. An address with any other is answered and not kept: a
#: stranger could make up as many as there is memory.
PARAMETERS = ("p", "page", "comments", "order", "thread", "replytocom", "removed")
QUERY_MOST = 100
#: Parameters that tell a site's owner where a reader came from, and no view what to show.
TRACKING = ("fbclid", "gclid", "dclid", "msclkid", "twclid", "mc_cid", "mc_eid", "igshid", "ref")
_HOP = {"content-length", "content-encoding", "vary", "etag", "date", "server", "connection"}


def shareable(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Mark a view whose answer is the same for every reader, to the byte."""

    @wraps(view)
    def marked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if request.method in ("GET", "HEAD") and "Cache-Control" not in response:
            response["Cache-Control"] = SHARED
        return response

    return marked


class PageCache:
    """A WSGI application that answers from memory what it may, and asks `application` the rest."""

    def __init__(
        self, application: Application, generation: Generation, *, most_bytes: int
    ) -> None:
        self.application = application
        self.generation = generation
        self.most_bytes = most_bytes
        self._session = f"{settings.SESSION_COOKIE_NAME}="
        self.hits = self.misses = self.bytes = 0
        self._pages: OrderedDict[tuple, Page] = OrderedDict()
        self._lock = threading.Lock()
        self._being_made: dict[tuple, threading.Event] = {}
        self._counts = PageCounts(self.statistics)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if not self.most_bytes or not self._is_anonymous_read(environ):
            return self.application(environ, start_response)
        if time.monotonic() >= self._counts.next_at:
            self._counts.note()
        key = _key(environ)
        if key[-1] and not _is_ours(key[-1]):  # searches, say: compressed as Django does it
            return self.application({**environ, "QUERY_STRING": key[-1]}, start_response)
        generation = self.generation.current()
        page = self._fresh(key, generation)
        if page is not None:
            return self._answer(key, page, environ, start_response)
        if environ["REQUEST_METHOD"] == "HEAD":
            return self.application(environ, start_response)
        made = self._make_or_wait(key, generation, environ, start_response)
        return self._answer(key, made, environ, start_response) if isinstance(made, Page) else made

    def statistics(self) -> dict[str, int]:
        """Hits, misses, pages and bytes of this process since it started."""
        with self._lock:
            return {
                "hits": self.hits,
                "misses": self.misses,
                "pages": len(self._pages),
                "bytes": self.bytes,
            }

    def _is_anonymous_read(self, environ: dict[str, Any]) -> bool:
        return (
            environ["REQUEST_METHOD"] in ("GET", "HEAD")
            and self._session not in environ.get("HTTP_COOKIE", "")
            and "HTTP_AUTHORIZATION" not in environ
            and "HTTP_RANGE" not in environ
            # Files lie compressed beside themselves, and their 304 costs nothing.
            and not environ.get("PATH_INFO", "").startswith(settings.STATIC_URL)
        )

    def _fresh(self, key: tuple, generation: object) -> Page | None:
        with self._lock:
            page = self._pages.get(key)
            if page is None or not page.is_fresh(generation):
                return None
            self._pages.move_to_end(key)
            self.hits += 1
            return page

    def _make_or_wait(
        self, key: tuple, generation: object, environ: dict[str, Any], start_response: Any
    ) -> Page | Iterable[bytes]:
        """Make the page, or wait for the request that is making it just now."""
        with self._lock:
            other = self._being_made.get(key)
            if other is None:
                mine = self._being_made[key] = threading.Event()
        if other is not None:
            other.wait(PATIENCE_SECONDS)
            # Not to be kept, it seems: then everybody makes their own.
            return self._fresh(key, generation) or self.application(environ, start_response)
        try:
            return self._make(key, generation, environ, start_response)
        finally:
            with self._lock:
                self._being_made.pop(key, None)
            mine.set()

    def _make(
        self, key: tuple, generation: object, environ: dict[str, Any], start_response: Any
    ) -> Page | Iterable[bytes]:
        """Ask the application; keep what may be kept, and answer an outage with what was kept."""
        told: list[Any] = []
        plain = {**environ, "QUERY_STRING": key[-1]}
        for conditional in ("HTTP_ACCEPT_ENCODING", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE"):
            plain.pop(conditional, None)
        result = self.application(plain, lambda *arguments: told.extend([arguments]))
        status, headers = told[0][:2]
        with self._lock:
            self.misses += 1
            stale = self._pages.get(key)
        # Old by the clock, but nothing public has changed since: what was erased stays erased.
        if status[:1] == "5" and stale is not None and stale.generation == generation:
            _close(result)
            stale.good_until = time.monotonic() + OUTAGE_SECONDS
            return stale
        if not _may_be_kept(status, headers):
            start_response(*told[0])
            return result
        try:
            body = b"".join(result)
        finally:
            _close(result)
        page = Page(
            status,
            [(name, value) for name, value in headers if name.lower() not in _HOP],
            ENCODINGS["br"](body),
            len(body),
            generation,
            f'W/"{hashlib.blake2b(body, digest_size=12).hexdigest()}"',
        )
        self._keep(key, page)
        return page

    def _keep(self, key: tuple, page: Page) -> None:
        with self._lock:
            former = self._pages.pop(key, None)
            self._pages[key] = page
            self.bytes += page.size - (former.size if former else 0)
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        while self.bytes > self.most_bytes and self._pages:
            _key, oldest = self._pages.popitem(last=False)
            self.bytes -= oldest.size

    def _answer(
        self, key: tuple, page: Page, environ: dict[str, Any], start_response: Any
    ) -> Iterable[bytes]:
        known = environ.get("HTTP_IF_NONE_MATCH")
        if known and page.status[:3] == "200" and matches(known, page.etag):
            start_response("304 Not Modified", page.not_modified)
            return []
        encoding = best_encoding(environ.get("HTTP_ACCEPT_ENCODING", "")[:HEADER_MOST])
        headers, body = page.ready(encoding) or self._make_ready(key, page, encoding)
        start_response(page.status, headers)
        if environ["REQUEST_METHOD"] == "HEAD":
            return []
        return [page.unpacked() if body is None else body]

    def _make_ready(self, key: tuple, page: Page, encoding: str) -> tuple[Headers, bytes | None]:
        """Make a page's twin, and count it in where the page is kept."""
        with self._lock:
            before = page.size
            made = page.make_ready(encoding)
            if self._pages.get(key) is page:
                self.bytes += page.size - before
                self._drop_oldest()
        return made


def _key(environ: dict[str, Any]) -> tuple:
    """Return what tells one page from another: where it was asked for, and by which address."""
    query = environ.get("QUERY_STRING", "")
    if query:
        pairs = parse_qsl(query, keep_blank_values=True)
        kept = [(name, value) for name, value in pairs if not _is_tracking(name)]
        if len(kept) < len(pairs):
            query = urlencode(kept)
    return (
        environ.get("wsgi.url_scheme"),
        environ.get("HTTP_X_FORWARDED_PROTO") == "https",
        environ.get("HTTP_HOST"),
        environ.get("PATH_INFO"),
        query,
    )


def _is_ours(query: str) -> bool:
    """Tell whether a query is one that our own links make."""
    if len(query) > QUERY_MOST:
        return False
    return all(name in PARAMETERS for name, _value in parse_qsl(query, keep_blank_values=True))


def _is_tracking(name: str) -> bool:
    return name.startswith("utm_") or name in TRACKING


def _may_be_kept(status: str, headers: Headers) -> bool:
    found = {name.lower(): value for name, value in headers}
    return (
        status[:3] in STORED_STATUSES
        and found.get("cache-control") == SHARED
        and "set-cookie" not in found
        and "cookie" not in found.get("vary", "").lower()
    )


def _close(result: Iterable[bytes]) -> None:
    close = getattr(result, "close", None)
    if close:
        close()
