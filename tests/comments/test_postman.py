"""Mail leaves once, over a real SMTP server, whatever fails."""

import os
import signal
import threading
import time
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from comments.mail import letters
from comments.mail.postman import Postman
from comments.management.commands.work import Command as Work
from comments.models import Comment, Mail
from comments.spam.akismet import Akismet
from comments.status import Status
from comments.worker import Worker
from tests.comments.test_concurrency import Process, database_url, wait_until
from tests.comments.test_mail import deliver, make_due, together

pytestmark = pytest.mark.usefixtures("mail_enabled")


# --- delivery -----------------------------------------------------------------------------------


def test_accepted(owed, smtp):
    deliver()
    owed.refresh_from_db()
    assert owed.sent_at is not None
    assert (owed.email, owed.error, owed.send_due) == ("", "", None)
    (message,) = smtp.mails
    assert message["To"] == "fay@example.com"
    assert {part.get_content_type() for part in message.walk()} == {
        "multipart/alternative",
        "text/plain",
        "text/html",
    }
    deliver()
    assert len(smtp.heard) == 1


def test_several_mails_share_one_connection(follow, reply_to, smtp):
    for number in range(4):
        reply_to(follow(f"reader{number}@example.com"))
    deliver()
    assert len(smtp.mails) == 4
    assert smtp.connections == 1


@pytest.mark.parametrize("word", ["rcpt 450", "data 451", "text 451", "drop before data"])
def test_refused_for_now_and_accepted_later(owed, smtp, word):
    smtp.behave = [word]
    deliver()
    owed.refresh_from_db()
    assert owed.started_at is None
    assert timedelta(seconds=50) < owed.send_due - timezone.now() < timedelta(seconds=70)
    assert owed.email == "fay@example.com"
    assert smtp.mails == []
    make_due()
    deliver()
    assert len(smtp.mails) == 1


@pytest.mark.parametrize("word", ["rcpt 550", "data 554", "text 554"])
def test_refused_for_good(owed, smtp, word):
    smtp.behave = [word]
    deliver()
    owed.refresh_from_db()
    assert (owed.email, owed.send_due) == ("", None)
    assert word[-3:] in owed.error
    assert "fay" not in owed.error
    deliver()
    assert smtp.mails == []


def test_a_line_that_begins_with_a_dot_arrives_as_it_is(owed, smtp, settings):
    settings.SITE_NAME = "..dotted"
    deliver()
    text = smtp.mails[0].get_body(("plain",)).get_content()
    assert "\n..dotted, http://testserver\n" in text.replace("\r\n", "\n")


def test_a_refusal_keeps_up_no_other(follow, reply_to, smtp):
    for number in range(3):
        reply_to(follow(f"reader{number}@example.com"))
    smtp.behave = ["rcpt 550", "text 451"]
    deliver()
    assert len(smtp.mails) == 1


def test_a_server_that_hangs_before_the_text_is_asked_again(owed, smtp, settings):
    settings.EMAIL_TIMEOUT = 0.3
    smtp.behave = ["hang"]
    postman = deliver()
    owed.refresh_from_db()
    assert (owed.started_at, owed.email) == (None, "fay@example.com")
    assert not postman.deliver_next()
    make_due()
    deliver()
    assert len(smtp.mails) == 1


@pytest.mark.parametrize("word", ["drop after data", "hang after data"])
def test_what_may_have_arrived_is_never_sent_again(owed, smtp, settings, caplog, word):
    settings.EMAIL_TIMEOUT = 0.3
    smtp.behave = [word]
    deliver()
    owed.refresh_from_db()
    assert owed.error.startswith("may have been sent")
    assert (owed.email, owed.send_due, owed.sent_at) == ("", None, None)
    assert "may have been sent" in caplog.text
    deliver()
    assert len(smtp.heard) == 1


def test_a_server_that_is_away_is_not_hammered(follow, reply_to, smtp, settings):
    for number in range(3):
        reply_to(follow(f"reader{number}@example.com"))
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 9
    postman = deliver()
    assert Mail.objects.filter(send_attempts__gt=0).count() == 1
    assert not postman.deliver_next()
    settings.EMAIL_PORT = port
    make_due()
    deliver()
    assert len(smtp.mails) == 3


def test_after_three_days_a_mail_is_given_up(owed, settings, smtp):
    settings.EMAIL_PORT = 9
    Mail.objects.update(at=timezone.now() - timedelta(days=2, hours=23))
    deliver()
    owed.refresh_from_db()
    assert owed.send_due is not None
    Mail.objects.update(at=timezone.now() - timedelta(days=3, seconds=1))
    make_due()
    deliver()
    owed.refresh_from_db()
    assert (owed.send_due, owed.email) == (None, "")
    assert owed.error.startswith("given up")


def test_a_sender_that_the_server_does_not_want_loses_no_mail(owed, smtp):
    smtp.behave = ["mail 550"]
    deliver()
    owed.refresh_from_db()
    assert owed.send_due is not None
    make_due()
    deliver()
    assert len(smtp.mails) == 1


def test_without_a_mail_server_what_is_owed_is_given_up(owed, settings):
    settings.MAIL_ENABLED = False
    deliver()
    owed.refresh_from_db()
    assert (owed.send_due, owed.email, owed.error) == (None, "", "no mail server set")


def test_a_mail_that_cannot_be_made_keeps_up_no_other(follow, reply_to, smtp, monkeypatch, caplog):
    for number in range(2):
        reply_to(follow(f"reader{number}@example.com"))
    broken = Mail.objects.order_by("send_due").first()

    def compose(mail, real=letters.compose):
        if mail.pk == broken.pk:
            raise KeyError("fay@example.com")
        return real(mail)

    monkeypatch.setattr(letters, "compose", compose)
    deliver()
    broken.refresh_from_db()
    assert broken.error == "internal: KeyError"
    assert broken.send_due > timezone.now()
    assert len(smtp.mails) == 1
    assert "fay@" not in caplog.text


def test_killed_between_start_and_end_it_is_never_sent_again(owed, smtp, caplog):
    long_ago = timezone.now() - timedelta(minutes=11)
    Mail.objects.update(started_at=long_ago, send_due=None)
    deliver()
    owed.refresh_from_db()
    assert (owed.error, owed.email) == ("may have been sent", "")
    assert "may have been sent" in caplog.text
    assert smtp.heard == []


def test_killed_before_the_start_another_sends_it(owed, smtp):
    Mail.objects.update(send_due=timezone.now() + timedelta(seconds=60), send_attempts=1)
    deliver()
    assert smtp.mails == []
    make_due()
    deliver()
    assert len(smtp.mails) == 1


def test_a_claim_that_ran_out_is_not_sent_by_the_one_who_lost_it(owed, smtp, monkeypatch):
    def compose(mail, real=letters.compose):
        Mail.objects.filter(pk=mail.pk).update(send_due=timezone.now() + timedelta(seconds=60))
        return real(mail)

    monkeypatch.setattr(letters, "compose", compose)
    deliver()
    owed.refresh_from_db()
    assert smtp.heard == []
    assert (owed.started_at, owed.email) == (None, "fay@example.com")


@pytest.mark.django_db(transaction=True)
def test_postmen_at_once_send_each_mail_once(follow, reply_to, smtp):
    for number in range(8):
        reply_to(follow(f"reader{number}@example.com"))
    together(lambda _number: Postman(poll_seconds=0.01).run(once=True), range(3))
    make_due()
    deliver()
    assert sorted(to for _from, (to,) in smtp.heard) == [
        f"reader{number}@example.com" for number in range(8)
    ]
    assert Mail.objects.filter(sent_at=None).count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_server_that_hangs_does_not_keep_up_the_checks(owed, smtp, post_comment, akismet):
    """The command runs in a thread here, so it is stopped by its parts and not by a signal."""
    smtp.behave = ["hang"]
    command, postman, client = Work(), Postman(poll_seconds=0.01), Akismet.from_settings()
    worker = Worker(client, poll_seconds=0.01)
    post_comment()

    def work():
        command._work(worker, postman)
        connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        deadline = time.monotonic() + 10
        while Comment.objects.latest("pk").status == Status.SUBMITTED:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert smtp.mails == []
    finally:
        worker.stop()
        thread.join(20)
        client.close()
    assert not thread.is_alive()


# --- real processes ---------------------------------------------------------------------------


@pytest.fixture
def start_worker(akismet, smtp, tmp_path):
    """Start `manage.py work` as an operator does; none outlives the test."""
    processes = []

    def start(*arguments):
        environment = {
            **os.environ,
            "DATABASE_URL": database_url(),
            "AKISMET_API_URL": akismet.url,
            "EMAIL_URL": f"smtp://127.0.0.1:{smtp.port}",
            "LOG_LEVEL": "INFO",
        }
        process = Process(tmp_path / f"worker-{len(processes)}.log", environment, *arguments)
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.popen.kill()
        process.popen.wait()


@pytest.mark.django_db(transaction=True)
def test_killed_before_the_text_the_mail_is_sent_once_by_another(owed, smtp, start_worker):
    smtp.behave = ["hang"]
    first = start_worker()
    wait_until(lambda: not smtp.behave, "the server hangs")
    first.send(signal.SIGKILL)
    first.ends()
    assert start_worker("--once").ends() == 0
    assert smtp.heard == []  # the claim has not run out
    make_due()
    assert start_worker("--once").ends() == 0
    assert len(smtp.mails) == len(smtp.heard) == 1


@pytest.mark.django_db(transaction=True)
def test_killed_within_the_text_the_mail_is_never_sent_again(owed, smtp, start_worker):
    smtp.behave = ["hang after data"]
    first = start_worker()
    wait_until(lambda: smtp.heard, "the text has arrived")
    first.send(signal.SIGKILL)
    first.ends()
    owed.refresh_from_db()
    assert (owed.send_due, owed.sent_at) == (None, None)
    Mail.objects.update(started_at=owed.started_at - timedelta(minutes=11))
    second = start_worker("--once")
    assert second.ends() == 0
    assert "may have been sent" in second.output
    owed.refresh_from_db()
    assert (owed.error, owed.email) == ("may have been sent", "")
    assert len(smtp.heard) == 1


@pytest.mark.django_db(transaction=True)
def test_told_to_stop_while_the_server_hangs_it_stops_within_seconds(owed, smtp, start_worker):
    smtp.behave = ["hang"]
    process = start_worker()
    wait_until(lambda: not smtp.behave, "the server hangs")
    began = time.monotonic()
    process.send(signal.SIGTERM)
    assert process.ends() == 0, process.output
    assert time.monotonic() - began < 8
    assert process.output.rstrip().endswith("worker stopped")
    assert Mail.objects.get().send_due is not None
