"""What is known of those who wrote the comments of a page, in one query for all of them."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from comments import privacy
from comments.models import Comment, Submission
from comments.status import Status

#: Of what somebody wrote, so many of the newest count; a spammer may have thousands.
LOOKED_AT = 50
#: So many of the other names of a writer are told.
NAMES_MOST = 3
#: Pk, status, name and time of one comment.
Row = tuple[int, str, str, datetime]


@dataclass(frozen=True)
class Record:
    """What else came from the address of one comment."""

    rows: list[Row]
    name: str
    is_cut: bool

    @property
    def standing(self) -> str:
        """For example "12 approved, 1 spam"."""
        words = {
            Status.APPROVED: _("approved"),
            Status.PENDING: _("in the queue"),
            Status.SUBMITTED: _("awaiting check"),
            Status.SPAM: _("spam"),
            Status.TRASH: _("in the trash"),
        }
        counts = Counter(status for _pk, status, _name, _at in self.rows)
        return ", ".join(f"{counts[each]} {word}" for each, word in words.items() if counts[each])

    @property
    def first_seen(self) -> datetime | None:
        return min((at for _pk, _status, _name, at in self.rows), default=None)

    @property
    def other_names(self) -> list[str]:
        names = dict.fromkeys(name for _pk, _status, name, _at in self.rows if name != self.name)
        return [*names][:NAMES_MOST]


def records_of(comments: list[Comment]) -> dict[int, Record]:
    """Return the record of each comment's writer, by the comment's number; none without address."""
    hashes = {comment.pk: hashes_of(comment.submission) for comment in comments}
    people = sorted({each for each in hashes.values() if each})
    if not people:
        return {}
    known: dict[str, list[Row]] = {}
    for found, *row in _newest_of(people):
        known.setdefault(found, []).append((row[0], row[1], row[2], row[3]))
    records = {}
    for comment in comments:
        rows = [row for found in hashes[comment.pk] for row in known.get(found, [])]
        if hashes[comment.pk]:
            rows.sort(key=lambda row: row[3], reverse=True)
            is_cut = len(rows) >= LOOKED_AT
            rows = [row for row in rows if row[0] != comment.pk]
            records[comment.pk] = Record(rows, comment.name, is_cut)
    return records


def hashes_of(submission: Submission) -> tuple[str, ...]:
    """Return the hashes under which what came from the same address is found; () without one."""
    if not submission.email_hash:
        return ()
    known = {submission.email_hash}
    if submission.can_be_revealed:
        known |= set(privacy.address_hashes(submission.email))
    return tuple(sorted(known))


def _newest_of(people: list[tuple[str, ...]]) -> list[tuple[Any, ...]]:
    """Return hash, number, status, name and time of what each of `people` wrote last."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            hashes = sorted({each for hashes in people for each in hashes})
            cursor.execute(*_newest_of_each(hashes))
        else:
            parts = [_newest(len(hashes)) for hashes in people]
            params = [each for hashes in people for each in hashes]
            cursor.execute(" UNION ALL ".join(parts), params)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    # SQLite does not know of which zone its times are, which is UTC.
    return [(*row, at if at.tzinfo else at.replace(tzinfo=UTC)) for *row, at in rows]


def _newest_of_each(hashes: list[str]) -> tuple[str, list[Any]]:
    """Return the query for PostgreSQL, which plans a part for each person for longer than all the
    rest of the page takes; this is planned once for all of them.
    """
    return (
        "SELECT newest.* FROM unnest(%s::text[]) AS hash, LATERAL ("  # noqa: S608 (ours)
        "SELECT email_hash, comment_id, status, name, at FROM comments_submission "
        "JOIN comments_comment ON comments_comment.id = comment_id "
        f"WHERE email_hash = hash ORDER BY at DESC LIMIT {LOOKED_AT}) AS newest"
    ), [hashes]


@lru_cache(maxsize=16)
def _newest(count: int) -> str:
    """Return the query of somebody with so many hashes: Django takes a millisecond to write it."""
    hashes = [str(number) for number in range(count)]
    rows = Submission.objects.order_by().filter(email_hash__in=hashes).order_by("-at")
    # SQLite takes no order and no limit within a union, but in a part of a part.
    newest = Submission.objects.order_by().filter(pk__in=rows.values("pk")[:LOOKED_AT])
    found = newest.values_list("email_hash", "pk", "comment__status", "comment__name", "at")
    sql: str = found.query.sql_with_params()[0]
    return sql
