"""Feeds of articles: everything, one tag, one author; as RSS 2.0 and as Atom, with the full text.

Each is answered with an ETag, so that a reader's program that has the newest gets a 304.
"""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed, SyndicationFeed
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.views.decorators.http import conditional_page, require_safe

from articles import html
from articles.models import Article, ArticleQuerySet, Author, Disclosure, Tag
from articles.page_cache import shareable

ITEMS = 20
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def stable_id(kind: str, pk: int) -> str:
    """Return an id that outlives every change of address: a tag URI (RFC 4151)."""
    return f"tag:{urlsplit(settings.SITE_URL).hostname},2026:{kind}/{pk}"


def feed_view(feed: Feed) -> Callable[..., HttpResponse]:
    """Return the view of a feed: kept ready like a page, and with an ETag of its own."""
    return shareable(conditional_page(require_safe(feed)))


class RssWithContent(Rss201rev2Feed):
    """RSS with the whole text besides the summary, as most programs know it."""

    def rss_attributes(self) -> dict[str, str]:
        return super().rss_attributes() | {
            "xmlns:content": "http://purl.org/rss/1.0/modules/content/"
        }

    def add_item_elements(self, handler: Any, item: Any) -> None:
        super().add_item_elements(handler, item)
        handler.addQuickElement("content:encoded", item["content"])


class AtomWithContent(Atom1Feed):
    """Atom with the whole text besides the summary."""

    def add_item_elements(self, handler: Any, item: Any) -> None:
        super().add_item_elements(handler, item)
        handler.addQuickElement("content", item["content"], {"type": "html"})


def xml_safe(text: str) -> str:
    """Return `text` without the characters that XML 1.0 cannot hold (its section 2.2)."""
    return _NOT_XML.sub("", text)


class SiteFeed(Feed):
    """What our feeds have in common: addresses of the public site, and no others."""

    feed_type: type[SyndicationFeed] = RssWithContent
    item_guid_is_permalink = False

    def link(self, obj: Any) -> str:
        return settings.SITE_URL + self.page_of(obj)

    def page_of(self, obj: Any) -> str:
        """Return the path of the page that the feed belongs to."""
        return reverse("articles:index")

    def get_feed(self, obj: Any, request: HttpRequest) -> Any:
        self.feed_url = settings.SITE_URL + request.path
        return super().get_feed(obj, request)

    def title(self, obj: Any) -> str:
        return settings.SITE_NAME

    def description(self, obj: Any) -> str:
        return _("Careful research on AI stocks, with open margins.")

    subtitle = description

    def item_link(self, item: Any) -> str:
        return settings.SITE_URL + item.get_absolute_url()


class ArticlesFeed(SiteFeed):
    """The latest articles."""

    def articles(self, obj: Any) -> ArticleQuerySet:
        return Article.objects.published()

    def items(self, obj: Any) -> ArticleQuerySet:
        return (
            self.articles(obj)
            .order_by("-published_at", "-pk")
            .select_related("author")
            .prefetch_related(
                "tags",
                "corrections",
                Prefetch("disclosures", Disclosure.objects.select_related("ticker")),
            )[:ITEMS]
        )

    def item_title(self, item: Any) -> str:
        return xml_safe(item.title)

    def item_description(self, item: Any) -> str:
        return xml_safe(escape(item.summary))  # plain text, where feeds hold HTML

    def item_extra_kwargs(self, item: Any) -> dict[str, Any]:
        content = (
            item.body
            + render_to_string(
                "articles/_corrections.html", {"corrections": item.corrections.all()}
            )
            + render_to_string(
                "articles/_disclosure.html",
                {"article": item, "disclosures": item.disclosures.all()},
            )
        )
        return {"content": xml_safe(html.with_absolute_links(content, self.item_link(item)))}

    def item_guid(self, item: Article) -> str:
        return stable_id("article", item.pk)

    def item_author_name(self, item: Article) -> str:
        return xml_safe(item.author.name)

    def item_pubdate(self, item: Article) -> Any:
        return item.published_at and item.published_at.replace(microsecond=0)

    def item_updateddate(self, item: Article) -> Any:
        changed = item.updated_at or item.published_at
        return changed and changed.replace(microsecond=0)

    def item_categories(self, item: Article) -> list[str]:
        return [xml_safe(tag.label) for tag in item.tags.all()]

    def item_comments(self, item: Article) -> str:
        return f"{self.item_link(item)}#comments"


class TagFeed(ArticlesFeed):
    """The latest articles on one topic or ticker."""

    def get_object(self, request: HttpRequest, slug: str) -> Tag:
        return get_object_or_404(Tag.objects.in_use(), slug=slug)

    def page_of(self, obj: Tag) -> str:
        return obj.get_absolute_url()

    def title(self, obj: Tag) -> str:
        return xml_safe(f"{obj.name} – {settings.SITE_NAME}")

    def description(self, obj: Tag) -> str:
        return xml_safe(obj.description) or super().description(obj)

    def articles(self, obj: Tag) -> ArticleQuerySet:
        return Article.objects.published().filter(tags=obj)


class AuthorFeed(ArticlesFeed):
    """The latest articles by one author."""

    def get_object(self, request: HttpRequest, slug: str) -> Author:
        return get_object_or_404(Author.objects.in_print(), slug=slug)

    def page_of(self, obj: Author) -> str:
        return obj.get_absolute_url()

    def title(self, obj: Author) -> str:
        return xml_safe(f"{obj.name} – {settings.SITE_NAME}")

    def articles(self, obj: Author) -> ArticleQuerySet:
        return Article.objects.published().filter(author=obj)


class ArticlesAtomFeed(ArticlesFeed):
    """The latest articles, as Atom."""

    feed_type = AtomWithContent
