"""One call to Akismet: sent, bounded in time and size, its status and headers read first.

The `akismet` package looks at the body alone, so that a suspended key (200 `false` with an
`X-akismet-error` header) would count as ham. `Line` stands between it and httpx: it sends what
the package refuses to send, and reads status and headers before the package sees the body.
"""

import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any

import akismet
import httpx

from comments.spam.answers import NoAnswer, refuse_errors

CONNECT_SECONDS = 2.0
TOTAL_SECONDS = 15.0
MAX_BODY = 64 * 1024


def client() -> httpx.Client:
    """Return what `Line` sends with; safe to use from several threads."""
    return httpx.Client(
        timeout=httpx.Timeout(TOTAL_SECONDS, connect=CONNECT_SECONDS),
        verify=_certificates(),
        # Each call opens a connection of its own, so that it can be hung up on.
        limits=httpx.Limits(max_keepalive_connections=0),
        headers={"User-Agent": f"Marginalia/0.1 | {akismet.USER_AGENT.split(' | ')[0]}"},
    )


class Line:
    """What `akismet.SyncClient` uses of an `httpx.Client`, for one call."""

    def __init__(self, http: httpx.Client, api_url: str, extras: Mapping[str, Any]) -> None:
        self._http = http
        self._api_url = api_url
        self._extras = extras
        self.headers = httpx.Headers()
        self.body = ""

    @property
    def debug_help(self) -> str:
        return self.headers.get("X-akismet-debug-help", "")

    def post(self, url: str, *, data: Mapping[str, Any]) -> httpx.Response:
        """Send, read status and headers, and hand the stripped body on. Raises NoAnswer."""
        address = self._api_url + httpx.URL(url).path
        ends_at = time.monotonic() + TOTAL_SECONDS
        try:
            request = self._http.build_request("POST", address, data={**data, **self._extras})
            with _hanging_up_after(TOTAL_SECONDS, request):
                status, headers, body = self._send(request)
        except httpx.TimeoutException:
            raise NoAnswer("timeout") from None
        except httpx.HTTPError as error:
            if time.monotonic() >= ends_at:
                raise NoAnswer("timeout") from None
            raise NoAnswer("connection", type(error).__name__) from None
        if time.monotonic() >= ends_at:
            raise NoAnswer("timeout")  # cut off, what came may look like an answer
        # An endpoint that is not Akismet's may send back what it got; the key stays with us.
        key = str(data.get("api_key") or data.get("key"))
        self.body = body.replace(key, "…")
        self.headers = httpx.Headers(
            [(name, value.replace(key, "…")) for name, value in headers.items()]
        )
        refuse_errors(status, self.headers)
        # Only what the package looks at; the original encodings no longer fit the stripped text.
        tip = {"X-akismet-pro-tip": self.headers.get("X-akismet-pro-tip", "").strip().lower()}
        return httpx.Response(status, text=self.body, headers=tip, request=request)

    def get(self, url: str, *, params: Mapping[str, Any]) -> httpx.Response:
        """Send what the package would write into the address, key and all, in a body instead."""
        return self.post(url, data=params)

    def _send(self, request: httpx.Request) -> tuple[int, httpx.Headers, str]:
        response = self._http.send(request, stream=True)
        try:
            body = b""
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > MAX_BODY:
                    # Not cut off: the beginning of an answer is no answer.
                    raise NoAnswer("unreadable", f"longer than {MAX_BODY} bytes")
        finally:
            response.close()
        return response.status_code, response.headers, body.decode(errors="replace").strip()


@cache
def _certificates() -> ssl.SSLContext:
    """Return the authorities we trust; to read them takes 25 ms, so they are read once."""
    return httpx.create_ssl_context()


@contextmanager
def _hanging_up_after(seconds: float, request: httpx.Request) -> Iterator[None]:
    """Close the request's connection after so many seconds, however slowly it drips in.

    httpx bounds each read, and an answer of many small ones could take for ever.
    """
    streams: list[Any] = []

    def note(event: str, info: Mapping[str, Any]) -> None:
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            streams.append(info["return_value"])

    def hang_up() -> None:
        for stream in streams:
            with suppress(OSError):
                stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)

    request.extensions["trace"] = note
    timer = threading.Timer(seconds, hang_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
