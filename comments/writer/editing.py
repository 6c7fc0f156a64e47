"""What the writer of a comment is told about it, and whether and how it may be edited."""

from copy import deepcopy
from datetime import datetime, timedelta

from django import forms
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from articles.models import Article
from comments import intake, moderation
from comments.forms import CommentForm
from comments.models import Comment, Discussion
from comments.opening import accepts_comments
from comments.spam.rules import Effect
from comments.status import Source, Status

#: Each edit is judged anew, so there is an end to them.
EDITS_MOST = 20


class CannotEdit(Exception):
    """The comment stays as it is; the text tells its writer why, `status` is the answer's."""

    def __init__(self, why: str, *, status: int = 409) -> None:
        super().__init__(why)
        self.status = status


class EditForm(forms.Form):
    """A comment's text, once more: cleaned as when it was posted."""

    text = deepcopy(CommentForm.base_fields["text"])
    clean_text = CommentForm.clean_text


def words_for(comment: Comment, *, by_a_person: bool | None = None) -> str:
    """Say how a comment stands. What waits and what was taken for spam are told the same.

    `by_a_person` says whether a moderator decided about it, for callers who know that of many.
    """
    if comment.withdrawn_at:
        return _("You removed this comment.")
    if comment.status == Status.APPROVED:
        return _("Your comment is published.")
    if by_a_person is None and comment.status == Status.TRASH:
        by_a_person = _a_person_decided(comment)
    if comment.status == Status.TRASH and by_a_person:
        return _("A moderator has removed this comment.")
    return _("Your comment is awaiting moderation.")


def editable_until(comment: Comment, discussion: Discussion) -> datetime:
    """Return until when its writer may change `comment`. Raises CannotEdit."""
    until = comment.created_at + timedelta(minutes=discussion.edit_minutes)
    if comment.withdrawn_at or comment.is_staff or not comment.submission.email:
        raise CannotEdit(_("This comment cannot be edited."))
    if until <= timezone.now():
        raise CannotEdit(_("The time to edit this comment is over."))
    # Who was called a spammer by a person is not told so: see `words_for`.
    if comment.status == Status.TRASH and _a_person_decided(comment):
        raise CannotEdit(_("This comment cannot be edited."))
    if not accepts_comments(comment.article, discussion):
        raise CannotEdit(_("Comments are closed, so this one cannot be edited any more."))
    if Comment.objects.public().filter(parent=comment).exists():
        raise CannotEdit(_("Somebody has replied, so this comment cannot be edited any more."))
    if comment.edits.count() >= EDITS_MOST:
        raise CannotEdit(_("This comment has been edited too often."))
    return until


def version(comment: Comment) -> str:
    """Return what stands for the text as it is now: an edit made elsewhere is not overwritten."""
    return comment.edited_at.isoformat() if comment.edited_at else ""


def edit(
    comment: Comment, new_text: str, *, seen: str, ip: str | None = None, proven: bool = False
) -> bool:
    """Give `comment` a new text, to be judged again; False if it is the same text.

    `seen` is the `version` that the writer started from, `ip` the machine they edit at, `proven`
    that they showed to hold the address. What a moderator called spam stays so, whatever it says
    now. Raises CannotEdit, and moderation.AlreadyDecided when somebody else changes the comment at
    this moment.
    """
    with transaction.atomic():
        # Whoever publishes a reply takes the article first, so none appears from here on.
        Article.objects.lock(comment.article_id)
        current = (
            Comment.objects.select_related("article", "submission").filter(pk=comment.pk).first()
        )
        if current is None:
            raise moderation.AlreadyDecided(None)
        editable_until(current, Discussion.load())
        if version(current) != seen:
            raise CannotEdit(_("This comment was edited elsewhere meanwhile. It says now:"))
        if new_text == current.text:
            return False
        hit = intake.rules_for_edit(current, new_text, ip=ip)
        if hit and hit.effect is Effect.REFUSE:
            raise CannotEdit(str(hit.detail), status=hit.status)
        if current.status == Status.SPAM and _a_person_decided(current):
            moderation.rewrite(current, new_text, seen=current.status)
        else:
            moderation.edit(current, new_text, seen=current.status, hit=hit, proven=proven)
    return True


def _a_person_decided(comment: Comment) -> bool:
    return comment.changes.filter(source=Source.MODERATOR).exists()
