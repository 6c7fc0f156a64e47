"""Ask Akismet, through the `akismet` package and over a `Line` that looks at the headers first.

Protocol: https://akismet.com/developers/. Nothing raised or logged here holds the key.
"""

import time
from dataclasses import replace
from typing import Any, cast

import akismet
import httpx
from django.conf import settings

from comments.spam.answers import Answer, NoAnswer, Usage, alert_of, plain, recheck_after
from comments.spam.line import Line, client

#: What is kept of the answer about usage: short, and nothing else of a stranger's.
USAGE_FIELDS = ("limit", "usage", "percentage", "throttled")

_VERDICTS = {
    akismet.CheckResponse.HAM: "ham",
    akismet.CheckResponse.SPAM: "spam",
    akismet.CheckResponse.DISCARD: "discard",
}

#: What is asked, under Akismet's own names; a list stands for a parameter that is repeated.
Values = dict[str, str | list[str]]


class Akismet:
    """One site's line to Akismet. Safe to use from several threads; close it when done."""

    def __init__(self, *, key: str, api_url: str, site_url: str) -> None:
        self._config = akismet.Config(key=key, url=site_url)
        self._api_url = api_url.rstrip("/")
        self._http = client()

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
            alert=alert_of(line.headers),
            recheck_after=recheck_after(line.headers) if not verdict else None,
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
            values = {name: plain(said[name]) for name in USAGE_FIELDS if name in said}
        except (ValueError, TypeError):
            raise NoAnswer("unreadable", "the usage is no JSON object") from None
        if not values:
            raise NoAnswer("unreadable", "the usage says nothing")
        return Usage(values, alert=alert_of(line.headers))

    def _call(self, method: str, values: Values) -> tuple[Any, Line]:
        if not self._config.key:
            raise NoAnswer("no_key")
        known = akismet.AkismetArguments.__optional_keys__ | {"user_ip"}
        arguments = {name: value for name, value in values.items() if name in known}
        extras = {name: value for name, value in values.items() if name not in known}
        line = Line(self._http, self._api_url, extras)
        asking = akismet.SyncClient(config=self._config, http_client=cast(httpx.Client, line))
        try:
            return getattr(asking, method)(**arguments), line
        except akismet.APIKeyError:
            said = line.debug_help or "the key is not valid"
            failure = NoAnswer("invalid", said, alert=alert_of(line.headers))
        except akismet.ProtocolError:
            failure = NoAnswer("unreadable", line.debug_help or line.body[:50])
        except akismet.RequestError as error:
            cause = error.__cause__
            # What `Line` found, or an address that httpx could not make sense of.
            failure = (
                cause
                if isinstance(cause, NoAnswer)
                else NoAnswer("connection", type(cause).__name__)
            )
        # Raised out here: the package's own exceptions hold the key, and belong in no traceback.
        raise failure
