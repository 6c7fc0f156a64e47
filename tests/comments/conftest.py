"""Fixtures for the tests of comments: settings, mail, the worker."""

import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from comments import moderation, privacy
from comments.models import Address, Comment, Discussion, Mail, Submission
from comments.status import Status
from tests.smtp_server import SmtpServer

DISCUSSION = "/admin/comments/discussion/1/change/"


@pytest.fixture
def mail_enabled(settings: Any) -> None:
    """As with a mail server that is named; it is not waited for."""
    settings.MAIL_ENABLED = True
    settings.EMAIL_TIMEOUT = 1


@pytest.fixture
def save_discussion(desk: Client) -> Callable[..., Any]:
    """Post the settings with what is set but for `fields`, as a browser would; None: left out."""

    def save(**fields: Any) -> Any:
        Discussion.objects.get_or_create(pk=1)
        form = desk.get(DISCUSSION).context["adminform"].form
        data = {name: form[name].value() for name in form.fields}
        data = {name: value for name, value in data.items() if value is not False}
        data |= fields
        return desk.post(
            DISCUSSION, {name: each for name, each in data.items() if each is not None}
        )

    return save


# --- mail ---


@pytest.fixture
def smtp(settings: Any) -> Iterator[SmtpServer]:
    """A mail server on loopback, which the settings point to."""
    with SmtpServer() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server


@pytest.fixture
def follow(make_comment: Callable[..., Comment]) -> Callable[..., Comment]:
    """Store a public comment whose writer follows replies and has confirmed the address."""

    def make(email: str = "fay@example.com", *, confirmed: bool = True, **fields: Any) -> Comment:
        comment = make_comment(fields.pop("text", "Margins fall."), email=email, **fields)
        Submission.objects.filter(pk=comment.pk).update(notify=True)
        if confirmed:
            Address.objects.get_or_create(
                email_hash=privacy.address_hash(email),
                defaults={"email": email, "confirmed_at": timezone.now()},
            )
        return comment

    return make


@pytest.fixture
def reply_to(make_comment: Callable[..., Comment]) -> Callable[..., Comment]:
    """Have a reply approved, as a moderator does."""
    # Without a group: tests with transactions of their own leave none behind.
    moderator = User.objects.create_user("max", is_staff=True)

    def make(comment: Comment, text: str = "They may rise again.", **fields: Any) -> Comment:
        fields.setdefault("email", "ray@example.com")
        reply = make_comment(text, parent=comment, status=Status.PENDING, **fields)
        moderation.approve(reply, by=moderator, seen=Status.PENDING)
        return reply

    return make


@pytest.fixture
def owed(follow: Callable[..., Comment], reply_to: Callable[..., Comment]) -> Mail:
    """One mail that is owed: somebody was replied to."""
    reply_to(follow())
    return Mail.objects.get()


# --- the worker ---


@pytest.fixture
def signal_handlers() -> Iterator[None]:
    """The command takes SIGTERM and SIGINT over; give them back to pytest."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def kim(db: None) -> User:
    return User.objects.create(username="kim", is_staff=True)


@pytest.fixture
def judged(akismet: Any, post_comment: Callable[..., Any]) -> Callable[..., Comment]:
    """Post a comment, let it be judged ham or spam, and return it."""

    def judge(verdict: str = "ham", **fields: Any) -> Comment:
        akismet.script([{"body": "true" if verdict == "spam" else "false"}])
        post_comment(**fields)
        call_command("work", once=True)
        return Comment.objects.get()

    return judge
