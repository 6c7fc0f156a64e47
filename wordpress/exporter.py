"""Everything as WXR 1.2, which WordPress and our own importer read.

A generator of text, so an export of any size needs little memory. It holds what readers must
never see: email and IP addresses, drafts, spam.
"""

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime

from django.conf import settings
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from articles.models import Article, Author, Tag
from comments.models import Comment, StatusChange
from comments.status import Status
from wordpress import comment_text, mapping
from wordpress.wxr import OURS

BATCH = 500
NO_DATE = "0000-00-00 00:00:00"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
#: What WordPress calls a status; what is not judged yet is also marked (mapping.UNJUDGED).
_APPROVED = {
    Status.APPROVED: "1",
    Status.PENDING: "0",
    Status.SUBMITTED: "0",
    Status.SPAM: "spam",
    Status.TRASH: "trash",
}


def wxr() -> Iterator[str]:
    """Yield the whole site as a WXR file."""
    yield (
        '<?xml version="1.0" encoding="UTF-8" ?>\n'
        "<!-- Holds email and IP addresses of readers, drafts and spam: keep it private. -->\n"
        '<rss version="2.0"\n'
        '\txmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"\n'
        '\txmlns:content="http://purl.org/rss/1.0/modules/content/"\n'
        '\txmlns:dc="http://purl.org/dc/elements/1.1/"\n'
        '\txmlns:wp="http://wordpress.org/export/1.2/"\n'
        f'\txmlns:marginalia="{OURS}">\n'
        "<channel>\n"
    )
    yield _element("title", html.escape(settings.SITE_NAME))
    yield _element("link", settings.SITE_URL)
    yield _element("pubDate", format_datetime(timezone.now()))
    yield _element("language", settings.LANGUAGE_CODE)
    yield _element("wp:wxr_version", "1.2")
    yield _element("wp:base_site_url", settings.SITE_URL)
    yield _element("wp:base_blog_url", settings.SITE_URL)
    for author in Author.objects.order_by("pk").iterator(BATCH):
        yield _author(author)
    for tag in Tag.objects.order_by("pk").iterator(BATCH):
        yield _tag(tag)
    for article in articles():
        yield from _item(article)
    yield "</channel>\n</rss>\n"


def articles() -> Iterator[Article]:
    rows = Article.objects.select_related("author").prefetch_related("tags")
    return rows.order_by("pk").iterator(BATCH)


def comments_of(article: Article) -> Iterator[Comment]:
    trashed = StatusChange.objects.filter(comment=OuterRef("pk"), new=Status.TRASH)
    rows: QuerySet[Comment] = Comment.objects.filter(article=article).annotate(
        before_trash=Subquery(trashed.order_by("-at", "-pk").values("old")[:1])
    )
    return rows.select_related("submission").order_by("pk").iterator(BATCH)


# --- the parts of a WXR file --------------------------------------------------------------------


def _element(name: str, text: object, **attributes: str) -> str:
    """Return an element with its text as CDATA: of WordPress's three readers one knows no other."""
    clean = _NOT_XML.sub("", str(text)).replace("]]>", "]]]]><![CDATA[>")
    marked = "".join(f' {key}="{html.escape(value)}"' for key, value in attributes.items())
    return f"<{name}{marked}><![CDATA[{clean}]]></{name}>\n"


def _escaped(text: str) -> str:
    return html.escape(text, quote=False)


def _dates(at: datetime | None) -> tuple[str, str]:
    """Return a moment in the site's time and in GMT, as WordPress writes them."""
    if at is None:
        return NO_DATE, NO_DATE
    form = "%Y-%m-%d %H:%M:%S"
    return timezone.localtime(at).strftime(form), at.astimezone(UTC).strftime(form)


def _meta(kind: str, key: str, value: str) -> str:
    parts = _element("wp:meta_key", key) + _element("wp:meta_value", value)
    return f"<wp:{kind}meta>\n{parts}</wp:{kind}meta>\n"


def _author(author: Author) -> str:
    return (
        "<wp:author>\n"
        + _element("wp:author_id", author.pk)
        + _element("wp:author_login", author.slug)
        + _element("wp:author_email", "")
        + _element("wp:author_display_name", _escaped(author.name))
        + _element("marginalia:role", author.role)
        + _element("marginalia:bio", author.bio)
        + "</wp:author>\n"
    )


def _tag(tag: Tag) -> str:
    ticker = ""
    if tag.symbol:
        ticker = _meta("term", mapping.SYMBOL, tag.symbol)
        ticker += _meta("term", mapping.EXCHANGE, tag.exchange)
    return (
        "<wp:tag>\n"
        + _element("wp:term_id", tag.pk)
        + _element("wp:tag_slug", tag.slug)
        + _element("wp:tag_name", _escaped(tag.name))
        + _element("wp:tag_description", _escaped(tag.description))
        + ticker
        + "</wp:tag>\n"
    )


def _item(article: Article) -> Iterator[str]:
    address = settings.SITE_URL + article.get_absolute_url()
    local, gmt = _dates(article.published_at)
    modified_local, modified_gmt = _dates(article.updated_at or article.published_at)
    status = "publish" if article.is_published else "future" if article.published_at else "draft"
    # As a block of custom HTML nobody puts in paragraphs or looks for shortcodes.
    body = f"<!-- wp:html -->\n{article.body}\n<!-- /wp:html -->" if article.body else ""
    yield "<item>\n"
    yield _element("title", _escaped(article.title))
    yield _element("link", address)
    yield _element("pubDate", format_datetime(article.published_at) if article.published_at else "")
    yield _element("dc:creator", article.author.slug)
    yield _element("guid", address, isPermaLink="false")
    yield _element("description", "")
    yield _element("content:encoded", body)
    yield _element("excerpt:encoded", _escaped(article.summary))
    yield _element("wp:post_id", article.pk)
    yield _element("wp:post_date", local)
    yield _element("wp:post_date_gmt", gmt)
    yield _element("wp:post_modified", modified_local)
    yield _element("wp:post_modified_gmt", modified_gmt)
    yield _element("wp:comment_status", "open" if article.comments_open else "closed")
    yield _element("wp:ping_status", "closed")
    yield _element("wp:post_name", article.slug)
    yield _element("wp:status", status)
    yield _element("wp:post_parent", 0)
    yield _element("wp:menu_order", 0)
    yield _element("wp:post_type", "post")
    yield _element("wp:post_password", "")
    yield _element("wp:is_sticky", 0)
    for tag in article.tags.all():
        yield _element("category", _escaped(tag.name), domain="post_tag", nicename=tag.slug)
    stored = set()
    for comment in comments_of(article):
        stored.add(comment.pk)
        above = [*comment.ancestors, comment.parent_id] if comment.parent_id else comment.ancestors
        # Under a comment that is gone for good: the next above that is still there.
        yield _comment(comment, next((pk for pk in reversed(above) if pk in stored), 0))
    yield "</item>\n"


def _comment(comment: Comment, parent: int) -> str:
    local, gmt = _dates(comment.created_at)
    before = getattr(comment, "before_trash", None) if comment.status == Status.TRASH else None
    meta = ""
    if before:
        meta += _meta("comment", mapping.BEFORE_TRASH, _APPROVED[Status(before)])
    if Status.SUBMITTED in (comment.status, before):
        meta += _meta("comment", mapping.UNJUDGED, "1")
    return (
        "<wp:comment>\n"
        + _element("wp:comment_id", comment.pk)
        + _element("wp:comment_author", _escaped(comment.name))
        + _element("wp:comment_author_email", comment.submission.email)
        + _element("wp:comment_author_url", comment.url)
        + _element("wp:comment_author_IP", comment.submission.ip or "")
        + _element("wp:comment_date", local)
        + _element("wp:comment_date_gmt", gmt)
        + _element("wp:comment_content", comment_text.to_wordpress(comment.text))
        + _element("wp:comment_approved", _APPROVED[Status(comment.status)])
        + _element("wp:comment_type", "comment")
        + _element("wp:comment_parent", parent)
        + _element("wp:comment_user_id", 0)
        + meta
        + "</wp:comment>\n"
    )
