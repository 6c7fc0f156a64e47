"""Finished pages, kept in front of Django: a page that has been asked for is not made again.

`PageCache` wraps the WSGI application and keeps whole answers to anonymous GET requests whose view
is `shareable`, with their compressed twins and an ETag. All of them hang on one value in the
shared cache, the site's *generation*: `changed` renews it after every public change, and each
process looks at it at most once a second. So nothing is ever purged, no page is older than a
second, and any number of processes and machines agree. DESIGN.md section 6.

The site is correct without it: PAGE_CACHE_BYTES=0 switches it off.
"""

import gzip
import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache, wraps
from typing import Any
from urllib.parse import parse_qsl, urlencode

import brotli
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from articles.generation import Generation

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]
Headers = list[tuple[str, str]]

#: For caches beyond ours. Browsers ask again each time; a 304 is cheap.
SHARED = "public, max-age=0, s-maxage=30, stale-while-revalidate=60"
STORED_STATUSES = ("200", "301")
#: What changes with time alone (comments that close, say) is seen after so many seconds.
MOST_SECONDS = 60
#: How long a request waits for another one that is making the same page.
PATIENCE_SECONDS = 10
#: The parameters that public pages read. An address with any other is answered and not kept: a
#: stranger could make up as many as there is memory.
PARAMETERS = ("p", "page", "comments", "order", "thread", "replytocom", "removed")
QUERY_MOST, HEADER_MOST = 100, 200
#: Bytes of a kept page besides its bodies: headers, key, and what Python needs for them.
OVERHEAD = 4_000
#: Parameters that tell a site's owner where a reader came from, and no view what to show.
TRACKING = ("fbclid", "gclid", "dclid", "msclkid", "twclid", "mc_cid", "mc_eid", "igshid", "ref")
_OF_A_BODY = ("Content-Type", "Content-Length", "Content-Encoding")
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


@dataclass
class Page:
    """One finished answer; compressed when somebody first asks for that."""

    status: str
    headers: Headers
    body: bytes
    generation: object
    etag: str
    made_at: float = field(default_factory=time.monotonic)
    # By the name of the encoding: what is sent, and all that is said about it.
    _ready: dict[str, tuple[Headers, bytes]] = field(default_factory=dict)

    @property
    def size_at_most(self) -> int:
        """Bytes that it holds, with its twins whether anybody has asked for them yet or not."""
        return 2 * len(self.body) + OVERHEAD

    def is_fresh(self, generation: object) -> bool:
        return self.generation == generation and time.monotonic() - self.made_at < MOST_SECONDS

    def ready(self, encoding: str) -> tuple[Headers, bytes]:
        """Return headers and body in `encoding`, a name of ENCODINGS or "" for none."""
        found = self._ready.get(encoding)
        if found is None:
            body = ENCODINGS[encoding](self.body) if encoding else self.body
            headers = [
                *self.headers,
                ("ETag", self.etag),
                ("Vary", "Accept-Encoding"),
                ("Content-Length", str(len(body))),
            ]
            if encoding:
                headers.append(("Content-Encoding", encoding))
            found = self._ready[encoding] = headers, body
        return found


#: Best first.
ENCODINGS: dict[str, Callable[[bytes], bytes]] = {
    "br": lambda body: brotli.compress(body, quality=5),
    "gzip": lambda body: gzip.compress(body, 6, mtime=0),
}


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

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if not self.most_bytes or not self._is_anonymous_read(environ):
            return self.application(environ, start_response)
        key = _key(environ)
        generation = self.generation.current()
        page = self._fresh(key, generation)
        if page is not None:
            return _answer(page, environ, start_response)
        if environ["REQUEST_METHOD"] == "HEAD":
            return self.application(environ, start_response)
        made = self._make_or_wait(key, generation, environ, start_response)
        return _answer(made, environ, start_response) if isinstance(made, Page) else made

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
            return stale
        if not _may_be_kept(status, headers) or not _is_ours(key[-1]):
            start_response(*told[0])
            return result
        try:
            body = b"".join(result)
        finally:
            _close(result)
        page = Page(
            status,
            [(name, value) for name, value in headers if name.lower() not in _HOP],
            body,
            generation,
            f'W/"{hashlib.blake2b(body, digest_size=12).hexdigest()}"',
        )
        page.ready(_best_encoding(environ.get("HTTP_ACCEPT_ENCODING", "")[:HEADER_MOST]))
        self._keep(key, page)
        return page

    def _keep(self, key: tuple, page: Page) -> None:
        with self._lock:
            former = self._pages.pop(key, None)
            self._pages[key] = page
            # A twin that somebody asks for later is counted already: it is never longer.
            self.bytes += page.size_at_most - (former.size_at_most if former else 0)
            while self.bytes > self.most_bytes and self._pages:
                _key, oldest = self._pages.popitem(last=False)
                self.bytes -= oldest.size_at_most


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


def _answer(page: Page, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    accepted = environ.get("HTTP_ACCEPT_ENCODING", "")[:HEADER_MOST]
    headers, body = page.ready(_best_encoding(accepted))
    known = environ.get("HTTP_IF_NONE_MATCH")
    if known and page.status[:3] == "200" and _matches(known, page.etag):
        kept = [each for each in headers if each[0] not in _OF_A_BODY]
        start_response("304 Not Modified", kept)
        return []
    start_response(page.status, headers)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


def _matches(known: str, etag: str) -> bool:
    """Tell whether an If-None-Match header names `etag`, compared weakly (RFC 9110, 8.8.3)."""
    tags = {each.strip().removeprefix("W/") for each in known.split(",")}
    return etag.removeprefix("W/") in tags or "*" in tags


@lru_cache(maxsize=256)
def _best_encoding(accepted: str) -> str:
    """Return the first of ENCODINGS that an Accept-Encoding header asks for (RFC 9110, 12.5.3)."""
    wanted = set()
    for part in accepted.lower().split(","):
        name, _semicolon, parameters = part.partition(";")
        if parameters.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000"):
            wanted.add(name.strip())
    return next((name for name in ENCODINGS if name in wanted), "")


def _close(result: Iterable[bytes]) -> None:
    close = getattr(result, "close", None)
    if close:
        close()
