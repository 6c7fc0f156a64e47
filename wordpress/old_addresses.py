"""Old permalinks answer with a redirect to where the article stands now.

The middleware acts on two kinds of request only: what the site would answer with 404, and
WordPress's short address `?p=123`, which asks for our front page otherwise.
"""

import re
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect

from articles.models import Article
from wordpress.models import PATH_LENGTH, OldAddress

_SHORT = re.compile(r"(?:^|&)p=([0-9]{1,19})(?:&|$)")


def key(path: str, query: str = "") -> str:
    """Return the form in which an address is stored and looked up.

    The slash at the end, percent signs and every parameter but `p` make no difference.
    """
    short = _SHORT.search(query)
    return (path.rstrip("/") or "/") + (f"?p={short[1]}" if short else "")


def keys(link: str, *, post_id: str, site_link: str) -> set[str]:
    """Return what a post of the site answered to: its permalink and its short address."""
    site, permalink = urlsplit(site_link), urlsplit(link)
    found = {key(unquote(site.path) + "/", f"p={post_id}")} if post_id.isdecimal() else set()
    # A plugin can make a post link to another site; that was never its address.
    if permalink.netloc.lower() == site.netloc.lower():
        found.add(key(unquote(permalink.path), permalink.query))
    # The front page was never a post's own, but is what a link falls back to.
    home = key(unquote(site.path))
    return {each for each in found - {home, "/"} if len(each) <= PATH_LENGTH and "\0" not in each}


def target(address: str) -> Article | None:
    """Return the article that has had this address, published or not: one query."""
    if len(address) > PATH_LENGTH or "\0" in address:  # PostgreSQL takes no NUL
        return None
    old = OldAddress.objects.filter(path=address).select_related("article").first()
    return old.article if old else None


class OldAddresses:
    """Middleware. Stands last, so that it sees a 404 first; every other answer passes untouched."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return self.get_response(request)
        query = request.META.get("QUERY_STRING", "")
        if _SHORT.search(query):
            article = target(key(request.path, query))
            if article and article.is_published:
                return HttpResponsePermanentRedirect(article.get_absolute_url())
        response = self.get_response(request)
        if response.status_code == 404:
            article = target(key(request.path))
            # An article's own address may be its old one too: it has just been refused.
            if article and article.is_published and article.get_absolute_url() != request.path:
                return HttpResponsePermanentRedirect(article.get_absolute_url())
        return response
