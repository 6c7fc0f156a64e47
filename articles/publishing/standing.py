"""What stands around an article besides its text: corrections, thesis, earlier and later ones,
and what editors say about what to read next."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import CharField, DateField, F, QuerySet, Value
from django.db.models.functions import Cast
from django.utils import timezone

from articles.addresses import address
from articles.models import Article
from articles.neighbors import beside
from articles.prepared import prepared
from articles.publishing.models import Correction
from articles.publishing.picks import Pick

#: What stands around an article: kind, day (of a correction), text or title or place, slug, key.
Row = tuple[str, Any, str, str, int]
#: After so long an open thesis is shown with a word of caution.
OLD_AFTER = timedelta(days=90)
CORRECTION, EARLIER, LATER = "correction", "earlier", "later"
PREVIOUS, NEXT = "previous", "next"


class Link(NamedTuple):
    """Another article, as far as a link to it needs it."""

    title: str
    slug: str

    def get_absolute_url(self) -> str:
        return address("articles:article", self.slug)


@dataclass
class Standing:
    """What a page tells of an article's past and future, and of its neighbors in lists."""

    corrections: list[Correction] = field(default_factory=list)
    earlier: list[Link] = field(default_factory=list)
    later: list[Link] = field(default_factory=list)
    previous: Link | None = None
    next: Link | None = None
    #: What to read next by the editors' will, in their order; and what never. Keys of articles.
    pinned: list[int] = field(default_factory=list)
    left_out: list[int] = field(default_factory=list)
    is_old: bool = False


def standing_of(article: Article) -> Standing:
    """Return what stands around `article`, in one query; of other articles only public ones."""
    now = timezone.now()
    moment = article.published_at or now
    return told(article, _around(article=article.pk, moment=moment, now=now) if article.pk else ())


def told(article: Article, rows: Iterable[Row]) -> Standing:
    """Return what stands around `article`, by the rows of `parts`, in any order."""
    found = Standing(is_old=is_old(article))
    places: dict[int, int] = {}
    for kind, day, said, slug, key in sorted(rows, key=lambda row: (row[1] or date.min, row[2])):
        if kind == CORRECTION:
            found.corrections.append(Correction(article=article, day=day, said=said))
        elif kind in (EARLIER, LATER):
            getattr(found, kind).append(Link(said, slug))
        elif kind == Pick.Kind.PINNED:
            places[key] = int(said)
        elif kind == Pick.Kind.LEFT_OUT:
            found.left_out.append(key)
        elif article.published_at:  # a draft stands beside nothing
            setattr(found, kind, Link(said, slug))
    found.pinned = sorted(places, key=places.__getitem__)
    return found


def is_old(article: Article, today: date | None = None) -> bool:
    """Tell whether a thesis is still open and its prices are of another season."""
    if article.thesis_status != Article.Thesis.OPEN or article.thesis_as_of is None:
        return False
    return (today or timezone.localdate()) - article.thesis_as_of > OLD_AFTER


def parts(article: int, moment: datetime, now: datetime) -> list[QuerySet[Any]]:
    """Return a query for each kind of thing that stands around an article.

    Each has `kind`, `day`, `text` (a correction's, a title, a pin's place), `slug` and `pk`.
    """
    public = Article.objects.published(now)
    corrections = Correction.objects.filter(article=article).annotate(
        kind=_text(CORRECTION), text=F("said"), slug=_text("")
    )
    previous, following = beside(public, article, moment)
    others = {
        EARLIER: public.filter(followed_by=article),
        LATER: public.filter(follows=article),
        PREVIOUS: previous,
        NEXT: following,
    }
    picks = public.filter(picked_by__article=article).annotate(
        kind=F("picked_by__kind"),
        day=Value(None, output_field=DateField()),
        text=Cast("picked_by__place", CharField()),
    )
    return [corrections, picks, *(rows.annotate(**_as(kind)) for kind, rows in others.items())]


@prepared
def _around(*, article: int, moment: datetime, now: datetime) -> QuerySet[Any, Any]:
    first, *others = (
        rows.order_by().values_list("kind", "day", "text", "slug", "pk")
        for rows in parts(article, moment, now)
    )
    return first.union(*others, all=True)


def _as(kind: str) -> dict[str, Any]:
    day = Value(None, output_field=DateField())
    return {"kind": _text(kind), "day": day, "text": F("title")}


def _text(value: str) -> Value:
    return Value(value, output_field=CharField())
