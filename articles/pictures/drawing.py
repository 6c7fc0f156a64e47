"""What draws: the rows of Rendition and SharePicture are its queue, any number may work at it.

Copying pictures takes seconds of processor time, so it has a thread of its own in the worker.
"""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DatabaseError, close_old_connections, connection, transaction
from django.db.models import F
from django.db.models.signals import post_delete, post_save
from django.utils import timezone

from articles.models import Article, Author
from articles.pictures import library, renditions, share, uses
from articles.pictures.models import Drawn, Picture, Rendition, SharePicture

logger = logging.getLogger(__name__)

#: Each kind of row, and what draws it.
KINDS: tuple[tuple[type[Drawn], Callable[[Any], None]], ...] = (
    (Rendition, renditions.make),
    (SharePicture, share.make),
)
#: Far longer than one picture takes; a worker that was killed is followed by another after it.
LEASE = timedelta(minutes=5)
#: What fails so often is left alone, until somebody saves the article or asks for it by command.
MOST_ATTEMPTS = 3
#: Wrong with the picture itself: no use in trying again.
HOPELESS = (ValidationError, FileNotFoundError)
CATCH_UP_EVERY = timedelta(hours=1)


class Draftsman:
    """Draws what is due, one after the other."""

    def __init__(self, *, poll_seconds: float = 1.0) -> None:
        self.poll_seconds = poll_seconds
        self.stopping = False
        self._next_catch_up = timezone.now()

    def run(self, *, once: bool = False) -> None:
        """Work until `stop` is called; with `once`, until nothing is due."""
        while not self.stopping:
            try:
                busy = self._step()
            except Exception as error:  # a disk, a database: either may come back
                logger.error("drawing failed; trying again (%s)", type(error).__name__)
                if once:
                    raise
                if not connection.in_atomic_block:
                    connection.close()
                busy = False
            if once and not busy:
                return
            if not busy:
                time.sleep(self.poll_seconds)
            if not connection.in_atomic_block:  # as in a test
                close_old_connections()

    def stop(self) -> None:
        """Begin nothing more and let `run` return."""
        self.stopping = True

    def _step(self) -> bool:
        now = timezone.now()
        if now >= self._next_catch_up:
            self._next_catch_up = now + CATCH_UP_EVERY
            renditions.catch_up()
            share.catch_up()
        drawn = [draw_one(model, make) for model, make in KINDS]
        return any(drawn)


def draw_one(model: type[Drawn], make: Callable[[Any], None]) -> bool:
    """Draw what has been due longest; False when nothing is."""
    row = _claim(model)
    if row is None:
        return False
    try:
        make(row)
    except DatabaseError:
        raise
    except Exception as error:
        _failed(row, error)
    return True


def _claim(model: type[Drawn]) -> Drawn | None:
    """Take one row for a lease; nobody else gets it meanwhile."""
    now = timezone.now()
    waiting = model._default_manager.filter(due__lte=now, attempts__lt=MOST_ATTEMPTS)
    if not waiting.exists():  # before taking the write lock, which SQLite has only one of
        return None
    with transaction.atomic():
        row = waiting.select_for_update(skip_locked=True).order_by("due").first()
        if row is not None:
            row.due, row.attempts = now + LEASE, row.attempts + 1
            model._default_manager.filter(pk=row.pk).update(due=row.due, attempts=F("attempts") + 1)
    return row


def _failed(row: Drawn, error: Exception) -> None:
    """Note what is wrong, and look again later unless that is no use."""
    said = error.messages[0] if isinstance(error, ValidationError) else type(error).__name__
    hopeless = isinstance(error, HOPELESS) or row.attempts >= MOST_ATTEMPTS
    again: datetime | None = None if hopeless else timezone.now() + LEASE * row.attempts
    logger.error("%s %s could not be drawn: %s", row._meta.verbose_name, row, said)
    type(row)._default_manager.filter(pk=row.pk, due=row.due).update(
        due=again, problem=str(said)[:200]
    )


# --- what a change in the admin asks for --------------------------------------------------------


def connect() -> None:
    """Let the tables tell when something is to be drawn anew."""
    post_save.connect(uses.article_saved, sender=Article)
    post_save.connect(_article_saved, sender=Article)
    post_save.connect(_author_saved, sender=Author)
    post_save.connect(_picture_saved, sender=Picture)
    post_delete.connect(library.remove_files, sender=Picture)
    post_delete.connect(share.forget, sender=SharePicture)


def _article_saved(
    instance: Article, update_fields: frozenset[str] | None = None, **kwargs: Any
) -> None:
    """Wish for what the article shows and has not got; what is there already is left alone."""
    if update_fields is not None and not update_fields & {"title", "author", "picture"}:
        return
    if instance.picture and instance.picture_copies.get("source") != instance.picture.name:
        renditions.wish(str(instance.picture))
    if instance.share_picture != share.name_of(instance):
        share.wish(Article.objects.filter(pk=instance.pk))


def _author_saved(instance: Author, created: bool, **kwargs: Any) -> None:
    if not created:
        share.wish(Article.objects.filter(author=instance))


def _picture_saved(instance: Picture, created: bool, **kwargs: Any) -> None:
    if created:
        renditions.wish(str(instance.file))
