"""Which articles to read next."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Count, F, FloatField, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Cast, Coalesce

from articles.models import Article

MOST = 5
LEAST = 3


def related_to(article: Article) -> Sequence[Article]:
    """Return 3 to 5 published articles to read after `article`, best first, in one query.

    Each shared tag counts the more the rarer it is (one divided by the number of published
    articles that carry it); ties go to the newest. Where fewer than three share a tag, the
    latest articles fill up. Never a draft, never `article` itself; fewer than three only when
    the site has no more.
    """
    published = Article.objects.published()
    tagging: QuerySet[Any] = Article.tags.through.objects.filter(article__in=published.values("pk"))
    own_tags = Article.tags.through.objects.filter(article=article).values("tag")
    shared = tagging.filter(tag__in=own_tags).exclude(article=article)

    uses = tagging.filter(tag=OuterRef("tag")).values("tag").annotate(n=Count("pk")).values("n")
    score = (
        shared.filter(article=OuterRef("pk"))
        .annotate(weight=Value(1.0) / Cast(Subquery(uses), FloatField()))
        .values("article")
        .annotate(score=Sum("weight"))
        .values("score")
    )
    latest = published.exclude(pk=article.pk).order_by("-published_at", "-pk").values("pk")[:LEAST]
    found = list(
        published.exclude(pk=article.pk)
        .filter(Q(pk__in=shared.values("article")) | Q(pk__in=latest))
        .annotate(score=Coalesce(Subquery(score), Value(0.0)))
        .select_related("author")
        .defer("body")
        .order_by(F("score").desc(), "-published_at", "-pk")[:MOST]
    )
    sharing = [candidate for candidate in found if candidate.score]
    return sharing if len(sharing) >= LEAST else found[:LEAST]
