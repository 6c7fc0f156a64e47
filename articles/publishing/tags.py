"""A tag is found by what it is called; two that mean the same become one, also for readers."""

import re

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Case, Q, When
from django.utils.text import slugify
from django.utils.translation import gettext as _

from articles import generation
from articles.models import Article, Disclosure, Tag
from articles.publishing import redirects
from articles.publishing.models import FormerAddress

LONGEST = 60  # characters
#: Signs that tell names apart: "C" is neither "C++" nor "C#", while "#AI" is "AI".
_SIGNS = ((re.compile(r"\+"), " plus "), (re.compile(r"(?<=\w)#"), " sharp "))


class Refused(Exception):
    """These tags cannot be made one; the text says why."""


def slug_of(name: str) -> str:
    """Return the slug of a tag of this name; "" where it has no letter from a to z and no digit."""
    for sign, word in _SIGNS:
        name = sign.sub(word, name)
    return slugify(name)[:LONGEST].strip("-")


def named(name: str) -> Tag:
    """Return the tag that is called so, or was, by its name or symbol; else a topic, not saved yet.

    Raises ValidationError where no tag can be called so.
    """
    name = " ".join(name.split())
    slug = slug_of(name) if re.search(r"\w", name) else ""
    if not slug or "\0" in name:
        raise ValidationError(
            _("“%s” cannot be a tag: it has no letter from a to z and no digit.") % name
        )
    if len(name) > LONGEST:
        raise ValidationError(_("“%s” is too long for a tag.") % name)
    by_name, by_symbol = Q(name__iexact=name), Q(symbol=name.removeprefix("$").upper())
    called = Tag.objects.filter(by_name | by_symbol | Q(slug=slug))
    # Of several, the one that is called just so.
    just_so = by_symbol if name.startswith("$") else by_name
    if found := called.order_by(Case(When(just_so, then=0), default=1), "-kind", "name").first():
        return found
    kinds = (FormerAddress.Kind.TAG, FormerAddress.Kind.TICKER)
    former = FormerAddress.objects.filter(kind__in=kinds, key__in=(slug, slug.upper()))
    if moved := former.select_related("tag").first():
        return moved.target
    return Tag(name=name, slug=slug)


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
