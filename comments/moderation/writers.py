"""What the writer of a comment may change about it."""

from django.db import transaction
from django.utils import timezone

from comments import feedback
from comments.models import Comment, Discussion, Edit, Submission
from comments.moderation import moves
from comments.moderation.entrance import html_of
from comments.spam.rules import Effect, Hit
from comments.status import Source, Status, Verdict


def edit(
    comment: Comment, new_text: str, *, seen: str, hit: Hit | None = None, proven: bool = False
) -> None:
    """Give a comment the text its writer wants now, keep the old one, and have it judged again.

    `hit` is what the local rules found in the new text; with a final one it goes to the trash.
    `proven` says that who changes it holds the address; a former proof was for the former words.
    Raises AlreadyDecided when it is not in the status `seen` any more.
    """
    trashed = hit is not None and hit.effect is Effect.TRASH
    new = Status.TRASH if trashed else Status.SUBMITTED
    now = timezone.now()
    with transaction.atomic():
        Edit.objects.create(comment=comment, text=comment.text, at=now)
        moved = moves.move(
            comment,
            new,
            seen=seen,
            text=new_text,
            html=html_of(new_text, mask=Discussion.load().hold_scams and not comment.user_id),
            edited_at=now,
            verdict=Verdict.UNCHECKED,
            check_due=None if trashed else now,
            check_attempts=0,
            **moves.NOT_HELD | moves.held(hit),
        )
        if not moved:
            raise moves.AlreadyDecided(Comment.objects.filter(pk=comment.pk).first())
        Submission.objects.filter(pk=comment.pk).update(confirmed_at=now if proven else None)
        if not trashed:
            moves.note(comment, seen, new, Source.READER, reason="edit")
        else:
            moves.note(comment, seen, new, Source.RULES, reason=moves.not_asked(hit))


def rewrite(comment: Comment, new_text: str, *, seen: str) -> None:
    """Keep the new text of a comment about which a person has decided; the decision stands.

    Raises AlreadyDecided when it is not in the status `seen` any more.
    """
    now = timezone.now()
    html = html_of(new_text, mask=Discussion.load().hold_scams)
    with transaction.atomic():
        Edit.objects.create(comment=comment, text=comment.text, at=now)
        if not moves.move(comment, seen, seen=seen, text=new_text, html=html, edited_at=now):
            raise moves.AlreadyDecided(Comment.objects.filter(pk=comment.pk).first())
        Submission.objects.filter(pk=comment.pk).update(confirmed_at=None)


def withdraw(comment: Comment, *, seen: str) -> None:
    """Take a comment away because its writer wants so; nobody can restore it.

    Raises AlreadyDecided when it is not in the status `seen` any more.
    """
    with transaction.atomic():
        if not moves.move(
            comment, Status.TRASH, seen=seen, withdrawn_at=timezone.now(), check_due=None
        ):
            raise moves.AlreadyDecided(Comment.objects.filter(pk=comment.pk).first())
        feedback.take_back(comment)
        moves.note(comment, seen, Status.TRASH, Source.READER)
