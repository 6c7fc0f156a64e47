"""Whatever was public at an address is found from there for ever, wherever it has moved.

`remember` notes an address when its article, tag or author leaves it; `Formerly` answers where
nothing is found any more.
"""

from collections.abc import Callable, Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from articles import errors
from articles.models import Article, Author, Tag
from articles.page_cache import SHARED
from articles.publishing.models import FormerAddress

Kind = FormerAddress.Kind
#: How the routes begin that speak of one thing, its kind, and the name that it has in them.
ROUTES: dict[str, tuple[str, str]] = {
    "articles/<slug:slug>/": (Kind.ARTICLE, "slug"),
    "tags/<slug:slug>/": (Kind.TAG, "slug"),
    "tickers/<str:symbol>/": (Kind.TICKER, "symbol"),
    "authors/<slug:slug>/": (Kind.AUTHOR, "slug"),
}
#: Which rows have addresses: of which kinds, from which field; and the column of FormerAddress.
ADDRESSES: dict[type, tuple[str, tuple[tuple[str, str], ...]]] = {
    Article: ("article", ((Kind.ARTICLE, "slug"),)),
    Author: ("author", ((Kind.AUTHOR, "slug"),)),
    Tag: ("tag", ((Kind.TAG, "slug"), (Kind.TICKER, "symbol"))),
}
#: Moved for ever; what was sent is to be sent there again, as it was.
SEND_AGAIN = 308


def remember(
    sender: type, instance: Any, raw: bool, update_fields: Iterable[str] | None, **kwargs: Any
) -> None:
    """Before a row is saved: note the addresses at which readers could find it and will not."""
    column, kinds = ADDRESSES[sender]
    fields = {field for _kind, field in kinds} | ({"published_at"} if sender is Article else set())
    if raw or not instance.pk or (update_fields is not None and not fields & set(update_fields)):
        return
    stored = _public(sender).filter(pk=instance.pk).values(*fields).first()
    if stored is None:
        return
    hidden = sender is Article and not instance.is_published
    for kind, field in kinds:
        if stored[field] and (hidden or stored[field] != getattr(instance, field)):
            keep(kind, stored[field], **{column: instance})


def keep(kind: str, key: str, **target: Any) -> None:
    """Let this address lead to `target` from now on."""
    nowhere: dict[str, Any] = {"article": None, "tag": None, "author": None}
    FormerAddress.objects.update_or_create(kind=kind, key=key, defaults=nowhere | target)


def taken(model: type, pk: int | None, values: dict[str, Any]) -> dict[str, str]:
    """Return, by field, why an address cannot be had: another row is found from there."""
    column, kinds = ADDRESSES[model]
    found = {}
    for kind, field in kinds:
        rows = FormerAddress.objects.filter(kind=kind, key=values.get(field) or "")
        former = rows.exclude(**{column: pk}).select_related("article", "tag", "author").first()
        if former:
            found[field] = (
                _(
                    "Whoever comes to this address is led to “%s”, which had it before. Choose "
                    "another one, or delete it under “Former addresses” first."
                )
                % former.target
            )
    return found


def _public(model: type) -> Any:
    if model is Article:
        return Article.objects.published()
    return Tag.objects.in_use() if model is Tag else Author.objects.in_print()


class Formerly:
    """Middleware. Where nothing was found: lead to where it stands now, or say that it is gone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        return (_answer(request) or response) if response.status_code == 404 else response


def _answer(request: HttpRequest) -> HttpResponse | None:
    match = request.resolver_match
    if match is None:
        return None
    for route, (kind, name) in ROUTES.items():
        if match.route.startswith(route):
            return _from(request, match, kind, name)
    return None


def _from(request: HttpRequest, match: Any, kind: str, name: str) -> HttpResponse | None:
    key = match.kwargs[name]
    if "\0" in key:  # PostgreSQL takes none
        return None
    if kind == Kind.TICKER:
        key = key.upper()
    if kind == Kind.ARTICLE and Article.objects.withdrawn().filter(slug=key).exists():
        return _gone(request)
    rows = FormerAddress.objects.select_related("article", "tag", "author")
    former = rows.filter(kind=kind, key=key).first()
    if former is None:
        return None
    target = former.target
    if kind == Kind.ARTICLE and target.withdrawn_at:
        return _gone(request)
    now = target.symbol if kind == Kind.TICKER else target.slug
    if now == key or not now or not _public(type(target)).filter(pk=target.pk).exists():
        return None
    where = reverse(match.view_name, kwargs={**match.kwargs, name: now})
    if query := request.META.get("QUERY_STRING"):
        where += f"?{query}"
    answer = HttpResponsePermanentRedirect(where)
    if request.method in ("GET", "HEAD"):
        answer["Cache-Control"] = SHARED
    else:
        # A comment sent from a page that was open when the article moved: it is sent there again.
        answer.status_code = SEND_AGAIN
    return answer


def _gone(request: HttpRequest) -> HttpResponse:
    answer = errors.gone(request)
    if request.method in ("GET", "HEAD"):
        answer["Cache-Control"] = SHARED
    return answer
