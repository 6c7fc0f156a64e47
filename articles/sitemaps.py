"""What search engines are shown: every public page of lasting worth, with its true last change."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.db.models import Max, Q, QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from articles.models import Article, Author, Tag


def of_our_site(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let one of Django's views write addresses of SITE_URL, by whatever host it was asked."""

    @wraps(view)
    def asked(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        told: Any = request
        told.get_host = lambda: urlsplit(settings.SITE_URL).netloc
        return view(request, **kwargs)

    return asked


class _OurSitemap(Sitemap):
    protocol = urlsplit(settings.SITE_URL).scheme


class ArticleSitemap(_OurSitemap):
    """Every published article; 50,000 a file, the most that the protocol (sitemaps.org) allows."""

    limit = 50_000

    def items(self) -> QuerySet[Article]:
        return (
            Article.objects.published()
            .annotate(changed=Coalesce("updated_at", "published_at"))
            .only("slug")
            .order_by("-published_at", "-pk")
        )

    def lastmod(self, item: Any) -> datetime:
        return item.changed


class _Listing(_OurSitemap):
    """Pages that list articles: they change when the newest of these appears."""

    def lastmod(self, item: Any) -> datetime | None:
        return item.newest


class TagSitemap(_Listing):
    def items(self) -> QuerySet[Tag]:
        return Tag.objects.in_use().annotate(newest=_newest()).order_by("pk")


class AuthorSitemap(_Listing):
    def items(self) -> QuerySet[Author]:
        return Author.objects.in_print().annotate(newest=_newest()).order_by("pk")


class SectionSitemap(_OurSitemap):
    """The site's own pages."""

    def items(self) -> list[str]:
        return ["articles:index", "articles:tags", "articles:archive"]

    def location(self, item: str) -> str:
        return reverse(item)


def _newest() -> Max:
    return Max("articles__published_at", filter=Q(articles__published_at__lte=timezone.now()))


SITEMAPS = {
    "articles": ArticleSitemap,
    "tags": TagSitemap,
    "authors": AuthorSitemap,
    "sections": SectionSitemap,
}
