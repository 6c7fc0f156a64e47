"""What an article's page reads, in two queries: the article, and what it speaks of or stands by."""

from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import CharField, DateField, F, QuerySet, Value
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from articles.models import Article, Disclosure, Tag
from articles.prepared import prepared
from articles.publishing.standing import Row, Standing, parts, told

_OF_TAGS = tuple(field.attname for field in Tag._meta.concrete_fields)
_OF_DISCLOSURES = ("position", "as_of", "price", "note")
#: Where what stands around an article has what, in rows that are made for tags and disclosures.
_AROUND = {"id": "pk", "slug": "slug", "kind": "kind", "description": "text", "as_of": "day"}
_KEY, _KIND, _SLUG, _TEXT = map(_OF_TAGS.index, ("id", "kind", "slug", "description"))
_COUNT = [field.attname for field in Article._meta.concrete_fields].index("comment_count")


class Reading(NamedTuple):
    """An article with its author, tags and disclosures, and what stands around it.

    `version` differs as soon as anything of that does, but for the number of comments.
    """

    article: Article
    standing: Standing
    version: tuple[Any, ...]


def published_article(slug: str) -> Reading:
    """Return the article whose page this is. Raises Http404 without one."""
    now = timezone.now()
    found = _published(slug=slug, now=now)
    for article in found:
        tags: list[Tag] = []
        disclosures: list[Disclosure] = []
        around: list[Row] = []
        rows = _read_with(article=article.pk, moment=article.published_at, now=now)
        for row in rows:
            said = dict(zip(_OF_DISCLOSURES, row[len(_OF_TAGS) :], strict=True))
            if row[_KIND] not in Tag.Kind.values:
                told_of = (row[_KIND], said["as_of"], row[_TEXT], row[_SLUG], row[_KEY])
                around.append(told_of)
                continue
            tag = Tag.from_db(None, _OF_TAGS, row[: len(_OF_TAGS)])
            if said["position"]:
                disclosures.append(Disclosure(article=article, ticker=tag, **said))
            else:
                tags.append(tag)
        disclosures.sort(key=lambda each: each.ticker.symbol)
        # As prefetch_related would leave it.
        article._prefetched_objects_cache = {
            "tags": _read(Tag.objects.all(), tags),
            "disclosures": _read(Disclosure.objects.all(), disclosures),
        }
        standing = told(article, around)
        (row,) = found.version
        version = (*row[:_COUNT], *row[_COUNT + 1 :], *rows.version, standing.is_old)
        return Reading(article, standing, version)
    raise Http404(_("There is no such article."))


@prepared
def _published(*, slug: str, now: datetime) -> QuerySet[Article]:
    return Article.objects.published(now).filter(slug=slug).select_related("author").order_by()


@prepared
def _read_with(*, article: int, moment: datetime, now: datetime) -> QuerySet[Any, Any]:
    """The tags of an article, in their order; those of its disclosures with what these say; what
    stands around it, as _AROUND says."""
    text = Value("", output_field=CharField())
    tags = Tag.objects.filter(articles=article).annotate(
        position=text, as_of=Value(None, output_field=DateField()), price=text, note=text
    )
    disclosed = Tag.objects.filter(disclosures__article=article).annotate(
        **{name: F(f"disclosures__{name}") for name in _OF_DISCLOSURES}
    )
    columns = (*_OF_TAGS, *_OF_DISCLOSURES)
    first, second = (each.order_by().values_list(*columns) for each in (tags, disclosed))
    around = (
        rows.order_by().values_list(*(_AROUND.get(name, text) for name in columns))
        for rows in parts(article, moment, now)
    )
    return first.union(second, *around, all=True).order_by("-kind", "name")


def _read(queryset: Any, found: list[Any]) -> QuerySet[Any]:
    queryset._result_cache, queryset._prefetch_done = found, True
    return queryset
