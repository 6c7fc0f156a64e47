"""What moderators do to many comments at once: the same promises, in a few queries."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from articles import generation
from articles.models import Article
from comments import feedback
from comments.mail import notifications
from comments.models import Comment, StatusChange, Submission, Tally, Thread
from comments.moderation import moves, people
from comments.status import NEEDS_VERDICT, HeldFor, Source, Status, Verb

#: From where a comment may go for good, and how it is counted then.
DELETED = {Status.SPAM: Tally.What.SPAM_DELETED, Status.TRASH: Tally.What.TRASH_DELETED}


@dataclass(frozen=True)
class Seen:
    """A comment as a moderator saw it: in which status, and since when."""

    pk: int
    status: str
    since: datetime | None = None

    def is_still(self, comment: Comment) -> bool:
        return comment.status == self.status and self.since in (None, comment.since)


@dataclass
class Outcome:
    """What became of many: those that were done, and a refusal for each of the others."""

    done: list[Comment] = field(default_factory=list)
    refused: list[moves.AlreadyDecided] = field(default_factory=list)


def decide_many(verb: Verb, seen_rows: Sequence[Seen], *, by: User) -> Outcome:
    """Do `verb` on each comment that is still as the moderator `by` saw it, all in one transaction.

    Everything is as if each had been decided alone: history, counts, mails, what Akismet is owed.
    """
    with transaction.atomic():
        locked = _lock(seen_rows, public=verb.target in (None, Status.APPROVED))
        before = people.statuses_before_trash([*locked]) if verb.target is None else {}
        outcome, moved = Outcome(), dict[int, tuple[str, str]]()
        for seen in seen_rows:
            comment = locked.get(seen.pk)
            fits = seen.status in verb.sources and comment is not None and seen.is_still(comment)
            if comment is None or not fits or (verb.name == "restore" and comment.withdrawn_at):
                outcome.refused.append(moves.AlreadyDecided(comment))
            elif seen.pk not in moved:
                new = verb.target or before.get(seen.pk, Status.SUBMITTED)
                moved[seen.pk] = (comment.status, new)
                outcome.done.append(comment)
        if moved:
            _move(outcome.done, moved, verb)
            _note(outcome.done, moved, verb, by=by)
    return outcome


def delete_many(seen_rows: Sequence[Seen], *, by: User) -> Outcome:
    """Delete for good what is still in the spam or the trash as the moderator `by` saw it.

    What Akismet has to hear of first is refused; who deleted what stays in the admin's log.
    """
    outcome = Outcome()
    with transaction.atomic():
        locked = _lock(seen_rows, public=False)
        owed = set(
            StatusChange.objects.filter(
                comment__in=[*locked], feedback_due__isnull=False
            ).values_list("comment", flat=True)
        )
        for seen in seen_rows:
            comment = locked.pop(seen.pk, None)
            fits = comment is not None and comment.status in DELETED and seen.is_still(comment)
            if comment is None or not fits or seen.pk in owed:
                outcome.refused.append(moves.AlreadyDecided(comment))
            else:
                outcome.done.append(comment)
        for status, count in Counter(comment.status for comment in outcome.done).items():
            Tally.add(DELETED[Status(status)], count)
        gone: dict[int | None, str] = {
            comment.pk: f"comment {comment.pk}" for comment in outcome.done
        }
        log_deletion(by, gone)
        Comment.objects.filter(pk__in=[comment.pk for comment in outcome.done]).delete()
    return outcome


def log_deletion(by: User, what: Mapping[int | None, str]) -> None:
    """Note in the admin's log who deleted what, by numbers alone: what it said is gone."""
    kind = ContentType.objects.get_for_model(Comment)
    LogEntry.objects.bulk_create(
        LogEntry(
            user=by,
            content_type=kind,
            object_id=None if pk is None else str(pk),
            object_repr=text,
            action_flag=DELETION,
            action_time=timezone.now(),
        )
        for pk, text in what.items()
    )


def _lock(seen_rows: Sequence[Seen], *, public: bool) -> dict[int, Comment]:
    """Lock the comments as they are now, and before them their articles if they may become public.

    All in the order of their numbers, so that two who decide about many wait for each other.
    """
    rows = Comment.objects.filter(pk__in=[seen.pk for seen in seen_rows])
    if public or any(seen.status == Status.APPROVED for seen in seen_rows):
        articles = Article.objects.filter(
            pk__in=set(rows.order_by().values_list("article", flat=True))
        )
        list(articles.select_for_update(no_key=True).order_by("pk").values_list("pk"))
    return {row.pk: row for row in rows.select_for_update(no_key=True).order_by("pk")}


def _move(comments: list[Comment], moved: dict[int, tuple[str, str]], verb: Verb) -> None:
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for pk, step in moved.items():
        groups[step].append(pk)
    for (old, new), pks in groups.items():
        fields: dict[str, Any] = people.effects(verb, new) | {"since": timezone.now()}
        Comment.objects.filter(pk__in=pks, status=old).update(status=new, **fields)
    _count(comments, moved)
    _owe_mails({pk for pk, (_old, new) in moved.items() if new in NEEDS_VERDICT}, moved)


def _count(comments: list[Comment], moved: dict[int, tuple[str, str]]) -> None:
    """Keep the counts of articles and threads exact, in a query for each size of step."""
    articles, threads = Counter[int](), Counter[int]()
    homes = {}
    for comment in comments:
        old, new = moved[comment.pk]
        step = (new == Status.APPROVED) - (old == Status.APPROVED)
        opener = comment.thread or comment.pk
        articles[comment.article_id] += step
        threads[opener] += step
        homes[opener] = comment.article_id
    by_step: dict[int, list[int]] = defaultdict(list)
    for article, step in articles.items():
        by_step[step].append(article)
    for step, pks in by_step.items():
        if step:
            Article.objects.filter(pk__in=pks).update(comment_count=F("comment_count") + step)
            generation.changed()
    changed = [opener for opener, step in threads.items() if step]
    known = set(Thread.objects.filter(pk__in=changed).values_list("pk", flat=True))
    Thread.objects.bulk_create(
        Thread(opener=opener, article_id=homes[opener], size=0)
        for opener in changed
        if opener not in known
    )
    by_step.clear()
    for opener in changed:
        by_step[threads[opener]].append(opener)
    for step, pks in by_step.items():
        Thread.objects.filter(pk__in=pks).update(size=F("size") + step)


def _owe_mails(judged: set[int], moved: dict[int, tuple[str, str]]) -> None:
    """Owe the mails that `moves.move` owes; only those are looked at whom a mail may concern."""
    public = {pk for pk in judged if moved[pk][1] == Status.APPROVED}
    for reply in Comment.objects.filter(pk__in=public, thread__isnull=False).order_by("pk"):
        notifications.owe_replies(reply)
    asking = Submission.objects.filter(
        Q(notify=True) | Q(comment__held_for=HeldFor.UNCONFIRMED), pk__in=judged
    )
    for submission in asking.select_related("comment").order_by("pk"):
        notifications.owe_confirmation(submission.comment)


def _note(
    comments: list[Comment], moved: dict[int, tuple[str, str]], verb: Verb, *, by: User
) -> None:
    owed: dict[int, str] = {}
    if verb.name in ("approve", "hold", "spam"):
        owed = feedback.owed_many({pk: new for pk, (_old, new) in moved.items()})
    elif verb.name == "trash":
        feedback.take_back_many([*moved])
    now = timezone.now()
    StatusChange.objects.bulk_create(
        StatusChange(
            comment=comment,
            old=moved[comment.pk][0],
            new=moved[comment.pk][1],
            by=by,
            source=Source.MODERATOR,
            # `comments` are as they were before.
            reason=people.reason_of(comment.held_for, comment.held_detail),
            at=now,
            feedback=owed.get(comment.pk, ""),
            feedback_due=now + feedback.UNDO_WINDOW if owed.get(comment.pk) else None,
        )
        for comment in comments
    )
