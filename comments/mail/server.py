"""The way to the mail server, in steps that tell where a mail failed.

Any of Django's mail backends will do. Over SMTP each step is taken by itself; others are asked
to send it whole.
"""

import logging
import re
import smtplib
from collections.abc import Callable
from typing import Any

from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.smtp import EmailBackend
from django.core.mail.message import sanitize_address

logger = logging.getLogger(__name__)

_FAILURES = (OSError, smtplib.SMTPException)


class NoServer(Exception):
    """The mail server cannot be used at all at the moment; the text is the kind of failure."""


class TryLater(Exception):
    """The server does not take this mail now."""


class Refused(Exception):
    """The server will never take this mail."""


class MailServer:
    """One line to the mail server, opened when there is something to send and then kept."""

    def __init__(self) -> None:
        self._backend: Any = None

    @property
    def is_open(self) -> bool:
        return self._backend is not None

    def prepare(self, message: EmailMultiAlternatives) -> Callable[[], object]:
        """Do all that can fail before the text is sent; return what sends it.

        Both raise NoServer, TryLater and Refused; then the mail did not arrive, for certain. After
        any other error of the second it may have.
        """
        self._open()
        backend, server = self._backend, self._smtp()
        if server is None:
            return lambda: backend.send_messages([message])
        sender = sanitize_address(message.from_email, "utf-8")
        # Django's own messages take `linesep`; the type they claim to have does not know it.
        written: Any = message.message()
        data = written.as_bytes(linesep="\r\n")
        options = [f"size={len(data)}"] if server.has_extn("size") else []
        options += ["body=8bitmime"] if server.has_extn("8bitmime") else []
        try:
            # A sender that is refused is our own mistake, and no reason to lose the mail.
            _must(server.mail(sender, options), "sender refused", permanent=NoServer)
            _must(server.rcpt(sanitize_address(message.to[0], "utf-8")), "refused")
        except _FAILURES as error:
            raise NoServer(type(error).__name__) from error
        return lambda: _send_text(server, data)

    def hang_up(self, *, politely: bool = True) -> None:
        """Leave the server; one that did not answer is not waited for to say goodbye."""
        backend, self._backend = self._backend, None
        lines = [getattr(backend, name, None) for name in ("connection", "_partial_connection")]
        try:
            if backend is not None and (politely or not isinstance(backend, EmailBackend)):
                backend.close()
        except _FAILURES:
            logger.debug("the mail server did not say goodbye")
        finally:
            for line in lines:
                if isinstance(line, smtplib.SMTP):
                    line.close()

    def _open(self) -> None:
        """Make sure that there is a line to a server that answers."""
        if self.is_open and not self._still_there():
            self.hang_up(politely=False)
        if self.is_open:
            return
        try:
            self._backend = get_connection()
            self._backend.open()
            server = self._smtp()
            if server is not None:
                server.ehlo_or_helo_if_needed()
        except Exception as error:
            raise NoServer(type(error).__name__) from error

    def _still_there(self) -> bool:
        server = self._smtp()
        try:
            return server is None or server.rset()[0] == 250
        except _FAILURES:
            return False

    def _smtp(self) -> smtplib.SMTP | None:
        line = getattr(self._backend, "connection", None)
        is_ours = isinstance(self._backend, EmailBackend) and isinstance(line, smtplib.SMTP)
        return line if is_ours else None


def _send_text(server: smtplib.SMTP, data: bytes) -> None:
    """Give the text to the server. A refusal is certain, and so is silence before the text.

    Not with smtplib's own `data`, which does not tell that silence from the one after it.
    """
    try:
        code, _said = server.docmd("DATA")
    except _FAILURES as error:
        raise NoServer(type(error).__name__) from error
    if code != 354:
        _must((code, b""), "text refused")
        raise NoServer("no SMTP")
    # A line that begins with a dot gets a second one (RFC 5321, 4.5.2).
    server.send(re.sub(rb"(?m)^\.", b"..", data.removesuffix(b"\r\n")) + b"\r\n.\r\n")
    _must(server.getreply(), "text refused")


def _must(answer: tuple[int, bytes], what: str, permanent: type[Exception] = Refused) -> None:
    """Go on if the server agrees; what it says may name the addressee, its code does not."""
    code = answer[0]
    if 200 <= code < 300:
        return
    said = f"{what} ({code})"
    if code == 421:  # it is about to hang up
        raise NoServer(said)
    raise (permanent if 500 <= code < 600 else TryLater)(said)
