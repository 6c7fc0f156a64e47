"""How the comments that a view asks for are found without reading the others of its tab.

Every way is a *window*: SQL that selects ids through an index, at most so many of them, in the
order of the view. What lies in it is then looked at more closely, row by row, and only until the
page is full. Words, `held_for`, verdicts and articles have an index that names exactly what fits;
days, and what came from one place, are looked through up to LOOKED_THROUGH.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import BooleanField, Q, QuerySet
from django.db.models.expressions import RawSQL

from comments import search
from comments.desk.cards import for_cards
from comments.models import Comment, Report, Submission

#: Of what was written on some days or came from one place, so many are looked through.
LOOKED_THROUGH = 5_000
#: PostgreSQL looks through so many of a tab before it asks the index of words, which must find
#: everything before it can tell what is newest. Too rare there means rare enough for the index.
WALKED = 2_000
#: SQLite reads the index for so many articles and statuses side by side.
BRANCHES_MOST = 100
#: More than any window holds. A limit keeps the order of what it stands behind.
_ALL = 2**31


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

    @property
    def has_all(self) -> str:
        """SQL, with `params`, that is true where it selects all there is to look through."""
        return f"(SELECT COUNT(*) FROM ({self.sql}) AS seen) < {self.most}"  # noqa: S608 (ours)


@dataclass
class Sought:
    """What a view asks for, by what finds it."""

    #: The tab; the statuses that lie in it; and whether it holds all there is in them.
    shelf: QuerySet[Comment]
    statuses: tuple[str, ...]
    is_whole: bool
    words: str = ""
    #: None: any; nothing: none that there is.
    articles: Collection[int] | None = None
    held_for: str = ""
    verdict: str = ""
    days: Q | None = None
    origin: Q | None = None
    #: Set when there was more to look through than was.
    is_cut: bool = field(default=False, init=False)

    @property
    def is_plain(self) -> bool:
        """Nothing but what lies in some statuses is asked for."""
        asked = (self.words, self.held_for, self.verdict, self.days, self.origin)
        return self.is_whole and not any(asked) and self.articles is None

    def facets(self) -> search.Facets:
        asked: dict[str, Collection[Any]] = {
            "s": self.statuses,
            "h": [self.held_for] if self.held_for else [],
            "v": [self.verdict] if self.verdict else [],
            "a": self.articles or [],
        }
        return {name: values for name, values in asked.items() if values}


@dataclass(frozen=True)
class Stretch:
    """From where on, in which order, and how many."""

    newest_first: bool
    most: int
    before: int | None = None
    after: int | None = None

    @property
    def order(self) -> str:
        return "-pk" if self.newest_first else "pk"

    @property
    def direction(self) -> str:
        return "DESC" if self.newest_first else "ASC"

    def of(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        if self.before is not None:
            rows = rows.filter(pk__lt=self.before)
        if self.after is not None:
            rows = rows.filter(pk__gt=self.after)
        return rows.order_by(self.order)

    def bounds(self, column: str) -> str:
        """Return the condition that `column` lies in this stretch, to be added to others."""
        before = "" if self.before is None else f" AND {column} < {self.before:d}"
        return before + ("" if self.after is None else f" AND {column} > {self.after:d}")


def find(rows: QuerySet[Comment], sought: Sought, stretch: Stretch) -> list[Comment]:
    """Return the first of `rows` in `stretch`, in its order; say if there was more to look through.

    `rows` are filtered by all that is sought, but for the words. One query; if the page is not
    full, and its first window did not tell why, one more.
    """
    if sought.articles is not None and not sought.articles:
        return []
    try:
        windows = _windows(sought, stretch)
        sql, params = _through(windows, rows, sought, stretch)
    except EmptyResultSet:
        return []  # asked for what cannot be
    # By their numbers alone: with all conditions, a planner may begin with another of them.
    page = for_cards(Comment.objects.filter(pk__in=RawSQL(sql, params)))  # noqa: S611 (ours)
    first, *others = windows
    if any(window.is_exact for window in windows):
        return list(page.order_by(stretch.order)[: stretch.most])
    saw_all = RawSQL(first.has_all, first.params, output_field=BooleanField())  # noqa: S611 (ours)
    found = list(page.annotate(saw_all=saw_all).order_by(stretch.order)[: stretch.most])
    if len(found) < stretch.most:
        is_known = bool(found and getattr(found[0], "saw_all", False))
        sought.is_cut = not is_known and not _has_all(others if found else windows)
    return found


def _windows(sought: Sought, stretch: Stretch) -> list[Window]:
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
        return [window, said] if on_postgres else [said, window]
    if by_article and not any((sought.words, sought.held_for, sought.verdict)):
        return [_of_articles(sought, stretch, stretch.most, is_exact=True)]
    if not on_postgres:
        return [_by_index(sought, stretch)]
    if by_article:
        near = _of_articles(sought, stretch, max(stretch.most, WALKED // branches))
    else:
        near = _of_tab(stretch.of(sought.shelf), WALKED)
    return [near, _by_index(sought, stretch)]


def _through(
    windows: list[Window], rows: QuerySet[Comment], sought: Sought, stretch: Stretch
) -> tuple[str, list[Any]]:
    """Return SQL that selects the ids for a page: from the second window only what the first left
    open; some of them twice.
    """
    parts = [_within(window, rows, sought, stretch) for window in windows]
    if len(parts) == 1:
        return parts[0]
    (near, of_near), (far, of_far) = parts
    sql = (
        f"WITH near AS ({near}) SELECT id FROM near UNION ALL "  # noqa: S608 (ours)
        f"SELECT id FROM ({far}) AS far WHERE (SELECT COUNT(*) FROM near) < {stretch.most} "
        f"AND NOT ({windows[0].has_all})"
    )
    return sql, [*of_near, *of_far, *windows[0].params]


def _within(
    window: Window, rows: QuerySet[Comment], sought: Sought, stretch: Stretch
) -> tuple[str, list[Any]]:
    """Return SQL that selects what of a window fits all that is asked for."""
    if sought.words and not window.has_words:
        rows = search.saying(rows, sought.words, (window.sql, window.params))
    # A scalar, so that the planner does not turn the look at each row into a join of all rows.
    check, of_check = _sql(rows.order_by().filter(pk=RawSQL("w.id", ())).values("id"))
    sql = (
        f"SELECT w.id FROM (SELECT id FROM ({window.sql}) AS found "  # noqa: S608 (ours)
        f"WHERE id > 0{stretch.bounds('id')} ORDER BY id {stretch.direction} LIMIT {_ALL}) AS w "
        f"WHERE ({check}) IS NOT NULL LIMIT {stretch.most}"
    )
    return sql, [*window.params, *of_check]


def _has_all(windows: list[Window]) -> bool:
    if not windows:
        return False
    params = [param for window in windows for param in window.params]
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + " OR ".join(window.has_all for window in windows), params)
        return bool(cursor.fetchone()[0])


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
    parts = [
        stretch.of(Comment.objects.filter(article=article, status=status)).values("id")[:most]
        for article in articles
        for status in sought.statuses
    ]
    return Window(*_together(parts), most, is_exact)


def _of_tab(rows: QuerySet[Comment], most: int) -> Window:
    return Window(*_sql(rows.values("id")[:most]), most)


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
    sql, params = _sql(rows.values("comment_id")[:LOOKED_THROUGH])
    return Window(f"SELECT comment_id AS id FROM ({sql}) AS ours", params, LOOKED_THROUGH)  # noqa: S608


def _of_reports(stretch: Stretch) -> Window:
    order = "-comment_id" if stretch.newest_first else "comment_id"
    rows = Report.objects.order_by(order).values("comment_id").distinct()
    sql, params = _sql(rows[:LOOKED_THROUGH])
    return Window(f"SELECT comment_id AS id FROM ({sql}) AS ours", params, LOOKED_THROUGH)  # noqa: S608


def _together(parts: list[QuerySet[Any, Any]]) -> tuple[str, list[Any]]:
    """Select what each part selects; SQLite takes no order within a union, but below it."""
    made = [_sql(part) for part in parts]
    sql = " UNION ALL ".join(
        f"SELECT id FROM ({sql}) AS part{number}"  # noqa: S608 (made by Django)
        for number, (sql, _params) in enumerate(made)
    )
    return sql, [param for _sql, params in made for param in params]


def _sql(rows: QuerySet[Any, Any]) -> tuple[str, list[Any]]:
    sql, params = rows.query.sql_with_params()
    return sql, list(params)
