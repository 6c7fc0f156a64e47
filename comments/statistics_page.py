"""`/moderation/stats/`: the numbers of a span of days as plots, tables and CSV."""

import csv
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from comments import day_counts, statistics
from comments.day_counts import COLUMNS, Day, Span
from comments.desk.pages import moderators_only
from comments.statistics import LONGEST, SPANS

#: The size of a plot in its own units; a page stretches it to the room there is.
WIDTH, HEIGHT = 640, 140


@dataclass(frozen=True)
class Series:
    """One column of the days, as bars; `look` names its color."""

    name: str
    label: Promise | str
    look: str


PLOTS: tuple[tuple[str, Promise | str, tuple[Series, ...]], ...] = (
    ("judged", gettext_lazy("What Akismet answered"), (
        Series("ham", gettext_lazy("Not spam"), "a"),
        Series("spam", gettext_lazy("Spam"), "b"),
    )),
    ("queue", gettext_lazy("The queue"), (
        Series("held", gettext_lazy("Held"), "a"),
        Series("decided", gettext_lazy("Decided by people"), "b"),
    )),
)  # fmt: skip


@moderators_only
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show a span: `?days=7`, or `?from=…&to=…` with both days included; 30 days otherwise."""
    span, problem = span_of(request.GET)
    days = day_counts.per_day(span)
    rules, times = statistics.per_rule(span), statistics.time_to_decision(span)
    context = {
        "title": _("How well are we doing"),
        "span": span,
        "problem": problem,
        "spans": SPANS,
        "is_empty": not any(any(list(asdict(day).values())[1:]) for day in days),
        "plots": [plot(*each, days) for each in PLOTS],
        "days": days[::-1],
        "totals": statistics.totals(days),
        "rules": [row for row in rules if row.rule != statistics.PUBLISHED],
        "published": next((row for row in rules if row.rule == statistics.PUBLISHED), None),
        "akismet": statistics.akismet_wrong(span),
        "times": times | {f"{name}_said": said(times[name]) for name in ("median", "p90")},
        "decisions_most": statistics.DECISIONS_MOST,
        "oldest": statistics.oldest_waiting(),
    }
    return render(request, "comments/stats.html", context)


@moderators_only
@require_safe
def as_csv(request: HttpRequest) -> HttpResponse:
    """The days of a span, one a line, as a file."""
    span, _problem = span_of(request.GET)
    name = f"comments-{span.first}-{span.last}.csv"
    response = HttpResponse(
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
    writer = csv.writer(response)
    writer.writerow(COLUMNS)
    writer.writerows(asdict(day).values() for day in day_counts.per_day(span))
    return response


def span_of(asked: Mapping[str, str]) -> tuple[Span, str]:
    """Return the span that is asked for, and what is wrong with the question, or ""."""
    default = Span.of_days(SPANS[1])
    days = asked.get("days", "")
    if days in map(str, SPANS):
        return Span.of_days(int(days)), ""
    first, last = asked.get("from", ""), asked.get("to", "")
    if not first and not last:
        return default, ""
    try:
        span = Span(_day(first), _day(last) if last else timezone.localdate())
    except ValueError:
        return default, _("That is no date; here are the last 30 days.")
    if span.last < span.first:
        return default, _("The first day is after the last; here are the last 30 days.")
    if span.days > LONGEST:
        told = _("At most %d days at a time: here are the last of them.") % LONGEST
        return Span(span.last - timedelta(days=LONGEST - 1), span.last), told
    return span, ""


def said(waited: timedelta | None) -> str:
    """Return a time that somebody waited in the one unit that fits it."""
    if waited is None:
        return "–"
    seconds = waited.total_seconds()
    for unit, length in ((_("%s d"), 86_400), (_("%s h"), 3_600), (_("%s min"), 60)):
        if seconds >= length:
            return unit % number_format(seconds / length, 1)
    return _("%s s") % round(seconds)


def _day(text: str) -> date:
    day = parse_date(text)
    # Bounds within which a day more or less, in any time zone, is a date too.
    if day is None or not 1970 <= day.year <= 2999:
        raise ValueError("no date")
    return day


def plot(name: str, label: Any, series: tuple[Series, ...], days: list[Day]) -> dict[str, Any]:
    """Return the bars of `series`, side by side for each day, in the plot's own units."""
    most = max(max(getattr(day, each.name) for each in series) for day in days) or 1
    step = WIDTH / len(days)
    wide = step * 0.8 / len(series)
    bars = []
    for number, day in enumerate(days):
        for place, each in enumerate(series):
            tall = HEIGHT * getattr(day, each.name) / most
            if tall:
                left = number * step + step * 0.1 + place * wide
                bars.append({
                    "x": f"{left:.2f}",
                    "y": f"{HEIGHT - tall:.2f}",
                    "width": f"{wide:.2f}",
                    "height": f"{tall:.2f}",
                    "look": each.look,
                })  # fmt: skip
    return {
        "name": name,
        "label": label,
        "series": [(each, sum(getattr(day, each.name) for day in days)) for each in series],
        "bars": bars,
        "most": most,
        "width": WIDTH,
        "height": HEIGHT,
    }
