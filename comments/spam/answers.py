"""What Akismet may answer, and how its headers are read: what must be looked at before the body.

Protocol: https://akismet.com/developers/.
"""

from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
from django.utils import timezone

#: How long to wait when Akismet says "too many requests" and not for how long; and the most.
RETRY_AFTER_DEFAULT, RETRY_AFTER_MOST = 60, 3600
#: What Akismet says when it will not work for our key: kinds of NoAnswer.
KEY_TROUBLE = frozenset({"invalid", "refused"})


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


def refuse_errors(status: int, headers: httpx.Headers) -> None:
    """Raise NoAnswer for what must be read before the body: akismet.com/errors."""
    guid = headers.get("X-akismet-guid", "")
    if status == httpx.codes.TOO_MANY_REQUESTS:
        raise NoAnswer(
            "throttled", "429", retry_after=_retry_after(headers.get("Retry-After")), guid=guid
        )
    if not 200 <= status < 300:
        raise NoAnswer("http", str(status), guid=guid)
    if "X-akismet-error" in headers:
        alert = alert_of(headers)
        said = " ".join(filter(None, [headers["X-akismet-error"], alert]))
        raise NoAnswer("refused", said, guid=guid, alert=alert)


def plain(value: object) -> bool | int | str:
    """Return a value of a stranger's JSON as what any database takes; ValueError if it is none."""
    if isinstance(value, bool) or (isinstance(value, int) and abs(value) < 10**15):
        return value
    text = str(value)
    if len(text) > 20 or not text.isprintable():
        raise ValueError("neither a number nor a word")
    return text


def alert_of(headers: httpx.Headers) -> str:
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


def recheck_after(headers: httpx.Headers) -> int | None:
    """Read X-akismet-recheck-after in seconds; None unless it is a positive whole number."""
    value = headers.get("X-akismet-recheck-after", "")
    seconds = int(value) if value.isascii() and value.isdigit() and len(value) < 10 else 0
    return min(seconds, RETRY_AFTER_MOST) or None
