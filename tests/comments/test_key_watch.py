"""What the worker asks about the key, and who hears of trouble with it."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from comments.models import Mail
from comments.privacy import address_hash
from tests.comments.working import FAULT, state, stopped_after, work, worker_for

pytestmark = pytest.mark.usefixtures("signal_handlers")


@pytest.fixture
def root(db: None, settings: Any) -> User:
    settings.MAIL_ENABLED = True
    return User.objects.create_superuser("root", "root@example.org")


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ({"body": "invalid"}, True),
        ({"body": "false", "headers": {"X-akismet-error": "suspended"}}, True),
        (FAULT, False),
        ({"status": 429}, False),
        ({"drop": True}, False),
        ({"body": "garbage"}, False),
        ({"body": "false"}, False),
    ],
)
def test_administrators_hear_of_trouble_with_the_key(akismet, root, make_comment, step, told):
    for number in range(3):
        make_comment(f"Number {number}", status="submitted")
    akismet.script([step] * 3)
    work()
    mails = Mail.objects.filter(kind="key_trouble")
    # The address itself goes when the mail has left.
    hashes = [address_hash("root@example.org")] if told else []
    assert [mail.email_hash for mail in mails] == hashes


def run_until(done: Callable[[], Any], **options: Any) -> None:
    """Let a worker work on until `done`."""
    with worker_for(**options) as worker:
        finish_jobs = worker._finish_jobs

        def finish_and_look(timeout: float) -> None:
            finish_jobs(timeout)
            if done():
                worker.stop()

        worker._finish_jobs = finish_and_look
        with stopped_after(20, worker):
            worker.run()
        assert done()


@pytest.mark.parametrize(
    ("key", "told"), [("valid-key-01", 0), ("wrong-key", 1), ("suspended-key", None)]
)
def test_the_key_is_verified_when_work_begins(akismet, settings, root, key, told, caplog):
    caplog.set_level(logging.INFO)
    settings.AKISMET_API_KEY = key
    run_until(lambda: "our key" in caplog.text or "AKISMET_API_KEY" in caplog.text)
    assert len(akismet.calls("verify-key")) == 1
    if told is not None:
        assert Mail.objects.count() == told
    assert key not in caplog.text


def test_the_key_is_verified_again_after_six_hours(akismet, db, monkeypatch):
    monkeypatch.setattr("comments.key_watch.VERIFY_EVERY", timedelta(0))
    run_until(lambda: len(akismet.calls("verify-key")) >= 3)


def test_a_key_that_cannot_be_verified_stops_nothing(akismet, make_comment, caplog, monkeypatch):
    monkeypatch.setattr("comments.worker.FAILURES_TO_PROBE", 1)
    comment = make_comment(status="submitted")
    akismet.script([{"drop": True}])
    run_until(lambda: state(comment)[0] == "pending", slots=1)
    assert "did not say whether it knows our key (connection" in caplog.text


def test_without_a_key_nobody_is_asked_about_it(akismet, settings, db, caplog):
    settings.AKISMET_API_KEY = ""
    run_until(lambda: "no AKISMET_API_KEY is set" in caplog.text)
    assert akismet.log == []
