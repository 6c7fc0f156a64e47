"""Pages that new comments do not shift: each goes on where another ended, in both directions."""

from dataclasses import dataclass

from django.db.models import QuerySet

from articles.prepared import prepared
from comments.desk.cards import for_cards
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
    if sought is None:
        found = list(stretch.of(rows)[: stretch.most])
    elif sought.is_plain:
        bounds = {"before": before, "after": after}
        known = {name: pk for name, pk in bounds.items() if pk is not None}
        found = [*_of_tab(sought.statuses, stretch.newest_first, stretch.most, **known)]
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


@prepared
def _of_tab(
    statuses: tuple[str, ...], newest_first: bool, most: int, /, **bounds: int
) -> QuerySet[Comment]:
    rows = Comment.objects.all()
    if len(statuses) == 1:  # all or one, as Sought.is_plain says
        rows = rows.filter(status=statuses[0])
    return for_cards(Stretch(newest_first, most, **bounds).of(rows))[:most]
