"""One comment on the desk, with all that helps to decide about it."""

from collections import Counter
from dataclasses import dataclass, field
from itertools import zip_longest

from django.db.models import QuerySet

from articles.addresses import address
from comments.desk import links
from comments.desk.history import Step, history_of
from comments.desk.records import Record, records_of
from comments.models import Comment
from comments.status import KEEP, Source, Status, Verb, verbs_from


@dataclass(frozen=True)
class Card:
    """A comment, and the one below it, where the eye goes next."""

    comment: Comment
    following: Comment | None = None
    record: Record | None = None
    history: list[Step] = field(default_factory=list)

    @property
    def pk(self) -> str:
        """Its number as addresses have it, without the separators of a language."""
        return str(self.comment.pk)

    @property
    def next_pk(self) -> str:
        return str(self.following.pk) if self.following else ""

    @property
    def desk(self) -> str:
        """Where the desk begins; a card has a dozen addresses below it."""
        return address("comments:desk")

    @property
    def address(self) -> str:
        """What the addresses of all that may be done to it begin with."""
        return f"{self.desk}{self.pk}/"

    @property
    def html(self) -> str:
        """What readers would see, with the addresses of its links written out."""
        return links.written_out(self.comment.html)

    @property
    def parent_html(self) -> str:
        return links.written_out(self.comment.parent.html) if self.comment.parent else ""

    @property
    def links(self) -> int:
        return links.count(self.comment.html)

    @property
    def verbs(self) -> list[Verb]:
        """What may be done; a comment that its writer took away can only be deleted."""
        verbs = verbs_from(self.comment.status)
        if self.is_reported:
            verbs = [KEEP, *verbs]
        return [verb for verb in verbs if verb.name != "restore" or not self.comment.withdrawn_at]

    @property
    def is_reported(self) -> bool:
        """It is public, readers reported it, and nobody has decided since."""
        return self.comment.status == Status.APPROVED and bool(self._reports)

    @property
    def reported_for(self) -> str:
        """For example "Off topic, Spam or advertising ×2"."""
        counts = Counter(step.label for step in self._reports)
        return ", ".join(
            label if times == 1 else f"{label} ×{times}" for label, times in sorted(counts.items())
        )

    @property
    def _reports(self) -> list[Step]:
        since = self.comment.since
        return [step for step in self.history if step.kind == "report" and step.at >= since]

    @property
    def may_delete(self) -> bool:
        return self.comment.status in (Status.SPAM, Status.TRASH)

    @property
    def may_reply(self) -> bool:
        return self.comment.status != Status.TRASH

    @property
    def may_undo(self) -> bool:
        """The last that happened to its status was a moderator's decision."""
        steps = [step for step in self.history if step.kind == "change"]
        if not steps or steps[-1].source != Source.MODERATOR:
            return False
        if steps[-1].old in ("", steps[-1].code):  # written by staff; kept in spite of reports
            return False
        return self.comment.status != Status.TRASH or not self.comment.withdrawn_at


def for_cards(rows: QuerySet[Comment]) -> QuerySet[Comment]:
    """Let `rows` bring along all that a card shows of each."""
    return rows.select_related("article", "submission", "parent").defer(
        "article__body", "parent__text", "submission__sent"
    )


def cards_of(comments: list[Comment]) -> list[Card]:
    """Return a card for each comment: two queries, however many they are."""
    records, histories = records_of(comments), history_of(comments)
    return [
        Card(comment, following, records.get(comment.pk), histories.get(comment.pk, []))
        for comment, following in zip_longest(comments, comments[1:])
    ]
