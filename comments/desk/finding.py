"""How the comments that a view asks for are found without reading the others of its tab.

What lies in a window (windows.py) is looked at more closely, row by row, and only until the page is
full.
"""

from functools import lru_cache
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from articles.prepared import Statement, written
from comments import search
from comments.desk.cards import for_cards
from comments.desk.sought import Sought, Stretch
from comments.desk.windows import Window, sql_of, windows_of
from comments.models import Comment

#: More than any window holds. A limit keeps the order of what it stands behind.
_ALL = 2**31


def find(rows: QuerySet[Comment], sought: Sought, stretch: Stretch) -> list[Comment]:
    """Return the first of `rows` in `stretch`, in its order; say if there was more to look through.

    `rows` are filtered by all that is sought, but for the words. One query.
    """
    if sought.articles is not None and not sought.articles:
        return []
    try:
        windows = windows_of(sought, stretch)
        sql, params = _through(windows, rows, sought, stretch)
    except EmptyResultSet:
        return []  # asked for what cannot be
    # By their numbers alone: with all conditions, a planner may begin with another of them.
    cards = _cards(stretch.order, stretch.most)
    sql += f" SELECT cards.*, lay.* FROM lay LEFT JOIN ({cards.sql}) AS cards ON 1 = 1"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, [*params, *cards.parameters])
        answer = cursor.fetchall()
    *_nothing, lay_near, lay_far = answer[0]
    found = cards.read(DEFAULT_DB_ALIAS, answer if answer[0][0] is not None else ())
    found.sort(key=lambda comment: comment.pk, reverse=stretch.newest_first)
    if len(found) < stretch.most and not any(window.is_exact for window in windows):
        lay = zip((lay_near, lay_far), windows, strict=False)
        sought.is_cut = not any(count is not None and count < of.most for count, of in lay)
    return found


@lru_cache(maxsize=16)
def _cards(order: str, most: int) -> Statement:
    """Return the statement that reads what cards show of the comments of `page`."""
    page = RawSQL("SELECT id FROM page", ())
    return written(for_cards(Comment.objects.filter(pk__in=page)).order_by(order)[:most])


def _through(
    windows: list[Window], rows: QuerySet[Comment], sought: Sought, stretch: Stretch
) -> tuple[str, list[Any]]:
    """Return the beginning of a statement: a table `page` with the ids for a page, some of them
    twice, from the second window only what the first left open; and `lay`, with one row that says
    how much lay in the windows (NULL: not asked).
    """
    near, *far = windows
    sql, params = _within("near", near, rows, sought, stretch, str(stretch.most))
    sql = f"WITH near AS ({near.sql}), fits AS ({sql})"
    params = [*near.params, *params]
    page, lay_near, lay_far = "SELECT id FROM fits", "(SELECT COUNT(*) FROM near)", "NULL"
    if far:
        # As a limit, so that with nothing left open it is not even begun.
        is_open = (
            f"(SELECT COUNT(*) FROM fits) < {stretch.most} "  # noqa: S608 (ours)
            f"AND (SELECT COUNT(*) FROM near) >= {near.most}"
        )
        left = f"CASE WHEN {is_open} THEN {stretch.most} ELSE 0 END"
        more, of_more = _within("far", far[0], rows, sought, stretch, left)
        sql += f", far AS ({far[0].sql})"
        params += far[0].params
        page += f" UNION ALL SELECT id FROM ({more}) AS more"  # noqa: S608
        lay_far = f"CASE WHEN {is_open} THEN (SELECT COUNT(*) FROM far) END"  # noqa: S608
    if any(window.is_exact for window in windows):
        lay_near = lay_far = "NULL"
    sql += f", page AS ({page}), lay AS (SELECT {lay_near} AS near, {lay_far} AS far)"
    return sql, params + (of_more if far else [])


def _within(
    name: str,
    window: Window,
    rows: QuerySet[Comment],
    sought: Sought,
    stretch: Stretch,
    limit: str,
) -> tuple[str, list[Any]]:
    """Return SQL that selects what of a window, known by `name`, fits all that is asked for."""
    if sought.words and not window.has_words:
        rows = search.saying(rows, sought.words, f"SELECT id FROM {name}")  # noqa: S608 (ours)
    # A scalar, so that the planner does not turn the look at each row into a join of all rows.
    check, of_check = sql_of(rows.order_by().filter(pk=RawSQL("w.id", ())).values("id"))
    sql = (
        f"SELECT w.id FROM (SELECT id FROM {name} WHERE id > 0{stretch.bounds('id')} "  # noqa: S608 (ours)
        f"ORDER BY id {stretch.direction} LIMIT {_ALL}) AS w "
        f"WHERE ({check}) IS NOT NULL LIMIT {limit}"
    )
    return sql, of_check
