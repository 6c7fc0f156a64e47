"""Two tags that mean the same become one; whoever comes to the other is led to it."""

from django.db import transaction
from django.utils.translation import gettext as _

from articles import generation
from articles.models import Article, Disclosure, Tag
from articles.publishing import redirects
from articles.publishing.models import FormerAddress


class Refused(Exception):
    """These tags cannot be made one; the text says why."""


def merge(other: Tag, into: Tag) -> int:
    """Give the articles of `other` the tag `into`, and delete `other`; return how many they are.

    Its addresses, also its former ones, lead to `into`. Raises Refused with nothing changed.
    """
    if other.pk == into.pk:
        raise Refused(_("A tag cannot be merged with itself."))
    if other.kind != into.kind:
        raise Refused(_("A topic and a ticker cannot be merged."))
    with transaction.atomic():
        disclosed = Disclosure.objects.filter(ticker=other)
        both = Article.objects.filter(
            pk__in=disclosed.values("article"), disclosures__ticker=into
        ).first()
        if both:
            said = _("“%s” discloses both tickers: delete one of its disclosures first.")
            raise Refused(said % both)
        was_public = Tag.objects.in_use().filter(pk=other.pk).exists()
        disclosed.update(ticker=into)
        tagging = Article.tags.through.objects.filter(tag=other)
        articles = list(tagging.values_list("article", flat=True))
        Article.objects.filter(pk__in=tagging.values("article")).update(index_due=True)
        has = Article.tags.through.objects.filter(tag=into).values("article")
        tagging.exclude(article__in=list(has.values_list("article", flat=True))).update(tag=into)
        FormerAddress.objects.filter(tag=other).update(tag=into)
        other.delete()
        if was_public:
            redirects.keep(FormerAddress.Kind.TAG, other.slug, tag=into)
            if other.symbol:
                redirects.keep(FormerAddress.Kind.TICKER, other.symbol, tag=into)
    generation.changed()
    return len(articles)
