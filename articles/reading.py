"""What an article's page reads, in two queries: the article, and every tag that it speaks of."""

from datetime import datetime
from typing import Any

from django.db.models import CharField, DateField, F, QuerySet, Value
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from articles.models import Article, Disclosure, Tag
from articles.prepared import prepared

_OF_TAGS = tuple(field.attname for field in Tag._meta.concrete_fields)
_OF_DISCLOSURES = ("position", "as_of", "price", "note")


def published_article(slug: str) -> Article:
    """Return an article with its author, tags and disclosures. Raises Http404 without one."""
    for article in _published(slug=slug, now=timezone.now()):
        tags: list[Tag] = []
        disclosures: list[Disclosure] = []
        for row in _spoken_of(article=article.pk):
            tag = Tag.from_db(None, _OF_TAGS, row[: len(_OF_TAGS)])
            said = dict(zip(_OF_DISCLOSURES, row[len(_OF_TAGS) :], strict=True))
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
        return article
    raise Http404(_("There is no such article."))


@prepared
def _published(*, slug: str, now: datetime) -> QuerySet[Article]:
    return Article.objects.published(now).filter(slug=slug).select_related("author").order_by()


@prepared
def _spoken_of(*, article: int) -> QuerySet[Any, Any]:
    """The tags of an article, in their order, and those of its disclosures with what these say."""
    text = Value("", output_field=CharField())
    tags = Tag.objects.filter(articles=article).annotate(
        position=text, as_of=Value(None, output_field=DateField()), price=text, note=text
    )
    disclosed = Tag.objects.filter(disclosures__article=article).annotate(
        **{name: F(f"disclosures__{name}") for name in _OF_DISCLOSURES}
    )
    first, second = (
        each.order_by().values_list(*_OF_TAGS, *_OF_DISCLOSURES) for each in (tags, disclosed)
    )
    return first.union(second, all=True).order_by("-kind", "name")


def _read(queryset: Any, found: list[Any]) -> QuerySet[Any]:
    queryset._result_cache, queryset._prefetch_done = found, True
    return queryset
