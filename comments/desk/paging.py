"""Pages that new comments do not shift: each goes on where another ended, in both directions."""

from dataclasses import dataclass

from django.db.models import QuerySet

from comments.desk.finding import find
from comments.desk.sought import Sought, Stretch
from comments.models import Comment

PAGE_SIZE = 20


@dataclass(frozen=True)
class Page:
    """Some comments, and where the pages before and after them begin (None: there is none).

    `back` and `on` are parts of an address: the name and the value of `before` or `after`.
    """

    comments: list[Comment]
    back: tuple[str, int] | None = None
    on: tuple[str, int] | None = None


def page_of(
    rows: QuerySet[Comment],
    *,
    oldest: bool,
    before: int | None,
    after: int | None,
    sought: Sought | None = None,
) -> Page:
    """Return the page of `rows` that has the ids below `before`, or else above `after`.

    `sought` says by what `rows` were filtered, where that is more than a tab.
    """
    order, forth, back = ("pk", "after", "before") if oldest else ("-pk", "before", "after")
    if before is not None:
        after = None
    backward = (after if back == "after" else before) is not None
    stretch = Stretch((order == "-pk") != backward, PAGE_SIZE + 1, before, after)
    if sought is None or sought.is_plain:
        found = list(stretch.of(rows)[: stretch.most])
    else:
        found = find(rows, sought, stretch)
    more, found = len(found) > PAGE_SIZE, found[:PAGE_SIZE]
    if not found:
        return Page([])
    if backward:
        found.reverse()
        return Page(found, (back, found[0].pk) if more else None, (forth, found[-1].pk))
    started = before is not None or after is not None
    return Page(
        found,
        (back, found[0].pk) if started else None,
        (forth, found[-1].pk) if more else None,
    )
