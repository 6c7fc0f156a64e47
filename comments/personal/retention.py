"""What is not kept for ever: a table of chores, each done in batches that hold nobody up.

The rows say what is due, so a run that is killed is simply gone on with, and any number of workers
may run at once: each takes what no other holds, and counts what it took.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from comments import day_counts, moderation, privacy
from comments.models import Address, Ban, Discussion, Mail, Report, Submission, Tally
from comments.models.comment import HAS_ORIGIN
from comments.status import Status

logger = logging.getLogger(__name__)

#: Rows a transaction; and the pause after each, in which others get SQLite's one write lock.
BATCH, PAUSE_SECONDS = 100, 0.05
#: How often a process runs the chores by itself.
EVERY = timedelta(hours=1)
#: Days after which a mail that was sent or given up is forgotten.
MAIL_DAYS = 30
#: Days that an address outlives its last comment, counted from the last mail that was asked for.
ADDRESS_DAYS = 8

#: What identifies the machine that a comment came from, and what it becomes.
_ORIGIN: dict[str, Any] = {
    "ip": None, "network": "", "user_agent": "", "referrer": "", "honeypot": "",
}  # fmt: skip


@dataclass(frozen=True)
class Chore:
    """One kind of thing that is kept for so many days, and then goes."""

    name: str
    label: Promise | str
    #: The days, from the settings in force.
    days: Callable[[Discussion], int]
    #: What is due, of all that is older than a moment.
    due: Callable[[datetime], QuerySet[Any]]
    #: Takes up to so many of the due rows, in a transaction of its own; returns how many went.
    take: Callable[[datetime, int], int]
    tally: str = ""


def _purge(status: str) -> Callable[[datetime, int], int]:
    return lambda before, most: moderation.purge(status, before=before, most=most)


def _due_for_purge(status: str) -> Callable[[datetime], QuerySet[Any]]:
    return lambda before: moderation.due_for_purge(status, before=before)


def _copies(before: datetime) -> QuerySet[Submission]:
    return Submission.objects.filter(sent_at__lt=before).order_by("sent_at")


def _origins(before: datetime) -> QuerySet[Submission]:
    return Submission.objects.filter(HAS_ORIGIN, at__lt=before).order_by("at")


def _reports(before: datetime) -> QuerySet[Report]:
    return Report.objects.filter(at__lt=before, ip__isnull=False).order_by("at")


def _mails(before: datetime) -> QuerySet[Mail]:
    old = Mail.objects.filter(kind__in=Mail.Kind.values, at__lt=before)
    return old.filter(send_due__isnull=True).order_by("pk")


def _addresses(before: datetime) -> QuerySet[Address]:
    """Addresses that no comment was sent from any more.

    Not those that want no mail: only their row says so. (What is under another key is looked at
    more closely in `_take_addresses`.)
    """
    used = Submission.objects.filter(email_hash=OuterRef("email_hash"))
    old = Q(asked_at__isnull=True) | Q(asked_at__lt=before)
    old &= Q(links_from__isnull=True) | Q(links_from__lt=before)
    return Address.objects.filter(old, ~Exists(used), muted_at__isnull=True).order_by("pk")


def _update(due: Callable[[datetime], QuerySet[Any]], **values: Any) -> Callable:
    def take(before: datetime, most: int) -> int:
        with transaction.atomic():
            rows = due(before).select_for_update(skip_locked=True, of=("self",))
            pks = list(rows.values_list("pk", flat=True)[:most])
            return due(before).order_by().filter(pk__in=pks).update(**values)

    return take


def _take_mails(before: datetime, most: int) -> int:
    with transaction.atomic():
        rows = _mails(before).select_for_update(skip_locked=True)
        doomed = list(rows.values_list("pk", flat=True)[:most])
        return Mail.objects.filter(pk__in=doomed).delete()[0]


def _take_addresses(before: datetime, most: int) -> int:
    """Delete unused addresses; one that a comment has under the hash of another key is in use."""
    gone = last = 0
    while rows := list(_addresses(before).filter(pk__gt=last)[:most]):
        last = rows[-1].pk
        with transaction.atomic():
            for row in rows:
                hashes = privacy.address_hashes(row.email)
                unknown = row.email == privacy.UNREADABLE
                if not unknown and not Submission.objects.filter(email_hash__in=hashes).exists():
                    gone += _addresses(before).order_by().filter(pk=row.pk).delete()[0]
    return gone


def _bans(before: datetime) -> QuerySet[Ban]:
    """Bans that ended long ago: whom they were about is nobody's business any more."""
    return Ban.objects.filter(until__lt=before).order_by("pk")


def _take_bans(before: datetime, most: int) -> int:
    doomed = list(_bans(before).values_list("pk", flat=True)[:most])
    return _bans(before).filter(pk__in=doomed).order_by().delete()[0]


CHORES: tuple[Chore, ...] = (
    Chore(
        "spam", _("Spam"), lambda settings: settings.spam_days,
        _due_for_purge(Status.SPAM), _purge(Status.SPAM), Tally.What.SPAM_DELETED,
    ),
    Chore(
        "trash", _("Trash"), lambda settings: settings.trash_days,
        _due_for_purge(Status.TRASH), _purge(Status.TRASH), Tally.What.TRASH_DELETED,
    ),
    Chore(
        "copies", _("Copies of what Akismet got"), lambda settings: settings.sent_days,
        _copies, _update(_copies, sent="", sent_at=None), Tally.What.COPIES_DELETED,
    ),
    Chore(
        "origins", _("IP addresses and user agents"), lambda settings: settings.origin_days,
        _origins, _update(_origins, **_ORIGIN), Tally.What.ORIGINS_DELETED,
    ),
    Chore(
        "reports", _("IP addresses of reports"), lambda settings: settings.origin_days,
        _reports, _update(_reports, ip=None),
    ),
    Chore(
        "bans", _("Bans that have ended"), lambda settings: settings.origin_days,
        _bans, _take_bans,
    ),
    Chore(
        "mails", _("Mails, sent or given up"), lambda settings: MAIL_DAYS,
        _mails, _take_mails, Tally.What.MAILS_DELETED,
    ),
    # A day, so that nobody who is just answering a mail loses what it was about.
    Chore("addresses", _("Addresses without a comment"), lambda settings: ADDRESS_DAYS, _addresses,
          _take_addresses),
)  # fmt: skip


def run(*, dry_run: bool = False, stopping: Callable[[], bool] = lambda: False) -> dict[str, int]:
    """Do the chores; return by their names how many rows went, or with `dry_run` would go.

    Ends early, between two batches, when `stopping` says so.
    """
    settings, now = Discussion.load(), timezone.now()
    gone: dict[str, int] = {}
    for chore in CHORES:
        before = now - timedelta(days=chore.days(settings))
        if dry_run:
            gone[chore.name] = chore.due(before).count()
        else:
            gone[chore.name] = _all_of(chore, before, stopping)
    return gone


def _all_of(chore: Chore, before: datetime, stopping: Callable[[], bool]) -> int:
    total = 0
    # Looked at before the write lock is taken, which SQLite has only one of.
    while not stopping() and chore.due(before).exists():
        with transaction.atomic():
            taken = chore.take(before, BATCH)
            if chore.tally:
                Tally.add(chore.tally, taken)
        total += taken
        if taken < BATCH:
            break  # the rest, if any, is in somebody's hands: next time
        time.sleep(PAUSE_SECONDS)
    return total


_next_run = 0.0


def run_when_due(stopping: Callable[[], bool] = lambda: False) -> None:
    """Do the chores at the start and once an hour; called as often as one likes.

    A database that is away is tried again an hour later; it ends no worker.
    """
    global _next_run
    if time.monotonic() < _next_run:
        return
    _next_run = time.monotonic() + EVERY.total_seconds()
    try:
        day_counts.keep(stopping)  # while all rows are there
        gone = {name: count for name, count in run(stopping=stopping).items() if count}
    except DatabaseError as error:
        # Its message may quote a row.
        logger.error("retention: the database failed (%s)", type(error).__name__)
        return
    if gone:
        logger.info("retention: %s", ", ".join(f"{name} {count}" for name, count in gone.items()))
