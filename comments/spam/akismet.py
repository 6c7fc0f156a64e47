"""Ask Akismet, through the `akismet` package, and read its answer in the right order.

The package looks at the body alone, so that a suspended key (200 `false` with an
`X-akismet-error` header) would count as ham. `_Line` stands between it and httpx: it sends what
the package refuses to send, and reads status and headers before the package sees the body.
Protocol: https://akismet.com/developers/. Nothing raised or logged here holds the key.
"""

import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any, cast

import akismet
import httpx
from django.conf import settings
from django.utils import timezone

CONNECT_SECONDS = 2.0
TOTAL_SECONDS = 15.0
MAX_BODY = 64 * 1024
#: How long to wait when Akismet says "too many requests" and not for how long; and the most.
RETRY_AFTER_DEFAULT, RETRY_AFTER_MOST = 60, 3600
#: What is kept of the answer about usage: short, and nothing else of a stranger's.
USAGE_FIELDS = ("limit", "usage", "percentage", "throttled")

_VERDICTS = {
    akismet.CheckResponse.HAM: "ham",
    akismet.CheckResponse.SPAM: "spam",
    akismet.CheckResponse.DISCARD: "discard",
}

#: What is asked, under Akismet's own names; a list stands for a parameter that is repeated.
Values = dict[str, str | list[str]]


@dataclass(frozen=True)
class Answer:
    """What Akismet thinks of one comment: `verdict` is ham, spam or discard."""

    verdict: str
    guid: str = ""
    alert: str = ""
    recheck_after: int | None = None  # seconds; a provisional ham
    duration_ms: int = 0


@dataclass(frozen=True)
class Usage:
    """How much of the month's calls are used: limit, usage, percentage, throttled."""

    values: dict[str, Any]
    alert: str = ""


class NoAnswer(Exception):
    """Akismet gave no verdict. Never to be read as ham.

    `kind` is one of: no_key, connection, timeout, throttled, http, refused, invalid, unreadable.
    `retry_after` is in seconds where Akismet named it. `alert` is what it told the site's owner
    ("code: message", or "" for nothing); None when it said nothing at all.
    """

    def __init__(
        self,
        kind: str,
        detail: str = "",
        *,
        retry_after: int | None = None,
        guid: str = "",
        alert: str | None = None,
    ) -> None:
        # Part of it may be a stranger's text: no line breaks in a log, no NUL in a column.
        self.detail = "".join(each if each.isprintable() else " " for each in detail[:200])
        super().__init__(f"{kind}: {self.detail}" if detail else kind)
        self.kind = kind
        self.retry_after = retry_after
        self.guid = guid[:64]
        self.alert = alert
        self.duration_ms = 0


class Akismet:
    """One site's line to Akismet. Safe to use from several threads; close it when done."""

    def __init__(self, *, key: str, api_url: str, site_url: str) -> None:
        self._config = akismet.Config(key=key, url=site_url)
        self._api_url = api_url.rstrip("/")
        self._http = httpx.Client(
            timeout=httpx.Timeout(TOTAL_SECONDS, connect=CONNECT_SECONDS),
            verify=_certificates(),
            # Each call opens a connection of its own, so that it can be hung up on.
            limits=httpx.Limits(max_keepalive_connections=0),
            headers={"User-Agent": f"Marginalia/0.1 | {akismet.USER_AGENT.split(' | ')[0]}"},
        )

    @classmethod
    def from_settings(cls) -> "Akismet":
        return cls(
            key=settings.AKISMET_API_KEY,
            api_url=settings.AKISMET_API_URL,
            site_url=settings.SITE_URL + "/",
        )

    def close(self) -> None:
        self._http.close()

    def check(self, values: Values) -> Answer:
        """Ask whether `values` are spam. Raises NoAnswer."""
        started = time.monotonic()
        try:
            verdict, line = self._call("comment_check", values)
        except NoAnswer as error:
            error.duration_ms = round((time.monotonic() - started) * 1000)
            raise
        return replace(
            Answer(_VERDICTS[verdict]),
            guid=line.headers.get("X-akismet-guid", "")[:64],
            alert=_alert(line.headers),
            recheck_after=_recheck_after(line.headers) if not verdict else None,
            duration_ms=round((time.monotonic() - started) * 1000),
        )

    def report(self, values: Values, *, spam: bool) -> None:
        """Tell Akismet that it was wrong about `values`. Raises NoAnswer."""
        self._call("submit_spam" if spam else "submit_ham", values)

    def verify_key(self) -> bool:
        """Ask whether Akismet knows the key for this site. Raises NoAnswer when it does not say."""
        # The package sends the old parameter `key`; the newest documentation calls it `api_key`.
        valid, _line = self._call("verify_key", {"api_key": self._config.key})
        return bool(valid)

    def usage_limit(self) -> Usage:
        """Ask how many calls this month's plan allows and how many were made. Raises NoAnswer."""
        try:
            said, line = self._call("usage_limit", {})
            values = {name: _plain(said[name]) for name in USAGE_FIELDS if name in said}
        except (ValueError, TypeError):
            raise NoAnswer("unreadable", "the usage is no JSON object") from None
        if not values:
            raise NoAnswer("unreadable", "the usage says nothing")
        return Usage(values, alert=_alert(line.headers))

    def _call(self, method: str, values: Values) -> tuple[Any, "_Line"]:
        if not self._config.key:
            raise NoAnswer("no_key")
        known = akismet.AkismetArguments.__optional_keys__ | {"user_ip"}
        arguments = {name: value for name, value in values.items() if name in known}
        extras = {name: value for name, value in values.items() if name not in known}
        line = _Line(self._http, self._api_url, extras)
        client = akismet.SyncClient(config=self._config, http_client=cast(httpx.Client, line))
        try:
            return getattr(client, method)(**arguments), line
        except akismet.APIKeyError:
            said = line.debug_help or "the key is not valid"
            failure = NoAnswer("invalid", said, alert=_alert(line.headers))
        except akismet.ProtocolError:
            failure = NoAnswer("unreadable", line.debug_help or line.body[:50])
        except akismet.RequestError as error:
            cause = error.__cause__
            # What `_Line` found, or an address that httpx could not make sense of.
            failure = (
                cause
                if isinstance(cause, NoAnswer)
                else NoAnswer("connection", type(cause).__name__)
            )
        # Raised out here: the package's own exceptions hold the key, and belong in no traceback.
        raise failure


class _Line:
    """What `akismet.SyncClient` uses of an `httpx.Client`, for one call."""

    def __init__(self, http: httpx.Client, api_url: str, extras: Values) -> None:
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
        _refuse_errors(status, self.headers)
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


def _refuse_errors(status: int, headers: httpx.Headers) -> None:
    """Raise NoAnswer for what must be read before the body: akismet.com/errors."""
    guid = headers.get("X-akismet-guid", "")
    if status == httpx.codes.TOO_MANY_REQUESTS:
        raise NoAnswer(
            "throttled", "429", retry_after=_retry_after(headers.get("Retry-After")), guid=guid
        )
    if not 200 <= status < 300:
        raise NoAnswer("http", str(status), guid=guid)
    if "X-akismet-error" in headers:
        alert = _alert(headers)
        said = " ".join(filter(None, [headers["X-akismet-error"], alert]))
        raise NoAnswer("refused", said, guid=guid, alert=alert)


def _plain(value: object) -> bool | int | str:
    """Return a value of a stranger's JSON as what any database takes; ValueError if it is none."""
    if isinstance(value, bool) or (isinstance(value, int) and abs(value) < 10**15):
        return value
    text = str(value)
    if len(text) > 20 or not text.isprintable():
        raise ValueError("neither a number nor a word")
    return text


def _alert(headers: httpx.Headers) -> str:
    """Return "code: message" of an alert to the site's owner, or ""."""
    code, message = headers.get("X-akismet-alert-code"), headers.get("X-akismet-alert-msg", "")
    return f"{code}: {message}"[:200] if code else ""


def _retry_after(value: str | None) -> int:
    """Read a Retry-After header, seconds or an HTTP date; within 1 s to 1 h."""
    try:
        seconds = int(value or RETRY_AFTER_DEFAULT)
    except ValueError:
        try:
            until = parsedate_to_datetime(value or "")
            if until.tzinfo is None:
                until = until.replace(tzinfo=UTC)
            seconds = round((until - timezone.now()).total_seconds())
        except (ValueError, OverflowError):
            seconds = RETRY_AFTER_DEFAULT
    return min(max(seconds, 1), RETRY_AFTER_MOST)


def _recheck_after(headers: httpx.Headers) -> int | None:
    """Read X-akismet-recheck-after in seconds; None unless it is a positive whole number."""
    value = headers.get("X-akismet-recheck-after", "")
    seconds = int(value) if value.isascii() and value.isdigit() and len(value) < 10 else 0
    return min(seconds, RETRY_AFTER_MOST) or None
