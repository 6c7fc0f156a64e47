"""What happened on each day: counted when the day is over, and kept for good (`Tally`).

So old days cost nothing, and stay what they were when their spam is deleted. Days that nobody has
counted yet, today above all, are counted from the rows.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import CharField, Count, Q
from django.db.models.functions import Cast, Substr
from django.utils import timezone

from comments.models import Check, StatusChange, Tally
from comments.status import SPAM_VERDICTS, Source, Status, Verdict

#: What began before midnight may be stored after it; so long it is waited for.
GRACE = timedelta(hours=1)
#: So many days are counted at a time.
STRETCH = 7


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


COLUMNS = tuple(field.name for field in fields(Day))
#: What is counted from rows when the day is over; each is a `Tally.What` too.
COUNTED = ("arrived", "ham", "spam", "unanswered", "held", "decided")


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


def per_day(span: Span) -> list[Day]:
    """Return every day of the span, the first first; days on which nothing happened too."""
    days = [Day(span.first + timedelta(days=number)) for number in range(span.days)]
    by_date = {day.day: day for day in days}
    kept = set[date]()
    rows = Tally.objects.filter(what__in=COLUMNS[1:], day__gte=span.first, day__lte=span.last)
    for day, what, count in rows.values_list("day", "what", "count"):
        setattr(by_date[day], what, count)
        if what == Tally.What.ARRIVED:
            kept.add(day)
    for missing in _runs(day for day in by_date if day not in kept):
        for day, counts in _count(missing).items():
            for name, count in counts.items():
                setattr(by_date[day], name, count)
    return days


def keep(stopping: Callable[[], bool] = lambda: False) -> int:
    """Count the days that are over and were not counted yet; return how many that were.

    Any number of processes may do so at once: a day is kept as the first of them counted it.
    """
    last = timezone.localdate(timezone.now() - GRACE) - timedelta(days=1)
    day, done = _first_to_count(), 0
    while day is not None and day <= last and not stopping():
        span = Span(day, min(last, day + timedelta(days=STRETCH - 1)))
        counted = _count(span)
        Tally.objects.bulk_create(
            [
                Tally(day=day, what=name, count=counts[name])
                for day, counts in counted.items()
                for name in COUNTED
            ],
            ignore_conflicts=True,
        )
        done += span.days
        day = span.last + timedelta(days=1)
    return done


def _first_to_count() -> date | None:
    """Return the day after the last that was counted, or the first on which anything happened."""
    known = Tally.objects.filter(what=Tally.What.ARRIVED).order_by("-day")
    if last := known.values_list("day", flat=True).first():
        return last + timedelta(days=1)
    first = StatusChange.objects.order_by("at").values_list("at", flat=True).first()
    return timezone.localdate(first) if first else None


def _runs(days: Iterable[date]) -> Iterator[Span]:
    """Put days, which are in order, into spans without a gap."""
    run: Span | None = None
    for day in days:
        if run and day == run.last + timedelta(days=1):
            run = Span(run.first, day)
            continue
        if run:
            yield run
        run = Span(day, day)
    if run:
        yield run


def _count(span: Span) -> dict[date, dict[str, int]]:
    """Count every day of a span from the rows, in two queries."""
    days = [span.first + timedelta(days=number) for number in range(span.days)]
    counted = {day: dict.fromkeys(COUNTED, 0) for day in days}
    for rows in (_changes(span), _checks(span)):
        for day, name, count in rows:
            counted[day][name] += count
    return counted


def _changes(span: Span) -> Iterator[tuple[date, str, int]]:
    machines = [Source.AKISMET, Source.RULES]
    return _by_day(StatusChange.objects.filter(span.within()), {
        "arrived": Q(old="") & ~Q(source=Source.IMPORT),
        "held": Q(new=Status.PENDING, source__in=machines),
        "decided": Q(source=Source.MODERATOR) & ~Q(old=""),
    })  # fmt: skip


def _checks(span: Span) -> Iterator[tuple[date, str, int]]:
    return _by_day(Check.objects.filter(span.within()), {
        "ham": Q(verdict=Verdict.HAM),
        "spam": Q(verdict__in=sorted(SPAM_VERDICTS)),
        "unanswered": ~Q(error=""),
    })  # fmt: skip


def _by_day(rows: Any, counts: dict[str, Q]) -> Iterator[tuple[date, str, int]]:
    """Count by the hour, as written down in UTC, and put the hours into the site's days.

    To cut days in the database takes SQLite a call of Python for every row: thirty times as long.
    Where a day does not begin with an hour of UTC, the minute is counted instead.
    """
    offset = timezone.localtime().utcoffset() or timedelta(0)
    length = len("2026-01-01 00") if offset % timedelta(hours=1) == timedelta(0) else 16
    by_hour = rows.order_by().annotate(hour=Substr(Cast("at", CharField()), 1, length))
    by_hour = by_hour.values("hour")
    # Under names of their own: a table may have a column of that name.
    counted = {f"n_{name}": Count("pk", filter=which) for name, which in counts.items()}
    for row in by_hour.annotate(**counted):
        day = timezone.localdate(datetime.fromisoformat(row["hour"]).replace(tzinfo=UTC))
        for name in counts:
            yield day, name, row[f"n_{name}"]


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
