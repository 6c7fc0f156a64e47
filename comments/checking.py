"""One check of one comment: what to ask Akismet, and what becomes of its answer or silence.

The calls themselves, several at a time, are the worker's: `comments/worker.py`.
"""

import json
import logging
import re
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from comments import moderation, spam, standing
from comments.leases import back_off, set_due
from comments.models import Check, Comment, Discussion, Submission
from comments.spam.answers import Answer, NoAnswer
from comments.spam.rules import Effect, Hit
from comments.status import HeldFor, Status, Verdict

logger = logging.getLogger("comments.worker")

HAND_OVER_AFTER = timedelta(hours=24)
ASK_NO_LONGER_THAN = timedelta(days=15)
#: How a check notes that it is provisional; `X-akismet-recheck-after` in seconds.
_PROVISIONAL = re.compile(r"provisional for (\d+) s")


def question(comment: Comment) -> spam.Values:
    """Return what to ask about `comment` as it was claimed, with the reason if it was asked before.

    A changed comment is asked about for its edit first, and then, as any other, as a retry. What
    stands in the queue already and was not tried again so far is checked together with all of it.
    """
    reason = ""
    if comment.check_attempts > 1:
        reason = "retry"
    elif comment.status == Status.PENDING:
        reason = "recheck_queue"
    elif comment.edited_at and comment.checks.exclude(verdict="").exists():
        reason = "edit"
    return spam.question(comment, reason=reason, with_email=Discussion.load().akismet_gets_email)


def answered(comment: Comment, answer: Answer, values: spam.Values) -> None:
    """Act on what Akismet said about `comment` as it was claimed, when asked with `values`."""
    discussion = Discussion.load()
    if _is_to_be_discarded(comment, answer, discussion) and moderation.discard(comment):
        logger.info("a comment was discarded: blatant spam, says Akismet")
        return
    seconds = None if _provisional(comment) else answer.recheck_after
    note = f"provisional for {seconds} s" if seconds else ""
    with transaction.atomic():
        current = standing.lock(comment)
        if current is None:
            return
        Check.objects.create(
            comment=comment,
            verdict=answer.verdict,
            detail=" ".join(filter(None, [note, answer.alert]))[:200],
            guid=answer.guid,
            duration_ms=answer.duration_ms,
        )
        Submission.objects.filter(pk=comment.pk).update(
            sent=json.dumps(values), sent_at=timezone.now()
        )
        if seconds:
            set_due(comment, timedelta(seconds=seconds))
            counted = True
        else:
            counted = _judge(comment, current, answer.verdict, discussion)
    logger.info(
        "comment %s: %s after %s ms%s",
        comment.pk,
        f"{answer.verdict}, provisionally" if seconds else answer.verdict,
        answer.duration_ms,
        "" if counted else ", but it was decided meanwhile",
    )


def unanswered(comment: Comment, error: NoAnswer) -> None:
    """Ask again later, hand it over to people when that lasts too long, give up after 15 days."""
    wait_for = back_off(comment.check_attempts)
    if error.retry_after:
        wait_for = timedelta(seconds=error.retry_after)
    # Not since it was written: it may be an import, or back from the trash.
    asked = comment.changes.filter(new=Status.SUBMITTED).order_by("at").last()
    age = timezone.now() - (asked.at if asked else comment.created_at)
    # Without a key readers are told that nobody else receives their data: for good.
    ask_again = error.kind != "no_key" and age < ASK_NO_LONGER_THAN
    with transaction.atomic():
        current = standing.lock(comment)
        if current is None:
            return
        Check.objects.create(
            comment=comment,
            error=error.kind,
            detail=error.detail,
            guid=error.guid,
            duration_ms=error.duration_ms,
        )
        logger.warning("comment %s: no answer (%s)", comment.pk, error)
        # Where the claim is no longer ours, nothing is handed over and no date is moved.
        provisional = _provisional(comment)
        if provisional and ask_again:
            left = provisional.at + 2 * _seconds(provisional) - timezone.now()
            if left <= timedelta(0):
                _judge(comment, current, Verdict.HAM, Discussion.load())
                return
            wait_for = min(wait_for, left)
        elif (
            comment.status == Status.SUBMITTED
            and (error.kind == "no_key" or age >= HAND_OVER_AFTER)
            and moderation.hand_over(comment, reason=str(error))
        ):
            comment = Comment.objects.get(pk=comment.pk)
        set_due(comment, wait_for if ask_again else None)


def _judge(claimed: Comment, current: Comment, verdict: str, discussion: Discussion) -> bool:
    hit: Hit | None
    if claimed.status == Status.PENDING and current.held_for not in ("", HeldFor.UNAVAILABLE):
        # Asked again from the queue. It waits for more than Akismet's word, and goes on waiting.
        hit = Hit(Effect.HOLD, current.held_detail, held_for=HeldFor(current.held_for))
    else:
        hit = standing.why_it_waits(current, discussion, verdict=verdict)
    return moderation.judge(claimed, verdict, hit=hit, log_only=discussion.akismet_log_only)


def _is_to_be_discarded(comment: Comment, answer: Answer, discussion: Discussion) -> bool:
    """What readers or moderators may have seen already is spam, but not thrown away."""
    return (
        answer.verdict == Verdict.DISCARD
        and discussion.discard_blatant_spam
        and not discussion.akismet_log_only
        and comment.user_id is None
        and comment.edited_at is None
        and comment.changes.count() == 1
    )


def _provisional(comment: Comment) -> Check | None:
    """Return the provisional "ham" that was said of the comment's present text, if any."""
    checks: Any = comment.checks.filter(verdict=Verdict.HAM)
    if comment.edited_at:
        checks = checks.filter(at__gte=comment.edited_at)
    last = checks.order_by("-at", "-pk").first()
    return last if last and _PROVISIONAL.search(last.detail) else None


def _seconds(provisional: Check) -> timedelta:
    said = _PROVISIONAL.search(provisional.detail)
    return timedelta(seconds=int(said[1]) if said else 0)
