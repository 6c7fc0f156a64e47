"""The only writer of `Comment.status`. Every change asks who, and leaves a StatusChange.

What counts as seen decides: `UPDATE … WHERE id AND status = seen`. When no row changes, somebody
was faster; nothing is overwritten and the caller learns who it was.
"""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Case, Exists, F, OuterRef, QuerySet, Value, When
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from articles import generation
from articles.models import Article
from comments import feedback, text
from comments.mail import notifications
from comments.models import Comment, Discussion, Edit, StatusChange, Submission, Tally, Thread
from comments.personal import fields
from comments.spam import scams
from comments.spam.rules import Draft, Effect, Hit
from comments.status import (
    NEEDS_VERDICT,
    SPAM_VERDICTS,
    VERBS,
    HeldFor,
    Source,
    Status,
    Verb,
    Verdict,
)

_NOT_HELD: dict[str, Any] = {"held_for": "", "held_detail": ""}
#: A step in a comment's life: the new status, its source, the reason.
Step = tuple[str, str, str]


class AlreadyDecided(Exception):
    """The comment is no longer as the moderator saw it. Its text says who did what, and when."""

    def __init__(self, comment: Comment | None) -> None:
        self.comment = comment
        super().__init__(_describe(comment))


def submit(
    article: Article,
    draft: Draft,
    *,
    ancestors: list[int],
    user: User | None = None,
    hit: Hit | None = None,
    trashed: bool = False,
    mask: bool = False,
) -> Comment:
    """Store what a reader sent, and return it: three inserts, one transaction.

    Staff (`user`) need no judge. `hit` is what the local rules found; `trashed` that it is not
    worth asking Akismet about; `mask` that pages do not show a scammer's contacts.
    """
    steps: list[Step] = [(Status.SUBMITTED, Source.READER, "")]
    if user:
        steps = [(Status.APPROVED, Source.MODERATOR, _("written by staff"))]
    elif trashed and hit:
        steps.append((Status.TRASH, Source.RULES, _found(hit)))
    verdict = Verdict.EXEMPT if user else Verdict.UNCHECKED
    with transaction.atomic():
        comment = _store(
            article,
            draft,
            ancestors=ancestors,
            steps=steps,
            verdict=verdict,
            user=user,
            hit=hit,
            mask=mask and not user,
        )
        if user:
            notifications.owe_replies(comment)
            notifications.owe_confirmation(comment)
    return comment


def take_over(
    article: Article,
    draft: Draft,
    *,
    ancestors: list[int],
    status: str,
    before: str = "",
    created_at: datetime,
) -> Comment:
    """Store a comment that another site took in and judged, as it stood there; return it.

    Nobody is told and Akismet is neither asked nor owed anything; only a comment that nobody has
    judged yet (`submitted`) will be checked. `before` is what one in the trash was, for restoring.
    """
    news = [before, status] if before else [status]
    return _store(
        article,
        draft,
        ancestors=ancestors,
        steps=[(new, Source.IMPORT, "") for new in news],
        verdict=Verdict.UNCHECKED if status == Status.SUBMITTED else Verdict.EXEMPT,
        written=created_at,
    )


def _store(
    article: Article,
    draft: Draft,
    *,
    ancestors: list[int],
    steps: list[Step],
    verdict: str,
    written: datetime | None = None,
    user: User | None = None,
    hit: Hit | None = None,
    mask: bool = False,
) -> Comment:
    """Store both halves of a comment with its first `steps` (new status, source, reason)."""
    now = timezone.now()
    status = steps[-1][0]
    olds = ["", *(new for new, _source, _reason in steps)]
    with transaction.atomic():
        comment = Comment.objects.create(
            article=article,
            parent_id=draft.parent_id,
            ancestors=ancestors,
            thread=ancestors[0] if ancestors else None,
            name=draft.name,
            url=draft.url,
            text=draft.text,
            html=html_of(draft.text, mask=mask),
            user=user,
            created_at=written or now,
            status=status,
            since=now,
            verdict=verdict,
            check_due=now if status == Status.SUBMITTED else None,
            **_held(hit),
        )
        Submission.objects.create(
            comment=comment,
            email=draft.email,
            confirmed_at=now if draft.proven else None,
            notify=draft.notify,
            ip=draft.ip,
            user_agent=draft.user_agent,
            referrer=draft.referrer,
            honeypot=draft.honeypot,
            key=draft.key,
            at=written or now,
        )
        StatusChange.objects.bulk_create(
            StatusChange(
                comment=comment, old=old, new=new, by=user, source=source, reason=reason, at=now
            )
            for old, (new, source, reason) in zip(olds, steps, strict=False)
        )
        _count(comment, "", status)
    return comment


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
        raise AlreadyDecided(Comment.objects.filter(pk=comment.pk).first())
    with transaction.atomic():
        new = verb.target or _status_before_trash(comment)
        # What its writer took away stays away.
        only = {"withdrawn_at": None} if verb.name == "restore" else None
        moved = _move(comment, new, seen=seen, only=only, **_effects(verb, new))
        if not moved:
            raise AlreadyDecided(Comment.objects.filter(pk=comment.pk).first())
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


def judge(comment: Comment, verdict: str, *, hit: Hit | None, log_only: bool = False) -> bool:
    """Act on Akismet's verdict (ham, spam or discard) about a comment as it was claimed.

    `hit` says why it waits if it is ham; None that it may appear at once. `log_only` keeps spam
    in the queue too. Returns False, and changes nothing, when a moderator has decided meanwhile
    or another worker has taken the claim over.
    """
    new, held = Status.PENDING, _held(hit)
    if verdict in SPAM_VERDICTS and not log_only:
        new, held = Status.SPAM, {}
    elif hit is None and verdict not in SPAM_VERDICTS:
        new, held = Status.APPROVED, _NOT_HELD
    return _answer(comment, new, verdict, source=Source.AKISMET, **held)


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


def edit(comment: Comment, new_text: str, *, seen: str, hit: Hit | None = None) -> None:
    """Give a comment the text its writer wants now, keep the old one, and have it judged again.

    `hit` is what the local rules found in the new text; with a final one it goes to the trash.
    Raises AlreadyDecided when it is not in the status `seen` any more.
    """
    trashed = hit is not None and hit.effect is Effect.TRASH
    new = Status.TRASH if trashed else Status.SUBMITTED
    now = timezone.now()
    with transaction.atomic():
        Edit.objects.create(comment=comment, text=comment.text, at=now)
        moved = _move(
            comment,
            new,
            seen=seen,
            text=new_text,
            html=html_of(new_text, mask=Discussion.load().hold_scams and not comment.user_id),
            edited_at=now,
            verdict=Verdict.UNCHECKED,
            check_due=None if trashed else now,
            check_attempts=0,
            **_NOT_HELD | _held(hit),
        )
        if not moved:
            raise AlreadyDecided(Comment.objects.filter(pk=comment.pk).first())
        if not trashed:
            _note(comment, seen, new, Source.READER, reason="edit")
        else:
            _note(comment, seen, new, Source.RULES, reason=_found(hit))


def withdraw(comment: Comment, *, seen: str) -> None:
    """Take a comment away because its writer wants so; nobody can restore it.

    Raises AlreadyDecided when it is not in the status `seen` any more.
    """
    with transaction.atomic():
        if not _move(comment, Status.TRASH, seen=seen, withdrawn_at=timezone.now(), check_due=None):
            raise AlreadyDecided(Comment.objects.filter(pk=comment.pk).first())
        feedback.take_back(comment)
        _note(comment, seen, Status.TRASH, Source.READER)


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
    return _by_rules(comment, Status.APPROVED, seen=Status.PENDING, reason=reason, **_NOT_HELD)


def erase(pk: int) -> bool:
    """Forget who wrote a comment. One that readers see keeps its text and its place in the thread;
    any other is deleted, also while a worker asks Akismet about it.

    Returns whether the comment is still there. `fields.py` says what becomes of each
    column.
    """
    with transaction.atomic():
        comment = Comment.objects.select_for_update().filter(pk=pk).first()
        if comment is None:
            return False
        if comment.status != Status.APPROVED:
            comment.delete()
            return False
        feedback.take_back(comment)
        generation.changed()
        for label, table in fields.TABLES.items():
            if not table.of_comment:
                continue
            rows = fields.rows_of(label, pk)
            if table.rows_go:
                rows.delete()
            elif table.blanks():
                rows.update(**table.blanks())
    return True


def due_for_purge(status: str, *, before: datetime) -> QuerySet[Comment]:
    """Return what has been in `status` since before `before`, but for what Akismet must hear of."""
    owed = StatusChange.objects.filter(comment=OuterRef("pk"), feedback_due__isnull=False)
    old = Comment.objects.filter(~Exists(owed), status=status, since__lt=before)
    return old.order_by("since")


def purge(status: str, *, before: datetime, most: int) -> int:
    """Delete for good up to `most` comments that have been in `status` since before `before`.

    Returns how many; what somebody is deciding about at this moment is left for the next time.
    """
    with transaction.atomic():
        rows = due_for_purge(status, before=before)
        rows = rows.select_for_update(skip_locked=True, of=("self",))
        doomed = list(rows.values_list("pk", flat=True)[:most])
        Comment.objects.filter(pk__in=doomed).delete()
    return len(doomed)


def _by_rules(comment: Comment, new: str, *, seen: str, reason: str, **fields: Any) -> bool:
    with transaction.atomic():
        moved = _move(comment, new, seen=seen, **fields)
        if moved:
            _note(comment, seen, new, Source.RULES, reason=reason)
    return moved


def _answer(
    comment: Comment, new: str, verdict: str, *, source: str, reason: str = "", **fields: Any
) -> bool:
    seen = comment.status
    with transaction.atomic():
        moved = _move(
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
            _note(comment, seen, new, source, reason=reason)
    return moved


def _note(comment: Comment, old: str, new: str, source: str, *, reason: str = "") -> None:
    StatusChange.objects.create(
        comment=comment, old=old, new=new, source=source, reason=reason[:200]
    )


def _move(
    comment: Comment, new: str, *, seen: str, only: dict[str, Any] | None = None, **fields: Any
) -> bool:
    """Change the row if it still is as it was seen (and as `only` says), and keep the counts."""
    if new != seen:
        fields["since"] = timezone.now()
    if new != seen and Status.APPROVED in (new, seen):
        # Whoever changes what is public takes the article first: so counts are exact, and two
        # changes in one thread wait for each other in one order.
        Article.objects.select_for_update(no_key=True).filter(pk=comment.article_id).values_list(
            "pk"
        ).first()
    rows = Comment.objects.filter(pk=comment.pk, status=seen, **(only or {}))
    if not rows.update(status=new, **fields):
        return False
    _count(comment, seen, new)
    if new == Status.APPROVED != seen:
        notifications.owe_replies(comment)
    if new in NEEDS_VERDICT:
        notifications.owe_confirmation(comment)
    return True


def _count(comment: Comment, old: str, new: str) -> None:
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


def html_of(raw: str, *, mask: bool) -> str:
    """Return the HTML of a comment's text; with `mask`, without the contacts of a scam in it."""
    return text.render(scams.mask(raw) if mask else raw)


def _found(hit: Hit | None) -> str:
    return f"{hit.held_for}: {hit.detail}"[:200] if hit else ""


def _held(hit: Hit | None) -> dict[str, Any]:
    if hit is None or hit.held_for is None:
        return {}
    return {"held_for": hit.held_for, "held_detail": str(hit.detail)[:200]}


def _effects(verb: Verb, new: str) -> dict[str, Any]:
    """What a moderator's decision changes besides the status."""
    # The person has decided; only what goes back to "submitted" is asked about again.
    fields: dict[str, Any] = {"check_due": timezone.now() if new == Status.SUBMITTED else None}
    if verb.name == "approve":
        fields |= _NOT_HELD
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


def _describe(comment: Comment | None) -> str:
    """Return "Already approved by Kim 10 seconds ago." for what became of `comment`."""
    last = comment and comment.changes.select_related("by").order_by("-at", "-pk").first()
    if not comment or not last:
        return _("This comment is gone.")
    seconds = (timezone.now() - last.at).total_seconds()
    ago = _("%d s") % seconds if seconds < 60 else timesince(last.at, depth=1)
    return _("Already “%(status)s”: decided by %(who)s %(ago)s ago.") % {
        "status": Status(last.new).label,
        "who": last.by.get_username() if last.by else Source(last.source).label,
        "ago": ago,
    }
