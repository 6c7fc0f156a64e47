"""What a view of the desk asks for, and which part of that one page shows."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet

from comments import search
from comments.models import Comment
from comments.status import Status


@dataclass
class Sought:
    """What a view asks for, by what finds it."""

    #: The tab; the statuses that lie in it; and whether it holds all there is in them.
    shelf: QuerySet[Comment]
    statuses: tuple[str, ...]
    is_whole: bool
    words: str = ""
    #: None: any; nothing: none that there is.
    articles: Collection[int] | None = None
    held_for: str = ""
    verdict: str = ""
    days: Q | None = None
    origin: Q | None = None
    #: Set when there was more to look through than was.
    is_cut: bool = field(default=False, init=False)

    @property
    def is_plain(self) -> bool:
        """Nothing but what lies in some statuses is asked for."""
        asked = (self.words, self.held_for, self.verdict, self.days, self.origin)
        return self.is_whole and not any(asked) and self.articles is None

    def facets(self) -> search.Facets:
        asked: dict[str, Collection[Any]] = {
            # All of them leave out nothing, and would be read through.
            "s": self.statuses if len(self.statuses) < len(Status) else [],
            "h": [self.held_for] if self.held_for else [],
            "v": [self.verdict] if self.verdict else [],
            "a": self.articles or [],
        }
        return {name: values for name, values in asked.items() if values}


@dataclass(frozen=True)
class Stretch:
    """From where on, in which order, and how many."""

    newest_first: bool
    most: int
    before: int | None = None
    after: int | None = None

    @property
    def order(self) -> str:
        return "-pk" if self.newest_first else "pk"

    @property
    def direction(self) -> str:
        return "DESC" if self.newest_first else "ASC"

    def of(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        if self.before is not None:
            rows = rows.filter(pk__lt=self.before)
        if self.after is not None:
            rows = rows.filter(pk__gt=self.after)
        return rows.order_by(self.order)

    def bounds(self, column: str) -> str:
        """Return the condition that `column` lies in this stretch, to be added to others."""
        before = "" if self.before is None else f" AND {column} < {self.before:d}"
        return before + ("" if self.after is None else f" AND {column} > {self.after:d}")
