"""What the spam filter and our own rules decide, and what they leave to people."""

from typing import Any

from django.db import transaction

from comments.models import Comment, Tally
from comments.moderation import moves
from comments.spam.rules import Hit
from comments.status import SPAM_VERDICTS, HeldFor, Source, Status, Verdict


def judge(comment: Comment, verdict: str, *, hit: Hit | None, log_only: bool = False) -> bool:
    """Act on Akismet's verdict (ham, spam or discard) about a comment as it was claimed.

    `hit` says why it waits if it is ham; None that it may appear at once. `log_only` keeps spam
    in the queue too. Returns False, and changes nothing, when a moderator has decided meanwhile
    or another worker has taken the claim over.
    """
    new, held = Status.PENDING, moves.held(hit)
    if verdict in SPAM_VERDICTS and not log_only:
        new, held = Status.SPAM, {}
    elif hit is None and verdict not in SPAM_VERDICTS:
        new, held = Status.APPROVED, moves.NOT_HELD
    # The reason outlives the decision of a person, which clears what the comment is held for.
    reason = moves.found(hit) if new == Status.PENDING else ""
    return _answer(comment, new, verdict, source=Source.AKISMET, reason=reason, **held)


def discard(comment: Comment) -> bool:
    """Forget blatant spam as it was claimed: it is counted, and no trace of it is kept."""
    with transaction.atomic():
        _total, deleted = Comment.objects.filter(
            pk=comment.pk, status=Status.SUBMITTED, check_due=comment.check_due
        ).delete()
        Tally.add(Tally.What.DISCARDED, deleted.get(Comment._meta.label, 0))
    return bool(deleted)


def hand_over(comment: Comment, *, reason: str) -> bool:
    """Give a comment that Akismet would not judge to people. Returns False as `judge` does."""
    return _answer(
        comment,
        Status.PENDING,
        Verdict.UNAVAILABLE,
        source=Source.RULES,
        reason=reason,
        held_for=HeldFor.UNAVAILABLE,
        held_detail=reason[:200],
    )


def hold_reported(comment: Comment, *, detail: str) -> bool:
    """Hide a public comment that readers reported until a moderator has looked at it."""
    return _by_rules(
        comment,
        Status.PENDING,
        seen=Status.APPROVED,
        reason=detail,
        held_for=HeldFor.REPORTED,
        held_detail=detail[:200],
    )


def release(comment: Comment, *, reason: str) -> bool:
    """Publish a comment that waited only for what has been proved now."""
    return _by_rules(comment, Status.APPROVED, seen=Status.PENDING, reason=reason, **moves.NOT_HELD)


def _by_rules(comment: Comment, new: str, *, seen: str, reason: str, **fields: Any) -> bool:
    with transaction.atomic():
        moved = moves.move(comment, new, seen=seen, **fields)
        if moved:
            moves.note(comment, seen, new, Source.RULES, reason=reason)
    return moved


def _answer(
    comment: Comment, new: str, verdict: str, *, source: str, reason: str = "", **fields: Any
) -> bool:
    seen = comment.status
    with transaction.atomic():
        moved = moves.move(
            comment,
            new,
            seen=seen,
            only={"check_due": comment.check_due},
            verdict=verdict,
            check_due=None,
            **fields,
        )
        # Asked again in the background: the verdict is news, the place in the queue is not.
        if moved and new != seen:
            moves.note(comment, seen, new, source, reason=reason)
    return moved
