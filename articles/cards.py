"""Published articles as lists show them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Count, QuerySet, Value
from django.utils import timezone

from articles.models import Article
from articles.prepared import prepared


class Cards:
    """What a Paginator takes apart: the articles with these values (`tags=7`), newest first."""

    def __init__(self, **values: int) -> None:
        self._values: dict[str, Any] = {"now": timezone.now(), **values}

    def __len__(self) -> int:
        return sum(number for _one, number in _counted(**self._values))

    def __getitem__(self, part: slice) -> Sequence[Article]:
        if part.start == part.stop:  # an empty list's first page
            return ()
        return _read(part.start, part.stop, **self._values)


@prepared
def _read(first: int, end: int, /, *, now: datetime, **values: int) -> QuerySet[Article]:
    return Article.objects.published(now).filter(**values).for_cards()[first:end]


@prepared
def _counted(*, now: datetime, **values: int) -> QuerySet[Any, Any]:
    found = Article.objects.published(now).filter(**values).order_by()
    return found.values_list(Value(1)).annotate(Count("pk"))
