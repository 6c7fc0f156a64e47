"""Sample content for a new site: articles in TOML files, their pictures drawn by code."""

import tomllib
from datetime import timedelta
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.utils import timezone

from articles.models import Article, Author, Picture, Tag
from articles.pictures import library
from articles.sample import pictures

FOLDER = Path(__file__).resolve().parent
# The folder holds one file an article, and these two.
LISTS = ("authors", "tags")


def load_articles() -> list[Article]:
    """Store the sample authors, tags, pictures and articles, and return the articles.

    `days_ago` in a file counts from now; a negative one is scheduled, none at all a draft. What
    stands in `figures` is drawn for the text, where `{name.src}` and the like stand for it.
    """
    authors = {each["slug"]: Author.objects.create(**each) for each in _read("authors")["author"]}
    tags = {each["slug"]: Tag.objects.create(**each) for each in _read("tags")["tag"]}
    names = sorted(path.stem for path in FOLDER.glob("*.toml") if path.stem not in LISTS)
    return [_store(_read(name), authors, tags) for name in names]


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def _jpeg(motif: str) -> ContentFile:
    jpeg = BytesIO()
    pictures.draw(motif).save(jpeg, "JPEG", quality=82, optimize=True)
    return ContentFile(jpeg.getvalue())


def _with_figures(body: str, figures: dict[str, dict[str, str]]) -> str:
    """Take the figures into the library, and write where they are into the body."""
    for name, texts in figures.items():
        picture = Picture(**texts)
        picture.file.save(f"{name}.jpg", _jpeg(name), save=False)
        picture.save()
        told = {"src": picture.file.url, "alt": picture.alt, "legend": picture.legend}
        for part, text in told.items():
            body = body.replace(f"{{{name}.{part}}}", escape(text))
    return body


def _store(entry: dict[str, Any], authors: dict[str, Author], tags: dict[str, Tag]) -> Article:
    days = entry.get("days_ago")
    published_at = timezone.now() - timedelta(days=days) if days is not None else None
    day = timezone.localdate(min(published_at or timezone.now(), timezone.now()))
    article = Article(
        title=entry["title"],
        slug=entry["slug"],
        summary=entry["summary"],
        body=_with_figures(entry["body"], entry.get("figures", {})),
        author=authors[entry["author"]],
        published_at=published_at,
        comments_open=entry.get("comments_open", True),
        comments_slow_minutes=entry.get("comments_slow_minutes", 0),
        ai_use=entry.get("ai_use", ""),
        ai_reviewed_by=entry.get("ai_reviewed_by", ""),
    )
    if "thesis" in entry:
        article.thesis, article.thesis_as_of = entry["thesis"], day
        article.thesis_horizon, article.thesis_status = entry["thesis_horizon"], Article.Thesis.OPEN
    article.picture_alt = entry["picture_alt"]
    article.picture_caption = entry["picture_caption"]
    article.picture.save(f"{article.slug}.jpg", _jpeg(entry["picture_motif"]), save=False)
    article.save()
    library.take_in(article)
    article.tags.set(tags[slug] for slug in entry["tags"])
    for each in entry.get("disclosures", []):
        article.disclosures.create(**each | {"ticker": tags[each["ticker"]], "as_of": day})
    return article
