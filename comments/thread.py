"""The comment section of one article: which threads are on a page, and in what shape."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import starmap
from typing import Any

from django.db.models import Case, OuterRef, QuerySet, Subquery, When
from django.http import Http404
from django.utils.translation import gettext as _

from articles.models import Article
from articles.prepared import Found, prepared
from comments.looks import SHOWN_FIELDS, Looks, Shown
from comments.models import IS_SHOWN, Comment, Discussion, Thread
from comments.places import ORDERS, SHOWN, Place, place_of, public_of

#: A thread: the id of the comment that opens it, how many it has, the id of the last to be shown;
#: None where all of them are.
Outline = tuple[int, int, int | None]
_PK, _PARENT, _THREAD = map(SHOWN_FIELDS.index, ("pk", "parent_id", "thread"))
#: So many searches make one statement; SQLite takes up to 500.
_SEARCHES = 100


@dataclass
class Node:
    """One place in a list of comments; without a comment it is where a removed one stood."""

    pk: int
    depth: int
    comment: Looks | None = None
    # Whom it answers, where the place in the list does not say it: (id, name).
    answers: tuple[int, str] | None = None
    is_preview: bool = False
    # Its own writer removed it.
    withdrawn: bool = False
    # Stands after the first comments of a long thread, in the place of so many others.
    others: int = 0


@dataclass
class Section:
    """One page of an article's comments; `nodes` are arranged when somebody looks at them.

    `version` differs as soon as they do; None where it is not known without looking.
    """

    place: Place
    arranged: Callable[[], list[Node]]
    version: tuple[Any, ...] | None = None
    # Whether there is anything that another order would change.
    has_orders: bool = False
    has_next: bool = False
    # Of one thread's own page: how many comments it has, and who began it, if that still stands.
    size: int = 0
    opener: str = ""

    @cached_property
    def nodes(self) -> list[Node]:
        return self.arranged()

    @property
    def previous(self) -> Place | None:
        number = self.place.number
        return replace(self.place, number=number - 1) if number > 1 else None

    @property
    def next(self) -> Place | None:
        return replace(self.place, number=self.place.number + 1) if self.has_next else None

    @property
    def first(self) -> int:
        """The position in its thread of the first comment on the page."""
        return (self.place.number - 1) * SHOWN + 1

    @property
    def last(self) -> int:
        return min(self.place.number * SHOWN, self.size)


def section(
    article: Article, discussion: Discussion, place: Place, *, preview: Comment | None = None
) -> Section:
    """Return the page of the comments of `article` that `place` names.

    A page holds whole threads, of each at most the SHOWN oldest comments, siblings oldest first.
    `preview` is a comment that is not public and shown to its writer alone; the page is then the
    one it will stand on. Two queries however many comments there are, one more where a thread is
    long, one more when comments were removed, none while there are none. Raises Http404 for a page
    that does not exist.
    """
    if preview:
        place = place_of(preview, discussion)
    if place.thread:
        return _one_thread(article, place, preview)
    size = discussion.comments_per_page
    first = (place.number - 1) * size
    threads: list[Outline] = []
    if article.comment_count:
        threads = [*_threads(place.order, SHOWN, first, first + size + 1, article=article.pk)]
    if not threads and place.number > 1 and not preview:
        raise Http404(_("There is no such page of comments."))
    has_next, threads = len(threads) > size, threads[:size]
    whole = _whole_of(article, threads)

    def arranged() -> list[Node]:
        nodes = arrange(
            [*_shown(article, threads, whole), *([preview] if preview else [])],
            # By their ids where a preview, whose thread may be new, has to find its place.
            order=[] if preview else [opener for opener, _size, _last in threads],
            others={opener: size - SHOWN for opener, size, last in threads if last},
            preview=preview,
        )
        _tell_who_removed(article, nodes)
        return nodes

    version = None if preview else _version(threads, whole)
    has_orders = len(threads) > 1 or place.number > 1
    return Section(place, arranged, version, has_orders, has_next)


@prepared
def _threads(
    order: str, shown: int, first: int, end: int, /, *, article: int
) -> QuerySet[Any, Any]:
    """Threads, each as an Outline."""
    opener = OuterRef("opener") + 0
    # A range of one, for the same reason as in _whole.
    comments = public_of(article).filter(key__range=(opener, opener)).order_by("key", "pk")
    last = Subquery(comments.values("pk")[shown - 1 : shown])
    threads = Thread.objects.filter(IS_SHOWN, article=article).annotate(
        last=Case(When(size__gt=shown, then=last))
    )
    return threads.order_by(*ORDERS[order][1]).values_list("opener", "size", "last")[first:end]


def _whole_of(article: Article, threads: Iterable[Outline]) -> Sequence[Any]:
    """Read the comments of those of `threads` that are shown whole."""
    openers = [opener for opener, _size, last in threads if not last]
    return _whole(article=article.pk, openers=openers) if openers else ()


def _version(threads: Iterable[Outline], whole: Sequence[Any]) -> tuple[Any, ...] | None:
    """Return what differs as soon as the page does, for a page of whole threads.

    None where a comment answers one that is not shown: what stands in its place is in no row here.
    """
    if not isinstance(whole, Found) or any(last for _opener, _size, last in threads):
        return None
    here = {row[_PK] for row in whole.version}
    gaps = any(row[_THREAD] and row[_PARENT] not in here for row in whole.version)
    return None if gaps else (tuple(threads), whole.version)


def _shown(article: Article, threads: list[Outline], whole: Sequence[Any]) -> Iterator[Shown]:
    """Return the comments of `threads`, of which those in `whole` have been read.

    A search with an index for each long thread, put together, and one for all others; one search
    with "or" would read the long ones to their end.
    """
    yield from starmap(Shown, whole)
    public = public_of(article).values_list(*SHOWN_FIELDS)
    long = [public.filter(key=opener, pk__lte=last) for opener, _size, last in threads if last]
    for start in range(0, len(long), _SEARCHES):
        first, *others = long[start : start + _SEARCHES]
        yield from starmap(Shown, first.union(*others, all=True) if others else first)


@prepared
def _whole(*, article: int, openers: list[int]) -> QuerySet[Any, Any]:
    # In the order of the index by threads: SQLite would else read all comments of the article.
    public = public_of(article).filter(key__in=openers).order_by("key", "pk")
    return public.values_list(*SHOWN_FIELDS)


def _one_thread(article: Article, place: Place, preview: Comment | None) -> Section:
    """Return a page of one thread: its comments in order of time, each told whom it answers."""
    thread = Thread.objects.filter(IS_SHOWN, article=article, pk=place.thread or 0).first()
    start = (place.number - 1) * SHOWN
    if thread is None or (start >= thread.size and not preview):
        raise Http404(_("There is no such page of comments."))
    # A range of one, for the same reason as in _whole.
    one = public_of(article).filter(key__range=(thread.pk, thread.pk)).order_by("key", "pk")
    public = one.values_list(*SHOWN_FIELDS)
    comments: list[Looks] = list(starmap(Shown, public[start : start + SHOWN]))
    if preview:
        comments = sorted([*comments, preview], key=lambda comment: comment.pk)
    asked = {comment.parent_id or 0 for comment in comments} | {thread.pk}
    above = starmap(Shown, public_of(article).filter(pk__in=asked).values_list(*SHOWN_FIELDS))
    names = {comment.pk: comment.shown_name for comment in above}
    nodes = [
        Node(comment.pk, 1, comment, _answers(comment, names), is_preview=comment is preview)
        for comment in comments
    ]
    has_next = thread.size > start + SHOWN
    opener = names.get(thread.pk, "")
    return Section(place, lambda: nodes, has_next=has_next, size=thread.size, opener=opener)


def arrange(
    comments: Iterable[Looks],
    *,
    order: Iterable[int] = (),
    others: dict[int, int] | None = None,
    preview: Comment | None = None,
) -> list[Node]:
    """Put comments into the order and depth of their threads, siblings oldest first.

    Threads come as in `order`, or else by their ids. A comment whose ancestor is missing gets a
    bare node in its place, so that the thread keeps its shape. `others` tells of how many comments
    a thread has besides these.
    """
    comments = list(comments)
    names = {comment.pk: comment.shown_name for comment in comments}
    rank = {opener: number for number, opener in enumerate(order)}

    def position(comment: Looks) -> tuple[int, ...]:
        return (rank.get(comment.thread or comment.pk, 0), *comment.ancestors, comment.pk)

    nodes: list[Node] = []
    placed: set[int] = set()
    left = dict(others or {})
    key = 0
    for comment in sorted(comments, key=position):
        if (comment.thread or comment.pk) != key:
            _close(nodes, key, left)
            key = comment.thread or comment.pk
        for level, ancestor in enumerate(comment.ancestors, start=1):
            if ancestor not in placed and ancestor not in names:
                nodes.append(Node(ancestor, level))
                placed.add(ancestor)
        above = comment.ancestors[-1] if comment.ancestors else None
        answers = _answers(comment, names) if comment.parent_id != above else None
        nodes.append(
            Node(comment.pk, comment.depth, comment, answers, is_preview=comment is preview)
        )
        placed.add(comment.pk)
    _close(nodes, key, left)
    return nodes


def _close(nodes: list[Node], key: int, others: dict[int, int]) -> None:
    if key in others:
        nodes.append(Node(key, 2, others=others[key]))


def _answers(comment: Looks, names: dict[int, str]) -> tuple[int, str] | None:
    pk = comment.parent_id
    return (pk, names[pk]) if pk in names else None


def _tell_who_removed(article: Article, nodes: list[Node]) -> None:
    missing = {node.pk: node for node in nodes if not node.comment and not node.others}
    if missing:
        withdrawn = Comment.objects.withdrawn().filter(article=article, pk__in=missing)
        for pk in withdrawn.order_by().values_list("pk", flat=True):
            missing[pk].withdrawn = True
