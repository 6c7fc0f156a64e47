"""Which articles to read next."""

from collections.abc import Sequence
from datetime import datetime
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
from articles.prepared import prepared

MOST = 5
LEAST = 3
#: So many articles of a tag are looked at, those that got it last: it may have the whole archive.
OF_A_TAG = 200


def related_to(article: Article) -> Sequence[Article]:
    """Return 3 to 5 published articles to read after `article`, best first, in one query.

    Each shared tag counts the more the rarer it is (one divided by the number of published
    articles that carry it, OF_A_TAG at most); ties go to the newest. Where fewer than three share a
    tag, the latest articles fill up. Never a draft, never `article` itself; fewer than three only
    when the site has no more.
    """
    tags = {f"tag{number}": tag.pk for number, tag in enumerate(article.tags.all())}
    found = _candidates(article=article.pk, now=timezone.now(), **tags)
    sharing = [candidate for candidate in found if candidate.score]
    return sharing if len(sharing) >= LEAST else found[:LEAST]


class _Number(Subquery):
    """How many rows a query has that looks no further than it is told to."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()


@prepared
def _candidates(*, article: int, now: datetime, **tags: int) -> QuerySet[Article]:
    """The best MOST, with the `score` by which they are; the latest LEAST are among them."""
    published = Article.objects.published(now)
    others = published.exclude(pk=article)
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
    return (
        # One set of keys: with "or" PostgreSQL would read the whole archive.
        others.filter(pk__in=chosen[0].union(*chosen[1:], all=True))
        .annotate(score=score)
        .select_related("author")
        .defer("body")
        .order_by(F("score").desc(), "-published_at", "-pk")[:MOST]
    )
