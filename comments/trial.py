"""Rules on trial: what a change of them would have held lately, before it is saved.

Only what the change adds is looked at: new lines, a lower number of links, the search for scams
switched on. Bounded in rows and in time, and it says so where it stopped.
"""

import time
from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import ngettext

from comments import spam
from comments.models import Comment, Discussion
from comments.spam import scams, words
from comments.status import Status

#: How far back it looks; in how many comments at most, for how long; how many it lists.
DAYS, ROWS, SECONDS, LISTED = 90, 20_000, 5.0, 50
#: Shorter patterns than this are found in nearly every comment.
SHORT = 3


@dataclass(frozen=True)
class Change:
    """What new settings would hold or refuse that the old ones do not."""

    words: str = ""
    links: range = range(0)
    scams: bool = False

    def __bool__(self) -> bool:
        return bool(self.words or self.links or self.scams)

    @property
    def short(self) -> list[str]:
        """The new lines that are too short to mean anything."""
        return [line for line in self.words.splitlines() if _length(line) < SHORT]

    def finds(self, comment: Comment) -> str:
        """Say what it would have held `comment` for, or ""."""
        if self.words and (found := words.find(self.words, spam.draft_of(comment))):
            return found.line
        count = comment.html.count("<a ")
        if count in self.links:
            return ngettext("%d link", "%d links", count) % count
        if self.scams:
            scam = scams.find(f"{comment.name}\n{comment.text}\n{comment.url}")
            return str(scam) if scam else ""
        return ""


@dataclass
class Outcome:
    """What a change would have held, and what became of that without it."""

    looked_at: int = 0
    stopped: bool = False
    held: int = 0
    approved: int = 0
    spam: int = 0
    trash: int = 0
    waiting: int = 0
    #: The newest of them, each with what was found.
    found: list[tuple[Comment, str]] = field(default_factory=list)


def change(old: Discussion, new: Discussion) -> Change:
    """Return what `new` adds to `old`."""
    return Change(
        words="\n".join([
            *_added(old.hold_words, new.hold_words),
            *_added(old.disallowed_words, new.disallowed_words),
        ]),
        links=range(new.links_to_hold, old.links_to_hold),
        scams=new.hold_scams and not old.hold_scams,
    )  # fmt: skip


def run(tried: Change) -> Outcome:
    """Look through readers' comments of the last 90 days, the newest first."""
    outcome = Outcome()
    deadline = time.monotonic() + SECONDS
    for comment in _lately()[:ROWS].iterator(chunk_size=500):
        if time.monotonic() > deadline:
            outcome.stopped = True
            break
        outcome.looked_at += 1
        found = tried.finds(comment)
        if found:
            _count(outcome, comment, found)
    outcome.stopped = outcome.stopped or outcome.looked_at == ROWS
    return outcome


def _count(outcome: Outcome, comment: Comment, found: str) -> None:
    outcome.held += 1
    outcome.approved += comment.status == Status.APPROVED
    outcome.spam += comment.status == Status.SPAM
    outcome.trash += comment.status == Status.TRASH
    outcome.waiting += comment.status in (Status.PENDING, Status.SUBMITTED)
    if len(outcome.found) < LISTED:
        outcome.found.append((comment, found))


def _lately() -> QuerySet[Comment]:
    """Readers' comments, by their numbers: these grow with time, and an index is on them."""
    since = timezone.now() - timedelta(days=DAYS)
    rows = Comment.objects.filter(user=None, created_at__gte=since, submission__isnull=False)
    return rows.select_related("submission").defer("submission__sent").order_by("-pk")


def _added(before: str, after: str) -> list[str]:
    known = {line.strip() for line in before.splitlines()}
    return [line for line in map(str.strip, after.splitlines()) if line and line not in known]


def _length(line: str) -> int:
    pattern = words.pattern_of(line)
    return len(line if pattern is None else pattern)
