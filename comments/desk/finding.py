"""How the comments that a view asks for are found without reading the others of its tab.

What lies in a window (windows.py) is looked at more closely, row by row, and only until the page is
full.
"""

from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL

from comments import search
from comments.desk.cards import for_cards
from comments.desk.sought import Sought, Stretch
from comments.desk.windows import Window, sql_of, windows_of
from comments.models import Comment

#: More than any window holds. A limit keeps the order of what it stands behind.
_ALL = 2**31


def find(rows: QuerySet[Comment], sought: Sought, stretch: Stretch) -> list[Comment]:
    """Return the first of `rows` in `stretch`, in its order; say if there was more to look through.

    `rows` are filtered by all that is sought, but for the words. One query; if the page is not
    full, and its first window did not tell why, one more.
    """
    if sought.articles is not None and not sought.articles:
        return []
    try:
        windows = windows_of(sought, stretch)
        sql, params = _through(windows, rows, sought, stretch)
    except EmptyResultSet:
        return []  # asked for what cannot be
    # By their numbers alone: with all conditions, a planner may begin with another of them.
    page = for_cards(Comment.objects.filter(pk__in=RawSQL(sql, params)))  # noqa: S611 (ours)
    first, *others = windows
    if any(window.is_exact for window in windows):
        return list(page.order_by(stretch.order)[: stretch.most])
    saw_all = RawSQL(first.has_all, first.params, output_field=BooleanField())  # noqa: S611 (ours)
    found: list[Comment] = list(
        page.annotate(saw_all=saw_all).order_by(stretch.order)[: stretch.most]
    )
    if len(found) < stretch.most:
        is_known = bool(found and getattr(found[0], "saw_all", False))
        sought.is_cut = not is_known and not _has_all(others if found else windows)
    return found


def _through(
    windows: list[Window], rows: QuerySet[Comment], sought: Sought, stretch: Stretch
) -> tuple[str, list[Any]]:
    """Return SQL that selects the ids for a page: from the second window only what the first left
    open; some of them twice.
    """
    near, *far = windows
    sql, params = _within("near", near, rows, sought, stretch, str(stretch.most))
    sql = f"WITH near AS ({near.sql}), fits AS ({sql}) SELECT id FROM fits"  # noqa: S608 (ours)
    params = [*near.params, *params]
    for window in far:
        # As a limit, so that with nothing left open it is not even begun.
        left = (
            f"CASE WHEN (SELECT COUNT(*) FROM fits) < {stretch.most} "  # noqa: S608 (ours)
            f"AND (SELECT COUNT(*) FROM near) >= {near.most} THEN {stretch.most} ELSE 0 END"
        )
        more, of_more = _within("far", window, rows, sought, stretch, left)
        sql += f" UNION ALL SELECT id FROM (WITH far AS ({window.sql}) {more}) AS more"  # noqa: S608
        params += [*window.params, *of_more]
    return sql, params


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


def _has_all(windows: list[Window]) -> bool:
    if not windows:
        return False
    params = [param for window in windows for param in window.params]
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + " OR ".join(window.has_all for window in windows), params)
        return bool(cursor.fetchone()[0])
