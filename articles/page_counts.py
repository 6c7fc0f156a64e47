"""What the page caches of all processes have done, noted where `manage.py page_cache` can read it.

Each process knows its own counts only. Now and then it writes them to the shared cache, in a
thread of its own: no reader waits for that.
"""

import logging
import os
import socket
import threading
import time
from collections.abc import Callable

from django.core.cache import cache
from django.db import connections

logger = logging.getLogger(__name__)

KEY = "articles.page_counts"
NOTE_EVERY = 10.0  # seconds
#: Seconds after which a process that has noted nothing since is no longer told of.
FORGET_AFTER = 3600.0

Counts = dict[str, int]


class PageCounts:
    """Lets one process's counts be known to the others."""

    def __init__(self, read: Callable[[], Counts]) -> None:
        self.read = read
        self.next_at = time.monotonic() + NOTE_EVERY

    def note(self) -> None:
        """Write down what `read` says, without letting the caller wait."""
        self.next_at = time.monotonic() + NOTE_EVERY
        threading.Thread(target=self._write, name="page-counts", daemon=True).start()

    def _write(self) -> None:
        process = f"{socket.gethostname()}:{os.getpid()}"
        try:
            # Two at once: one is lost, and noted again ten seconds later.
            cache.set(KEY, {**known(), process: {**self.read(), "at": int(time.time())}}, None)
        except Exception as error:
            logger.warning("the page cache's counts were not noted (%s)", type(error).__name__)
        finally:
            connections.close_all()


def known() -> dict[str, Counts]:
    """Return the counts of each process that lives or did within the hour."""
    oldest = time.time() - FORGET_AFTER
    noted: dict[str, Counts] = cache.get(KEY) or {}
    return {process: counts for process, counts in noted.items() if counts["at"] >= oldest}
