"""`/search/?q=`: the page that finds articles. Never kept ready: who asks, asks alone."""

from typing import Any

from django import forms
from django.core.paginator import InvalidPage, Paginator
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from articles.models import Article, Tag
from articles.publishing.tags import slug_of
from articles.search import engines
from articles.search.query import Query, parse

PAGE_SIZE = 10
LONGEST = 200  # characters
#: What helps where there is nothing to show.
POPULAR, LATEST = 12, 3
#: Tags are popular by so many of the newest articles.
RECENT = 500


class SearchForm(forms.Form):
    q = forms.CharField(
        required=False,
        max_length=LONGEST,
        error_messages={
            "max_length": gettext_lazy(
                "Please ask with at most %(limit_value)d characters; these are %(show_value)d."
            ),
            "null_characters_not_allowed": gettext_lazy("Please ask without special characters."),
        },
    )


@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """Show what was found, or what may help: popular tags, the latest articles."""
    form = SearchForm({"q": request.GET.get("q", "")})
    typed = form["q"].value()
    query, status = Query(()), 200
    context: dict[str, Any] = {"typed": typed, "noindex": True}
    if form.is_valid():
        query = parse(form.cleaned_data["q"])
    else:
        context["error"], status = form.errors["q"][0], 422
    if query.terms:
        try:
            context |= _results(request, query)
        except engines.SearchAway:
            context |= {"away": True, "suggested": _tags_named(query)}
            status = 503
    if not context.get("page"):
        context |= {
            "popular": _popular(),
            "latest": Article.objects.published().for_cards()[:LATEST],
        }
    response = render(request, "articles/search.html", context, status=status)
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


def _results(request: HttpRequest, query: Query) -> dict[str, Any]:
    """Return one page of what was found, with the words marked. Raises SearchAway, Http404."""
    found = engines.find(query)
    shown = found.instead or query
    number = request.GET.get("page", "1")
    try:
        page = Paginator(found.pks, PAGE_SIZE).page(
            number if number.isascii() and number.isdigit() else ""
        )
    except InvalidPage as error:
        raise Http404(_("There is no such page.")) from error
    articles = Article.objects.published().select_related("author").in_bulk(list(page.object_list))
    hits = [_hit(articles[pk], shown) for pk in page.object_list if pk in articles]
    return {
        "asked": query.text,
        "suggested": _tags_named(shown),
        "instead": found.instead.text if found.instead else "",
        "more": found.more,
        "page": page if hits else None,
        "hits": hits,
        "nothing": not hits,
    }


def _hit(article: Article, query: Query) -> dict[str, Any]:
    return {
        "article": article,
        "title": query.marked(article.title),
        "excerpt": query.excerpt(article.plain_body) or query.marked(article.summary),
    }


def _tags_named(query: Query) -> list[Tag]:
    """Return tickers and topics that the query names: all of it, or a symbol within it."""
    name = " ".join(term.text for term in query.terms)
    asked = Q(kind=Tag.Kind.TICKER, symbol__in=[term.text.upper() for term in query.terms])
    asked |= Q(slug=slug_of(name)) | Q(name__iexact=name)
    tags = Tag.objects.in_use().filter(asked)
    return sorted(tags, key=lambda tag: tag.kind != Tag.Kind.TICKER)


def _popular() -> Any:
    """Return the tags of the newest articles: counting all of them would take the longer."""
    newest = Article.objects.published().order_by("-published_at", "-pk").values("pk")[:RECENT]
    tags = Tag.objects.filter(articles__in=newest).annotate(uses=Count("articles"))
    return tags.order_by("-uses", "name")[:POPULAR]
