from django.contrib.sitemaps import views as sitemap_views
from django.urls import path, register_converter
from django.urls.converters import IntConverter

from articles import feeds, views, well_known
from articles.editing import preview
from articles.feeds import feed_view
from articles.page_cache import shareable
from articles.search import pages
from articles.sitemaps import SITEMAPS, of_our_site

app_name = "articles"


class YearConverter(IntConverter):
    """Four digits, so that each year has one address; none that the clock cannot tell."""

    regex = "[12][0-9]{3}"

    def to_url(self, value: int | str) -> str:
        return f"{int(value):04d}"


class MonthConverter(IntConverter):
    """Two digits."""

    regex = "[0-9]{2}"

    def to_url(self, value: int | str) -> str:
        return f"{int(value):02d}"


register_converter(YearConverter, "year")
register_converter(MonthConverter, "month")

urlpatterns = [
    path("", views.index, name="index"),
    path("articles/<slug:slug>/", views.article, name="article"),
    path("preview/<str:token>/", preview.shared, name="preview"),
    path("tags/", views.tags, name="tags"),
    path("tags/<slug:slug>/", views.tag, name="tag"),
    path("search/", pages.find, name="search"),
    path("tickers/<str:symbol>/", views.ticker, name="ticker"),
    path("authors/<slug:slug>/", views.author, name="author"),
    path("archive/", views.archive, name="archive"),
    path("archive/<year:year>/<month:month>/", views.month, name="month"),
    path("feed/", feed_view(feeds.ArticlesFeed()), name="feed"),
    path("feed/atom/", feed_view(feeds.ArticlesAtomFeed()), name="atom"),
    path("tags/<slug:slug>/feed/", feed_view(feeds.TagFeed()), name="tag_feed"),
    path("authors/<slug:slug>/feed/", feed_view(feeds.AuthorFeed()), name="author_feed"),
    path(
        "sitemap.xml",
        shareable(of_our_site(sitemap_views.index)),
        {"sitemaps": SITEMAPS, "sitemap_url_name": "articles:sitemap"},
        name="sitemaps",
    ),
    path(
        "sitemap-<section>.xml",
        shareable(of_our_site(sitemap_views.sitemap)),
        {"sitemaps": SITEMAPS},
        name="sitemap",
    ),
    path("robots.txt", views.robots, name="robots"),
    path(".well-known/security.txt", well_known.security_txt, name="security_txt"),
    path("favicon.ico", well_known.favicon, name="favicon"),
]
