"""What Akismet is owed when people decide otherwise. The rows of StatusChange are the outbox.

First who owes what; then what the worker does with what is due. A report that was under way when
it was taken back is put right by another.
"""

import logging
from collections import defaultdict
from collections.abc import Collection
from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from comments import spam
from comments.leases import back_off
from comments.models import Check, Comment, Discussion, StatusChange, Submission
from comments.spam.answers import NoAnswer
from comments.status import SPAM_VERDICTS, Source, Status, Verdict

logger = logging.getLogger("comments.worker")

#: How long a moderator may still take a decision back before Akismet hears of it.
UNDO_WINDOW = timedelta(seconds=10)
REPORT_NO_LONGER_THAN = timedelta(days=15)


def owed(comment: Comment, new: str) -> str:
    """Return what Akismet is owed when people now take `comment` for `new`: spam, ham or "".

    It is owed only what it does not believe already: what it was last told, or else its own
    verdict. What it was never asked about (written by staff, taken over) is none of its business.
    Whatever was owed and not delivered yet is taken back first; that is the undo.
    """
    return owed_many({comment.pk: new})[comment.pk]


def owed_many(decided: dict[int, str]) -> dict[int, str]:
    """Return what `owed` says of each comment, by its number, in five queries for all of them."""
    take_back_many([*decided])
    changes = StatusChange.objects.filter(comment__in=decided)
    told: dict[int, str] = dict(
        changes.filter(feedback_at__isnull=False)
        .order_by("feedback_at")
        .values_list("comment", "feedback")
    )
    rows = Comment.objects.filter(pk__in=decided).order_by()
    verdicts: dict[int, str] = dict(rows.values_list("pk", "verdict"))
    # Their writers had everything forgotten that Akismet would have to be told.
    erased = set(
        Submission.objects.filter(pk__in=decided, email_hash="").values_list("pk", flat=True)
    )
    # Taken in without a key, when readers read that nobody gets their data.
    errors: dict[int, set[str]] = defaultdict(set)
    for pk, error in Check.objects.filter(comment__in=decided).values_list("comment", "error"):
        errors[pk].add(error)
    owed = dict.fromkeys(decided, "")
    for pk, new in decided.items():
        if verdicts.get(pk) == Verdict.EXEMPT and pk not in errors and pk not in told:
            continue
        believed_spam = told[pk] == "spam" if pk in told else verdicts[pk] in SPAM_VERDICTS
        wanted_spam = new == Status.SPAM
        if wanted_spam != believed_spam and pk not in erased and errors[pk] != {"no_key"}:
            owed[pk] = StatusChange.Feedback.SPAM if wanted_spam else StatusChange.Feedback.HAM
    return owed


def take_back(comment: Comment) -> None:
    """Owe nothing of what was decided about `comment` and not delivered yet."""
    take_back_many([comment.pk])


def take_back_many(pks: Collection[int]) -> None:
    """Owe nothing of what was decided about these comments and not delivered yet."""
    StatusChange.objects.filter(comment__in=pks, feedback_due__isnull=False).update(
        feedback_due=None, feedback=""
    )


def settle(comment: Comment) -> None:
    """Owe Akismet a correction if it was told something that people had just taken back."""
    last = comment.changes.filter(source=Source.MODERATOR).order_by("-at", "-pk").first()
    current = Comment.objects.get(pk=comment.pk).status
    if last and current in (Status.PENDING, Status.APPROVED, Status.SPAM):
        feedback = owed(comment, current)
        if feedback:
            last.feedback, last.feedback_due = feedback, timezone.now()
            last.save(update_fields=["feedback", "feedback_due"])


# --- delivering it --------------------------------------------------------------------------


def due() -> QuerySet[StatusChange]:
    """Return what Akismet should be told now, longest due first."""
    return StatusChange.objects.filter(feedback_due__lte=timezone.now()).order_by("feedback_due")


def report(change: StatusChange) -> spam.Values:
    """Return what to send: the values of the original check, and who decided."""
    return spam.repeat(
        change.comment,
        reporter=change.by.get_username() if change.by else "",
        with_email=Discussion.load().akismet_gets_email,
    )


def taken(change: StatusChange) -> None:
    """Note that Akismet took the report as it was claimed."""
    fields = {"feedback": change.feedback, "feedback_at": timezone.now(), "feedback_due": None}
    row = StatusChange.objects.filter(pk=change.pk)
    with transaction.atomic():
        ours = row.filter(feedback_due=change.feedback_due).update(**fields)
        # Else it was taken back while the call was under way, or the comment was erased.
        if not ours and row.update(**fields):
            settle(change.comment)
    logger.info("comment %s: reported as %s", change.comment_id, change.feedback)


def not_taken(change: StatusChange, error: NoAnswer) -> None:
    """Try again later, unless the decision is so old that nobody learns from it."""
    later = timezone.now() + (
        timedelta(seconds=error.retry_after)
        if error.retry_after
        else back_off(change.feedback_attempts)
    )
    too_old = timezone.now() - change.at >= REPORT_NO_LONGER_THAN
    StatusChange.objects.filter(pk=change.pk, feedback_due=change.feedback_due).update(
        feedback_due=None if too_old else later
    )
    logger.warning("comment %s: feedback not taken (%s)", change.comment_id, error)
