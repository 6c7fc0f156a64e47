"""Keeps the index of words in step with the articles; modelsearch stores it.

In the database the index is changed in the transaction that changes the article. A search server
is never asked there: the row says that it is due, and the worker tells the server.
"""

import logging
import threading
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import close_old_connections, connection
from django.db.migrations.loader import MigrationLoader
from modelsearch.backends import database, get_search_backend

from articles.models import Article, Tag

logger = logging.getLogger(__name__)

#: What the index holds of an article; a save of other fields alone changes nothing in it.
INDEXED = frozenset({"title", "summary", "body"})
BATCH = 100
#: After a failure the worker lets the index alone for so long.
RETRY_SECONDS = 60


class _NoTitleNorms:
    def _refresh_title_norms(self, full: bool = False) -> None:
        """Nothing: we rank without them, and they cost a walk over the whole index each time."""


def SearchBackend(params: dict[str, Any]) -> Any:  # noqa: N802  (modelsearch asks for this name)
    """Return modelsearch's backend for our database, quick to write to."""
    backend = database.SearchBackend(params)
    backend.index_class = type("Index", (_NoTitleNorms, backend.index_class), {})
    return backend


def article_saved(
    instance: Article, raw: bool, update_fields: Iterable[str] | None, **kwargs: Any
) -> None:
    if not raw and (update_fields is None or INDEXED & set(update_fields)):
        _follow([instance.pk])


def tags_changed(
    instance: Article | Tag, action: str, reverse: bool, pk_set: set[int] | None, **kwargs: Any
) -> None:
    """An article got or lost tags, from its own side or from the tag's."""
    if not reverse:
        if action in ("post_add", "post_remove", "post_clear"):
            _follow([instance.pk])
    elif action in ("post_add", "post_remove"):
        _follow(pk_set or ())
    elif action == "pre_clear" and isinstance(instance, Tag):
        instance.articles.update(index_due=True)


def tag_saved(instance: Tag, raw: bool, created: bool, **kwargs: Any) -> None:
    """Its articles are found by its name; as there may be thousands, the worker tells the index."""
    if not raw and not created:
        instance.articles.update(index_due=True)


def tag_to_be_deleted(instance: Tag, **kwargs: Any) -> None:
    instance.articles.update(index_due=True)


def _follow(pks: Iterable[int]) -> None:
    if settings.SEARCH_URL:
        Article.objects.filter(pk__in=pks).update(index_due=True)
    else:
        _write(pks)


def _write(pks: Iterable[int]) -> None:
    articles = Article.objects.filter(pk__in=pks).prefetch_related("tags")
    get_search_backend().add_bulk(Article, list(articles))


class Indexer:
    """The worker's part: writes what is due into the index."""

    def __init__(self, *, poll_seconds: float = 2.0) -> None:
        self.poll_seconds = poll_seconds
        self.stopping = threading.Event()

    def run(self, *, once: bool = False) -> None:
        """Work until `stop` is called; with `once`, until nothing is due.

        What fails stays due: an index that is away keeps nobody up but itself.
        """
        while not self.stopping.is_set():
            wait = self.poll_seconds
            try:
                catch_up()
            except Exception as error:
                logger.error("the search index could not be written (%s)", type(error).__name__)
                wait = RETRY_SECONDS
            if once:
                return
            if not connection.in_atomic_block:  # as in a test
                close_old_connections()
            self.stopping.wait(wait)

    def stop(self) -> None:
        self.stopping.set()


def catch_up() -> int:
    """Write what is due into the index, and return how many articles that were.

    What fails stays due, and its error is raised.
    """
    due = list(Article.objects.filter(index_due=True).order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(due), BATCH):
        batch = due[start : start + BATCH]
        # First, so that what is saved meanwhile is due again.
        Article.objects.filter(pk__in=batch).update(index_due=False)
        try:
            _write(batch)
        except Exception:
            Article.objects.filter(pk__in=batch).update(index_due=True)
            raise
    return len(due)


def fill_when_new(plan: Any = (), verbosity: int = 1, **kwargs: Any) -> None:
    """After a `migrate` that brought the index to a site with articles: build it."""
    new = any(
        (migration.app_label, migration.name[:4]) == ("articles", "0007") and not backwards
        for migration, backwards in plan
    )
    if not new or settings.SEARCH_URL or not Article.objects.exists():
        return
    loader = MigrationLoader(connection)
    if all(node in loader.applied_migrations for node in loader.graph.leaf_nodes()):
        call_command("rebuild_modelsearch_index", verbosity=max(0, verbosity - 1))
