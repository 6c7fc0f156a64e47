"""How well are we doing: numbers of a span of days, in seven queries.

What happened on a day is kept (day_counts.py). What our rules and Akismet got wrong is asked of the
rows: it changes with every decision. Old spam and trash are deleted, and what was found about them
goes with them, so that of days further back than that less is known.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    F,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import StrIndex, Substr

from comments.day_counts import COLUMNS, Day, Span
from comments.models import Comment, StatusChange
from comments.models.history import DECIDED, SORTED
from comments.status import SPAM_VERDICTS, HeldFor, Status, Verdict

#: Spans that are one click away, in days; the longest that may be asked for.
SPANS, LONGEST = (7, 30, 90), 366
#: The time to a decision is that of so many, the latest.
DECISIONS_MOST = 10_000
#: Stands for "no rule held it" among the names of rules.
PUBLISHED = "published"
_GONE = (Status.SPAM, Status.TRASH)
#: Rules that look for something bad, in the order in which a comment meets them: the first to find
#: it ends the row.
DETECTORS = (
    HeldFor.HONEYPOT,
    HeldFor.STAFF_NAME,
    HeldFor.SCAM,
    HeldFor.LINKS,
    HeldFor.WORDS,
    HeldFor.REJECTED_BEFORE,
)
#: What got so far had passed all of them. (Not so where Akismet's verdict is only noted: most of
#: what waits for that was not looked at.)
_BEHIND = (HeldFor.EDITED, HeldFor.FIRST_COMMENT, HeldFor.UNCONFIRMED, HeldFor.POLICY, PUBLISHED)


@dataclass(frozen=True)
class RuleRow:
    """What one rule held in the span, and what has become of that since."""

    rule: str
    held: int = 0
    approved: int = 0
    #: Spam or trash.
    gone: int = 0
    #: What is spam and was not judged again since: an edit may have made it so.
    spam: int = 0
    waiting: int = 0
    #: Spam that came past it, found by a later rule or by people; None if it looks for none.
    missed: int | None = None

    @property
    def label(self) -> str:
        return str(HeldFor(self.rule).label) if self.rule in HeldFor.values else ""


def totals(days: Iterable[Day]) -> dict[str, int]:
    """Return the sum of each column."""
    rows = [asdict(day) for day in days]
    return {name: sum(row[name] for row in rows) for name in COLUMNS if name != "day"}


def per_rule(span: Span) -> list[RuleRow]:
    """Return what each rule held, the most first; `PUBLISHED` for what none of them did.

    A detector that held nothing has a row if it missed something.
    """
    colon = StrIndex("reason", Value(":"))
    again = StatusChange.objects.filter(SORTED, comment=OuterRef("comment"), pk__gt=OuterRef("pk"))
    rows = (
        StatusChange.objects.filter(SORTED, span.within())
        .annotate(
            rule=Case(
                When(new=Status.APPROVED, then=Value(PUBLISHED)),
                # "links: 3 links"; before reasons were kept, only what still waits knows it.
                When(reason="", then=F("comment__held_for")),
                When(reason__contains=":", then=Substr("reason", 1, colon - 1)),
                default=F("reason"),
                output_field=CharField(),
            )
        )
        .order_by()
        .values("rule")
        .annotate(
            held=Count("pk"),
            approved=Count("pk", filter=Q(comment__status=Status.APPROVED)),
            gone=Count("pk", filter=Q(comment__status__in=_GONE)),
            spam=Count("pk", filter=Q(~Exists(again), comment__status=Status.SPAM)),
            waiting=Count("pk", filter=Q(comment__status=Status.PENDING)),
        )
    )
    by_rule = {row["rule"]: RuleRow(**row) for row in rows}
    missed = sum(by_rule[rule].spam for rule in _BEHIND if rule in by_rule)
    for rule in reversed(DETECTORS):
        row = by_rule.get(rule, RuleRow(rule))
        if row.held or missed:
            by_rule[rule] = replace(row, missed=missed)
        missed += row.spam
    return sorted(by_rule.values(), key=lambda row: (-row.held, row.rule))


def akismet_wrong(span: Span) -> dict[str, int]:
    """Count where people thought otherwise: `missed` spam that it let pass, `false` alarms.

    Of what people decided in the span, and did not take back.
    """
    missed = Q(new=Status.SPAM, comment__verdict=Verdict.HAM, comment__status=Status.SPAM)
    false = Q(
        old=Status.SPAM,
        comment__verdict__in=sorted(SPAM_VERDICTS),
        comment__status__in=[Status.APPROVED, Status.PENDING],
    )
    decided = StatusChange.objects.filter(DECIDED, span.within())
    return decided.aggregate(
        missed=Count("comment", filter=missed, distinct=True),
        false=Count("comment", filter=false, distinct=True),
    )


def time_to_decision(span: Span) -> dict[str, Any]:
    """Return the median and the 90th percentile of the time in the queue until people decided."""
    waits_since = (
        StatusChange.objects.filter(
            comment=OuterRef("comment"), pk__lt=OuterRef("pk"), new=Status.PENDING
        )
        .order_by("-pk")
        .values("at")[:1]
    )
    decided = StatusChange.objects.filter(DECIDED, span.within(), old=Status.PENDING)
    rows = decided.order_by("-at", "-pk").values_list("at", Subquery(waits_since))[:DECISIONS_MOST]
    waited = sorted(at - since for at, since in rows if since is not None)
    if not waited:
        return {"count": 0, "median": None, "p90": None}
    return {"count": len(waited), "median": _part(waited, 50), "p90": _part(waited, 90)}


def oldest_waiting() -> datetime | None:
    """Return since when the comment at the end of the queue waits."""
    return Comment.objects.queue().order_by("since").values_list("since", flat=True).first()


def _part(values: list[timedelta], percent: int) -> timedelta:
    """The smallest of sorted `values` that `percent` of them do not exceed."""
    return values[max(0, -(-len(values) * percent // 100) - 1)]
