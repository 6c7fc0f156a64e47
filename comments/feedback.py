"""What Akismet is owed when people decide otherwise. The rows of StatusChange are the outbox."""

from datetime import timedelta

from django.utils import timezone

from comments.models import Comment, StatusChange
from comments.status import SPAM_VERDICTS, Source, Status

#: How long a moderator may still take a decision back before Akismet hears of it.
UNDO_WINDOW = timedelta(seconds=10)


def owed(comment: Comment, new: str) -> str:
    """Return what Akismet is owed when people now take `comment` for `new`: spam, ham or "".

    It is owed only what it does not believe already: what it was last told, or else its own
    verdict. Whatever was owed and not delivered yet is taken back first; that is the undo.
    """
    take_back(comment)
    told = comment.changes.filter(feedback_at__isnull=False).order_by("-feedback_at").first()
    verdict = Comment.objects.values_list("verdict", flat=True).get(pk=comment.pk)
    believed_spam = told.feedback == "spam" if told else verdict in SPAM_VERDICTS
    wanted_spam = new == Status.SPAM
    if wanted_spam == believed_spam or _was_promised_to_nobody(comment):
        return ""
    return StatusChange.Feedback.SPAM if wanted_spam else StatusChange.Feedback.HAM


def _was_promised_to_nobody(comment: Comment) -> bool:
    """Tell whether it was taken in without a key, when readers read that nobody gets their data."""
    return set(comment.checks.values_list("error", flat=True)) == {"no_key"}


def take_back(comment: Comment) -> None:
    """Owe nothing of what was decided about `comment` and not delivered yet."""
    comment.changes.filter(feedback_due__isnull=False).update(feedback_due=None, feedback="")


def settle(comment: Comment) -> None:
    """Owe Akismet a correction if it was told something that people had just taken back."""
    last = comment.changes.filter(source=Source.MODERATOR).order_by("-at", "-pk").first()
    current = Comment.objects.get(pk=comment.pk).status
    if last and current in (Status.PENDING, Status.APPROVED, Status.SPAM):
        feedback = owed(comment, current)
        if feedback:
            last.feedback, last.feedback_due = feedback, timezone.now()
            last.save(update_fields=["feedback", "feedback_due"])
