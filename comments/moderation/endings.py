"""How comments, and what is known of their writers, go for good."""

from datetime import datetime

from django.db import transaction
from django.db.models import Count, Exists, Max, OuterRef, QuerySet

from articles import generation
from comments import feedback
from comments.models import Comment, StatusChange
from comments.moderation import moves
from comments.personal import fields
from comments.status import Status


def erase(pk: int) -> bool:
    """Forget who wrote a comment. One that readers see keeps its text and its place in the thread;
    any other is deleted, also while a worker asks Akismet about it.

    Returns whether the comment is still there. `fields.py` says what becomes of each
    column.
    """
    with transaction.atomic():
        comment = Comment.objects.select_for_update().filter(pk=pk).first()
        if comment is None:
            return False
        if comment.status != Status.APPROVED:
            comment.delete()
            return False
        feedback.take_back(comment)
        generation.changed()
        for label, table in fields.TABLES.items():
            if not table.of_comment:
                continue
            rows = fields.rows_of(label, pk)
            if table.rows_go:
                rows.delete()
            elif table.blanks():
                rows.update(**table.blanks())
    return True


def due_for_purge(status: str, *, before: datetime) -> QuerySet[Comment]:
    """Return what has been in `status` since before `before`, but for what Akismet must hear of."""
    owed = StatusChange.objects.filter(comment=OuterRef("pk"), feedback_due__isnull=False)
    old = Comment.objects.filter(~Exists(owed), status=status, since__lt=before)
    return old.order_by("since")


def still_owed(status: str, *, before: datetime) -> tuple[int, str]:
    """Count what `due_for_purge` leaves for Akismet to hear of, and say why; (0, "") if nothing."""
    owed = StatusChange.objects.filter(
        comment__status=status, comment__since__lt=before, feedback_due__isnull=False
    )
    found = owed.aggregate(count=Count("comment", distinct=True), due=Max("feedback_due"))
    return found["count"], moves.owed_until(found["due"]) if found["count"] else ""


def purge(status: str, *, before: datetime, most: int) -> int:
    """Delete for good up to `most` comments that have been in `status` since before `before`.

    Returns how many; what somebody is deciding about at this moment is left for the next time.
    """
    with transaction.atomic():
        rows = due_for_purge(status, before=before)
        rows = rows.select_for_update(skip_locked=True, of=("self",))
        doomed = list(rows.values_list("pk", flat=True)[:most])
        Comment.objects.filter(pk__in=doomed).delete()
    return len(doomed)
