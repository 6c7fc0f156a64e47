"""A real mail server on loopback (aiosmtpd), which can be told to misbehave.

Each mail that arrives takes the next word of `behave`; with none left it is accepted.
"""

import asyncio
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

#: What the server says, by the word; "drop" and "hang" words say nothing at all.
ANSWERS = {
    "mail 550": "550 this sender is not welcome",
    "rcpt 450": "450 not now",
    "rcpt 550": "550 nobody of that name",
    "rcpt 421": "421 closing",
    "data 451": "451 not now",
    "data 554": "554 never",
    "text 451": "451 not now",
    "text 554": "554 never",
}
HANG_SECONDS = 30


class _Smtp(SMTP):
    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        word = self.event_handler.word(self.envelope)
        if word == "drop before data":
            self.transport.abort()
            return
        if word.startswith("data "):
            await self.push(ANSWERS[word])
            return
        await super().smtp_DATA(arg)


class SmtpServer:
    """`with SmtpServer() as server:` listens on a free port; `mails` is what it accepted."""

    def __init__(self) -> None:
        self.behave: list[str] = []
        self.mails: list[EmailMessage] = []
        #: Every envelope whose whole text came, accepted or not: (from, to).
        self.heard: list[tuple[str, list[str]]] = []
        self.connections = 0

    def __enter__(self) -> "SmtpServer":
        server = self

        class _Controller(Controller):
            def factory(self) -> SMTP:
                server.connections += 1
                return _Smtp(server, hostname="mail.test")

            def _trigger_server(self) -> None:
                self.port = self.server.sockets[0].getsockname()[1]
                super()._trigger_server()

        self._controller = _Controller(self, hostname="127.0.0.1", port=0)
        self._controller.start()
        self.connections = 0  # the controller has knocked at its own door
        return self

    def __exit__(self, *_exception: object) -> None:
        self._controller.stop()

    @property
    def port(self) -> int:
        return self._controller.port

    def word(self, envelope: Envelope) -> str:
        """What to do with the mail under way: the same word from MAIL to the end of its text."""
        if not hasattr(envelope, "word"):
            envelope.word = self.behave.pop(0) if self.behave else "accept"
        return envelope.word

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.word(envelope) == "mail 550":
            return ANSWERS["mail 550"]
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        word = self.word(envelope)
        if word == "hang":
            await asyncio.sleep(HANG_SECONDS)
        if word.startswith("rcpt "):
            return ANSWERS[word]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        word = self.word(envelope)
        self.heard.append((envelope.mail_from or "", list(envelope.rcpt_tos)))
        if word == "hang after data":
            await asyncio.sleep(HANG_SECONDS)
        if word == "drop after data":
            server.transport.abort()
            return "250 never heard"
        if word.startswith("text "):
            return ANSWERS[word]
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 OK"
