"""What `manage.py work` does: ask Akismet about new comments, and tell it where it was wrong.

The rows are the queue. A claim moves `check_due` one lease ahead in a short transaction; the
calls are made outside any, several at a time; the answer counts only while the claim is ours.
So a worker killed at any point loses nothing: its claim runs out and another asks again. Threads
only talk to Akismet; the database is touched by the main thread alone.
"""

import json
import logging
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import DatabaseError, close_old_connections, connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from comments import feedback, moderation, spam
from comments.leases import LEASE, back_off, claim, set_due
from comments.models import Check, Comment, Discussion, StatusChange, Submission
from comments.spam import rules
from comments.spam.akismet import TOTAL_SECONDS, Akismet, Answer, NoAnswer
from comments.status import Status, Verdict

logger = logging.getLogger(__name__)

HAND_OVER_AFTER = timedelta(hours=24)
ASK_NO_LONGER_THAN = timedelta(days=15)
#: After this many failures in a row, one row a minute is tried until Akismet answers again.
FAILURES_TO_PROBE, PROBE_EVERY = 5, timedelta(minutes=1)


@dataclass
class Job:
    """One call under way, and what to do with its outcome in the main thread."""

    name: str
    done: Callable[[Any], None]
    failed: Callable[[NoAnswer], None]


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

    def run(self, *, once: bool = False) -> None:
        """Work until `stop` is called; with `once`, until nothing is due. Calls under way finish.

        A database that is away is waited for.
        """
        with ThreadPoolExecutor(self.slots, thread_name_prefix="akismet") as pool:
            while not self.stopping:
                try:
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

    def _claim_jobs(self, pool: ThreadPoolExecutor) -> None:
        if len(self._jobs) >= self.slots or not self._anything_to_try():
            return
        free = self._free_slots()
        for comment in claim(Comment.objects.due_for_check(), "check", free):
            self._start_check(pool, comment)
            free -= 1
        for change in claim(self._feedback_due(), "feedback", free):
            self._start_feedback(pool, change)

    def _anything_to_try(self) -> bool:
        """Look before taking the write lock, which SQLite has only one of."""
        return Comment.objects.due_for_check().exists() or self._feedback_due().exists()

    def _feedback_due(self) -> QuerySet[StatusChange]:
        return StatusChange.objects.filter(feedback_due__lte=timezone.now()).order_by(
            "feedback_due"
        )

    # --- checks ---------------------------------------------------------------------------

    def _start_check(self, pool: ThreadPoolExecutor, comment: Comment) -> None:
        reason = "retry" if comment.check_attempts > 1 else ""
        values: spam.Values = {}
        job = Job(
            f"check of comment {comment.pk}",
            done=lambda answer: self._judge(comment, answer, values),
            failed=lambda error: self._postpone(comment, error),
        )
        if self._prepare(job, values, lambda: spam.question(comment, reason=reason)):
            self._jobs[pool.submit(self.akismet.check, values)] = job

    def _judge(self, comment: Comment, answer: Answer, values: spam.Values) -> None:
        provisional = (
            answer.recheck_after is not None
            and not comment.checks.filter(verdict=Verdict.HAM).exists()
        )
        with transaction.atomic():
            if not _record(
                comment,
                verdict=answer.verdict,
                detail=answer.alert,
                guid=answer.guid,
                duration_ms=answer.duration_ms,
            ):
                return
            Submission.objects.filter(pk=comment.pk).update(sent=json.dumps(values))
            if provisional:
                set_due(comment, timedelta(seconds=answer.recheck_after or 0))
                counted = True
            else:
                counted = moderation.judge(comment, answer.verdict, hit=_why_it_waits(comment))
        logger.info(
            "comment %s: %s after %s ms%s",
            comment.pk,
            f"{answer.verdict}, provisionally" if provisional else answer.verdict,
            answer.duration_ms,
            "" if counted else ", but it was decided meanwhile",
        )

    def _postpone(self, comment: Comment, error: NoAnswer) -> None:
        wait_for = back_off(comment.check_attempts)
        if error.retry_after:
            wait_for = timedelta(seconds=error.retry_after)
        # Not since it was written: it may be an import, or back from the trash.
        asked = comment.changes.filter(new=Status.SUBMITTED).order_by("at").last()
        age = timezone.now() - (asked.at if asked else comment.created_at)
        # Without a key readers are told that nobody else receives their data: for good.
        ask_again = error.kind != "no_key" and age < ASK_NO_LONGER_THAN
        with transaction.atomic():
            if not _record(
                comment,
                error=error.kind,
                detail=error.detail,
                guid=error.guid,
                duration_ms=error.duration_ms,
            ):
                return
            # Where the claim is no longer ours, nothing is handed over and no date is moved.
            if (
                comment.status == Status.SUBMITTED
                and (error.kind == "no_key" or age >= HAND_OVER_AFTER)
                and moderation.hand_over(comment, reason=str(error))
            ):
                comment = Comment.objects.get(pk=comment.pk)
            set_due(comment, wait_for if ask_again else None)
        logger.warning("comment %s: no answer (%s)", comment.pk, error)

    # --- feedback -------------------------------------------------------------------------

    def _start_feedback(self, pool: ThreadPoolExecutor, change: StatusChange) -> None:
        job = Job(
            f"feedback on comment {change.comment_id}",
            done=lambda _nothing: self._feedback_taken(change),
            failed=lambda error: self._feedback_failed(change, error),
        )
        reporter = change.by.get_username() if change.by else ""
        values: spam.Values = {}
        is_spam = change.feedback == StatusChange.Feedback.SPAM
        if self._prepare(job, values, lambda: spam.repeat(change.comment, reporter=reporter)):
            self._jobs[pool.submit(self.akismet.report, values, spam=is_spam)] = job

    def _feedback_taken(self, change: StatusChange) -> None:
        taken = {"feedback": change.feedback, "feedback_at": timezone.now(), "feedback_due": None}
        row = StatusChange.objects.filter(pk=change.pk)
        with transaction.atomic():
            ours = row.filter(feedback_due=change.feedback_due).update(**taken)
            # Else it was taken back while the call was under way, or the comment was erased.
            if not ours and row.update(**taken):
                feedback.settle(change.comment)
        logger.info("comment %s: reported as %s", change.comment_id, change.feedback)

    def _feedback_failed(self, change: StatusChange, error: NoAnswer) -> None:
        later = timezone.now() + (
            timedelta(seconds=error.retry_after)
            if error.retry_after
            else back_off(change.feedback_attempts)
        )
        too_old = timezone.now() - change.at >= ASK_NO_LONGER_THAN
        StatusChange.objects.filter(pk=change.pk, feedback_due=change.feedback_due).update(
            feedback_due=None if too_old else later
        )
        logger.warning("comment %s: feedback not taken (%s)", change.comment_id, error)

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
                if error.kind != "no_key":
                    self._failures_in_row += 1
                    self._next_probe = timezone.now() + PROBE_EVERY
                job.failed(error)
            except Exception as error:
                self._our_fault(job, error)
            else:
                self._all_well()
                self._act_on(job, result)

    def _act_on(self, job: Job, result: Any) -> None:
        """Do what an answer asks for. A row that cannot be dealt with ends no worker."""
        try:
            job.done(result)
        except DatabaseError:
            raise
        except Exception as error:
            self._our_fault(job, error)

    def _prepare(self, job: Job, values: spam.Values, read: Callable[[], spam.Values]) -> bool:
        """Fill in what to send. A row that cannot be read fails alone and keeps up no other."""
        try:
            values.update(read())
        except DatabaseError:
            raise
        except Exception as error:
            self._our_fault(job, error)
        return bool(values)

    def _our_fault(self, job: Job, error: Exception) -> None:
        """Say which, without the values, and try again later."""
        logger.error("%s failed: %s", job.name, type(error).__name__)
        job.failed(NoAnswer("internal", type(error).__name__))

    def _all_well(self) -> None:
        """Akismet answers. After an outage, all that waits out its back-off is due at once."""
        if self._failures_in_row >= FAILURES_TO_PROBE:
            now = timezone.now()
            Comment.objects.unjudged().filter(check_due__gt=now + LEASE).update(check_due=now)
        self._failures_in_row = 0

    def _forget_connection(self) -> None:
        if not connection.in_atomic_block:
            connection.close()


def _record(comment: Comment, **outcome: Any) -> bool:
    """Keep what came of a check; False when the comment was erased meanwhile."""
    row = Comment.objects.select_for_update(no_key=True).filter(pk=comment.pk)
    if row.values_list("pk").first() is None:
        return False
    Check.objects.create(comment=comment, **outcome)
    return True


def _why_it_waits(comment: Comment) -> rules.Hit:
    discussion = Discussion.load()
    return rules.after_ham(
        spam.draft_of(comment),
        comment.html,
        links_to_hold=discussion.links_to_hold,
        words=discussion.hold_words,
    )
