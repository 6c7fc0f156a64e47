"""The library of pictures: how pictures get into it, are found in it, and leave it."""

from functools import partial
from typing import Any

from django.core.files.storage import default_storage as storage
from django.db import transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery

from articles.models import Article, Picture, Rendition
from articles.pictures import elements, renditions

#: More words than anybody looks for.
WORDS_MOST = 8


def take_in(article: Article, *, by: Any = None) -> None:
    """Make the picture above an article's text one of the library, unless it is."""
    if article.picture:
        fields = {
            "width": article.picture_width,
            "height": article.picture_height,
            "alt": article.picture_alt,
            "caption": article.picture_caption,
            "added_by": by,
        }
        Picture.objects.get_or_create(file=str(article.picture), defaults=fields)


def found(words: str) -> QuerySet[Picture]:
    """Return the pictures with all of these words, the newest first, each with its `copies`."""
    pictures = with_copies(Picture.objects.order_by("-pk"))
    for word in words.replace("\0", " ").split()[:WORDS_MOST]:
        pictures = pictures.filter(
            Q(alt__icontains=word)
            | Q(caption__icontains=word)
            | Q(credit__icontains=word)
            | Q(file__icontains=word)
        )
    return pictures


def with_copies(pictures: QuerySet[Picture]) -> QuerySet[Picture]:
    """Let each know its copies, in the same query; None where there are none."""
    made = Rendition.objects.filter(source=OuterRef("file"), made_at__isnull=False)
    return pictures.annotate(copies=Subquery(made.values("copies")))


def told(picture: Any) -> dict[str, Any]:
    """Return what scripts are told of a picture; its `copies` where it was read with them."""
    source = picture.file.url
    return {
        "id": picture.pk,
        "src": source,
        "thumb": elements.smallest(getattr(picture, "copies", None)) or source,
        "width": picture.width,
        "height": picture.height,
        "alt": picture.alt,
        "decorative": picture.decorative,
        "caption": picture.caption,
        "credit": picture.credit,
    }


def remove_files(instance: Picture, **kwargs: Any) -> None:
    """Delete the file of a picture that left the library, and its copies."""
    name = str(instance.file)
    row = Rendition.objects.filter(source=name).first()
    if row:
        renditions.remove(row)
    else:
        transaction.on_commit(partial(storage.delete, name), robust=True)
