"""Sample content for a new site: articles in TOML files, their pictures drawn by code."""

import tomllib
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.utils import timezone

from articles.models import Article, Author, Tag
from articles.sample import pictures

FOLDER = Path(__file__).resolve().parent
# The folder holds one file an article, and these two.
LISTS = ("authors", "tags")


def load_articles(*, with_pictures: bool = True) -> list[Article]:
    """Store the sample authors, tags and articles, and return the articles.

    `days_ago` in a file counts from now; a negative one is scheduled, none at all a draft.
    """
    authors = {each["slug"]: Author.objects.create(**each) for each in _read("authors")["author"]}
    tags = {each["slug"]: Tag.objects.create(**each) for each in _read("tags")["tag"]}
    names = sorted(path.stem for path in FOLDER.glob("*.toml") if path.stem not in LISTS)
    return [_store(_read(name), authors, tags, with_pictures) for name in names]


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def _store(
    entry: dict[str, Any], authors: dict[str, Author], tags: dict[str, Tag], with_pictures: bool
) -> Article:
    days = entry.get("days_ago")
    article = Article(
        title=entry["title"],
        slug=entry["slug"],
        summary=entry["summary"],
        body=entry["body"],
        author=authors[entry["author"]],
        published_at=timezone.now() - timedelta(days=days) if days is not None else None,
        comments_open=entry.get("comments_open", True),
        comments_slow_minutes=entry.get("comments_slow_minutes", 0),
        ai_use=entry.get("ai_use", ""),
        ai_reviewed_by=entry.get("ai_reviewed_by", ""),
    )
    if with_pictures:
        article.picture_alt = entry["picture_alt"]
        article.picture_caption = entry["picture_caption"]
        jpeg = BytesIO()
        pictures.draw(entry["picture_motif"]).save(jpeg, "JPEG", quality=82, optimize=True)
        article.picture.save(f"{article.slug}.jpg", ContentFile(jpeg.getvalue()), save=False)
    article.save()
    article.tags.set(tags[slug] for slug in entry["tags"])
    day = timezone.localdate(min(article.published_at or timezone.now(), timezone.now()))
    for each in entry.get("disclosures", []):
        article.disclosures.create(**each | {"ticker": tags[each["ticker"]], "as_of": day})
    return article
