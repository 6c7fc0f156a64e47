"""Which stored pictures articles show, noted when they are saved; and the copies for their texts.

A revision's pictures are noted too: what it shows can be brought back.
"""

from collections.abc import Iterable
from typing import Any

from articles.models import Article, PictureUse
from articles.pictures import bodies, renditions

Place = PictureUse.Place


def article_saved(
    instance: Article, update_fields: frozenset[str] | None = None, **kwargs: Any
) -> None:
    """Note what the article shows now, and give its text the copies that there are."""
    if update_fields is not None and not update_fields & {"picture", "body"}:
        return
    in_text = bodies.names(instance.body)
    _note(instance, in_text)
    copies = renditions.copies_of(in_text)
    # Where only some columns were stored, this one may be older in memory than there.
    if copies != instance.body_copies or update_fields is not None:
        instance.body_copies = copies
        Article.objects.filter(pk=instance.pk).update(body_copies=copies)
    if missing := [name for name in in_text if name not in copies]:
        renditions.wish(*missing)


def _note(article: Article, in_text: list[str]) -> None:
    wanted: set[tuple[str, str]] = {(Place.BODY, name) for name in in_text}
    if article.picture:
        wanted.add((Place.HERO, str(article.picture)))
    rows = PictureUse.objects.filter(article=article).exclude(place=Place.PAST)
    noted = {(row.place, row.source): row.pk for row in rows}
    if gone := [pk for use, pk in noted.items() if use not in wanted]:
        PictureUse.objects.filter(pk__in=gone).delete()
    _add(article.pk, wanted - noted.keys())


def note_past(article_id: int, picture: str, body: str) -> None:
    """Note what a revision of the article shows."""
    shown = {picture, *bodies.names(body)} - {""}
    _add(article_id, {(Place.PAST, name) for name in shown})


def _add(article_id: int, uses: Iterable[tuple[str, str]]) -> None:
    new = [PictureUse(article_id=article_id, place=place, source=name) for place, name in uses]
    if new:
        PictureUse.objects.bulk_create(new, ignore_conflicts=True)
