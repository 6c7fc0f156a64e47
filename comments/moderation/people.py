"""What moderators decide, one comment at a time; `many.py` does it to many at once."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Case, F, Value, When
from django.utils import timezone

from articles import generation
from comments import feedback
from comments.models import Comment, Discussion, Edit, StatusChange
from comments.moderation import moves
from comments.moderation.entrance import html_of
from comments.status import KEEP, VERBS, HeldFor, Source, Status, Verb, Verdict

#: What the history says of a step that took the one before it back.
UNDONE = "undo"
#: And of one that was decided by a link in a mail, and of one that let stand what was reported.
FROM_MAIL, KEPT = "from a mail", "reports dealt with"
#: What people think of a comment in one of these is what Akismet should know.
TOLD = frozenset({Status.PENDING, Status.APPROVED, Status.SPAM})


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


def decide(
    verb: Verb,
    comment: Comment,
    *,
    by: User,
    seen: str,
    since: datetime | None = None,
    from_mail: bool = False,
) -> None:
    """Do `verb` on a comment that the moderator `by` saw in the status `seen`.

    With `since` it must have been in that status ever since: one that went elsewhere and came
    back is not what was seen. Raises AlreadyDecided when it is not, or the verb does not fit.
    """
    if seen not in verb.sources:
        raise moves.AlreadyDecided(Comment.objects.filter(pk=comment.pk).first())
    with transaction.atomic():
        new = verb.target or statuses_before_trash([comment.pk]).get(comment.pk, Status.SUBMITTED)
        only: dict[str, Any] = {"since": since} if since else {}
        if verb.name == "restore":
            only["withdrawn_at"] = None  # what its writer took away stays away
        held = why_held(comment.pk)
        moved = moves.move(comment, new, seen=seen, only=only, **effects(verb, new))
        if not moved:
            raise moves.AlreadyDecided(Comment.objects.filter(pk=comment.pk).first())
        owed = feedback.owed(comment, new) if verb.name in ("approve", "hold", "spam") else ""
        if verb.name == "trash":
            feedback.take_back(comment)  # a slip, corrected
        reason = after(FROM_MAIL, held) if from_mail else held
        _step(comment, seen, new, by=by, owed=owed, reason=reason)


def keep(comment: Comment, *, by: User, seen: str, since: datetime | None = None) -> None:
    """Let a comment stand that readers reported: what they said so far is dealt with.

    What they had hidden is approved. Public ones only begin to be public anew, which is what takes
    them off the shelf of reported ones; later reports do not hide them (comments/reports.py).
    Raises AlreadyDecided as `decide` does.
    """
    if seen not in KEEP.sources:
        raise moves.AlreadyDecided(Comment.objects.filter(pk=comment.pk).first())
    if seen != Status.APPROVED:
        decide(VERBS["approve"], comment, by=by, seen=seen, since=since)
        return
    with transaction.atomic():
        rows = Comment.objects.filter(pk=comment.pk, status=seen)
        if since:
            rows = rows.filter(since=since)
        if not rows.update(since=timezone.now()):
            raise moves.AlreadyDecided(Comment.objects.filter(pk=comment.pk).first())
        _step(comment, seen, seen, by=by, owed="", reason=KEPT)


def undo(comment: Comment, *, by: User, seen: str, since: datetime | None = None) -> str:
    """Take back what a moderator did last, and return the status the comment is in again.

    It may be long ago. What waits again waits for what it waited for before. Raises
    AlreadyDecided when it is not as it was seen, or something else happened since.
    """
    with transaction.atomic():
        last = comment.changes.order_by("-at", "-pk").first()
        if last is None or not may_undo(last, seen):
            raise moves.AlreadyDecided(Comment.objects.filter(pk=comment.pk).first())
        only: dict[str, Any] = {"since": since} if since else {}
        if last.new == Status.TRASH:
            only["withdrawn_at"] = None
        held = why_held(comment.pk)
        if not moves.move(comment, last.old, seen=seen, only=only, **as_before(last)):
            raise moves.AlreadyDecided(Comment.objects.filter(pk=comment.pk).first())
        owed = ""
        if last.old in TOLD:
            owed = feedback.owed(comment, last.old)
        else:
            feedback.take_back(comment)
        _step(comment, seen, last.old, by=by, owed=owed, reason=after(UNDONE, held))
    return last.old


def may_undo(last: StatusChange, status: str) -> bool:
    """Tell whether a moderator may take back the last step of a comment that is in `status`."""
    # Not what staff wrote, nor what was kept in spite of reports.
    decided = last.source == Source.MODERATOR and last.old not in ("", last.new)
    return decided and last.new == status


def revise(comment: Comment, new_text: str, *, by: User, seen: datetime | None) -> bool:
    """Give a comment the text that a moderator wants, keep the old one; False if it is the same.

    It stays in its status, and Akismet is told nothing. `seen` is the `edited_at` of the text that
    the moderator started from. Raises AlreadyDecided when it was edited elsewhere or is gone.
    """
    with transaction.atomic():
        current = Comment.objects.select_for_update(no_key=True).filter(pk=comment.pk).first()
        if current is None or current.edited_at != seen or current.withdrawn_at:
            raise moves.AlreadyDecided(current)
        if new_text == current.text:
            return False
        now = timezone.now()
        Edit.objects.create(comment=current, text=current.text, by=by, at=now)
        current.text, current.edited_at = new_text, now
        mask = Discussion.load().hold_scams and not current.user_id
        current.html = html_of(new_text, mask=mask)
        current.save(update_fields=["text", "html", "edited_at"])
        if current.status == Status.APPROVED:
            generation.changed()
    return True


def effects(verb: Verb, new: str) -> dict[str, Any]:
    """Return what a moderator's decision changes besides the status."""
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


def statuses_before_trash(pks: Collection[int]) -> dict[int, str]:
    """Return where comments were before they came into the trash; it is the place to restore to."""
    steps = StatusChange.objects.filter(comment__in=pks, new=Status.TRASH).order_by("at", "pk")
    return {pk: old or Status.SUBMITTED for pk, old in steps.values_list("comment", "old")}


def reason_of(held_for: str, held_detail: str) -> str:
    """Return what a decision's step keeps of why the comment had waited; `undo` reads it again."""
    return f"{held_for}: {held_detail}"[:200] if held_for else ""


def after(how: str, held: str) -> str:
    """Return the reason of a step that was taken in a special way; `as_before` reads it again."""
    return ": ".join(filter(None, [how, held]))[:200]


def why_held(pk: int) -> str:
    row = Comment.objects.filter(pk=pk).values_list("held_for", "held_detail").first()
    return reason_of(*row) if row else ""


def as_before(last: StatusChange) -> dict[str, Any]:
    """Return what a comment has again when the step `last` is taken back, besides the status.

    It names the same columns whatever the step was.
    """
    reason = last.reason.removeprefix(f"{UNDONE}: ").removeprefix(f"{FROM_MAIL}: ")
    kind, _colon, detail = reason.partition(": ")
    known = kind in HeldFor.values
    fields: dict[str, Any] = {
        "held_for": kind if known else "",
        "held_detail": detail if known else "",
        "check_due": None,
        "verdict": F("verdict"),
    }
    if last.old == Status.SUBMITTED:
        fields["check_due"] = timezone.now()
        fields["verdict"] = Case(
            When(verdict=Verdict.UNAVAILABLE, then=Value(Verdict.UNCHECKED)), default=F("verdict")
        )
    return fields


def _step(comment: Comment, old: str, new: str, *, by: User, owed: str, reason: str) -> None:
    StatusChange.objects.create(
        comment=comment,
        old=old,
        new=new,
        by=by,
        source=Source.MODERATOR,
        reason=reason[:200],
        feedback=owed,
        feedback_due=timezone.now() + feedback.UNDO_WINDOW if owed else None,
    )
