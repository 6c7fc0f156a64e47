"""Check the queue again: what stands in it is made due for Akismet, a hundred at a time.

The rows are the queue here too. One that stands in the moderation queue and is due is being checked
again (`recheck_reason=recheck_queue`), unless it stands there for want of an answer and has been
tried: that goes on by itself. There is nothing else to remember, and taking its date away is the
stop. The steps are due one after the other, so that what readers write meanwhile is not kept
waiting.
"""

from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from comments.models import Check, Comment, CommentQuerySet
from comments.status import HeldFor, Verdict

#: So many comments are due at once, the next so much later; and the most of one run.
STEP, STEP_EVERY, MOST = 100, timedelta(seconds=10), 5_000


def begin(most: int = MOST) -> int:
    """Make up to `most` comments of the queue due, the oldest first; return how many."""
    marked = 0
    now = timezone.now()
    rows = list(_may_be_checked().order_by("pk").values_list("pk", flat=True)[:most])
    with transaction.atomic():
        for start in range(0, len(rows), STEP):
            # Whatever somebody decided meanwhile is no longer in the queue.
            step = Comment.objects.queue().filter(pk__in=rows[start : start + STEP])
            due = now + STEP_EVERY * (start // STEP)
            marked += step.filter(check_due__isnull=True).update(check_due=due, check_attempts=0)
    return marked


def left() -> int:
    """Count what is to be checked again and was not answered yet."""
    return _marked().count()


def stop() -> int:
    """Let what was not answered yet stay as it is; return how many that are.

    An answer that is under way meanwhile changes nothing any more.
    """
    return _marked().update(check_due=None)


def _marked() -> CommentQuerySet:
    due = Comment.objects.queue().filter(check_due__isnull=False)
    return due.exclude(held_for=HeldFor.UNAVAILABLE, check_attempts__gt=0)


def _may_be_checked() -> CommentQuerySet:
    """What waits for people only, and may be shown to Akismet.

    Not what is exempt from the check; nor what was taken in without a key, when readers were told
    that nobody else receives their data; nor what was erased.
    """
    checks = Check.objects.filter(comment=OuterRef("pk"))
    promised = Exists(checks.filter(error="no_key")) & ~Exists(checks.exclude(error="no_key"))
    waiting = Comment.objects.queue().filter(check_due__isnull=True)
    return (
        waiting.exclude(verdict=Verdict.EXEMPT).exclude(submission__email_hash="").exclude(promised)
    )
