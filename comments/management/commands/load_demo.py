"""`manage.py load_demo`: sample articles, comments in every state, and staff to try them with."""

import os
import tomllib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.contrib.auth.models import Group, User
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from articles.models import Article
from articles.sample import load_articles
from comments import moderation
from comments.counts import recount
from comments.errata.sample import load_errors
from comments.models import (
    Address,
    Check,
    Comment,
    Discussion,
    Edit,
    Report,
    StatusChange,
    Submission,
)
from comments.status import SPAM_VERDICTS, HeldFor, Source, Status, Verdict

SAMPLE = Path(__file__).resolve().parents[2] / "sample" / "comments.toml"

#: Login and group; the one without a group is the administrator.
STAFF = (
    ("editor", "Editors"),
    ("moderator", "Moderators"),
    ("admin", ""),
)


HOLD_WORDS = "casino\ncrypto\nguaranteed returns"
#: How often Akismet was asked in vain about the samples that still wait.
ATTEMPTS = 4


class Command(BaseCommand):
    help = (
        "Load the sample content into an empty site: articles, comments, and the logins editor, "
        "moderator and admin with the password in DEMO_PASSWORD. A second run only sets the "
        "passwords."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        password = os.environ.get("DEMO_PASSWORD", "")
        if not password:
            raise CommandError("Set DEMO_PASSWORD to the password that the logins shall have.")
        with transaction.atomic():
            staff = [_login(name, group, password) for name, group in STAFF]
            if Article.objects.exists():
                self.stdout.write("There are articles already: only the passwords were set.")
                return
            articles = load_articles()
            by_slug = {article.slug: article for article in articles}
            comments = _load_comments(by_slug, staff[0], staff[1])
            errors = load_errors(by_slug, staff[0])
        self.stdout.write(
            f"Loaded {len(articles)} articles, {comments} comments and {errors} reported errors."
        )


def _login(name: str, group: str, password: str) -> User:
    user, _created = User.objects.get_or_create(username=name)
    user.is_staff, user.is_superuser = True, not group
    user.email = f"{name}@example.org"
    user.set_password(password)
    user.save()
    if group:
        user.groups.add(Group.objects.get(name=group))
    return user


def _load_comments(articles: dict[str, Article], staff: User, moderator: User) -> int:
    """Store the sample comments as if they had come in, been judged and been decided."""
    entries = tomllib.loads(SAMPLE.read_text(encoding="utf-8"))["comment"]
    now = timezone.now()
    last: dict[str, float] = {}
    for entry in entries:
        last[entry["article"]] = max(last.get(entry["article"], 0), entry["hours"])
    came: list[tuple[datetime, dict[str, Any]]] = []
    for entry in entries:
        article = articles[entry["article"]]
        published = article.published_at or now
        # Where the article is younger than its last comment, the discussion went faster.
        pace = min(1.0, 0.98 * ((now - published) / timedelta(hours=1)) / last[article.slug])
        written = published + timedelta(hours=entry["hours"]) * pace
        if entry["status"] == Status.SUBMITTED:
            written = now - timedelta(minutes=20)  # who waits longer than a day is handed over
        came.append((written, entry))
    # In the order in which they came: the desk, too, goes by their numbers.
    stored: dict[str, Comment] = {}
    known: set[str] = set()
    for written, entry in sorted(came, key=lambda each: each[0]):
        parent = stored.get(entry.get("reply_to", ""))
        comment = _store(entry, articles[entry["article"]], parent, staff, written)
        reason = _reason(entry, is_first=entry["email"] not in known)
        known.add(entry["email"])
        steps = _history(comment, entry, written, reason, moderator)
        StatusChange.objects.bulk_create(steps)
        if comment.status == Status.PENDING:
            Comment.objects.filter(pk=comment.pk).update(since=steps[-1].at)
        stored[entry["id"]] = comment
    # Akismet has answered since, so the desk sounds no alarm.
    last_judged = Check.objects.filter(verdict=Verdict.HAM).latest("at")
    Check.objects.filter(pk=last_judged.pk).update(at=now)
    # What the samples are held for stands in the settings.
    Discussion(hold_words=HOLD_WORDS).save()
    for article in articles.values():
        recount(article)
    return len(stored)


def _store(
    entry: dict[str, Any],
    article: Article,
    parent: Comment | None,
    staff: User,
    written: datetime,
) -> Comment:
    ancestors = [*parent.ancestors, parent.pk] if parent else []
    waits = entry["status"] == Status.SUBMITTED
    comment = Comment.objects.create(
        article=article,
        parent=parent,
        ancestors=ancestors,
        thread=ancestors[0] if ancestors else None,
        name=entry["name"],
        url=entry.get("url", ""),
        text=entry["text"].strip(),
        html=moderation.html_of(entry["text"].strip(), mask=True),
        user=staff if "staff" in entry else None,
        created_at=written,
        status=entry["status"],
        verdict=entry["verdict"],
        edited_at=written + timedelta(minutes=3) if "edited" in entry else None,
        withdrawn_at=written + timedelta(hours=1) if "withdrawn" in entry else None,
        held_for=entry.get("held_for", ""),
        held_detail=entry.get("held_detail", ""),
        # As if Akismet had been away: the worker will ask again within the hour.
        check_due=timezone.now() + timedelta(minutes=40) if waits else None,
        check_attempts=ATTEMPTS if waits else 0,
    )
    # 192.0.2.0/24 is set aside for documentation (RFC 5737): nobody's address.
    Submission.objects.create(
        comment=comment,
        email=entry["email"],
        confirmed_at=written if "follows" in entry else None,
        notify="follows" in entry,
        ip=f"192.0.2.{comment.pk % 250 + 1}",
        user_agent="Mozilla/5.0 (sample)",
        at=written,
    )
    answered = entry["verdict"] in (Verdict.HAM, *SPAM_VERDICTS)
    Check.objects.bulk_create(
        Check(
            comment=comment,
            at=written + timedelta(seconds=number * 60 + 1),
            verdict=entry["verdict"] if answered else "",
            error="" if answered else "timeout",
            duration_ms=100 + comment.pk if answered else 15_000,
        )
        for number in range(1 if answered else ATTEMPTS)
        if entry["verdict"] != Verdict.EXEMPT
    )
    if "follows" in entry:
        Address(email=entry["email"], asked_at=written, confirmed_at=written).save()
    if "edited" in entry and comment.edited_at:
        Edit.objects.create(comment=comment, text=entry["edited"], at=comment.edited_at)
    Report.objects.bulk_create(
        Report(comment=comment, reason=reason, ip=f"192.0.2.{number}", at=written)
        for number, reason in enumerate(entry.get("reports", []), start=1)
    )
    return comment


def _reason(entry: dict[str, Any], *, is_first: bool) -> str:
    """Return why a comment was held, as its history says it."""
    if entry["status"] == Status.PENDING and "reports" not in entry:
        return ": ".join(filter(None, (entry["held_for"], entry.get("held_detail", ""))))
    return HeldFor.FIRST_COMMENT if is_first else HeldFor.POLICY


def _history(
    comment: Comment, entry: dict[str, Any], written: datetime, reason: str, moderator: User
) -> list[StatusChange]:
    """Return the steps that would have led to where the comment stands."""
    edited, decided = timedelta(minutes=3), timedelta(minutes=5 + comment.pk * 37 % 240)
    judged = timedelta(seconds=2)
    now, reader = timezone.now(), Source.READER
    steps: list[tuple[timedelta, Status, Source, str]]
    steps = [(timedelta(0), Status.SUBMITTED, reader, "")]
    if comment.verdict in SPAM_VERDICTS:
        steps.append((judged, Status.SPAM, Source.AKISMET, ""))
    elif comment.verdict != Verdict.UNCHECKED and comment.verdict != Verdict.EXEMPT:
        steps.append((judged, Status.PENDING, Source.AKISMET, reason))
    if "edited" in entry:
        steps.append((edited, Status.SUBMITTED, reader, "edit"))
        steps.append((edited + judged, Status.PENDING, Source.AKISMET, reason))
    if "withdrawn" in entry or "reports" in entry:
        steps.append((timedelta(minutes=20), Status.APPROVED, Source.MODERATOR, ""))
    if "withdrawn" in entry:
        steps.append((timedelta(hours=1), Status.TRASH, reader, ""))
    if "reports" in entry:
        steps.append((timedelta(hours=2), Status.PENDING, Source.RULES, comment.held_detail))
    if steps[-1][1] != comment.status:
        steps.append((decided, Status(comment.status), Source.MODERATOR, ""))
    olds = ["", *(status for _after, status, _source, _reason in steps)]
    return [
        StatusChange(
            comment=comment,
            old=old,
            new=new,
            by=moderator if source == Source.MODERATOR else None,
            source=source,
            reason=reason,
            at=min(written + after, now),
        )
        for old, (after, new, source, reason) in zip(olds, steps, strict=False)
    ]
