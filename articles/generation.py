"""One value that changes whenever anything changes that readers can see."""

import logging
import threading
import time
import uuid
from datetime import datetime

from django.core.cache import cache
from django.db import close_old_connections, connection, transaction
from django.utils import timezone

from articles.models import Article

logger = logging.getLogger(__name__)

KEY = "articles.generation"
LOOK_EVERY = 1.0  # seconds


def changed() -> None:
    """Let every process know, once this transaction is committed, that a public page changed."""
    transaction.on_commit(_renew, robust=True)


def _renew() -> None:
    # Not a number that is counted up: two at once would count to the same.
    cache.set(KEY, uuid.uuid4().hex, timeout=None)


class Generation:
    """What this process knows of the generation; it looks again at most once a second."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._looked_at = float("-inf")
        self._value: tuple[str | None, int] = (None, 0)
        self._next_publication: datetime | None = None

    def current(self) -> tuple[str | None, int]:
        """Return a value that differs from the last one after every public change.

        While the shared cache cannot be asked, what was known stays true: pages then are as they
        were, and readers notice nothing.
        """
        if time.monotonic() - self._looked_at > LOOK_EVERY and self._lock.acquire(blocking=False):
            try:
                self._look()
            except Exception as error:
                logger.warning("the generation could not be read (%s)", type(error).__name__)
            finally:
                self._looked_at = time.monotonic()
                self._lock.release()
        return self._value

    def _look(self) -> None:
        if not connection.in_atomic_block:  # as in a test
            close_old_connections()
        try:
            token, passed = cache.get(KEY), self._value[1]
            now = timezone.now()
            due = self._next_publication is not None and self._next_publication <= now
            if token != self._value[0] or due or self._looked_at == float("-inf"):
                # A scheduled article appears by the clock, without anybody's doing.
                planned = Article.objects.filter(published_at__gt=now)
                self._next_publication = (
                    planned.order_by("published_at").values_list("published_at", flat=True).first()
                )
                self._value = (token, passed + due)
        finally:
            if not connection.in_atomic_block:
                close_old_connections()
