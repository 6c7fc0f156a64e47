"""What the product writes down says what happened and where, and never to whom.

Every handler formats with `Discreet`, or with `JsonLines`, which is one. Names and texts cannot be
told from other words, so the messages of exceptions are left out, since they quote rows and forms;
but for the kinds that speak of code alone.
"""

import json
import logging
import re
import sys
import threading
import traceback
from datetime import UTC, datetime
from ipaddress import ip_address
from logging.config import dictConfig
from types import TracebackType
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

GONE = "…"
#: Exceptions whose messages name modules, attributes and settings, never what a reader sent.
ABOUT_CODE = (AttributeError, ImportError, ImproperlyConfigured, NameError, SyntaxError)
#: A secret shorter than this would take ordinary words with it.
SECRET_LENGTH = 8

# All of them begin where a word begins: a log line of a stranger's choosing must not cost more than
# its length.
_WORD = r"""[^\s@<>"'(){}\[\],;:/?=&]"""
_EMAIL = re.compile(rf"(?<!{_WORD}){_WORD}+(?:@|%40){_WORD}+")
# Whatever might be an address; `_mask_ip` looks closer.
_IP = re.compile(
    r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F]*:[0-9a-fA-F:]*:[0-9a-fA-F.:]*)"
)
# A signed token of `django.core.signing`: value, time, signature.
_TOKEN = re.compile(r"(?<![\w.-])[\w.-]+(?::|%3A)[\w-]{5,}(?::|%3A)[\w-]{27,}", re.IGNORECASE)
# The same in an address of ours, also cut off or spoiled.
_TOKEN_ADDRESS = re.compile(
    r"""(/(?:comments/[a-z_-]+|moderation/(?:mailed|no-mail)|preview)/)[^/\s"'?#]{8,}"""
)


def mask(text: str) -> str:
    """Return `text` without email addresses, IP addresses (but loopback), secrets and tokens."""
    for secret in _secrets():
        text = text.replace(secret, GONE)
    text = _TOKEN_ADDRESS.sub(rf"\1{GONE}", text)
    text = _TOKEN.sub(GONE, text)
    text = _EMAIL.sub(f"{GONE}@{GONE}", text)
    return _IP.sub(_mask_ip, text)


def _secrets() -> list[str]:
    secrets = (
        settings.SECRET_KEY,
        *settings.SECRET_KEY_FALLBACKS,
        settings.AKISMET_API_KEY,
        settings.EMAIL_HOST_PASSWORD,
        settings.DATABASES["default"].get("PASSWORD", ""),
    )
    return [secret for secret in secrets if len(secret) >= SECRET_LENGTH]


def _mask_ip(found: re.Match[str]) -> str:
    trimmed = found[0].rstrip(".")
    if len(trimmed) > 2 and trimmed.endswith(":") and not trimmed.endswith("::"):
        trimmed = trimmed[:-1]  # the colon of a sentence
    try:
        address = ip_address(trimmed)
    except ValueError:
        return found[0]
    if address.is_loopback or address.is_unspecified:
        return found[0]
    return GONE + found[0][len(trimmed) :]


class Discreet(logging.Formatter):
    """Formats as `logging.Formatter` does; masks the whole, and leaves out what exceptions say."""

    def format(self, record: logging.LogRecord) -> str:
        # What another formatter has made of the exception is kept on the record; ours is not it.
        kept, record.exc_text = record.exc_text, None
        try:
            return mask(super().format(record))
        finally:
            record.exc_text = kept

    def formatException(self, ei: Any) -> str:  # noqa: N802  (logging's own name)
        """Return where it happened and of what kind each exception was, not what it says."""
        return "".join(_without_messages(traceback.TracebackException(*ei))).rstrip("\n")


class JsonLines(Discreet):
    """A JSON object a line, in ASCII: `time` (UTC), `level`, `logger`, `message`; `trace` if there
    is one.

    What else a record carries is left out: Django puts the whole request there.
    """

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        trace = [self.formatException(record.exc_info)] if record.exc_info else []
        trace += [self.formatStack(record.stack_info)] if record.stack_info else []
        if trace:
            told["trace"] = "\n".join(trace)
        # Masked before it is written as JSON: escapes would hide where an address begins or ends.
        return json.dumps({name: mask(text) for name, text in told.items()})


def _without_messages(error: traceback.TracebackException) -> list[str]:
    lines = []
    if error.__cause__ is not None:
        lines += [*_without_messages(error.__cause__), "\nwhich was the cause of:\n\n"]
    elif error.__context__ is not None and not error.__suppress_context__:
        lines += [*_without_messages(error.__context__), "\nand while that was handled:\n\n"]
    lines += ["Traceback (most recent call last):\n", *error.stack.format()]
    kind = error.exc_type or Exception
    name = f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")
    lines.append(f"{name}: {error}\n" if issubclass(kind, ABOUT_CODE) else f"{name}\n")
    for each in error.exceptions or ():
        lines += _without_messages(each)
    return lines


def configure(config: dict[str, Any]) -> None:
    """Set logging up as `config` says, and let what nobody catches go the same way.

    At a terminal a person sees everything, as Python shows it.
    """
    dictConfig(config)
    sys.excepthook = _log_uncaught
    threading.excepthook = _log_uncaught_in_thread


def _log_uncaught(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt) or sys.stderr.isatty():
        sys.__excepthook__(kind, error, trace)
    else:
        logging.getLogger("config").critical("stopped", exc_info=(kind, error, trace))


def _log_uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and not issubclass(args.exc_type, SystemExit):
        _log_uncaught(args.exc_type, args.exc_value, args.exc_traceback)
