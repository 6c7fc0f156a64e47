"""What readers said under an article, in schema.org's words (JSON-LD), for search engines."""

import re
from collections.abc import Iterable
from functools import lru_cache
from html import unescape

from django.conf import settings
from django.utils.safestring import SafeString

from articles.models import Article
from articles.structured import written
from comments.thread import Node

#: The first of a page stand for all; each is on the page in full anyway.
MOST = 10
_TAG = re.compile(r"<[^>]*>")


@lru_cache(maxsize=256)
def _text(html: str) -> str:
    return unescape(_TAG.sub("", html.replace("</p>", "\n"))).strip()


def json_ld(article: Article, nodes: Iterable[Node]) -> SafeString | str:
    """Return the JSON that adds the first public comments of `nodes` to what is said of `article`.

    Empty where there is none. It holds what the page shows, masked as there, and nothing else.
    """
    page = settings.SITE_URL + article.get_absolute_url()
    said = [
        {
            "@type": "Comment",
            "@id": f"{page}#comment-{node.comment.pk}",
            "author": {"@type": "Person", "name": node.comment.shown_name},
            "datePublished": node.comment.created_at.isoformat(timespec="seconds"),
            "text": _text(node.comment.html),
        }
        for node in nodes
        if node.comment and not node.is_preview
    ][:MOST]
    if not said:
        return ""
    return written(
        {"@context": "https://schema.org", "@type": "Article", "@id": page, "comment": said}
    )
