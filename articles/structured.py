"""What an article is, in schema.org's words (JSON-LD), for search engines."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from articles.models import Article, Tag
from articles.pictures import share
from articles.publishing.models import Correction

#: Characters that could end the element or begin another one; JSON has an escape for each.
_UNSAFE = {ord(each): f"\\u{ord(each):04x}" for each in "<>&\u2028\u2029"}


def json_ld(article: Article, corrections: Iterable[Correction] = ()) -> SafeString:
    """Return the JSON of a `script type="application/ld+json"` element; no query of its own.

    `article` comes with its author, tags and disclosures. Nothing in it can end the element.
    """
    graph = [_article(article, corrections), _breadcrumbs(article)]
    return written({"@context": "https://schema.org", "@graph": graph})


def written(told: dict[str, Any]) -> SafeString:
    """Return `told` as JSON that can stand in a `script` element and cannot end it."""
    text = json.dumps(told, ensure_ascii=False)
    return mark_safe(text.translate(_UNSAFE))  # noqa: S308  (translated: holds no markup)


def _url(path: str) -> str:
    return settings.SITE_URL + path


def _article(article: Article, corrections: Iterable[Correction]) -> dict[str, Any]:
    tags = list(article.tags.all())
    published = article.published_at
    # What changed before it appeared is no change to anybody.
    modified = max(filter(None, (article.updated_at, published)), default=None)
    fields: dict[str, Any] = {
        "@type": "Article",
        "@id": _url(article.get_absolute_url()),
        "headline": article.title,
        "description": article.summary,
        "datePublished": published.isoformat(timespec="seconds") if published else None,
        "dateModified": modified.isoformat(timespec="seconds") if modified else None,
        "author": {
            "@type": "Person",
            "name": article.author.name,
            "url": _url(article.author.get_absolute_url()),
        },
        "publisher": {"@type": "Organization", "name": settings.SITE_NAME, "url": _url("/")},
        "isAccessibleForFree": True,
        "commentCount": article.comment_count,
        "keywords": [tag.name for tag in tags],
        # By whom and how the article was made: where a reader is told of interests and AI tools.
        "backstory": " ".join(_disclosed(article)) or None,
        "correction": [
            {
                "@type": "CorrectionComment",
                "text": each.said,
                "datePublished": each.day.isoformat(),
            }
            for each in corrections
        ],
        "about": [_company(tag) for tag in tags if tag.kind == Tag.Kind.TICKER],
    }
    fields["image"] = _images(article)
    return {name: value for name, value in fields.items() if value not in (None, [])}


def _disclosed(article: Article) -> Iterator[str]:
    """Yield what stands under *Disclosure*."""
    for each in article.disclosures.all():
        yield _("Position in %(ticker)s: %(position)s, as of %(day)s.") % {
            "ticker": each.ticker.label,
            "position": each.get_position_display(),
            "day": each.as_of and each.as_of.isoformat(),
        }
        if each.note:
            yield each.note
    if article.author.relationships:
        yield article.author.relationships
    if article.ai_use:
        yield article.ai_statement


def _images(article: Article) -> list[dict[str, Any]]:
    """The picture and the card, the largest first: who shows it chooses what fits."""
    found = []
    if article.picture:
        found.append((article.picture.name, article.picture_width, article.picture_height))
    if article.share_picture:
        found.append((article.share_picture, *share.SIZE))
    return [
        {
            "@type": "ImageObject",
            "url": _url(default_storage.url(name)),
            "width": width,
            "height": height,
            "caption": article.picture_alt if name == article.picture.name else article.title,
        }
        for name, width, height in found
    ]


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
