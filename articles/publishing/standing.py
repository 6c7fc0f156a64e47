"""What stands around an article besides its text: corrections, thesis, earlier and later ones."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import CharField, DateField, F, QuerySet, Value
from django.utils import timezone

from articles.addresses import address
from articles.models import Article
from articles.prepared import prepared
from articles.publishing.models import Correction

#: After so long an open thesis is shown with a word of caution.
OLD_AFTER = timedelta(days=90)
CORRECTION, EARLIER, LATER = "correction", "earlier", "later"


class Link(NamedTuple):
    """Another article, as far as a link to it needs it."""

    title: str
    slug: str

    def get_absolute_url(self) -> str:
        return address("articles:article", self.slug)


@dataclass
class Standing:
    """What a page tells of an article's past and future."""

    corrections: list[Correction] = field(default_factory=list)
    earlier: list[Link] = field(default_factory=list)
    later: list[Link] = field(default_factory=list)
    is_old: bool = False


def standing_of(article: Article) -> Standing:
    """Return what stands around `article`, in one query; of other articles only public ones."""
    found = Standing(is_old=is_old(article))
    if article.pk:
        for kind, day, said, slug in _around(article=article.pk, now=timezone.now()):
            if kind == CORRECTION:
                found.corrections.append(Correction(article=article, day=day, said=said))
            elif kind == EARLIER:
                found.earlier.append(Link(said, slug))
            else:
                found.later.append(Link(said, slug))
    return found


def is_old(article: Article, today: date | None = None) -> bool:
    """Tell whether a thesis is still open and its prices are of another season."""
    if article.thesis_status != Article.Thesis.OPEN or article.thesis_as_of is None:
        return False
    return (today or timezone.localdate()) - article.thesis_as_of > OLD_AFTER


@prepared
def _around(*, article: int, now: datetime) -> QuerySet[Any, Any]:
    """Corrections and neighbors in time, oldest first: kind, day, text or title, slug."""
    public = Article.objects.published(now)
    corrections = Correction.objects.filter(article=article).annotate(
        kind=_text(CORRECTION), text=F("said"), slug=_text("")
    )
    earlier = public.filter(followed_by=article).annotate(**_as(EARLIER))
    later = public.filter(follows=article).annotate(**_as(LATER))
    parts: tuple[QuerySet[Any, Any], ...] = (corrections, earlier, later)
    first, *others = (rows.order_by().values_list("kind", "day", "text", "slug") for rows in parts)
    return first.union(*others, all=True).order_by("day", "text")


def _as(kind: str) -> dict[str, Any]:
    day = Value(None, output_field=DateField())
    return {"kind": _text(kind), "day": day, "text": F("title")}


def _text(value: str) -> Value:
    return Value(value, output_field=CharField())
