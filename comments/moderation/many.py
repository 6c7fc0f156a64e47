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
        done, refused = list[Comment](), list[Comment | None]()
        moved = dict[int, tuple[str, str]]()
        for seen in seen_rows:
            comment = locked.get(seen.pk)
            fits = seen.status in verb.sources and comment is not None and seen.is_still(comment)
            if comment is None or not fits or (verb.name == "restore" and comment.withdrawn_at):
                refused.append(comment)
            elif seen.pk not in moved:
                new = verb.target or before.get(seen.pk, Status.SUBMITTED)
                moved[seen.pk] = (comment.status, new)
                done.append(comment)
        if moved:
            _move(done, moved, verb)
            owed = dict[int, str]()
            if verb.name in ("approve", "hold", "spam"):
                owed = feedback.owed_many({pk: new for pk, (_old, new) in moved.items()})
            elif verb.name == "trash":
                feedback.take_back_many([*moved])
            _note(done, moved, by=by, owed=owed)
        return Outcome(done, moves.refusals(refused))


def undo_many(seen_rows: Sequence[Seen], *, by: User) -> Outcome:
    """Take back what moderators did last about each comment that still is as `by` saw it.

    As if `people.undo` had taken back each alone, in one transaction.
    """
    with transaction.atomic():
        # What it goes back to may be public, and nobody saw that.
        locked = _lock(seen_rows, public=True)
        steps = moves.last_steps([*locked])
        done, refused = list[Comment](), list[Comment | None]()
        moved = dict[int, tuple[str, str]]()
        for seen in seen_rows:
            comment, last = locked.get(seen.pk), steps.get(seen.pk)
            fits = comment is not None and seen.is_still(comment) and not comment.withdrawn_at
            if (
                comment is None
                or not fits
                or last is None
                or not people.may_undo(last, seen.status)
            ):
                refused.append(comment)
            elif seen.pk not in moved:
                moved[seen.pk] = (comment.status, last.old)
                done.append(comment)
        if moved:
            _move_back(done, moved, steps)
            stay = {pk: new for pk, (_old, new) in moved.items() if new in people.TOLD}
            feedback.take_back_many(moved.keys() - stay.keys())
            _note(done, moved, by=by, owed=feedback.owed_many(stay), how=people.UNDONE)
        return Outcome(done, moves.refusals(refused))


def delete_many(seen_rows: Sequence[Seen], *, by: User) -> Outcome:
    """Delete for good what is still in the spam or the trash as the moderator `by` saw it.

    What Akismet has to hear of first is refused; who deleted what stays in the admin's log.
    """
    with transaction.atomic():
        locked = _lock(seen_rows, public=False)
        steps = StatusChange.objects.filter(comment__in=[*locked], feedback_due__isnull=False)
        due = steps.order_by("feedback_due").values_list("comment", "feedback_due")
        owed = {pk: when for pk, when in due if when}
        done, stale = list[Comment](), list[Comment | None]()
        waiting = list[moves.AlreadyDecided]()
        for seen in seen_rows:
            comment = locked.pop(seen.pk, None)
            if comment is None or comment.status not in DELETED or not seen.is_still(comment):
                stale.append(comment)
            elif seen.pk in owed:
                said = moves.owed_until(owed[seen.pk])
                waiting.append(moves.AlreadyDecided(comment, said=said))
            else:
                done.append(comment)
        for status, count in Counter(comment.status for comment in done).items():
            Tally.add(DELETED[Status(status)], count)
        gone: dict[int | None, str] = {comment.pk: f"comment {comment.pk}" for comment in done}
        log_deletion(by, gone)
        Comment.objects.filter(pk__in=[comment.pk for comment in done]).delete()
        return Outcome(done, [*moves.refusals(stale), *waiting])


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
    _moved(comments, moved)


def _move_back(
    comments: list[Comment], moved: dict[int, tuple[str, str]], steps: dict[int, StatusChange]
) -> None:
    """Put each, as it was locked, back to where it was and to what it waited for."""
    now, rows = timezone.now(), []
    for comment in comments:
        fields = {"since": now, **people.as_before(steps[comment.pk])}
        rows.append(Comment(pk=comment.pk, status=moved[comment.pk][1], **fields))
    Comment.objects.bulk_update(rows, ["status", *fields])
    _moved(comments, moved)


def _moved(comments: list[Comment], moved: dict[int, tuple[str, str]]) -> None:
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
    comments: list[Comment],
    moved: dict[int, tuple[str, str]],
    *,
    by: User,
    owed: dict[int, str],
    how: str = "",
) -> None:
    now = timezone.now()
    StatusChange.objects.bulk_create(
        StatusChange(
            comment=comment,
            old=moved[comment.pk][0],
            new=moved[comment.pk][1],
            by=by,
            source=Source.MODERATOR,
            # `comments` are as they were before.
            reason=people.after(how, people.reason_of(comment.held_for, comment.held_detail)),
            at=now,
            feedback=owed.get(comment.pk, ""),
            feedback_due=now + feedback.UNDO_WINDOW if owed.get(comment.pk) else None,
        )
        for comment in comments
    )
