"""Take a reader's comment in: at most six queries, one short transaction, no network."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Case, CharField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.models import Article
from comments import moderation, privacy
from comments.models import Comment, Discussion, Submission
from comments.spam import rules
from comments.spam.rules import Draft, Earlier, Effect, Hit
from comments.status import Status, Verdict

REPLY_REFUSED = _("Sorry, replies to unapproved comments are not allowed.")


class Refused(Exception):
    """The comment is not taken. `hit.detail` is what the reader is told, `hit.status` how."""

    def __init__(self, hit: Hit) -> None:
        super().__init__(str(hit.detail))
        self.hit = hit


def take_in(slug: str, draft: Draft, *, user: User | None = None) -> Comment:
    """Run the local rules and store `draft` under the article `slug`; return the comment.

    A draft sent twice returns the comment of the first time. Raises Refused for what the rules
    refuse, Http404 for an article that readers cannot see. `user` is a signed-in staff member.
    """
    with transaction.atomic():
        article, ancestors = _place(slug, draft.parent_id)
        discussion = Discussion.load()
        earlier = _earlier(article, draft, discussion.flood_seconds)
        if any(each.kind == Earlier.USED_KEY for each in earlier):
            draft = replace(draft, key=None)  # a browser put an old form's key back
        scene = rules.Scene(
            comments_open=article.comments_open,
            earlier=earlier,
            flood_seconds=discussion.flood_seconds,
            disallowed_words=discussion.disallowed_words,
            is_staff=user is not None,
        )
        hit = rules.intake(draft, scene)
        if hit and hit.effect is Effect.REPEAT:
            return Comment.objects.get(pk=hit.comment_id or 0)
        if hit and hit.effect is Effect.REFUSE:
            raise Refused(hit)
        if draft.parent_id and ancestors is None:
            raise Refused(Hit(Effect.REFUSE, REPLY_REFUSED, status=403))
        return moderation.submit(
            article,
            draft,
            ancestors=(ancestors or [])[: discussion.depth - 1],
            user=user,
            hit=hit,
            trashed=hit is not None and hit.effect is Effect.TRASH,
        )


def _place(slug: str, parent_id: int | None) -> tuple[Article, list[int] | None]:
    """Return the article and, for a reply, the ids from the thread's first comment to the parent.

    None for a parent that is not public or belongs to another article. The article's row is
    locked, so that the same comment arriving twice at once is seen twice by the rules.
    """
    parent = Comment.objects.public().filter(pk=parent_id or 0, article=OuterRef("pk"))
    article = (
        Article.objects.published()
        .annotate(parent_ancestors=Subquery(parent.values("ancestors")[:1]))
        .select_for_update(of=("self",), no_key=True)
        .filter(slug=slug)
        .first()
    )
    if article is None:
        raise Http404
    above = article.parent_ancestors
    return article, None if above is None or parent_id is None else [*above, parent_id]


def _earlier(article: Article, draft: Draft, flood_seconds: int) -> list[Earlier]:
    """Find, in one query, the earlier comments that the rules want to know of.

    Three searches with an index each are put together; one search with "or" would read them all.
    """
    now = timezone.now()
    same_address = Submission.objects.filter(email_hash__in=privacy.address_hashes(draft.email))
    recent = timedelta(seconds=flood_seconds)
    # Whatever the address: if it counted, repeating a public comment with guessed addresses
    # would tell which one its writer gave.
    duplicate = Submission.objects.filter(
        comment__article=article,
        comment__parent=draft.parent_id,
        comment__name=draft.name,
        comment__text=draft.text,
    ).exclude(
        # What people threw away may be said again. What a disallowed word threw away may not, or
        # repeating a comment would tell which words those are.
        Q(comment__status=Status.TRASH) & ~Q(comment__verdict=Verdict.UNCHECKED)
    )
    searches = [
        _rows(duplicate, Earlier.DUPLICATE),
        _rows(same_address.filter(at__gt=now - recent), Earlier.RECENT),
    ]
    if draft.ip:
        same_ip = Submission.objects.filter(ip=draft.ip, at__gt=now - recent)
        searches.append(_rows(same_ip, Earlier.RECENT))
    if draft.key:
        kind = Case(
            When(comment__text=draft.text, then=Value(Earlier.KEY)),
            default=Value(Earlier.USED_KEY),
            output_field=CharField(),
        )
        searches.append(_rows(Submission.objects.filter(key=draft.key), kind))
    found = searches[0].union(*searches[1:], all=True)
    return [Earlier(kind, pk, now - at) for kind, pk, at in found]


def _rows(submissions: QuerySet[Submission], kind: str | Case) -> QuerySet[Submission, Any]:
    marked = Value(kind, CharField()) if isinstance(kind, str) else kind
    return submissions.annotate(kind=marked).values_list("kind", "pk", "at")
