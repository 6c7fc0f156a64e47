"""What moderators decide."""

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Case, F, Value, When
from django.utils import timezone

from comments import feedback
from comments.models import Comment, StatusChange
from comments.moderation import moves
from comments.status import VERBS, HeldFor, Source, Status, Verb, Verdict


def approve(comment: Comment, *, by: User, seen: str) -> None:
    decide(VERBS["approve"], comment, by=by, seen=seen)


def hold(comment: Comment, *, by: User, seen: str) -> None:
    decide(VERBS["hold"], comment, by=by, seen=seen)


def spam(comment: Comment, *, by: User, seen: str) -> None:
    decide(VERBS["spam"], comment, by=by, seen=seen)


def trash(comment: Comment, *, by: User, seen: str) -> None:
    decide(VERBS["trash"], comment, by=by, seen=seen)


def restore(comment: Comment, *, by: User, seen: str) -> None:
    decide(VERBS["restore"], comment, by=by, seen=seen)


def decide(verb: Verb, comment: Comment, *, by: User, seen: str) -> None:
    """Do `verb` on a comment that the moderator `by` saw in the status `seen`.

    Raises AlreadyDecided when it is not in that status any more, or the verb does not fit it.
    """
    if seen not in verb.sources:
        raise moves.AlreadyDecided(Comment.objects.filter(pk=comment.pk).first())
    with transaction.atomic():
        new = verb.target or _status_before_trash(comment)
        # What its writer took away stays away.
        only = {"withdrawn_at": None} if verb.name == "restore" else None
        moved = moves.move(comment, new, seen=seen, only=only, **_effects(verb, new))
        if not moved:
            raise moves.AlreadyDecided(Comment.objects.filter(pk=comment.pk).first())
        owed = feedback.owed(comment, new) if verb.name in ("approve", "hold", "spam") else ""
        if verb.name == "trash":
            feedback.take_back(comment)  # a slip, corrected
        StatusChange.objects.create(
            comment=comment,
            old=seen,
            new=new,
            by=by,
            source=Source.MODERATOR,
            feedback=owed,
            feedback_due=timezone.now() + feedback.UNDO_WINDOW if owed else None,
        )


def _effects(verb: Verb, new: str) -> dict[str, Any]:
    """What a moderator's decision changes besides the status."""
    # The person has decided; only what goes back to "submitted" is asked about again.
    fields: dict[str, Any] = {"check_due": timezone.now() if new == Status.SUBMITTED else None}
    if verb.name == "approve":
        fields |= moves.NOT_HELD
    if verb.name == "hold":
        fields |= {"held_for": HeldFor.MODERATOR, "held_detail": ""}
    if verb.name in ("approve", "hold"):
        # Decided before Akismet answered: its answer was not available when a person judged.
        fields["verdict"] = Case(
            When(verdict=Verdict.UNCHECKED, then=Value(Verdict.UNAVAILABLE)), default=F("verdict")
        )
    return fields


def _status_before_trash(comment: Comment) -> str:
    last = comment.changes.filter(new=Status.TRASH).order_by("-at", "-pk").first()
    return last.old if last and last.old else Status.SUBMITTED
