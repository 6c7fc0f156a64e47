"""Feeds of comments: the site's and one article's. Approved ones only, and nobody's address."""

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from articles.feeds import SiteFeed, stable_id, xml_safe
from articles.models import Article
from comments.models import Comment

ITEMS = 40


class CommentsFeed(SiteFeed):
    """The latest comments on the whole site."""

    def title(self, obj: Any) -> str:
        return _("Comments on %s") % settings.SITE_NAME

    def description(self, obj: Any) -> str:
        return _("The latest comments by readers.")

    subtitle = description

    def comments(self, obj: Any) -> QuerySet[Comment]:
        return Comment.objects.public().filter(article__in=Article.objects.published())

    def items(self, obj: Any) -> QuerySet[Comment]:
        return self.comments(obj).select_related("article").order_by("-pk")[:ITEMS]

    def item_title(self, item: Any) -> str:
        said = _("%(name)s on “%(title)s”")
        return xml_safe(said % {"name": item.shown_name, "title": item.article.title})

    def item_description(self, item: Any) -> str:
        return xml_safe(item.html)

    def item_extra_kwargs(self, item: Any) -> dict[str, Any]:
        return {"content": xml_safe(item.html)}

    def item_guid(self, item: Comment) -> str:
        return stable_id("comment", item.pk)

    def item_author_name(self, item: Comment) -> str:
        return xml_safe(item.shown_name)

    def item_pubdate(self, item: Comment) -> Any:
        return item.created_at.replace(microsecond=0)

    def item_updateddate(self, item: Comment) -> Any:
        return (item.edited_at or item.created_at).replace(microsecond=0)


class ArticleCommentsFeed(CommentsFeed):
    """The latest comments on one article."""

    def get_object(self, request: HttpRequest, slug: str) -> Article:
        return get_object_or_404(Article.objects.published(), slug=slug)

    def page_of(self, obj: Article) -> str:
        return obj.get_absolute_url()

    def title(self, obj: Article) -> str:
        return xml_safe(_("Comments on “%s”") % obj.title)

    def comments(self, obj: Article) -> QuerySet[Comment]:
        return Comment.objects.public().filter(article=obj)
