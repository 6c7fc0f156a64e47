"""Which page of comments an address asks for, and on which one a comment stands."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import BigIntegerField, QuerySet
from django.db.models.functions import Coalesce
from django.http import Http404, QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.models import Article
from comments.models import IS_SHOWN, Comment, Discussion, Thread

#: So many comments of one thread stand on a page; the rest of a longer one has pages of its own.
SHOWN = 100

OLDEST = "oldest"
#: What `?order=` may say: how the link is called, and by which columns of Thread.
ORDERS: dict[str, tuple[Promise, tuple[str, ...]]] = {
    OLDEST: (gettext_lazy("Oldest"), ("opener",)),
    "newest": (gettext_lazy("Newest"), ("-opener",)),
    "replies": (gettext_lazy("Most replies"), ("-size", "opener")),
}


@dataclass(frozen=True)
class Place:
    """One page of an article's threads in some order; with `thread`, of that thread by itself."""

    number: int = 1
    order: str = OLDEST
    thread: int | None = None

    @classmethod
    def read(cls, query: QueryDict) -> "Place":
        """Return what an address asks for. Raises Http404 for what cannot be."""
        order = query.get("order", OLDEST)
        if order not in ORDERS:
            raise Http404(_("Comments have no such order."))
        thread = query.get("thread")
        return cls(_number(query.get("comments"), digits=9) or 1, order, _number(thread, digits=18))

    def __str__(self) -> str:
        """Return the query that asks for it, "" for what an article shows by itself."""
        asked: dict[str, object] = {}
        if self.thread:
            asked["thread"] = self.thread
        elif self.order != OLDEST:
            asked["order"] = self.order
        if self.number > 1:
            asked["comments"] = self.number
        return f"?{urlencode(asked)}" if asked else ""


def public_of(article: Article | int) -> QuerySet[Any]:
    """Return the public comments of `article`, or of its id, with `key`, the id of their thread."""
    key = Coalesce("thread", "id", output_field=BigIntegerField())
    return Comment.objects.public().filter(article=article).order_by().alias(key=key)


def place_of(comment: Comment, discussion: Discussion) -> Place:
    """Return the page on which `comment` stands, or will stand, when threads are oldest first."""
    key = comment.thread or comment.pk
    earlier = public_of(comment.article).filter(key=key, pk__lt=comment.pk).count()
    if earlier >= SHOWN:
        return Place(earlier // SHOWN + 1, thread=key)
    threads = Thread.objects.filter(IS_SHOWN, article=comment.article, opener__lt=key).count()
    return Place(threads // discussion.comments_per_page + 1)


def _number(value: str | None, *, digits: int) -> int | None:
    if value is None:
        return None
    if not (value.isascii() and value.isdigit() and len(value) <= digits and int(value)):
        raise Http404(_("There is no such page of comments."))
    return int(value)
