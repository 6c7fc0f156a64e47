"""What an article is, in schema.org's words (JSON-LD), for search engines."""

import json
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from articles.models import Article, Tag

#: Characters that could end the element or begin another one; JSON has an escape for each.
_UNSAFE = {ord(each): f"\\u{ord(each):04x}" for each in "<>&\u2028\u2029"}


def json_ld(article: Article) -> SafeString:
    """Return the JSON of a `script type="application/ld+json"` element; no query of its own.

    `article` comes with its author and tags. Nothing in the result can end the element.
    """
    graph = [_article(article), _breadcrumbs(article)]
    text = json.dumps({"@context": "https://schema.org", "@graph": graph}, ensure_ascii=False)
    return mark_safe(text.translate(_UNSAFE))  # noqa: S308  (translated: holds no markup)


def _url(path: str) -> str:
    return settings.SITE_URL + path


def _article(article: Article) -> dict[str, Any]:
    tags = list(article.tags.all())
    published = article.published_at
    modified = article.updated_at or published
    fields: dict[str, Any] = {
        "@type": "Article",
        "@id": _url(article.get_absolute_url()),
        "headline": article.title,
        "description": article.summary,
        "datePublished": published.isoformat() if published else None,
        "dateModified": modified.isoformat() if modified else None,
        "author": {
            "@type": "Person",
            "name": article.author.name,
            "url": _url(article.author.get_absolute_url()),
        },
        "publisher": {"@type": "Organization", "name": settings.SITE_NAME, "url": _url("/")},
        "isAccessibleForFree": True,
        "commentCount": article.comment_count,
        "keywords": [tag.name for tag in tags],
        "about": [_company(tag) for tag in tags if tag.kind == Tag.Kind.TICKER],
    }
    if article.picture:
        fields["image"] = {
            "@type": "ImageObject",
            "url": _url(article.picture.url),
            "width": article.picture_width,
            "height": article.picture_height,
            "caption": article.picture_alt,
        }
    return {name: value for name, value in fields.items() if value not in (None, [])}


def _company(ticker: Tag) -> dict[str, str]:
    return {
        "@type": "Corporation",
        "name": ticker.name,
        "tickerSymbol": f"{ticker.exchange}:{ticker.symbol}",
        "url": _url(ticker.get_absolute_url()),
    }


def _breadcrumbs(article: Article) -> dict[str, Any]:
    steps = [
        (_("Articles"), reverse("articles:index")),
        (article.title, article.get_absolute_url()),
    ]
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": number, "name": name, "item": _url(path)}
            for number, (name, path) in enumerate(steps, start=1)
        ],
    }
