"""Hand out and forget what is known about a person: by comment, or by address.

What belongs to whom, and what erasure leaves, is written in `fields.py`. An address is
given as its hashes under the current key and its fallbacks (`privacy.address_hashes`), so that a
link or a log never needs the address itself.
"""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Model

from articles.models import Article
from comments import moderation, privacy
from comments.models import Address, Comment, ErrorReport, Mail, PrivacyEvent, Submission
from comments.personal.fields import TABLES, For

#: The version of the files that `as_json` makes; docs/operators.md describes them.
FORMAT = "marginalia-personal-data/1"
#: How many comments are read at a time.
BATCH = 200
#: What hangs on a comment: the name in an export, the table, the relation from a comment.
_PARTS = (
    ("former_texts", "comments.Edit", "edits"),
    ("history", "comments.StatusChange", "changes"),
    ("checks", "comments.Check", "checks"),
    ("mails", "comments.Mail", "mails"),
)


# --- export ---------------------------------------------------------------------------------


def export_comment(comment: Comment, *, actor: str = "", by: User | None = None) -> dict[str, Any]:
    """Return what is known about one comment, for whoever posted it.

    How it was judged is left out: nobody has proved to hold the address. With `actor` (see
    PrivacyEvent) the export is noted.
    """
    if actor:
        note(PrivacyEvent.Kind.EXPORT, actor=actor, by=by, comment=comment)
    return {"format": FORMAT, "site": settings.SITE_URL, "comments": [_of(comment, For.WRITER)]}


def export_address(
    hashes: Iterable[str], *, actor: str = "", by: User | None = None
) -> dict[str, Any]:
    """Return all that is known under an address, for its holder or staff on their behalf.

    The same data gives the same answer, in the order in which it came. With `actor` the export is
    noted.
    """
    known = usable(hashes)
    comments = [_of(comment, For.HOLDER) for comment in _comments(known).iterator(BATCH)]
    if actor:
        note(PrivacyEvent.Kind.EXPORT, actor=actor, by=by, comments=len(comments))
    return {
        "format": FORMAT,
        "site": settings.SITE_URL,
        "comments": comments,
        "addresses": _rows("comments.Address", Address.objects.filter(email_hash__in=known)),
        "mails": _rows(
            "comments.Mail", Mail.objects.filter(email_hash__in=known, comment__isnull=True)
        ),
        "reported_errors": [_of_error(report) for report in _errors(known)],
    }


def known_about(hashes: Iterable[str]) -> dict[str, int]:
    """Return how much is known under an address, without any of it: for a first look."""
    known = usable(hashes)
    comments = Comment.objects.filter(submission__email_hash__in=known)
    total, public = comments.count(), comments.public().count()
    found = {
        "comments": total,
        "mails": Mail.objects.filter(email_hash__in=known).count(),
        "addresses": Address.objects.filter(email_hash__in=known).count(),
        "errors": ErrorReport.objects.filter(email_hash__in=known).count(),
    }
    return {**found, "anything": sum(found.values()), "public": public, "others": total - public}


def as_json(data: dict[str, Any]) -> str:
    """Write an export as people and programs read it, with a line break at the end."""
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def usable(hashes: Iterable[str]) -> list[str]:
    """Drop what stands for no address: many comments of other sites came without one."""
    nobody = {"", *privacy.address_hashes("")}
    return [each for each in hashes if each not in nobody]


def _comments(hashes: list[str]) -> Any:
    return (
        Comment.objects.filter(submission__email_hash__in=hashes)
        .select_related("submission", "article")
        .prefetch_related(*(relation for _name, _label, relation in _PARTS))
        .order_by("pk")
    )


def _of(comment: Comment, reader: For) -> dict[str, Any]:
    found: dict[str, Any] = {
        "comment": {
            "published": comment.status == "approved",
            **_row("comments.Comment", comment, reader),
        },
        "submission": _row("comments.Submission", comment.submission, reader),
    }
    for name, label, relation in _PARTS:
        if TABLES[label].names(reader):
            rows = sorted(getattr(comment, relation).all(), key=lambda row: row.pk)
            found[name] = [_row(label, row, reader) for row in rows]
    return found


def _errors(hashes: list[str]) -> Any:
    rows = ErrorReport.objects.filter(email_hash__in=hashes).select_related("article")
    return rows.prefetch_related("decisions").order_by("pk")


def _of_error(report: ErrorReport) -> dict[str, Any]:
    return {
        **_row("comments.ErrorReport", report, For.HOLDER),
        "history": [
            _row("comments.ErrorDecision", step, For.HOLDER) for step in report.decisions.all()
        ],
    }


def _rows(label: str, rows: Any) -> list[dict[str, Any]]:
    return [_row(label, row, For.HOLDER) for row in rows.order_by("pk")]


def _row(label: str, row: Model, reader: For) -> dict[str, Any]:
    return {name: _value(row, name) for name in TABLES[label].names(reader)}


def _value(row: Model, name: str) -> Any:
    """Return one column as JSON can hold it: dates in UTC, an article as its address."""
    if isinstance(row, Submission) and name == "sent":
        return _sent(row.sent)
    field = row._meta.get_field(name)
    if field.related_model is Article:
        return settings.SITE_URL + getattr(row, name).get_absolute_url()
    value = getattr(row, field.attname)  # type: ignore[union-attr]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return None if value == privacy.UNREADABLE else value


def _sent(copy: str) -> Any:
    """Return the copy of what Akismet got, None when there is none (any more)."""
    return json.loads(copy) if copy and copy != privacy.UNREADABLE else None


# --- erasure --------------------------------------------------------------------------------


def erase_comment(comment: Comment, *, actor: str, by: User | None = None) -> None:
    """Forget who wrote `comment`; see `moderation.erase`. Once more changes nothing."""
    with transaction.atomic():
        kept = moderation.erase(comment.pk)
        note(PrivacyEvent.Kind.ERASE, actor=actor, by=by, comment=comment if kept else None)


def erase_address(hashes: Iterable[str], *, actor: str, by: User | None = None) -> int:
    """Forget all that is known under an address; return how many comments that concerned.

    Errors that were reported with it go; the corrections that came of them are the articles' own.

    Each comment is one short transaction, so that nobody else waits. Killed on the way, it has
    done and noted what it did, and is simply called again.
    """
    known = usable(hashes)
    event = note(PrivacyEvent.Kind.ERASE, actor=actor, by=by, comments=0)
    erased = 0
    found = Submission.objects.filter(email_hash__in=known).order_by("pk")
    while batch := list(found.values_list("pk", flat=True)[:BATCH]):
        for pk in batch:
            with transaction.atomic():
                moderation.erase(pk)
                PrivacyEvent.objects.filter(pk=event.pk).update(comments=F("comments") + 1)
            erased += 1
    with transaction.atomic():
        Mail.objects.filter(email_hash__in=known).delete()
        Address.objects.filter(email_hash__in=known).delete()
        ErrorReport.objects.filter(email_hash__in=known).delete()
    return erased


def note(
    kind: str,
    *,
    actor: str,
    by: User | None = None,
    comment: Comment | None = None,
    comments: int = 1,
) -> PrivacyEvent:
    """Note that somebody looked at, took or erased personal data: who and when, not whose."""
    return PrivacyEvent.objects.create(
        kind=kind, actor=actor, by=by, comment=comment, comments=comments
    )
