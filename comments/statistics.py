"""How well are we doing: numbers of a span of days, from what is kept anyway, in seven queries.

Old spam and trash are deleted, and what was found about them goes with them: so days further back
than that hold fewer of both. How many were deleted on a day is counted, and said.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import Case, CharField, Count, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Cast, StrIndex, Substr
from django.utils import timezone

from comments.models import Check, Comment, StatusChange, Tally
from comments.status import SPAM_VERDICTS, HeldFor, Source, Status, Verdict

#: Spans that are one click away, in days; the longest that may be asked for.
SPANS, LONGEST = (7, 30, 90), 366
#: The time to a decision is that of so many, the latest.
DECISIONS_MOST = 10_000
#: Stands for "no rule held it" among the names of rules.
PUBLISHED = "published"
_GONE = (Status.SPAM, Status.TRASH)


@dataclass(frozen=True)
class Span:
    """Days from `first` to `last`, both included."""

    first: date
    last: date

    @classmethod
    def of_days(cls, days: int) -> "Span":
        today = timezone.localdate()
        return cls(today - timedelta(days=days - 1), today)

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def within(self, field: str = "at") -> Q:
        """What lies in the span, by the clock of the site."""
        return Q(**{f"{field}__gte": _midnight(self.first)}) & Q(
            **{f"{field}__lt": _midnight(self.last + timedelta(days=1))}
        )


@dataclass
class Day:
    """What happened on one day. `held` and `decided` may be about comments of other days."""

    day: date
    arrived: int = 0
    ham: int = 0
    spam: int = 0
    unanswered: int = 0
    discarded: int = 0
    held: int = 0
    decided: int = 0
    spam_deleted: int = 0


@dataclass(frozen=True)
class RuleRow:
    """What one rule held in the span, and what has become of that since."""

    rule: str
    held: int
    approved: int
    gone: int
    waiting: int

    @property
    def label(self) -> str:
        return str(HeldFor(self.rule).label) if self.rule in HeldFor.values else ""


COLUMNS = tuple(field.name for field in fields(Day))


def per_day(span: Span) -> list[Day]:
    """Return every day of the span, the first first; days on which nothing happened too."""
    days = [Day(span.first + timedelta(days=number)) for number in range(span.days)]
    by_date = {day.day: day for day in days}
    for row in (*_changes(span), *_checks(span), *_tallies(span)):
        day = by_date.get(row.pop("day"))
        for name, count in row.items():
            if day is not None:
                setattr(day, name, getattr(day, name) + count)
    return days


def totals(days: Iterable[Day]) -> dict[str, int]:
    """Return the sum of each column."""
    rows = [asdict(day) for day in days]
    return {name: sum(row[name] for row in rows) for name in COLUMNS if name != "day"}


def per_rule(span: Span) -> list[RuleRow]:
    """Return what each rule held, the most first; `PUBLISHED` for what none of them did."""
    judged = Q(source=Source.AKISMET, new__in=[Status.PENDING, Status.APPROVED])
    refused = Q(source=Source.RULES, new=Status.TRASH)
    colon = StrIndex("reason", Value(":"))
    rows = (
        StatusChange.objects.filter(span.within(), judged | refused)
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
            waiting=Count("pk", filter=Q(comment__status=Status.PENDING)),
        )
    )
    return sorted((RuleRow(**row) for row in rows), key=lambda row: (-row.held, row.rule))


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
    decided = StatusChange.objects.filter(span.within(), source=Source.MODERATOR)
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
    decided = StatusChange.objects.filter(
        span.within(), source=Source.MODERATOR, old=Status.PENDING
    )
    rows = decided.order_by("-pk").values_list("at", Subquery(waits_since))[:DECISIONS_MOST]
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


def _changes(span: Span) -> Iterable[dict[str, Any]]:
    machines = [Source.AKISMET, Source.RULES]
    return _by_day(StatusChange.objects.filter(span.within()), {
        "arrived": Q(old="") & ~Q(source=Source.IMPORT),
        "held": Q(new=Status.PENDING, source__in=machines),
        "decided": Q(source=Source.MODERATOR) & ~Q(old=""),
    })  # fmt: skip


def _checks(span: Span) -> Iterable[dict[str, Any]]:
    return _by_day(Check.objects.filter(span.within()), {
        "ham": Q(verdict=Verdict.HAM),
        "spam": Q(verdict__in=sorted(SPAM_VERDICTS)),
        "unanswered": ~Q(error=""),
    })  # fmt: skip


def _by_day(rows: Any, counts: dict[str, Q]) -> Iterable[dict[str, Any]]:
    """Count by the hour, as written down in UTC, and put the hours into the site's days.

    To cut days in the database takes SQLite a call of Python for every row: thirty times as long.
    Where a day does not begin with an hour of UTC, the minute is counted instead.
    """
    offset = timezone.localtime().utcoffset() or timedelta(0)
    length = len("2026-01-01 00") if offset % timedelta(hours=1) == timedelta(0) else 16
    by_hour = rows.order_by().annotate(hour=Substr(Cast("at", CharField()), 1, length))
    by_hour = by_hour.values("hour")
    counted = {name: Count("pk", filter=which) for name, which in counts.items()}
    for row in by_hour.annotate(**counted):
        hour = datetime.fromisoformat(row.pop("hour")).replace(tzinfo=UTC)
        yield {"day": timezone.localdate(hour), **row}


def _tallies(span: Span) -> Iterable[dict[str, Any]]:
    kept = {
        Tally.What.DISCARDED.value: "discarded",
        Tally.What.SPAM_DELETED.value: "spam_deleted",
    }
    rows = Tally.objects.filter(what__in=kept, day__gte=span.first, day__lte=span.last)
    for day, what, count in rows.values_list("day", "what", "count"):
        yield {"day": day, kept[what]: count}


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
