"""What all pages have in common whose address is a secret: the token in it is the only key."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from comments import tokens

logger = logging.getLogger(__name__)

RETRY_SECONDS = 30
View = Callable[..., HttpResponse]

#: The Referrer-Policy of a page whose address must not travel in the Referer header, not even to
#: our own pages' logs; "no-referrer" would also take the Origin header from our forms.
REFERRER_POLICY = "strict-origin"


class Gone(Exception):
    """What the link stood for is no more; the text says so to the one who followed it.

    `done` says that they have just had it erased, so that it is good news.
    """

    def __init__(self, said: str, *, done: bool = False) -> None:
        super().__init__(said)
        self.done = done


def token_page(
    kind: tokens.Kind, *, even_expired: bool = False, gone: str = "comments/manage_gone.html"
) -> Callable[[View], View]:
    """Make a view that is given what a token of `kind` stands for.

    Nothing of it is kept, indexed or told to other pages; there is no session that a foreign page
    could use, so the views ask comments/forgery.py instead of for a CSRF token. A token that is
    not ours is 404, an expired one and whatever is `Gone` 410 with words, a database that fails 503
    with the text that was typed. `gone` is the template of what is Gone.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def shown(request: HttpRequest, token: str) -> HttpResponse:
            try:
                response = view(request, _read(kind, token, even_expired))
            except tokens.Invalid as error:
                raise Http404 from error
            except Gone as reason:
                response = render(
                    request,
                    gone,
                    {"said": str(reason), "done": reason.done},
                    status=410,
                )
            except DatabaseError as error:
                response = later(request, error)
            response["X-Robots-Tag"] = "noindex"
            response["Referrer-Policy"] = REFERRER_POLICY
            return response

        return csrf_exempt(never_cache(require_http_methods(["GET", "HEAD", "POST"])(shown)))

    return decorate


def later(request: HttpRequest, error: DatabaseError) -> HttpResponse:
    """Answer that something failed on our side, with the text that was typed, if any."""
    # Its message may hold the row; the kind of error is enough to know where to look.
    logger.error("a page could not act: %s", type(error).__name__)
    kept = {"text": request.POST.get("text", "")}
    response = render(request, "comments/manage_later.html", kept, status=503)
    response["Retry-After"] = str(RETRY_SECONDS)
    return response


def _read(kind: tokens.Kind, token: str, even_expired: bool) -> Any:
    try:
        return kind.read(token)
    except tokens.Expired as expired:
        if even_expired:
            return expired.value
        raise Gone(_("This link has expired. Nothing was changed.")) from expired
