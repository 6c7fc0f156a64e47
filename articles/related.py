"""Which articles to read next."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import (
    Case,
    Exists,
    F,
    FloatField,
    IntegerField,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Cast
from django.utils import timezone

from articles.models import Article
from articles.prepared import Found, prepared

MOST = 5
LEAST = 3
#: So many articles of a tag are looked at, those that got it last: it may have the whole archive.
OF_A_TAG = 200


def related_to(article: Article, *, pinned: Sequence[int], left_out: Sequence[int]) -> Found:
    """Return 3 to 5 published articles to read after `article`, best first, in one query.

    Those whose keys editors have `pinned` come first, in that order; what they `left_out` never
    comes. Each shared tag counts the more the rarer it is (one divided by the number of published
    articles that carry it, OF_A_TAG at most); ties go to the newest. Where fewer than three share a
    tag, the latest articles fill up. Never a draft, never `article` itself; fewer than three only
    when the site has no more.
    """
    values: dict[str, Any] = {f"tag{n}": tag.pk for n, tag in enumerate(article.tags.all())}
    # A statement of their own: without them nothing is asked that concerns them.
    values |= {"pinned": list(pinned)} if pinned else {}
    values |= {"left_out": list(left_out)} if left_out else {}
    found = _candidates(article=article.pk, now=timezone.now(), **values)
    return Found((*found.version, *pinned), partial(_chosen, found, pinned))


def _chosen(found: Found, pinned: Sequence[int]) -> list[Article]:
    sharing = [candidate for candidate in found if candidate.score or candidate.pk in pinned]
    return sharing if len(sharing) >= LEAST else found[:LEAST]


class _Number(Subquery):
    """How many rows a query has that looks no further than it is told to."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()


@prepared
def _candidates(
    *,
    article: int,
    now: datetime,
    pinned: Sequence[int] = (),
    left_out: Sequence[int] = (),
    **tags: int,
) -> QuerySet[Article]:
    """The best MOST, with the `score` by which they are; the latest LEAST are among them."""
    published = Article.objects.published(now)
    others = published.exclude(pk=article)
    if left_out:
        others = others.exclude(pk__in=left_out)
    latest = others.order_by("-published_at", "-pk").values("pk")[:LEAST]
    chosen: list[Any] = [Article.objects.filter(pk__in=latest).order_by().values("pk")]
    score: Any = Value(0.0)
    tagging: QuerySet[Any] = Article.tags.through.objects.all()
    # A term for each tag: so its number is asked for once, and not for each article.
    for tag in tags.values():
        carried = tagging.filter(tag=tag)
        last = carried.order_by("-pk").values("pk")[:OF_A_TAG]
        chosen.append(tagging.filter(pk__in=last).values("article"))
        number = _Number(published.filter(tags=tag).order_by().values("pk")[:OF_A_TAG])
        weight = Value(1.0) / Cast(number, FloatField())
        carries = Exists(carried.filter(article=OuterRef("pk")))
        score += Case(When(carries, then=weight), default=Value(0.0))
    order: list[Any] = [F("score").desc(), "-published_at", "-pk"]
    if pinned:
        chosen.append(Article.objects.filter(pk__in=pinned).order_by().values("pk"))
        places = (When(pk=pk, then=Value(place)) for place, pk in enumerate(pinned))
        order.insert(0, Case(*places, default=Value(len(pinned))))
    return (
        # One set of keys: with "or" PostgreSQL would read the whole archive.
        others.filter(pk__in=chosen[0].union(*chosen[1:], all=True))
        .annotate(score=score)
        .select_related("author")
        .defer("body")
        .order_by(*order)[:MOST]
    )
