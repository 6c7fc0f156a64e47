"""Take a reader's comment in: at most six queries, one short transaction, no network."""

from dataclasses import replace
from datetime import timedelta
from hashlib import blake2b
from ipaddress import ip_address
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import (
    Case,
    CharField,
    Expression,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.models import Article
from comments import bans, moderation, privacy, spam
from comments.client_address import network_of
from comments.models import Comment, Discussion, Submission
from comments.opening import accepts_comments
from comments.spam import rules
from comments.spam.rules import Draft, Earlier, Effect, Hit, Scene
from comments.status import Status, Verdict

REPLY_REFUSED = _("Sorry, replies to unapproved comments are not allowed.")
HOUR = timedelta(hours=1)


#: So long the same words from the same person are a form that was sent twice.
AGAIN = timedelta(minutes=1)


class Refused(Exception):
    """The comment is not taken. `hit.detail` is what the reader is told, `hit.status` how."""

    def __init__(self, hit: Hit) -> None:
        super().__init__(str(hit.detail))
        self.hit = hit


def take_in(
    slug: str, draft: Draft, *, user: User | None = None, from_desk: bool = False
) -> Comment:
    """Run the local rules and store `draft` under the article `slug`; return the comment.

    A draft sent twice returns the comment of the first time. Raises Refused for what the rules
    refuse, Http404 for an article that readers cannot see. `user` is a signed-in staff member;
    `from_desk` that they answer from there, which they may where comments are closed too.

    The article's row and the reader's network are locked meanwhile. So the limits hold exactly,
    however many post at once, on one article and across all; but for one email address that posts
    from two networks to two articles at the very same moment, which counts from then on.
    """
    with transaction.atomic():
        article, ancestors = _place(slug, draft)
        discussion = Discussion.load()
        earlier = _earlier(article, draft, discussion)
        if any(each.kind == Earlier.USED_KEY for each in earlier):
            draft = replace(draft, key=None)  # a browser put an old form's key back
        scene = Scene(
            comments_open=from_desk or accepts_comments(article, discussion),
            earlier=earlier,
            flood_seconds=discussion.flood_seconds,
            flood_per_minute=discussion.flood_per_minute,
            flood_per_hour=discussion.flood_per_hour,
            slow_minutes=article.comments_slow_minutes,
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
            mask=discussion.hold_scams,
        )


def rules_for_edit(comment: Comment, new_text: str, *, ip: str | None = None) -> Hit | None:
    """Return what the local rules find in what the writer of `comment` wants it to say instead.

    It is refused (`Effect.REFUSE`) when a ban stops its writer, where the comment came from or
    the machine `ip` that it is edited at. Another final hit (`Effect.TRASH`) sends it to the trash;
    one that holds, and all that is not found here, is looked at again when Akismet has judged the
    new text.
    """
    submission = comment.submission
    if bans.that_stop(email=submission.email, ips=(submission.ip, ip)).exists():
        return Hit(Effect.REFUSE, rules.BANNED, status=403)
    draft = replace(spam.draft_of(comment), text=new_text)
    words = Discussion.load().disallowed_words
    scene = Scene(disallowed_words=words, is_staff=comment.user_id is not None)
    return rules.disallowed_words(draft, scene)


def _place(slug: str, draft: Draft) -> tuple[Article, list[int] | None]:
    """Return the article and, for a reply, the ids from the thread's first comment to the parent.

    None for a parent that is not public or belongs to another article. The article's row and the
    reader's network are locked, in one query, so that what arrives at the same moment is seen by
    the rules one after the other.
    """
    parent_id = draft.parent_id
    parent = Comment.objects.public().filter(pk=parent_id or 0, article=OuterRef("pk"))
    article = (
        Article.objects.published()
        .annotate(
            parent_ancestors=Subquery(parent.values("ancestors")[:1]),
            network_locked=lock_of(network_of(draft.ip)),
        )
        .select_for_update(of=("self",), no_key=True)
        .filter(slug=slug)
        .first()
    )
    if article is None:
        raise Http404
    above = article.parent_ancestors
    return article, None if above is None or parent_id is None else [*above, parent_id]


def lock_of(network: str) -> Expression:
    """Return what locks a network until the transaction ends; SQLite has one writer anyway."""
    if connection.vendor != "postgresql" or not network:
        return Value("")
    key = int.from_bytes(blake2b(network.encode(), digest_size=8).digest(), signed=True)
    return Func(Value(key), function="pg_advisory_xact_lock", output_field=CharField())


def _earlier(article: Article, draft: Draft, discussion: Discussion) -> list[Earlier]:
    """Find, in one query, the earlier comments that the rules want to know of.

    A few searches with an index each are put together; one search with "or" would read them all.
    """
    now = timezone.now()
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
        Q(comment__status=Status.TRASH)
        & (~Q(comment__verdict=Verdict.UNCHECKED) | Q(comment__withdrawn_at__isnull=False))
    )
    searches: list[QuerySet[Any, Any]] = [_rows(duplicate, Earlier.DUPLICATE)]
    if draft.ip and draft.email and not draft.key:
        # Without scripts there is no key: a double click is known by all else being the same.
        again = duplicate.filter(
            ip=draft.ip,
            at__gt=now - AGAIN,
            email_hash__in=privacy.address_hashes(draft.email),
        ).exclude(key__isnull=False)  # SQLite would ask the index of keys for all without one
        searches.append(_rows(again, Earlier.KEY))
    slow = timedelta(minutes=article.comments_slow_minutes)
    recent = timedelta(seconds=discussion.flood_seconds)
    for person in _same_person(draft):
        searches.append(_rows(person.filter(at__gt=now - recent), Earlier.RECENT))
    for person in _held_to_slow_mode(draft) if slow else ():
        here = person.filter(at__gt=now - slow, comment__article=article)
        searches.append(_rows(here, Earlier.SLOW))
    network, most = (
        network_of(draft.ip),
        max(discussion.flood_per_minute, discussion.flood_per_hour),
    )
    if network and most:
        # As many as the limits ask for, the youngest; what staff write from an office is no flood.
        # SQLite uses the index, which has only networks that are known, if that is said.
        youngest = (
            Submission.objects.filter(network=network, at__gt=now - HOUR, comment__user=None)
            .exclude(network="")
            .order_by("-at")
        )
        within = Submission.objects.filter(pk__in=youngest.values("pk")[:most])
        searches.append(_rows(within, Earlier.NETWORK))
    banned = bans.that_stop(email=draft.email, ips=(draft.ip,)).annotate(
        kind=Value(Earlier.BANNED, CharField())
    )
    searches.append(banned.order_by().values_list("kind", "pk", "at"))
    if draft.key:
        kind = Case(
            When(comment__text=draft.text, then=Value(Earlier.KEY)),
            default=Value(Earlier.USED_KEY),
            output_field=CharField(),
        )
        searches.append(_rows(Submission.objects.filter(key=draft.key), kind))
    found = searches[0].union(*searches[1:], all=True)
    return [Earlier(kind, pk, now - at) for kind, pk, at in found]


def _same_person(draft: Draft) -> list[QuerySet[Submission]]:
    """What came from this email address, and what came from this machine."""
    rows = Submission.objects
    same = []
    if draft.email:  # "" is what erasure leaves, and nobody's
        same.append(rows.filter(email_hash__in=privacy.address_hashes(draft.email)))
    if draft.ip:
        same.append(rows.filter(ip=draft.ip))
    return same


def _held_to_slow_mode(draft: Draft) -> list[QuerySet[Submission]]:
    """What came from this IPv4 address or IPv6 /48 (whoever has one such address has millions), and
    what came from this email address if its holder writes.

    If it counted for whoever types it, answers to guessed addresses would tell who wrote here.
    """
    rows = Submission.objects
    same = []
    if draft.email and draft.proven:
        same.append(rows.filter(email_hash__in=privacy.address_hashes(draft.email)))
    if draft.ip and ip_address(draft.ip).version == 6:
        # SQLite uses the index, which has only networks that are known, if that is said.
        same.append(rows.filter(network=network_of(draft.ip)).exclude(network=""))
    elif draft.ip:
        same.append(rows.filter(ip=draft.ip))
    return same


def _rows(submissions: QuerySet[Submission], kind: str | Case) -> QuerySet[Submission, Any]:
    marked = Value(kind, CharField()) if isinstance(kind, str) else kind
    return submissions.annotate(kind=marked).values_list("kind", "pk", "at")
