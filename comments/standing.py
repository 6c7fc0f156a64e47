"""What the writer of a comment is trusted with, and why a comment that is not spam waits.

Typing somebody's address is never enough: an address counts for a comment only when its holder
proved to have written this very comment. The rules themselves are in `comments/spam/rules.py`.
"""

from collections.abc import Iterator
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from articles.models import Article, Author
from comments import moderation, privacy, spam
from comments.models import Comment, Discussion, StatusChange, Submission
from comments.spam import names, rules
from comments.spam.rules import Hit, Judged, Writer
from comments.status import HeldFor, Source, Status, Verdict

#: What became of an address's comments counts so long: Coral's "recent comment history".
LATELY = timedelta(days=7)


def release_if_trusted(comment: Comment) -> bool:
    """Publish `comment` if it waits only because nobody had proved to hold its address.

    For when that was proved just now (`Submission.confirmed_at` is set). All rules look at it
    again; it stays where it is, and False is returned, when any of them holds it, when it waits
    for something else, or when the site does not publish known writers at once.
    """
    with transaction.atomic():
        current = lock(comment)
        if (
            current is None
            or current.status != Status.PENDING
            or current.held_for != HeldFor.UNCONFIRMED
            or current.verdict != Verdict.HAM
            or why_it_waits(current, Discussion.load(), verdict=current.verdict)
        ):
            return False
        return moderation.release(current, reason=_("the address was confirmed"))


def lock(comment: Comment) -> Comment | None:
    """Lock `comment` as it is now until the transaction ends; None when it is gone.

    Its article first, as all do who may change what is public: see `comments/moderation/moves.py`.
    """
    Article.objects.lock(comment.article_id)
    return Comment.objects.select_for_update(no_key=True).filter(pk=comment.pk).first()


def why_it_waits(comment: Comment, discussion: Discussion, *, verdict: str) -> Hit | None:
    """Say why `comment` waits for a person if it is not called spam; None: it may be published.

    What is known of its writer is read afresh. Call it with the comment's row locked, so that a
    confirmation of the address comes either before or after.
    """
    submission = (
        Submission.objects.filter(pk=comment.pk)
        .annotate(article_held=F("comment__article__comments_held"))
        .first()
    )
    if submission is None:
        return Hit(rules.Effect.HOLD, _("its private half is missing"), held_for=HeldFor.POLICY)
    comment.submission = submission
    judged = judged_now(
        comment,
        submission,
        discussion,
        verdict=verdict,
        article_held=submission.article_held,
    )
    return rules.why_held(spam.draft_of(comment), judged)


def judged_now(
    comment: Comment,
    submission: Submission,
    discussion: Discussion,
    *,
    verdict: str,
    article_held: bool,
) -> Judged:
    """Gather what the rules for judged comments may know of `comment`, as things are now."""
    return Judged(
        html=comment.html,
        verdict=verdict,
        writer=writer_of(comment, submission, enough=discussion.approvals_to_trust),
        edited=comment.edited_at is not None,
        links_to_hold=discussion.links_to_hold,
        hold_words=discussion.hold_words,
        disallowed_words=discussion.disallowed_words,
        hold_scams=discussion.hold_scams,
        log_only=discussion.akismet_log_only,
        trust=discussion.trust_known_writers,
        approvals_to_trust=discussion.approvals_to_trust,
        article_held=article_held,
    )


def writer_of(comment: Comment, submission: Submission, *, enough: int) -> Writer:
    """Gather what is known of the writer of `comment`; approvals are counted up to `enough`.

    Five queries, whatever the address has written.
    """
    staff = staff_name(comment.name, submission.email) if comment.user_id is None else ""
    if submission.email in ("", privacy.UNREADABLE):
        return Writer(staff_name=staff)
    others = _others(comment, submission.email)
    approved = others.filter(status=Status.APPROVED).values("pk")[:enough].count()
    fate = _fate_lately(others)
    return Writer(
        confirmed=submission.confirmed_at is not None,
        approved=approved,
        decided=fate["approved"] + fate["rejected"],
        rejected=fate["rejected"],
        staff_name=staff,
    )


def staff_name(name: str, email: str) -> str:
    """Return whose name or address on the staff a guest uses, or ""."""
    staff = list(User.objects.filter(is_staff=True, is_active=True))
    address = privacy.normalize_address(email)
    for user in staff:
        if user.email and privacy.normalize_address(user.email) == address:
            return _("email address of %s") % user.get_username()
    return names.alike(name, _names(staff))


def _names(staff: list[User]) -> Iterator[str]:
    for user in staff:
        yield user.get_username()
        yield user.get_full_name()
    yield from Author.objects.values_list("name", flat=True)


def _others(comment: Comment, email: str) -> QuerySet[Comment]:
    """Other comments from this address that were taken in and judged here, none by staff."""
    imported = StatusChange.objects.filter(comment=OuterRef("pk"), source=Source.IMPORT)
    return Comment.objects.filter(
        ~Exists(imported),
        submission__email_hash__in=privacy.address_hashes(email),
        user=None,
    ).exclude(pk=comment.pk)


def _fate_lately(others: QuerySet[Comment]) -> dict[str, int]:
    """Count how many were approved in the last days, by whomever, and rejected by people."""
    by_people = StatusChange.objects.filter(
        comment=OuterRef("pk"),
        source=Source.MODERATOR,
        new=OuterRef("status"),
        at__gte=OuterRef("since"),
    )
    rejected = Q(Exists(by_people), status__in=[Status.SPAM, Status.TRASH])
    return others.filter(since__gte=timezone.now() - LATELY).aggregate(
        approved=Count("pk", filter=Q(status=Status.APPROVED)),
        rejected=Count("pk", filter=rejected),
    )
