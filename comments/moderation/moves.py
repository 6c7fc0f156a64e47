"""Every change of status goes through `move`: it asks what was seen, and keeps the counts."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.db.models import F
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from articles import generation
from articles.models import Article
from comments.mail import notifications
from comments.models import Comment, StatusChange, Thread
from comments.spam.rules import Hit
from comments.status import NEEDS_VERDICT, Source, Status

NOT_HELD: dict[str, Any] = {"held_for": "", "held_detail": ""}


class AlreadyDecided(Exception):
    """What a moderator wants does not fit the comment as it is. Its text says why: who did what
    and when, unless something else was `said`.
    """

    def __init__(self, comment: Comment | None, *, said: str = "") -> None:
        self.comment = comment
        super().__init__(said or _describe(comment, _last_step(comment)))


def refusals(comments: Sequence[Comment | None]) -> list[AlreadyDecided]:
    """Return a refusal for each of `comments` (None: it is gone), in one query for all of them."""
    pks = [comment.pk for comment in comments if comment]
    steps = last_steps(pks) if pks else {}
    return [
        AlreadyDecided(comment, said=_describe(comment, steps.get(comment.pk if comment else 0)))
        for comment in comments
    ]


def last_steps(pks: Collection[int]) -> dict[int, StatusChange]:
    """Return the last step of each comment, and who took it, by the comment's number; one query."""
    rows = StatusChange.objects.filter(comment__in=pks).select_related("by").order_by("at", "pk")
    return {row.comment_id: row for row in rows}


def owed_until(due: datetime) -> str:
    """Say why something cannot be deleted yet, and until when."""
    if due <= timezone.now():
        return _("Akismet has to hear of it first; that is due now.")
    when = date_format(timezone.localtime(due), "M j, H:i:s")
    return _("Akismet has to hear of it first; that is due at %s.") % when


def move(
    comment: Comment, new: str, *, seen: str, only: dict[str, Any] | None = None, **fields: Any
) -> bool:
    """Change the row if it still is as it was seen (and as `only` says), and keep the counts."""
    if new != seen:
        fields["since"] = timezone.now()
    if new != seen and Status.APPROVED in (new, seen):
        # Whoever changes what is public takes the article first: so counts are exact, and two
        # changes in one thread wait for each other in one order.
        Article.objects.lock(comment.article_id)
    rows = Comment.objects.filter(pk=comment.pk, status=seen, **(only or {}))
    if not rows.update(status=new, **fields):
        return False
    count(comment, seen, new)
    if new == Status.APPROVED != seen:
        notifications.owe_replies(comment)
    if new in NEEDS_VERDICT:
        notifications.owe_confirmation(comment)
    return True


def note(comment: Comment, old: str, new: str, source: str, *, reason: str = "") -> None:
    StatusChange.objects.create(
        comment=comment, old=old, new=new, source=source, reason=reason[:200]
    )


def count(comment: Comment, old: str, new: str) -> None:
    """Keep the article's and the thread's count exact, in the transaction that changes status."""
    step = (new == Status.APPROVED) - (old == Status.APPROVED)
    if not step:
        return
    Article.objects.filter(pk=comment.article_id).update(comment_count=F("comment_count") + step)
    generation.changed()
    opener = comment.thread or comment.pk
    thread = Thread.objects.filter(pk=opener)
    if not thread.update(size=F("size") + step):
        Thread.objects.create(opener=opener, article_id=comment.article_id, size=1)


def found(hit: Hit | None) -> str:
    return f"{hit.held_for}: {hit.detail}".removesuffix(": ")[:200] if hit else ""


def not_asked(hit: Hit | None) -> str:
    """Return what the history says of a comment that our own rules threw away."""
    return (_("%s; Akismet was not asked") % found(hit))[:200]


def held(hit: Hit | None) -> dict[str, Any]:
    if hit is None or hit.held_for is None:
        return {}
    return {"held_for": hit.held_for, "held_detail": str(hit.detail)[:200]}


def _last_step(comment: Comment | None) -> StatusChange | None:
    if comment is None:
        return None
    return comment.changes.select_related("by").order_by("-at", "-pk").first()


def _describe(comment: Comment | None, last: StatusChange | None) -> str:
    """Return "Already approved by Kim 10 seconds ago." for what became of `comment`."""
    if comment is None or last is None:
        return _("This comment is gone.")
    seconds = (timezone.now() - last.at).total_seconds()
    ago = _("%d s") % seconds if seconds < 60 else timesince(last.at, depth=1)
    return _("Already “%(status)s”: decided by %(who)s %(ago)s ago.") % {
        "status": Status(last.new).label,
        "who": last.by.get_username() if last.by else Source(last.source).label,
        "ago": ago,
    }
