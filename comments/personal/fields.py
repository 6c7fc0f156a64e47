"""One list of what is known about people: every column of every table, who may have it, and what
erasure leaves of it. Export (`personal.py`) and erasure (`moderation.erase`) go by this list alone;
a test fails when a column is not on it.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from django.apps import apps
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class For(IntEnum):
    """Who gets a column in an export; each gets what those below it get."""

    NOBODY = 0
    #: Whoever posted the comment, with an address that nobody proved to hold.
    WRITER = 1
    #: Who proved to hold the address, and staff on their behalf. How a comment was judged is told
    #: to them only: a spammer must not learn from an export what the page keeps quiet about.
    HOLDER = 2


#: Stands for "erasure leaves it as it is".
STAYS = object()


@dataclass(frozen=True)
class Column:
    """What becomes of one column: who may have it, and what it is after erasure."""

    exported: For
    erased: Any = STAYS


#: Readers see it, so its writer may have it; with the text of a public comment it stays.
PUBLIC = Column(For.WRITER)
#: About nobody, or made from other columns.
TECHNICAL = Column(For.NOBODY)
#: How a comment was judged.
JUDGMENT = Column(For.HOLDER)
#: About another person than the comment's writer: staff, or a reader who reported it.
OF_ANOTHER = Column(For.NOBODY)


def personal(erased: Any = STAYS, to: For = For.WRITER) -> Column:
    """A column about the comment's writer; `erased` is what it becomes where its row stays."""
    return Column(to, erased)


@dataclass(frozen=True)
class Table:
    """One table: its columns; how its rows hang on a comment; whether erasure deletes them."""

    columns: dict[str, Column]
    of_comment: str = ""
    rows_go: bool = False

    def blanks(self) -> dict[str, Any]:
        """Return what erasure writes: a value for each column that does not stay."""
        return {
            name: str(column.erased) if isinstance(column.erased, Promise) else column.erased
            for name, column in self.columns.items()
            if column.erased is not STAYS
        }

    def names(self, reader: For) -> list[str]:
        """Return the columns that `reader` may have."""
        return [name for name, each in self.columns.items() if For.NOBODY < each.exported <= reader]


def technical(*names: str) -> dict[str, Column]:
    return dict.fromkeys(names, TECHNICAL)


TABLES: dict[str, Table] = {
    "comments.Comment": Table(of_comment="pk", columns={
        "id": PUBLIC,
        "article": PUBLIC,
        "parent": PUBLIC,
        "name": personal(_("Anonymous")),
        "url": personal(""),
        "text": PUBLIC,
        "user": Column(For.NOBODY, None),
        "created_at": PUBLIC,
        "edited_at": PUBLIC,
        "withdrawn_at": PUBLIC,
        "status": JUDGMENT,
        "since": JUDGMENT,
        "verdict": JUDGMENT,
        "held_for": JUDGMENT,
        "held_detail": personal("", For.HOLDER),
        **technical("ancestors", "thread", "html", "check_due", "check_attempts"),
    }),
    "comments.Submission": Table(of_comment="comment", columns={
        "email": personal(""),
        "email_hash": personal("", For.NOBODY),
        "confirmed_at": personal(None),
        "notify": personal(False),
        "ip": personal(None),
        "network": personal(""),
        "user_agent": personal(""),
        "referrer": personal(""),
        "honeypot": personal("", For.HOLDER),
        "key": personal(None, For.NOBODY),
        "sent": personal("", For.HOLDER),
        "sent_at": personal(None, For.HOLDER),
        "at": PUBLIC,
        **technical("comment"),
    }),
    "comments.Edit": Table(of_comment="comment", rows_go=True, columns={
        "text": personal(),
        "at": PUBLIC,
        "by": OF_ANOTHER,
        **technical("id", "comment"),
    }),
    "comments.StatusChange": Table(of_comment="comment", columns={
        "at": JUDGMENT,
        "old": JUDGMENT,
        "new": JUDGMENT,
        "source": JUDGMENT,
        "reason": personal("", For.HOLDER),
        "feedback": JUDGMENT,
        "feedback_at": JUDGMENT,
        "by": OF_ANOTHER,
        **technical("id", "comment", "feedback_due", "feedback_attempts"),
    }),
    "comments.Check": Table(of_comment="comment", columns={
        "at": JUDGMENT,
        "verdict": JUDGMENT,
        "error": JUDGMENT,
        "detail": personal("", For.HOLDER),
        "guid": personal("", For.HOLDER),
        **technical("id", "comment", "duration_ms"),
    }),
    # A mail belongs to the writer of `comment`; `reply` is what it tells of.
    "comments.Mail": Table(of_comment="comment", rows_go=True, columns={
        # Mail leaves only for a comment that was judged clean: that it did tells the judgment.
        "kind": personal(to=For.HOLDER),
        "email": personal(to=For.HOLDER),
        "email_hash": personal(to=For.NOBODY),
        "reply": personal(to=For.HOLDER),
        "at": personal(to=For.HOLDER),
        "started_at": personal(to=For.HOLDER),
        "sent_at": personal(to=For.HOLDER),
        "error": personal(to=For.HOLDER),
        "detail": personal(to=For.NOBODY),
        "key": personal(to=For.NOBODY),
        "moderator": OF_ANOTHER,
        **technical("id", "comment", "send_due", "send_attempts"),
    }),
    "comments.Address": Table(rows_go=True, columns={
        "email": personal(),
        "email_hash": personal(to=For.NOBODY),
        "asked_at": personal(),
        "confirmed_at": personal(),
        "links_from": personal(),
        "links_sent": personal(0),
        "muted_at": personal(),
        **technical("id"),
    }),
    # By readers about a comment; nothing but the IP address says by whom, and retention takes it.
    "comments.Report": Table(columns={
        "ip": OF_ANOTHER,
        "reason": OF_ANOTHER,
        **technical("id", "comment", "at"),
    }),
    # Erasing deletes the report; the correction that came of it is the article's own.
    "comments.ErrorReport": Table(rows_go=True, columns={
        "article": personal(),
        "quote": personal(),
        "claim": personal(),
        "source": personal(),
        "name": personal(),
        "email": personal(),
        "email_hash": personal(to=For.NOBODY),
        "tell": personal(),
        "told_at": personal(),
        "network": personal(),
        "held_for": personal(to=For.HOLDER),
        "held_detail": personal(to=For.HOLDER),
        "state": personal(to=For.HOLDER),
        "since": personal(to=For.HOLDER),
        "at": personal(),
        **technical("id", "correction"),
    }),
    "comments.ErrorDecision": Table(rows_go=True, columns={
        "at": personal(to=For.HOLDER),
        "old": personal(to=For.HOLDER),
        "new": personal(to=For.HOLDER),
        "note": personal(to=For.HOLDER),
        "by": OF_ANOTHER,
        **technical("id", "report"),
    }),
    # Says who looked at data and when, not whose data it was.
    "comments.PrivacyEvent": Table(columns={
        "by": OF_ANOTHER,
        **technical("id", "kind", "actor", "comment", "comments", "at"),
    }),
    # A ban outlives the erasure of what was written: it would otherwise be lifted by asking for it.
    "comments.Ban": Table(columns={
        "email": OF_ANOTHER,
        "email_hash": OF_ANOTHER,
        "network": OF_ANOTHER,
        "note": OF_ANOTHER,
        "by": OF_ANOTHER,
        **technical("id", "until", "at"),
    }),
    # About somebody on the staff, as long as they have a login.
    "comments.ModeratorPreference": Table(columns={
        "user": OF_ANOTHER,
        "digest": OF_ANOTHER,
        "last_digest_at": OF_ANOTHER,
    }),
    "comments.AkismetState": Table(technical(
        "id", "worker_seen_at", "last_good_at", "key_valid", "key_verified_at", "alert", "usage",
        "usage_at", "self_test_wanted_at", "self_test", "self_test_at",
    )),
    "comments.Thread": Table(technical("opener", "article", "size")),
    "comments.Tally": Table(technical("id", "day", "what", "count")),
    "comments.Discussion": Table(technical(
        "id", "trust_known_writers", "approvals_to_trust", "links_to_hold", "hold_words",
        "hold_scams", "reports_to_hold", "disallowed_words", "flood_seconds", "flood_per_minute",
        "flood_per_hour", "close_after_days", "discard_blatant_spam", "akismet_log_only",
        "akismet_gets_email", "authors_moderate", "digest_minutes", "edit_minutes",
        "comments_per_page", "depth", "spam_days", "trash_days", "sent_days", "origin_days",
    )),
    # Numbers and slugs of the site that was left; nothing about a reader.
    "wordpress.Origin": Table(technical("id", "site", "kind", "wp_id", "object_id")),
    "wordpress.OldAddress": Table(technical("id", "path", "article")),
}  # fmt: skip


def rows_of(label: str, comment_id: int) -> QuerySet[Any]:
    """Return the rows of the table `label` that hang on a comment."""
    rows: QuerySet[Any] = apps.get_model(label)._default_manager.filter(
        **{TABLES[label].of_comment: comment_id}
    )
    return rows
