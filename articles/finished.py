"""One finished answer, as the page cache keeps it: packed, as nearly everybody takes it."""

import gzip
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import brotli

Headers = list[tuple[str, str]]

#: What changes with time alone (comments that close, say) is seen after so many seconds.
MOST_SECONDS = 60
#: Bytes of a kept page besides its bodies: headers, key, and what Python needs for them.
OVERHEAD = 4_000
#: Of a longer header, the beginning is read.
HEADER_MOST = 200


@dataclass
class Page:
    """One finished answer; what the fewest ask for is made of it when they do."""

    status: str
    headers: Headers
    packed: bytes  # the body, as "br"
    length: int  # of the body
    generation: object
    etag: str
    good_until: float = field(default_factory=lambda: time.monotonic() + MOST_SECONDS)
    # By the name of the encoding: all that is said about the body, and the body; None is unpacked
    # for each who asks.
    _ready: dict[str, tuple[Headers, bytes | None]] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes that it holds."""
        twins = sum(len(body) for _headers, body in self._ready.values() if body)
        return OVERHEAD + twins + (0 if "br" in self._ready else len(self.packed))

    def is_fresh(self, generation: object) -> bool:
        return self.generation == generation and time.monotonic() < self.good_until

    def unpacked(self) -> bytes:
        return brotli.decompress(self.packed)

    def ready(self, encoding: str) -> tuple[Headers, bytes | None] | None:
        """Return headers and body in `encoding`, a name of ENCODINGS or "" for none, if made."""
        return self._ready.get(encoding)

    @cached_property
    def not_modified(self) -> Headers:
        """The headers of an answer that says so: all but those of a body."""
        kept = [each for each in self.headers if each[0] != "Content-Type"]
        return [*kept, ("ETag", self.etag), ("Vary", "Accept-Encoding")]

    def make_ready(self, encoding: str) -> tuple[Headers, bytes | None]:
        body = None
        if encoding:
            body = self.packed if encoding == "br" else ENCODINGS[encoding](self.unpacked())
        headers = [
            *self.headers,
            ("ETag", self.etag),
            ("Vary", "Accept-Encoding"),
            ("Content-Length", str(self.length if body is None else len(body))),
        ]
        if encoding:
            headers.append(("Content-Encoding", encoding))
        made = self._ready[encoding] = headers, body
        return made


#: Best first.
ENCODINGS: dict[str, Callable[[bytes], bytes]] = {
    "br": lambda body: brotli.compress(body, quality=5),
    "gzip": lambda body: gzip.compress(body, 6, mtime=0),
}


def matches(known: str, etag: str) -> bool:
    """Tell whether an If-None-Match header names `etag`, compared weakly (RFC 9110, 8.8.3)."""
    if known == etag:
        return True
    tags = {each.strip().removeprefix("W/") for each in known.split(",")}
    return etag.removeprefix("W/") in tags or "*" in tags


@lru_cache(maxsize=256)
def best_encoding(accepted: str) -> str:
    """Return the first of ENCODINGS that an Accept-Encoding header asks for (RFC 9110, 12.5.3)."""
    wanted = set()
    for part in accepted.lower().split(","):
        name, _semicolon, parameters = part.partition(";")
        if parameters.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000"):
            wanted.add(name.strip())
    return next((name for name in ENCODINGS if name in wanted), "")
