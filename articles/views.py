"""The readers' pages: lists, articles, tags, tickers, authors."""

from datetime import date
from functools import partial
from typing import Any

from django.core.paginator import InvalidPage, Paginator
from django.db.models import Count, Prefetch, Q, prefetch_related_objects
from django.db.models.functions import Lower, TruncMonth
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from articles.cards import Cards
from articles.contents import with_anchors
from articles.models import SYMBOL, Article, ArticleQuerySet, Author, Disclosure, Tag
from articles.page_cache import shareable
from articles.pictures.elements import with_copies
from articles.publishing.standing import Standing, standing_of
from articles.reading import published_article
from articles.related import related_to
from articles.sources import with_sources
from articles.structured import json_ld
from articles.tickers import with_ticker_links

PAGE_SIZE = 10
#: How many of the latest disclosures a ticker's page shows.
DISCLOSURES = 5
#: An article that takes so many minutes, and has so many sections, is given a table of contents.
LONG_MINUTES, LONG_SECTIONS = 3, 3


def _list_page(
    request: HttpRequest, articles: Cards | ArticleQuerySet, template: str, **context: Any
) -> HttpResponse:
    """Answer with one page of `articles`; a page number that does not exist is a 404."""
    number = request.GET.get("page", "1")
    listed: Any = articles
    try:
        # int() would also take "1_0" and digits of other scripts: one page, one address.
        page = Paginator(listed, PAGE_SIZE).page(
            number if number.isascii() and number.isdigit() else ""
        )
    except InvalidPage as error:
        raise Http404(_("There is no such page.")) from error
    return render(request, template, {"page": page, **context})


@shareable
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The latest articles, ten a page."""
    return _list_page(request, Cards(), "articles/index.html")


@shareable
@require_safe
def article(request: HttpRequest, slug: str) -> HttpResponse:
    """One article with what to read next; its comments come from a tag in the template."""
    shown, standing, version = published_article(slug)
    return article_page(request, shown, standing=standing, version=version)


def article_page(
    request: HttpRequest,
    shown: Article,
    *,
    status: int = 200,
    standing: Standing | None = None,
    version: tuple[Any, ...] | None = None,
    template: str = "articles/article.html",
    **context: Any,
) -> HttpResponse:
    """Render the page of one published article; `context` is for what others put on it.

    Only the bare address is meant for search engines; every variation points to it. What is
    written of the article itself is made once for each `version` (articles/reading.py), so that a
    new comment costs little more than itself.
    """
    # Not anew where it has been read with the article.
    with_tickers = Prefetch("disclosures", Disclosure.objects.select_related("ticker"))
    prefetch_related_objects([shown], with_tickers)
    linked = with_ticker_links(with_sources(shown.body), known=shown.tags.all())
    body, sections = with_anchors(linked)
    is_long = shown.reading_minutes >= LONG_MINUTES and len(sections) >= LONG_SECTIONS
    standing = standing or standing_of(shown)
    context = {
        "article": shown,
        "version": version,
        "count": shown.comment_count,
        "body": with_copies(body, shown.body_copies),
        "sections": sections if is_long else (),
        "disclosures": shown.disclosures.all(),
        "related": related_to(shown, pinned=standing.pinned, left_out=standing.left_out),
        "standing": standing,
        "structured": SimpleLazyObject(partial(json_ld, shown, standing.corrections)),
        "noindex": bool(request.GET) or status != 200,
        **context,
    }
    response = render(request, template, context, status=status)
    if request.GET or status != 200:
        response["X-Robots-Tag"] = "noindex"
    return response


@shareable
@require_safe
def tags(request: HttpRequest) -> HttpResponse:
    """Every tag in use, with the number of its published articles."""
    in_use = (
        Tag.objects.annotate(
            uses=Count("articles", filter=Q(articles__published_at__lte=timezone.now()))
        )
        .filter(uses__gt=0)
        .order_by(Lower("name"))
    )
    return render(request, "articles/tags.html", {"tags": in_use})


@shareable
@require_safe
def tag(request: HttpRequest, slug: str) -> HttpResponse:
    """The articles on one topic; a ticker has its own address and is sent there."""
    found = get_object_or_404(Tag.objects.in_use(), slug=slug)
    if found.kind == Tag.Kind.TICKER:
        return redirect(found, permanent=True)
    return _tag_page(request, found)


@shareable
@require_safe
def ticker(request: HttpRequest, symbol: str) -> HttpResponse:
    """The articles on one ticker; the symbol is written in capitals, others are sent there."""
    if not SYMBOL.fullmatch(symbol.upper()):
        raise Http404(_("There is no such ticker."))
    found = get_object_or_404(Tag.objects.in_use(), symbol=symbol.upper())
    if symbol != found.symbol:
        return redirect(found, permanent=True)
    disclosures = (
        Disclosure.objects.filter(ticker=found, article__in=Article.objects.published())
        .select_related("article__author")
        .defer("article__body")
        .order_by("-as_of", "-pk")[:DISCLOSURES]
    )
    articles = Cards(tags=found.pk)
    return _list_page(request, articles, "articles/ticker.html", tag=found, disclosures=disclosures)


def _tag_page(request: HttpRequest, shown: Tag) -> HttpResponse:
    return _list_page(request, Cards(tags=shown.pk), "articles/tag.html", tag=shown)


@shareable
@require_safe
def author(request: HttpRequest, slug: str) -> HttpResponse:
    """An author and what they have published."""
    found = get_object_or_404(Author.objects.in_print(), slug=slug)
    return _list_page(request, Cards(author=found.pk), "articles/author.html", author=found)


@shareable
@require_safe
def archive(request: HttpRequest) -> HttpResponse:
    """Every month in which something was published, with the number of its articles."""
    months = (
        Article.objects.published()
        .order_by()
        .annotate(month=TruncMonth("published_at"))
        .values("month")
        .annotate(articles=Count("pk"))
        .order_by("-month")
    )
    return render(request, "articles/archive.html", {"months": months})


@shareable
@require_safe
def month(request: HttpRequest, year: int, month: int) -> HttpResponse:
    """The articles of one month, in the site's time zone; one without any is a 404."""
    articles = Article.objects.published().filter(
        published_at__year=year, published_at__month=month
    )
    if not 1 <= month <= 12 or not articles.exists():
        raise Http404(_("Nothing was published in this month."))
    return _list_page(
        request, articles.for_cards(), "articles/month.html", month=date(year, month, 1)
    )


@shareable
@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """What robots may read: all that readers may; staff pages only ask them to sign in."""
    return render(request, "robots.txt", content_type="text/plain; charset=utf-8")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The site's own page for a request that could not be read."""
    return render(request, "400.html", status=400)
