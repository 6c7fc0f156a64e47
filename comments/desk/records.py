"""What is known of those who wrote the comments of a page, in one query for all of them."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from django.db import connection
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from comments import privacy
from comments.models import Comment, Submission
from comments.status import Status

#: Of what somebody wrote, so many of the newest count; a spammer may have thousands.
LOOKED_AT = 50
#: So many of the other names of a writer are told.
NAMES_MOST = 3


@dataclass(frozen=True)
class Lot:
    """How many of the newest from one address have one status and one name, and from when to
    when they were written.
    """

    status: str
    name: str
    count: int
    first: datetime
    last: datetime


@dataclass(frozen=True)
class Record:
    """What else came from the address of one comment."""

    counts: dict[str, int]
    other_names: list[str]
    #: When the first of all came; None if there is no other.
    first_seen: datetime | None
    is_cut: bool

    @property
    def standing(self) -> str:
        """For example "12 approved, 1 spam"."""
        words = _words(get_language())
        return ", ".join(
            f"{self.counts[each]} {words[each]}" for each in words if self.counts[each]
        )


@lru_cache(maxsize=16)
def _words(language: str | None) -> dict[str, str]:
    return {
        Status.APPROVED: _("approved"),
        Status.PENDING: _("in the queue"),
        Status.SUBMITTED: _("awaiting check"),
        Status.SPAM: _("spam"),
        Status.TRASH: _("in the trash"),
    }


def records_of(comments: list[Comment]) -> dict[int, Record]:
    """Return the record of each comment's writer, by the comment's number; none without address."""
    hashes = {comment.pk: hashes_of(comment.submission) for comment in comments}
    people = sorted({each for each in hashes.values() if each})
    if not people:
        return {}
    known = _lots_of(people)
    return {
        comment.pk: _record(comment, [lot for each in found for lot in known.get(each, [])])
        for comment in comments
        if (found := hashes[comment.pk])
    }


def _record(comment: Comment, lots: list[Lot]) -> Record:
    counts = Counter[str]()
    for lot in lots:
        counts[lot.status] += lot.count
    is_cut = counts.total() >= LOOKED_AT
    first = min((lot.first for lot in lots), default=None)
    # The comment itself is one of them, unless there are newer ones enough. A worker may have moved
    # it since it was read: fewer than none there never are.
    if first is not None and comment.submission.at >= first:
        counts -= Counter([comment.status])
    names = [lot.name for lot in sorted(lots, key=lambda lot: lot.last, reverse=True)]
    others = [name for name in dict.fromkeys(names) if name != comment.name]
    return Record(counts, others[:NAMES_MOST], first if counts.total() else None, is_cut)


def hashes_of(submission: Submission) -> tuple[str, ...]:
    """Return the hashes under which what came from the same address is found; () without one."""
    if not submission.email_hash:
        return ()
    known = {submission.email_hash}
    if submission.can_be_revealed:
        known |= set(privacy.address_hashes(submission.email))
    return tuple(sorted(known))


def _lots_of(people: list[tuple[str, ...]]) -> dict[str, list[Lot]]:
    """Return what each of `people` wrote last, by hash."""
    lots: dict[str, list[Lot]] = defaultdict(list)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            hashes = sorted({each for hashes in people for each in hashes})
            cursor.execute(_OF_EACH, [hashes])
        else:
            parts = [_newest(len(hashes)) for hashes in people]
            params = [each for hashes in people for each in hashes]
            cursor.execute(" UNION ALL ".join(parts), params)
        for found, status, name, count, first, last in cursor.fetchall():
            lots[found].append(Lot(status, name, count, _moment(first), _moment(last)))
    return lots


def _moment(at: Any) -> datetime:
    """Read a moment as the database has it; SQLite does not know that its times are in UTC."""
    if isinstance(at, str):
        at = datetime.fromisoformat(at)
    moment: datetime = at if at.tzinfo else at.replace(tzinfo=UTC)
    return moment


_LOT = "email_hash, status, name, COUNT(*), MIN(at), MAX(at)"
#: PostgreSQL plans a part for each person for longer than all the rest of the page takes; this is
#: planned once for all of them.
_OF_EACH = f"""
    SELECT {_LOT} FROM unnest(%s::text[]) AS hash, LATERAL (
        SELECT email_hash, at, comment_id FROM comments_submission
        WHERE email_hash = hash ORDER BY at DESC LIMIT {LOOKED_AT}
    ) AS newest JOIN comments_comment ON comments_comment.id = comment_id
    GROUP BY email_hash, status, name
"""  # noqa: S608 (ours)


@lru_cache(maxsize=16)
def _newest(count: int) -> str:
    """Return SQLite's query for somebody with so many hashes."""
    marks = ", ".join(["%s"] * count)
    # SQLite takes no order and no limit within a union, but in a part of a part.
    return f"""
        SELECT {_LOT} FROM (
            SELECT email_hash, at, comment_id FROM comments_submission
            WHERE email_hash IN ({marks}) ORDER BY at DESC LIMIT {LOOKED_AT}
        ) JOIN comments_comment ON comments_comment.id = comment_id
        GROUP BY email_hash, status, name
    """  # noqa: S608 (ours)
