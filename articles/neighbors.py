"""The articles that appeared just before and just after one."""

from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet, Subquery
from django.utils import timezone

from articles.models import Article
from articles.prepared import prepared


class Neighbors(NamedTuple):
    """The one before and the one after, as far as there are any."""

    earlier: Article | None
    later: Article | None


def neighbors_of(article: Article) -> Neighbors:
    """Return the published articles beside `article` in the order of lists, in one query."""
    moment, now = article.published_at, timezone.now()
    if moment is None:
        return Neighbors(None, None)
    earlier = later = None
    for found in _beside(article=article.pk, moment=moment, now=now):
        if (found.published_at, found.pk) < (moment, article.pk):
            earlier = found
        else:
            later = found
    return Neighbors(earlier, later)


@prepared
def _beside(*, article: int, moment: datetime, now: datetime) -> QuerySet[Article]:
    published = Article.objects.published(now)
    # The first condition of each says nothing new; it lets the index begin at the article.
    before = published.filter(
        Q(published_at__lt=moment) | Q(published_at=moment, pk__lt=article),
        published_at__lte=moment,
    ).order_by("-published_at", "-pk")
    after = published.filter(
        Q(published_at__gt=moment) | Q(published_at=moment, pk__gt=article),
        published_at__gte=moment,
    ).order_by("published_at", "pk")
    return (
        published.filter(Q(pk=_first(before)) | Q(pk=_first(after)))
        .only("title", "slug", "published_at")
        .order_by()
    )


def _first(articles: QuerySet[Article]) -> Any:
    return Subquery(articles.values("pk")[:1])
