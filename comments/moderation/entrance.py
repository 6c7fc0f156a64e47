"""How comments come in: from readers, from staff, from another site."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from articles.models import Article
from comments import text
from comments.mail import notifications
from comments.models import Comment, StatusChange, Submission
from comments.moderation import moves
from comments.spam import scams
from comments.spam.rules import Draft, Hit
from comments.status import Source, Status, Verdict

#: A step in a comment's life: the new status, its source, the reason.
Step = tuple[str, str, str]


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
        steps.append((Status.TRASH, Source.RULES, moves.not_asked(hit)))
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
            **moves.held(hit),
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
        moves.count(comment, "", status)
    return comment


def html_of(raw: str, *, mask: bool) -> str:
    """Return the HTML of a comment's text; with `mask`, without the contacts of a scam in it."""
    return text.render(scams.mask(raw) if mask else raw)
