"""What is known of those who wrote the comments of a page, in one query for all of them."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet
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
    parts, params = [], list[str]()
    made: dict[int, str] = {}
    for hashes in people:
        # Written once for all that have as many hashes: Django takes a millisecond for each.
        if len(hashes) not in made:
            made[len(hashes)] = _newest(hashes).query.sql_with_params()[0]
        parts.append(made[len(hashes)])
        params += hashes
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), params)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    # SQLite does not know of which zone its times are, which is UTC.
    return [(*row, at if at.tzinfo else at.replace(tzinfo=UTC)) for *row, at in rows]


def _newest(hashes: tuple[str, ...]) -> QuerySet[Submission, Any]:
    rows = Submission.objects.order_by().filter(email_hash__in=hashes).order_by("-at")
    # SQLite takes no order and no limit within a union, but in a part of a part.
    newest = Submission.objects.order_by().filter(pk__in=rows.values("pk")[:LOOKED_AT])
    return newest.values_list("email_hash", "pk", "comment__status", "comment__name", "at")
