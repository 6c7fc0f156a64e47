"""What `manage.py work` does: ask Akismet about new comments, and tell it where it was wrong.

The rows are the queue. A claim moves `check_due` one lease ahead in a short transaction; the
calls are made outside any, several at a time; the answer counts only while the claim is ours.
So a worker killed at any point loses nothing: its claim runs out and another asks again. Threads
only talk to Akismet; the database is touched by the main thread alone.

What is asked and what becomes of the answer: `comments/checking.py` and `comments/feedback.py`, and
of the key `comments/key_watch.py`.
"""

import logging
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import timedelta
from typing import Any

from django.db import DatabaseError, close_old_connections, connection
from django.utils import timezone

from comments import checking, feedback, spam
from comments.job import Job
from comments.key_watch import KeyWatch
from comments.leases import LEASE, claim
from comments.mail import notifications
from comments.models import Comment, StatusChange
from comments.pulse import Pulse
from comments.spam.akismet import Akismet
from comments.spam.answers import KEY_TROUBLE, Answer, NoAnswer
from comments.spam.line import TOTAL_SECONDS
from comments.status import Status

logger = logging.getLogger(__name__)

#: After this many failures in a row, one row a minute is tried until Akismet answers again.
FAILURES_TO_PROBE, PROBE_EVERY = 5, timedelta(minutes=1)


class Worker:
    """One process's worth of checking and reporting. Any number may run at once."""

    def __init__(self, akismet: Akismet, *, slots: int = 4, poll_seconds: float = 0.5) -> None:
        self.akismet = akismet
        self.slots = slots
        self.poll_seconds = poll_seconds
        # A plain flag: a signal handler may interrupt code that holds an Event's lock.
        self.stopping = False
        self._jobs: dict[Future, Job] = {}
        self._failures_in_row = 0
        self._next_probe = timezone.now()
        self._pulse = Pulse()
        self._key_watch = KeyWatch(akismet, self._pulse)

    def run(self, *, once: bool = False) -> None:
        """Work until `stop` is called; with `once`, until nothing is due. Calls under way finish.

        A database that is away is waited for. Unless `once`, the key is verified at the start and
        every six hours.
        """
        if not once:
            logger.info("worker started")
        with ThreadPoolExecutor(self.slots, thread_name_prefix="akismet") as pool:
            while not self.stopping:
                try:
                    self._pulse.beat()
                    for call, job in self._key_watch.due(test_only=once):
                        self._jobs[pool.submit(call)] = job
                    self._claim_jobs(pool)
                    self._finish_jobs(self.poll_seconds)
                    idle = not self._jobs
                    if idle and once and not self._anything_due():
                        return
                except DatabaseError as error:
                    # Claims and answers that were lost with it are asked for again by the rows.
                    # Its message may quote a row, so only its kind goes into the log.
                    logger.error("the database failed; trying again (%s)", type(error).__name__)
                    if once:
                        raise
                    self._forget_connection()
                    idle = True
                if idle:
                    time.sleep(self.poll_seconds)
                if not connection.in_atomic_block:  # as in a test
                    close_old_connections()
            self._finish_calls_under_way()

    def stop(self) -> None:
        """Claim nothing more and let `run` return; may be called from a signal handler."""
        self.stopping = True

    def _finish_calls_under_way(self) -> None:
        try:
            while self._jobs:
                self._finish_jobs(TOTAL_SECONDS)
        except DatabaseError as error:
            logger.error(
                "the database failed; its rows will be asked about again (%s)", type(error).__name__
            )

    # --- what is due ----------------------------------------------------------------------

    def _free_slots(self) -> int:
        if self._failures_in_row < FAILURES_TO_PROBE:
            return self.slots - len(self._jobs)
        now = timezone.now()
        if self._jobs or now < self._next_probe:
            return 0
        self._next_probe = now + PROBE_EVERY
        return 1

    def _anything_due(self) -> bool:
        return self._failures_in_row < FAILURES_TO_PROBE and self._anything_to_try()

    def _anything_to_try(self) -> bool:
        """Look before taking the write lock, which SQLite has only one of."""
        return Comment.objects.due_for_check().exists() or feedback.due().exists()

    def _claim_jobs(self, pool: ThreadPoolExecutor) -> None:
        if len(self._jobs) >= self.slots or not self._anything_to_try():
            return
        free = self._free_slots()
        for comment in claim(Comment.objects.due_for_check(), "check", free):
            self._start_check(pool, comment)
            free -= 1
        for change in claim(feedback.due(), "feedback", free):
            self._start_feedback(pool, change)

    def _start_check(self, pool: ThreadPoolExecutor, comment: Comment) -> None:
        values: spam.Values = {}
        job = Job(
            f"check of comment {comment.pk}",
            done=lambda answer: checking.answered(comment, answer, values),
            failed=lambda error: checking.unanswered(comment, error),
        )
        if self._prepare(job, values, lambda: checking.question(comment)):
            self._jobs[pool.submit(self.akismet.check, values)] = job

    def _start_feedback(self, pool: ThreadPoolExecutor, change: StatusChange) -> None:
        values: spam.Values = {}
        job = Job(
            f"feedback on comment {change.comment_id}",
            done=lambda _nothing: feedback.taken(change),
            failed=lambda error: feedback.not_taken(change, error),
        )
        is_spam = change.feedback == StatusChange.Feedback.SPAM
        if self._prepare(job, values, lambda: feedback.report(change)):
            self._jobs[pool.submit(self.akismet.report, values, spam=is_spam)] = job

    def _prepare(self, job: Job, values: spam.Values, read: Callable[[], spam.Values]) -> bool:
        """Fill in what to send. A row that cannot be read fails alone and keeps up no other."""
        try:
            values.update(read())
        except DatabaseError:
            raise
        except Exception as error:
            self._our_fault(job, error)
        return bool(values)

    # --- outcomes -------------------------------------------------------------------------

    def _finish_jobs(self, timeout: float) -> None:
        if not self._jobs:
            return
        finished, _waiting = wait(self._jobs, timeout, return_when=FIRST_COMPLETED)
        for future in finished:
            job = self._jobs.pop(future)
            try:
                result = future.result()
            except NoAnswer as error:
                if job.counts and error.kind != "no_key":
                    self._failures_in_row += 1
                    self._next_probe = timezone.now() + PROBE_EVERY
                if error.alert is not None:
                    self._pulse.told(error.alert)
                if error.kind in KEY_TROUBLE:
                    notifications.owe_key_trouble(str(error))
                job.failed(error)
            except Exception as error:
                self._our_fault(job, error)
            else:
                if job.counts:
                    self._all_well()
                if isinstance(result, Answer):
                    self._pulse.answered(result.alert)
                self._act_on(job, result)

    def _act_on(self, job: Job, result: Any) -> None:
        """Do what an answer asks for. A row that cannot be dealt with ends no worker."""
        try:
            job.done(result)
        except DatabaseError:
            raise
        except Exception as error:
            self._our_fault(job, error)

    def _our_fault(self, job: Job, error: Exception) -> None:
        """Say which, without the values, and try again later."""
        logger.error("%s failed: %s", job.name, type(error).__name__)
        job.failed(NoAnswer("internal", type(error).__name__))

    def _all_well(self) -> None:
        """Akismet answers. After an outage, all that waits out its back-off is due at once."""
        if self._failures_in_row >= FAILURES_TO_PROBE:
            now = timezone.now()
            # Not what was never tried: the steps of a queue that is checked again.
            waiting = Comment.objects.unjudged().exclude(status=Status.PENDING, check_attempts=0)
            waiting.filter(check_due__gt=now + LEASE).update(check_due=now)
        self._failures_in_row = 0

    def _forget_connection(self) -> None:
        if not connection.in_atomic_block:
            connection.close()
