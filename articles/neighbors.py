"""The articles that appeared just before and just after one."""

from datetime import datetime

from django.db.models import Q, Subquery

from articles.models import ArticleQuerySet


def beside(
    public: ArticleQuerySet, article: int, moment: datetime
) -> tuple[ArticleQuerySet, ArticleQuerySet]:
    """Return of `public` the one before and the one after in the order of lists, if there is one.

    `moment` is when the article of this number appeared.
    """
    # A preview may name another moment than is stored.
    public = public.exclude(pk=article)
    # The last condition of each says nothing new; it lets the index begin at the article.
    before = public.filter(
        Q(published_at__lt=moment) | Q(published_at=moment, pk__lt=article),
        published_at__lte=moment,
    ).order_by("-published_at", "-pk")
    after = public.filter(
        Q(published_at__gt=moment) | Q(published_at=moment, pk__gt=article),
        published_at__gte=moment,
    ).order_by("published_at", "pk")
    first, second = (
        public.filter(pk=Subquery(each.values("pk")[:1])).order_by() for each in (before, after)
    )
    return first, second
