"""Everything as JSON, one object a line, for programs. As private as `wordpress/exporter.py`."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from articles.models import Author, Tag
from wordpress.exporter import BATCH, articles, comments_of


def json_lines() -> Iterator[str]:
    """Yield one JSON object a line: authors, tags, then each article before its comments."""
    for author in Author.objects.order_by("pk").iterator(BATCH):
        yield _line("author", author, "id name slug role bio")
    for tag in Tag.objects.order_by("pk").iterator(BATCH):
        yield _line("tag", tag, "id name slug kind symbol exchange description")
    for article in articles():
        yield _line(
            "article",
            article,
            "id title slug summary body picture picture_alt picture_caption published_at "
            "updated_at comments_open comment_count",
            author=article.author.slug,
            tags=[tag.slug for tag in article.tags.all()],
        )
        for comment in comments_of(article):
            yield _line(
                "comment",
                comment,
                "id parent_id ancestors name url text created_at status verdict held_for "
                "held_detail",
                article=article.slug,
                email=comment.submission.email,
                ip=comment.submission.ip,
                user_agent=comment.submission.user_agent,
                referrer=comment.submission.referrer,
            )


def _line(kind: str, row: Any, names: str, **more: Any) -> str:
    values = {name: getattr(row, name) for name in names.split()}
    for name, value in values.items():
        if isinstance(value, datetime):
            values[name] = value.isoformat()
        elif name == "picture":
            values[name] = value.name
    return json.dumps({"type": kind, **values, **more}, ensure_ascii=False) + "\n"
