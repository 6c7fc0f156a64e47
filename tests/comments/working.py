"""What workers do, in the words of the tests. Time is moved in the database."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connections
from django.utils import timezone

from comments.models import Comment, StatusChange
from comments.spam.akismet import Akismet
from comments.worker import Worker

ACROSS_THREADS = pytest.mark.django_db(transaction=True)
FAULT = {"status": 503}


@contextmanager
def worker_for(wrap: Callable[[Akismet], Any] = lambda line: line, **options: Any):
    line = Akismet.from_settings()
    try:
        yield Worker(wrap(line), poll_seconds=0.01, **options)
    finally:
        line.close()


def work() -> None:
    call_command("work", once=True)


def hours_ago(hours: float) -> Any:
    return timezone.now() - timedelta(hours=hours)


def make_due(comment: Comment) -> None:
    """Let the time pass until the worker looks at `comment` again."""
    Comment.objects.filter(pk=comment.pk, check_due__isnull=False).update(check_due=timezone.now())


def state(comment: Comment) -> tuple[str, str, str]:
    comment.refresh_from_db()
    return comment.status, comment.verdict, comment.held_for


def steps(comment: Comment) -> list[tuple[str, str, str]]:
    return [(step.old, step.new, step.source) for step in comment.changes.all()]


def waits(comment: Comment) -> float:
    """Return in how many seconds the worker looks again."""
    comment.refresh_from_db()
    assert comment.check_due is not None
    return (comment.check_due - timezone.now()).total_seconds()


class Meanwhile:
    """A line to Akismet on which `happens` takes place, once, between question and answer."""

    def __init__(self, line: Akismet, happens: Callable[[], Any]) -> None:
        self.line = line
        self.happens = happens
        self.happened = 0

    def _take_place(self) -> None:
        self.happened += 1
        try:
            if self.happened == 1:
                self.happens()
        finally:
            connections.close_all()  # this thread's own

    def check(self, values: Any) -> Any:
        try:
            return self.line.check(values)
        finally:
            self._take_place()

    def verify_key(self) -> bool:
        return self.line.verify_key()

    def usage_limit(self) -> Any:
        return self.line.usage_limit()

    def report(self, values: Any, *, spam: bool) -> None:
        try:
            self.line.report(values, spam=spam)
        finally:
            self._take_place()


def run_while(happens: Callable[[], Any]) -> None:
    with worker_for(lambda line: Meanwhile(line, happens), slots=1) as worker:
        worker.run(once=True)
        assert worker.akismet.happened


@contextmanager
def stopped_after(seconds: float, worker: Worker) -> Iterator[None]:
    """A bound: whatever goes wrong, the worker does not work for longer."""
    timer = threading.Timer(seconds, worker.stop)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()


def pass_the_undo_window() -> None:
    StatusChange.objects.filter(feedback_due__isnull=False).update(feedback_due=timezone.now())


def reported(akismet: Any) -> list[str]:
    return [call.call for call in akismet.log if call.call.startswith("submit-")]
