"""`{% latest_comments tag %}`: what readers said last under the articles with a tag."""

from html import unescape
from textwrap import shorten
from typing import Any

from django import template
from django.utils.html import strip_tags
from django.utils.text import Truncator

from articles.models import Article, Tag
from comments.models import Comment

register = template.Library()

MOST = 5
LENGTH = 160  # characters of each


@register.inclusion_tag("comments/latest.html")
def latest_comments(tag: Tag) -> dict[str, Any]:
    """Show the newest approved comments, each with the way to it; one query."""
    comments = (
        Comment.objects.public()
        .filter(article__in=Article.objects.published().filter(tags=tag, comment_count__gt=0))
        .select_related("article", "user")
        .defer("text", "article__body")
        .order_by("-pk")[:MOST]
    )
    return {"latest": [(comment, _beginning(comment.html)) for comment in comments]}


def _beginning(html: str) -> str:
    """Return the first words of a comment as plain text; only a very long word is cut."""
    text = " ".join(unescape(strip_tags(html.replace("<", " <"))).split())
    whole = shorten(text, LENGTH, placeholder=" …")
    return whole if len(whole) > LENGTH // 2 or whole == text else Truncator(text).chars(LENGTH)
