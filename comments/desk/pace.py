"""How long comments usually wait for a decision: what the moderators' desk says beside the longest
wait. The page of statistics knows more.
"""

from datetime import timedelta
from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.models import F, OuterRef, Subquery
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from comments.models import StatusChange
from comments.models.history import DECIDED
from comments.status import Status

#: The latest decisions, of which the middle one is told.
DECISIONS = 49


@lru_cache(maxsize=1)
def middle_wait() -> tuple[str, list[Any]]:
    """Return SQL, in brackets, and its parameters: the seconds for which the comments that were
    decided about lately had waited in the queue, in the middle of all; NULL without any.
    """
    came = StatusChange.objects.filter(
        comment=OuterRef("comment"), pk__lt=OuterRef("pk"), new=Status.PENDING
    )
    waited = Subquery(came.order_by("-pk").values("at")[:1])
    decided = StatusChange.objects.filter(DECIDED, old=Status.PENDING).order_by("-at", "-pk")
    rows = decided.annotate(decided_at=F("at"), came_at=waited).values("decided_at", "came_at")
    sql, params = rows[:DECISIONS].query.sql_with_params()
    seconds = "EXTRACT(EPOCH FROM decided_at - came_at)"
    if connection.vendor == "sqlite":
        seconds = "(julianday(decided_at) - julianday(came_at)) * 86400"
    return (
        f"(WITH waits AS (SELECT {seconds} AS seconds FROM ({sql}) AS decisions "  # noqa: S608 (ours)
        "WHERE came_at IS NOT NULL) SELECT seconds FROM waits ORDER BY seconds "
        "LIMIT 1 OFFSET (SELECT (COUNT(*) - 1) / 2 FROM waits))"
    ), [*params]


def said(seconds: Any) -> str:
    """Return a wait in words, as one unit; "" where none is known."""
    if seconds is None:
        return ""
    if seconds < 60:
        return _("less than a minute")
    now = timezone.now()
    return timesince(now - timedelta(seconds=float(seconds)), now, depth=1)
