"""Smaller copies of a picture, made once by the worker and named by what is in them.

A picture is shown as it is until its copies are there; then pages offer them. What was made stands
in one row of Rendition and, for pages to read without a query, in each article that shows it.
"""

import hashlib
from datetime import timedelta
from functools import partial
from io import BytesIO
from typing import Any, TypedDict, cast
from urllib.parse import quote

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage as storage
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from PIL import Image

from articles import generation, images
from articles.editing.models import Revision
from articles.models import Article, Picture, PictureUse, Rendition
from articles.pictures import pixels

WIDTHS = (640, 1024, 1600)
#: For browsers that know neither AVIF nor WebP.
FALLBACK_WIDTH = 1024
FORMATS: dict[str, dict[str, Any]] = {
    # Faster speeds make larger files; slower ones take seconds for one in a hundred.
    "avif": {"quality": 60, "speed": 6, "max_threads": 1},
    "webp": {"quality": 78, "method": 4},
}
FALLBACKS: dict[str, dict[str, Any]] = {
    "RGB": {"format": "JPEG", "quality": 80, "progressive": True, "optimize": True},
    "RGBA": {"format": "PNG", "optimize": True},  # a JPEG cannot be seen through
}
#: Part of every name: count it up when pictures shall be made in another way.
RECIPE = "1"
#: Where uploaded pictures are stored: of what lies elsewhere, nobody asked us to delete it.
UPLOADS = "pictures/"
#: How long what no article shows any more is kept: caches beyond ours may still point to it, and
#: an editor may go back to an earlier revision.
UNUSED_FOR = timedelta(days=7)


class Copies(TypedDict):
    """What was made of one picture; in each format, the narrowest first."""

    source: str
    avif: list[tuple[int, str]]
    webp: list[tuple[int, str]]
    fallback: str


def wish(*names: str) -> None:
    """Have copies made of stored pictures, now; where they are made already it is noted again."""
    Rendition.objects.bulk_create(
        [Rendition(source=name) for name in names],
        update_conflicts=True,
        unique_fields=["source"],
        update_fields=["due", "attempts"],
    )


def copies_of(names: list[str]) -> dict[str, Any]:
    """Return the copies that there are of stored pictures, by their names."""
    if not names:
        return {}
    made = Rendition.objects.filter(source__in=names, made_at__isnull=False)
    return dict(made.values_list("source", "copies"))


def make(row: Rendition) -> None:
    """Make the copies that `row` asks for, and let every article that shows it know.

    Raises ValidationError or FileNotFoundError for a picture that cannot be read, OSError where
    nothing can be written.
    """
    with storage.open(row.source) as file:
        data = file.read()
    digest = hashlib.blake2b(RECIPE.encode() + data, digest_size=16).hexdigest()
    twin = Rendition.objects.filter(digest=digest).first()
    if twin:
        copies = cast(Copies, {**twin.copies, "source": row.source})
    else:
        copies = _made(row, data, digest)
    with transaction.atomic():
        _lock_those_who_show(row.source)
        done = Rendition.objects.filter(pk=row.pk, due=row.due).update(
            digest=digest, copies=copies, made_at=timezone.now(), due=None, problem=""
        )
        if done:
            Article.objects.filter(picture=row.source).update(picture_copies=copies)
            for pk, others in _with_it_in_their_text(row.source).values_list("pk", "body_copies"):
                body_copies = others | {row.source: copies}
                Article.objects.filter(pk=pk).update(body_copies=body_copies)
            generation.changed()


def _with_it_in_their_text(name: str) -> QuerySet[Article]:
    uses = PictureUse.objects.filter(source=name, place=PictureUse.Place.BODY)
    return Article.objects.filter(pk__in=uses.values("article"))


def _lock_those_who_show(name: str) -> None:
    """Lock articles before renditions, as whoever saves one does: so none wait in a circle."""
    showing = Article.objects.filter(picture=name) | _with_it_in_their_text(name)
    list(showing.select_for_update(no_key=True).order_by("pk").values_list("pk"))


def _made(row: Rendition, data: bytes, digest: str) -> Copies:
    picture = pixels.plain(images.opened(BytesIO(data)))
    most = min(picture.width, WIDTHS[-1])
    widths = [*(width for width in WIDTHS if width < most), most]
    copies: Copies = {"source": row.source, "avif": [], "webp": [], "fallback": ""}
    for width in widths:
        scaled = pixels.fitting(picture, width)
        for format_, options in FORMATS.items():
            name = _store(scaled, f"{digest}-{width}.{format_}", {"format": format_, **options})
            copies[format_].append((width, name))  # type: ignore[literal-required]
    scaled = pixels.fitting(picture, min(most, FALLBACK_WIDTH))
    options = FALLBACKS[scaled.mode]
    suffix = images.SUFFIXES[options["format"]][0]
    copies["fallback"] = _store(scaled, f"{digest}-{scaled.width}{suffix}", options)
    return copies


def _store(picture: Image.Image, name: str, options: dict[str, Any]) -> str:
    written = BytesIO()
    picture.save(written, **options)
    path = f"renditions/{name[:2]}/{name}"
    storage.delete(path)  # half of it, from a worker that was killed
    return storage.save(path, ContentFile(written.getvalue()))


# --- what nobody shows any more ---------------------------------------------------------------


def catch_up() -> None:
    """Wish for what no row asks for yet, and remove what nobody has shown for UNUSED_FOR.

    What the library holds is kept, whether it is shown or not.
    """
    shown = Article.objects.exclude(picture="").values("picture")
    kept = Picture.objects.values("file")
    # Above a text, the article itself knows best.
    used = PictureUse.objects.exclude(place=PictureUse.Place.HERO).values("source")
    known = Rendition.objects.values("source")
    wished: set[str] = set()
    for names, field in ((shown, "picture"), (kept, "file"), (used, "source")):
        missing = names.exclude(**{f"{field}__in": known})
        wished.update(missing.values_list(field, flat=True).distinct())
    Rendition.objects.bulk_create(
        [Rendition(source=name) for name in sorted(wished)], ignore_conflicts=True, batch_size=500
    )
    now = timezone.now()
    is_needed = Q(source__in=shown) | Q(source__in=kept) | Q(source__in=used)
    Rendition.objects.filter(is_needed, unused_since__isnull=False).update(unused_since=None)
    idle = Rendition.objects.exclude(is_needed)
    idle.filter(unused_since=None).update(unused_since=now)
    for row in idle.filter(unused_since__lt=now - UNUSED_FOR):
        if not is_used(row.source):
            remove(row)


def is_used(name: str) -> bool:
    """Tell whether any article shows the stored picture, above its text or within, or ever did.

    What a revision shows can be brought back. Looks through every text, so that what came by
    another way than Article.save is seen too.
    """
    return is_shown(name) or any(
        Revision.objects.filter(files__contains=each).exists() for each in _written(name)
    )


def is_shown(name: str) -> bool:
    """Tell whether any article shows the stored picture now; looks through every text."""
    return Article.objects.filter(picture=name).exists() or any(
        Article.objects.filter(body__contains=each).exists() for each in _written(name)
    )


def _written(name: str) -> set[str]:
    """Return how addresses write the name of a file: letters beyond ASCII may stand as they are."""
    return {name, quote(name)}


def remove(row: Rendition) -> None:
    """Delete a picture with its copies; files that an equal picture shares stay."""
    with transaction.atomic():
        row.delete()
        shared = row.digest and Rendition.objects.filter(digest=row.digest).exists()
        names = [] if shared else names_of(row.copies)
        if row.source.startswith(UPLOADS):
            names.append(row.source)
        for name in names:
            transaction.on_commit(partial(storage.delete, name), robust=True)


def names_of(copies: Any) -> list[str]:
    """Return the names of the files that hold the copies."""
    if not copies:
        return []
    return [*(name for kind in FORMATS for _width, name in copies[kind]), copies["fallback"]]
