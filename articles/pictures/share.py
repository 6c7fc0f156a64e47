"""The card that other sites show for a link to an article: 1200 by 630, drawn by the worker.

Title, author and the site's name stand left of the margin's rule, the article's picture right of
it. A title that no font at hand can write stays out: then the picture alone must do.
"""

import hashlib
import json
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage as storage
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from PIL import Image, ImageDraw, ImageOps

from articles import generation, images
from articles.models import Article, SharePicture
from articles.pictures import lettering, pixels

SIZE = WIDTH, HEIGHT = 1200, 630
#: Where the rule runs; the text keeps clear of it and of the edges.
RULE, RULE_WIDTH, PAD, GAP = 836, 6, 72, 56
PAPER, INK, QUIET, TEAL, AMBER = "#f6f1e7", "#1d2433", "#565c68", "#0f5c63", "#d98e2b"
#: Part of every name: count it up when cards shall look different.
RECIPE = "1"


def wish(articles: QuerySet[Article]) -> None:
    """Have the cards of these articles drawn, where they say something else than before."""
    SharePicture.objects.bulk_create(
        [SharePicture(article_id=pk) for pk in articles.order_by().values_list("pk", flat=True)],
        batch_size=500,
        update_conflicts=True,
        unique_fields=["article"],
        update_fields=["due", "attempts"],
    )


def catch_up() -> None:
    """Wish for the cards that no row asks for yet."""
    wish(Article.objects.filter(share=None))


def name_of(article: Article) -> str:
    """Return the name of the file with the card of `article` as it is now."""
    said = [
        RECIPE,
        settings.SITE_NAME,
        article.title,
        article.author.name,
        article.picture.name or "",
    ]
    digest = hashlib.blake2b(json.dumps(said).encode(), digest_size=12).hexdigest()
    return f"share/{article.pk}-{digest}.jpg"


def make(row: SharePicture) -> None:
    """Draw the card that `row` asks for, unless it is there; the one before it is deleted."""
    article = Article.objects.select_related("author").get(pk=row.article_id)
    name = name_of(article)
    if not storage.exists(name) or row.name != name:
        written = BytesIO()
        card(article.title, article.author.name, settings.SITE_NAME, _picture(article)).save(
            written, "JPEG", quality=88, subsampling=0, optimize=True
        )
        storage.delete(name)  # half of it, from a worker that was killed
        name = storage.save(name, ContentFile(written.getvalue()))
    with transaction.atomic():
        done = SharePicture.objects.filter(pk=row.pk, due=row.due).update(
            name=name, made_at=timezone.now(), due=None, problem=""
        )
        if done:
            Article.objects.filter(pk=article.pk).update(share_picture=name)
            generation.changed()
            if row.name and row.name != name:
                transaction.on_commit(lambda: storage.delete(row.name))


def _picture(article: Article) -> Image.Image | None:
    """Return the article's picture, if it has one that can be read."""
    if not article.picture:
        return None
    try:
        with storage.open(str(article.picture)) as file:
            return pixels.plain(images.opened(BytesIO(file.read())))
    except (OSError, ValidationError):
        return None


def card(title: str, author: str, site: str, picture: Image.Image | None) -> Image.Image:
    """Draw the card. What no font can write is left out."""
    drawn = Image.new("RGB", SIZE, PAPER)
    pen = ImageDraw.Draw(drawn)
    font = lettering.font_for(title)
    rule = RULE if picture or font is None else WIDTH - PAD - GAP
    if font is None and picture:
        rule = PAD
    if picture:
        _fill(drawn, picture, (rule, 0, WIDTH, HEIGHT))
    pen.rectangle((rule, 0, rule + RULE_WIDTH - 1, HEIGHT), AMBER)
    if font is None and picture:
        _mark(pen, PAD // 2 - 24, PAD, 48)
        return drawn
    _mark(pen, PAD - 4, PAD - 6, 52)
    lettering.line(pen, (PAD + 62, PAD + 20), site, 32, INK, rule - PAD - 62 - GAP)
    lettering.line(pen, (PAD, HEIGHT - PAD - 12), author, 32, QUIET, rule - PAD - GAP)
    if font:
        box = (PAD, PAD + 84, rule - GAP, HEIGHT - PAD - 64)
        lettering.block(pen, box, title, font, INK)
    return drawn


def _fill(drawn: Image.Image, picture: Image.Image, box: tuple[int, int, int, int]) -> None:
    """Fill a box with the middle of a picture; what can be seen through shows the paper."""
    fitted = ImageOps.fit(picture, (box[2] - box[0], box[3] - box[1]), Image.Resampling.LANCZOS)
    drawn.paste(fitted, box[:2], fitted if fitted.mode == "RGBA" else None)


def _mark(pen: ImageDraw.ImageDraw, x: int, y: int, size: int) -> None:
    """Draw the site's mark, as in static/img/icon.svg; its unit is a 32nd of `size`."""
    unit = size / 32

    def at(*points: tuple[float, float]) -> list[tuple[float, float]]:
        return [(x + across * unit, y + down * unit) for across, down in points]

    def stroke(colour: str, *points: tuple[float, float]) -> None:
        pen.line(at(*points), colour, width=max(2, round(2 * unit)))

    pen.polygon(at((4, 2), (23, 2), (28, 7), (28, 30), (4, 30)), TEAL)
    for right, down in ((15, 11), (15, 16), (12, 21)):
        stroke(PAPER, (8, down), (right, down))
    stroke(AMBER, (19, 2), (19, 30))
    stroke(AMBER, (22, 16), (25, 16))


def forget(instance: SharePicture, **kwargs: Any) -> None:
    """Let a card's file go with its row."""
    if instance.name:
        transaction.on_commit(lambda: storage.delete(instance.name))
