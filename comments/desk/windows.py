"""Where the comments that a view asks for are looked for: a *window* is SQL that selects ids
through an index, in the order of the view, and at most so many of them.

Words, `held_for`, verdicts and articles have an index that names exactly what fits; articles and
verdicts by themselves, one in the order of the view. What was written on some days, came from one
place or was reported is looked through up to LOOKED_THROUGH.
"""

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from comments import search
from comments.desk.sought import Sought, Stretch
from comments.models import Comment, Report, Submission

#: Of what was written on some days or came from one place, so many are looked through.
LOOKED_THROUGH = 4_000
#: PostgreSQL looks through so many of a tab before it asks the index of words, which must find
#: everything before it can tell what is newest. Too rare there means rare enough for the index.
WALKED = 2_000
#: SQLite reads the index for so many articles and statuses side by side.
BRANCHES_MOST = 100


@dataclass(frozen=True)
class Window:
    """SQL that selects values of `id`, up to `most` of them; if it `is_exact`, just those that fit
    and as many as a page needs.
    """

    sql: str
    params: list[Any]
    most: int
    is_exact: bool = False
    #: All of it says the words.
    has_words: bool = False


def windows_of(sought: Sought, stretch: Stretch) -> list[Window]:
    """Return where to look; what a second one is for, the first may have settled."""
    on_postgres = connection.vendor == "postgresql"
    branches = len(sought.articles or ()) * len(sought.statuses)
    by_article = bool(branches) and (on_postgres or branches <= BRANCHES_MOST)
    if not sought.is_whole or sought.days is not None or sought.origin is not None:
        if sought.origin is not None:
            window = _from_place(sought.origin, stretch)
        elif sought.days is not None:
            window = _of_days(sought, stretch)
        else:
            window = _of_reports(stretch)
        if not sought.words:
            return [window]
        said = _by_index(sought, stretch, LOOKED_THROUGH)
        # What lies far apart SQLite asks its index about one by one; days lie side by side.
        is_scattered = sought.origin is not None or not sought.is_whole
        return [said, window] if is_scattered and not on_postgres else [window, said]
    if by_article and not any((sought.words, sought.held_for, sought.verdict)):
        return [_of_articles(sought, stretch, stretch.most, is_exact=True)]
    if sought.verdict and not any((sought.words, sought.held_for, sought.articles)):
        return [_of_verdict(sought, stretch)]
    if not on_postgres:
        return [_by_index(sought, stretch)]
    if by_article:
        near = _of_articles(sought, stretch, max(stretch.most, WALKED // branches))
    else:
        near = _of_tab(stretch.of(sought.shelf), WALKED)
    return [near, _by_index(sought, stretch)]


def _by_index(sought: Sought, stretch: Stretch, most: int = 0) -> Window:
    """Ask the index of words and facets; without `most`, it alone knows all that fits."""
    sql, params, key = search.found(sought.words, sought.facets())
    sql += f"{stretch.bounds(key)} ORDER BY {key} {stretch.direction} LIMIT {most or stretch.most}"
    return Window(sql, params, most or stretch.most, is_exact=not most, has_words=True)


def _of_articles(sought: Sought, stretch: Stretch, most: int, *, is_exact: bool = False) -> Window:
    """Read each article and status in the order of the view, up to `most` of each."""
    articles = sorted(sought.articles or ())
    if connection.vendor == "postgresql":
        # Planned once for all of them.
        sql = (
            "SELECT each.id FROM unnest(%s::bigint[]) AS article, unnest(%s::text[]) AS state, "  # noqa: S608 (ours)
            "LATERAL (SELECT id FROM comments_comment WHERE article_id = article AND "
            f"status = state{stretch.bounds('id')} ORDER BY id {stretch.direction} LIMIT {most}) "
            "AS each"
        )
        return Window(sql, [articles, [str(each) for each in sought.statuses]], most, is_exact)
    # In one form for all of them: Django takes half a millisecond to write each.
    part = (
        "SELECT id FROM (SELECT id FROM comments_comment WHERE article_id = %s AND status = %s"  # noqa: S608 (ours)
        f"{stretch.bounds('id')} ORDER BY id {stretch.direction} LIMIT {most})"
    )
    pairs = [(article, status) for article in articles for status in sought.statuses]
    params = [each for pair in pairs for each in pair]
    return Window(" UNION ALL ".join([part] * len(pairs)), params, most, is_exact)


def _of_verdict(sought: Sought, stretch: Stretch) -> Window:
    """Read each status in the order of the view: of one verdict they lie side by side."""
    rows = stretch.of(Comment.objects.filter(verdict=sought.verdict))
    parts = [rows.filter(status=status).values("id")[: stretch.most] for status in sought.statuses]
    return Window(*_together(parts), stretch.most, is_exact=True)


def _of_tab(rows: QuerySet[Comment], most: int) -> Window:
    return Window(*sql_of(rows.values("id")[:most]), most)


def _of_days(sought: Sought, stretch: Stretch) -> Window:
    order = "-created_at" if stretch.newest_first else "created_at"
    parts = [
        Comment.objects.filter(sought.days, status=status).order_by(order)
        for status in sought.statuses
    ]
    limited = [part.values("id")[:LOOKED_THROUGH] for part in parts]
    return Window(*_together(limited), LOOKED_THROUGH)


def _from_place(origin: Q, stretch: Stretch) -> Window:
    order = "-at" if stretch.newest_first else "at"
    rows = Submission.objects.filter(origin).order_by(order)
    sql, params = sql_of(rows.values("comment_id")[:LOOKED_THROUGH])
    return Window(f"SELECT comment_id AS id FROM ({sql}) AS ours", params, LOOKED_THROUGH)  # noqa: S608


def _of_reports(stretch: Stretch) -> Window:
    order = "-comment_id" if stretch.newest_first else "comment_id"
    rows = Report.objects.order_by(order).values("comment_id").distinct()
    sql, params = sql_of(rows[:LOOKED_THROUGH])
    return Window(f"SELECT comment_id AS id FROM ({sql}) AS ours", params, LOOKED_THROUGH)  # noqa: S608


def _together(parts: list[QuerySet[Any, Any]]) -> tuple[str, list[Any]]:
    """Select what each part selects; SQLite takes no order within a union, but below it."""
    made = [sql_of(part) for part in parts]
    sql = " UNION ALL ".join(
        f"SELECT id FROM ({sql}) AS part{number}"  # noqa: S608 (made by Django)
        for number, (sql, _params) in enumerate(made)
    )
    return sql, [param for _sql, params in made for param in params]


def sql_of(rows: QuerySet[Any, Any]) -> tuple[str, list[Any]]:
    sql, params = rows.query.sql_with_params()
    return sql, list(params)
