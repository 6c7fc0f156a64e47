"""The rows are the queue: taking them for a while, and looking at them again later.

A column `<prefix>_due` is at once "when to look", back-off and lease; `<prefix>_attempts` counts.
"""

import random
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from comments.models import Comment
from comments.spam.line import TOTAL_SECONDS

#: Longer than any call may take, so that a living worker's claim does not run out under it.
LEASE = timedelta(seconds=4 * TOTAL_SECONDS)


def claim(due: QuerySet, prefix: str, most: int) -> list[Any]:
    """Take up to `most` rows of `due` for one lease; nobody else gets them meanwhile.

    `prefix` names the row's columns: `<prefix>_due` and `<prefix>_attempts`.
    """
    if most < 1:
        return []
    lease = timezone.now() + LEASE
    with transaction.atomic():
        rows = list(due.select_for_update(skip_locked=True)[:most])
        attempts = f"{prefix}_attempts"
        due.model._default_manager.filter(pk__in=[row.pk for row in rows]).update(
            **{f"{prefix}_due": lease, attempts: F(attempts) + 1}
        )
    for row in rows:
        setattr(row, f"{prefix}_due", lease)
        setattr(row, attempts, getattr(row, attempts) + 1)
    return rows


def back_off(attempts: int) -> timedelta:
    """How long to wait after the `attempts`-th failure: 60 s, 120 s, … 1 h, give or take 10 %."""
    seconds = min(3600, 30 * 2 ** min(attempts, 10))
    return timedelta(seconds=seconds * random.uniform(0.9, 1.1))


def set_due(comment: Comment, wait_for: timedelta | None) -> None:
    """Look at `comment` again after `wait_for` (None: never), unless it was decided meanwhile."""
    due: datetime | None = timezone.now() + wait_for if wait_for is not None else None
    Comment.objects.unjudged().filter(pk=comment.pk, check_due=comment.check_due).update(
        check_due=due
    )
