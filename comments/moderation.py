"""The only writer of `Comment.status`. Every change asks who, and leaves a StatusChange.

What counts as seen decides: `UPDATE … WHERE id AND status = seen`. When no row changes, somebody
was faster; nothing is overwritten and the caller learns who it was.
"""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Case, F, Value, When
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from articles.models import Article
from comments import feedback, text
from comments.models import Comment, StatusChange, Submission
from comments.spam.rules import Draft, Hit
from comments.status import SPAM_VERDICTS, VERBS, HeldFor, Source, Status, Verb, Verdict

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
) -> Comment:
    """Store what a reader sent, and return it: three inserts, one transaction.

    Staff (`user`) need no judge. `hit` is what the local rules found; `trashed` that it is not
    worth asking Akismet about.
    """
    steps: list[Step] = [(Status.SUBMITTED, Source.READER, "")]
    if user:
        steps = [(Status.APPROVED, Source.MODERATOR, _("written by staff"))]
    elif trashed and hit:
        steps.append((Status.TRASH, Source.RULES, f"{hit.held_for}: {hit.detail}"[:200]))
    verdict = Verdict.EXEMPT if user else Verdict.UNCHECKED
    return _store(
        article, draft, ancestors=ancestors, steps=steps, verdict=verdict, user=user, hit=hit
    )


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
            html=text.render(draft.text),
            user=user,
            created_at=written or now,
            status=status,
            verdict=verdict,
            check_due=now if status == Status.SUBMITTED else None,
            **_held(hit),
        )
        Submission.objects.create(
            comment=comment,
            email=draft.email,
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
        moved = _move(comment, new, seen=seen, **_effects(verb, new))
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


def judge(comment: Comment, verdict: str, *, hit: Hit) -> bool:
    """Act on Akismet's verdict (ham, spam or discard) about a comment as it was claimed.

    `hit` says why it waits if it is ham. Returns False, and changes nothing, when a moderator
    has decided meanwhile or another worker has taken the claim over.
    """
    is_spam = verdict in SPAM_VERDICTS
    new = Status.SPAM if is_spam else Status.PENDING
    return _answer(comment, new, verdict, source=Source.AKISMET, **({} if is_spam else _held(hit)))


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


def _answer(
    comment: Comment, new: str, verdict: str, *, source: str, reason: str = "", **fields: Any
) -> bool:
    seen = comment.status
    with transaction.atomic():
        moved = _move(
            comment,
            new,
            seen=seen,
            claim=comment.check_due,
            verdict=verdict,
            check_due=None,
            **fields,
        )
        # Asked again in the background: the verdict is news, the place in the queue is not.
        if moved and new != seen:
            StatusChange.objects.create(
                comment=comment, old=seen, new=new, source=source, reason=reason[:200]
            )
    return moved


def _move(comment: Comment, new: str, *, seen: str, claim: Any = None, **fields: Any) -> bool:
    """Change the row if it still is as it was seen (and claimed), and keep the article's count."""
    rows = Comment.objects.filter(pk=comment.pk, status=seen)
    if claim is not None:
        rows = rows.filter(check_due=claim)
    if not rows.update(status=new, **fields):
        return False
    _count(comment, seen, new)
    return True


def _count(comment: Comment, old: str, new: str) -> None:
    """Keep `Article.comment_count` exact, in the transaction that changes the status."""
    step = (new == Status.APPROVED) - (old == Status.APPROVED)
    if step:
        Article.objects.filter(pk=comment.article_id).update(
            comment_count=F("comment_count") + step
        )


def _held(hit: Hit | None) -> dict[str, str]:
    if hit is None or hit.held_for is None:
        return {}
    return {"held_for": hit.held_for, "held_detail": str(hit.detail)[:200]}


def _effects(verb: Verb, new: str) -> dict[str, Any]:
    """What a moderator's decision changes besides the status."""
    # The person has decided; only what goes back to "submitted" is asked about again.
    fields: dict[str, Any] = {"check_due": timezone.now() if new == Status.SUBMITTED else None}
    if verb.name == "approve":
        fields |= {"held_for": "", "held_detail": ""}
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
